package courier_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// A fault of our own is no failure of the means: it is tried again within seconds, and the record
// says nothing of it, nor does the platform count as down.
func TestAFaultOfOursIsNoFailedMeans(t *testing.T) {
	w := newWays(t)
	faults, render := 20, w.courier.Render
	w.courier.Render = func(ctx context.Context, m workflows.Message) (chat.Card, error) {
		if m.Calls() && faults > 0 {
			faults--
			return chat.Card{}, errors.New("the database does not answer")
		}
		return render(ctx, m)
	}
	id := w.report("r1")
	w.drain()
	if faults == 20 {
		t.Fatal("nothing was worded")
	}
	if w.courier.Down("chat") {
		t.Error("chat counts as down")
	}
	faults = 0
	w.clock.move(5 * time.Second)
	w.drain()
	if w.pages(incident.ByChat, "佐藤") != 1 || w.pages(incident.ByPhone, "佐藤") != 0 {
		t.Errorf("cards %q, calls %q", w.by[incident.ByChat].keys("page:"), w.by[incident.ByPhone].keys("page:"))
	}
	if got := w.trouble(id, "佐藤"); got != nil {
		t.Errorf("the record says %q", got)
	}
}

// One that lasts is passed over, and the record says whose fault it was; a message that cannot be
// worded at all is passed over at once.
func TestAFaultOfOursThatLastsIsPassedOver(t *testing.T) {
	for name, panics := range map[string]bool{"an error": false, "a panic": true} {
		t.Run(name, func(t *testing.T) {
			w := newWays(t)
			w.courier.Render = func(context.Context, workflows.Message) (chat.Card, error) {
				if panics {
					panic("a template that cannot be carried out")
				}
				return chat.Card{}, errors.New("the database does not answer")
			}
			id := w.report("r1")
			for range 4 {
				w.drain()
				if panics {
					break
				}
				w.clock.move(5 * time.Second)
			}
			got := w.trouble(id, "佐藤")
			if len(got) == 0 || slices.ContainsFunc(got, func(x incident.MeansTrouble) bool { return x != incident.TroubleOurs }) {
				t.Errorf("the record says %q", got)
			}
			if w.pages(incident.ByMail, "佐藤")+w.pages(incident.ByPhone, "佐藤") == 0 {
				t.Error("nobody was called by another means")
			}
		})
	}
}
