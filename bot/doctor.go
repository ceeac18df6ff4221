package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hikeshi/templates"
)

// checks are what doctor looks at, one after the other. Each stands in a file of its own,
// doctor_….go, or beside what it is about; a fault in one keeps no other from being told.
var checks = []struct {
	name string // in --json
	look func(context.Context, *patient) []finding
}{
	{"settings", checkSettings},
	{"templates", checkTemplates},
	{"form", checkForm},
	{"clock", checkClock},
	{"disk", checkDisk},
	{"permissions", checkPermissions},
	{"database", checkDatabase},
	{"messages", checkMessages},
	{"open", checkOpen},
	{"contacts", checkContactList},
	{"slack", checkSlack},
	{"discord", checkDiscord},
	{"mail", checkMail},
	{"phone", checkPhone},
	{"server", checkServer},
}

// patient is what the checks look at.
type patient struct {
	*program
	texts *templates.Texts
	// set is what the company may change; nil where a fault of it keeps it from being used,
	// with unread. Everything else is then checked with the defaults, in their words.
	set    *templates.Set
	unread error
	// opened is the database opened for reading; nil where that failed, with unopened.
	opened   *opened
	unopened error
}

// say says a sentence of doctor's in the operator's language.
func (p *patient) say(key string, pairs ...string) string {
	return p.texts.Say(p.settings.Lang, key, pairs...)
}

// grade says how bad a finding is.
type grade string

// A fault makes doctor end with 1; a warning does not.
const (
	gradeOK      grade = "ok"
	gradeWarning grade = "warning"
	gradeFault   grade = "fault"
)

// finding is one thing found by a check, in words. Further lines belong to the first.
type finding struct {
	Check string `json:"check"`
	Grade grade  `json:"grade"`
	Text  string `json:"text"`
	mark  string // the key of another mark than the grade's
}

func fine(text string) []finding { return []finding{{Grade: gradeOK, Text: text}} }
func notice(text string) finding { return finding{Grade: gradeWarning, Text: text} }

// gradeOf is the grade of what a front end or a means has found out about itself.
func gradeOf(fault, note bool) grade {
	switch {
	case fault:
		return gradeFault
	case note:
		return gradeWarning
	}
	return gradeOK
}
func fault(text string) finding    { return finding{Grade: gradeFault, Text: text} }
func faulty(text string) []finding { return []finding{fault(text)} }

var marks = map[grade]string{
	gradeOK: "cli.doctor.ok", gradeWarning: "cli.doctor.warning", gradeFault: "cli.doctor.failed",
}

func (p *program) doctorCommand() *cobra.Command {
	var health, asJSON bool
	c := &cobra.Command{
		Use: "doctor", Short: "設定とデータを点検します / check settings and data", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if health {
				return p.health(cmd.Context())
			}
			return p.doctor(cmd.Context(), asJSON)
		},
	}
	c.Flags().BoolVar(&health, "health", false, "動いているサーバーが応答するかだけ確かめます / only ask a running server")
	c.Flags().BoolVar(&asJSON, "json", false, "JSONで表示 / print JSON")
	return c
}

// doctor checks one thing after the other and goes on after a fault, so that all are told.
func (p *program) doctor(ctx context.Context, asJSON bool) error {
	// Its own faults must be told even where the company's messages are among them.
	t, err := templates.LoadTexts(nil)
	if err != nil {
		return err
	}
	set, unread := p.templates()
	usable := p
	if unread == nil {
		t = set.Texts
	} else {
		plain := *p
		plain.settings.Config = ""
		usable = &plain
	}
	var found []finding
	look := func(o *opened, unopened error) {
		x := &patient{program: p, texts: t, set: set, unread: unread, opened: o, unopened: unopened}
		for _, c := range checks {
			for _, f := range c.look(ctx, x) {
				f.Check = c.name
				found = append(found, f)
			}
		}
	}
	looked := false
	err = usable.withService(ctx, func(o *opened) error {
		looked = true
		look(o, nil)
		return nil
	})
	if !looked {
		look(nil, err)
	} else if err != nil {
		return err
	}
	failed := false
	for _, f := range found {
		failed = failed || f.Grade == gradeFault
	}
	if asJSON {
		enc := json.NewEncoder(p.out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(map[string]any{"ok": !failed, "findings": found}); err != nil {
			return err
		}
	} else {
		for _, f := range found {
			mark := f.mark
			if mark == "" {
				mark = marks[f.Grade]
			}
			fmt.Fprintln(p.out, t.Say(p.settings.Lang, mark)+" "+f.Text)
		}
	}
	if failed {
		return errShown
	}
	return nil
}

// below puts lines below the first of a finding.
func below(first string, lines ...string) string {
	return strings.Join(append([]string{first}, lines...), "\n  ")
}
