package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// homeTime is how long Home waits for the database: after that whom to phone, which is in
// memory, helps more than waiting on.
const homeTime = 2 * time.Second

// How much Home shows of each: what is most urgent. The list has everything.
const (
	homeIncidents = maxListed
	homeWaiting   = 20
	homeSteps     = 20
	homeTimes     = 10
	// homeRead is how many incidents are looked through for what is urgent.
	homeRead = 500
)

// Home is what a person finds when he opens the bot without asking anything: how to report,
// what waits for his answer, his steps, his incidents, what happens next, and whom to phone.
// A stranger finds how to report, and nobody's number. The error is the database's: then
// Emergency is what there is to show.
func (d *Desk) Home(ctx context.Context, who chat.UserID) ([]chat.Card, error) {
	ctx, cancel := context.WithTimeout(ctx, homeTime)
	defer cancel()
	v := d.visit(ctx, who, "")
	v.r.From = who
	if !v.known {
		return shown([]chat.Card{v.homeStranger()}), nil
	}
	if v.closedDoor(who) {
		return shown(append(v.closed().Cards, v.homeStranger())), nil
	}
	mine, err := v.mine()
	if err != nil {
		return nil, err
	}
	lost, err := v.homeUndelivered()
	if err != nil {
		return nil, err
	}
	cards := []chat.Card{v.homeTop()}
	for _, c := range []*chat.Card{v.homeAway(), v.homeCalls(mine), lost, v.homeSteps(mine), v.homeIncidents(mine), v.homeTimes(mine)} {
		if c != nil {
			cards = append(cards, *c)
		}
	}
	cards = append(cards, v.homeBottom())
	for i := range cards {
		cards[i].Mark = v.mark()
	}
	return shown(cards), nil
}

// mine lists the open incidents that a person works on or has reported, the most urgent
// first. What an auditor only reads is not his.
func (v *visit) mine() ([]workflows.Listed, error) {
	list, _, err := v.service.Incidents(v.ctx, v.who.ID, workflows.Listing{OpenOnly: true, Limit: homeRead})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(l workflows.Listed) bool {
		return !l.InCircle(v.who.ID) && !l.ReportedBy(v.who.ID)
	})
	slices.SortStableFunc(list, func(a, b workflows.Listed) int { return byUrgency(a.Incident, b.Incident) })
	return list, nil
}

// byUrgency puts the higher level first, and among equals the newer report.
func byUrgency(a, b *incident.Incident) int {
	return cmp.Or(cmp.Compare(b.WorkingLevel(), a.WorkingLevel()), b.ReportedAt.Compare(a.ReportedAt), strings.Compare(string(b.ID), string(a.ID)))
}

func (v *visit) reportButton() chat.Button {
	return chat.Button{Label: v.say("button.report"), Action: v.openAct(formReport, "", 0, ""), Style: chat.Primary}
}

func (v *visit) homeStranger() chat.Card {
	return chat.Card{
		Key: "home", Mark: v.mark(), Title: v.say("home.title"),
		Blocks:  []chat.Block{{Text: v.say("home.text")}, {Text: v.say("home.stranger", "people", v.role(incident.SystemAdmin))}},
		Buttons: []chat.Button{v.reportButton(), {Label: v.say("button.help"), Action: v.act(wordHelp, "", 0, "")}},
	}
}

func (v *visit) homeTop() chat.Card {
	return chat.Card{
		Key: "home", Mark: v.mark(), Title: v.say("home.title"),
		Blocks: []chat.Block{{Text: v.say("home.text")}}, Buttons: []chat.Button{v.reportButton()},
	}
}

// homeCalls is what waits for this person's answer; nil when nothing does.
func (v *visit) homeCalls(mine []workflows.Listed) *chat.Card {
	var items []chat.Item
	called := false
	for _, l := range mine {
		for _, w := range v.waitsFor(l) {
			called = called || w.call
			items = append(items, w.item)
		}
	}
	if items == nil {
		return nil
	}
	card := &chat.Card{Key: "home:calls", Tone: chat.Notice, Title: v.say("home.calls", "count", number(len(items)))}
	if called {
		card.Tone, card.Whole = chat.Urgent, v.act(actCalls, "", 0, "")
	}
	card.Blocks = v.bounded(items, homeWaiting)
	return card
}

// bounded shows the first of some items, and says how many are not shown.
func (v *visit) bounded(items []chat.Item, most int) []chat.Block {
	if len(items) <= most {
		return []chat.Block{{Items: items}}
	}
	return []chat.Block{{Items: items[:most]}, {Text: v.say("home.more", "count", number(len(items)-most)), Small: true}}
}

// wait is one thing that waits for an answer.
type wait struct {
	item chat.Item
	call bool
}

