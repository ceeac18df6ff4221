package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// The bytes of attached files lie in bodies: in a folder beside a SQLite file, or in a table
// where several servers share one database. Which of them this database keeps stands in the
// table files in either case, so that a sweep removes only what this database has put there,
// and never what another one beside it, or a newer copy of it, still names.

// bodies keeps bytes.
type bodies interface {
	// receive reads r to its end, and makes the bytes last under a name that no other body has
	// yet. The body does not count before keep, and drop takes it back.
	receive(ctx context.Context, f file, r io.Reader) error
	// keep notes a received body as the file of its digest in a transaction. Where the same
	// bytes are there already it is not the first, and need not count.
	keep(ctx context.Context, s statements, f file, first bool) error
	// kept runs after that transaction.
	kept(f file) error
	drop(ctx context.Context, f file)
	// open gives the bytes of a file; ErrNotFound.
	open(ctx context.Context, s statements, id incident.ID, digest string) (io.ReadCloser, int64, error)
	// remove takes away a body in a transaction, and removed what is left of it afterwards.
	remove(ctx context.Context, s statements, f file) error
	removed(f file) error
	// sweep removes what uploads that were cut short before an instant have left outside of
	// the database.
	sweep(before time.Time) (int, error)
}

// file is a row of files.
type file struct {
	body   string
	id     incident.ID
	digest string
	size   int64
	stored time.Time
}

const (
	insertFile   = `INSERT INTO files (body, incident, digest, size, stored) VALUES ($1, $2, $3, $4, $5)`
	againFile    = `UPDATE files SET stored = $3 WHERE incident = $1 AND digest = $2`
	filesOf      = `SELECT body, incident, digest, size FROM files WHERE incident = $1 AND digest <> '' ORDER BY digest, body`
	fileByDigest = `SELECT body, incident, digest, size FROM files WHERE incident = $1 AND digest = $2 ORDER BY body`
	oldFiles     = `SELECT body, incident, digest, size FROM files WHERE stored < $1 ORDER BY incident, body`
	deleteFile   = `DELETE FROM files WHERE body = $1`
	deleteOld    = `DELETE FROM files WHERE body = $1 AND stored < $2`
	namedFiles   = `SELECT body FROM entries WHERE incident = $1 AND kind = 'file_attached'`
	insertErase  = `INSERT INTO file_erasures (incident, digest, at) VALUES ($1, $2, $3) ON CONFLICT (incident, digest) DO NOTHING`
	selectErase  = `SELECT digest FROM file_erasures WHERE incident = $1 AND digest = $2`
	erasuresOf   = `SELECT digest FROM file_erasures WHERE incident = $1 ORDER BY digest`
	allErasures  = `SELECT incident, digest FROM file_erasures ORDER BY incident, digest`
)

// What becomes part of a path is one of these and nothing else.
var (
	numberPattern = regexp.MustCompile(`^[A-Z]+-[0-9]{4}-[0-9]{4,}$`)
	digestPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func scanFile(r rows) (f file, err error) {
	return f, r.Scan(&f.body, &f.id, &f.digest, &f.size)
}

// measured counts and digests what is read through it, and ends with ErrTooLarge.
type measured struct {
	r    io.Reader
	left int64
	size int64
	hash interface {
		io.Writer
		Sum(b []byte) []byte
	}
}

func (m *measured) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.size += int64(n)
	m.hash.Write(p[:n]) //nolint:errcheck // a hash takes everything
	if m.left -= int64(n); m.left < 0 {
		return n, workflows.ErrTooLarge
	}
	return n, err
}

