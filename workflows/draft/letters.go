package draft

import (
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// entrusterLetter tells the 委託元 the nine items of 施行規則8条1項, which releases a 委託先 from the
// report and from the notice to the persons (個人情報保護法26条1項ただし書, 施行規則9条; of My Number
// 番号法29条の4第1項ただし書).
var entrusterLetter = form{where: "entruster", letter: openedToEntruster, parts: []part{
	{"letter_head", General, []item{{"to", General, leave("entruster")}, {"from", General, business}}},
	{"nine", Official, []item{
		{"n1", Official, entrusterOverview},
		{"n2", Official, dataItemsOfEntruster},
		{"n3", Official, leave("entruster_persons")}, // of this client alone: the count is everybody's
		{"n4", Official, causeAndBackground},
		{"n5", Official, secondary},
		{"n6", Official, towardsPersons},
		{"n7", Official, publication},
		{"n8", Official, allPrevention},
		{"n9", Official, others},
	}},
	{"letter_foot", General, []item{{"contact", General, person(incident.PrivacyManager)}}},
}}

// openedToEntruster names the law of My Number where there are any.
func openedToEntruster(r *reader) (opening, closing []string) {
	if !r.yes(incident.FactMyNumber) {
		return opened("entruster")(r)
	}
	opening, closing = opened("entruster")(r)
	opening[0] = r.say("draft.open.entruster_number", "company", r.companyOrBlank())
	return opening, closing
}

// dataItemsOfEntruster has the box of My Number unless there are none. It waits for a person: they
// may be those of one's own staff, and not of what this client has entrusted.
func dataItemsOfEntruster(r *reader) answer {
	if r.is(incident.FactMyNumber) == incident.No {
		return dataItems("")(r)
	}
	return dataItems(incident.No)(r).open(r, "data_items_entruster")
}

func entrusterOverview(r *reader) answer {
	a := occurredAndDiscovered(r)
	event := r.field(incident.FieldEvent)
	if event == "" {
		return answer{value: lines(a.value, r.say("draft.unknown")), state: Unknown}
	}
	a.value = lines(a.value, r.say("draft.labelled", "label", r.say("field.event"), "text", event))
	return a
}

func allPrevention(r *reader) answer {
	if text := lines(r.field(incident.FieldPrevention), r.actions(true), r.actions(false)); text != "" {
		return known(text)
	}
	return r.unknown()
}

// opened are the sentences before and after the fields of a letter.
func opened(kind string) func(*reader) (opening, closing []string) {
	return func(r *reader) (opening, closing []string) {
		return []string{r.say("draft.open."+kind, "company", r.companyOrBlank())}, []string{r.say("draft.close." + kind)}
	}
}

func (r *reader) companyOrBlank() string {
	if company := r.company(); company != "" {
		return company
	}
	return r.say("draft.blank.company")
}

// The texts below leave the company. They are made of answers, of dates and of the company's
// own particulars alone.

// individualsLetter has the five items 1, 2, 4, 5 and 9 of the nine and no others (施行規則10条).
var individualsLetter = form{where: "individuals", letter: opened("individuals"), parts: []part{
	{"five", Secondary, []item{
		{"n1", Secondary, plainEvent},
		{"n2", Secondary, dataItemsFor},
		{"n4", Secondary, plainCause},
		{"n5", Secondary, plainSecondary},
		{"n9", Secondary, plainContact},
	}},
}}

var customersLetter = form{where: "customers", letter: opened("customers"), parts: []part{
	{"customers", General, []item{
		{"event", General, plainEvent},
		{"effect", General, plainEffect},
		{"measures", General, plainMeasures},
		{"restored", General, plainRestored},
		{"request", General, leave("request")},
		{"inquiries", General, plainContact},
	}},
}}

var pressText = form{where: "press", letter: opened("press"), parts: []part{
	{"press", General, []item{
		{"release_day", General, leave("release_day")},
		{"announcer", General, businessPublic},
		{"event", General, plainEvent},
		{"effect", General, plainEffect},
		{"cause", General, plainCause},
		{"measures", General, plainMeasures},
		{"restored", General, plainRestored},
		{"prevention", General, leave("prevention_public")},
		{"inquiries", General, plainContact},
	}},
}}

// businessPublic is the company as everybody may know it.
func businessPublic(r *reader) answer {
	text := lines(r.company(), r.o.Company.Address)
	if r.company() == "" || r.o.Company.Address == "" {
		return r.fill("company", text)
	}
	return known(text)
}

// cause names what happened by its kind, without any detail.
func (r *reader) cause() (key string, ok bool) {
	switch {
	case r.yes(incident.FactRansomware):
		return "ransomware", true
	case r.yes(incident.FactUnauthorizedAccess):
		return "access", true
	case r.yes(incident.FactVirus):
		return "virus", true
	}
	switch r.in.Kind {
	case incident.KindMisdelivery:
		return "misdelivery", true
	case incident.KindLoss:
		return "loss", true
	case incident.KindTheft:
		return "theft", true
	case incident.KindServiceStop:
		return "stopped", true
	}
	return "", false
}

func plainEvent(r *reader) answer {
	day := r.say("draft.blank.day")
	if at := r.in.Discovered(); !at.IsZero() {
		day = report.Day(at.In(incident.Tokyo).Format("2006-01-02"), r.say)
	}
	key, ok := r.cause()
	if !ok {
		return r.fill("plain_event", r.say("draft.plain.event.other", "day", day))
	}
	text := r.say("draft.plain.event."+key, "day", day)
	switch r.is(incident.FactPersonalData) {
	case incident.Yes:
		text = lines(text, r.say("draft.plain.data.yes"))
	case incident.Unknown:
		text = lines(text, r.say("draft.plain.data.unknown"))
		return answer{value: text, state: Unknown}
	}
	return known(text)
}

// dataItemsFor is the same choice as in the form: what was concerned, of this person. My Number is
// that of some only, whom the notice to the others must not frighten: its box waits for a person.
func dataItemsFor(r *reader) answer {
	if !r.yes(incident.FactMyNumber) {
		return dataItems("")(r)
	}
	a := dataItems(incident.No)(r)
	who := r.say("draft.my_number.some")
	if n, ok := r.count(incident.FactMyNumberPersons); ok {
		who = r.say("draft.my_number.count", "persons", r.people(n))
	}
	a.ask = r.say("draft.ask.data_items_number", "who", who)
	return a
}

func plainCause(r *reader) answer {
	key, ok := r.cause()
	if !ok {
		return r.later()
	}
	return r.fill("plain_cause", r.say("draft.plain.cause."+key))
}

// later is what an unknown is called towards those who are concerned.
func (r *reader) later() answer { return answer{value: r.say("draft.plain.later"), state: Unknown} }

func plainSecondary(r *reader) answer {
	if either(r.is(incident.FactFinancialDamage), r.is(incident.FactCards)) == incident.Yes {
		return r.fill("plain_secondary", r.say("draft.plain.secondary.money"))
	}
	a := r.later()
	a.ask = r.say("draft.ask.plain_secondary")
	return a
}

// plainContact is where questions go: the desk, and nobody's name.
func plainContact(r *reader) answer {
	c := r.contact(incident.PrivacyDesk)
	if r.company() == "" || c.Department == "" || c.Phone == "" && c.Email == "" {
		return r.fill("desk", lines(r.company(), c.Department))
	}
	return r.fill("desk_check", lines(r.say("draft.plain.desk", "company", r.company(), "department", c.Department), c.Phone, c.Email))
}

func plainEffect(r *reader) answer {
	var out []string
	state := Known
	switch r.is(incident.FactPersonalData) {
	case incident.Yes:
		if n, ok := r.count(incident.FactPersons); ok {
			out = append(out, r.say("draft.plain.effect.count", "persons", r.people(n)))
		} else {
			out, state = append(out, r.say("draft.plain.effect.uncounted")), Unknown
		}
	case incident.Unknown:
		out, state = append(out, r.say("draft.plain.data.unknown")), Unknown
	default:
		out = append(out, r.say("draft.plain.effect.none"))
	}
	switch r.is(incident.FactBusinessStopped) {
	case incident.Yes:
		out = append(out, r.say("draft.plain.effect.stopped"))
	case incident.Unknown:
		out, state = append(out, r.say("draft.plain.effect.unclear")), Unknown
	}
	return answer{value: lines(out...), state: state}
}

func plainMeasures(r *reader) answer {
	var out []string
	for _, m := range []string{"contain", "preserve_evidence", "report_ppc", "report_police"} {
		if did, _ := r.done(m); did {
			out = append(out, r.say("draft.plain.did."+m))
		}
	}
	if out == nil {
		return r.fill("measures", "")
	}
	return known(lines(out...))
}

func plainRestored(r *reader) answer {
	did, _ := r.done("restore", "restore_data", "restore_device", "restore_paper")
	switch stopped := r.is(incident.FactBusinessStopped); {
	case did && (r.in.Phase == incident.FinalReport || r.in.Phase == incident.Closed):
		return r.fill("restored_check", r.say("draft.plain.restored.done"))
	case did:
		return r.fill("restored_check", r.say("draft.plain.restored.under_way"))
	case stopped == incident.No:
		return known(r.say("draft.plain.restored.not_needed"))
	}
	return r.fill("restored", "")
}

// internalNotice tells all staff what they have to know to work on, and no more.
var internalNotice = form{where: "internal", letter: opened("internal"), parts: []part{
	{"internal", General, []item{
		{"event", General, plainEvent},
		{"unusable", General, recorded(incident.FieldAffectedSystems)},
		{"please_do", General, func(r *reader) answer { return r.fill("please_do", r.say("draft.internal.do")) }},
		{"please_do_not", General, func(r *reader) answer { return known(r.say("draft.internal.do_not")) }},
		{"ask_whom", General, internalContact},
		{"next_notice", General, leave("next_notice")},
	}},
}}

func internalContact(r *reader) answer {
	c := r.contact(incident.IncidentLead)
	if c.Name == "" {
		return r.fill("contact", "")
	}
	return known(lines(r.say("person.of", "name", c.Name, "of", r.say("role.incident_lead")), c.Phone, c.Email))
}
