package desk

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// The texts for people outside: proposed, approved by the representative, published. A card
// shows the beginning of a text; the whole of it is one button, or the web page, away.

// textArg names a version of a text in an action or a draft, such as press-2.
func textArg(k incident.TextKind, version int) string { return string(k) + "-" + number(version) }

// textOf reads such an argument.
func textOf(arg string) (k incident.TextKind, version int) {
	name, n, _ := strings.Cut(arg, "-")
	version, _ = strconv.Atoi(n) // 0: the newest, as where none is named
	return incident.TextKind(name), version
}

func (v voice) outside(k incident.TextKind) string { return v.say("outside." + string(k)) }

func (v voice) textName(t incident.OutsideText) string {
	return v.say("outside.version", "text", v.outside(t.What), "version", number(t.Version))
}

func (v voice) textStatus(s incident.TextStatus) string { return v.say("outsidestatus." + string(s)) }

// textHistory says what became of a text.
func (v voice) textHistory(in *incident.Incident, t incident.OutsideText) string {
	lines := []string{v.say("outside.by", "person", v.person(in, t.By), "at", v.when(t.At))}
	if a := t.Approval; a != nil {
		key := "outside.approved_by"
		if a.Own {
			key = "outside.approved_own"
		}
		role := v.role(a.Role)
		if a.Deputy {
			role = v.say("role.deputy", "value", role)
		}
		lines = append(lines, v.say(key, "person", v.person(in, a.By), "role", role, "at", v.when(a.At)))
		if a.Comment != "" {
			lines = append(lines, v.say("log.part.comment", "text", a.Comment))
		}
	}
	if r := t.Refusal; r != nil {
		lines = append(lines, v.withReason(v.say("outside.refused_by", "person", v.person(in, r.By), "at", v.when(r.At)), r.Reason))
	}
	if p := t.Publication; p != nil {
		lines = append(lines, v.say("outside.published_at", "at", v.when(p.At), "where", p.Where))
	}
	return strings.Join(append(lines, v.say("outside.length", "n", report.Thousands(t.Length))), "\n")
}

// textItem is a text of a list.
func (v voice) textItem(in *incident.Incident, t incident.OutsideText) chat.Item {
	return chat.Item{Mark: v.textStatus(t.Status), Text: v.textName(t), Small: v.textHistory(in, t), Buttons: v.textButtons(in, t, false)}
}

// textButtons are what can be done about a text, the expected next thing first.
func (v voice) textButtons(in *incident.Incident, t incident.OutsideText, whole bool) []chat.Button {
	arg := textArg(t.What, t.Version)
	var buttons []chat.Button
	see := chat.Button{Label: v.say("button.text_whole"), Action: v.act(string(incident.WordText), in.ID, 0, arg)}
	undo := func(seq int64) chat.Button {
		return chat.Button{Label: v.say("button.text_undo"), Action: v.act(string(incident.WordUndo), in.ID, in.Seq, number(int(seq)))}
	}
	again := v.formButton("button.text_again", formText, in, arg)
	switch t.Status {
	case incident.TextProposed:
		buttons = append(buttons, v.signButtons(in, t)...)
		buttons = append(buttons, again)
	case incident.TextApproved:
		publish := v.formButton("button.text_publish", formPublish, in, arg)
		publish.Style = chat.Primary
		buttons = append(buttons, publish, v.formButton("button.text_refuse", formSendBack, in, arg), again)
	case incident.TextRefused, incident.TextWithdrawn, incident.TextSuperseded:
		buttons = append(buttons, again)
	case incident.TextPublished:
		if !in.Phase.Ended() {
			buttons = append(buttons, undo(t.Publication.Seq))
		}
		buttons = append(buttons, again)
	}
	if in.MergedInto != "" {
		buttons = nil
	}
	if !whole {
		buttons = append([]chat.Button{see}, buttons...)
	}
	return buttons
}

// signButtons decide about a text that waits.
func (v voice) signButtons(in *incident.Incident, t incident.OutsideText) []chat.Button {
	arg := textArg(t.What, t.Version)
	return []chat.Button{
		{
			Label: v.say("button.text_approve"), Action: v.act(string(incident.WordSign), in.ID, in.Seq, arg), Style: chat.Primary,
			Confirm: v.say("confirm.text_approve", "text", v.outside(t.What), "version", number(t.Version)),
		},
		v.formButton("button.text_refuse", formSendBack, in, arg),
	}
}

func (v voice) textsButton(in *incident.Incident) chat.Button {
	return chat.Button{Label: v.say("button.texts"), Action: v.act(string(incident.WordText), in.ID, 0, "")}
}

