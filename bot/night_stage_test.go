package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// stage is a chat platform on which a night is played: what everybody can read there is told,
// and each act lasts until the one who acted has seen the answer.
type stage struct {
	*night
	scene scene
	ear   *ear
	names []string              // of everybody with an account, without spaces
	open  map[string]*chat.Form // by whole name: the form that was opened last
	told  map[string]string     // surface → what was last told of it
}

// scene is what differs from platform to platform.
type scene interface {
	// surfaces is everything that can be read now, surfacesOf what only one person can read.
	surfaces() map[string]surface
	surfacesOf(name string) map[string]surface
	until(cond func() bool) bool
	// refused are the platform's refusals so far.
	refused() []string
	userOf(name string) chat.UserID
	// mustRead is what must be read of an answer.
	mustRead(r chat.Reply) []string
}

func newStage(n *night, on scene) *stage {
	return &stage{night: n, scene: on, open: map[string]*chat.Form{}, told: map[string]string{}}
}

// surface is something that can be read: a message, or a window.
type surface struct {
	who   string // a person's name, or the channel's
	id    string
	order string // among those that came together
	text  string
	own   bool // for this person only, in answer
}

// answeredSince waits until everything that was asked since is answered, and the answers can
// be read by those who asked.
func (s *stage) answeredSince(n int, before map[string]surface, name string) {
	s.t.Helper()
	var unseen []string
	done := s.scene.until(func() bool {
		list, busy := s.ear.since(n)
		unseen = nil
		if busy || len(list) == 0 {
			unseen = []string{"the desk"}
			return false
		}
		now := s.scene.surfacesOf(name)
		for _, h := range list {
			for _, title := range s.scene.mustRead(h.reply) {
				if !slices.ContainsFunc(slices.Collect(maps.Values(now)), func(f surface) bool {
					return f.own && before[f.id].text != f.text && strings.Contains(f.text, title)
				}) {
					unseen = append(unseen, title)
				}
			}
		}
		return len(unseen) == 0
	})
	list, _ := s.ear.since(n)
	if !done {
		for _, h := range list {
			s.t.Logf("asked %+v\nanswered %+v", h.request, h.reply)
		}
		for _, f := range s.scene.surfacesOf(name) {
			if before[f.id].text != f.text {
				s.t.Logf("%s reads:\n%s", f.who, f.text)
			}
		}
		s.t.Fatalf("%q: nobody is shown %q; the platform refused %q", s.script, unseen, s.scene.refused())
	}
	for _, h := range list {
		if s.scene.userOf(name) != h.who {
			s.t.Errorf("%q was asked by %s", s.script, h.who)
		}
		if h.reply.Form != nil {
			s.open[name] = h.reply.Form
		}
		if len(h.reply.Cards) == 0 && h.reply.Form == nil {
			s.t.Errorf("%q is answered with nothing", s.script)
		}
	}
}

// begins is the part of a text by which it is known.
func begins(s string) string {
	if r := []rune(strings.TrimSpace(s)); len(r) > 60 {
		return string(r[:60])
	}
	return strings.TrimSpace(s)
}

// saidInCards is how the cards of an answer begin.
func saidInCards(r chat.Reply) (out []string) {
	for _, c := range r.Cards {
		switch {
		case c.Title != "":
			out = append(out, begins(c.Title))
		case len(c.Blocks) > 0:
			first, _, _ := strings.Cut(c.Blocks[0].Text, "\n")
			out = append(out, begins(first))
		}
	}
	return out
}

// wrongInForm is what a form says that is wrong.
func wrongInForm(f *chat.Form) (out []string) {
	for _, in := range f.Inputs {
		if in.Error != "" {
			out = append(out, begins(in.Error))
		}
	}
	return out
}

// tellShown tells what has come or changed since it was last told: answers first, then what was
// brought to people, then the channels.
func (s *stage) tellShown(timed int) {
	now := s.scene.surfaces()
	var fresh []surface
	for id, f := range now {
		if s.told[id] != f.text {
			fresh = append(fresh, f)
		}
	}
	rank := func(f surface) int {
		if i := slices.Index(s.names, f.who); i >= 0 && f.own {
			return i
		} else if i >= 0 {
			return 1000 + i
		}
		return 2000
	}
	slices.SortFunc(fresh, func(a, b surface) int {
		if r := rank(a) - rank(b); r != 0 {
			return r
		}
		return strings.Compare(a.who+"\x00"+a.order+"\x00"+a.id, b.who+"\x00"+b.order+"\x00"+b.id)
	})
	if timed > 0 && len(fresh) > 0 {
		s.tell(0, s.clock.Now().In(incident.Tokyo).Format("15:04"))
	}
	for _, f := range fresh {
		if m := unsaid.FindString(messageLinks.ReplaceAllString(f.text, "")); m != "" && !strings.Contains(s.script, m) {
			s.t.Errorf("%q shows %q, which is no text for people", s.script, m)
		}
		old, known := s.told[f.id]
		arrow := " ⇐ "
		if f.own {
			arrow = " ← "
		}
		lines := strings.Split(messageLinks.ReplaceAllString(f.text, "${1}(message)"), "\n")
		switch {
		case !known && strings.HasPrefix(f.order, "digest:") && s.sameDigest(f.text):
			lines = []string{lines[0] + " (as before)"}
		case known:
			arrow = " ↻ "
			was := strings.Split(messageLinks.ReplaceAllString(old, "${1}(message)"), "\n")
			lines = append(lines[:1:1], slices.DeleteFunc(slices.Clone(lines[1:]), func(l string) bool { return slices.Contains(was, l) })...)
		}
		s.tell(1, f.who+arrow+strings.Join(lines, "\n        "))
	}
	for id := range s.told { // a window that was closed is new when it opens again
		if _, there := now[id]; !there {
			delete(s.told, id)
		}
	}
	for id, f := range now {
		s.told[id] = f.text
	}
}

// messageLinks lead to a message by a time that counts everything that happened.
var messageLinks = regexp.MustCompile(`(https://[a-z.]+/(?:archives|channels)/)[A-Z0-9]+/[p0-9/]+`)

// onlyOnPlatform are the parts of a report that a night in the web room cannot have: where the
// channel is, and where the message stands that an entry was taken from. A part is a row of a
// table or one line in a cell of it; every other difference is one.
var onlyOnPlatform = regexp.MustCompile(`(?m)^\|[^|\n]*\| ?https://[a-z0-9.-]*(?:slack\.com/archives|discord\.com/channels)/[A-Z0-9/p.]+ ?\|\n` +
	`|(?:<br>|\n *)[^<|\n]*https://[a-z0-9.-]*(?:slack\.com/archives|discord\.com/channels)/[A-Za-z0-9/?=&_.-]+` + "`?")

// sameRecord compares with what the same night has left in the web room.
func sameRecord(t *testing.T, file, got string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(onlyOnPlatform.ReplaceAllString(got, ""), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		if at(g, i) != at(w, i) {
			t.Errorf("%s: what the night has left differs at line %d:\nhere:     %s\nweb room: %s", file, i+1, at(g, i), at(w, i))
			return
		}
	}
}
