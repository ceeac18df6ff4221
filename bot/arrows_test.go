package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the name in go.mod; what begins with it is ours.
const module = "hikeshi"

// A place is one line of the map: a folder, and which of our packages its code may import.
// Folders are written in three ways: "x" for x alone, "x/*" for what lies below x, and
// "x/..." for both. What lies in a place may always import the rest of that place.
type place struct {
	folder  string
	may     []string
	stdOnly bool // nothing from other modules either
	noIO    bool // no files, no network, no database, no reading of the clock
}

// places is the map, the narrower folder first. A package that is in none of them is a
// fault: a new folder is a decision, and is made here.
var places = []place{
	{folder: "bot", may: []string{"bot/*", "workflows/...", "templates/...", "store/..."}},
	{folder: "bot/chat/...", stdOnly: true},
	{folder: "bot/intake", stdOnly: true},
	{folder: "bot/fit", stdOnly: true},
	{folder: "bot/fan", may: []string{"bot/chat"}},
	{folder: "bot/lane", may: []string{"bot/chat"}},
	{folder: "bot/slack/...", may: []string{"bot/chat", "bot/fan", "bot/fit", "bot/intake", "bot/lane"}},
	{folder: "bot/discord/...", may: []string{"bot/chat", "bot/fan", "bot/fit", "bot/intake", "bot/lane"}},
	{folder: "bot/mail/...", may: []string{"bot/chat"}},
	{folder: "bot/phone/...", may: []string{"bot/chat"}},
	{folder: "bot/web/...", may: []string{"bot/chat", "bot/desk"}},
	{folder: "bot/desk/...", may: []string{"bot/chat", "workflows/...", "templates/..."}},
	{folder: "bot/journal/...", stdOnly: true},
	{folder: "bot/metrics/...", may: []string{"workflows/..."}},
	{folder: "bot/courier/...", may: []string{"bot/chat", "bot/desk", "workflows/..."}},
	{folder: "workflows", may: []string{"workflows/*"}, noIO: true},
	{folder: "workflows/incident", noIO: true},
	{folder: "workflows/*", may: []string{"workflows/*"}, noIO: true},
	{folder: "templates/...", may: []string{"workflows/*"}},
	{folder: "store/...", may: []string{"workflows/..."}},
}

// topFolders may stand at the root. data is made by a running program, beside the code.
var topFolders = []string{"bot", "workflows", "templates", "store", "data"}

// ioPackages are the packages of the standard library through which code reaches files,
// the network, a database or the operating system. With a slash at the end: all below.
var ioPackages = []string{
	"os", "os/", "io/ioutil", "syscall", "plugin", "database/sql", "database/sql/",
	"net", "net/http", "net/http/", "net/rpc", "net/rpc/", "net/smtp",
}

// clockReads are the functions of package time whose answer depends on when they are called.
var clockReads = []string{"Now", "Since", "Until", "After", "AfterFunc", "NewTicker", "NewTimer", "Sleep", "Tick"}

func within(folder, pattern string) bool {
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return folder == base || strings.HasPrefix(folder, base+"/")
	}
	if base, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(folder, base+"/")
	}
	return folder == pattern
}

func withinAny(folder string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return within(folder, p) })
}

// forTests reports whether a package exists for tests alone, such as bot/chat/chattest or
// store/storetest. It may import what tests may; the program may not import it.
func forTests(folder string) bool {
	return strings.HasSuffix(path.Base(folder), "test")
}

// wrongArrows reads every Go file of the program below root, whatever its build tags, and
// returns one sentence for each break of the map, and how many files it has read.
// Test files are left out: they may import more, and the compiler refuses cycles.
func wrongArrows(root string) (faults []string, read int, err error) {
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == root {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		base, top := entry.Name(), !strings.Contains(rel, "/")
		if entry.IsDir() {
			// The folders that the go command passes over, and the running program's own.
			if base[0] == '.' || base[0] == '_' || base == "testdata" || rel == "data" {
				return filepath.SkipDir
			}
			if top && !slices.Contains(topFolders, base) {
				faults = append(faults, rel+": the root holds only the folders "+strings.Join(topFolders, ", ")+"; move it into the one it belongs to")
				return filepath.SkipDir
			}
			return nil
		}
		if path.Ext(base) != ".go" || strings.HasSuffix(base, "_test.go") || forTests(path.Dir(rel)) {
			return nil
		}
		if top {
			faults = append(faults, rel+": no Go file belongs into the root; the program begins in bot")
			return nil
		}
		read++
		more, err := faultsOf(name, rel)
		faults = append(faults, more...)
		return err
	})
	return faults, read, err
}

