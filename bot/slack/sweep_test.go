package slack

import (
	"slices"
	"testing"

	"hikeshi/bot/chat"
)

// That a channel was lost is known until its incident has another one.
func TestALostChannelIsForgotten(t *testing.T) {
	b := newBench(t)
	kept := b.keep(chat.Place{Channel: inc, Topic: "x", Members: members("U1", "U2")})
	left := func(want ...string) {
		t.Helper()
		if err := b.forgetLost(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := b.memory.All(t.Context(), lostPrefix)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for name := range all {
			names = append(names, name)
		}
		if slices.Sort(names); !slices.Equal(names, want) {
			t.Errorf("left are %q, want %q", names, want)
		}
	}
	if err := b.lose(t.Context(), string(kept.ID)); err != nil {
		t.Fatal(err)
	}
	left(lostPrefix + string(kept.ID))
	p, err := b.recallPlace(t.Context(), inc)
	if err != nil {
		t.Fatal(err)
	}
	p.ID = "C0ANOTHER" // as where the incident was taken up again after its channel was deleted
	if err := b.rememberPlace(t.Context(), inc, p); err != nil {
		t.Fatal(err)
	}
	left()
}
