package templates

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a form. A .docx is a packed folder: a small file can hold a large one.
const (
	maxFormBytes    = 20 << 20  // of the file
	maxFormUnpacked = 100 << 20 // of all that is in it
	maxFormPart     = 16 << 20  // of one XML part
	maxFormEntries  = 2000
)

const (
	relationsSpace  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	mainContentType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
)

// docxPackage is a .docx taken apart and checked: what it holds, and how it hangs together.
type docxPackage struct {
	names []string // in the order of the file, the content types first
	parts map[string][]byte
	types contentTypes
	main  string // the part with the text
	rels  []relationship
}

type relationship struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
	Mode   string `xml:"TargetMode,attr"`
}

type contentTypes struct {
	Defaults []struct {
		Extension   string `xml:"Extension,attr"`
		ContentType string `xml:"ContentType,attr"`
	} `xml:"Default"`
	Overrides []struct {
		PartName    string `xml:"PartName,attr"`
		ContentType string `xml:"ContentType,attr"`
	} `xml:"Override"`
}

func (c contentTypes) of(part string) string {
	for _, o := range c.Overrides {
		if strings.EqualFold(strings.TrimPrefix(o.PartName, "/"), part) {
			return o.ContentType
		}
	}
	for _, d := range c.Defaults {
		if strings.EqualFold("."+d.Extension, path.Ext(part)) {
			return d.ContentType
		}
	}
	return ""
}

// notUsable is a fault of the file as a whole.
func notUsable(file, key string, pairs ...string) []DocxFault {
	return []DocxFault{docxFault(file, key, pairs...)}
}

// openPackage takes a .docx apart. What could run, reach out of the file or fill the memory
// is refused, since the report goes to others under the company's name.
func openPackage(file string, body []byte) (*docxPackage, []DocxFault) {
	if len(body) > maxFormBytes {
		return nil, notUsable(file, "docx.fault.large", "limit", megabytes(maxFormBytes))
	}
	// The container of old .doc files, and of .docx files with a password.
	if bytes.HasPrefix(body, []byte{0xd0, 0xcf, 0x11, 0xe0}) {
		return nil, notUsable(file, "docx.fault.locked")
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, notUsable(file, "docx.fault.no_docx")
	}
	p := &docxPackage{parts: map[string][]byte{}}
	if faults := p.unpack(file, z); faults != nil {
		return nil, faults
	}
	if faults := p.connect(file); faults != nil {
		return nil, faults
	}
	return p, nil
}

// connect reads how the parts hang together.
func (p *docxPackage) connect(file string) []DocxFault {
	if xml.Unmarshal(p.parts["[Content_Types].xml"], &p.types) != nil {
		return notUsable(file, "docx.fault.no_docx")
	}
	if faults := p.harmless(file); faults != nil {
		return faults
	}
	return p.findMain(file)
}

func (p *docxPackage) unpack(file string, z *zip.Reader) []DocxFault {
	if len(z.File) > maxFormEntries {
		return notUsable(file, "docx.fault.entries", "limit", strconv.Itoa(maxFormEntries))
	}
	left := int64(maxFormUnpacked)
	for _, f := range z.File {
		switch {
		case strings.HasSuffix(f.Name, "/"):
			continue
		case f.Flags&1 != 0:
			return notUsable(file, "docx.fault.locked")
		case !plainPartName(f.Name) || p.parts[f.Name] != nil:
			return notUsable(file, "docx.fault.no_docx")
		}
		limit := left
		if isXML(f.Name) {
			limit = min(limit, maxFormPart)
		}
		content, err := readEntry(f, limit)
		if errors.Is(err, errTooLarge) {
			return notUsable(file, "docx.fault.large_inside", "part", f.Name)
		}
		if err != nil {
			return notUsable(file, "docx.fault.no_docx")
		}
		left -= int64(len(content))
		p.parts[f.Name] = content
		p.names = append(p.names, f.Name)
	}
	if p.parts["[Content_Types].xml"] == nil {
		return notUsable(file, "docx.fault.no_docx")
	}
	// Some readers look at the first entry only to tell the kind of file.
	slices.SortStableFunc(p.names, func(a, b string) int {
		switch {
		case a == "[Content_Types].xml":
			return -1
		case b == "[Content_Types].xml":
			return 1
		}
		return 0
	})
	return nil
}

