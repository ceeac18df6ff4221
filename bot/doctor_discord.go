package main

import (
	"context"

	"hikeshi/bot/discord"
)

// checkDiscord asks Discord about our settings and our people.
func checkDiscord(ctx context.Context, x *patient) []finding {
	switch {
	case !x.settings.discord():
		return nil
	case x.settings.discordUnused():
		return fine(x.say("cli.serve.discord.unused"))
	}
	var found []finding
	// Of Slack's cards it is said already, and Discord's are no different.
	if !x.settings.slack() && x.settings.pagesHere() {
		found = append(found, notice(x.say("cli.serve.discord.pages", "address", x.settings.pagesURL())))
	}
	config := x.discordConfig(x.texts.Say)
	if x.opened != nil {
		config.Memory = x.opened.service.Memory(frontendDiscord)
	}
	for _, f := range discord.Check(ctx, config, x.onDiscord()) {
		found = append(found, finding{Grade: gradeOf(f.Fault, f.Note), Text: x.say(f.Key, f.Pairs...)})
	}
	return found
}

// onDiscord are the people who are to be found on Discord, with the account that is theirs there:
// everybody but outside contacts and those who are called on Slack.
func (p *patient) onDiscord() (out []discord.Listed) {
	if p.opened == nil {
		return nil
	}
	for _, c := range p.opened.service.Contacts().People() {
		id, there := p.opened.service.Account(c.ID, frontendDiscord)
		if c.Active && !c.Outsider() && (there || !p.elsewhere(c.ID, frontendSlack, p.settings.slack())) {
			out = append(out, discord.Listed{Name: c.Name, DiscordID: id})
		}
	}
	return out
}
