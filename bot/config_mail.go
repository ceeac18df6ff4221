package main

import (
	"hikeshi/bot/mail"
)

// The settings of mail by their names.
const (
	smtpURL  = "SMTP_URL"
	smtpFrom = "SMTP_FROM"
)

// mail reports whether calls go out by mail. Practice sends none: the people of an exercise
// are made up, and their addresses may be somebody's.
func (s settings) mail() bool { return s.SMTPURL != "" && !s.practice() }

// mailUnused reports settings of mail that practice leaves alone.
func (s settings) mailUnused() bool { return s.SMTPURL != "" && s.practice() }

// mailSaid is what the start says of mail.
func (s settings) mailSaid() []sentence {
	switch {
	case s.mailUnused():
		return []sentence{{"cli.serve.mail.unused", nil}}
	case !s.mail():
		return nil
	}
	said := []sentence{{"cli.serve.mail.on", []string{"from", s.SMTPFrom}}}
	if s.PublicURL == "" {
		said = append(said, sentence{"cli.serve.mail.no_links", nil})
	}
	return said
}

// mailFaults finds what is wrong with the settings of mail. No fault quotes a value: where the
// password begins in an address that cannot be read, nobody knows.
func (s settings) mailFaults() []sentence {
	var found []sentence
	switch {
	case s.SMTPURL != "" && s.SMTPFrom == "":
		found = append(found, sentence{"cli.setting.mail.half", []string{"name", smtpURL, "other", smtpFrom}})
	case s.SMTPURL == "" && s.SMTPFrom != "":
		found = append(found, sentence{"cli.setting.mail.half", []string{"name", smtpFrom, "other", smtpURL}})
	}
	for _, f := range mail.Faults(s.SMTPURL, s.SMTPFrom) {
		found = append(found, sentence{f.Key, f.Pairs})
	}
	return found
}

// mailConfig is what mail needs of the settings. Its links lead to the public address alone: a
// mail is read on other machines than this.
func (p *program) mailConfig(say func(lang, key string, pairs ...string) string) mail.Config {
	s := p.settings
	return mail.Config{URL: s.SMTPURL, From: s.SMTPFrom, PublicURL: s.PublicURL, Say: say, Lang: s.Lang}
}
