// Package incident is the heart of hikeshi, and pure: what an incident is (Incident), what
// people ask of it (Command), what then happened (Event), and the two functions between
// them: Decide says which events a command causes, or refuses it with everything that is
// missing; Apply makes the next state of an event. Beside them stand the phase machine, the
// level machine, the permission table and the chain of digests over the record.
//
// It owns every rule of the flow 発見報告 → 初動 → 調査・対応 → 復旧 → 最終報告 (seed 001 §9.4)
// and of the 事故レベル (§9.2). It imports nothing of ours, reads no clock, no store and no
// text: now, the contact list and the procedures are handed in (Env), and a refusal is a
// value (Refusal) that the desk says in the reader's language.
package incident

import (
	"maps"
	"slices"
	"time"
)

// Incident is the state the program works from; it equals the fold of its events.
// Notes and the like are not in it: they stay in the record, so that the row of an incident
// with a thousand entries is as small as that of one with ten.
type Incident struct {
	ID       ID     `json:"id"`
	Seq      int64  `json:"seq"`  // of the last event, from 1
	Head     string `json:"head"` // digest of the last event
	Practice bool   `json:"practice,omitempty"`
	// Newer says that the row has fields that this version does not know: it may be shown, and
	// must not be changed (ErrNewer).
	Newer bool `json:"-"`
	// Unreadable says that the state in the row is damaged: only the number, the phase, the level
	// and when it was reported are known, and nothing of who may see it.
	Unreadable bool `json:"-"`

	Phase      Phase               `json:"phase"`
	Left       Phase               `json:"left,omitempty"` // the phase before it ended
	PhaseSince map[Phase]time.Time `json:"phase_since"`    // when each phase was last entered
	EndReason  string              `json:"end_reason,omitempty"`

	Level        Level         `json:"level"`
	LevelHistory []LevelChange `json:"level_history,omitempty"`
	Proposed     *Proposal     `json:"proposed,omitempty"`

	Title      string   `json:"title"`
	Kind       Kind     `json:"kind"`
	Category   Category `json:"category"`
	Effect     Category `json:"effect,omitempty"` // of a virus: leak or damage
	Contractor string   `json:"contractor,omitempty"`

	Reporters  []Reporter `json:"reporters"` // the first reported it, the others were merged in
	ReportedAt time.Time  `json:"reported_at"`
	Frequent   int        `json:"frequent,omitempty"` // as ReportReceived says, until somebody has judged it

	Facts Facts `json:"facts,omitempty"`
	// FactSeqs says which entry gave each answer, so that an undo sees what is newer.
	FactSeqs map[FactKey]int64    `json:"fact_seqs,omitempty"`
	Fields   map[Field]FieldValue `json:"fields,omitempty"`

	Procedure string      `json:"procedure"` // version of the rules (procedures and policies) it began with
	Plan      PlanKey     `json:"plan"`
	Steps     []StepState `json:"steps,omitempty"`

	Lead     PersonID  `json:"lead,omitempty"` // acting lead; empty until somebody took it
	LeadHow  LeadHow   `json:"lead_how,omitempty"`
	LeadAt   time.Time `json:"lead_at,omitzero"` // when he took it; zero where calls are noted without their means
	Handover *Handover `json:"handover,omitempty"`
	Pages    []Page    `json:"pages,omitempty"` // the latest page of each person
	Round    int       `json:"round,omitempty"` // rounds of paging that passed unanswered
	RoundAt  time.Time `json:"round_at,omitzero"`
	// Means says that calls are noted with their means. A row that was written before they were
	// must still equal the fold of its entries: what is new in pages begins with it.
	Means bool `json:"means,omitempty"`
	// ActedAt is when somebody who has taken a call last wrote something.
	ActedAt time.Time `json:"acted_at,omitzero"`
	// Exhausted says that the last round found nobody more to call.
	Exhausted bool       `json:"exhausted,omitempty"`
	Circle    []Member   `json:"circle,omitempty"`
	Excluded  []PersonID `json:"excluded,omitempty"`

	Questions []Question   `json:"questions,omitempty"`
	Actions   []Prevention `json:"actions,omitempty"`
	Evidence  []Evidence   `json:"evidence,omitempty"`
	// Files and FileBytes count every file that was attached, also those taken back since:
	// their bytes are still there.
	Files     int       `json:"files,omitempty"`
	FileBytes int64     `json:"file_bytes,omitempty"`
	Approval  *Approval `json:"approval,omitempty"`
	Reports   int       `json:"reports,omitempty"` // versions of the final report made so far
	ReportSeq int64     `json:"report_seq,omitempty"`

	// Clocks are the notification duties, in the order in which they came up.
	Clocks []Clock `json:"clocks,omitempty"`
	// Texts are the texts for people outside, every version, in the order in which they were
	// proposed; Parties are who is affected.
	Texts   []OutsideText `json:"texts,omitempty"`
	Parties []Party       `json:"parties,omitempty"`
	// MergedAware is when the company became aware by the earliest of the reports merged in.
	MergedAware time.Time `json:"merged_aware,omitzero"`

	MergedInto ID      `json:"merged_into,omitempty"`
	Merged     []ID    `json:"merged,omitempty"`
	Undone     []int64 `json:"undone,omitempty"` // entries taken back
	// Restored are the entries by which an undoing set something back.
	Restored []int64 `json:"restored,omitempty"`
}

