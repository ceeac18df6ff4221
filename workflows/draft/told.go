package draft

import (
	"slices"
	"strconv"
	"strings"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// This file reads what was told to whom and what was published: the affected parties, and the
// texts for people outside that are out. Where neither says anything, the steps do.

// towardsPersons ticks boxes and names nobody: it stands in the letter to the 委託元 too, who must
// not read of other customers. That everybody on the list was told does not show that the list
// is complete, so that a person looks at it in any case.
func towardsPersons(r *reader) answer {
	told, some := r.personsTold()
	prepared, _ := r.done("prepare_victims")
	begun := some || prepared || r.newest(incident.TextIndividuals) != ""
	return r.pick("towards_persons", r.choice("done", when(told)), r.choice("under_way", when(begun && !told)), r.choice("not_planned", "")).open(r, "towards_persons")
}

// personsTold reports whether all the persons concerned know the fact, and whether any do.
func (r *reader) personsTold() (all, some bool) {
	if persons := r.personParties(); len(persons) > 0 {
		all, some = true, r.out(incident.TextIndividuals) != nil
		for _, p := range persons {
			_, told := p.ToldOf(incident.TopicFact)
			all, some = all && told, some || told
		}
		return all, some
	}
	// The step of telling those concerned does not say that the persons are among them.
	published, _ := r.done("publish")
	all = r.out(incident.TextIndividuals) != nil
	return all, all || published
}

func (r *reader) personParties() []incident.Party {
	return slices.DeleteFunc(r.in.AffectedParties(), func(p incident.Party) bool { return p.Kind != incident.PartyPersons })
}

// towardsDetail says of each group what it was told, on which day and how.
func towardsDetail(r *reader) answer {
	_, text := r.done("prepare_victims", "prepare_inquiries", "publish")
	untold := false
	for _, p := range r.personParties() {
		if _, ok := p.ToldOf(incident.TopicFact); !ok {
			untold = true
		}
		text = lines(text, r.toldTo(p))
	}
	text = lines(text, r.publications(incident.TextIndividuals))
	if text == "" || untold {
		return r.fill("towards_detail", text)
	}
	return known(text)
}

// toldTo is a line for the party itself and one for each time it was told something.
func (r *reader) toldTo(p incident.Party) string {
	who := r.say("party.line", "name", r.kept(p.Name), "count", report.Heads(p.Kind, p.Count, r.say))
	if len(p.Told) == 0 {
		return r.say("draft.told.none", "party", who)
	}
	var out []string
	for _, t := range p.Told {
		topics := make([]string, len(t.Topics))
		for i, k := range t.Topics {
			topics[i] = r.say("topic." + string(k))
		}
		out = append(out, r.say("draft.told", "party", who, "topics", strings.Join(topics, r.say("separator")), "day", report.Day(t.On, r.say), "how", r.kept(t.How)))
	}
	return lines(out...)
}

// publication is about the press text; what went to customers alone is told with the way.
func publication(r *reader) answer {
	decided := incident.Publication("")
	if r.in.Approval != nil {
		decided = r.in.Approval.Publication
	}
	did, _ := r.done("publish")
	public := decided == incident.PublishPublic
	press := r.newest(incident.TextPress)
	published := public && did || r.out(incident.TextPress) != nil
	planned := !published && (public || press == incident.TextApproved)
	considering := !published && !planned && press == incident.TextProposed
	return r.pick("publication",
		r.choice("published", when(published)), r.choice("to_publish", when(planned)), r.choice("considering", when(considering)),
		r.choice("not_planned", when(!published && !planned && !considering && (decided == incident.PublishNone || decided == incident.PublishAffected))),
	).with(r.publications(incident.TextPress))
}

func publicationWay(r *reader) answer {
	return r.pick("choose", r.choice("way_site", ""), r.choice("way_press", ""), r.choice("way_letter", ""), r.choice("other", "")).
		with(lines(r.publications(incident.TextPress), r.publications(incident.TextCustomers)))
}

// newest is how far the newest version of a text has come that was not sent back or withdrawn;
// empty where there is none.
func (r *reader) newest(k incident.TextKind) incident.TextStatus {
	for _, t := range slices.Backward(r.in.Texts) {
		if t.What == k && (t.Unfinished() || t.Status == incident.TextPublished) {
			return t.Status
		}
	}
	return ""
}

// out lists the versions of a text that went out, in their order.
func (r *reader) out(k incident.TextKind) (out []incident.OutsideText) {
	for _, t := range r.in.Texts {
		if t.What == k && t.Status == incident.TextPublished && t.Publication != nil {
			out = append(out, t)
		}
	}
	return out
}

// publications says of each version that went out when and where.
func (r *reader) publications(k incident.TextKind) string {
	var out []string
	for _, t := range r.out(k) {
		text := r.say("outside.version", "text", r.say("outside."+string(k)), "version", strconv.Itoa(t.Version))
		day := report.Day(t.Publication.At.In(incident.Tokyo).Format("2006-01-02"), r.say)
		out = append(out, r.say("draft.out", "text", text, "day", day, "where", r.kept(t.Publication.Where)))
	}
	return lines(out...)
}

// kept is a text that was certainly given: that it is empty now means that it was erased.
func (r *reader) kept(text string) string {
	if text == "" {
		return r.say("text.erased")
	}
	return r.typed(text)
}
