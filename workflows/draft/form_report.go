package draft

import (
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// The form of the 個人情報保護委員会 (施行規則 別記様式第一), in the order of its web form: the routing
// questions, 報告種別, 報告者, and 1 to 9, which are the nine items of 施行規則8条1項. The parts are
// those of the official form; what has no official source is marked as general knowledge.
func ppcForm(final bool) form {
	return form{where: "ppc", parts: ppcParts(final, false)}
}

// The same nine items are reported for a serious situation of 特定個人情報 (番号法29条の4), with the
// situations of 報告規則2条 in the place of the items of 施行規則7条.
func myNumberForm(final bool) form {
	return form{where: "mynumber", parts: ppcParts(final, true)}
}

func ppcParts(final, myNumber bool) []part {
	applies, kinds, number, most := item{"article7", Official, article7}, dataItems(""), persons, item{"persons_max", General, personsMax}
	// The fields of 別記様式第一 that were read in an official text. That the report of 特定個人情報
	// has the same is general knowledge.
	field := Official
	if myNumber {
		field = General
		applies, kinds, number = item{"serious", Secondary, serious}, dataItems(incident.Yes), (*reader).unknown
		most = item{"persons_max", General, myNumberPersons}
	}
	return []part{
		{"routing", field, []item{
			{"route_my_number", Official, routeMyNumber(myNumber)},
			{"route_organisation", field, leave("organisation")},
			{"route_delegated", field, routeDelegated},
		}},
		{"report_kind", field, []item{
			{"new_or_further", General, newOrFurther(final)},
			{"former", General, former(final, myNumber)},
			{"first_or_final", General, firstOrFinal(final)},
		}},
		{"reporter", field, []item{
			{"company", General, func(r *reader) answer { return r.given(r.company(), "company") }},
			{"corporate_number", General, profile("corporate_number", func(p company.Profile) string { return p.CorporateNumber })},
			{"industry", General, profile("industry", func(p company.Profile) string { return p.Industry })},
			{"address", General, profile("address", func(p company.Profile) string { return p.Address })},
			{"representative", General, contactOf(incident.Representative, func(c Contact) string { return c.Name })},
			{"clerk_department", General, contactOf(incident.PrivacyManager, func(c Contact) string { return c.Department })},
			{"clerk_name", General, contactOf(incident.PrivacyManager, func(c Contact) string { return c.Name })},
			{"clerk_phone", General, contactOf(incident.PrivacyManager, func(c Contact) string { return c.Phone })},
			{"clerk_email", General, contactOf(incident.PrivacyManager, func(c Contact) string { return c.Email })},
		}},
		{"n1", field, []item{
			{"occurred", field, recorded(incident.FieldOccurredAt)},
			{"discovered", field, discovered},
			{"situation", General, situation},
			{"finder", field, finder},
			applies,
			{"entrusting", field, entrusting},
			{"course", field, course},
		}},
		{"n2", field, []item{
			{"medium", field, medium},
			{"whose", field, whose},
			{"data_items", field, kinds},
			{"data_detail", General, recorded(incident.FieldScope)},
		}},
		{"n3", field, []item{{"persons", field, number}, most}},
		{"n4", field, []item{
			{"cause_who", General, causeWho},
			{"cause_kind", General, causeKind},
			{"cause_detail", General, causeAndBackground},
			{"attacked", General, attacked},
			{"attack_way", General, attackWay},
		}},
		{"n5", field, []item{{"secondary", General, secondary}, {"secondary_detail", General, secondaryDetail}}},
		{"n6", field, []item{{"towards_persons", General, towardsPersons}, {"towards_detail", General, towardsDetail}}},
		{"n7", field, []item{
			{"publication", General, publication},
			{"publication_way", General, publicationWay},
			{"publication_text", General, leave("publication_text")},
		}},
		{"n8", field, []item{{"prevented", General, prevented}, {"to_prevent", General, toPrevent}}},
		{"n9", field, []item{{"others", General, others}}},
	}
}

// routeMyNumber: whoever does not know answers yes (the web form's first question). The
// report of 特定個人情報 has answered it by what it is.
func routeMyNumber(certainly bool) func(*reader) answer {
	return func(r *reader) answer {
		a := r.is(incident.FactMyNumber)
		if certainly {
			a = incident.Yes
		}
		out := r.pick("choose", r.choice("yes", when(a != incident.No)), r.choice("no", when(a == incident.No)))
		if a == incident.Unknown {
			out.state, out.ask = Unknown, r.say("draft.ask.route_my_number")
		}
		return out
	}
}

func routeDelegated(r *reader) answer {
	a := r.o.Company.Is(company.Delegated)
	out := r.pick("delegated", r.choice("yes", when(a == incident.Yes)), r.choice("no", when(a == incident.No)))
	if a == incident.Yes {
		out.ask = r.say("draft.ask.delegated_yes")
	}
	return out
}

func newOrFurther(final bool) func(*reader) answer {
	return func(r *reader) answer {
		return r.pick("choose", r.choice("new", when(!final)), r.choice("further", when(final)))
	}
}

func firstOrFinal(final bool) func(*reader) answer {
	return func(r *reader) answer {
		return r.pick("choose", r.choice("preliminary", when(!final)), r.choice("final", when(final)))
	}
}

func former(final, myNumber bool) func(*reader) answer {
	return func(r *reader) answer {
		if !final {
			return known(r.say("draft.not_applicable"))
		}
		first := PPCPreliminary
		if myNumber {
			first = MyNumberPreliminary
		}
		f, ok := r.clock(first)
		switch {
		case !ok || f.Status != incident.ClockFiled || f.On == "":
			return r.fill("former", "")
		case f.Receipt == "":
			return r.fill("receipt", report.Day(f.On, r.say))
		}
		return known(r.say("draft.former", "day", report.Day(f.On, r.say), "receipt", r.typed(f.Receipt)))
	}
}

// situation: the record says what may have happened; whether it did is for a person to say.
func situation(r *reader) answer {
	return r.pick("situation",
		r.choice("leaked", ""), r.choice("maybe_leaked", r.leaked()),
		r.choice("lost", ""), r.choice("maybe_lost", r.lost()),
		r.choice("spoilt", ""), r.choice("maybe_spoilt", r.spoilt()),
	).open(r, "situation")
}

func finder(r *reader) answer {
	own := when(r.is(incident.FactAtContractor) != incident.Yes && r.in.Kind != incident.KindComplaint && len(r.in.Reporters) > 0)
	return r.pick("finder",
		r.choice("finder_own", own), r.choice("finder_contractor", when(r.yes(incident.FactAtContractor))),
		r.choice("finder_outside", ""),
	)
}

// article7 are the four situations of 施行規則7条.
func article7(r *reader) answer {
	special, money := r.is(incident.FactSpecialCare), either(r.is(incident.FactFinancialDamage), r.is(incident.FactCards))
	wrong, many := r.wrongful(), r.holds(manyPersons)
	none := r.is(incident.FactPersonalData) == incident.No
	if none {
		special, money, wrong, many = incident.No, incident.No, incident.No, incident.No
	}
	a := r.pick("article7", r.choice("article7_1", special), r.choice("article7_2", money), r.choice("article7_3", wrong), r.choice("article7_4", many))
	switch {
	case none:
		return a.with(r.say("draft.no_personal_data"))
	case r.yes(incident.FactEncryptedSafe):
		a.ask = r.say("draft.ask.encrypted")
		a.state = ToFill
	}
	return a
}

// serious are the situations of 報告規則2条.
func serious(r *reader) answer {
	return r.pick("article7",
		r.choice("serious_1", r.is(incident.FactMyNumberSystem)), r.choice("serious_2", r.wrongful()), r.choice("serious_3", r.is(incident.FactViewableByMany)),
		r.choice("serious_4", r.holds(manyMyNumbers)),
	)
}

func entrusting(r *reader) answer {
	by, to := r.is(incident.FactEntrusted), r.is(incident.FactAtContractor)
	a := r.pick("entrusting", r.choice("is_entrusted", by), r.choice("at_contractor", to), r.choice("no_entrusting", when(by == incident.No && to == incident.No)))
	if r.in.Contractor != "" {
		a = a.with(r.say("draft.contractor", "name", r.typed(r.in.Contractor)))
	}
	if by == incident.Yes || to == incident.Yes && r.in.Contractor == "" {
		a = a.open(r, "entrusting")
	}
	return a
}

func medium(r *reader) answer {
	electronic := either(r.is(incident.FactDamagedData), r.attack(), r.is(incident.FactVirus))
	return r.pick("choose", r.choice("paper", r.is(incident.FactDamagedPaper)), r.choice("electronic", electronic), r.choice("other", "")).open(r, "medium")
}

func whose(r *reader) answer {
	return r.pick("choose", r.choice("customers", ""), r.choice("staff", ""), r.choice("other", ""))
}

// dataItems: what the questions tell is ticked; the rest only a person can tick.
// myNumber is the box of My Number; empty where the form has none.
func dataItems(myNumber incident.Answer) func(*reader) answer {
	return func(r *reader) answer {
		var boxes []Choice
		for _, k := range []string{"item_name", "item_birth", "item_sex", "item_address", "item_phone", "item_mail", "item_password"} {
			boxes = append(boxes, r.choice(k, ""))
		}
		boxes = append(boxes, r.choice("item_card", r.is(incident.FactCards)), r.choice("item_account", ""), r.choice("item_special", r.is(incident.FactSpecialCare)))
		if myNumber != "" {
			boxes = append(boxes, r.choice("item_my_number", myNumber))
		}
		return r.pick("data_items", append(boxes, r.choice("other", ""))...).open(r, "data_items")
	}
}

func persons(r *reader) answer {
	if n, ok := r.count(incident.FactPersons); ok {
		return known(r.people(n))
	}
	return r.unknown()
}

func personsMax(r *reader) answer {
	if n, ok := r.count(incident.FactPersonsMax); ok {
		return known(r.people(n))
	}
	if _, certain := r.count(incident.FactPersons); certain {
		return known(r.say("draft.not_applicable"))
	}
	return r.fill("persons_max", "")
}

// myNumberPersons is the greatest number: it is what the question about My Number asks for.
func myNumberPersons(r *reader) answer {
	if n, ok := r.count(incident.FactMyNumberPersons); ok {
		return known(r.people(n))
	}
	return r.fill("persons_max", "")
}

func causeWho(r *reader) answer {
	return r.pick("choose", r.choice("who_own", ""), r.choice("who_contractor", r.is(incident.FactAtContractor)), r.choice("who_third", r.attack()))
}

func causeKind(r *reader) answer {
	kind := func(k incident.Kind) incident.Answer { return when(r.in.Kind == k) }
	return r.pick("choose",
		r.choice("cause_access", r.attack()), r.choice("cause_misdelivery", kind(incident.KindMisdelivery)),
		r.choice("cause_loss", kind(incident.KindLoss)), r.choice("cause_theft", kind(incident.KindTheft)),
		r.choice("cause_disposal", ""), r.choice("cause_staff", ""), r.choice("other", ""),
	)
}

// attacked and attackWay are asked of unauthorized access only.
func attacked(r *reader) answer {
	if r.attack() == incident.No {
		return known(r.say("draft.not_applicable"))
	}
	return recorded(incident.FieldAffectedSystems)(r)
}

func attackWay(r *reader) answer {
	if r.attack() == incident.No {
		return known(r.say("draft.not_applicable"))
	}
	return r.pick("choose", r.choice("ransomware", r.is(incident.FactRansomware)), r.choice("malware", r.otherVirus()), r.choice("other", "")).open(r, "attack_way")
}

// otherVirus: ransomware is a virus, and the answer about viruses means it then.
func (r *reader) otherVirus() incident.Answer {
	if r.yes(incident.FactRansomware) {
		return incident.No
	}
	return r.is(incident.FactVirus)
}

// secondary: the record has no answer to it but where money may be lost.
func secondary(r *reader) answer {
	money := either(r.is(incident.FactFinancialDamage), r.is(incident.FactCards))
	a := r.pick("choose", r.choice("there_is", when(money == incident.Yes)), r.choice("there_is_none", ""), r.choice("not_known", when(money != incident.Yes)))
	if money != incident.Yes {
		a.state, a.ask = Unknown, r.say("draft.ask.secondary")
	}
	return a
}

func secondaryDetail(r *reader) answer {
	if text := r.field(incident.FieldExpectedDamage); text != "" {
		return known(text)
	}
	if either(r.is(incident.FactFinancialDamage), r.is(incident.FactCards)) == incident.Yes {
		return r.fill("secondary_detail", r.say("draft.secondary.money"))
	}
	return r.unknown()
}

func prevented(r *reader) answer {
	if text := r.actions(true); text != "" {
		return known(text)
	}
	return r.unknown()
}

func toPrevent(r *reader) answer {
	text := lines(r.field(incident.FieldPrevention), r.actions(false))
	switch {
	case text == "":
		return r.unknown()
	case r.actions(false) == "":
		return r.fill("prevention_day", text)
	}
	return known(text)
}

// others is what was handed in elsewhere: the steps that reach an authority, and the filings.
func others(r *reader) answer {
	var out []string
	for _, s := range r.in.Steps {
		if s.Kind != incident.StepAuthority || s.Key == "report_ppc" || !s.Settled() && !r.applies(s) {
			continue
		}
		worded := r.in.Seq
		if s.Settled() {
			worded = s.Seq
		}
		what := r.step(worded, s.Key)
		if s.Key == "report_police" {
			what = r.say("draft.authority.police")
		}
		switch {
		case s.Done:
			out = append(out, r.say("draft.authority.done", "step", what, "at", report.Instant(s.At, r.say)), r.typed(s.Reason))
		case s.Waived:
			out = append(out, r.say("draft.authority.waived", "step", what))
		default:
			out = append(out, r.say("draft.authority.open", "step", what))
		}
	}
	for _, k := range []Kind{IPAVirus, IPAAccess, Police, JPCERT} {
		if c, ok := r.clock(k); ok && c.Status == incident.ClockFiled {
			text := r.say("draft.filed."+string(k), "day", report.Day(c.On, r.say))
			if c.Receipt != "" {
				text = r.say("draft.filed.receipt", "filed", text, "receipt", r.typed(c.Receipt))
			}
			out = append(out, text)
		}
	}
	if out == nil {
		return r.fill("others", "")
	}
	return known(lines(out...))
}

// applies reports whether a step is asked for, as far as is known.
func (r *reader) applies(s incident.StepState) bool {
	return r.o.Procedures == nil || r.in.Applies(r.o.Procedures, s) != incident.No
}
