package templates

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"hikeshi/workflows/report"
)

// ReportFile is the company's own form of the report in its overlay folder.
const ReportFile = "report.docx"

//go:embed report/*.docx
var reportFiles embed.FS

// ReportForm is a .docx with placeholders, read and checked, to be filled in for any number
// of incidents at a time. It is not changed by being filled in.
type ReportForm struct {
	file   string
	parts  []*formPart
	look   *formLook
	names  []string
	bodies map[string][]byte // parts that are made or changed for every report
	marked bool              // there is a place for the word that marks a drill
	core   string            // the part with title and dates
	static *zip.Reader       // the others, packed
}

// DefaultReport is the form that is used where a company has none of its own: a file to
// start from. A language other than "en" is Japanese.
func DefaultReport(lang string) ([]byte, error) {
	if lang != "en" {
		lang = "ja"
	}
	return reportFiles.ReadFile("report/report." + lang + ".docx")
}

// ReportForms are the forms of the report: the company's own for every language, or the
// default of each.
type ReportForms struct {
	own *ReportForm
	by  map[string]*ReportForm
}

// LoadReportForms reads the report.docx of the overlay, or the defaults where there is none.
// overlay may be nil. The error joins a DocxFault for each mistake.
func LoadReportForms(overlay fs.FS) (*ReportForms, error) {
	if overlay != nil {
		body, err := readBounded(overlay, ReportFile)
		switch {
		case err == nil:
			form, err := ReadReportForm(ReportFile, body)
			if err != nil {
				return nil, err
			}
			return &ReportForms{own: form}, nil
		case errors.Is(err, errTooLarge):
			return nil, joined(notUsable(ReportFile, "docx.fault.large", "limit", megabytes(maxFormBytes)))
		case !errors.Is(err, fs.ErrNotExist):
			return nil, joined(notUsable(ReportFile, "docx.fault.unreadable"))
		}
	}
	forms := &ReportForms{by: map[string]*ReportForm{}}
	for _, lang := range Languages {
		body, err := DefaultReport(lang)
		if err != nil {
			return nil, fmt.Errorf("docx: default form: %w", err)
		}
		if forms.by[lang], err = ReadReportForm(ReportFile, body); err != nil {
			return nil, fmt.Errorf("docx: default form: %w", err)
		}
	}
	return forms, nil
}

// Own reports whether the company has a form of its own.
func (f *ReportForms) Own() bool { return f.own != nil }

// For gives the form of a report in a language; anything but "en" is Japanese.
func (f *ReportForms) For(lang string) *ReportForm {
	switch {
	case f.own != nil:
		return f.own
	case lang == "en":
		return f.by["en"]
	}
	return f.by["ja"]
}

