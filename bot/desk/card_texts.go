package desk

import (
	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// signText is how much of a text the message shows that asks for its approval: enough to know
// which one it is, and no more than a phone's screen holds.
const signText = 1200

// signCard asks for the approval of a text. When it is decided, the same message says so, and
// when it is asked for again, in a message of its own, that it is replaced. r is the entry that
// asked.
func (v voice) signCard(in *incident.Incident, m workflows.Message, r incident.Record, entry entryReader) (chat.Card, error) {
	t, there := in.TextAsked(r.Seq)
	if !there {
		return chat.Card{}, workflows.ErrSettled
	}
	card := v.base(in, m, chat.Notice)
	card.Whole = v.wholeTold(m)
	name := chat.Item{Mark: v.textStatus(t.Status), Text: v.textName(t), Small: v.textHistory(in, t)}
	see := chat.Button{Label: v.say("button.text_whole"), Action: v.act(string(incident.WordText), in.ID, 0, textArg(t.What, t.Version))}
	replaced := t.AskedBy() != r.Seq
	if t.Status != incident.TextProposed || in.MergedInto != "" || replaced {
		if m.FirstSent.IsZero() {
			return chat.Card{}, workflows.ErrSettled // he was never asked
		}
		text := v.say("notice.sign.over", "status", v.textStatus(t.Status))
		if replaced {
			text = v.say("notice.sign.replaced")
		}
		card.Tone, card.Title = chat.Plain, v.say("outside.title", "id", string(in.ID))
		card.Blocks = []chat.Block{{Text: text}, {Items: []chat.Item{name}}}
		card.Buttons = []chat.Button{see, v.pageLink(in)}
		return card, nil
	}
	proposed, ask := r, "notice.sign.text"
	if r.Seq != t.Seq {
		ask = "notice.sign.again"
		var err error
		if proposed, err = entry(t.Seq); err != nil {
			return chat.Card{}, err
		}
	}
	e, _ := proposed.Event.(incident.OutsideProposed)
	body := v.text(e.Text)
	card.Blocks = []chat.Block{
		{Text: v.say(ask, "person", v.author(in, r))},
		{Items: []chat.Item{name}},
		{Heading: v.say("outside.text"), Text: clip(body, signText)},
	}
	if len([]rune(body)) > signText {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("outside.clipped")})
	}
	card.Blocks = append(card.Blocks, chat.Block{Text: v.subLine(in), Small: true})
	card.Buttons = append(v.signButtons(in, t), see, v.pageLink(in))
	return card, nil
}

// signedCard tells who proposed a text what came of it.
func (v voice) signedCard(in *incident.Incident, m workflows.Message, r incident.Record) (chat.Card, error) {
	card := v.base(in, m, chat.Notice)
	card.Blocks = []chat.Block{{Text: v.say("feed.line", "person", v.author(in, r), "text", clip(v.entry(in, r), cardText))}}
	var k incident.TextKind
	version := 0
	want := incident.TextApproved
	text := "notice.signed.approved"
	switch e := r.Event.(type) {
	case incident.OutsideApproved:
		k, version = e.What, e.Version
	case incident.OutsideRefused:
		k, version, want, text = e.What, e.Version, incident.TextRefused, "notice.signed.refused"
	default:
		return chat.Card{}, workflows.ErrSettled
	}
	t, there := in.Text(k, version)
	if !there {
		return chat.Card{}, workflows.ErrSettled
	}
	card.Blocks = append(card.Blocks, chat.Block{Items: []chat.Item{{Mark: v.textStatus(t.Status), Text: v.textName(t), Small: v.textHistory(in, t)}}})
	if t.Status == want {
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say(text)})
		card.Buttons = v.textButtons(in, t, false)
	}
	card.Buttons = append(card.Buttons, v.pageLink(in))
	return card, nil
}
