package desk

import (
	"context"
	"slices"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// NotHere is a problem that no platform names: the person has no account on it, as far as the
// contact list and the mail addresses tell.
const NotHere chat.Problem = "not_here"

// problems are those that have a sentence of their own; every other is refused.
var problems = map[chat.Problem]bool{
	chat.ProblemForbidden: true, chat.ProblemGuest: true, chat.ProblemGone: true, chat.ProblemOutside: true,
	chat.ProblemRefused: true, chat.ProblemStays: true, chat.ProblemSeesAll: true, NotHere: true,
}

func known(p chat.Problem) string {
	if !problems[p] {
		p = chat.ProblemRefused
	}
	return string(p)
}

// absentCard says who is not in the incident's channel, why, and what to do; or, where there
// is no channel, how it goes on and what the administrator must change.
func (v voice) absentCard(ctx context.Context, in *incident.Incident, m workflows.Message) (chat.Card, error) {
	kept, front := workflows.PlaceKept{}, m.Front
	var err error
	if m.To == "" {
		kept, _, err = v.service.PlaceOf(ctx, in.ID, front)
	} else {
		kept, front, err = v.service.NoPlace(ctx, in.ID)
	}
	if err != nil {
		return chat.Card{}, err
	}
	on := v.service.Platform(incident.Notice{Front: front})
	card := v.base(in, m, chat.Notice)
	switch {
	case kept.ID == "":
		card.Title = v.say("absent.none.title", "id", string(in.ID), "title", in.Title)
		card.Blocks = []chat.Block{
			{Text: v.say("absent.none")},
			{Heading: v.say("absent.mend"), Text: v.noChannel(on, chat.Problem(kept.Problem))},
		}
	case len(kept.Missing) == 0 && kept.Problem == "":
		card.Tone, card.Blocks = chat.Good, []chat.Block{{Text: v.say("absent.nobody")}}
	default:
		var items []chat.Item
		for _, x := range kept.Missing {
			items = append(items, chat.Item{Mark: v.absentMark(x), Text: v.absentee(in, x.Person), Small: v.absentWhy(x)})
		}
		card.Blocks = []chat.Block{{Text: v.say("absent.text")}}
		if slices.ContainsFunc(kept.Missing, seesAll) {
			card.Blocks = append(card.Blocks, chat.Block{Text: v.say("absent.sees_all")})
		} else if kept.Problem == string(chat.ProblemStays) {
			card.Blocks = append(card.Blocks, chat.Block{Text: v.say("absent.left")})
		} else if kept.Problem != "" {
			card.Blocks = append(card.Blocks, chat.Block{Text: v.noChannel(on, chat.Problem(kept.Problem))})
		}
		if items != nil {
			card.Blocks = append(card.Blocks, chat.Block{Items: items})
		}
	}
	card.Buttons = []chat.Button{v.pageLink(in)}
	return card, nil
}

// noChannel says what the administrator must change so that there are channels again on a
// platform.
func (v voice) noChannel(platform string, p chat.Problem) string {
	if p == chat.ProblemCategory { // one platform alone has them
		return v.say("absent.none.category", "people", v.administrators())
	}
	if p != chat.ProblemForbidden {
		p = chat.ProblemRefused
	}
	key := "absent.none." + string(p)
	if platform == "discord" {
		key += ".discord"
	}
	return v.say(key, "people", v.administrators())
}

// absentee names somebody who is or is not in the channel. Who is not on the contact list is
// known by an ID alone, which says nothing to people.
func (v voice) absentee(in *incident.Incident, p incident.PersonID) string {
	if v.service.Name(in, p) == string(p) {
		return v.say("absent.unlisted")
	}
	return v.person(in, p)
}

// seesAll says that somebody cannot be kept out by any setting of the channel.
func seesAll(a workflows.PlaceMissing) bool { return a.Why == workflows.WhySeesAll }

func (v voice) absentMark(a workflows.PlaceMissing) string {
	if a.Why == string(chat.ProblemStays) || seesAll(a) {
		return v.say("absent.check")
	}
	return v.say("absent.missing")
}

// absentWhy says why somebody is not in the channel and what to do: to phone, where there is
// a number.
func (v voice) absentWhy(a workflows.PlaceMissing) string {
	why := v.say("absent.why." + known(chat.Problem(a.Why)))
	if a.Why == string(chat.ProblemStays) {
		return v.say("absent.stays", "why", why)
	}
	if seesAll(a) {
		return why
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
	which := v.say("share.card", "version", number(in.Reports))
	if in.Reports == 0 { // as the report itself says
		which = v.say("share.card.draft")
	}
	card.Blocks = []chat.Block{{Text: which}, {Text: text, Small: true}}
	card.Buttons = []chat.Button{v.pageLink(in)}
	return card
}
