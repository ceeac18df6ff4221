package desk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// refusal says in one sentence why nothing was recorded and what to do, with everything
// that is missing and the button that mends it. in is nil where the person may not see it.
func (v *visit) refusal(in *incident.Incident, ref *incident.Refusal, t task) chat.Reply {
	card := chat.Card{
		Key: "refused:" + ref.Key + ":" + string(t.id), Tone: chat.Refused, Mark: v.mark(), Title: v.say("refused.title"),
		Blocks: []chat.Block{{Text: v.sentence(in, ref)}},
	}
	if in != nil && len(ref.Missing) > 0 {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("refused.missing", "count", strconv.Itoa(len(ref.Missing))), Items: v.missing(in, ref.Missing)})
	}
	card.Buttons = v.mend(in, ref)
	if in == nil && (ref.Key == "refuse.not_known" && v.canLink() || strings.HasPrefix(ref.Key, "refuse.link_")) {
		card.Buttons = append(card.Buttons, v.linkListButton())
	}
	card.Blocks = append(card.Blocks, typedBlock(v.voice, t.typed)...)
	return chat.Reply{Cards: []chat.Card{card}}
}

// sentence is a refusal in words.
func (v voice) sentence(in *incident.Incident, ref *incident.Refusal) string {
	var pairs []string
	for name, value := range ref.Args {
		pairs = append(pairs, name, v.argument(in, name, value))
	}
	key := ref.Key
	if key == "refuse.not_allowed" {
		_, named := ref.Args["who"]
		_, judged := ref.Args["clock"]
		switch {
		case named && ref.Args["word"] == incident.WordRestrict: // whom it names may be whom it is about
			key = "refuse.not_allowed.restrict"
		case judged: // he may do everything else with it
			key = "refuse.not_allowed.clock"
		case !named:
			key = "refuse.not_allowed.other"
		}
	}
	return v.say(key, pairs...)
}

// argument says an argument of a refusal.
func (v voice) argument(in *incident.Incident, name string, value any) string {
	switch a := value.(type) {
	case incident.Word:
		return v.word(string(a))
	case []incident.Standing:
		var who []string
		for _, s := range a {
			who = append(who, v.standing(in, s))
		}
		return v.join(who)
	case incident.Phase:
		return v.phase(a)
	case incident.Level:
		return v.level(a)
	case incident.PersonID:
		return v.person(in, a)
	case incident.Category:
		return v.say("category." + string(a))
	case incident.Field:
		return v.field(a)
	case incident.FactKey:
		if slices.Contains(incident.FactKeys, a) {
			return v.fact(a)
		}
		return string(a)
	case incident.Rule:
		return v.ruleTitle(a)
	case incident.TextKind:
		return v.outside(a)
	case incident.TextStatus:
		return v.textStatus(a)
	case incident.ClockStatus:
		return v.say("clockstatus." + string(a))
	case time.Time:
		return v.when(a)
	case contact.Absence:
		return v.days(a)
	case string:
		switch name {
		case "what":
			return v.say("what." + a)
		case "step", "evidence":
			if in != nil {
				if s, ok := in.StepByKey(a); ok {
					return v.stepName(s)
				}
			}
		}
		return a
	}
	return fmt.Sprint(value)
}

// standing says who may do something, by name where that is one person to turn to.
func (v voice) standing(in *incident.Incident, s incident.Standing) string {
	text := v.say("standing." + string(s))
	if in == nil {
		return text
	}
	if s == incident.StandResponsible {
		return v.say("standing.named", "standing", text, "person", v.role(in.WorkingLevel().Responsible()))
	}
	if s == incident.StandLead {
		if leads := in.Leads(v.service.People()); len(leads) > 0 {
			return v.say("standing.named", "standing", text, "person", v.persons(in, leads))
		}
	}
	return text
}

// mend offers what to do about a refusal that is not a list of missing things.
func (v voice) mend(in *incident.Incident, ref *incident.Refusal) []chat.Button {
	if in == nil {
		switch into, _ := ref.Args["id"].(incident.ID); {
		case strings.HasPrefix(ref.Key, "refuse.link_"):
			return nil
		case ref.Key == "refuse.not_known":
			return []chat.Button{{Label: v.say("button.report"), Action: v.openAct(formReport, "", 0, ""), Style: chat.Primary}}
		case ref.Key == "refuse.merged" && into != "":
			return []chat.Button{{Label: v.say("button.inform"), Action: v.openAct(formInform, into, 0, ""), Style: chat.Primary}}
		}
		return []chat.Button{{Label: v.say("button.list"), Action: v.act(wordList, "", 0, "")}}
	}
	switch ref.Key {
	case "refuse.ended":
		return []chat.Button{v.formButton("button.reopen", formReopen, in, ""), v.formButton("button.note", formNote, in, "")}
	case "refuse.merged":
		return []chat.Button{{Label: v.say("button.open"), Action: v.act(wordStatus, in.MergedInto, 0, "")}}
	case "refuse.close_instead":
		return []chat.Button{v.closeButton(in)}
	case "refuse.phase_stale", "refuse.conflict", "refuse.already_taken", "refuse.step_settled", "refuse.not_ended":
		return []chat.Button{{Label: v.say("button.status"), Action: v.act(wordStatus, in.ID, 0, "")}}
	case "refuse.outside_unknown", "refuse.outside_settled", "refuse.outside_not_approved", "refuse.outside_own":
		return []chat.Button{v.textsButton(in)}
	case "refuse.party_unknown":
		return []chat.Button{v.partiesButton(in)}
	case "refuse.step_unknown":
		return []chat.Button{v.formButton("button.step_form", formStep, in, "")}
	case "refuse.level_floor", "refuse.leak_below_2", "refuse.level_same", "refuse.level_unknown", "refuse.raise_needs_higher":
		return []chat.Button{v.formButton("button.level", formLevel, in, ""), v.formButton("button.fact_form", formFact, in, "")}
	}
	return nil
}

