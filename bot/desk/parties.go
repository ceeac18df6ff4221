package desk

import (
	"strconv"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// Who is affected by an incident, and what they were told.

func (v voice) partyName(p incident.Party) string {
	return v.say("party.line", "name", p.Name, "count", report.Heads(p.Kind, p.Count, v.say))
}

// partyMark says in words how much of it a party was told.
func (v voice) partyMark(p incident.Party) string {
	told := 0
	for _, t := range incident.Topics {
		if _, ok := p.ToldOf(t); ok {
			told++
		}
	}
	switch told {
	case 0:
		return v.say("party.mark.none")
	case len(incident.Topics):
		return v.say("party.mark.all")
	}
	return v.say("party.mark.some")
}

func (v voice) partyTold(p incident.Party) string {
	var lines []string
	for _, t := range incident.Topics {
		topic := v.say("topic." + string(t))
		if told, ok := p.ToldOf(t); ok {
			lines = append(lines, v.say("party.told", "topic", topic, "day", report.Day(told.On, v.say), "how", told.How))
		} else {
			lines = append(lines, v.say("party.untold", "topic", topic))
		}
	}
	return strings.Join(lines, "\n")
}

func (v voice) partyItem(in *incident.Incident, p incident.Party) chat.Item {
	item := chat.Item{Mark: v.partyMark(p), Text: v.partyName(p), Small: v.partyTold(p)}
	if in.MergedInto == "" {
		n := number(p.N)
		item.Buttons = []chat.Button{
			v.formButton("button.party_told", formPartyTold, in, n), v.formButton("button.party_edit", formParty, in, n), v.formButton("button.party_remove", formPartyGone, in, n),
		}
	}
	return item
}

func (v voice) partyItems(in *incident.Incident) (items []chat.Item) {
	for _, p := range in.AffectedParties() {
		items = append(items, v.partyItem(in, p))
	}
	return items
}

// partyRows are the affected parties of an incident's page.
func (v voice) partyRows(in *incident.Incident) (rows []PartyRow) {
	for _, p := range in.AffectedParties() {
		row := PartyRow{Name: p.Name, Count: report.Heads(p.Kind, p.Count, v.say), Mark: v.partyMark(p), Buttons: v.partyItem(in, p).Buttons}
		for _, t := range incident.Topics {
			cell := ToldCell{Topic: v.say("topic." + string(t)), Text: v.say("party.cell.untold"), Gap: true}
			if told, ok := p.ToldOf(t); ok {
				cell.Text, cell.Gap = v.say("party.cell.told", "day", report.Day(told.On, v.say), "how", told.How), false
			}
			row.Told = append(row.Told, cell)
		}
		rows = append(rows, row)
	}
	return rows
}

func (v voice) partiesButton(in *incident.Incident) chat.Button {
	return chat.Button{Label: v.say("button.parties"), Action: v.act(string(incident.WordParty), in.ID, 0, "")}
}

// partiesLine tells in one line how many are affected and how many do not know yet; "" where
// nobody is recorded.
func (v voice) partiesLine(in *incident.Incident) string {
	untold := 0
	all := in.AffectedParties()
	for _, p := range all {
		if _, ok := p.ToldOf(incident.TopicFact); !ok {
			untold++
		}
	}
	if len(all) == 0 {
		return ""
	}
	return v.say("parties.line", "count", number(len(all)), "untold", number(untold))
}

// showParties answers 影響先.
func (v *visit) showParties(in *incident.Incident) chat.Reply {
	if v.access(in, v.who.ID) != workflows.AccessFull {
		return v.showStatus(in)
	}
	card := chat.Card{Key: "parties:" + string(in.ID), Mark: v.mark(), Title: v.say("parties.title", "id", string(in.ID)), Whole: v.act(string(incident.WordParty), in.ID, 0, "")}
	if items := v.partyItems(in); items != nil {
		card.Blocks = []chat.Block{{Text: v.partiesLine(in)}, {Items: items}}
	} else {
		card.Blocks = []chat.Block{{Text: v.say("parties.none")}}
	}
	if in.MergedInto == "" {
		card.Buttons = append(card.Buttons, v.formButton("button.party_new", formParty, in, ""))
	}
	card.Buttons = append(card.Buttons, v.textsButton(in), v.pageLink(in))
	return chat.Reply{Cards: []chat.Card{card}}
}

// The forms of affected parties. The argument is the party's number; none: a new one.
const (
	formParty     = string(incident.WordParty)
	formPartyTold = "partytold"
	formPartyGone = "partygone"
)

const (
	inputParty       = "party"
	inputPartyKind   = "party_kind"
	inputPartyName   = "party_name"
	inputPartyCount  = "party_count"
	inputPartyTopics = "party_topics"
	inputPartyHow    = "party_how"
)

func partyN(k draft) int {
	n, _ := strconv.Atoi(k.arg)
	return n
}

func partySpec() formSpec {
	return formSpec{
		probeOf: func(k draft, _ *incident.Incident) incident.Command {
			return incident.SetParty{N: partyN(k), Kind: incident.PartyPersons, Name: "?"} // any name: whether the number is one is asked
		},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			kind, name, count := v.input(inputPartyKind, chat.Choice, true), v.line(inputPartyName, true), v.input(inputPartyCount, chat.Line, false)
			for _, p := range incident.PartyKinds {
				kind.Options = append(kind.Options, chat.Option{Value: string(p), Label: v.say("partykind." + string(p))})
			}
			kind.Value, count.Max = string(incident.PartyPersons), 20
			if in != nil && partyN(k) > 0 {
				if p, ok := in.Party(partyN(k)); ok {
					kind.Value, name.Value = string(p.Kind), p.Name
					if p.Count > 0 {
						count.Value = number(p.Count)
					}
				}
			}
			return []chat.Input{kind, name, count}
		},
		take: func(_ *visit, k draft, _ *incident.Incident, a *answers) {
			a.then(incident.SetParty{N: partyN(k), Kind: incident.PartyKind(a.get(inputPartyKind)), Name: a.Values[inputPartyName], Count: a.get(inputPartyCount)})
		},
	}
}

