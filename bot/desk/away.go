package desk

import (
	"errors"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// Absences: 不在 as a word, as a form and as buttons.

const (
	wordAway   = "away"
	actAwayOff = "away_off" // take an absence back: arg is its first day, and after a dot whose it is
)

// aboutAway reports whether what follows the word can be meant as an absence; anything else is
// rather a report that begins so.
func (v vocabulary) aboutAway(rest string) bool {
	first, _ := cut(rest)
	return v.off[fold(first)] || dayWritten.MatchString(fold(rest))
}

// away answers 不在.
func (v *visit) away(r reading, key string) chat.Reply {
	if !v.known {
		return v.refusal(nil, &incident.Refusal{Key: "refuse.not_known"}, task{})
	}
	if r.meaning == meansAlmost || r.rest == "" {
		return v.showAway()
	}
	if first, after := cut(r.rest); v.vocabulary.off[fold(first)] {
		return v.awayOffTyped(after, key)
	}
	o := v.readAway(r.rest)
	if o.wrong != nil {
		return v.openTyped(newDraft(formAway, "", 0, ""), order{values: o.values, wrong: o.wrong}, r.rest)
	}
	return v.setAway(key, o, nil, r.rest)
}

// awayOrder is an absence as it was typed.
type awayOrder struct {
	person  incident.PersonID
	absence contact.Absence
	values  chat.Values       // for the form
	wrong   map[string]string // input → what is wrong
}

func (o *awayOrder) blame(input, sentence string) {
	if o.wrong == nil {
		o.wrong = map[string]string{}
	}
	if o.wrong[input] == "" {
		o.wrong[input] = sentence
	}
}

// periodTokens is how many words a period may be typed in: 2026/12/29 〜 2027/1/3 まで.
const periodTokens = 5

// readAway reads 「12/29-1/3 鈴木」, and 「佐藤 12/29-1/3 鈴木」 for somebody else.
func (v *visit) readAway(rest string) awayOrder {
	o := awayOrder{person: v.who.ID, values: chat.Values{}}
	tokens := strings.Fields(rest)
	var period contact.Period
	err := contact.ErrPeriodShape
	from, to := len(tokens), len(tokens)
search:
	for i := range tokens {
		for j := min(len(tokens), i+periodTokens); j > i; j-- {
			p, e := contact.ReadPeriod(strings.Join(tokens[i:j], " "))
			if !errors.Is(e, contact.ErrPeriodShape) {
				period, err, from, to = p, e, i, j
				break search
			}
		}
	}
	if err != nil {
		o.blame(inputAwayFrom, v.say(periodWrong(err)))
	} else {
		o.absence = period.On(v.now)
		o.values[inputAwayFrom], o.values[inputAwayTo] = o.absence.From, o.absence.To
	}
	if from < len(tokens) {
		if whose := strings.Join(tokens[:from], " "); whose != "" {
			o.person = v.named(&o, inputPerson, whose)
		}
		if deputy := v.withoutLabel(strings.Join(tokens[to:], " ")); deputy != "" {
			o.absence.Deputy = v.named(&o, inputAwayDeputy, deputy)
		}
	}
	return o
}

func periodWrong(err error) string {
	switch {
	case errors.Is(err, contact.ErrPeriodDay):
		return "refuse.away_days"
	case errors.Is(err, contact.ErrPeriodOrder):
		return "refuse.away_order"
	}
	return "refuse.away_shape"
}

// withoutLabel leaves out a word like 代理 in front of a name.
func (v *visit) withoutLabel(s string) string {
	for _, lang := range templates.Languages {
		for label := range strings.SplitSeq(v.texts.Say(lang, "away.deputy_labels"), ",") {
			rest, ok := strings.CutPrefix(strings.ToLower(s), strings.ToLower(label))
			if rest = strings.TrimLeft(rest, " 　:："); ok && rest != "" && len(rest) < len(s)-len(label) {
				return s[len(s)-len(rest):]
			}
		}
	}
	return s
}

// named finds who a typed name means, and says so where that is not one person.
func (v *visit) named(o *awayOrder, input, name string) incident.PersonID {
	o.values[input] = name
	a := &answers{Values: chat.Values{input: name}}
	p := v.one(a, input)
	for at, what := range a.wrong {
		o.blame(at, what)
	}
	if p != "" {
		o.values[input] = string(p)
	}
	return p
}

// setAway notes an absence and says what came of it.
func (v *visit) setAway(key string, o awayOrder, sent *sentForm, typed string) chat.Reply {
	out, err := v.service.SetAbsence(v.ctx, key, v.who.ID, o.person, o.absence)
	if err != nil {
		return v.fault(err, task{typed: typed, sent: sent})
	}
	if out.Refusal == nil {
		return v.awaySet(out)
	}
	input, sentence := awayBlamed(out.Refusal.Key), v.sentence(nil, out.Refusal)
	switch {
	case sent != nil:
		return v.wrongForm(sent, map[string]string{input: sentence})
	case input == inputPerson:
		return v.refusal(nil, out.Refusal, task{typed: typed})
	}
	return v.openTyped(newDraft(formAway, "", 0, ""), order{values: o.values, wrong: map[string]string{input: sentence}}, typed)
}

// awayBlamed is the input that a refusal is about.
func awayBlamed(key string) string {
	switch key {
	case "refuse.away_self", "refuse.away_deputy_unknown", "refuse.away_deputy_away":
		return inputAwayDeputy
	case "refuse.away_order", "refuse.away_past", "refuse.away_far":
		return inputAwayTo
	case "refuse.away_days":
		return inputAwayFrom
	}
	return inputPerson
}

// awaySet answers an absence that was noted.
func (v *visit) awaySet(out workflows.AbsenceDone) chat.Reply {
	own := out.Person == v.who.ID
	card := chat.Card{Key: "away:" + string(out.Person), Tone: chat.Good, Mark: v.mark(), Title: v.say("away.set.title", "days", v.days(out.Absence))}
	if !own {
		card.Title = v.say("away.set.other", "person", v.person(nil, out.Person), "days", v.days(out.Absence))
	}
	text := v.say("away.set.next")
	if out.Absence.Deputy != "" {
		text = v.say("away.set.deputy", "deputy", v.person(nil, out.Absence.Deputy))
	}
	card.Blocks = []chat.Block{{Text: text}}
	if len(out.Replaced) > 0 {
		var before []string
		for _, a := range out.Replaced {
			before = append(before, v.daysWithDeputy(a))
		}
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("away.replaced", "before", v.join(before))})
	}
	if len(out.StandsFor) > 0 {
		card.Tone = chat.Notice
		card.Blocks = append(card.Blocks, chat.Block{Text: v.say("away.stands_for", "people", v.persons(nil, out.StandsFor))})
	}
	if len(out.Open) > 0 {
		card.Tone = chat.Notice
		card.Blocks = append(card.Blocks, v.awayOpen(out)...)
	}
	card.Buttons = []chat.Button{v.awayOffButton(contact.Absent{Person: out.Person, Absence: out.Absence}), v.awayListButton()}
	return chat.Reply{Accepted: true, Cards: []chat.Card{card}}
}

