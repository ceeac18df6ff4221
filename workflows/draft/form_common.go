package draft

import "hikeshi/workflows/incident"

// commonForm are the common forms for cyber attacks: 様式1 for DDoS and 様式2 for ransomware, in
// use since 2025-10-01, and 様式3 for other attacks since 2026-10-01. Of their fields only those
// of ransomware alone are known from a source; the others are general knowledge. They are
// answers prepared for the form, and not the form.
func commonForm(k Kind) form {
	f := form{where: "common", parts: []part{
		{"reporter", General, []item{
			{"business", General, business},
			{"contact", General, person(incident.IncidentLead)},
		}},
		{"common_overview", General, []item{
			{"occurred", General, recorded(incident.FieldOccurredAt)},
			{"discovered", General, discovered},
			{"overview", General, recorded(incident.FieldEvent)},
			{"systems", General, recorded(incident.FieldAffectedSystems)},
			{"damage", General, recorded(incident.FieldScope)},
			{"business_effect", General, businessEffect},
			{"personal_data", General, personalData},
		}},
	}}
	switch k {
	case FormDDoS:
		f.parts = append(f.parts, part{"common_ddos", General, []item{
			{"target", General, leave("ddos_target")},
			{"attack_period", General, leave("ddos_period")},
			{"attack_volume", General, leave("ddos_volume")},
			{"attack_way", General, leave("ddos_way")},
			{"source_ip", General, leave("source_ip")},
		}})
	case FormRansomware:
		f.parts = append(f.parts, part{"common_ransomware", Secondary, []item{
			{"ransom_note", Secondary, leave("ransom_note")},
			{"extension", Secondary, leave("extension")},
			{"ransomware_type", Secondary, leave("ransomware_type")},
			{"intrusion", Secondary, intrusion},
			{"indicators", Secondary, leave("indicators")},
		}})
	default:
		f.parts = append(f.parts, part{"common_other", General, []item{
			{"attack_kind", General, attackKind},
			{"attack_way", General, leave("attack_way")},
			{"indicators", General, leave("indicators")},
		}})
	}
	f.parts = append(f.parts, part{"common_response", General, []item{
		{"cause", General, causeAndBackground},
		{"course", General, course},
		{"countermeasures", General, countermeasures},
		{"publication", General, publication},
		{"others", General, others},
	}})
	return f
}

// intrusion is the way in, of which the recorded cause may say only a part.
func intrusion(r *reader) answer {
	if text := r.field(incident.FieldCause); text != "" {
		return r.fill("intrusion", text)
	}
	return r.unknown()
}

func attackKind(r *reader) answer {
	return r.pick("choose",
		r.choice("cause_access", r.is(incident.FactUnauthorizedAccess)), r.choice("malware", r.otherVirus()),
		r.choice("tampering", when(r.in.Kind == incident.KindTampering)), r.choice("other", ""),
	)
}

func businessEffect(r *reader) answer {
	return r.pick("choose", r.choice("business_stopped", r.is(incident.FactBusinessStopped)), r.choice("no_effect", when(r.is(incident.FactBusinessStopped) == incident.No)))
}

func personalData(r *reader) answer {
	a := r.is(incident.FactPersonalData)
	out := r.pick("choose", r.choice("there_is", when(a == incident.Yes)), r.choice("there_is_none", when(a == incident.No)), r.choice("not_known", when(a == incident.Unknown)))
	if a == incident.Unknown {
		out.state = Unknown
	}
	if n := persons(r); a == incident.Yes {
		out.value = r.say("draft.labelled", "label", r.say("draft.field.persons"), "text", n.value)
		out.state = n.state
	}
	return out
}
