package discordtest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"hikeshi/bot/discord/discordtest"
)

const everyIntent = discordtest.IntentGuilds | discordtest.IntentGuildMembers | discordtest.IntentGuildMessages | discordtest.IntentGuildReactions |
	discordtest.IntentDirectMessages | discordtest.IntentDirectReactions | discordtest.IntentMessageContent

func TestWhatClosesAConnection(t *testing.T) {
	for name, row := range map[string]struct {
		path string
		sent func(*wire)
		code int
	}{
		"another token":       {"/gw", func(w *wire) { w.send(`{"op":2,"d":{"token":"x","intents":1,"properties":{"os":"x","browser":"x"}}}`) }, 4004},
		"a privileged intent": {"/gw", func(w *wire) { w.identify(discordtest.IntentGuildPresences, "") }, 4014},
		"no such intent":      {"/gw", func(w *wire) { w.identify(1<<30, "") }, 4013},
		"no intents":          {"/gw", func(w *wire) { w.send(`{"op":2,"d":{"token":%q,"properties":{"os":"x","browser":"x"}}}`, w.g.Token()) }, 4013},
		"a shard of many":     {"/gw", func(w *wire) { w.identify(1, `,"shard":[1,2]`) }, 4010},
		"twice":               {"/gw", func(w *wire) { w.identify(1, ""); w.identify(1, "") }, 4005},
		"no JSON":             {"/gw", func(w *wire) { w.send(`{"op"`) }, 4002},
		"too long":            {"/gw", func(w *wire) { w.send(`{"op":1,"d":null,"x":%q}`, strings.Repeat("x", 4096)) }, 4002},
		"no such opcode":      {"/gw", func(w *wire) { w.send(`{"op":99,"d":null}`) }, 4001},
		"not identified":      {"/gw", func(w *wire) { w.send(`{"op":3,"d":{}}`) }, 4003},
		"a seq of tomorrow":   {"/gw", func(w *wire) { w.identify(1, ""); w.send(`{"op":1,"d":99}`) }, 4007},
		"an old version":      {"/gw?v=6", func(*wire) {}, 4012},
		"too much": {"/gw", func(w *wire) {
			for range 121 {
				w.send(`{"op":1,"d":null}`)
			}
		}, 4008},
	} {
		t.Run(name, func(t *testing.T) {
			g := discordtest.New(t, discordtest.IdentifyEvery(0))
			if !strings.Contains(row.path, "?") {
				row.path += "?v=9&encoding=json"
			}
			w := dial(t, g, row.path)
			row.sent(w)
			w.ends(row.code)
			if len(g.Refused()) != 1 {
				t.Errorf("refused: %q", g.Refused())
			}
		})
	}
}

func TestReady(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(0))
	other := g.AddGuild("他社")
	w, ready := begin(t, g, discordtest.IntentGuilds)
	if ready.S != 1 || ready.text("session_id") == "" || !strings.HasSuffix(ready.text("resume_gateway_url"), "/gw") || len(ready.d["guilds"].([]any)) != 2 {
		t.Errorf("ready: %+v", ready)
	}
	for i, id := range []string{g.ID(), other} {
		if p := w.event("GUILD_CREATE"); p.text("id") != id || p.S != i+2 {
			t.Errorf("guild: %s as number %d", p.text("id"), p.S)
		}
	}
	if g.Sockets() != 1 || g.Identifies() != 1 || g.Intents() != discordtest.IntentGuilds {
		t.Errorf("%d sockets, %d identifies, intents %d", g.Sockets(), g.Identifies(), g.Intents())
	}
	none(t, g)
}

func TestEventsGoToThoseWhoAskedForThem(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(0))
	p := g.AddMember("佐藤")
	g.AddChannel("general")
	g.AddHidden("hidden", p.ID)
	all, _ := begin(t, g, everyIntent)
	blind, _ := begin(t, g, everyIntent&^discordtest.IntentMessageContent)
	deaf, _ := begin(t, g, discordtest.IntentDirectMessages)

	g.Say(p.ID, "hidden", "見えない")
	id := g.Say(p.ID, "general", "公開")
	g.Say(p.ID, "general", "<@"+g.BotID()+"> 宛て")
	g.Pinned(p.ID, "general", id)
	g.Rename(p.ID, "佐藤 (総務)")
	g.Say(p.ID, "", "直接")
	for w, want := range map[*wire]string{
		all:   "公開|<@" + g.BotID() + "> 宛て|📌|佐藤 (総務)|直接",
		blind: "|<@" + g.BotID() + "> 宛て|📌|佐藤 (総務)|直接",
		deaf:  "直接",
	} {
		var got []string
		for len(got) == 0 || got[len(got)-1] != "直接" {
			switch e := w.read(); e.T {
			case "MESSAGE_CREATE":
				got = append(got, e.text("content"))
			case "MESSAGE_REACTION_ADD":
				got = append(got, e.d["emoji"].(map[string]any)["name"].(string))
			case "GUILD_MEMBER_UPDATE":
				got = append(got, e.text("nick"))
			}
		}
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("%q came instead of %q", s, want)
		}
	}
	none(t, g)
}

