//go:build !windows

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// put writes a file of a company's folder.
func put(t *testing.T, folder, name, text string) {
	t.Helper()
	name = filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// until waits for something to come true.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(patienceOfTests); !holds(); {
		select {
		case <-limit:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

// The signal of an operator, while people are reading: what was changed is in force, all of
// it, or nothing is and the faults are told.
func TestReloadOnSIGHUP(t *testing.T) {
	folder := t.TempDir()
	own := filepath.Join(folder, "own")
	put(t, own, "messages/ours.ja.yaml", `web.brand: 一番目`)
	var out, errs written
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, nil, []string{"HIKESHI_DATA=" + filepath.Join(folder, "data"), "HIKESHI_CONFIG=" + own, "HIKESHI_LISTEN=127.0.0.1:0"}, &out, &errs)
	}()
	until(t, "the address", func() bool { return printedAddress.MatchString(out.String()) })
	address := printedAddress.FindString(out.String())

	get := func(c *http.Client, path string) string {
		r, err := c.Get(address + path)
		if err != nil {
			t.Error(err)
			return ""
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %v", path, r.Status, err)
		}
		return string(body)
	}
	var readers sync.WaitGroup
	read := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			jar, _ := cookiejar.New(nil)
			c := &http.Client{Jar: jar}
			for {
				select {
				case <-read:
					return
				default:
				}
				for _, path := range []string{"/be", "/healthz"} {
					if body := get(c, path); path == "/be" && !strings.Contains(body, "番目") {
						t.Errorf("a page has the words of nobody: %s", body)
						return
					}
				}
			}
		})
	}
	reload := func() {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	shows := func(word string) {
		t.Helper()
		until(t, word, func() bool { return strings.Contains(get(http.DefaultClient, "/be"), word) })
	}
	done := strings.SplitN(spoken("cli.reload.done"), "{", 2)[0]
	told := func(n int) {
		t.Helper()
		until(t, fmt.Sprintf("reload %d is told", n), func() bool { return strings.Count(out.String(), done) >= n })
	}
	shows("一番目")
	for i, word := range []string{"二番目", "三番目"} {
		put(t, own, "messages/ours.ja.yaml", `web.brand: `+word)
		put(t, own, "policies/paging.yaml", fmt.Sprintf("waits:\n  unconfirmed: %dm\n  level_3: 5m\n  level_2: 15m\n  level_1: 1h\nagain:\n  nobody_acts: 15m\n  somebody_leads: 1h\n", i+1))
		reload()
		told(i + 1)
		shows(word)
	}

	// One fault, in another file than what was changed well: nothing of it counts.
	put(t, own, "messages/ours.ja.yaml", `web.brand: 四番目`)
	put(t, own, "policies/paging.yaml", "waits: soon\n")
	reload()
	fault := "policies/paging.yaml:1:8: "
	until(t, "the fault is told", func() bool {
		return strings.Contains(out.String(), fault) && strings.Contains(errs.String(), `"file":"policies/paging.yaml","line":1,"column":8`)
	})
	shows("三番目")
	if body := get(http.DefaultClient, "/be"); strings.Contains(body, "四番目") {
		t.Error("half of a broken folder is in force")
	}
	// The folder is gone: that is not the same as an empty one.
	if err := os.Rename(own, own+".away"); err != nil {
		t.Fatal(err)
	}
	gone := spoken("cli.setting.config", "value", own)
	reload()
	until(t, "the folder is missed", func() bool { return strings.Contains(out.String(), gone) })
	shows("三番目")

	close(read)
	readers.Wait()
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("it ended with %d: %s%s", code, &out, &errs)
	}
}

