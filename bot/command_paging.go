package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/edition"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

// supposed is what the command line says of an incident that is only supposed.
type supposed struct {
	level                    int
	at, department, personal string
	unconfirmed, asJSON      bool
}

func (p *program) pagingCommand() *cobra.Command {
	var s supposed
	c := &cobra.Command{
		Use: "paging --level N --at TIME [--unconfirmed] [--personal yes|no|unknown] [--department D] [--json]", Short: "だれがいつ、どの手段で呼び出されるかを見ます / see who would be called, when and how", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.showCalls(cmd.Context(), s) },
	}
	f := c.Flags()
	f.IntVar(&s.level, "level", int(incident.Unassessed), "事故レベル 0〜3 / level")
	f.StringVar(&s.at, "at", "now", `"2026-12-29 02:00" | 02:00（今日 / today） | now | RFC3339`)
	f.BoolVar(&s.unconfirmed, "unconfirmed", false, "レベルがまだ確認されていない（仮） / nobody has confirmed the level yet")
	f.StringVar(&s.personal, "personal", string(incident.Unknown), "個人情報に関わるか / personal information: yes | no | unknown")
	f.StringVar(&s.department, "department", "", "報告した人の所属 / the reporter's department")
	f.BoolVar(&s.asJSON, "json", false, "JSON")
	return c
}

func (p *program) showCalls(ctx context.Context, s supposed) error {
	return p.withCompany(ctx, func(c *callCompany) error {
		supposed, err := s.read(c)
		if err != nil {
			return err
		}
		course, err := c.policy.Play(supposed, c.people, c.rules)
		if errors.Is(err, paging.ErrNoSuchCase) {
			return usageError{say("cli.paging.no_case")}
		}
		if err != nil {
			return err
		}
		var holes []contact.Finding
		for _, h := range c.policy.Holes(supposed, course, c.people, p.ready()) {
			holes = append(holes, p.finding(c, h))
		}
		if s.asJSON {
			return p.callsAsJSON(c, supposed, course, holes)
		}
		p.printCalls(c, supposed, course)
		p.printFindings(c.texts, holes)
		return nil
	})
}

// callCompany is what calls depend on: the people, the policy and the rules in force.
type callCompany struct {
	texts  *templates.Texts
	policy *paging.Policy
	rules  incident.Procedures
	list   *contact.Directory
	people incident.Directory
	now    time.Time
}

// withCompany reads the company's contact list, and in practice the sample company's where
// nothing has been started yet.
func (p *program) withCompany(ctx context.Context, f func(*callCompany) error) error {
	if path, ok := strings.CutPrefix(p.settings.database(), "sqlite:"); ok && p.settings.practice() {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			set, err := p.templates()
			if err != nil {
				return err
			}
			now := realClock{}.Now()
			rows, faults := contact.Parse(templates.SampleContacts())
			if faults != nil {
				return fmt.Errorf("the sample company: %w", faults)
			}
			o := &opened{}
			o.take(set)
			return p.company(o, contact.NewDirectory(contact.Merge(nil, rows, now)), now, f)
		}
	}
	return p.withService(ctx, func(o *opened) error { return p.company(o, o.service.Contacts(), o.service.Now(), f) })
}

func (p *program) company(o *opened, list *contact.Directory, now time.Time, f func(*callCompany) error) error {
	rules, err := edition.New(o.book, o.paging)
	if err != nil {
		return err
	}
	return f(&callCompany{texts: o.texts, policy: o.paging, rules: rules, list: list, people: workflows.Callable(list, p.reaches), now: now})
}

// ready are the means that are set up beside the chat.
func (p *program) ready() (means []incident.Means) {
	if p.settings.mail() {
		means = append(means, incident.ByMail)
	}
	if p.settings.rings() {
		means = append(means, incident.ByPhone)
	}
	return means
}

