package incident

import (
	"slices"
	"strconv"
)

// ID is an incident's number: INC-2026-0001, or TRN-2026-0001 in practice.
type ID string

// PersonID identifies a person of the contact list for good: it stays when the name,
// the mail address or the roles change, so that an old record still names the right person.
type PersonID string

// Phase is where an incident stands (seed 001 §9.4 ①–⑤, with the two ends).
type Phase string

// The phases in the order of the flow; Dismissed stands outside of it (§9.2).
const (
	Reported      Phase = "reported"      // 発見報告
	Containment   Phase = "containment"   // 初動
	Investigation Phase = "investigation" // 調査・対応
	Recovery      Phase = "recovery"      // 復旧
	FinalReport   Phase = "final_report"  // 最終報告
	Closed        Phase = "closed"        // 終結
	Dismissed     Phase = "dismissed"     // 非該当
)

// Phases lists every phase, in the order of the flow, Dismissed last.
var Phases = []Phase{Reported, Containment, Investigation, Recovery, FinalReport, Closed, Dismissed}

// Ended reports whether nothing more is expected to happen in this phase.
func (p Phase) Ended() bool { return p == Closed || p == Dismissed }

// Before reports whether p comes earlier in the flow than q. Dismissed is after everything.
func (p Phase) Before(q Phase) bool { return slices.Index(Phases, p) < slices.Index(Phases, q) }

// Level is the 事故レベル of seed 001 §9.2.
type Level int

// Unassessed is 未判定: nobody has confirmed a level yet.
const (
	Unassessed Level = -1
	Level0     Level = 0 // インシデントの手前 (ヒヤリハット)
	Level1     Level = 1 // 従業員の業務に影響
	Level2     Level = 2 // 事業に影響
	Level3     Level = 3 // 顧客・取引先・株主に影響、個人情報の漏えい
)

// Levels lists the levels that can be confirmed, lowest first.
var Levels = []Level{Level0, Level1, Level2, Level3}

// Confirmed reports whether l is one of 0 to 3.
func (l Level) Confirmed() bool { return l >= Level0 && l <= Level3 }

// String gives "unassessed" or the digit.
func (l Level) String() string {
	if !l.Confirmed() {
		return "unassessed"
	}
	return strconv.Itoa(int(l))
}

// Responsible is the role that answers for an incident of this level (seed 001 §9.2).
// An unassessed incident is the incident lead's.
func (l Level) Responsible() Role {
	switch l {
	case Level3:
		return Representative
	case Level0:
		return SystemAdmin
	default:
		return IncidentLead
	}
}

// Kind is what the discoverer sees (seed 002's list of events, and 001 §9.4's table).
type Kind string

// The kinds an employee can choose from. KindUnknown is what a one-line report has until asked.
const (
	KindServiceStop        Kind = "service_stop"
	KindMalfunction        Kind = "malfunction"
	KindTampering          Kind = "tampering"
	KindMisdelivery        Kind = "misdelivery"
	KindLoss               Kind = "loss"
	KindTheft              Kind = "theft"
	KindUnauthorizedAccess Kind = "unauthorized_access"
	KindVirus              Kind = "virus"
	KindPCAbnormal         Kind = "pc_abnormal"
	KindRuleBreach         Kind = "rule_breach"
	KindComplaint          Kind = "complaint"
	KindNearMiss           Kind = "near_miss"
	KindSuspiciousMail     Kind = "suspicious_mail"
	KindUnknown            Kind = "unknown"
)

// Kinds lists every kind in the order a form shows them.
var Kinds = []Kind{
	KindVirus, KindPCAbnormal, KindMisdelivery, KindLoss, KindTheft, KindUnauthorizedAccess,
	KindTampering, KindServiceStop, KindMalfunction, KindSuspiciousMail, KindRuleBreach,
	KindComplaint, KindNearMiss, KindUnknown,
}

// Category is the 区分 that chooses the procedure (seed 001 §9.4).
type Category string

// The categories of §9.4, and Other for what is none of them.
const (
	Leak   Category = "leak"
	Damage Category = "damage"
	Virus  Category = "virus"
	Other  Category = "other"
)

// Categories lists every category in the order of §9.4.
var Categories = []Category{Leak, Damage, Virus, Other}

// Category gives where a kind belongs until somebody knows better: what may be a leak
// is a leak until ruled out. An unknown kind is Other.
func (k Kind) Category() Category {
	switch k {
	case KindServiceStop, KindMalfunction, KindTampering:
		return Damage
	case KindMisdelivery, KindLoss, KindTheft, KindUnauthorizedAccess:
		return Leak
	case KindVirus, KindPCAbnormal:
		return Virus
	default:
		return Other
	}
}

