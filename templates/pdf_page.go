package templates

import (
	"codeberg.org/go-pdf/fpdf"

	"hikeshi/workflows/report"
)

// A4 with margins of 20 mm left and right, 25 mm above and 22 mm below, in points; in large
// type 14 mm left and right.
const (
	pdfPageWidth, pdfPageHeight = 595.28, 841.89
	pdfSide, pdfSideLarge       = 56.7, 39.7
	pdfTop, pdfBottom           = 70.9, 62.4
	pdfBannerTop                = 30.0
	pdfFootBottom               = 28.0
)

// largeType is how much larger the type of a sheet on the wall is, in every format: the
// characters of a table are then 5 mm high, a two-hundredth of the metre they are read from.
const largeType = 1.6

// keptLines of a paragraph or a row stay together at the foot and at the head of a page.
const keptLines = 2

// listIndent is the least margin of lists, in points of normal type.
const listIndent = 18

// The font's own ascent; with its descent it fills the em exactly.
const pdfAscent = 0.88

type pdfColor struct{ r, g, b int }

var (
	inkBlack  = pdfColor{0, 0, 0}
	inkGrey   = pdfColor{0x40, 0x40, 0x40}
	inkNavy   = pdfColor{0x1f, 0x38, 0x64}
	inkRed    = pdfColor{0xc0, 0, 0}
	inkGap    = pdfColor{0x7f, 0x3f, 0}
	fillHead  = pdfColor{0xdc, 0xe6, 0xf1}
	fillLabel = pdfColor{0xf2, 0xf2, 0xf2}
	fillGap   = pdfColor{0xff, 0xf2, 0xcc}
	lineGrey  = pdfColor{0x7f, 0x7f, 0x7f}
)

// pdfType is how a text is set, in points.
type pdfType struct {
	bold          bool
	size, leading float64
	ink           pdfColor
	centred       bool
	before, after float64 // of a heading
}

// drawn is one line on paper, for tests: where it begins and how wide it is, the same of the
// box it belongs into, and its upper and lower edge.
type drawn struct {
	page           int
	t              pdfType
	text           string
	x, width       float64
	boxX, boxWidth float64
	upper, lower   float64
}

// pdfWriter sets a document page by page. Its y is the upper edge of what comes next.
type pdfWriter struct {
	f     *fpdf.Fpdf
	faces [2]*pdfFace
	trace func(drawn)
	scale float64

	left, width float64 // of the text
	top, bottom float64 // of the text on every page
	y           float64

	banner [][]pdfFrame
	footer []pdfLine

	titleType, subtitleType, chapterType, partType, bodyType, cellType, labelType, headType, bannerType, footType pdfType

	laid   *report.Block // the table laid out last, and how
	laidAs pdfTable

	// What fpdf was told last on this page.
	font pdfType
	ink  pdfColor
}

func newPDFWriter(f *fpdf.Fpdf, faces [2]*pdfFace, d report.Document, trace func(drawn)) *pdfWriter {
	w := &pdfWriter{f: f, faces: faces, trace: trace, scale: 1, left: pdfSide}
	if d.Large {
		w.scale, w.left = largeType, pdfSideLarge
	}
	w.width = pdfPageWidth - 2*w.left
	pt := w.pt
	w.titleType = pdfType{bold: true, size: pt(18), leading: pt(24), centred: true}
	w.subtitleType = pdfType{size: pt(11), leading: pt(15), ink: inkGrey, centred: true}
	w.chapterType = pdfType{bold: true, size: pt(13), leading: pt(17), ink: inkNavy, before: pt(14), after: pt(8)}
	w.partType = pdfType{bold: true, size: pt(11), leading: pt(14.5), before: pt(8), after: pt(5)}
	w.bodyType = pdfType{size: pt(10.5), leading: pt(16)}
	w.cellType = pdfType{size: pt(9.5), leading: pt(13)}
	w.labelType = pdfType{bold: true, size: pt(9.5), leading: pt(13)}
	w.headType = pdfType{bold: true, size: pt(9.5), leading: pt(13), centred: true}
	// These are read in the hand, on a sheet for the wall, too.
	w.bannerType = pdfType{bold: true, size: 11, leading: 15, ink: inkRed}
	w.footType = pdfType{size: 8.5, leading: 11, ink: inkGrey}

	w.layBanner(d.Banner)
	w.layFooter(d.Footer)
	return w
}

// pt is a length in points of the document's type.
func (w *pdfWriter) pt(points float64) float64 { return points * w.scale }

func (w *pdfWriter) face(t pdfType) *pdfFace {
	if t.bold {
		return w.faces[1]
	}
	return w.faces[0]
}

// broken breaks any text into lines that fit a width.
func (w *pdfWriter) broken(t pdfType, text string, width float64) []pdfLine {
	face := w.face(t)
	return face.lines(face.drawable(text), int(width*1000/t.size))
}

// widthOf measures a drawable text, in points.
func (w *pdfWriter) widthOf(t pdfType, text string) float64 {
	return float64(w.face(t).width(text)) * t.size / 1000
}

