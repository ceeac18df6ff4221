package courier_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hikeshi/bot/chat"
	"hikeshi/bot/courier"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// phone stands in for a platform that bounds how often a person is written to: a message
// holds what its card shows, and is found by its key, as where the platform lets us look.
type phone struct {
	mu       sync.Mutex
	messages map[chat.MessageID]*shownMessage
	byKey    map[string]chat.MessageID
	answer   func(d chat.Delivery) error // after the message was posted, as a lost answer is
	refuse   func(d chat.Delivery) error // before
	posted   map[string]int              // how often a page rang
}

type shownMessage struct {
	to    chat.Target
	pages []string
}

func newPhone() *phone {
	return &phone{messages: map[chat.MessageID]*shownMessage{}, byKey: map[string]chat.MessageID{}, posted: map[string]int{}}
}

func (*phone) Name() string { return "test" }
func (*phone) Joins()       {}

func (p *phone) Send(_ context.Context, d chat.Delivery) (chat.MessageID, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse != nil {
		if err := p.refuse(d); err != nil {
			return "", err
		}
	}
	id := d.Update
	if found, ok := p.byKey[d.Key]; d.Again && id == "" && ok {
		id = found
	}
	if id == "" {
		id = chat.MessageID(fmt.Sprint("m", len(p.messages)))
		p.messages[id] = &shownMessage{to: d.To}
		for _, key := range strings.Split(d.Card.Title, " ") {
			p.posted[key]++
		}
	}
	p.byKey[d.Key] = id
	p.messages[id].pages = strings.Split(d.Card.Title, " ")
	if p.answer != nil {
		if err := p.answer(d); err != nil {
			return "", err
		}
	}
	return id, nil
}

// rung counts in how many messages a page stands, by its key.
func (p *phone) rung() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := map[string]int{}
	for _, m := range p.messages {
		for _, key := range m.pages {
			if strings.HasPrefix(key, "page:") {
				n[key]++
			}
		}
	}
	return n
}

func joinedKeys(list []workflows.Message) string {
	var keys []string
	for _, m := range list {
		keys = append(keys, m.Key)
	}
	return strings.Join(keys, " ")
}

func (b *bench) joining(p *phone, owner string) *courier.Courier {
	return courier.New(courier.Config{
		Service: b.service, Owner: owner, Log: slog.New(slog.DiscardHandler),
		Render: func(_ context.Context, m workflows.Message) (chat.Card, error) {
			return chat.Card{Key: m.Key, Title: m.Key}, nil
		},
		RenderJoined: func(_ context.Context, list []workflows.Message) (chat.Card, error) {
			return chat.Card{Title: joinedKeys(list)}, nil
		},
		Route: func(m workflows.Message) (chat.Frontend, chat.Target, error) {
			if m.To == "" {
				return p, chat.Target{Channel: strings.ToLower(string(m.Incident))}, nil
			}
			return p, chat.Target{User: chat.UserID("test:" + string(m.To))}, nil
		},
	})
}

