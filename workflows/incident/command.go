package incident

import "time"

// Word is a command as the permission table knows it; each is also a word of /incident.
type Word string

// The words that act. Those that only look (status, list, who, contacts, help) stand with
// the desk; they are bound by CanRead instead.
const (
	WordReport    Word = "report"
	WordTake      Word = "take"    // 対応します
	WordDecline   Word = "decline" // 対応できません
	WordAdvance   Word = "advance"
	WordBack      Word = "back"
	WordLevel     Word = "level"
	WordPropose   Word = "propose" // a raise asked for by who may not decide it
	WordCategory  Word = "category"
	WordAssign    Word = "assign"
	WordHandover  Word = "handover"
	WordAccept    Word = "accept" // the receiver's answer to a handover
	WordStep      Word = "step"
	WordWaive     Word = "waive"
	WordNote      Word = "note"
	WordCorrect   Word = "correct"
	WordUndo      Word = "undo"
	WordField     Word = "field"
	WordFact      Word = "fact"
	WordFile      Word = "file"
	WordAttach    Word = "attach" // a file among the evidence
	WordAction    Word = "action"
	WordDoc       Word = "doc"
	WordApprove   Word = "approve"
	WordClose     Word = "close"
	WordDismiss   Word = "dismiss"
	WordReopen    Word = "reopen"
	WordMerge     Word = "merge"
	WordRestrict  Word = "restrict"
	WordAsk       Word = "ask"    // a question to the reporter
	WordInform    Word = "inform" // the reporter's additions and answers
	WordAbsorb    Word = "absorb" // the other half of a merge; the bot's own
	WordPassRound Word = "round"  // a wait for an answer ran out; the bot's own
	WordMeans     Word = "means"  // a means did not get through; the bot's own
	WordPassOffer Word = "offer"  // an offer of the lead was not answered; the bot's own
	WordRecall    Word = "recall" // nobody is responsible; the bot's own
	WordClock     Word = "clock"  // what became of a notification duty
	WordRemind    Word = "remind" // a reminder is due, or the rules have changed; the bot's own
	WordText      Word = "texts"  // a text for people outside: proposed, or published
	WordSign      Word = "sign"   // such a text approved or sent back
	WordParty     Word = "party"  // who is affected, and what they were told
)

// AllWords lists every word that acts.
var AllWords = []Word{
	WordReport, WordTake, WordDecline, WordAdvance, WordBack, WordLevel, WordPropose, WordCategory,
	WordAssign, WordHandover, WordAccept, WordStep, WordWaive, WordNote, WordCorrect, WordUndo,
	WordField, WordFact, WordFile, WordAttach, WordAction, WordDoc, WordApprove, WordClose, WordDismiss,
	WordReopen, WordMerge, WordRestrict, WordAsk, WordInform, WordAbsorb, WordPassRound, WordMeans, WordRecall, WordPassOffer,
	WordClock, WordRemind, WordText, WordSign, WordParty,
}

// Command is what somebody, or a due timer, asks of an incident.
type Command interface{ Word() Word }

