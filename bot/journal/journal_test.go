package journal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hikeshi/bot/journal"
)

// written logs by f and gives what was written, as JSON.
func written(t testing.TB, f func(*slog.Logger)) map[string]any {
	t.Helper()
	var b bytes.Buffer
	f(journal.New(&b, journal.Options{JSON: true}))
	if n := bytes.Count(b.Bytes(), []byte("\n")); n != 1 {
		t.Fatalf("%d lines: %s", n, &b)
	}
	var line map[string]any
	if err := json.Unmarshal(b.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	delete(line, "time")
	return line
}

func TestOnlyWhatIsOnTheListIsWritten(t *testing.T) {
	for name, c := range map[string]struct {
		args []any
		want map[string]any
	}{
		"what may be said": {
			[]any{"component", "courier", "incident", "TRN-2026-0001", "seq", int64(7), "kind", "page", "attempt", 3, "took", 1500 * time.Millisecond, "reference", "ABCDEFG2", "route", "GET /incidents/{id}"},
			map[string]any{"component": "courier", "incident": "TRN-2026-0001", "seq": 7.0, "kind": "page", "attempt": 3.0, "took": 1.5e9, "reference": "ABCDEFG2", "route": "GET /incidents/{id}"},
		},
		"other attributes": {
			[]any{"name", "山本 翔太", "text", "社用PCを電車に置き忘れた", "phone", "090-0000-0002", "seq", 1},
			map[string]any{"seq": 1.0, "left_out": 3.0},
		},
		"a name under an allowed key": {
			[]any{"kind", "山本 翔太", "incident", "佐藤", "component", "yamamoto@example.co.jp", "reference", "090-0000", "route", "/incidents/TRN-2026-0001", "seq", "鈴木", "attempt", "090-0000-0002"},
			map[string]any{
				"kind": journal.Masked, "incident": journal.Masked, "component": journal.Masked, "reference": journal.Masked,
				"route": journal.Masked, "seq": journal.Masked, "attempt": journal.Masked,
			},
		},
		"an error that is none": {[]any{"error", "山本"}, map[string]any{"error": journal.Masked}},
		"a stack that is none":  {[]any{"stack", "山本"}, map[string]any{"stack": journal.Masked}},
		"settings that nobody masked": {
			[]any{"settings", map[string]string{"SMTP_URL": "smtp://u:geheim@h"}}, map[string]any{"left_out": 1.0},
		},
		"masked settings": {
			[]any{"settings", journal.Settings{{Name: "HIKESHI_LANG", Value: "ja"}}},
			map[string]any{"settings": map[string]any{"HIKESHI_LANG": "ja"}},
		},
		"a group": {[]any{slog.Group("who", "name", "山本")}, map[string]any{"left_out": 1.0}},
		"an attribute that makes up its value": {
			[]any{"kind", told("山本")}, map[string]any{"kind": journal.Masked},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := written(t, func(l *slog.Logger) { l.Info("something happened", c.args...) })
			c.want["msg"], c.want["level"] = "something happened", "INFO"
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("\n got %v\nwant %v", got, c.want)
			}
			got = written(t, func(l *slog.Logger) { l.With(c.args...).WithGroup("山本").Info("something happened") })
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("by With:\n got %v\nwant %v", got, c.want)
			}
		})
	}
}

// told is a value that says something else when it is asked.
type told string

func (v told) LogValue() slog.Value { return slog.StringValue(string(v)) }

func TestMessagesAreFixed(t *testing.T) {
	for _, m := range []string{"", "山本さんの報告", "a\nb", strings.Repeat("long ", 40)} {
		if got := written(t, func(l *slog.Logger) { l.Info(m) })["msg"]; got != "(not a fixed message)" {
			t.Errorf("%q is written as %q", m, got)
		}
	}
}

func TestAStackIsWrittenWhole(t *testing.T) {
	stack := string(debug.Stack())
	if got := written(t, func(l *slog.Logger) { l.Error("a panic", "stack", stack) })["stack"]; got != stack {
		t.Errorf("%q", got)
	}
}