// whichParty shows what a form is about.
func (v *visit) whichParty(k draft, in *incident.Incident) chat.Input {
	i := v.input(inputParty, chat.Fixed, false)
	i.Value = v.say("party.numbered", "number", k.arg)
	if in == nil {
		return i
	}
	if p, ok := in.Party(partyN(k)); ok {
		i.Value = v.partyName(p)
	}
	return i
}

func partyToldSpec() formSpec {
	return formSpec{
		probeOf: func(k draft, _ *incident.Incident) incident.Command { return incident.TellParty{N: partyN(k)} },
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			topics := v.input(inputPartyTopics, chat.Choices, true)
			for _, t := range incident.Topics {
				topics.Options = append(topics.Options, chat.Option{Value: string(t), Label: v.say("topic." + string(t))})
			}
			return []chat.Input{v.whichParty(k, in), topics, v.toldInput(), v.line(inputPartyHow, true)}
		},
		take: func(_ *visit, k draft, _ *incident.Incident, a *answers) {
			c := incident.TellParty{N: partyN(k), On: a.get(inputOn), How: a.Values[inputPartyHow]}
			for t := range strings.SplitSeq(a.get(inputPartyTopics), ",") {
				c.Topics = append(c.Topics, incident.Topic(strings.TrimSpace(t)))
			}
			a.then(c)
		},
	}
}

func partyGoneSpec() formSpec {
	return formSpec{
		probeOf: func(k draft, _ *incident.Incident) incident.Command { return incident.RemoveParty{N: partyN(k)} },
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			return []chat.Input{v.whichParty(k, in), v.lines(inputReason, true)}
		},
		take: func(_ *visit, k draft, _ *incident.Incident, a *answers) {
			a.then(incident.RemoveParty{N: partyN(k), Reason: a.Values[inputReason]})
		},
	}
}
