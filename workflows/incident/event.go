package incident

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// EventKind names a kind of event in the record. The names are stored: never rename one.
type EventKind string

// Event is something that happened to an incident. Events are values, written once.
// A free text stands in a Text, so that it can be erased without breaking the chain.
type Event interface{ Kind() EventKind }

// The events.
type (
	// ReportReceived opens the incident (seed 001 §9.4 ①).
	ReportReceived struct {
		Practice   bool     `json:"practice,omitempty"`
		Reporter   PersonID `json:"reporter"`
		Name       Text     `json:"name"`
		Department string   `json:"department,omitempty"`
		Text       Text     `json:"text"`
		What       Kind     `json:"what"`
		Category   Category `json:"category"`
		Effect     Category `json:"effect,omitempty"`
		Contractor Text     `json:"contractor,omitzero"`
		Facts      Facts    `json:"facts,omitempty"`
		Procedure  string   `json:"procedure"`
		// Frequent is which report this is of the same person within FrequentWithin, where he is not on
		// the contact list and it is one more than FreeReports; else 0.
		Frequent int `json:"frequent,omitempty"`
	}
	// Planned lays down the steps of a table.
	Planned struct {
		Plan  PlanKey `json:"plan"`
		Steps []Step  `json:"steps"`
	}
	// Paged calls a person.
	Paged struct {
		Person PersonID `json:"person"`
		Roles  []Role   `json:"roles"`
		Round  int      `json:"round"`
		// Because says what the page is for: report, deputy, round, level, reopened,
		// restricted, added, silent, unreached.
		Because string `json:"because"`
		// By are the means used at once; none: nothing reaches him.
		By []Means `json:"by,omitempty"`
	}
	// CalledAgain calls once more, in one entry, those who have not answered when nobody else is
	// left: a weekend that nobody answers must not bury the record.
	CalledAgain struct {
		Calls []Paged `json:"calls"`
	}
	// MeansUsed calls a person who has not answered by further means.
	MeansUsed struct {
		Person PersonID `json:"person"`
		By     []Means  `json:"by"`
		// Because says why: waited (no answer) or failed (the one before did not get through).
		Because string `json:"because"`
	}
	// MeansFailed says that a means did not bring a page to a person.
	MeansFailed struct {
		Person PersonID     `json:"person"`
		Means  Means        `json:"means"`
		Why    MeansTrouble `json:"why"`
	}
	// Unreached says that nothing reaches a person: he has no means, or all have failed.
	Unreached struct {
		Person PersonID `json:"person"`
	}
	// Acknowledged answers a page with yes.
	Acknowledged struct {
		Roles []Role `json:"roles,omitempty"`
	}
	// Declined answers a page with no.
	Declined struct {
		Reason Text `json:"reason,omitzero"`
		// Besides says that he goes on with what he had taken, and cannot take the lead besides.
		Besides bool `json:"besides,omitempty"`
	}
	// PageStopped ends a page that need not be answered any more.
	PageStopped struct {
		Person  PersonID `json:"person"`
		Because string   `json:"because"` // answered, ended, excluded, again
	}
	// RoundPassed says that the wait for an answer ran out.
	RoundPassed struct {
		Round     int  `json:"round"`
		Exhausted bool `json:"exhausted,omitempty"` // nobody was left to call
	}
	// LeadTaken makes somebody the acting lead.
	LeadTaken struct {
		Person PersonID `json:"person"`
		How    LeadHow  `json:"how"`
	}
	// HandoverOffered asks somebody to take the lead.
	HandoverOffered struct {
		To     PersonID `json:"to"`
		Reason Text     `json:"reason,omitzero"`
	}
	// HandoverRefused says no to it.
	HandoverRefused struct {
		Reason Text `json:"reason,omitzero"`
	}
	// HandoverWaited says that nobody has answered it within the wait of a call.
	HandoverWaited struct {
		To PersonID `json:"to"`
	}
	// PhaseMoved is every move of the phase machine but the ends.
	PhaseMoved struct {
		From   Phase `json:"from"`
		To     Phase `json:"to"`
		Reason Text  `json:"reason,omitzero"`
	}
	// LevelSet confirms, raises or lowers. From and To are the same when a proposed raise was
	// turned down: the level stays.
	LevelSet struct {
		From   Level `json:"from"`
		To     Level `json:"to"`
		Reason Text  `json:"reason,omitzero"`
	}
	// LevelProposed asks the lead for a raise.
	LevelProposed struct {
		Level  Level `json:"level"`
		Reason Text  `json:"reason,omitzero"`
	}
	// Recategorised changes 区分.
	Recategorised struct {
		From   Category `json:"from"`
		To     Category `json:"to"`
		Effect Category `json:"effect,omitempty"`
		Reason Text     `json:"reason"`
	}
	// Assigned gives a step to a person; without a step it brings the person in.
	Assigned struct {
		Person PersonID `json:"person"`
		Step   string   `json:"step,omitempty"`
	}
	// StepDone records that a step was carried out.
	StepDone struct {
		Step   string `json:"step"`
		Result Text   `json:"result,omitzero"`
	}
	// StepWaived records that a step is left out, and why.
	StepWaived struct {
		Step   string `json:"step"`
		Reason Text   `json:"reason"`
	}
	// StepReopened takes back what settled a step.
	StepReopened struct {
		Step string `json:"step"`
	}
	// FactSet answers a question.
	FactSet struct {
		Fact   FactKey `json:"fact"`
		Answer Answer  `json:"answer"`
		Before Answer  `json:"before,omitempty"`
	}
	// FieldSet fills a field or marks it 不明.
	FieldSet struct {
		Field   Field `json:"field"`
		Value   Text  `json:"value,omitzero"`
		Unknown bool  `json:"unknown,omitempty"`
		Reason  Text  `json:"reason,omitzero"`
		Cleared bool  `json:"cleared,omitempty"` // by an undo: back to not filled
		// What stood there before, so that an undo can restore it.
		Before        Text `json:"before,omitzero"`
		BeforeUnknown bool `json:"before_unknown,omitempty"`
		BeforeReason  Text `json:"before_reason,omitzero"`
	}
	// NoteAdded is an entry of the 対応経過.
	NoteAdded struct {
		Text Text `json:"text"`
	}
	// Informed is what a reporter added or answered. Answers are the entries of the open
	// questions that stood before him when he wrote it.
	Informed struct {
		Text       Text    `json:"text"`
		FalseAlarm bool    `json:"false_alarm,omitempty"` // 誤報かもしれません
		Answers    []int64 `json:"answers,omitempty"`
	}
	// Asked puts a question to the reporters.
	Asked struct {
		Text Text `json:"text"`
	}
	// Corrected puts a better wording beside an entry; the original stays.
	Corrected struct {
		Seq  int64 `json:"seq_of"`
		Text Text  `json:"text"`
	}
	// Undone takes an entry back; the original stays readable.
	Undone struct {
		Seq    int64     `json:"seq_of"`
		What   EventKind `json:"what"`
		Reason Text      `json:"reason,omitzero"`
		// Restored says that the next entry sets back what the old one had set; it is part
		// of the undoing, and no entry of its own to be taken back.
		Restored bool `json:"restored,omitempty"`
	}
	// EvidenceRecorded says where a piece of evidence is kept (seed 001 §3.8.6).
	EvidenceRecorded struct {
		Name  Text `json:"name"`
		Where Text `json:"where"`
	}
	// FileAttached keeps a file as evidence. Its bytes lie beside the record under their
	// digest, SHA-256 in hex, which the chain covers; Size is in bytes, Type a media type that
	// was told from the bytes. Where is the place of the original, if there is one.
	FileAttached struct {
		Name   Text   `json:"name"`
		Size   int64  `json:"size"`
		Type   string `json:"type"`
		SHA256 string `json:"sha256"`
		Where  Text   `json:"where,omitzero"`
	}
	// PreventionSet adds or changes an action of 再発防止.
	PreventionSet struct {
		N     int      `json:"n"`
		Text  Text     `json:"text"`
		Owner PersonID `json:"owner,omitempty"`
		Due   string   `json:"due,omitempty"`
		Done  bool     `json:"done,omitempty"`
		// What stood there before, so that an undo can restore it; a new action has no Before.
		Before      Text     `json:"before,omitzero"`
		BeforeOwner PersonID `json:"before_owner,omitempty"`
		BeforeDue   string   `json:"before_due,omitempty"`
		BeforeDone  bool     `json:"before_done,omitempty"`
	}
	// PreventionRemoved takes an action back.
	PreventionRemoved struct {
		N int `json:"n"`
	}
	// ReportMade numbers a version of the final report.
	ReportMade struct {
		Version int `json:"version"`
	}
	// Approved is the responsible person's yes.
	Approved struct {
		Role        Role        `json:"role"`
		Deputy      bool        `json:"deputy,omitempty"`
		Publication Publication `json:"publication,omitempty"`
		Comment     Text        `json:"comment,omitzero"`
	}
	// ApprovalVoided says that what was approved has changed since.
	ApprovalVoided struct {
		Because EventKind `json:"because"`
	}
	// IncidentClosed is 終結.
	IncidentClosed struct {
		From    Phase `json:"from"`
		Comment Text  `json:"comment,omitzero"`
	}
	// IncidentDismissed is 非該当 (seed 001 §9.2).
	IncidentDismissed struct {
		From   Phase `json:"from"`
		Reason Text  `json:"reason"`
	}
	// IncidentReopened takes an end back.
	IncidentReopened struct {
		From   Phase `json:"from"`
		To     Phase `json:"to"`
		Reason Text  `json:"reason"`
	}
	// MergedIntoOther ends this incident as a second report of another.
	MergedIntoOther struct {
		Into ID    `json:"into"`
		From Phase `json:"from"`
	}
	// ReportMerged takes a second report in. Names, Departments and Titles go with Reporters;
	// Text is what the first of them reported.
	ReportMerged struct {
		From        ID         `json:"from"`
		Reporters   []PersonID `json:"reporters"`
		Names       []Text     `json:"names"`
		Departments []string   `json:"departments"`
		Titles      []Text     `json:"titles"`
		Text        Text       `json:"text"`
		// Aware is when the company became aware by that report; UTC.
		Aware time.Time `json:"aware,omitzero"`
	}
	// CircleRestricted leaves people out; an empty list lifts it.
	CircleRestricted struct {
		Excluded []PersonID `json:"excluded"`
		Reason   Text       `json:"reason,omitzero"`
	}
	// Joined lets a person see the incident.
	Joined struct {
		Person PersonID `json:"person"`
		Why    Why      `json:"why"`
		Role   Role     `json:"role,omitempty"`
	}
	// LeftCircle takes a person out of it.
	LeftCircle struct {
		Person PersonID `json:"person"`
	}
	// ClocksDrawn starts, changes and ends notification clocks, as what is known now asks for.
	ClocksDrawn struct {
		Because string     `json:"because"`         // DrawnReport…
		Facts   []Answered `json:"facts,omitempty"` // the answers that changed
		Started []Duty     `json:"started,omitempty"`
		// Again are those of them that telling the 委託元 had settled, which is not enough any more.
		Again   []Rule `json:"again,omitempty"`
		Changed []Duty `json:"changed,omitempty"`
		// Firm are those of them that were certain already. Entries of before name none.
		Firm   []Rule `json:"firm,omitempty"`
		Lapsed []Rule `json:"lapsed,omitempty"`
		Rules  string `json:"rules"` // version of the rules
	}
	// Answered is a question with its answer.
	Answered struct {
		Fact   FactKey `json:"fact"`
		Answer Answer  `json:"answer"`
	}
	// ClockSettled says that a duty was done (届出済み), passed on, or judged 不要.
	ClockSettled struct {
		Rule    Rule        `json:"rule"`
		How     ClockStatus `json:"how"`
		On      string      `json:"on,omitempty"` // the day in Tokyo
		Receipt Text        `json:"receipt,omitzero"`
		To      Text        `json:"to,omitzero"` // who was told
		Reason  Text        `json:"reason,omitzero"`
		File    int64       `json:"file,omitempty"` // the entry of the evidence
		// With is the entry that settled another clock by telling the 委託元, and this one along with it.
		With int64 `json:"with,omitempty"`
	}
	// ClockReopened takes back what settled a clock.
	ClockReopened struct {
		Rule Rule `json:"rule"`
	}
	// RemindersPlanned chooses when the owner of a clock is reminded; no instants: as its rule
	// has it. Before is what was chosen until then. UTC.
	RemindersPlanned struct {
		Rule   Rule        `json:"rule"`
		At     []time.Time `json:"at,omitempty"`
		Before []time.Time `json:"before,omitempty"`
		Reason Text        `json:"reason,omitzero"`
	}
	// ClocksReminded says who was reminded of what.
	ClocksReminded struct {
		List []Reminder `json:"list"`
	}
	// OutsideProposed lays a text for people outside before the representative.
	OutsideProposed struct {
		What    TextKind `json:"what"`
		Version int      `json:"version"`
		Text    Text     `json:"text"`
		Length  int      `json:"length"` // characters
	}
	// OutsideApproved is his yes to it.
	OutsideApproved struct {
		What    TextKind `json:"what"`
		Version int      `json:"version"`
		Role    Role     `json:"role"`
		Deputy  bool     `json:"deputy,omitempty"`
		Own     bool     `json:"own,omitempty"` // who approved had proposed it: nobody else could
		Comment Text     `json:"comment,omitzero"`
	}
	// OutsideRefused sends it back.
	OutsideRefused struct {
		What    TextKind `json:"what"`
		Version int      `json:"version"`
		Reason  Text     `json:"reason"`
	}
	// OutsidePublished says that it went out.
	OutsidePublished struct {
		What    TextKind  `json:"what"`
		Version int       `json:"version"`
		On      time.Time `json:"on"` // UTC
		Where   Text      `json:"where"`
	}
	// OutsideSetBack takes back what became of it: To is what it is then.
	OutsideSetBack struct {
		What    TextKind   `json:"what"`
		Version int        `json:"version"`
		To      TextStatus `json:"to"`
		// Asks says that the text which waits by it is asked about in a message of its own. Entries
		// of before had none, and fold to what they always did.
		Asks bool `json:"asks,omitempty"`
	}
	// PartySet adds or changes an affected party. A new one has no BeforeWho.
	PartySet struct {
		N           int       `json:"n"`
		Who         PartyKind `json:"who"`
		Name        Text      `json:"name"`
		Count       int       `json:"count,omitempty"` // 0: not known
		Before      Text      `json:"before,omitzero"`
		BeforeWho   PartyKind `json:"before_who,omitempty"`
		BeforeCount int       `json:"before_count,omitempty"`
	}
	// PartyTold says what an affected party was told.
	PartyTold struct {
		N      int     `json:"n"`
		Topics []Topic `json:"topics"`
		On     string  `json:"on"` // the day in Tokyo
		How    Text    `json:"how"`
	}
	// PartyUntold takes such an entry back.
	PartyUntold struct {
		N   int   `json:"n"`
		Seq int64 `json:"seq_of"`
	}
	// PartyRemoved takes a party out again.
	PartyRemoved struct {
		N      int  `json:"n"`
		Reason Text `json:"reason,omitzero"`
	}
	// PartyRestored brings a removed one back.
	PartyRestored struct {
		N int `json:"n"`
	}
)

