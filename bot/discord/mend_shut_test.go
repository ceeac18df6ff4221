package discord

import (
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// shuts keeps the bot out of whatever of a kind it makes, as a bot of somebody else's may that looks
// after the server, and counts those.
func (b *bench) shuts(kind int) (made func() int) {
	filled := map[string]bool{}
	for _, c := range b.Channels() {
		filled[c.ID] = true
	}
	ours := func() (out []string) {
		for _, c := range b.Channels() {
			if c.Kind == kind && c.Name != inc && !filled[c.ID] {
				out = append(out, c.ID)
			}
		}
		return out
	}
	b.After(discordtest.CreateChannel, func() {
		for _, id := range ours() {
			b.Overwrite(id, discordtest.Overwrite{ID: b.BotID(), Deny: discordtest.ViewChannel})
		}
	})
	return func() int { return len(ours()) }
}

// aDayOn lets the time go by after which another one is made.
func (b *bench) aDayOn(of kind) {
	b.t.Helper()
	h, err := b.recallShared(b.t.Context(), of)
	if err == nil {
		h.Shut = h.Shut.Add(-shutFor)
		err = b.rememberShared(b.t.Context(), of, h)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// The bot is kept out of everything that it makes: what would be said in the channel goes by direct
// messages, and the server is not filled with what nobody can use. Once somebody lets the bot in, or
// deletes what it cannot use, there is a channel.
func TestKeptOutOfEverythingItMakes(t *testing.T) {
	for name, c := range map[string]struct {
		of     kind
		kind   int
		filled int // channels that are there before
	}{
		"categories":              {categories, discordtest.Category, 0},
		"the channel for threads": {threads, discordtest.Text, nearFull},
	} {
		for mended, mend := range map[string]func(b *bench, id string){
			"let in": func(b *bench, id string) {
				b.Overwrite(id, discordtest.Overwrite{ID: b.BotID(), Allow: discordtest.DefaultBot})
			},
			"deleted": func(b *bench, id string) { b.RemoveChannel(id) },
		} {
			t.Run(name+", "+mended, func(t *testing.T) {
				b := newBench(t)
				b.AddChannels(c.filled)
				made := b.shuts(c.kind)
				refuses := func(p chat.Place) {
					t.Helper()
					if kept := b.keep(p); kept.ID != "" || kept.Problem != chat.ProblemForbidden {
						t.Fatalf("kept %+v", kept)
					}
				}
				refuses(place1(b))
				b.send(toChannel("one", "one"))
				if got := b.dms(b.one) + "/" + b.dms(b.two); got != "one/one" {
					t.Errorf("in the place of the channel: %q", got)
				}
				for range 3 {
					b.later(askAgain)
					refuses(place1(b))
				}
				b.restart()
				refuses(chat.Place{Channel: "inc-2026-0002", Members: members(b.one)})
				if n := made(); n != 1 {
					t.Errorf("%d were made", n)
				}
				for range maxShut + 3 {
					b.aDayOn(c.of)
					b.later(askAgain)
					refuses(place1(b))
				}
				if n := made(); n != maxShut {
					t.Errorf("%d were made in many days, want %d", n, maxShut)
				}
				b.After(discordtest.CreateChannel, nil)
				h, err := b.recallShared(t.Context(), c.of)
				if err != nil || len(h.Barred) != maxShut {
					t.Fatalf("%+v, %v", h, err)
				}
				mend(b, h.Barred[3])
				b.later(askAgain)
				if kept := b.keep(place1(b)); kept.ID == "" {
					t.Fatalf("mended: %+v", kept)
				}
				in := b.channel(inc).Parent
				if was := in == h.Barred[3]; was != (mended == "let in") {
					t.Errorf("it is in %s, and %s was %s", in, h.Barred[3], mended)
				}
				b.alone(inc, b.one, b.two)
			})
		}
	}
}