var errTooLarge = errors.New("too large")

// readEntry never trusts the size that an entry claims.
func readEntry(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, errTooLarge
	}
	if content == nil {
		content = []byte{}
	}
	return content, nil
}

func plainPartName(name string) bool {
	return name != "" && !strings.ContainsAny(name, "\\:\x00") && !strings.HasPrefix(name, "/") && path.Clean(name) == name && name != ".." && !strings.HasPrefix(name, "../")
}

func isXML(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".xml", ".rels", ".vml":
		return true
	}
	return false
}

// harmless looks through the whole file for what may do something by itself.
func (p *docxPackage) harmless(file string) []DocxFault {
	for _, o := range p.types.Overrides {
		if kind := strings.ToLower(o.ContentType); strings.Contains(kind, "macroenabled") || strings.Contains(kind, "vbaproject") || strings.Contains(kind, "activex") {
			return notUsable(file, "docx.fault.macros")
		}
	}
	for _, name := range p.names {
		lower := strings.ToLower(name)
		if strings.HasSuffix(lower, "vbaproject.bin") || strings.Contains(lower, "/activex/") || strings.Contains(strings.ToLower(p.types.of(name)), "vbaproject") {
			return notUsable(file, "docx.fault.macros")
		}
		if !isXML(name) {
			continue
		}
		content := p.parts[name]
		if bytes.HasPrefix(content, []byte{0xfe, 0xff}) || bytes.HasPrefix(content, []byte{0xff, 0xfe}) || bytes.IndexByte(content, 0) >= 0 {
			return notUsable(file, "docx.fault.encoding", "part", name)
		}
		if bytes.Contains(content, []byte("<!DOCTYPE")) || bytes.Contains(content, []byte("<!ENTITY")) {
			return notUsable(file, "docx.fault.dtd", "part", name)
		}
		if fieldThatReaches.Match(instructions(content, "")) || fieldThatReaches.Match(instructions(content, " ")) {
			return notUsable(file, "docx.fault.external", "target", name)
		}
		if strings.HasSuffix(lower, ".rels") {
			if faults := checkLinks(file, name, content); faults != nil {
				return faults
			}
		}
	}
	return nil
}

// fieldThatReaches are the fields by which a word processor runs or fetches something.
var fieldThatReaches = regexp.MustCompile(`(?i)\b(DDE|DDEAUTO|INCLUDEPICTURE|INCLUDETEXT|LINK|IMPORT)\b`)

// fieldParts are what a field says that it does, in one piece or in several.
var fieldParts = regexp.MustCompile(`(?s)<w:instrText[^>]*>(.*?)</w:instrText>|<w:fldSimple[^>]*w:instr="([^"]*)"`)

// instructions joins the fields of a part: Word splits them as it does everything, and where
// one ends is not told here.
func instructions(content []byte, between string) []byte {
	var all [][]byte
	for _, m := range fieldParts.FindAllSubmatch(content, -1) {
		all = append(all, m[1], m[2])
	}
	return bytes.Join(all, []byte(between))
}

