package paging

import (
	"time"

	"hikeshi/workflows/incident"
)

// Usual is the policy of a company that sets none of its own, day and night alike;
// templates/policies/paging.yaml says the same. Who is told first follows seed 001 §9.3 and
// §9.4: level 3 the representative, the incident lead and the system administrator; 2 the lead
// and the system administrator, and the representative after one round that nobody answered; 1
// the system administrator and the lead; 0 the system administrator. Where personal
// information is concerned or that is not known, the privacy manager and the reporter's
// department lead are told at any level.
func Usual() *Policy {
	personal := []incident.Role{incident.PrivacyManager, incident.DepartmentLead}
	// Mail rarely wakes anybody, and costs nobody his sleep: it goes out beside the chat. The
	// phone rings when both stay unanswered.
	means := [][]incident.Means{{incident.ByChat, incident.ByMail}, {incident.ByPhone}}
	chased := func(wait, silence time.Duration, call ...incident.Role) Plan {
		return Plan{
			Call: call, Personal: personal, Means: means,
			Wait: wait, Silence: silence, Again: 15 * time.Minute, AgainLed: time.Hour,
		}
	}
	p := &Policy{
		Unconfirmed: Plan{Wait: 5 * time.Minute, Silence: 30 * time.Minute},
		Level3:      chased(5*time.Minute, time.Hour, incident.Representative, incident.IncidentLead, incident.SystemAdmin),
		Level2:      chased(15*time.Minute, 2*time.Hour, incident.IncidentLead, incident.SystemAdmin),
		Level1:      chased(time.Hour, 8*time.Hour, incident.SystemAdmin, incident.IncidentLead),
		Level0:      Plan{Call: []incident.Role{incident.SystemAdmin}, Personal: personal, Means: [][]incident.Means{{incident.ByChat, incident.ByMail}}},
	}
	p.Level2.Later = []Later{{Role: incident.Representative, Rounds: 1}}
	return p
}

// Waits are the waits of a policy as they were before policies said whom to call and by what.
type Waits struct {
	Unconfirmed, Level3, Level2, Level1, Again, AgainLed time.Duration
}

// FromWaits is the policy that incidents of that time go on by: their own waits, and whoever has
// taken a call has it for good. The people and the means are the usual ones: one way more of
// reaching somebody has never been too many.
func FromWaits(w Waits) *Policy {
	p := Usual()
	p.Unconfirmed = Plan{Wait: w.Unconfirmed}
	for _, l := range []struct {
		plan *Plan
		wait time.Duration
	}{{&p.Level3, w.Level3}, {&p.Level2, w.Level2}, {&p.Level1, w.Level1}} {
		l.plan.Wait, l.plan.Silence, l.plan.Again, l.plan.AgainLed = l.wait, 0, w.Again, w.AgainLed
	}
	return p
}
