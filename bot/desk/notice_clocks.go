package desk

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// toldOfClocks is what one person is told of clocks, before it is a message.
type toldOfClocks struct {
	title string // its key; empty: that of every message of clocks
	text  string
	tone  chat.Tone
	rules []incident.Rule
	began bool // they began or changed: nobody can have done anything about them yet
	// gone says that it is told although none of them is open any more: it is what it is about.
	gone bool
	// judged says that it tells what somebody has judged, whatever becomes of it afterwards.
	judged bool
}

// clocksNotice tells one person of clocks: those he is in charge of that began or changed, a
// reminder of some, what is overdue, or what somebody judged, or took back.
func (v voice) clocksNotice(ctx context.Context, in *incident.Incident, m workflows.Message, r incident.Record) (chat.Card, error) {
	byMail := m.By() == incident.ByMail
	if byMail && !m.FirstSent.IsZero() {
		return chat.Card{}, workflows.ErrSettled // a letter is not brought up to date, and says it once
	}
	var told toldOfClocks
	var err error
	switch e := r.Event.(type) {
	case incident.ClocksDrawn:
		told = v.clocksDrawn(in, m, r, e)
	case incident.ClocksReminded:
		told = v.clocksReminded(in, m, e)
	case incident.ClockSettled:
		told, err = v.clockJudged(in, m, r, e)
	case incident.ClockReopened:
		told, err = v.judgementTakenBack(ctx, in, m, r, e)
	}
	if err != nil {
		return chat.Card{}, err
	}
	var clocks []incident.Clock
	for _, rule := range told.rules {
		if c, ok := in.Clock(rule); ok {
			clocks = append(clocks, c)
		}
	}
	if len(clocks) == 0 {
		return chat.Card{}, workflows.ErrSettled // somebody else is in charge now
	}
	slices.SortStableFunc(clocks, v.compareClocks)
	unsure := slices.ContainsFunc(clocks, func(c incident.Clock) bool { return c.Open() && c.Provisional })
	card := v.base(in, m, chat.Notice)
	name := called(in, v.access(in, m.To), m.To)
	if byMail { // others may read it: nothing that somebody typed is in it
		name = v.workingLevel(in)
		card.Title = v.say("notice.clocks.title", "id", string(in.ID), "title", name)
	}
	card.Whole = v.wholeTold(m)
	card.Buttons = []chat.Button{v.clocksButton(in), v.pageLink(in)}
	if unsure {
		card.Buttons = append(v.legalButtons(in), card.Buttons...)
	}
	if told.tone != "" {
		card.Tone = told.tone
	}
	if told.title != "" {
		card.Title = v.say(told.title, "id", string(in.ID), "title", name)
	}
	text := told.text
	if !told.judged && (in.Phase.Ended() || !told.gone && !slices.ContainsFunc(clocks, incident.Clock.Open)) {
		if m.FirstSent.IsZero() {
			return chat.Card{}, workflows.ErrSettled // nobody need hear of it for the first time
		}
		card.Tone, card.Title = chat.Plain, v.say("notice.clocks.title", "id", string(in.ID), "title", name)
		text = v.clocksOver(in)
		if in.Phase.Ended() { // what became of each stands behind the button
			card.Blocks = []chat.Block{{Text: text}}
			return card, nil
		}
	}
	if !told.judged && unsure {
		text += "\n" + v.say("notice.clocks.provisional")
	}
	if byMail {
		card.Blocks = []chat.Block{{Text: text}, {Items: v.clocksWritten(clocks)}, {Text: v.say("notice.clocks.by_mail")}, v.adviceBlock()}
		card.Buttons = []chat.Button{v.pageLink(in)}
		return card, nil
	}
	card.Blocks = []chat.Block{{Text: text}, {Items: v.clocksTold(in, clocks, m.To, told.began)}, v.adviceBlock()}
	return card, nil
}