func TestResuming(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(0))
	p := g.AddMember("佐藤")
	g.AddChannel("general")
	w, ready := begin(t, g, discordtest.IntentGuildMessages|discordtest.IntentMessageContent)
	say := func(from, to int) {
		for i := from; i <= to; i++ {
			g.Say(p.ID, "general", fmt.Sprint(i))
		}
	}
	reads := func(w *wire, from, to int) (seq int) {
		t.Helper()
		for i := from; i <= to; i++ {
			e := w.event("MESSAGE_CREATE")
			if seq = e.S; e.text("content") != fmt.Sprint(i) {
				t.Fatalf("%q came instead of %d", e.text("content"), i)
			}
		}
		return seq
	}
	say(1, 2)
	seq := reads(w, 1, 2)

	// what happens while it is away comes once, in order, and then RESUMED
	g.DropSockets()
	w.ends(-1)
	g.Wait("the connection is gone", func() bool { return g.Sockets() == 0 })
	say(3, 5)
	w = dial(t, g, "/gw?v=9&encoding=json")
	w.resume(ready, seq)
	seq = reads(w, 3, 5)
	if e := w.read(); e.T != "RESUMED" || e.S != seq+1 {
		t.Fatalf("%+v came instead of RESUMED", e)
	}
	say(6, 6)
	seq = reads(w, 6, 6)

	// a replay brings again what was there
	g.Replay(2)
	g.CloseSockets(4000)
	w.ends(4000)
	w = dial(t, g, "/gw?v=9&encoding=json")
	w.resume(ready, seq)
	if e := w.event("MESSAGE_CREATE"); e.text("content") != "6" {
		t.Errorf("%q came again", e.text("content")) // RESUMED was the one before
	}
	w.event("RESUMED")
	if g.Resumes() != 2 || g.Identifies() != 1 {
		t.Errorf("%d resumes, %d identifies", g.Resumes(), g.Identifies())
	}

	// Discord asks to come back
	g.Reconnect()
	if e := w.read(); e.Op != 7 {
		t.Errorf("%+v came instead of RECONNECT", e)
	}
	none(t, g)

	// a seq of tomorrow ends the session
	w = dial(t, g, "/gw?v=9&encoding=json")
	w.resume(ready, seq+1000)
	w.ends(4007)
	w = dial(t, g, "/gw?v=9&encoding=json")
	w.resume(ready, seq)
	if e := w.read(); e.Op != 9 || e.D != false {
		t.Errorf("%+v came instead of INVALID_SESSION", e)
	}
}

func TestSessionsThatAreOver(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(0))
	invalid := func(w *wire, again bool) {
		t.Helper()
		for {
			if e := w.read(); e.Op == 9 {
				if e.D != again {
					t.Errorf("may be resumed: %v", e.D)
				}
				return
			}
		}
	}
	resume := func(ready payload) *wire {
		w := dial(t, g, "/gw?v=9&encoding=json")
		w.resume(ready, 1)
		return w
	}
	w, ready := begin(t, g, discordtest.IntentGuilds)
	g.InvalidSession(true)
	invalid(w, true)
	resume(ready).event("RESUMED")

	g.RefuseResumes(1, true)
	invalid(resume(ready), true)
	resume(ready).event("RESUMED")

	g.RefuseResumes(1, false)
	invalid(resume(ready), false)
	invalid(resume(ready), false) // and it stays so

	w, ready = begin(t, g, discordtest.IntentGuilds)
	g.InvalidSession(false)
	invalid(w, false)
	invalid(resume(ready), false)

	_, ready = begin(t, g, discordtest.IntentGuilds)
	g.DropSockets()
	g.ForgetSessions()
	invalid(resume(ready), false)

	// who says goodbye has no session any more; who goes without a word or with another code has
	for code, kept := range map[websocket.StatusCode]bool{1000: false, 1001: false, 4000: true, 1012: true} {
		w, ready = begin(t, g, discordtest.IntentGuilds)
		_ = w.conn.Close(code, "")
		g.Wait("the connection is gone", func() bool { return g.Sockets() == 0 })
		w = resume(ready)
		if kept {
			w.event("RESUMED")
		} else {
			invalid(w, false)
		}
		_ = w.conn.CloseNow()
		g.Wait("the connection is gone", func() bool { return g.Sockets() == 0 })
	}
	none(t, g)
}