func (v voice) formButton(label, form string, in *incident.Incident, arg string) chat.Button {
	return chat.Button{Label: v.say(label), Action: v.openAct(form, in.ID, in.Seq, arg)}
}

// closeButton closes an incident. Nobody is asked whether he is sure while something holds it back:
// he is told at once of all that does.
func (v voice) closeButton(in *incident.Incident) chat.Button {
	b := chat.Button{Label: v.say("button.close"), Action: v.act(string(incident.WordClose), in.ID, in.Seq, "")}
	if len(v.next(in)) == 0 {
		b.Style, b.Confirm = chat.Primary, v.closingQuestion(in)
	}
	return b
}

// missing lists what holds the incident back, each with the buttons that mend it.
func (v voice) missing(in *incident.Incident, list []incident.Missing) []chat.Item {
	var items []chat.Item
	clocks := 0
	for _, m := range list {
		if m.What == incident.MissingClock {
			clocks++
		}
	}
	for _, m := range list {
		if m.What != incident.MissingClock || clocks <= manyClocks {
			items = append(items, v.missingItem(in, m))
		}
	}
	if clocks > manyClocks {
		items = append(items, v.clocksMissing(in, clocks))
	}
	return items
}

func (v voice) missingItem(in *incident.Incident, m incident.Missing) chat.Item {
	item := chat.Item{Mark: v.say("state.open")}
	switch m.What {
	case incident.MissingLevel:
		item.Text = v.say("missing.level", "level", v.workingLevel(in))
		item.Buttons = []chat.Button{v.formButton("button.level", formLevel, in, in.WorkingLevel().String())}
	case incident.MissingFloor:
		l := incident.Unassessed
		if n, err := strconv.Atoi(m.Ref); err == nil {
			l = incident.Level(n)
		}
		item.Text = v.say("missing.floor", "level", v.level(l))
		item.Buttons = []chat.Button{
			{Label: v.say("button.set_level", "level", v.level(l)), Action: v.act(string(incident.WordLevel), in.ID, in.Seq, m.Ref)},
			v.formButton("button.fact_form", formFact, in, ""),
		}
	case incident.MissingField:
		item.Text = v.say("missing.field", "field", v.field(incident.Field(m.Ref)))
		item.Buttons = []chat.Button{v.formButton("button.field", formField, in, m.Ref)}
	case incident.MissingStep:
		if s, ok := in.StepByKey(m.Ref); ok {
			item.Text, item.Small = v.say("missing.step", "step", v.stepName(s), "role", v.role(s.Role)), s.Text.In(v.lang)
			item.Buttons = v.stepButtons(in, s)
		}
	case incident.MissingFact:
		item.Mark = v.say("state.ask")
		if s, ok := in.StepByKey(m.Ref); ok {
			item.Text, item.Small = v.say("missing.fact", "step", v.stepName(s)), s.Text.In(v.lang)
			item.Buttons = []chat.Button{v.formButton("button.fact", formFact, in, s.Key)}
		}
	case incident.MissingActions:
		item.Text = v.say("missing.actions")
		item.Buttons = []chat.Button{v.formButton("button.action", formAction, in, "")}
	case incident.MissingActionOwner:
		item.Text = v.say("missing.action_owner", "n", m.Ref)
		item.Buttons = []chat.Button{v.formButton("button.action_edit", formAction, in, m.Ref)}
	case incident.MissingActionDue:
		item.Text = v.say("missing.action_due", "n", m.Ref)
		item.Buttons = []chat.Button{v.formButton("button.action_edit", formAction, in, m.Ref)}
	case incident.MissingApproval:
		item.Text = v.say("missing.approval", "role", v.role(in.WorkingLevel().Responsible()))
		item.Buttons = v.approveButtons(in)
	case incident.MissingClock:
		return v.clockMissing(in, incident.Rule(m.Ref))
	}
	return item
}

func (v voice) approveButtons(in *incident.Incident) []chat.Button {
	return []chat.Button{
		{Label: v.say("button.view_report"), Page: PathDocument(in.ID, KindReport, Formats[0])},
		v.formButton("button.approve", formApprove, in, ""),
	}
}

// stepName names a step in a sentence: its number, or that it stands outside of the table.
func (v voice) stepName(s incident.StepState) string {
	if s.N == 0 {
		return v.say("step.extra")
	}
	return v.say("step.number", "n", number(s.N))
}

func (v voice) stepButtons(in *incident.Incident, s incident.StepState) []chat.Button {
	return []chat.Button{
		{Label: v.say("button.step"), Action: v.act(string(incident.WordStep), in.ID, in.Seq, s.Key)},
		v.formButton("button.waive", formWaive, in, s.Key),
	}
}

func number(n int) string { return strconv.Itoa(n) }
