package store

import (
	"io/fs"
	"strings"
	"testing"
)

// Of an earlier or a later program: with other migrations.
func (o RestoreOptions) Migrating(files fs.FS) RestoreOptions {
	o.migrations = files
	return o
}

// KilledRestore restores in another process, which is killed after a step.
func KilledRestore(t *testing.T, file, url, overlay, step string) {
	t.Helper()
	cmd, lines := another(t, "restore", strings.Join([]string{file, url, overlay, step}, "\n"))
	if !lines.Scan() || lines.Text() != step {
		t.Fatalf("the other process said %q", lines.Text())
	}
	kill(t, cmd)
}

var (
	MigrationFiles = migrationFiles
)
