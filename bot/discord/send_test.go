package discord

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

func TestOneCardIsKeptCurrent(t *testing.T) {
	b := newBench(t)
	d := toUser("page/1", b.one, "first")
	d.Update = b.send(d)
	d.Card.Title = "second"
	if id := b.send(d); id != d.Update {
		t.Errorf("the update is %s, the card was %s", id, d.Update)
	}
	if got := b.dms(b.one); got != "second" {
		t.Errorf("one sees %q, want one card", got)
	}
	b.restart()
	b.send(toUser("page/2", b.one, "third"))
	if n := b.Done(discordtest.OpenDM); n != 1 {
		t.Errorf("the conversation was opened %d times", n)
	}
	b.clean()
}

// TestAnUncertainSendDoesNotDouble: the request went out and no answer came; the next try finds
// what it did, or does it, also when Discord has forgotten the nonce.
func TestAnUncertainSendDoesNotDouble(t *testing.T) {
	for name, fault := range map[string]discordtest.Kind{
		"carried out": discordtest.CutAfter, "not carried out": discordtest.CutBefore, "status 502": discordtest.ServerError,
	} {
		for _, forgotten := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				b := newBench(t)
				b.send(toUser("other", b.one, "other"))
				b.Fail(discordtest.CreateMessage, 1, fault)
				d := toUser("page/1", b.one, "first")
				d.Card.Blocks = []chat.Block{{Text: "何が起きたか"}}
				if _, err := b.Send(t.Context(), d); !errors.Is(err, chat.ErrUnsure) || errors.Is(err, chat.ErrGone) {
					t.Fatalf("got %v, want one that wraps ErrUnsure", err)
				}
				b.restart()
				d.Again, d.Card.Mark = true, "再送"
				if forgotten {
					b.ForgetNonces()
				} else {
					d.Card.Title = "again" // it is known all the same, and brought up to date
				}
				b.send(d)
				want := "other | 【再送】" + d.Card.Title
				if got := b.dms(b.one); got != want {
					t.Errorf("one sees %q, want %q", got, want)
				}
				b.clean()
			})
		}
	}
}

// TestKilledAfterPosting: the message is there and its ID was never recorded.
func TestKilledAfterPosting(t *testing.T) {
	b := newBench(t)
	b.After(discordtest.CreateMessage, func() { b.memory.die(true) })
	_, _ = b.Send(t.Context(), toUser("page/1", b.one, "first"))
	b.restart()
	b.ForgetNonces()
	d := toUser("page/1", b.one, "first")
	d.Again = true
	b.send(d)
	if got := b.dms(b.one); got != "first" {
		t.Errorf("one sees %q", got)
	}
	// Another delivery that says the same is another message.
	b.send(toUser("page/2", b.one, "first"))
	if got := b.dms(b.one); got != "first | first" {
		t.Errorf("one sees %q", got)
	}
	b.clean()
}

func TestADeletedCardIsPostedAnew(t *testing.T) {
	b := newBench(t)
	d := toUser("card/1", b.one, "first")
	d.Update = b.send(d)
	conversation, message, _ := strings.Cut(string(d.Update), "/")
	b.RemoveMessage(conversation, message)
	d.Card.Title = "second"
	id := b.send(d)
	if id == d.Update {
		t.Error("the deleted message is still said to be it")
	}
	if got := b.dms(b.one); got != "second" {
		t.Errorf("one sees %q", got)
	}
	b.clean()
}

