package desk

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows/clock"
	"hikeshi/workflows/incident"
)

// The forms of 届出の確認: the questions that decide who has to be notified, by topic. Each has at
// most five, which is what a modal of Discord holds, and one can be answered without the others.
const (
	formLegalData     = "legal_data"
	formLegalPersons  = "legal_persons"
	formLegalMyNumber = "legal_mynumber"
	formLegalCause    = "legal_cause"
	formLegalOthers   = "legal_others"
)

// topic is one of these forms. Its first question is asked whatever is known.
type topic struct {
	form  string
	facts []incident.FactKey
}

var legalTopics = []topic{
	{formLegalData, []incident.FactKey{incident.FactPersonalData, incident.FactSpecialCare, incident.FactFinancialDamage, incident.FactEncryptedSafe}},
	{formLegalPersons, []incident.FactKey{incident.FactPersons, incident.FactPersonsMax}},
	{formLegalMyNumber, []incident.FactKey{incident.FactMyNumber, incident.FactMyNumberPersons, incident.FactViewableByMany, incident.FactMyNumberSystem}},
	{formLegalCause, []incident.FactKey{incident.FactRansomware, incident.FactUnauthorizedAccess, incident.FactVirus, incident.FactWrongfulPurpose}},
	{formLegalOthers, []incident.FactKey{incident.FactEntrusted, incident.FactConfidential, incident.FactCards, incident.FactEUPersons, incident.FactPMark}},
}

func legalTopic(form string) (topic, bool) {
	i := slices.IndexFunc(legalTopics, func(t topic) bool { return t.form == form })
	if i < 0 {
		return topic{}, false
	}
	return legalTopics[i], true
}

// topicOf gives the topic that asks for a fact; ok is false for one that only the rules of a
// company ask for.
func topicOf(k incident.FactKey) (topic, bool) {
	i := slices.IndexFunc(legalTopics, func(t topic) bool { return slices.Contains(t.facts, k) })
	if i < 0 {
		return topic{}, false
	}
	return legalTopics[i], true
}

// inquiry is what is still worth asking about one incident.
type inquiry struct {
	voice
	in    *incident.Incident
	rules incident.Clocks
	// so is what the answers mean together.
	so clock.Considered
	// judged is what was found out of worth: each costs two goes through all rules.
	judged map[incident.FactKey]bool
}

func (v voice) inquiry(in *incident.Incident) inquiry {
	q := inquiry{voice: v, in: in, rules: v.service.Clocks(), judged: map[incident.FactKey]bool{}}
	if of, can := q.rules.(interface {
		Consider(incident.Facts) clock.Considered
	}); can {
		q.so = of.Consider(in.Facts)
	} else {
		q.so = clock.Consider(in.Facts)
	}
	return q
}

// worth reports whether a question is to be asked: nobody is asked what cannot matter, or what
// the company has said of itself. An answer that contradicts another one can be mended.
func (q inquiry) worth(k incident.FactKey) bool {
	switch {
	case q.so.Disputed(k):
		return true
	case q.so.Follows(q.in.Facts, k):
		return false
	}
	matters, judged := q.judged[k]
	if !judged {
		matters = q.rules == nil || clock.Matters(q.rules, q.in.Facts, k, q.in.Aware(), q.now)
		q.judged[k] = matters
	}
	return matters
}

// open reports whether an answer is missing. The largest number stands in for one that nobody
// knows yet, and a government's system is no company's until somebody says so.
func (q inquiry) open(k incident.FactKey) bool {
	switch {
	case q.in.Facts.Get(k) != incident.Unknown, k == incident.FactPersonsMax, k == incident.FactMyNumberSystem:
		return false
	case k == incident.FactPersons && q.in.Facts.Get(incident.FactPersonsMax) != incident.Unknown:
		return false
	}
	return q.worth(k)
}

func (q inquiry) asked(t topic) (out []incident.FactKey) {
	for _, k := range t.facts {
		if q.worth(k) {
			out = append(out, k)
		}
	}
	return out
}

func (q inquiry) missing(t topic) (n int) {
	for _, k := range t.facts {
		if q.open(k) {
			n++
		}
	}
	return n
}

// next is the first topic with an answer that is missing.
func (q inquiry) next() (topic, bool) {
	i := slices.IndexFunc(legalTopics, func(t topic) bool { return slices.ContainsFunc(t.facts, q.open) })
	if i < 0 {
		return topic{}, false
	}
	return legalTopics[i], true
}

// legalQuestion asks for a fact with one line about what the word means and what follows.
func (v voice) legalQuestion(k incident.FactKey, now incident.Answer) chat.Input {
	i := v.question(k, now)
	i.Label, i.Hint = v.say("legal.ask."+string(k)), v.say("legal.hint."+string(k))
	for n := range i.Options {
		if i.Options[n].Value == string(incident.Unknown) {
			i.Options[n].Label = v.say("legal.not_yet")
		}
	}
	return i
}

