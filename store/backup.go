package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hikeshi/store/archive"
	"hikeshi/workflows"
)

// A backup is made from one snapshot of the database, beside a running server: what is
// written meanwhile is in the next one. Which tables and columns there are is asked of the
// database, so that a table that a later version adds is in the backup, too. Attached files
// come as files wherever their bytes lie, so that a backup of either database can be
// restored into the other.

// BackupOptions say what a backup is to hold beside the database.
type BackupOptions struct {
	Version string    // of the program
	Mode    string    // practice or live, where the data do not tell
	Now     time.Time // of the snapshot
	Overlay fs.FS     // the company's own folder; nil: none
}

// Saved is a backup that was made.
type Saved struct {
	About    archive.About
	Manifest archive.Manifest
	Size     int64 // bytes of the file
}

// The tables of attached files, as the archive needs to know them.
const (
	filesTable  = "files"
	bodiesTable = "file_bodies"
	// The rows of signInsTable stay out of a backup: a session that was ended since would be
	// in force again after a restore, and a link that was used up, too.
	signInsTable = "sign_ins"
	// Of settingsTable the key of the answer links stays out. Backups lie in many places and
	// for years; whoever found the key in one could decline every call of the running system
	// without a way into it. After a restore there is a new key: links of before are refused,
	// and say to open the chat or to phone; the calls that are made then bring new ones.
	settingsTable = "settings"
)

// session is one connection, in a snapshot or to a database that is being filled.
type session interface {
	tables(ctx context.Context) ([]tableRead, error)
	// each calls f with each row of a query, without holding more of them than one.
	each(ctx context.Context, query string, args []any, f func([]any) error) error
	exec(ctx context.Context, query string, args ...any) (int64, error)
	// fill adds rows to a table.
	fill(ctx context.Context, t archive.Table, rows [][]any) error
}

// tableRead is a table with the columns of its key.
type tableRead struct {
	archive.Table
	key []string
}

// Backup writes the archive of the database at url to file, which must not exist. It changes
// nothing in the database and may run beside a server. A *archive.Fault or an error of one
// sentence says why it could not.
func Backup(ctx context.Context, url, file string, o BackupOptions) (Saved, error) {
	if isPostgres(url) {
		return backupPostgres(ctx, url, file, o)
	}
	return backupSQLite(ctx, url, file, o)
}

// bodyReader opens the bytes of an attached file, with their number; fs.ErrNotExist.
type bodyReader func(ctx context.Context, incident, digest string) (io.ReadCloser, int64, error)

// backUp writes what a snapshot holds.
func backUp(ctx context.Context, s session, kind string, schema int64, file string, bodies bodyReader, o BackupOptions) (saved Saved, err error) {
	tables, err := s.tables(ctx)
	if err != nil {
		return saved, err
	}
	mode, err := modeOf(ctx, s, o.Mode)
	if err != nil {
		return saved, err
	}
	about := archive.About{Version: o.Version, Schema: schema, Kind: kind, Mode: mode, Made: o.Now.UTC().Truncate(time.Second)}
	for _, t := range tables {
		about.Tables = append(about.Tables, t.Table)
	}
	w, err := archive.Create(file, about)
	if err != nil {
		return saved, err
	}
	done := false
	defer func() {
		if !done {
			w.Abort()
		}
	}()
	for i, t := range tables {
		if err := s.each(ctx, selectAll(t), nil, func(row []any) error { return w.Row(i, row) }); err != nil {
			return saved, fmt.Errorf("read table %s: %w", t.Name, err)
		}
	}
	if err := backUpFiles(ctx, s, tables, w, bodies); err != nil {
		return saved, err
	}
	if err := backUpOverlay(ctx, w, o.Overlay); err != nil {
		return saved, err
	}
	if err := ctx.Err(); err != nil {
		return saved, err
	}
	done = true // Close gives it up itself
	saved.About = about
	saved.Manifest, saved.Size, err = w.Close()
	return saved, err
}

