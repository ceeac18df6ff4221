package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/caarlos0/env/v11"
)

// settings are what the environment says. The names are fixed: others rely on them. The tag
// "shown" says how a setting is printed: see shownSettings.
type settings struct {
	DatabaseURL string `env:"DATABASE_URL" shown:"url"`
	Data        string `env:"HIKESHI_DATA" envDefault:"./data"`
	Config      string `env:"HIKESHI_CONFIG"`
	Listen      string `env:"HIKESHI_LISTEN" envDefault:"127.0.0.1:8119"`
	PublicURL   string `env:"HIKESHI_PUBLIC_URL" shown:"url"`
	Lang        string `env:"HIKESHI_LANG" envDefault:"ja"`
	Mode        string `env:"HIKESHI_MODE"`
	// MetricsToken is what /metrics asks for; Log is how the log is written.
	MetricsToken string `env:"HIKESHI_METRICS_TOKEN" shown:"never"`
	Log          string `env:"HIKESHI_LOG"`
	// Slack: the bot token, and one of the two others.
	SlackBotToken      string `env:"SLACK_BOT_TOKEN" shown:"never"`
	SlackAppToken      string `env:"SLACK_APP_TOKEN" shown:"never"`
	SlackSigningSecret string `env:"SLACK_SIGNING_SECRET" shown:"never"`
	SlackAPIURL        string `env:"SLACK_API_URL" shown:"url"`
	// Discord: both or none.
	DiscordBotToken string `env:"DISCORD_BOT_TOKEN" shown:"never"`
	DiscordGuildID  string `env:"DISCORD_GUILD_ID"`
	DiscordAPIURL   string `env:"DISCORD_API_URL" shown:"url"`
	// Mail: both or none.
	SMTPURL  string `env:"SMTP_URL" shown:"url"`
	SMTPFrom string `env:"SMTP_FROM"`
	// Phone: the gateway that rings people. Its address is a secret, too: many a gateway knows
	// its customer by the path alone.
	PhoneURL    string `env:"PHONE_WEBHOOK_URL" shown:"never"`
	PhoneSecret string `env:"PHONE_WEBHOOK_SECRET" shown:"never"`
}

// minToken is how many characters a token must have: one that can be guessed is none.
const minToken = 16

// ours are how the names of settings begin that nobody else has any use for.
var ours = []string{"HIKESHI_", "SLACK_", "DISCORD_", "PHONE_WEBHOOK_"}

const (
	modePractice = "practice"
	modeLive     = "live"
)

// readSettings reads and checks the environment; every fault is one line that says what to do.
func readSettings(environ []string) (settings, error) {
	values := env.ToMap(environ)
	var s settings
	if err := env.ParseWithOptions(&s, env.Options{Environment: values}); err != nil {
		return s, fmt.Errorf("settings: %w", err)
	}
	var faults []error
	fault := func(key string, pairs ...string) { faults = append(faults, say(key, pairs...)) }

	known, err := env.GetFieldParams(&s)
	if err != nil {
		return s, fmt.Errorf("settings: %w", err)
	}
	var names []string
	for _, k := range known {
		names = append(names, k.Key)
	}
	for name := range values {
		// A misspelt token would leave a company in practice while it believes to be live.
		begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		if slices.ContainsFunc(ours, begins) && !slices.Contains(names, name) {
			fault("cli.setting.unknown", "name", name)
		}
	}
	if s.Lang != "ja" && s.Lang != "en" {
		fault("cli.setting.lang", "value", s.Lang)
	}
	for _, f := range slices.Concat(s.slackFaults(), s.discordFaults(), s.mailFaults(), s.phoneFaults()) {
		fault(f.key, f.pairs...)
	}
	switch s.Mode {
	case "":
		s.Mode = modePractice
		if s.slack() || s.discord() {
			s.Mode = modeLive
		}
	case modePractice:
	case modeLive:
		// A half of Slack or Discord is told of already.
		if !s.slack() && s.SlackAppToken == "" && s.SlackSigningSecret == "" && !s.discord() && s.DiscordGuildID == "" {
			fault("cli.setting.live")
		}
	default:
		fault("cli.setting.mode", "value", s.Mode)
	}
	if t := s.MetricsToken; t != "" && (len(t) < minToken || strings.ContainsFunc(t, func(r rune) bool { return r <= ' ' || r > '~' })) {
		fault("cli.setting.metrics_token", "min", strconv.Itoa(minToken))
	}
	if s.Log != "" && s.Log != logText && s.Log != logJSON {
		fault("cli.setting.log", "value", s.Log)
	}
	host, port, err := net.SplitHostPort(s.Listen)
	switch {
	case err != nil || port == "":
		fault("cli.setting.listen", "value", s.Listen)
	case s.Mode == modePractice && !loopback(host):
		fault("cli.setting.loopback", "value", s.Listen, "port", port)
	}
	if s.PublicURL != "" {
		if u, err := url.Parse(s.PublicURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			fault("cli.setting.public_url")
		}
	}
	if s.Config != "" {
		if st, err := os.Stat(s.Config); err != nil || !st.IsDir() {
			fault("cli.setting.config", "value", s.Config)
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return s, errors.Join(faults...)
}

// loopback reports whether a host is this machine itself. A name other than localhost is
// not looked up: what it means may change between the look and the listening.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// database is the URL of the database: the one that is set, or a file of the mode's own, so
// that practice never touches what is real.
func (s settings) database() string {
	if s.DatabaseURL != "" {
		return s.DatabaseURL
	}
	name := "hikeshi.db"
	if s.Mode == modePractice {
		name = "practice.db"
	}
	return "sqlite:" + filepath.Join(s.Data, name)
}

func (s settings) practice() bool { return s.Mode == modePractice }
