package desk

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// quoteNote writes a quoted message into the record of the incident in whose channel it
// stands; elsewhere it asks which.
func (v *visit) quoteNote(q chat.Quote) chat.Reply {
	if id, ok := v.OfChannel(v.r.Channel); ok {
		return v.noteQuote(q, id, v.r.ID)
	}
	return v.askQuote(q)
}

// noteQuote writes a quote into the record of an incident. Whoever only reported it adds it to
// the own report. The right to see it is asked first: the same message recorded by somebody
// else is answered as he was.
func (v *visit) noteQuote(q chat.Quote, id incident.ID, key string) chat.Reply {
	typed := incident.Clean(q.Text)
	in, refused := v.read(id, clip(typed, cardText))
	if refused != nil {
		return *refused
	}
	full := v.access(in, v.who.ID) == workflows.AccessFull
	var reply chat.Reply
	for i, text := range v.quoteText(q) {
		t := task{key: key, id: id, do: incident.Note{Text: text}, typed: text}
		if !full {
			t.do = incident.Inform{Text: text}
		}
		if i > 0 {
			t.key += ":" + strconv.Itoa(i+1)
		}
		if !q.At.IsZero() && !q.At.After(v.now) {
			t.occurred = q.At
		}
		next := v.carry(t)
		if !next.Accepted {
			return next
		}
		if i == 0 {
			reply = next
		}
	}
	if len(q.Files) > 0 {
		c := &reply.Cards[len(reply.Cards)-1]
		c.Blocks = append(c.Blocks, chat.Block{Text: v.say("quote.files_named", "files", v.quoteFiles(q)), Small: true})
		c.Buttons = append([]chat.Button{{Label: v.say("button.attach"), Action: v.openAct(formAttach, id, 0, "")}}, c.Buttons...)
	}
	return reply
}

// askQuote asks which incident a quote belongs to, however few there are: a message of another
// channel is easily of another matter.
func (v *visit) askQuote(q chat.Quote) chat.Reply {
	text := incident.Clean(q.Text)
	if !v.known {
		return v.refusal(nil, &incident.Refusal{Key: "refuse.not_known"}, task{typed: clip(text, cardText)})
	}
	mine, _, err := v.service.Incidents(v.ctx, v.who.ID, workflows.Listing{OpenOnly: true, Limit: homeRead})
	if err != nil {
		return v.fault(err, task{typed: clip(text, cardText)})
	}
	mine = slices.DeleteFunc(mine, func(l workflows.Listed) bool { return !l.InCircle(v.who.ID) && !l.ReportedBy(v.who.ID) })
	if len(mine) == 0 {
		reply := v.notice("which.none", typedBlock(v.voice, clip(text, cardText)))
		reply.Cards[0].Buttons = []chat.Button{v.reportButton()}
		return reply
	}
	k := newDraft(formSaid, "", 0, "")
	values := quoteValues(q)
	values[keptKey] = v.r.ID
	if err := v.keepValues(k, values); err != nil {
		return v.fault(err, task{typed: clip(text, cardText)})
	}
	card := chat.Card{Key: "pin:" + k.nonce, Tone: chat.Notice, Mark: v.mark(), Title: v.say("quote.which.title")}
	say := v.say("quote.which")
	if len(mine) > maxChoices {
		mine, say = mine[:maxChoices], v.say("quote.which.more", "word", v.word(string(incident.WordNote)))
	}
	var items []chat.Item
	for _, l := range mine {
		items = append(items, chat.Item{
			Text: titleFor(l.Incident, l.Access, v.who.ID), Small: v.stateLine(l.Incident),
			Buttons: []chat.Button{{Label: string(l.ID), Action: v.act(actPin, l.ID, 0, k.nonce)}},
		})
	}
	card.Blocks = []chat.Block{{Text: say}, {Items: items}}
	if text != "" {
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("quote.heading"), Text: clip(text, cardText), Small: true})
	}
	return chat.Reply{Cards: []chat.Card{card}}
}

// pressedPin writes a kept quote into the record of the chosen incident. The same message in
// two incidents is two entries.
func (v *visit) pressedPin(a action) chat.Reply {
	d, err := v.service.Draft(v.ctx, v.who.ID, saidDraft(a.arg))
	if err != nil && !errors.Is(err, workflows.ErrNotFound) {
		return v.fault(err, task{})
	}
	q, ok := quoteOf(d.Values)
	if err != nil || !ok || a.id == "" || d.Values[keptKey] == "" {
		return v.outdated()
	}
	return v.noteQuote(q, a.id, d.Values[keptKey]+":"+string(a.id))
}

// reportQuoted adds to a report what its form could not hold: the whole of the quoted message,
// and its files, each for itself. The report is accepted already, whatever becomes of them.
func (v *visit) reportQuoted(reply chat.Reply, id incident.ID, q chat.Quote, key, typed string) chat.Reply {
	in, access, err := v.service.Incident(v.ctx, v.who.ID, id)
	if err != nil {
		return v.quoteLost(reply, id, v.say("quote.lost"))
	}
	if longer(q.Text, typed) {
		for i, text := range pieces(v.say("quote.whole", "text", incident.Clean(q.Text)), incident.MaxText) {
			t := task{key: key + ":quote:" + strconv.Itoa(i+1), id: id, do: incident.Inform{Text: text}}
			if access == workflows.AccessFull && in.InCircle(v.who.ID) {
				t.do = incident.Note{Text: text}
			}
			if !q.At.IsZero() && !q.At.After(v.now) {
				t.occurred = q.At
			}
			if next := v.carry(t); !next.Accepted {
				return v.quoteLost(reply, id, v.say("quote.lost"))
			}
		}
	}
	if v.r.Files == nil {
		if len(q.Files) > 0 {
			return v.quoteLost(reply, id, v.say("quote.files_missing", "files", v.quoteFiles(q)))
		}
		return reply
	}
	done, refused, stop := v.takeFiles(task{key: key, id: id, do: incident.Attach{}}, v.quoteSource(q, ""), chat.QuotedFile)
	if stop != nil || len(done)+len(refused) < len(q.Files) {
		refused = append(refused, v.say("quote.files_some", "count", number(len(done)), "of", number(max(len(q.Files), len(done)))))
	}
	switch {
	case len(done) > 0:
		next := v.attachedReply(id, done, refused)
		reply.Cards = append(reply.Cards, next.Cards...)
	case len(refused) > 0:
		return v.quoteLost(reply, id, refused...)
	}
	return reply
}

// quoteLost says what of a quoted message is not recorded, with the way to add it.
func (v *visit) quoteLost(reply chat.Reply, id incident.ID, sentences ...string) chat.Reply {
	var items []chat.Item
	for _, s := range sentences {
		items = append(items, chat.Item{Text: s})
	}
	reply.Cards = append(reply.Cards, chat.Card{
		Key: "quote:" + string(id), Tone: chat.Notice, Mark: v.mark(), Title: v.say("quote.lost.title", "id", string(id)),
		Blocks: []chat.Block{{Items: items}},
		Buttons: []chat.Button{
			{Label: v.say("button.attach"), Action: v.openAct(formAttach, id, 0, ""), Style: chat.Primary},
			{Label: v.say("button.inform"), Action: v.openAct(formInform, id, 0, "")},
		},
	})
	return reply
}

// withQuote adds a quote to values that are kept.
func withQuote(values chat.Values, q *chat.Quote) chat.Values {
	if q == nil {
		return values
	}
	kept := maps.Clone(values)
	maps.Copy(kept, quoteValues(*q))
	return kept
}
