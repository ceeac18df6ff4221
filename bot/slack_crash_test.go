package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hikeshi/bot/slack"
	"hikeshi/bot/slack/slacktest"
)

// slackCrash is a workspace whose program is killed: the real one, on duty, in a process of
// its own and at Slack's own pace.
type slackCrash struct {
	t      *testing.T
	w      *slacktest.Workspace
	binary string
	data   string
	lives  []*slackLife
	crowd  []string // who reports besides 中村

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
	w := slacktest.New(t, slacktest.Scopes(slack.Scopes()...), slacktest.Patience(patience))
	for _, u := range []slacktest.User{
		{ID: crashBoss, RealName: "田中"}, {ID: crashLead, RealName: "佐藤"},
		{ID: crashAdmin, RealName: "鈴木", Email: "suzuki@example.co.jp", EmailConfirmed: true},
		{ID: "U0TAKAHASHI", RealName: "高橋", Email: "takahashi@example.co.jp", EmailConfirmed: true},
		{ID: crashReporter, RealName: "中村"},
	} {
		w.AddUser(u)
	}
	c := &slackCrash{t: t, w: w, binary: binary, data: t.TempDir()}
	c.reporter, c.lead, c.admin = w.Person(crashReporter), w.Person(crashLead), w.Person(crashAdmin)
	list := filepath.Join(c.data, "contacts.csv")
	if err := os.WriteFile(list, []byte(companyOnSlack), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs written
	if code := run(t.Context(), []string{"contacts", "import", list}, c.environ(), &out, &errs); code != 0 {
		t.Fatalf("import: %s%s", &out, &errs)
	}
	return c
}

func (c *slackCrash) environ() []string {
	return []string{
		"HIKESHI_DATA=" + c.data, "HIKESHI_LISTEN=127.0.0.1:0", "HIKESHI_PUBLIC_URL=https://hikeshi.example.co.jp", "HIKESHI_LOG=json",
		"SLACK_BOT_TOKEN=" + c.w.BotToken, "SLACK_APP_TOKEN=" + c.w.AppToken, "SLACK_API_URL=" + c.w.URL(),
	}
}

func (c *slackCrash) database() string { return filepath.Join(c.data, "hikeshi.db") }

// slackLife is one life of the program.
type slackLife struct {
	cmd       *exec.Cmd
	out, errs *written
	ended     chan struct{}
}

// live starts the program, and waits until Slack has its connection.
func (c *slackCrash) live() *slackLife {
	c.t.Helper()
	l := &slackLife{out: &written{}, errs: &written{}, ended: make(chan struct{})}
	l.cmd = exec.Command(c.binary)
	l.cmd.Env, l.cmd.Stdout, l.cmd.Stderr = c.environ(), l.out, l.errs
	c.w.Wait("the line of the one before is gone", func() bool { return c.w.Sockets() == 0 })
	if err := l.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() {
		_ = l.cmd.Wait() // how it ended is asked by whom it concerns
		close(l.ended)
	}()
	c.t.Cleanup(l.kill)
	c.lives = append(c.lives, l)
	c.w.Wait("the program is connected", func() bool { return c.w.Sockets() > 0 || l.over() })
	if l.over() {
		c.t.Fatalf("the program did not start: %s%s", l.out, l.errs)
	}
	return l
}

// kill ends it with SIGKILL, and returns when nothing of it is left.
func (l *slackLife) kill() {
	_ = l.cmd.Process.Kill()
	<-l.ended
}

func (l *slackLife) over() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

func (l *slackLife) killed() bool {
	s, ok := l.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && s.Signal() == syscall.SIGKILL
}

// again starts the program after a kill, as if the minute of its leases were over.
func (c *slackCrash) again() *slackLife {
	c.t.Helper()
	db := c.open()
	defer db.Close()
	for _, table := range []string{"messages", "timers"} {
		if _, err := db.Exec(`UPDATE `+table+` SET next = next - $1 WHERE owner <> '' AND next IS NOT NULL`, time.Minute.Microseconds()); err != nil {
			c.t.Fatal(err)
		}
	}
	return c.live()
}

// quiet reports whether nothing is left to be sent.
func (c *slackCrash) quiet() bool {
	db := c.open()
	defer db.Close()
	left := -1
	if err := db.QueryRow(`SELECT count(*) FROM messages WHERE next IS NOT NULL`).Scan(&left); err != nil {
		c.t.Fatal(err)
	}
	return left == 0
}

// open opens the database beside the program.
func (c *slackCrash) open() *sql.DB {
	c.t.Helper()
	db, err := sql.Open("sqlite", "file:"+c.database()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		c.t.Fatal(err)
	}
	return db
}

// finish lets it send what is due, and ends it well.
func (c *slackCrash) finish(l *slackLife) {
	c.t.Helper()
	c.w.Wait("nothing is left to send", func() bool { return l.over() || c.quiet() })
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Errorf("it ended by itself: %v\n%s", err, l.errs)
	}
	<-l.ended
	if code := l.cmd.ProcessState.ExitCode(); code != 0 {
		c.t.Errorf("exit %d: %s", code, l.errs)
	}
}