// Role is a duty of seed 001 §1 and §9.1; one person may hold several.
type Role string

// The roles of seed 001 §1, §9.1–9.4, and the outside contacts of §9.8.
const (
	Discoverer     Role = "discoverer"
	Representative Role = "representative"
	IncidentLead   Role = "incident_lead"
	SystemAdmin    Role = "system_admin"
	SecurityChief  Role = "security_chief"
	DepartmentLead Role = "department_lead"
	PrivacyManager Role = "privacy_manager"
	PrivacyDesk    Role = "privacy_desk"
	Educator       Role = "educator"
	Auditor        Role = "auditor"
	Press          Role = "press"
	OutsideContact Role = "outside_contact"
)

// Roles lists the roles a contact list may name. Discoverer is not among them: whoever reports is it.
var Roles = []Role{
	Representative, IncidentLead, SystemAdmin, SecurityChief, DepartmentLead,
	PrivacyManager, PrivacyDesk, Educator, Auditor, Press, OutsideContact,
}

// StepKind says what a step of a procedure does.
type StepKind string

// The kinds of steps. Authority and publish steps hold back closing, never a phase.
const (
	StepReport      StepKind = "report"
	StepContain     StepKind = "contain"
	StepInvestigate StepKind = "investigate"
	StepTell        StepKind = "tell"
	StepPrepare     StepKind = "prepare"
	StepAuthority   StepKind = "authority"
	StepRestore     StepKind = "restore"
	StepRemedy      StepKind = "remedy"
	StepPublish     StepKind = "publish"
)

// StepKinds lists every kind of step.
var StepKinds = []StepKind{StepReport, StepContain, StepInvestigate, StepTell, StepPrepare, StepAuthority, StepRestore, StepRemedy, StepPublish}

// Requirement says whether a step holds its phase back.
type Requirement string

// Always holds, If holds while its condition is not false, Optional never holds.
const (
	Always   Requirement = "always"
	If       Requirement = "if"
	Optional Requirement = "optional"
)

// Step is one line of a procedure as an incident carries it: it keeps the wording it began with.
type Step struct {
	// Key names the work, the same in every table of a category: what was done at level 1
	// stays done at level 3.
	Key string `json:"key"`
	// N is the number in the table of seed 001 §9.4, from 1; 0 for a step that stands
	// outside of the table (preserving evidence, §3.8.6).
	N        int         `json:"n"`
	Role     Role        `json:"role"`
	Phase    Phase       `json:"phase"`
	Kind     StepKind    `json:"kind"`
	Required Requirement `json:"required"`
	// When is a condition over the facts; empty holds always.
	When string `json:"when,omitempty"`
	Text Words  `json:"text"`
	// Section of the source document, such as "001 §9.4".
	Section string `json:"section,omitempty"`
}

// Words is one text in the product's two languages.
type Words struct {
	JA string `json:"ja" yaml:"ja"`
	EN string `json:"en" yaml:"en"`
}

// In gives the text in a language; anything but "en" is Japanese.
func (w Words) In(lang string) string {
	if lang == "en" {
		return w.EN
	}
	return w.JA
}

// FactKey is a question about the incident that decides levels, steps and, later, clocks.
type FactKey string

// The facts. Those of the notification clocks keep the names that the command line fixes.
const (
	// Of the level (seed 001 §9.2).
	FactOutsiders       FactKey = "outsiders"        // customers, partners or shareholders touched
	FactBusinessStopped FactKey = "business_stopped" // 事業に影響
	FactStaffWork       FactKey = "staff_work"       // 従業員の業務遂行に影響
	FactNearMiss        FactKey = "near_miss"        // ヒヤリハット, said explicitly

	// Of the data and the attack.
	FactPersonalData       FactKey = "personal_data"
	FactConfidential       FactKey = "confidential" // 社外秘 or 極秘
	FactMyNumber           FactKey = "my_number"
	FactPersons            FactKey = "persons" // a number
	FactUnauthorizedAccess FactKey = "unauthorized_access"
	FactRansomware         FactKey = "ransomware"
	FactVirus              FactKey = "virus"

	// Of the duties to notify, in the words of their laws (package clock).
	FactSpecialCare     FactKey = "special_care"      // 要配慮個人情報
	FactFinancialDamage FactKey = "financial_damage"  // 財産的被害が生じるおそれ
	FactWrongfulPurpose FactKey = "wrongful_purpose"  // 不正の目的をもって行われたおそれ
	FactPersonsMax      FactKey = "persons_max"       // a number: the most there may be
	FactEncryptedSafe   FactKey = "encrypted_safe"    // 高度な暗号化等, the key safe too
	FactMyNumberPersons FactKey = "my_number_persons" // a number
	FactMyNumberSystem  FactKey = "my_number_system"  // 情報提供ネットワークシステム等
	FactViewableByMany  FactKey = "viewable_by_many"  // 不特定多数の者に閲覧されるおそれ
	FactEntrusted       FactKey = "entrusted"         // handled for another company (委託元)
	FactEUPersons       FactKey = "eu_persons"        // people in the EU or the EEA
	FactCards           FactKey = "cards"             // payment cards
	FactPMark           FactKey = "pmark"             // the company holds the プライバシーマーク

	// Of the procedure's conditions (§9.4).
	FactWideScope     FactKey = "wide_scope"     // leak 3 step 5: 影響範囲・被害の大きさ
	FactDamagedData   FactKey = "damaged_data"   // 電子データの場合
	FactDamagedDevice FactKey = "damaged_device" // 機器の場合
	FactDamagedPaper  FactKey = "damaged_paper"  // 書類・フィルム原本の場合

	// Of an incident at a contractor (委託先): who, which data, stand in the event field.
	FactAtContractor FactKey = "at_contractor"
)

