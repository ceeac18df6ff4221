package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hikeshi/bot/desk"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

func (p *program) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "データベースを最新の形にします / bring the database up to date", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.open(cmd.Context(), func(o *opened) error {
				fmt.Fprintln(p.out, o.texts.Say(p.settings.Lang, "cli.migrated"))
				return nil
			})
		},
	}
}

func (p *program) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "記録が書き換えられていないか確かめます / check that the record is untouched", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withService(cmd.Context(), func(o *opened) error {
				v, err := workflows.Verify(cmd.Context(), o.store)
				if err != nil {
					return err
				}
				return p.printVerification(o.texts, v)
			})
		},
	}
}

// printVerification tells what a check of the record found; errShown when it is not clean.
func (p *program) printVerification(t *templates.Texts, v workflows.Verification) error {
	lang := p.settings.Lang
	for _, b := range v.Breaches {
		fmt.Fprintln(p.out, t.Say(lang, b.Key, "id", string(b.Incident), "seq", strconv.FormatInt(b.Seq, 10)))
	}
	counts := []string{"incidents", strconv.Itoa(v.Incidents), "entries", strconv.Itoa(v.Entries), "erased", strconv.Itoa(v.Erased), "files", strconv.Itoa(v.Files), "breaches", strconv.Itoa(len(v.Breaches))}
	if len(v.Breaches) > 0 {
		fmt.Fprintln(p.errs, t.Say(lang, "cli.verify.broken", counts...))
		return errShown
	}
	fmt.Fprintln(p.out, t.Say(lang, "cli.verify.clean", counts...))
	return nil
}

func (p *program) incidentsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "incidents", Short: "インシデントの一覧と内容 / list and show incidents", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var openOnly bool
	list := &cobra.Command{
		Use: "list [--open]", Short: "一覧 / list", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withService(cmd.Context(), func(o *opened) error { return p.list(cmd.Context(), o, openOnly) })
		},
	}
	list.Flags().BoolVar(&openOnly, "open", false, "対応中だけ / only those under way")
	c.AddCommand(list, &cobra.Command{
		Use: "show ID", Short: "内容 / show one", Args: oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withService(cmd.Context(), func(o *opened) error {
				body, err := p.document(cmd.Context(), o, args[0], desk.KindReport, "md")
				if err != nil {
					return err
				}
				return p.writeOut("", body)
			})
		},
	})
	return c
}

func (p *program) list(ctx context.Context, o *opened, openOnly bool) error {
	rows, err := o.store.Incidents(ctx, workflows.IncidentQuery{OpenOnly: openOnly})
	if err != nil {
		return err
	}
	lang := p.settings.Lang
	if len(rows) == 0 {
		fmt.Fprintln(p.out, o.texts.Say(lang, "cli.incidents.none"))
		return nil
	}
	return p.printIncidents(o.texts, rows)
}

func (p *program) printIncidents(t *templates.Texts, rows []*incident.Incident) error {
	lang := p.settings.Lang
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	for _, in := range rows {
		level := t.Say(lang, "level."+in.WorkingLevel().String())
		if in.Provisional() {
			level = t.Say(lang, "cli.provisional", "level", level)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", in.ID, in.ReportedAt.In(incident.Tokyo).Format("2006-01-02 15:04"),
			t.Say(lang, "phase."+string(in.Phase)), level, oneLine.Replace(templates.Printable(in.Title)))
	}
	return w.Flush()
}

// oneLine keeps a title from breaking the table it stands in.
var oneLine = strings.NewReplacer("\n", " ", "\t", " ")

func (p *program) reportCommand() *cobra.Command {
	var out, format, kind string
	c := &cobra.Command{
		Use: "report ID [--kind report|handover] [--format md|docx|pdf] [-o FILE]", Short: "報告書・引継ぎ書を作ります / write the report or the handover summary", Args: oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			kind := desk.Kind(kind)
			if kind != desk.KindReport && kind != desk.KindHandover {
				return usageError{say("cli.usage.kind", "kind", string(kind))}
			}
			format = formatOf(cmd, out, format)
			return p.withService(cmd.Context(), func(o *opened) error {
				body, err := p.document(cmd.Context(), o, args[0], kind, format)
				if err != nil {
					return err
				}
				return p.writeOut(out, body)
			})
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "ファイル / file; 省略すると画面 / default: standard output")
	c.Flags().StringVar(&format, "format", "md", "md | docx | pdf")
	c.Flags().StringVar(&kind, "kind", string(desk.KindReport), "報告書 / report | 引継ぎ書 / handover")
	return c
}

