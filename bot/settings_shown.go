package main

import (
	"net/url"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"

	"hikeshi/bot/journal"
	"hikeshi/store"
)

// shownSetting is one setting as it may be printed.
type shownSetting struct {
	name   string
	value  string
	hidden bool // it has a value, which is not shown
	given  bool // by the environment; else it is the default
}

// shownSettings are all settings in force, in the order of the table in the README. A tag
// shown:"never" hides the whole value, shown:"url" what in an address may be a secret; all
// others are shown as they are.
func (p *program) shownSettings() []shownSetting {
	environ := env.ToMap(p.environ)
	v := reflect.ValueOf(p.settings)
	var out []shownSetting
	for i := range v.NumField() {
		field := v.Type().Field(i)
		s := shownSetting{name: field.Tag.Get("env"), value: v.Field(i).String()}
		s.given = environ[s.name] != ""
		switch {
		case s.value == "":
		case field.Tag.Get("shown") == "never":
			s.value, s.hidden = "", true
		case field.Tag.Get("shown") == "url":
			s.value, s.hidden = shownURL(s.value)
		}
		if s.name == "DATABASE_URL" && !s.given {
			s.value = store.Shown(p.settings.database())
		}
		out = append(out, s)
	}
	return out
}

// secretNames are parts of the names of parameters whose values are not shown.
var secretNames = []string{"pass", "secret", "token", "key", "sig", "auth"}

// mask stands in the place of a secret inside an address.
const mask = "xxxxx"

// shownURL masks what in an address may be a secret: the password, and parameters with such
// names. What cannot be read as an address is hidden whole, for where its secrets are is
// not known then.
func shownURL(s string) (shown string, hidden bool) {
	if strings.HasPrefix(s, "sqlite:") { // a path
		return s, false
	}
	u, err := url.Parse(s)
	// An @ behind the host is a password with a slash in it, and not the one that ends it.
	if err != nil || u.Host == "" || strings.Contains(u.Path+u.RawQuery+u.Fragment, "@") {
		return "", true
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), mask)
	}
	query := u.Query()
	for name := range query {
		for _, part := range secretNames {
			if strings.Contains(strings.ToLower(name), part) {
				query.Set(name, mask)
			}
		}
	}
	u.RawQuery = query.Encode()
	u.Fragment, u.RawFragment = "", ""
	return u.String(), false
}

// logged are the settings for the log, which is in English whatever the language.
func (p *program) logged() journal.Settings {
	var out journal.Settings
	for _, s := range p.shownSettings() {
		value := s.value
		if s.hidden {
			value = "(set, not shown)"
		}
		if value != "" {
			out = append(out, journal.Setting{Name: s.name, Value: value})
		}
	}
	return out
}