// clocksWritten lists the clocks of a letter: all of them, since nothing can be pressed there to
// see more, and of each no more than its name, by when it is and whether it is certain.
func (v voice) clocksWritten(clocks []incident.Clock) (items []chat.Item) {
	for _, c := range clocks {
		item := chat.Item{Text: v.ruleTitle(c.Rule), Small: report.Until(c.Duty, v.say)}
		if c.Provisional && c.Open() {
			item.Small = v.say("log.clocks_drawn.provisional", "until", item.Small)
		}
		if !c.Open() {
			item.Mark = v.say("clockstatus." + string(c.Status))
		}
		items = append(items, item)
	}
	return items
}

// clocksDrawn tells of clocks that began or changed; and whom it concerns, of those of a statute
// that nothing asks for any more, or whose days are later.
func (v voice) clocksDrawn(in *incident.Incident, m workflows.Message, r incident.Record, e incident.ClocksDrawn) toldOfClocks {
	told := toldOfClocks{began: true}
	for _, d := range slices.Concat(e.Started, e.Changed) {
		if slices.Contains(in.ClockOwners(v.service.People(), d, r.At), m.To) {
			told.rules = append(told.rules, d.Rule)
		}
	}
	drawn, eased, again := "notice.clocks.drawn", "notice.clocks.eased", "notice.clocks.again"
	if m.By() == incident.ByMail { // the answers that it rests on tell what happened
		drawn, eased, again = "notice.clocks.drawn_letter", "notice.clocks.eased_letter", "notice.clocks.again_letter"
	}
	because := v.tongue(in).DrawnBecause(e)
	told.text = v.say(drawn, "because", because)
	if told.rules == nil && len(e.Again) > 0 && slices.Contains(in.Chain(v.service.People(), incident.Representative), m.To) {
		told.rules, told.text = e.Again, v.say(again, "because", because) // he was shown that they were settled
	}
	if gone := easedFor(in, e, r, len(told.rules) > 0); gone != nil {
		told.gone, told.rules = true, append(gone, told.rules...)
		told.title, told.text = "notice.clocks.eased.title", v.say(eased, "because", because)
	}
	return told
}

// clocksReminded reminds of clocks, and says which are due today or overdue.
func (v voice) clocksReminded(in *incident.Incident, m workflows.Message, e incident.ClocksReminded) toldOfClocks {
	told := toldOfClocks{text: v.say("notice.clocks.remind")}
	for _, x := range e.List {
		if !slices.Contains(x.To, m.To) {
			continue
		}
		told.rules = append(told.rules, x.Rule)
		c, _ := in.Clock(x.Rule)
		switch {
		case x.Overdue:
			told.tone, told.title, told.text = chat.Urgent, "notice.clocks.overdue", v.say("notice.clocks.late")
		case told.tone != chat.Urgent && c.Open() && onLastDay(c, x.At):
			told.tone, told.title, told.text = chat.Urgent, "notice.clocks.today", v.say("notice.clocks.last_day")
		}
	}
	return told
}

// clockJudged tells that somebody judged a duty of a statute 不要, or that telling the 委託元 is
// enough.
func (v voice) clockJudged(in *incident.Incident, m workflows.Message, r incident.Record, e incident.ClockSettled) (toldOfClocks, error) {
	undone := slices.Contains(in.Undone, r.Seq)
	if undone && m.FirstSent.IsZero() {
		return toldOfClocks{}, workflows.ErrSettled // he never heard of it
	}
	told := toldOfClocks{judged: true, rules: []incident.Rule{e.Rule}}
	told.title, told.text = "notice.clocks.unneeded", v.say("notice.clocks.judged", "person", v.author(in, r))
	if e.How == incident.ClockPassed {
		told.title, told.text = "notice.clocks.passed", v.say("notice.clocks.judged_passed", "person", v.author(in, r))
	}
	if undone {
		told.text = v.say("notice.clocks.undone")
	}
	return told, nil
}