func (ReportReceived) Kind() EventKind    { return "report_received" }
func (Planned) Kind() EventKind           { return "planned" }
func (Paged) Kind() EventKind             { return "paged" }
func (Acknowledged) Kind() EventKind      { return "acknowledged" }
func (Declined) Kind() EventKind          { return "declined" }
func (PageStopped) Kind() EventKind       { return "page_stopped" }
func (RoundPassed) Kind() EventKind       { return "round_passed" }
func (LeadTaken) Kind() EventKind         { return "lead_taken" }
func (HandoverOffered) Kind() EventKind   { return "handover_offered" }
func (HandoverRefused) Kind() EventKind   { return "handover_refused" }
func (CalledAgain) Kind() EventKind       { return "called_again" }
func (HandoverWaited) Kind() EventKind    { return "handover_waited" }
func (PhaseMoved) Kind() EventKind        { return "phase_moved" }
func (LevelSet) Kind() EventKind          { return "level_set" }
func (LevelProposed) Kind() EventKind     { return "level_proposed" }
func (Recategorised) Kind() EventKind     { return "recategorised" }
func (Assigned) Kind() EventKind          { return "assigned" }
func (StepDone) Kind() EventKind          { return "step_done" }
func (StepWaived) Kind() EventKind        { return "step_waived" }
func (StepReopened) Kind() EventKind      { return "step_reopened" }
func (FactSet) Kind() EventKind           { return "fact_set" }
func (FieldSet) Kind() EventKind          { return "field_set" }
func (NoteAdded) Kind() EventKind         { return "note_added" }
func (Informed) Kind() EventKind          { return "informed" }
func (Asked) Kind() EventKind             { return "asked" }
func (Corrected) Kind() EventKind         { return "corrected" }
func (Undone) Kind() EventKind            { return "undone" }
func (EvidenceRecorded) Kind() EventKind  { return "evidence_recorded" }
func (PreventionSet) Kind() EventKind     { return "prevention_set" }
func (PreventionRemoved) Kind() EventKind { return "prevention_removed" }
func (ReportMade) Kind() EventKind        { return "report_made" }
func (Approved) Kind() EventKind          { return "approved" }
func (ApprovalVoided) Kind() EventKind    { return "approval_voided" }
func (IncidentClosed) Kind() EventKind    { return "closed" }
func (IncidentDismissed) Kind() EventKind { return "dismissed" }
func (IncidentReopened) Kind() EventKind  { return "reopened" }
func (MergedIntoOther) Kind() EventKind   { return "merged_into" }
func (ReportMerged) Kind() EventKind      { return "report_merged" }
func (CircleRestricted) Kind() EventKind  { return "restricted" }
func (Joined) Kind() EventKind            { return "joined" }
func (LeftCircle) Kind() EventKind        { return "left" }
func (FileAttached) Kind() EventKind      { return "file_attached" }
func (MeansUsed) Kind() EventKind         { return "means_used" }
func (MeansFailed) Kind() EventKind       { return "means_failed" }
func (Unreached) Kind() EventKind         { return "unreached" }
func (ClocksDrawn) Kind() EventKind       { return "clocks_drawn" }
func (ClockSettled) Kind() EventKind      { return "clock_settled" }
func (ClockReopened) Kind() EventKind     { return "clock_reopened" }
func (RemindersPlanned) Kind() EventKind  { return "reminders_planned" }
func (ClocksReminded) Kind() EventKind    { return "clocks_reminded" }
func (OutsideProposed) Kind() EventKind   { return "outside_proposed" }
func (OutsideApproved) Kind() EventKind   { return "outside_approved" }
func (OutsideRefused) Kind() EventKind    { return "outside_refused" }
func (OutsidePublished) Kind() EventKind  { return "outside_published" }
func (OutsideSetBack) Kind() EventKind    { return "outside_set_back" }
func (PartySet) Kind() EventKind          { return "party_set" }
func (PartyTold) Kind() EventKind         { return "party_told" }
func (PartyUntold) Kind() EventKind       { return "party_untold" }
func (PartyRemoved) Kind() EventKind      { return "party_removed" }
func (PartyRestored) Kind() EventKind     { return "party_restored" }

