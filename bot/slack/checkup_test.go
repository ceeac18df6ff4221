package slack

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/templates"
)

// places is a memory of channels alone.
type places map[string][]byte

func (p places) Recall(_ context.Context, name string) ([]byte, error) { return p[name], nil }

func (p places) Remember(_ context.Context, name string, value []byte) error {
	p[name] = value
	return nil
}

func (p places) All(_ context.Context, prefix string) (map[string][]byte, error) {
	found := map[string][]byte{}
	for name, v := range p {
		if strings.HasPrefix(name, prefix) {
			found[name] = v
		}
	}
	return found, nil
}

func remembered(t *testing.T, list ...place) places {
	t.Helper()
	m := places{}
	for i, p := range list {
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		m["place/inc-2026-000"+string(rune('1'+i))] = b
	}
	return m
}

// Each fault of an installation is found, by one sentence that says how to mend it, and a
// look changes nothing on Slack.
func TestTheCheckFindsWhatIsWrong(t *testing.T) {
	texts, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	without := func(scope string) []string {
		return slices.DeleteFunc(Scopes(), func(s string) bool { return s == scope })
	}
	for name, c := range map[string]struct {
		change func(w *slacktest.Workspace, c *Config)
		people []Listed
		faults []string
		notes  []string
		fine   []string
	}{
		"all is well": {
			people: []Listed{{Name: "佐藤", SlackID: "U0SATO"}, {Name: "鈴木", Email: "Suzuki@example.co.jp"}},
			fine:   []string{"slack.check.workspace", "slack.check.scopes", "slack.check.socket", "slack.check.events", "slack.check.channels_unknown", "slack.check.people"},
		},
		"a wrong bot token": {
			change: func(_ *slacktest.Workspace, c *Config) { c.BotToken = "xoxb-geheim" },
			faults: []string{"slack.check.token_refused"}, fine: []string{"slack.check.socket"},
		},
		"a wrong app token": {
			change: func(_ *slacktest.Workspace, c *Config) { c.AppToken = "xapp-geheim" },
			faults: []string{"slack.check.socket_token"},
		},
		"the bot token twice": {
			change: func(_ *slacktest.Workspace, c *Config) { c.AppToken = c.BotToken },
			faults: []string{"slack.check.socket_scope"},
		},
		"no network": {
			change: func(_ *slacktest.Workspace, c *Config) { c.APIURL = "http://127.0.0.1:1/api/" },
			faults: []string{"slack.check.unreachable", "slack.check.socket_unreachable"},
		},
		"a scope is missing": {
			change: func(w *slacktest.Workspace, _ *Config) { w.Grant(without("groups:write")...) },
			faults: []string{"slack.check.scope_missing"},
		},
		"more than needed": {
			change: func(w *slacktest.Workspace, _ *Config) { w.Grant(append(Scopes(), "channels:history")...) },
			notes:  []string{"slack.check.scopes_more"}, fine: []string{"slack.check.scopes"},
		},
		"nobody may be listed": {
			change: func(w *slacktest.Workspace, _ *Config) { w.Grant(without("users:read")...) },
			people: []Listed{{Name: "佐藤", SlackID: "U0SATO"}},
			faults: []string{"slack.check.scope_missing"}, notes: []string{"slack.check.people_unknown"},
		},
		"HTTP without an address": {
			change: func(_ *slacktest.Workspace, c *Config) { c.AppToken, c.PublicURL = "", "http://127.0.0.1:8119" },
			faults: []string{"slack.check.http_address"},
		},
		"HTTP": {
			change: func(_ *slacktest.Workspace, c *Config) {
				c.AppToken, c.PublicURL = "", "https://hikeshi.example.co.jp"
			},
			notes: []string{"slack.check.http"},
		},
		"the last channel could not be made": {
			change: func(_ *slacktest.Workspace, c *Config) {
				c.Memory = remembered(t, place{ID: "C1"}, place{Problem: chat.ProblemForbidden, Asked: time.Now()})
			},
			faults: []string{"slack.check.channels_forbidden"},
		},
		"that has been mended": {
			change: func(_ *slacktest.Workspace, c *Config) {
				c.Memory = remembered(t, place{Problem: chat.ProblemForbidden, Asked: time.Now()}, place{ID: "C1"})
			},
			fine: []string{"slack.check.channels"},
		},
		"people": {
			people: []Listed{
				{Name: "無", SlackID: "U0NOBODY"}, {Name: "未確認", Email: "unconfirmed@example.co.jp"}, {Name: "何もない"},
				{Name: "退職", SlackID: "U0GONE"}, {Name: "機械", SlackID: "U0BOT"}, {Name: "よそ", SlackID: "U0OTHER"}, {Name: "客", SlackID: "U0GUEST"},
				{Name: "佐藤", SlackID: "U0SATO"},
			},
			notes: []string{
				"slack.check.person_id", "slack.check.person_email", "slack.check.person_nothing",
				"slack.check.person_gone", "slack.check.person_bot", "slack.check.person_outside", "slack.check.person_guest",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := slacktest.New(t, slacktest.Scopes(Scopes()...))
			for _, u := range []slacktest.User{
				{ID: "U0SATO"}, {ID: "U0SUZUKI", Email: "suzuki@example.co.jp", EmailConfirmed: true},
				{ID: "U0UNCONFIRMED", Email: "unconfirmed@example.co.jp"}, {ID: "U0GONE", Deleted: true},
				{ID: "U0OTHER", TeamID: "T0OTHER"}, {ID: "U0GUEST", Guest: true},
			} {
				w.AddUser(u)
			}
			config := Config{BotToken: w.BotToken, AppToken: w.AppToken, APIURL: w.URL(), Say: texts.Say, Lang: "en"}
			if c.change != nil {
				c.change(w, &config)
			}
			var faults, notes, fine []string
			for _, f := range Check(t.Context(), config, c.people) {
				switch {
				case f.Fault:
					faults = append(faults, f.Key)
				case f.Note:
					notes = append(notes, f.Key)
				default:
					fine = append(fine, f.Key)
				}
				for _, lang := range []string{"ja", "en"} {
					said := texts.Say(lang, f.Key, f.Pairs...)
					if said == f.Key || strings.ContainsAny(said, "{}") || strings.Contains(said, "geheim") || strings.Contains(said, "xoxb-fake") {
						t.Errorf("%s: %s", lang, said)
					}
				}
			}
			if !slices.Equal(faults, c.faults) {
				t.Errorf("faults %v, want %v", faults, c.faults)
			}
			if !slices.Equal(notes, c.notes) {
				t.Errorf("notes %v, want %v", notes, c.notes)
			}
			for _, key := range c.fine {
				if !slices.Contains(fine, key) {
					t.Errorf("%s is not among %v", key, fine)
				}
			}
			for _, method := range []string{"conversations.create", "conversations.open", "chat.postMessage"} {
				if w.Done(method) > 0 {
					t.Errorf("the look called %s", method)
				}
			}
		})
	}
}
