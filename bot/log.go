package main

import (
	"errors"
	"io"
	"log/slog"
	"os"

	"hikeshi/bot/chat"
	"hikeshi/bot/journal"
	"hikeshi/workflows"
)

// How the log is written.
const (
	logText = "text"
	logJSON = "json"
)

// log makes the program's log on standard error: JSON, for whatever gathers it. Somebody who
// looks at a terminal is told what is printed for people, and of the log only what is wrong,
// unless he asked for all of it with HIKESHI_LOG.
func (p *program) log() *slog.Logger {
	o := journal.Options{JSON: p.settings.Log != logText, Class: classOf}
	if p.settings.Log == "" && terminal(p.errs) {
		o.JSON, o.Level = false, slog.LevelWarn
	}
	return journal.New(p.errs, o)
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// classOf names our own errors for alarms. Databases are known by their codes: SQLite's
// errors have a Code, PostgreSQL's a SQLState.
func classOf(err error) string {
	var sqlite interface{ Code() int }
	var postgres interface{ SQLState() string }
	switch {
	case errors.Is(err, workflows.ErrConflict):
		return "conflict"
	case errors.Is(err, workflows.ErrNotFound):
		return "not_found"
	case errors.Is(err, workflows.ErrUnsure):
		return "unsure"
	case errors.Is(err, chat.ErrGone):
		return "unreachable"
	case errors.As(err, &sqlite), errors.As(err, &postgres):
		return "database"
	}
	return ""
}
