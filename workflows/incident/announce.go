package incident

import (
	"fmt"
	"slices"
)

// NoticeKind says what a message is about; the desk renders it from the incident as it is
// when the message goes out, so that a late message is not an outdated one.
type NoticeKind string

// The kinds of messages.
const (
	NoticePage     NoticeKind = "page"     // you are called
	NoticeReporter NoticeKind = "reporter" // the reporter's own card, always current
	NoticeCard     NoticeKind = "card"     // the incident's card in its channel, always current
	NoticeFeed     NoticeKind = "feed"     // one entry of the record, said in the channel
	NoticeHandover NoticeKind = "handover" // will you take the lead?
	// The same by mail, which says less. It is a kind of its own: an earlier version, beside this
	// one, would put into the mail what it says in the chat.
	NoticeOffer    NoticeKind = "offer"
	NoticeRefused  NoticeKind = "refused"  // the offer of the lead was refused
	NoticeWaited   NoticeKind = "waited"   // the offer of the lead was not answered
	NoticeProposal NoticeKind = "proposal" // somebody proposes a raise
	NoticeAlarm    NoticeKind = "alarm"    // the reporter says it may be a false alarm
	NoticeQuestion NoticeKind = "question" // a question to the reporter
	NoticePhones   NoticeKind = "phones"   // nobody answers: whom to phone
	// Nothing reaches somebody who was called: said to the lead.
	NoticeUnreached NoticeKind = "unreached"
	NoticeApprove   NoticeKind = "approve"  // the final report waits for approval
	NoticeVoided    NoticeKind = "voided"   // what you approved has changed
	NoticeAssigned  NoticeKind = "assigned" // a step is yours
	NoticeEnded     NoticeKind = "ended"    // closed, dismissed or merged
	NoticeReopened  NoticeKind = "reopened"
	NoticeHead      NoticeKind = "head"   // the head of the chain, for the auditor
	NoticeDigest    NoticeKind = "digest" // the morning's overview of one person
	// Where front ends keep a channel for each incident.
	NoticePlace  NoticeKind = "place"  // have the channel made as it ought to be; said to nobody
	NoticeAbsent NoticeKind = "absent" // who is missing in the channel, or that there is none, and how to go on
	NoticeReport NoticeKind = "report" // the final report as a file
	// Notification clocks of one person: new or changed ones, a reminder, or one judged 不要.
	NoticeClocks NoticeKind = "clocks"
	// A text for people outside: to who is to approve it, and the outcome to who proposed it.
	NoticeSign   NoticeKind = "sign"
	NoticeSigned NoticeKind = "signed"
	// A platform is not safe to use, or is again; about no incident.
	NoticeCompromised NoticeKind = "compromised"
	// Whose an account of a chat platform is; about no incident: the code that shows it, by mail
	// alone, the question to the administrators, and what came of it.
	NoticeLinkCode NoticeKind = "link_code"
	NoticeLinkAsk  NoticeKind = "link_ask"
	NoticeLinked   NoticeKind = "linked"
	// Of the program itself, to who looks after it.
	NoticeAudit NoticeKind = "audit" // what the auditor found and could not mend
)

// Notice is a message to be brought to a person, or to the incident's channel when To is empty.
type Notice struct {
	// Key identifies the message: the same key again refreshes the message that is there
	// instead of posting another.
	Key      string     `json:"key"`
	Kind     NoticeKind `json:"kind"`
	Incident ID         `json:"incident,omitempty"`
	To       PersonID   `json:"to,omitempty"`
	Seq      int64      `json:"seq,omitempty"` // the entry it is about
	Urgent   bool       `json:"urgent,omitempty"`
	Last     bool       `json:"last,omitempty"` // waits for everything else that is due; never urgent
	Day      string     `json:"day,omitempty"`  // of a digest
	// Means is by what it reaches the person; empty: by chat. A message by mail or phone is
	// said once: when nothing is to be said any more, it is dropped.
	Means Means `json:"means,omitempty"`
	// Front is the chat platform to whose channel it goes, of one with To empty; empty: to that
	// which had its channels first. See On.
	Front string `json:"front,omitempty"`
}

