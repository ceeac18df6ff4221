package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// reportQuestions are what an employee is asked in plain words (§9.2). None has to be answered.
var reportQuestions = []incident.FactKey{
	incident.FactPersonalData, incident.FactOutsiders, incident.FactConfidential,
	incident.FactBusinessStopped, incident.FactStaffWork, incident.FactNearMiss,
}

// reportWaits is how long a report that was begun may wait for its other pages: long enough to
// read what is asked next and to go on with it, and no longer than a call may take to be made.
// Whoever believes that he has reported is heard all the same.
const reportWaits = 3 * time.Minute

func reportSpec() formSpec {
	return formSpec{
		probe: incident.Report{},
		waits: reportWaits,
		inputs: func(v *visit, _ draft, _ *incident.Incident) []chat.Input {
			inputs := []chat.Input{
				v.lines(string(incident.FieldEvent), true),
				v.kindInput(),
				v.moment(string(incident.FieldDiscoveredAt), v.inputTime(v.now)),
				v.moment(string(incident.FieldOccurredAt), ""),
			}
			for _, k := range reportQuestions {
				inputs = append(inputs, v.question(k, incident.Unknown))
			}
			inputs = append(inputs, v.lines(string(incident.FieldExpectedDamage), false), v.line(inputContractor, false))
			return append(inputs, v.excludeInput(nil))
		},
		take: func(v *visit, _ draft, _ *incident.Incident, a *answers) {
			r := incident.Report{
				Text: a.Values[string(incident.FieldEvent)], What: incident.Kind(a.get(inputKind)),
				Facts:          a.facts(reportQuestions),
				ExpectedDamage: a.Values[string(incident.FieldExpectedDamage)], Contractor: a.Values[inputContractor],
				DiscoveredAt: v.time(a, string(incident.FieldDiscoveredAt)), OccurredAt: v.time(a, string(incident.FieldOccurredAt)),
				Exclude: v.several(a, inputExclude),
			}
			a.then(r)
		},
	}
}

// detailSpec lets a reporter tell more than one line. Whoever works on the incident answers
// the questions themselves; from everybody else they are a message to those who do.
func detailSpec() formSpec {
	asked := slices.Concat(reportQuestions, []incident.FactKey{incident.FactVirus, incident.FactUnauthorizedAccess, incident.FactPersons})
	return formSpec{
		probe: incident.Inform{},
		inputs: func(v *visit, _ draft, _ *incident.Incident) []chat.Input {
			inputs := []chat.Input{v.lines(inputText, false), v.moment(string(incident.FieldOccurredAt), "")}
			for _, k := range asked {
				inputs = append(inputs, v.question(k, incident.Unknown))
			}
			return append(inputs, v.line(inputContractor, false))
		},
		take: func(v *visit, _ draft, in *incident.Incident, a *answers) {
			facts := a.facts(asked)
			v.time(a, string(incident.FieldOccurredAt)) // a time that cannot be read is shown at once
			var said []string
			if text := a.get(inputText); text != "" {
				said = append(said, text)
			}
			if at := a.get(string(incident.FieldOccurredAt)); at != "" {
				said = append(said, v.say("detail.answer", "question", v.field(incident.FieldOccurredAt), "answer", strings.ReplaceAll(at, "T", " ")))
			}
			if c := a.get(inputContractor); c != "" {
				said = append(said, v.say("detail.answer", "question", v.say("input."+inputContractor), "answer", c))
			}
			known := in != nil && in.InCircle(v.who.ID)
			answered := incident.Facts{}
			for _, k := range asked {
				answer, ok := facts[k]
				switch {
				case !ok:
				case known && !(k == incident.FactNearMiss && answer == incident.Yes && !v.saysNearMiss(in)):
					answered[k] = answer
				default:
					said = append(said, v.say("detail.answer", "question", v.say("question."+string(k)), "answer", v.answer(k, answer)))
				}
			}
			if len(answered) > 0 {
				a.then(incident.SetFacts{Facts: answered})
			}
			if len(said) > 0 {
				a.then(incident.Inform{Text: strings.Join(said, "\n")})
			}
			if len(a.do) == 0 {
				a.blame(inputText, v.say("refuse.text_empty", "what", v.say("what.addition")))
			}
		},
	}
}

// saysNearMiss reports whether somebody's word that nothing has happened yet counts as the answer;
// from everybody else it is a message, and what is said there already is no news.
func (v *visit) saysNearMiss(in *incident.Incident) bool {
	return in.Facts.Is(incident.FactNearMiss) || in.May(v.service.People(), v.who.ID, incident.WordLevel)
}

func informSpec() formSpec {
	return formSpec{
		probe: incident.Inform{},
		inputs: func(v *visit, _ draft, in *incident.Incident) []chat.Input {
			var inputs []chat.Input
			for _, q := range openQuestions(in) {
				inputs = append(inputs, chat.Input{Name: questionInput + strconv.FormatInt(q.Seq, 10), Label: v.say("input.question"), Kind: chat.Fixed, Value: q.Text})
			}
			return append(inputs, v.lines(inputText, true))
		},
		take: func(_ *visit, _ draft, _ *incident.Incident, a *answers) {
			a.then(incident.Inform{Text: a.Values[inputText], Answers: a.questions()})
		},
	}
}

// questionInput begins the name of an input that shows a question; its entry follows. It
// comes back with the answer and says what the answer is to: others may be asked meanwhile.
const questionInput = "q"

// questions are the entries of the questions that stood in the form.
func (a *answers) questions() []int64 {
	var seqs []int64
	for name := range a.Values {
		rest, ok := strings.CutPrefix(name, questionInput)
		if seq, err := strconv.ParseInt(rest, 10, 64); ok && err == nil {
			seqs = append(seqs, seq)
		}
	}
	slices.Sort(seqs)
	return seqs
}

// alarmSpec is 「誤報かもしれません」: it tells the lead and closes nothing.
func alarmSpec() formSpec {
	return formSpec{
		probe: incident.Inform{},
		inputs: func(v *visit, _ draft, _ *incident.Incident) []chat.Input {
			return []chat.Input{v.lines(inputText, false)}
		},
		take: func(v *visit, _ draft, _ *incident.Incident, a *answers) {
			text := a.Values[inputText]
			if strings.TrimSpace(text) == "" {
				text = v.say("alarm.default")
			}
			a.then(incident.Inform{Text: text, FalseAlarm: true})
		},
	}
}

func openQuestions(in *incident.Incident) []incident.Question {
	if in == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(in.Questions), func(q incident.Question) bool { return q.Answered })
}

// facts collects the answers given to questions; an empty one is no answer.
func (a *answers) facts(asked []incident.FactKey) incident.Facts {
	facts := incident.Facts{}
	for _, k := range asked {
		answer := incident.Answer(a.get(string(k)))
		if answer != "" && (answer != incident.Unknown || !k.Numeric()) {
			facts[k] = answer
		}
	}
	for k, answer := range facts {
		// 分からない is what an unanswered question is, too.
		if answer == incident.Unknown {
			delete(facts, k)
		}
	}
	return facts
}
