package main

import (
	"fmt"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"hikeshi/bot/discord/discordtest"
	"hikeshi/store/pgtest"
)

// Two servers work on one PostgreSQL, and Discord brings everything to both. While many report,
// one after the other ends and another begins: every report is there once and answered once,
// every call arrives once, and each incident has one channel with one card.
func TestTwoServersOnDiscord(t *testing.T) { twoOnDiscord(t, 12, syscall.SIGTERM) }

// A killed one's sends are repeated when its leases have run out, after a minute.
func TestTwoServersOnDiscordSoak(t *testing.T) { soak(t); twoOnDiscord(t, 60, syscall.SIGKILL) }

func twoOnDiscord(t *testing.T, n int, end syscall.Signal) {
	c := newDiscordCrashOn(t, builtProgram(t), 5*time.Minute, pgtest.Shared(t).Empty(t), t.TempDir())
	var servers []*oneLife
	begin := func() {
		t.Helper()
		before := c.g.Sockets()
		l := c.begins(exec.Command(c.binary), append(c.environ(), "HIKESHI_DATA="+t.TempDir()))
		servers = append(servers, l)
		c.g.Wait("a server is connected", func() bool { return c.g.Sockets() > before && len(c.g.Commands()) > 0 || l.over() })
		if l.over() {
			t.Fatalf("a server did not start: %s%s", l.out, l.errs)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			for i, l := range servers {
				t.Logf("server %d: %s", i, l.errs)
			}
		}
	})
	begin()
	begin()
	for i := range n {
		c.crowd = append(c.crowd, c.g.AddMember(fmt.Sprint("社員", i)))
	}
	report := func(p *discordtest.Person) { c.says(p, lobby, "メールが送れません（"+p.ID+"）") }
	var all sync.WaitGroup
	for i, p := range c.crowd {
		switch i {
		case n / 3, 2 * n / 3: // the older one goes, and another comes
			old := servers[len(servers)-2]
			sockets := c.g.Sockets()
			if err := old.cmd.Process.Signal(end); err != nil {
				t.Fatal(err)
			}
			all.Go(func() { report(p) })
			<-old.ended
			if code := old.cmd.ProcessState.ExitCode(); end == syscall.SIGTERM && code != 0 {
				t.Errorf("exit %d: %s", code, old.errs)
			}
			c.g.Wait("it has hung up", func() bool { return c.g.Sockets() < sockets })
			begin()
		default:
			all.Go(func() { report(p) })
		}
	}
	all.Wait()
	unheard := 0
	for _, p := range c.crowd {
		if !c.g.Until(func() bool { return len(c.told(p)) > 0 || end == syscall.SIGKILL }) {
			t.Errorf("%s was told nothing", p.ID)
		}
		if len(c.told(p)) == 0 { // the killed one had promised him an answer
			unheard++
			report(p)
		}
	}
	c.g.Wait("nothing is left to send", c.quiet)
	for _, p := range c.crowd {
		if told := c.told(p); len(told) != 1 {
			t.Errorf("%s was told %q", p.ID, told)
		}
	}
	for who, times := range c.reporters() {
		if times != 1 {
			t.Errorf("%s has %d incidents", who, times)
		}
	}
	for _, l := range servers[len(servers)-2:] {
		c.ends(l)
	}
	c.asLeft(n, discordMoment{})
	t.Logf("%d reports had to be made again", unheard)
}
