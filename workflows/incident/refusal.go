package incident

// Refusal says why a command was not carried out: a message key with arguments, and for a
// guard everything that is missing at once. Nothing was changed. The desk turns it into one
// clear sentence in the reader's language that ends with what to do.
type Refusal struct {
	Key     string         `json:"key"`
	Args    map[string]any `json:"args,omitempty"`
	Missing []Missing      `json:"missing,omitempty"`
}

// Missing is one thing that holds a phase or the closing back.
type Missing struct {
	What MissingWhat `json:"what"`
	Ref  string      `json:"ref,omitempty"` // the step's key, the field, the fact, the action's number
}

// MissingWhat says what is missing.
type MissingWhat string

// The things that can be missing.
const (
	MissingLevel       MissingWhat = "level"        // no confirmed level
	MissingFloor       MissingWhat = "floor"        // the level is below what the facts demand
	MissingField       MissingWhat = "field"        // not filled, not marked 不明
	MissingStep        MissingWhat = "step"         // not done, not waived
	MissingFact        MissingWhat = "fact"         // a condition of a step is not answered; Ref is the step
	MissingActions     MissingWhat = "actions"      // no prevention action at all
	MissingActionOwner MissingWhat = "action_owner" // an action without an owner
	MissingActionDue   MissingWhat = "action_due"   // an action without a date
	MissingApproval    MissingWhat = "approval"     // the final report is not approved
	MissingClock       MissingWhat = "clock"        // a notification clock is open
)

// refuse makes a refusal; pairs are argument names and values.
func refuse(key string, pairs ...any) *Refusal {
	r := &Refusal{Key: key}
	if len(pairs) > 0 {
		r.Args = make(map[string]any, len(pairs)/2)
		for i := 0; i+1 < len(pairs); i += 2 {
			r.Args[pairs[i].(string)] = pairs[i+1]
		}
	}
	return r
}

// RefusalKeys lists every key a refusal can carry; the message files are tested against it.
var RefusalKeys = []string{
	"refuse.unknown_incident", "refuse.not_allowed", "refuse.ended", "refuse.not_ended", "refuse.merged",
	"refuse.phase_stale", "refuse.guard", "refuse.close_guard", "refuse.last_phase", "refuse.close_instead", "refuse.no_phase_before",
	"refuse.level_unknown", "refuse.level_same", "refuse.level_floor", "refuse.reason_needed", "refuse.raise_needs_higher",
	"refuse.category_unknown", "refuse.category_same", "refuse.effect_unknown", "refuse.leak_below_2",
	"refuse.text_empty", "refuse.text_long", "refuse.person_unknown", "refuse.person_excluded",
	"refuse.step_unknown", "refuse.step_settled", "refuse.step_not_applicable", "refuse.evidence_first", "refuse.field_unknown", "refuse.field_empty",
	"refuse.field_not_at_level", "refuse.time_bad", "refuse.time_future", "refuse.time_order", "refuse.aware_after_report", "refuse.aware_later", "refuse.fact_unknown", "refuse.fact_answer", "refuse.near_miss",
	"refuse.entry_unknown", "refuse.entry_fixed", "refuse.entry_undone", "refuse.entry_overtaken", "refuse.nothing_to_undo",
	"refuse.action_unknown", "refuse.date_bad", "refuse.approve_phase", "refuse.publication_needed", "refuse.dismiss_phase",
	"refuse.merge_self", "refuse.merge_ended", "refuse.merge_not_seen", "refuse.restrict_self", "refuse.restrict_nobody_left",
	"refuse.not_paged", "refuse.already_taken", "refuse.handover_none", "refuse.handover_self", "refuse.handover_already",
	"refuse.kind_unknown", "refuse.conflict", "refuse.repeat", "refuse.not_known", "refuse.too_many",
	"refuse.file_name", "refuse.file_empty", "refuse.file_large", "refuse.file_broken", "refuse.file_program", "refuse.file_many", "refuse.file_total",
	"refuse.file_erased", "refuse.file_no_room",
	"refuse.clock_unknown", "refuse.clock_settled", "refuse.clock_not_passed", "refuse.clock_how", "refuse.clock_day_future",
	"refuse.clock_day_early", "refuse.file_unknown", "refuse.remind_past", "refuse.remind_late",
	"refuse.outside_unknown", "refuse.outside_settled", "refuse.outside_kind", "refuse.outside_own", "refuse.outside_not_approved",
	"refuse.outside_future", "refuse.outside_early", "refuse.party_kind", "refuse.party_count", "refuse.party_unknown", "refuse.party_topics",
	"refuse.party_day_future", "refuse.party_day_early",
}
