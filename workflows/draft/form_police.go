package draft

import "hikeshi/workflows/incident"

// policeMemo is what to say and to bring to the サイバー犯罪相談窓口: who, when, where, what, why
// and how, the logs, the malware and the data of the server, and a diagram. It is no 被害届.
var policeMemo = form{where: "police", parts: []part{
	{"police_who", Official, []item{
		{"business", Official, business},
		{"visitor", Official, person(incident.IncidentLead)},
	}},
	{"police_5w1h", Official, []item{
		{"when", Official, occurredAndDiscovered},
		{"where", Official, recorded(incident.FieldAffectedSystems)},
		{"who", Official, leave("suspect")},
		{"what", Official, recorded(incident.FieldEvent)},
		{"why", Official, leave("motive")},
		{"how", Official, recorded(incident.FieldCause)},
		{"damage", Official, recorded(incident.FieldScope)},
		{"course", Official, course},
	}},
	{"police_bring", Official, []item{
		{"evidence", Official, evidence},
		{"to_bring", Official, toBring},
	}},
}}

func occurredAndDiscovered(r *reader) answer {
	occurred := recorded(incident.FieldOccurredAt)(r)
	found := discovered(r)
	return answer{state: occurred.state, value: lines(
		r.say("draft.labelled", "label", r.say("field.occurred_at"), "text", occurred.value),
		r.say("draft.labelled", "label", r.say("field.discovered_at"), "text", found.value),
	)}
}

func toBring(r *reader) answer {
	return r.pick("to_bring", r.choice("bring_logs", ""), r.choice("bring_malware", ""), r.choice("bring_server", ""), r.choice("bring_diagram", ""), r.choice("bring_course", ""))
}

// jpcertForm is the report of an incident by the web form of JPCERT/CC.
var jpcertForm = form{where: "jpcert", parts: []part{
	{"jpcert", Secondary, []item{
		{"contact", Secondary, person(incident.SystemAdmin)},
		{"purpose", Secondary, leave("purpose")},
		{"source_ip", Secondary, leave("source_ip")},
		{"content", Secondary, recorded(incident.FieldEvent)},
		{"systems", Secondary, recorded(incident.FieldAffectedSystems)},
		{"protocol", Secondary, leave("protocol")},
		{"software", Secondary, leave("software")},
		{"os", Secondary, leave("os")},
		{"occurred", Secondary, recorded(incident.FieldOccurredAt)},
		{"zone", Secondary, func(r *reader) answer { return known(r.say("draft.zone")) }},
		{"logs", Secondary, evidence},
	}},
}}
