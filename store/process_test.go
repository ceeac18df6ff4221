package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"hikeshi/store/archive"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// TestMain lets the test program be another process: one that serves, or one that writes
// until it is killed.
func TestMain(m *testing.M) {
	path := os.Getenv("HIKESHI_TEST_PATH")
	var err error
	switch os.Getenv("HIKESHI_TEST_PROCESS") {
	case "":
		os.Exit(m.Run())
	case "lock":
		if _, err = Lock("sqlite:" + path); err == nil {
			fmt.Println("locked")
			select {}
		}
	case "write":
		err = writeForever(path)
	case "attach":
		err = attachForever(path, false)
	case "attach to a table":
		err = attachForever(path, true)
	case "restore":
		err = restoreUntil(strings.Split(path, "\n"))
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// restoreUntil restores an archive up to a step, and waits there to be killed.
func restoreUntil(args []string) error {
	a, err := archive.Open(args[0])
	if err != nil {
		return err
	}
	_, err = Restore(context.Background(), args[1], a, RestoreOptions{Mode: a.About.Mode, Overlay: args[2], step: func(what string) {
		if what == args[3] {
			fmt.Println(what)
			select {}
		}
	}})
	if err == nil {
		fmt.Println("restored")
	}
	return err
}

// another starts this program as another process, and gives the lines it prints.
func another(t *testing.T, what, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "HIKESHI_TEST_PROCESS="+what, "HIKESHI_TEST_PATH="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() //nolint:errcheck // it was killed
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "data", "x.db")
	unlock, err := Lock("sqlite:" + path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Lock("sqlite:" + path)
	refusal(t, "a second server", err, "already running", strconv.Itoa(os.Getpid()), "DATABASE_URL")
	if err := os.Symlink(filepath.Join(dir, "data"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	_, err = Lock("sqlite:" + filepath.Join(dir, "link", "x.db"))
	refusal(t, "by another name", err, "already running")
	other, err := Lock("sqlite:" + filepath.Join(dir, "data", "y.db"))
	if err != nil {
		t.Fatalf("another database: %v", err)
	}
	other()
	unlock()
	unlock, err = Lock("sqlite:" + path)
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	unlock()
	for range 2 { // several servers share the work there
		free, err := Lock("postgres://x")
		if err != nil {
			t.Fatal(err)
		}
		free()
	}
}

func TestLockGoesWithTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	cmd, lines := another(t, "lock", path)
	if !lines.Scan() || lines.Text() != "locked" {
		t.Fatalf("the other process said %q", lines.Text())
	}
	_, err := Lock("sqlite:" + path)
	refusal(t, "while it runs", err, "already running", strconv.Itoa(cmd.Process.Pid))
	kill(t, cmd)
	unlock, err := Lock("sqlite:" + path)
	if err != nil {
		t.Fatalf("after it was killed: %v", err)
	}
	unlock()
}

// writeForever writes incidents of one entry, and prints each number once it is written.
func writeForever(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, "sqlite:"+path)
	if err != nil {
		return err
	}
	for {
		var id incident.ID
		err := s.Write(ctx, func(tx workflows.Tx) error {
			n, err := tx.NextNumber(ctx, "INC-2026")
			if err != nil {
				return err
			}
			in := incident.New(incident.ID(fmt.Sprintf("INC-2026-%04d", n)))
			now := time.Date(2026, 11, 22, 0, 0, n, 0, time.UTC)
			r := incident.Record{Incident: in.ID, Seq: 1, At: now, Occurred: now, By: "yamada", ByName: incident.T("山田"), Event: incident.ReportReceived{Reporter: "yamada", Text: incident.T("電車に忘れた")}}
			body, texts, err := incident.Seal(&r, "", func() string { return "salt" })
			if err != nil {
				return err
			}
			in.Apply(r)
			id = in.ID
			return tx.Save(ctx, workflows.Change{
				At:        now,
				Incidents: []workflows.SavedIncident{{Row: in, Sealed: []workflows.Sealed{{Record: r, Body: body, Texts: texts}}}},
				Messages:  []incident.Notice{{Key: "page:" + string(in.ID), Incident: in.ID, To: "sato", Urgent: true}},
				Timers:    []workflows.Timer{{Key: "round:" + string(in.ID), Incident: in.ID, Due: now}},
			})
		})
		if err != nil {
			return err
		}
		fmt.Println(id)
	}
}

// TestKilled kills a writing process at different moments: whatever it had reported as
// written is there with its page and its timer, nothing is there by half, and writing
// goes on with the next number.
func TestKilled(t *testing.T) {
	path := newFile(t)
	for round, lines := range []int{1, 7, 40} {
		cmd, out := another(t, "write", path)
		last := ""
		for range lines {
			if !out.Scan() {
				t.Fatal("the other process ended")
			}
			last = out.Text()
		}
		kill(t, cmd)
		for out.Scan() { // what it had printed already
			if id := out.Text(); strings.HasPrefix(id, "INC-") && len(id) == len(last) {
				last = id
			}
		}
		s := open(t, path)
		v, err := workflows.Verify(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Breaches) > 0 {
			t.Errorf("round %d: %+v", round, v.Breaches)
		}
		if _, err := s.Incident(t.Context(), incident.ID(last)); err != nil {
			t.Errorf("round %d: %s had been written: %v", round, last, err)
		}
		far := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		timers, err := s.ClaimTimers(t.Context(), far, "x", 0, 100_000)
		if err != nil || len(timers) != v.Incidents {
			t.Errorf("round %d: %d timers of %d incidents: %v", round, len(timers), v.Incidents, err)
		}
		pages, err := s.ClaimMessages(t.Context(), far, "x", 0, 100_000, true)
		if err != nil || len(pages) != v.Incidents {
			t.Errorf("round %d: %d pages of %d incidents: %v", round, len(pages), v.Incidents, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
