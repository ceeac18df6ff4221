package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/slack/slacktest"
)

// told are the numbers that a reporter was shown in answer to his command.
func (c *slackCrash) told(p *slacktest.Person) (numbers []string) {
	for _, m := range p.DMs() {
		if number := liveNumber.FindString(m.Text()); m.Ephemeral && number != "" {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// slackKilledAtRandom kills the program again and again while people report.
func slackKilledAtRandom(t *testing.T, binary string, reports, kills int) {
	c := newSlackCrash(t, binary, time.Duration(kills)*15*time.Second)
	random := rand.New(rand.NewPCG(20261126, 2))
	var people []*slacktest.Person
	for i := range reports {
		id := fmt.Sprintf("U0CROWD%03d", i)
		c.crowd = append(c.crowd, id)
		people = append(people, c.w.AddUser(slacktest.User{ID: id, RealName: fmt.Sprint("社員", i)}))
	}
	report := func(p *slacktest.Person) { p.Slash("", "メールが送れません（"+p.ID+"）") }
	var all sync.WaitGroup
	next := 0
	for n := range kills {
		l := c.again()
		// Whoever reports does so at some time in this life.
		span := time.Duration(200+random.IntN(2300)) * time.Millisecond
		for ; next < (n+1)*reports/kills; next++ {
			p, at := people[next], time.NewTimer(time.Duration(random.Int64N(int64(span))))
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
	}
	last := c.again()
	all.Wait()
	c.w.Wait("nothing is left to send", func() bool { return last.over() || c.quiet() })
	// What was acknowledged and not yet written down at a kill was not answered either: who
	// was told nothing reports again.
	there, unheard := c.reporters(), 0
	for _, p := range people {
		if there["slack:"+p.ID] == 0 {
			if numbers := c.told(p); len(numbers) > 0 {
				t.Errorf("%s was told %q, which is not there", p.ID, numbers)
			}
			unheard++
			report(p)
		}
	}
	c.w.Wait("everybody is heard", func() bool { return len(c.reporters()) == reports })
	c.finish(last)
	c.asLeft(reports, moment{})
	numbers := map[string]string{}
	for who, n := range c.reporters() {
		if n != 1 {
			t.Errorf("%s has %d incidents", who, n)
		}
	}
	for _, p := range people {
		for _, number := range c.told(p) {
			if other := numbers[number]; other != "" && other != p.ID {
				t.Errorf("%s and %s were both told %s", other, p.ID, number)
			}
			numbers[number] = p.ID
		}
	}
	t.Logf("%d kills, %d reports, %d of them had to be made again; %d messages to Slack", kills, reports, unheard, c.w.Done("chat.postMessage"))
}
