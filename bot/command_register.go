package main

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

func (p *program) registerCommand() *cobra.Command {
	var out, year string
	var openOnly bool
	c := &cobra.Command{
		Use: "register -o FILE.xlsx [--open] [--year N]", Short: "台帳をExcelブックに書き出します / write the register as xlsx", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			y, err := yearOf(year)
			if err != nil {
				return err
			}
			if out != "" && !strings.EqualFold(filepath.Ext(out), ".xlsx") {
				return usageError{say("cli.register.extension", "file", out, "example", "register.xlsx")}
			}
			if err := p.notOnScreen(out); err != nil {
				return err
			}
			return p.withService(cmd.Context(), func(o *opened) error { return p.writeRegister(cmd.Context(), o, out, y, openOnly) })
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "ファイル / file; 省略すると標準出力 / default: standard output")
	c.Flags().BoolVar(&openOnly, "open", false, "対応中だけ / only those under way")
	c.Flags().StringVar(&year, "year", "", "報告された年（西暦）だけ / only those reported in a year")
	return c
}

// yearOf reads a year; empty is 0, every year.
func yearOf(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	y, err := strconv.Atoi(s)
	if err != nil || y < 1970 || y > 9999 {
		return 0, usageError{say("cli.register.year", "value", s)}
	}
	return y, nil
}

// writeRegister lists the incidents for the one at the server's console, who holds the
// database in his hands: no circle is asked.
func (p *program) writeRegister(ctx context.Context, o *opened, out string, year int, openOnly bool) error {
	lang := p.settings.Lang
	chosen := o.texts.Say(lang, "register.chosen.all")
	switch y := strconv.Itoa(year); {
	case year != 0 && openOnly:
		chosen = o.texts.Say(lang, "register.chosen.year_open", "year", y)
	case year != 0:
		chosen = o.texts.Say(lang, "register.chosen.year", "year", y)
	case openOnly:
		chosen = o.texts.Say(lang, "register.chosen.open")
	}
	incidents := workflows.EachIncident(ctx, o.store, workflows.IncidentQuery{OpenOnly: openOnly})
	body, listed, err := p.register(o, lang, chosen, ofYear(year, incidents))
	if err != nil {
		return err
	}
	if err := p.writeOut(out, body); err != nil {
		return err
	}
	if out != "" {
		fmt.Fprintln(p.out, o.texts.Say(lang, "cli.register.written", "count", strconv.Itoa(listed), "file", out))
	}
	return nil
}

// ofYear passes on the incidents reported in a year of Tokyo, and stops behind it: they come
// newest first. 0 is every year.
func ofYear(year int, incidents iter.Seq2[workflows.Told, error]) iter.Seq2[workflows.Told, error] {
	if year == 0 {
		return incidents
	}
	return func(yield func(workflows.Told, error) bool) {
		for in, err := range incidents {
			if err == nil {
				switch y := in.ReportedAt.In(incident.Tokyo).Year(); {
				case y > year:
					continue
				case y < year:
					return
				}
			}
			if !yield(in, err) {
				return
			}
		}
	}
}

// register makes the workbook of the incidents given, and says how many they were.
func (p *program) register(o *opened, lang, chosen string, incidents iter.Seq2[workflows.Told, error]) (body []byte, listed int, err error) {
	head := report.NewRegister(report.RegisterOptions{
		Lang: lang, Say: func(key string, pairs ...string) string { return o.texts.Say(lang, key, pairs...) },
		Name: o.service.Name, KnownAs: o.knownAs(lang), Company: o.company.In(lang), Practice: p.settings.practice(),
		MadeAt: o.service.Now(), Chosen: chosen,
	})
	rows := func(yield func([]report.RegisterCell, error) bool) {
		for in, err := range incidents {
			if err != nil {
				yield(nil, err)
				return
			}
			listed++
			if !yield(head.Row(in.Incident, in.Records), nil) {
				return
			}
		}
	}
	var b bytes.Buffer
	// What outgrows memory waits beside the database, in the folder that is the owner's alone.
	err = templates.Register(&b, head, rows, p.settings.Data)
	return b.Bytes(), listed, err
}

func registerName(now time.Time) string {
	return "register-" + now.In(incident.Tokyo).Format("20060102") + ".xlsx"
}

// notOnScreen refuses to write a workbook into a terminal.
func (p *program) notOnScreen(out string) error {
	if out == "" && terminal(p.out) {
		return usageError{say("cli.not_on_screen", "example", "list.xlsx")}
	}
	return nil
}
