package slack

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
)

func TestKeepAChannel(t *testing.T) {
	b := newBench(t)
	p := chat.Place{
		Channel: inc, Topic: "INC-2026-0001 社用PCの紛失", Members: members("U1", "U2"),
		Links: []chat.Link{{Label: "記録", URL: "https://hikeshi.example/i/1"}},
	}
	kept := b.keep(p)
	c := b.channel(inc)
	if !c.Private || c.Creator != b.BotUser || c.Topic != p.Topic || string(kept.ID) != c.ID {
		t.Errorf("the channel is %+v, kept %+v", c, kept)
	}
	if want := "https://fake.slack.com/archives/" + c.ID; kept.Link != want {
		t.Errorf("the link is %q, want %q", kept.Link, want)
	}
	if got, ok := b.channelOf(t.Context(), c.ID); !ok || got != inc {
		t.Errorf("channelOf: %q %v", got, ok)
	}
	if _, ok := b.channelOf(t.Context(), "C0STRANGER"); ok {
		t.Error("a stranger's channel is an incident's")
	}
	p.Pinned = b.send(toChannel("card", "card"))
	p.Links[0].URL = "https://hikeshi.example/i/2"
	p.Topic = strings.Repeat("長", 300)
	p.Members = members("U2", "U3")
	b.keep(p)
	c = b.channel(inc)
	if len(c.Pinned) != 1 || chat.MessageID(c.ID+":"+c.Pinned[0]) != p.Pinned {
		t.Errorf("pinned: %v, want %s", c.Pinned, p.Pinned)
	}
	if len(c.Bookmarks) != 1 || c.Bookmarks[0].Link != "https://hikeshi.example/i/2" {
		t.Errorf("bookmarks: %+v", c.Bookmarks)
	}
	if n := len([]rune(c.Topic)); n != 250 {
		t.Errorf("the topic has %d characters", n)
	}
	if want := []string{b.BotUser, "U2", "U3"}; !slices.Equal(c.Members, want) {
		t.Errorf("members %v, want %v", c.Members, want)
	}
	calls := len(b.Calls(""))
	b.keep(p)
	if n := len(b.Calls("")) - calls; n > 0 {
		t.Errorf("nothing to do took %d calls", n)
	}
	b.clean()
}

// TestAChannelThatSlackRefusesIsNotWaitedFor: whatever Slack's reason, those who belong in it
// hear what happens; only what may get better by itself is waited for.
func TestAChannelThatSlackRefusesIsNotWaitedFor(t *testing.T) {
	b := newBench(t)
	const strange = "inc 2026!" // a name that Slack does not take stands for every other reason
	kept, err := b.Keep(t.Context(), chat.Place{Channel: strange, Members: members("U1")})
	if err != nil || kept.Problem != chat.ProblemRefused || kept.ID != "" {
		t.Fatalf("kept %+v, %v", kept, err)
	}
	d := toChannel("card", "first")
	d.To.Channel = strange
	b.send(d)
	if got := titles(b.Person("U1").DMs()); got != "first" {
		t.Errorf("U1 sees %q", got)
	}
	b.client = sl.New("xoxb-of-yesterday", sl.OptionAPIURL(b.URL()))
	if kept, err = b.Keep(t.Context(), chat.Place{Channel: inc, Members: members("U1")}); err == nil || kept.Problem != "" {
		t.Errorf("with a token that Slack does not take: kept %+v, %v", kept, err)
	}
}

