package desk

import (
	"context"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Absence is what is not as it ought to be about an incident's channel.
type Absence struct {
	// Problem is why there is no channel at all, or "".
	Problem chat.Problem
	// Missing are those who belong in the channel and are not there; with ProblemStays, those
	// who do not belong there and are.
	Missing []Absent
}

// Absent is one person of an Absence.
type Absent struct {
	Person incident.PersonID
	Why    chat.Problem
}

// NotHere is a problem that no platform names: the person has no account on it, as far as the
// contact list and the mail addresses tell.
const NotHere chat.Problem = "not_here"

// problems are those that have a sentence of their own; every other is refused.
var problems = map[chat.Problem]bool{
	chat.ProblemForbidden: true, chat.ProblemGuest: true, chat.ProblemGone: true, chat.ProblemOutside: true,
	chat.ProblemRefused: true, chat.ProblemStays: true, NotHere: true,
}

func known(p chat.Problem) string {
	if !problems[p] {
		p = chat.ProblemRefused
	}
	return string(p)
}

// AbsentCard says who is not in the incident's channel, why, and what to do; or, where there
// is no channel, how it goes on and what the administrator must change. Like Card it is
// workflows.ErrNotFound for who may not see the incident any more.
func (d *Desk) AbsentCard(ctx context.Context, m workflows.Message, a Absence) (chat.Card, error) {
	in, access, err := d.service.ForMessage(ctx, m)
	if err != nil {
		return chat.Card{}, err
	}
	if access != workflows.AccessFull {
		return chat.Card{}, workflows.ErrNotFound
	}
	v := d.voice()
	return shown(v.resent(v.absentCard(in, m, a), m)), nil
}

func (v voice) absentCard(in *incident.Incident, m workflows.Message, a Absence) chat.Card {
	card := v.base(in, m, chat.Notice)
	switch {
	case a.Problem != "":
		card.Title = v.say("absent.none.title", "id", string(in.ID), "title", in.Title)
		card.Blocks = []chat.Block{
			{Text: v.say("absent.none")},
			{Heading: v.say("absent.mend"), Text: v.noChannel(a.Problem)},
		}
	case len(a.Missing) == 0:
		card.Tone, card.Blocks = chat.Good, []chat.Block{{Text: v.say("absent.nobody")}}
	default:
		var items []chat.Item
		for _, x := range a.Missing {
			items = append(items, chat.Item{Mark: v.absentMark(x), Text: v.person(in, x.Person), Small: v.absentWhy(x)})
		}
		card.Blocks = []chat.Block{{Text: v.say("absent.text")}, {Items: items}}
	}
	card.Buttons = []chat.Button{v.pageLink(in)}
	return card
}

// noChannel says what the administrator must change so that there are channels again.
func (v voice) noChannel(p chat.Problem) string {
	switch p {
	case chat.ProblemForbidden, chat.ProblemGone:
	default:
		p = chat.ProblemRefused
	}
	return v.say("absent.none."+string(p), "people", v.administrators())
}

func (v voice) absentMark(a Absent) string {
	if a.Why == chat.ProblemStays {
		return v.say("absent.check")
	}
	return v.say("absent.missing")
}

// absentWhy says why somebody is not in the channel and what to do: to phone, where there is
// a number.
func (v voice) absentWhy(a Absent) string {
	why := v.say("absent.why." + known(a.Why))
	if a.Why == chat.ProblemStays {
		return v.say("absent.stays", "why", why)
	}
	if p, ok := v.service.Contacts().Person(a.Person); ok && p.Active && p.Phone != "" {
		return v.say("absent.phone", "why", why, "phone", p.Phone)
	}
	return v.say("absent.tell", "why", why)
}

// reportCard goes with the report in the incident's channel.
func (v voice) reportCard(in *incident.Incident, m workflows.Message) chat.Card {
	card := v.base(in, m, chat.Plain)
	text := v.say("reports.text")
	if in.Approval == nil {
		text = v.say("reports.draft")
	}
	card.Blocks = []chat.Block{{Text: v.say("share.card", "version", number(in.Reports))}, {Text: text, Small: true}}
	card.Buttons = []chat.Button{v.pageLink(in)}
	return card
}
