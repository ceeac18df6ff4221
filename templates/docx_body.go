package templates

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"hikeshi/workflows/report"
)

// Ids of styles in docx_styles.go. The first ones are known to Word by these ids, so that its
// navigation pane and its table of contents find them.
const (
	styleTitle    = "Title"
	styleSubtitle = "Subtitle"
	styleHeading1 = "Heading1"
	styleHeading2 = "Heading2"
	styleList     = "ListParagraph"
	styleCell     = "TableText"
	styleHeadCell = "TableHead"
	styleLabel    = "TableLabel"
	styleSpacer   = "TableSpacer"
	styleGap      = "Gap"
	styleBanner   = "Banner"
	styleTable    = "ReportTable"
)

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	wordSpace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	relsSpace = `xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
)

// A4 with margins of 20 mm left and right, 25 mm above and 20 mm below, in twentieths of a
// point, as everything in WordprocessingML.
const (
	pageWidth, pageHeight = 11906, 16838
	sideMargin            = 1134
	topMargin             = 1418
	bottomMargin          = 1134
	textWidth             = pageWidth - 2*sideMargin
)

const bulletNumID = 1 // ordered lists follow, one number each, so that each begins at 1

// wordWriter writes WordprocessingML. Line feeds between blocks carry no meaning there; they
// make the file comparable line by line.
type wordWriter struct {
	bytes.Buffer
	orderedLists int
	// width is that of the text, in twentieths of a point; 0 is that of our own page.
	width int
	// look is the form that is written into; nil writes a file of our own.
	look *formLook
}

func (w *wordWriter) textWidth() int {
	if w.width > 0 {
		return w.width
	}
	return textWidth
}

// styleID is what the file at hand calls one of our styles, fit for an attribute.
func (w *wordWriter) styleID(ours string) string {
	if w.look != nil {
		return w.look.styles[ours]
	}
	return ours
}

func (w *wordWriter) bulletNumber() int {
	if w.look != nil {
		return w.look.bullet
	}
	return bulletNumID
}

// docxDocument returns word/document.xml and how many ordered lists numbering.xml must define.
func docxDocument(d report.Document) ([]byte, int, error) {
	var w wordWriter
	w.WriteString(xmlHead + `<w:document ` + wordSpace + ` ` + relsSpace + `><w:body>` + "\n")
	w.paragraph(styleTitle, "", d.Title)
	if d.Subtitle != "" {
		w.paragraph(styleSubtitle, "", d.Subtitle)
	}
	w.pairs(d.Meta)
	if err := w.sections(d.Sections); err != nil {
		return nil, 0, err
	}
	fmt.Fprintf(&w, `<w:sectPr><w:headerReference w:type="default" r:id="rIdHeader"/>`+
		`<w:footerReference w:type="default" r:id="rIdFooter"/>`+
		`<w:pgSz w:w="%d" w:h="%d"/>`+
		`<w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" w:header="624" w:footer="510" w:gutter="0"/>`+
		`</w:sectPr></w:body></w:document>`,
		pageWidth, pageHeight, topMargin, sideMargin, bottomMargin, sideMargin)
	return w.Bytes(), w.orderedLists, nil
}

// sections writes chapters and their parts; one without a level has no title.
func (w *wordWriter) sections(sections []report.Section) error {
	for _, s := range sections {
		switch {
		case s.Level > 1:
			w.heading(styleHeading2, s)
		case s.Level == 1 || s.Title != "":
			w.heading(styleHeading1, s)
		}
		for _, block := range s.Blocks {
			if err := w.block(block); err != nil {
				return fmt.Errorf("section %q: %w", s.Title, err)
			}
		}
	}
	return nil
}

func (w *wordWriter) heading(style string, s report.Section) {
	w.WriteString(`<w:p><w:pPr><w:pStyle w:val="` + w.styleID(style) + `"/>`)
	if s.NewPage {
		w.WriteString(`<w:pageBreakBefore/>`)
	}
	w.WriteString(`</w:pPr>`)
	w.run("", s.Title)
	w.WriteString("</w:p>\n")
}

func (w *wordWriter) block(block report.Block) error {
	switch b := block.(type) {
	case report.Paragraph:
		w.paragraph("", gapStyle(b.Gap), gapText(b.Text, b.Gap))
	case report.List:
		w.list(b)
	case report.Pairs:
		w.pairs(b)
	case report.Table:
		w.table(b)
	default:
		return fmt.Errorf("unknown kind of block %T", b)
	}
	return nil
}

// paragraph writes one paragraph; an empty style is the style's default.
func (w *wordWriter) paragraph(paragraphStyle, runStyle, text string) {
	w.WriteString(`<w:p>`)
	if paragraphStyle != "" {
		w.WriteString(`<w:pPr><w:pStyle w:val="`)
		w.WriteString(w.styleID(paragraphStyle))
		w.WriteString(`"/></w:pPr>`)
	}
	w.run(runStyle, text)
	w.WriteString("</w:p>\n")
}

func (w *wordWriter) list(l report.List) {
	if len(l.Items) == 0 {
		return
	}
	number := w.bulletNumber()
	if l.Ordered {
		w.orderedLists++
		number += w.orderedLists
	}
	for i, item := range l.Items {
		w.WriteString(`<w:p><w:pPr><w:pStyle w:val="`)
		w.WriteString(w.styleID(styleList))
		w.WriteString(`"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="` + strconv.Itoa(number) + `"/></w:numPr>`)
		if i == len(l.Items)-1 {
			// Lists of the same kind in a row stay apart for the eye.
			w.WriteString(`<w:spacing w:after="160"/>`)
		}
		w.WriteString(`</w:pPr>`)
		w.run("", item)
		w.WriteString("</w:p>\n")
	}
}

// run writes a text with its line breaks and tabs; an empty text writes nothing.
func (w *wordWriter) run(style, text string) {
	if text == "" {
		return
	}
	w.WriteString(`<w:r>`)
	if style != "" {
		w.WriteString(`<w:rPr><w:rStyle w:val="`)
		w.WriteString(w.styleID(style))
		w.WriteString(`"/></w:rPr>`)
	}
	w.text(text)
	w.WriteString(`</w:r>`)
}

// text writes what stands in a run: the text, its line breaks and its tabs.
func (w *wordWriter) text(text string) {
	text = Printable(text)
	for {
		end := strings.IndexAny(text, "\n\t")
		piece := text
		if end >= 0 {
			piece = text[:end]
		}
		if piece != "" {
			w.WriteString(`<w:t xml:space="preserve">`)
			w.escape(piece)
			w.WriteString(`</w:t>`)
		}
		if end < 0 {
			return
		}
		if text[end] == '\n' {
			w.WriteString(`<w:br/>`)
		} else {
			w.WriteString(`<w:tab/>`)
		}
		text = text[end+1:]
	}
}

func (w *wordWriter) escape(s string) {
	// A bytes.Buffer never refuses a write.
	_ = xml.EscapeText(&w.Buffer, []byte(s))
}

func gapStyle(gap bool) string {
	if gap {
		return styleGap
	}
	return ""
}

func gapText(text string, gap bool) string {
	if gap && strings.TrimSpace(Printable(text)) == "" {
		return emptyGap
	}
	return text
}
