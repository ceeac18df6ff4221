package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/store"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// A night is a script of what people do, run through the real desk, service, store and
// courier, and beside it what they were shown. The script's lines:
//
//	clock 2026-11-21 02:00            moves the clock on to a time (Asia/Tokyo); what falls due happens
//	wait 5m                           moves it on
//	山本: /incident …                  types a line (in the own messages)
//	山本 @TRN-2026-0001: …             types a line in an incident's channel
//	山本 [対応します]                   presses a button: of the last answer, else of the newest message that has it
//	山本 [実施した] 手順2               … the one beside the line that says 手順2
//	山本 @TRN-2026-0001 [進める]        presses a button in a channel
//	山本 keeps @TRN-2026-0001 [進める]  looks at a button without pressing it yet
//	山本 presses                       presses the button that was kept: it may be stale by now
//	山本 again                         the last request comes a second time
//	山本 = kind:ウイルス; text:…        fills the form that is open and sends it
//	山本 ~ text:…                      types into the form that is open, and sends nothing
//	山本 ~                             opens again the form that was left
//	山本 ?                             looks at the own messages
//	山本 @TRN-2026-0001 ?              looks at a channel
//	山本 page TRN-2026-0001            looks at the incident's page
//	! restart                         closes everything and opens it again
//
// A choice of a form may be given by what its option says. {あ*300} stands for 300 あ, and
// \u202e for that character. A name that is not on the contact list is a stranger's. Lines
// of # are told as they are.
type night struct {
	t       *testing.T
	program *program
	clock   *nightClock
	url     string
	house   *house
	script  string
	out     strings.Builder
	said    int
	last    map[string]chat.Request // by name: the last request, to be repeated
	kept    map[string]chat.Action  // by name: a button that was looked at
	drafts  map[string]string       // by name: the draft of the last form
	forms   map[string]*chat.Form
	replies map[string][]chat.Card
	fresh   map[string][]chat.Card // answers that are still to be told
	seen    map[string]string      // message key, or draft → what was last told of it
	updates []string               // told of messages that were brought up to date, since the last act
	end     func()
}

type nightClock struct{ now time.Time }

func (c *nightClock) Now() time.Time { return c.now }