// The commands.
type (
	// Report opens an incident. What is left empty is unknown, never refused.
	Report struct {
		Text           string // 発生事象; at least one visible character
		What           Kind
		Facts          Facts
		DiscoveredAt   time.Time // zero: now
		OccurredAt     time.Time // zero: unknown
		ExpectedDamage string
		Contractor     string     // who, and which data, when it happened at a 委託先
		Exclude        []PersonID // who must not learn of it (an insider case)
		Practice       bool
		// Earlier is how many reports the same person has made within FrequentWithin before, where he
		// is not on the contact list; else 0. Whoever carries the report out sets it.
		Earlier int
	}
	// Take is 「対応します」.
	Take struct{}
	// Decline is 「対応できません」; Reason may be empty.
	Decline struct{ Reason string }
	// Advance moves to the next phase. From guards against a stale button: empty is any.
	Advance struct{ From Phase }
	// Back moves to the phase before.
	Back struct{ Reason string }
	// SetLevel confirms, raises or lowers; from who may not, a raise becomes a proposal.
	SetLevel struct {
		Level  Level
		Reason string
	}
	// Categorise changes 区分; Effect is for a virus only.
	Categorise struct {
		Category Category
		Effect   Category
		Reason   string
	}
	// Assign brings a person in, and gives him a step when one is named.
	Assign struct {
		Person PersonID
		Step   string
	}
	// HandOver offers the lead to somebody; to oneself it takes the lead back.
	HandOver struct {
		To     PersonID
		Reason string
	}
	// AcceptHandover is the receiver's answer.
	AcceptHandover struct {
		Refuse bool
		Reason string
	}
	// DoStep records a step as carried out.
	DoStep struct {
		Step   string
		Result string
	}
	// Waive leaves a step out.
	Waive struct {
		Step   string
		Reason string
	}
	// Note writes an entry of the 対応経過.
	Note struct{ Text string }
	// Correct puts a better wording beside an entry.
	Correct struct {
		Seq  int64
		Text string
	}
	// Undo takes an entry back. Seq 0 is the person's own last one that can be undone.
	Undo struct {
		Seq    int64
		Reason string
	}
	// SetField fills a field, or marks it 不明 with a reason.
	SetField struct {
		Field   Field
		Value   string
		Unknown bool
		Reason  string
	}
	// SetFacts answers questions, several at once.
	SetFacts struct{ Facts Facts }
	// RecordEvidence says where a piece of evidence is kept.
	RecordEvidence struct{ Name, Where string }
	// Attach records a file whose bytes are stored already: its name as it came, size in
	// bytes, type and SHA-256 in hex as they were told from the bytes. Where is the place of
	// the original; it may be empty.
	Attach struct {
		Name   string
		Size   int64
		Type   string
		SHA256 string
		Where  string
	}
	// SetPrevention adds (N 0) or changes an action of 再発防止.
	SetPrevention struct {
		N     int
		Text  string
		Owner PersonID
		Due   string // 2006-01-02 in Tokyo
		Done  bool
	}
	// MakeReport numbers a new version of the report if anything happened since the last.
	MakeReport struct{}
	// Approve is the responsible person's yes to the final report.
	Approve struct {
		Publication Publication
		Comment     string
	}
	// Close is 終結.
	Close struct{ Comment string }
	// Dismiss is 非該当.
	Dismiss struct{ Reason string }
	// Reopen takes an end back.
	Reopen struct{ Reason string }
	// Merge makes this incident a second report of another.
	Merge struct{ Into ID }
	// Absorb is what the other incident of a merge records.
	Absorb struct {
		From      ID
		Reporters []Reporter
		Text      string
		Facts     Facts
		Aware     time.Time // when the company became aware, as the other one has it; UTC
		NearMiss  bool      // the other one counted as a ヒヤリハット, and owed nothing
	}
	// Restrict sets who is left out; an empty list lifts the restriction.
	Restrict struct {
		Exclude []PersonID
		Reason  string
	}
	// Ask puts a question to the reporters.
	Ask struct{ Text string }
	// Inform is what a reporter adds or answers; FalseAlarm says 誤報かもしれません. Answers
	// are the entries of the questions he was shown; a false alarm answers none.
	Inform struct {
		Text       string
		FalseAlarm bool
		Answers    []int64
	}
	// PassRound is the due timer of a page: nobody has answered in time.
	PassRound struct {
		Round int
		Due   time.Time // when the round ran out, as the timer knew it; UTC
	}
	// FailMeans says that a means did not bring a page to a person.
	FailMeans struct {
		Person PersonID
		Page   int64 // its Seq
		Means  Means
		Why    MeansTrouble
	}
	// PassOffer is the due timer of an offer of the lead: nobody has answered it in time.
	PassOffer struct {
		Due time.Time // when the timer was due
	}
	// Recall has whoever is to be told called anew, where nobody is responsible any more.
	Recall struct{}
	// SettleClock says what became of a notification duty: it was filed, passed on to the
	// 委託元, or judged 不要.
	SettleClock struct {
		Rule    Rule
		How     ClockStatus // ClockFiled, ClockPassed or ClockUnneeded
		On      string      // a day in Tokyo as somebody types it; empty: today
		Receipt string      // 受付番号
		To      string      // who was told
		Reason  string
		File    int64 // the entry of a file among the evidence; 0: none
	}
	// PlanReminders chooses when the owner of a clock is reminded; none: as its rule has it.
	PlanReminders struct {
		Rule   Rule
		At     []time.Time
		Reason string
	}
	// RemindClocks is the due timer of the reminders.
	RemindClocks struct{}
	// RedrawClocks has the clocks drawn by rules that have changed.
	RedrawClocks struct{}
	// ProposeText lays a text for people outside before the representative.
	ProposeText struct {
		What TextKind
		Text string
	}
	// ApproveText is his yes to one version.
	ApproveText struct {
		What    TextKind
		Version int
		Comment string
	}
	// RefuseText sends one version back.
	RefuseText struct {
		What    TextKind
		Version int
		Reason  string
	}
	// PublishText says that an approved version went out.
	PublishText struct {
		What    TextKind
		Version int
		When    string // an instant as people type it, in Tokyo; empty: now
		Where   string // an address of the web, or by which means
	}
	// SetParty adds (N 0) or changes an affected party.
	SetParty struct {
		N     int
		Kind  PartyKind
		Name  string
		Count string // as people type it; empty: not known
	}
	// TellParty says what an affected party was told.
	TellParty struct {
		N      int
		Topics []Topic
		On     string // a day in Tokyo as people type it; empty: today
		How    string
	}
	// RemoveParty takes a party out again.
	RemoveParty struct {
		N      int
		Reason string
	}
)

