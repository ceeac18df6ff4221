package desk

import (
	"slices"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/procedure"
)

// The parts that several cards have in common.

// phoneBlock lists whom to phone.
func (v voice) phoneBlock(list []phone) []chat.Block {
	if len(list) == 0 {
		return []chat.Block{{Heading: v.say("phones.heading"), Text: v.say("phones.none")}}
	}
	var items []chat.Item
	for _, p := range list {
		role := v.role(p.role)
		if p.deputy {
			role = v.say("role.deputy", "value", role)
		}
		items = append(items, chat.Item{Text: v.say("phones.line", "role", role, "name", p.person.Name, "phone", p.person.Phone)})
	}
	return []chat.Block{{Heading: v.say("phones.heading"), Items: items}}
}

// rolesToPhone are the roles that are told first at this level whatever happened, the lead last
// where he is not among them.
func (v voice) rolesToPhone(in *incident.Incident) []incident.Role {
	roles := v.service.Rules(in).Paging.At(in.WorkingLevel(), in.Level.Confirmed(), v.now).Roles(incident.No)
	if !slices.Contains(roles, incident.IncidentLead) {
		roles = append(roles, incident.IncidentLead)
	}
	return roles
}

// aidBlock is the first aid for what the reporter sees. What turned out to be a virus has the
// first aid of a virus, whatever was chosen, and when to leave it all to the system
// administrator (§9.4).
func (v voice) aidBlock(book *procedure.Book, kind incident.Kind, category incident.Category) []chat.Block {
	virus := category == incident.Virus || kind == incident.KindVirus
	if virus && kind.Category() != incident.Virus {
		kind = incident.KindVirus
	}
	blocks := v.aidItems(book.FirstAid(kind))
	if virus {
		block := chat.Block{Heading: v.say("aid.handover"), Small: true}
		for _, w := range book.Handover() {
			block.Items = append(block.Items, chat.Item{Text: w.In(v.lang)})
		}
		blocks = append(blocks, block)
	}
	return blocks
}

// aidItems lists first aid in the order of doing, which is the order of the file.
func (v voice) aidItems(aid []procedure.FirstAid) []chat.Block {
	var items []chat.Item
	for _, a := range aid {
		mark := "aid.do"
		if a.Avoid {
			mark = "aid.avoid"
		}
		items = append(items, chat.Item{Mark: v.say(mark), Text: a.Text.In(v.lang)})
	}
	if items == nil {
		return nil
	}
	return []chat.Block{{Heading: v.say("aid.heading"), Items: items}}
}

// title names an incident: number and what happened.
func title(in *incident.Incident) string { return string(in.ID) + " " + in.Title }

// called is what happened as a person may read it: whoever only reported reads the own words
// alone, for after a merge the incident's are another reporter's.
func called(in *incident.Incident, access workflows.Access, p incident.PersonID) string {
	if access == workflows.AccessFull {
		return in.Title
	}
	return in.TitleFor(p)
}

// titleFor is the title as a person may read it.
func titleFor(in *incident.Incident, access workflows.Access, p incident.PersonID) string {
	return string(in.ID) + " " + called(in, access, p)
}

// stateLine is phase and level in one line.
func (v voice) stateLine(in *incident.Incident) string {
	return v.say("state.line", "phase", v.phase(in.Phase), "level", v.workingLevel(in))
}

// subLine is phase, level and lead in one line.
func (v voice) subLine(in *incident.Incident) string {
	return v.say("state.sub", "phase", v.phase(in.Phase), "level", v.workingLevel(in), "lead", v.lead(in))
}

// phaseLine shows the flow with where it stands.
func (v voice) phaseLine(in *incident.Incident) string {
	var parts []string
	for _, p := range incident.Phases {
		if p == incident.Dismissed || in.Phase == incident.Dismissed && in.Left.Before(p) {
			continue // 非該当 follows the phase it was left from
		}
		name := v.phase(p)
		if p == in.Phase {
			name = v.say("phaseline.now", "phase", name)
		}
		parts = append(parts, name)
	}
	if in.Phase == incident.Dismissed {
		parts = append(parts, v.say("phaseline.now", "phase", v.phase(incident.Dismissed)))
	}
	return strings.Join(parts, v.say("phaseline.then"))
}