func newNight(t *testing.T, lang string) *night {
	t.Helper()
	n := &night{
		t: t, clock: &nightClock{time.Date(2026, 11, 16, 9, 0, 0, 0, incident.Tokyo)},
		url:  "sqlite:" + filepath.Join(t.TempDir(), "practice.db"),
		last: map[string]chat.Request{}, kept: map[string]chat.Action{}, drafts: map[string]string{},
		forms: map[string]*chat.Form{}, replies: map[string][]chat.Card{}, fresh: map[string][]chat.Card{}, seen: map[string]string{},
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

// who finds a person by the beginning of the name, or makes a stranger of it.
func (n *night) who(name string) desk.PersonLine {
	n.t.Helper()
	for _, p := range n.house.desk.People(n.program.settings.Lang) {
		if strings.HasPrefix(strings.ReplaceAll(p.Name, " ", ""), strings.TrimSpace(name)) {
			return p
		}
	}
	return desk.PersonLine{User: chat.UserID("web:stranger-" + name), Name: name}
}

var (
	speaks  = regexp.MustCompile(`^(\S+?)(?: @(\S+))?: ?(.*)$`)
	presses = regexp.MustCompile(`^(\S+)( keeps)?(?: @(\S+))? \[([^]]+)\](?: (.+))?$`)
	stale   = regexp.MustCompile(`^(\S+) presses$`)
	again   = regexp.MustCompile(`^(\S+) again$`)
	fills   = regexp.MustCompile(`^(\S+) =(?: (.*))?$`)
	types   = regexp.MustCompile(`^(\S+) ~(?: (.*))?$`)
	looks   = regexp.MustCompile(`^(\S+)(?: @(\S+))? \?$`)
	pages   = regexp.MustCompile(`^(\S+) page (\S+)$`)
	repeats = regexp.MustCompile(`\{([^{}*]+)\*([0-9]+)\}`)
	escaped = regexp.MustCompile(`\\u([0-9a-fA-F]{4})`)
)

func (n *night) line(line string) {
	ctx := context.Background()
	n.script = line
	if line == "" || strings.HasPrefix(line, "#") {
		n.tell(0, line)
		return
	}
	n.tell(0, n.clock.now.In(incident.Tokyo).Format("15:04")+" > "+line)
	switch {
	case strings.HasPrefix(line, "clock "):
		at, err := time.ParseInLocation("2006-01-02 15:04", strings.TrimPrefix(line, "clock "), incident.Tokyo)
		if err != nil {
			n.t.Fatal(err)
		}
		if n.said == 0 {
			n.clock.now = at // nothing has happened yet
			break
		}
		if at.Before(n.clock.now) {
			n.t.Fatalf("%q turns the clock back", line)
		}
		n.wait(at.Sub(n.clock.now))
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
		n.act(ctx, spelledOut(line))
	}
	n.deliver()
	n.tellReplies()
	n.tellNews(0)
}

// spelledOut puts the long and the odd texts of a script in the place of their shorthand.
func spelledOut(line string) string {
	line = repeats.ReplaceAllStringFunc(line, func(s string) string {
		m := repeats.FindStringSubmatch(s)
		times, _ := strconv.Atoi(m[2])
		return strings.Repeat(m[1], times)
	})
	return escaped.ReplaceAllStringFunc(line, func(s string) string {
		r, _ := strconv.ParseUint(s[2:], 16, 32)
		return string(rune(r))
	})
}

// wait moves the clock on as practice does, tick by tick, and tells what comes when.
func (n *night) wait(d time.Duration) {
	const tick = 5 * time.Minute
	for left := d; left > 0; left -= tick {
		n.clock.now = n.clock.now.Add(min(left, tick))
		if err := n.house.tick(context.Background()); err != nil {
			n.t.Fatal(err)
		}
		n.tellNews(1)
	}
}

func (n *night) deliver() {
	n.t.Helper()
	if err := n.house.courier.Drain(context.Background()); err != nil {
		n.t.Fatal(err)
	}
}

// act does what a line says, in the name of its person.
func (n *night) act(ctx context.Context, line string) {
	var req chat.Request
	var name string
	switch {
	case fills.MatchString(line):
		m := fills.FindStringSubmatch(line)
		name = m[1]
		req = chat.Request{Kind: chat.Submitted, Draft: n.form(name).Draft, Values: n.values(name, m[2])}
	case types.MatchString(line):
		m := types.FindStringSubmatch(line)
		n.draft(ctx, m[1], m[2])
		return
	case presses.MatchString(line):
		m := presses.FindStringSubmatch(line)
		name = m[1]
		b := n.button(ctx, name, m[3], m[4], m[5])
		if m[2] != "" {
			n.kept[name] = b.Action
			return
		}
		req = chat.Request{Kind: chat.Pressed, Action: b.Action, Channel: channelName(m[3])}
	case stale.MatchString(line):
		name = stale.FindStringSubmatch(line)[1]
		req = chat.Request{Kind: chat.Pressed, Action: n.kept[name]}
	case again.MatchString(line):
		name = again.FindStringSubmatch(line)[1]
		req = n.last[name]
	case pages.MatchString(line):
		m := pages.FindStringSubmatch(line)
		n.page(ctx, m[1], m[2])
		return
	case looks.MatchString(line):
		m := looks.FindStringSubmatch(line)
		n.look(ctx, m[1], channelName(m[2]))
		return
	case speaks.MatchString(line):
		m := speaks.FindStringSubmatch(line)
		name = m[1]
		req = chat.Request{Kind: chat.Said, Text: m[3], Channel: channelName(m[2])}
	default:
		n.t.Fatalf("nobody understands %q", line)
	}
	if req.ID == "" {
		n.said++
		req.ID = fmt.Sprintf("night-%d", n.said)
	}
	p := n.who(name)
	req.From, req.Name, req.At = p.User, p.Name, n.clock.now
	n.last[name] = req
	n.answered(name, n.house.desk.Handle(ctx, req))
}

// answered keeps an answer: its form is open now, its buttons can be pressed.
func (n *night) answered(name string, rep chat.Reply) {
	if len(rep.Cards) == 0 && rep.Form == nil && rep.Page == "" {
		n.t.Errorf("%q is answered with nothing", n.script)
	}
	n.forms[name], n.replies[name] = rep.Form, rep.Cards
	cards := slices.Clone(rep.Cards)
	if f := rep.Form; f != nil {
		n.drafts[name] = f.Draft
		cards = append(cards, n.formCard(name, f))
	}
	if rep.Page != "" {
		cards = append(cards, chat.Card{Title: "→ " + rep.Page})
	}
	n.fresh[name] = cards
}

func channelName(id string) string { return strings.ToLower(id) }

func (n *night) form(name string) *chat.Form {
	n.t.Helper()
	if n.forms[name] == nil {
		n.t.Fatalf("no form is open for %s at %q", name, n.script)
	}
	return n.forms[name]
}

// values are the form as it stands, with what the line fills in.
func (n *night) values(name, text string) chat.Values {
	v := chat.Values{}
	inputs := n.form(name).Inputs
	for _, in := range inputs {
		v[in.Name] = in.Value
	}
	for pair := range strings.SplitSeq(text, "; ") {
		k, val, ok := strings.Cut(strings.TrimSpace(pair), ":")
		if !ok {
			continue
		}
		i := slices.IndexFunc(inputs, func(in chat.Input) bool { return in.Name == k })
		if i < 0 {
			n.t.Fatalf("the form has no input %q at %q", k, n.script)
		}
		v[k] = chosen(inputs[i], strings.ReplaceAll(val, `\n`, "\n"))
	}
	return v
}

// chosen finds an option by what it says; what fits none is sent as it is.
func chosen(in chat.Input, val string) string {
	if in.Kind == chat.Choices {
		var all []string
		for part := range strings.SplitSeq(val, ",") {
			all = append(all, chosen(chat.Input{Kind: chat.Choice, Options: in.Options}, part))
		}
		return strings.Join(all, ",")
	}
	var found []string
	for _, o := range in.Options {
		if o.Value == val || o.Label == val {
			return o.Value
		}
		if val != "" && strings.Contains(o.Label, val) {
			found = append(found, o.Value)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return val
}

// draft keeps what somebody typed without sending it; without text it opens the form again.
func (n *night) draft(ctx context.Context, name, text string) {
	p := n.who(name)
	if text != "" {
		if err := n.house.desk.SaveDraft(ctx, p.User, n.form(name).Draft, n.values(name, text)); err != nil {
			n.t.Fatalf("%s: %v", n.script, err)
		}
		n.forms[name] = nil
		return
	}
	f, err := n.house.desk.Draft(ctx, p.User, n.drafts[name])
	if err != nil {
		n.t.Fatalf("%s: %v", n.script, err)
	}
	n.answered(name, chat.Reply{Form: &f})
}

// button finds a button by its label, and by the line it stands beside: in the last answer,
// else in the newest message of the place that has it.
func (n *night) button(ctx context.Context, name, channel, label, beside string) chat.Button {
	n.t.Helper()
	p := n.who(name)
	var cards []chat.Card
	if channel == "" {
		cards = append(cards, n.replies[name]...)
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
			if b.Label == label && b.Action != "" && strings.Contains(b.beside, beside) {
				return b.Button
			}
			labels = append(labels, b.Label+" "+b.beside)
		}
	}
	n.t.Fatalf("%s sees no button %q at %q; there are:\n%s", p.Name, label, n.script, strings.Join(labels, "\n"))
	return chat.Button{}
}

type buttonBeside struct {
	chat.Button
	beside string
}

func buttons(c chat.Card) []buttonBeside {
	var out []buttonBeside
	for _, b := range c.Buttons {
		out = append(out, buttonBeside{b, c.Title})
	}
	for _, bl := range c.Blocks {
		for _, i := range bl.Items {
			for _, b := range i.Buttons {
				out = append(out, buttonBeside{b, i.Text})
			}
		}
	}
	return out
}

// TestNights runs every script of testdata/nights and compares what was shown, and the
// reports at the end, with what stands beside it.
func TestNights(t *testing.T) {
	scripts, err := filepath.Glob("testdata/nights/*.txt")
	if err != nil || len(scripts) < 4 {
		t.Errorf("%d nights, %v; want four", len(scripts), err)
	}
	for _, file := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			n := newNight(t, "ja")
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close() //nolint:errcheck // only read
			shown := strings.TrimSuffix(file, ".txt") + ".shown"
			defer func() {
				if t.Failed() && *update { // as far as it came, for whoever writes the script
					_ = os.WriteFile(shown, []byte(n.out.String()), 0o644)
				}
			}()
			sc := bufio.NewScanner(f)
			for sc.Scan() {
				n.line(strings.TrimRight(sc.Text(), " "))
			}
			if err := sc.Err(); err != nil {
				t.Fatal(err)
			}
			golden(t, shown, n.out.String())
			golden(t, strings.TrimSuffix(file, ".txt")+".report.md", n.reports())
			v, err := workflows.Verify(context.Background(), n.house.store)
			if err != nil || len(v.Breaches) > 0 {
				t.Errorf("verify: %+v, %v", v.Breaches, err)
			}
		})
	}
}

// reports are the final reports of every incident of the night, one after the other.
func (n *night) reports() string {
	ctx := context.Background()
	ids, err := n.house.store.AllIDs(ctx)
	if err != nil || len(ids) == 0 {
		n.t.Fatal(ids, err)
	}
	var b strings.Builder
	for i, id := range ids {
		body, err := n.program.report(ctx, n.house.opened, string(id), "md")
		if err != nil {
			n.t.Fatal(err)
		}
		if i > 0 {
			b.WriteString("\n----\n\n")
		}
		b.Write(body)
	}
	return visible(b.String())
}