func faultsOf(name, rel string) ([]string, error) {
	folder := path.Dir(rel)
	i := slices.IndexFunc(places, func(p place) bool { return within(folder, p.folder) })
	if i < 0 {
		return []string{rel + ": " + folder + " is not on the map; move the code, or add the folder to places in bot/arrows_test.go"}, nil
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, nil, 0)
	if err != nil {
		return nil, fmt.Errorf("read the imports of %s: %w", rel, err)
	}
	var faults []string
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("read the imports of %s: %w", rel, err)
		}
		if says := places[i].refuses(imported); says != "" {
			faults = append(faults, fmt.Sprintf("%s:%d: %s %s", rel, files.Position(spec.Pos()).Line, folder, says))
		}
	}
	// The one file that may read the clock implements the Clock that all else is given.
	clockFile := folder == "workflows" && strings.HasPrefix(path.Base(rel), "clock")
	if places[i].noIO && !clockFile {
		for _, at := range readsOfClock(file) {
			faults = append(faults, fmt.Sprintf("%s:%d: %s must not read the clock; let the caller pass now in", rel, files.Position(at).Line, folder))
		}
	}
	return faults, nil
}

// refuses says why the place must not import the package, or nothing.
func (p place) refuses(imported string) string {
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		switch {
		case forTests(ours):
			return "must not import " + ours + ", which exists for tests alone"
		case withinAny(ours, p.may), strings.Contains(p.folder, "/...") && within(ours, p.folder):
			return ""
		case len(p.may) == 0:
			return "must not import " + ours + "; it may import nothing of ours"
		default:
			return "must not import " + ours + "; of ours it may import only " + strings.Join(p.may, ", ")
		}
	}
	// Only the standard library has no dot in its first element.
	first, _, _ := strings.Cut(imported, "/")
	if p.stdOnly && strings.Contains(first, ".") {
		return "must not import " + imported + "; it may import the standard library only"
	}
	if p.noIO && slices.ContainsFunc(ioPackages, func(io string) bool {
		return imported == io || strings.HasSuffix(io, "/") && strings.HasPrefix(imported, io)
	}) {
		return "must not import " + imported + "; it reaches no file, network or database"
	}
	return ""
}

// readsOfClock finds time.Now and its like, called or handed on as a value.
func readsOfClock(file *ast.File) (at []token.Pos) {
	name := ""
	for _, spec := range file.Imports {
		if spec.Path.Value != `"time"` {
			continue
		}
		name = "time"
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." {
			return []token.Pos{spec.Pos()} // hides every use: refused whole
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			// Obj is set for what the file itself declares: a variable named time is no package.
			pkg, ok := selector.X.(*ast.Ident)
			if ok && pkg.Name == name && pkg.Obj == nil && slices.Contains(clockReads, selector.Sel.Name) {
				at = append(at, selector.Pos())
			}
		}
		return true
	})
	return at
}

