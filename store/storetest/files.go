package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var files = []testCase{
	{"Kept", filesKept},
	{"Refused", filesRefused},
	{"AtOnce", filesAtOnce},
	{"Erased", filesErased},
	{"Swept", filesSwept},
	{"SweptOfAnUnreadableRecord", filesUnreadable},
	{"Verified", filesVerified},
}

// blob is a file of a size, no two pieces of it alike.
func blob(size int, seed byte) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i) ^ byte(i>>8)*7 ^ byte(i>>16)*13 ^ seed
	}
	return b
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

const room = 4 << 20 // the limit of the suite's files

func put(t testing.TB, s workflows.Store, id incident.ID, now time.Time, b []byte) string {
	t.Helper()
	f := got(s.PutFile(context.Background(), id, now, room, iotest.HalfReader(bytes.NewReader(b))))(t)
	same(t, "stored file", f, workflows.StoredFile{SHA256: digestOf(b), Size: int64(len(b))})
	return f.SHA256
}

func wantFile(t testing.TB, s workflows.Store, id incident.ID, want []byte) {
	t.Helper()
	r, size, err := s.OpenFile(context.Background(), id, digestOf(want))
	must(t, err)
	defer func() { must(t, r.Close()) }()
	b, err := io.ReadAll(r)
	must(t, err)
	if size != int64(len(want)) || !bytes.Equal(b, want) {
		t.Errorf("%d bytes came back of %d, said to be %d", len(b), len(want), size)
	}
}

func noFile(t testing.TB, s workflows.Store, id incident.ID, digest string, want error) {
	t.Helper()
	r, _, err := s.OpenFile(context.Background(), id, digest)
	is(t, "a file that is not there", err, want)
	if r != nil {
		must(t, r.Close())
	}
}

func filesKept(t *testing.T, db Database) {
	s := db.Open(t)
	c := newClerk(s)
	one, two := c.report(t, yamada, "一").Row.ID, c.report(t, yamada, "二").Row.ID
	for i, size := range []int{0, 1, 256<<10 - 1, 256 << 10, 256<<10 + 1, 3<<20 + 17} {
		b := blob(size, byte(i))
		put(t, s, one, start, b)
		wantFile(t, s, one, b)
		noFile(t, s, two, digestOf(b), workflows.ErrNotFound) // another incident's is none of its
		wantFile(t, db.Again(t, s), one, b)
	}
	same(t, "files", len(got(s.StoredFiles(t.Context(), one))(t)), 6)
	b := blob(1000, 99)
	put(t, s, two, start, b)
	put(t, s, two, at(time.Hour), b) // the same again is kept once
	wantFile(t, s, two, b)
	same(t, "files", got(s.StoredFiles(t.Context(), two))(t), []workflows.StoredFile{{SHA256: digestOf(b), Size: 1000}})
	must(t, s.EraseFile(t.Context(), two, digestOf(b), at(time.Hour)))
	wantFile(t, s, one, blob(1, 1))
}

type broken struct{ after io.Reader }

var errLine = errors.New("the line broke")

func (b broken) Read(p []byte) (int, error) {
	n, err := b.after.Read(p)
	if errors.Is(err, io.EOF) {
		err = errLine
	}
	return n, err
}

