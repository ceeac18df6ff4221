package discord

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

func place1(b *bench) chat.Place {
	return chat.Place{
		Channel: inc, Topic: "INC-2026-0001 社用PCの紛失", Members: members(b.one, b.two),
		Links: []chat.Link{{Label: "記録", URL: "https://hikeshi.example/i/1"}},
	}
}

// alone says that a channel is seen by these people and the bot, and by nobody else.
func (b *bench) alone(channel string, people ...*discordtest.Person) {
	b.t.Helper()
	for _, p := range []*discordtest.Person{b.one, b.two, b.three, b.four} {
		if sees, want := b.CanSee(p.ID, channel), slices.Contains(people, p); sees != want {
			b.t.Errorf("%s sees %s: %v, want %v", p.ID, channel, sees, want)
		}
	}
	if !b.CanSee(b.BotID(), channel) {
		b.t.Errorf("the bot does not see %s", channel)
	}
}

func TestKeepAChannel(t *testing.T) {
	b := newBench(t)
	p := place1(b)
	kept := b.keep(p)
	c := b.channel(inc)
	if c.Kind != discordtest.Text || !strings.HasPrefix(c.Topic, p.Topic) || string(kept.ID) != c.ID || kept.Problem != "" {
		t.Errorf("the channel is %+v, kept %+v", c, kept)
	}
	if category := b.channel(c.Parent); category.Name != "インシデント対応" || category.Kind != discordtest.Category {
		t.Errorf("it stands in %+v", category)
	}
	b.alone(inc, b.one, b.two)
	b.alone("インシデント対応")
	if want := "https://discord.com/channels/" + b.ID() + "/" + c.ID; kept.Link != want {
		t.Errorf("the link is %q, want %q", kept.Link, want)
	}
	if got := b.incidentOf(t.Context(), c.ID); got != inc {
		t.Errorf("incidentOf: %q", got)
	}
	if got := b.incidentOf(t.Context(), "1"); got != "" {
		t.Errorf("a stranger's channel is %q", got)
	}
	p.Pinned = b.send(toChannel("card", "card"))
	p.Links[0].URL = "https://hikeshi.example/i/2"
	p.Topic = strings.Repeat("長", 2000)
	p.Members = members(b.two, b.three)
	b.keep(p)
	c = b.channel(inc)
	if len(c.Pinned) != 2 || !slices.Contains(c.Pinned, within(p.Pinned, c.ID)) {
		t.Errorf("pinned: %v, want %s and the links", c.Pinned, p.Pinned)
	}
	links := c.Messages[0]
	if len(c.Messages) < 2 || !strings.Contains(string(jsonOf(t, links.Components)), "https://hikeshi.example/i/2") {
		t.Errorf("the links: %+v", links)
	}
	b.alone(inc, b.two, b.three)
	done := len(b.Calls(""))
	b.keep(p)
	if calls := b.Calls("")[done:]; len(calls) != 1 || calls[0].Route != discordtest.GetChannel {
		t.Errorf("where nothing changed: %+v", calls)
	}
	b.clean()
}

// TestNobodyElseFromTheFirst: the request that makes the channel denies it to everybody.
func TestNobodyElseFromTheFirst(t *testing.T) {
	b := newBench(t)
	b.After(discordtest.CreateChannel, func() {
		for _, c := range b.Channels() {
			if b.CanSee(b.three.ID, c.ID) {
				t.Errorf("somebody sees %q", c.Name)
			}
		}
	})
	b.keep(place1(b))
	b.clean()
}

// TestNothingIsSaidWhereOthersRead: an administrator opens the channel by hand; who does not
// belong there is taken out again, and until then nothing is said there.
func TestNothingIsSaidWhereOthersRead(t *testing.T) {
	b := newBench(t)
	p := place1(b)
	b.keep(p)
	role := b.AddRole("営業", discordtest.DefaultEveryone, b.four.ID)
	for name, open := range map[string]discordtest.Overwrite{
		"everybody": {ID: b.ID(), Role: true, Allow: discordtest.ViewChannel},
		"a role":    {ID: role, Role: true, Allow: discordtest.ViewChannel},
		"somebody":  {ID: b.three.ID, Allow: discordtest.ViewChannel},
	} {
		b.Overwrite(inc, open)
		if !b.CanSee(b.four.ID, inc) && !b.CanSee(b.three.ID, inc) {
			t.Fatalf("%s: it was not opened", name)
		}
		b.keep(p)
		b.alone(inc, b.one, b.two)
	}
	b.clean()
}

