package slack

import (
	"context"
	"errors"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/slack/slacktest"
)

func TestPeople(t *testing.T) {
	b := newBench(t)
	if err := b.listPeople(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]person{
		"U1":     {ID: "U1", Name: "u1", Email: "one@example.co.jp"},
		"U2":     {ID: "U2", Name: "u2"}, // the address is not verified
		"UGUEST": {ID: "UGUEST", Name: "uguest", Guest: true},
		"UBOT":   {ID: "UBOT", Name: "ubot", Bot: true},
		"UOTHER": {ID: "UOTHER", Name: "uother", Outside: true},
		"UGONE":  {ID: "UGONE", Name: "ugone", Gone: true},
	} {
		got, err := b.user(t.Context(), id)
		if err != nil || got != want {
			t.Errorf("%s is %+v, %v", id, got, err)
		}
	}
	if n := len(b.Calls("users.info")); n > 0 {
		t.Errorf("known people were asked for %d times", n)
	}
	if got := b.Email("slack:U1"); got != "one@example.co.jp" {
		t.Errorf("the address of U1 is %q", got)
	}
	b.people.keep(person{ID: "ULEFT", Email: "left@example.co.jp", Gone: true}, time.Now())
	b.people.keep(person{ID: "UELSE", Email: "else@example.com", Outside: true}, time.Now())
	for _, id := range []chat.UserID{"slack:ULEFT", "slack:UELSE", "slack:U2", "slack:UGONE", "slack:UNOBODY", "web:U1"} {
		if got := b.Email(id); got != "" {
			t.Errorf("the address of %s is %q", id, got)
		}
	}
	if _, err := b.user(t.Context(), "UNOBODY"); !errors.Is(err, chat.ErrGone) {
		t.Errorf("nobody: %v", err)
	}
}

// Somebody of another company is told of no incident, even where the contact list names him by
// his ID: Slack would let us write to him (Slack Connect).
func TestNobodyOfAnotherCompanyIsWrittenTo(t *testing.T) {
	b := newBench(t)
	if err := b.listPeople(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := b.Send(t.Context(), toUser("page", "UOTHER", "a call"))
	if !errors.Is(err, chat.ErrGone) {
		t.Errorf("sent: %v", err)
	}
	if n := len(b.Calls("conversations.open")); n > 0 {
		t.Error("it was left to Slack whether he reads it")
	}
	b.clean()
}

func TestFindByAddress(t *testing.T) {
	b := newBench(t)
	for range 2 {
		if id, err := b.Find(t.Context(), " One@Example.co.jp"); err != nil || id != "slack:U1" {
			t.Errorf("got %q, %v", id, err)
		}
		for _, email := range []string{"two@example.co.jp", "gone@example.co.jp", "nobody@example.co.jp", ""} {
			if id, err := b.Find(t.Context(), email); !errors.Is(err, chat.ErrGone) || id != "" {
				t.Errorf("%q is %q, %v", email, id, err)
			}
		}
	}
	if n := len(b.Calls("users.lookupByEmail")); n != 4 {
		t.Errorf("%d look-ups for four addresses", n)
	}
}

// TestWhatIsKnownIsRefreshed: a known person is given at once, however old what is known, and
// asked for again beside it.
func TestWhatIsKnownIsRefreshed(t *testing.T) {
	b := newBench(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); b.learn(ctx) }()
	b.Wait("the list of people", func() bool { _, ok := b.people.get("U1"); return ok })
	b.AddUser(slacktest.User{ID: "U1", Deleted: true})
	k, _ := b.people.get("U1")
	b.people.keep(k.person, time.Now().Add(-2*peopleFresh))
	b.Delay(20 * time.Millisecond)
	calls := len(b.Calls(""))
	if who, err := b.user(ctx, "U1"); err != nil || who.Gone || len(b.Calls("")) != calls {
		t.Errorf("got %+v, %v", who, err)
	}
	b.Wait("what is known of U1 to be fresh", func() bool { k, _ := b.people.get("U1"); return k.Gone })
	if got := b.Email("slack:U1"); got != "" {
		t.Errorf("who left still has the address %q", got)
	}
	stop()
	<-ended
}

// TestNobodyTakesAnAddressOver: an address that moved to another account is his alone.
func TestNobodyTakesAnAddressOver(t *testing.T) {
	p := newPeople()
	at := time.Now()
	p.keep(person{ID: "U1", Email: "one@example.co.jp"}, at)
	p.keep(person{ID: "U2", Email: "one@example.co.jp"}, at)
	p.keep(person{ID: "U1", Email: "new@example.co.jp"}, at)
	if p.mails["one@example.co.jp"] != "U2" || p.mails["new@example.co.jp"] != "U1" {
		t.Errorf("addresses: %v", p.mails)
	}
}
