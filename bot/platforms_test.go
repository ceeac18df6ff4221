package main

import (
	"slices"
	"testing"

	"hikeshi/bot/chat"
)

// stub is a platform of a name alone.
type stub struct {
	front
	called string
}

func (s stub) Name() string { return s.called }

// Whoever is on several platforms is called on the first that is neither marked nor down.
func TestWhereSomebodyIsCalled(t *testing.T) {
	const slack, discord = frontendSlack, frontendDiscord
	on := func(name string, user chat.UserID, shut, deaf bool) wayTo {
		return wayTo{chatPlatform: chatPlatform{front: stub{called: name}}, user: user, shut: shut, deaf: deaf}
	}
	for name, c := range map[string]struct {
		list   []wayTo
		stands string
		want   []string
	}{
		"all is well":           {[]wayTo{on(slack, "s", false, false), on(discord, "d", false, false)}, "", []string{slack, discord}},
		"Slack is marked":       {[]wayTo{on(slack, "s", true, false), on(discord, "d", false, false)}, "", []string{discord, slack}},
		"Slack is down":         {[]wayTo{on(slack, "s", false, true), on(discord, "d", false, false)}, "", []string{discord, slack}},
		"marked is worse":       {[]wayTo{on(slack, "s", true, false), on(discord, "d", false, true)}, "", []string{discord, slack}},
		"both are down":         {[]wayTo{on(slack, "s", false, true), on(discord, "d", false, true)}, "", []string{slack, discord}},
		"both are marked":       {[]wayTo{on(slack, "s", true, false), on(discord, "d", true, false)}, "", []string{slack, discord}},
		"it stands on Discord":  {[]wayTo{on(slack, "s", false, false), on(discord, "d", false, false)}, discord, []string{discord, slack}},
		"there, but it is down": {[]wayTo{on(slack, "s", false, false), on(discord, "d", false, true)}, discord, []string{slack, discord}},
		"to be looked for last": {[]wayTo{on(discord, "d", false, false), on(slack, "", false, false)}, "", []string{discord, slack}},
		"looked for if need be": {[]wayTo{on(discord, "d", false, true), on(slack, "", false, false)}, "", []string{slack, discord}},
	} {
		var got []string
		for _, r := range prefer(c.list, c.stands) {
			got = append(got, r.name())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