// waitsFor lists what an incident waits for from this person: his calls first.
func (v *visit) waitsFor(l workflows.Listed) []wait {
	var out []wait
	in := l.Incident
	if l.Access == workflows.AccessFull {
		if page, ok := in.Page(v.who.ID); ok && page.Status == incident.PageOpen {
			out = append(out, wait{v.callItem(in, v.who.ID), in.Chased()})
		}
		if h := in.Handover; h != nil && h.To == v.who.ID {
			out = append(out, wait{item: chat.Item{
				Text: title(in), Small: v.say("waiting.handover", "person", v.person(in, h.From)), Buttons: v.handoverButtons(in),
			}})
		}
		if in.Phase == incident.FinalReport && in.Approval == nil && in.May(v.service.People(), v.who.ID, incident.WordApprove) {
			out = append(out, wait{item: chat.Item{Text: title(in), Small: v.say("waiting.approve"), Buttons: v.approveButtons(in)}})
		}
	}
	if in.ReportedBy(v.who.ID) {
		for _, q := range openQuestions(in) {
			out = append(out, wait{item: chat.Item{
				Text:    titleFor(in, l.Access, v.who.ID),
				Small:   clip(q.Text, cardText) + "\n" + v.say("question.from", "person", v.person(in, q.By), "at", v.when(q.At)),
				Buttons: []chat.Button{v.formButton("button.answer", formInform, in, "")},
			}})
		}
	}
	return out
}

// homeSteps are the steps that this person is to do now; nil when there are none.
func (v *visit) homeSteps(mine []workflows.Listed) *chat.Card {
	var items []chat.Item
	for _, l := range mine {
		if l.Access != workflows.AccessFull {
			continue
		}
		for _, s := range l.Steps {
			if v.stepDue(l.Incident, s) && v.stepOf(l.Incident, s, v.who.ID) {
				items = append(items, chat.Item{
					Mark: v.stepMark(l.Incident, s), Text: v.stepLine(s), Small: title(l.Incident), Buttons: v.stepDueButtons(l.Incident, s),
				})
			}
		}
	}
	if items == nil {
		return nil
	}
	return &chat.Card{
		Key: "home:steps", Title: v.say("home.steps", "count", number(len(items))),
		Blocks: v.bounded(items, homeSteps),
	}
}

// stepOf reports whether a step is one person's to do: assigned to him, or of a role that he
// has in this incident.
func (v voice) stepOf(in *incident.Incident, s incident.StepState, p incident.PersonID) bool {
	if s.Assigned != "" {
		return s.Assigned == p
	}
	dir := v.service.People()
	switch s.Role {
	case incident.Discoverer:
		return in.ReportedBy(p)
	case incident.IncidentLead:
		return slices.Contains(in.Leads(dir), p)
	}
	if slices.Contains(dir.Holders(s.Role, in.Reporter().Department), p) {
		return true
	}
	page, called := in.Page(p)
	return called && page.Status == incident.PageAcknowledged && slices.Contains(page.Roles, s.Role)
}

func (v *visit) homeIncidents(mine []workflows.Listed) *chat.Card {
	card := &chat.Card{Key: "home:incidents", Title: v.say("home.incidents", "count", number(len(mine)))}
	if len(mine) == 0 {
		card.Blocks = []chat.Block{{Text: v.say("home.none")}}
		return card
	}
	var items []chat.Item
	for _, l := range mine {
		small := v.stateLine(l.Incident)
		if l.Access == workflows.AccessFull {
			small = v.subLine(l.Incident)
		}
		items = append(items, chat.Item{
			Text: titleFor(l.Incident, l.Access, v.who.ID), Small: small,
			Buttons: []chat.Button{{Label: v.say("button.open"), Action: v.act(wordStatus, l.ID, 0, "")}},
		})
	}
	card.Blocks = v.bounded(items, homeIncidents)
	return card
}

// homeTimes is what happens by itself next, the soonest first; nil when nothing does.
func (v *visit) homeTimes(mine []workflows.Listed) *chat.Card {
	var pairs []chat.Pair
	for _, l := range mine {
		if l.Access != workflows.AccessFull {
			continue
		}
		if due, ok := v.service.Rules(l.Incident).Paging.Round(l.Incident, v.service.People()); ok && due.After(v.now) {
			pairs = append(pairs, chat.Pair{Label: v.say("home.round", "id", string(l.ID)), Value: v.when(due), At: due})
		}
	}
	if pairs == nil {
		return nil
	}
	slices.SortStableFunc(pairs, func(a, b chat.Pair) int { return a.At.Compare(b.At) })
	return &chat.Card{
		Key: "home:times", Title: v.say("home.times"),
		Blocks: []chat.Block{{Fields: pairs[:min(len(pairs), homeTimes)]}},
	}
}

func (v *visit) homeBottom() chat.Card {
	card := chat.Card{Key: "home:phones", Title: v.say("home.phones"), Blocks: v.emergencyPhones(nil)}
	for i := range card.Blocks {
		card.Blocks[i].Heading = "" // the title says it
	}
	card.Buttons = []chat.Button{
		{Label: v.say("button.contacts"), Action: v.act(wordContacts, "", 0, "")},
		{Label: v.say("button.list"), Action: v.act(wordList, "", 0, "")},
		v.awayListButton(),
		{Label: v.say("button.help"), Action: v.act(wordHelp, "", 0, "")},
	}
	if v.signIn != nil {
		card.Buttons = append(card.Buttons, chat.Button{Label: v.say("button.web"), Action: v.act(wordWeb, "", 0, "")})
	}
	return card
}
