package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/discord"
	"hikeshi/bot/discord/discordtest"
)

// The ways in which somebody reports on Discord.
var discordWays = []struct {
	name string
	// report gives what he did last, which the number answers.
	report func(r *discordRig, p *discordtest.Person, text string) (last *discordtest.Delivery)
}{
	{"the command with a text", func(_ *discordRig, p *discordtest.Person, text string) *discordtest.Delivery {
		return p.Command(lobby, "incident 報告", map[string]string{"内容": text})
	}},
	{"the form", func(r *discordRig, p *discordtest.Person, text string) *discordtest.Delivery {
		p.Command(lobby, "incident 報告", nil)
		return r.fill(p, text)
	}},
	{"a direct message", func(r *discordRig, p *discordtest.Person, text string) *discordtest.Delivery {
		p.DM(text)
		return p.WaitPress("", r.house.say("ja", "button.send_report"), "") // he is asked whether that is a report
	}},
	{"the command on a message", func(r *discordRig, p *discordtest.Person, text string) *discordtest.Delivery {
		p.MessageCommand(r.house.say("ja", "discord.command.report_message"), lobby, p.Post(lobby, text))
		return r.fill(p, "")
	}},
}

// fill types into the form that somebody has asked for, and sends it: what is to be answered is on
// the first page. A form that came too late for a window has a button that opens it.
func (r *discordRig) fill(p *discordtest.Person, text string) *discordtest.Delivery {
	open, send := r.house.say("ja", "discord.form.open"), r.house.say("ja", "discord.form.send_now")
	p.Wait("the form", func() bool { return p.Modal() != nil || placeOf(p, open) != notShown })
	if p.Modal() == nil {
		p.Press(placeOf(p, open), open, "")
		p.Wait("the form", func() bool { return p.Modal() != nil })
	}
	if text != "" {
		p.Type(p.Modal().Inputs[0].ID, text)
	}
	p.Submit()
	p.Wait("a button ["+send+"]", func() bool { return placeOf(p, send) != notShown })
	return p.Press(placeOf(p, send), send, "")
}

const notShown = "notShown"

// placeOf is where somebody is shown a button: what Discord takes no answer for any more, because the
// first one came too late, is in his direct messages.
func placeOf(p *discordtest.Person, label string) string {
	for _, where := range []string{discordtest.Whisper, ""} {
		if p.CanPress(where, label, "") {
			return where
		}
	}
	return notShown
}

// Two hundred report within five seconds, in every way there is, while each answer of Discord's
// REST takes 800 ms: each of them is answered first within two seconds (Discord gives three),
// and gets a number of his own; those on duty are called while the rest is still on its way.
func TestDiscordManyReports(t *testing.T) {
	const n, within = 200, 5 * time.Second
	r := newDiscordRig(t, discord.Limits{})
	people := r.crowd(n)
	r.guild.Delay(800 * time.Millisecond)
	begun, last := make([]time.Time, n), make([]*discordtest.Delivery, n)
	var all sync.WaitGroup
	pause := time.NewTicker(within / n)
	defer pause.Stop()
	for i, p := range people {
		<-pause.C
		begun[i] = time.Now()
		all.Go(func() {
			last[i] = discordWays[i%len(discordWays)].report(r, p, fmt.Sprintf("共有フォルダのファイルが開けません（%d番の席）", i))
		})
	}
	all.Wait()
	r.guild.Wait("every report is accepted", seldom(func() bool { return r.incidents() == n }))
	t.Logf("all are accepted after %v", time.Since(begun[0]))
	var first []time.Duration
	for _, a := range r.guild.Answers() {
		first = append(first, a.Took)
	}
	t.Logf("%d first answers: %v", len(first), spreadOf(first))
	if slowest := r.guild.Slowest(); slowest >= 2*time.Second {
		t.Errorf("somebody waited %v for a first answer", slowest)
	}
	r.guild.Wait("all are called", seldom(func() bool { return r.uncalled() == 0 }))
	t.Logf("all are called after %v", time.Since(begun[0]))
	r.numbersShown(people, begun, last)
	// What is left would take minutes at Discord's pace: that has tests of its own.
	r.guild.Delay(0)
	r.guild.Unlimited(true)
	r.restart(unpaced)
	r.settle()
	t.Logf("all is sent after %v", time.Since(begun[0]))
	r.cameOnce(n)
	if lost := r.guild.Lost(); len(lost) > 0 {
		t.Errorf("%d never answered: %.500q", len(lost), lost)
	}
	numbers := map[string]bool{}
	for _, p := range people {
		numbers[numberOf(p)] = true
		onceOnDiscord(t, p.ID, p.DMs())
	}
	if len(numbers) != n || numbers[""] {
		t.Errorf("%d numbers were shown to %d people", len(numbers), n)
	}
}

// numbersShown tells how long each waited for a number, by the way he took. Who was answered too late
// for Discord, which is told apart, has it in his direct messages.
func (r *discordRig) numbersShown(people []*discordtest.Person, begun []time.Time, last []*discordtest.Delivery) {
	token, shown := map[string]string{}, map[string]time.Time{} // the interaction, by its token; when, by the interaction
	for _, c := range r.guild.Calls("") {
		parts := strings.Split(c.Path, "/")
		at := slices.IndexFunc(parts, func(s string) bool { return s == "interactions" || s == "webhooks" })
		if c.Status != 200 || at < 0 || len(parts) < at+3 {
			continue
		}
		of := token[parts[at+2]]
		if c.Route == discordtest.Callback {
			of = parts[at+1]
			token[parts[at+2]] = of
		}
		if _, known := shown[of]; !known && printsNumber(c) {
			shown[of] = c.At
		}
	}
	answered := map[string]bool{}
	for _, id := range token {
		answered[id] = true
	}
	took := map[string][]time.Duration{}
	var every []time.Duration
	for i, d := range last {
		if d == nil {
			continue // he waited in vain before, which is told already
		}
		at, ok := shown[d.ID]
		if !ok && !answered[d.ID] {
			people[i].Wait("the number in the direct messages", func() bool { return printedNumber.MatchString(discordtest.Texts(people[i].DMs())) })
			r.t.Logf("the number of report %d came by direct message: the first answer was too late", i)
			continue
		}
		if !ok {
			r.t.Errorf("the number of report %d was not shown where it was asked for", i)
			continue
		}
		way := discordWays[i%len(discordWays)].name
		took[way], every = append(took[way], at.Sub(begun[i])), append(every, at.Sub(begun[i]))
	}
	for _, way := range discordWays {
		r.t.Logf("number shown by %s: %v", way.name, spreadOf(took[way.name]))
	}
	r.t.Logf("number shown: %v", spreadOf(every))
}
