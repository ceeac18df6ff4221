package archive

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"os"
	"strconv"
	"strings"
)

// Archive is an archive that was read once from end to end and found whole.
type Archive struct {
	About    About
	Manifest Manifest

	path string
	in   io.ReadSeekCloser
}

// Open reads the whole archive at path and checks it: every name, size, digest and row. A
// Fault says in one sentence what is wrong with it. Nothing is written anywhere.
func Open(path string) (*Archive, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault("archive.unreadable", path, "why", reason(err))
	}
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		f.Close()
		return nil, fault("archive.not_ours", path)
	}
	a, err := open(path, f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

func open(path string, in io.ReadSeekCloser) (*Archive, error) {
	a := &Archive{path: path, in: in}
	c := &checking{archive: a, seen: map[string]bool{}, rows: map[string]int64{}, parts: map[string]int{}}
	if err := a.walk(c.member); err != nil {
		return nil, err
	}
	return a, nil
}

// Close closes the file.
func (a *Archive) Close() error { return a.in.Close() }

// Part is a part of a table, a file or a file of the overlay, while an archive is read.
type Part struct {
	Kind Kind
	Name string // of the table, the file or the overlay's file
	Size int64
	Body io.Reader

	archive *Archive
	columns int
}

// Read reads the archive again, and calls f with each member in order. What f is given is
// compared with the check of before once more: an error means that the file was changed
// meanwhile, and that nothing of what f has done may stay.
func (a *Archive) Read(f func(p Part) error) error {
	n := 0
	return a.walk(func(name string, kind Kind, rest string, size int64, body io.Reader) error {
		if kind == KindManifest {
			if n != len(a.Manifest.Members) {
				return a.fault("archive.changed")
			}
			_, err := io.Copy(io.Discard, body)
			return err
		}
		if n >= len(a.Manifest.Members) || a.Manifest.Members[n].Name != name || a.Manifest.Members[n].Size != size {
			return a.fault("archive.changed")
		}
		want := a.Manifest.Members[n].SHA256
		n++
		h := sha256.New()
		body = io.TeeReader(body, h)
		if kind != KindAbout {
			p := Part{Kind: kind, Name: rest, Size: size, Body: body, archive: a}
			for _, t := range a.About.Tables {
				if kind == KindTable && t.Name == rest {
					p.columns = len(t.Columns)
				}
			}
			if err := f(p); err != nil {
				return err
			}
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return err
		}
		if hex.EncodeToString(h.Sum(nil)) != want {
			return a.fault("archive.changed")
		}
		return nil
	})
}

// Rows calls f with each row of a part of a table.
func (p Part) Rows(f func(values []any) error) error {
	b, err := io.ReadAll(io.LimitReader(p.Body, maxPart+1))
	if err != nil {
		return err
	}
	return eachRow(b, p.columns, f, func(n int) error {
		return p.archive.fault("archive.row", "table", p.Name, "row", strconv.Itoa(n))
	})
}

func eachRow(b []byte, columns int, f func([]any) error, wrong func(n int) error) error {
	for n := 1; len(b) > 0; n++ {
		line, rest, ended := bytes.Cut(b, []byte{'\n'})
		values, err := parseRow(line, columns)
		if !ended || err != nil {
			return wrong(n)
		}
		if err := f(values); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

func (a *Archive) fault(key string, pairs ...string) error { return fault(key, a.path, pairs...) }

// walk unpacks the file from its beginning to its very end, and sees that nothing stands in
// it but members of names that are allowed, in the order of their kinds.
func (a *Archive) walk(f func(name string, kind Kind, rest string, size int64, body io.Reader) error) error {
	if _, err := a.in.Seek(0, io.SeekStart); err != nil {
		return a.fault("archive.unreadable", "why", reason(err))
	}
	whole := &wholeDigest{r: a.in, hash: sha256.New()}
	raw := bufio.NewReaderSize(whole, 64<<10)
	if magic, err := raw.Peek(3); err != nil || !bytes.Equal(magic, []byte{0x1f, 0x8b, 8}) {
		return a.fault("archive.not_ours")
	}
	gz, err := gzip.NewReader(raw)
	if err != nil {
		return a.broken(err, "")
	}
	gz.Multistream(false)
	last, kinds := "", KindAbout
	for tr := tar.NewReader(gz); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) && kinds == KindManifest {
			break
		}
		if errors.Is(err, io.EOF) {
			return a.fault("archive.cut_off", "member", last)
		}
		if err != nil {
			if last == "" && !errors.Is(err, io.ErrUnexpectedEOF) {
				return a.fault("archive.not_ours")
			}
			return a.broken(err, last)
		}
		kind, rest, ok := sort(h.Name)
		switch {
		case last == "" && h.Name != aboutName:
			return a.fault("archive.not_ours")
		case !ok || h.Typeflag != tar.TypeReg || !plain(h):
			return a.fault("archive.name", "member", shown(h.Name))
		case kinds == KindManifest || kind < kinds || last != "" && kind == KindAbout:
			return a.fault("archive.extra", "member", shown(h.Name))
		case h.Size > kind.limit():
			return a.fault("archive.size", "member", shown(h.Name), "bytes", strconv.FormatInt(h.Size, 10))
		}
		last, kinds = h.Name, kind
		if err := f(h.Name, kind, rest, h.Size, tr); err != nil {
			return a.broken(err, h.Name)
		}
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(gz, 1)); err != nil {
		return a.broken(err, last)
	} else if n > 0 {
		return a.fault("archive.trailing")
	}
	if _, err := raw.ReadByte(); !errors.Is(err, io.EOF) {
		return a.fault("archive.trailing")
	}
	return a.checkWhole(gz.Comment, whole)
}

// plain reports whether a header has nothing that changes how a member is to be read: a
// sparse file, for one, has any size with no bytes.
func plain(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if key != "path" {
			return false
		}
	}
	return h.Linkname == "" && h.Size >= 0
}

