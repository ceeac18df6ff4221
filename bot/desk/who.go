package desk

import (
	"regexp"
	"slices"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// actor finds the person of the contact list behind a platform's user. Whoever is not
// listed may still report: then the platform's ID and name stand for him.
func (d *Desk) actor(from chat.UserID, name string) (who incident.Actor, known bool) {
	frontend, id, _ := strings.Cut(string(from), ":")
	people := d.service.Contacts()
	p, ok := d.service.ByAccount(frontend, id)
	if !ok {
		p, ok = d.byEmail(people, frontend, from)
	}
	if ok {
		if person, listed := people.Person(p); listed && person.Active {
			return incident.Actor{ID: p, Name: person.Name, Department: person.Department}, true
		}
	}
	if name = strings.TrimSpace(name); name == "" {
		name = id
	}
	return incident.Actor{ID: incident.PersonID(from), Name: name}, false
}

// byEmail finds the only person with the verified mail address of a platform's user, unless
// the list says that he is another user there: an address that two people share, or that was
// handed on to a successor, lets nobody in.
func (d *Desk) byEmail(people *contact.Directory, frontend string, from chat.UserID) (incident.PersonID, bool) {
	if d.email == nil {
		return "", false
	}
	address := strings.ToLower(strings.TrimSpace(d.email(from)))
	if address == "" {
		return "", false
	}
	var found []contact.Person
	for _, p := range people.People() {
		if strings.ToLower(p.Email) == address {
			found = append(found, p)
		}
	}
	if len(found) != 1 || platformID(found[0], frontend) != "" {
		return "", false
	}
	return found[0].ID, true
}

// platformID is the ID that the contact list gives a person on a platform.
func platformID(p contact.Person, frontend string) string {
	switch frontend {
	case "slack":
		return p.SlackID
	case "discord":
		return p.DiscordID
	}
	return string(p.ID) // nobody becomes another person of the web room by his address
}

// mention is how Slack and Discord write that a person was mentioned: <@U012|taro>, <@!123>.
var mention = regexp.MustCompile(`<@!?([A-Za-z0-9]+)(?:\|([^<>]*))?>`)

// mentioned names the people mentioned in a line as the contact list does, in one word: an
// ID in the record would tell nobody anything, and a name of two words would be two.
func (d *Desk) mentioned(from chat.UserID, text string) string {
	frontend, _, _ := strings.Cut(string(from), ":")
	if frontend == "web" {
		return text // nobody mentions there; it is what somebody typed
	}
	return mention.ReplaceAllStringFunc(text, func(m string) string {
		parts := mention.FindStringSubmatch(m)
		who, _ := d.actor(chat.UserID(frontend+":"+parts[1]), parts[2])
		return "@" + strings.Join(strings.Fields(who.Name), "")
	})
}

// User is a person's user ID in the built-in web room.
func User(p incident.PersonID) chat.UserID { return chat.UserID("web:" + string(p)) }

// People lists everybody who can sit at the web room, those with a duty first.
func (d *Desk) People(lang string) []PersonLine {
	v := d.voice()
	if lang == "ja" || lang == "en" {
		v.lang = lang
	}
	var out []PersonLine
	for _, p := range dutyFirst(d.service.Contacts().People()) {
		out = append(out, v.personLine(p))
	}
	return shown(out)
}

func (v voice) personLine(p contact.Person) PersonLine {
	var roles []string
	for _, duty := range p.Duties {
		name := v.role(duty.Role)
		if duty.Order > 0 {
			name = v.say("role.deputy", "value", name)
		}
		roles = append(roles, name)
	}
	return PersonLine{User: User(p.ID), Name: p.Name, Department: p.Department, Roles: v.join(roles), Phone: p.Phone}
}

// dutyFirst puts those first who are most likely to be looked for; outside contacts, who
// do not use the chat, come last.
func dutyFirst(people []contact.Person) []contact.Person {
	rank := func(p contact.Person) int {
		best := len(incident.Roles) * 2
		for _, duty := range p.Duties {
			if i := slices.Index(incident.Roles, duty.Role); i >= 0 {
				best = min(best, i*2+min(duty.Order, 1))
			}
		}
		if len(p.Duties) > 0 && best >= len(incident.Roles)*2-2 {
			return len(incident.Roles) * 3
		}
		return best
	}
	out := slices.Clone(people)
	slices.SortStableFunc(out, func(a, b contact.Person) int { return rank(a) - rank(b) })
	return out
}

// staff lists the people who can take part in an incident: everybody but outside contacts.
func (d *Desk) staff() []contact.Person {
	return slices.DeleteFunc(dutyFirst(d.service.Contacts().People()), contact.Person.Outsider)
}

// people finds whom a typed name, mail address, ID or mention means.
func (d *Desk) people(query string) []incident.PersonID {
	if query = strings.TrimSpace(query); query == "" {
		return nil
	}
	dir := d.service.Contacts()
	if p, ok := dir.Person(incident.PersonID(query)); ok && p.Active {
		return []incident.PersonID{p.ID}
	}
	return dir.Find(query)
}
