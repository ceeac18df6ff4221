package templates

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
)

// What a workbook from outside may cost. A contact list of the longest kind takes a tenth of
// it; a small file that unpacks to gigabytes stops here.
const (
	xlsxMaxUnpacked = 32 << 20 // bytes of all parts that are read
	xlsxMaxParts    = 2000     // files in the archive
	xlsxMaxStrings  = 500_000  // shared strings
	xlsxMaxSheet    = 32 << 20 // bytes of the texts of a sheet's cells, each counted where it is referred to
	xlsxMaxDepth    = 64       // of elements in each other
	xlsxMaxToken    = 1 << 20  // bytes of one tag or one text
)

var (
	errXlsxUnpacked = errors.New("xlsx: more inside than is read")
	errXlsxDamaged  = errors.New("xlsx: not as the format wants it")
)

// xlsxParts are the files of an Office Open XML package, with what may still be unpacked.
type xlsxParts struct {
	byName map[string]*zip.File // in lower case, without a leading slash
	left   int64
}

func openXlsx(file []byte) (*xlsxParts, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, errXlsxDamaged
	}
	if len(z.File) > xlsxMaxParts {
		return nil, errXlsxUnpacked
	}
	p := &xlsxParts{byName: make(map[string]*zip.File, len(z.File)), left: xlsxMaxUnpacked}
	for _, f := range z.File {
		name := xlsxName(f.Name)
		if _, twice := p.byName[name]; twice {
			return nil, errXlsxDamaged
		}
		p.byName[name] = f
	}
	return p, nil
}

func xlsxName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"))
}

func (p *xlsxParts) has(name string) bool { return p.byName[xlsxName(name)] != nil }

// errXlsxEnough ends walk early without a fault.
var errXlsxEnough = errors.New("xlsx: enough was read")

// walk reads the XML of a part: start and end are called for each element with the names of
// the elements around it, the outermost first; text for each piece of text within. A part
// that is not there is empty.
func (p *xlsxParts) walk(name string, v xlsxVisitor) error {
	f := p.byName[xlsxName(name)]
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return errXlsxDamaged
	}
	defer r.Close()
	d := xml.NewDecoder(&xlsxMeasured{r: r, left: &p.left})
	var around []string
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errXlsxUnpacked):
			return errXlsxUnpacked
		case err != nil:
			return errXlsxDamaged
		}
		switch t := token.(type) {
		case xml.StartElement:
			if around = append(around, t.Name.Local); len(around) > xlsxMaxDepth {
				return errXlsxDamaged
			}
			err = v.start(around, t.Attr)
		case xml.EndElement:
			err = v.end(around)
			around = around[:len(around)-1]
		case xml.CharData:
			v.text(around, t)
		}
		if errors.Is(err, errXlsxEnough) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// xlsxVisitor is told what stands in a part. around ends with the element itself.
type xlsxVisitor interface {
	start(around []string, attrs []xml.Attr) error
	text(around []string, s []byte)
	end(around []string) error
}

// xlsxAttr gives the value of an attribute by its name without a prefix.
func xlsxAttr(attrs []xml.Attr, name string) string {
	for _, a := range attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// xlsxTrue reads a boolean of XML Schema.
func xlsxTrue(s string) bool { return s == "1" || s == "true" }

// xlsxMeasured stops a part that unpacks to too much, or to a tag or text that never ends: the
// decoder holds each of them in memory.
type xlsxMeasured struct {
	r    io.Reader
	left *int64
	run  int
}

func (m *xlsxMeasured) Read(b []byte) (int, error) {
	if *m.left <= 0 {
		return 0, errXlsxUnpacked
	}
	n, err := m.r.Read(b[:min(int64(len(b)), *m.left)])
	*m.left -= int64(n)
	if last := bytes.LastIndexByte(b[:n], '>'); last >= 0 {
		m.run = n - last - 1
	} else {
		m.run += n
	}
	if m.run > xlsxMaxToken {
		return 0, errXlsxUnpacked
	}
	return n, err
}

// xlsxRelations are the targets of a part's relationships, by ID and by the last word of their
// type, such as "worksheet" or "styles". Transitional and strict files differ in the rest.
type xlsxRelations struct {
	base   string // folder that targets are relative to
	byID   map[string]string
	byType map[string]string
	types  map[string]string // ID → last word of the type
}

func (p *xlsxParts) relationsOf(part string) (*xlsxRelations, error) {
	folder, file := path.Split(part)
	r := &xlsxRelations{base: folder, byID: map[string]string{}, byType: map[string]string{}, types: map[string]string{}}
	return r, p.walk(folder+"_rels/"+file+".rels", r)
}

func (r *xlsxRelations) start(around []string, attrs []xml.Attr) error {
	if around[len(around)-1] != "Relationship" || xlsxAttr(attrs, "TargetMode") == "External" {
		return nil
	}
	target := xlsxAttr(attrs, "Target")
	if !strings.HasPrefix(target, "/") {
		target = r.base + target
	}
	id, kind := xlsxAttr(attrs, "Id"), path.Base(xlsxAttr(attrs, "Type"))
	r.byID[id], r.types[id] = target, kind
	if _, known := r.byType[kind]; !known {
		r.byType[kind] = target
	}
	return nil
}

func (r *xlsxRelations) text([]string, []byte) {}
func (r *xlsxRelations) end([]string) error    { return nil }