func (b *bench) pages() (list []workflows.Message) {
	b.t.Helper()
	rows, err := b.store.Incidents(b.t.Context(), workflows.IncidentQuery{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, in := range rows {
		all, err := b.store.Messages(b.t.Context(), workflows.MessageQuery{Incident: in.ID, All: true})
		if err != nil {
			b.t.Fatal(err)
		}
		for _, m := range all {
			if m.Kind == incident.NoticePage {
				list = append(list, m)
			}
		}
	}
	return list
}

func TestPagesToOnePersonAreOneMessage(t *testing.T) {
	b := newBench(t)
	p := newPhone()
	b.courier = b.joining(p, "first")
	for i := range 5 {
		b.report(fmt.Sprint("r", i))
	}
	b.drain()
	people := map[incident.PersonID]map[string]bool{}
	for _, m := range b.pages() {
		if m.State != workflows.MessageSent {
			t.Errorf("%s is %s", m.Key, m.State)
		}
		if people[m.To] == nil {
			people[m.To] = map[string]bool{}
		}
		people[m.To][m.Sent] = true
	}
	if len(people) < 3 {
		t.Fatalf("%d people were called", len(people))
	}
	for who, messages := range people {
		if len(messages) != 1 {
			t.Errorf("%s got %d messages, want one", who, len(messages))
		}
	}
	// A page that comes later rings by itself.
	sixth := b.report("r5")
	b.drain()
	for _, m := range b.pages() {
		if m.Incident == sixth && people[m.To][m.Sent] {
			t.Errorf("%s was put into a message that has rung before", m.Key)
		}
	}
	// An answer shows in the message where it stands, beside what else stands there.
	first := b.pages()[len(b.pages())-1].Incident
	before := len(p.messages)
	b.do("take", "佐藤", first, incident.Take{})
	b.drain()
	for _, m := range b.pages() {
		if got := p.messages[chat.MessageID(m.Sent)]; !slices.Contains(got.pages, m.Key) {
			t.Errorf("%s does not stand in the message it arrived with: %q", m.Key, got.pages)
		} else if m.Incident != sixth && len(got.pages) != 5 {
			t.Errorf("the message of %s shows %d pages, want 5", m.To, len(got.pages))
		}
	}
	for key, n := range p.rung() {
		if n != 1 {
			t.Errorf("%s stands in %d messages", key, n)
		}
	}
	posted := 0
	for _, m := range p.messages {
		if m.to.User != "" && strings.HasPrefix(m.pages[0], "page:") {
			posted++
		}
	}
	if posted != 2*len(people) {
		t.Errorf("%d messages with pages (%d before the answer), want two for each of %d people", posted, before, len(people))
	}
}

// Whatever fails on the way, and whoever dies, each page stands in exactly one message.
func TestJoinedPagesLoseNoneAndDoubleNone(t *testing.T) {
	outer := t
	// Each walk has a database of its own: a hundred take minutes with the race detector.
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		if err := checks.Value.Set("15"); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		b := newBench(outer)
		p := newPhone()
		lost, refused := errors.New("500"), fmt.Errorf("lost: %w", chat.ErrUnsure)
		draw := rapid.SampledFrom([]string{"ok", "ok", "refused", "lost", "later"})
		urgentOnly := func(f func(how string) error) func(chat.Delivery) error {
			return func(d chat.Delivery) error {
				if !d.Urgent {
					return nil
				}
				return f(draw.Draw(t, "answer"))
			}
		}
		p.refuse = urgentOnly(func(how string) error {
			switch how {
			case "refused":
				return lost
			case "later":
				return &chat.Later{Wait: time.Second}
			}
			return nil
		})
		p.answer = urgentOnly(func(how string) error {
			if how == "lost" {
				return refused
			}
			return nil
		})
		steps := rapid.IntRange(3, 10).Draw(t, "steps")
		var ids []incident.ID
		for i := range steps {
			owner := fmt.Sprint("courier ", i)
			switch rapid.SampledFrom([]string{"report", "report", "answer", "die", "send", "wait"}).Draw(t, "step") {
			case "report":
				ids = append(ids, b.report(fmt.Sprint("r", i)))
			case "answer":
				if len(ids) > 0 {
					id := rapid.SampledFrom(ids).Draw(t, "incident")
					out, err := b.service.Do(outer.Context(), workflows.Command{
						Key: fmt.Sprint("a", i), By: b.person("佐藤"), Incident: id, Source: incident.FromPerson, Do: incident.Take{},
					})
					if err != nil {
						t.Fatal(err, out)
					}
				}
			case "die": // between the claim and what comes of it; sent or not
				list, err := b.service.ClaimMessages(outer.Context(), "dead", time.Minute, 1, true)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range list {
					j, err := b.service.ClaimJoined(outer.Context(), m, "dead", time.Minute)
					if err != nil {
						t.Fatal(err)
					}
					if j.Busy || !rapid.Bool().Draw(t, "sent") {
						continue
					}
					d := chat.Delivery{Key: j.Shown[0].Key, To: chat.Target{User: chat.UserID("test:" + string(m.To))}, Card: chat.Card{Title: joinedKeys(j.Shown)}}
					for _, x := range j.Claimed {
						d.Again, d.Update = d.Again || x.Resent, chat.MessageID(x.Sent)
					}
					if _, err := p.Send(outer.Context(), d); err != nil {
						t.Fatal(err)
					}
				}
			case "send":
				b.courier = b.joining(p, owner)
				b.drain()
			case "wait":
				b.clock.move(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second)
			}
		}
		p.refuse, p.answer = nil, nil
		b.courier = b.joining(p, "last")
		for range 5 {
			b.clock.move(70 * time.Second)
			b.drain()
		}
		rung := p.rung()
		for _, m := range b.pages() {
			if !m.Urgent && m.FirstSent.IsZero() || m.State != workflows.MessageSent {
				t.Errorf("%s is %s", m.Key, m.State)
			}
			if rung[m.Key] != 1 || p.posted[m.Key] != 1 {
				t.Errorf("%s stands in %d messages and rang %d times", m.Key, rung[m.Key], p.posted[m.Key])
			}
			if got := p.messages[chat.MessageID(m.Sent)]; got == nil || !slices.Contains(got.pages, m.Key) {
				t.Errorf("%s does not stand in %q", m.Key, m.Sent)
			}
		}
	})
}

