package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hikeshi/bot/slack/slacktest"
	"hikeshi/store"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
)

// TestCrashedSlackServer is the program that is killed while it speaks to Slack. It works
// until its input ends; then it finishes what is due. Called as a test it does nothing.
func TestCrashedSlackServer(t *testing.T) {
	url := os.Getenv("CRASH_SLACK_DATABASE")
	if url == "" {
		return
	}
	by, err := time.ParseDuration(os.Getenv("CRASH_CLOCK"))
	if err != nil {
		t.Fatal(err)
	}
	p := &program{out: io.Discard, errs: os.Stderr, slackLimits: fast, settings: settings{
		DatabaseURL: url, Lang: "ja", Mode: modePractice, Listen: "127.0.0.1:0",
		SlackBotToken: os.Getenv("CRASH_BOT"), SlackAppToken: os.Getenv("CRASH_APP"), SlackAPIURL: os.Getenv("CRASH_API"),
	}}
	h, stop := slackDuty(t, p, movedClock{by})
	defer stop()
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
	if err := h.courier.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	fmt.Println("quiet")
}

// slackLife is one life of the program, in a process of its own.
type slackLife struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	errs  strings.Builder
	said  chan string // its lines; closed at its end
	ended chan struct{}
}

func (c *slackCrash) life() *slackLife {
	c.t.Helper()
	l := &slackLife{t: c.t, cmd: exec.CommandContext(c.t.Context(), os.Args[0], "-test.run=^TestCrashedSlackServer$"), said: make(chan string, 8), ended: make(chan struct{})}
	// The leases of the killed are to have run out.
	c.clock += 61 * time.Second
	l.cmd.Env = append(os.Environ(), "CRASH_SLACK_DATABASE="+c.url, "CRASH_CLOCK="+c.clock.String(),
		"CRASH_BOT="+c.slack.BotToken, "CRASH_APP="+c.slack.AppToken, "CRASH_API="+c.slack.URL())
	l.cmd.Stderr = &l.errs
	in, err1 := l.cmd.StdinPipe()
	out, err2 := l.cmd.StdoutPipe()
	if err := errors.Join(err1, err2, l.cmd.Start()); err != nil {
		c.t.Fatal(err)
	}
	l.in = in
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			l.said <- lines.Text()
		}
		close(l.said)
		_ = l.cmd.Wait()
		close(l.ended)
	}()
	if got := <-l.said; got != "ready" {
		<-l.ended
		c.t.Fatalf("the program did not start: %q\n%s", got, l.errs.String())
	}
	c.slack.Wait("the program is connected", func() bool { return c.slack.Sockets() > 0 })
	return l
}

// kill ends it, and returns when nothing of it is left.
func (l *slackLife) kill() {
	_ = l.cmd.Process.Kill()
	<-l.ended
}

// finish lets it do what is due, and end.
func (l *slackLife) finish() {
	l.t.Helper()
	_ = l.in.Close()
	quiet := false
	for line := range l.said {
		quiet = quiet || line == "quiet"
	}
	<-l.ended
	if state := l.cmd.ProcessState; !quiet || !state.Success() {
		l.t.Fatalf("the program ended by itself: %v\n%s", state, l.errs.String())
	}
}

func (l *slackLife) killed() bool {
	s, ok := l.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && s.Signal() == syscall.SIGKILL
}

// slackCrash is a workspace whose program is killed.
type slackCrash struct {
	t        *testing.T
	slack    *slacktest.Workspace
	url      string
	clock    time.Duration
	accounts map[string]*slacktest.Person
}

// The program is killed when Slack has done what it was asked and before it could be written
// down: after the restart nothing is there a second time, and nothing is missing.
func TestSlackCrash(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		nth    int64
		share  bool // a report is brought to the channel
	}{
		"channel":            {"conversations.create", 1, false},
		"first call":         {"chat.postMessage", 1, false},
		"another call":       {"chat.postMessage", 3, false},
		"card or reporter's": {"chat.postMessage", 5, false},
		"the last message":   {"chat.postMessage", 6, false},
		"invitation":         {"conversations.invite", 1, false},
		"pin":                {"pins.add", 1, false},
		"file":               {"files.completeUploadExternal", 1, true},
	} {
		t.Run(name, func(t *testing.T) { slackKilled(t, c.method, c.nth, c.share) })
	}
}