func filesRefused(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	id := newClerk(s).report(t, yamada, "一").Row.ID
	b := blob(room+1, 1)
	_, err := s.PutFile(ctx, id, start, room, bytes.NewReader(b))
	is(t, "one byte too many", err, workflows.ErrTooLarge)
	noFile(t, s, id, digestOf(b), workflows.ErrNotFound)
	_, err = s.PutFile(ctx, id, start, room, broken{bytes.NewReader(blob(700<<10, 2))})
	is(t, "a line that breaks", err, errLine)
	noFile(t, s, id, digestOf(blob(700<<10, 2)), workflows.ErrNotFound)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err = s.PutFile(gone, id, start, room, bytes.NewReader(b[:10])); err == nil {
		t.Error("a file of somebody who has gone was kept")
	}
	for _, bad := range []incident.ID{"", "..", "INC-2026-0001/../x", "inc-2026-0001", "INC-2026-1"} {
		_, err = s.PutFile(ctx, bad, start, room, bytes.NewReader(b[:10]))
		is(t, "an incident that is a path", err, workflows.ErrNotFound)
		noFile(t, s, bad, digestOf(b), workflows.ErrNotFound)
	}
	for _, bad := range []string{"", "..", "../../test.db", strings.Repeat("A", 64)} {
		noFile(t, s, id, bad, workflows.ErrNotFound)
	}
	same(t, "files", len(got(s.StoredFiles(ctx, id))(t)), 0)
	is(t, "erase what is not there", s.EraseFile(ctx, id, digestOf(b), start), workflows.ErrNotFound)
	same(t, "left over", got(s.SweepFiles(ctx, at(100*24*time.Hour)))(t), 0)
	// What was refused once is taken when it fits.
	f := got(s.PutFile(ctx, id, start, room+1, bytes.NewReader(b)))(t)
	same(t, "size", f.Size, int64(room+1))
	wantFile(t, s, id, b)
}

// filesAtOnce puts the same and different bytes from many sides, while commands go on.
func filesAtOnce(t *testing.T, db Database) {
	s := db.Open(t)
	c := newClerk(s)
	id := c.report(t, yamada, "一").Row.ID
	beside := db.Again(t, s)
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			to := s
			if i%2 == 1 {
				to = beside
			}
			put(t, to, id, start, blob(600<<10, byte(i%3)))
		})
	}
	for range 5 {
		c.carry(t, id, sato, incident.Note{Text: "続き"})
	}
	group.Wait()
	same(t, "files", len(got(s.StoredFiles(t.Context(), id))(t)), 3)
	for i := range 3 {
		wantFile(t, s, id, blob(600<<10, byte(i)))
	}
}

func filesErased(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	x := tellFiles(t, db, s)
	must(t, s.EraseFile(ctx, x.id, x.digest, at(time.Hour)))
	noFile(t, s, x.id, x.digest, workflows.ErrErased)
	must(t, s.EraseFile(ctx, x.id, x.digest, at(2*time.Hour))) // again is no fault
	wantFile(t, s, x.id, x.other)
	_, err := s.PutFile(ctx, x.id, start, room, bytes.NewReader(x.bytes))
	is(t, "an erased file again", err, workflows.ErrErased)
	noFile(t, s, x.id, x.digest, workflows.ErrErased)
	same(t, "files", got(s.StoredFiles(ctx, x.id))(t), []workflows.StoredFile{
		{SHA256: digestOf(x.other), Size: int64(len(x.other))}, {SHA256: x.digest, Erased: true},
	})
	v := got(workflows.Verify(ctx, s))(t)
	same(t, "breaches", v.Breaches, []incident.Breach(nil))
	same(t, "files and erased ones", []int{v.Files, v.Gone}, []int{3, 2})
	must(t, s.EraseFile(ctx, x.id, digestOf(x.other), at(time.Hour)))
	same(t, "left over", got(s.SweepFiles(ctx, at(24*time.Hour)))(t), 0)
}

// fileTale is an incident with two files: one under two names, and another.
type fileTale struct {
	id            incident.ID
	first, second int64 // the entries of the first file
	third         int64
	bytes, other  []byte
	digest        string
}

func tellFiles(t testing.TB, _ Database, s workflows.Store) fileTale {
	t.Helper()
	c := newClerk(s)
	x := fileTale{id: c.report(t, yamada, "添付のある件").Row.ID, bytes: blob(700<<10, 1), other: blob(20, 2)}
	x.digest = put(t, s, x.id, start, x.bytes)
	put(t, s, x.id, start, x.other)
	attach := func(by incident.PersonID, name string, b []byte) int64 {
		return c.carry(t, x.id, by, incident.Attach{Name: name, Size: int64(len(b)), Type: "image/png", SHA256: digestOf(b)}).Sealed[0].Record.Seq
	}
	x.first, x.second = attach(yamada, "画面.png", x.bytes), attach(sato, "同じ画面.png", x.bytes)
	x.third = attach(sato, "ログ.txt", x.other)
	return x
}

