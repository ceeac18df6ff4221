package discord

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// However the connection is lost, what happens meanwhile is answered once it is back, once.
func TestWhatHappensWhileTheGatewayIsAwayIsNotLost(t *testing.T) {
	for name, lose := range map[string]func(g *discordtest.Guild){
		"dropped":              (*discordtest.Guild).DropSockets,
		"closed":               func(g *discordtest.Guild) { g.CloseSockets(4000) },
		"asked to reconnect":   (*discordtest.Guild).Reconnect,
		"replayed":             func(g *discordtest.Guild) { g.Replay(3); g.DropSockets() },
		"silent":               (*discordtest.Guild).LoseHeartbeat,
		"invalid, but resumed": func(g *discordtest.Guild) { g.InvalidSession(true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := discordtest.New(t, discordtest.HeartbeatEvery(time.Second))
			p := g.AddMember("山本")
			g.AddChannel("general")
			desk := &doorDesk{}
			f := openDoor(t, g, desk, func(f *Front) { f.patience.silence = 100 * time.Millisecond })
			p.Command("general", "incident list", nil)
			first := desk.only(t)
			lose(g)
			resumed := g.Resumes()
			p.Command("general", "incident help", nil)
			g.Wait("the gateway to be back", func() bool { ok, _ := f.Live(); return ok && (g.Resumes() > resumed || g.Sockets() > 0) })
			p.DM("何か起きました")
			g.Wait("what was said", func() bool { return strings.Contains(discordtest.Texts(p.DMs()), "受け付けました") })
			taken(g, f, p)
			texts := map[string]int{}
			for _, r := range desk.requests() {
				texts[r.Text]++
				if r.ID == first.ID {
					t.Errorf("%q came again", r.Text)
				}
			}
			if texts["/incident ヘルプ"] != 1 || texts["何か起きました"] != 1 || len(texts) != 2 {
				t.Errorf("reached the desk: %v", texts)
			}
			if n := g.Identifies(); n != 1 {
				t.Errorf("%d sessions were begun", n)
			}
			if wrong := g.Mistakes(); len(wrong) > 0 {
				t.Errorf("Discord refused: %q", wrong)
			}
		})
	}
}

// A session that Discord does not know any more is given up, and another begun: discordgo by
// itself would be stuck for good.
func TestAnInvalidSessionIsReplaced(t *testing.T) {
	for name, lose := range map[string]func(g *discordtest.Guild){
		"RESUME answered with INVALID_SESSION": func(g *discordtest.Guild) { g.RefuseResumes(2, false); g.DropSockets() },
		"forgotten":                            func(g *discordtest.Guild) { g.ForgetSessions(); g.DropSockets() },
		"invalid while it is open":             func(g *discordtest.Guild) { g.InvalidSession(false) },
		"may be resumed later":                 func(g *discordtest.Guild) { g.RefuseResumes(2, true); g.DropSockets() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := discordtest.New(t)
			p := g.AddMember("山本")
			g.AddChannel("general")
			desk := &doorDesk{}
			f := openDoor(t, g, desk)
			before := g.Resumes() + g.Identifies()
			lose(g)
			g.Wait("the gateway to be back", func() bool {
				ok, _ := f.Live()
				return ok && g.Sockets() == 1 && g.Resumes()+g.Identifies() > before
			})
			p.Command("general", "incident list", nil)
			idle(g, f)
			if r := desk.only(t); r.Text != "/incident 一覧" {
				t.Errorf("%+v", r)
			}
			blameless(t, g)
		})
	}
}

func TestARefusedTokenIsSaidAndTriedAgain(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	log := &watched{}
	f := openDoor(t, g, &doorDesk{}, func(f *Front) { f.log = log.logger() })
	g.ResetToken()
	g.Wait("that it is refused", func() bool { return strings.Contains(log.String(), "hikeshi doctor") })
	if ok, _ := f.Live(); ok {
		t.Error("with a token that is refused nothing is live")
	}
}

// stuck is an address that takes connections and never says a word.
func stuck(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var held sync.WaitGroup
	held.Go(func() {
		var open []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				for _, c := range open {
					_ = c.Close()
				}
				return
			}
			open = append(open, c)
		}
	})
	t.Cleanup(func() { _ = l.Close(); held.Wait() })
	return "http://" + l.Addr().String()
}

func TestAGatewayThatSaysNothingHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	log := &watched{}
	f := newDoor(t, g, func(f *Front) {
		f.config.APIURL = stuck(t)
		f.sender = newSender(f.config, f.sender.draw)
		f.patience.open, f.patience.let = 100*time.Millisecond, time.Second
		f.log = log.logger()
	})
	f.Use(&doorDesk{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); f.listen(ctx) }()
	g.Wait("tries", func() bool { return strings.Count(log.String(), "trying again") > 2 })
	cancel()
	<-done
}

func TestAWireReadsTheAnswerToTheSession(t *testing.T) {
	text := func(s string) []byte {
		if len(s) < 126 {
			return append([]byte{0x81, byte(len(s))}, s...)
		}
		return append([]byte{0x81, 126, byte(len(s) >> 8), byte(len(s))}, s...)
	}
	const head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
	hello := string(text(`{"op":10,"d":{"heartbeat_interval":41250}}`))
	for name, c := range map[string]struct {
		sent         string
		ends, forget bool
	}{
		"ready":              {head + hello + string(text(`{"op":0,"t":"READY","d":{}}`)), false, false},
		"a long ready":       {head + hello + string(text(`{"op":0,"t":"READY","d":"`+strings.Repeat("x", 9000)+`"}`)), false, false},
		"a heartbeat first":  {head + hello + string(text(`{"op":1,"d":null}`)), false, false},
		"invalid":            {head + hello + string(text(`{"op":9,"d":false}`)), true, true},
		"invalid, resumable": {head + hello + string(text(`{"op":9,"d":true}`)), true, false},
		"reconnect":          {head + hello + string(text(`{"op":7,"d":null}`)), true, false},
		"pings between":      {head + "\x89\x00" + hello + "\x89\x02ab" + string(text(`{"op":9,"d":false}`)), true, true},
		"nonsense":           {head + hello + string(text(`]`)), true, true},
		"nothing":            {head + hello + string(text(`null`)), true, true},
		"ready with a hole":  {head + hello + string(text(`{"op":0,"t":"READY","d":{"guilds":[null]}}`)), true, true},
	} {
		for _, size := range []int{1, 7, 1 << 20} {
			t.Run(fmt.Sprint(name, " by ", size), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					here, there := net.Pipe()
					w := newWire(here)
					go func() {
						_, _ = there.Write([]byte(c.sent))
						_ = there.Close()
					}()
					got, ended := 0, false
					buf := make([]byte, size)
					for {
						n, err := w.Read(buf)
						got += n
						if errors.Is(err, errAnswer) {
							ended = true
						}
						if err != nil {
							break
						}
					}
					if ended != c.ends || w.invalid.Load() != c.forget {
						t.Errorf("ended %v, invalid %v", ended, w.invalid.Load())
					}
					if !ended && got != len(c.sent) {
						t.Errorf("%d of %d bytes were handed on", got, len(c.sent))
					}
					if beat := time.Duration(w.beat.Load()); beat != 41250*time.Millisecond {
						t.Errorf("a heartbeat every %v", beat)
					}
					<-w.ended
					if w.silent(time.Now(), time.Second) {
						t.Error("it was heard just now")
					}
					<-time.After(43 * time.Second) // of a bubble: none passes
					if !w.silent(time.Now(), time.Second) {
						t.Error("nobody says a word for longer than a heartbeat")
					}
				})
			})
		}
	}
}