// deed is what Slack has done when the program is killed.
type deed struct {
	method string
	which  func(c *slackCrash, call slacktest.Call) bool // nil: the first
}

func keyed(prefix string) func(*slackCrash, slacktest.Call) bool {
	return func(_ *slackCrash, call slacktest.Call) bool { return strings.HasPrefix(call.Key, prefix) }
}

// killAfter arms the trap: as soon as Slack has done it, and before it has answered, the
// program of that moment is killed. The channel is closed then.
func (c *slackCrash) killAfter(d deed, l *slackLife) <-chan struct{} {
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

// nth is the nth call of a method.
func nth(method string, n int) func(*slackCrash, slacktest.Call) bool {
	return func(c *slackCrash, _ slacktest.Call) bool { return c.w.Done(method) >= n }
}

// moment is a moment of an incident: what comes before it, in a program that lives, and what
// leads to the deed at which it is killed.
type moment struct {
	deed   deed
	before func(c *slackCrash)
	act    func(c *slackCrash)
	after  func(c *slackCrash) // what people do when the program is there again
	check  func(c *slackCrash)
	// direct says that the workspace allows no channels, ended that the incident is over.
	direct, ended bool
	files         int
	incidents     int // 0: one
}

func (c *slackCrash) report() {
	c.reporter.Slash("", "共有フォルダーのファイルが開けません")
}

// settled waits until an incident is all there.
func (c *slackCrash) settled() {
	c.w.Wait("the channel is made", func() bool {
		list := c.w.Channels()
		return len(list) == 1 && len(list[0].Pinned) == 1 && len(list[0].Bookmarks) > 0 && c.quiet()
	})
}

func (c *slackCrash) reported() { c.report(); c.settled() }

// channel is the one there is.
func (c *slackCrash) channel() string {
	list := c.w.Channels()
	if len(list) != 1 {
		c.t.Fatalf("%d channels", len(list))
	}
	return list[0].Name
}

func (c *slackCrash) takesUp() { c.lead.Press("", "対応します", "") }

// approved brings an incident to where it can be closed, with its report in the channel.
func (c *slackCrash) approved() {
	c.reported()
	c.takesUp()
	for _, line := range [][2]string{
		{"レベル 0 何も送られていないため", "「事故レベル0」と判定しました"},
		{"項目 想定される被害 何も送られていない", "「想定される被害」を記入しました"},
	} {
		c.lead.Slash(c.channel(), line[0])
		c.lead.WaitText(c.channel(), line[1])
	}
	c.admin.Slash(c.channel(), "承認 送信前に気づいたことを確認しました") // at level 0 the administrator approves
	c.w.Wait("the report is there", func() bool { return len(c.w.Files()) == 2 && c.quiet() })
}

func (c *slackCrash) closes() { c.lead.Slash(c.channel(), "終結") }

// many report at once, so that calls of several incidents reach somebody as one message.
func (c *slackCrash) many() {
	var all sync.WaitGroup
	for i := range 6 {
		id := fmt.Sprintf("U0CROWD%d", i)
		c.crowd = append(c.crowd, id)
		p := c.w.AddUser(slacktest.User{ID: id, RealName: id})
		all.Go(func() { p.Slash("", "メールが送れません（"+id+"）") })
	}
	all.Wait()
}

// joined checks that there were such calls.
func (c *slackCrash) joined() {
	numbers := map[string]bool{}
	for _, m := range c.lead.DMs() {
		found := map[string]bool{}
		for _, number := range liveNumber.FindAllString(m.Text(), -1) {
			found[number], numbers[number] = true, true
		}
		if strings.HasPrefix(m.Key, "page:") && len(found) > 1 {
			return
		}
	}
	c.t.Errorf("nothing was joined: %d incidents in messages of their own", len(numbers))
}

var slackMoments = map[string]moment{
	"channel":    {deed: deed{method: "conversations.create"}},
	"invitation": {deed: deed{method: "conversations.invite"}},
	"topic":      {deed: deed{method: "conversations.setTopic"}},
	"card":       {deed: deed{"chat.postMessage", keyed("card:")}},
	"call":       {deed: deed{"chat.postMessage", keyed("page:")}},
	"another call": {deed: deed{"chat.postMessage", func(c *slackCrash, call slacktest.Call) bool {
		return strings.HasPrefix(call.Key, "page:") && c.w.Done("chat.postMessage") > 1
	}}},
	"reporter's card": {deed: deed{"chat.postMessage", keyed("reporter:")}},
	"pin":             {deed: deed{method: "pins.add"}},
	"bookmark":        {deed: deed{method: "bookmarks.add"}},
	"answer": {
		deed: deed{method: "response_url"},
		check: func(c *slackCrash) {
			if n := len(c.told(c.reporter)); n != 1 {
				c.t.Errorf("the reporter was told %d times", n)
			}
		},
	},
	"update": {
		deed: deed{method: "chat.update"}, before: (*slackCrash).reported, act: (*slackCrash).takesUp,
		check: func(c *slackCrash) {
			if got := c.card().Text(); !strings.Contains(got, "佐藤 美咲") {
				c.t.Errorf("the card does not say who takes care of it:\n%s", got)
			}
		},
	},
	"file": {
		deed: deed{method: "files.completeUploadExternal"}, files: 1,
		before: func(c *slackCrash) {
			c.reported()
			c.lead.Slash(c.channel(), "報告書")
			c.lead.Wait("the answer", func() bool { return c.lead.CanPress(c.channel(), spoken("share.docx"), "") })
		},
		act: func(c *slackCrash) { c.lead.Press(c.channel(), spoken("share.docx"), "") },
	},
	"Home": {
		deed: deed{method: "views.publish"}, before: (*slackCrash).reported,
		act: func(c *slackCrash) { c.lead.OpenHome() },
		after: func(c *slackCrash) {
			c.lead.OpenHome()
			c.lead.WaitHome("INC-")
		},
	},
	"archive": {
		deed: deed{method: "conversations.archive"}, ended: true,
		before: func(c *slackCrash) {
			c.reported()
			c.takesUp()
			c.w.Wait("it is under way", c.quiet)
		},
		act: func(c *slackCrash) {
			c.lead.Slash(c.channel(), "非該当 偽の警告の広告だったため")
		},
	},
	"closing's file":   {deed: deed{method: "files.completeUploadExternal"}, files: 4, ended: true, before: (*slackCrash).approved, act: (*slackCrash).closes},
	"closing's second": {deed: deed{"files.completeUploadExternal", nth("files.completeUploadExternal", 4)}, files: 4, ended: true, before: (*slackCrash).approved, act: (*slackCrash).closes},
	"calls as one":     {deed: deed{"chat.postMessage", nth("chat.postMessage", 8)}, incidents: 6, act: (*slackCrash).many, check: (*slackCrash).joined},
	"another card without a channel": {
		direct: true,
		deed: deed{"chat.postMessage", func(c *slackCrash, _ slacktest.Call) bool {
			cards := 0
			for _, call := range c.w.Calls("chat.postMessage") {
				if call.Err == "" && strings.HasPrefix(call.Key, "card:") {
					cards++
				}
			}
			return cards > 1
		}},
	},
	"card without a channel": {
		direct: true,
		deed:   deed{"chat.postMessage", keyed("card:")},
	},
}

// The program is killed when Slack has done what it was asked and before that could be
// written down: after the restart nothing is there a second time, and nothing is missing.
func TestSlackCrash(t *testing.T) {
	binary := builtProgram(t)
	for name, m := range slackMoments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slackKilled(t, binary, m)
		})
	}
	t.Run("at random", func(t *testing.T) {
		t.Parallel()
		slackKilledAtRandom(t, binary, 12, 5)
	})
}

func TestSlackCrashSoak(t *testing.T) { soak(t); slackKilledAtRandom(t, builtProgram(t), 150, 60) }

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