// read understands the command line.
func (s supposed) read(c *callCompany) (paging.Case, error) {
	var out paging.Case
	switch s.level {
	case int(incident.Unassessed):
		return out, usageError{say("cli.paging.level_missing")}
	case 0, 1, 2, 3:
	default:
		return out, usageError{say("cli.paging.level", "value", strconv.Itoa(s.level))}
	}
	at, ok := instant(s.at, c.now)
	if !ok {
		return out, usageError{say("cli.paging.time", "value", s.at)}
	}
	personal := incident.Answer(s.personal)
	if !slices.Contains([]incident.Answer{incident.Yes, incident.No, incident.Unknown}, personal) {
		return out, usageError{say("cli.paging.personal", "value", s.personal)}
	}
	if d := c.list.Departments(); s.department != "" && !slices.Contains(d, s.department) {
		return out, usageError{say("cli.paging.department", "value", s.department, "known", strings.Join(d, ", "))}
	}
	return paging.Case{Level: incident.Level(s.level), Confirmed: !s.unconfirmed, At: at, Personal: personal, Department: s.department}, nil
}

// instant reads a time as people type it; without a zone it is of Asia/Tokyo.
func instant(typed string, now time.Time) (time.Time, bool) {
	typed = strings.TrimSpace(typed)
	if typed == "now" {
		return now.Truncate(time.Second), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, typed); err == nil {
			return t, true
		}
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, typed, incident.Tokyo); err == nil {
			return t, true
		}
	}
	if t, err := time.ParseInLocation("15:04", typed, incident.Tokyo); err == nil {
		today := now.In(incident.Tokyo)
		return time.Date(today.Year(), today.Month(), today.Day(), t.Hour(), t.Minute(), 0, 0, incident.Tokyo), true
	}
	return time.Time{}, false
}

// finding words a hole as contacts check words what it finds.
func (p *program) finding(c *callCompany, h paging.Hole) contact.Finding {
	f := contact.Finding{Key: "hole." + h.Key, Severity: contact.Warning, Person: h.Person, Args: map[string]string{}}
	if h.Role != "" {
		f.Roles = []incident.Role{h.Role}
	}
	if person, ok := c.list.Person(h.Person); ok {
		f.Args["name"] = person.Name
		if h.Key == paging.HoleUnreached {
			f.Mends = p.settings.wouldReach(person)
		}
	}
	return f
}

// callsJSON is the shape of paging --json. Others rely on the keys: never rename one.
type callsJSON struct {
	Level     int         `json:"level"`
	At        time.Time   `json:"at"`
	Confirmed bool        `json:"confirmed"`
	Steps     []stepJSON  `json:"steps"`
	Exhausted *time.Time  `json:"exhausted_at"` // null: nobody is waited for
	Again     int         `json:"again_every"`  // seconds; 0 with null
	Warnings  []textsJSON `json:"warnings"`
}

type stepJSON struct {
	At     time.Time         `json:"at"`
	After  int               `json:"after"` // seconds since the report
	Person incident.PersonID `json:"person"`
	Name   string            `json:"name"`
	Roles  []incident.Role   `json:"roles"`
	Means  []incident.Means  `json:"means"` // empty: nothing reaches him
	Why    string            `json:"why"`
}

type textsJSON struct {
	Key  string            `json:"key"`
	Text map[string]string `json:"text"`
}

func (p *program) callsAsJSON(c *callCompany, s paging.Case, course paging.Course, holes []contact.Finding) error {
	out := callsJSON{
		Level: int(s.Level), At: s.At.In(incident.Tokyo), Confirmed: s.Confirmed,
		Steps: []stepJSON{}, Again: int(course.Again / time.Second), Warnings: []textsJSON{},
	}
	for _, step := range course.Steps {
		one := stepJSON{
			At: step.At.In(incident.Tokyo), After: int(step.At.Sub(s.At) / time.Second), Person: step.Person, Name: c.name(step.Person),
			Roles: step.Roles, Means: step.Means, Why: step.Why,
		}
		if one.Means == nil {
			one.Means = []incident.Means{}
		}
		out.Steps = append(out.Steps, one)
	}
	if at := course.ExhaustedAt; !at.IsZero() {
		at = at.In(incident.Tokyo)
		out.Exhausted = &at
	}
	for _, h := range holes {
		words := textsJSON{Key: strings.TrimPrefix(h.Key, "hole."), Text: map[string]string{}}
		for _, lang := range templates.Languages {
			words.Text[lang] = h.Say(func(key string) string { return c.texts.Say(lang, key) })
		}
		out.Warnings = append(out.Warnings, words)
	}
	enc := json.NewEncoder(p.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

func (c *callCompany) name(id incident.PersonID) string {
	if p, ok := c.list.Person(id); ok {
		return p.Name
	}
	return string(id)
}
