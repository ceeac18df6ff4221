package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/japanese"

	"hikeshi/store"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// A transcript of the command line shows real invocations with what they print. Its lines:
//
//	$ hikeshi contacts check      runs the program in this process, with the settings below
//	% env HIKESHI_LANG=en         changes a setting for what follows
//	% file NAME [bom|sjis]        writes the lines up to "% end" into a file
//	% workbook NAME               writes them as a worksheet: cells between bars, #1 a number, =A1 a formula
//	% company                     a fresh practice database with the sample company and two incidents
//	% sql UPDATE …                changes the database behind the program's back
//	% same A B                    two files are alike
//	% has A WORD                  a word stands in a file
//	% folder NAME                 makes a folder
//	% mode 644 FILE               changes who may read a file or folder
//	% cut FILE                    keeps the beginning of a file
//	% flip FILE                   changes a byte of a file
//
// Lines of # are remarks; all others are output. What stands on standard error is marked "! ",
// an exit code other than 0 is told as [exit 1]. $T is the transcript's own folder.
type transcript struct {
	t      *testing.T
	folder string
	env    map[string]string
	out    strings.Builder
}

func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/cli/*.txt")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d transcripts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			folder := t.TempDir()
			tr := &transcript{t: t, folder: folder, env: map[string]string{
				"HIKESHI_DATA":   filepath.Join(folder, "data"),
				"HIKESHI_LISTEN": "127.0.0.1:1", // where nothing runs
			}}
			tr.play(strings.Split(strings.TrimRight(string(script), "\n"), "\n"))
			golden(t, file, tr.out.String())
		})
	}
}

// play carries a script out and writes it down again with what is printed now. Output is
// indented, so that it is never taken for a line of the script.
func (tr *transcript) play(lines []string) {
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		command, isCommand := strings.CutPrefix(line, "$ hikeshi")
		setup, isSetup := strings.CutPrefix(line, "% ")
		switch {
		case isCommand:
			tr.write(line)
			tr.run(strings.Fields(strings.ReplaceAll(command, "$T", tr.folder)))
		case isSetup && (strings.HasPrefix(setup, "file ") || strings.HasPrefix(setup, "workbook ")):
			end := i + 1
			for lines[end] != "% end" {
				end++
			}
			if name, ok := strings.CutPrefix(setup, "workbook "); ok {
				tr.workbook(name, lines[i+1:end])
			} else {
				tr.file(strings.Fields(setup)[1:], lines[i+1:end])
			}
			for _, l := range lines[i : end+1] {
				tr.write(l)
			}
			i = end
		case isSetup:
			tr.write(line)
			setup = strings.ReplaceAll(setup, "$T", tr.folder)
			tr.setup(strings.Fields(setup), setup)
		case strings.HasPrefix(line, "#"):
			tr.write(line)
		}
	}
}

func (tr *transcript) write(line string) { tr.out.WriteString(strings.TrimRight(line, " ") + "\n") }

func (tr *transcript) run(args []string) {
	var out, errs bytes.Buffer
	var environ []string
	for k, v := range tr.env {
		environ = append(environ, k+"="+v)
	}
	code := run(context.Background(), args, environ, &out, &errs)
	tr.print("", out.String())
	tr.print("! ", errs.String())
	if code != 0 {
		tr.write(fmt.Sprintf("  [exit %d]", code))
	}
}

var (
	madeToday = regexp.MustCompile(`(作成日時?|Made on|Made at|Date)([^0-9\n]*)[0-9]+[^|\n]*?([0-9:日）]+|[0-9]{4})( \||$)`)
	version   = regexp.MustCompile(`\b[0-9a-f]{12,64}\b`)
	fileSize  = regexp.MustCompile(`(\.tar\.gz(?: \(|（))[0-9.]+ [kM]B\b`)
	schemaNo  = regexp.MustCompile(`((?:sqlite|postgres)（形式|database \(schema) [0-9]+`)
	madeAt    = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5,8}(（日本時間）| \(Japan time\))`)
)

// ofMachine is what doctor finds of the machine it runs on.
var ofMachine = []struct {
	found *regexp.Regexp
	shown string
}{
	{regexp.MustCompile(`(時計|clock): [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5}`), "$1: (now)"},
	{regexp.MustCompile(`(いちばん古いものは|the oldest for )[0-9]+(分| minutes)`), "$1(a while)$2"},
	{regexp.MustCompile(`\[[^]]+\] (ディスク|disk): [^"\n]*`), "[(grade)] $1: (room)"},
	{regexp.MustCompile(`SQLite [0-9.]+([^0-9\n]*)[0-9]+([^0-9\n]*)[0-9.]+ [kM]B`), "SQLite (version)$1(schema)$2(size)"},
}

func (tr *transcript) print(mark, text string) {
	if text == "" {
		return
	}
	text = strings.ReplaceAll(visible(text), tr.folder, "$T")
	text = version.ReplaceAllString(text, "(digest)")
	for _, m := range ofMachine {
		text = m.found.ReplaceAllString(text, m.shown)
	}
	text = fileSize.ReplaceAllString(text, "$1(size)")
	text = schemaNo.ReplaceAllString(text, "$1 (n)")
	text = madeAt.ReplaceAllString(text, "(now)$1")
	for l := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		tr.write("  " + mark + madeToday.ReplaceAllString(l, "$1$2(today)$4"))
	}
}

func (tr *transcript) file(args, lines []string) {
	body := []byte(strings.Join(lines, "\n") + "\n")
	if len(args) > 1 {
		switch args[1] {
		case "bom":
			body = append([]byte("\xef\xbb\xbf"), body...)
		case "sjis":
			var err error
			if body, err = japanese.ShiftJIS.NewEncoder().Bytes(body); err != nil {
				tr.t.Fatal(err)
			}
		default:
			tr.t.Fatalf("no such encoding: %q", args[1])
		}
	}
	name := filepath.Join(tr.folder, args[0])
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, body, 0o600)); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *transcript) workbook(name string, lines []string) {
	f := excelize.NewFile()
	defer f.Close()
	for i, line := range lines {
		for c, value := range strings.Split(line, "|") {
			at, err := excelize.CoordinatesToCellName(c+1, i+1)
			number, isNumber := strings.CutPrefix(value, "#")
			switch {
			case err != nil:
			case isNumber:
				var n int
				if n, err = strconv.Atoi(number); err == nil {
					err = f.SetCellInt("Sheet1", at, int64(n))
				}
			case strings.HasPrefix(value, "="):
				err = f.SetCellFormula("Sheet1", at, value)
			default:
				err = f.SetCellStr("Sheet1", at, value)
			}
			if err != nil {
				tr.t.Fatal(err)
			}
		}
	}
	if err := f.SaveAs(filepath.Join(tr.folder, name)); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *transcript) setup(args []string, line string) {
	switch args[0] {
	case "env":
		name, value, _ := strings.Cut(args[1], "=")
		tr.env[name] = value
	case "company":
		tr.company()
	case "sql":
		db, err := sql.Open("sqlite", tr.database())
		if err != nil {
			tr.t.Fatal(err)
		}
		defer db.Close()
		res, err := db.Exec(strings.TrimPrefix(line, "sql "))
		if err != nil {
			tr.t.Fatalf("%s: %v", line, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			tr.t.Fatalf("%s changed %d rows, %v", line, n, err)
		}
	case "folder":
		if err := os.MkdirAll(args[1], 0o700); err != nil {
			tr.t.Fatal(err)
		}
	case "has":
		if body, err := os.ReadFile(args[1]); err != nil || !strings.Contains(string(body), args[2]) {
			tr.t.Errorf("%s: it does not (%v):\n%s", line, err, body)
		}
	case "mode":
		mode, err := strconv.ParseUint(args[1], 8, 32)
		if err == nil {
			err = os.Chmod(args[2], os.FileMode(mode))
		}
		if err != nil {
			tr.t.Fatalf("%s: %v", line, err)
		}
	case "same":
		a, errA := os.ReadFile(args[1])
		b, errB := os.ReadFile(args[2])
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			tr.t.Errorf("%s: they differ (%v, %v):\n%s\n%s", line, errA, errB, a, b)
		}
	case "cut", "flip":
		b, err := os.ReadFile(args[1])
		if err != nil {
			tr.t.Fatal(err)
		}
		if args[0] == "cut" {
			b = b[:200]
		} else {
			b[40] ^= 0x20
		}
		if err := os.WriteFile(args[1], b, 0o600); err != nil {
			tr.t.Fatal(err)
		}
	default:
		tr.t.Fatalf("nobody understands %q", line)
	}
}

func (tr *transcript) database() string {
	return filepath.Join(tr.env["HIKESHI_DATA"], "practice.db")
}

// company fills a practice database as a server would have: the sample company, one incident
// under way and one that was dismissed.
func (tr *transcript) company() {
	ctx := context.Background()
	if err := os.RemoveAll(tr.env["HIKESHI_DATA"]); err != nil {
		tr.t.Fatal(err)
	}
	if err := os.MkdirAll(tr.env["HIKESHI_DATA"], 0o700); err != nil {
		tr.t.Fatal(err)
	}
	p := &program{out: os.Stderr, errs: os.Stderr, settings: settings{Lang: "ja", Mode: modePractice}}
	book, err := p.book()
	if err != nil {
		tr.t.Fatal(err)
	}
	db, err := store.Open(ctx, "sqlite:"+tr.database())
	if err != nil {
		tr.t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			tr.t.Error(err)
		}
	}()
	clock := &nightClock{now: time.Date(2026, 11, 21, 2, 0, 0, 0, incident.Tokyo)}
	s, err := workflows.New(ctx, workflows.Options{Store: db, Clock: clock, Book: book, Practice: true})
	if err != nil {
		tr.t.Fatal(err)
	}
	if err := errors.Join(s.Keep(ctx), loadSample(ctx, s)); err != nil {
		tr.t.Fatal(err)
	}
	who := map[string]incident.Actor{}
	for _, p := range s.Contacts().People() {
		who[strings.Fields(p.Name)[0]] = incident.Actor{ID: p.ID, Name: p.Name, Department: p.Department}
	}
	done := 0
	do := func(name string, id incident.ID, c incident.Command) {
		tr.t.Helper()
		clock.set(clock.now.Add(time.Minute))
		done++
		out, err := s.Do(ctx, workflows.Command{Key: strconv.Itoa(done), Incident: id, By: who[name], Source: incident.FromPerson, Do: c})
		if err != nil || !out.Accepted() {
			tr.t.Fatalf("%s %T: %+v, %v", name, c, out.Refusal, err)
		}
	}
	const first, second = "TRN-2026-0001", "TRN-2026-0002"
	do("中村", "", incident.Report{Text: "図面のファイルが開けません。英語の脅迫文が出ています", What: incident.KindVirus})
	do("佐藤", first, incident.Take{})
	do("佐藤", first, incident.SetLevel{Level: incident.Level2, Reason: "ファイルサーバーが止まったため"})
	do("鈴木", first, incident.Note{Text: "感染した端末のLANを抜いた"})
	do("山本", "", incident.Report{Text: "画面に広告が出ました", What: incident.KindPCAbnormal})
	do("佐藤", second, incident.Take{})
	do("佐藤", second, incident.Dismiss{Reason: "ふつうの広告だったため"})
}
