package desk

import (
	"context"
	"slices"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	drafting "hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// DraftPage is a draft to be copied field by field, in the order of the form it is meant for.
type DraftPage struct {
	Room      Room
	ID, Title string
	Name      string   // of the draft
	Banner    []string // that it is a draft, and what may not be done with it
	Hints     []chat.Pair
	Notes     []string    // what to see to before it is used
	Clock     []chat.Item // the one it stops; empty: none
	Advice    string      // beside its dates
	Parts     []DraftPart
	Files     []Link
	// Propose asks for the approval that the text needs before it goes out; empty: it needs none.
	Propose  []chat.Button
	Incident string // path of its page
	All      string // path of the incident's drafts
}

// DraftPart is a group of fields under a heading of the form.
type DraftPart struct {
	Heading string
	Fields  []DraftField
}

// DraftField is one field. Text is what is copied, and nothing else; an empty one has nothing
// to be copied.
type DraftField struct {
	N       string // its place among all; empty where it is no field of the form
	Heading string
	Text    string
	State   string // in words: filled in, not known, or to be filled in
	Ask     string // what is left to do
	Known   bool
	Order   int // of the page, from 1
}

// DraftCopy is the page of one draft; ErrNotFound for whoever does not see all of the incident,
// and for an unknown kind.
func (d *Desk) DraftCopy(ctx context.Context, who chat.UserID, id, kind string) (DraftPage, error) {
	v := d.visit(ctx, who, "")
	x, err := v.drafted(id)
	if err != nil {
		return DraftPage{}, err
	}
	k := drafting.Kind(kind)
	if !drafting.IsKind(k) {
		return DraftPage{}, workflows.ErrNotFound
	}
	room, err := v.room()
	if err != nil {
		return DraftPage{}, err
	}
	text := v.drafts(x.in, x.records, k, v.lang)
	page := DraftPage{
		Room: room, ID: string(x.in.ID), Title: called(x.in, workflows.AccessFull, v.who.ID), Name: text.Title,
		Banner: text.Document().Banner, Notes: text.Notes, Parts: v.draftParts(text), Files: v.draftFiles(x.in.ID, k),
		Incident: PathIncident(x.in.ID), All: PathDrafts(x.in.ID),
	}
	if kind := incident.TextKind(k); slices.Contains(incident.TextKinds, kind) && x.in.InCircle(v.who.ID) && x.in.MergedInto == "" {
		page.Propose = []chat.Button{v.formButton("form.texts.submit", formText, x.in, string(kind)), v.textsButton(x.in)}
	}
	for _, p := range text.Hints {
		page.Hints = append(page.Hints, chat.Pair{Label: p.Label, Value: p.Value.Text})
	}
	page.Hints = append(page.Hints, chat.Pair{Label: text.Say("draft.hint.tally"), Value: text.Tally()})
	if c, ok := v.clockFor(x.in, k); ok {
		item, here := v.clockDetail(x.in, c), v.draftButton(x.in, k).Action
		item.Small = v.clockBrief(x.in, c)
		item.Buttons = slices.DeleteFunc(item.Buttons, func(b chat.Button) bool { return b.Action == here })
		page.Clock, page.Advice = []chat.Item{item}, v.say("clocks.advice")
	}
	return shown(page), nil
}

// draftParts are the parts of a form; of a mail its address and subject come first, and of
// what is sent as one text the whole of it.
func (v voice) draftParts(d drafting.Draft) []DraftPart {
	var parts []DraftPart
	var mail []DraftField
	for _, p := range d.Hints {
		if p.Label == d.Say("draft.hint.to") || p.Label == d.Say("draft.hint.subject") {
			mail = append(mail, DraftField{Heading: p.Label, Text: p.Value.Text, State: d.Say("draft.state.known"), Known: true})
		}
	}
	if whole := d.Plain(); whole != "" && (d.Opening != nil || mail != nil) {
		field := DraftField{Heading: v.say("drafts.whole"), Text: whole, State: d.Say("draft.state.known"), Known: true}
		if left := d.Count(drafting.Unknown) + d.Count(drafting.ToFill); left > 0 {
			field.State, field.Ask, field.Known = d.Say("draft.state.to_fill"), v.say("drafts.whole.left", "count", number(left)), false
		}
		mail = append(mail, field)
	}
	if mail != nil {
		parts = append(parts, DraftPart{Heading: v.say("drafts.part.whole"), Fields: mail})
	}
	all := len(d.Fields())
	n := 0
	for _, p := range d.Parts {
		part := DraftPart{Heading: p.Heading}
		for _, f := range p.Fields {
			n++
			part.Fields = append(part.Fields, DraftField{
				N: v.say("drafts.number", "n", number(n), "all", number(all)), Heading: d.HeadingOf(f), Text: d.Copied(f),
				State: d.Say("draft.state." + string(f.State)), Ask: f.Ask, Known: f.State == drafting.Known,
			})
		}
		parts = append(parts, part)
	}
	order := 0
	for i := range parts {
		for j := range parts[i].Fields {
			order++
			parts[i].Fields[j].Order = order
		}
	}
	return parts
}
