package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

// printCalls shows a course as a table in words.
func (p *program) printCalls(c *callCompany, s paging.Case, course paging.Course) {
	lang := p.settings.Lang
	say := func(key string, pairs ...string) string { return c.texts.Say(lang, key, pairs...) }
	join := func(words []string) string { return strings.Join(words, say("separator")) }
	level := say("level." + s.Level.String())
	if !s.Confirmed {
		level = say("level.provisional", "value", level)
	}
	fmt.Fprintln(p.out, say("cli.paging.title", "level", level, "at", s.At.In(incident.Tokyo).Format("2006-01-02 15:04")))
	rows := [][]string{{say("cli.paging.at"), say("cli.paging.after"), say("cli.paging.whom"), say("cli.paging.roles"), say("cli.paging.means"), say("cli.paging.why")}}
	before := s.At.In(incident.Tokyo).Format(time.DateOnly)
	for _, step := range course.Steps {
		local := step.At.In(incident.Tokyo)
		at := local.Format("15:04")
		if day := local.Format(time.DateOnly); day != before {
			at, before = local.Format("01-02 15:04"), day
		}
		var roles, means []string
		for _, r := range step.Roles {
			roles = append(roles, say("role."+string(r)))
		}
		for _, m := range step.Means {
			means = append(means, say("means."+string(m)))
		}
		if means == nil {
			means = []string{say("cli.paging.no_means")}
		}
		rows = append(rows, []string{at, "+" + c.span(lang, step.At.Sub(s.At)), c.name(step.Person), join(roles), join(means), say("cli.paging.why." + step.Why)})
	}
	if len(course.Steps) > 0 {
		for _, line := range inColumns(rows) {
			fmt.Fprintln(p.out, line)
		}
	}
	if course.ExhaustedAt.IsZero() {
		fmt.Fprintln(p.out, say("cli.paging.no_chase"))
		return
	}
	at := course.ExhaustedAt.In(incident.Tokyo).Format("2006-01-02 15:04")
	fmt.Fprintln(p.out, say("cli.paging.exhausted", "at", at, "again", c.span(lang, course.Again)))
}

// span says a time span in words.
func (c *callCompany) span(lang string, d time.Duration) string {
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	key := "cli.paging.span.hm"
	switch {
	case h == 0:
		key = "cli.paging.span.m"
	case m == 0:
		key = "cli.paging.span.h"
	}
	return c.texts.Say(lang, key, "h", strconv.Itoa(h), "m", strconv.Itoa(m))
}

// inColumns sets rows in columns; the last one runs on.
func inColumns(rows [][]string) (lines []string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columnsOf(cell))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString("  " + cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-columnsOf(cell)))
			}
		}
		lines = append(lines, b.String())
	}
	return lines
}

// columnsOf is how many columns of a terminal a text takes: Japanese letters take two.
func columnsOf(s string) (n int) {
	for _, r := range s {
		// From the CJK radicals on, and full-width forms; the half-width katakana take one.
		if r >= 0x2e80 && !(r >= 0xff61 && r <= 0xffdc) {
			n++
		}
		n++
	}
	return n
}
