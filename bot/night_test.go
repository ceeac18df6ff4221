package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/store"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A night is a script of what people do, run through the real desk, service, store and
// courier, and beside it what they were shown. The script's lines:
//
//	clock 2026-11-21 02:00           sets the clock (Asia/Tokyo)
//	wait 5m                          moves it on; what falls due happens
//	山本: /incident …                 types a line (in the own messages)
//	山本 @TRN-2026-0001: …            types a line in an incident's channel
//	山本 [対応します]                  presses a button: of the last answer, else of the newest message that has it
//	山本 @TRN-2026-0001 [進める]       presses a button in a channel
//	山本 = kind:virus; text:…          fills the form that is open and sends it
//	山本 ?                            looks at the own messages
//	山本 @TRN-2026-0001 ?             looks at a channel
//	山本 page TRN-2026-0001           looks at the incident's page
//	! restart                        closes everything and opens it again
//
// Lines of # are told as they are.
type night struct {
	t       *testing.T
	program *program
	clock   *nightClock
	url     string
	house   *house
	script  string
	out     strings.Builder
	said    int
	forms   map[string]*chat.Form
	replies map[string][]chat.Card
	seen    map[string]string // message key → what was last told of it
	end     func()
}

type nightClock struct{ now time.Time }

func (c *nightClock) Now() time.Time { return c.now }

func newNight(t *testing.T, lang string) *night {
	t.Helper()
	n := &night{
		t: t, clock: &nightClock{time.Date(2026, 11, 20, 9, 0, 0, 0, incident.Tokyo)},
		url:   "sqlite:" + filepath.Join(t.TempDir(), "practice.db"),
		forms: map[string]*chat.Form{}, replies: map[string][]chat.Card{}, seen: map[string]string{},
	}
	n.program = &program{out: os.Stderr, errs: os.Stderr, settings: settings{DatabaseURL: n.url, Lang: lang, Mode: modePractice, Listen: "127.0.0.1:0"}}
	n.open()
	t.Cleanup(func() { n.end() })
	return n
}

func (n *night) open() {
	ctx := context.Background()
	o := &opened{clock: n.clock}
	var err error
	if o.texts, err = n.program.texts(); err != nil {
		n.t.Fatal(err)
	}
	if o.book, err = n.program.book(); err != nil {
		n.t.Fatal(err)
	}
	if o.store, err = store.Open(ctx, n.url); err != nil {
		n.t.Fatal(err)
	}
	n.house, err = n.program.wire(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		n.t.Fatal(err)
	}
	n.end = func() {
		n.house.web.Stop()
		if err := o.store.Close(); err != nil {
			n.t.Error(err)
		}
	}
}

// who finds a person by the beginning of the name.
func (n *night) who(name string) desk.PersonLine {
	n.t.Helper()
	for _, p := range n.house.desk.People(n.program.settings.Lang) {
		if strings.HasPrefix(strings.ReplaceAll(p.Name, " ", ""), strings.TrimSpace(name)) {
			return p
		}
	}
	n.t.Fatalf("nobody is called %q", name)
	return desk.PersonLine{}
}

var (
	speaks  = regexp.MustCompile(`^(\S+?)(?: @(\S+))?: (.*)$`)
	presses = regexp.MustCompile(`^(\S+)(?: @(\S+))? \[(.+)\]$`)
	fills   = regexp.MustCompile(`^(\S+) = (.*)$`)
	looks   = regexp.MustCompile(`^(\S+)(?: @(\S+))? \?$`)
	pages   = regexp.MustCompile(`^(\S+) page (\S+)$`)
)

