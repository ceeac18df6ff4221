package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// The forms. Those of a word bear its name.
const (
	formReport   = string(incident.WordReport)
	formInform   = string(incident.WordInform)
	formNote     = string(incident.WordNote)
	formBack     = string(incident.WordBack)
	formDismiss  = string(incident.WordDismiss)
	formReopen   = string(incident.WordReopen)
	formAsk      = string(incident.WordAsk)
	formLevel    = string(incident.WordLevel)
	formCategory = string(incident.WordCategory)
	formAssign   = string(incident.WordAssign)
	formHandover = string(incident.WordHandover)
	formStep     = string(incident.WordStep)
	formWaive    = string(incident.WordWaive)
	formCorrect  = string(incident.WordCorrect)
	formUndo     = string(incident.WordUndo)
	formField    = string(incident.WordField)
	formFact     = string(incident.WordFact)
	formFile     = string(incident.WordFile)
	formAttach   = string(incident.WordAttach)
	formAction   = string(incident.WordAction)
	formApprove  = string(incident.WordApprove)
	formClose    = string(incident.WordClose)
	formMerge    = string(incident.WordMerge)
	formRestrict = string(incident.WordRestrict)
	formDecline  = string(incident.WordDecline)
	formDetail   = "detail" // a reporter tells more, question by question
	formAlarm    = "alarm"  // 誤報かもしれません
	formSaid     = "said"   // no form: a typed line that is kept
)

// Forms lists every form that can be opened.
var Forms = []string{
	formReport, formInform, formNote, formBack, formDismiss, formReopen, formAsk, formLevel, formCategory,
	formAssign, formHandover, formStep, formWaive, formCorrect, formUndo, formField, formFact, formFile, formAttach,
	formAction, formApprove, formClose, formMerge, formRestrict, formDecline, formDetail, formAlarm, formAway,
	formFiled, formPassed, formUnneeded, formReminders, formLegalData, formLegalPersons, formLegalMyNumber, formLegalCause, formLegalOthers,
	formText, formSendBack, formPublish, formParty, formPartyTold, formPartyGone,
	formLinkMail, formLinkCode, formLinkName,
}

// The names of inputs. Facts and fields are inputs under their own names.
const (
	inputReason      = "reason"
	inputText        = "text"
	inputComment     = "comment"
	inputAgain       = "again"
	inputName        = "name"
	inputWhere       = "where"
	inputValue       = "value"
	inputUnknown     = "unknown"
	inputField       = "field"
	inputResult      = "result"
	inputStep        = "step"
	inputPerson      = "person"
	inputLevel       = "level"
	inputCategory    = "category"
	inputEffect      = "effect"
	inputSeq         = "seq"
	inputInto        = "into"
	inputExclude     = "exclude"
	inputKind        = "kind"
	inputContractor  = "contractor"
	inputOccurred    = "occurred"
	inputOwner       = "owner"
	inputDue         = "due"
	inputDone        = "done"
	inputPublication = "publication"
	inputFile        = "file"
)

// formSpec is one form: how it looks and what its answers mean.
type formSpec struct {
	// probe is the command without its answers: whoever may not give it, or cannot now, is
	// told before he has typed anything. nil: anybody.
	probe incident.Command
	// probeOf is the same where it depends on what the form is about; nil: probe.
	probeOf func(k draft, in *incident.Incident) incident.Command
	// inputs are asked; in is nil while the incident cannot be read.
	inputs func(v *visit, k draft, in *incident.Incident) []chat.Input
	// take makes commands of the answers. What is wrong with an answer stands under its name.
	take func(v *visit, k draft, in *incident.Incident, a *answers)
	// waits is how long what was typed into a part of it may wait; 0: for ever.
	waits time.Duration
	// uploads says that the answers are files; each becomes a command of its own.
	uploads bool
	// carry does what no command of an incident does; nil: take's commands are carried out.
	carry func(v *visit, key string, sent *sentForm, a *answers) chat.Reply
}

