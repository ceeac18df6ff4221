package main

import (
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/slack"
	"hikeshi/bot/slack/slacktest"
)

// slackCrash is a workspace whose program is killed: the real one, on duty, in a process of
// its own and at Slack's own pace.
type slackCrash struct {
	killable
	w     *slacktest.Workspace
	also  []string // settings beside those of Slack
	lives []*oneLife
	crowd []string // who reports besides 中村

	reporter, lead, admin *slacktest.Person
}

// The company of companyOnSlack: whom a report calls, and who is of every circle.
const (
	crashReporter = "U0NAKAMURA"
	crashLead     = "U0SATO0"
	crashAdmin    = "U0SUZUKI"
	crashBoss     = "U0TANAKA"
)

func newSlackCrash(t *testing.T, binary string, patience time.Duration) *slackCrash {
	t.Helper()
	c := newCrashIn(t, binary, patience, t.TempDir())
	c.imports(companyOnSlack)
	return c
}

// newCrashIn makes the workspace of a program that keeps everything in a folder, and imports
// nobody yet.
func newCrashIn(t *testing.T, binary string, patience time.Duration, folder string) *slackCrash {
	t.Helper()
	w := slacktest.New(t, slacktest.Scopes(slack.Scopes()...), slacktest.Patience(patience))
	for _, u := range []slacktest.User{
		{ID: crashBoss, RealName: "田中"}, {ID: crashLead, RealName: "佐藤"},
		{ID: crashAdmin, RealName: "鈴木", Email: "suzuki@example.co.jp", EmailConfirmed: true},
		{ID: "U0TAKAHASHI", RealName: "高橋", Email: "takahashi@example.co.jp", EmailConfirmed: true},
		{ID: crashReporter, RealName: "中村"},
	} {
		w.AddUser(u)
	}
	c := &slackCrash{w: w, killable: killable{t: t, binary: binary, data: folder, url: "sqlite:" + filepath.Join(folder, "hikeshi.db")}}
	c.reporter, c.lead, c.admin = w.Person(crashReporter), w.Person(crashLead), w.Person(crashAdmin)
	return c
}

// imports takes a contact list in.
func (c *slackCrash) imports(people string) {
	c.t.Helper()
	c.killable.imports(people, c.environ())
}

func (c *slackCrash) environ() []string {
	return append([]string{
		"HIKESHI_DATA=" + c.data, "HIKESHI_LISTEN=127.0.0.1:0", "HIKESHI_PUBLIC_URL=https://hikeshi.example.co.jp", "HIKESHI_LOG=json",
		"DATABASE_URL=" + c.url, "SLACK_BOT_TOKEN=" + c.w.BotToken, "SLACK_APP_TOKEN=" + c.w.AppToken, "SLACK_API_URL=" + c.w.URL(),
	}, c.also...) // of a name that is there twice the last counts
}

// live starts the program, and waits until Slack has its connection.
func (c *slackCrash) live() *oneLife {
	c.t.Helper()
	return c.liveAs(exec.Command(c.binary))
}

// liveAs is live with a command of its own; what its environment says is added.
func (c *slackCrash) liveAs(cmd *exec.Cmd) *oneLife {
	c.t.Helper()
	c.w.Wait("the line of the one before is gone", func() bool { return c.w.Sockets() == 0 })
	l := c.begins(cmd, c.environ())
	c.lives = append(c.lives, l)
	c.w.Wait("the program is connected", func() bool { return c.w.Sockets() > 0 || l.over() })
	if l.over() {
		c.t.Fatalf("the program did not start: %s%s", l.out, l.errs)
	}
	return l
}

// again starts the program after a kill, as if the minute of its leases were over.
func (c *slackCrash) again() *oneLife {
	c.t.Helper()
	c.leasesOver()
	return c.live()
}

// finish lets it send what is due, and ends it well.
func (c *slackCrash) finish(l *oneLife) {
	c.t.Helper()
	c.w.Wait("nothing is left to send", func() bool { return l.over() || c.quiet() })
	c.ends(l)
}

// killAfter arms the trap: as soon as Slack has done it, and before it has answered, the
// program of that moment is killed. The channel is closed then.
func (c *slackCrash) killAfter(d deed, l *oneLife) <-chan struct{} {
	died := make(chan struct{})
	from := len(c.w.Calls(d.method))
	var once sync.Once
	c.w.After(d.method, func() {
		for _, call := range c.w.Calls(d.method)[from:] {
			if call.Err == "" && (d.which == nil || d.which(c, call)) {
				once.Do(func() {
					l.kill()
					close(died)
				})
				return
			}
		}
	})
	return died
}

// The program is killed when Slack has done what it was asked and before that could be
// written down: after the restart nothing is there a second time, and nothing is missing.
func TestSlackCrash(t *testing.T) { slackCrashes(t, false, 12, 5) }

// TestSlackCrashSoak has what takes long at Slack's pace.
func TestSlackCrashSoak(t *testing.T) { soak(t); slackCrashes(t, true, 150, 60) }

func slackCrashes(t *testing.T, long bool, reports, kills int) {
	binary := builtProgram(t)
	for name, m := range slackMoments {
		if m.soak != long {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slackKilled(t, binary, m)
		})
	}
	t.Run("at random", func(t *testing.T) {
		t.Parallel()
		slackKilledAtRandom(t, binary, reports, kills)
	})
}

func slackKilled(t *testing.T, binary string, m moment) {
	c := newSlackCrash(t, binary, 40*time.Second)
	c.w.ForbidChannels(m.direct)
	first := c.live()
	if m.before != nil {
		m.before(c)
	}
	died := c.killAfter(m.deed, first)
	if m.act == nil {
		m.act = (*slackCrash).report
	}
	m.act(c)
	c.w.Wait("the program is killed", func() bool {
		select {
		case <-died:
			return true
		default:
			return first.over()
		}
	})
	if !first.killed() {
		t.Fatalf("the program ended otherwise: %v\n%s", first.cmd.ProcessState, first.errs)
	}
	c.w.After(m.deed.method, nil)
	second := c.again()
	if m.after != nil {
		m.after(c)
	}
	c.finish(second)
	if m.check != nil {
		m.check(c)
	}
	c.asLeft(max(1, m.incidents), m)
	if n := len(c.w.Files()); n != m.files {
		t.Errorf("%d files, want %d", n, m.files)
	}
}
