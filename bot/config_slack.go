package main

import (
	"net"
	"net/url"
	"strings"
)

// The settings of Slack by their names, and how Slack's tokens begin (Slack, "Token types").
//
//nolint:gosec // G101: names, not secrets
const (
	slackAppToken      = "SLACK_APP_TOKEN"
	slackSigningSecret = "SLACK_SIGNING_SECRET"

	botTokenBegins = "xoxb-"
	appTokenBegins = "xapp-"
)

// slack reports whether Slack is set up.
func (s settings) slack() bool { return s.SlackBotToken != "" }

// slackSocket reports whether Slack is reached by Socket Mode. Where both ways are set, it is:
// it works without a public address.
func (s settings) slackSocket() bool { return s.SlackAppToken != "" }

// slackUnused reports settings of Slack that practice leaves alone: the company's real
// channels are no place for an exercise that somebody asked for by HIKESHI_MODE.
func (s settings) slackUnused() bool { return s.practice() && s.slack() }

// withoutSlack is the same without any of Slack.
func (s settings) withoutSlack() settings {
	s.SlackBotToken, s.SlackAppToken, s.SlackSigningSecret = "", "", ""
	return s
}

// slackURL is where Slack's methods are called; empty: at Slack. Their names are appended.
func (s settings) slackURL() string {
	if s.SlackAPIURL == "" {
		return ""
	}
	return strings.TrimRight(s.SlackAPIURL, "/") + "/"
}

// slackSaid is what the start says of Slack. address is the one listened on.
func (s settings) slackSaid(address string) []sentence {
	switch {
	case !s.slack():
		return nil
	case s.slackUnused():
		return []sentence{{"cli.serve.slack.unused", nil}}
	case !s.slackSocket():
		if s.PublicURL == "" {
			// The address that is listened on is none that Slack reaches.
			return []sentence{{"slack.check.http_address", nil}}
		}
		return []sentence{{"cli.serve.slack.http", []string{"address", strings.TrimRight(s.PublicURL, "/")}}}
	}
	said := []sentence{{"cli.serve.slack.socket", nil}}
	if s.SlackSigningSecret != "" {
		said = append(said, sentence{"cli.serve.slack.both", nil})
	}
	if s.pagesHere() {
		said = append(said, sentence{"cli.serve.slack.pages", []string{"address", "http://" + address}})
	}
	return said
}

// pagesURL is where people reach the web pages: the public address, else the one listened on,
// which is this machine's own or one that somebody chose; empty where all are listened on and
// nobody has said by which name they are reached.
func (s settings) pagesURL() string {
	if s.PublicURL != "" {
		return strings.TrimRight(s.PublicURL, "/")
	}
	host, port, err := net.SplitHostPort(s.Listen)
	if ip := net.ParseIP(host); err != nil || host == "" || ip != nil && ip.IsUnspecified() || port == "0" {
		return ""
	}
	return "http://" + net.JoinHostPort(host, port)
}

// pagesHere reports whether the buttons of cards that open a web page do so on this machine
// alone: nobody has said by which address others reach it.
func (s settings) pagesHere() bool {
	host, _, err := net.SplitHostPort(s.Listen)
	return (s.slack() || s.discord()) && s.PublicURL == "" && err == nil && loopback(host)
}

// slackFaults finds what is wrong with the settings of Slack. No fault quotes a value: even a
// token in the wrong place is one.
func (s settings) slackFaults() []sentence {
	var found []sentence
	fault := func(key string, pairs ...string) { found = append(found, sentence{key, pairs}) }
	if strings.HasPrefix(s.SlackBotToken, appTokenBegins) && strings.HasPrefix(s.SlackAppToken, botTokenBegins) {
		fault("cli.setting.slack.swapped")
	} else {
		if t := s.SlackBotToken; t != "" && (!strings.HasPrefix(t, botTokenBegins) || !plain(t)) {
			fault("cli.setting.slack.bot_token")
		}
		if t := s.SlackAppToken; t != "" && (!strings.HasPrefix(t, appTokenBegins) || !plain(t)) {
			fault("cli.setting.slack.app_token")
		}
	}
	if t := s.SlackSigningSecret; t != "" && (strings.HasPrefix(t, botTokenBegins) || strings.HasPrefix(t, appTokenBegins) || !plain(t)) {
		fault("cli.setting.slack.signing_secret")
	}
	other := ""
	switch {
	case s.SlackAppToken != "":
		other = slackAppToken
	case s.SlackSigningSecret != "":
		other = slackSigningSecret
	}
	switch {
	case s.slack() && other == "":
		fault("cli.setting.slack.way")
	case !s.slack() && other != "":
		fault("cli.setting.slack.no_bot_token", "name", other)
	}
	if s.SlackAPIURL != "" {
		if u, err := url.Parse(s.SlackAPIURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
			fault("cli.setting.slack.api_url")
		}
	}
	return found
}

// plain reports whether a secret holds nothing that copying has added: spaces, line ends,
// quotation marks, or the … of a shortened display.
func plain(secret string) bool {
	return !strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\'' })
}