// answers are the values of a submitted form and what becomes of them.
type answers struct {
	chat.Values
	do       []incident.Command
	occurred time.Time
	wrong    map[string]string // input → what is wrong, and what to do
	asOf     int64             // the entry up to which a form that is given back shows what is known; 0: as before
}

func (a *answers) get(name string) string { return strings.TrimSpace(a.Values[name]) }

func (a *answers) blame(name, sentence string) {
	if a.wrong == nil {
		a.wrong = map[string]string{}
	}
	a.wrong[name] = sentence
}

func (a *answers) then(c incident.Command) { a.do = append(a.do, c) }

// sentForm is a submitted form while its commands are carried out.
type sentForm struct {
	draft  draft
	form   chat.Form
	values chat.Values
	before *incident.Incident // as it was; nil: unknown
}

// openingTime is how long a form waits for the incident before it opens from memory:
// Slack's trigger lives three seconds.
const openingTime = 700 * time.Millisecond

// openForm opens a form with what is already known of the answers.
func (v *visit) openForm(k draft, values chat.Values) chat.Reply {
	k = v.asOfNow(k)
	form, refusal, err := v.formSoon(k)
	if err != nil {
		return v.outdated()
	}
	if refusal != nil {
		return *refusal
	}
	if _, legal := legalTopic(k.form); legal && form.Partial {
		k.arg = argBlank
		form.Draft = k.String()
	}
	fill(form, values)
	if len(values) > 0 {
		ctx, cancel := context.WithTimeout(v.ctx, openingTime)
		defer cancel()
		err := v.service.SaveDraft(ctx, workflows.Draft{ID: k.String(), By: v.who.ID, Form: k.form, Values: values})
		if err != nil {
			// The form carries them all the same.
			v.log.WarnContext(v.ctx, "a draft could not be kept", "component", "desk", "form", k.form, "error", err)
		}
	}
	return chat.Reply{Form: form}
}

var errNoForm = errors.New("no such form")

// blocking are the refusals that no answer of a form can mend.
var blocking = []string{
	"refuse.not_allowed", "refuse.unknown_incident", "refuse.ended", "refuse.merged", "refuse.not_ended",
	"refuse.dismiss_phase", "refuse.no_phase_before", "refuse.approve_phase", "refuse.handover_none", "refuse.not_paged",
	"refuse.clock_unknown", "refuse.clock_settled", "refuse.clock_not_passed",
	"refuse.outside_unknown", "refuse.outside_settled", "refuse.outside_not_approved", "refuse.party_unknown",
}

// formSoon builds a form as form does, but from memory where the database lets it wait.
func (v *visit) formSoon(k draft) (*chat.Form, *chat.Reply, error) {
	whole := v.ctx
	ctx, cancel := context.WithTimeout(v.ctx, openingTime)
	defer cancel()
	v.ctx = ctx
	defer func() { v.ctx = whole }()
	return v.form(k)
}

// form builds a form, or says why the person cannot have it. Without the incident it is
// partial.
func (v *visit) form(k draft) (*chat.Form, *chat.Reply, error) {
	spec, ok := specOf(k.form)
	if ownForm := k.form == formReport || spec.carry != nil; !ok || k.id == "" && !ownForm || k.id != "" && spec.carry != nil {
		return nil, nil, errNoForm
	}
	var in *incident.Incident
	if k.id != "" {
		got, access, err := v.service.Incident(v.ctx, v.who.ID, k.id)
		switch {
		case errors.Is(err, workflows.ErrNotFound):
			r := v.refusal(nil, &incident.Refusal{Key: "refuse.unknown_incident", Args: map[string]any{"id": k.id}}, task{})
			return nil, &r, nil
		case err == nil:
			in = got
			if _, ref := incident.Decide(in, spec.probing(k, in), incident.Env{Now: v.now, By: v.who, People: v.service.People(), Procedures: v.procedures(in), Paging: v.service.Rules(in).Paging}); ref != nil && slices.Contains(blocking, ref.Key) {
				shown := in
				if access != workflows.AccessFull {
					shown = nil
				}
				r := v.refusal(shown, ref, task{id: k.id})
				return nil, &r, nil
			}
			if access != workflows.AccessFull {
				in = withoutRecord(in)
			}
		}
	}
	form := v.build(spec, k, in)
	form.Partial = k.id != "" && in == nil || unread(form)
	return form, nil, nil
}

