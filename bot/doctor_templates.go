package main

import (
	"context"

	"hikeshi/templates"
	"hikeshi/workflows/edition"
)

// checkTemplates tells about everything that the company may change: every fault at once, or
// what differs from the defaults.
func checkTemplates(_ context.Context, x *patient) []finding {
	folder := func(version string) string {
		if x.settings.Config == "" {
			return x.say("cli.doctor.procedures", "version", version)
		}
		return x.say("cli.doctor.overlay", "folder", x.settings.Config, "version", version)
	}
	if x.set == nil {
		return faulty(below(folder("-"), x.inWords(x.unread)))
	}
	found := fine(x.say("cli.doctor.procedures", "version", x.set.Book.Version))
	if x.settings.Config != "" {
		e, err := edition.New(x.set.Book, x.set.Paging)
		if err != nil {
			return faulty(below(folder("-"), x.inWords(err)))
		}
		plain, err := templates.Load(nil, true)
		if err != nil {
			return faulty(below(folder("-"), x.inWords(err)))
		}
		var lines []string
		for _, d := range x.set.Differences(plain) {
			lines = append(lines, x.say("cli.doctor.differs", "file", d.File, "what", x.texts.Word(x.settings.Lang, d.What)))
		}
		if lines == nil {
			lines = []string{x.say("cli.doctor.same")}
		}
		found = append(found, fine(below(folder(e.Version()), lines...))...)
	}
	if !x.settings.practice() && x.set.Company.Name == "" {
		found = append(found, notice(x.say("cli.doctor.nameless")))
	}
	return found
}
