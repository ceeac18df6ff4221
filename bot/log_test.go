package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
)

func TestTheLogIsWrittenForWhoeverReadsIt(t *testing.T) {
	// A character device, as a terminal is one.
	screen, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	ctx := context.Background()
	for form, quiet := range map[string]bool{"": true, logText: false, logJSON: false} {
		p := &program{errs: screen, settings: settings{Log: form}}
		if l := p.log(); l.Enabled(ctx, slog.LevelInfo) == quiet || !l.Enabled(ctx, slog.LevelWarn) {
			t.Errorf("HIKESHI_LOG=%s on a terminal: %t", form, l.Enabled(ctx, slog.LevelInfo))
		}
	}
	for form, begins := range map[string]string{"": "{", logText: "time=", logJSON: "{"} {
		var out written
		p := &program{errs: &out, settings: settings{Log: form}}
		p.log().Info("started")
		if s := out.String(); !strings.HasPrefix(s, begins) || strings.Count(s, "\n") != 1 {
			t.Errorf("HIKESHI_LOG=%s elsewhere: %q", form, s)
		}
	}
}

type codeError struct{}

func (codeError) Error() string { return "busy" }
func (codeError) Code() int     { return 5 }

func TestErrorsHaveAClass(t *testing.T) {
	for want, err := range map[string]error{
		"conflict": workflows.ErrConflict, "not_found": workflows.ErrNotFound, "unsure": workflows.ErrUnsure,
		"unreachable": chat.ErrGone, "database": codeError{}, "": errors.New("anything else"),
	} {
		if got := classOf(fmt.Errorf("around: %w", err)); got != want {
			t.Errorf("%v is of the class %q, want %q", err, got, want)
		}
	}
}
