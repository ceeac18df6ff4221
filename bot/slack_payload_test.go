package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/slack"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/store"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// gallery is a company with an incident or two, and a chat platform on which one person is shown
// what the desk has to say, so that what the platform gets can be looked at and compared.
type gallery struct {
	wall    wall // where it hangs; nil: in the Slack workspace
	on      string
	t       *testing.T
	lang    string
	clock   *nightClock
	store   workflows.Store
	service *workflows.Service
	desk    *desk.Desk
	config  desk.Config
	emails  map[chat.UserID]string
	kept    workflows.PlaceKept // what becomes of the next channel
	said    int

	w       *slacktest.Workspace
	front   *slack.Front
	viewer  *slacktest.Person
	general slacktest.Channel
	easel   *easel

	payloads map[string]string // by name
	order    []string
}

// wall is where a gallery hangs that is not Slack's. What is shown there is given as it is read.
type wall interface {
	message(name string, card chat.Card) string
	answer(name string, r chat.Reply) []string
	form(name string, f *chat.Form) string
	handed(name string, r chat.Reply)
	mistakes() []string
}

// easel is a desk that says what it was told to say.
type easel struct {
	*desk.Desk
	mu    sync.Mutex
	reply chat.Reply
	home  []chat.Card
}

func (e *easel) Handle(context.Context, chat.Request) chat.Reply {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.reply
}

func (e *easel) Home(context.Context, chat.UserID) ([]chat.Card, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.home, nil
}

func (e *easel) put(r chat.Reply, home []chat.Card) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reply, e.home = r, home
}

const viewerID = "U0VIEWER"

func newGallery(t *testing.T, lang string, rows []contact.Row) *gallery {
	t.Helper()
	g := newCompany(t, lang, rows, frontendSlack)
	g.hang()
	return g
}