func TestErrorsKeepWhatWasTriedAndNothingThatWasTyped(t *testing.T) {
	_, timeErr := time.Parse(time.DateOnly, "山本 090-0000-0002")
	_, numErr := strconv.Atoi("tanaka")
	_, fileErr := os.Open("/nowhere/at/all")
	for name, c := range map[string]struct {
		err                error
		class, says, never string
	}{
		"ours":               {fmt.Errorf("claim timers: %w", errors.New("database is locked (5) (SQLITE_BUSY)")), "other", "claim timers: database is locked (5) (SQLITE_BUSY)", "..."},
		"an incident":        {fmt.Errorf("save %s: %w", "TRN-2026-0001", context.DeadlineExceeded), "timeout", "save TRN-2026-0001: context deadline exceeded", "..."},
		"a quoted incident":  {errors.New(`request of "INC-2026-12345"`), "other", `request of "INC-2026-12345"`, "..."},
		"canceled":           {fmt.Errorf("x: %w", context.Canceled), "canceled", "x: context canceled", ""},
		"quoted":             {fmt.Errorf("bad value %q given", "the shared drive does not open"), "other", `bad value "..." given`, "shared"},
		"quoted twice":       {fmt.Errorf("%q and %q", `a "b" c`, `d\`), "other", `"..." and "..."`, "b"},
		"quote cut off":      {errors.New(`bad "the shared drive`), "other", `bad "..."`, "drive"},
		"back quotes":        {errors.New("bad `the shared drive` here"), "other", `bad "..." here`, "drive"},
		"Japanese":           {errors.New("column 社用PC置き忘れ failed"), "other", "failed", "社用"},
		"a name":             {fmt.Errorf("no %v", "山本 翔太"), "other", "no ", "翔太"},
		"a phone":            {errors.New("call 090-0000-0002 now"), "other", "call ... now", "0002"},
		"a phone abroad":     {errors.New("call +81 90 0000 0002 now"), "other", "call ... now", "0002"},
		"a phone in fullwid": {errors.New("call ０９０−００００ now"), "other", "call ... now", "９０"},
		"mail":               {errors.New("mail to yamamoto@example.co.jp refused"), "other", "mail to ... refused", "yamamoto"},
		"an address":         {errors.New("dial postgres://hikeshi:geheim@db:5432/x failed"), "other", "dial ... failed", "geheim"},
		"a Slack token":      {errors.New("auth xoxb-123-geheim refused"), "other", "auth ... refused", "geheim"},
		"a bearer":           {errors.New("sent Bearer geheim123 twice"), "other", "sent ... twice", "geheim"},
		"a long token":       {errors.New("key " + strings.Repeat("aB3", 12) + " refused"), "other", "key ... refused", "aB3"},
		"the library's time": {timeErr, "other", "parsing time", "山本"},
		"the library's int":  {numErr, "other", `strconv.Atoi: parsing "...": invalid syntax`, "tanaka"},
		"a file":             {fileErr, "file", "open /nowhere/at/all: no such file", ""},
		"the network":        {&net.OpError{Op: "dial", Err: errors.New("refused")}, "network", "dial: refused", ""},
		"several":            {errors.Join(errors.New("one"), fs.ErrClosed), "other", "one", "\n"},
		"endless":            {errors.New(strings.Repeat("very long ", 1000)), "other", "very long", strings.Repeat("very long ", 40)},
	} {
		t.Run(name, func(t *testing.T) {
			got := written(t, func(l *slog.Logger) { l.Error("it failed", "error", c.err) })
			text, _ := got["error"].(string)
			if got["class"] != c.class || !strings.Contains(text, c.says) || c.never != "" && strings.Contains(text, c.never) {
				t.Errorf("%v is written as %v", c.err, got)
			}
		})
	}
}

func TestClassesOfTheProgram(t *testing.T) {
	var b bytes.Buffer
	l := journal.New(&b, journal.Options{Class: func(err error) string {
		if errors.Is(err, fs.ErrExist) {
			return "conflict"
		}
		return "山本" // no word: not taken
	}})
	l.Error("x", "error", fs.ErrExist)
	l.Error("y", "error", context.Canceled)
	if s := b.String(); !strings.Contains(s, "class=conflict") || !strings.Contains(s, "class=canceled") || strings.Contains(s, "山本") {
		t.Error(s)
	}
}

// Whatever somebody typed: quoted as our errors quote it, or beyond plain ASCII, nothing of it
// is left.
func TestNothingTypedIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.StringMatching(`[a-z]{4,12}( [a-z"\\]{3,10}){0,4}`).Draw(t, "typed")
		said := journal.Scrub(fmt.Errorf("SAVE %q: %w", typed, errors.New("REFUSED")).Error())
		if said != `SAVE "...": REFUSED` {
			t.Fatalf("%q is left as %q", typed, said)
		}
		japanese := rapid.StringOfN(rapid.RuneFrom([]rune("山本翔太のパソコンを電車に置き忘れた（）、。０９")), 1, 60, -1).Draw(t, "japanese")
		said = journal.Scrub("SAVE " + japanese + ": REFUSED")
		if said != "SAVE ...: REFUSED" {
			t.Fatalf("%q is left as %q", japanese, said)
		}
	})
}

func FuzzScrub(f *testing.F) {
	for _, s := range []string{"", `"`, `\"`, "a@b", "090-1234-5678", "x \"山\\\" y", "INC-2026-0001", "\xff\xfe\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := journal.Scrub(s)
		if len(out) > 310 || strings.ContainsFunc(out, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q becomes %q", s, out)
		}
	})
}

// The server's own lines quote a caller's address and a panic's value.
func TestTheServersLinesKeepTheirKind(t *testing.T) {
	for line, reason := range map[string]string{
		"http: panic serving 192.0.2.7:1234: 社用PC\ngoroutine 1 [running]:": "panic",
		"http: TLS handshake error from 192.0.2.7:1: EOF":                  "tls_handshake",
		"http: Accept error: accept tcp: too many open files; retrying":    "accept",
		"something new about 192.0.2.7":                                    "other",
	} {
		got := written(t, func(l *slog.Logger) { journal.ServerLog(l).Print(line) })
		if got["reason"] != reason || strings.Contains(fmt.Sprint(got), "192.0.2.7") || strings.Contains(fmt.Sprint(got), "社用") {
			t.Errorf("%q is written as %v", line, got)
		}
	}
}
