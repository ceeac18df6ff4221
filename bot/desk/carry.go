package desk

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// task is one command on its way, with what is needed to lose nothing when it is not
// carried out.
type task struct {
	key      string
	id       incident.ID
	do       incident.Command
	seen     int64
	occurred time.Time
	anyway   bool
	// typed is what the person wrote; it is shown again when it is not recorded.
	typed string
	// sent is the submitted form, refused under the same draft.
	sent *sentForm
}

// carry carries out a command and answers with what came of it.
func (v *visit) carry(t task) chat.Reply {
	reply, _ := v.carryFor(t)
	return reply
}

// carryFor also gives the incident that the command was about, or opened.
func (v *visit) carryFor(t task) (chat.Reply, incident.ID) {
	if s, ok := t.do.(incident.DoStep); ok {
		t.do = incident.DoStep{Step: v.stepKey(t.id, s.Step), Result: s.Result}
	}
	out, err := v.service.Do(v.ctx, workflows.Command{
		Key: t.key, Incident: t.id, By: v.who, Source: incident.FromPerson, Do: t.do,
		Seen: t.seen, Occurred: t.occurred, Anyway: t.anyway,
	})
	switch {
	case err != nil:
		return v.fault(err, t), ""
	case out.Same != "":
		return v.same(out.Same, t), ""
	case out.Refusal != nil:
		return v.refused(out, t), ""
	}
	return v.accepted(out, t), out.Incident
}

// stepKey gives the key behind a digest; every other argument is the key itself.
func (v *visit) stepKey(id incident.ID, arg string) string {
	if len(arg) == 0 || arg[0] != '~' {
		return arg
	}
	in, _, err := v.service.Incident(v.ctx, v.who.ID, id)
	if err != nil {
		return arg // the command meets the same difficulty, and says so
	}
	return findStep(in, arg)
}

// findStep gives the key of a step by key, digest or number; the argument itself where
// there is none, for the refusal to say so.
func findStep(in *incident.Incident, arg string) string {
	for _, s := range in.Steps {
		if s.Key == arg || short(s.Key) == arg {
			return s.Key
		}
	}
	for _, s := range in.Steps {
		if !s.Former && s.N > 0 && number(s.N) == fold(arg) {
			return s.Key
		}
	}
	return arg
}

// refused says why nothing was recorded. A form comes back with everything typed.
func (v *visit) refused(out workflows.Outcome, t task) chat.Reply {
	var in *incident.Incident
	if t.id != "" && out.Refusal.Key != "refuse.unknown_incident" {
		// Only to name things in the sentence; without it the sentence is shorter.
		if got, access, err := v.service.Incident(v.ctx, v.who.ID, t.id); err == nil && access == workflows.AccessFull {
			in = got
		}
	}
	if t.sent != nil {
		return v.refusedForm(in, out, t)
	}
	if form := v.formFor(out.Refusal.Key, t); form != "" {
		return v.openForm(newDraft(form, t.id, out.Seq, formArg(t.do)), nil)
	}
	reply := v.refusal(in, out.Refusal, t)
	if len(out.Changes) > 0 {
		var lines []chat.Item
		for _, k := range out.Changes {
			lines = append(lines, chat.Item{Text: v.say("log.what." + string(k))})
		}
		c := &reply.Cards[0]
		c.Blocks = append(c.Blocks, chat.Block{Heading: v.say("refused.changes"), Items: lines})
		c.Buttons = []chat.Button{{Label: v.say("button.status"), Action: v.act(wordStatus, t.id, 0, ""), Style: chat.Primary}}
	}
	return reply
}

// formFor is the form that asks for what a command without a form lacked.
func (v *visit) formFor(key string, t task) string {
	switch key {
	case "refuse.reason_needed", "refuse.publication_needed":
		if _, ok := specOf(string(t.do.Word())); ok {
			return string(t.do.Word())
		}
	}
	return ""
}

func formArg(c incident.Command) string {
	if l, ok := c.(incident.SetLevel); ok {
		return l.Level.String()
	}
	return ""
}

// same asks about a report that the same person made minutes ago. Everything typed is kept.
func (v *visit) same(id incident.ID, t task) chat.Reply {
	report, _ := t.do.(incident.Report)
	anyway, err := "", error(nil)
	if t.sent != nil {
		anyway, err = actAgain+"."+t.sent.draft.nonce, v.keepValues(t.sent.draft, withQuote(t.sent.values, v.r.Quote))
	} else {
		var kept string
		kept, err = v.keepLine(t.typed)
		anyway = actAnyway + "." + kept
	}
	if err != nil {
		return v.fault(err, t)
	}
	word, nonce, _ := strings.Cut(anyway, ".")
	return chat.Reply{Cards: []chat.Card{{
		Key: "same:" + nonce, Tone: chat.Notice, Mark: v.mark(), Title: v.say("same.title", "id", string(id)),
		Blocks: append([]chat.Block{{Text: v.say("refuse.repeat", "id", string(id))}}, typedBlock(v.voice, report.Text)...),
		Buttons: []chat.Button{
			{Label: v.say("button.inform"), Action: v.openAct(formInform, id, 0, ""), Style: chat.Primary},
			{Label: v.say("button.anyway"), Action: v.act(word, "", 0, nonce)},
		},
	}}}
}