// newCompany is a gallery that does not hang yet.
func newCompany(t *testing.T, lang string, rows []contact.Row, platform string) *gallery {
	t.Helper()
	ctx := t.Context()
	g := &gallery{
		t: t, lang: lang, on: platform, clock: &nightClock{now: time.Date(2026, 11, 22, 2, 0, 0, 0, incident.Tokyo)},
		emails: map[chat.UserID]string{}, payloads: map[string]string{}, kept: workflows.PlaceKept{ID: "C0INCIDENT"},
	}
	url := "sqlite:" + filepath.Join(t.TempDir(), "gallery.db")
	if _, _, err := store.Migrate(ctx, url); err != nil {
		t.Fatal(err)
	}
	real, err := store.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := real.Close(); err != nil {
			t.Error(err)
		}
	})
	set, err := templates.Load(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	g.store = real
	g.service, err = workflows.New(ctx, workflows.Options{Store: real, Clock: g.clock, Book: set.Book, Paging: set.Paging, Places: []string{platform}, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.service.ImportContacts(ctx, rows); err != nil {
		t.Fatal(err)
	}
	g.config = desk.Config{
		Service: g.service, Texts: set.Texts, Lang: lang, Company: "見本商事", Places: true, Log: quiet,
		Email: func(u chat.UserID) string { return g.emails[u] },
		SignIn: func(context.Context, chat.UserID, incident.PersonID) (string, time.Time, error) {
			return "/sign-in?token=ONCE", g.clock.Now().Add(10 * time.Minute), nil
		},
	}
	g.desk = desk.New(g.config)
	return g
}

// hang starts the front end beside a workspace.
func (g *gallery) hang() {
	g.w = slacktest.New(g.t, slacktest.Scopes(slack.Scopes()...))
	g.viewer = g.w.AddUser(slacktest.User{ID: viewerID, RealName: "見る人"})
	g.general = g.w.AddChannel("general", false, viewerID)
	texts, err := templates.LoadTexts(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	g.front, err = slack.New(slack.Config{
		BotToken: g.w.BotToken, SigningSecret: g.w.SigningSecret, APIURL: g.w.URL(), Lang: g.lang, Say: texts.Say,
		Memory: g.service.Memory(frontendSlack), PublicURL: "https://hikeshi.example.co.jp", Log: slog.New(slog.DiscardHandler),
		// Nothing waits here: how fast Slack may be called is not what is looked at.
		Limits: slack.Limits{Channel: time.Nanosecond, Tiers: [4]int{1e6, 1e6, 1e6, 1e6}},
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.easel = &easel{Desk: g.desk}
	g.front.Use(g.easel)
	server := httptest.NewServer(g.front.Handler())
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = g.front.Run(ctx)
	}()
	g.t.Cleanup(func() {
		stop()
		<-ended
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	g.w.UseHTTP(server.URL)
}

// user is somebody of the contact list as the platform knows him: Slack by the mail address,
// others by the ID in the list. Any other name is a stranger's.
func (g *gallery) user(name string) chat.UserID {
	found := g.service.Contacts().Find(name)
	if len(found) != 1 {
		return chat.UserID(g.on + ":U0" + strings.ToUpper(fmt.Sprintf("%x", name))[:6])
	}
	p, _ := g.service.Contacts().Person(found[0])
	if p.DiscordID != "" {
		return chat.UserID(g.on + ":" + p.DiscordID)
	}
	local, _, _ := strings.Cut(p.Email, "@")
	u := chat.UserID(g.on + ":U0" + strings.ToUpper(local))
	g.emails[u] = p.Email
	return u
}

func (g *gallery) person(name string) incident.PersonID {
	g.t.Helper()
	found := g.service.Contacts().Find(name)
	if len(found) != 1 {
		g.t.Fatalf("%q is %v", name, found)
	}
	return found[0]
}

func (g *gallery) ask(name string, r chat.Request) chat.Reply {
	g.said++
	r.ID, r.From, r.Name, r.At = fmt.Sprintf("%s:r%d", g.on, g.said), g.user(name), name, g.clock.Now()
	return g.desk.Handle(context.Background(), r)
}

// say types a line, in a channel or in the direct messages.
func (g *gallery) say(name, channel, text string) chat.Reply {
	return g.ask(name, chat.Request{Kind: chat.Said, Channel: channel, Text: text})
}

func (g *gallery) press(name string, a chat.Action) chat.Reply {
	return g.ask(name, chat.Request{Kind: chat.Pressed, Action: a})
}

// send fills a form and sends it; what is not named keeps the value the form came with.
func (g *gallery) send(name string, f *chat.Form, pairs ...string) chat.Reply {
	g.t.Helper()
	if f == nil {
		g.t.Fatal("there is no form to send")
	}
	values := chat.Values{}
	for _, i := range f.Inputs {
		values[i.Name] = i.Value
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return g.ask(name, chat.Request{Kind: chat.Submitted, Draft: f.Draft, Values: values})
}

func (g *gallery) must(r chat.Reply) chat.Reply {
	g.t.Helper()
	if !r.Accepted {
		g.t.Fatalf("not accepted: %+v", r)
	}
	return r
}

// report opens an incident by the form, and gives its number.
func (g *gallery) report(name, text string, pairs ...string) incident.ID {
	g.t.Helper()
	r := g.must(g.send(name, g.say(name, "", "/incident").Form, append([]string{"event", text}, pairs...)...))
	return incident.ID(liveNumber.FindString(r.Cards[0].Title))
}

func (g *gallery) incident(id incident.ID) *incident.Incident {
	g.t.Helper()
	in, err := g.store.Incident(context.Background(), id)
	if err != nil {
		g.t.Fatal(err)
	}
	return in
}

// do carries out a command without the desk, to come to an interesting place quickly.
func (g *gallery) do(name string, id incident.ID, c incident.Command) {
	g.t.Helper()
	g.said++
	p, _ := g.service.Contacts().Person(g.person(name))
	out, err := g.service.Do(context.Background(), workflows.Command{
		Key: fmt.Sprintf("direct-%d", g.said), Incident: id, Source: incident.FromPerson, Do: c,
		By: incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department},
	})
	if err != nil || !out.Accepted() {
		g.t.Fatalf("%T: %v %+v", c, err, out.Refusal)
	}
}

// settle does whatever an incident still needs, until it can go on.
func (g *gallery) settle(name string, id incident.ID) {
	g.t.Helper()
	for _, m := range g.incident(id).MissingForAdvance(g.service.InForce()) {
		switch m.What {
		case incident.MissingField:
			value := "確認済み"
			if incident.Field(m.Ref).IsTime() {
				value = "2026-11-22T01:30"
			}
			g.do(name, id, incident.SetField{Field: incident.Field(m.Ref), Value: value})
		case incident.MissingStep:
			g.do(name, id, incident.DoStep{Step: m.Ref})
		case incident.MissingFact:
			g.do(name, id, incident.Waive{Step: m.Ref, Reason: "当てはまらない"})
		case incident.MissingLevel:
			g.do(name, id, incident.SetLevel{Level: incident.Level2})
		default:
			g.t.Fatalf("cannot settle %+v", m)
		}
	}
}

// wait moves the clock on; what falls due meanwhile happens.
func (g *gallery) wait(d time.Duration) {
	g.t.Helper()
	ctx := context.Background()
	g.clock.set(g.clock.Now().Add(d))
	now := g.service.Now().In(incident.Tokyo)
	if err := g.service.Tick(ctx, time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, incident.Tokyo)); err != nil {
		g.t.Fatal(err)
	}
	timers, err := g.service.Claim(ctx, "test", time.Minute, 50)
	if err != nil {
		g.t.Fatal(err)
	}
	for _, timer := range timers {
		if err := g.service.Fire(ctx, timer); err != nil {
			g.t.Fatal(err)
		}
	}
}

// deliver counts everything that waits as brought, and keeps the channels.
func (g *gallery) deliver() {
	g.t.Helper()
	ctx := context.Background()
	for {
		batch, err := g.store.ClaimMessages(ctx, g.clock.Now(), "test", time.Minute, 50, false)
		if err != nil {
			g.t.Fatal(err)
		}
		if len(batch) == 0 {
			return
		}
		for _, m := range batch {
			res := workflows.Sent{OK: true, At: g.clock.Now(), Frontend: g.on, Message: fmt.Sprint(m.ID)}
			if m.Kind == incident.NoticePlace {
				err = g.service.RecordPlace(ctx, m, "test", g.kept, res)
			} else {
				err = g.service.FinishMessage(ctx, m, "test", res)
			}
			if err != nil {
				g.t.Fatal(err)
			}
		}
	}
}

// messages are those of a kind to somebody ("" is the channel) about an incident, oldest first.
func (g *gallery) messages(kind incident.NoticeKind, name string, id incident.ID) []workflows.Message {
	g.t.Helper()
	g.deliver()
	q := workflows.MessageQuery{Sent: true, Incident: id}
	if name != "" {
		q = workflows.MessageQuery{Sent: true, Person: g.person(name)}
	}
	list, err := g.store.Messages(context.Background(), q)
	if err != nil {
		g.t.Fatal(err)
	}
	list = slices.DeleteFunc(list, func(m workflows.Message) bool { return m.Kind != kind || m.Incident != id })
	if len(list) == 0 {
		g.t.Fatalf("%q has no message %s of %s", name, kind, id)
	}
	return list
}

// notice shows the newest message of a kind as it is worded now.
func (g *gallery) notice(kind incident.NoticeKind, variant, name string, id incident.ID) {
	g.t.Helper()
	list := g.messages(kind, name, id)
	g.worded(variant, list[len(list)-1])
}

func (g *gallery) worded(variant string, m workflows.Message) {
	g.t.Helper()
	card, err := g.desk.Card(context.Background(), m)
	if err != nil {
		g.t.Fatalf("%s %s: %v", m.Kind, variant, err)
	}
	g.message("notice."+string(m.Kind)+suffix(variant), card)
}

func suffix(variant string) string {
	if variant == "" {
		return ""
	}
	return "." + variant
}

// message shows a card as it comes unasked.
func (g *gallery) message(name string, card chat.Card) {
	g.t.Helper()
	if g.wall != nil {
		g.keep(name, nil, g.wall.message(name, card))
		return
	}
	_, err := g.front.Send(context.Background(), chat.Delivery{Key: name, To: chat.Target{User: "slack:" + viewerID}, Card: card})
	if err != nil {
		g.t.Fatalf("%s: %v", name, err)
	}
	for _, m := range g.viewer.DMs() {
		if m.Key == name {
			g.keep(name, map[string]any{"text": m.Fallback, "blocks": m.Blocks}, m.Text())
			return
		}
	}
	g.t.Fatalf("%s did not arrive", name)
}

// reply shows an answer where it was asked for.
func (g *gallery) reply(name string, r chat.Reply) chat.Reply {
	g.t.Helper()
	name = "reply." + name
	if r.Form != nil || len(r.Cards) == 0 {
		g.t.Fatalf("%s: %+v", name, r)
	}
	direct := r.Direct
	r.Direct = false // only where it stands differs
	if g.wall != nil {
		for i, read := range g.wall.answer(name, r) {
			g.keep(part(name, i), nil, read)
		}
		r.Direct = direct
		return r
	}
	before := len(g.answers())
	g.easel.put(r, nil)
	g.viewer.Slash("general", "…")
	g.viewer.Wait(name, func() bool { return len(g.answers()) == before+len(r.Cards) })
	for i, m := range g.answers()[before:] {
		g.keep(part(name, i), map[string]any{"text": m.Fallback, "blocks": m.Blocks}, m.Text())
	}
	r.Direct = direct
	return r
}

// part names a card of an answer.
func part(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprintf("%s.%d", name, i+1)
}

// answers are what the viewer was answered in the channel, without the acknowledgements.
func (g *gallery) answers() []slacktest.Message {
	return slices.DeleteFunc(g.viewer.Whispers(), func(m slacktest.Message) bool { return m.Blocks == nil })
}

// form shows a form in its window, and beside it what comes with it.
func (g *gallery) form(name string, r chat.Reply) *chat.Form {
	g.t.Helper()
	if r.Form == nil {
		g.t.Fatalf("%s: no form: %+v", name, r)
	}
	if g.wall != nil {
		g.keep("form."+name, nil, g.wall.form(name, r.Form))
	} else {
		g.easel.put(chat.Reply{Form: r.Form}, nil)
		g.viewer.Slash("general", "…")
		g.viewer.Wait("the form "+name, func() bool { return g.viewer.Modal() != nil })
		g.window("form."+name, g.viewer.Modal())
	}
	if len(r.Cards) > 0 {
		g.reply("beside."+name, chat.Reply{Cards: r.Cards})
	}
	return r.Form
}

// window keeps what a window holds, and closes it.
func (g *gallery) window(name string, m *slacktest.Modal) {
	g.t.Helper()
	text := m.Text()
	if m.Submit != "" {
		text += "\n<" + m.Submit + ">"
	}
	g.keep(name, map[string]any{
		"title": m.Title, "submit": m.Submit, "close": m.Close, "private_metadata": m.Metadata, "callback_id": m.CallbackID, "blocks": m.Blocks,
	}, text+" <"+m.Close+">")
	g.viewer.CloseModal()
}

// home shows somebody's Home tab.
func (g *gallery) home(name string, of string) {
	g.t.Helper()
	if g.wall != nil {
		return // there is no such tab
	}
	cards, err := g.desk.Home(context.Background(), g.user(of))
	if err != nil {
		g.t.Fatal(err)
	}
	// Every variant has an account of its own: a Home tab is shown no more often than every
	// two seconds.
	account := strings.ToUpper("U0" + strings.ReplaceAll(name, ".", ""))
	p := g.w.AddUser(slacktest.User{ID: account, RealName: of})
	g.easel.put(chat.Reply{}, cards)
	p.OpenHome()
	p.Wait("Home", func() bool { return p.HomeView() != nil })
	m := p.HomeView()
	g.keep("home."+name, map[string]any{"blocks": m.Blocks}, m.Text())
}

var volatile = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`"block_id": "b[0-9A-Z]{6,}"`), `"block_id": "(any)"`},
	{regexp.MustCompile(`[0-9a-f]{64}`), "(digest)"},
	{regexp.MustCompile(`link_(yes|no)\|\|\|[0-9a-f]{16}`), "link_$1|||(any)"},
	{regexp.MustCompile(`\b[a-z2-7]{16}\b`), "(nonce)"},
	{regexp.MustCompile(`([：:] ?)[A-Z2-7]{8}\b`), "$1(reference)"},
}

func masked(s string) string {
	for _, v := range volatile {
		s = v.find.ReplaceAllString(s, v.put)
	}
	return s
}

// keep keeps a payload as it was sent and as it is read.
func (g *gallery) keep(name string, payload any, read string) {
	g.t.Helper()
	if _, there := g.payloads[name]; there {
		g.t.Fatalf("%s is shown twice", name)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(payload); err != nil {
		g.t.Fatal(err)
	}
	g.payloads[name] = masked(b.String())
	fallback := ""
	if m, ok := payload.(map[string]any); ok && m["text"] != nil {
		fallback = "(notification) " + strings.ReplaceAll(fmt.Sprint(m["text"]), "\n", "\n               ") + "\n"
	}
	g.order = append(g.order, masked(fmt.Sprintf("==== %s\n%s%s\n", name, fallback, read)))
}

// compare compares every payload with its golden file, and all as they are read with one more.
func (g *gallery) compare(which func(name string) bool) {
	g.t.Helper()
	g.compareAs("read", which)
}

func (g *gallery) compareAs(read string, which func(name string) bool) {
	g.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(g.payloads)) {
		if which(name) {
			golden(g.t, filepath.Join("testdata", "slack", name+"."+g.lang+".json"), g.payloads[name])
		}
	}
	golden(g.t, filepath.Join("testdata", "slack", read+"."+g.lang+".txt"), strings.Join(g.order, "\n"))
	if m := g.w.Mistakes(); len(m) > 0 {
		g.t.Errorf("Slack refused: %s", strings.Join(m, "\n"))
	}
}

// TestWhatSlackIsSent shows every message, answer, form and Home tab as Slack gets it. The
// workspace refuses what Slack refuses.
func TestWhatSlackIsSent(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			rows, faults := contact.Parse(templates.SampleContacts())
			if faults != nil {
				t.Fatal(faults)
			}
			g := newGallery(t, lang, rows)
			g.leak()
			g.outage()
			g.questions()
			g.duties()
			g.legal()
			g.outside()
			g.drafts()
			g.links()
			g.compare(func(name string) bool { return lang == "ja" || inEnglish[name] })
			g.complete()
		})
	}
}

