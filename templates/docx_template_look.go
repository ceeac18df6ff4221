package templates

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// formLook is how our blocks look in a form: which of its styles stand for ours, and which
// numbers its lists are given.
type formLook struct {
	styles map[string]string // our id → the form's, fit for an attribute
	bullet int               // the number of our bullets; ordered lists follow it

	numbering string // the part with the numbering
	// Where the definitions go into it, and the number of our first abstract one.
	abstractAt, numAt, abstract int
}

// ourStyles are the styles that blocks use. A form that has one of the same name shows the
// blocks in its own: built-in styles have the same English names in every language of Word,
// though not the same ids.
var ourStyles = []struct{ id, kind, name string }{
	{styleHeading1, "paragraph", "heading 1"},
	{styleHeading2, "paragraph", "heading 2"},
	{styleList, "paragraph", "list paragraph"},
	{styleCell, "paragraph", "table text"}, // the two below are based on it
	{styleHeadCell, "paragraph", "table head"},
	{styleLabel, "paragraph", "table label"},
	{styleSpacer, "paragraph", "table spacer"},
	{styleGap, "character", "gap"},
	{styleBanner, "character", "banner"},
	{styleTable, "table", "report table"},
}

// dress finds the form's styles and adds those of ours that it lacks.
func (p *docxPackage) dress() (*formLook, error) {
	look := &formLook{styles: map[string]string{}}
	names := p.related("styles")
	if len(names) == 0 {
		if !p.add("styles.xml", "styles", "application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml", docxStyles("ja", false)) {
			return nil, errNesting
		}
		for _, s := range ourStyles {
			look.styles[s.id] = s.id
		}
		return look, p.number(look)
	}
	part := names[0]
	root, err := parseTree(p.parts[part])
	if err != nil {
		return nil, err
	}
	bases := map[string]string{} // the form's own defaults, which ours are based on
	ids := map[string]bool{}
	named := map[string]string{} // kind and name → id
	for _, s := range root.kids {
		if s.name != "w:style" {
			continue
		}
		kind, id := s.attr("w:type"), s.attr("w:styleId")
		ids[id] = true
		if d := s.attr("w:default"); d == "1" || d == "true" {
			bases[kind] = id
		}
		if name := s.child("w:name"); name != nil {
			named[kind+" "+strings.ToLower(name.attr("w:val"))] = id
		}
	}
	var missing strings.Builder
	for _, ours := range ourStyles {
		if id, ok := named[ours.kind+" "+ours.name]; ok {
			look.styles[ours.id] = attributeText(id)
			continue
		}
		id := ours.id
		for ids[id] {
			id = "Hikeshi" + id
		}
		ids[id] = true
		look.styles[ours.id] = id
		missing.WriteString(transplant(ours.id, id, look, bases))
	}
	if missing.Len() > 0 {
		styled, ok := beforeEnd(p.parts[part], "styles", missing.String())
		if !ok {
			return nil, errNesting
		}
		p.parts[part] = styled
	}
	return look, p.number(look)
}

func attributeText(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a bytes.Buffer never refuses a write
	return b.String()
}

var (
	basedOn = regexp.MustCompile(`<w:basedOn w:val="([^"]*)"/>`)
	nextOne = regexp.MustCompile(`<w:next w:val="[^"]*"/>`)
)

// transplant gives the definition of one of our styles for a form in which it has another
// id, and is based on what the form has.
func transplant(ours, id string, look *formLook, bases map[string]string) string {
	begin := strings.Index(docxStylesText, `w:styleId="`+ours+`"`)
	begin = strings.LastIndex(docxStylesText[:begin], "<w:style ")
	end := begin + strings.Index(docxStylesText[begin:], "</w:style>") + len("</w:style>")
	style := docxStylesText[begin:end]
	style = strings.Replace(style, `w:styleId="`+ours+`"`, `w:styleId="`+id+`"`, 1)
	style = nextOne.ReplaceAllString(style, "")
	return basedOn.ReplaceAllStringFunc(style, func(m string) string {
		base := basedOn.FindStringSubmatch(m)[1]
		switch base {
		case "Normal":
			base = attributeText(bases["paragraph"])
		case "TableNormal":
			base = attributeText(bases["table"])
		default:
			base = look.styles[base]
		}
		if base == "" {
			return ""
		}
		return `<w:basedOn w:val="` + base + `"/>`
	})
}

// number finds the place for our lists among the form's.
func (p *docxPackage) number(look *formLook) error {
	if names := p.related("numbering"); len(names) > 0 {
		look.numbering = names[0]
	} else {
		if !p.add("numbering.xml", "numbering", "application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml",
			[]byte(xmlHead+`<w:numbering `+wordSpace+`></w:numbering>`)) {
			return errNesting
		}
		look.numbering = p.names[len(p.names)-1]
	}
	root, err := parseTree(p.parts[look.numbering])
	if err != nil {
		return err
	}
	if root.closing == root.end { // <w:numbering/> has no inside
		return fmt.Errorf("%s: empty", path.Base(look.numbering))
	}
	look.abstractAt, look.numAt = root.closing, root.closing
	highest := 0
	firstNum := false
	for _, k := range root.kids {
		switch k.name {
		case "w:abstractNum":
			look.abstract = max(look.abstract, measure(k.attr("w:abstractNumId"))+1)
		case "w:num":
			if !firstNum {
				look.abstractAt, firstNum = k.start, true
			}
			highest = max(highest, measure(k.attr("w:numId")))
		case "w:numIdMacAtCleanup":
			look.numAt = k.start
			if !firstNum {
				look.abstractAt = k.start
			}
		}
	}
	look.bullet = highest + 1
	return nil
}

// numbered is the numbering part with our lists, each ordered one beginning at 1.
func (look *formLook) numbered(src []byte, orderedLists int) []byte {
	var abstract, nums strings.Builder
	bullets, ordered := strconv.Itoa(look.abstract), strconv.Itoa(look.abstract+1)
	abstract.WriteString(`<w:abstractNum w:abstractNumId="` + bullets + `">` + bulletLevel + `</w:abstractNum>`)
	abstract.WriteString(`<w:abstractNum w:abstractNumId="` + ordered + `">` + orderedLevel + `</w:abstractNum>`)
	nums.WriteString(numDefinition(look.bullet, bullets, false))
	for i := range orderedLists {
		nums.WriteString(numDefinition(look.bullet+1+i, ordered, true))
	}
	return slices.Concat(src[:look.abstractAt], []byte(abstract.String()), src[look.abstractAt:look.numAt], []byte(nums.String()), src[look.numAt:])
}