// textsCard lists the texts of an incident: those that are not finished first; of the others
// the newest of each kind, and every one that went out.
func (v voice) textsCard(in *incident.Incident) chat.Card {
	card := chat.Card{Key: "texts:" + string(in.ID), Mark: v.mark(), Title: v.say("outside.title", "id", string(in.ID)), Whole: v.act(string(incident.WordText), in.ID, 0, "")}
	var waiting, done []chat.Item
	for _, t := range in.Texts {
		newest, _ := in.Text(t.What, 0)
		switch {
		case t.Unfinished():
			waiting = append(waiting, v.textItem(in, t))
		case t.Status == incident.TextPublished, t.Version == newest.Version:
			done = append(done, v.textItem(in, t))
		}
	}
	if waiting != nil {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("outside.waiting"), Items: waiting})
	}
	if done != nil {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("outside.done"), Items: done})
	}
	if card.Blocks == nil {
		card.Blocks = []chat.Block{{Text: v.say("outside.none")}}
	}
	if in.MergedInto == "" {
		card.Blocks = append(card.Blocks, chat.Block{Items: []chat.Item{{Text: v.say("button.text_new"), Buttons: v.proposeButtons(in)}}})
	}
	card.Buttons = append(card.Buttons, v.partiesButton(in), v.pageLink(in))
	return card
}

// showTexts answers 文面 for one incident, or for one text of it, which it shows whole.
func (v *visit) showTexts(in *incident.Incident, arg string) chat.Reply {
	if v.access(in, v.who.ID) != workflows.AccessFull {
		return v.showStatus(in)
	}
	card := v.textsCard(in)
	k, version := textOf(arg)
	t, ok := in.Text(k, version)
	if arg == "" || !ok {
		return chat.Reply{Cards: []chat.Card{card}}
	}
	body, err := v.textBody(in, t)
	if err != nil {
		return v.fault(err, task{})
	}
	card.Key, card.Whole, card.Title = card.Key+":"+arg, v.act(string(incident.WordText), in.ID, 0, arg), v.textName(t)
	card.Blocks = []chat.Block{
		{Items: []chat.Item{{Mark: v.textStatus(t.Status), Text: title(in), Small: v.textHistory(in, t)}}},
		{Heading: v.say("outside.text"), Text: body},
	}
	card.Buttons = append(v.textButtons(in, t, true), v.textsButton(in), v.pageLink(in))
	return chat.Reply{Cards: []chat.Card{card}}
}

// textBody reads a text out of the record; one that was erased is said to be.
func (v *visit) textBody(in *incident.Incident, t incident.OutsideText) (string, error) {
	r, err := v.service.Entry(v.ctx, in.ID, t.Seq)
	if err != nil {
		return "", err
	}
	e, ok := r.Event.(incident.OutsideProposed)
	if !ok {
		return "", errors.New("the entry of a text is of another kind")
	}
	return v.text(e.Text), nil
}

// unfinishedTexts names the texts that somebody has still to do something about; "" for none.
func (v voice) unfinishedTexts(in *incident.Incident) string {
	var names []string
	for _, t := range in.UnfinishedTexts() {
		names = append(names, v.say("outside.unfinished", "text", v.textName(t), "status", v.textStatus(t.Status)))
	}
	return v.join(names)
}

// textLine says on a card that texts are not finished; nothing where all are.
func (v voice) textLine(in *incident.Incident) []chat.Block {
	names := v.unfinishedTexts(in)
	if names == "" || in.MergedInto != "" {
		return nil // of what was merged nothing can be done
	}
	return []chat.Block{{Items: []chat.Item{{Text: v.say("outside.line", "texts", names), Buttons: []chat.Button{v.textsButton(in)}}}}}
}

// textRows are the texts of an incident's page: the unfinished first, then every other one, the
// newest first.
func (v voice) textRows(in *incident.Incident, records []incident.Record) (rows []TextRow) {
	row := func(t incident.OutsideText) TextRow {
		out := TextRow{
			Key: textArg(t.What, t.Version), Name: v.textName(t), Status: v.textStatus(t.Status), History: v.textHistory(in, t),
			Open: t.Status == incident.TextProposed, Buttons: v.textButtons(in, t, true),
		}
		if t.Seq <= int64(len(records)) {
			if e, ok := records[t.Seq-1].Event.(incident.OutsideProposed); ok {
				out.Body = v.text(e.Text)
			}
		}
		return out
	}
	for _, t := range in.UnfinishedTexts() {
		rows = append(rows, row(t))
	}
	for _, t := range slices.Backward(in.Texts) {
		if !t.Unfinished() {
			rows = append(rows, row(t))
		}
	}
	return rows
}
