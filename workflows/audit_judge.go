package workflows

import (
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// FindingKind says what the auditor found. The names stand in the keys of notices and in
// figures: never rename one.
type FindingKind string

// What can be wrong. The first four it mends itself where it can.
const (
	FindingTimer      FindingKind = "timer"      // what is due of an incident, a call, an offer or a reminder, would not come (Words tells which)
	FindingUnled      FindingKind = "unled"      // nobody is responsible, and nobody is being called
	FindingPage       FindingKind = "page"       // somebody counts as called, and there is no message to him
	FindingMeans      FindingKind = "means"      // a call was given up, and nobody was called in its place
	FindingOverdue    FindingKind = "overdue"    // what is due is carried out by no process
	FindingUnreadable FindingKind = "unreadable" // the row of an incident cannot be read
	FindingEdition    FindingKind = "edition"    // the rules that an incident began with are gone
)

// FindingKinds lists all of them.
var FindingKinds = []FindingKind{FindingTimer, FindingUnled, FindingPage, FindingMeans, FindingOverdue, FindingUnreadable, FindingEdition}

// Finding is one thing that is wrong. Incident is empty where it is not about one.
type Finding struct {
	Kind     FindingKind
	Incident incident.ID
	page     incident.Notice // the message of a call that is missing or was given up
	timer    TimerKind       // that is missing, or comes too late
}

// Repairable reports whether the auditor tries to mend this kind.
func (k FindingKind) Repairable() bool {
	return k == FindingTimer || k == FindingUnled || k == FindingPage || k == FindingMeans
}

// lateClaim is how long after it was due a timer or a message may be claimed. A courier looks
// every 30 s at the latest, and a lease that nobody renews runs out after 10 s.
const lateClaim = 2 * time.Minute

// Words names the texts of a finding: of a timer that is none of calls, those of its own.
func (f Finding) Words() string {
	if f.Kind == FindingTimer && (f.timer == TimerClocks || f.timer == TimerOffer) {
		return "audit." + string(f.Kind) + "." + string(f.timer)
	}
	return "audit." + string(f.Kind)
}

// judge says what is wrong with an open incident by its row alone.
func judge(row OpenRow, paging incident.Pager, clocks incident.Clocks, dir incident.Directory, now time.Time) []Finding {
	in := row.Incident
	var found []Finding
	for _, t := range timersOf(in, paging, clocks, dir, now) {
		if !keeps(row.timer(t.Kind), t.Due, now) {
			found = append(found, Finding{Kind: FindingTimer, Incident: in.ID, timer: t.Kind})
		}
	}
	if !answeredFor(in, dir) {
		found = append(found, Finding{Kind: FindingUnled, Incident: in.ID})
	}
	return found
}

// timersOf are the timers that follow from an incident as it is.
func timersOf(in *incident.Incident, paging incident.Pager, clocks incident.Clocks, dir incident.Directory, now time.Time) (out []Timer) {
	if due, follows := paging.Due(in, dir); follows {
		out = append(out, roundTimer(in.ID, due, in.Round))
	}
	if due, follows := in.NextReminder(clocks, now); follows {
		out = append(out, remindTimer(in, due))
	}
	if due, follows := in.OfferDue(paging); follows {
		out = append(out, offerTimer(in, due))
	}
	return out
}

func (o OpenRow) timer(k TimerKind) RowTimer {
	switch k {
	case TimerClocks:
		return o.Clocks
	case TimerOffer:
		return o.Offer
	}
	return o.Round
}

// keeps reports whether the timer of an incident comes in time. A lease in force is somebody
// at work on it; one that a failure has put off is tried again within a minute.
func keeps(row RowTimer, due, now time.Time) bool {
	if row.Due.IsZero() {
		return false
	}
	latest := due
	if now.After(latest) {
		latest = now
	}
	if row.Next.After(latest.Add(lateClaim)) {
		return false // put off, or leased, for longer than anybody would
	}
	return !row.Due.After(due) || row.Leased && row.Next.After(now)
}

// answeredFor reports whether somebody is responsible for an incident: acts on it and is still
// there, is waited for, or will be called again when the chain that came to its end has
// rested. At level 0 nobody is waited for: it is the システム管理者's.
func answeredFor(in *incident.Incident, dir incident.Directory) bool {
	if !in.Chased() || in.Exhausted || in.Attended(dir) {
		return true
	}
	for _, p := range in.OpenPages() {
		if len(p.Roles) > 0 && !in.IsExcluded(p.Person) {
			return true
		}
	}
	return false
}

// judgeCall says what is wrong with a call by how far its message has come. One that was given
// up, or need not be said any more, while nobody has answered, has to be followed by another.
func judgeCall(n incident.Notice, state MessageState) (Finding, bool) {
	switch state {
	case "":
		return Finding{Kind: FindingPage, Incident: n.Incident, page: n}, true
	case MessageFailed:
		return Finding{Kind: FindingMeans, Incident: n.Incident, page: n}, true
	}
	return Finding{}, false
}

// auditNotices tell one person of a finding, once a day: by chat, and by mail where he has
// one. The day is of Asia/Tokyo.
func auditNotices(f Finding, day string, to incident.PersonID, dir incident.Directory) []incident.Notice {
	n := incident.Notice{
		Kind: incident.NoticeAudit, Key: auditKey(f, day) + ":" + string(to), Incident: f.Incident, To: to, Urgent: true, Day: day,
	}
	out := []incident.Notice{n}
	if dir.Reaches(to, incident.ByMail) {
		n.Key, n.Means = n.Key+":"+string(incident.ByMail), incident.ByMail
		out = append(out, n)
	}
	return out
}

func auditKey(f Finding, day string) string {
	parts := []string{"audit", string(f.Kind), string(f.Incident), day}
	if f.Kind == FindingTimer && f.timer != "" && f.timer != TimerRound {
		parts = append(parts, string(f.timer)) // behind what every version reads
	}
	return strings.Join(parts, ":")
}

// FindingOf is what a notice of the auditor tells of.
func FindingOf(n incident.Notice) Finding {
	rest, ok := strings.CutPrefix(n.Key, "audit:")
	if !ok {
		return Finding{}
	}
	parts := strings.Split(rest, ":") // kind, incident, day, and the timer where there is one
	f := Finding{Kind: FindingKind(parts[0]), Incident: n.Incident}
	if len(parts) > 3 && f.Kind == FindingTimer {
		if t := TimerKind(parts[3]); t == TimerClocks || t == TimerOffer {
			f.timer = t
		}
	}
	return f
}
