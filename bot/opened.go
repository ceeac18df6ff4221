package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hikeshi/store"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/clock"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
	"hikeshi/workflows/procedure"
	"hikeshi/workflows/report"
)

// opened is what most subcommands need: texts, procedures, database and service.
type opened struct {
	texts   *templates.Texts
	book    *procedure.Book
	paging  *paging.Policy
	company company.Profile
	rules   *clock.Book // of notification; nil: none
	store   workflows.Store
	service *workflows.Service
	clock   workflows.Clock
	// forms are what reports are filled into; nil is our own page.
	forms *templates.ReportForms
}

func (p *program) overlay() fs.FS {
	if p.settings.Config == "" {
		return nil
	}
	return os.DirFS(p.settings.Config)
}

// texts reads the messages alone, for what needs no more.
func (p *program) texts() (*templates.Texts, error) { return templates.LoadTexts(p.overlay()) }

func (p *program) book() (*procedure.Book, error) { return templates.LoadProcedures(p.overlay()) }

// withService opens what is there, beside a running server, and only to read.
func (p *program) withService(ctx context.Context, f func(*opened) error) error {
	if path, ok := strings.CutPrefix(p.settings.database(), "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return say("cli.no_database", "path", path)
		}
	}
	return p.open(ctx, f, store.WithReadOnly())
}

// open opens the database, also to change it; a running server takes notice of what changed.
func (p *program) open(ctx context.Context, f func(*opened) error, options ...store.Option) (err error) {
	o, err := p.openStore(ctx, options...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.store.Close()) }()
	o.service, err = workflows.New(ctx, workflows.Options{Store: o.store, Clock: o.clock, Book: o.book, Paging: o.paging, Clocks: o.clocks(), Practice: p.settings.practice(), Places: p.settings.inUse().platforms(), Reaches: p.reachesBy(func() *workflows.Service { return o.service }), Log: p.log()})
	if err != nil {
		return err
	}
	return f(o)
}

// templates reads everything that the company may change, as a whole or not at all.
func (p *program) templates() (*templates.Set, error) {
	if p.settings.Config != "" {
		// A folder that is gone is no empty one: a company's own rules must not turn into ours.
		if st, err := os.Stat(p.settings.Config); err != nil || !st.IsDir() {
			return nil, say("cli.setting.config", "value", p.settings.Config)
		}
	}
	return templates.Load(p.overlay(), p.settings.practice())
}

func (o *opened) take(s *templates.Set) {
	o.texts, o.book, o.paging, o.company = s.Texts, s.Book, s.Paging, s.Company
	o.rules, o.forms = s.Clocks, s.Forms
}

// clocks gives the rules of notification to the service; without any it starts no clock.
func (o *opened) clocks() incident.Clocks {
	if o.rules == nil {
		return nil
	}
	return o.rules
}

func (p *program) openStore(ctx context.Context, options ...store.Option) (*opened, error) {
	o := &opened{}
	set, err := p.templates()
	if err != nil {
		return nil, err
	}
	o.take(set)
	if path, ok := strings.CutPrefix(p.settings.database(), "sqlite:"); ok {
		if err := makeFolder(path); err != nil {
			return nil, err
		}
	}
	if o.store, err = store.Open(ctx, p.settings.database(), options...); err != nil {
		return nil, err
	}
	if err := p.keepApart(ctx, o.store); err != nil {
		return nil, errors.Join(err, o.store.Close())
	}
	o.clock = realClock{}
	if p.settings.practice() {
		if o.clock, err = newPracticeClock(ctx, o.store); err != nil {
			return nil, errors.Join(err, o.store.Close())
		}
	}
	return o, nil
}

// modeSetting keeps whether a database is for practice or for real.
const modeSetting = "mode"

// keepApart refuses a database of the other mode: its people, its messages and its clock must
// not get into this one's.
func (p *program) keepApart(ctx context.Context, s workflows.Store) error {
	mode, err := s.Setting(ctx, modeSetting)
	switch {
	case err != nil:
		return err
	case mode == "":
		if err = s.SetSetting(ctx, modeSetting, p.settings.Mode); errors.Is(err, store.ErrReadOnly) {
			return nil // whoever only reads leaves it to the server
		}
		return err
	case mode != p.settings.Mode:
		return say("cli.other_mode", "mode", mode, "wanted", p.settings.Mode)
	}
	return nil
}

// makeFolder makes the folder of a database file, for its owner only: it holds the record of
// incidents.
func makeFolder(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return say("cli.no_folder", "path", filepath.Dir(file), "why", err.Error())
	}
	return nil
}

// render makes a document's bytes in a format.
func render(doc report.Document, format string, made time.Time) ([]byte, error) {
	switch format {
	case "md":
		return templates.Markdown(doc), nil
	case "docx":
		return templates.Docx(doc, made)
	case "pdf":
		return templates.PDF(doc, made)
	default:
		return nil, usageError{say("cli.usage.format", "format", format)}
	}
}

// day prints a day in Tokyo in the reader's language.
func (p *program) day(t *templates.Texts, at time.Time) string {
	at = at.In(incident.Tokyo)
	return t.Say(p.settings.Lang, "cli.day", "year", at.Format("2006"), "month", at.Format("1"), "day", at.Format("2"))
}
