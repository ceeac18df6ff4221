package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hikeshi/store"
	"hikeshi/store/archive"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// besideOverlay is the folder within the data folder for the company's own files of a backup,
// where HIKESHI_CONFIG has no room for them.
const besideOverlay = "overlay-from-backup"

func (p *program) backupCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "backup [-o FILE]", Short: "動かしたまま、すべてのデータを一つのファイルに保存します / save everything into one file, beside a running server", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.toldOf(cmd.Context(), p.backup(cmd.Context(), out))
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "ファイルかフォルダー / file or folder; 省略すると今のフォルダー / default: the current folder")
	c.AddCommand(&cobra.Command{
		Use: "verify FILE", Short: "バックアップを、戻さずに確かめます / check a backup without restoring it", Args: oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.toldOf(cmd.Context(), p.checkBackup(cmd.Context(), args[0]))
		},
	})
	return c
}

func (p *program) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use: "restore FILE", Short: "空のデータベースに、バックアップを戻します / restore a backup into an empty database", Args: oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.toldOf(cmd.Context(), p.restore(cmd.Context(), args[0]))
		},
	}
}

// toldOf words what is wrong with an archive, or keeps it from being made or restored.
func (p *program) toldOf(ctx context.Context, err error) error {
	var f *archive.Fault
	var locked *store.Locked
	switch {
	case err != nil && ctx.Err() != nil:
		return say("cli.backup.interrupted")
	case errors.As(err, &f):
		return say(f.Key, f.Args...)
	case errors.As(err, &locked):
		return say("cli.serve.locked", "database", locked.Path, "process", locked.Process)
	}
	return err
}

// buildVersion names the program's version as well as its build knows it.
func buildVersion() string {
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range b.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return b.Main.Version
}

// backupFile is where a backup goes: the file that was named, or one named after the time in
// Tokyo, in the folder that was named or the current one.
// Another name is refused: it is a folder that nobody has made, and with a file in its place
// only the first night would be saved.
func backupFile(out string) (string, error) {
	name := "hikeshi-backup-" + realClock{}.Now().In(incident.Tokyo).Format("20060102-150405") + ".tar.gz"
	if out == "" {
		return name, nil
	}
	if st, err := os.Stat(out); err == nil && st.IsDir() {
		return filepath.Join(out, name), nil
	}
	if !strings.HasSuffix(out, ".tar.gz") {
		return "", say("cli.backup.name", "file", out)
	}
	return out, nil
}

func (p *program) backup(ctx context.Context, out string) error {
	t, err := p.textsAnyway()
	if err != nil {
		return err
	}
	if err := p.databaseThere(); err != nil {
		return err
	}
	file, err := backupFile(out)
	if err != nil {
		return err
	}
	saved, err := store.Backup(ctx, p.settings.database(), file, store.BackupOptions{
		Version: buildVersion(), Mode: p.settings.Mode, Now: realClock{}.Now(), Overlay: p.overlay(),
	})
	if err != nil {
		return err
	}
	lang := p.settings.Lang
	fmt.Fprintln(p.out, t.Say(lang, "cli.backup.made", "file", file, "size", byteCount(saved.Size)))
	p.printContents(t, saved.Manifest)
	return p.missing(t, saved.Manifest)
}

// textsAnyway gives the company's texts, or the embedded ones where its folder is faulty: a
// mistake in a file must not keep anybody from saving or restoring the record.
func (p *program) textsAnyway() (*templates.Texts, error) {
	if t, err := p.texts(); err == nil {
		return t, nil
	}
	return templates.LoadTexts(nil)
}

func (p *program) databaseThere() error {
	path, ok := strings.CutPrefix(p.settings.database(), "sqlite:")
	if !ok {
		return nil
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return say("cli.no_database", "path", path)
	}
	return nil
}

// byteCount is a size as people read it.
func byteCount(n int64) string {
	switch {
	case n >= 10<<20:
		return strconv.FormatInt((n+1<<19)>>20, 10) + " MB"
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
	}
	return strconv.FormatInt((n+1023)>>10, 10) + " kB"
}

// printContents says what an archive holds, and its check value.
func (p *program) printContents(t *templates.Texts, m archive.Manifest) {
	files, _ := m.Count(archive.KindFile)
	overlay, _ := m.Count(archive.KindOverlay)
	fmt.Fprintln(p.out, t.Say(p.settings.Lang, "cli.backup.contents",
		"incidents", strconv.FormatInt(m.Rows["incidents"], 10), "entries", strconv.FormatInt(m.Rows["entries"], 10),
		"contacts", strconv.FormatInt(m.Rows["contacts"], 10), "files", strconv.Itoa(files), "overlay", strconv.Itoa(overlay)))
	fmt.Fprintln(p.out, t.Say(p.settings.Lang, "cli.backup.digest", "digest", m.Digest))
}

