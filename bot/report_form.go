package main

import (
	"context"
	"fmt"
	"time"

	"hikeshi/bot/desk"
	"hikeshi/templates"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// renderDocument makes a document of an incident as it is now in a format: a report as a
// Word file by way of the form in force, the company's own or the default.
func renderDocument(o *opened, in *incident.Incident, records []incident.Record, kind desk.Kind, lang, format string, now time.Time) ([]byte, error) {
	options := reportOptions(o, in, lang, now)
	if kind == desk.KindHandover {
		return render(report.Handover(in, records, options), format, now)
	}
	if format == "docx" && o.forms != nil {
		return o.forms.For(lang).Fill(report.ParticularsOf(in, records, options), now)
	}
	return render(report.Final(in, records, options), format, now)
}

// formsOrDefault reads the company's form, for one report on the command line. Whoever
// needs a report in the night gets one, and is told that it is not in the company's form,
// and why.
func (p *program) formsOrDefault() *templates.ReportForms {
	forms, err := templates.LoadReportForms(p.overlay())
	if err == nil {
		return forms
	}
	fmt.Fprintln(p.errs, p.inWords(err))
	fmt.Fprintln(p.errs, p.inWords(say("cli.report.default_form", "file", templates.ReportFile)))
	return nil
}

// checkForm tells which form reports are filled into, and every fault of it.
func checkForm(_ context.Context, x *patient) []finding {
	forms, err := templates.LoadReportForms(x.overlay())
	key := "cli.doctor.form.default"
	if err != nil || forms.Own() {
		key = "cli.doctor.form.own"
	}
	text := x.say(key, "file", templates.ReportFile)
	if err != nil {
		return faulty(below(text, x.inWords(err)))
	}
	return fine(text)
}
