package main

import (
	"fmt"

	"hikeshi/templates"
	"hikeshi/workflows/edition"
)

// doctorTemplates tells about everything that the company may change: every fault at once,
// or what differs from the defaults. It gives nil when there is a fault.
func (p *program) doctorTemplates(t *templates.Texts, line func(what string, err error)) *templates.Set {
	lang := p.settings.Lang
	set, err := p.templates()
	if err != nil {
		line(t.Say(lang, "cli.doctor.overlay", "folder", p.settings.Config, "version", "-"), err)
		return nil
	}
	line(t.Say(lang, "cli.doctor.procedures", "version", set.Book.Version), nil)
	if p.settings.Config == "" {
		return p.doctorProfile(t, set)
	}
	plain, err := templates.Load(nil, true)
	if err != nil {
		line(t.Say(lang, "cli.doctor.overlay", "folder", p.settings.Config, "version", "-"), err)
		return nil
	}
	e, err := edition.New(set.Book, set.Paging)
	if err != nil {
		line(t.Say(lang, "cli.doctor.overlay", "folder", p.settings.Config, "version", "-"), err)
		return nil
	}
	line(t.Say(lang, "cli.doctor.overlay", "folder", p.settings.Config, "version", e.Version()), nil)
	differences := set.Differences(plain)
	if len(differences) == 0 {
		fmt.Fprintln(p.out, "  "+t.Say(lang, "cli.doctor.same"))
	}
	for _, d := range differences {
		fmt.Fprintln(p.out, "  "+t.Say(lang, "cli.doctor.differs", "file", d.File, "what", t.Word(lang, d.What)))
	}
	return p.doctorProfile(t, set)
}

// doctorProfile warns of a live company without a name: its reports would have none.
func (p *program) doctorProfile(t *templates.Texts, set *templates.Set) *templates.Set {
	if !p.settings.practice() && set.Company.Name == "" {
		fmt.Fprintln(p.out, t.Say(p.settings.Lang, "cli.check.warning")+" "+t.Say(p.settings.Lang, "cli.doctor.nameless"))
	}
	return set
}