// awayOpen says what waits for somebody who goes away, with the way to hand it over. Nothing
// of it changes by the absence.
func (v *visit) awayOpen(out workflows.AbsenceDone) []chat.Block {
	heading := v.say("away.open")
	if out.Person != v.who.ID {
		heading = v.say("away.open.other", "person", v.person(nil, out.Person))
	}
	var items []chat.Item
	for _, id := range out.Open[:min(len(out.Open), homeIncidents)] {
		item := chat.Item{Text: string(id), Buttons: []chat.Button{{Label: v.say("button.open"), Action: v.act(wordStatus, id, 0, "")}}}
		if out.Person == v.who.ID {
			item.Buttons = append(item.Buttons, chat.Button{Label: v.say("button.handover"), Action: v.openAct(formHandover, id, 0, "")})
		}
		items = append(items, item)
	}
	return append([]chat.Block{{Heading: heading, Items: items}}, chat.Block{Text: v.say("away.open.note"), Small: true})
}

// showAway answers 不在 alone: the own absences, who is away now, and the form.
func (v *visit) showAway() chat.Reply {
	if !v.known {
		return v.refusal(nil, &incident.Refusal{Key: "refuse.not_known"}, task{})
	}
	list, err := v.service.Absences(v.ctx, v.who.ID)
	if err != nil {
		return v.fault(err, task{})
	}
	card := chat.Card{Key: "away", Mark: v.mark(), Title: v.say("away.title"), Whole: v.act(wordAway, "", 0, "")}
	var own, others []chat.Item
	today := contact.Day(v.now)
	for _, a := range list {
		switch {
		case a.Person == v.who.ID:
			own = append(own, v.awayItem(a, v.daysWithDeputy(a.Absence)))
		case a.On(today):
			others = append(others, v.awayItem(a, v.say("away.other", "person", v.person(nil, a.Person), "until", v.untilWithDeputy(a.Person, a.Absence))))
		}
	}
	mine := chat.Block{Heading: v.say("away.own"), Items: own}
	if own == nil {
		mine.Text = v.say("away.none")
	}
	card.Blocks = []chat.Block{mine}
	if others != nil {
		most := others[:min(len(others), homeWaiting)]
		card.Blocks = append(card.Blocks, chat.Block{Heading: v.say("away.now", "count", number(len(others))), Items: most})
	}
	card.Blocks = append(card.Blocks, chat.Block{Text: v.say("away.how"), Small: true})
	card.Buttons = []chat.Button{v.awayFormButton()}
	return chat.Reply{Cards: []chat.Card{card}}
}