// LevelChange is one line of the level history.
type LevelChange struct {
	From   Level     `json:"from"`
	To     Level     `json:"to"`
	At     time.Time `json:"at"`
	By     PersonID  `json:"by"`
	Reason string    `json:"reason,omitempty"`
}

// Proposal is a raise that somebody of the circle asked for and the lead has not decided.
type Proposal struct {
	Level  Level     `json:"level"`
	By     PersonID  `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// FieldValue is a filled field, or one marked 不明 with a reason.
type FieldValue struct {
	Value   string    `json:"value,omitempty"`
	Unknown bool      `json:"unknown,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	By      PersonID  `json:"by"`
	At      time.Time `json:"at"`
	Seq     int64     `json:"seq"`
}

// PlanKey says which table the steps came from.
type PlanKey struct {
	Category Category `json:"category"`
	Effect   Category `json:"effect,omitempty"`
	Level    Level    `json:"level"`
}

// StepState is a step with what became of it.
type StepState struct {
	Step
	Done     bool      `json:"done,omitempty"`
	Waived   bool      `json:"waived,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	By       PersonID  `json:"by,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Seq      int64     `json:"seq,omitempty"`
	Assigned PersonID  `json:"assigned,omitempty"`
	// Former marks a step of an earlier table that was settled before the level changed.
	Former bool `json:"former,omitempty"`
}

// Settled reports whether nothing more is expected of the step.
func (s StepState) Settled() bool { return s.Done || s.Waived }

// LeadHow says how the acting lead came to it.
type LeadHow string

// The ways to become the acting lead.
const (
	LeadOffice   LeadHow = "office"   // holds the role
	LeadDeputy   LeadHow = "deputy"   // accepted the lead's page as a deputy
	LeadHandover LeadHow = "handover" // accepted a handover
	LeadLast     LeadHow = "last"     // the representative, as the last resort
)

