package discord

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
)

// rows are the names that are remembered under a prefix, in order.
func rows(t *testing.T, m chat.Memory, prefix string) (names []string) {
	t.Helper()
	all, err := m.All(t.Context(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// What a button means is known as long as somebody may press on it, and no longer; a card that is
// drawn again keeps it.
func TestWhatButtonsMeanIsForgotten(t *testing.T) {
	b := newBench(t)
	long := button{kind: next, page: 2, draft: strings.Repeat("長", 90)}
	id := b.draw.customID(long)
	b.Wait("it is remembered", func() bool { return len(rows(t, b.memory, meantPrefix)) == 1 })
	now := time.Now()
	for _, at := range []time.Time{now, now.Add(meantFor - time.Hour)} {
		if err := b.forgetMeant(t.Context(), at); err != nil || len(rows(t, b.memory, meantPrefix)) != 1 {
			t.Fatalf("after %v %q are left, %v", at.Sub(now), rows(t, b.memory, meantPrefix), err)
		}
	}
	b.restart()
	if got, ok := b.button(t.Context(), id); !ok || got != long {
		t.Errorf("%q means %+v", id, got)
	}
	if err := b.forgetMeant(t.Context(), now.Add(meantFor+time.Hour)); err != nil || len(rows(t, b.memory, meantPrefix)) != 0 {
		t.Errorf("%q are left, %v", rows(t, b.memory, meantPrefix), err)
	}
	b.draw.customID(long) // drawn again, after a restart
	b.Wait("it is remembered anew", func() bool { return len(rows(t, b.memory, meantPrefix)) == 1 })
	b.restart()
	if got, ok := b.button(t.Context(), id); !ok || got != long {
		t.Errorf("drawn again, %q means %+v", id, got)
	}
}

// What an older version wrote, the text alone, is read, is brought over, and stays as it was while a
// process of that version may still read it.
func TestWhatButtonsOfAnOlderVersionMean(t *testing.T) {
	b := newBench(t)
	const old, text = "~sure:of an older version", "本当に？"
	if err := b.memory.Remember(t.Context(), oldMeantPrefix+old, []byte(text)); err != nil {
		t.Fatal(err)
	}
	known := func(when string) {
		t.Helper()
		if q, err := b.kept(t.Context(), old); err != nil || q != text {
			t.Errorf("%s the question is %q, %v", when, q, err)
		}
	}
	known("before")
	now := time.Now()
	for _, at := range []time.Time{now, now.Add(besideFor - time.Minute)} {
		if err := b.bringOver(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		if row, err := b.memory.Recall(t.Context(), oldMeantPrefix+old); err != nil || string(row) != text {
			t.Errorf("after %v the older version reads %q, %v", at.Sub(now), row, err)
		}
		known("brought over,")
	}
	if err := b.bringOver(t.Context(), now.Add(besideFor+time.Minute)); err != nil || len(rows(t, b.memory, oldMeantPrefix)) != 0 {
		t.Errorf("%q are left, %v", rows(t, b.memory, oldMeantPrefix), err)
	}
	known("later")
	if err := b.forgetMeant(t.Context(), now.Add(meantFor+time.Hour)); err != nil || len(rows(t, b.memory, meantPrefix)) != 0 {
		t.Errorf("%q are left, %v", rows(t, b.memory, meantPrefix), err)
	}
}

// What is written now is none of what an older version reads.
func TestAnOlderVersionReadsNoNewRow(t *testing.T) {
	b := newBench(t)
	b.draw.customID(button{kind: next, page: 2, draft: strings.Repeat("長", 90)})
	b.Wait("it is remembered", func() bool { return len(rows(t, b.memory, "")) == 1 })
	if got := rows(t, b.memory, "id/"); len(got) != 0 {
		t.Errorf("it finds %q", got)
	}
}

// A button that is drawn day after day in one process renews what it means.
func TestADrawnButtonStaysKnown(t *testing.T) {
	b := newBench(t)
	long := button{kind: next, page: 2, draft: strings.Repeat("長", 90)}
	id := b.draw.customID(long)
	b.Wait("it is remembered", func() bool { return len(rows(t, b.memory, meantPrefix)) == 1 })
	b.mu.Lock()
	m := b.short[id]
	m.At = m.At.Add(-meantFresh - time.Hour)
	b.short[id] = m
	b.mu.Unlock()
	if err := b.memory.Remember(t.Context(), meantPrefix+id, nil); err != nil {
		t.Fatal(err)
	}
	b.draw.customID(long)
	b.Wait("it is remembered again", func() bool { return len(rows(t, b.memory, meantPrefix)) == 1 })
}

func TestHowFarConversationsWereHeardIsForgotten(t *testing.T) {
	b := newBench(t)
	now := time.Now()
	at := func(ago time.Duration) []byte {
		return []byte(strconv.FormatInt((now.Add(-ago).UnixMilli()-discordEpoch)<<22, 10))
	}
	for name, id := range map[string][]byte{"1": at(time.Hour), "2": at(heardFor - time.Hour), "3": at(heardFor + time.Hour)} {
		if err := b.memory.Remember(t.Context(), heardPrefix+name, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.forgetHeard(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if left := rows(t, b.memory, heardPrefix); !slices.Equal(left, []string{"heard/1", "heard/2"}) {
		t.Errorf("left are %q", left)
	}
}

// That a channel was lost is known until its incident has another one.
func TestALostChannelIsForgotten(t *testing.T) {
	b := newBench(t)
	p := place1(b)
	kept := b.keep(p)
	if err := b.lose(t.Context(), string(kept.ID)); err != nil {
		t.Fatal(err)
	}
	if err := b.lose(t.Context(), "999"); err != nil { // of no incident that is known
		t.Fatal(err)
	}
	if err := b.forgetLost(t.Context(), time.Now()); err != nil || len(rows(t, b.memory, lostPrefix)) != 2 {
		t.Fatalf("left are %q, %v", rows(t, b.memory, lostPrefix), err)
	}
	p.Ended = true
	b.keep(p)
	b.RemoveChannel(inc)
	if err := b.lose(t.Context(), string(kept.ID)); err != nil {
		t.Fatal(err)
	}
	p.Ended = false // taken up again
	if again := b.keep(p); again.ID == kept.ID || again.ID == "" {
		t.Fatalf("kept %+v", again)
	}
	if err := b.forgetLost(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if left := rows(t, b.memory, lostPrefix); !slices.Equal(left, []string{"lost/999"}) {
		t.Errorf("left are %q", left)
	}
}
