package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/discord"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// discordRig is the program on duty in a Discord server, by the machine's clock.
type discordRig struct {
	t       testing.TB
	guild   *discordtest.Guild
	program *program
	house   *house
	stop    func()
	// accounts are those of the sample company, by name without spaces.
	accounts map[string]*discordtest.Person
}

// unpaced lets the program call Discord as often as it likes; the server has to be Unlimited, or
// to have larger buckets.
var unpaced = discord.Limits{Global: 1 << 30, Guess: 1 << 30}

// newDiscordRig starts it in a server with a channel that everybody is in. Everybody of the sample
// company has an account.
func newDiscordRig(t testing.TB, limits discord.Limits, options ...discordtest.Option) *discordRig {
	t.Helper()
	return newDiscordRigWith(t, limits, settings{
		DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "practice.db"), Lang: "ja", Mode: modePractice, Listen: "127.0.0.1:0",
		PublicURL: "https://hikeshi.example.co.jp",
	}, options...)
}

// newDiscordRigWith starts it with some settings beside Discord's.
func newDiscordRigWith(t testing.TB, limits discord.Limits, with settings, options ...discordtest.Option) *discordRig {
	t.Helper()
	g := discordtest.New(t, append([]discordtest.Option{discordtest.Patience(2 * time.Minute), discordtest.IdentifyEvery(0)}, options...)...)
	g.AddChannel(lobby)
	with.DiscordBotToken, with.DiscordGuildID, with.DiscordAPIURL = g.Token(), g.ID(), g.URL()
	r := &discordRig{t: t, guild: g, program: &program{settings: with, discordLimits: limits}}
	r.house, r.stop = slackDuty(t, r.program, realClock{})
	t.Cleanup(func() {
		r.house.courier.BreakOff() // what hangs would hold up the end
		r.stop()
	})
	_, r.accounts = moveInOnDiscord(t, g, r.house.service)
	g.Wait("the program is connected", r.connected)
	return r
}

// connected reports whether the program hears of what people do, and people find its commands.
func (r *discordRig) connected() bool { return r.guild.Sockets() > 0 && len(r.guild.Commands()) > 0 }

// restart ends the program and starts it anew at another pace. Discord and what it shows stay.
func (r *discordRig) restart(limits discord.Limits) {
	r.t.Helper()
	r.house.courier.BreakOff()
	r.stop()
	r.program.discordLimits = limits
	r.guild.Wait("the program has hung up", func() bool { return r.guild.Sockets() == 0 })
	r.house, r.stop = slackDuty(r.t, r.program, realClock{})
	r.guild.Wait("the program is connected", r.connected)
}

// crowd are people of the server whom the contact list does not know.
func (r *discordRig) crowd(n int) []*discordtest.Person {
	people := make([]*discordtest.Person, n)
	for i := range people {
		people[i] = r.guild.AddMember(fmt.Sprintf("member%d", i))
	}
	return people
}

