package desk

import (
	"slices"
	"strings"

	"hikeshi/workflows/incident"
)

// chatAway reports whether somebody should not be sent to the chat: each platform on which he is
// called is marked as compromised, or nothing gets through by it. The mark cannot be found out
// without the database; then it is said as ever.
func (v *visit) chatAway() bool {
	chats := v.chats(v.who.ID)
	if len(chats) == 0 {
		return false
	}
	marks, err := v.service.Compromised(v.ctx)
	if err != nil {
		marks = nil
	}
	return !slices.ContainsFunc(chats, func(p string) bool { return !marks[p].On && (v.down == nil || !v.down(p)) })
}

// chatNames is how people call the chat platforms on which somebody is called.
func (v *visit) chatNames() string { return v.platformNames(v.chats(v.who.ID)) }

// took says on the page of a link that somebody has taken a call, and where he goes on.
func (v *visit) took() string {
	if v.chatAway() {
		return v.say("answerlink.took_beside", "platform", v.chatNames())
	}
	return v.say("answerlink.took")
}

// tookByPhone says the same on the phone. There nothing can be opened: whom to phone is read out.
func (v *visit) tookByPhone(calls string) string {
	if !v.chatAway() {
		return v.say("answerlink.phone.took", "calls", calls)
	}
	if lines := v.spokenPhones(v.who.ID); lines != "" {
		return v.say("answerlink.phone.took_beside", "calls", calls, "platform", v.chatNames(), "people", lines)
	}
	return v.say("answerlink.phone.took_nobody", "calls", calls, "platform", v.chatNames())
}

// spokenPhones are the people of §9.3 with their numbers, to be read out to one of them.
func (v voice) spokenPhones(to incident.PersonID) string {
	var lines []string
	for _, x := range v.phones(nil, []incident.Role{incident.IncidentLead, incident.SystemAdmin, incident.Representative}, []incident.PersonID{to}, false) {
		lines = append(lines, v.say("person.phone", "name", v.person(nil, x.person.ID), "phone", x.person.Phone))
	}
	return strings.Join(lines, v.say("separator"))
}
