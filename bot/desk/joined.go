package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// JoinedCard renders several messages to one person as one card, the most urgent first: the
// calls of a bad hour. What he may not see any more is left out; it is workflows.ErrNotFound
// when nothing is left.
func (d *Desk) JoinedCard(ctx context.Context, messages []workflows.Message) (chat.Card, error) {
	v := d.voice()
	var list []joined
	for _, m := range messages {
		j, err := v.joinedOf(ctx, m)
		if errors.Is(err, workflows.ErrNotFound) {
			continue
		}
		if err != nil {
			return chat.Card{}, err
		}
		list = append(list, j)
	}
	if len(list) == 0 {
		return chat.Card{}, workflows.ErrNotFound
	}
	card := v.joinedCard(oneEach(list))
	for _, j := range list {
		if j.m.Resent {
			return shown(v.resent(card, j.m)), nil
		}
	}
	return shown(card), nil
}

// joined is one message of several.
type joined struct {
	m    workflows.Message
	in   *incident.Incident
	item chat.Item
	open bool      // it waits for an answer
	card chat.Card // the message on its own, where it is no call
}

func (v voice) joinedOf(ctx context.Context, m workflows.Message) (joined, error) {
	in, access, err := v.service.ForMessage(ctx, m)
	if err != nil {
		return joined{}, err
	}
	if m.Kind == incident.NoticePage {
		if access != workflows.AccessFull {
			return joined{}, workflows.ErrNotFound
		}
		return v.call(in, m), nil
	}
	card, err := v.messageCard(ctx, in, access, m, func(seq int64) (incident.Record, error) { return v.service.Entry(ctx, m.Incident, seq) })
	if err != nil {
		return joined{}, err
	}
	j := joined{m: m, in: in, card: card}
	j.item = chat.Item{Text: card.Title, Small: v.stateLine(in)}
	for _, b := range card.Buttons {
		if b.Page == "" {
			j.open = true
			j.item.Buttons = append(j.item.Buttons, b)
		}
	}
	return j, nil
}

func (v voice) call(in *incident.Incident, m workflows.Message) joined {
	page, called := in.Page(m.To)
	return joined{m: m, in: in, item: v.callItem(in, m.To), open: called && page.Status == incident.PageOpen && !in.Phase.Ended()}
}

// callItem is a call in a line or two, with its buttons or who has answered it.
func (v voice) callItem(in *incident.Incident, p incident.PersonID) chat.Item {
	page, called := in.Page(p)
	item := chat.Item{Text: title(in), Small: v.say("joined.state", "level", v.workingLevel(in), "state", v.whoComes(in))}
	switch {
	case !called || in.Phase.Ended():
		item.Mark, item.Small = v.say("pagestatus.ended"), v.say("joined.state", "level", v.workingLevel(in), "state", v.phase(in.Phase))
	case page.Status != incident.PageOpen:
		item.Mark, item.Small = v.say("pagestatus."+string(page.Status)), v.say("joined.state", "level", v.workingLevel(in), "state", v.pageAnswer(in, page))
	default:
		item.Mark = v.say("joined.waits")
		item.Buttons = v.callButtons(in)
	}
	return item
}

// oneEach leaves one line for each incident and kind: of two calls to the same incident the
// newer tells it all.
func oneEach(list []joined) []joined {
	var out []joined
	for _, j := range list {
		at := slices.IndexFunc(out, func(o joined) bool { return o.m.Kind == j.m.Kind && o.m.Incident == j.m.Incident })
		switch {
		case at < 0:
			out = append(out, j)
		case out[at].m.Seq < j.m.Seq:
			out[at] = j
		}
	}
	slices.SortStableFunc(out, func(a, b joined) int {
		switch {
		case a.open && !b.open:
			return -1
		case b.open && !a.open:
			return 1
		}
		return byUrgency(a.in, b.in)
	})
	return out
}

func (v voice) joinedCard(list []joined) chat.Card {
	if j := list[0]; len(list) == 1 && j.m.Kind == incident.NoticePage {
		return v.pageCard(j.in, j.m)
	} else if len(list) == 1 {
		return j.card
	}
	card := chat.Card{Mark: v.mark(), Tone: chat.Urgent, Whole: v.act(actCalls, "", 0, "")}
	open := 0
	key := list[0].m.Key
	var items []chat.Item
	for _, j := range list {
		items = append(items, j.item)
		key = min(key, j.m.Key)
		if j.open {
			open++
		}
	}
	card.Key = "joined:" + key
	card.Title = v.say("joined.title", "id", string(list[0].in.ID), "count", number(len(list)-1))
	text := v.say("joined.text", "count", number(open))
	if open == 0 {
		card.Tone, text = chat.Plain, v.say("joined.done")
	}
	card.Blocks = []chat.Block{{Text: text}, {Items: items}}
	return card
}

// showCalls gives every call of the one who asks again, those that wait first.
func (v *visit) showCalls() chat.Reply {
	mine, _, err := v.service.Incidents(v.ctx, v.who.ID, workflows.Listing{OpenOnly: true})
	if err != nil {
		return v.fault(err, task{})
	}
	var list []joined
	for _, l := range mine {
		page, called := l.Page(v.who.ID)
		if l.Access != workflows.AccessFull || !called || page.Uncalled {
			continue
		}
		m := workflows.Message{Notice: incident.Notice{Kind: incident.NoticePage, Incident: l.ID, To: v.who.ID, Seq: page.Seq}}
		m.Key = fmt.Sprintf("page:%s:%d:%s", l.ID, page.Seq, v.who.ID)
		list = append(list, v.call(l.Incident, m))
	}
	if len(list) == 0 {
		return v.notice("joined.none", nil)
	}
	return chat.Reply{Cards: []chat.Card{v.joinedCard(oneEach(list))}}
}