// Events lists one empty value of every kind; it is the codec's table and the tests' list.
var Events = []Event{
	ReportReceived{}, Planned{}, Paged{}, Acknowledged{}, Declined{}, PageStopped{}, RoundPassed{},
	LeadTaken{}, HandoverOffered{}, HandoverRefused{}, PhaseMoved{}, LevelSet{}, LevelProposed{},
	Recategorised{}, Assigned{}, StepDone{}, StepWaived{}, StepReopened{}, FactSet{}, FieldSet{},
	NoteAdded{}, Informed{}, Asked{}, Corrected{}, Undone{}, EvidenceRecorded{}, PreventionSet{},
	PreventionRemoved{}, ReportMade{}, Approved{}, ApprovalVoided{}, IncidentClosed{},
	IncidentDismissed{}, IncidentReopened{}, MergedIntoOther{}, ReportMerged{}, CircleRestricted{},
	Joined{}, LeftCircle{}, FileAttached{}, MeansUsed{}, MeansFailed{}, Unreached{},
	HandoverWaited{}, CalledAgain{},
	ClocksDrawn{}, ClockSettled{}, ClockReopened{}, RemindersPlanned{}, ClocksReminded{},
	OutsideProposed{}, OutsideApproved{}, OutsideRefused{}, OutsidePublished{}, OutsideSetBack{},
	PartySet{}, PartyTold{}, PartyUntold{}, PartyRemoved{}, PartyRestored{},
}

