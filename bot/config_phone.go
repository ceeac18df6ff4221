package main

import (
	"strconv"
	"strings"

	"hikeshi/bot/phone"
)

// The settings of the phone hook by their names.
//
//nolint:gosec // G101: names, not secrets
const (
	phoneWebhookURL    = "PHONE_WEBHOOK_URL"
	phoneWebhookSecret = "PHONE_WEBHOOK_SECRET"
)

// phone reports whether people can be rung through a gateway.
func (s settings) phone() bool { return s.PhoneURL != "" && s.PhoneSecret != "" }

// phoneUnused reports settings of the phone hook that practice leaves alone: nobody is got out
// of bed for an exercise.
func (s settings) phoneUnused() bool { return s.practice() && s.phone() }

// withoutPhone is the same without the phone hook.
func (s settings) withoutPhone() settings {
	s.PhoneURL, s.PhoneSecret = "", ""
	return s
}

// phoneCallback is where the gateway brings the key that was pressed; empty: nobody has said
// by which address it reaches us.
func (s settings) phoneCallback() string {
	if s.PublicURL == "" {
		return ""
	}
	return strings.TrimRight(s.PublicURL, "/") + phone.AnswerPath
}

// phoneSaid is what the start says of the phone hook.
func (s settings) phoneSaid() []sentence {
	switch {
	case !s.phone():
		return nil
	case s.phoneUnused():
		return []sentence{{"cli.serve.phone.unused", nil}}
	case s.phoneCallback() == "":
		return []sentence{{"cli.serve.phone.no_callback", nil}}
	}
	return []sentence{{"cli.serve.phone", nil}}
}

// phoneFaults finds what is wrong with the settings of the phone hook. No fault quotes a value.
func (s settings) phoneFaults() []sentence {
	var found []sentence
	fault := func(key string, pairs ...string) { found = append(found, sentence{key, pairs}) }
	switch {
	case s.PhoneURL != "" && s.PhoneSecret == "":
		fault("cli.setting.phone.half", "name", phoneWebhookURL, "missing", phoneWebhookSecret)
	case s.PhoneURL == "" && s.PhoneSecret != "":
		fault("cli.setting.phone.half", "name", phoneWebhookSecret, "missing", phoneWebhookURL)
	}
	if s.PhoneURL != "" && !phone.SafeURL(s.PhoneURL) {
		fault("cli.setting.phone.url")
	}
	if t := s.PhoneSecret; t != "" && (len(t) < phone.MinSecret || !plain(t)) {
		fault("cli.setting.phone.secret", "min", strconv.Itoa(phone.MinSecret))
	}
	return found
}

// phoneConfig is what the phone hook needs of the settings.
func (p *program) phoneConfig(say func(lang, key string, pairs ...string) string) phone.Config {
	s := p.settings
	return phone.Config{URL: s.PhoneURL, Secret: s.PhoneSecret, CallbackURL: s.phoneCallback(), Say: say}
}