func TestWhoCannotBeReached(t *testing.T) {
	b := newBench(t)
	b.CloseDMs(b.one.ID, true)
	stranger := b.AddStranger("他人")
	b.Kick(b.two.ID)
	for name, to := range map[string]chat.UserID{
		"closed": userID(b.one.ID), "stranger": userID(stranger.ID), "left": userID(b.two.ID), "another platform": "slack:U1", "no ID": "discord:../x",
	} {
		if _, err := b.Send(t.Context(), chat.Delivery{Key: name, To: chat.Target{User: to}, Card: chat.Card{Title: "x"}}); !errors.Is(err, chat.ErrGone) {
			t.Errorf("%s: got %v, want one that wraps ErrGone", name, err)
		}
	}
	if _, err := b.Send(t.Context(), chat.Delivery{Key: "no such", To: chat.Target{User: "discord:123"}, Card: chat.Card{Title: "x"}}); !errors.Is(err, chat.ErrGone) {
		t.Errorf("an account that never was: got %v, want one that wraps ErrGone", err)
	}
	b.TooManyDMs(true)
	if _, err := b.Send(t.Context(), toUser("many", b.three, "x")); !errors.Is(err, chat.ErrGone) || !refused(err, codeOpeningTooFast) {
		t.Errorf("too many: got %v", err)
	}
}

// TestCalledInTheChannel: whom direct messages do not reach is called where he is.
func TestCalledInTheChannel(t *testing.T) {
	b := newBench(t)
	b.keep(chat.Place{Channel: inc, Topic: "x", Members: members(b.one, b.two)})
	b.CloseDMs(b.one.ID, true)
	b.CloseDMs(b.three.ID, true)
	page := func(key string, p *discordtest.Person) chat.Delivery {
		d := toUser(key, p, "呼び出し")
		d.Urgent, d.About = true, "INC-2026-0001"
		d.Card.Buttons = []chat.Button{{Label: "応答する", Action: "ack|INC-2026-0001"}}
		return d
	}
	for _, p := range []*discordtest.Person{b.one, b.three} {
		if _, err := b.Send(t.Context(), page("page/"+p.ID, p)); !errors.Is(err, chat.ErrGone) {
			t.Errorf("got %v, want one that wraps ErrGone, so that the next means is taken", err)
		}
	}
	said := b.channel(inc).Messages
	if len(said) != 1 || len(said[0].Mentions) != 1 || said[0].Mentions[0] != b.one.ID || len(said[0].Components) != 1 {
		t.Fatalf("in the channel: %+v", said)
	}
	// What is no page only says once what he can do about it.
	for range 2 {
		d := toUser("step", b.one, "手順")
		d.About = "INC-2026-0001"
		if _, err := b.Send(t.Context(), d); !errors.Is(err, chat.ErrGone) {
			t.Errorf("got %v", err)
		}
	}
	if said := b.channel(inc).Messages; len(said) != 2 || strings.Contains(said[1].Content, "手順") {
		t.Errorf("in the channel: %+v", said)
	}
	b.clean()
}