// inEnglish are the payloads that are compared byte by byte in English, too; of the others
// what can be read.
var inEnglish = map[string]bool{
	"notice.page.open": true, "notice.reporter.first": true, "notice.card.first": true, "reply.help": true, "reply.refused.missing": true,
	"form.report": true, "form.dismiss.refused": true, "home.lead": true, "home.stranger": true,
}

// complete fails when there is a kind of message, a form or a Home tab that nobody has
// looked at.
func (g *gallery) complete() {
	g.t.Helper()
	shown := func(name string) bool {
		for n := range g.payloads {
			if n == name || strings.HasPrefix(n, name+".") {
				return true
			}
		}
		return false
	}
	for _, kind := range noticeKinds(g.t) {
		// A channel is said to nobody, and the letters of an offer and of a code go by mail alone.
		apart := []incident.NoticeKind{incident.NoticePlace, incident.NoticeOffer, incident.NoticeLinkCode}
		if !slices.Contains(apart, kind) && !shown("notice."+string(kind)) {
			g.t.Errorf("no message of the kind %q is shown", kind)
		}
	}
	for _, f := range desk.Forms {
		if !shown("form." + f) {
			g.t.Errorf("the form %q is not shown", f)
		}
	}
	if g.wall != nil {
		return
	}
	for _, h := range []string{"stranger", "reporter", "lead", "manager", "quiet"} {
		if !shown("home." + h) {
			g.t.Errorf("the Home tab %q is not shown", h)
		}
	}
}

// noticeKinds reads the kinds of messages where they are declared, so that none is forgotten.
func noticeKinds(t *testing.T) []incident.NoticeKind {
	t.Helper()
	f, err := os.Open("../workflows/incident/announce.go")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	src, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []incident.NoticeKind
	for _, m := range regexp.MustCompile(`(?m)^\tNotice[A-Z]\w* +NoticeKind = "([a-z_]+)"`).FindAllSubmatch(src, -1) {
		kinds = append(kinds, incident.NoticeKind(m[1]))
	}
	if len(kinds) < 20 {
		t.Fatalf("only %d kinds of messages were found", len(kinds))
	}
	return kinds
}