// TestTheBotsOwnRights: what the bot needs in the channel it gives itself again; where it cannot,
// those who belong in it are told by direct messages.
func TestTheBotsOwnRights(t *testing.T) {
	b := newBench(t)
	p := place1(b)
	b.keep(p)
	b.Overwrite(inc, discordtest.Overwrite{ID: b.BotID(), Allow: discordtest.ViewChannel, Deny: discordtest.SendMessages})
	b.send(toChannel("one", "one"))
	if got := b.dms(b.one); got != "one" {
		t.Errorf("one sees %q", got)
	}
	if kept := b.keep(p); kept.Problem != "" {
		t.Errorf("kept %+v", kept)
	}
	before := len(b.channel(inc).Messages)
	b.send(toChannel("two", "two"))
	if got := titles(b.channel(inc).Messages[before:]); got != "two" {
		t.Errorf("in the channel %q", got)
	}
	b.Overwrite(inc, discordtest.Overwrite{ID: b.BotID(), Deny: discordtest.ViewChannel})
	if kept := b.keep(p); kept.Problem != chat.ProblemRefused {
		t.Errorf("shut out: kept %+v", kept)
	}
	b.send(toChannel("three", "three"))
	if got := b.dms(b.one); got != "one | three" {
		t.Errorf("one sees %q", got)
	}
	b.clean()
}

func TestADeniedServer(t *testing.T) {
	b := newBench(t)
	b.Allow(b.BotRole(), discordtest.DefaultBot&^discordtest.ManageChannels)
	p := place1(b)
	if kept := b.keep(p); kept.ID != "" || kept.Problem != chat.ProblemForbidden {
		t.Errorf("kept %+v", kept)
	}
	b.send(toChannel("one", "one"))
	if got := b.dms(b.one) + "/" + b.dms(b.two); got != "one/one" {
		t.Errorf("in the place of the channel: %q", got)
	}
	// Its answer is taken for a while, then asked for again.
	calls := len(b.Calls(discordtest.CreateChannel))
	b.keep(p)
	if n := len(b.Calls(discordtest.CreateChannel)); n != calls {
		t.Error("it was asked again at once")
	}
	b.Allow(b.BotRole(), discordtest.DefaultBot)
	b.later(askAgain)
	if kept := b.keep(p); kept.ID == "" || kept.Problem != "" {
		t.Errorf("after the setting was mended: %+v", kept)
	}
}

// later lets time go by for what is remembered of the channel.
func (b *bench) later(d time.Duration) {
	p, err := b.recallPlace(b.t.Context(), inc)
	if err != nil {
		b.t.Fatal(err)
	}
	p.Asked = p.Asked.Add(-d)
	for user, a := range p.Absent {
		a.At = a.At.Add(-d)
		p.Absent[user] = a
	}
	if err := b.rememberPlace(b.t.Context(), inc, p); err != nil {
		b.t.Fatal(err)
	}
}

// TestKilledWhileKeeping: whatever the last thing was that Discord did, there is one channel and
// one category afterwards, as they ought to be.
func TestKilledWhileKeeping(t *testing.T) {
	routes := []string{discordtest.CreateChannel, discordtest.CreateMessage, discordtest.PinMessage, discordtest.PutOverwrite, discordtest.ChangeChannel}
	for _, route := range routes {
		for nth := 1; nth <= 3; nth++ {
			b := newBench(t)
			n := 0
			b.After(route, func() {
				if n++; n == nth {
					b.memory.die(true)
				}
			})
			p := place1(b)
			again := func() {
				if _, err := b.Keep(t.Context(), p); err != nil {
					b.restart()
					b.keep(p)
				}
			}
			again()
			p.Members = members(b.two, b.three)
			p.Topic = "other"
			again()
			p.Ended = true
			again()
			p.Ended = false
			again()
			b.restart()
			b.keep(p)
			var names []string
			for _, c := range b.Channels() {
				names = append(names, c.Name)
			}
			if want := []string{"インシデント対応", inc, "インシデント対応（終了）"}; !slices.Equal(names, want) {
				t.Errorf("after %s %d: %q, want %q", route, nth, names, want)
			}
			b.alone(inc, b.two, b.three)
			if c := b.channel(inc); len(c.Pinned) != 1 || len(titles(c.Messages)) != len("この件の画面") {
				t.Errorf("after %s %d: %d pins, %q", route, nth, len(c.Pinned), titles(c.Messages))
			}
			b.clean()
		}
	}
}

