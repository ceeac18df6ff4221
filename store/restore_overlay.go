package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"hikeshi/store/archive"
)

// overlayWork is a hidden folder within the one that the company's own files are for. They
// are written there, where nothing reads them, and moved up when everything else is ready.
const overlayWork = ".restoring"

// placing is the folder of the overlay while it is restored; path is empty where it is not.
type placing struct {
	path  string
	files int
	moved []string
}

// free sees that there is nothing in the folder, if the archive has something for it.
func (o *placing) free(a *archive.Archive) error {
	if n, _ := a.Manifest.Count(archive.KindOverlay); n == 0 {
		o.path = ""
	}
	if o.path == "" {
		return nil
	}
	entries, err := os.ReadDir(o.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the folder %q cannot be read: give this user permission to it: %w", o.path, err)
	}
	for _, e := range entries {
		if e.Name() != overlayWork {
			return refusedRestore("restore.overlay", "folder", o.path)
		}
	}
	return os.RemoveAll(o.work()) // of a restore that was broken off
}

func (o *placing) work() string { return filepath.Join(o.path, overlayWork) }

func (o *placing) write(p archive.Part) error {
	if o.path == "" {
		return nil
	}
	o.files++
	return writeLasting(filepath.Join(o.work(), filepath.FromSlash(p.Name)), p.Body)
}

// place moves up what was written.
func (o *placing) place() error {
	if o.files == 0 {
		return nil
	}
	if err := syncTree(o.work()); err != nil {
		return err
	}
	entries, err := os.ReadDir(o.work())
	if err != nil {
		return err
	}
	for _, e := range entries {
		to := filepath.Join(o.path, e.Name())
		if err := os.Rename(filepath.Join(o.work(), e.Name()), to); err != nil {
			return err
		}
		o.moved = append(o.moved, to)
	}
	return errors.Join(os.Remove(o.work()), syncPath(o.path))
}

// undo leaves the folder as empty as it was.
func (o *placing) undo() error {
	if o.path == "" {
		return nil
	}
	return removeAll(append(o.moved, o.work())...)
}