// missing names the attached files that the data lacked when the backup was made.
func (p *program) missing(t *templates.Texts, m archive.Manifest) error {
	for _, name := range m.Missing {
		fmt.Fprintln(p.errs, t.Say(p.settings.Lang, "cli.backup.missing", "name", name))
	}
	if len(m.Missing) > 0 {
		return errShown
	}
	return nil
}

// checkBackup restores an archive into a folder for the moment and looks at the record there.
func (p *program) checkBackup(ctx context.Context, file string) (err error) {
	t, err := p.textsAnyway()
	if err != nil {
		return err
	}
	a, err := archive.Open(file)
	if err != nil {
		return err
	}
	defer a.Close()
	lang := p.settings.Lang
	fmt.Fprintln(p.out, t.Say(lang, "cli.backup.whole", "file", file, "made", a.About.Made.In(incident.Tokyo).Format("2006-01-02 15:04:05"),
		"mode", a.About.Mode, "kind", a.About.Kind, "schema", strconv.FormatInt(a.About.Schema, 10)))
	p.printContents(t, a.Manifest)
	folder, err := os.MkdirTemp("", "hikeshi-verify-*")
	if err != nil {
		return say("cli.backup.no_room", "why", err.Error())
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	url := "sqlite:" + filepath.Join(folder, "check.db")
	if _, err := store.Restore(ctx, url, a, store.RestoreOptions{Mode: a.About.Mode}); err != nil {
		return err
	}
	return errors.Join(p.missing(t, a.Manifest), p.verifyAt(ctx, t, url))
}

// verifyAt checks the record of a database and prints what was found.
func (p *program) verifyAt(ctx context.Context, t *templates.Texts, url string) (err error) {
	s, err := store.Open(ctx, url, store.WithReadOnly())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	v, err := workflows.Verify(ctx, s)
	if err != nil {
		return err
	}
	return p.printVerification(t, v)
}

func (p *program) restore(ctx context.Context, file string) error {
	t, err := p.textsAnyway()
	if err != nil {
		return err
	}
	a, err := archive.Open(file)
	if err != nil {
		return err
	}
	defer a.Close()
	url := p.settings.database()
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		if err := makeFolder(path); err != nil {
			return err
		}
	}
	overlay := p.overlayFolder()
	done, err := store.Restore(ctx, url, a, store.RestoreOptions{Mode: p.settings.Mode, Overlay: overlay, Prepare: p.passOver})
	if err != nil {
		return err
	}
	lang := p.settings.Lang
	fmt.Fprintln(p.out, t.Say(lang, "cli.restore.done", "file", file, "database", store.Shown(url), "made", a.About.Made.In(incident.Tokyo).Format("2006-01-02 15:04")))
	p.printContents(t, a.Manifest)
	switch {
	case done.Overlay > 0 && overlay == p.settings.Config:
		fmt.Fprintln(p.out, t.Say(lang, "cli.restore.overlay", "folder", overlay, "count", strconv.Itoa(done.Overlay)))
	case done.Overlay > 0:
		fmt.Fprintln(p.out, t.Say(lang, "cli.restore.overlay_beside", "folder", overlay, "count", strconv.Itoa(done.Overlay)))
	}
	if done.Held > 0 {
		fmt.Fprintln(p.out, t.Say(lang, "cli.restore.held", "count", strconv.FormatInt(done.Held, 10), "urgent", strconv.FormatInt(done.Urgent, 10)))
	}
	if err := p.printOpen(ctx, t, url); err != nil {
		return err
	}
	return errors.Join(p.missing(t, a.Manifest), p.verifyAt(ctx, t, url))
}

// overlayFolder is where the company's own files of a backup go: into HIKESHI_CONFIG while
// nothing is there, else beside, so that none of what is there is replaced.
func (p *program) overlayFolder() string {
	if p.settings.Config != "" {
		if entries, err := os.ReadDir(p.settings.Config); err == nil && len(entries) == 0 {
			return p.settings.Config
		}
	}
	return filepath.Join(p.settings.Data, besideOverlay)
}

// passOver leaves out what the server from before may have done today.
func (p *program) passOver(ctx context.Context, s workflows.Store) (err error) {
	var clock workflows.Clock = realClock{}
	if p.settings.practice() {
		if clock, err = newPracticeClock(ctx, s); err != nil {
			return err
		}
	}
	return workflows.PassOver(ctx, s, clock.Now())
}

// printOpen lists the incidents that people have to look at: what happened to them after the
// backup is not in it.
func (p *program) printOpen(ctx context.Context, t *templates.Texts, url string) (err error) {
	s, err := store.Open(ctx, url, store.WithReadOnly())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	rows, err := s.Incidents(ctx, workflows.IncidentQuery{OpenOnly: true})
	if err != nil || len(rows) == 0 {
		return err
	}
	fmt.Fprintln(p.out, t.Say(p.settings.Lang, "cli.restore.open", "count", strconv.Itoa(len(rows))))
	return p.printIncidents(t, rows)
}