// TestNeverAPublicChannel: without the right to make private channels there is none, and what
// happens goes to the direct messages of those who belong in it. (Peers' defect 1)
func TestNeverAPublicChannel(t *testing.T) {
	for name, forbid := range map[string]func(*bench, bool){
		"by the workspace": func(b *bench, on bool) { b.ForbidChannels(on) },
		"by a missing scope": func(b *bench, on bool) {
			b.Grant(slacktest.DefaultScopes...)
			if on {
				b.Grant(slices.DeleteFunc(slices.Clone(slacktest.DefaultScopes), func(s string) bool { return s == "groups:write" })...)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			forbid(b, true)
			p := chat.Place{Channel: inc, Topic: "x", Members: members("UGONE", "U1", "U2")}
			kept := b.keep(p)
			if kept.Problem != chat.ProblemForbidden || kept.ID != "" || len(b.Channels()) > 0 {
				t.Fatalf("kept %+v, channels %+v", kept, b.Channels())
			}
			d := toChannel("card", "first")
			d.Update = b.send(d)
			p.Members = members("U2", "U3")
			b.keep(p)
			d.Card.Title = "second"
			d.Update = b.send(d)
			for user, want := range map[string]string{"U1": "first", "U2": "second", "U3": "second"} {
				if got := titles(b.Person(user).DMs()); got != want {
					t.Errorf("%s sees %q, want %q", user, got, want)
				}
			}
			entry := toChannel("entry", "")
			entry.Card.Blocks = []chat.Block{{Text: "警察に電話した"}}
			b.send(entry) // in a channel its place says what it is about
			if got := titles(b.Person("U2").DMs()); !strings.HasSuffix(got, " | INC-2026-0001") {
				t.Errorf("nothing says which incident an entry is of: %q", got)
			}
			if n := len(b.Calls("conversations.create")); n != 1 {
				t.Errorf("asked %d times for a channel within ten minutes", n)
			}
			// The setting is mended: without a restart, and without asking at every turn.
			forbid(b, false)
			b.forget(inc)
			if kept = b.keep(p); kept.ID == "" || kept.Problem != "" {
				t.Errorf("kept %+v", kept)
			}
			b.send(d)
			if got := titles(b.channel(inc).Messages); got != "second" {
				t.Errorf("the channel holds %q", got)
			}
			b.clean()
		})
	}
}

// forget lets the time since Slack's last refusal go by.
func (b *bench) forget(channel string) {
	b.t.Helper()
	p, err := b.recallPlace(b.t.Context(), channel)
	if err == nil {
		p.Asked = p.Asked.Add(-askAgain)
		for user, a := range p.Absent {
			p.Absent[user] = absence{Why: a.Why, At: a.At.Add(-askAgain)}
		}
		err = b.rememberPlace(b.t.Context(), channel, p)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// TestNeverAdopt: a channel of this name that we have not made for this incident stays
// whose it is. (Peers' defect 2)
func TestNeverAdopt(t *testing.T) {
	for name, stranger := range map[string]func(b *bench) string{
		"private, without us": func(b *bench) string { return b.AddChannel(inc, true, "U4").ID },
		"private, with us":    func(b *bench) string { return b.AddChannel(inc, true, "U4", b.BotUser).ID },
		"public":              func(b *bench) string { return b.AddChannel(inc, false, "U4").ID },
		"archived": func(b *bench) string {
			id := b.AddChannel(inc, true, "U4", b.BotUser).ID
			b.Archive(inc, true)
			return id
		},
		"another incident's": func(b *bench) string {
			id := b.AddChannel(inc, true, b.BotUser).ID
			_ = b.memory.Remember(b.t.Context(), "channel/"+id, []byte("trn-2026-0001"))
			return id
		},
	} {
		for _, intended := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", intended before: ", intended), func(t *testing.T) {
				b := newBench(t)
				id := stranger(b)
				before, _ := b.Channel(id)
				if intended {
					if err := b.rememberPlace(t.Context(), inc, place{Intent: time.Now().Add(-time.Second)}); err != nil {
						t.Fatal(err)
					}
				}
				kept := b.keep(chat.Place{Channel: inc, Topic: "secret", Members: members("U1")})
				b.send(toChannel("card", "card"))
				c := b.channel(inc + "-2")
				if string(kept.ID) != c.ID || !c.Private || titles(c.Messages) != "card" {
					t.Errorf("kept %+v", kept)
				}
				after, _ := b.Channel(id)
				if fmt.Sprint(after) != fmt.Sprint(before) {
					t.Errorf("the stranger's channel was touched: %+v", after)
				}
				b.clean()
			})
		}
	}
}

// TestAnOlderChannelOfOursIsNotTaken: it is of another database, where the same number was
// another incident.
func TestAnOlderChannelOfOursIsNotTaken(t *testing.T) {
	for _, intended := range []bool{false, true} {
		t.Run(fmt.Sprint("intended before: ", intended), func(t *testing.T) {
			old := time.Now().Add(-time.Hour)
			b := newBench(t, slacktest.Clock(func() time.Time { return old }))
			b.AddChannel(inc, true, b.BotUser)
			if intended {
				if err := b.rememberPlace(t.Context(), inc, place{Intent: time.Now()}); err != nil {
					t.Fatal(err)
				}
			}
			kept := b.keep(chat.Place{Channel: inc, Topic: "x", Members: members("U1")})
			if c := b.channel(inc + "-2"); string(kept.ID) != c.ID {
				t.Errorf("kept %+v", kept)
			}
		})
	}
}

