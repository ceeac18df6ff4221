package store_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hikeshi/store"
	"hikeshi/store/archive"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// attach keeps bytes as the server does, and records them.
func (c *company) attach(t testing.TB, id incident.ID, name string, body []byte) string {
	t.Helper()
	f, err := c.store.PutFile(t.Context(), id, c.tick, 1<<30, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	c.do(t, workflows.Command{Incident: id, Do: incident.Attach{Name: name, Type: "text/plain", Size: f.Size, SHA256: f.SHA256}})
	return f.SHA256
}

// Attached files go with the rest, from a folder into a table and back.
func TestFilesInEitherDatabase(t *testing.T) {
	large := bytes.Repeat([]byte("証拠\n"), 100_000) // more than a piece, and not a multiple of one
	for from, madeFrom := range kinds {
		for to, madeTo := range kinds {
			t.Run(from+" to "+to, func(t *testing.T) {
				source, target := madeFrom(t), madeTo(t)
				c := newCompany(t, source)
				one, two := c.report(t, 1), c.report(t, 2)
				want := map[string][]byte{}
				want[string(one)+"/"+c.attach(t, one, "log.txt", large)] = large
				want[string(two)+"/"+c.attach(t, two, "log.txt", large)] = large
				want[string(one)+"/"+c.attach(t, one, "a.txt", []byte("a"))] = []byte("a")
				erased := c.attach(t, two, "b.txt", []byte("個人情報"))
				if err := c.store.EraseFile(t.Context(), two, erased, c.tick); err != nil {
					t.Fatal(err)
				}
				// What is only put has no entry yet, and is in the backup all the same.
				put, err := c.store.PutFile(t.Context(), one, c.tick, 10, strings.NewReader("later"))
				if err != nil {
					t.Fatal(err)
				}
				want[string(one)+"/"+put.SHA256] = []byte("later")

				file, saved := backUp(t, source, store.BackupOptions{})
				got := map[string][]byte{}
				err = opened(t, file).Read(func(p archive.Part) (err error) {
					if p.Kind == archive.KindFile {
						got[p.Name], err = io.ReadAll(p.Body)
					}
					return err
				})
				if err != nil || !maps.EqualFunc(want, got, bytes.Equal) || len(saved.Manifest.Missing) > 0 {
					t.Fatalf("%v; %d files in the backup, want %d; missing %v", err, len(got), len(want), saved.Manifest.Missing)
				}
				if done := restored(t, file, target); done.Files != len(want) {
					t.Errorf("%d files were restored, want %d", done.Files, len(want))
				}
				s := newStore(t, target)
				if v := clean(t, s); v.Files != 4 || v.Gone != 1 {
					t.Errorf("%+v", v)
				}
				for name, body := range want {
					id, digest, _ := strings.Cut(name, "/")
					r, size, err := s.OpenFile(t.Context(), incident.ID(id), digest)
					if err != nil {
						t.Fatal(err)
					}
					b, err := io.ReadAll(r)
					if err != nil || size != int64(len(body)) || !bytes.Equal(b, body) {
						t.Errorf("%s: %d bytes, %v", name, len(b), err)
					}
					if err := r.Close(); err != nil {
						t.Error(err)
					}
				}
				// The new database knows them as its own: what no entry names is swept.
				if n, err := s.SweepFiles(t.Context(), c.tick.AddDate(0, 0, 2)); err != nil || n != 1 {
					t.Errorf("%d swept, %v", n, err)
				}
			})
		}
	}
}

// A file that is gone or was changed is no reason to have no backup: it is told by its name,
// when the backup is made and after the restore.
func TestMissingFiles(t *testing.T) {
	for kind, made := range kinds {
		t.Run(kind, func(t *testing.T) {
			source := made(t)
			c := newCompany(t, source)
			id := c.report(t, 1)
			gone, changed := c.attach(t, id, "a.txt", []byte("gone")), c.attach(t, id, "b.txt", []byte("changed"))
			c.attach(t, id, "c.txt", []byte("there"))
			if kind == "sqlite" {
				folder := filepath.Join(filepath.Dir(strings.TrimPrefix(source, "sqlite:")), "files", string(id))
				if err := os.Remove(filepath.Join(folder, gone)); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, changed), []byte("another"), 0o600); err != nil {
					t.Fatal(err)
				}
			} else {
				exec(t, source, fmt.Sprintf(`DELETE FROM file_bodies WHERE body = (SELECT body FROM files WHERE digest = '%s')`, gone))
				exec(t, source, fmt.Sprintf(`UPDATE file_bodies SET piece = 'another' WHERE body = (SELECT body FROM files WHERE digest = '%s')`, changed))
			}
			file, saved := backUp(t, source, store.BackupOptions{})
			want := map[string]bool{string(id) + "/" + gone: true, string(id) + "/" + changed: true}
			got := map[string]bool{}
			for _, name := range saved.Manifest.Missing {
				got[name] = true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			target := sqlite(t)
			restored(t, file, target)
			v, err := workflows.Verify(t.Context(), newStore(t, target))
			if err != nil || len(v.Breaches) != 2 || v.Files != 3 {
				t.Errorf("%+v, %v", v, err)
			}
			if len(fmt.Sprint(opened(t, file).Manifest.Missing)) < 100 {
				t.Error("the archive itself does not say it")
			}
		})
	}
}

// A restore that was broken off when the files had their place already is begun again; files
// of somebody else in their place are kept.
func TestKilledWithFiles(t *testing.T) {
	source := sqlite(t)
	c := newCompany(t, source)
	id := c.report(t, 1)
	c.attach(t, id, "a.txt", []byte("a"))
	file, _ := backUp(t, source, store.BackupOptions{})
	for _, step := range []string{"filled", "overlay", "files"} {
		target := sqlite(t)
		store.KilledRestore(t, file, target, "", step)
		folder := filepath.Join(filepath.Dir(strings.TrimPrefix(target, "sqlite:")), "files", string(id))
		own := filepath.Join(folder, strings.Repeat("0", 64))
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(own, []byte("own"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := store.Restore(t.Context(), target, opened(t, file), store.RestoreOptions{Mode: "live"})
		fault(t, "files of somebody else, "+step, err, "restore.files")
		if b, err := os.ReadFile(own); err != nil || string(b) != "own" {
			t.Errorf("they are %q now, %v", b, err)
		}
		if err := os.Remove(own); err != nil {
			t.Fatal(err)
		}
		restored(t, file, target)
		if v := clean(t, newStore(t, target)); v.Files != 1 {
			t.Errorf("%s: %+v", step, v)
		}
		if _, err := os.Stat(filepath.Join(folder, "..", "..", "files.restoring")); !os.IsNotExist(err) {
			t.Errorf("%s: left behind: %v", step, err)
		}
	}
}
