package discordtest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/discord/discordtest"
)

func TestAMessageAndWhatBecomesOfIt(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("佐藤")
	c := g.AddChannel("general")
	path := "/channels/" + c.ID + "/messages"
	m := good(t, call(t, g, "POST", path, `{"content":" 停電 <@`+p.ID+`> @everyone ","embeds":[{"title":"件名"}],"allowed_mentions":{"parse":[]}}`))
	if m.text("content") != "停電 <@"+p.ID+"> @everyone" || len(m.body["mentions"].([]any)) != 0 || m.body["mention_everyone"] != false {
		t.Errorf("posted: %s", m.raw)
	}
	id := m.text("id")
	e := good(t, call(t, g, "PATCH", path+"/"+id, `{"content":"復旧 <@`+p.ID+`>","allowed_mentions":{"users":["`+p.ID+`"]}}`))
	if e.body["edited_timestamp"] == nil || len(e.body["embeds"].([]any)) != 1 || len(e.body["mentions"].([]any)) != 1 {
		t.Errorf("edited: %s", e.raw)
	}
	answered(t, call(t, g, "PATCH", path+"/"+id, `{"content":null,"embeds":[]}`), 400, 50006)
	for i := range 3 {
		if i == 2 {
			g.Unlimited(true)
		}
		good(t, call(t, g, "POST", path, fmt.Sprintf(`{"content":"%d"}`, i)))
	}
	list := good(t, call(t, g, "GET", path+"?limit=2", "")).list
	if len(list) != 2 || list[0].(map[string]any)["content"] != "2" {
		t.Errorf("the newest two: %v", list)
	}
	if later := good(t, call(t, g, "GET", path+"?after="+id+"&limit=1", "")).list; later[0].(map[string]any)["content"] != "0" {
		t.Errorf("after the first: %v", later)
	}
	if earlier := good(t, call(t, g, "GET", path+"?before="+list[1].(map[string]any)["id"].(string), "")).list; len(earlier) != 2 {
		t.Errorf("before the fourth: %v", earlier)
	}
	good(t, call(t, g, "PUT", path+"/pins/"+id, ""))
	pins := good(t, call(t, g, "GET", path+"/pins", ""))
	if items := pins.body["items"].([]any); len(items) != 1 {
		t.Errorf("pins: %s", pins.raw)
	}
	pushpin := url.PathEscape("📌")
	good(t, call(t, g, "PUT", path+"/"+id+"/reactions/"+pushpin+"/@me", ""))
	if got, _ := g.Channel("general"); len(got.Messages[0].Reactions["📌"]) != 1 || len(got.Pinned) != 1 {
		t.Errorf("the message: %+v", got.Messages[0])
	}
	good(t, call(t, g, "DELETE", path+"/"+id+"/reactions/"+pushpin+"/@me", ""))
	good(t, call(t, g, "DELETE", path+"/pins/"+id, ""))
	answered(t, call(t, g, "PUT", path+"/"+id+"/reactions/pushpin/@me", ""), 400, 10014)
	good(t, call(t, g, "DELETE", path+"/"+id, ""))
	answered(t, call(t, g, "GET", path+"/"+id, ""), 404, 10008)
	answered(t, call(t, g, "DELETE", path+"/"+id, ""), 404, 10008)
}

func TestWhatOthersWroteIsTheirs(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("佐藤")
	c := g.AddChannel("general")
	id := g.Say(p.ID, "general", "内緒")
	path := "/channels/" + c.ID + "/messages/" + id
	if m := good(t, call(t, g, "GET", path, "")); m.text("content") != "内緒" {
		t.Errorf("read: %s", m.raw)
	}
	answered(t, call(t, g, "PATCH", path, `{"content":"x"}`), 403, 50005)
	g.Portal(0)
	if m := good(t, call(t, g, "GET", path, "")); m.text("content") != "" {
		t.Errorf("read without the intent: %s", m.raw)
	}
	g.Allow(g.BotRole(), discordtest.ViewChannel)
	g.Allow("", discordtest.ViewChannel)
	answered(t, call(t, g, "DELETE", path, ""), 403, 50013)
	answered(t, call(t, g, "GET", path, ""), 403, 50013) // READ_MESSAGE_HISTORY
	if l := good(t, call(t, g, "GET", "/channels/"+c.ID+"/messages", "")); len(l.list) != 0 {
		t.Errorf("the history without the permission: %s", l.raw)
	}
}

