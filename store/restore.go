package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"

	"hikeshi/store/archive"
	"hikeshi/workflows"
)

// A restore fills a new database beside the one that is named, and gives it the name as the
// last step: until then there is nothing, or what a start refuses with a sentence
// (brokenOff), and a restore that is begun again clears away what the one before has left.

// RestoreOptions say into what an archive is restored.
type RestoreOptions struct {
	Mode string // practice or live: an archive of the other is refused
	// Overlay is the folder for the company's own files; it must be empty or not there yet.
	// Empty: they are not restored.
	Overlay string
	// Prepare is called with the filled database before it gets its name; an error of it
	// ends the restore.
	Prepare func(ctx context.Context, s workflows.Store) error

	migrations fs.FS             // nil: those of the program
	step       func(what string) // in tests: called after each step
	overlay    *placing
}

// Restored is what a restore has put in place.
type Restored struct {
	Held    int64 // messages that were on their way, and are not sent by themselves
	Urgent  int64 // how many of them are calls
	Files   int
	Overlay int // files of the company's own folder
}

// The error of a message that a restore holds back, and the statements that make a database
// fit to go on from. What was on its way may have been sent by the server of before, after
// the backup was made: nobody can tell, and so it is not sent again by itself. A later
// refresh of one that never arrived is marked 再送 for the same reason. The timers of
// incidents stay and make new calls; those of the calendar are the calendar's to make.
const (
	errorRestored = "restored"
	countHeld     = `SELECT count(*), coalesce(sum(CASE WHEN urgent = 1 THEN 1 ELSE 0 END), 0) FROM messages WHERE next IS NOT NULL OR state = 'pending'`
	holdMessages  = `UPDATE messages SET state = 'failed', error = '` + errorRestored + `', next = NULL, owner = '', leased_revision = 0, leased_attempt = 0,
		resent = CASE WHEN first_sent = 0 THEN 1 ELSE resent END WHERE next IS NOT NULL OR state = 'pending'`
	freeTimers    = `UPDATE timers SET owner = '', attempt = 0, next = due WHERE owner <> ''`
	dropCalendars = `DELETE FROM timers WHERE incident = ''`
)

// Restore fills the database at url, which must hold nothing, with an archive. On SQLite no
// server may run on it. Either everything is in place afterwards, or the database holds
// nothing as before. A *archive.Fault, *Locked or an error of one sentence says why it was
// refused.
func Restore(ctx context.Context, url string, a *archive.Archive, o RestoreOptions) (Restored, error) {
	if o.migrations == nil {
		o.migrations = migrationFiles()
	}
	if o.step == nil {
		o.step = func(string) {}
	}
	switch a.About.Mode {
	case o.Mode:
	case "practice":
		return Restored{}, refusedRestore("restore.practice_into_live")
	default:
		return Restored{}, refusedRestore("restore.live_into_practice")
	}
	known, err := newestMigration(o.migrations)
	if err != nil {
		return Restored{}, err
	}
	if a.About.Schema > known {
		return Restored{}, refusedRestore("restore.newer", "schema", strconv.FormatInt(a.About.Schema, 10), "known", strconv.FormatInt(known, 10))
	}
	o.overlay = &placing{path: o.Overlay}
	if err := o.overlay.free(a); err != nil {
		return Restored{}, err
	}
	if isPostgres(url) {
		return restorePostgres(ctx, url, a, o)
	}
	return restoreSQLite(ctx, url, a, o)
}

func refusedRestore(key string, pairs ...string) error { return &archive.Fault{Key: key, Args: pairs} }

// newestMigration is the version that migrations lead to.
func newestMigration(files fs.FS) (v int64, err error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		n, err := goose.NumericComponent(name)
		if err != nil {
			return 0, err
		}
		v = max(v, n)
	}
	return v, nil
}

// filling is a database that is being filled.
type filling interface {
	session
	// migrate brings the empty or filled database to a version; 0 is the newest.
	migrate(ctx context.Context, to int64) error
	// put keeps an attached file that the table files names.
	put(ctx context.Context, incident, digest string, r io.Reader) error
	// prepare opens what was filled for a moment.
	prepare(ctx context.Context, f func(ctx context.Context, s workflows.Store) error) error
}

