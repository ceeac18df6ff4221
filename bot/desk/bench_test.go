package desk_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// handClock is moved by the test only.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// failing is a store that can be switched off, as when the database does not answer.
type failing struct {
	workflows.Store
	full     bool   // the disk of the files
	harmed   string // the digest of a file that was changed behind the record
	down     bool
	unread   bool // no entry of a record can be read
	messages int  // how often messages were looked for
}

var errDown = errors.New("the database does not answer")

func (f *failing) Write(ctx context.Context, do func(workflows.Tx) error) error {
	if f.down {
		return errDown
	}
	return f.Store.Write(ctx, do)
}

func (f *failing) Incident(ctx context.Context, id incident.ID) (*incident.Incident, error) {
	if f.down {
		return nil, errDown
	}
	return f.Store.Incident(ctx, id)
}

func (f *failing) Records(ctx context.Context, id incident.ID, from int64, limit int) ([]incident.Record, error) {
	if f.unread {
		return nil, errDown
	}
	return f.Store.Records(ctx, id, from, limit)
}

func (f *failing) Incidents(ctx context.Context, q workflows.IncidentQuery) ([]*incident.Incident, error) {
	if f.down {
		return nil, errDown
	}
	return f.Store.Incidents(ctx, q)
}

func (f *failing) Messages(ctx context.Context, q workflows.MessageQuery) ([]workflows.Message, error) {
	f.messages++
	return f.Store.Messages(ctx, q)
}

func (f *failing) SaveDraft(ctx context.Context, d workflows.Draft) error {
	if f.down {
		return errDown
	}
	return f.Store.SaveDraft(ctx, d)
}

func (f *failing) Draft(ctx context.Context, by incident.PersonID, id string) (workflows.Draft, error) {
	if f.down {
		return workflows.Draft{}, errDown
	}
	return f.Store.Draft(ctx, by, id)
}

// bench is a desk over the real service and the real database, with the sample company.
type bench struct {
	t       testing.TB
	clock   *handClock
	store   *failing
	service *workflows.Service
	desk    *desk.Desk
	config  desk.Config
	log     *strings.Builder
	said    int
	url     string // of the database
}

func newBench(t testing.TB, lang string) *bench {
	t.Helper()
	b := &bench{t: t, clock: &handClock{now: time.Date(2026, 11, 22, 2, 0, 0, 0, incident.Tokyo)}, log: &strings.Builder{}}
	b.url = pgtest.Database(t, filepath.Join(t.TempDir(), "test.db"), store.Migrate)
	real, err := store.Open(t.Context(), b.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := real.Close(); err != nil {
			t.Error(err)
		}
	})
	b.store = &failing{Store: real}
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.service, err = workflows.New(t.Context(), workflows.Options{Store: b.store, Clock: b.clock, Book: book})
	if err != nil {
		t.Fatal(err)
	}
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	if _, err := b.service.ImportContacts(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	b.config = desk.Config{
		Service: b.service, Texts: texts, Lang: lang, Company: "見本商事", Log: slog.New(slog.NewTextHandler(b.log, nil)),
		Documents: func(_ context.Context, in *incident.Incident, records []incident.Record, kind desk.Kind, lang, format string) (string, string, []byte, error) {
			return fmt.Sprintf("%s-%s-v%d.%s", in.ID, kind, in.Reports, format), "text/plain", fmt.Appendf(nil, "%s %d entries", lang, len(records)), nil
		},
		Register: func(_ context.Context, _, chosen string, incidents iter.Seq2[workflows.Told, error]) (string, string, []byte, error) {
			body := chosen + "\n"
			for in, err := range incidents {
				if err != nil {
					return "", "", nil, err
				}
				body += fmt.Sprintf("%s from %d\n", in.ID, in.Records[0].Seq)
			}
			return "register.xlsx", "text/plain", []byte(body), nil
		},
	}
	b.desk = desk.New(b.config)
	return b
}

// with makes the desk anew, with something more.
func (b *bench) with(more func(c *desk.Config)) *bench {
	more(&b.config)
	b.desk = desk.New(b.config)
	return b
}

func (b *bench) person(name string) incident.PersonID {
	b.t.Helper()
	found := b.service.Contacts().Find(name)
	if len(found) != 1 {
		b.t.Fatalf("%q: %v", name, found)
	}
	return found[0]
}

func (b *bench) user(name string) chat.UserID {
	if strings.Contains(name, ":") {
		return chat.UserID(name)
	}
	return desk.User(b.person(name))
}

