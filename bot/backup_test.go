package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// roomIn opens a practice room as a server does, without listening.
func roomIn(t *testing.T, data string) *house {
	t.Helper()
	p := &program{out: io.Discard, errs: os.Stderr, settings: settings{Data: data, Lang: "ja", Mode: modePractice, Listen: "127.0.0.1:0"}}
	o, err := p.openStore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.store.Close() })
	h, err := p.wire(t.Context(), o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func reportIn(t *testing.T, h *house, key, text string) incident.ID {
	t.Helper()
	p := h.service.Contacts().People()[0]
	out, err := h.service.Do(t.Context(), workflows.Command{
		Key: key, By: incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}, Source: incident.FromPerson,
		Do: incident.Report{Text: text, What: incident.KindLoss},
	})
	if err != nil || !out.Accepted() {
		t.Fatalf("%+v, %v", out.Refusal, err)
	}
	return out.Incident
}

func messagesOf(t *testing.T, h *house) map[int64]workflows.Message {
	t.Helper()
	ids, err := h.store.AllIDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[int64]workflows.Message{}
	for _, id := range ids {
		list, err := h.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			all[m.ID] = m
		}
	}
	return all
}

func console(t *testing.T, environ []string, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), args, environ, &o, &e)
	return o.String(), e.String(), code
}

// After a restore, a server sends nothing that was sent, nor what was on its way; it calls
// anew where nobody has answered, and numbers go on.
func TestARestoredServerSendsNothingAgain(t *testing.T) {
	folder := t.TempDir()
	tr := &transcript{t: t, folder: folder, env: map[string]string{"HIKESHI_DATA": filepath.Join(folder, "old")}}
	tr.company()
	old := roomIn(t, tr.env["HIKESHI_DATA"])
	if err := old.courier.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := reportIn(t, old, "late", "社用のスマートフォンを置き忘れました")
	file := filepath.Join(folder, "b.tar.gz")
	if out, errs, code := console(t, []string{"HIKESHI_DATA=" + tr.env["HIKESHI_DATA"]}, "backup", "-o", file); code != 0 {
		t.Fatal(out, errs)
	}
	before := messagesOf(t, old)
	// The server of before goes on, and sends what the backup knows as under way.
	if err := old.courier.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}

	data := filepath.Join(folder, "new")
	out, errs, code := console(t, []string{"HIKESHI_DATA=" + data}, "restore", file)
	if code != 0 {
		t.Fatal(out, errs)
	}
	if !strings.Contains(out, string(late)) {
		t.Errorf("the open incident is not named: %s", out)
	}
	h := roomIn(t, data)
	if err := h.courier.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	held, calls := 0, 0
	for id, m := range messagesOf(t, h) {
		was, known := before[id]
		switch {
		case !known:
			if m.Kind == incident.NoticePage {
				calls++
			}
		case m.Revision > was.Revision: // the round that passed has changed what it says
			if was.FirstSent.IsZero() && !m.Resent {
				t.Errorf("it may have arrived before, and does not say so: %+v", m)
			}
			if m.Kind == incident.NoticePage {
				calls++
			}
		case was.State == workflows.MessageSent && !m.LastSent.Equal(was.LastSent):
			t.Errorf("sent again: %+v", m)
		case was.State == workflows.MessagePending:
			held++
			if m.State != workflows.MessageFailed || m.Error != "restored" || !m.FirstSent.Equal(was.FirstSent) || !m.LastSent.Equal(was.LastSent) {
				t.Errorf("it was on its way, and now is %+v", m)
			}
		}
	}
	if held == 0 {
		t.Error("nothing was held back: the test proves nothing")
	}
	if v, err := workflows.Verify(t.Context(), h.store); err != nil || len(v.Breaches) > 0 || v.Incidents != 3 {
		t.Errorf("verify: %+v, %v", v, err)
	}
	series, number, _ := strings.Cut(string(late[4:]), "-")
	last, err := strconv.Atoi(number)
	if id, want := reportIn(t, h, "next", "別の件です"), fmt.Sprintf("TRN-%s-%04d", series, last+1); err != nil || string(id) != want {
		t.Errorf("the next number is %s, want %s", id, want)
	}
	// The wait for an answer goes on where nobody has answered.
	if err := h.moveOn(t.Context(), h.clock.(*practiceClock), time.Hour); err != nil {
		t.Fatal(err)
	}
	records, err := h.store.Records(t.Context(), late, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(records, func(r incident.Record) bool { return r.Event.Kind() == incident.RoundPassed{}.Kind() }) {
		t.Error("nobody is called any more")
	}
}

