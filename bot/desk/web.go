package desk

import (
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// showWeb answers ウェブ with a link that signs in to the web pages. It goes to the direct
// messages, wherever it was asked for: whoever has the link is signed in by it.
func (v *visit) showWeb() chat.Reply {
	switch {
	case strings.HasPrefix(string(v.r.From), "web:"):
		return v.notice("weblink.here", nil)
	case !v.known:
		return v.refusal(nil, &incident.Refusal{Key: "refuse.not_known"}, task{})
	case v.signIn == nil:
		return v.notice("weblink.none", nil, "people", v.administrators())
	case v.r.Claim != nil && !v.r.Claim():
		return chat.Reply{} // another process makes it, and answers
	}
	path, expires, err := v.signIn(v.ctx, v.r.From, v.who.ID)
	if err != nil {
		return v.fault(err, task{})
	}
	return chat.Reply{Direct: true, Cards: []chat.Card{{
		Key: "web", Mark: v.mark(), Title: v.say("weblink.link.title"),
		Blocks:  []chat.Block{{Text: v.say("weblink.link", "at", v.when(expires))}},
		Buttons: []chat.Button{{Label: v.say("button.web_open"), Page: path, Style: chat.Primary}},
	}}}
}

// administrators names whom to ask about the installation.
func (v voice) administrators() string {
	people := v.service.Contacts().Chain(incident.SystemAdmin, "")
	if len(people) == 0 {
		return v.role(incident.SystemAdmin)
	}
	return v.person(nil, people[0])
}