func (n *night) line(line string) {
	ctx := context.Background()
	n.script = line
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
		n.tell(0, line)
		return
	case strings.HasPrefix(line, "clock "):
		at, err := time.ParseInLocation("2006-01-02 15:04", strings.TrimPrefix(line, "clock "), incident.Tokyo)
		if err != nil {
			n.t.Fatal(err)
		}
		n.clock.now = at
	case strings.HasPrefix(line, "wait "):
		d, err := time.ParseDuration(strings.TrimPrefix(line, "wait "))
		if err != nil {
			n.t.Fatal(err)
		}
		n.wait(d)
	case line == "! restart":
		n.end()
		n.open()
	default:
		n.act(ctx, line)
	}
	n.tell(0, "> "+line)
	n.deliver()
	n.tellReplies()
}

// pending are the answers of the last act, told after the line that caused them.
func (n *night) tellReplies() {
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range n.replies {
			if strings.HasPrefix(k, "new:") && !yield(k) {
				return
			}
		}
	}) {
		for _, c := range n.replies[name] {
			n.tellCard(1, strings.TrimPrefix(name, "new:")+" ←", c)
		}
		delete(n.replies, name)
	}
	n.tellNews()
}

func (n *night) wait(d time.Duration) {
	for left := d; left > 0; left -= 5 * time.Minute {
		n.clock.now = n.clock.now.Add(min(left, 5*time.Minute))
		if err := n.house.service.Tick(context.Background(), n.clock.now.Add(-24*time.Hour)); err != nil {
			n.t.Fatal(err)
		}
		n.deliver()
	}
}

func (n *night) deliver() {
	n.t.Helper()
	if err := n.house.courier.Drain(context.Background()); err != nil {
		n.t.Fatal(err)
	}
}

func (n *night) act(ctx context.Context, line string) {
	var req chat.Request
	var name string
	switch {
	case presses.MatchString(line):
		m := presses.FindStringSubmatch(line)
		name = m[1]
		b := n.button(ctx, n.who(name), m[2], m[3])
		req = chat.Request{Kind: chat.Pressed, Action: b.Action, Channel: channelName(m[2])}
	case pages.MatchString(line):
		m := pages.FindStringSubmatch(line)
		n.page(ctx, m[1], m[2])
		return
	case looks.MatchString(line):
		m := looks.FindStringSubmatch(line)
		n.look(ctx, m[1], channelName(m[2]))
		return
	case fills.MatchString(line):
		m := fills.FindStringSubmatch(line)
		name = m[1]
		req = chat.Request{Kind: chat.Submitted, Draft: n.form(name).Draft, Values: n.values(name, m[2])}
	case speaks.MatchString(line):
		m := speaks.FindStringSubmatch(line)
		name = m[1]
		req = chat.Request{Kind: chat.Said, Text: m[3], Channel: channelName(m[2])}
	default:
		n.t.Fatalf("nobody understands %q", line)
	}
	n.said++
	req.ID, req.From, req.At = fmt.Sprintf("night-%d", n.said), n.who(name).User, n.clock.now
	rep := n.house.desk.Handle(ctx, req)
	n.forms[name] = rep.Form
	n.replies[name] = rep.Cards
	n.replies["new:"+name] = rep.Cards
	if f := rep.Form; f != nil {
		n.replies["new:"+name] = append(slices.Clone(rep.Cards), formCard(f))
	}
	if rep.Page != "" {
		n.replies["new:"+name] = append(n.replies["new:"+name], chat.Card{Title: "→ " + rep.Page})
	}
}

func channelName(id string) string { return strings.ToLower(id) }

func (n *night) form(name string) *chat.Form {
	n.t.Helper()
	if n.forms[name] == nil {
		n.t.Fatalf("no form is open for %s at %q", name, n.script)
	}
	return n.forms[name]
}

func (n *night) values(name, text string) chat.Values {
	v := chat.Values{}
	for _, in := range n.form(name).Inputs {
		v[in.Name] = in.Value
	}
	for pair := range strings.SplitSeq(text, ";") {
		if k, val, ok := strings.Cut(strings.TrimSpace(pair), ":"); ok {
			if !slices.ContainsFunc(n.form(name).Inputs, func(in chat.Input) bool { return in.Name == k }) {
				n.t.Fatalf("the form has no input %q at %q", k, n.script)
			}
			v[k] = strings.ReplaceAll(val, `\n`, "\n")
		}
	}
	return v
}