// Handover is an offer of the lead that waits for the receiver.
type Handover struct {
	From   PersonID  `json:"from"`
	To     PersonID  `json:"to"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
	// Waited says that the wait for his answer is over, and who offered it was told whom to phone.
	Waited bool `json:"waited,omitempty"`
}

// PageStatus says how far a page has come.
type PageStatus string

// A page waits until it is answered, or ended because somebody else of the role answered
// or the incident ended.
const (
	PageOpen         PageStatus = "open"
	PageAcknowledged PageStatus = "acknowledged"
	PageDeclined     PageStatus = "declined"
	PageEnded        PageStatus = "ended"
)

// Page is a call for one person. Without a role it only brings somebody in: it is sent
// once, and nobody waits for the answer.
type Page struct {
	Person PersonID   `json:"person"`
	Roles  []Role     `json:"roles"`
	Status PageStatus `json:"status"`
	At     time.Time  `json:"at"`
	Round  int        `json:"round"`
	Reply  time.Time  `json:"reply,omitzero"`
	Reason string     `json:"reason,omitempty"`
	Seq    int64      `json:"seq"`
	// Because is why he is called, as Paged says it.
	Because string `json:"because,omitempty"`
	// By are the means he was called by so far, and ByAt is when the last of them was used
	// beside the first; Failed are those that did not get through.
	By     []Means   `json:"by,omitempty"`
	ByAt   time.Time `json:"by_at,omitzero"`
	Failed []Means   `json:"failed,omitempty"`
	// Unreached says that no means reaches him: he has to be phoned or looked for.
	Unreached bool `json:"unreached,omitempty"`
	// Silences counts how often he was called again because nothing followed.
	Silences int `json:"silences,omitempty"`
	// Uncalled marks the answer of somebody of the circle who was never called: there is no
	// message of it.
	Uncalled bool `json:"uncalled,omitempty"`
	// Kept are the roles that he had taken before he was asked besides for the lead of one who fell
	// silent: they stay his, whatever he answers.
	Kept []Role `json:"kept,omitempty"`
	// Spared says that he cannot take that lead besides: he is not asked again while it is missed.
	Spared bool `json:"spared,omitempty"`
}

// Besides reports whether somebody who has taken a call is being asked for the lead besides.
func (p Page) Besides() bool { return p.Status == PageOpen && p.Took() }

// Taken are the roles that somebody has said he acts for, Asked those that he is being asked for.
func (p Page) Taken() []Role {
	switch {
	case p.Besides():
		return p.Kept
	case p.Took():
		return p.Roles
	}
	return nil
}

// Asked are the roles of an open call that are not his already. The lead is asked of him also where
// he took it once: it is another's since.
func (p Page) Asked() []Role {
	return slices.DeleteFunc(slices.Clone(p.Roles), func(r Role) bool { return p.Besides() && r != IncidentLead && slices.Contains(p.Kept, r) })
}

// Member is somebody who may see the incident, and why.
type Member struct {
	Person PersonID  `json:"person"`
	Why    Why       `json:"why"`
	Role   Role      `json:"role,omitempty"`
	Since  time.Time `json:"since"`
}

// Why says why somebody belongs to the circle.
type Why string

// The reasons of the need to know.
const (
	WhyRole  Why = "role"  // responsible, an acting role, or told by the level
	WhyPaged Why = "paged" // was called
	WhyAdded Why = "added" // somebody of the circle brought him in
)

// Question is one put to the reporter.
type Question struct {
	Seq      int64     `json:"seq"`
	Text     string    `json:"text"`
	By       PersonID  `json:"by"`
	At       time.Time `json:"at"`
	Answered bool      `json:"answered,omitempty"`
}

// Prevention is one action of 再発防止 with who does it and by when.
type Prevention struct {
	N     int       `json:"n"`
	Text  string    `json:"text"`
	Owner PersonID  `json:"owner,omitempty"`
	Due   string    `json:"due,omitempty"` // a day in Tokyo, 2006-01-02
	Done  bool      `json:"done,omitempty"`
	At    time.Time `json:"at,omitzero"`
	Seq   int64     `json:"seq,omitempty"`
}

// Evidence says where a piece of evidence is kept; of a file that is kept here, Size, Type
// and SHA256 say what it is, and Where may be empty.
type Evidence struct {
	Seq    int64     `json:"seq"`
	Name   string    `json:"name"`
	Where  string    `json:"where"`
	By     PersonID  `json:"by"`
	At     time.Time `json:"at"`
	Size   int64     `json:"size,omitempty"` // bytes
	Type   string    `json:"type,omitempty"`
	SHA256 string    `json:"sha256,omitempty"`
}

// Publication is the decision of level 3 on telling the public (seed 001 §9.4 ⑤).
type Publication string

// The decisions.
const (
	PublishNone     Publication = "none"     // not published
	PublishAffected Publication = "affected" // told to those affected
	PublishPublic   Publication = "public"   // published
)

// Publications lists the decisions in the order a form shows them.
var Publications = []Publication{PublishAffected, PublishPublic, PublishNone}

// Approval is the responsible person's yes to the final report.
type Approval struct {
	By          PersonID    `json:"by"`
	Role        Role        `json:"role"`
	Deputy      bool        `json:"deputy,omitempty"` // 代行
	At          time.Time   `json:"at"`
	Publication Publication `json:"publication,omitempty"`
	Comment     string      `json:"comment,omitempty"`
	Seq         int64       `json:"seq"`
}

// IsExcluded reports whether a restricted incident leaves this person out.
func (in *Incident) IsExcluded(p PersonID) bool { return slices.Contains(in.Excluded, p) }

// InCircle reports whether a person may see and work on the incident.
func (in *Incident) InCircle(p PersonID) bool {
	return p != "" && !in.IsExcluded(p) && slices.ContainsFunc(in.Circle, func(m Member) bool { return m.Person == p })
}

// Page gives the latest page of a person.
func (in *Incident) Page(p PersonID) (Page, bool) {
	for _, pg := range slices.Backward(in.Pages) {
		if pg.Person == p {
			return pg, true
		}
	}
	return Page{}, false
}

// Used gives the means by which a page was sent.
func (p Page) Used() []Means {
	if len(p.By) == 0 && !p.Unreached {
		return []Means{ByChat} // before there were others
	}
	return p.By
}

// Took reports whether a call was taken: also while he who took it is asked besides for the lead of
// one who fell silent.
func (p Page) Took() bool {
	return p.Status == PageAcknowledged || p.Status == PageOpen && !p.Reply.IsZero()
}

// Silent reports whether a person has taken a call, fell silent, and has not answered since
// when he was called again.
func (in *Incident) Silent(p PersonID) bool {
	pg, called := in.Page(p)
	return called && pg.Status == PageOpen && pg.Because == BecauseSilent
}

// Attended reports whether anybody acts: the lead, or somebody who has taken a call. Whoever was
// left out, has left the company or fell silent does not count.
func (in *Incident) Attended(dir Directory) bool {
	if lead := in.ActingLead(dir); lead != "" && !in.Silent(lead) {
		return true
	}
	return slices.ContainsFunc(in.Responders(), func(p Page) bool { return !in.IsExcluded(p.Person) && dir.Known(p.Person) })
}

// LastCall is when somebody was last called or answered; zero: never.
func (in *Incident) LastCall() (at time.Time) {
	for _, p := range in.Pages {
		for _, t := range []time.Time{p.At, p.ByAt, p.Reply} {
			if t.After(at) {
				at = t
			}
		}
	}
	return at
}

// OpenPages lists the pages nobody has answered yet.
func (in *Incident) OpenPages() []Page {
	var open []Page
	for _, p := range in.Pages {
		if p.Status == PageOpen {
			open = append(open, p)
		}
	}
	return open
}

// Responders lists who has acknowledged, earliest first.
func (in *Incident) Responders() []Page {
	var acked []Page
	for _, p := range in.Pages {
		if p.Took() {
			acked = append(acked, p)
		}
	}
	slices.SortStableFunc(acked, func(a, b Page) int { return a.Reply.Compare(b.Reply) })
	return acked
}

// StepByKey gives the step with a key.
func (in *Incident) StepByKey(key string) (StepState, bool) {
	for _, s := range in.Steps {
		if s.Key == key {
			return s, true
		}
	}
	return StepState{}, false
}

// Discovered is when the company became aware (発覚日時), which is when it was reported
// unless somebody recorded an earlier instant. UTC.
func (in *Incident) Discovered() time.Time {
	if v, ok := in.Fields[FieldDiscoveredAt]; ok && !v.Unknown {
		if t, err := time.Parse(time.RFC3339, v.Value); err == nil {
			return t
		}
	}
	return in.ReportedAt
}

// Snapshot copies the incident so that something can be tried without touching the original.
func (in *Incident) Snapshot() *Incident {
	c := *in
	c.PhaseSince = maps.Clone(in.PhaseSince)
	c.LevelHistory = slices.Clone(in.LevelHistory)
	c.Reporters = slices.Clone(in.Reporters)
	c.Facts = maps.Clone(in.Facts)
	c.FactSeqs = maps.Clone(in.FactSeqs)
	c.Fields = maps.Clone(in.Fields)
	c.Steps = slices.Clone(in.Steps)
	c.Pages = slices.Clone(in.Pages)
	for i := range c.Pages {
		c.Pages[i].By, c.Pages[i].Failed = slices.Clone(c.Pages[i].By), slices.Clone(c.Pages[i].Failed)
	}
	c.Circle = slices.Clone(in.Circle)
	c.Excluded = slices.Clone(in.Excluded)
	c.Questions = slices.Clone(in.Questions)
	c.Actions = slices.Clone(in.Actions)
	c.Evidence = slices.Clone(in.Evidence)
	c.Clocks = slices.Clone(in.Clocks)
	c.Texts = slices.Clone(in.Texts)
	c.Parties = slices.Clone(in.Parties)
	c.Merged = slices.Clone(in.Merged)
	c.Undone = slices.Clone(in.Undone)
	c.Restored = slices.Clone(in.Restored)
	return &c
}

// Bare is the state without any text that somebody typed: what remains comparable when a
// text has been erased from the record.
func (in *Incident) Bare() *Incident {
	c := in.Snapshot()
	c.Title, c.EndReason, c.Contractor = "", "", ""
	for i := range c.LevelHistory {
		c.LevelHistory[i].Reason = ""
	}
	if c.Proposed != nil {
		p := *c.Proposed
		p.Reason, c.Proposed = "", &p
	}
	for i := range c.Reporters {
		c.Reporters[i] = Reporter{ID: c.Reporters[i].ID, Department: c.Reporters[i].Department}
	}
	for f, v := range c.Fields {
		v.Value, v.Reason = "", ""
		c.Fields[f] = v
	}
	for i := range c.Steps {
		c.Steps[i].Reason = ""
	}
	if c.Handover != nil {
		h := *c.Handover
		h.Reason, c.Handover = "", &h
	}
	for i := range c.Pages {
		c.Pages[i].Reason = ""
	}
	for i := range c.Questions {
		c.Questions[i].Text = ""
	}
	for i := range c.Actions {
		c.Actions[i].Text = ""
	}
	for i := range c.Evidence {
		c.Evidence[i].Name, c.Evidence[i].Where = "", ""
	}
	for i := range c.Clocks {
		k := &c.Clocks[i]
		k.Receipt, k.To, k.Reason = "", "", ""
	}
	for i := range c.Texts {
		c.Texts[i] = c.Texts[i].bare()
	}
	for i := range c.Parties {
		p := &c.Parties[i]
		p.Name, p.Reason, p.Told = "", "", slices.Clone(p.Told)
		for j := range p.Told {
			p.Told[j].How = ""
		}
	}
	if c.Approval != nil {
		a := *c.Approval
		a.Comment, c.Approval = "", &a
	}
	return c
}
