package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
)

func (p *program) contactsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "contacts", Short: "連絡先の読み込み・点検・書き出し / the contact list",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var out, exportFormat string
	export := &cobra.Command{
		Use: "export [-o FILE] [--format csv|xlsx]", Short: "CSVかExcelに書き出します / write the list as CSV or xlsx", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withService(cmd.Context(), func(o *opened) error {
				return p.exportContacts(cmd.Context(), o, out, exportFormat)
			})
		},
	}
	export.Flags().StringVarP(&out, "output", "o", "", "ファイル / file; 省略すると画面 / default: standard output")
	export.Flags().StringVar(&exportFormat, "format", "", "csv | xlsx; 省略するとファイル名から / default: as the file is named, else csv")
	var sheetOut, format string
	sheet := &cobra.Command{
		Use: "sheet [-o FILE] [--format pdf|docx|md]", Short: "壁に貼る緊急連絡先シート / the emergency sheet for the wall", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withService(cmd.Context(), func(o *opened) error {
				format = formatOf(cmd, sheetOut, format)
				now := o.service.Now()
				doc := contact.Sheet(o.service.Contacts(), p.settings.Lang, p.say(o.texts), p.day(o.texts, now), now)
				if p.settings.practice() { // numbers that reach nobody must not hang on a wall unmarked
					doc.Banner = append([]string{o.texts.Say(p.settings.Lang, "report.banner.practice")}, doc.Banner...)
				}
				body, err := render(doc, format, now)
				if err != nil {
					return err
				}
				return p.writeOut(sheetOut, body)
			})
		},
	}
	sheet.Flags().StringVarP(&sheetOut, "output", "o", "", "ファイル / file; 省略すると画面 / default: standard output")
	sheet.Flags().StringVar(&format, "format", "pdf", "pdf | docx | md")
	c.AddCommand(
		&cobra.Command{
			Use: "import FILE", Short: "CSVかExcelを読み込みます / read a CSV or xlsx file", Args: oneArg,
			RunE: func(cmd *cobra.Command, args []string) error { return p.importContacts(cmd.Context(), args[0]) },
		},
		&cobra.Command{
			Use: "check [FILE]", Short: "役割の空きなどを点検します / find holes", Args: atMostOneArg,
			RunE: func(cmd *cobra.Command, args []string) error { return p.checkContacts(cmd.Context(), args) },
		},
		export, sheet,
	)
	return c
}

// readContacts reads a file as a whole; every fault is told at once.
func (p *program) readContacts(t *templates.Texts, file string) ([]contact.Row, error) {
	lang := p.settings.Lang
	unreadable := errors.New(t.Say(lang, "cli.file_unreadable", "file", file))
	f, err := os.Open(file)
	if err != nil {
		return nil, unreadable
	}
	defer f.Close()
	// A byte more than is allowed is enough to be told that the file is too large.
	body, err := io.ReadAll(io.LimitReader(f, contact.MaxFileBytes+1))
	if err != nil {
		return nil, unreadable
	}
	rows, faults := templates.ReadContacts(file, body)
	if faults != nil {
		for _, f := range faults {
			fmt.Fprintln(p.errs, f.Say(p.say(t)))
		}
		fmt.Fprintln(p.errs, t.Say(lang, "cli.contacts.not_imported", "count", strconv.Itoa(len(faults))))
		return nil, errShown
	}
	return rows, nil
}

// exportContacts writes the list in the format asked for, or the one the file's name asks for.
func (p *program) exportContacts(ctx context.Context, o *opened, out, format string) error {
	list, _, err := o.store.Contacts(ctx)
	if err != nil {
		return err
	}
	if format == "" && strings.EqualFold(filepath.Ext(out), ".xlsx") {
		format = "xlsx"
	}
	switch format {
	case "", "csv":
		return p.writeOut(out, contact.Export(list))
	case "xlsx":
		if err := p.notOnScreen(out); err != nil {
			return err
		}
		say := func(key string, pairs ...string) string { return o.texts.Say(p.settings.Lang, key, pairs...) }
		body, err := templates.ContactsXlsx(list, p.settings.Lang, say, o.service.Now())
		if err != nil {
			return err
		}
		return p.writeOut(out, body)
	}
	return usageError{say("cli.contacts.format", "format", format)}
}

func (p *program) say(t *templates.Texts) func(string) string {
	return func(key string) string { return t.Say(p.settings.Lang, key) }
}