var eventTypes = func() map[EventKind]reflect.Type {
	m := make(map[EventKind]reflect.Type, len(Events))
	for _, e := range Events {
		m[e.Kind()] = reflect.TypeOf(e)
	}
	return m
}()

// Source says by which way something came into the record.
type Source string

// The sources.
const (
	FromPerson  Source = "person"  // a command, a button or a form
	FromTimer   Source = "timer"   // a due timer
	FromCommand Source = "console" // the command line of the server
)

// Record is one entry of the record: an event with who, when, and its place in the chain.
type Record struct {
	Incident ID
	Seq      int64
	// At is when it was recorded, Occurred when it happened; both UTC. They differ when
	// somebody writes down later what was done earlier.
	At       time.Time
	Occurred time.Time
	By       PersonID // empty: the bot itself
	ByName   Text     // as the person was called then; its own text, so that it can be erased
	Source   Source
	Event    Event

	Prev   string // digest of the entry before, empty for the first
	Digest string
}

// Decode reads an event as Encode wrote it. Its texts hold digests only until Restore puts
// the bodies back. An unknown kind is an error: a record must never be read half.
func Decode(kind EventKind, body []byte) (Event, error) {
	t, ok := eventTypes[kind]
	if !ok {
		return nil, fmt.Errorf("event kind %q: %w", kind, ErrNewer)
	}
	v := reflect.New(t)
	if err := json.Unmarshal(body, v.Interface()); err != nil {
		return nil, fmt.Errorf("event of kind %q: %w", kind, err)
	}
	return v.Elem().Interface().(Event), nil
}