// TestKilledWhileKeeping: wherever the process is killed, after the restart there is one
// channel with one of everything.
func TestKilledWhileKeeping(t *testing.T) {
	for _, method := range []string{"conversations.create", "conversations.setTopic", "conversations.invite", "pins.add", "bookmarks.add", "conversations.archive"} {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprint(method, ", answer lost: ", lost), func(t *testing.T) {
				b := newBench(t)
				p := chat.Place{
					Channel: inc, Topic: "topic", Members: members("U1", "U2"),
					Links: []chat.Link{{Label: "記録", URL: "https://hikeshi.example/i/1"}},
				}
				if method != "conversations.create" {
					b.keep(chat.Place{Channel: inc})
					p.Pinned = b.send(toChannel("card", "card"))
				}
				p.Ended = method == "conversations.archive"
				if lost {
					b.Fail(method, 1, slacktest.CutAfter)
				} else {
					b.After(method, func() { b.memory.die(true) })
				}
				if _, err := b.Keep(t.Context(), p); err == nil {
					t.Fatal("nothing broke")
				}
				b.After(method, nil)
				b.restart()
				kept := b.keep(p)
				if n := len(b.Channels()); n != 1 {
					t.Fatalf("%d channels", n)
				}
				c := b.channel(inc)
				if string(kept.ID) != c.ID || c.Topic != "topic" || len(c.Bookmarks) != 1 || len(c.Members) != 3 || c.Archived != p.Ended {
					t.Errorf("the channel is %+v", c)
				}
				if p.Pinned != "" && len(c.Pinned) != 1 {
					t.Errorf("pinned: %v", c.Pinned)
				}
				p.Ended, p.Members = false, members("U2")
				b.keep(p)
				if c = b.channel(inc); slices.Contains(c.Members, "U1") {
					t.Errorf("who was brought in before is not taken out: %v", c.Members)
				}
				b.clean()
			})
		}
	}
}