func TestHeartbeats(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(0), discordtest.HeartbeatEvery(50*time.Millisecond))
	w, ready := begin(t, g, 0)
	w.send(`{"op":1,"d":%d}`, ready.S)
	if e := w.read(); e.Op != 11 {
		t.Fatalf("%+v came instead of an ACK", e)
	}
	g.AskHeartbeat()
	if e := w.read(); e.Op != 1 {
		t.Fatalf("%+v came instead of a request", e)
	}
	none(t, g)
	w.ends(4000) // without heartbeats
	mistakes(t, g, 1)
	w = dial(t, g, "/gw?v=9&encoding=json")
	w.resume(ready, 1)
	w.event("RESUMED")
}

func TestAConnectionThatFellSilent(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(0))
	p := g.AddMember("佐藤")
	g.AddChannel("general")
	w, ready := begin(t, g, discordtest.IntentGuildMessages)
	g.LoseHeartbeat()
	w.send(`{"op":1,"d":1}`)
	g.Say(p.ID, "general", "x")
	other := dial(t, g, "/gw?v=9&encoding=json")
	other.resume(ready, 1)
	other.event("MESSAGE_CREATE")
	other.event("RESUMED")
	other.send(`{"op":1,"d":1}`)
	if e := other.read(); e.Op != 11 {
		t.Errorf("%+v came instead of an ACK", e)
	}
	got := make(chan error, 1)
	go func() { _, err := w.next(); got <- err }()
	g.DropSockets()
	if err := <-got; err == nil {
		t.Error("something came through a connection that is silent")
	}
}

func TestIdentifyingTooOften(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(time.Minute))
	begin(t, g, 0)
	w := dial(t, g, "/gw?v=9&encoding=json")
	w.identify(0, "")
	if e := w.read(); e.Op != 9 || e.D != false {
		t.Errorf("%+v came instead of INVALID_SESSION", e)
	}
}

func TestThePortalAndTheToken(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(0))
	w, _ := begin(t, g, discordtest.IntentMessageContent)
	g.Portal(discordtest.IntentGuildMembers)
	w.ends(4014)
	w = dial(t, g, "/gw?v=9&encoding=json")
	w.identify(discordtest.IntentMessageContent, "")
	w.ends(4014)
	w, ready := begin(t, g, 0)
	old := g.Token()
	if g.ResetToken() == old {
		t.Fatal("the token is as it was")
	}
	w.ends(4004)
	w = dial(t, g, "/gw?v=9&encoding=json")
	w.send(`{"op":6,"d":{"token":%q,"session_id":%q,"seq":1}}`, old, ready.text("session_id"))
	w.ends(4004)
	r := request(t, g, "GET", "/users/@me", nil)
	r.Header.Set("Authorization", "Bot "+old)
	answered(t, send(t, g, r), 401, 0)
	mistakes(t, g, 0)
}

func TestLongPayloadsAreCompressedOnDemand(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(0))
	w := dial(t, g, "/gw/?v=9&encoding=json")
	w.identify(discordtest.IntentGuilds, `,"compress":true`)
	w.event("GUILD_CREATE")
	if w.zip == 0 {
		t.Error("nothing was compressed")
	}
	w, _ = begin(t, g, discordtest.IntentGuilds)
	w.event("GUILD_CREATE")
	if w.zip > 0 {
		t.Error("compressed, and nobody asked for it")
	}
}

func TestMembersOverTheGateway(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(0))
	p := g.AddMember("佐藤")
	w, _ := begin(t, g, discordtest.IntentGuildMembers)
	w.send(`{"op":8,"d":{"guild_id":%q,"user_ids":[%q,"1"],"nonce":"n"}}`, g.ID(), p.ID)
	e := w.event("GUILD_MEMBERS_CHUNK")
	if len(e.d["members"].([]any)) != 1 || len(e.d["not_found"].([]any)) != 1 || e.text("nonce") != "n" {
		t.Errorf("members: %+v", e)
	}
	w.send(`{"op":8,"d":{"guild_id":%q,"query":"","limit":0}}`, g.ID())
	if e := w.event("GUILD_MEMBERS_CHUNK"); len(e.d["members"].([]any)) != 3 {
		t.Errorf("members: %+v", e)
	}
	w.send(`{"op":8,"d":{"guild_id":%q,"query":"","limit":0,"nonce":"again"}}`, g.ID())
	if e := w.event("RATE_LIMITED"); e.d["opcode"] != 8.0 || e.d["retry_after"].(float64) < 20 || e.d["meta"].(map[string]any)["nonce"] != "again" {
		t.Errorf("limited: %+v", e)
	}
	none(t, g)
	w, _ = begin(t, g, 0)
	w.send(`{"op":8,"d":{"guild_id":%q,"query":"","limit":0}}`, g.ID())
	g.Wait("it is refused", func() bool { return len(g.Mistakes()) == 1 })
}