// button finds a button by its label: in the last answer, else in the newest message of the
// place that has it.
func (n *night) button(ctx context.Context, p desk.PersonLine, channel, label string) chat.Button {
	n.t.Helper()
	var cards []chat.Card
	if channel == "" {
		for name, rep := range n.replies {
			if n.who(strings.TrimPrefix(name, "new:")).User == p.User {
				cards = append(cards, rep...)
			}
		}
	}
	f, err := n.house.desk.Feed(ctx, p.User, channelName(channel))
	if err != nil {
		n.t.Fatalf("%s: %v", n.script, err)
	}
	for _, post := range slices.Backward(f.Posts) {
		cards = append(cards, post.Card)
	}
	if f.Pinned != nil {
		cards = append(cards, *f.Pinned)
	}
	var labels []string
	for _, c := range cards {
		for _, b := range buttons(c) {
			if b.Label == label && b.Action != "" {
				return b
			}
			labels = append(labels, b.Label)
		}
	}
	n.t.Fatalf("%s sees no button %q at %q; there are %q", p.Name, label, n.script, labels)
	return chat.Button{}
}

func buttons(c chat.Card) []chat.Button {
	out := slices.Clone(c.Buttons)
	for _, b := range c.Blocks {
		for _, i := range b.Items {
			out = append(out, i.Buttons...)
		}
	}
	return out
}

// tellNews tells every message that arrived or changed.
func (n *night) tellNews() {
	ctx := context.Background()
	ids, err := n.house.store.AllIDs(ctx)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, p := range n.house.desk.People(n.program.settings.Lang) {
		f, err := n.house.desk.Feed(ctx, p.User, "")
		if err != nil {
			n.t.Fatal(err)
		}
		for _, post := range f.Posts {
			n.news("DM "+p.Name, "dm/"+string(p.User)+"/"+post.Key, post.Card)
		}
	}
	for _, id := range ids {
		in, err := n.house.store.Incident(ctx, id)
		if err != nil || len(in.Circle) == 0 {
			continue
		}
		ch := n.house.desk.Channel(id)
		f, err := n.house.desk.Feed(ctx, chat.UserID("web:"+string(in.Circle[0].Person)), ch)
		if err != nil {
			continue
		}
		for _, post := range f.Posts {
			n.news("#"+ch, ch+"/"+post.Key, post.Card)
		}
	}
}

func (n *night) news(where, key string, c chat.Card) {
	text := cardText(2, c)
	if n.seen[key] == text {
		return
	}
	if _, there := n.seen[key]; there {
		// A card that was brought up to date is told by its title only: it is read anew
		// where somebody looks at it.
		n.tell(1, where+" ↻ "+c.Title)
	} else {
		n.tellCard(1, where+" ⇐", c)
	}
	n.seen[key] = text
}

func (n *night) look(ctx context.Context, name, channel string) {
	f, err := n.house.desk.Feed(ctx, n.who(name).User, channel)
	if err != nil {
		n.replies["new:"+name] = []chat.Card{{Title: "(" + err.Error() + ")"}}
		return
	}
	var cards []chat.Card
	if f.Pinned != nil {
		cards = append(cards, *f.Pinned)
	}
	for _, p := range f.Posts {
		cards = append(cards, p.Card)
	}
	n.replies["new:"+name] = cards
}

func (n *night) page(ctx context.Context, name, id string) {
	pg, err := n.house.desk.Incident(ctx, n.who(name).User, id)
	if err != nil {
		n.replies["new:"+name] = []chat.Card{{Title: "(" + err.Error() + ")"}}
		return
	}
	n.replies["new:"+name] = []chat.Card{pg.Card}
}

