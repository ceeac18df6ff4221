package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/draft"
	faults "hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
)

// draftFormats are the formats of a draft: text is the view to be copied field by field.
var draftFormats = []string{"md", "docx", "text"}

func (p *program) draftCommand() *cobra.Command {
	var out, format, lang string
	var number int
	c := &cobra.Command{
		Use:   "draft ID [KIND] [--format md|docx|text] [-o FILE] [--lang ja|en] [--number N]",
		Short: "届出・通知・お知らせの下書きを作ります / draft filings and notices",
		Long: `記録から下書きを作ります。KIND がなければ一覧を表示します。送るのは人です。
Drafts what has to be filed or told, from the record. Without KIND it lists the kinds. A person sends it.

KIND: ` + kindNames(),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 2 {
				return usageError{say("cli.draft.arguments", "count", strconv.Itoa(len(args)), "usage", cmd.UseLine())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if lang == "" {
				lang = p.settings.Lang
			}
			format = draftFormatOf(cmd, out, format)
			switch {
			case !slices.Contains(templates.Languages, lang):
				return usageError{say("cli.draft.lang", "value", lang)}
			case !slices.Contains(draftFormats, format):
				return usageError{say("cli.draft.format", "format", format)}
			case number < 0:
				return usageError{say("cli.draft.number", "value", strconv.Itoa(number))}
			case len(args) == 1:
				return p.withService(cmd.Context(), func(o *opened) error { return p.listDrafts(cmd.Context(), o, args[0], lang) })
			}
			kind, err := draftKind(args[1])
			if err != nil {
				return err
			}
			return p.withService(cmd.Context(), func(o *opened) error {
				in, records, err := p.incidentWithRecord(cmd.Context(), o, args[0])
				if err != nil {
					return err
				}
				now := o.service.Now()
				options := draftOptions(o, in, lang, now)
				options.Number = number
				body, err := renderDraft(draft.Of(kind, in, records, options), format, now)
				if err != nil {
					return err
				}
				return p.writeOut(out, body)
			})
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "ファイル / file; 省略すると画面 / default: standard output")
	c.Flags().StringVar(&format, "format", "md", "md | docx | text（項目ごとに写すための表示 / to be copied field by field）")
	c.Flags().StringVar(&lang, "lang", "", "ja | en; 省略すると HIKESHI_LANG / default: HIKESHI_LANG")
	c.Flags().IntVar(&number, "number", 0, "経過報告が第何報か / which interim report it is")
	return c
}

func kindNames() string {
	names := make([]string, len(draft.Kinds))
	for i, k := range draft.Kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

// draftKind finds a kind by its name, however its letters are typed.
func draftKind(name string) (draft.Kind, error) {
	kind := draft.Kind(strings.ToLower(strings.TrimSpace(name)))
	if draft.IsKind(kind) {
		return kind, nil
	}
	if meant := faults.Nearest(string(kind), strings.Split(kindNames(), ", ")); meant != "" {
		return "", usageError{say("cli.draft.kind_near", "kind", name, "meant", meant)}
	}
	return "", usageError{say("cli.draft.kind", "kind", name, "known", kindNames())}
}

// draftFormatOf is the format that the name of the file has, where none was asked for.
func draftFormatOf(cmd *cobra.Command, file, format string) string {
	if cmd.Flags().Changed("format") {
		return format
	}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".docx":
		return "docx"
	case ".txt":
		return "text"
	}
	return format
}

// listDrafts prints the kinds with how much of each is left to do.
func (p *program) listDrafts(ctx context.Context, o *opened, id, lang string) error {
	in, records, err := p.incidentWithRecord(ctx, o, id)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	options := draftOptions(o, in, lang, o.service.Now())
	for _, k := range draft.Kinds {
		d := draft.Of(k, in, records, options)
		fmt.Fprintf(w, "%s\t%s\t%s\n", k, d.Tally(), d.Title)
	}
	return w.Flush()
}

// incidentWithRecord reads an incident for the one at the server's console, who holds the
// database in his hands: no circle is asked.
func (p *program) incidentWithRecord(ctx context.Context, o *opened, id string) (*incident.Incident, []incident.Record, error) {
	number := incident.ID(strings.ToUpper(strings.TrimSpace(id)))
	in, err := o.store.Incident(ctx, number)
	if errors.Is(err, workflows.ErrNotFound) {
		return nil, nil, errors.New(o.texts.Say(p.settings.Lang, "cli.incidents.unknown", "id", id))
	}
	if err != nil {
		return nil, nil, err
	}
	records, err := o.store.Records(ctx, number, 1, 0)
	return in, records, errors.Join(err, o.service.Recall(ctx, in))
}

// draftOptions are what a draft of an incident as it is now needs beside its record.
func draftOptions(o *opened, in *incident.Incident, lang string, now time.Time) draft.Options {
	return draft.Options{
		Lang:       lang,
		Say:        func(key string, pairs ...string) string { return o.texts.Say(lang, key, pairs...) },
		Name:       func(id incident.PersonID) string { return o.service.Name(in, id) },
		Company:    o.company,
		Contacts:   draftContacts(o.service.Contacts(), in),
		Procedures: o.service.Rules(in),
		MadeAt:     now,
	}
}

// draftContacts are whom a draft names for each role: the first of its line, and never anybody from
// whom the incident is kept. Nobody else is the representative of the company, so that his place
// is left to be filled in.
func draftContacts(list *contact.Directory, in *incident.Incident) map[incident.Role]draft.Contact {
	out := map[incident.Role]draft.Contact{}
	for _, role := range []incident.Role{incident.Representative, incident.IncidentLead, incident.SystemAdmin, incident.PrivacyManager, incident.PrivacyDesk} {
		line := list.Chain(role, "")
		if role == incident.Representative && len(line) > 1 {
			line = line[:1]
		}
		line = slices.DeleteFunc(line, in.IsExcluded)
		if len(line) == 0 {
			continue
		}
		if c, ok := list.Person(line[0]); ok {
			out[role] = draft.Contact{Department: c.Department, Name: c.Name, Phone: c.Phone, Email: c.Email}
		}
	}
	return out
}

func renderDraft(d draft.Draft, format string, made time.Time) ([]byte, error) {
	switch format {
	case "docx":
		return templates.Docx(d.Document(), made)
	case "text":
		return templates.DraftCopy(d), nil
	}
	return templates.Markdown(d.Document()), nil
}