// TestWhoIsMissing: one who cannot come stops nobody, and each is said with the reason.
func TestWhoIsMissing(t *testing.T) {
	for _, known := range []bool{false, true} {
		t.Run(fmt.Sprint("known before: ", known), func(t *testing.T) {
			b := newBench(t)
			if known {
				if err := b.listPeople(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			p := chat.Place{Channel: inc, Topic: "x", Members: append(
				members("U1", "UGUEST", "U2", "USINGLE", "UGONE", "UOTHER", "UNOBODY", "U3", b.BotUser), "web:p-01")}
			kept := b.keep(p)
			want := []chat.Missing{
				{User: "slack:UGUEST", Why: chat.ProblemGuest}, {User: "slack:USINGLE", Why: chat.ProblemGuest},
				{User: "slack:UGONE", Why: chat.ProblemGone}, {User: "slack:UOTHER", Why: chat.ProblemOutside},
				{User: "slack:UNOBODY", Why: chat.ProblemGone}, {User: "web:p-01", Why: chat.ProblemGone},
			}
			if !slices.Equal(kept.Missing, want) {
				t.Errorf("missing %+v\nwant    %+v", kept.Missing, want)
			}
			if got := b.channel(inc).Members; !slices.Equal(got, []string{b.BotUser, "U1", "U2", "U3"}) {
				t.Errorf("members %v", got)
			}
			invitations := len(b.Calls("conversations.invite"))
			if kept = b.keep(p); len(kept.Missing) != len(want) || len(b.Calls("conversations.invite")) != invitations {
				t.Errorf("kept again: %+v", kept)
			}
			// His account becomes a full one.
			b.AddUser(slacktest.User{ID: "UGUEST"})
			b.forget(inc)
			if kept = b.keep(p); slices.ContainsFunc(kept.Missing, func(m chat.Missing) bool { return m.User == "slack:UGUEST" }) {
				t.Errorf("still missing: %+v", kept.Missing)
			}
			b.clean()
		})
	}
}

// TestEachEffectStandsAlone: what fails does not stop what comes after it, and is tried again
// alone. (Peers' defect 6)
func TestEachEffectStandsAlone(t *testing.T) {
	for _, method := range []string{"conversations.setTopic", "conversations.invite", "pins.add", "bookmarks.list", "bookmarks.add", "conversations.kick"} {
		t.Run(method, func(t *testing.T) {
			b := newBench(t)
			b.keep(chat.Place{Channel: inc, Members: members("U4")})
			p := chat.Place{
				Channel: inc, Topic: "topic", Members: members("U1", "U2"), Pinned: b.send(toChannel("card", "card")),
				Links: []chat.Link{{Label: "記録", URL: "https://hikeshi.example/i/1"}},
			}
			b.Fail(method, 1, slacktest.ServerError)
			if _, err := b.Keep(t.Context(), p); err == nil {
				t.Fatal("the failure is not told")
			}
			c := b.channel(inc)
			done := map[string]bool{
				"conversations.setTopic": c.Topic != "", "pins.add": len(c.Pinned) > 0, "bookmarks.add": len(c.Bookmarks) > 0,
				"conversations.invite": slices.Contains(c.Members, "U1"), "conversations.kick": !slices.Contains(c.Members, "U4"),
			}
			for effect, ok := range done {
				failed := effect == method || effect == "bookmarks.add" && method == "bookmarks.list"
				if ok == failed {
					t.Errorf("%s done: %v, while %s failed", effect, ok, method)
				}
			}
			b.keep(p)
			c = b.channel(inc)
			if c.Topic == "" || len(c.Pinned) != 1 || len(c.Bookmarks) != 1 || !slices.Equal(c.Members, []string{b.BotUser, "U1", "U2"}) {
				t.Errorf("after the next try: %+v", c)
			}
		})
	}
}

// TestTheNameComesFromTheNumber: a title leaves nothing of a name; it goes to the topic, as it
// is. (Peers' defect 5)
func TestTheNameComesFromTheNumber(t *testing.T) {
	b := newBench(t)
	b.keep(chat.Place{Channel: inc, Topic: "<!channel> ＰＣ紛失 & 漏えい"})
	if c := b.channel(inc); c.Name != inc || !strings.Contains(c.Topic, "ＰＣ紛失") {
		t.Errorf("the channel is %+v", c)
	}
}

func TestDeliveriesWaitForTheChannel(t *testing.T) {
	b := newBench(t)
	_, err := b.Send(t.Context(), toChannel("card", "card"))
	if wait := later(t, err); wait < time.Second || wait > time.Minute {
		t.Errorf("it waits %v", wait)
	}
	if n := len(b.Calls("")); n > 0 {
		t.Errorf("%d calls for a channel that is not there", n)
	}
}

func TestTheEnd(t *testing.T) {
	b := newBench(t)
	p := chat.Place{Channel: inc, Topic: "x", Members: members("U1")}
	b.keep(p)
	last := toChannel("card", "closed")
	last.Update = b.send(last)
	p.Ended = true
	kept := b.keep(p)
	if c := b.channel(inc); !c.Archived || string(kept.ID) != c.ID || kept.Problem != "" {
		t.Errorf("kept %+v, archived %v", kept, c.Archived)
	}
	if _, err := b.Send(t.Context(), last); !errors.Is(err, chat.ErrGone) {
		t.Errorf("a delivery after the end: %v", err)
	}
	b.keep(p) // again: nothing
	p.Ended = false
	b.keep(p)
	if c := b.channel(inc); c.Archived || len(b.Channels()) != 1 {
		t.Errorf("reopened, there are %+v", b.Channels())
	}
	b.clean()
	// Over before there was a channel: none is made.
	kept, err := b.Keep(t.Context(), chat.Place{Channel: "inc-2026-0002", Ended: true})
	if err != nil || kept.ID != "" || len(b.Channels()) != 1 {
		t.Errorf("kept %+v, %v", kept, err)
	}
}

// TestReopenedWhereSlackRefuses: Slack takes the bot out of an archived channel and then lets
// it in no more; the incident goes on in a new one, the old one stays as it is.
func TestReopenedWhereSlackRefuses(t *testing.T) {
	b := newBench(t)
	p := chat.Place{Channel: inc, Topic: "x", Members: members("U1", "U2"), Ended: false}
	b.keep(p)
	p.Ended = true
	old := b.keep(p)
	b.Leave(inc, b.BotUser)
	p.Ended = false
	kept := b.keep(p)
	c := b.channel(inc + "-2")
	if string(kept.ID) != c.ID || kept.ID == old.ID || !c.Private || len(c.Members) != 3 || !b.channel(inc).Archived {
		t.Errorf("kept %+v: %+v", kept, c)
	}
	b.send(toChannel("card", "on we go"))
	if got := titles(b.channel(inc + "-2").Messages); got != "on we go" {
		t.Errorf("the new channel holds %q", got)
	}
	for _, id := range []chat.PlaceID{old.ID, kept.ID} {
		if got, _ := b.channelOf(t.Context(), string(id)); got != inc {
			t.Errorf("%s is %q", id, got)
		}
	}
	b.clean()
}

// TestALostChannel: somebody archived it or took the bot out. What happens reaches those who
// belong in it all the same, no second channel is made, and it is used again when it is back.
func TestALostChannel(t *testing.T) {
	b := newBench(t)
	p := chat.Place{Channel: inc, Topic: "x", Members: members("U1", "U2")}
	b.keep(p)
	b.Archive(inc, true)
	b.send(toChannel("feed/1", "news"))
	for _, user := range []string{"U1", "U2"} {
		if got := titles(b.Person(user).DMs()); got != "news" {
			t.Errorf("%s sees %q", user, got)
		}
	}
	if kept := b.keep(p); kept.Problem != chat.ProblemRefused || len(b.Channels()) != 1 {
		t.Errorf("kept %+v", kept)
	}
	b.Archive(inc, false)
	if kept := b.keep(p); kept.Problem != "" {
		t.Errorf("it is back, kept %+v", kept)
	}
	b.send(toChannel("feed/2", "more"))
	if got := titles(b.channel(inc).Messages); got != "more" {
		t.Errorf("the channel holds %q", got)
	}
}

// TestTakenOutBeforeHisComingWasNoted: the answer to an invitation is lost, or the process
// killed, and then he is no longer to know. He does not stay.
func TestTakenOutBeforeHisComingWasNoted(t *testing.T) {
	for _, killed := range []bool{false, true} {
		b := newBench(t)
		p := chat.Place{Channel: inc, Topic: "x", Members: members("U1", "U2")}
		if killed {
			b.After("conversations.invite", func() { b.memory.die(true) })
		} else {
			b.Fail("conversations.invite", 1, slacktest.CutAfter)
		}
		if _, err := b.Keep(t.Context(), p); err == nil || len(b.channel(inc).Members) != 3 {
			t.Fatalf("nothing broke, or nobody came: %v", err)
		}
		b.After("conversations.invite", nil)
		b.restart()
		p.Members = members("U2")
		b.keep(p)
		if got := b.channel(inc).Members; slices.Contains(got, "U1") || !slices.Contains(got, "U2") {
			t.Errorf("killed %v: in the channel are %v", killed, got)
		}
		b.clean()
	}
}

// TestWhoCannotBeTakenOut is said, and tried again. Until he is out, nothing is said in the
// channel: it goes to the direct messages of those who belong there.
func TestWhoCannotBeTakenOut(t *testing.T) {
	b := newBench(t)
	p := chat.Place{Channel: inc, Topic: "x", Members: members("U1", "U2")}
	b.keep(p)
	card := toChannel("card", "before")
	card.Update = b.send(card)
	b.Grant(slices.DeleteFunc(slices.Clone(slacktest.DefaultScopes), func(s string) bool { return s == "groups:write" })...)
	p.Members = members("U2")
	if kept := b.keep(p); kept.Problem != chat.ProblemStays {
		t.Errorf("kept %+v", kept)
	}
	b.restart()
	card.Card.Title = "without him"
	card.Update = b.send(card)
	if got := titles(b.channel(inc).Messages); got != "before" {
		t.Errorf("he reads %q in the channel", got)
	}
	if one, two := titles(b.Person("U1").DMs()), titles(b.Person("U2").DMs()); one != "" || two != "without him" {
		t.Errorf("he has %q in his messages, the other %q", one, two)
	}
	b.Grant(slacktest.DefaultScopes...)
	if kept := b.keep(p); kept.Problem != "" || slices.Contains(b.channel(inc).Members, "U1") {
		t.Errorf("kept %+v, members %v", kept, b.channel(inc).Members)
	}
	card.Card.Title = "he is out"
	b.send(card)
	if got := titles(b.channel(inc).Messages); got != "he is out" {
		t.Errorf("the channel holds %q, want one card", got)
	}
	b.clean()
}

// TestNothingIsSaidWhileSomebodyIsTakenOut: what is to be said in the channel waits for it,
// though not for ever, should Slack not answer or the process have died on the way.
func TestNothingIsSaidWhileSomebodyIsTakenOut(t *testing.T) {
	b := newBench(t)
	p := chat.Place{Channel: inc, Topic: "x", Members: members("U1", "U2")}
	b.keep(p)
	asked := 0
	b.After("conversations.kick", func() {
		asked++
		_, err := b.Send(t.Context(), toChannel("feed/1", "he is left out"))
		if wait := later(t, err); wait < time.Second || wait > 10*time.Second {
			t.Errorf("meanwhile a message waits %v", wait)
		}
	})
	p.Members = members("U2")
	b.keep(p)
	if b.After("conversations.kick", nil); asked != 1 {
		t.Fatalf("he was taken out %d times", asked)
	}
	b.send(toChannel("feed/1", "he is left out"))
	if got := titles(b.channel(inc).Messages); got != "he is left out" {
		t.Errorf("the channel holds %q", got)
	}
	// Slack does not answer: he may be out or not, and it is tried again within seconds.
	p.Members = members("U1", "U2")
	b.keep(p)
	p.Members = members("U2")
	b.Fail("conversations.kick", 2, slacktest.ServerError)
	for range 2 {
		if kept, err := b.Keep(t.Context(), p); err == nil || kept.Problem != "" {
			t.Fatalf("kept %+v, %v", kept, err)
		}
		if held, err := b.Holds(t.Context(), inc, "slack:U1"); err != nil || held {
			t.Errorf("held: %v, %v", held, err)
		}
		_, err := b.Send(t.Context(), toChannel("feed/2", "later"))
		later(t, err)
	}
	// A process that begins only now, long after the one that died on the way, waits as well.
	since := func(p place) place { p.Leaving = p.Leaving.Add(-leaving); return p }
	left, err := b.recallPlace(t.Context(), inc)
	if err == nil {
		err = b.rememberPlace(t.Context(), inc, since(left))
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Send(t.Context(), toChannel("feed/2", "later"))
	later(t, err)
	if got := titles(b.Person("U2").DMs()); got != "" {
		t.Errorf("two sees %q", got)
	}
	b.began = b.began.Add(-leaving)
	b.send(toChannel("feed/2", "later"))
	if got := titles(b.Person("U2").DMs()); got != "later" {
		t.Errorf("after a death on the way, two sees %q", got)
	}
	b.keep(p)
	b.send(toChannel("feed/3", "at last"))
	if got := titles(b.channel(inc).Messages); got != "he is left out | at last" {
		t.Errorf("the channel holds %q", got)
	}
}

func TestKeepOneAtATime(t *testing.T) {
	b := newBench(t)
	b.Delay(5 * time.Millisecond)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := b.Keep(t.Context(), chat.Place{Channel: inc, Topic: "x", Members: members("U1", "U2")}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(b.Calls("conversations.create")); n != 1 {
		t.Errorf("%d calls for one channel", n)
	}
}

// TestChannelsFollowAtSlacksPace: where Slack asks to wait, the channel waits and is made once;
// what is to be said in it waits with it.
func TestChannelsFollowAtSlacksPace(t *testing.T) {
	b := newBench(t)
	b.Fail("conversations.create", 1, slacktest.Limited, 2*time.Second)
	p := chat.Place{Channel: inc, Topic: "x", Members: members("U1")}
	_, err := b.Keep(t.Context(), p)
	if wait := later(t, err); wait < time.Second || wait > 3*time.Second {
		t.Errorf("asked to wait 2 s, it waits %v", wait)
	}
	_, err = b.Send(t.Context(), toChannel("card", "card"))
	if wait := later(t, err); wait < 2*time.Second {
		t.Errorf("its card waits %v", wait)
	}
	b.restart() // a fresh process knows nothing of the refusal
	b.keep(p)
	if n := len(b.Channels()); n != 1 || b.channel(inc).Topic != "x" {
		t.Errorf("%d channels", n)
	}
}

// TestAPublicAnswerIsNotUsed: whatever the reason that Slack says a channel is public, nothing
// is said there and nobody brought in.
func TestAPublicAnswerIsNotUsed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/conversations.create" {
			t.Errorf("%s was called", r.URL.Path)
		}
		fmt.Fprint(w, `{"ok":true,"channel":{"id":"C1","name":"inc-2026-0001","is_channel":true,"is_private":false}}`)
	}))
	defer server.Close()
	s := newSender(Config{BotToken: "xoxb-1", APIURL: server.URL, Memory: &memory{all: map[string][]byte{}}, Log: slog.New(slog.DiscardHandler)}, titleOnly{})
	kept, err := s.Keep(t.Context(), chat.Place{Channel: inc, Topic: "x", Members: members("U1")})
	if err != nil || kept.ID != "" || kept.Problem != chat.ProblemRefused {
		t.Errorf("kept %+v, %v", kept, err)
	}
	s.http.CloseIdleConnections()
}

