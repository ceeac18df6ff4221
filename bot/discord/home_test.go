package discord

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// A bot that somebody takes out of the server says so where those who look after it look, and works
// as before when it is back: its commands too.
func TestABotThatIsTakenOutOfTheServerSaysSo(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	log, desk := &watched{}, &doorDesk{}
	f := openDoor(t, g, desk, func(f *Front) { f.log = log.logger() })
	live := func() bool { ok, _ := f.Live(); return ok }
	told := func() int { return strings.Count(log.String(), "level=ERROR") }
	page := func(key string) error {
		_, err := f.Send(t.Context(), chat.Delivery{Key: key, To: chat.Target{User: userID(p.ID)}, Card: chat.Card{Key: key, Title: "呼び出し"}, Urgent: true})
		return err
	}

	g.Expel()
	g.Wait("that it is told", func() bool { return told() > 0 })
	if ok, since := f.Live(); ok || since.IsZero() {
		t.Errorf("live %v, since %v", ok, since)
	}
	if told() != 1 || !strings.Contains(log.String(), "hikeshi discord invite") {
		t.Errorf("what to do is not said:\n%s", log.String())
	}
	if err := page("1"); err == nil || errors.Is(err, chat.ErrGone) {
		t.Errorf("a call is given up for good, as if it were for the person's sake: %v", err)
	}
	g.ForgetSessions()
	g.DropSockets()
	g.Wait("a session", func() bool { ok, _ := f.reach.live(); return ok && g.Identifies() == 2 })
	if live() || told() != 1 {
		t.Errorf("live %v, told %d times", live(), told())
	}

	registered := g.Done(discordtest.PutCommands)
	g.Invite()
	g.Wait("that it is back", live)
	g.Wait("the commands", func() bool { return g.Done(discordtest.PutCommands) > registered })
	if err := page("2"); err != nil {
		t.Error(err)
	}
	p.Command("general", "incident list", nil)
	idle(g, f)
	desk.only(t)
	blameless(t, g)
}

// A session that begins without the company's server is not live, and one whose server Discord has
// lost for the moment is.
func TestWhetherTheBotIsInTheServerIsKnownFromTheGateway(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	f := newDoor(t, g)
	f.Use(&doorDesk{})
	t.Cleanup(func() { f.work.Finish(time.Minute) })
	f.reach.is(true, f.clock())
	id := `"` + g.ID() + `"`
	for _, c := range []struct {
		event, raw string
		live       bool
	}{
		{"READY", `{"guilds":[{"id":` + id + `,"unavailable":true}]}`, true},
		{"READY", `{"guilds":[{"id":"1"}]}`, false},
		{"READY", `{"guilds":null}`, false}, // says nothing
		{"GUILD_CREATE", `{"id":"1"}`, false},
		{"GUILD_CREATE", `{"id":` + id + `}`, true},
		{"READY", `{"guilds":[]}`, false},
		{"READY", `{"guilds":[null,7,{"id":` + id + `}]}`, true},
		{"READY", `{}`, true},
		{"GUILD_DELETE", `{"id":` + id + `,"unavailable":true}`, true},
		{"GUILD_DELETE", `{"id":"1"}`, true},
		{"GUILD_DELETE", `{"id":` + id + `,"unavailable":7}`, true},
		{"GUILD_DELETE", `{"id":` + id + `,"unavailable":false}`, false},
		{"GUILD_CREATE", `{"id":` + id + `}`, true},
		{"GUILD_DELETE", `{"id":` + id + `}`, false},
	} {
		f.happened(&discordgo.Event{Type: c.event, RawData: []byte(c.raw)})
		if live, _ := f.Live(); live != c.live {
			t.Errorf("after %s %s it is live: %v", c.event, c.raw, live)
		}
	}
}