// Pages that may have arrived together are found together, whichever of them is due first.
func TestJoinedPagesAreFoundByTheFirst(t *testing.T) {
	b := newBench(t)
	p := newPhone()
	p.answer = func(d chat.Delivery) error {
		if d.Urgent {
			return fmt.Errorf("lost: %w", chat.ErrUnsure)
		}
		return nil
	}
	b.courier = b.joining(p, "first")
	b.report("r1")
	second := b.report("r2")
	b.drain()
	p.answer = nil
	b.do("take", "佐藤", second, incident.Take{}) // its pages are due at once, the others later
	b.drain()
	b.clock.move(time.Minute)
	b.drain()
	for key, n := range p.posted {
		if n != 1 && strings.HasPrefix(key, "page:") {
			t.Errorf("%s rang %d times", key, n)
		}
	}
	if len(p.posted) < 6 {
		t.Errorf("posted %v", p.posted)
	}
}

// What shows several incidents is about none of them: a front end that shows it elsewhere than to
// its receiver would show one to people of another.
func TestPagesOfSeveralIncidentsAreAboutNone(t *testing.T) {
	b := newBench(t)
	p := newPhone()
	several, alone := 0, 0
	p.refuse = func(d chat.Delivery) error {
		pages := strings.Split(d.Card.Title, " ")
		if d.To.User == "" || !strings.HasPrefix(pages[0], "page:") {
			return nil
		}
		if len(pages) == 1 {
			if alone++; d.About == "" || d.Parts != nil {
				t.Errorf("one page is about %q, with the parts %v", d.About, d.Parts)
			}
			return nil
		}
		several++
		if d.About != "" || len(d.Parts) != len(pages) {
			t.Errorf("%d pages are about %q, with the parts %v", len(pages), d.About, d.Parts)
		}
		for i, part := range d.Parts {
			if part.Key != pages[i] || part.About == "" || i > 0 && part.About == d.Parts[0].About {
				t.Errorf("the parts of %q are %v", pages, d.Parts)
			}
		}
		return nil
	}
	b.courier = b.joining(p, "first")
	b.report("r0")
	b.report("r1")
	b.drain()
	b.report("r2")
	b.drain()
	if several == 0 || alone == 0 {
		t.Fatalf("%d deliveries of several pages, %d of one", several, alone)
	}
}
