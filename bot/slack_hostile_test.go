package main

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/slack"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// Somebody turns out to be the reason and is left out. That he is, and why, stands in the
// record; nothing of it is said in the channel before he is out of it, though Slack puts us
// off, or does not let us take him out at all.
func TestWhoIsLeftOutReadsNothingMore(t *testing.T) {
	const why = "持ち出しに関わった疑いがあるため"
	for name, hinder := range map[string]func(w *slacktest.Workspace){
		"at once":    func(*slacktest.Workspace) {},
		"later":      func(w *slacktest.Workspace) { w.Fail("conversations.kick", 2, slacktest.Limited, time.Second) },
		"in trouble": func(w *slacktest.Workspace) { w.Fail("conversations.kick", 2, slacktest.ServerError) },
		"never": func(w *slacktest.Workspace) {
			w.Grant(slices.DeleteFunc(slices.Clone(slacktest.DefaultScopes), func(s string) bool { return s == "groups:write" })...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newSlackRig(t, slack.Limits{Channel: time.Nanosecond, Tiers: [4]int{1e6, 1e6, 1e6, 1e6}})
			w, people := r.slack, r.house.service.Contacts()
			lead, left := people.Find("佐藤 美咲")[0], people.Find("鈴木 健太")[0]
			account := func(id incident.PersonID) string {
				p, _ := people.Person(id)
				u, err := r.house.slack.Find(t.Context(), p.Email)
				if err != nil {
					t.Fatal(err)
				}
				return strings.TrimPrefix(string(u), "slack:")
			}
			insider, leads := account(left), account(lead)
			do := func(id incident.ID, by incident.PersonID, c incident.Command) incident.ID {
				t.Helper()
				out, err := r.house.service.Do(t.Context(), workflows.Command{
					Key: "test:" + string(c.Word()), Incident: id, By: incident.Actor{ID: by, Name: string(by)}, Source: incident.FromPerson, Do: c,
				})
				if err != nil || !out.Accepted() {
					t.Fatalf("%+v, %v", out, err)
				}
				return out.Incident
			}
			id := do("", lead, incident.Report{Text: "名簿が持ち出された"})
			do(id, lead, incident.Take{})
			r.settle()
			channel := strings.ToLower(string(id))
			if c, _ := w.Channel(channel); !slices.Contains(c.Members, insider) {
				t.Fatalf("he is not in it: %v", c.Members)
			}
			var mu sync.Mutex
			seen := ""
			w.After("chat.postMessage", func() {
				c, _ := w.Channel(channel)
				mu.Lock()
				defer mu.Unlock()
				for _, m := range c.Messages {
					if slices.Contains(c.Members, insider) && strings.Contains(m.Text(), why) {
						seen = m.Text()
					}
				}
			})
			hinder(w)
			inChannel := workflows.Message{Notice: incident.Notice{Kind: incident.NoticeFeed, Incident: id}}
			err := r.house.courier.Step(t.Context(), func() error {
				do(id, lead, incident.Restrict{Exclude: []incident.PersonID{left}, Reason: why})
				// Nothing was sent since: whichever message comes first, it is not said yet.
				if later := (*chat.Later)(nil); !errors.As(second(r.house.route(inChannel)), &later) {
					t.Error("it is said while he is there")
				}
				inChannel.Kind = incident.NoticePlace
				if err := second(r.house.route(inChannel)); err != nil {
					t.Errorf("taking him out waits for itself: %v", err)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			told := func(where string) bool {
				c, _ := w.Channel(where)
				return slices.ContainsFunc(c.Messages, func(m slacktest.Message) bool { return strings.Contains(m.Text(), why) })
			}
			w.Wait("somebody is told", func() bool { return told(channel) || told(w.Person(leads).Direct()) })
			mu.Lock()
			defer mu.Unlock()
			if seen != "" {
				t.Errorf("he reads %q", seen)
			}
			if told(w.Person(insider).Direct()) {
				t.Error("he was told himself")
			}
			if name != "never" {
				w.Wait("he is out", func() bool { c, _ := w.Channel(channel); return !slices.Contains(c.Members, insider) })
			}
		})
	}
}

func second(_ chat.Frontend, _ chat.Target, err error) error { return err }

// Whoever has left the company is signed out of the web pages on the day his account is
// switched off, though the contact list still has him.
func TestWhoHasLeftIsSignedOut(t *testing.T) {
	r := newSlackRig(t, slack.Limits{})
	rows, faults := contact.Parse([]byte(companyOnSlack))
	if faults != nil {
		t.Fatal(faults)
	}
	if _, err := r.house.service.ImportContacts(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	people := r.house.service.Contacts()
	known := r.house.stillHere(r.house.passes().Known)
	in := func(name string) bool {
		_, ok := known(desk.User(people.Find(name)[0]))
		return ok
	}
	for _, name := range []string{"田中 一郎", "佐藤 美咲", "高橋 直子"} {
		if !in(name) {
			t.Errorf("%s is signed out, of whom nothing is known", name)
		}
	}
	r.slack.AddUser(slacktest.User{ID: "U0TANAKA", Deleted: true})
	r.slack.AddUser(slacktest.User{ID: "U0SATO0"})
	general := r.slack.AddChannel("general", false, "U0TANAKA", "U0SATO0")
	for _, id := range []string{"U0TANAKA", "U0SATO0"} {
		r.slack.Person(id).Slash(general.Name, "status") // what he does makes him known
	}
	r.slack.Wait("he is signed out", func() bool { return !in("田中 一郎") })
	if !in("佐藤 美咲") {
		t.Error("his colleague is signed out as well")
	}
	if _, ok := known("web:nobody"); ok {
		t.Error("somebody is let in who is not listed")
	}
}