// However a stream is cut, the same comes through.
func FuzzWire(f *testing.F) {
	f.Add([]byte("HTTP/1.1 101 x\r\n\r\n\x81\x02{}\x81\x0a{\"op\":9}"), 3)
	f.Add([]byte("\r\n\r\n\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), 1)
	f.Add([]byte("\r\n\r\n\x88\x7e\x00"), 2)
	f.Add([]byte("\r\n\r\n\x81\x2a{\"op\":10,\"d\":{\"heartbeat_interval\":41250}}\x81\x02{}"), 5)
	f.Add([]byte("\r\n\r\n\x81\x26{\"op\":10,\"d\":{\"heartbeat_interval\":0}}"), 9)
	f.Add([]byte("\r\n\r\n\x01\x02{}\x89\x00\x80\x01 \x81\x04null"), 2)
	f.Fuzz(func(t *testing.T, sent []byte, size int) {
		size = max(1, min(size, 4096))
		through := func(size int) (out []byte, err error) {
			w := newWire(nil)
			for some := range slices.Chunk(sent, size) {
				var more []byte
				more, err = w.sieve.feed(some)
				if out = append(out, more...); err != nil {
					return out, err
				}
			}
			if beat := time.Duration(w.beat.Load()); w.messages > 0 && (beat < shortestBeat || beat > longestBeat) {
				t.Fatalf("a connection goes on with a heartbeat every %v", beat)
			}
			return out, nil
		}
		parts, bad := through(size)
		whole, worse := through(max(1, len(sent)))
		if !bytes.Equal(parts, whole) || !errors.Is(worse, bad) {
			t.Fatalf("by %d: %q, %v; at once: %q, %v", size, parts, bad, whole, worse)
		}
	})
}

// However many there are at once, and however slow the desk is, each is answered in time and
// once.
func TestARushIsAnsweredInTime(t *testing.T) {
	g := discordtest.New(t)
	g.AddChannel("general")
	const many = 60
	var people []*discordtest.Person
	for i := range many {
		people = append(people, g.AddMember(fmt.Sprintf("社員%03d", i)))
	}
	slow := make(chan struct{})
	desk := &doorDesk{handle: func(context.Context, chat.Request) chat.Reply {
		<-slow
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Key: "k", Title: "受け付けました"}}}
	}}
	f := openDoor(t, g, desk, func(f *Front) { f.patience.answered = 300 * time.Millisecond })
	var under sync.WaitGroup
	for i, p := range people {
		under.Go(func() {
			p.Command("general", "incident report", map[string]string{"text": fmt.Sprintf("報告%d", i)})
		})
	}
	under.Wait()
	close(slow)
	for _, p := range people {
		p.WaitWhisper("受け付けました")
	}
	idle(g, f)
	if n := len(desk.requests()); n != many {
		t.Errorf("%d requests of %d", n, many)
	}
	for _, p := range people {
		if n := len(p.Whispers()); n != 1 {
			t.Errorf("%d answers: %v", n, p.Whispers())
		}
	}
	if slowest := g.Slowest(); slowest > 2*time.Second {
		t.Errorf("the slowest first answer took %v", slowest)
	}
	blameless(t, g)
}

func TestATokenThatIsTakenAgainIsFoundOut(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	f := openDoor(t, g, &doorDesk{}, func(f *Front) { f.patience.knock = 20 * time.Millisecond })
	f.api.refused.Store(time.Now().UnixNano())
	if ok, _ := f.Live(); ok {
		t.Error("live although the token was refused")
	}
	g.Wait("it to be found out", func() bool { ok, _ := f.Live(); return ok })
}

// Dropped again and again, with events that come once more: everything that is said arrives, and
// once.
func TestManyDropsLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	const drops, each = 6, 4
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	g.Unlimited(true)
	desk := &doorDesk{}
	f := openDoor(t, g, desk, func(f *Front) { // it is not the pace that is looked at
		f.api.pace.guess = bucket{limit: 1e6, window: time.Nanosecond}
		f.api.pace.all.Limit, f.api.pace.all.Ordinary = 1e6, 1e6
	})
	for n := range drops {
		g.Replay(2 * each)
		g.DropSockets()
		resumed := g.Resumes()
		for m := range each {
			p.DM(fmt.Sprintf("%d-%d", n, m))
		}
		g.Wait("the session to go on", func() bool { return g.Resumes() > resumed })
	}
	g.Wait("everything to arrive", func() bool { return len(desk.requests()) >= drops*each })
	taken(g, f, p)
	heard := map[string]int{}
	for _, r := range desk.requests() {
		heard[r.Text]++
	}
	for n := range drops {
		for m := range each {
			if text := fmt.Sprintf("%d-%d", n, m); heard[text] != 1 {
				t.Errorf("%q was heard %d times", text, heard[text])
			}
		}
	}
	if n := g.Identifies(); n != 1 {
		t.Errorf("%d sessions", n)
	}
}
