package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hikeshi/bot/mail/mailtest"
	"hikeshi/bot/phone/phonetest"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/workflows/incident"
)

// given is an answer of which its giver has heard that it is recorded.
type given struct {
	who reached
	id  string // the incident's number
	at  time.Time
	by  incident.Means
}

// household are the people who are called: they answer by phone and by the links of their mails,
// while they are awake, and again until somebody hears them.
type household struct {
	c      *pagedCrash
	awake  atomic.Bool
	mu     sync.Mutex
	answer []given
	failed int // answers that nobody heard
}

// eager is how many of so many calls of a means are answered, and how many of the answers are no.
const (
	eagerByPhone = 12
	eagerByMail  = 5
	saysNo       = 6
)

func (h *household) live(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() {
		random := rand.New(rand.NewPCG(20261126, 3))
		h.each(ctx, func() int { return len(h.c.gateway.Calls()) }, func(i int) {
			if random.IntN(eagerByPhone) == 0 {
				h.byPhone(ctx, h.c.gateway.Calls()[i], random.IntN(saysNo) == 0)
			}
		})
	})
	all.Go(func() {
		random := rand.New(rand.NewPCG(20261126, 4))
		h.each(ctx, func() int { return len(h.c.smtp.Messages()) }, func(i int) {
			if random.IntN(eagerByMail) == 0 {
				h.byMail(ctx, h.c.smtp.Messages()[i], random.IntN(saysNo) == 0)
			}
		})
	})
	return func() { cancel(); all.Wait() }
}

// each looks at everything that has come, in its turn, while somebody is awake.
func (h *household) each(ctx context.Context, came func() int, f func(i int)) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for seen := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if h.awake.Load() && seen < came() {
			f(seen)
			seen++
		}
	}
}