func (n *night) tell(indent int, text string) {
	n.out.WriteString(strings.Repeat("    ", indent) + text + "\n")
}

func (n *night) tellCard(indent int, who string, c chat.Card) {
	n.tell(indent, who+" "+strings.TrimLeft(cardText(indent+1, c), " "))
}

// cardText prints a card as a person reads it.
func cardText(indent int, c chat.Card) string {
	var b strings.Builder
	pad := strings.Repeat("    ", indent)
	line := func(s string) {
		for l := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
			b.WriteString(pad + l + "\n")
		}
	}
	title := c.Title
	if c.Mark != "" {
		title = "【" + c.Mark + "】" + title
	}
	line(title)
	for _, bl := range c.Blocks {
		if bl.Heading != "" {
			line("■ " + bl.Heading)
		}
		if bl.Text != "" {
			line(bl.Text)
		}
		for _, f := range bl.Fields {
			line("・" + f.Label + ": " + f.Value)
		}
		for _, i := range bl.Items {
			s := "－ " + i.Text
			if i.Mark != "" {
				s = "－ [" + i.Mark + "] " + i.Text
			}
			if i.Small != "" {
				s += "（" + i.Small + "）"
			}
			line(s + buttonText(i.Buttons))
		}
	}
	if len(c.Buttons) > 0 {
		line(strings.TrimSpace(buttonText(c.Buttons)))
	}
	return strings.TrimRight(b.String(), "\n")
}

func buttonText(bs []chat.Button) string {
	var s string
	for _, b := range bs {
		s += " [" + b.Label + "]"
	}
	return s
}

func formCard(f *chat.Form) chat.Card {
	c := chat.Card{Title: "〔" + f.Title + "〕 " + f.Error}
	for _, in := range f.Inputs {
		v := in.Label
		if in.Required {
			v += " *"
		}
		it := chat.Item{Text: v + " = " + in.Value, Mark: in.Name}
		if in.Error != "" {
			it.Small = in.Error
		}
		c.Blocks = append(c.Blocks, chat.Block{Items: []chat.Item{it}})
	}
	return c
}

var digests = regexp.MustCompile(`[0-9a-f]{64}`)

// TestNights runs every script of testdata/nights and compares what was shown, and the final
// report, with what stands beside it.
func TestNights(t *testing.T) {
	scripts, err := filepath.Glob("testdata/nights/*.txt")
	if err != nil || len(scripts) < 4 {
		t.Fatalf("%d nights, %v; want four", len(scripts), err)
	}
	for _, file := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			n := newNight(t, "ja")
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close() //nolint:errcheck // only read
			for sc := bufio.NewScanner(f); sc.Scan(); {
				n.line(strings.TrimRight(sc.Text(), " "))
			}
			golden(t, strings.TrimSuffix(file, ".txt")+".shown", n.out.String())
			ctx := context.Background()
			ids, err := n.house.store.AllIDs(ctx)
			if err != nil || len(ids) == 0 {
				t.Fatal(ids, err)
			}
			o := *n.house.opened
			body, err := n.program.report(ctx, &o, string(ids[0]), "md")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(file, ".txt")+".report.md", digests.ReplaceAllString(string(body), "(digest)"))
			v, err := workflows.Verify(ctx, n.house.store)
			if err != nil || len(v.Breaches) > 0 {
				t.Errorf("verify: %+v, %v", v.Breaches, err)
			}
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; write it with: go test ./bot -run Nights -update", err)
	}
	if string(want) != got {
		g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
		for i := range g {
			if i >= len(w) || g[i] != w[i] {
				t.Fatalf("%s differs at line %d:\n got: %s\nwant: %s\n(go test ./bot -run Nights -update writes it anew; read the difference before)", file, i+1, g[i], at(w, i))
			}
		}
		t.Fatalf("%s: %d lines more were expected", file, len(w)-len(g))
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}