func (b *bench) ask(r chat.Request) chat.Reply {
	b.said++
	if r.ID == "" {
		r.ID = fmt.Sprintf("r%d", b.said)
	}
	return b.desk.Handle(context.Background(), r)
}

// say types a line in somebody's own messages, or in a channel.
func (b *bench) say(name, channel, text string) chat.Reply {
	return b.ask(chat.Request{Kind: chat.Said, From: b.user(name), Name: name, Channel: channel, Text: text})
}

func (b *bench) press(name string, a chat.Action) chat.Reply {
	return b.ask(chat.Request{Kind: chat.Pressed, From: b.user(name), Name: name, Action: a})
}

// send fills a form and sends it; what is not named keeps the value the form came with.
func (b *bench) send(name string, f *chat.Form, pairs ...string) chat.Reply {
	b.t.Helper()
	if f == nil {
		b.t.Fatal("there is no form to send")
	}
	values := chat.Values{}
	for _, i := range f.Inputs {
		values[i.Name] = i.Value
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if _, there := values[pairs[i]]; !there {
			b.t.Fatalf("the form %q has no input %q", f.Title, pairs[i])
		}
		values[pairs[i]] = pairs[i+1]
	}
	return b.ask(chat.Request{Kind: chat.Submitted, From: b.user(name), Name: name, Draft: f.Draft, Values: values})
}

// must fails unless the reply says that it is recorded.
func (b *bench) must(r chat.Reply) chat.Reply {
	b.t.Helper()
	if !r.Accepted {
		b.t.Fatalf("not accepted:\n%s", showReply(r))
	}
	return r
}

// report opens an incident of a kind by the form, and gives its number.
func (b *bench) report(name, text string, pairs ...string) incident.ID {
	b.t.Helper()
	r := b.must(b.send(name, b.say(name, "", "/incident").Form, append([]string{"event", text}, pairs...)...))
	id, _, _ := strings.Cut(r.Cards[0].Title, " ")
	return incident.ID(id)
}

func (b *bench) incident(id incident.ID) *incident.Incident {
	b.t.Helper()
	in, err := b.store.Incident(context.Background(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return in
}

// deliver marks everything that waits as sent now, and gives it.
func (b *bench) deliver() []workflows.Message {
	b.t.Helper()
	var all []workflows.Message
	for {
		batch, err := b.store.ClaimMessages(context.Background(), b.clock.Now(), "test", time.Minute, 50, false)
		if err != nil {
			b.t.Fatal(err)
		}
		if len(batch) == 0 {
			return all
		}
		for _, m := range batch {
			res := workflows.Sent{OK: true, At: b.clock.Now(), Frontend: "web", Message: fmt.Sprint(m.ID)}
			if err := b.service.FinishMessage(context.Background(), m, "test", res); err != nil {
				b.t.Fatal(err)
			}
			m.State, m.FirstSent, m.LastSent = workflows.MessageSent, b.clock.Now(), b.clock.Now()
			all = append(all, m)
		}
	}
}

// message finds the newest message of a kind to somebody ("" is the channel).
func (b *bench) message(kind incident.NoticeKind, name string) workflows.Message {
	b.t.Helper()
	b.deliver()
	q := workflows.MessageQuery{Sent: true}
	if name != "" {
		q.Person = incident.PersonID(strings.TrimPrefix(string(b.user(name)), "web:"))
	} else {
		ids, err := b.store.AllIDs(context.Background())
		if err != nil || len(ids) == 0 {
			b.t.Fatal(err, ids)
		}
		q.Incident = ids[len(ids)-1]
	}
	list, err := b.store.Messages(context.Background(), q)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Kind == kind {
			return list[i]
		}
	}
	b.t.Fatalf("%s has no message %q among %d", name, kind, len(list))
	return workflows.Message{}
}

func (b *bench) card(kind incident.NoticeKind, name string) chat.Card {
	b.t.Helper()
	c, err := b.desk.Card(context.Background(), b.message(kind, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// button finds a button of a card by its label.
func (b *bench) button(c chat.Card, label string) chat.Button {
	b.t.Helper()
	for _, x := range buttonsOf(c) {
		if x.Label == label {
			return x
		}
	}
	b.t.Fatalf("there is no button %q on\n%s", label, showCard(c))
	return chat.Button{}
}

func buttonsOf(c chat.Card) []chat.Button {
	out := append([]chat.Button{}, c.Buttons...)
	for _, block := range c.Blocks {
		for _, i := range block.Items {
			out = append(out, i.Buttons...)
		}
	}
	return out
}