func TestWhoIsMissing(t *testing.T) {
	b := newBench(t)
	stranger := b.AddStranger("他人")
	p := place1(b)
	p.Members = append(members(b.one, stranger), "discord:99", "slack:U1")
	want := []chat.Missing{
		{User: userID(stranger.ID), Why: chat.ProblemOutside}, {User: "discord:99", Why: chat.ProblemGone}, {User: "slack:U1", Why: chat.ProblemGone},
	}
	if kept := b.keep(p); !slices.Equal(kept.Missing, want) {
		t.Errorf("missing %+v, want %+v", kept.Missing, want)
	}
	if kept := b.keep(p); !slices.Equal(kept.Missing, want) {
		t.Errorf("and again %+v", kept.Missing)
	}
	b.Admit(stranger.ID)
	b.later(askAgain)
	if kept := b.keep(p); !slices.Equal(kept.Missing, want[1:]) {
		t.Errorf("after he came: %+v", kept.Missing)
	}
	b.clean()
}

func TestEachEffectStandsAlone(t *testing.T) {
	b := newBench(t)
	p := place1(b)
	b.keep(p)
	p.Members, p.Topic = members(b.two, b.three, b.four), "other"
	p.Pinned = b.send(toChannel("card", "card"))
	b.Fail(discordtest.ChangeChannel, 1, discordtest.ServerError)
	b.Fail(discordtest.PutOverwrite, 1, discordtest.Limited)
	if _, err := b.Keep(t.Context(), p); err == nil {
		t.Error("nothing is said of what failed")
	}
	if c := b.channel(inc); !slices.Contains(c.Pinned, within(p.Pinned, c.ID)) {
		t.Error("the card was not pinned, because another effect failed")
	}
	if b.CanSee(b.one.ID, inc) {
		t.Error("who does not belong there was not taken out, because another effect failed")
	}
	b.restart()
	b.keep(p)
	b.alone(inc, b.two, b.three, b.four)
	if c := b.channel(inc); !strings.HasPrefix(c.Topic, "other") {
		t.Errorf("the topic is %q", c.Topic)
	}
	b.clean()
}

func TestDeliveriesWaitForTheChannel(t *testing.T) {
	b := newBench(t)
	later := (*chat.Later)(nil)
	if _, err := b.Send(t.Context(), toChannel("early", "early")); !errors.As(err, &later) {
		t.Errorf("got %v, want Later", err)
	}
	b.clean()
}

func TestTheEnd(t *testing.T) {
	b := newBench(t)
	p := place1(b)
	b.keep(p)
	p.Ended = true
	b.keep(p)
	c := b.channel(inc)
	if category := b.channel(c.Parent); category.Name != "インシデント対応（終了）" {
		t.Errorf("it stands in %q", category.Name)
	}
	b.alone(inc, b.one, b.two)
	for _, o := range c.Overwrites {
		if o.ID != b.BotID() && o.Deny&discordtest.SendMessages == 0 {
			t.Errorf("somebody can write: %+v", o)
		}
	}
	if _, err := b.Send(t.Context(), toChannel("late", "late")); !errors.Is(err, chat.ErrGone) {
		t.Errorf("got %v, want one that wraps ErrGone", err)
	}
	calls := len(b.Calls(""))
	b.keep(p)
	if len(b.Calls("")) != calls {
		t.Error("what is over was looked at again")
	}
	// Taken up again, with another circle.
	p.Ended, p.Members = false, members(b.two, b.three)
	if kept := b.keep(p); string(kept.ID) != c.ID {
		t.Errorf("another channel: %+v", kept)
	}
	b.alone(inc, b.two, b.three)
	b.send(toChannel("open", "open"))
	// Deleted while it was over: a new one.
	p.Ended = true
	b.keep(p)
	b.RemoveChannel(inc)
	p.Ended = false
	if kept := b.keep(p); string(kept.ID) == c.ID || kept.ID == "" {
		t.Errorf("kept %+v", kept)
	}
	b.clean()
}

func TestALostChannel(t *testing.T) {
	b := newBench(t)
	p := place1(b)
	b.keep(p)
	b.RemoveChannel(inc)
	b.send(toChannel("one", "one"))
	if got := b.dms(b.one) + "/" + b.dms(b.two) + "/" + b.dms(b.three); got != "one/one/" {
		t.Errorf("in its place %q", got)
	}
	if kept := b.keep(p); kept.Problem != chat.ProblemRefused {
		t.Errorf("kept %+v", kept)
	}
	if n := b.Done(discordtest.CreateChannel); n != 2 {
		t.Errorf("another channel was made: %d", n)
	}
	b.clean()
}