// PutFile keeps a file; see workflows.Files.
func (d *database) PutFile(ctx context.Context, id incident.ID, now time.Time, limit int64, r io.Reader) (workflows.StoredFile, error) {
	if !numberPattern.MatchString(string(id)) {
		return workflows.StoredFile{}, fmt.Errorf("a file of %q: %w", id, workflows.ErrNotFound)
	}
	f := file{body: rand.Text(), id: id, stored: now}
	m := &measured{r: r, left: limit, hash: sha256.New()}
	err := d.bodies.receive(ctx, f, m)
	if err == nil {
		f.digest, f.size = hex.EncodeToString(m.hash.Sum(nil)), m.size
		err = d.keepFile(ctx, f)
	}
	if err != nil {
		// If the note of it may have counted, the same bytes may already be somebody's
		// evidence. What no entry names, the sweep removes.
		if !errors.Is(err, workflows.ErrUnsure) {
			d.bodies.drop(context.WithoutCancel(ctx), f)
		}
		if noRoom(err) {
			err = errors.Join(workflows.ErrNoRoom, err)
		}
		return workflows.StoredFile{}, fmt.Errorf("keep a file of %s: %w", id, err)
	}
	return workflows.StoredFile{SHA256: f.digest, Size: f.size}, nil
}

// keepFile notes a received file, or that the same bytes came again.
func (d *database) keepFile(ctx context.Context, f file) error {
	err := d.write(ctx, func(s statements) error {
		var erased string
		if ok, err := row(ctx, s, selectErase, []any{string(f.id), f.digest}, &erased); err != nil || ok {
			return errors.Join(err, gone(ok))
		}
		n, err := s.exec(ctx, againFile, string(f.id), f.digest, micro(f.stored))
		if err != nil {
			return err
		}
		return d.bodies.keep(ctx, s, f, n == 0)
	})
	if err != nil {
		return err
	}
	return d.bodies.kept(f)
}

func gone(erased bool) error {
	if erased {
		return workflows.ErrErased
	}
	return nil
}

// OpenFile gives the bytes of a file; see workflows.Files.
func (d *database) OpenFile(ctx context.Context, id incident.ID, digest string) (io.ReadCloser, int64, error) {
	if !numberPattern.MatchString(string(id)) || !digestPattern.MatchString(digest) {
		return nil, 0, fmt.Errorf("a file of %q: %w", id, workflows.ErrNotFound)
	}
	s := d.reading()
	var erased string
	ok, err := row(ctx, s, selectErase, []any{string(id), digest}, &erased)
	if err = errors.Join(err, gone(ok)); err != nil {
		return nil, 0, fmt.Errorf("a file of %s: %w", id, err)
	}
	r, size, err := d.bodies.open(ctx, s, id, digest)
	if err != nil {
		return nil, 0, fmt.Errorf("a file of %s: %w", id, err)
	}
	return r, size, nil
}

// StoredFiles lists the files of an incident; see workflows.Files.
func (d *database) StoredFiles(ctx context.Context, id incident.ID) ([]workflows.StoredFile, error) {
	s := d.reading()
	list, err := all(ctx, s, filesOf, []any{string(id)}, scanFile)
	if err != nil {
		return nil, err
	}
	var out []workflows.StoredFile
	for i, f := range list {
		if i == 0 || f.digest != list[i-1].digest {
			out = append(out, workflows.StoredFile{SHA256: f.digest, Size: f.size})
		}
	}
	erased, err := all(ctx, s, erasuresOf, []any{string(id)}, func(r rows) (d string, err error) { return d, r.Scan(&d) })
	for _, digest := range erased {
		out = append(out, workflows.StoredFile{SHA256: digest, Erased: true})
	}
	return out, err
}

