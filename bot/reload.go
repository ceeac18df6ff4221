package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"hikeshi/templates"
)

// now gives what is open with the texts and the company in force, for one answer.
func (h *house) now() *opened {
	o := *h.opened
	o.take(h.inForce.Load())
	return &o
}

// say gives a text in force.
func (h *house) say(lang, key string, pairs ...string) string {
	return h.inForce.Load().Texts.Say(lang, key, pairs...)
}

// use puts what the company changed in force, all of it. Only storing the edition can fail,
// and it comes first: with an error everything stays as it was.
func (h *house) use(ctx context.Context, set *templates.Set, lang string) error {
	if err := h.service.Use(ctx, set.Book, set.Paging); err != nil {
		return err
	}
	h.service.UseClocks(set.Clocks)
	h.desk.Use(set.Texts, set.Company.In(lang))
	h.inForce.Store(set)
	h.web.Changed("")
	return nil
}

// reload reads the company's folder again, on SIGHUP. With any fault the server goes on with
// what it has, and says each. It reports whether the server is to run on: when a terminal is
// closed the program gets the same signal, but nobody reads what it says any more, and then
// it ends as it always did.
func (p *program) reload(ctx context.Context, h *house, log *slog.Logger) (runOn bool) {
	said := h.say(p.settings.Lang, "cli.reload.none")
	if p.settings.Config != "" {
		said = p.readAgain(ctx, h, log)
	}
	if _, err := fmt.Fprintln(p.out, said); err != nil {
		log.InfoContext(ctx, "the terminal is gone; stopping")
		return false
	}
	return true
}

// following has what is open follow the rules of notification at once, each time it is told that
// they may have changed. With much that is open it takes long, so that neither the answer to a
// reload nor the next one waits for it. What the end cuts short is done at the next start.
func (h *house) following(ctx context.Context, log *slog.Logger) (follow, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	told := make(chan struct{}, 1)
	var under sync.WaitGroup
	under.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-told:
			}
			if err := h.service.Redraw(ctx); err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, "not every incident follows the rules of notification yet; trying again in a minute", "component", "calendar", "error", err)
			}
		}
	})
	follow = func() {
		select {
		case told <- struct{}{}:
		default: // it looks at everything anyway
		}
	}
	return follow, func() { cancel(); under.Wait() }
}

// readAgain gives the sentence that says what came of it.
func (p *program) readAgain(ctx context.Context, h *house, log *slog.Logger) string {
	lang := p.settings.Lang
	set, err := p.templates()
	forms, wrong := templates.LoadReportForms(p.overlay())
	if err = errors.Join(err, wrong); err == nil {
		set.Forms = forms
		err = h.use(ctx, set, lang)
	}
	version := h.service.InForce().Version()
	if err == nil {
		log.InfoContext(ctx, "the templates were read again", "edition", version)
		return h.say(lang, "cli.reload.done", "version", version)
	}
	log.ErrorContext(ctx, "the changed templates were refused; the old ones stay in force", "edition", version)
	for _, one := range eachOf(err) {
		// What the sentence quotes is the company's own; it is printed, and not logged.
		var f templates.Fault
		if errors.As(one, &f) {
			log.ErrorContext(ctx, "a fault of the templates", "component", "templates", "file", f.File, "line", f.Line, "column", f.Column)
		}
	}
	return h.say(lang, "cli.reload.refused", "faults", p.inWords(err))
}

// eachOf takes a joined error apart.
func eachOf(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}