func slackKilled(t *testing.T, method string, nth int64, share bool) {
	t.Parallel()
	w := slacktest.New(t, slacktest.Patience(40*time.Second))
	c := &slackCrash{t: t, slack: w, url: "sqlite:" + filepath.Join(t.TempDir(), "practice.db")}
	_, c.accounts = moveIn(w, c.contacts())
	var alive atomic.Pointer[slackLife]
	died := make(chan struct{})
	left := atomic.Int64{}
	left.Store(nth)
	w.After(method, func() {
		if l := alive.Load(); l != nil && left.Add(-1) == 0 {
			l.kill()
			close(died)
		}
	})
	first := c.life()
	if !share {
		alive.Store(first)
	}
	c.accounts["中村拓也"].Slash("", "図面のファイルが開けません")
	if share {
		// Everything is there, and the program is killed while it brings the report.
		suzuki := c.accounts["鈴木健太"]
		suzuki.Wait("the channel", func() bool {
			ch, ok := w.Channel("trn-2026-0001")
			return ok && len(ch.Pinned) == 1
		})
		suzuki.Slash("trn-2026-0001", "報告書")
		suzuki.Wait("the answer", func() bool { return suzuki.CanPress("trn-2026-0001", "/Word/", "") })
		alive.Store(first)
		suzuki.Press("trn-2026-0001", "/Word/", "")
	}
	w.Wait("the program is killed", func() bool {
		select {
		case <-died:
			return true
		default:
			return false
		}
	})
	if !first.killed() {
		t.Fatalf("the program ended otherwise: %v\n%s", first.cmd.ProcessState, first.errs.String())
	}
	c.life().finish()
	c.life().finish() // brings what the one before found under a lease
	c.once(share)
}

// contacts are the sample company's.
func (c *slackCrash) contacts() []contact.Person {
	c.t.Helper()
	p := &program{out: io.Discard, errs: io.Discard, settings: settings{DatabaseURL: c.url, Lang: "ja", Mode: modePractice, Listen: "127.0.0.1:0"}}
	o, err := p.openStore(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	defer o.store.Close()
	if o.service, err = workflows.New(c.t.Context(), workflows.Options{Store: o.store, Clock: o.clock, Book: o.book, Paging: o.paging, Practice: true}); err != nil {
		c.t.Fatal(err)
	}
	if err := loadSample(c.t.Context(), o.service); err != nil {
		c.t.Fatal(err)
	}
	return o.service.Contacts().People()
}

// once checks that everything of the one incident is there, and once.
func (c *slackCrash) once(file bool) {
	t := c.t
	s, err := store.Open(t.Context(), c.url)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	channels := c.slack.Channels()
	if len(channels) != 1 {
		t.Fatalf("%d channels", len(channels))
	}
	// The bot, four who are called, and the representative, who is of every circle.
	if ch := channels[0]; ch.Name != "trn-2026-0001" || !ch.Private || len(ch.Pinned) != 1 || len(ch.Members) != 6 {
		t.Errorf("%s: private %v, pinned %q, members %q", ch.Name, ch.Private, ch.Pinned, ch.Members)
	}
	once(t, channels[0].Name, channels[0].Messages)
	calls := 0
	for name, p := range c.accounts {
		messages := p.DMs()
		once(t, name, messages)
		for _, m := range messages {
			if strings.HasPrefix(m.Key, "page:") {
				calls++
			}
		}
	}
	if calls != 4 {
		t.Errorf("%d calls, want four", calls)
	}
	files := c.slack.Files()
	if want := map[bool]int{true: 1}[file]; len(files) != want || want == 1 && len(files[0].Channels) != 1 {
		t.Errorf("files: %+v", files)
	}
	list, err := s.Messages(t.Context(), workflows.MessageQuery{Incident: "TRN-2026-0001", All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.State != workflows.MessageSent {
			t.Errorf("%s is %s", m.Key, m.State)
		}
	}
	if m := c.slack.Mistakes(); len(m) > 0 {
		t.Errorf("Slack refused %q", m)
	}
}
