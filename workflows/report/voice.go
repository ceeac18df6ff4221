package report

import (
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// Say gives the text of a key in one language, with pairs of placeholder names and values
// filled in. What is filled in is never read for placeholders again.
type Say func(key string, pairs ...string) string

// Voice is what entries of the record are said with: the reader's language and how people
// and steps are called.
type Voice struct {
	Say Say
	// Name calls a person as the contact list does today; empty when it does not know him.
	Name func(incident.PersonID) string
	// KnownAs says of a name that the record gives an identity whether it is that of an account that
	// the contact list does not know; nil says it of none.
	KnownAs func(p incident.PersonID, recorded string) string
	// Step gives a short title of a step by its key, as it was worded at an entry; StepTitles makes
	// one. Nil shows keys.
	Step func(seq int64, key string) string
	// Rule gives the title of a notification rule; nil, or "" from it, shows the rule's name.
	Rule func(incident.Rule) string
	// Restated reports whether the dates of a duty that an entry changed are those of before; Restated
	// of the record makes one. Nil says it of none.
	Restated func(seq int64, r incident.Rule) bool
	// Party gives what an affected party is called; nil, or "" from it, shows its number.
	Party func(n int) string
	// Brief names of a text for people outside its beginning only: where that text stands whole
	// beside the entry, or is as long as a report itself.
	Brief bool
}

// stepTitleRunes is how much of a step names it in a sentence.
const stepTitleRunes = 40

func stepTitle(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	// The ends of a sentence: U+3002 is the Japanese full stop.
	if head, _, found := strings.Cut(text, "\u3002"); found {
		text = head
	} else if head, _, found := strings.Cut(text, ". "); found {
		text = head
	}
	text = strings.TrimSuffix(strings.TrimSpace(text), ".")
	if r := []rune(text); len(r) > stepTitleRunes {
		return string(r[:stepTitleRunes-1]) + "…"
	}
	return text
}

func (v Voice) body(t incident.Text) string {
	if t.Erased {
		return v.Say("text.erased")
	}
	return t.Body
}

// merged names the reporters of a report that was taken in, with their departments.
func (v Voice) merged(e incident.ReportMerged) string {
	var out []string
	for i, t := range e.Names {
		name := t.Body
		if i < len(e.Reporters) {
			name = v.knownAs(e.Reporters[i], name)
		}
		if t.Erased {
			name = v.Say("person.erased")
		}
		if i < len(e.Departments) && e.Departments[i] != "" {
			name = v.Say("person.of", "name", name, "of", e.Departments[i])
		}
		out = append(out, name)
	}
	return strings.Join(out, v.Say("separator"))
}

func (v Voice) knownAs(p incident.PersonID, recorded string) string {
	if v.KnownAs == nil {
		return recorded
	}
	return v.KnownAs(p, recorded)
}

// name falls back to the identity itself: an entry must never lose whom it is about.
func (v Voice) name(p incident.PersonID) string {
	if p == "" {
		return v.Say("person.bot")
	}
	if n := v.Name(p); n != "" {
		return n
	}
	return string(p)
}

func (v Voice) names(ps []incident.PersonID) string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = v.name(p)
	}
	return strings.Join(out, v.Say("separator"))
}

func (v Voice) roles(rs []incident.Role) string {
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = v.Say("role." + string(r))
	}
	return strings.Join(out, v.Say("separator"))
}

func (v Voice) approver(r incident.Role, deputy bool) string {
	role := v.Say("role." + string(r))
	if deputy {
		return v.Say("role.acting", "value", role)
	}
	return role
}

func (v Voice) why(w incident.Why, r incident.Role) string {
	if r != "" {
		return v.Say("role." + string(r))
	}
	return v.Say("why." + string(w))
}

func (v Voice) category(c, effect incident.Category) string {
	name := v.Say("category." + string(c))
	if effect == "" {
		return name
	}
	return v.Say("category.with_effect", "value", name, "effect", v.Say("category."+string(effect)))
}

func (v Voice) phase(p incident.Phase) string { return v.Say("phase." + string(p)) }

func (v Voice) what(k incident.EventKind) string { return v.Say("log.what." + string(k)) }

func (v Voice) step(r incident.Record, key string) string {
	if v.Step == nil {
		return key
	}
	return v.Step(r.Seq, key)
}

// answer prints what stands in a fact: yes, no, not known, or a count.
func (v Voice) answer(a incident.Answer) string {
	switch a {
	case incident.Yes, incident.No, incident.Unknown:
		return v.Say("answer." + string(a))
	case "":
		return v.Say("answer.unknown")
	}
	return v.Say("answer.count", "value", string(a))
}

// moment prints an instant as the record keeps it; what is none is shown as it stands.
func (v Voice) moment(stamp string) string {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return stamp
	}
	return Instant(t, v.Say)
}
