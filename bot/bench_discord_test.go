package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/discord/discordtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// How soon people are called on Discord, measured as on Slack (bench_pages_test.go): the whole
// program on its stand-in, without the pauses that Discord asks for, which have tests of their own.
//
//	go test ./bot -run "^$" -bench "Discord" -benchtime 1x

// newDiscordSpeed is the program on duty, which calls Discord as often as it likes.
func newDiscordSpeed(b *testing.B, url string) *discordRig {
	b.Helper()
	r := newDiscordRigWith(b, unpaced, settings{
		DatabaseURL: url, Lang: "ja", Mode: modePractice, Listen: "127.0.0.1:0", PublicURL: "https://hikeshi.example.co.jp",
	})
	r.guild.Unlimited(true)
	return r
}

// reportAs reports by the command, and gives the number when the report is stored.
func (r *discordRig) reportAs(p *discordtest.Person, text string) incident.ID {
	r.t.Helper()
	p.Command(lobby, "incident 報告", map[string]string{"内容": text})
	return r.storedOf(p)
}

// storedOf waits until the report of somebody is stored.
func (r *discordRig) storedOf(p *discordtest.Person) (id incident.ID) {
	r.t.Helper()
	r.guild.Wait("the report is stored", func() bool {
		list, err := r.house.store.Incidents(context.Background(), workflows.IncidentQuery{Person: incident.PersonID("discord:" + p.ID), Limit: 1})
		if err != nil {
			r.t.Fatal(err)
		}
		if len(list) > 0 {
			id = list[0].ID
		}
		return id != ""
	})
	return id
}

// firstCalled waits for the first direct message to somebody of the company about an incident, and
// gives when Discord took it.
func (r *discordRig) firstCalled(id incident.ID) (first time.Time) {
	r.t.Helper()
	r.guild.Wait("somebody is called", func() bool {
		for _, p := range r.accounts {
			for _, m := range p.DMs() {
				if strings.Contains(m.Text(), string(id)) && (first.IsZero() || m.At.Before(first)) {
					first = m.At
				}
			}
		}
		return !first.IsZero()
	})
	return first
}

// BenchmarkDiscordReportToPage is from /incident 報告 until Discord takes the direct message that
// calls the first person. One report at a time. Targets as on Slack: p50 < 50 ms, p99 < 250 ms.
func BenchmarkDiscordReportToPage(b *testing.B) {
	const reports = 200
	onBoth(b, func(b *testing.B, url string) {
		r := newDiscordSpeed(b, url)
		var took []time.Duration
		one := func(p *discordtest.Person, n int) time.Duration {
			begun := time.Now()
			at := r.firstCalled(r.reportAs(p, fmt.Sprintf("ファイルが開けません（%d）", n)))
			r.settle()
			return at.Sub(begun)
		}
		one(r.crowd(1)[0], 0) // opens the direct conversations, which is done once in their lives
		for b.Loop() {
			for n, p := range r.crowd(reports) {
				took = append(took, one(p, n+1))
			}
		}
		speeds(b, took)
	})
}

// BenchmarkDiscordTwoHundredReports is 200 reports by Discord in ten seconds: from each report until
// Discord has said of its last call that it is there. Target as on Slack: all within 1 s.
func BenchmarkDiscordTwoHundredReports(b *testing.B) {
	const n, within = 200, 10 * time.Second
	onBoth(b, func(b *testing.B, url string) {
		r := newDiscordSpeed(b, url)
		r.firstCalled(r.reportAs(r.crowd(1)[0], "最初の報告")) // opens the direct conversations
		var took []time.Duration
		for b.Loop() {
			r.settle()
			people, begun := r.crowd(n), make([]time.Time, n)
			var all sync.WaitGroup
			pause := time.NewTicker(within / n)
			for i, p := range people {
				<-pause.C
				begun[i] = time.Now()
				all.Go(func() {
					p.Command(lobby, "incident 報告", map[string]string{"内容": fmt.Sprintf("メールが送れません（%d）", i)})
				})
			}
			pause.Stop()
			all.Wait()
			for i, p := range people {
				id := r.storedOf(p)
				r.guild.Wait("all are called", func() bool {
					last, over := allCalled(r.t, r.house, id)
					if over {
						took = append(took, last.Sub(begun[i]))
					}
					return over
				})
			}
		}
		speeds(b, took)
	})
}
