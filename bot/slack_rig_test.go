package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/slack"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/store"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
)

// slackRig is the program on duty in a Slack workspace, by the machine's clock.
type slackRig struct {
	t     testing.TB
	slack *slacktest.Workspace
	house *house
	stop  func()
}

// newSlackRig starts it over Socket Mode. Everybody of the sample company has an account.
func newSlackRig(t *testing.T, limits slack.Limits) *slackRig {
	t.Helper()
	return newSlackRigOn(t, limits, "sqlite:"+filepath.Join(t.TempDir(), "practice.db"))
}

// newSlackRigOn starts it on a database.
func newSlackRigOn(t *testing.T, limits slack.Limits, database string) *slackRig {
	t.Helper()
	w := slacktest.New(t, slacktest.Patience(2*time.Minute), slacktest.Scopes(slack.Scopes()...))
	p := &program{settings: slackSettings(w, database), slackLimits: limits}
	r := &slackRig{t: t, slack: w}
	r.house, r.stop = slackDuty(t, p, realClock{})
	t.Cleanup(func() { r.stop() })
	moveIn(w, r.house.service.Contacts().People())
	w.Wait("the program is connected", func() bool { return w.Sockets() > 0 })
	return r
}

func slackSettings(w *slacktest.Workspace, url string) settings {
	return settings{
		DatabaseURL: url, Lang: "ja", Mode: modePractice, Listen: "127.0.0.1:0", PublicURL: "https://hikeshi.example.co.jp",
		SlackBotToken: w.BotToken, SlackAppToken: w.AppToken, SlackAPIURL: w.URL(),
	}
}

// slackDuty wires a program and lets it work, until stop.
func slackDuty(t testing.TB, p *program, clock workflows.Clock) (h *house, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	o := &opened{clock: clock}
	set, err := p.templates()
	if err != nil {
		t.Fatal(err)
	}
	o.take(set)
	if o.store, err = store.Open(ctx, p.settings.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	if h, err = p.wire(ctx, o, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	worked := make(chan struct{})
	var heard sync.WaitGroup
	for _, x := range h.platforms {
		heard.Go(func() {
			if err := x.front.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	go func() { h.courier.Run(ctx); close(worked) }()
	return h, func() {
		cancel()
		heard.Wait()
		<-worked
		h.web.Stop()
		if err := o.store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// moveIn gives everybody of the contact list an account under the address in it; outside
// contacts have none.
func moveIn(w *slacktest.Workspace, people []contact.Person) (names []string, accounts map[string]*slacktest.Person) {
	accounts = map[string]*slacktest.Person{}
	for i, p := range people {
		if strings.HasSuffix(p.Email, "@support.example.co.jp") {
			continue
		}
		name := strings.ReplaceAll(p.Name, " ", "")
		names = append(names, name)
		accounts[name] = w.AddUser(slacktest.User{ID: slackID(i), Name: name, RealName: p.Name, Email: p.Email, EmailConfirmed: true})
	}
	return names, accounts
}

// crowd are people of the workspace whom the contact list does not know.
func (r *slackRig) crowd(n int) []*slacktest.Person {
	var people []*slacktest.Person
	for i := range n {
		people = append(people, r.slack.AddUser(slacktest.User{
			ID: fmt.Sprintf("U0CROWD%03d", i), Name: fmt.Sprintf("member%d", i), Email: fmt.Sprintf("member%d@example.co.jp", i), EmailConfirmed: true,
		}))
	}
	return people
}

// incidents are the numbers that were given out.
func (r *slackRig) incidents() int {
	ids, err := r.house.store.AllIDs(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return len(ids)
}

// settle waits until nothing is to be sent any more, and each channel is as it ought to be:
// the card is pinned last.
func (r *slackRig) settle() {
	r.t.Helper()
	r.slack.Wait("everything is sent", func() bool {
		b, err := r.house.service.Backlog(context.Background())
		if err != nil {
			r.t.Fatal(err)
		}
		return b.Pending == 0 && !slices.ContainsFunc(r.slack.Channels(), func(c slacktest.Channel) bool { return len(c.Pinned) == 0 })
	})
}

// cameOnce checks that nothing stands twice anywhere, and that each incident has its channel.
func (r *slackRig) cameOnce(incidents int) {
	r.t.Helper()
	if n := r.incidents(); n != incidents {
		r.t.Errorf("%d incidents, want %d", n, incidents)
	}
	channels := r.slack.Channels()
	if len(channels) != incidents {
		r.t.Errorf("%d channels for %d incidents", len(channels), incidents)
	}
	for _, c := range channels {
		if !c.Private || len(c.Pinned) != 1 {
			r.t.Errorf("%s: private %v, pinned %q", c.Name, c.Private, c.Pinned)
		}
		once(r.t, "#"+c.Name, c.Messages)
	}
	if m := r.slack.Mistakes(); len(m) > 0 {
		r.t.Errorf("Slack refused %q", m)
	}
}
