package discordtest_test

import (
	"net/http"
	"strings"
	"testing"

	"hikeshi/bot/discord/discordtest"
)

func TestCallsThatDiscordDoesNotTake(t *testing.T) {
	g := discordtest.New(t)
	c := g.AddChannel("general")
	path := "/channels/" + c.ID + "/messages"
	with := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, row := range map[string]struct {
		method, path, body string
		change             func(*http.Request)
		status, code       int
	}{
		"no token":        {"GET", "/users/@me", "", with("Authorization", ""), 401, 0},
		"wrong token":     {"GET", "/users/@me", "", with("Authorization", "Bot other"), 401, 0},
		"no word Bot":     {"GET", "/users/@me", "", with("Authorization", g.Token()), 401, 0},
		"user agent":      {"GET", "/users/@me", "", with("User-Agent", "Go-http-client/1.1"), 403, 40333},
		"unknown route":   {"GET", "/users/@me/notes", "", nil, 404, 0},
		"wrong method":    {"PUT", path, "{}", nil, 404, 0},
		"no content type": {"POST", path, `{"content":"x"}`, with("Content-Type", ""), 400, 50035},
		"a web form":      {"POST", path, `content=x`, with("Content-Type", "application/x-www-form-urlencoded"), 400, 50035},
		"no JSON":         {"POST", path, `{"content":`, nil, 400, 50109},
		"empty":           {"POST", path, `{}`, nil, 400, 50006},
		"unknown field":   {"POST", path, `{"content":"x","colour":1}`, nil, 400, 50035},
		"a body where none is": {
			"DELETE", "/channels/" + c.ID + "/permissions/1", `{"x":1}`, nil, 400, 50035,
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(g.Mistakes())
			r := request(t, g, row.method, row.path, strings.NewReader(row.body))
			if row.body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			if row.change != nil {
				row.change(r)
			}
			answered(t, send(t, g, r), row.status, row.code)
			if len(g.Mistakes()) != before+1 {
				t.Errorf("mistakes: %q", g.Mistakes()[before:])
			}
		})
	}
	if got, _ := g.Channel("general"); len(got.Messages) > 0 {
		t.Errorf("posted all the same: %+v", got.Messages)
	}
}

func TestWhatTheApplicationLearnsOfItself(t *testing.T) {
	g := discordtest.New(t, discordtest.Privileged(discordtest.IntentGuildMembers))
	if me := good(t, call(t, g, "GET", "/users/@me", "")); me.text("id") != g.BotID() || me.body["bot"] != true {
		t.Errorf("me: %s", me.raw)
	}
	app := good(t, call(t, g, "GET", "/applications/@me", ""))
	if app.text("id") != g.AppID() || app.body["flags"] != float64(1<<15) {
		t.Errorf("application: %s", app.raw)
	}
	if gw := good(t, call(t, g, "GET", "/gateway", "")); !strings.HasPrefix(gw.text("url"), "ws://127.0.0.1:") {
		t.Errorf("gateway: %s", gw.raw)
	}
	if gs := good(t, call(t, g, "GET", "/users/@me/guilds", "")); len(gs.list) != 1 {
		t.Errorf("guilds: %s", gs.raw)
	}
	other := g.AddGuild("他社")
	if gs := good(t, call(t, g, "GET", "/users/@me/guilds", "")); len(gs.list) != 2 {
		t.Errorf("guilds: %s", gs.raw)
	}
	good(t, call(t, g, "DELETE", "/users/@me/guilds/"+other, ""))
	if g.InGuild(other) || !g.InGuild(g.ID()) {
		t.Error("the bot left the wrong guild")
	}
	none(t, g)
	answered(t, call(t, g, "GET", "/guilds/"+other, ""), 403, 50001)
	answered(t, call(t, g, "GET", "/guilds/1", ""), 404, 10004)
	g.ResetToken()
	r := request(t, g, "GET", "/users/@me", nil)
	good(t, send(t, g, r))
}

func TestMembers(t *testing.T) {
	g := discordtest.New(t)
	sato, stranger := g.AddMember("佐藤"), g.AddStranger("誰か")
	g.Rename(sato.ID, "佐藤 (総務)")
	if m := good(t, call(t, g, "GET", "/guilds/"+g.ID()+"/members/"+sato.ID, "")); m.text("nick") != "佐藤 (総務)" {
		t.Errorf("member: %s", m.raw)
	}
	answered(t, call(t, g, "GET", "/guilds/"+g.ID()+"/members/"+stranger.ID, ""), 404, 10007)
	answered(t, call(t, g, "GET", "/guilds/"+g.ID()+"/members/1", ""), 404, 10013)

	// the list comes in pages by ID, and with the intent only
	seen := 0
	for after := ""; ; {
		page := good(t, call(t, g, "GET", "/guilds/"+g.ID()+"/members?limit=2&after="+after, "")).list
		if len(page) == 0 {
			break
		}
		seen += len(page)
		after = page[len(page)-1].(map[string]any)["user"].(map[string]any)["id"].(string)
	}
	if seen != 3 { // the owner, the bot and 佐藤
		t.Errorf("%d members", seen)
	}
	if found := good(t, call(t, g, "GET", "/guilds/"+g.ID()+"/members/search?query=%E4%BD%90&limit=5", "")).list; len(found) != 1 {
		t.Errorf("found %v", found)
	}
	g.Kick(sato.ID)
	answered(t, call(t, g, "GET", "/guilds/"+g.ID()+"/members/"+sato.ID, ""), 404, 10007)
	g.Portal(discordtest.IntentMessageContent)
	answered(t, call(t, g, "GET", "/guilds/"+g.ID()+"/members?limit=2", ""), 403, 50001)
	mistakes(t, g, 0)
	answered(t, call(t, g, "GET", "/guilds/"+g.ID()+"/members?limit=1001", ""), 403, 50001)
	g.Portal(discordtest.IntentGuildMembers)
	answered(t, call(t, g, "GET", "/guilds/"+g.ID()+"/members?limit=1001", ""), 400, 50035)
	mistakes(t, g, 1)
}