func filesSwept(t *testing.T, db Database) {
	s := db.Open(t)
	ctx := t.Context()
	x := tellFiles(t, db, s)
	orphan, late := blob(300<<10, 7), blob(300, 8)
	put(t, s, x.id, start, orphan)
	put(t, s, x.id, at(2*time.Hour), late)
	again := blob(300, 9)
	put(t, s, x.id, start, again)
	put(t, s, x.id, at(2*time.Hour), again)
	same(t, "swept", got(s.SweepFiles(ctx, at(time.Hour)))(t), 1)
	noFile(t, s, x.id, digestOf(orphan), workflows.ErrNotFound)
	for _, b := range [][]byte{x.bytes, x.other, late, again} {
		wantFile(t, s, x.id, b)
	}
	same(t, "swept later", got(s.SweepFiles(ctx, at(24*time.Hour)))(t), 2)
	same(t, "swept again", got(s.SweepFiles(ctx, at(24*time.Hour)))(t), 0)
	same(t, "breaches", got(workflows.Verify(ctx, s))(t).Breaches, []incident.Breach(nil))
	put(t, s, x.id, at(25*time.Hour), orphan) // it may come again
	wantFile(t, s, x.id, orphan)
}

// filesUnreadable: an entry that cannot be read may be the one that names a file.
func filesUnreadable(t *testing.T, db Database) {
	s := db.Open(t)
	x := tellFiles(t, db, s)
	put(t, s, x.id, start, blob(300, 7))
	db.Exec(t, s, `UPDATE entries SET body = 'x' WHERE incident = $1 AND seq = $2`, string(x.id), x.third)
	same(t, "swept", got(s.SweepFiles(t.Context(), at(24*time.Hour)))(t), 0)
	wantFile(t, s, x.id, x.other)
	wantFile(t, s, x.id, blob(300, 7))
}

// filesVerified harms the bytes behind the entries in every way, and sees each entry named.
func filesVerified(t *testing.T, db Database) {
	changed := blob(700<<10, 1)
	changed[500<<10] ^= 1
	for _, c := range []struct {
		name  string
		bytes []byte // nil: removed
		key   string
	}{
		{"removed", nil, "verify.file_missing"},
		{"a bit", changed, "verify.file_changed"},
		{"cut off", changed[:699<<10], "verify.file_size"},
		{"emptied", []byte{}, "verify.file_size"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := db.Open(t)
			x := tellFiles(t, db, s)
			v := got(workflows.Verify(t.Context(), s))(t)
			same(t, "breaches before", v.Breaches, []incident.Breach(nil))
			same(t, "files", v.Files, 3)
			db.harm(t, s, x.id, x.digest, c.bytes)
			v = got(workflows.Verify(t.Context(), s))(t)
			same(t, "breaches", v.Breaches, []incident.Breach{{Incident: x.id, Seq: x.first, Key: c.key}, {Incident: x.id, Seq: x.second, Key: c.key}})
		})
	}
	t.Run("the entry that names it", func(t *testing.T) {
		s := db.Open(t)
		x := tellFiles(t, db, s)
		db.Exec(t, s, `UPDATE entries SET body = replace(body, $3, $4) WHERE incident = $1 AND seq = $2`, string(x.id), x.third, digestOf(x.other), x.digest)
		v := got(workflows.Verify(t.Context(), s))(t)
		same(t, "breaches", v.Breaches, []incident.Breach{{Incident: x.id, Seq: x.third, Key: "verify.changed"}})
	})
}

// harm replaces the bytes of a file past the store, or removes them.
func (db Database) harm(t testing.TB, s workflows.Store, id incident.ID, digest string, b []byte) {
	t.Helper()
	if db.Harm != nil {
		db.Harm(t, s, id, digest, b)
		return
	}
	const of = `body IN (SELECT body FROM files WHERE incident = $1 AND digest = $2)`
	if b == nil {
		db.Exec(t, s, `DELETE FROM files WHERE incident = $1 AND digest = $2`, string(id), digest)
		return
	}
	db.Exec(t, s, `DELETE FROM file_bodies WHERE n > 0 AND `+of, string(id), digest)
	db.Exec(t, s, `UPDATE file_bodies SET piece = $3 WHERE `+of, string(id), digest, b)
}
