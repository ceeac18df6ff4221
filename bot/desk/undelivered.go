package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// wordUndelivered lists what could not be delivered; actResend has it sent again: arg is the
// number of the message, or all.
const (
	wordUndelivered = "undelivered"
	actResend       = "resend"
	resendAll       = "all"
)

// PathUndelivered is the page of what could not be delivered.
const PathUndelivered = "/undelivered"

// PathUndeliveredBefore is the part that goes on behind a message.
func PathUndeliveredBefore(id int64) string {
	return PathUndelivered + "?before=" + strconv.FormatInt(id, 10)
}

const (
	// maxLost is how many undelivered messages a card shows at once; a page shows pageLost.
	maxLost  = 10
	pageLost = 50
	// homeLost is how far they are counted for Home.
	homeLost = 100
)

// lostReasons are the reasons that have words of their own.
var lostReasons = []string{"unreachable", "timeout", "refused", "stopped"}

// showUndelivered answers 未達: the messages that were given up, a part of them.
func (v *visit) showUndelivered(before int64) chat.Reply {
	card, next, err := v.undelivered(before, maxLost)
	if errors.Is(err, workflows.ErrNotFound) {
		return v.notice("undelivered.not_yours", nil, "people", v.administrators())
	}
	if err != nil {
		return v.fault(err, task{})
	}
	if next != 0 {
		card.Buttons = append(card.Buttons, chat.Button{Label: v.say("button.undelivered_more"), Action: v.act(wordUndelivered, "", 0, strconv.FormatInt(next, 10))})
	}
	card.Buttons = append(card.Buttons, chat.Button{Label: v.say("button.undelivered_page"), Page: PathUndelivered})
	card.Whole = v.act(wordUndelivered, "", 0, strconv.FormatInt(before, 10))
	return chat.Reply{Cards: []chat.Card{card}}
}

// undelivered is a part of the list as a card; next is the last of it where others are behind.
func (v *visit) undelivered(before int64, most int) (card chat.Card, next int64, err error) {
	lost, more, err := v.service.Undelivered(v.ctx, v.who.ID, before, most)
	if err != nil {
		return card, 0, err
	}
	card = chat.Card{Key: "undelivered", Mark: v.mark(), Title: v.say("undelivered.title")}
	if len(lost) == 0 {
		card.Tone, card.Blocks = chat.Good, []chat.Block{{Text: v.say("undelivered.none")}}
		return card, 0, nil
	}
	card.Tone = chat.Notice
	var items []chat.Item
	for _, l := range lost {
		items = append(items, v.lostItem(l))
	}
	card.Blocks = []chat.Block{{Text: v.say("undelivered.text")}, {Items: items}}
	card.Buttons = []chat.Button{{
		Label: v.say("button.resend_all"), Action: v.act(actResend, "", 0, resendAll), Style: chat.Primary, Confirm: v.say("undelivered.confirm_all"),
	}}
	if more {
		next = lost[len(lost)-1].ID
	}
	return card, next, nil
}

// lostItem is one message: what, to whom, about what, since when, why, and what to do.
func (v voice) lostItem(l workflows.Lost) chat.Item {
	about := string(l.Incident)
	switch {
	case about == "":
		about = v.say("undelivered.general")
	case l.Title != "":
		about = about + "　" + clip(l.Title, listedTitle)
	}
	return chat.Item{
		Mark: v.say("undelivered.mark"),
		Text: v.say("undelivered.line", "what", v.lostKind(l.Message), "to", v.receiver(l.Message)),
		Small: v.say("undelivered.about", "about", about, "at", v.when(l.Created)) + "\n" +
			v.say(LostReason(l.Message)),
		Buttons: []chat.Button{{Label: v.say("button.resend"), Action: v.act(actResend, "", 0, strconv.FormatInt(l.ID, 10))}},
	}
}

// listedTitle is how much of a title stands in a line of the list.
const listedTitle = 60

func (v voice) lostKind(m workflows.Message) string {
	kind := v.say("notice." + string(m.Kind))
	if m.Means == incident.ByMail || m.Means == incident.ByPhone {
		return v.say("undelivered.by", "what", kind, "means", v.say("undelivered.means."+string(m.Means)))
	}
	return kind
}

func (v voice) receiver(m workflows.Message) string {
	if m.To == "" {
		return v.channelName(m.Notice)
	}
	return v.person(nil, m.To)
}

// LostReason is the key of the text that says why a message was given up, and what to do.
func LostReason(m workflows.Message) string {
	reason := m.Error
	if !slices.Contains(lostReasons, reason) {
		reason = "other"
	}
	return "undelivered.reason." + reason
}

// pressedResend has one message sent again, or all of them.
func (v *visit) pressedResend(arg string) chat.Reply {
	var ids []int64
	if arg != resendAll {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id <= 0 {
			return v.outdated()
		}
		ids = []int64{id}
	}
	n, err := v.service.SendAgain(v.ctx, "press:"+v.r.ID, v.who.ID, ids)
	switch {
	case errors.Is(err, workflows.ErrNotFound):
		return v.notice("undelivered.not_yours", nil, "people", v.administrators())
	case err != nil:
		return v.fault(err, task{})
	case n == 0:
		return v.notice("undelivered.already", nil)
	}
	reply := v.notice("undelivered.resent", nil, "count", number(n))
	reply.Accepted = true
	reply.Cards[0].Tone = chat.Good
	reply.Cards[0].Buttons = []chat.Button{{Label: v.say("button.undelivered"), Action: v.act(wordUndelivered, "", 0, "")}}
	return reply
}

// homeUndelivered is a line for who can do something about it; nil for everybody else, and
// where all have arrived.
func (v *visit) homeUndelivered() (*chat.Card, error) {
	if !v.service.MayResend(v.who.ID) {
		return nil, nil //nolint:nilnil // there is nothing to show
	}
	lost, more, err := v.service.Undelivered(v.ctx, v.who.ID, 0, homeLost)
	if err != nil || len(lost) == 0 {
		return nil, err
	}
	text := v.say("home.undelivered.text", "count", number(len(lost)))
	if more {
		text = v.say("home.undelivered.many", "count", number(len(lost)))
	}
	return &chat.Card{
		Key: "home:undelivered", Tone: chat.Notice, Title: v.say("home.undelivered"), Blocks: []chat.Block{{Text: text}},
		Buttons: []chat.Button{{Label: v.say("button.undelivered"), Action: v.act(wordUndelivered, "", 0, "")}},
	}, nil
}

// UndeliveredPage is what could not be delivered.
type UndeliveredPage struct {
	Room Room
	Card chat.Card
	// First leads back to the newest, Next on to older ones; empty where there are none.
	First, Next string
}

// Undelivered is a page of what could not be delivered, from behind a message on. ErrNotFound
// for who may not see any.
func (d *Desk) Undelivered(ctx context.Context, who chat.UserID, before string) (UndeliveredPage, error) {
	v := d.visit(ctx, who, "")
	from, err := strconv.ParseInt(before, 10, 64)
	if before != "" && (err != nil || from <= 0) {
		return UndeliveredPage{}, workflows.ErrNotFound
	}
	card, next, err := v.undelivered(from, pageLost)
	if err != nil {
		return UndeliveredPage{}, err
	}
	room, err := v.room()
	page := UndeliveredPage{Room: room, Card: card}
	if before != "" {
		page.First = PathUndelivered
	}
	if next != 0 {
		page.Next = PathUndeliveredBefore(next)
	}
	return shown(page), err
}