func (Report) Word() Word         { return WordReport }
func (Take) Word() Word           { return WordTake }
func (Decline) Word() Word        { return WordDecline }
func (Advance) Word() Word        { return WordAdvance }
func (Back) Word() Word           { return WordBack }
func (SetLevel) Word() Word       { return WordLevel }
func (Categorise) Word() Word     { return WordCategory }
func (Assign) Word() Word         { return WordAssign }
func (HandOver) Word() Word       { return WordHandover }
func (AcceptHandover) Word() Word { return WordAccept }
func (DoStep) Word() Word         { return WordStep }
func (Waive) Word() Word          { return WordWaive }
func (Note) Word() Word           { return WordNote }
func (Correct) Word() Word        { return WordCorrect }
func (Undo) Word() Word           { return WordUndo }
func (SetField) Word() Word       { return WordField }
func (SetFacts) Word() Word       { return WordFact }
func (RecordEvidence) Word() Word { return WordFile }
func (Attach) Word() Word         { return WordAttach }
func (SetPrevention) Word() Word  { return WordAction }
func (MakeReport) Word() Word     { return WordDoc }
func (Approve) Word() Word        { return WordApprove }
func (Close) Word() Word          { return WordClose }
func (Dismiss) Word() Word        { return WordDismiss }
func (Reopen) Word() Word         { return WordReopen }
func (Merge) Word() Word          { return WordMerge }
func (Absorb) Word() Word         { return WordAbsorb }
func (Restrict) Word() Word       { return WordRestrict }
func (Ask) Word() Word            { return WordAsk }
func (Inform) Word() Word         { return WordInform }
func (PassRound) Word() Word      { return WordPassRound }
func (FailMeans) Word() Word      { return WordMeans }
func (PassOffer) Word() Word      { return WordPassOffer }
func (Recall) Word() Word         { return WordRecall }
func (SettleClock) Word() Word    { return WordClock }
func (PlanReminders) Word() Word  { return WordClock }
func (RemindClocks) Word() Word   { return WordRemind }
func (RedrawClocks) Word() Word   { return WordRemind }
func (ProposeText) Word() Word    { return WordText }
func (ApproveText) Word() Word    { return WordSign }
func (RefuseText) Word() Word     { return WordSign }
func (PublishText) Word() Word    { return WordText }
func (SetParty) Word() Word       { return WordParty }
func (TellParty) Word() Word      { return WordParty }
func (RemoveParty) Word() Word    { return WordParty }

// Additive reports whether a command may simply be tried again when somebody else changed
// the incident meanwhile. Advance, level and the ends are not: the person decided on what
// he saw, and must be told what changed.
func Additive(c Command) bool {
	switch c.(type) {
	case Advance, Back, SetLevel, Categorise, Close, Dismiss, Reopen, Merge, Approve, Restrict, HandOver:
		return false
	default:
		return true
	}
}