// modeOf tells practice from live by the numbers that were given out: whoever makes a backup
// by hand may not have set the server's mode. Where there are none, the mode that is set counts.
func modeOf(ctx context.Context, s session, set string) (string, error) {
	found := map[string]bool{}
	err := s.each(ctx, `SELECT series FROM counters`, nil, func(row []any) error {
		series, _, _ := strings.Cut(fmt.Sprint(row[0]), "-")
		found[series] = true
		return nil
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("read the numbers: %w", err)
	case found["INC"] && !found["TRN"]:
		return "live", nil
	case found["TRN"] && !found["INC"]:
		return "practice", nil
	}
	return set, nil
}

// selectAll reads a table by its key. Bytes of attached files are not read as rows, and an
// upload under way is left out with its row.
func selectAll(t tableRead) string {
	var columns []string
	for _, c := range t.Columns {
		columns = append(columns, quoted(c.Name))
	}
	query := "SELECT " + strings.Join(columns, ", ") + " FROM " + quoted(t.Name)
	switch t.Name {
	case filesTable:
		query += " WHERE digest <> ''"
	case bodiesTable, signInsTable:
		query += " WHERE FALSE"
	case settingsTable:
		query += " WHERE name <> '" + workflows.AnswerKeySetting + "'"
	}
	if len(t.key) > 0 {
		var key []string
		for _, c := range t.key {
			key = append(key, quoted(c))
		}
		query += " ORDER BY " + strings.Join(key, ", ")
	}
	return query
}

// quoted is a name as both databases take it.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// backUpFiles copies the files that the snapshot names. They were stored before it was
// taken and never change, so that they may be copied after it.
func backUpFiles(ctx context.Context, s session, tables []tableRead, w *archive.Writer, bodies bodyReader) error {
	if !has(tables, filesTable) {
		return nil
	}
	var names [][2]string
	err := s.each(ctx, `SELECT DISTINCT incident, digest FROM files WHERE digest <> '' ORDER BY incident, digest`, nil, func(row []any) error {
		incident, _ := row[0].(string) // what is no text has no file
		digest, _ := row[1].(string)
		names = append(names, [2]string{incident, digest})
		return nil
	})
	if err != nil {
		return fmt.Errorf("list the attached files: %w", err)
	}
	for _, n := range names {
		if err := backUpFile(ctx, w, n[0], n[1], bodies); err != nil {
			return fmt.Errorf("an attached file of %s: %w", n[0], err)
		}
	}
	return nil
}

func has(tables []tableRead, name string) bool {
	for _, t := range tables {
		if t.Name == name {
			return true
		}
	}
	return false
}

// backUpFile copies one file. One that is not there, or is not what it was, is no reason to
// have no backup at all: it is noted.
func backUpFile(ctx context.Context, w *archive.Writer, incident, digest string, bodies bodyReader) error {
	name, ok := archive.FileName(incident, digest)
	if !ok {
		w.Missing(incident + "/" + digest)
		return nil
	}
	r, size, err := bodies(ctx, incident, digest)
	if errors.Is(err, fs.ErrNotExist) {
		w.Missing(name)
		return nil
	}
	if err != nil {
		return err
	}
	defer r.Close()
	found, err := w.File(name, size, r)
	if err != nil {
		return err
	}
	if found != digest {
		w.Missing(name)
	}
	return nil
}

// backUpOverlay copies the company's own folder. A link to a file counts as the file.
func backUpOverlay(ctx context.Context, w *archive.Writer, overlay fs.FS) error {
	if overlay == nil {
		return nil
	}
	return fs.WalkDir(overlay, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("the folder HIKESHI_CONFIG cannot be read: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		switch {
		case name == ".":
			return nil
		case !archive.OverlayName(name) && entry.IsDir():
			return fs.SkipDir
		case !archive.OverlayName(name) || entry.IsDir():
			return nil
		}
		st, err := fs.Stat(overlay, name)
		if err != nil || !st.Mode().IsRegular() {
			return err
		}
		body, err := fs.ReadFile(overlay, name)
		if err != nil {
			return fmt.Errorf("the folder HIKESHI_CONFIG cannot be read: %w", err)
		}
		return w.Overlay(name, body)
	})
}

// fromFolder opens files that lie beside a SQLite file.
func fromFolder(path string) bodyReader {
	return func(_ context.Context, incident, digest string) (io.ReadCloser, int64, error) {
		f, err := os.Open(filepath.Join(path, incident, digest))
		if err != nil {
			return nil, 0, err
		}
		st, err := f.Stat()
		if err != nil || !st.Mode().IsRegular() {
			f.Close()
			return nil, 0, errors.Join(err, fs.ErrNotExist)
		}
		return f, st.Size(), nil
	}
}

// fromTable opens files whose bytes lie in the database.
func fromTable(s session) bodyReader {
	return func(ctx context.Context, incident, digest string) (io.ReadCloser, int64, error) {
		var body string
		var size int64
		err := s.each(ctx, `SELECT f.body, coalesce(sum(octet_length(b.piece)), 0)::bigint FROM files f LEFT JOIN file_bodies b ON b.body = f.body
			WHERE f.incident = $1 AND f.digest = $2 GROUP BY f.body ORDER BY f.body LIMIT 1`, []any{incident, digest}, func(row []any) error {
			body, _ = row[0].(string)
			size, _ = row[1].(int64)
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
		if body == "" {
			return nil, 0, fs.ErrNotExist
		}
		return &bodyPieces{ctx: ctx, s: s, body: body}, size, nil
	}
}

// bodyPieces reads the pieces of a body one after the other.
type bodyPieces struct {
	ctx  context.Context //nolint:containedctx // of the backup: io.Reader has none
	s    session
	body string
	n    int64
	left bytes.Reader
}

func (p *bodyPieces) Read(b []byte) (int, error) {
	if p.left.Len() == 0 {
		found := false
		err := p.s.each(p.ctx, `SELECT piece FROM file_bodies WHERE body = $1 AND n = $2`, []any{p.body, p.n}, func(row []any) error {
			piece, _ := row[0].([]byte)
			p.left.Reset(piece)
			found = len(piece) > 0
			return nil
		})
		if err != nil {
			return 0, err
		}
		if !found {
			return 0, io.EOF
		}
		p.n++
	}
	return p.left.Read(b)
}

func (p *bodyPieces) Close() error { return nil }
