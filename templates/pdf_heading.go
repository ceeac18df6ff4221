package templates

import (
	"strconv"

	"hikeshi/workflows/report"
)

func (w *pdfWriter) headingType(s report.Section) pdfType {
	if s.Level > 1 {
		return w.partType
	}
	return w.chapterType
}

// headingBox is where the words of a heading stand: those of a part beside a bar.
func (w *pdfWriter) headingBox(s report.Section) (x, width float64) {
	if s.Level > 1 {
		return w.left + w.pt(9), w.width - w.pt(9)
	}
	return w.left, w.width
}

func (w *pdfWriter) headingHeight(s report.Section) float64 {
	t := w.headingType(s)
	_, width := w.headingBox(s)
	return float64(len(w.broken(t, s.Title, width)))*t.leading + t.after
}

// heading writes a heading with a rule under a chapter and a bar beside a part, and its
// bookmark; level is that of the bookmark.
func (w *pdfWriter) heading(s report.Section, level int) {
	t := w.headingType(s)
	if title := w.face(t).drawable(oneLine(s.Title)); title != "" {
		w.choose(t) // fpdf encodes the title for the font of the moment
		w.f.Bookmark(title, level, w.y)
	}
	x, width := w.headingBox(s)
	page, upper := w.f.PageNo(), w.y
	w.flow(t, w.broken(t, s.Title, width), x, width, false, nil)
	if w.f.PageNo() != page {
		upper = w.top
	}
	if s.Level > 1 {
		w.area(inkNavy, w.left, upper+w.pt(1), w.pt(3), w.y-upper-w.pt(2))
	} else {
		w.rule(inkNavy, 1, w.left, w.y+w.pt(2), w.left+w.width)
	}
	w.y += t.after
}

// What a hostile text may take of every page: the rest is cut off with an ellipsis.
const (
	bannerRows  = 4
	footerLines = 3
)

// pdfNumberWidth is kept free in the footer for "page / pages".
const pdfNumberWidth = 80

// Frames of the banner: between the frame and its word, between two frames, between two rows.
const (
	framePad = 5.0
	frameGap = 8.0
	rowGap   = 5.0
)

// pdfFrame is a framed word of the banner.
type pdfFrame struct {
	text  string
	width float64 // of the frame
}

// layBanner shares the words of the banner among rows, and moves the text down where they
// need more than one.
func (w *pdfWriter) layBanner(words []string) {
	t := w.bannerType
	var rows [][]pdfFrame
	free := 0.0
	for _, word := range words {
		for _, l := range w.broken(t, oneLine(word), w.width-2*framePad) {
			if l.text == "" {
				continue
			}
			if len(rows) == bannerRows && free < float64(l.width)*t.size/1000+2*framePad {
				l = pdfLine{text: "…", width: w.face(t).width("…")}
			}
			width := float64(l.width)*t.size/1000 + 2*framePad
			switch {
			case len(rows) > 0 && width <= free:
				rows[len(rows)-1] = append(rows[len(rows)-1], pdfFrame{l.text, width})
			case len(rows) < bannerRows:
				rows, free = append(rows, []pdfFrame{{l.text, width}}), w.width
			default:
				continue
			}
			free -= width + frameGap
		}
	}
	w.banner = rows
	w.top = max(pdfTop, pdfBannerTop+float64(len(rows))*(t.leading+rowGap)+15)
}

// drawBanner writes the banner at the right of the head of a page, each word in a frame, so
// that it also tells on a black and white copy.
func (w *pdfWriter) drawBanner() {
	t, y := w.bannerType, pdfBannerTop
	for _, row := range w.banner {
		x := w.left + w.width + frameGap
		for _, f := range row {
			x -= f.width + frameGap
		}
		for _, f := range row {
			w.frame(t.ink, 1, x, y, f.width, t.leading)
			w.draw(t, f.text, x+framePad, y, x, f.width)
			x += f.width + frameGap
		}
		y += t.leading + rowGap
	}
}

func (w *pdfWriter) layFooter(text string) {
	t := w.footType
	lines := w.broken(t, text, w.width-pdfNumberWidth)
	if len(lines) > footerLines {
		lines = append(lines[:footerLines-1:footerLines-1], pdfLine{text: "…"})
	}
	w.footer = lines
	w.bottom = pdfPageHeight - pdfBottom - float64(len(lines)-1)*t.leading
}

// feet writes the footers last, when the number of pages is known.
func (w *pdfWriter) feet() {
	t := w.footType
	y := pdfPageHeight - pdfFootBottom - float64(len(w.footer))*t.leading
	pages := w.f.PageCount()
	for page := 1; page <= pages; page++ {
		w.f.SetPage(page)
		w.resetPage()
		w.rule(lineGrey, 0.5, w.left, y-5, w.left+w.width)
		for i, l := range w.footer {
			w.draw(t, l.text, w.left, y+float64(i)*t.leading, w.left, w.width-pdfNumberWidth)
		}
		number := strconv.Itoa(page) + " / " + strconv.Itoa(pages)
		w.draw(t, number, w.left+w.width-w.widthOf(t, number), y, w.left+w.width-pdfNumberWidth, pdfNumberWidth)
	}
}