// responders lists who answered, who was asked, and who cannot.
func (v voice) responders(in *incident.Incident) []chat.Item {
	var items []chat.Item
	for _, p := range v.coming(in) {
		items = append(items, chat.Item{
			Mark: v.say("pagestatus.acknowledged"), Text: v.say("responder.takes", "person", v.person(in, p.Person), "at", v.when(p.Reply)), Small: v.roles(p.Taken()),
		})
	}
	for _, p := range in.Pages {
		if in.IsExcluded(p.Person) {
			items = append(items, chat.Item{Mark: v.say("responder.left_out"), Text: v.person(in, p.Person), Small: v.roles(p.Roles)})
			continue
		}
		switch p.Status {
		case incident.PageOpen:
			items = append(items, chat.Item{
				Mark: v.say("pagestatus.open"), Text: v.say("responder.called", "person", v.person(in, p.Person), "at", v.when(p.At)), Small: v.roles(p.Asked()),
			})
		case incident.PageDeclined:
			items = append(items, chat.Item{
				Mark: v.say("pagestatus.declined"), Text: v.say("responder.declined", "person", v.person(in, p.Person), "at", v.when(p.Reply)), Small: p.Reason,
			})
		}
	}
	return items
}

// coming are those who have taken it, but for whoever was left out since.
func (v voice) coming(in *incident.Incident) []incident.Page {
	return slices.DeleteFunc(in.Responders(), func(p incident.Page) bool { return in.IsExcluded(p.Person) })
}

// whoComes says in one line to the reporter who has taken it.
func (v voice) whoComes(in *incident.Incident) string {
	acked := v.coming(in)
	if len(acked) == 0 {
		return v.say("comes.nobody")
	}
	var names []string
	for _, p := range acked {
		names = append(names, v.say("responder.takes", "person", v.person(in, p.Person), "at", v.when(p.Reply)))
	}
	return v.join(names)
}

// stepMark says the state of a step in a word.
func (v voice) stepMark(in *incident.Incident, s incident.StepState) string {
	switch {
	case s.Done:
		return v.say("state.done")
	case s.Waived:
		return v.say("state.waived")
	}
	switch applies := in.Applies(v.procedures(in), s); {
	case applies == incident.No:
		return v.say("state.na")
	case s.Required == incident.Optional:
		return v.say("state.optional")
	case applies == incident.Unknown:
		return v.say("state.ask")
	}
	return v.say("state.open")
}

// steps lists the procedure with states; buttons stand where work is due now.
func (v voice) steps(in *incident.Incident) []chat.Item {
	var items []chat.Item
	for _, s := range in.Steps {
		item := chat.Item{Mark: v.stepMark(in, s), Text: v.stepLine(s), Small: v.stepSmall(in, s)}
		if v.stepDue(in, s) {
			item.Buttons = v.stepDueButtons(in, s)
		}
		items = append(items, item)
	}
	return items
}

func (v voice) stepLine(s incident.StepState) string {
	key := "step.line"
	if s.N == 0 {
		key = "step.line_extra"
	}
	return v.say(key, "n", number(s.N), "role", v.role(s.Role), "text", s.Text.In(v.lang))
}

func (v voice) stepSmall(in *incident.Incident, s incident.StepState) string {
	var parts []string
	switch {
	case s.Settled():
		parts = append(parts, v.say("step.by", "person", v.person(in, s.By), "at", v.when(s.At)))
		if s.Reason != "" {
			parts = append(parts, s.Reason)
		}
	case s.Assigned != "":
		parts = append(parts, v.say("step.assigned", "person", v.person(in, s.Assigned)))
	}
	if s.Former {
		parts = append(parts, v.say("step.former"))
	}
	return v.join(parts)
}

// stepDue reports whether somebody is to act on a step in the present phase.
func (v voice) stepDue(in *incident.Incident, s incident.StepState) bool {
	return !in.Phase.Ended() && !s.Settled() && !s.Former && !in.Phase.Before(s.Phase) && in.Applies(v.procedures(in), s) != incident.No
}

func (v voice) stepDueButtons(in *incident.Incident, s incident.StepState) []chat.Button {
	buttons := v.stepButtons(in, s)
	if in.Applies(v.procedures(in), s) == incident.Unknown {
		buttons = append([]chat.Button{v.formButton("button.fact", formFact, in, s.Key)}, buttons...)
	}
	return buttons
}