// broken says what unpacking found; a Fault and what a caller's function said stay.
func (a *Archive) broken(err error, member string) error {
	var corrupt flate.CorruptInputError
	var f *Fault
	if member == "" {
		member = aboutName
	}
	switch {
	case errors.As(err, &f):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return a.fault("archive.cut_off", "member", member)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, tar.ErrHeader), errors.As(err, &corrupt):
		return a.fault("archive.damaged", "member", member)
	}
	return err
}

// checkWhole compares the digest in the gzip header. A file that was packed again has none.
func (a *Archive) checkWhole(comment string, whole *wholeDigest) error {
	if comment == "" {
		return nil
	}
	want, ok := strings.CutPrefix(comment, commentPrefix)
	if !ok || want != hex.EncodeToString(whole.hash.Sum(nil)) {
		return a.fault("archive.changed_somewhere")
	}
	return nil
}

// wholeDigest digests what is read through it, with zeros where the digest itself stands.
type wholeDigest struct {
	r    io.Reader
	at   int
	hash hash.Hash
}

func (w *wholeDigest) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	b := p[:n]
	if w.at < digestAt+digestLen {
		b = bytes.Clone(b)
		for i := range b {
			if at := w.at + i; at >= digestAt && at < digestAt+digestLen {
				b[i] = '0'
			}
		}
		w.at += n
	}
	w.hash.Write(b)
	return n, err
}

// shown is a name out of a file that may be anybody's, fit for a sentence.
func shown(name string) string {
	q := strconv.QuoteToASCII(name)
	if len(q) > 120 {
		q = q[:120] + "…"
	}
	return strings.Trim(q, `"`)
}

// checking is the first reading of an archive.
type checking struct {
	archive *Archive
	seen    map[string]bool
	rows    map[string]int64
	parts   map[string]int
	table   int
	found   []Member
}

func (c *checking) member(name string, kind Kind, rest string, size int64, body io.Reader) error {
	a := c.archive
	if c.seen[name] {
		return a.fault("archive.extra", "member", shown(name))
	}
	c.seen[name] = true
	h := sha256.New()
	body = io.TeeReader(body, h)
	if kind == KindFile || kind == KindOverlay {
		if _, err := io.Copy(io.Discard, body); err != nil {
			return err
		}
	} else {
		b, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		switch kind {
		case KindAbout:
			err = c.about(b)
		case KindTable:
			err = c.part(name, rest, b)
		case KindManifest:
			return c.manifest(b)
		}
		if err != nil {
			return err
		}
	}
	c.found = append(c.found, Member{Name: name, Size: size, SHA256: hex.EncodeToString(h.Sum(nil))})
	return nil
}

func (c *checking) about(b []byte) error {
	a := c.archive
	// Another format's may have other fields: only its number is read first.
	var format struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(b, &format); err != nil {
		return a.fault("archive.damaged", "member", aboutName)
	}
	if format.Format > Format {
		return a.fault("archive.newer", "format", strconv.Itoa(format.Format))
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&a.About); err != nil || a.About.Format != Format || a.About.Schema < 1 ||
		a.About.Mode != "practice" && a.About.Mode != "live" || a.About.Kind != "sqlite" && a.About.Kind != "postgres" {
		return a.fault("archive.damaged", "member", aboutName)
	}
	for i, t := range a.About.Tables {
		if !partPattern.MatchString(partName(t.Name, 1)) || len(t.Columns) == 0 || i > 0 && a.About.Tables[i-1].Name >= t.Name {
			return a.fault("archive.damaged", "member", aboutName)
		}
	}
	return nil
}

func (c *checking) part(name, table string, b []byte) error {
	a := c.archive
	for c.table < len(a.About.Tables) && a.About.Tables[c.table].Name != table {
		c.table++
	}
	c.parts[table]++
	if c.table == len(a.About.Tables) || name != partName(table, c.parts[table]) {
		return a.fault("archive.extra", "member", name)
	}
	return eachRow(b, len(a.About.Tables[c.table].Columns), func([]any) error {
		c.rows[table]++
		return nil
	}, func(int) error {
		return a.fault("archive.row", "table", table, "row", strconv.FormatInt(c.rows[table]+1, 10))
	})
}

// manifest compares what was found with what was to be there.
func (c *checking) manifest(b []byte) error {
	a := c.archive
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&a.Manifest); err != nil {
		return a.fault("archive.damaged", "member", manifestName)
	}
	if digest, err := a.Manifest.digest(); err != nil || digest != a.Manifest.Digest {
		return a.fault("archive.damaged", "member", manifestName)
	}
	listed := map[string]bool{}
	for _, m := range a.Manifest.Members {
		listed[m.Name] = true
		if !c.seen[m.Name] {
			return a.fault("archive.missing", "member", shown(m.Name))
		}
	}
	for i, m := range c.found {
		switch {
		case !listed[m.Name]:
			return a.fault("archive.extra", "member", shown(m.Name))
		case i >= len(a.Manifest.Members) || a.Manifest.Members[i] != m:
			return a.fault("archive.damaged", "member", shown(m.Name))
		}
	}
	if len(c.found) != len(a.Manifest.Members) {
		return a.fault("archive.damaged", "member", manifestName)
	}
	for _, t := range a.About.Tables {
		if c.rows[t.Name] != a.Manifest.Rows[t.Name] {
			return a.fault("archive.row", "table", t.Name, "row", strconv.FormatInt(c.rows[t.Name]+1, 10))
		}
	}
	return nil
}
