package main

import (
	"context"

	"hikeshi/bot/slack"
	"hikeshi/workflows/incident"
)

// checkSlack asks Slack about our settings and our people.
func checkSlack(ctx context.Context, x *patient) []finding {
	switch {
	case !x.settings.slack():
		return nil
	case x.settings.slackUnused():
		return fine(x.say("cli.serve.slack.unused"))
	}
	var found []finding
	if x.settings.SlackAppToken != "" && x.settings.SlackSigningSecret != "" {
		found = append(found, notice(x.say("cli.serve.slack.both")))
	}
	if x.settings.pagesHere() {
		found = append(found, notice(x.say("cli.serve.slack.pages", "address", x.settings.pagesURL())))
	}
	config := x.slackConfig(x.texts.Say)
	if x.opened != nil {
		config.Memory = x.opened.service.Memory(frontendSlack)
	}
	for _, f := range slack.Check(ctx, config, x.onSlack()) {
		found = append(found, finding{Grade: gradeOf(f.Fault, f.Note), Text: x.say(f.Key, f.Pairs...)})
	}
	return found
}

// onSlack are the people who are to be found on Slack, with the account that is theirs there:
// everybody but outside contacts and those who are called on Discord.
func (p *patient) onSlack() (out []slack.Listed) {
	if p.opened == nil {
		return nil
	}
	for _, c := range p.opened.service.Contacts().People() {
		id, there := p.opened.service.Account(c.ID, frontendSlack)
		if c.Active && !c.Outsider() && (there || !p.elsewhere(c.ID, frontendDiscord, p.settings.discord())) {
			out = append(out, slack.Listed{Name: c.Name, SlackID: id, Email: c.Email})
		}
	}
	return out
}

// elsewhere reports whether somebody is known to have an account on another platform in use.
func (p *patient) elsewhere(id incident.PersonID, platform string, inUse bool) bool {
	_, there := p.opened.service.Account(id, platform)
	return inUse && there
}

// frontendSlack is the front end's name, in the ways to a person and in what is remembered.
const frontendSlack = "slack"

// slackConfig is what the front end needs of the settings.
func (p *program) slackConfig(say func(lang, key string, pairs ...string) string) slack.Config {
	s := p.settings
	return slack.Config{
		BotToken: s.SlackBotToken, AppToken: s.SlackAppToken, SigningSecret: s.SlackSigningSecret,
		APIURL: s.slackURL(), Say: say, Lang: s.Lang, PublicURL: s.pagesURL(),
	}
}
