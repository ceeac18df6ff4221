package draft

import "hikeshi/workflows/incident"

// The notifications to IPA are voluntary, may be partial and in free format, and go by mail.
var ipaVirusForm = form{where: "ipa", mail: "virus@ipa.go.jp", parts: []part{
	{"ipa_virus", Official, []item{
		{"notifier", Official, person(incident.SystemAdmin)},
		{"found_or_infected", Official, foundOrInfected},
		{"virus_name", Official, virusName},
		{"found_on", Official, foundOn},
		{"found_where", Official, recorded(incident.FieldAffectedSystems)},
		{"environment", Official, leave("environment")},
		{"found_how", Official, recorded(incident.FieldEvent)},
		{"infection_way", Official, recorded(incident.FieldCause)},
		{"damage", Official, recorded(incident.FieldScope)},
	}},
}}

var ipaAccessForm = form{where: "ipa", mail: "crack@ipa.go.jp", parts: []part{
	{"ipa_access", Official, []item{
		{"notifier", Official, person(incident.SystemAdmin)},
		{"discovered", Official, discovered},
		{"system_devices", Official, recorded(incident.FieldAffectedSystems)},
		{"system_place", Official, leave("system_place")},
		{"system_diagram", Official, leave("system_diagram")},
		{"found_how", Official, recorded(incident.FieldEvent)},
		{"damage", General, recorded(incident.FieldScope)},
		{"attack_way", General, leave("attack_way")},
		{"cause", General, causeAndBackground},
		{"countermeasures", General, countermeasures},
	}},
}}

func foundOrInfected(r *reader) answer {
	infected := either(r.is(incident.FactVirus), r.is(incident.FactRansomware))
	return r.pick("choose", r.choice("found", when(infected == incident.No)), r.choice("infected", infected))
}

func virusName(r *reader) answer {
	text := ""
	if r.yes(incident.FactRansomware) {
		text = r.say("draft.choice.ransomware")
	}
	return r.fill("virus_name", text)
}

func foundOn(r *reader) answer {
	a := discovered(r)
	if a.state == Unknown {
		return a
	}
	return r.fill("found_count", a.value)
}

// countermeasures are what was done, and what is to come.
func countermeasures(r *reader) answer {
	_, contained := r.done("contain", "remedy", "restore_data", "restore_device")
	text := lines(contained, r.field(incident.FieldPrevention), r.actions(true), r.actions(false))
	if text == "" {
		return r.unknown()
	}
	return known(text)
}
