package courier

import (
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Who has a turn of his own comes exactly then, however many wait beside him: what is said in
// a channel would else be told out of order. Who has none spreads out among the others.
func TestAKeptTurnIsNotSpread(t *testing.T) {
	var p putOff
	now := time.Unix(0, 0)
	spread := false
	for i := range 40 {
		m := workflows.Message{ID: int64(i + 1)}
		wait := time.Duration(i+1) * time.Second
		if at := p.put(m, now, &chat.Later{Wait: wait, Turn: true}); !at.Equal(now.Add(wait)) {
			t.Fatalf("message %d is due after %v, and its turn is after %v", m.ID, at.Sub(now), wait)
		}
		page := workflows.Message{ID: 2000, Notice: incident.Notice{Urgent: true}}
		if at := p.put(page, now, &chat.Later{Wait: 60 * time.Millisecond, Turn: true}); !at.Equal(now.Add(60 * time.Millisecond)) {
			t.Fatalf("a page is due after %v, and its turn is after 60 ms", at.Sub(now))
		}
		m.ID += 1000
		spread = spread || p.put(m, now, &chat.Later{Wait: wait}).After(now.Add(wait+wait/4))
	}
	if !spread {
		t.Error("without turns nobody spreads out")
	}
}
