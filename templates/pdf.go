package templates

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
	"unicode/utf16"

	"codeberg.org/go-pdf/fpdf"

	"hikeshi/workflows/report"
)

// PDF renders a document as a PDF file: A4 upright, BIZ UDPGothic with the characters in use
// embedded, the banner in frames at the head of every page, the footer text and "page / pages"
// at its foot, sections as bookmarks. Header rows of tables are repeated after a page break, a
// row stays on one page while it is short, and a heading never stands alone at the foot. The
// text can be searched and copied in the order of the document.
//
// made is written into the file as the time of its creation, in UTC; equal document and time
// give equal bytes. Characters that the font lacks are shown as 〓.
//
// An error means that the document holds a kind of block that is unknown here.
func PDF(d report.Document, made time.Time) ([]byte, error) {
	return drawPDF(d, made, nil)
}

// drawPDF also tells of every line it draws, for tests.
func drawPDF(d report.Document, made time.Time, trace func(drawn)) ([]byte, error) {
	faces, err := pdfFaces()
	if err != nil {
		return nil, err
	}
	f := fpdf.New("P", "pt", "A4", "")
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(0, 0, 0)
	f.SetCatalogSort(true)
	f.AddUTF8FontFromBytes(pdfFamily, "", pdfRegularFile)
	f.AddUTF8FontFromBytes(pdfFamily, "B", pdfBoldFile)
	made = zipTime(made.UTC().Truncate(time.Second)) // a zero time would be today for fpdf
	f.SetCreationDate(made)
	f.SetModificationDate(made)
	f.SetTitle(pdfString(oneLine(d.Title)), false)
	f.SetSubject(pdfString(oneLine(d.Subtitle)), false)
	f.SetCreator("hikeshi", true)
	f.SetProducer("hikeshi", true)
	f.SetLang(languageTag(d.Lang))

	w := newPDFWriter(f, faces, d, trace)
	if err := w.document(d); err != nil {
		return nil, err
	}
	w.feet()
	var out bytes.Buffer
	if err := f.Output(&out); err != nil {
		return nil, fmt.Errorf("pdf: finish: %w", err)
	}
	return out.Bytes(), nil
}

const pdfFamily = "bizudpgothic"

// pdfString encodes a text of the document's properties (ISO 32000-1, 7.9.2.2), which may have
// characters that no font has. fpdf's own encoder knows none beyond U+FFFF.
func pdfString(s string) string {
	b := []byte{0xfe, 0xff}
	for _, unit := range utf16.Encode([]rune(s)) {
		b = append(b, byte(unit>>8), byte(unit&0xff))
	}
	return string(b)
}

func (w *pdfWriter) document(d report.Document) error {
	w.newPage()
	w.paragraph(w.titleType, d.Title, false)
	w.space(w.pt(4))
	w.paragraph(w.subtitleType, d.Subtitle, false)
	w.space(w.pt(12))
	w.setTable(w.pairRows(d.Meta))
	level := 0 // of the last bookmark; the first must stand at the left for fpdf
	for i, s := range d.Sections {
		if s.Level <= 1 || i == 0 {
			level = 0
		} else {
			level = 1
		}
		if err := w.section(d.Sections[i:], level); err != nil {
			return err
		}
	}
	return nil
}

// section writes the first of the sections. Those after it matter where it is empty, so that
// its heading stays with the next.
func (w *pdfWriter) section(sections []report.Section, level int) error {
	s := sections[0]
	w.space(w.headingType(s).before)
	if !w.fits(w.headHeight(sections)) {
		w.newPage()
	}
	w.heading(s, level)
	for i := range s.Blocks {
		if err := w.block(&s.Blocks[i]); err != nil {
			return fmt.Errorf("section %q: %w", s.Title, err)
		}
	}
	return nil
}

// headHeight is the height of what has to stay together: a heading, the headings directly
// below it, and the first lines of what follows.
func (w *pdfWriter) headHeight(sections []report.Section) float64 {
	height := 0.0
	for i, s := range sections {
		if i > 0 {
			height += w.headingType(s).before
		}
		height += w.headingHeight(s)
		if len(s.Blocks) > 0 {
			return height + w.beginnings(s.Blocks)
		}
		if height > w.bottom-w.top {
			break
		}
	}
	return height
}

// beginnings is the height of what stays below a heading: a few words of introduction stay
// with what they introduce.
func (w *pdfWriter) beginnings(blocks []report.Block) float64 {
	p, ok := blocks[0].(report.Paragraph)
	if !ok || len(blocks) == 1 {
		return w.beginning(&blocks[0])
	}
	lines := len(w.broken(w.bodyType, gapText(p.Text, p.Gap), w.width))
	if lines > introLines {
		return w.beginning(&blocks[0])
	}
	return float64(lines)*w.bodyType.leading + w.pt(6) + w.beginning(&blocks[1])
}

// introLines is the most that counts as an introduction.
const introLines = 4

// beginning is the height of the least part of a block that may stand at the foot of a page.
func (w *pdfWriter) beginning(block *report.Block) float64 {
	switch b := (*block).(type) {
	case report.Paragraph:
		return w.linesHeight(w.bodyType, gapText(b.Text, b.Gap), w.width)
	case report.List:
		if len(b.Items) > 0 {
			return w.linesHeight(w.bodyType, b.Items[0], w.width-w.pt(listIndent))
		}
	case report.Pairs, report.Table:
		return w.tableBeginning(w.laidTable(block))
	}
	return 0
}

// linesHeight is the height of a text, of its first lines where it has many.
func (w *pdfWriter) linesHeight(t pdfType, text string, width float64) float64 {
	return float64(min(keptLines, len(w.broken(t, text, width)))) * t.leading
}

func (w *pdfWriter) block(block *report.Block) error {
	switch b := (*block).(type) {
	case report.Paragraph:
		w.paragraph(w.bodyType, gapText(b.Text, b.Gap), b.Gap)
		w.space(w.pt(6))
	case report.List:
		w.list(b)
	case report.Pairs, report.Table:
		w.setTable(w.laidTable(block))
	default:
		return fmt.Errorf("unknown kind of block %T", b)
	}
	return nil
}

// list has its marks in a margin of their own, as wide as the widest of them.
func (w *pdfWriter) list(l report.List) {
	if len(l.Items) == 0 {
		return
	}
	t := w.bodyType
	mark := func(i int) string {
		if l.Ordered {
			return strconv.Itoa(i+1) + "."
		}
		return "・"
	}
	indent := max(w.pt(listIndent), w.widthOf(t, mark(len(l.Items)-1))+w.pt(6))
	for i, item := range l.Items {
		lines := w.broken(t, item, w.width-indent)
		w.flow(t, lines, w.left+indent, w.width-indent, false, func(upper float64) {
			text := mark(i)
			w.draw(t, text, w.left+indent-w.pt(4)-w.widthOf(t, text), upper, w.left, indent)
		})
		w.space(w.pt(2))
	}
	w.space(w.pt(6))
}
