package workflows

import (
	"fmt"
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// FindingKind says what the auditor found. The names stand in the keys of notices and in
// figures: never rename one.
type FindingKind string

// What can be wrong. The first three it mends itself where it can.
const (
	FindingTimer      FindingKind = "timer"      // somebody is waited for, and nothing would happen if he does not answer
	FindingUnled      FindingKind = "unled"      // nobody is responsible, and nobody is being called
	FindingPage       FindingKind = "page"       // somebody counts as called, and there is no message to him
	FindingOverdue    FindingKind = "overdue"    // what is due is carried out by no process
	FindingUnreadable FindingKind = "unreadable" // the row of an incident cannot be read
	FindingEdition    FindingKind = "edition"    // the rules that an incident began with are gone
)

// FindingKinds lists all of them.
var FindingKinds = []FindingKind{FindingTimer, FindingUnled, FindingPage, FindingOverdue, FindingUnreadable, FindingEdition}

// Finding is one thing that is wrong. Incident is empty where it is not about one.
type Finding struct {
	Kind     FindingKind
	Incident incident.ID
	page     incident.Notice // of FindingPage: the message that is missing
}

// Repairable reports whether the auditor tries to mend this kind.
func (k FindingKind) Repairable() bool {
	return k == FindingTimer || k == FindingUnled || k == FindingPage
}

// lateClaim is how long after it was due a timer or a message may be claimed. A courier looks
// every 30 s at the latest, and holds a lease for a minute.
const lateClaim = 2 * time.Minute

// judge says what is wrong with an open incident by its row alone.
func judge(row OpenRow, policy incident.PagePolicy, dir incident.Directory, now time.Time) []Finding {
	in := row.Incident
	var found []Finding
	due, _, waits := in.NextRound(policy)
	if waits && !keeps(row, due, now) {
		found = append(found, Finding{Kind: FindingTimer, Incident: in.ID})
	}
	if !waits && !answeredFor(in, dir) {
		found = append(found, Finding{Kind: FindingUnled, Incident: in.ID})
	}
	return found
}

// keeps reports whether the timer of an incident comes in time. A lease in force is somebody
// at work on it; one that a failure has put off is tried again within a minute.
func keeps(row OpenRow, due, now time.Time) bool {
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

// answeredFor reports whether somebody has taken an incident who is still there to work on it.
// At level 0 nobody is waited for: it is the システム管理者's.
func answeredFor(in *incident.Incident, dir incident.Directory) bool {
	there := func(p incident.PersonID) bool { return p != "" && !in.IsExcluded(p) && dir.Known(p) }
	if !in.Chased() || there(in.Lead) {
		return true
	}
	for _, p := range in.Responders() {
		if there(p.Person) {
			return true
		}
	}
	return false
}

// calls gives the messages that the open pages of an incident have gone out as.
func calls(in *incident.Incident) []incident.Notice {
	var out []incident.Notice
	for _, p := range in.OpenPages() {
		if p.Uncalled || in.IsExcluded(p.Person) {
			continue
		}
		out = append(out, incident.Notice{
			Kind: incident.NoticePage, Key: fmt.Sprintf("page:%s:%d:%s", in.ID, p.Seq, p.Person), Incident: in.ID,
			To: p.Person, Seq: p.Seq, Urgent: in.Chased(),
		})
	}
	return out
}

// auditNotice tells one person of a finding, once a day. The day is of Asia/Tokyo.
func auditNotice(f Finding, day string, to incident.PersonID) incident.Notice {
	return incident.Notice{
		Kind: incident.NoticeAudit, Key: auditKey(f, day) + ":" + string(to), Incident: f.Incident, To: to, Urgent: true, Day: day,
	}
}

func auditKey(f Finding, day string) string {
	return strings.Join([]string{"audit", string(f.Kind), string(f.Incident), day}, ":")
}

// FindingOf is what a notice of the auditor tells of.
func FindingOf(n incident.Notice) Finding {
	rest, ok := strings.CutPrefix(n.Key, "audit:")
	if !ok {
		return Finding{}
	}
	kind, _, _ := strings.Cut(rest, ":")
	return Finding{Kind: FindingKind(kind), Incident: n.Incident}
}