func TestDocumentOnce(t *testing.T) {
	b := newBench(t)
	doc := &chat.Document{Name: "INC-2026-0001-v2.docx", Type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", Body: []byte("whole")}
	d := toUser("report/1", b.one, "報告書")
	d.Document = doc
	b.After(discordtest.CreateMessage, func() { b.memory.die(true) })
	_, _ = b.Send(t.Context(), d)
	b.After(discordtest.CreateMessage, nil)
	b.restart()
	b.ForgetNonces()
	d.Again = true
	d.Update = b.send(d)
	if again := b.send(d); again != d.Update {
		t.Errorf("it was brought again: %s, was %s", again, d.Update)
	}
	got := b.dmsOf(b.one)
	if len(got) != 1 || len(got[0].Attachments) != 1 || string(got[0].Attachments[0].Body) != "whole" || got[0].Attachments[0].Name != doc.Name {
		t.Fatalf("one has %+v", got)
	}
	large := toUser("report/2", b.one, "大きい報告書")
	large.Document = &chat.Document{Name: "large.pdf", Body: make([]byte, maxFile+1)}
	b.send(large)
	if got := b.dmsOf(b.one); len(got) != 2 || len(got[1].Attachments) != 0 || len(got[1].Embeds) != 1 {
		t.Errorf("of a file that is too large one has %+v", got[len(got)-1])
	}
	b.clean()
}

func TestDirect(t *testing.T) {
	b := newBench(t)
	if _, err := b.direct(t.Context(), userID(b.one.ID), "1", chat.Card{Title: "now"}); err != nil {
		t.Fatal(err)
	}
	if err := b.hand(t.Context(), userID(b.one.ID), "2", chat.Document{Name: "a/b\"c.txt", Type: "text/plain", Body: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if got := b.dms(b.one); got != "now | a/b\"c.txt" {
		t.Errorf("one sees %q", got)
	}
	b.clean()
}

// TestDirectIsTriedAgain: to begin the conversation, too, and no longer than Discord refuses it.
func TestDirectIsTriedAgain(t *testing.T) {
	b := newBench(t)
	b.Fail(discordtest.OpenDM, 2, discordtest.ServerError)
	if _, err := b.direct(t.Context(), userID(b.one.ID), "1", chat.Card{Title: "now"}); err != nil {
		t.Fatal(err)
	}
	b.CloseDMs(b.two.ID, true)
	before := len(b.Calls(discordtest.CreateMessage))
	if _, err := b.direct(t.Context(), userID(b.two.ID), "1", chat.Card{Title: "now"}); !unwritable(err) {
		t.Errorf("got %v", err)
	}
	if n := len(b.Calls(discordtest.CreateMessage)) - before; n != 1 {
		t.Errorf("what is refused is tried %d times", n)
	}
}

// TestNoTokenOrAddressInErrors: what is logged quotes nothing that was sent.
func TestNoTokenOrAddressInErrors(t *testing.T) {
	b := newBench(t)
	b.Break(discordtest.CutBefore, 0)
	_, err := b.direct(t.Context(), userID(b.one.ID), "1", chat.Card{Title: "秘密"})
	if err == nil || strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), b.Token()) || strings.Contains(err.Error(), "秘密") {
		t.Errorf("got %v", err)
	}
	b.Mend()
	err = b.api.do(t.Context(), turn{free: true}, "POST", "interactions/123456/secrettoken/callback", map[string]any{}, nil)
	if err == nil || strings.Contains(err.Error(), "secrettoken") {
		t.Errorf("got %v", err)
	}
}

func TestLaterWhereDiscordAsksToWait(t *testing.T) {
	b := newBench(t)
	b.Fail(discordtest.CreateMessage, 1, discordtest.Limited)
	_, err := b.Send(t.Context(), toUser("card", b.one, "x"))
	later := (*chat.Later)(nil)
	if !errors.As(err, &later) || later.Wait <= 0 {
		t.Fatalf("got %v, want Later", err)
	}
	b.clean()
}

// TestWhoComesBackIsCalledAgain: who has left the server is not written to, though he can be
// reached over another one; who is let in again is.
func TestWhoComesBackIsCalledAgain(t *testing.T) {
	b := newBench(t)
	b.AddGuild("別の会社", b.one.ID)
	if _, err := b.ask(t.Context(), b.one.ID); err != nil {
		t.Fatal(err)
	}
	b.Kick(b.one.ID)
	if who, err := b.ask(t.Context(), b.one.ID); err != nil || !who.Outside || !b.Left(userID(b.one.ID)) {
		t.Fatalf("%+v %v", who, err)
	}
	if _, err := b.Send(t.Context(), toUser("secret", b.one, "secret")); !errors.Is(err, chat.ErrGone) {
		t.Errorf("got %v, want one that wraps ErrGone", err)
	}
	if n := b.Done(discordtest.OpenDM); n != 0 {
		t.Error("a conversation with him was opened")
	}
	b.Admit(b.one.ID)
	who, _ := b.people.get(b.one.ID)
	b.people.keep(who.person, who.at.Add(-absentFresh-time.Second))
	b.send(toUser("page", b.one, "page"))
	if b.Left(userID(b.one.ID)) || b.dms(b.one) != "page" {
		t.Errorf("he sees %q", b.dms(b.one))
	}
	b.clean()
}

// TestADeadToken: what Discord does not do because of our token is tried again with a better
// one, and said.
func TestADeadToken(t *testing.T) {
	b := newBench(t)
	whole := b.api.session.Token
	b.api.session.Token = "Bot wrong"
	if _, err := b.Send(t.Context(), toUser("card", b.one, "x")); err == nil || errors.Is(err, chat.ErrGone) || errors.Is(err, chat.ErrUnsure) {
		t.Errorf("got %v, want one that is tried again", err)
	}
	if kept, err := b.Keep(t.Context(), place1(b)); err == nil || kept.Problem != "" {
		t.Errorf("kept %+v, %v", kept, err)
	}
	if b.api.refusedSince().IsZero() {
		t.Error("nothing is said of it")
	}
	b.api.session.Token = whole
	b.send(toUser("card", b.one, "x"))
	if !b.api.refusedSince().IsZero() {
		t.Error("it is still said to be refused")
	}
}

// TestKilledAndChanged: the message is there, its ID was never recorded, Discord has forgotten the
// nonce, and the card says something else by now: it is the same card all the same, also when the
// next process is killed, too, right after it has brought it up to date.
func TestKilledAndChanged(t *testing.T) {
	for name, to := range map[string]chat.Target{"channel": {Channel: inc}, "direct messages": {}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.keep(place1(b))
			if to.Channel == "" {
				to.User = userID(b.one.ID)
			}
			d := chat.Delivery{Key: "card:INC-2026-0001", To: to}
			other := d
			other.Key = "card:other"
			other.Card.Title = "INC-2026-0002"
			b.send(other)
			b.After(discordtest.CreateMessage, func() { b.memory.die(true) })
			say := func(title, text string) {
				d.Card.Title, d.Card.Blocks = title, []chat.Block{{Text: text}}
				_, _ = b.Send(t.Context(), d)
				b.restart()
				b.ForgetNonces()
				d.Again, d.Card.Mark = true, "再送"
			}
			say("INC-2026-0001", "発見報告")
			b.After(discordtest.CreateMessage, nil)
			b.After(discordtest.EditMessage, func() { b.memory.die(true) })
			say("INC-2026-0001 初動", "初動")
			b.After(discordtest.EditMessage, nil)
			say("INC-2026-0001 封じ込め", "封じ込め")
			got := titles(b.one.DMs())
			if to.Channel != "" {
				got = titles(b.channel(inc).Messages)
			}
			if strings.Count(got, "INC-2026-0001") != 1 || !strings.Contains(got, "INC-2026-0001 封じ込め") || !strings.Contains(got, "INC-2026-0002") {
				t.Errorf("there is %q", got)
			}
			b.clean()
		})
	}
}