// next lists what is missing to go on; empty when the way is free or there is none.
func (v voice) next(in *incident.Incident) []incident.Missing {
	switch {
	case in.Phase.Ended():
		return nil
	case beforeTheEnd(in):
		return in.MissingForClose(v.procedures(in))
	}
	return in.MissingForAdvance(v.procedures(in))
}

// beforeTheEnd reports whether what comes next is the closing.
func beforeTheEnd(in *incident.Incident) bool {
	return in.Phase == incident.FinalReport || in.Phase == incident.Reported && in.Level == incident.Level0
}

// closable reports whether nothing holds the closing back.
func (v voice) closable(in *incident.Incident) bool { return beforeTheEnd(in) && len(v.next(in)) == 0 }

// nextBlocks says what is to be decided next.
func (v voice) nextBlocks(in *incident.Incident) []chat.Block {
	if in.Phase.Ended() {
		return nil
	}
	missing := v.next(in)
	if len(missing) == 0 {
		key := "next.advance"
		if beforeTheEnd(in) {
			key = "next.close"
		}
		return []chat.Block{{Heading: v.say("next.heading"), Text: v.say(key, "phase", v.phase(in.Phase))}}
	}
	return []chat.Block{{Heading: v.say("next.missing", "count", number(len(missing))), Items: v.missing(in, missing)}}
}

// nextBeside is the same on a card that asks for one of these things itself.
func (v voice) nextBeside(in *incident.Incident, asked incident.MissingWhat) []chat.Block {
	missing := v.next(in)
	if len(missing) == 0 {
		return v.nextBlocks(in)
	}
	missing = slices.DeleteFunc(missing, func(m incident.Missing) bool { return m.What == asked })
	if len(missing) == 0 {
		return nil
	}
	return []chat.Block{{Heading: v.say("next.missing", "count", number(len(missing))), Items: v.missing(in, missing)}}
}

// briefly is how many things the representative is told are to be done next.
const briefly = 3

// nextBriefly is the same for the representative, who decides and does not work through the
// list: the first few, and how many more there are. One more is no longer than saying so.
func (v voice) nextBriefly(in *incident.Incident) []chat.Block {
	blocks := v.nextBlocks(in)
	if len(blocks) == 0 || len(blocks[0].Items) <= briefly+1 {
		return blocks
	}
	more := len(blocks[0].Items) - briefly
	blocks[0].Items = blocks[0].Items[:briefly]
	return append(blocks, chat.Block{Text: v.say("next.more", "count", number(more)), Small: true})
}

// nextAboveSteps is the same on a card that lists the steps with their buttons anyway: they
// are named together in one line.
func (v voice) nextAboveSteps(in *incident.Incident) []chat.Block {
	missing := v.next(in)
	if len(missing) == 0 {
		return v.nextBlocks(in)
	}
	var items []chat.Item
	var steps []string
	var clocks []incident.Missing
	for _, m := range missing {
		if m.What == incident.MissingClock {
			clocks = append(clocks, m)
			continue
		}
		s, ok := in.StepByKey(m.Ref)
		if ok && (m.What == incident.MissingStep || m.What == incident.MissingFact) && v.stepDue(in, s) {
			steps = append(steps, v.stepName(s))
		} else {
			items = append(items, v.missingItem(in, m))
		}
	}
	items = append(items, v.missing(in, clocks)...)
	if steps != nil {
		items = append(items, chat.Item{Mark: v.say("state.open"), Text: v.say("missing.steps", "steps", v.join(steps))})
	}
	return []chat.Block{{Heading: v.say("next.missing", "count", number(len(missing))), Items: items}}
}

// goOn is the button of the next phase, or of closing.
func (v voice) goOn(in *incident.Incident) []chat.Button {
	switch {
	case in.Phase.Ended():
		return nil
	case in.Phase == incident.FinalReport, in.Phase == incident.Reported && in.Level == incident.Level0:
		return []chat.Button{v.closeButton(in)}
	}
	b := chat.Button{Label: v.say("button.advance"), Action: v.act(string(incident.WordAdvance), in.ID, in.Seq, string(in.Phase))}
	if len(v.next(in)) == 0 {
		b.Style = chat.Primary
	}
	return []chat.Button{b}
}

// pageLink leads to the incident's page.
func (v voice) pageLink(in *incident.Incident) chat.Button {
	return chat.Button{Label: v.say("button.page"), Page: PathIncident(in.ID)}
}

// clip keeps a card readable; the whole text stands on the incident's page.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