func legalSpec(t topic) formSpec {
	return formSpec{
		probe: incident.SetFacts{},
		inputs: func(v *visit, _ draft, in *incident.Incident) []chat.Input {
			if in == nil {
				return v.legalBlank(t)
			}
			return v.inquiry(in).inputs(t)
		},
		take: func(v *visit, k draft, in *incident.Incident, a *answers) {
			facts := incident.Facts{}
			var overtaken []incident.FactKey
			for _, f := range t.facts {
				answer, given := v.factGiven(a, f)
				switch newer := in != nil && k.seen > 0 && in.FactSeqs[f] > k.seen; {
				case !given, k.arg == argBlank && f.Numeric() && a.get(string(f)) == "":
				case newer && answer == incident.Unknown:
					// まだ分からない does not take away what somebody answered after this form was opened.
				case newer && answer != in.Facts.Get(f):
					overtaken = append(overtaken, f)
				default:
					facts[f] = answer
				}
			}
			if overtaken != nil {
				v.inquiry(in).blameOvertaken(a, t, overtaken)
			}
			a.then(incident.SetFacts{Facts: facts})
		},
	}
}

// blameOvertaken gives a form back in which answers differ from newer ones that it did not show:
// nobody can tell which of them were typed, and which only stood there. What is not asked any
// more stays as it was answered.
func (q inquiry) blameOvertaken(a *answers, t topic, overtaken []incident.FactKey) {
	asked := q.asked(t)
	for _, f := range overtaken {
		if !slices.Contains(asked, f) {
			continue
		}
		now, typed := q.in.Facts.Get(f), a.get(string(f))
		if !f.Numeric() {
			typed = q.answer(f, incident.Answer(typed))
		}
		a.blame(string(f), q.say("legal.overtaken", "now", q.answer(f, now), "yours", clip(typed, maxOption)))
		a.Values[string(f)] = string(now)
		if f.Numeric() && now == incident.Unknown {
			a.Values[string(f)] = ""
		}
		a.asOf = q.in.Seq
	}
}

// argBlank marks the draft of a form that was opened without what is known: an empty number in
// it is no answer.
const argBlank = "blank"

// legalBlank asks without knowing what is known: nothing is chosen, and what stays so is no answer.
func (v voice) legalBlank(t topic) (inputs []chat.Input) {
	for _, k := range t.facts {
		i := v.legalQuestion(k, incident.Unknown)
		i.Value = ""
		inputs = append(inputs, i)
	}
	return inputs
}

func (q inquiry) inputs(t topic) (inputs []chat.Input) {
	keys := q.asked(t)
	known := q.in.Facts
	if keys == nil {
		keys, known = t.facts[:1], q.so.Facts // shown as what it is taken for
	}
	var left []string
	for _, k := range t.facts {
		if !slices.Contains(keys, k) {
			if q.so.Follows(q.in.Facts, k) {
				left = append(left, q.say("legal.left", "question", q.say("legal.ask."+string(k)), "answer", q.answer(k, q.so.Facts.Get(k))))
			}
			continue
		}
		now := known.Get(k)
		if _, said := q.in.Facts[k]; k == incident.FactMyNumberSystem && !said {
			now = incident.No // as it counts
		}
		i := q.legalQuestion(k, now)
		for _, x := range q.so.Contradictions {
			if x.Against == k || x.Taken == k && !slices.Contains(keys, x.Against) {
				i.Error = q.texts.ClockContradiction(q.lang, x, q.so)
			}
		}
		inputs = append(inputs, i)
	}
	if left != nil {
		note := q.input(inputLeft, chat.Fixed, false)
		note.Value = strings.Join(left, "\n")
		inputs = append(inputs, note)
	}
	return inputs
}

// inputLeft shows what is not asked, and what it is taken for.
const inputLeft = "left"

// counted is a number of people as it is typed, in half width: 1200, 1,200人, 50 people.
var counted = regexp.MustCompile(`^([0-9]{1,10}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:人|名|people|persons?)?分?$`)

// readCount reads a number of people; ok is false where none can be told for certain.
func (v *visit) readCount(typed string) (a incident.Answer, ok bool) {
	s := strings.Join(strings.Fields(fold(typed)), "")
	if s == "" || v.isUnknown(typed) || s == fold(v.say("legal.not_yet")) || s == fold(v.say("choice.unknown")) {
		return incident.Unknown, true
	}
	m := counted.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	return incident.Answer(strings.ReplaceAll(m[1], ",", "")), true
}

// factGiven reads the answer to a question of a form; a number that cannot be read is blamed.
// given is false where the question did not stand in it, or nothing was chosen.
func (v *visit) factGiven(a *answers, k incident.FactKey) (answer incident.Answer, given bool) {
	_, asked := a.Values[string(k)]
	typed := a.get(string(k))
	if !k.Numeric() || !asked {
		return incident.Answer(typed), typed != ""
	}
	answer, ok := v.readCount(typed)
	if !ok {
		key := "legal.count_bad"
		if _, other := a.Values[string(incident.FactPersonsMax)]; other && k == incident.FactPersons {
			key = "legal.count_bad_persons"
		}
		a.blame(string(k), v.say(key, "value", clip(typed, maxOption)))
	}
	return answer, ok
}

// asOfNow dates a form of these by what is in it, and not by the card it was opened from: an
// answer that was given in between is shown in it, and may be taken back.
func (v *visit) asOfNow(k draft) draft {
	if _, legal := legalTopic(k.form); !legal || k.id == "" {
		return k
	}
	ctx, cancel := context.WithTimeout(v.ctx, openingTime)
	defer cancel()
	if in, _, err := v.service.Incident(ctx, v.who.ID, k.id); err == nil {
		k.seen = in.Seq
	}
	return k
}
