package discord

import (
	"strings"
	"testing"
	"time"

	"hikeshi/bot/discord/discordtest"
)

// A line that breaks now and then is back after Discord's own five seconds; one that never holds
// does not use up the day's sessions, however it breaks.
func TestSessionsBeginAtOnceAndNotAllDayLong(t *testing.T) {
	start := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	for name, holds := range map[string]func(n int) time.Duration{
		"never":    func(int) time.Duration { return 0 },
		"a minute": func(int) time.Duration { return time.Minute },
		"for long after ten that did not": func(n int) time.Duration {
			return time.Duration(max(0, n%11-9)) * 6 * time.Minute
		},
	} {
		t.Run(name, func(t *testing.T) {
			now := start
			var b beginnings
			begun := 0
			for end := now.Add(24 * time.Hour); now.Before(end); begun++ {
				pause := b.pause(standard.identify, now)
				now = now.Add(pause)
				switch since := now.Sub(b.last); {
				case begun > 0 && since < 5*time.Second:
					t.Fatalf("the %dth follows after %v", begun, since)
				case begun > 0 && begun < 10 && pause > 5*time.Second:
					t.Fatalf("the %dth waits for %v", begun, pause)
				case pause > 2*time.Minute:
					t.Fatalf("the %dth waits for %v", begun, pause)
				}
				b.began(now)
				now = now.Add(holds(begun))
			}
			if begun > 730 {
				t.Errorf("%d sessions in a day, of which Discord allows 1,000", begun)
			}
		})
	}
}

// Several processes with one token, on a line that never holds, do not use up a day's sessions, either.
func TestProcessesTogetherLeaveADaysSessions(t *testing.T) {
	const day = 24 * time.Hour
	start := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	for _, processes := range []int{1, 2, 3, 5} {
		all := make([]beginnings, processes)
		begun, late := 0, 0
		for at := time.Duration(0); at < day; at += time.Second {
			now := start.Add(at)
			for i := range all {
				b := &all[i]
				left := sessions{Total: 1000, Remaining: 1000 - begun, ResetAfter: (day - at).Milliseconds()}
				if b.pause(standard.identify, now) > 0 || left.pause(b.last, standard.identify, standard.scarce, now) > 0 {
					continue
				}
				if since := now.Sub(b.last); begun > 0 && left.Remaining < 250 && since < 5*time.Minute {
					t.Fatalf("%d processes: with %d left one follows after %v", processes, left.Remaining, since)
				}
				if b.began(now); at > day-6*time.Hour {
					late++
				}
				begun++
			}
		}
		if begun > 990 || late < 10 {
			t.Errorf("%d processes begin %d sessions, of which Discord allows 1,000; %d in the last hours", processes, begun, late)
		}
	}
}

// Few are left of the day's: the next session waits.
func TestFewSessionsAreLeft(t *testing.T) {
	t.Parallel()
	const scarce = 4 * time.Second // longer than the start takes on a busy machine
	g := discordtest.New(t)
	log := &watched{}
	f := newDoor(t, g, func(f *Front) { f.log, f.patience.scarce = log.logger(), scarce })
	f.Use(&doorDesk{})
	g.SpendSessions(249, 10*time.Second)
	began := time.Now()
	runDoor(t, g, f)
	g.InvalidSession(false)
	g.Wait("it to be said", func() bool { return strings.Contains(log.String(), "few sessions") })
	g.Wait("the next session", func() bool { ok, _ := f.Live(); return ok && g.Identifies() == 2 })
	if took := time.Since(began); took < scarce {
		t.Errorf("it began after %v", took)
	}
}

// However often Discord says that the session is invalid, no other is begun within the time that
// it asks for; and none by the library itself.
func TestNoSessionBeginsBeforeItsTurn(t *testing.T) {
	t.Parallel()
	const least = 300 * time.Millisecond
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	desk := &doorDesk{}
	f := newDoor(t, g, func(f *Front) { f.patience.identify = least + 50*time.Millisecond })
	g.PaceIdentifies(least) // refuses who comes sooner, whom we would see as one more RESUME or IDENTIFY
	f.Use(desk)
	runDoor(t, g, f)
	began := time.Now()
	for n := 1; n <= 2; n++ {
		g.InvalidSession(false)
		g.Wait("the next session", func() bool { ok, _ := f.Live(); return ok && g.Identifies() == n+1 && g.Sockets() == 1 })
	}
	if took := time.Since(began); took < 2*least {
		t.Errorf("two sessions began within %v", took)
	}
	p.Command("general", "incident list", nil)
	idle(g, f)
	if r := desk.only(t); r.Text != "/incident 一覧" {
		t.Errorf("%+v", r)
	}
	blameless(t, g)
}

func TestADaysSessionsThatAreSpentAreSaid(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	log := &watched{}
	f := newDoor(t, g, func(f *Front) { f.log = log.logger() })
	g.SpendSessions(0, 50*time.Millisecond)
	f.Use(&doorDesk{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		runDoor(t, g, f)
	}()
	g.Wait("it to be said", func() bool { return strings.Contains(log.String(), "no more sessions") })
	if n := g.Identifies(); n != 0 {
		t.Errorf("%d sessions were begun all the same", n)
	}
	g.SpendSessions(1, 0)
	<-done
}