func (p *program) importContacts(ctx context.Context, file string) error {
	return p.open(ctx, func(o *opened) error {
		rows, err := p.readContacts(o.texts, file)
		if err != nil {
			return err
		}
		ch, err := o.service.ImportContacts(ctx, rows)
		if err != nil {
			return err
		}
		var changed []contact.Person
		for _, c := range ch.Changed {
			changed = append(changed, c.After)
		}
		lang := p.settings.Lang
		fmt.Fprintln(p.out, o.texts.Say(lang, "cli.contacts.imported", "people", strconv.Itoa(len(o.service.Contacts().People())),
			"added", strconv.Itoa(len(ch.Added)), "changed", strconv.Itoa(len(changed)), "removed", strconv.Itoa(len(ch.Removed))))
		if len(changed) > 0 {
			fmt.Fprintln(p.out, o.texts.Say(lang, "cli.contacts.changed", "names", names(o.texts, lang, changed)))
		}
		if len(ch.Removed) > 0 {
			fmt.Fprintln(p.out, o.texts.Say(lang, "cli.contacts.removed", "names", names(o.texts, lang, ch.Removed)))
		}
		found, err := p.gaps(o, o.service.Contacts(), o.service.Now())
		if err != nil {
			return err
		}
		p.printFindings(o.texts, found)
		return nil
	})
}

func names(t *templates.Texts, lang string, people []contact.Person) string {
	var out []string
	for _, c := range people {
		out = append(out, c.Name)
	}
	return strings.Join(out, t.Say(lang, "separator"))
}

func (p *program) checkContacts(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return p.withService(ctx, func(o *opened) error {
			found, err := p.gaps(o, o.service.Contacts(), o.service.Now())
			if err != nil {
				return err
			}
			return p.findings(o.texts, found)
		})
	}
	set, err := p.templates()
	if err != nil {
		return err
	}
	rows, err := p.readContacts(set.Texts, args[0])
	if err != nil {
		return err
	}
	now := time.Now()
	o := &opened{}
	o.take(set)
	found, err := p.gaps(o, contact.NewDirectory(contact.Merge(nil, rows, now)), now)
	if err != nil {
		return err
	}
	return p.findings(o.texts, found)
}

// gaps finds what a contact list lacks, and where its departments are not those of the
// company, and what absences and the policy of calls leave open from now on. In practice with a
// list of one's own, the sample company has no say.
func (p *program) gaps(o *opened, d *contact.Directory, now time.Time) (found []contact.Finding, err error) {
	found = append(contact.Check(d), contact.CheckAbsences(d, now)...)
	if !o.company.Sample {
		found = append(found, contact.CheckDepartments(d, o.company.Departments)...)
	}
	err = p.company(o, d, now, func(c *callCompany) error {
		holes, err := p.callHoles(c)
		found = append(found, holes...)
		return err
	})
	return found, err
}

func (p *program) findings(t *templates.Texts, found []contact.Finding) error {
	if p.printFindings(t, found) {
		return errShown
	}
	if len(found) == 0 {
		fmt.Fprintln(p.out, t.Say(p.settings.Lang, "cli.contacts.fine"))
	}
	return nil
}

// printFindings tells what a check found, and whether any of it is severe.
func (p *program) printFindings(t *templates.Texts, found []contact.Finding) (severe bool) {
	for _, f := range found {
		fmt.Fprintln(p.out, t.Say(p.settings.Lang, "cli.check."+string(f.Severity))+" "+f.Say(p.say(t)))
		severe = severe || f.Severity == contact.Severe
	}
	return severe
}

func (p *program) writeOut(file string, body []byte) error {
	if file == "" {
		if terminal(p.out) && bytes.IndexByte(body, 0) >= 0 {
			return say("cli.not_on_screen", "example", "FILE")
		}
		_, err := p.out.Write(body)
		return err
	}
	// Documents hold names and incidents: only the owner may read them.
	if err := os.WriteFile(file, body, 0o600); err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			return say("cli.file_unwritable", "file", file, "why", pe.Err.Error())
		}
		return err
	}
	return nil
}

// loadSample fills an empty contact list with the sample company, in practice only.
func loadSample(ctx context.Context, s *workflows.Service) error {
	if len(s.Contacts().People()) > 0 || !s.Practice() {
		return nil
	}
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		return fmt.Errorf("the sample company: %w", faults)
	}
	_, err := s.ImportContacts(ctx, rows)
	return err
}
