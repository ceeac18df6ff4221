package discord

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// look is Check on a server that was changed before, as the keys of what it found.
func look(t *testing.T, b *bench, c Config, people ...Listed) (keys []string, faults []string) {
	t.Helper()
	say := texts(t)
	for _, f := range Check(t.Context(), c, people) {
		key := strings.TrimPrefix(f.Key, "discord.check.")
		keys = append(keys, key)
		if f.Fault {
			faults = append(faults, key)
		}
		for _, lang := range []string{"ja", "en"} {
			if text := say(lang, f.Key, f.Pairs...); text == f.Key || strings.Contains(text, "{") || strings.Contains(text, b.Token()) {
				t.Errorf("%s in %s: %q", f.Key, lang, text)
			}
		}
	}
	return keys, faults
}

func TestWhatCheckFinds(t *testing.T) {
	for name, c := range map[string]struct {
		change func(b *bench, c *Config)
		people func(b *bench) []Listed
		faults []string
		found  []string // among the rest
		not    []string
	}{
		"all is well": {
			people: func(b *bench) []Listed { return []Listed{{Name: "一", DiscordID: b.one.ID}} },
			found:  []string{"application", "server", "rights", "owner", "people", "channels_unknown"},
			not:    []string{"others", "administrator", "administrators", "contents"},
		},
		"a wrong token": {
			change: func(_ *bench, c *Config) { c.Token = "wrong.token.here" },
			faults: []string{"token_refused"},
		},
		"no connection": {
			change: func(_ *bench, c *Config) { c.APIURL = "http://127.0.0.1:1" },
			faults: []string{"unreachable"},
		},
		"not in the server": {
			change: func(b *bench, _ *Config) { b.Expel() },
			faults: []string{"not_joined"},
		},
		"rights are missing": {
			change: func(b *bench, _ *Config) {
				b.Allow(b.BotRole(), discordtest.DefaultBot&^(discordtest.ManageRoles|discordtest.PinMessages))
			},
			faults: []string{"right_missing", "right_missing"}, not: []string{"rights"},
		},
		"more than is needed, and others who read along": {
			change: func(b *bench, _ *Config) {
				b.Allow(b.BotRole(), discordtest.Administrator)
				b.AddRole("社長室", discordtest.Administrator, b.one.ID)
				b.AddGuild("別の会社")
				b.Public(true)
			},
			found: []string{"administrator", "administrators", "others", "public", "rights"},
		},
		"nearly full": {
			change: func(b *bench, _ *Config) { b.AddChannels(nearFull) }, found: []string{"channels_full"},
		},
		"the last channel was refused": {
			change: func(b *bench, c *Config) {
				for channel, p := range map[string]place{"inc-2026-9": {ID: "1"}, "inc-2026-10": {Problem: chat.ProblemForbidden}} {
					if err := b.rememberPlace(t.Context(), channel, p); err != nil {
						t.Fatal(err)
					}
				}
				c.Memory = b.memory
			},
			faults: []string{"channels_forbidden"},
		},
		"who is not there": {
			people: func(b *bench) []Listed {
				return []Listed{
					{Name: "一", DiscordID: b.one.ID}, {Name: "二"}, {Name: "三", DiscordID: b.AddStranger("三").ID}, {Name: "四", DiscordID: "12"},
					{Name: "五", DiscordID: b.BotID()},
				}
			},
			found: []string{"person_nothing", "person_outside", "person_gone", "person_bot"}, not: []string{"people"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			config := Config{Token: b.Token(), Guild: b.ID(), APIURL: b.URL(), Say: texts(t), Lang: "ja"}
			var people []Listed
			if c.change != nil {
				c.change(b, &config)
			}
			if c.people != nil {
				people = c.people(b)
			}
			keys, faults := look(t, b, config, people...)
			if !slices.Equal(faults, c.faults) {
				t.Errorf("faults %q, want %q (%q)", faults, c.faults, keys)
			}
			for _, key := range c.found {
				if !slices.Contains(keys, key) {
					t.Errorf("%s is not found: %q", key, keys)
				}
			}
			for _, key := range c.not {
				if slices.Contains(keys, key) {
					t.Errorf("%s is found", key)
				}
			}
			for _, call := range b.Calls("") {
				if !strings.HasPrefix(call.Route, "GET ") {
					t.Errorf("it changed something: %s", call.Route)
				}
			}
		})
	}
}

// TestInvitedWithTheLeast: what the address asks for is what the bot needs to do everything that
// the other tests see it do.
func TestInvitedWithTheLeast(t *testing.T) {
	b := newBench(t)
	config := Config{Token: b.Token(), Guild: b.ID(), APIURL: b.URL(), Say: texts(t), Lang: "ja"}
	address, found := Invitation(t.Context(), config)
	u, err := url.Parse(address)
	if err != nil || len(found) != 0 {
		t.Fatalf("%q: %v %v", address, err, found)
	}
	q := u.Query()
	if q.Get("client_id") != b.AppID() || q.Get("guild_id") != b.ID() || q.Get("scope") != "bot applications.commands" {
		t.Errorf("the address is %s", address)
	}
	asked, err := strconv.ParseUint(q.Get("permissions"), 10, 64)
	if err != nil || discordtest.Permission(asked)&discordtest.Administrator != 0 {
		t.Fatalf("it asks for %d: %v", asked, err)
	}
	b.Allow(b.BotRole(), discordtest.Permission(asked))
	b.Allow("", discordtest.AddReactions) // a server in which nobody may see or write anything
	p := place1(b)
	b.keep(p)
	b.send(toChannel("card", "card"))
	d := toChannel("file", "file")
	d.Document = &chat.Document{Name: "a.txt", Type: "text/plain", Body: []byte("x")}
	b.send(d)
	p.Ended = true
	b.keep(p)
	p.Ended = false
	b.keep(p)
	b.AddChannels(nearFull)
	p.Channel = "inc-2026-0002"
	b.keep(p)
	d = toChannel("card", "card")
	d.To.Channel = p.Channel
	b.send(d)
	p.Ended = true
	b.keep(p)
	if refused := b.Refused(); len(refused) != 0 {
		t.Errorf("refused: %q", refused)
	}
	config.Token = "wrong"
	if address, found := Invitation(t.Context(), config); address != "" || len(found) != 1 || found[0].Key != "discord.check.token_refused" {
		t.Errorf("with a wrong token: %q %v", address, found)
	}
}
