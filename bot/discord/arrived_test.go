package discord

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

// Who was not in the server when an incident's channel was made is let in as soon as he is met
// there, though it was noted that he is not; until then he is not asked for again and again.
func TestWhoComesLaterIsLetIn(t *testing.T) {
	b := newBench(t)
	s := b.AddStranger("新人")
	p := place1(b)
	p.Members = append(members(b.one), userID(s.ID))
	if kept := b.keep(p); !slices.Contains(kept.Missing, chat.Missing{User: userID(s.ID), Why: chat.ProblemOutside}) {
		t.Fatalf("kept %+v", kept)
	}
	b.Admit(s.ID)
	var told []chat.UserID
	b.config.Arrived = func(_ context.Context, who chat.UserID) error { told = append(told, who); return nil }
	for len(b.people.came) > 0 {
		<-b.people.came // who was in the server before
	}
	b.met(&discordgo.Member{User: &discordgo.User{ID: s.ID, Username: "新人"}})
	b.met(&discordgo.Member{User: &discordgo.User{ID: s.ID, Username: "新人"}})
	if n := len(b.people.came); n != 1 {
		t.Fatalf("%d have come", n)
	}
	b.hasCome(t.Context(), <-b.people.came)
	if !slices.Equal(told, []chat.UserID{userID(s.ID)}) {
		t.Errorf("told of %v", told)
	}
	if kept := b.keep(p); len(kept.Missing) > 0 || !b.CanSee(s.ID, inc) {
		t.Errorf("kept %+v, he sees it: %v", kept, b.CanSee(s.ID, inc))
	}
	b.clean()
}

// Who was never in the server has not left it; who was has, after a restart too; who is back is
// known to be so a minute later, not an hour.
func TestWhoWasNeverThereHasNotLeft(t *testing.T) {
	b := newBench(t)
	s := b.AddStranger("社外")
	left := func(id string) bool {
		if _, err := b.ask(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		return b.Left(userID(id))
	}
	if left(s.ID) {
		t.Error("who was never there has left")
	}
	if left(b.one.ID) {
		t.Error("who is there has left")
	}
	b.hasCome(t.Context(), b.one.ID)
	b.Kick(b.one.ID)
	if !left(b.one.ID) {
		t.Error("who was removed has not left")
	}
	b.people = newPeople()
	if !left(b.one.ID) {
		t.Error("after a restart he has not left")
	}
	b.Admit(b.one.ID)
	k, _ := b.people.get(b.one.ID)
	b.people.keep(k.person, time.Now().Add(-absentFresh-time.Second))
	if b.Left(userID(b.one.ID)) {
		t.Error("who is back has left")
	}
}