// fault answers when something of ours, or the database, failed: nothing is recorded, or
// nobody can tell right now whether it is; what was typed is shown again, and the people who
// can be phoned are named from memory. Sent again, the same form is recorded once either way.
// The cause goes to the log under a reference, without anything a person typed.
func (v *visit) fault(err error, t task) chat.Reply {
	ref := reference()
	what := "look"
	if t.do != nil {
		what = string(t.do.Word())
	}
	v.log.ErrorContext(v.ctx, "a request could not be answered", "component", "desk", "reference", ref, "request", string(v.r.Kind), "word", what, "error", err)
	var skip []incident.PersonID
	if r, ok := t.do.(incident.Report); ok {
		skip = r.Exclude
	}
	title := "fault.title"
	if errors.Is(err, workflows.ErrUnsure) {
		title = "fault.unsure"
	}
	card := chat.Card{
		Key: "fault:" + ref, Tone: chat.Urgent, Mark: v.mark(), Title: v.say(title),
		Blocks: append([]chat.Block{{Text: v.say("fault.text")}}, v.emergencyPhones(skip)...),
	}
	if t.sent == nil {
		card.Blocks = append(card.Blocks, typedBlock(v.voice, t.typed)...)
	}
	card.Blocks = append(card.Blocks, chat.Block{Text: v.say("fault.ref", "ref", ref), Small: true})
	reply := chat.Reply{Failed: true, Cards: []chat.Card{card}}
	if t.sent != nil {
		form := t.sent.form
		form.Error = v.say("form.fault", "ref", ref)
		reply.Form = &form
	}
	return reply
}

// Emergency is whom to phone when nothing else works. It asks no database; ok is false for
// whoever is not on the contact list.
func (d *Desk) Emergency(who chat.UserID) (card chat.Card, ok bool) {
	v := d.visit(context.Background(), who, "")
	if !v.known {
		return chat.Card{}, false
	}
	return shown(chat.Card{
		Key: "emergency", Tone: chat.Urgent, Mark: v.mark(), Title: v.say("fault.phones"), Blocks: v.emergencyPhones(nil),
	}), true
}

// emergencyPhones are the people of §9.3, from memory.
func (v voice) emergencyPhones(skip []incident.PersonID) []chat.Block {
	list := v.phones(nil, []incident.Role{incident.IncidentLead, incident.SystemAdmin, incident.Representative}, skip, false)
	return v.phoneBlock(list)
}

func reference() string {
	var b [5]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return base32.StdEncoding.EncodeToString(b[:])
}

// outdated answers a button or a form that this version does not know, or that is spent.
func (v *visit) outdated() chat.Reply {
	reply := v.notice("outdated", nil)
	reply.Cards[0].Buttons = []chat.Button{
		{Label: v.say("button.list"), Action: v.act(wordList, "", 0, ""), Style: chat.Primary},
		{Label: v.say("button.help"), Action: v.act(wordHelp, "", 0, "")},
	}
	return reply
}

// notice is a short card: the texts key.title and key.
func (v *visit) notice(key string, blocks []chat.Block, pairs ...string) chat.Reply {
	return chat.Reply{Cards: []chat.Card{{
		Key: "notice:" + key, Tone: chat.Notice, Mark: v.mark(), Title: v.say(key+".title", pairs...),
		Blocks: append([]chat.Block{{Text: v.say(key, pairs...)}}, blocks...),
	}}}
}

// mark is shown before the title of every card in practice.
func (v voice) mark() string {
	if v.service.Practice() {
		return v.say("mark.practice")
	}
	return ""
}

// read loads an incident the person may see; a reply says why not, and shows what was typed.
func (v *visit) read(id incident.ID, typed string) (*incident.Incident, *chat.Reply) {
	in, _, err := v.service.Incident(v.ctx, v.who.ID, id)
	if errors.Is(err, workflows.ErrNotFound) {
		r := v.refusal(nil, &incident.Refusal{Key: "refuse.unknown_incident", Args: map[string]any{"id": id}}, task{typed: typed})
		return nil, &r
	}
	if err != nil {
		r := v.fault(err, task{typed: typed})
		return nil, &r
	}
	return in, nil
}