// TestKilledBeforeItWasWritten: nothing is there, and what others of ours say is not taken for it.
func TestKilledBeforeItWasWritten(t *testing.T) {
	b := newBench(t)
	b.Fail(discordtest.CreateMessage, 1, discordtest.CutBefore)
	d := toUser("card/1", b.one, "INC-2026-0001")
	_, _ = b.Send(t.Context(), d)
	b.restart()
	b.send(toUser("card/2", b.one, "INC-2026-0001 別の件"))
	d.Again, d.Card.Title = true, "INC-2026-0001 初動"
	b.send(d)
	if got := b.dms(b.one); got != "INC-2026-0001 別の件 | INC-2026-0001 初動" {
		t.Errorf("there is %q", got)
	}
	b.clean()
}

// TestKilledAfterTheLinks: the links of a channel stand there once, whatever they are by now.
func TestKilledAfterTheLinks(t *testing.T) {
	b := newBench(t)
	b.After(discordtest.CreateMessage, func() { b.memory.die(true) })
	want := place1(b)
	if _, err := b.Keep(t.Context(), want); err == nil {
		t.Fatal("nobody was killed")
	}
	b.After(discordtest.CreateMessage, nil)
	b.restart()
	b.ForgetNonces()
	want.Links[0].URL += "/new"
	b.keep(want)
	var links []discordtest.Message
	for _, m := range b.channel(inc).Messages {
		if m.Kind == 0 {
			links = append(links, m)
		}
	}
	if len(links) != 1 {
		t.Errorf("there are %+v", links)
	}
	b.clean()
}