// newPage begins a page, with the banner at its head.
func (w *pdfWriter) newPage() {
	w.f.AddPage()
	w.resetPage()
	w.drawBanner()
	w.y = w.top
}

// resetPage tells fpdf on a new page, or on an old one that is written to again, what it may
// believe to have said already. No text is white, so that every text brings its own colour.
func (w *pdfWriter) resetPage() {
	w.f.SetFillColor(255, 255, 255)
	w.f.SetLineWidth(0.5)
	w.font, w.ink = pdfType{}, pdfColor{-1, -1, -1}
}

func (w *pdfWriter) atTop() bool { return w.y <= w.top }

func (w *pdfWriter) fits(height float64) bool { return w.y+height <= w.bottom || w.atTop() }

// space leaves room; at the head of a page there is none.
func (w *pdfWriter) space(points float64) {
	if !w.atTop() {
		w.y += points
	}
}

// room tells how many of some lines to set on what is left of this page: no line stands alone
// at the foot or at the head, and at the head of a page at least one is set.
func (w *pdfWriter) room(height, leading float64, lines int, atTop bool) int {
	whole := min(lines, int(height/leading+1e-6))
	n := whole
	if n < lines && lines-n < keptLines {
		n = lines - keptLines
	}
	if n < lines && n < keptLines {
		n = 0
	}
	if n <= 0 && atTop {
		return max(1, whole)
	}
	return max(0, n)
}

func (w *pdfWriter) choose(t pdfType) {
	if w.font.size != t.size || w.font.bold != t.bold {
		style := ""
		if t.bold {
			style = "B"
		}
		w.f.SetFont(pdfFamily, style, t.size)
		w.font = t
	}
	if w.ink != t.ink {
		w.f.SetTextColor(t.ink.r, t.ink.g, t.ink.b)
		w.ink = t.ink
	}
}

// draw writes one drawable line into a box. Every text on paper passes here.
func (w *pdfWriter) draw(t pdfType, text string, x, upper, boxX, boxWidth float64) {
	if w.trace != nil {
		w.trace(drawn{
			page: w.f.PageNo(), t: t, text: text, x: x, width: w.widthOf(t, text), boxX: boxX, boxWidth: boxWidth,
			upper: upper, lower: upper + t.leading,
		})
	}
	if text == "" {
		return
	}
	w.choose(t)
	w.f.Text(x, upper+(t.leading-t.size)/2+pdfAscent*t.size, text)
}

// line draws a line at the left of its box or in its middle. What says that something is
// missing is underlined with dots, so that it tells on a black and white copy.
func (w *pdfWriter) line(t pdfType, l pdfLine, upper, boxX, boxWidth float64, gap bool) {
	width := float64(l.width) * t.size / 1000
	x := boxX
	if t.centred {
		x += (boxWidth - width) / 2
	}
	if gap {
		t.ink = inkGap
	}
	w.draw(t, l.text, x, upper, boxX, boxWidth)
	if gap && width > 0 {
		w.f.SetDashPattern([]float64{1, 1.5}, 0)
		w.rule(inkGap, 0.7, x, upper+(t.leading+t.size)/2+0.6, x+width)
		w.f.SetDashPattern(nil, 0)
	}
}

func (w *pdfWriter) rule(c pdfColor, thick, x, y, to float64) {
	w.f.SetDrawColor(c.r, c.g, c.b)
	w.f.SetLineWidth(thick)
	w.f.Line(x, y, to, y)
}

func (w *pdfWriter) area(c pdfColor, x, y, width, height float64) {
	w.f.SetFillColor(c.r, c.g, c.b)
	w.f.Rect(x, y, width, height, "F")
	w.f.SetFillColor(255, 255, 255)
}

func (w *pdfWriter) frame(c pdfColor, thick, x, y, width, height float64) {
	w.f.SetDrawColor(c.r, c.g, c.b)
	w.f.SetLineWidth(thick)
	w.f.Rect(x, y, width, height, "D")
}

// paragraph writes running text over as many pages as it takes.
func (w *pdfWriter) paragraph(t pdfType, text string, gap bool) {
	if text != "" {
		w.flow(t, w.broken(t, text, w.width), w.left, w.width, gap, nil)
	}
}

// flow writes lines over as many pages as they take. begin, if there is one, is called with
// the upper edge of the first.
func (w *pdfWriter) flow(t pdfType, lines []pdfLine, x, width float64, gap bool, begin func(upper float64)) {
	for i := 0; i < len(lines); {
		n := w.room(w.bottom-w.y, t.leading, len(lines)-i, w.atTop())
		if n == 0 {
			w.newPage()
			continue
		}
		if i == 0 && begin != nil {
			begin(w.y)
		}
		for _, l := range lines[i : i+n] {
			if gap && l.width > 0 {
				w.area(fillGap, x-2, w.y+(t.leading-t.size)/2-2, float64(l.width)*t.size/1000+4, t.size+4)
			}
			w.line(t, l, w.y, x, width, gap)
			w.y += t.leading
		}
		if i += n; i < len(lines) {
			w.newPage()
		}
	}
}
