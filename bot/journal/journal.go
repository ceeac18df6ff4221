// Package journal writes the program's log so that it can be handed to anybody who looks
// after the machine: fixed messages and typed attributes, and nothing that says who reported
// what. It owns the list of attributes that may appear, what each may look like, and the
// masking of errors.
//
// Nobody has to remember to leave a name out: what is not on the list is dropped, what does
// not look as the list says is masked, and of an error everything is masked that may be data
// (see scrub.go). It must not know anything about incidents, and it writes to nothing but
// the writer it is given.
package journal

import (
	"context"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

// Options of a log.
type Options struct {
	JSON  bool
	Level slog.Leveler // nil: slog.LevelInfo
	// Class names an error in one word, for alarms; "" or nil: only by what is known here.
	Class func(error) string
}

// New makes a log that writes to w.
func New(w io.Writer, o Options) *slog.Logger {
	inner := &slog.HandlerOptions{Level: o.Level}
	var out slog.Handler = slog.NewTextHandler(w, inner)
	if o.JSON {
		out = slog.NewJSONHandler(w, inner)
	}
	return slog.New(&handler{out: out, class: o.Class})
}

type handler struct {
	out   slog.Handler
	class func(error) string
	left  int // attributes of With that were dropped
}

func (h *handler) Enabled(ctx context.Context, l slog.Level) bool { return h.out.Enabled(ctx, l) }

func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	kept := slog.NewRecord(r.Time, r.Level, message(r.Message), 0)
	left := h.left
	r.Attrs(func(a slog.Attr) bool {
		attrs := h.allowed(a)
		if attrs == nil {
			left++
		}
		kept.AddAttrs(attrs...)
		return true
	})
	if left > 0 {
		kept.AddAttrs(slog.Int("left_out", left))
	}
	return h.out.Handle(ctx, kept)
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	n := *h
	var kept []slog.Attr
	for _, a := range attrs {
		ok := h.allowed(a)
		if ok == nil {
			n.left++
		}
		kept = append(kept, ok...)
	}
	n.out = h.out.WithAttrs(kept)
	return &n
}

// WithGroup writes no group: its name would be one more thing to check.
func (h *handler) WithGroup(string) slog.Handler { return h }

// message keeps a fixed sentence and nothing else. That every message is a literal is
// tested; this is for a library that words its own.
func message(s string) string {
	if s == "" || len(s) > 120 || !printable(s) {
		return "(not a fixed message)"
	}
	return s
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// Masked stands where a value did not look as it may.
const Masked = "(masked)"

// allowed gives an attribute as it may be written; nil: not at all.
func (h *handler) allowed(a slog.Attr) []slog.Attr {
	if shown, ok := a.Value.Any().(Settings); ok {
		return []slog.Attr{slog.Any("settings", shown)}
	}
	v := a.Value.Resolve()
	if a.Key == "error" {
		err, ok := v.Any().(error)
		if !ok {
			return []slog.Attr{slog.String(a.Key, Masked)}
		}
		return []slog.Attr{slog.String("class", classOf(err, h.class)), slog.String(a.Key, Scrub(err.Error()))}
	}
	looks, ok := list[a.Key]
	if !ok {
		return nil
	}
	switch v.Kind() {
	case slog.KindInt64, slog.KindUint64, slog.KindDuration, slog.KindBool, slog.KindFloat64:
		if looks == nil {
			return []slog.Attr{{Key: a.Key, Value: v}}
		}
	}
	if looks == nil || !looks.MatchString(v.String()) {
		return []slog.Attr{slog.String(a.Key, Masked)}
	}
	return []slog.Attr{slog.String(a.Key, v.String())}
}

var (
	word     = regexp.MustCompile(`^[a-z][a-z_.]{0,39}$`)
	number   = (*regexp.Regexp)(nil) // a number, a duration or a yes or no
	incident = regexp.MustCompile(`^((INC|TRN)-[0-9]{4}-[0-9]{4,9})?$`)
	code     = regexp.MustCompile(`^[A-Z2-7]{8}$`)
	version  = regexp.MustCompile(`^[0-9a-zA-Z.+-]{1,80}$`)
	route    = regexp.MustCompile(`^-$|^([A-Z]{3,7} )?/[a-z/{}$.]{0,60}$`)
	address  = regexp.MustCompile(`^[0-9a-zA-Z.:\[\]-]{1,80}$`)
	trace    = regexp.MustCompile(`^goroutine [0-9]+ \[`)
)

// list is every attribute that may be written, besides error and settings.
var list = map[string]*regexp.Regexp{
	// what it is about
	"component": word, "incident": incident, "seq": number, "message": number, "kind": word,
	"timer": word, "form": word, "request": word, "word": word, "route": route, "setting": regexp.MustCompile(`^[A-Z_]{1,40}$`),
	// how it went
	"attempt": number, "reason": word, "status": number, "count": number, "ready": number,
	"wait": number, "took": number, "within": number,
	// who took a file out: the number of a person in the contact list, which names nobody
	"person": regexp.MustCompile(`^p-[0-9a-f]{8}$`),
	// what a person was told to quote, so that the line is found
	"reference": code,
	// a file of the company's own folder, and the place in it
	"file": regexp.MustCompile(`^[a-z0-9_/.-]{1,80}$`), "line": number, "column": number,
	// the program itself
	"mode": word, "lang": word, "database": word, "version": version, "edition": version, "address": address, "process": number, "stack": trace,
}

// Allows reports whether an attribute of this name is written.
func Allows(name string) bool {
	_, listed := list[name]
	return listed || name == "error" || name == "settings"
}

// Setting is one setting as it may be shown: secrets are masked by whoever makes it.
type Setting struct{ Name, Value string }

// Settings are logged whole, under the attribute "settings". The type is what tells the log
// that somebody has masked them.
type Settings []Setting

// LogValue writes each setting under its name.
func (s Settings) LogValue() slog.Value {
	attrs := make([]slog.Attr, len(s))
	for i, x := range s {
		attrs[i] = slog.String(x.Name, x.Value)
	}
	return slog.GroupValue(attrs...)
}