// incidents are the numbers that were given out.
func (r *discordRig) incidents() int {
	ids, err := r.house.store.AllIDs(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return len(ids)
}

func (r *discordRig) messages() []workflows.Message {
	ctx := context.Background()
	ids, err := r.house.store.AllIDs(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	var all []workflows.Message
	for _, id := range ids {
		list, err := r.house.store.Messages(ctx, workflows.MessageQuery{Incident: id, All: true})
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, list...)
	}
	return all
}

// uncalled counts the calls that nobody has received yet.
func (r *discordRig) uncalled() int {
	n := 0
	for _, m := range r.messages() {
		if m.Kind == incident.NoticePage && m.FirstSent.IsZero() {
			n++
		}
	}
	return n
}

// rooms are the channels that the program has made.
func (r *discordRig) rooms() []discordtest.Channel {
	return slices.DeleteFunc(r.guild.Channels(), func(c discordtest.Channel) bool {
		return c.Kind == discordtest.Category || c.Name == lobby
	})
}

// seldom asks a condition that is dear no more than a few times a second, else waiting for it would
// be most of the work.
func seldom(cond func() bool) func() bool {
	var asked time.Time
	return func() bool {
		if time.Since(asked) < 200*time.Millisecond {
			return false
		}
		defer func() { asked = time.Now() }()
		return cond()
	}
}

// pinsOfARoom are the message with the links, and the card.
const pinsOfARoom = 2

// settle waits until nothing is to be sent any more, and each channel is as it ought to be: the
// card is pinned last.
func (r *discordRig) settle() {
	r.t.Helper()
	r.guild.Wait("everything is sent", seldom(func() bool {
		b, err := r.house.service.Backlog(context.Background())
		if err != nil {
			r.t.Fatal(err)
		}
		return b.Pending == 0 && !slices.ContainsFunc(r.rooms(), func(c discordtest.Channel) bool { return len(c.Pinned) < pinsOfARoom })
	}))
}

// cameOnce checks that nothing stands twice anywhere, that each incident has its channel, that
// nobody looks into it who is not meant to, and that Discord was asked for nothing senseless.
func (r *discordRig) cameOnce(incidents int) {
	r.t.Helper()
	if n := r.incidents(); n != incidents {
		r.t.Errorf("%d incidents, want %d", n, incidents)
	}
	rooms := r.rooms()
	if len(rooms) != incidents {
		r.t.Errorf("%d channels for %d incidents", len(rooms), incidents)
	}
	names := map[string]bool{}
	for _, c := range rooms {
		if names[c.Name] {
			r.t.Errorf("there are two channels %s", c.Name)
		}
		names[c.Name] = true
		if len(c.Pinned) != pinsOfARoom {
			r.t.Errorf("%s: pinned %q", c.Name, c.Pinned)
		}
		if !slices.ContainsFunc(c.Overwrites, func(o discordtest.Overwrite) bool {
			return o.Role && o.ID == r.guild.ID() && o.Deny&discordtest.ViewChannel != 0
		}) {
			r.t.Errorf("everybody sees %s", c.Name)
		}
		onceOnDiscord(r.t, "#"+c.Name, c.Messages)
		cards := 0
		for _, m := range c.Messages {
			if slices.Contains(m.Buttons(), "記録する") {
				cards++
			}
		}
		if cards != 1 {
			r.t.Errorf("%s: the card stands there %d times", c.Name, cards)
		}
	}
	for _, m := range r.messages() {
		if m.State != workflows.MessageSent {
			r.t.Errorf("%s is %s", m.Key, m.State)
		}
	}
	if m := r.guild.Mistakes(); len(m) > 0 {
		r.t.Errorf("Discord refused %d times: %.2000q", len(m), m)
	}
}

// printsNumber reports whether a call shows somebody the number of an incident.
func printsNumber(c discordtest.Call) bool { return printedNumber.MatchString(fmt.Sprint(c.Body)) }

// spread is the p50, the p99 and the longest of some times.
type spread struct{ p50, p99, longest time.Duration }

func spreadOf(took []time.Duration) (s spread) {
	if len(took) == 0 {
		return s
	}
	took = slices.Sorted(slices.Values(took))
	at := func(share float64) time.Duration { return took[min(len(took)-1, int(share*float64(len(took))))] }
	return spread{at(0.50), at(0.99), at(1)}
}

func (s spread) String() string {
	return fmt.Sprintf("p50 %v, p99 %v, max %v", s.p50.Round(time.Millisecond), s.p99.Round(time.Millisecond), s.longest.Round(time.Millisecond))
}

// numberOf is the number of an incident that somebody is shown; empty: none yet.
func numberOf(p *discordtest.Person) string {
	return printedNumber.FindString(discordtest.Texts(append(p.Whispers(), p.DMs()...)))
}

// saidTo is all that somebody is shown: by itself, and in his direct messages.
func saidTo(p *discordtest.Person) string {
	return strings.Join([]string{discordtest.Texts(p.Whispers()), discordtest.Texts(p.DMs())}, "\n")
}
