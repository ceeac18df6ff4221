package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"hikeshi/store"
)

// A disk this full is told of: the database needs room beside it for its log, and a backup
// as much again.
const (
	leastFree    = 500 << 20 // bytes
	leastPercent = 5
)

// checkDisk looks at the room on the disk of the data folder.
func checkDisk(_ context.Context, x *patient) []finding {
	folder := existing(x.settings.Data)
	free, total, err := store.Room(folder)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil || total == 0 {
		return []finding{notice(x.say("cli.doctor.disk_unknown", "folder", x.settings.Data))}
	}
	return x.roomFindings(free, total)
}

func (p *patient) roomFindings(free, total float64) []finding {
	percent := int(free / total * 100)
	pairs := []string{"folder", p.settings.Data, "free", size(free), "percent", strconv.Itoa(percent)}
	if free < leastFree || percent < leastPercent {
		return []finding{notice(p.say("cli.doctor.disk_full", pairs...))}
	}
	return fine(p.say("cli.doctor.disk", pairs...))
}

// existing is the folder, or the nearest above it that is there already.
func existing(folder string) string {
	folder, err := filepath.Abs(folder)
	for err == nil {
		if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) || folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	return folder
}

// size says a number of bytes in the unit that leaves three digits or fewer before the point.
func size(bytes float64) string {
	units := []string{"kB", "MB", "GB", "TB", "PB"}
	v, u := bytes/1000, 0
	for v >= 1000 && u < len(units)-1 {
		v, u = v/1000, u+1
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}