// Announce says who is told what of the entries that led from before (nil for a new
// incident) to after. It names nobody who may not know.
func Announce(before, after *Incident, records []Record, dir Directory) []Notice {
	a := &announcement{before: before, in: after, dir: dir}
	for _, r := range records {
		a.entry(r)
	}
	for _, r := range records {
		switch r.Event.(type) {
		case ReportReceived, ReportMerged:
			a.unanswered = true
		}
	}
	for _, r := range records {
		a.clocks(r) // behind the calls: nobody is to look for the one that gets him out of bed
	}
	if len(records) > 0 {
		a.add(CardNotice(after))
	}
	a.refreshPages()
	return a.notices
}

type announcement struct {
	before  *Incident // nil for a new incident
	in      *Incident
	dir     Directory
	notices []Notice
	// unanswered says that the answer to who did it shows no clocks: of a report, or of one that
	// was merged in.
	unanswered bool
}

func (a *announcement) add(n Notice) {
	if n.To != "" && a.in.IsExcluded(n.To) {
		return
	}
	n.Incident = a.in.ID
	if !slices.ContainsFunc(a.notices, func(o Notice) bool { return o.Key == n.Key }) {
		a.notices = append(a.notices, n)
	}
}

func (a *announcement) dm(kind NoticeKind, to PersonID, seq int64, urgent bool) {
	a.add(Notice{Kind: kind, Key: fmt.Sprintf("%s:%s:%d:%s", kind, a.in.ID, seq, to), To: to, Seq: seq, Urgent: urgent})
}

func (a *announcement) reporters() {
	for _, r := range a.in.Reporters {
		if r.ID != "" {
			a.add(Notice{Kind: NoticeReporter, Key: fmt.Sprintf("reporter:%s:%s", a.in.ID, r.ID), To: r.ID})
		}
	}
}

func (a *announcement) everyone(kind NoticeKind, seq int64) {
	for _, m := range a.in.Circle {
		a.dm(kind, m.Person, seq, false)
	}
	for _, r := range a.in.Reporters {
		if r.ID != "" && !a.in.InCircle(r.ID) {
			a.dm(kind, r.ID, seq, false)
		}
	}
}

// feed says an entry in the channel. What a report brings with it (its fields, its first
// step) is not said again: the card, which opens the channel, shows all of it.
func (a *announcement) feed(seq int64) {
	if a.before == nil {
		return
	}
	a.add(Notice{Kind: NoticeFeed, Key: fmt.Sprintf("feed:%s:%d", a.in.ID, seq), Seq: seq})
}

