package store

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// attachForever attaches one file after the other to an incident. It says "put" when the bytes
// are there and no entry names them yet, and then the number and digest of what is recorded.
func attachForever(path string, toTable bool) error {
	ctx := context.Background()
	s, err := Open(ctx, "sqlite:"+path)
	if err != nil {
		return err
	}
	if toTable {
		d := s.(*database)
		d.bodies = table{d.engine}
	}
	in := incident.New(anID)
	if stored, err := s.Incident(ctx, anID); err == nil {
		in = stored
	} else if err := record(ctx, s, in, incident.ReportReceived{Reporter: "yamada", Text: incident.T("電車に忘れた")}); err != nil {
		return err
	}
	for i := in.Seq; ; i++ {
		b := bytes.Repeat([]byte(fmt.Sprintf("%08d", i)), 100_000)
		f, err := s.PutFile(ctx, anID, noon, 1<<20, bytes.NewReader(b))
		if err != nil {
			return err
		}
		fmt.Println("put")
		if err := record(ctx, s, in, incident.FileAttached{Name: incident.T("ログ.txt"), Size: f.Size, Type: "text/plain", SHA256: f.SHA256}); err != nil {
			return err
		}
		fmt.Println(in.Seq, f.SHA256)
	}
}

// record adds an entry to an incident.
func record(ctx context.Context, s workflows.Store, in *incident.Incident, e incident.Event) error {
	before := in.Seq
	now := noon.Add(time.Duration(before) * time.Second)
	r := incident.Record{Incident: in.ID, Seq: before + 1, At: now, Occurred: now, By: "yamada", ByName: incident.T("山田"), Event: e}
	body, texts, err := incident.Seal(&r, in.Head, func() string { return "salt" })
	if err != nil {
		return err
	}
	in.Apply(r)
	return s.Write(ctx, func(tx workflows.Tx) error {
		if before == 0 {
			if _, err := tx.NextNumber(ctx, "INC-2026"); err != nil {
				return err
			}
		}
		return tx.Save(ctx, workflows.Change{At: now, Incidents: []workflows.SavedIncident{{
			Row: in, Before: before, Sealed: []workflows.Sealed{{Record: r, Body: body, Texts: texts}},
		}}})
	})
}

// TestKilledWhileAttaching kills a process that attaches files at different moments, also
// between the bytes and the entry: every entry has its bytes, what no entry names goes with
// the next sweep, and attaching goes on.
func TestKilledWhileAttaching(t *testing.T) {
	for _, what := range []string{"attach", "attach to a table"} {
		t.Run(what, func(t *testing.T) {
			path := newFile(t)
			orphans := 0
			for round, lines := range []int{1, 2, 3, 5, 8, 9, 13, 1, 1} {
				cmd, out := another(t, what, path)
				last := lastRecorded(t, cmd, out, lines)
				s := open(t, path)
				if what != "attach" {
					s.(*database).bodies = table{s.(*database).engine}
				}
				check := func(when string) workflows.Verification {
					v, err := workflows.Verify(t.Context(), s)
					if err != nil || len(v.Breaches) > 0 {
						t.Fatalf("round %d, %s: %+v %v", round, when, v.Breaches, err)
					}
					return v
				}
				v := check("after the kill")
				if last > int64(v.Entries) {
					t.Errorf("round %d: entry %d was recorded, there are %d", round, last, v.Entries)
				}
				n, err := s.SweepFiles(t.Context(), time.Now().AddDate(1, 0, 0))
				if err != nil || n > 1 {
					t.Errorf("round %d: one upload at a time left %d: %v", round, n, err)
				}
				orphans += n
				if again := check("after the sweep"); again.Files != v.Files {
					t.Errorf("round %d: %d files, then %d", round, v.Files, again.Files)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "files", "*", incoming+"*")); len(left) > 0 {
				t.Errorf("left %v", left)
			}
			if orphans == 0 {
				t.Error("no kill came between the bytes and the entry")
			}
		})
	}
}

// A file that was noted and has its first name yet, because the program was killed there, is one
// that is removed, and not two.
func TestAFileKilledBeforeItsNameIsOne(t *testing.T) {
	s := open(t, newFile(t))
	if err := record(t.Context(), s, incident.New(anID), incident.ReportReceived{Reporter: "yamada", Text: incident.T("電車に忘れた")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutFile(t.Context(), anID, noon, 1<<20, strings.NewReader("画面")); err != nil {
		t.Fatal(err)
	}
	d := s.(*database)
	kept, err := all(t.Context(), d.reading(), oldFiles, []any{micro(time.Now().AddDate(1, 0, 0))}, scanFile)
	if err != nil || len(kept) != 1 {
		t.Fatal(kept, err)
	}
	files := d.bodies.(folder)
	if err := os.Rename(files.final(kept[0]), files.temporary(kept[0])); err != nil {
		t.Fatal(err)
	}
	if n, err := s.SweepFiles(t.Context(), time.Now().AddDate(1, 0, 0)); n != 1 || err != nil {
		t.Errorf("removed %d: %v", n, err)
	}
	if left, err := os.ReadDir(files.of(anID)); len(left) > 0 || err != nil {
		t.Errorf("left %v: %v", left, err)
	}
}

// lastRecorded kills a process after so many lines, and gives the last entry that it said was
// recorded.
func lastRecorded(t *testing.T, cmd *exec.Cmd, out *bufio.Scanner, lines int) (last int64) {
	t.Helper()
	note := func(line string) {
		var seq int64
		var digest string
		if n, _ := fmt.Sscan(line, &seq, &digest); n == 2 && len(digest) == 64 && !strings.HasPrefix(line, "put") {
			last = seq
		}
	}
	for range lines {
		if !out.Scan() {
			t.Fatal("the other process ended")
		}
		note(out.Text())
	}
	kill(t, cmd)
	for out.Scan() {
		note(out.Text())
	}
	return last
}
