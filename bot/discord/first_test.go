package discord

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/discord/discordtest"
)

// countingMemory counts what it is asked, and can hang until who asks gives up.
type countingMemory struct {
	*doorMemory
	hangs atomic.Bool
	asked atomic.Int32
}

func (m *countingMemory) Recall(ctx context.Context, name string) ([]byte, error) {
	m.asked.Add(1)
	if m.hangs.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return m.doorMemory.Recall(ctx, name)
}

// The form for a report opens whatever the memory does: where it is opened does not matter.
func TestTheReportFormOpensWhileTheMemoryHangs(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	memory := &countingMemory{doorMemory: &doorMemory{}}
	f := openDoor(t, g, formDesk(), func(f *Front) {
		f.config.Memory, f.sender.config.Memory, f.sheets.memory = memory, memory, memory
		f.patience.lookup = time.Minute // whatever waits for it comes too late for a form
	})
	g.Wait("the session to have begun", func() bool { return f.headcount.count() > 0 })
	idle(g, f) // what it begins with is looked up
	memory.hangs.Store(true)
	for line, given := range map[string]map[string]string{"incident report": nil, "incident line": {"text": "/incident"}} {
		p.Command("general", line, given)
		p.WaitModal("")
		p.CloseModal()
	}
	memory.hangs.Store(false)
	idle(g, f)
}

// A channel that is no incident's is looked up once a minute, not with each thing that is done in
// it; one that was just made each time, for another process may be about to make it one.
func TestAChannelOfNoIncidentIsLookedUpOnceAMinute(t *testing.T) {
	b := newBench(t)
	memory := &countingMemory{doorMemory: &doorMemory{}}
	b.config.Memory = memory
	old, fresh := snowflake(time.Now().Add(-otherAge-time.Minute)), snowflake(time.Now().Add(-time.Second))
	for range 5 {
		if got := b.incidentOf(t.Context(), old) + b.incidentOf(t.Context(), fresh); got != "" {
			t.Fatalf("it is %q", got)
		}
	}
	if n := memory.asked.Load(); n != 1+5 {
		t.Errorf("asked %d times", n)
	}
	b.others[old] = time.Now().Add(-otherFresh)
	if _ = b.incidentOf(t.Context(), old); memory.asked.Load() != 7 {
		t.Error("it is not looked up again")
	}
	for i := range 3 * maxOthers {
		_ = b.incidentOf(t.Context(), snowflake(time.Now().Add(-24*time.Hour).Add(time.Duration(i)*time.Second)))
	}
	if n := len(b.others); n > maxOthers {
		t.Errorf("%d are kept", n)
	}
}