func (a *announcement) entry(r Record) {
	in := a.in
	switch e := r.Event.(type) {
	case ReportReceived:
		a.reporters()
	case Paged:
		a.call(e.Person, r.Seq, e.By)
	case CalledAgain:
		for _, c := range e.Calls {
			a.call(c.Person, r.Seq, c.By)
		}
	case MeansUsed:
		if pg, called := in.Page(e.Person); called {
			a.call(e.Person, pg.Seq, e.By)
		}
	case Unreached:
		// Who is called again every quarter of an hour of a weekend is found unreached each time:
		// the channel hears of it in the first round, and each lead in one message. It is not
		// urgent: somebody else is called at once, and his call, or the lead's own, must not stand
		// in line behind what is said of many who cannot be reached.
		if a.before == nil || !a.before.Exhausted {
			a.feed(r.Seq)
		}
		for _, p := range in.Leads(a.dir) {
			if p != e.Person {
				key := fmt.Sprintf("%s:%s:%s:%s", NoticeUnreached, in.ID, e.Person, p)
				a.add(Notice{Kind: NoticeUnreached, Key: key, To: p, Seq: r.Seq})
			}
		}
	case Acknowledged, LeadTaken, Declined:
		a.feed(r.Seq)
		a.reporters()
	case PhaseMoved:
		a.feed(r.Seq)
		a.reporters()
		if e.To == FinalReport {
			a.approvers(NoticeApprove, r.Seq)
		}
	case RoundPassed:
		// Said once in the channel, not with every round that finds nobody again.
		if e.Exhausted && (a.before == nil || !a.before.Exhausted) {
			a.feed(r.Seq)
		}
		if e.Exhausted {
			a.phones(r.Seq)
		}
	case HandoverOffered:
		a.feed(r.Seq)
		a.dm(NoticeHandover, e.To, r.Seq, true)
		a.mail(NoticeOffer, e.To, r.Seq)
	case HandoverWaited:
		a.feed(r.Seq)
		if h := in.Handover; h != nil {
			a.dm(NoticeWaited, h.From, r.Seq, true)
			a.mail(NoticeWaited, h.From, r.Seq)
		}
	case HandoverRefused:
		a.feed(r.Seq)
		for _, p := range in.Leads(a.dir) {
			a.dm(NoticeRefused, p, r.Seq, true)
		}
		if a.before != nil && a.before.Handover != nil {
			a.dm(NoticeRefused, a.before.Handover.From, r.Seq, true) // the office may offer it, too
		}
	case LevelProposed:
		a.feed(r.Seq)
		for _, p := range in.Leads(a.dir) {
			if p != r.By {
				a.dm(NoticeProposal, p, r.Seq, true)
			}
		}
	case Informed:
		a.feed(r.Seq)
		if e.FalseAlarm {
			for _, p := range in.Leads(a.dir) {
				a.dm(NoticeAlarm, p, r.Seq, false)
			}
		}
	case Asked:
		a.feed(r.Seq)
		for _, rep := range in.Reporters {
			if rep.ID != "" {
				a.dm(NoticeQuestion, rep.ID, r.Seq, false)
			}
		}
	case Assigned:
		a.feed(r.Seq)
		if e.Step != "" && e.Person != r.By {
			a.dm(NoticeAssigned, e.Person, r.Seq, false)
		}
	case ReportMerged:
		a.feed(r.Seq)
		a.reporters()
	case ApprovalVoided:
		a.feed(r.Seq)
		a.approvers(NoticeVoided, r.Seq)
		if a.before != nil && a.before.Approval != nil {
			a.dm(NoticeVoided, a.before.Approval.By, r.Seq, false) // a deputy, perhaps
		}
	case IncidentClosed, MergedIntoOther:
		a.feed(r.Seq)
		a.reporters()
		a.everyone(NoticeEnded, r.Seq)
		for _, p := range in.Chain(a.dir, Auditor) {
			a.dm(NoticeHead, p, in.Seq, false) // the last entry, whose digest the report prints
		}
	case IncidentDismissed:
		a.feed(r.Seq)
		a.reporters()
		a.everyone(NoticeEnded, r.Seq)
	case IncidentReopened:
		a.feed(r.Seq)
		a.reporters()
		a.everyone(NoticeReopened, r.Seq)
	case LevelSet:
		a.feed(r.Seq)
		if in.Phase == FinalReport && e.From != e.To {
			a.approvers(NoticeApprove, r.Seq) // the level decides who has to
		}
	case ClocksDrawn:
		switch e.Because {
		case DrawnReport, DrawnReopened, DrawnDismissed, DrawnElsewhere:
			// All of them began or ended with the incident; its card says so, and the last word of one
			// that was merged is where it goes on.
		default:
			a.feed(r.Seq)
		}
	case ClockSettled:
		a.feed(r.Seq)
		if c, _ := in.Clock(e.Rule); c.Law && (e.How == ClockUnneeded || e.How == ClockPassed) {
			for _, p := range a.represented(r) {
				a.dm(NoticeClocks, p, r.Seq, false)
			}
		}
	case ClockReopened:
		a.judgedAgain(r, e.Rule)
	case RemindersPlanned:
		a.feed(r.Seq)
	case OutsideProposed, OutsideApproved, OutsideRefused, OutsidePublished, OutsideSetBack:
		a.outside(r)
	case Recategorised, StepDone, StepWaived, StepReopened, NoteAdded, Corrected, Undone,
		EvidenceRecorded, FileAttached, PreventionSet, PreventionRemoved, Approved, CircleRestricted, FieldSet,
		PartySet, PartyTold, PartyUntold, PartyRemoved, PartyRestored:
		a.feed(r.Seq)
	}
}

