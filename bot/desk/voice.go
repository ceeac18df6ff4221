package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// voice speaks one language at one instant.
type voice struct {
	*Desk
	*spoken
	lang string
	now  time.Time
}

func (d *Desk) voice() voice {
	return voice{Desk: d, spoken: d.says.Load(), lang: d.lang, now: d.service.Now()}
}

func (v voice) say(key string, pairs ...string) string { return v.texts.Say(v.lang, key, pairs...) }

func (v voice) join(parts []string) string { return strings.Join(parts, v.say("separator")) }

// when prints an instant in JST: 02:07 today, with the day when it is another one.
func (v voice) when(t time.Time) string {
	if t.IsZero() {
		return v.say("when.never")
	}
	t = t.In(incident.Tokyo)
	clock, now := t.Format("15:04"), v.now.In(incident.Tokyo)
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return clock
	}
	key := "when.other"
	if t.Year() != now.Year() {
		key = "when.year"
	}
	return v.say(key, "year", strconv.Itoa(t.Year()), "month", v.say("time.month."+strconv.Itoa(int(t.Month()))),
		"day", strconv.Itoa(t.Day()), "weekday", v.say("time.weekday."+strconv.Itoa(int(t.Weekday()))), "clock", clock)
}

// instant prints an instant in full, for the record.
func (v voice) instant(t time.Time) string {
	return report.Instant(t, v.say)
}

func (v voice) phase(p incident.Phase) string { return v.say("phase." + string(p)) }

func (v voice) level(l incident.Level) string { return v.say("level." + l.String()) }

// workingLevel is the level that counts now, marked 仮 while nobody has confirmed it.
func (v voice) workingLevel(in *incident.Incident) string {
	l := v.level(in.WorkingLevel())
	if in.Provisional() {
		return v.say("level.provisional", "value", l)
	}
	return l
}

// levelWhy says on what the level rests.
func (v voice) levelWhy(in *incident.Incident) string {
	if in.Level.Confirmed() && !in.Provisional() {
		last := in.LevelHistory[len(in.LevelHistory)-1]
		return v.withReason(v.say("levelwhy.confirmed", "person", v.person(in, last.By), "at", v.when(last.At)), last.Reason)
	}
	if floor, why := in.Floor(); in.WorkingLevel() == floor && why != "" {
		if why == string(incident.Leak) {
			return v.say("levelwhy.leak")
		}
		return v.say("levelwhy.fact", "fact", v.fact(incident.FactKey(why)))
	}
	if s, by := incident.Suggest(in.Facts); s.Confirmed() && s == in.WorkingLevel() {
		return v.say("levelwhy.fact", "fact", v.fact(by))
	}
	return v.say("levelwhy.unknown", "level", v.level(in.WorkingLevel()))
}

func (v voice) category(in *incident.Incident) string {
	name := v.say("category." + string(in.Category))
	if in.Category == incident.Virus && in.Effect != "" {
		return v.say("category.with_effect", "value", name, "effect", v.say("category."+string(in.Effect)))
	}
	return name
}

func (v voice) role(r incident.Role) string { return v.say("role." + string(r)) }

func (v voice) roles(rs []incident.Role) string {
	var names []string
	for _, r := range rs {
		names = append(names, v.role(r))
	}
	return v.join(names)
}

func (v voice) fact(k incident.FactKey) string { return v.say("fact." + string(k)) }

func (v voice) field(f incident.Field) string { return v.say("field." + string(f)) }

func (v voice) answer(k incident.FactKey, a incident.Answer) string {
	if k.Numeric() && a != incident.Unknown {
		return v.say("answer.count", "value", string(a))
	}
	return v.say("answer." + string(a))
}

// word is a word of /incident as the reader would type it.
func (v voice) word(w string) string {
	first, _, _ := strings.Cut(v.say("word."+w), ",")
	return first
}

// person is how somebody is called in a sentence.
func (v voice) person(in *incident.Incident, p incident.PersonID) string {
	if p == "" {
		return v.say("person.bot")
	}
	return v.named(p, v.service.Name(in, p))
}

// named is how somebody is called in a sentence who has that name in the record.
func (v voice) named(p incident.PersonID, recorded string) string {
	name, unlisted := v.service.KnownAs(p, recorded)
	if name = v.say("person.named", "name", name); unlisted {
		return v.say("person.unlisted", "name", name)
	}
	return name
}

// knownAs is the same without what politeness adds.
func (v voice) knownAs(p incident.PersonID, recorded string) string {
	name, unlisted := v.service.KnownAs(p, recorded)
	if unlisted {
		return v.say("person.unlisted", "name", name)
	}
	return name
}

func (v voice) persons(in *incident.Incident, ps []incident.PersonID) string {
	var names []string
	for _, p := range ps {
		names = append(names, v.person(in, p))
	}
	return v.join(names)
}

// lead says who has the lead, and that nobody has taken it where that is so.
func (v voice) lead(in *incident.Incident) string {
	if in.Lead == "" {
		return v.say("lead.none")
	}
	name := v.person(in, in.Lead)
	switch in.LeadHow {
	case incident.LeadDeputy, incident.LeadLast:
		return v.say("lead.acting", "person", name, "how", v.say("leadhow."+string(in.LeadHow)))
	case incident.LeadHandover:
		return v.say("lead.handover", "person", name, "how", v.say("leadhow."+string(in.LeadHow)))
	}
	return name
}

// procedures are the rules that an incident began with, to ask whether a step applies.
func (v voice) procedures(in *incident.Incident) incident.Procedures { return v.service.Rules(in) }

// fieldValue prints a filled field; a time in JST.
func (v voice) fieldValue(f incident.Field, value incident.FieldValue) string {
	if value.Unknown {
		return v.say("text.unknown", "value", value.Reason)
	}
	return v.fieldText(f, value.Value)
}

func (v voice) fieldText(f incident.Field, value string) string {
	if f.IsTime() {
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			return v.when(t)
		}
	}
	return value
}

// phone is one person to call.
type phone struct {
	person contact.Person
	role   incident.Role
	deputy bool
}

// phones lists whom to call for roles, in their order, each person once. in may be nil when
// no incident could be opened; skip are people who must not be named then. Somebody without
// a number cannot be phoned: his deputy stands in.
func (v voice) phones(in *incident.Incident, roles []incident.Role, skip []incident.PersonID, everyone bool) []phone {
	var out []phone
	seen := map[incident.PersonID]bool{}
	dir := v.service.Contacts()
	for _, role := range roles {
		department := ""
		if in != nil {
			department = in.Reporter().Department
		}
		for _, id := range v.thereFirst(dir.Chain(role, department)) {
			left := in != nil && in.IsExcluded(id)
			for _, s := range skip {
				left = left || s == id
			}
			p, ok := dir.Person(id)
			if left || !ok || p.Phone == "" {
				continue
			}
			if !seen[id] {
				seen[id] = true
				out = append(out, phone{person: p, role: role, deputy: !slices.Contains(dir.Holders(role, department), id)})
			}
			if !everyone {
				break
			}
		}
	}
	return out
}

// access says how much of an incident a person sees.
func (v voice) access(in *incident.Incident, p incident.PersonID) workflows.Access {
	return v.service.AccessOf(in, p)
}
