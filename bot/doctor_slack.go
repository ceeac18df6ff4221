package main

import (
	"context"

	"hikeshi/bot/slack"
	"hikeshi/workflows/contact"
)

// checkSlack asks Slack about our settings and our people.
func checkSlack(ctx context.Context, x *patient) []finding {
	switch {
	case !x.settings.slack():
		return nil
	case x.settings.slackUnused():
		return fine(x.say("cli.serve.slack.unused"))
	}
	var people []slack.Listed
	if x.opened != nil {
		people = onSlack(x.opened.service.Contacts().People())
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
	for _, f := range slack.Check(ctx, config, people) {
		found = append(found, finding{Grade: gradeOf(f.Fault, f.Note), Text: x.say(f.Key, f.Pairs...)})
	}
	return found
}

// onSlack are the people who are to be found on Slack: everybody but outside contacts.
func onSlack(people []contact.Person) []slack.Listed {
	var out []slack.Listed
	for _, p := range people {
		if p.Active && !p.Outsider() {
			out = append(out, slack.Listed{Name: p.Name, SlackID: p.SlackID, Email: p.Email})
		}
	}
	return out
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