// call brings a page to a person by some means, each as a message of its own. Level 0 gets nobody
// out of bed.
func (a *announcement) call(to PersonID, seq int64, by []Means) {
	for _, m := range by {
		a.add(a.in.callNotice(to, seq, m))
	}
}

// mail brings beside the chat, which may be down at night, what somebody has to know at once.
func (a *announcement) mail(kind NoticeKind, to PersonID, seq int64) {
	if a.dir.Reaches(to, ByMail) {
		a.add(Notice{Kind: kind, Key: fmt.Sprintf("%s:%s:%d:%s:%s", kind, a.in.ID, seq, to, ByMail), To: to, Seq: seq, Urgent: true, Means: ByMail})
	}
}

// pageKey names the message of a page by chat.
func pageKey(id ID, seq int64, to PersonID) string { return fmt.Sprintf("page:%s:%d:%s", id, seq, to) }

func (a *announcement) approvers(kind NoticeKind, seq int64) {
	for _, p := range a.in.approvers(a.dir) {
		a.dm(kind, p, seq, false)
	}
}

// phones gives the reporters the numbers to call, while nobody at all has taken it. It is one
// message to each, however many rounds pass.
func (a *announcement) phones(seq int64) {
	if a.in.Attended(a.dir) {
		return
	}
	for _, r := range a.in.Reporters {
		if r.ID != "" {
			a.add(Notice{Kind: NoticePhones, Key: fmt.Sprintf("phones:%s:%s", a.in.ID, r.ID), To: r.ID, Seq: seq, Urgent: true})
		}
	}
}

// refreshPages brings the messages of pages up to date wherever an answer changed what they
// say: an acknowledgement shows everywhere at once. A page that was sent again is among
// them, so that its older message says so.
func (a *announcement) refreshPages() {
	before := a.before
	if before == nil {
		return
	}
	if before.Exhausted && !before.Attended(a.dir) && (a.in.Attended(a.dir) || a.in.Phase.Ended()) {
		// Whoever was told to phone hears that it is not needed any more.
		for _, r := range a.in.Reporters {
			if r.ID != "" {
				a.add(Notice{Kind: NoticePhones, Key: fmt.Sprintf("phones:%s:%s", a.in.ID, r.ID), To: r.ID, Seq: a.in.Seq})
			}
		}
	}
	restricted := a.restricted()
	changed := restricted || before.Lead != a.in.Lead || before.Phase.Ended() != a.in.Phase.Ended() || before.WorkingLevel() != a.in.WorkingLevel()
	for _, p := range before.Pages {
		if now, ok := a.in.Page(p.Person); !ok || now.Seq != p.Seq || now.Status != p.Status {
			changed = true
		}
	}
	if !changed {
		return
	}
	for _, p := range before.Pages {
		if !p.Uncalled && slices.Contains(p.Used(), ByChat) {
			a.add(Notice{Kind: NoticePage, Key: pageKey(a.in.ID, p.Seq, p.Person), To: p.Person, Seq: p.Seq})
		}
	}
	if restricted {
		a.takeBack()
	}
}

// restricted reports whether other people are left out now. Where one of them was to come, the
// reporters see that he does not.
func (a *announcement) restricted() bool {
	differs := func(one, other *Incident) bool {
		return slices.ContainsFunc(one.Excluded, func(p PersonID) bool { return !other.IsExcluded(p) })
	}
	if !differs(a.before, a.in) && !differs(a.in, a.before) {
		return false
	}
	if slices.ContainsFunc(a.in.Responders(), func(p Page) bool { return a.in.IsExcluded(p.Person) != a.before.IsExcluded(p.Person) }) {
		a.reporters()
	}
	return true
}

// takeBack has the pages that whoever is left out now has already brought up to date: they show
// nothing any more. It is the only thing that still goes to him.
func (a *announcement) takeBack() {
	for _, p := range a.before.Pages {
		if a.in.IsExcluded(p.Person) && !a.before.IsExcluded(p.Person) && !p.Uncalled && slices.Contains(p.Used(), ByChat) {
			a.notices = append(a.notices, Notice{Kind: NoticePage, Incident: a.in.ID, Key: pageKey(a.in.ID, p.Seq, p.Person), To: p.Person, Seq: p.Seq})
		}
	}
}