// FactKeys lists every fact in the order questions are asked.
var FactKeys = []FactKey{
	FactPersonalData, FactOutsiders, FactConfidential, FactBusinessStopped, FactStaffWork, FactNearMiss,
	FactUnauthorizedAccess, FactRansomware, FactVirus, FactMyNumber, FactPersons, FactWideScope,
	FactDamagedData, FactDamagedDevice, FactDamagedPaper, FactAtContractor,
	FactSpecialCare, FactFinancialDamage, FactWrongfulPurpose, FactPersonsMax, FactEncryptedSafe, FactMyNumberPersons,
	FactMyNumberSystem, FactViewableByMany, FactEntrusted, FactEUPersons, FactCards, FactPMark,
}

// LegalFacts are the facts that decide only who has to be notified. They are asked apart from
// the rest, by whoever judges that.
var LegalFacts = []FactKey{
	FactSpecialCare, FactFinancialDamage, FactWrongfulPurpose, FactPersonsMax, FactEncryptedSafe, FactMyNumberPersons,
	FactMyNumberSystem, FactViewableByMany, FactEntrusted, FactEUPersons, FactCards, FactPMark,
}

// Legal reports whether a fact is one of LegalFacts.
func (k FactKey) Legal() bool { return slices.Contains(LegalFacts, k) }

// Numeric reports whether a fact is answered by a count instead of yes, no or unknown.
func (k FactKey) Numeric() bool {
	return k == FactPersons || k == FactPersonsMax || k == FactMyNumberPersons
}

// Answer is yes, no, unknown, or digits for a numeric fact. Absent is unknown.
type Answer string

// The answers to a question that is not a count.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// Facts are the answers known so far; a missing key is unknown.
type Facts map[FactKey]Answer

// Get gives the answer, Unknown where there is none.
func (f Facts) Get(k FactKey) Answer {
	if a := f[k]; a != "" {
		return a
	}
	return Unknown
}

// Is reports whether the answer is yes.
func (f Facts) Is(k FactKey) bool { return f.Get(k) == Yes }

// Field is an item of the incident report (seed 001 §9.5).
type Field string

// The fields a person fills. Classification, responsible and log are derived from the record.
const (
	FieldEvent           Field = "event"            // 発生事象
	FieldDiscoveredAt    Field = "discovered_at"    // 発覚日時
	FieldExpectedDamage  Field = "expected_damage"  // 想定される被害 (level 0)
	FieldOccurredAt      Field = "occurred_at"      // 発生日時
	FieldAffectedSystems Field = "affected_systems" // 被害を受けたシステムの状況
	FieldScope           Field = "scope"            // 影響範囲
	FieldCause           Field = "cause"            // 想定される原因
	FieldBackground      Field = "background"       // 原因発生の背景
	FieldPrevention      Field = "prevention"       // 再発防止策
)

// Fields lists every field a person fills, in the order of the report.
var Fields = []Field{FieldEvent, FieldDiscoveredAt, FieldExpectedDamage, FieldOccurredAt, FieldAffectedSystems, FieldScope, FieldCause, FieldBackground, FieldPrevention}

// IsTime reports whether the field holds an instant (RFC 3339) instead of a text.
func (f Field) IsTime() bool { return f == FieldDiscoveredAt || f == FieldOccurredAt }

// Phase is where the field has to be filled before the incident may move on.
func (f Field) Phase() Phase {
	switch f {
	case FieldEvent, FieldDiscoveredAt, FieldExpectedDamage:
		return Reported
	case FieldOccurredAt, FieldAffectedSystems, FieldScope:
		return Containment
	case FieldCause, FieldBackground:
		return Investigation
	default:
		return Recovery
	}
}