func (v *visit) awayItem(a contact.Absent, text string) chat.Item {
	item := chat.Item{Text: text}
	switch {
	case !a.Told:
		item.Small = v.say("away.listed")
	case v.service.MayTellAbsence(v.who.ID, a.Person):
		item.Buttons = []chat.Button{v.awayOffButton(a)}
	}
	return item
}

func (v voice) awayListButton() chat.Button {
	return chat.Button{Label: v.say("button.away_list"), Action: v.act(wordAway, "", 0, "")}
}

func (v voice) awayFormButton() chat.Button {
	return chat.Button{Label: v.say("button.away"), Action: v.openAct(formAway, "", 0, ""), Style: chat.Primary}
}

func awayArg(a contact.Absent) string { return a.From + "." + string(a.Person) }

func (v voice) awayOffButton(a contact.Absent) chat.Button {
	return chat.Button{Label: v.say("button.away_off"), Action: v.act(actAwayOff, "", 0, awayArg(a))}
}

// awayOff takes back the absence of a button. A press that comes again is answered as the first.
func (v *visit) awayOff(a action) chat.Reply {
	from, person, ok := strings.Cut(a.arg, ".")
	if !ok { // of a long ID the button has a digest
		list, err := v.service.Absences(v.ctx, v.who.ID)
		if err != nil {
			return v.fault(err, task{})
		}
		at := slices.IndexFunc(list, func(x contact.Absent) bool { return short(awayArg(x)) == a.arg })
		if at < 0 {
			return v.outdated()
		}
		from, person = list[at].From, string(list[at].Person)
	}
	return v.dropAway(v.r.ID, incident.PersonID(person), from)
}

func (v *visit) dropAway(key string, person incident.PersonID, from string) chat.Reply {
	out, err := v.service.DropAbsence(v.ctx, key, v.who.ID, person, from)
	if err != nil {
		return v.fault(err, task{})
	}
	if out.Refusal != nil {
		reply := v.refusal(nil, out.Refusal, task{})
		if v.known {
			reply.Cards[0].Buttons = append(reply.Cards[0].Buttons, v.awayListButton())
		}
		return reply
	}
	card := chat.Card{Key: "away:" + string(person), Tone: chat.Good, Mark: v.mark(), Title: v.say("away.dropped.title", "days", v.days(out.Absence))}
	if person != v.who.ID {
		card.Title = v.say("away.dropped.other", "person", v.person(nil, person), "days", v.days(out.Absence))
	}
	text := v.say("away.dropped")
	for _, a := range v.service.Contacts().Absences(v.now) {
		if a.Person == person && !a.Told && a.Overlaps(out.Absence) {
			text = v.say("away.dropped.listed", "days", v.days(a.Absence))
		}
	}
	card.Blocks = []chat.Block{{Text: text}}
	card.Buttons = []chat.Button{v.awayListButton()}
	return chat.Reply{Accepted: true, Cards: []chat.Card{card}}
}