func readBounded(folder fs.FS, name string) ([]byte, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(f, maxFormBytes+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(body) > maxFormBytes {
		return nil, errTooLarge
	}
	return body, nil
}

func joined(faults []DocxFault) error {
	all := make([]error, len(faults))
	for i, f := range faults {
		all[i] = f
	}
	return errors.Join(all...)
}

// ReadReportForm reads a form from the bytes of a .docx; file is its name in faults. The
// error joins a DocxFault for each mistake.
func ReadReportForm(file string, body []byte) (*ReportForm, error) {
	p, faults := openPackage(file, body)
	if faults != nil {
		return nil, joined(faults)
	}
	form := &ReportForm{file: file, bodies: map[string][]byte{}}
	for _, part := range p.textParts() {
		root, err := parseTree(part.src)
		if err != nil {
			faults = append(faults, partFault(file, part.name, err))
			continue
		}
		part.root = root
		faults = append(faults, planPart(file, part)...)
		form.marked = form.marked || part.marked
		if part.used {
			form.parts = append(form.parts, part)
		}
	}
	if faults != nil {
		return nil, joined(faults)
	}
	look, err := p.dress()
	if err != nil {
		return nil, joined(notUsable(file, "docx.fault.xml", "part", "styles.xml, numbering.xml"))
	}
	form.look = look
	if err := form.pack(p); err != nil {
		return nil, fmt.Errorf("docx: %w", err)
	}
	return form, nil
}

// textParts are the parts in which placeholders are looked for.
func (p *docxPackage) textParts() []*formPart {
	parts := []*formPart{{name: p.main, src: p.parts[p.main]}}
	for _, group := range []struct {
		kind  string
		names []string
	}{
		{"header", p.related("header")}, {"footer", p.related("footer")},
		{"note", slices.Concat(p.related("footnotes"), p.related("endnotes"))},
	} {
		for _, name := range group.names {
			parts = append(parts, &formPart{name: name, kind: group.kind, src: p.parts[name]})
		}
	}
	return parts
}

func partFault(file, part string, err error) DocxFault {
	key := "docx.fault.xml"
	switch {
	case errors.Is(err, errDTD):
		key = "docx.fault.dtd"
	case errors.Is(err, errNamespace):
		key = "docx.fault.strict"
	}
	return docxFault(file, key, "part", part)
}

// pack keeps what every report has in common in the form in which it is written.
func (r *ReportForm) pack(p *docxPackage) error {
	made := map[string]bool{r.look.numbering: true}
	for _, part := range r.parts {
		made[part.name] = true
	}
	for _, name := range p.names {
		if strings.HasSuffix(p.types.of(name), "package.core-properties+xml") {
			r.core, made[name] = name, true
		}
	}
	r.names = p.names
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, name := range p.names {
		if made[name] {
			r.bodies[name] = p.parts[name]
			continue
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: zipTime(time.Time{})})
		if err != nil {
			return err
		}
		if _, err := w.Write(p.parts[name]); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	var err error
	r.static, err = zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	return err
}

// Fill makes the report of an incident. made is written into the file as the time of its
// creation; equal particulars and time give equal bytes. An error means that the report
// holds a kind of block that is unknown here.
func (r *ReportForm) Fill(with Particulars, made time.Time) ([]byte, error) {
	made = made.UTC().Truncate(time.Second)
	done := map[string][]byte{}
	lists := 0
	for _, part := range r.parts {
		f := &filling{with: with, part: part, marked: r.marked}
		f.look, f.orderedLists = r.look, lists
		body, err := f.whole()
		if err != nil {
			return nil, fmt.Errorf("docx: %s: %w", part.name, err)
		}
		done[part.name] = body
		lists = f.orderedLists
	}
	done[r.look.numbering] = r.look.numbered(r.bodies[r.look.numbering], lists)
	if r.core != "" {
		done[r.core] = docxCore(with.Document(), made)
	}
	return r.write(done, made)
}

func (r *ReportForm) write(done map[string][]byte, made time.Time) ([]byte, error) {
	var out bytes.Buffer
	z, err := newDocxZip(&out)
	if err != nil {
		return nil, err
	}
	static := map[string]*zip.File{}
	for _, f := range r.static.File {
		static[f.Name] = f
	}
	for _, name := range r.names {
		if f, ok := static[name]; ok {
			if err := z.Copy(f); err != nil {
				return nil, fmt.Errorf("docx: copy %s: %w", name, err)
			}
			continue
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: zipTime(made)})
		if err != nil {
			return nil, fmt.Errorf("docx: begin %s: %w", name, err)
		}
		if _, err := w.Write(done[name]); err != nil {
			return nil, fmt.Errorf("docx: write %s: %w", name, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("docx: finish: %w", err)
	}
	return out.Bytes(), nil
}

// newDocxZip packs at the fastest level: the XML repeats itself so much that it loses little
// and saves most of the time. One compressor serves all parts, since setting one up takes
// over a megabyte.
func newDocxZip(out io.Writer) (*zip.Writer, error) {
	z := zip.NewWriter(out)
	compressor, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("docx: compressor: %w", err)
	}
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		compressor.Reset(w)
		return compressor, nil
	})
	return z, nil
}

var _ Particulars = (*report.Particulars)(nil)