// Every import of the program points along the arrows of the map.
func TestImportsPointTheRightWay(t *testing.T) {
	faults, read, err := wrongArrows("..")
	if err != nil {
		t.Fatal(err)
	}
	if read == 0 {
		t.Fatal("no Go file was read: the root must be the folder above bot")
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}

// rightTree uses every arrow that the map allows, and everything that looks like a fault and is none.
var rightTree = map[string]string{
	"README.md":                      "",
	".tools/x/x.go":                  `package x; import "hikeshi/bot"`,
	"data/x.go":                      `package x; import "hikeshi/bot"`,
	"bot/main.go":                    `package main; import ("os"; "net/http"; "time"; "hikeshi/bot/chat"; "hikeshi/bot/slack"; "hikeshi/bot/courier"; "hikeshi/workflows"; "hikeshi/workflows/incident"; "hikeshi/templates"; "hikeshi/store"); var _ = time.Now`,
	"bot/chat/chat.go":               `package chat; import ("context"; "net/http")`,
	"bot/chat/chat_test.go":          `package chat; import ("example.org/cmp"; "hikeshi/bot/desk"; "hikeshi/bot/chat/chattest")`,
	"bot/chat/chattest/suite.go":     `package chattest; import ("testing"; "example.org/cmp"; "hikeshi/bot/chat")`,
	"bot/slack/slack.go":             `package slack; import ("example.org/slack"; "hikeshi/bot/chat"; "hikeshi/bot/slack/blocks")`,
	"bot/slack/blocks/blocks.go":     `package blocks; import "hikeshi/bot/chat"`,
	"bot/discord/discord.go":         `package discord; import "hikeshi/bot/chat"`,
	"bot/mail/mail.go":               `package mail; import "hikeshi/bot/chat"`,
	"bot/phone/phone.go":             `package phone; import "hikeshi/bot/chat"`,
	"bot/web/web.go":                 `package web; import ("hikeshi/bot/chat"; "hikeshi/bot/desk")`,
	"bot/desk/desk.go":               `package desk; import ("hikeshi/bot/chat"; "hikeshi/workflows"; "hikeshi/workflows/clock"; "hikeshi/templates")`,
	"bot/courier/courier.go":         `package courier; import ("time"; "hikeshi/bot/chat"; "hikeshi/bot/desk"; "hikeshi/workflows"; "hikeshi/workflows/paging"); var _ = time.Now()`,
	"workflows/service.go":           `package workflows; import ("context"; "time"; "hikeshi/workflows/incident"); const h = time.Hour; var _ = h * 2`,
	"workflows/clock_system.go":      `package workflows; import "time"; func now() time.Time { return time.Now() }`,
	"workflows/service_test.go":      `package workflows_test; import ("os"; "time"; "hikeshi/store"); var _ = time.Now()`,
	"workflows/incident/incident.go": `package incident; import ("net/netip"; "net/url"; "time"; "example.org/fsm"); type watch struct{}; func (watch) Now() {}; func f(time watch) { time.Now() }`,
	"workflows/clock/due.go":         `package clock; import ("time"; "hikeshi/workflows/incident"); var _ = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)`,
	"templates/templates.go":         `package templates; import ("os"; "hikeshi/workflows/report"; "hikeshi/templates/docx")`,
	"templates/docx/docx.go":         `package docx; import "hikeshi/workflows/report"`,
	"templates/docx/testdata/x.go":   `package x; import "hikeshi/bot"`,
	"store/store.go":                 `package store; import ("database/sql"; "time"; "hikeshi/workflows"; "hikeshi/workflows/incident"); var _ = time.Now()`,
	"store/storetest/suite.go":       `package storetest; import ("testing"; "hikeshi/store"; "hikeshi/templates")`,
}

func plant(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range files {
		name = filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestTheMapAllowsItsOwnArrows(t *testing.T) {
	faults, read, err := wrongArrows(plant(t, rightTree))
	if err != nil {
		t.Fatal(err)
	}
	if len(faults) > 0 {
		t.Errorf("faults in a right tree:\n%s", strings.Join(faults, "\n"))
	}
	if want := 17; read != want {
		t.Errorf("read %d files, want %d: the program's own and no others", read, want)
	}
}

// Each planted fault, alone in the tree, is found and named.
func TestAWrongArrowIsCaught(t *testing.T) {
	for _, c := range []struct {
		file, text string
		says       string
	}{
		{"workflows/incident/x.go", `package incident; import "hikeshi/workflows/report"`, "workflows/incident must not import workflows/report; it may import nothing of ours"},
		{"workflows/procedure/x.go", `package procedure; import "hikeshi/store"`, "must not import store;"},
		{"workflows/procedure/x.go", `package procedure; import "hikeshi/workflows"`, "must not import workflows;"},
		{"workflows/x.go", `package workflows; import "hikeshi/store"`, "must not import store;"},
		{"workflows/x.go", `package workflows; import "hikeshi/templates"`, "must not import templates;"},
		{"workflows/x.go", `package workflows; import "hikeshi/bot/chat"`, "must not import bot/chat;"},
		{"workflows/x.go", `package workflows; import "database/sql"`, "must not import database/sql;"},
		{"store/x.go", `package store; import "hikeshi/templates"`, "must not import templates;"},
		{"store/x.go", `package store; import "hikeshi/bot/courier"`, "must not import bot/courier;"},
		{"store/x.go", `package store; import "hikeshi/store/storetest"`, "exists for tests alone"},
		{"templates/x.go", `package templates; import "hikeshi/workflows"`, "must not import workflows;"},
		{"templates/x.go", `package templates; import "hikeshi/store"`, "must not import store;"},
		{"templates/x.go", `package templates; import "hikeshi/bot/chat"`, "must not import bot/chat;"},
		{"bot/chat/x.go", `package chat; import "hikeshi/workflows/incident"`, "must not import workflows/incident;"},
		{"bot/chat/x.go", `package chat; import "example.org/slack"`, "the standard library only"},
		{"bot/chat/x.go", "package chat\n\nimport \"hikeshi/bot/chat/chattest\"\n", "bot/chat/x.go:3: bot/chat must not import bot/chat/chattest, which exists for tests alone"},
		{"bot/slack/x.go", `package slack; import "hikeshi/bot/desk"`, "must not import bot/desk;"},
		{"bot/slack/x.go", `package slack; import "hikeshi/bot/discord"`, "must not import bot/discord;"},
		{"bot/discord/x.go", `package discord; import "hikeshi/workflows/incident"`, "must not import workflows/incident;"},
		{"bot/mail/x.go", `package mail; import "hikeshi/templates"`, "must not import templates;"},
		{"bot/phone/x.go", `package phone; import "hikeshi/store"`, "must not import store;"},
		{"bot/web/x.go", `package web; import "hikeshi/workflows"`, "must not import workflows;"},
		{"bot/web/x.go", `package web; import "hikeshi/bot/courier"`, "must not import bot/courier;"},
		{"bot/desk/x.go", `package desk; import "hikeshi/store"`, "must not import store;"},
		{"bot/desk/x.go", `package desk; import "hikeshi/bot/slack"`, "must not import bot/slack;"},
		{"bot/courier/x.go", `package courier; import "hikeshi/templates"`, "must not import templates;"},
		{"bot/courier/x.go", `package courier; import "hikeshi/bot"`, "must not import bot;"},
		{"bot/x.go", `package main; import "hikeshi/bot/chat/chattest"`, "exists for tests alone"},
		{"bot/other/x.go", `package other`, "bot/other is not on the map"},
		{"internal/x/x.go", `package x`, "internal: the root holds only"},
		{"x.go", `package hikeshi`, "no Go file belongs into the root"},
		{"workflows/paging/x.go", `package paging; import "os"`, "must not import os;"},
		{"workflows/paging/x.go", `package paging; import "os/exec"`, "must not import os/exec;"},
		{"workflows/paging/x.go", `package paging; import "net"`, "must not import net;"},
		{"workflows/paging/x.go", `package paging; import "net/http"`, "must not import net/http;"},
		{"workflows/paging/x.go", `package paging; import "database/sql"`, "must not import database/sql;"},
		{"workflows/paging/x.go", `package paging; import "time"; var a = time.Now()`, "must not read the clock"},
		{"workflows/paging/x.go", `package paging; import "time"; var a = time.Now`, "must not read the clock"},
		{"workflows/paging/x.go", `package paging; import t "time"; func f(s t.Time) t.Duration { return t.Since(s) }`, "must not read the clock"},
		{"workflows/paging/x.go", `package paging; import . "time"; var a = Now()`, "must not read the clock"},
		{"workflows/x.go", `package workflows; import "time"; var a = time.Now()`, "must not read the clock"},
		{"workflows/clock/clock.go", `package clock; import "time"; var a = time.Now()`, "must not read the clock"},
		{"workflows/clock_system.go", `package workflows; import "hikeshi/store"`, "must not import store;"},
		{"store/x.go", "//go:build windows\n\npackage store\n\nimport \"hikeshi/bot/desk\"\n", "store/x.go:5: store must not import bot/desk; of ours it may import only workflows/..."},
	} {
		t.Run(c.file+" "+c.says, func(t *testing.T) {
			faults, _, err := wrongArrows(plant(t, map[string]string{c.file: c.text}))
			if err != nil {
				t.Fatal(err)
			}
			if len(faults) != 1 || !strings.HasPrefix(faults[0], strings.Split(c.file, "/")[0]) || !strings.Contains(faults[0], c.says) {
				t.Errorf("planted in %s: %s\ngot  %q\nwant one fault that says %q", c.file, c.text, faults, c.says)
			}
		})
	}
}

// A file that cannot be parsed is an error, never a file without imports.
func TestAnUnreadableFileIsNoRightFile(t *testing.T) {
	if _, _, err := wrongArrows(plant(t, map[string]string{"store/x.go": "package"})); err == nil {
		t.Error("a broken Go file was taken for a right one")
	}
}
