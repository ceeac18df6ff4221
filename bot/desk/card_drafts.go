package desk

import (
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	drafting "hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// draftButtons gives the draft that an open clock asks for; nothing where there is none.
func (v voice) draftButtons(in *incident.Incident, c incident.Clock) []chat.Button {
	k := v.draftOf(c.Rule)
	if v.drafts == nil || k == "" {
		return nil
	}
	return []chat.Button{v.draftButton(in, k)}
}

func (v voice) draftButton(in *incident.Incident, k drafting.Kind) chat.Button {
	return chat.Button{Label: v.say("button.draft"), Action: v.act(wordDraft, in.ID, 0, string(k))}
}

func (v voice) draftsButton(in *incident.Incident) chat.Button {
	return chat.Button{Label: v.say("button.drafts"), Action: v.act(wordDraft, in.ID, 0, "")}
}

// showDrafts answers 下書き: with the page, to whoever is in the web room, and elsewhere in the
// direct messages of the one who asked, with the draft as a file; without a kind, with the list
// of what can be drafted.
func (v *visit) showDrafts(in *incident.Incident, kind string) chat.Reply {
	if v.access(in, v.who.ID) != workflows.AccessFull {
		return v.showStatus(in)
	}
	k := drafting.Kind(kind)
	if v.drafts == nil || k != "" && !drafting.IsKind(k) {
		return v.outdated()
	}
	web := strings.HasPrefix(string(v.r.From), "web:")
	switch {
	case web && k == "":
		return chat.Reply{Page: PathDrafts(in.ID)}
	case web:
		return chat.Reply{Page: PathDraft(in.ID, k)}
	}
	x, err := v.drafted(string(in.ID))
	if err != nil {
		return v.fault(err, task{})
	}
	if k == "" {
		return chat.Reply{Cards: []chat.Card{v.draftsCard(x)}}
	}
	file, err := v.draftFile(x, k, "docx")
	if err != nil {
		return v.fault(err, task{})
	}
	return chat.Reply{
		Direct: true, Cards: []chat.Card{v.draftCard(x, k)},
		Document: &chat.Document{Name: file.Name, Type: file.Type, Body: file.Body},
	}
}

// draftsCard lists the drafts that may be wanted now; the page has the others, too.
func (v *visit) draftsCard(x drafted) chat.Card {
	card := chat.Card{
		Key: "drafts:" + string(x.in.ID), Mark: v.mark(), Title: v.say("drafts.title", "id", string(x.in.ID)), Whole: v.act(wordDraft, x.in.ID, 0, ""),
		Blocks:  []chat.Block{{Text: v.say("drafts.intro")}},
		Buttons: []chat.Button{{Label: v.say("button.drafts_page"), Page: PathDrafts(x.in.ID)}, v.pageLink(x.in)},
	}
	due := false
	for _, g := range []wanted{wantedDue, wantedFree} {
		block := chat.Block{Heading: v.say("drafts.group." + groupNames[g])}
		for _, s := range v.sortedDrafts(x.in) {
			if s.wanted != g {
				continue
			}
			row := v.draftRow(x, s)
			block.Items = append(block.Items, chat.Item{Mark: row.Mark, Text: row.Name, Small: row.Tally, Buttons: []chat.Button{v.draftButton(x.in, s.kind)}})
		}
		if block.Items != nil {
			card.Blocks = append(card.Blocks, block)
			due = due || g == wantedDue
		}
	}
	if due {
		card.Blocks = append(card.Blocks, v.adviceBlock())
	}
	return card
}

// draftCard goes with the file of a draft: where it goes, by when, what is left to do, and what
// to see to before it is used.
func (v *visit) draftCard(x drafted, k drafting.Kind) chat.Card {
	d := v.drafts(x.in, x.records, k, v.lang)
	card := chat.Card{
		Key: "draft:" + string(x.in.ID) + ":" + string(k), Mark: v.mark(), Title: v.say("drafts.one.title", "id", string(x.in.ID), "name", d.Title),
		Buttons: []chat.Button{{Label: v.say("button.draft_copy"), Page: PathDraft(x.in.ID, k), Style: chat.Primary}, v.pageLink(x.in)},
	}
	fields := []chat.Pair{}
	for _, p := range d.Hints {
		fields = append(fields, chat.Pair{Label: p.Label, Value: p.Value.Text})
	}
	fields = append(fields, chat.Pair{Label: d.Say("draft.hint.tally"), Value: d.Tally()})
	card.Blocks = []chat.Block{{Text: v.say("drafts.one", "banner", strings.Join(d.Document().Banner, v.say("separator")))}, {Fields: fields}}
	var notes []chat.Item
	for _, n := range d.Notes {
		notes = append(notes, chat.Item{Text: n})
	}
	card.Blocks = append(card.Blocks, chat.Block{Heading: d.Say("draft.section.notes"), Items: notes, Small: true})
	if c, ok := v.clockFor(x.in, k); ok && c.Open() && !x.in.Phase.Ended() {
		card.Blocks = append(card.Blocks, v.adviceBlock())
		card.Buttons = append([]chat.Button{card.Buttons[0], v.formButton("button.clock_filed", formFiled, x.in, string(c.Rule))}, card.Buttons[1:]...)
	}
	return card
}
