package desk

import (
	"slices"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// chats are the chat platforms on which somebody is called: those for which an account of
// his is known, and of whom none is, all that there are.
func (v voice) chats(p incident.PersonID) []string {
	on := slices.DeleteFunc(slices.Clone(v.platforms), func(name string) bool {
		_, there := v.service.Account(p, name)
		return !there
	})
	if len(on) == 0 {
		return v.platforms
	}
	return on
}

// unsafe are the chat platforms that are marked as compromised; nil: none is.
func (v voice) unsafe(marks map[string]workflows.Mark) (closed []string) {
	for _, p := range v.platforms {
		if marks[p].On {
			closed = append(closed, p)
		}
	}
	return closed
}

// platformNames is how people call some platforms; empty for none.
func (v voice) platformNames(list []string) string {
	names := make([]string, 0, len(list))
	for _, p := range list {
		names = append(names, v.platformName(p))
	}
	return v.join(names)
}

// marksLabel is what the button says that leads to the platforms that must not be used.
func (v voice) marksLabel() string {
	if len(v.platforms) > 0 && v.platforms[0] == "discord" {
		return v.say("button.marks.discord")
	}
	return v.say("button.marks")
}

// channelName is how people call the channel that a message goes to: where there are several, by
// its platform.
func (v voice) channelName(n incident.Notice) string {
	if len(v.platforms) < 2 {
		return v.say("message.channel")
	}
	return v.say("message.channel.on", "platform", v.platformName(v.service.Platform(n)))
}
