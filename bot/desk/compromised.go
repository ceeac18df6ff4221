package desk

import (
	"context"
	"slices"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// A platform that others read or write in somebody's name: 危険 as a word and as buttons, what is
// answered there, and what everybody is told.

const wordCompromised = "compromised"

// marking reads 「slack」 and 「slack 解除」; anything else is rather a report that begins so.
func (v vocabulary) marking(rest string) (platform string, on, ok bool) {
	first, after := cut(rest)
	platform, ok = v.platforms[fold(first)]
	off := v.off[fold(after)]
	return platform, !off, ok && (after == "" || off)
}

// marked answers 危険.
func (v *visit) marked(r reading, key string) chat.Reply {
	if !v.known {
		return v.refusal(nil, &incident.Refusal{Key: "refuse.not_known"}, task{})
	}
	platform, on, ok := v.vocabulary.marking(r.rest)
	if r.meaning == meansAlmost || !ok {
		return v.showMarks()
	}
	return v.setMark(key, platform, on)
}

func (v *visit) pressedMark(a action) chat.Reply {
	if !v.known {
		return v.refusal(nil, &incident.Refusal{Key: "refuse.not_known"}, task{})
	}
	platform, what, ok := strings.Cut(a.arg, ".")
	if !ok {
		return v.showMarks()
	}
	return v.setMark("press:"+string(v.r.Action)+":"+string(v.who.ID), platform, what == "on")
}

func (v *visit) setMark(key, platform string, on bool) chat.Reply {
	door, _, _ := strings.Cut(string(v.r.From), ":")
	out, err := v.service.Compromise(v.ctx, key, v.who.ID, platform, on, door)
	if err != nil {
		return v.fault(err, task{})
	}
	if out.Refusal != nil {
		return v.refusal(nil, out.Refusal, task{})
	}
	reply := v.showMarks()
	if len(reply.Cards) > 0 {
		reply.Accepted = true
		reply.Cards[0].Tone = chat.Good
		reply.Cards[0].Blocks = append(v.untold(platform), reply.Cards[0].Blocks...)
	}
	return reply
}

// untold lists whom the notice of a mark does not reach, for the one who has set it to phone them.
func (v *visit) untold(platform string) []chat.Block {
	people, err := v.service.Untold(v.ctx, platform)
	if err != nil {
		v.log.ErrorContext(v.ctx, "whom the notice of a mark does not reach could not be found out", "component", "desk", "error", err)
		return nil
	}
	var items []chat.Item
	for _, p := range people {
		if p == v.who.ID {
			continue
		}
		number := v.say("marks.no_phone")
		if listed, ok := v.service.Contacts().Person(p); ok && listed.Phone != "" {
			number = listed.Phone
		}
		items = append(items, chat.Item{Text: v.say("person.phone", "name", v.person(nil, p), "phone", number)})
	}
	if items == nil {
		return nil
	}
	return []chat.Block{{Heading: v.say("marks.untold"), Items: items}}
}

// showMarks lists the platforms in use, with how to mark them and how to lift a mark.
func (v *visit) showMarks() chat.Reply {
	marks, err := v.service.Marks(v.ctx)
	if err != nil {
		return v.fault(err, task{})
	}
	card := chat.Card{Key: "marks", Mark: v.mark(), Tone: chat.Notice, Title: v.say("marks.title")}
	may := v.service.MayMark(v.who.ID)
	var items []chat.Item
	for _, p := range workflows.Platforms {
		m := marks[p]
		if p != string(incident.ByMail) && !slices.Contains(v.platforms, p) && !m.On {
			continue
		}
		seen := int64(0)
		if !m.At.IsZero() {
			seen = m.At.UnixMicro()
		}
		name := v.platformName(p)
		item := chat.Item{Text: name, Mark: v.say("marks.usable")}
		b := chat.Button{
			Label: v.say("button.mark", "platform", name), Action: v.act(wordCompromised, "", seen, p+".on"),
			Style: chat.Danger, Confirm: v.say("marks.confirm", "platform", name),
		}
		if m.On {
			item.Mark, item.Small = v.say("marks.closed"), v.say("marks.since", "person", v.person(nil, m.By), "at", v.when(m.At))
			b = chat.Button{Label: v.say("button.unmark", "platform", name), Action: v.act(wordCompromised, "", seen, p+".off")}
		}
		switch {
		case m.On:
		case p == string(incident.ByMail) && !v.mail:
			items = append(items, chat.Item{Text: name, Mark: v.say("marks.unset")})
			continue
		case v.down != nil && v.down(p):
			item.Mark = v.say("marks.down")
		}
		if may {
			item.Buttons = []chat.Button{b}
		}
		items = append(items, item)
	}
	card.Blocks = []chat.Block{{Text: v.say("marks.text")}, {Items: items}}
	return chat.Reply{Cards: []chat.Card{card}}
}

// platformName is how people call a platform.
func (v voice) platformName(p string) string { return v.say("platform." + p) }

// closedDoor reports whether somebody asks from a platform that is marked, or that cannot say
// whether he is still one of the company's. Without the database
// nothing is recorded anyway.
func (v *visit) closedDoor(from chat.UserID) bool {
	if chat.IsUnsure(v.ctx) {
		return true
	}
	door, _, _ := strings.Cut(string(from), ":")
	if door == "web" {
		return false
	}
	marks, err := v.service.Compromised(v.ctx)
	return err == nil && marks[door].On
}

// reports tells what leads to a new report: that is taken from anywhere, for a report too many
// does no harm, and one that is lost does.
func (v *visit) reports() bool {
	switch v.r.Kind {
	case chat.Said:
		switch v.typedLine().meaning {
		case meansForm, meansReport, meansLoose, meansAlmost:
			return true
		}
	case chat.Pressed:
		a, _ := parseAction(v.r.Action)
		form, _, _ := strings.Cut(a.arg, ".")
		return a.word == actSend || a.word == actAnyway || a.word == actAgain || a.word == actForm && form == formReport
	case chat.Submitted:
		k, _ := parseDraft(v.r.Draft)
		return k.form == formReport
	case chat.Quoted:
		return v.r.Quote != nil && v.r.Quote.For == chat.ForReport
	}
	return false
}

// closed is what is answered on a platform that is marked.
func (v *visit) closed() chat.Reply {
	door, _, _ := strings.Cut(string(v.r.From), ":")
	if chat.IsUnsure(v.ctx) {
		return v.notice("unsure_door", nil, "platform", v.platformName(door))
	}
	var phones []chat.Block
	if v.known {
		phones = v.emergencyPhones(nil)
	}
	reply := v.notice("closed_door", phones, "platform", v.platformName(door))
	reply.Cards[0].Tone = chat.Urgent
	return reply
}

// markCard tells everybody that a platform is not to be used, or may be used again. It is
// workflows.ErrSettled when it is the other way round by now.
func (v voice) markCard(ctx context.Context, m workflows.Message) (chat.Card, error) {
	platform, on, ok := workflows.MarkOf(m.Notice)
	if !ok {
		return chat.Card{}, workflows.ErrNotFound
	}
	marks, err := v.service.Marks(ctx)
	if err != nil {
		return chat.Card{}, err
	}
	mark := marks[platform]
	if mark.On != on {
		return chat.Card{}, workflows.ErrSettled
	}
	name := v.platformName(platform)
	card := chat.Card{Key: m.Key, Mark: v.mark(), Tone: chat.Urgent, Title: v.say("notice.compromised.title", "platform", name)}
	text := v.say("notice.compromised.text", "platform", name)
	if !on {
		card.Tone, card.Title = chat.Good, v.say("notice.usable.title", "platform", name)
		text = v.say("notice.usable.text", "platform", name)
	}
	card.Blocks = []chat.Block{{Text: text}, {Text: v.say("marks.since", "person", v.person(nil, mark.By), "at", v.when(mark.At)), Small: true}}
	if on {
		card.Blocks = append(card.Blocks, v.emergencyPhones([]incident.PersonID{m.To})...)
	}
	return card, nil
}

// Banner is what stands above every page while a platform is not to be used, or nothing gets
// through by it: down says so by the names of front ends. Empty: nothing is to be said.
func (d *Desk) Banner(ctx context.Context, down map[string]bool) string {
	v := d.voice()
	marks, err := d.service.Compromised(ctx)
	if err != nil {
		marks = nil // what is down is said all the same
	}
	var closed, silent []string
	for _, p := range append(slices.Clone(workflows.Platforms), string(incident.ByPhone)) {
		switch {
		case marks[p].On:
			closed = append(closed, v.platformName(p))
		case down[p]:
			silent = append(silent, v.platformName(p))
		}
	}
	var said []string
	if closed != nil {
		said = append(said, v.say("marks.banner", "platforms", v.join(closed)))
	}
	if silent != nil {
		said = append(said, v.say("down.banner", "platforms", v.join(silent)))
	}
	return strings.Join(said, " ")
}