func (s formSpec) probing(k draft, in *incident.Incident) incident.Command {
	if s.probeOf != nil {
		return s.probeOf(k, in)
	}
	return s.probe
}

// withoutRecord leaves of an incident what its reporter may see in a form: nothing but its
// number and the questions put to him.
func withoutRecord(in *incident.Incident) *incident.Incident {
	return &incident.Incident{ID: in.ID, Seq: in.Seq, Kind: in.Kind, Phase: in.Phase, Level: in.Level, Questions: in.Questions, Reporters: in.Reporters}
}

func (v *visit) build(spec formSpec, k draft, in *incident.Incident) *chat.Form {
	f := &chat.Form{
		Draft: k.String(), Title: v.say("form." + k.form + ".title"), Intro: v.say("form." + k.form),
		Submit: v.say("form." + k.form + ".submit"), Inputs: spec.inputs(v, k, in), Waits: spec.waits,
	}
	if k.form == formDismiss && in != nil {
		if names := v.firmLaw(in, func(c incident.Clock) bool { return c.Open() }); names != "" {
			f.Intro += "\n" + v.say("form.dismiss.clocks", "clocks", names)
		}
	}
	if k.id != "" {
		f.Intro = string(k.id) + "　" + f.Intro
	}
	return f
}

func fill(f *chat.Form, values chat.Values) {
	for i := range f.Inputs {
		if value, ok := values[f.Inputs[i].Name]; ok {
			f.Inputs[i].Value = value
		}
	}
}

// keepValues keeps what was typed into a form.
func (v *visit) keepValues(k draft, values chat.Values) error {
	return v.service.SaveDraft(v.ctx, workflows.Draft{ID: k.String(), By: v.who.ID, Form: k.form, Values: values})
}

// Draft opens a form again by its draft, with what this person had typed into it and nothing
// of anybody else. That of a form already accepted, or of an incident that is not shown to
// him, does not exist: workflows.ErrNotFound.
func (d *Desk) Draft(ctx context.Context, who chat.UserID, id string) (chat.Form, error) {
	v := d.visit(ctx, who, "")
	k, ok := parseDraft(id)
	if !ok || k.form != formReport && v.closedDoor(who) {
		return chat.Form{}, workflows.ErrNotFound
	}
	// Without one it is a form nobody has typed into yet, of this person, whoever else has
	// one of the same name.
	kept, err := d.service.Draft(ctx, v.who.ID, k.String())
	if err != nil && !errors.Is(err, workflows.ErrNotFound) {
		return chat.Form{}, err
	}
	if kept.Done {
		return chat.Form{}, workflows.ErrNotFound
	}
	f, refusal, err := v.form(k)
	if err != nil || refusal != nil {
		return chat.Form{}, workflows.ErrNotFound
	}
	fill(f, kept.Values)
	return shown(*f), nil
}

// maxDraft is how many characters of one input a draft keeps; the longest text that can be
// recorded is incident.MaxText.
const maxDraft = incident.MaxText + 1000

// SaveDraft keeps what somebody has typed so far, so that a closed window loses nothing.
func (d *Desk) SaveDraft(ctx context.Context, who chat.UserID, id string, values chat.Values) error {
	v := d.visit(ctx, who, "")
	k, ok := parseDraft(id)
	if !ok {
		return workflows.ErrNotFound
	}
	if _, ok := specOf(k.form); !ok {
		return workflows.ErrNotFound
	}
	if kept, err := d.service.Draft(ctx, v.who.ID, k.String()); err == nil && kept.Done {
		return nil
	}
	clipped := chat.Values{}
	for name, value := range values {
		if len(clipped) < 50 && len(name) <= 40 {
			if r := []rune(value); len(r) > maxDraft {
				value = string(r[:maxDraft])
			}
			clipped[name] = value
		}
	}
	return v.keepValues(k, clipped)
}