// until tries something again and again, as somebody does who gets no answer.
func (h *household) until(ctx context.Context, try func() bool) bool {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !try() {
		h.mu.Lock()
		h.failed++
		h.mu.Unlock()
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

func (h *household) heard(g given) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g.at = time.Now()
	h.answer = append(h.answer, g)
}

func (h *household) answered() int { h.mu.Lock(); defer h.mu.Unlock(); return len(h.answer) }

func (h *household) byPhone(ctx context.Context, call phonetest.Call, no bool) {
	key := "1"
	if no {
		key = "2"
	}
	if h.until(ctx, func() bool {
		said, err := h.c.gateway.Press(call, key)
		return err == nil && said.Status == 200
	}) {
		h.heard(given{who: byNumber(call.To), id: call.Incident, by: incident.ByPhone})
	}
}

func (h *household) byMail(ctx context.Context, m mailtest.Message, no bool) {
	link, page, choice := answerLink.FindString(m.Text), "", "take"
	if no {
		choice = "decline"
	}
	i := slices.IndexFunc(calledCompany, func(p reached) bool { return slices.Contains(m.To, p.mail) })
	if link == "" || i < 0 {
		h.c.t.Errorf("a mail to %q without a link", m.To)
		return
	}
	if !h.until(ctx, func() bool { page = linkPage(link); return page != "" }) {
		return
	}
	call := hiddenInput.FindAllStringSubmatch(page, -1)
	at := slices.IndexFunc(call, func(m []string) bool { return m[1] == "call" })
	if at < 0 {
		return // there is nothing to answer any more
	}
	id, _, _ := strings.Cut(call[at][2], ".")
	if h.until(ctx, func() bool { return linkSend(link, page, choice) != "" }) {
		h.heard(given{who: calledCompany[i], id: id, by: incident.ByMail})
	}
}

// inChat has somebody press a button in his chat, if there is one.
func (c *pagedCrash) inChat(p *slacktest.Person) {
	if label := "対応します"; p.CanPress("", label, "") {
		p.Press("", label, "")
	}
}

// reportText has the number of a report in it.
func reportText(i int) string { return fmt.Sprintf("メールが送れません（%04d）", i) }

// heardOf gives the incidents of the reports that are there, by their texts, and those that are
// there twice.
func (c *pagedCrash) heardOf(reports int) (numbers map[string]string, doubled []string) {
	db := c.open()
	defer db.Close()
	rows, err := db.Query(`SELECT id, state FROM incidents`)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	numbers = map[string]string{}
	for rows.Next() {
		var id, state string
		if err := rows.Scan(&id, &state); err != nil {
			c.t.Fatal(err)
		}
		for i := range reports {
			if strings.Contains(state, fmt.Sprintf("（%04d）", i)) {
				if numbers[reportText(i)] != "" {
					doubled = append(doubled, reportText(i))
				}
				numbers[reportText(i)] = id
			}
		}
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	return numbers, doubled
}

// pagedKilledAtRandom kills the program again and again while people report, are called, sleep, and
// answer. Half of the reports are called for by everything at once; of the other half the first
// means of some fails, and the next is to be taken.
func pagedKilledAtRandom(t *testing.T, binary string, onPostgres bool, reports, kills int) {
	c := newPagedCrash(t, binary, time.Duration(kills)*3*time.Second+90*time.Second, onPostgres, atOnce)
	begun := time.Now()
	random := rand.New(rand.NewPCG(20261126, 5))
	crowd := make([]*slacktest.Person, 30)
	for i := range crowd {
		id := fmt.Sprintf("U0CROWD%03d", i)
		crowd[i] = c.w.AddUser(slacktest.User{ID: id, RealName: fmt.Sprint("社員", i)})
	}
	report := func(i int) { crowd[i%len(crowd)].Slash("", reportText(i)) }
	home := &household{c: c}
	// As long as a try takes in earnest, so that some are open when it is killed.
	c.w.Delay(100 * time.Millisecond)
	c.smtp.Set(mailtest.Body, mailtest.Fault{Wait: 150 * time.Millisecond, Keeps: true})
	c.gateway.Fail(phonetest.Fault{Wait: 100 * time.Millisecond})
	asleep := home.live(t.Context())
	defer asleep()
	var all sync.WaitGroup
	var before []string // the incidents of the first policy
	next := 0
	for n := range kills {
		home.awake.Store(n < kills/5 || n >= kills*17/20)
		if n == kills/2 {
			before = c.numbers()
			c.by(inTurn)
			c.failsFor(true)
		}
		l := c.begin()
		span := time.Duration(200+random.IntN(2800)) * time.Millisecond
		for ; next < (n+1)*reports/kills; next++ {
			i, at := next, time.NewTimer(time.Duration(random.Int64N(int64(span))))
			all.Go(func() {
				<-at.C
				report(i)
			})
		}
		<-time.After(span)
		if home.awake.Load() && n%4 == 0 {
			c.inChat([]*slacktest.Person{c.lead, c.admin}[n/4%2])
		}
		if l.over() {
			t.Fatalf("the program ended by itself: %s", l.errs)
		}
		c.dies(l)
	}
	last := c.begin()
	all.Wait()
	// What was acknowledged and not yet written down at a kill was not answered either: who was
	// told nothing reports again.
	unheard := 0
	there, _ := c.heardOf(reports)
	for i := range reports {
		if there[reportText(i)] == "" {
			unheard++
			report(i)
		}
	}
	c.w.Wait("everybody is heard", func() bool { there, _ := c.heardOf(reports); return len(there) == reports })
	there, doubled := c.heardOf(reports)
	if len(doubled) > 0 {
		t.Errorf("these reports are there twice: %q", doubled)
	}
	c.wasTold(crowd, there)
	c.w.Wait("somebody has answered", func() bool { return home.answered() > 0 })
	asleep()
	c.asked = time.Now()
	c.failsFor(false)
	c.reaching(last)
	c.ends(last)
	got := c.asPaged(reports, func(id incident.ID) ways {
		if slices.Contains(before, string(id)) {
			return atOnce
		}
		return inTurn
	})
	home.isRecorded(got)
	slices.Sort(got.took)
	at := func(share int) time.Duration { return got.took[(len(got.took)-1)*share/100].Round(time.Millisecond) }
	t.Logf("%d kills, %d reports in %v, %d of them had to be made again; called because of %v; %d calls have arrived, by means %v, after a kill once more %v; p50 %v, p99 %v, slowest %v (%s); %d answers by mail and phone, nobody heard %d more",
		kills, reports, time.Since(begun).Round(time.Second), unheard, got.because, got.calls, got.by, got.repeats, at(50), at(99), at(100), got.slow, len(home.answer), home.failed)
}

// numbers are the incidents there are.
func (c *pagedCrash) numbers() (ids []string) {
	there, _ := c.heardOf(10000)
	for _, id := range there {
		ids = append(ids, id)
	}
	return ids
}

// failsFor makes some means of some people fail, or mends them: 佐藤 cannot be rung, 鈴木 is reached
// by the chat alone, and 山田 by nothing at all.
func (c *pagedCrash) failsFor(fails bool) {
	f := phonetest.Fault{}
	if fails {
		f = phonetest.Fault{Status: 500}
		c.smtp.Refuse("suzuki@example.co.jp", mailtest.Fault{Code: 451, Text: "4.3.0 later"})
	} else {
		c.smtp.Clear()
	}
	for _, p := range calledCompany {
		if slices.Contains([]string{"佐藤 美咲", "鈴木 健", "山田 花子"}, p.name) {
			c.gateway.FailNumber(p.phone, f)
		}
	}
}

// wasTold checks that nobody was told a number that is not there.
func (c *pagedCrash) wasTold(crowd []*slacktest.Person, there map[string]string) {
	known := map[string]bool{}
	for _, id := range there {
		known[id] = true
	}
	for _, p := range crowd {
		for _, number := range c.told(p) {
			if !known[number] {
				c.t.Errorf("%s was told %s, which is not there", p.ID, number)
			}
		}
	}
}

// isRecorded checks that every answer that was heard is in the record: the call of its giver was
// over by then.
func (h *household) isRecorded(all *paged) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, g := range h.answer {
		for _, o := range all.incidents {
			if string(o.in.ID) != g.id {
				continue
			}
			// Whoever was called once more since has a newer call.
			if !slices.ContainsFunc(o.calls, func(s *story) bool { return s.who == g.who && !s.ended.IsZero() && s.ended.Before(g.at) }) {
				h.c.t.Errorf("%s has answered %s by %s, which is not in the record", g.who.name, g.id, g.by)
			}
		}
	}
}