func TestNothingIsSaidWhileSomebodyIsTakenOut(t *testing.T) {
	b := newBench(t)
	p := place1(b)
	b.keep(p)
	holds := func(who *discordtest.Person) bool {
		holds, err := b.Holds(t.Context(), inc, userID(who.ID))
		if err != nil {
			t.Fatal(err)
		}
		return holds
	}
	p.Members = members(b.two)
	p.Out = members(b.one)
	// Discord does not answer: he may be out or not, and it is tried again within seconds.
	b.Fail(discordtest.DeleteOverwrite, 2, discordtest.ServerError)
	for range 2 {
		if kept, err := b.Keep(t.Context(), p); err == nil || kept.Problem != "" {
			t.Errorf("kept %+v, %v", kept, err)
		}
		if holds(b.one) {
			t.Error("what is said waits for him for ever")
		}
		waits(t, b, toChannel("secret", "secret"))
	}
	// A process that begins only now, long after the one that died on the way, waits as well.
	left, err := b.recallPlace(t.Context(), inc)
	if err == nil {
		left.Leaving = left.Leaving.Add(-leaving)
		err = b.rememberPlace(t.Context(), inc, left)
	}
	if err != nil {
		t.Fatal(err)
	}
	waits(t, b, toChannel("secret", "secret"))
	b.began = b.began.Add(-leaving)
	b.send(toChannel("secret", "secret"))
	if got := b.dms(b.one) + "/" + b.dms(b.two); got != "/secret" {
		t.Errorf("said to %q", got)
	}
	b.keep(p)
	if holds(b.one) || !holds(b.two) {
		t.Error("Holds is wrong about who is in it")
	}
	before := len(b.channel(inc).Messages)
	b.send(toChannel("open", "open"))
	if got := titles(b.channel(inc).Messages[before:]); got != "open" {
		t.Errorf("said %q", got)
	}
	b.clean()
}

// waits checks that a delivery is put off for a moment.
func waits(t *testing.T, b *bench, d chat.Delivery) {
	t.Helper()
	_, err := b.Send(t.Context(), d)
	if later := (*chat.Later)(nil); !errors.As(err, &later) || later.Wait > unmade {
		t.Errorf("it does not wait: %v", err)
	}
}

// TestNeverAdopt: a channel of that name, or one that claims to be of the incident, is left alone.
func TestNeverAdopt(t *testing.T) {
	b := newBench(t)
	alien := b.AddChannel(inc)
	b.ChangeChannel(alien.ID, func(c *discordtest.Channel) { c.Topic = "[" + inc + " ]" })
	b.AddCategory("インシデント対応")
	kept := b.keep(place1(b))
	if string(kept.ID) == alien.ID || kept.ID == "" {
		t.Fatalf("kept %+v", kept)
	}
	if !b.CanSee(b.three.ID, alien.ID) {
		t.Error("a stranger's channel was changed")
	}
	b.clean()
}

func TestCategoriesFillUp(t *testing.T) {
	b := newBench(t)
	b.keep(place1(b))
	first := b.channel(inc).Parent
	for range maxInCategory - 1 {
		c := b.AddChannel("x")
		b.ChangeChannel(c.ID, func(c *discordtest.Channel) { c.Parent = first })
	}
	next := chat.Place{Channel: "inc-2026-0002", Members: members(b.one)}
	b.keep(next)
	if c := b.channel(b.channel(next.Channel).Parent); c.Name != "インシデント対応 2" {
		t.Errorf("it stands in %q", c.Name)
	}
	// A category that was deleted is made anew.
	b.RemoveChannel("インシデント対応 2")
	third := chat.Place{Channel: "inc-2026-0003", Members: members(b.one)}
	b.keep(third)
	if c := b.channel(b.channel(third.Channel).Parent); c.Kind != discordtest.Category {
		t.Errorf("it stands in %+v", c)
	}
	b.alone(third.Channel, b.one)
	b.clean()
}

