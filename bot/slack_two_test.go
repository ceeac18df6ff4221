package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hikeshi/bot/slack"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Two servers work on one PostgreSQL and hear of the same Slack. One of them ends in the middle
// of many reports: every call arrives, nothing comes twice, and each incident has one channel.
func TestTwoServersOnSlack(t *testing.T) { twoOnSlack(t, 12, syscall.SIGTERM) }

// A killed one's sends are repeated when its leases have run out, after a minute.
func TestTwoServersOnSlackSoak(t *testing.T) { soak(t); twoOnSlack(t, 60, syscall.SIGKILL) }

func twoOnSlack(t *testing.T, n int, end syscall.Signal) {
	binary := builtProgram(t)
	onSlackTogether(t, n, end, together{first: binary, second: binary})
}

// together is how two servers come to work beside each other.
type together struct {
	first, second string // programs
	// comes is before which report the second starts; 0: before the first.
	comes int
	// beside is called when both are at work, last when the first has ended and all is said.
	beside func(w *slacktest.Workspace, s workflows.Store, out, errs *written)
	last   func(w *slacktest.Workspace, environ []string)
}

// onSlackTogether has n people report to two servers, the first of which ends halfway.
func onSlackTogether(t *testing.T, n int, end syscall.Signal, how together) {
	url := pgtest.Shared(t).Empty(t)
	w := slacktest.New(t, slacktest.Scopes(slack.Scopes()...), slacktest.Patience(5*time.Minute))
	for _, u := range []slacktest.User{
		{ID: crashBoss, RealName: "田中"}, {ID: crashLead, RealName: "佐藤"},
		{ID: crashAdmin, RealName: "鈴木", Email: "suzuki@example.co.jp", EmailConfirmed: true},
		{ID: "U0TAKAHASHI", RealName: "高橋", Email: "takahashi@example.co.jp", EmailConfirmed: true},
	} {
		w.AddUser(u)
	}
	environ := func() []string {
		return []string{
			"DATABASE_URL=" + url, "HIKESHI_DATA=" + t.TempDir(), "HIKESHI_LISTEN=127.0.0.1:0", "HIKESHI_PUBLIC_URL=https://hikeshi.example.co.jp", "HIKESHI_LOG=json",
			"SLACK_BOT_TOKEN=" + w.BotToken, "SLACK_APP_TOKEN=" + w.AppToken, "SLACK_API_URL=" + w.URL(),
		}
	}
	list := filepath.Join(t.TempDir(), "contacts.csv")
	if err := os.WriteFile(list, []byte(companyOnSlack), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs written
	if code := run(t.Context(), []string{"contacts", "import", list}, environ(), &out, &errs); code != 0 {
		t.Fatalf("import: %s%s", &out, &errs)
	}
	var servers []*exec.Cmd
	var said []*written
	begins := func(binary string) {
		i := len(servers)
		c, out, errs := startedWith(t, binary, environ()...)
		servers, said = append(servers, c), append(said, out, errs)
		w.Wait("a server is connected", func() bool { return w.Sockets() >= 2*(i+1) })
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("server %d: %s%s", i, out, errs)
			}
		})
	}
	begins(how.first)
	if how.comes == 0 {
		begins(how.second)
	}
	s, err := store.Open(t.Context(), url, store.WithReadOnly())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	reported := func() map[incident.PersonID]int {
		ids, err := s.AllIDs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all := map[incident.PersonID]int{}
		for _, id := range ids {
			in, err := s.Incident(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			all[in.Reporters[0].ID]++
		}
		return all
	}
	var people []*slacktest.Person
	for i := range n {
		people = append(people, w.AddUser(slacktest.User{ID: fmt.Sprintf("U0CROWD%03d", i), RealName: fmt.Sprint("社員", i)}))
	}
	var all sync.WaitGroup
	for i, p := range people {
		if i > 0 && i == how.comes {
			begins(how.second)
		}
		if i == n/2 {
			if how.beside != nil {
				all.Wait()
				how.beside(w, s, said[0], said[1])
			}
			w.Wait("both are in the midst of it", func() bool { return len(w.Calls("chat.postMessage")) > n/2 })
			if err := servers[0].Process.Signal(end); err != nil {
				t.Fatal(err)
			}
		}
		all.Go(func() { p.Slash("", fmt.Sprintf("メールが送れません（%d番の席）", i)) })
	}
	all.Wait()
	ends(t, servers[0], 20*time.Second)
	quiet := func() bool {
		b, err := s.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b.Pending == 0
	}
	w.Wait("nothing is left to send", quiet)
	// Of whom the killed one had acknowledged and not written down, nobody was told a number.
	unheard := 0
	for _, p := range people {
		if reported()[incident.PersonID("slack:"+p.ID)] == 0 {
			if said := slacktest.Texts(p.DMs()); liveNumber.MatchString(said) {
				t.Errorf("%s was told %s, which is not there", p.ID, liveNumber.FindString(said))
			}
			if unheard++; end != syscall.SIGKILL {
				t.Errorf("the report of %s is lost", p.ID)
			}
			p.Slash("", "メールが送れません（もう一度）")
		}
	}
	w.Wait("all are heard", func() bool { return len(reported()) == n && quiet() })
	w.Wait("every card is pinned", func() bool {
		return !slices.ContainsFunc(w.Channels(), func(c slacktest.Channel) bool { return len(c.Pinned) == 0 })
	})
	for who, times := range reported() {
		if times != 1 {
			t.Errorf("%s has %d incidents", who, times)
		}
	}
	ids, err := s.AllIDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if channels := w.Channels(); len(ids) != n || len(channels) != n {
		t.Errorf("%d incidents and %d channels for %d reports", len(ids), len(channels), n)
	}
	for _, c := range w.Channels() {
		if !c.Private || len(c.Pinned) != 1 {
			t.Errorf("%s: private %v, pinned %q", c.Name, c.Private, c.Pinned)
		}
		once(t, "#"+c.Name, c.Messages)
	}
	calls := map[workflows.MessageState]int{}
	in := map[string]map[incident.ID]bool{} // message of Slack → the incidents of the calls it brought
	for _, id := range ids {
		list, err := s.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			if m.State != workflows.MessageSent {
				t.Errorf("%s is %s: %s", m.Key, m.State, m.Error)
			}
			if m.Kind == incident.NoticePage {
				calls[m.State]++
				if in[m.Sent] == nil {
					in[m.Sent] = map[incident.ID]bool{}
				}
				in[m.Sent][id] = true
			}
		}
	}
	// Each call stands in exactly one message of the person's, or behind its 続きを見る.
	for _, who := range []string{crashLead, crashAdmin} {
		p := w.Person(who)
		once(t, who, p.DMs())
		stands := map[incident.ID]int{}
		for _, m := range p.DMs() {
			shown := numbersIn(m.Text())
			for number := range in[m.Channel+":"+m.TS] {
				if shown[string(number)] || slices.Contains(m.Buttons(), "続きを見る") {
					stands[number]++
				}
				delete(shown, string(number))
			}
			if strings.Contains(m.Text(), spoken("notice.digest.title", "day", "")) {
				continue // a server that starts on a working day after nine sends the morning's overview
			}
			for number := range shown {
				if strings.Contains(m.Text(), spoken("notice.clocks.title", "id", number, "title", "")) {
					continue // he is told of its notification clocks
				}
				t.Errorf("%s stands in a message to %s that did not bring its call", number, who)
			}
		}
		for _, number := range ids {
			if stands[number] != 1 {
				t.Errorf("%s stands in %d messages to %s", number, stands[number], who)
			}
		}
	}
	if how.last != nil {
		how.last(w, environ())
	}
	if m := w.Mistakes(); len(m) > 0 {
		t.Errorf("Slack refused: %q", m)
	}
	t.Logf("%d calls; %d reports had to be made again", calls[workflows.MessageSent], unheard)
}

func numbersIn(text string) map[string]bool {
	found := map[string]bool{}
	for _, n := range liveNumber.FindAllString(text, -1) {
		found[n] = true
	}
	return found
}