// TestWhoMissesWhatTheOthersHave: where direct messages stand for a channel and one of them fails, the
// next try reaches who missed it, writes to nobody twice, and leaves those alone who have it.
func TestWhoMissesWhatTheOthersHave(t *testing.T) {
	for name, kind := range map[string]slacktest.Kind{
		"limited": slacktest.Limited, "an error": slacktest.ServerError, "the answer is lost": slacktest.CutAfter,
	} {
		for _, again := range []string{"the same process", "another one"} {
			t.Run(name+", "+again, func(t *testing.T) {
				b := newBench(t)
				b.ForbidChannels(true)
				b.keep(chat.Place{Channel: inc, Topic: "x", Members: members("U1", "U2", "U3")})
				var once sync.Once
				b.After("chat.postMessage", func() {
					once.Do(func() { b.Fail("chat.postMessage", 1, kind, 10*time.Millisecond) })
				})
				d := toChannel("one", "one")
				id, err := b.Send(t.Context(), d)
				if err == nil || id == "" {
					t.Fatalf("with one who missed it: %q, %v", id, err)
				}
				later, waits := errors.AsType[*chat.Later](err)
				if waits != (kind == slacktest.Limited) {
					t.Errorf("it failed with %v", err)
				}
				if again == "another one" {
					b.restart()
				}
				if waits {
					<-time.After(later.Wait)
				}
				d.Update = id
				before := len(b.Calls("chat.update"))
				d.Update = b.send(d)
				if n := len(b.Calls("chat.update")) - before; n > 1 || n == 1 && kind != slacktest.CutAfter {
					t.Errorf("%d messages were edited that said it already", n)
				}
				d.Card.Title = "two"
				b.send(d)
				for _, who := range []string{"U1", "U2", "U3"} {
					if got := titles(b.Person(who).DMs()); got != "two" {
						t.Errorf("%s sees %q", who, got)
					}
				}
				b.clean()
			})
		}
	}
}

// TestAChannelOfWhichNobodyHeard: the answer to its making was lost, and the incident is over before it
// is looked for. It is found all the same, and put away.
func TestAChannelOfWhichNobodyHeard(t *testing.T) {
	for name, kind := range map[string]slacktest.Kind{"made": slacktest.CutAfter, "not made": slacktest.CutBefore} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			p := chat.Place{Channel: inc, Topic: "x", Members: members("U1", "U2")}
			b.Fail("conversations.create", 1, kind)
			if _, err := b.Keep(t.Context(), p); err == nil {
				t.Fatal("nobody was told that no answer came")
			}
			b.restart()
			p.Ended = true
			b.keep(p)
			made := kind == slacktest.CutAfter
			if all := b.Channels(); len(all) != map[bool]int{true: 1}[made] || made && !all[0].Archived {
				t.Errorf("channels %+v", all)
			}
			calls := len(b.Calls(""))
			if b.keep(p); made && len(b.Calls("")) != calls {
				t.Error("what is put away was looked at again")
			}
			b.clean()
		})
	}
}
