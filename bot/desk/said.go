package desk

import (
	"errors"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// said answers a typed line.
func (v *visit) said() chat.Reply {
	id, _ := v.OfChannel(v.r.Channel)
	r := v.typedLine()
	switch r.meaning {
	case meansForm:
		return v.openForm(newDraft(formReport, "", 0, ""), nil)
	case meansReport:
		return v.carry(task{key: v.r.ID, do: incident.Report{Text: r.text}, typed: r.text})
	case meansNote:
		return v.carry(v.note(task{key: v.r.ID, id: id, typed: r.text}, r.text))
	case meansAlmost, meansLoose, meansUnknown:
		return v.askMeaning(r)
	}
	return v.command(r, v.r.ID, "")
}

// typedLine reads the line that was typed, with what only the contact list can tell: 「連携 解除
// したら顧客データが漏れた」 begins like an order and is none, for nobody is called that.
func (v *visit) typedLine() reading {
	_, inChannel := v.OfChannel(v.r.Channel)
	r := v.vocabulary.read(v.r.Text, inChannel)
	if r.meaning == meansWord && r.word == wordLink && !v.unlinks(r.rest) {
		return reading{meaning: meansAlmost, word: wordLink, text: r.text, channel: r.channel}
	}
	return r
}

// command carries out a word. chosen is the incident where the person was asked for it.
func (v *visit) command(r reading, key string, chosen incident.ID) chat.Reply {
	switch r.word {
	case wordAway:
		return v.away(r, key)
	case wordCompromised:
		return v.marked(r, key)
	case wordLink:
		return v.link(r, key)
	}
	if _, inChannel := v.OfChannel(v.r.Channel); r.word == string(incident.WordClock) && r.number == "" && chosen == "" && !inChannel {
		return v.showAllClocks()
	}
	if reply, ok := v.look(r); ok {
		return reply
	}
	in, r, reply := v.which(r, chosen)
	if reply != nil {
		return *reply
	}
	switch r.word {
	case wordStatus:
		return v.showStatus(in)
	case wordWho:
		return v.showWho(in)
	case string(incident.WordDoc):
		return v.showReports(in)
	case wordDraft:
		return v.showDrafts(in, r.rest)
	case string(incident.WordClock):
		return v.showClocks(in, "")
	case string(incident.WordText):
		return v.showTexts(in, "")
	case string(incident.WordParty):
		return v.showParties(in)
	}
	o := v.order(r, in)
	switch {
	case o.reply != nil:
		return *o.reply
	case o.form != "":
		return v.openTyped(newDraft(o.form, in.ID, in.Seq, o.arg), o, r.rest)
	}
	t := task{key: key, id: in.ID, do: o.do, seen: in.Seq, occurred: o.occurred}
	if r.rest != "" {
		t.typed = r.text
	}
	return v.carry(t)
}

// openTyped opens a form for what a line lacked. What of it has no place among the answers
// stands above them; what is wrong with it stands beside them.
func (v *visit) openTyped(k draft, o order, typed string) chat.Reply {
	reply := v.openForm(k, o.values)
	if reply.Form == nil {
		if typed != "" {
			reply.Cards[0].Blocks = append(reply.Cards[0].Blocks, typedBlock(v.voice, typed)...)
		}
		return reply
	}
	for i, in := range reply.Form.Inputs {
		reply.Form.Inputs[i].Error = o.wrong[in.Name]
	}
	for _, i := range reply.Form.Inputs {
		if strings.Contains(i.Value, typed) {
			return reply
		}
	}
	reply.Form.Intro += "\n" + v.say("ask.typed") + "\n" + typed
	return reply
}

// look answers the words that need no incident.
func (v *visit) look(r reading) (chat.Reply, bool) {
	switch r.word {
	case wordHelp:
		return v.showHelp(), true
	case wordList:
		return v.showList(""), true
	case wordContacts:
		return v.showContacts(), true
	case wordUndelivered:
		return v.showUndelivered(0), true
	case wordWeb:
		return v.showWeb(), true
	}
	return chat.Reply{}, false
}

// keepLine keeps a typed line while its author is asked something about it, and gives the
// nonce by which the buttons name it.
func (v *visit) keepLine(text string) (string, error) {
	d := newDraft(formSaid, "", 0, "")
	err := v.service.SaveDraft(v.ctx, workflows.Draft{
		ID: d.String(), By: v.who.ID, Form: formSaid,
		Values: map[string]string{"line": text, "channel": v.r.Channel},
	})
	return d.nonce, err
}

func saidDraft(nonce string) string { return draft{form: formSaid, nonce: nonce}.String() }

// askMeaning asks what a line is meant to be: a report, an entry, or the word it resembles.
func (v *visit) askMeaning(r reading) chat.Reply {
	if r.text == "" {
		return v.showHelp()
	}
	kept, err := v.keepLine(r.text)
	if err != nil {
		return v.fault(err, task{typed: r.text})
	}
	card := chat.Card{Key: "ask:" + kept, Tone: chat.Notice, Mark: v.mark(), Title: v.say("ask.loose.title")}
	text := v.say("ask.loose")
	if r.meaning == meansUnknown {
		card.Title, text = v.say("ask.unknown.title"), v.say("ask.unknown")
	}
	send := chat.Button{Label: v.say("button.send_report"), Action: v.act(actSend, "", 0, kept), Style: chat.Primary}
	if r.meaning == meansAlmost {
		card.Title = v.say("ask.almost.title", "word", v.word(r.word))
		text = v.say("ask.almost", "word", v.word(r.word))
		send.Style = chat.Normal
		card.Buttons = append(card.Buttons, chat.Button{
			Label: v.say("button.as_word", "word", v.word(r.word)), Action: v.act(actWord, "", 0, kept+"."+r.word), Style: chat.Primary,
		})
	}
	if r.channel {
		id, _ := v.OfChannel(v.r.Channel)
		send.Style = chat.Normal
		card.Buttons = append(card.Buttons, chat.Button{Label: v.say("button.keep_note"), Action: v.act(actKeep, id, 0, kept)})
	}
	card.Buttons = append(card.Buttons, send, chat.Button{Label: v.say("button.help"), Action: v.act(wordHelp, "", 0, "")})
	card.Blocks = []chat.Block{{Text: text}, {Heading: v.say("ask.typed"), Text: r.text}}
	return chat.Reply{Cards: []chat.Card{card}}
}

// kept gives back a line that was kept; ok is false when it is gone or another's.
func (v *visit) kept(nonce string) (text, channel string, reply *chat.Reply) {
	d, err := v.service.Draft(v.ctx, v.who.ID, saidDraft(nonce))
	if errors.Is(err, workflows.ErrNotFound) {
		r := v.outdated()
		return "", "", &r
	}
	if err != nil {
		r := v.fault(err, task{})
		return "", "", &r
	}
	return d.Values["line"], d.Values["channel"], nil
}
