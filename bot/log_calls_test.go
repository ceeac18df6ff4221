package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hikeshi/bot/journal"
)

// logCalls are the methods of a slog.Logger that write, and at which argument their message
// stands.
var logCalls = map[string]int{
	"Debug": 0, "Info": 0, "Warn": 0, "Error": 0,
	"DebugContext": 1, "InfoContext": 1, "WarnContext": 1, "ErrorContext": 1,
}

// typed are the ends of expressions that hold what somebody typed, or who somebody is. An
// error that holds one says %q, which the log masks; with %s or %v it would be read there.
var typed = regexp.MustCompile(`(?i)(^|\.)(text|texts|body|title|typed|reason|values?|answers?|phone|email|mail|person|personname|who|reporter|company|department)$`)

// faultsOfLogs finds calls of a log whose message is not fixed or whose attributes are not
// named in the code, and errors that are made of what somebody typed.
func faultsOfLogs(name string, source any) (faults []string, calls int, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, 0)
	if err != nil {
		return nil, 0, err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		fault := func(says string) {
			faults = append(faults, fmt.Sprintf("%s: %s", files.Position(call.Pos()), says))
		}
		at, logs := logCalls[sel.Sel.Name]
		switch {
		case logs && strings.HasSuffix(strings.ToLower(expression(sel.X)), "log") && len(call.Args) > at:
			calls++
			if _, ok := literal(call.Args[at]); !ok {
				fault("the message of a log line must be a literal")
			}
			attributes := call.Args[at+1:]
			if len(attributes)%2 != 0 {
				fault("attributes are written as name and value")
			}
			for i := 0; i < len(attributes); i += 2 {
				if name, ok := literal(attributes[i]); !ok {
					fault("the name of an attribute must be a literal")
				} else if !journal.Allows(name) {
					fault("the log leaves out " + name + ": use an attribute of bot/journal's list")
				}
			}
		case expression(sel) == "fmt.Errorf":
			format, ok := literal(call.Args[0])
			if !ok {
				fault("the format of an error must be a literal")
				return true
			}
			for i, verb := range verbs.FindAllString(strings.ReplaceAll(format, "%%", ""), -1) {
				if i+1 < len(call.Args) && (verb == "%s" || verb == "%v") && typed.MatchString(expression(call.Args[i+1])) {
					fault(expression(call.Args[i+1]) + " may have been typed by somebody: write it with %q, which the log masks")
				}
			}
		}
		return true
	})
	return faults, calls, nil
}

var verbs = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

// expression writes names and selections as they stand in the code; anything else as "".
func expression(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return expression(e.X) + "." + e.Sel.Name
	case *ast.CallExpr: // a conversion, such as string(x)
		if len(e.Args) == 1 {
			return expression(e.Args[0])
		}
	}
	return ""
}

func TestLogLinesAreFixedAndErrorsQuote(t *testing.T) {
	calls := 0
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			// templates: its faults are for the operator who wrote the files, and go to no log.
			if base := entry.Name(); base == "testdata" || base == "templates" || base[0] == '.' && base != ".." || strings.HasSuffix(base, "test") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		faults, n, err := faultsOfLogs(name, nil)
		for _, f := range faults {
			t.Error(f)
		}
		calls += n
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if calls < 20 {
		t.Errorf("found %d lines that log: they are looked for by the name of the log", calls)
	}
}

func TestALooseLogLineIsCaught(t *testing.T) {
	for code, says := range map[string]string{
		`log.Info("started", "component", "server")`:             "",
		`v.log.WarnContext(ctx, "kept", "error", err)`:           "",
		`fmt.Errorf("read %s: %w", id, err)`:                     "",
		`fmt.Errorf("read %q: %w", in.Title, err)`:               "",
		`fmt.Errorf("100%% of %q", in.Title)`:                    "",
		`c.Log.Info("about " + title)`:                           "must be a literal",
		`c.Log.InfoContext(ctx, title, "seq", 1)`:                "must be a literal",
		`log.Error("failed", key, value)`:                        "name of an attribute",
		`log.Error("failed", "name", in.Title)`:                  "leaves out name",
		`log.Error("failed", "error")`:                           "name and value",
		`fmt.Errorf("report %s: %w", in.Title, err)`:             "in.Title may have been typed",
		`fmt.Errorf("report %d %v: %w", n, string(r.Text), err)`: "r.Text may have been typed",
		`fmt.Errorf("report of " + name)`:                        "format of an error",
		`fmt.Errorf("%s has no phone %s", p.ID, phone)`:          "phone may have been typed",
	} {
		faults, _, err := faultsOfLogs("x.go", "package x\nfunc f() { "+code+" }")
		if err != nil {
			t.Fatal(err)
		}
		if says == "" && faults != nil || says != "" && !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, says) }) {
			t.Errorf("%s: found %q, want %q", code, faults, says)
		}
	}
}