// The program of one file makes its backup beside its running server, and a server on what
// was restored from it starts; while that runs, nothing is restored over it.
func TestBackupBesideARunningServer(t *testing.T) {
	binary, folder := builtProgram(t), t.TempDir()
	first, out, errs := started(t, binary, filepath.Join(folder, "one"))
	defer first.Process.Kill() //nolint:errcheck // it is not needed any more
	healthy(t, out, errs)
	do := func(data string, args ...string) (string, error) {
		c := exec.CommandContext(t.Context(), binary, args...)
		c.Dir, c.Env = folder, []string{"HIKESHI_DATA=" + filepath.Join(folder, data)}
		said, err := c.CombinedOutput()
		return string(said), err
	}
	if said, err := do("one", "backup"); err != nil {
		t.Fatal(said, err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "hikeshi-backup-????????-??????.tar.gz"))
	if err != nil || len(files) != 1 {
		t.Fatalf("made %v, %v", files, err)
	}
	if st, err := os.Stat(files[0]); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the backup is open to others: %v, %v", st.Mode(), err)
	}
	if said, err := do("two", "restore", files[0]); err != nil {
		t.Fatal(said, err)
	}
	second, out, errs := started(t, binary, filepath.Join(folder, "two"))
	defer second.Process.Kill() //nolint:errcheck // it is not needed any more
	healthy(t, out, errs)
	said, err := do("two", "restore", files[0])
	if err == nil || !strings.Contains(said, "もう火消しが動いています") {
		t.Errorf("beside its server: %s, %v", said, err)
	}
	if said, err := do("one", "backup", "-o", folder); err != nil && !strings.Contains(said, spoken("archive.exists", "file", files[0])) {
		t.Errorf("into a folder: %s, %v", said, err)
	}
	left, err := filepath.Glob(filepath.Join(folder, ".hikeshi-backup-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Of another mode: what was practised never becomes a real record, nor the other way round.
func TestABackupOfAnotherModeIsRefused(t *testing.T) {
	folder := t.TempDir()
	h := roomIn(t, filepath.Join(folder, "live"))
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "live.tar.gz")
	if _, err := store.Backup(t.Context(), "sqlite:"+filepath.Join(folder, "live", "practice.db"), file, store.BackupOptions{Mode: modeLive, Now: h.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	for lang, word := range map[string]string{"ja": "本番のバックアップ", "en": "live backup"} {
		_, errs, code := console(t, []string{"HIKESHI_LANG=" + lang, "HIKESHI_DATA=" + filepath.Join(folder, "new")}, "restore", file)
		if code != exitFailed || !strings.Contains(errs, word) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: [%d] %s", lang, code, errs)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "new", "practice.db")); err == nil {
		t.Error("something was written")
	}
}

// From one machine to a database server: backup, another DATABASE_URL, restore.
func TestMoveToPostgres(t *testing.T) {
	url := pgtest.Shared(t).Empty(t)
	folder := t.TempDir()
	tr := &transcript{t: t, folder: folder, env: map[string]string{"HIKESHI_DATA": filepath.Join(folder, "data")}}
	tr.company()
	file := filepath.Join(folder, "b.tar.gz")
	environ := []string{"HIKESHI_DATA=" + tr.env["HIKESHI_DATA"]}
	before, errs, code := console(t, environ, "incidents", "show", "TRN-2026-0001")
	if code != 0 {
		t.Fatal(errs)
	}
	if out, errs, code := console(t, environ, "backup", "-o", file); code != 0 {
		t.Fatal(out, errs)
	}
	environ = append(environ, "DATABASE_URL="+url)
	out, errs, code := console(t, environ, "restore", file)
	if code != 0 || !strings.Contains(out, spoken("cli.verify.clean", "incidents", "2", "entries", "38", "erased", "0", "files", "0", "breaches", "0")) {
		t.Fatal(out, errs)
	}
	after, errs, code := console(t, environ, "incidents", "show", "TRN-2026-0001")
	if code != 0 || madeToday.ReplaceAllString(before, "") != madeToday.ReplaceAllString(after, "") {
		t.Errorf("the report is another one now: %s\n%s\n%s", errs, before, after)
	}
	if out, errs, code := console(t, environ, "backup", "-o", filepath.Join(folder, "c.tar.gz")); code != 0 {
		t.Error(out, errs)
	}
	if _, errs, code := console(t, environ, "restore", file); code != exitFailed || !strings.Contains(errs, "postgres://hikeshi@") || !strings.Contains(errs, "上書きしません") {
		t.Errorf("a second time: [%d] %s", code, errs)
	}
}

// Broken off by Ctrl+C, neither leaves anything behind, and both say so.
func TestInterruptedBackupAndRestore(t *testing.T) {
	folder := t.TempDir()
	tr := &transcript{t: t, folder: folder, env: map[string]string{"HIKESHI_DATA": filepath.Join(folder, "data")}}
	tr.company()
	file := filepath.Join(folder, "b.tar.gz")
	environ := []string{"HIKESHI_DATA=" + tr.env["HIKESHI_DATA"]}
	if out, errs, code := console(t, environ, "backup", "-o", file); code != 0 {
		t.Fatal(out, errs)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for _, args := range [][]string{{"backup", "-o", filepath.Join(folder, "c.tar.gz")}, {"restore", file}} {
		var out, errs bytes.Buffer
		code := run(ended, args, []string{"HIKESHI_DATA=" + filepath.Join(folder, map[string]string{"backup": "data", "restore": "new"}[args[0]])}, &out, &errs)
		if code != exitFailed || errs.String() != "hikeshi: "+spoken("cli.backup.interrupted")+"\n" || out.Len() > 0 {
			t.Errorf("%s: [%d] %s%s", args[0], code, out.String(), errs.String())
		}
	}
	for pattern, want := range map[string]int{"*.tar.gz": 1, ".hikeshi-backup-*": 0, "new/practice.db*": 1} { // of the last, the lock
		if list, err := filepath.Glob(filepath.Join(folder, pattern)); err != nil || len(list) != want {
			t.Errorf("%s: %v, %v", pattern, list, err)
		}
	}
}