// awayOffTyped reads 「不在 取消」, with a day or a period where there are several.
func (v *visit) awayOffTyped(rest, key string) chat.Reply {
	list, err := v.service.Absences(v.ctx, v.who.ID)
	if err != nil {
		return v.fault(err, task{})
	}
	period, err := contact.ReadPeriod(rest)
	if rest != "" && err != nil {
		return v.refusal(nil, &incident.Refusal{Key: periodWrong(err)}, task{typed: rest})
	}
	var own []contact.Absent
	for _, a := range list {
		if a.Person == v.who.ID && (rest == "" || a.Overlaps(period.On(v.now))) {
			own = append(own, a)
		}
	}
	if len(own) > 1 {
		// What the list of contacts says cannot be taken back here anyway.
		if told := slices.DeleteFunc(slices.Clone(own), func(a contact.Absent) bool { return !a.Told }); len(told) > 0 {
			own = told
		}
	}
	switch len(own) {
	case 0:
		// A repeated delivery of what has been done finds its answer under its key.
		return v.dropAway(key, v.who.ID, "")
	case 1:
		return v.dropAway(key, v.who.ID, own[0].From)
	}
	card := chat.Card{Key: "away:which", Tone: chat.Notice, Mark: v.mark(), Title: v.say("away.which")}
	var items []chat.Item
	for _, a := range own {
		items = append(items, v.awayItem(a, v.daysWithDeputy(a.Absence)))
	}
	card.Blocks = []chat.Block{{Items: items}}
	return chat.Reply{Cards: []chat.Card{card}}
}

// homeAway reminds somebody who is away of it; nil for everybody else.
func (v *visit) homeAway() *chat.Card {
	a, away := v.service.Contacts().AbsenceAt(v.who.ID, v.now)
	if !away {
		return nil
	}
	card := &chat.Card{Key: "home:away", Tone: chat.Notice, Title: v.say("away.home.title", "until", v.dayIn(a.To))}
	text := v.say("away.home.next")
	if deputy, _ := v.service.Contacts().Away(v.who.ID, v.now); deputy != "" {
		text = v.say("away.home.deputy", "deputy", v.person(nil, deputy))
	}
	card.Blocks = []chat.Block{{Text: text}}
	// Of the list's and the told one that counts; taking back the list's says where it is changed.
	card.Buttons = []chat.Button{v.awayOffButton(contact.Absent{Person: v.who.ID, Absence: a}), v.awayListButton()}
	return card
}

// absent marks somebody who is away now: until when, and who stands in; "" for everybody else.
func (v voice) absent(p incident.PersonID) string {
	a, away := v.service.Contacts().AbsenceAt(p, v.now)
	if !away {
		return ""
	}
	return v.say("away.mark", "until", v.untilWithDeputy(p, a))
}

// withAbsence adds to what is said of somebody that he is away.
func (v voice) withAbsence(p incident.PersonID, text string) string {
	if mark := v.absent(p); mark != "" {
		return v.say("away.with", "text", text, "mark", mark)
	}
	return text
}

// untilWithDeputy says until when somebody is away, and who is called for him now.
func (v voice) untilWithDeputy(p incident.PersonID, a contact.Absence) string {
	until := v.say("away.until", "day", v.dayIn(a.To))
	if deputy, _ := v.service.Contacts().Away(p, v.now); deputy != "" {
		return v.say("away.with_deputy", "days", until, "deputy", v.person(nil, deputy))
	}
	return until
}

func (v voice) daysWithDeputy(a contact.Absence) string {
	if a.Deputy == "" {
		return v.days(a)
	}
	return v.say("away.with_deputy", "days", v.days(a), "deputy", v.person(nil, a.Deputy))
}

// days prints from when until when.
func (v voice) days(a contact.Absence) string {
	if a.From == a.To {
		return v.dayIn(a.From)
	}
	return v.say("away.days", "from", v.dayIn(a.From), "to", v.dayIn(a.To))
}

// dayIn prints a day, with the year when it is another one.
func (v voice) dayIn(date string) string {
	t, err := time.ParseInLocation(time.DateOnly, date, incident.Tokyo)
	if err != nil {
		return date
	}
	key := "away.day"
	if t.Year() != v.now.In(incident.Tokyo).Year() {
		key = "away.day_year"
	}
	return v.say(key, "year", number(t.Year()), "month", v.say("time.month."+number(int(t.Month()))),
		"day", number(t.Day()), "weekday", v.say("time.weekday."+number(int(t.Weekday()))))
}

// thereFirst puts whoever stands in for somebody away into his place, and those who are away
// last: when nobody else has a phone they are phoned all the same.
func (v voice) thereFirst(line []incident.PersonID) []incident.PersonID {
	var there, gone []incident.PersonID
	for _, p := range line {
		deputy, away := v.service.Contacts().Away(p, v.now)
		switch {
		case !away:
			there = append(there, p)
		case deputy != "":
			there, gone = append(there, deputy), append(gone, p)
		default:
			gone = append(gone, p)
		}
	}
	return append(there, gone...)
}
