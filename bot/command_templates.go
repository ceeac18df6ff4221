package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hikeshi/templates"
	faults "hikeshi/workflows/fault"
)

func (p *program) templatesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "templates", Short: "会社の様式のもとになるもの / what a company's own forms start from", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var folder string
	export := &cobra.Command{
		Use: "export [NAME…] [-o DIR]", Short: "標準のファイルを書き出します（既定は " + templates.ReportFile + "） / write default files (default: " + templates.ReportFile + ")",
		RunE: func(_ *cobra.Command, names []string) error { return p.exportTemplates(folder, names) },
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
func (p *program) exportTemplates(folder string, names []string) error {
	if st, err := os.Stat(folder); err != nil || !st.IsDir() {
		return say("cli.templates.no_folder", "folder", folder)
	}
	if len(names) == 0 {
		names = []string{templates.ReportFile}
	}
	bodies := map[string][]byte{}
	for _, name := range names {
		body, err := templates.Default(name, p.settings.Lang)
		if errors.Is(err, fs.ErrNotExist) {
			return usageError{p.noTemplate(name)}
		}
		if err != nil {
			return err
		}
		file := filepath.Join(folder, filepath.FromSlash(name))
		if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
			return say("cli.templates.exists", "file", file)
		}
		bodies[file] = body
	}
	for _, file := range slices.Sorted(maps.Keys(bodies)) {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // as the files
			return say("cli.templates.no_folder", "folder", filepath.Dir(file))
		}
		if err := p.writeNew(file, bodies[file]); err != nil {
			return err
		}
		fmt.Fprintln(p.out, p.inWords(say("cli.templates.exported", "file", file)))
	}
	return nil
}

// noTemplate says which names there are, or which one was meant.
func (p *program) noTemplate(name string) error {
	known := templates.DefaultNames()
	if meant := faults.Nearest(name, known); meant != "" {
		return say("cli.templates.unknown_near", "name", name, "meant", meant)
	}
	return say("cli.templates.unknown", "name", name, "names", strings.Join(known, ", "))
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