// formatOf is the format that the name of the file has, where none was asked for: a file is
// what it is called.
func formatOf(cmd *cobra.Command, file, format string) string {
	if named := strings.TrimPrefix(filepath.Ext(file), "."); !cmd.Flags().Changed("format") && slices.Contains(desk.Formats, named) {
		return named
	}
	return format
}

// document prints an incident. No version is numbered, because nothing is issued.
func (p *program) document(ctx context.Context, o *opened, id string, kind desk.Kind, format string) ([]byte, error) {
	in, records, err := p.incidentWithRecord(ctx, o, id)
	if err != nil {
		return nil, err
	}
	if format == "docx" && kind == desk.KindReport {
		o.forms = p.formsOrDefault()
	}
	now := o.service.Now()
	return renderDocument(o, in, records, kind, p.settings.Lang, format, now)
}

// knownAs marks the names of accounts that the contact list does not know.
func (o *opened) knownAs(lang string) func(incident.PersonID, string) string {
	return func(id incident.PersonID, recorded string) string {
		name, unlisted := o.service.KnownAs(id, recorded)
		if unlisted {
			return o.texts.Say(lang, "person.unlisted", "name", name)
		}
		return name
	}
}

// reportOptions are what a document of an incident as it is now needs beside its record.
func reportOptions(o *opened, in *incident.Incident, lang string, now time.Time) report.Options {
	version := 0 // a draft: something was recorded since the last numbered version
	if in.ReportCurrent() {
		version = in.Reports
	}
	return report.Options{
		Lang:     lang,
		Say:      func(key string, pairs ...string) string { return o.texts.Say(lang, key, pairs...) },
		Name:     func(id incident.PersonID) string { return o.service.Name(in, id) },
		KnownAs:  o.knownAs(lang),
		Company:  o.company.In(lang),
		Address:  o.company.Address,
		Number:   o.company.CorporateNumber,
		Industry: o.company.Industry, Departments: o.company.Departments,
		Version:    version,
		MadeAt:     now,
		Procedures: o.service.Rules(in),
		Rule: func(r incident.Rule) string {
			words, _ := o.service.RuleWords(r)
			return words.Title.In(lang)
		},
		Whom: func(r incident.Rule) string {
			words, _ := o.service.RuleWords(r)
			return words.Whom.In(lang)
		},
	}
}

func (p *program) procedureCommand() *cobra.Command {
	var category, effect string
	var level int
	var asJSON bool
	c := &cobra.Command{
		Use: "procedure --category C [--effect leak|damage] --level N [--json]", Short: "対応手順を表示します / print a procedure", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			t, err := p.texts()
			if err != nil {
				return err
			}
			book, err := p.book()
			if err != nil {
				return err
			}
			lang := p.settings.Lang
			c, e, l := incident.Category(category), incident.Category(effect), incident.Level(level)
			if category == "" {
				return usageError{say("cli.procedure.category")}
			}
			printed, ref := book.JSON(c, e, l)
			if ref != nil {
				return usageError{errors.New(t.Say(lang, ref.Key, "category", category, "effect", effect, "level", strconv.Itoa(level), "min", ref.Min.String()))}
			}
			if asJSON {
				enc := json.NewEncoder(p.out)
				enc.SetEscapeHTML(false)
				return enc.Encode(printed)
			}
			plan, _ := book.Lookup(c, e, l) // JSON has just looked it up
			for _, s := range plan.All() {
				n := strconv.Itoa(s.N)
				if s.N == 0 {
					n = "+"
				}
				fmt.Fprintf(p.out, "%2s  %s  %s  %s\n", n, t.Say(lang, "phase."+string(s.Phase)), t.Say(lang, "role."+string(s.Role)), s.Text.In(lang))
			}
			return nil
		},
	}
	c.Flags().StringVar(&category, "category", "", "leak | damage | virus | other")
	c.Flags().StringVar(&effect, "effect", "", "ウイルスの影響 / effect of a virus: leak | damage")
	c.Flags().IntVar(&level, "level", int(incident.Unassessed), "0–3")
	c.Flags().BoolVar(&asJSON, "json", false, "JSONで表示 / print JSON")
	return c
}