// EraseFile removes the bytes of a file for good; see workflows.Files.
func (d *database) EraseFile(ctx context.Context, id incident.ID, digest string, now time.Time) error {
	var list []file
	err := d.write(ctx, func(s statements) (err error) {
		if list, err = all(ctx, s, fileByDigest, []any{string(id), digest}, scanFile); err != nil {
			return err
		}
		if len(list) == 0 {
			var erased string
			if ok, err := row(ctx, s, selectErase, []any{string(id), digest}, &erased); err != nil || ok {
				return err
			}
			return workflows.ErrNotFound
		}
		if _, err := s.exec(ctx, insertErase, string(id), digest, micro(now)); err != nil {
			return err
		}
		return d.forget(ctx, s, list)
	})
	for _, f := range list {
		if err == nil {
			err = d.bodies.removed(f)
		}
	}
	if err != nil {
		return fmt.Errorf("erase a file of %s: %w", id, err)
	}
	return nil
}

func (d *database) forget(ctx context.Context, s statements, list []file) error {
	for _, f := range list {
		if _, err := s.exec(ctx, deleteFile, f.body); err != nil {
			return err
		}
		if err := d.bodies.remove(ctx, s, f); err != nil {
			return err
		}
	}
	return nil
}

// SweepFiles removes what no entry names; see workflows.Files. Of an incident with an entry
// that cannot be read everything stays: it may be the one that names a file.
func (d *database) SweepFiles(ctx context.Context, before time.Time) (int, error) {
	s := d.reading()
	old, err := all(ctx, s, oldFiles, []any{micro(before)}, scanFile)
	if err != nil {
		return 0, fmt.Errorf("look for files without an entry: %w", err)
	}
	swept := 0
	var named map[string]bool
	for i, f := range old {
		if i == 0 || f.id != old[i-1].id {
			if named, err = namedIn(ctx, s, f.id); err != nil {
				return swept, fmt.Errorf("the files of %s: %w", f.id, err)
			}
		}
		if f.digest != "" && (named == nil || named[f.digest]) {
			continue
		}
		n, err := d.sweepOne(ctx, f, before)
		swept += n
		if err != nil {
			return swept, fmt.Errorf("remove a file of %s that no entry names: %w", f.id, err)
		}
	}
	// A file that was erased just when the program was killed.
	erased, err := all(ctx, s, allErasures, nil, func(r rows) (f file, err error) { return f, r.Scan(&f.id, &f.digest) })
	if err != nil {
		return swept, err
	}
	for _, f := range erased {
		if err := d.bodies.removed(f); err != nil {
			return swept, fmt.Errorf("remove an erased file of %s: %w", f.id, err)
		}
	}
	n, err := d.bodies.sweep(before)
	if err != nil {
		return swept, fmt.Errorf("remove uploads that were cut short: %w", err)
	}
	return swept + n, nil
}

// namedIn gives the digests that the entries of an incident name; nil when one of them cannot
// be read.
func namedIn(ctx context.Context, s statements, id incident.ID) (map[string]bool, error) {
	list, err := all(ctx, s, namedFiles, []any{string(id)}, func(r rows) (b []byte, err error) { return b, r.Scan(&b) })
	if err != nil {
		return nil, err
	}
	named := make(map[string]bool, len(list))
	for _, body := range list {
		e, err := incident.Decode(incident.FileAttached{}.Kind(), body)
		if err != nil {
			return nil, nil // then nothing of it is removed
		}
		named[e.(incident.FileAttached).SHA256] = true
	}
	return named, nil
}

// sweepOne removes a file unless it was put again meanwhile.
func (d *database) sweepOne(ctx context.Context, f file, before time.Time) (swept int, err error) {
	err = d.write(ctx, func(s statements) error {
		n, err := s.exec(ctx, deleteOld, f.body, micro(before))
		if swept = int(n); err != nil || n == 0 {
			return err
		}
		return d.bodies.remove(ctx, s, f)
	})
	if err == nil && swept > 0 && f.digest != "" {
		err = d.bodies.removed(f)
	}
	return swept, err
}

// noRoom reports whether the disk of the files or of the database is full.
func noRoom(err error) bool {
	var se *sqlite.Error
	var pe *pgconn.PgError
	return diskFull(err) || errors.As(err, &pe) && pe.Code == diskFullCode || errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_FULL
}