// checkLinks refuses what a word processor would fetch by itself when it opens the report:
// whoever is asked for it would learn who reads it, and when. A link to click on is none.
func checkLinks(file, name string, content []byte) []DocxFault {
	rels, err := readRelationships(content)
	if err != nil {
		return notUsable(file, "docx.fault.xml", "part", name)
	}
	var faults []DocxFault
	for _, r := range rels {
		if !strings.EqualFold(r.Mode, "External") {
			continue
		}
		target := strings.ToLower(strings.TrimSpace(r.Target))
		switch {
		case strings.HasSuffix(r.Type, "/hyperlink") && (strings.HasPrefix(target, "https://") || strings.HasPrefix(target, "http://") || strings.HasPrefix(target, "mailto:")):
		case strings.HasSuffix(r.Type, "/attachedTemplate"):
			faults = append(faults, notUsable(file, "docx.fault.attached")...)
		default:
			faults = append(faults, notUsable(file, "docx.fault.external", "target", clipped(r.Target))...)
		}
	}
	return faults
}

func readRelationships(content []byte) ([]relationship, error) {
	var all struct {
		Relationships []relationship `xml:"Relationship"`
	}
	if err := xml.Unmarshal(content, &all); err != nil {
		return nil, err
	}
	return all.Relationships, nil
}

// findMain finds the part with the text, as the package says, not by its usual name.
func (p *docxPackage) findMain(file string) []DocxFault {
	rels, err := readRelationships(p.parts["_rels/.rels"])
	if err != nil {
		return notUsable(file, "docx.fault.no_docx")
	}
	for _, r := range rels {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			p.main = resolvePart("", r.Target)
		}
	}
	switch kind := p.types.of(p.main); {
	case p.parts[p.main] == nil:
		return notUsable(file, "docx.fault.no_docx")
	case strings.HasSuffix(kind, "wordprocessingml.template.main+xml"):
		return notUsable(file, "docx.fault.dotx")
	case kind != mainContentType:
		return notUsable(file, "docx.fault.no_docx")
	}
	if body := p.parts[relationsOf(p.main)]; body != nil {
		if p.rels, err = readRelationships(body); err != nil {
			return notUsable(file, "docx.fault.xml", "part", relationsOf(p.main))
		}
	}
	return nil
}

// related lists the parts that the text refers to by a kind of relationship, such as "header".
func (p *docxPackage) related(kind string) []string {
	var names []string
	for _, r := range p.rels {
		if r.Type == relationsSpace+kind && r.Mode == "" {
			if name := resolvePart(path.Dir(p.main), r.Target); p.parts[name] != nil && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func relationsOf(part string) string {
	return path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
}

func resolvePart(folder, target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(path.Clean(target), "/")
	}
	return path.Join(folder, target)
}

// add puts a part in that the file lacked, and makes it known.
func (p *docxPackage) add(name, kind, contentType string, content []byte) bool {
	folder := path.Dir(p.main)
	for n := 2; p.parts[path.Join(folder, name)] != nil; n++ {
		name = strings.TrimSuffix(name, ".xml") + strconv.Itoa(n) + ".xml"
	}
	full := path.Join(folder, name)
	relations := relationsOf(p.main)
	if p.parts[relations] == nil {
		p.parts[relations] = []byte(xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>`)
		p.names = append(p.names, relations)
	}
	id := "rIdHikeshi" + strconv.Itoa(len(p.names))
	rels, ok := beforeEnd(p.parts[relations], "Relationships", `<Relationship Id="`+id+`" Type="`+relationsSpace+kind+`" Target="`+name+`"/>`)
	types, ok2 := beforeEnd(p.parts["[Content_Types].xml"], "Types", `<Override PartName="/`+full+`" ContentType="`+contentType+`"/>`)
	if !ok || !ok2 {
		return false
	}
	p.parts[relations], p.parts["[Content_Types].xml"] = rels, types
	p.parts[full] = content
	p.names = append(p.names, full)
	return true
}

// beforeEnd inserts a text before the end of the root element.
func beforeEnd(src []byte, root, text string) ([]byte, bool) {
	at := bytes.LastIndex(src, []byte("</"))
	if at < 0 || !bytes.Contains(src[at:], []byte(root)) {
		return nil, false
	}
	return slices.Concat(src[:at], []byte(text), src[at:]), true
}

func megabytes(n int) string { return strconv.Itoa(n>>20) + " MB" }