func TestNearTheLimitOfChannels(t *testing.T) {
	b := newBench(t)
	b.AddChannels(nearFull)
	p := place1(b)
	p.Members = members(b.one, b.two)
	kept := b.keep(p)
	c := b.channel(inc)
	if c.Kind != discordtest.PrivateThread || string(kept.ID) != c.ID || kept.Problem != "" {
		t.Fatalf("the thread is %+v, kept %+v", c, kept)
	}
	b.alone(inc, b.one, b.two)
	b.send(toChannel("card", "card"))
	p.Members = members(b.two, b.three)
	b.keep(p)
	b.alone(inc, b.two, b.three)
	b.ChangeChannel(inc, func(c *discordtest.Channel) { c.Members = append(c.Members, b.four.ID) })
	b.keep(p)
	b.alone(inc, b.two, b.three)
	p.Ended = true
	b.keep(p)
	if c := b.channel(inc); !c.Archived || !c.Locked {
		t.Errorf("at the end: %+v", c)
	}
	p.Ended = false
	b.keep(p)
	b.send(toChannel("again", "again"))
	if c := b.channel(inc); c.Archived || c.Locked || !strings.HasSuffix(titles(c.Messages), "again") {
		t.Errorf("taken up again: %+v", c)
	}
	// Somebody put it away by hand.
	b.ChangeChannel(inc, func(c *discordtest.Channel) { c.Archived, c.Locked = true, true })
	b.keep(p)
	b.send(toChannel("more", "more"))
	b.clean()
}

func TestAFullServer(t *testing.T) {
	b := newBench(t)
	b.AddChannels(maxInGuild)
	if kept := b.keep(place1(b)); kept.ID != "" || kept.Problem != chat.ProblemRefused {
		t.Errorf("kept %+v", kept)
	}
	b.send(toChannel("one", "one"))
	if got := b.dms(b.two); got != "one" {
		t.Errorf("in the place of the channel %q", got)
	}
	b.clean()
}

func TestKeepOneAtATime(t *testing.T) {
	b := newBench(t)
	p := place1(b)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := b.Keep(t.Context(), p); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := b.Done(discordtest.CreateChannel); n != 2 {
		t.Errorf("%d channels and categories were made", n)
	}
	b.clean()
}

// TestWhoMissesWhatTheOthersHave: where direct messages stand for a channel and one of them fails, the
// next try reaches who missed it, writes to nobody twice, and leaves those alone who have it.
func TestWhoMissesWhatTheOthersHave(t *testing.T) {
	for name, kind := range map[string]discordtest.Kind{
		"limited": discordtest.Limited, "an error": discordtest.ServerError, "the answer is lost": discordtest.CutAfter,
	} {
		for _, again := range []string{"the same process", "another one"} {
			t.Run(name+", "+again, func(t *testing.T) {
				b := newBench(t)
				b.Allow(b.BotRole(), discordtest.DefaultBot&^discordtest.ManageChannels)
				p := place1(b)
				p.Members = append(p.Members, members(b.three)...)
				b.keep(p)
				var once sync.Once
				b.After(discordtest.CreateMessage, func() {
					once.Do(func() { b.Fail(discordtest.CreateMessage, 1, kind, 10*time.Millisecond) })
				})
				d := toChannel("one", "one")
				id, err := b.Send(t.Context(), d)
				if err == nil || id == "" {
					t.Fatalf("with one who missed it: %q, %v", id, err)
				}
				later, waits := errors.AsType[*chat.Later](err)
				if waits != (kind == discordtest.Limited) {
					t.Errorf("it failed with %v", err)
				}
				if again == "another one" {
					b.restart()
				}
				if waits {
					<-time.After(later.Wait)
				}
				d.Update = id
				before := len(b.Calls(discordtest.EditMessage))
				d.Update = b.send(d)
				if n := len(b.Calls(discordtest.EditMessage)) - before; n > 1 || n == 1 && kind != discordtest.CutAfter {
					t.Errorf("%d messages were edited that said it already", n)
				}
				d.Card.Title = "two"
				b.send(d)
				for _, who := range []*discordtest.Person{b.one, b.two, b.three} {
					if got := b.dms(who); got != "two" {
						t.Errorf("somebody sees %q", got)
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
	for name, kind := range map[string]discordtest.Kind{"made": discordtest.CutAfter, "not made": discordtest.CutBefore} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			p := place1(b)
			b.keep(chat.Place{Channel: "inc-2026-0002", Topic: "x", Members: members(b.one)}) // makes the category
			b.Fail(discordtest.CreateChannel, 1, kind)
			if _, err := b.Keep(t.Context(), p); err == nil {
				t.Fatal("nobody was told that no answer came")
			}
			b.restart()
			p.Ended = true
			kept := b.keep(p)
			if made := kind == discordtest.CutAfter; (kept.ID != "") != made {
				t.Fatalf("kept %+v", kept)
			} else if made {
				if category := b.channel(b.channel(inc).Parent); category.Name != "インシデント対応（終了）" {
					t.Errorf("it stays in %s", category.Name)
				}
			}
			calls := len(b.Calls(""))
			if b.keep(p); kept.ID != "" && len(b.Calls("")) != calls {
				t.Error("what is put away was looked at again")
			}
			b.clean()
		})
	}
}