// Reports that arrive while the rules change begin with one edition each, whole, and nothing
// is in doubt afterwards.
func TestReloadUnderWork(t *testing.T) {
	own := t.TempDir()
	put(t, own, "README", "ours")
	n := newNight(t, "ja")
	n.program.settings.Config = own
	n.program.out = &written{}
	log := slog.New(slog.DiscardHandler)
	ctx := t.Context()
	plain, err := os.ReadFile("../templates/procedures/other.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// The two editions differ in the words of the first step.
	editions := map[string]string{}
	first := n.house.service.InForce()
	editions[first.Version()] = "気づ"
	changed := strings.ReplaceAll(string(plain), "ja: 気づ", "ja: 【新】気づ")
	if changed == string(plain) {
		t.Fatal("other.yaml has no such words any more")
	}
	swap := func(i int) {
		if i%2 == 0 {
			put(t, own, "procedures/other.yaml", changed)
		} else {
			put(t, own, "procedures/other.yaml", string(plain))
		}
		if !n.program.reload(ctx, n.house, log) {
			t.Error("the server would have ended")
		}
	}
	swap(0)
	second := n.house.service.InForce().Version()
	if second == first.Version() {
		t.Fatalf("refused: %s", n.program.out)
	}
	editions[second] = "【新】"

	people := n.house.desk.People("ja")
	var work sync.WaitGroup
	for i := range 4 {
		work.Go(func() {
			who := people[i]
			for j := range 8 {
				text := fmt.Sprintf("/incident サーバー%d-%dが止まりました", i, j)
				r := n.house.desk.Handle(ctx, chat.Request{ID: fmt.Sprintf("r-%d-%d", i, j), Kind: chat.Said, From: who.User, Name: who.Name, Text: text})
				if !r.Accepted {
					t.Errorf("%s: %+v", text, r)
				}
				if _, err := n.house.desk.Room(ctx, who.User); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 12 {
		swap(i + 1)
	}
	work.Wait()
	rows, err := n.house.store.Incidents(ctx, workflows.IncidentQuery{})
	if err != nil || len(rows) != 32 {
		t.Fatalf("%d incidents, %v", len(rows), err)
	}
	for _, in := range rows {
		word, known := editions[in.Procedure]
		if !known || len(in.Steps) == 0 {
			t.Errorf("%s began with %q and %d steps", in.ID, in.Procedure, len(in.Steps))
			continue
		}
		if in.Category != incident.Other || !strings.HasPrefix(in.Steps[0].Text.JA, word) {
			t.Errorf("%s of edition %s has the step %q", in.ID, in.Procedure, in.Steps[0].Text.JA)
		}
	}
	v, err := workflows.Verify(ctx, n.house.store)
	if err != nil || len(v.Breaches) > 0 {
		t.Errorf("verify: %+v, %v", v.Breaches, err)
	}
}

// closedTerminal is where a program writes whose terminal was closed.
type closedTerminal struct{}

func (closedTerminal) Write([]byte) (int, error) { return 0, syscall.EIO }

// Closing the terminal sends the same signal; the program then ends as it always did.
func TestAClosedTerminalEndsTheServer(t *testing.T) {
	n := newNight(t, "ja")
	n.program.out = closedTerminal{}
	if n.program.reload(t.Context(), n.house, slog.New(slog.DiscardHandler)) {
		t.Error("it runs on, and nobody can see it")
	}
	out := &written{}
	n.program.out = out
	if !n.program.reload(t.Context(), n.house, slog.New(slog.DiscardHandler)) {
		t.Error("it ended though it is not alone")
	}
	if got := out.String(); got != spoken("cli.reload.none")+"\n" {
		t.Errorf("without a folder it says %q", got)
	}
}

// A live company without a name is warned that its reports will have none, and never given
// the sample's.
func TestDoctorMissesTheNameOfALiveCompany(t *testing.T) {
	own := t.TempDir()
	said := func() string {
		var out bytes.Buffer
		p := &program{out: &out, errs: io.Discard, settings: settings{Lang: "ja", Mode: modeLive, Data: t.TempDir(), Config: own, Listen: "127.0.0.1:1"}}
		if err := p.doctor(t.Context(), false); err == nil {
			t.Error("without a database it finds no fault")
		}
		return out.String()
	}
	if got := said(); !strings.Contains(got, spoken("cli.doctor.nameless")) {
		t.Errorf("doctor says %q", got)
	}
	put(t, own, "profile.yaml", "name: 青葉電機株式会社\n")
	if got := said(); strings.Contains(got, spoken("cli.doctor.nameless")) || strings.Contains(got, "みなと精工") {
		t.Errorf("doctor says %q", got)
	}
}
