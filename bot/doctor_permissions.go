package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// checkPermissions looks at who on this machine can read the record: the data folder, and
// the files of the database, wherever they lie. Everybody is a fault; a group is a warning,
// for somebody may have meant it.
func checkPermissions(_ context.Context, x *patient) []finding {
	if runtime.GOOS == "windows" {
		return nil // its permissions are not the nine letters looked at here
	}
	var found []finding
	seen := 0
	for _, path := range x.kept() {
		st, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			found = append(found, fault(x.say("cli.doctor.unreadable", "path", path)))
			continue
		}
		seen++
		mode, want := st.Mode().Perm(), "600"
		if st.IsDir() {
			want = "700"
		}
		pairs := []string{"path", path, "mode", want}
		switch {
		case mode&0o007 != 0:
			found = append(found, fault(x.say("cli.doctor.open_to_all", pairs...)))
		case mode&0o070 != 0:
			found = append(found, notice(x.say("cli.doctor.open_to_group", pairs...)))
		}
	}
	if seen > 0 && found == nil {
		return fine(x.say("cli.doctor.permissions", "folder", x.settings.Data))
	}
	return found
}

// kept are the places where incidents lie on this machine's disk. Files that nobody can
// reach, because a folder above them is closed, are safe whatever their own rights are.
func (p *patient) kept() []string {
	paths := []string{p.settings.Data}
	file, ok := strings.CutPrefix(p.settings.database(), "sqlite:")
	if !ok {
		return paths
	}
	if st, err := os.Stat(filepath.Dir(file)); err == nil && st.Mode().Perm()&0o077 == 0 {
		return paths
	}
	return append(paths, file, file+"-wal", file+"-shm")
}