// judgementTakenBack tells that such a judgement was taken back.
func (v voice) judgementTakenBack(ctx context.Context, in *incident.Incident, m workflows.Message, r incident.Record, e incident.ClockReopened) (toldOfClocks, error) {
	if unheard, err := v.judgedUnheard(ctx, m); err != nil || unheard {
		return toldOfClocks{}, cmp.Or(err, workflows.ErrSettled)
	}
	return toldOfClocks{
		title: "notice.clocks.reopened", text: v.say("notice.clocks.taken_back", "at", v.when(r.At), "person", v.author(in, r)),
		rules: []incident.Rule{e.Rule},
	}, nil
}

// clocksOver says why nothing is left of what a message told.
func (v voice) clocksOver(in *incident.Incident) string {
	switch {
	case in.MergedInto != "":
		return v.say("notice.clocks.merged", "id", string(in.MergedInto))
	case in.Phase == incident.Dismissed:
		return v.say("notice.clocks.dismissed")
	}
	return v.say("notice.clocks.over")
}

// clocksTold lists the clocks of a message; of those that only began, the nearest.
func (v voice) clocksTold(in *incident.Incident, clocks []incident.Clock, to incident.PersonID, began bool) (items []chat.Item) {
	for i, c := range clocks {
		if began && i == manyClocks {
			return append(items, chat.Item{Text: v.say("notice.clocks.more", "count", number(len(clocks)-i))})
		}
		items = append(items, v.clockTold(in, c, to, began))
	}
	return items
}

// judgedUnheard reports whether a message that a judgement was taken back, which nobody has had yet,
// goes to somebody whom the judgement itself never reached: to him nothing has happened, and a night
// is not to be broken for it.
func (v voice) judgedUnheard(ctx context.Context, m workflows.Message) (bool, error) {
	if !m.FirstSent.IsZero() {
		return false, nil
	}
	// What sets something back stands right behind the entry that says what was taken back.
	before, err := v.service.Entry(ctx, m.Incident, m.Seq-1)
	if err != nil {
		return false, err
	}
	undone, ok := before.Event.(incident.Undone)
	if !ok {
		return false, nil
	}
	return v.service.Unheard(ctx, m.Kind, m.Incident, undone.Seq, m.To)
}

// easedFor names the clocks of a statute that were firm, or overdue, or that a ヒヤリハット has ended,
// and that nothing asks for any more; and, to who is in charge of none that changed, all of a statute whose days changed.
func easedFor(in *incident.Incident, e incident.ClocksDrawn, r incident.Record, inCharge bool) (rules []incident.Rule) {
	for _, rule := range e.Lapsed {
		c, _ := in.Clock(rule)
		firm := !c.Provisional || !c.DueAt.IsZero() && r.At.After(c.DueAt)
		if c.Law && (firm || in.CalledOff(r.Seq)) {
			rules = append(rules, rule)
		}
	}
	for _, d := range e.Changed {
		if d.Law && !inCharge {
			rules = append(rules, d.Rule)
		}
	}
	return rules
}

// clockTold is a clock in a message to one person. He is not told that it is his own; and of
// one that only began nobody can have done anything yet.
func (v voice) clockTold(in *incident.Incident, c incident.Clock, to incident.PersonID, began bool) chat.Item {
	item := v.clockItem(in, c)
	if c.Open() && slices.Contains(in.ClockOwners(v.service.People(), c.Duty, v.now), to) {
		item.Small = report.Until(c.Duty, v.say)
		if c.Provisional {
			item.Small = v.say("log.clocks_drawn.provisional", "until", item.Small)
		}
	}
	if began && c.Open() {
		item.Buttons = item.Buttons[len(item.Buttons)-1:]
	}
	return item
}

// onLastDay reports whether a clock was reminded of on its last day: a reminder of the day before
// does not become another one by the night that has passed.
func onLastDay(c incident.Clock, at time.Time) bool {
	return !c.DueAt.IsZero() && at.In(incident.Tokyo).Format(time.DateOnly) == c.DueAt.In(incident.Tokyo).Format(time.DateOnly)
}