func TestANonceIsAnIdempotencyKeyForAWhile(t *testing.T) {
	g := discordtest.New(t)
	c := g.AddChannel("general")
	post := func(nonce string, enforce bool) string {
		t.Helper()
		return good(t, call(t, g, "POST", "/channels/"+c.ID+"/messages", fmt.Sprintf(`{"content":"x","nonce":%q,"enforce_nonce":%v}`, nonce, enforce))).text("id")
	}
	first := post("a", true)
	if post("a", true) != first || post("b", true) == first || post("a", false) == first {
		t.Error("the nonce counts for the wrong message")
	}
	g.Unlimited(true)
	g.ForgetNonces()
	if post("a", true) == first {
		t.Error("it is remembered for ever")
	}
	if got, _ := g.Channel("general"); len(got.Messages) != 4 {
		t.Errorf("%d messages", len(got.Messages))
	}
	if calls := g.Calls(discordtest.CreateMessage); len(calls) != 5 || calls[0].Nonce != "a" || calls[0].Channel != c.ID {
		t.Errorf("calls: %+v", calls)
	}
	answered(t, call(t, g, "POST", "/channels/"+c.ID+"/messages", `{"content":"x","nonce":"`+strings.Repeat("a", 26)+`"}`), 400, 50035)
}

func TestFilesLieOnTheCDN(t *testing.T) {
	g := discordtest.New(t)
	c := g.AddChannel("general")
	path := "/channels/" + c.ID + "/messages"
	m := good(t, upload(t, g, "POST", path, `{"content":"報告書","attachments":[{"id":"0","description":"初報"}]}`, "報告 書.pdf", "%PDF", "log.txt", "log"))
	files := m.body["attachments"].([]any)
	first := files[0].(map[string]any)
	if len(files) != 2 || first["filename"] != "報告_書.pdf" || first["description"] != "初報" || first["content_type"] != "application/pdf" {
		t.Fatalf("files: %s", m.raw)
	}
	get := func(u string, change func(*http.Request)) (int, string) {
		t.Helper()
		at, err := url.Parse(u)
		if err != nil || at.Host != "cdn.discordapp.com" {
			t.Fatalf("%q: %v", u, err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.URL()+at.RequestURI(), nil)
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		out, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Body.Close()
		body, _ := io.ReadAll(out.Body)
		return out.StatusCode, string(body)
	}
	link := first["url"].(string)
	if status, body := get(link, func(*http.Request) {}); status != 200 || body != "%PDF" {
		t.Errorf("%d %q", status, body)
	}
	g.ExpireLinks()
	if status, _ := get(link, func(*http.Request) {}); status != 404 {
		t.Errorf("an address that is over: %d", status)
	}
	renewed := good(t, call(t, g, "POST", "/attachments/refresh-urls", `{"attachment_urls":["`+link+`"]}`)).body["refreshed_urls"].([]any)[0].(map[string]any)
	old := link
	if link, _ = renewed["refreshed"].(string); renewed["original"] != old || link == old {
		t.Errorf("renewed: %v", renewed)
	}
	if status, body := get(link, func(*http.Request) {}); status != 200 || body != "%PDF" {
		t.Errorf("renewed: %d %q", status, body)
	}
	none(t, g)
	for _, body := range []string{`{}`, `{"attachment_urls":[]}`, `{"attachment_urls":["https://example.com/a"]}`, `{"attachment_urls":["` + link + `"],"x":1}`} {
		answered(t, call(t, g, "POST", "/attachments/refresh-urls", body), 400, 50035)
	}
	get(link, func(r *http.Request) { r.Header.Set("Authorization", "Bot "+g.Token()) })
	if status, _ := get(link, func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "hm=", "hm=0", 1) }); status != 404 {
		t.Errorf("an address with another signature: %d", status)
	}
	mistakes(t, g, 6)
	g.Forget("報告 書.pdf")
	if status, _ := get(link, func(*http.Request) {}); status != 404 {
		t.Errorf("a file that is gone: %d", status)
	}
	renewed = good(t, call(t, g, "POST", "/attachments/refresh-urls", `{"attachment_urls":["`+link+`"]}`)).body["refreshed_urls"].([]any)[0].(map[string]any)
	if there, ok := renewed["refreshed"]; !ok || there != nil {
		t.Errorf("of a file that is gone: %v", renewed)
	}
	mistakes(t, g, 6)

	// a change keeps the files that it names, and those alone
	id := m.text("id")
	e := good(t, upload(t, g, "PATCH", path+"/"+id, `{"attachments":[{"id":"`+first["id"].(string)+`"},{"id":0}]}`, "b.txt", "b"))
	names := ""
	for _, f := range e.body["attachments"].([]any) {
		names += f.(map[string]any)["filename"].(string) + " "
	}
	if names != "報告_書.pdf b.txt " {
		t.Errorf("files: %s", names)
	}
	answered(t, upload(t, g, "POST", path, `{"content":"x"}`, "big.bin", strings.Repeat("x", 10<<20+1)), 413, 40005)
	g.Allow(g.BotRole(), 0)
	g.Allow("", discordtest.ViewChannel|discordtest.SendMessages)
	answered(t, upload(t, g, "POST", path, `{"content":"x"}`, "a.txt", "a"), 403, 50013)
	good(t, call(t, g, "POST", path, `{"content":"x"}`))
}

