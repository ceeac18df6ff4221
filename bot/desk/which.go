package desk

import (
	"fmt"
	"strconv"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// which finds the incident a line is about: the number in it, else the channel, else the
// only open one. Where that leaves a choice, the person is asked with a button for each, and
// the line is kept meanwhile. The reading comes back without the number, or with it as text
// where it turned out to be none.
func (v *visit) which(r reading, chosen incident.ID) (*incident.Incident, reading, *chat.Reply) {
	id := chosen
	switch {
	case id != "" && r.number != "" && !isID(incident.ID(r.number)) && !sameNumber(id, r.number):
		r.rest, r.number = r.whole, ""
	case id != "":
	case r.number != "" && isID(incident.ID(r.number)):
		id = incident.ID(r.number)
	case r.number != "":
		found, err := v.numbered(r.number)
		if err != nil {
			reply := v.fault(err, task{typed: r.text})
			return nil, r, &reply
		}
		switch len(found) {
		case 0:
			if r.rest == "" {
				reply := v.refusal(nil, &incident.Refusal{Key: "refuse.unknown_incident", Args: map[string]any{"id": r.number}}, task{typed: r.text})
				return nil, r, &reply
			}
			// 0120 in a note is a part of the text.
			r.rest, r.number = r.whole, ""
		case 1:
			id = found[0].ID
		default:
			reply := v.askWhich(found, r)
			return nil, r, &reply
		}
	}
	if id == "" {
		if channel, ok := v.OfChannel(v.r.Channel); ok {
			id = channel
		}
	}
	if id == "" {
		only, reply := v.onlyOpen(r)
		return only, r, reply
	}
	in, reply := v.read(id, r.text)
	return in, r, reply
}

// numbered finds the incidents among mine that end in a number.
func (v *visit) numbered(number string) ([]workflows.Listed, error) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil, nil
	}
	return v.service.Numbered(v.ctx, v.who.ID, n)
}

func sameNumber(id incident.ID, number string) bool {
	n, err := strconv.Atoi(number)
	if err != nil {
		return false
	}
	return strings.HasSuffix(string(id), fmt.Sprintf("-%04d", n))
}

// onlyOpen gives my only open incident. A word of the circle counts only those I work on.
func (v *visit) onlyOpen(r reading) (*incident.Incident, *chat.Reply) {
	if !v.known {
		reply := v.refusal(nil, &incident.Refusal{Key: "refuse.not_known"}, task{typed: r.text})
		return nil, &reply
	}
	listing := workflows.Listing{OpenOnly: true}
	if r.word == string(incident.WordReopen) {
		listing = workflows.Listing{EndedOnly: true, Limit: maxChoices + 1}
	}
	mine, _, err := v.service.Incidents(v.ctx, v.who.ID, listing)
	if err != nil {
		reply := v.fault(err, task{typed: r.text})
		return nil, &reply
	}
	var full, fit []workflows.Listed
	for _, l := range mine {
		fit = append(fit, l)
		if l.Access == workflows.AccessFull {
			full = append(full, l)
		}
	}
	if len(full) > 0 && r.word != wordStatus && r.word != string(incident.WordInform) && r.word != string(incident.WordAttach) {
		fit = full
	}
	switch len(fit) {
	case 0:
		reply := v.notice("which.none", typedBlock(v.voice, r.rest))
		reply.Cards[0].Buttons = []chat.Button{
			{Label: v.say("button.report"), Action: v.openAct(formReport, "", 0, ""), Style: chat.Primary},
			{Label: v.say("button.list"), Action: v.act(wordList, "", 0, "")},
		}
		return nil, &reply
	case 1:
		return fit[0].Incident, nil
	}
	reply := v.askWhich(fit, r)
	return nil, &reply
}

// maxChoices is how many incidents are offered by button; the list has them all.
const maxChoices = 10

// askWhich asks which incident a line is about.
func (v *visit) askWhich(found []workflows.Listed, r reading) chat.Reply {
	kept, err := v.keepLine(v.r.Text)
	if err != nil {
		return v.fault(err, task{typed: r.text})
	}
	card := chat.Card{Key: "which:" + kept, Tone: chat.Notice, Mark: v.mark(), Title: v.say("which.title", "word", v.word(r.word))}
	text := v.say("which.many")
	if len(found) > maxChoices {
		found, text = found[:maxChoices], v.say("which.more", "word", v.word(r.word))
	}
	var items []chat.Item
	for _, l := range found {
		items = append(items, chat.Item{
			Text: titleFor(l.Incident, l.Access, v.who.ID), Small: v.say("state.line", "phase", v.phase(l.Phase), "level", v.workingLevel(l.Incident)),
			Buttons: []chat.Button{{Label: string(l.ID), Action: v.act(actRun, l.ID, 0, kept)}},
		})
	}
	card.Blocks = append([]chat.Block{{Text: text}, {Items: items}}, typedBlock(v.voice, r.rest)...)
	return chat.Reply{Cards: []chat.Card{card}}
}

// askWho asks which person a name means.
func (v *visit) askWho(in *incident.Incident, name string, found []incident.PersonID, r reading) chat.Reply {
	kept, err := v.keepLine(v.r.Text)
	if err != nil {
		return v.fault(err, task{typed: r.text})
	}
	card := chat.Card{Key: "who:" + kept, Tone: chat.Notice, Mark: v.mark(), Title: v.say("whom.title", "name", name)}
	if len(found) > maxChoices {
		found = found[:maxChoices]
	}
	var items []chat.Item
	for _, id := range found {
		p, _ := v.service.Contacts().Person(id)
		line := v.personLine(p)
		items = append(items, chat.Item{
			Text: line.Name, Small: v.join(nonEmpty(line.Department, line.Roles)),
			Buttons: []chat.Button{{Label: line.Name, Action: v.act(actRun, in.ID, 0, kept+"."+string(id))}},
		})
	}
	card.Blocks = append([]chat.Block{{Text: v.say("whom.many")}, {Items: items}}, typedBlock(v.voice, r.rest)...)
	return chat.Reply{Cards: []chat.Card{card}}
}

func nonEmpty(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// typedBlock shows again what somebody typed, so that nothing has to be typed twice.
func typedBlock(v voice, text string) []chat.Block {
	if text == "" {
		return nil
	}
	return []chat.Block{{Heading: v.say("ask.typed"), Text: text, Small: true}}
}