// fillFrom puts everything of an archive but the overlay into a new database.
func fillFrom(ctx context.Context, d filling, a *archive.Archive, o RestoreOptions) (restored Restored, err error) {
	if err := d.migrate(ctx, a.About.Schema); err != nil {
		return restored, err
	}
	tables, err := d.tables(ctx)
	if err != nil {
		return restored, err
	}
	if err := sameTables(tables, a.About.Tables); err != nil {
		return restored, err
	}
	for _, t := range tables { // what a migration has put in is in the archive, too
		if _, err := d.exec(ctx, "DELETE FROM "+quoted(t.Name)); err != nil {
			return restored, err
		}
	}
	byName := map[string]archive.Table{}
	for _, t := range a.About.Tables {
		byName[t.Name] = t
	}
	err = a.Read(func(p archive.Part) error {
		o.step("part")
		if err := ctx.Err(); err != nil {
			return err
		}
		switch p.Kind {
		case archive.KindTable:
			var rows [][]any
			err := p.Rows(func(row []any) error {
				rows = append(rows, row)
				return nil
			})
			if err != nil {
				return err
			}
			return d.fill(ctx, byName[p.Name], rows)
		case archive.KindFile:
			incident, digest, _ := strings.Cut(p.Name, "/")
			restored.Files++
			return d.put(ctx, incident, digest, p.Body)
		case archive.KindOverlay:
			return o.overlay.write(p)
		}
		return nil
	})
	if err != nil {
		return restored, err
	}
	restored.Overlay = o.overlay.files
	o.step("filled")
	if err := d.migrate(ctx, 0); err != nil {
		return restored, err
	}
	o.step("migrated")
	if err := hold(ctx, d, &restored); err != nil {
		return restored, err
	}
	if o.Prepare != nil {
		if err := d.prepare(ctx, o.Prepare); err != nil {
			return restored, err
		}
	}
	o.step("prepared")
	return restored, nil
}

// hold keeps back what may have been sent already, and ends the leases of servers of before.
func hold(ctx context.Context, d filling, restored *Restored) error {
	err := d.each(ctx, countHeld, nil, func(row []any) error {
		restored.Held, _ = row[0].(int64)
		restored.Urgent, _ = row[1].(int64)
		return nil
	})
	if err != nil {
		return err
	}
	for _, statement := range []string{holdMessages, freeTimers, dropCalendars} {
		if _, err := d.exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// sameTables sees that an archive fits the schema of its version. The columns may have
// another order: a column that was added to a table stands last in one made since.
func sameTables(here []tableRead, there []archive.Table) error {
	for i := range max(len(here), len(there)) {
		switch {
		case i >= len(there) || i < len(here) && here[i].Name < there[i].Name:
			return refusedRestore("restore.table", "table", here[i].Name)
		case i >= len(here) || here[i].Name > there[i].Name:
			return refusedRestore("restore.table", "table", there[i].Name)
		}
		a, b := slices.Clone(here[i].Columns), slices.Clone(there[i].Columns)
		for _, c := range [][]archive.Column{a, b} {
			slices.SortFunc(c, func(x, y archive.Column) int { return strings.Compare(x.Name, y.Name) })
		}
		if !slices.Equal(a, b) {
			return refusedRestore("restore.table", "table", here[i].Name)
		}
	}
	return nil
}

// occupied reports whether a table holds something that neither a migration nor the start of
// a server has put there. from writes the name of a table.
func occupied(ctx context.Context, s session, tables []string, from func(table string) string) (bool, error) {
	found := false
	for _, t := range tables {
		query := "SELECT 1 FROM " + from(t)
		switch t {
		case "editions": // the rules in force are noted at each start
			continue
		case "sign_ins", "memories": // without an incident there is nobody to miss them
			continue
		case "settings":
			query += " WHERE name <> 'mode'" // which is noted at the first start
		case "versions":
			query += " WHERE n > 0" // of lists that were never replaced
		}
		err := s.each(ctx, query+" LIMIT 1", nil, func([]any) error {
			found = true
			return nil
		})
		if err != nil || found {
			return found, err
		}
	}
	return false, nil
}

var errRestoreMigration = errors.New("the restored database could not be brought up to date")

func migrationFailed(err error) error { return fmt.Errorf("%w: %w", errRestoreMigration, err) }
