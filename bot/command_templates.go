package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hikeshi/templates"
)

// exportable is a default that a company can start its own from: the name under which the
// overlay reads it, and its bytes in a language.
type exportable struct {
	name string
	body func(lang string) ([]byte, error)
}

var exportables = []exportable{
	{templates.ReportFile, templates.DefaultReport},
}

func (p *program) templatesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "templates", Short: "会社の様式のもとになるもの / what a company's own forms start from", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var folder string
	export := &cobra.Command{
		Use: "export [-o DIR]", Short: "標準の様式を書き出します / write the default forms", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return p.exportTemplates(folder) },
	}
	export.Flags().StringVarP(&folder, "output", "o", ".", "フォルダー / folder")
	c.AddCommand(export, &cobra.Command{
		Use: "fields", Short: "report.docx で使える項目の一覧 / the placeholders of report.docx", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			t, err := templates.LoadTexts(nil) // also for whoever is mending his own files
			if err != nil {
				return err
			}
			_, err = p.out.Write(templates.PlaceholderList(t, p.settings.Lang))
			return err
		},
	})
	return c
}

// exportTemplates writes the defaults into a folder. A file that is there already may be the
// company's own work: it is left alone, and with it all the others.
func (p *program) exportTemplates(folder string) error {
	if st, err := os.Stat(folder); err != nil || !st.IsDir() {
		return say("cli.templates.no_folder", "folder", folder)
	}
	for _, e := range exportables {
		if _, err := os.Lstat(filepath.Join(folder, e.name)); !errors.Is(err, fs.ErrNotExist) {
			return say("cli.templates.exists", "file", filepath.Join(folder, e.name))
		}
	}
	for _, e := range exportables {
		body, err := e.body(p.settings.Lang)
		if err != nil {
			return err
		}
		file := filepath.Join(folder, e.name)
		if err := p.writeNew(file, body); err != nil {
			return err
		}
		fmt.Fprintln(p.out, p.inWords(say("cli.templates.exported", "file", file)))
	}
	return nil
}

// writeNew never writes over a file, not even over one that has just appeared.
func (p *program) writeNew(file string, body []byte) (err error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // the defaults are no secret, and are edited by whoever may
	if errors.Is(err, fs.ErrExist) {
		return say("cli.templates.exists", "file", file)
	}
	if err == nil {
		_, err = f.Write(body)
		err = errors.Join(err, f.Close())
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return say("cli.file_unwritable", "file", file, "why", pe.Err.Error())
	}
	return err
}
