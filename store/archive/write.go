package archive

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// commentPrefix stands in front of the digest in the comment of the gzip header, which begins
// after ten bytes (RFC 1952).
const (
	commentPrefix = "hikeshi backup sha256 "
	digestAt      = 10 + len(commentPrefix)
	digestLen     = 2 * sha256.Size
)

// Writer writes an archive: rows in the order of the tables, then files, then the overlay.
// The file has its name only when it is whole and on the disk.
type Writer struct {
	path  string
	file  *os.File
	whole hash.Hash
	out   *bufio.Writer
	gz    *gzip.Writer
	tar   *tar.Writer

	about    About
	manifest Manifest
	table    int // of the rows in part
	parts    int
	part     []byte
}

// Create begins an archive at path, which must not exist. A Fault says why it cannot.
func Create(path string, about About) (*Writer, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, fault("archive.exists", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".hikeshi-backup-*") // for this user alone
	if err != nil {
		return nil, fault("archive.unwritable", path, "why", reason(err))
	}
	w := &Writer{path: path, file: f, whole: sha256.New(), about: about}
	w.about.Format = Format
	w.manifest.Rows = make(map[string]int64, len(about.Tables))
	w.out = bufio.NewWriterSize(io.MultiWriter(f, w.whole), 256<<10)
	w.gz = gzip.NewWriter(w.out)
	w.gz.Comment = commentPrefix + strings.Repeat("0", digestLen)
	w.tar = tar.NewWriter(w.gz)
	head, err := json.MarshalIndent(w.about, "", " ")
	if err == nil {
		err = w.member(aboutName, int64(len(head)), strings.NewReader(string(head)))
	}
	if err != nil {
		w.Abort()
		return nil, err
	}
	return w, nil
}

// reason is an operating system's error without the path, which the sentence has already.
func reason(err error) string {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		return pe.Err.Error()
	case errors.As(err, &le):
		return le.Err.Error()
	}
	return err.Error()
}

// Row adds a row of a table, given by its place among About.Tables. Tables come in their
// order. A value is int64, string, []byte, float64 or nil.
func (w *Writer) Row(table int, values []any) (err error) {
	if table != w.table {
		if err := w.flush(); err != nil {
			return err
		}
		w.table, w.parts = table, 0
	}
	before := len(w.part)
	if w.part, err = appendRow(w.part, values); err != nil {
		return fmt.Errorf("table %s: %w", w.about.Tables[table].Name, err)
	}
	if len(w.part)-before > maxPart/2 {
		return fmt.Errorf("table %s: a row of %d bytes cannot be kept", w.about.Tables[table].Name, len(w.part)-before)
	}
	w.manifest.Rows[w.about.Tables[table].Name]++
	if len(w.part) >= partSize {
		return w.flush()
	}
	return nil
}

func (w *Writer) flush() error {
	if len(w.part) == 0 {
		return nil
	}
	w.parts++
	name := partName(w.about.Tables[w.table].Name, w.parts)
	err := w.member(name, int64(len(w.part)), strings.NewReader(string(w.part)))
	w.part = w.part[:0]
	return err
}

// File adds an attached file; name is FileName's. It must have size bytes: another number is
// an error, after which nothing can be added. It gives the SHA-256 of what was read.
func (w *Writer) File(name string, size int64, r io.Reader) (digest string, err error) {
	if err := w.flush(); err != nil {
		return "", err
	}
	if err := w.member(filePrefix+name, size, r); err != nil {
		return "", err
	}
	return w.manifest.Members[len(w.manifest.Members)-1].SHA256, nil
}

// Missing notes an attached file that is not there, or not whole.
func (w *Writer) Missing(name string) { w.manifest.Missing = append(w.manifest.Missing, name) }

// Overlay adds a file of the overlay folder; name is as OverlayName allows.
func (w *Writer) Overlay(name string, body []byte) error {
	if err := w.flush(); err != nil {
		return err
	}
	return w.member(overlayDir+name, int64(len(body)), strings.NewReader(string(body)))
}

func (w *Writer) member(name string, size int64, r io.Reader) error {
	kind, _, ok := sort(name)
	if !ok || size > kind.limit() {
		return fmt.Errorf("%q with %d bytes cannot be part of a backup", name, size)
	}
	// The time is the same for all, so that equal contents make equal archives.
	err := w.tar.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.about.Made.UTC().Truncate(time.Second),
	})
	if err != nil {
		return w.unwritable(err)
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w.tar, h), io.LimitReader(r, size))
	if err != nil {
		return w.unwritable(err)
	}
	if n != size {
		return fmt.Errorf("%q ended after %d of %d bytes", name, n, size)
	}
	w.manifest.Members = append(w.manifest.Members, Member{Name: name, Size: size, SHA256: hex.EncodeToString(h.Sum(nil))})
	return nil
}

// unwritable says what a disk answers; what else went wrong stays as it is.
func (w *Writer) unwritable(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) && pe.Op == "write" {
		return fault("archive.unwritable", w.path, "why", reason(err))
	}
	return err
}

// Close ends the archive and gives it its name. Another file that has got the name meanwhile
// stays as it is.
func (w *Writer) Close() (Manifest, int64, error) {
	size, err := w.end()
	if err != nil {
		w.Abort()
		return Manifest{}, 0, w.unwritable(err)
	}
	if err := place(w.file.Name(), w.path); err != nil {
		w.Abort()
		if errors.Is(err, fs.ErrExist) {
			return Manifest{}, 0, fault("archive.exists", w.path)
		}
		return Manifest{}, 0, fault("archive.unwritable", w.path, "why", reason(err))
	}
	return w.manifest, size, nil
}

func (w *Writer) end() (size int64, err error) {
	if err := w.flush(); err != nil {
		return 0, err
	}
	if w.manifest.Digest, err = w.manifest.digest(); err != nil {
		return 0, err
	}
	list, err := json.Marshal(w.manifest)
	if err != nil {
		return 0, err
	}
	members := w.manifest.Members
	err = w.member(manifestName, int64(len(list)), strings.NewReader(string(list)))
	w.manifest.Members = members // it is not in its own list
	if err != nil {
		return 0, err
	}
	for _, f := range []func() error{w.tar.Close, w.gz.Close, w.out.Flush} {
		if err := f(); err != nil {
			return 0, err
		}
	}
	if _, err := w.file.WriteAt([]byte(hex.EncodeToString(w.whole.Sum(nil))), int64(digestAt)); err != nil {
		return 0, err
	}
	st, err := w.file.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), errors.Join(w.file.Sync(), w.file.Close())
}

// place gives a finished file its name without replacing another, and makes that last.
func place(from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil:
		os.Remove(from) // a second name of the same file harms nothing
	case errors.Is(err, fs.ErrExist):
		return err
	default: // a disk without links
		if _, err := os.Lstat(to); err == nil {
			return fs.ErrExist
		}
		if err := os.Rename(from, to); err != nil {
			return err
		}
	}
	if d, err := os.Open(filepath.Dir(to)); err == nil {
		d.Sync() //nolint:errcheck // not every system can; the file itself is on the disk
		d.Close()
	}
	return nil
}

// Abort gives up an archive. Nothing is left of it.
func (w *Writer) Abort() {
	w.file.Close()
	os.Remove(w.file.Name()) // it has no name that anybody takes for a backup
}
