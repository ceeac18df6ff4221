package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/discord/discordtest"
)

// discordKilledAtRandom kills the program again and again while people report.
func discordKilledAtRandom(t *testing.T, binary string, reports, kills int) {
	c := newDiscordCrash(t, binary, time.Duration(kills)*20*time.Second)
	random := rand.New(rand.NewPCG(20261127, 7))
	for i := range reports {
		c.crowd = append(c.crowd, c.g.AddMember(fmt.Sprint("社員", i)))
	}
	report := func(p *discordtest.Person) { c.says(p, lobby, "メールが送れません（"+p.ID+"）") }
	var all sync.WaitGroup
	next := 0
	for n := range kills {
		l := c.again()
		// Whoever reports does so at some time in this life.
		span := time.Duration(200+random.IntN(2300)) * time.Millisecond
		for ; next < (n+1)*reports/kills; next++ {
			p, at := c.crowd[next], time.NewTimer(time.Duration(random.Int64N(int64(span))))
			all.Go(func() {
				<-at.C
				report(p)
			})
		}
		<-time.After(span)
		if l.over() {
			t.Fatalf("the program ended by itself: %s", l.errs)
		}
		l.kill()
		all.Wait() // to those who had no answer their client has said so
	}
	last := c.again()
	c.g.Wait("nothing is left to send", func() bool { return last.over() || c.quiet() })
	// Who was told nothing reports again, in the same words: what was written down already is not
	// reported twice.
	unheard := 0
	for _, p := range c.crowd {
		if len(c.told(p)) == 0 {
			unheard++
			report(p)
			c.g.Wait("he is told his number", func() bool { return len(c.told(p)) > 0 })
		}
	}
	c.finish(last)
	c.asLeft(reports, discordMoment{})
	for who, n := range c.reporters() {
		if n != 1 {
			t.Errorf("%s has %d incidents", who, n)
		}
	}
	numbers := map[string]string{}
	for _, p := range c.crowd {
		for _, number := range c.told(p) {
			if other := numbers[number]; other != "" && other != p.ID {
				t.Errorf("%s and %s were both told %s", other, p.ID, number)
			}
			numbers[number] = p.ID
		}
	}
	t.Logf("%d kills, %d reports, %d of them had to be made again; %d messages to Discord", kills, reports, unheard, c.g.Done(discordtest.CreateMessage))
}