func TestDirectMessages(t *testing.T) {
	g := discordtest.New(t)
	p, stranger := g.AddMember("佐藤"), g.AddStranger("誰か")
	open := func(id string) reply { return call(t, g, "POST", "/users/@me/channels", `{"recipient_id":"`+id+`"}`) }
	write := func(c reply) reply {
		return call(t, g, "POST", "/channels/"+c.text("id")+"/messages", `{"content":"x"}`)
	}
	dm := good(t, open(p.ID))
	if again := good(t, open(p.ID)); again.text("id") != dm.text("id") || dm.body["type"] != 1.0 {
		t.Errorf("opened %s and %s", dm.raw, again.raw)
	}
	good(t, write(dm))
	if got := g.Direct(p.ID); len(got) != 1 {
		t.Errorf("he sees %+v", got)
	}
	none(t, g)
	g.CloseDMs(p.ID, true)
	answered(t, write(dm), 403, 50007)
	g.CloseDMs(p.ID, false)
	good(t, write(dm))
	answered(t, write(good(t, open(stranger.ID))), 403, 50278)
	answered(t, open(g.BotID()), 400, 50007)
	answered(t, open("1"), 400, 50033)
	g.TooManyDMs(true)
	answered(t, open(p.ID), 403, 40003)
	g.TooManyDMs(false)
	g.Kick(p.ID)
	answered(t, write(dm), 403, 50278)
	mistakes(t, g, 0)
}

func TestCommandsKeepTheirIDs(t *testing.T) {
	g := discordtest.New(t)
	path := "/applications/" + g.AppID() + "/guilds/" + g.ID() + "/commands"
	put := func(body string) reply { return call(t, g, "PUT", path, body) }
	first := good(t, put(`[{"name":"incident","description":"x","name_localizations":{"ja":"障害"}},{"name":"記録に追加","type":3}]`))
	again := good(t, put(`[{"name":"incident","description":"y"}]`))
	id := func(a reply, i int) any { return a.list[i].(map[string]any)["id"] }
	if id(first, 0) != id(again, 0) || id(first, 0) == id(first, 1) || len(g.Commands()) != 1 {
		t.Errorf("first %s\nthen %s", first.raw, again.raw)
	}
	good(t, put(`[{"name":"incident","description":"x","name_localizations":{"ja":"障害"}}]`))
	if got := good(t, call(t, g, "GET", path, "")); strings.Contains(got.raw, "障害") {
		t.Errorf("localizations that were not asked for: %s", got.raw)
	}
	if got := good(t, call(t, g, "GET", path+"?with_localizations=true", "")); !strings.Contains(got.raw, "障害") {
		t.Errorf("localizations: %s", got.raw)
	}
	none(t, g)
	answered(t, put(`{"name":"incident"}`), 400, 50035)
	answered(t, call(t, g, "PUT", "/applications/1/guilds/"+g.ID()+"/commands", `[]`), 403, 20012)
	// 200 new ones in a day
	for i := range 2 {
		var b []string
		for n := range 99 {
			b = append(b, fmt.Sprintf(`{"name":"c%d-%d","description":"x"}`, i, n))
		}
		good(t, put("["+strings.Join(b, ",")+"]"))
	}
	answered(t, put(`[{"name":"z","description":"x"}]`), 400, 30034)
}

func TestTimesGoByTheClock(t *testing.T) {
	now := time.Date(2026, 11, 27, 3, 0, 0, 0, time.UTC)
	g := discordtest.New(t, discordtest.Clock(func() time.Time { return now }))
	c := g.AddChannel("general")
	a := good(t, call(t, g, "POST", "/channels/"+c.ID+"/messages", `{"content":"x"}`))
	b := good(t, call(t, g, "POST", "/channels/"+c.ID+"/messages", `{"content":"x"}`))
	if a.text("timestamp") != "2026-11-27T03:00:00.000000+00:00" {
		t.Errorf("at %s", a.text("timestamp"))
	}
	if a.text("id") >= b.text("id") || len(a.text("id")) != len(b.text("id")) {
		t.Errorf("IDs %s and %s", a.text("id"), b.text("id"))
	}
}
