package templates

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// BIZ UDPGothic 1.05, as Debian has it in fonts-morisawa-bizud-gothic; fonts/OFL.txt is its
// licence. The files take no memory before the first document, and only the characters that
// a document uses are written into it.
var (
	//go:embed fonts/BIZUDPGothic-Regular.ttf
	pdfRegularFile []byte
	//go:embed fonts/BIZUDPGothic-Bold.ttf
	pdfBoldFile []byte
)

// pdfFaces reads the metrics of both weights when the first document is made, and keeps them:
// a quarter of a megabyte. fpdf parses the files again for each document, which takes some
// milliseconds and leaves nothing behind.
var pdfFaces = sync.OnceValues(func() (faces [2]*pdfFace, err error) {
	if faces[0], err = readFace(pdfRegularFile); err != nil {
		return faces, fmt.Errorf("pdf: the regular font: %w", err)
	}
	if faces[1], err = readFace(pdfBoldFile); err != nil {
		return faces, fmt.Errorf("pdf: the bold font: %w", err)
	}
	return faces, nil
})

// pdfFace knows how wide the characters of one weight are.
type pdfFace struct {
	// widths are in thousandths of the type size, by code point; 0 means that the font has
	// no such character, or that fpdf cannot draw it.
	widths [1 << 16]uint16
}

var errFontShort = errors.New("the file ends too early")

// readFace reads the tables cmap (format 4: the Basic Multilingual Plane, all that fpdf can
// address), head, hhea and hmtx of a TrueType file.
func readFace(file []byte) (face *pdfFace, err error) {
	defer func() {
		// Offsets inside the file are trusted, since it is part of the program; a damaged
		// one shows as an index out of range.
		if recover() != nil {
			err = errFontShort
		}
	}()
	u16 := func(at int) int { return int(binary.BigEndian.Uint16(file[at:])) }
	u32 := func(at int) int { return int(binary.BigEndian.Uint32(file[at:])) }
	tables := map[string]int{}
	for i := range u16(4) {
		at := 12 + 16*i
		tables[string(file[at:at+4])] = u32(at + 8)
	}
	unitsPerEm, measured := u16(tables["head"]+18), u16(tables["hhea"]+34)
	if unitsPerEm == 0 || measured == 0 {
		return nil, errors.New("no units or no widths")
	}
	cmap := 0
	for i := range u16(tables["cmap"] + 2) {
		at := tables["cmap"] + 4 + 8*i
		if subtable := tables["cmap"] + u32(at+4); u16(at) == 3 && u16(at+2) == 1 && u16(subtable) == 4 {
			cmap = subtable
		}
	}
	if cmap == 0 {
		return nil, errors.New("no table of characters")
	}
	face = &pdfFace{}
	segments := u16(cmap+6) / 2
	ends := cmap + 14
	starts, deltas, offsets := ends+2*segments+2, ends+4*segments+2, ends+6*segments+2
	for s := range segments {
		for r := u16(starts + 2*s); r <= u16(ends+2*s) && r < 0xffff; r++ {
			glyph := r
			if offset := u16(offsets + 2*s); offset != 0 {
				if glyph = u16(offsets + 2*s + offset + 2*(r-u16(starts+2*s))); glyph == 0 {
					continue
				}
			}
			glyph = (glyph + u16(deltas+2*s)) & 0xffff
			// A glyph that shares the last width makes fpdf 0.12 write into the font
			// (getMetrics appends to a part of it). Three accents without a letter are
			// such glyphs here.
			if glyph == 0 || glyph >= measured || invisible(rune(r)) { //nolint:gosec // of the Basic Multilingual Plane
				continue
			}
			face.widths[r] = uint16(( //nolint:gosec // a width of at most some thousand
			u16(tables["hmtx"]+4*glyph)*1000 + unitsPerEm/2) / unitsPerEm)
		}
	}
	return face, nil
}

func (f *pdfFace) has(r rune) bool { return r >= 0 && r < 1<<16 && f.widths[r] != 0 }

// width is in thousandths of the type size.
func (f *pdfFace) width(text string) int {
	sum := 0
	for _, r := range text {
		sum += int(f.widths[r])
	}
	return sum
}

// geta stands for a character that the font lacks, as Japanese printers have always done.
const geta = '〓'

// drawable makes a text fit for the font. Like Printable it never drops what a reader could
// see: a character that the font lacks becomes 〓, and so does, as one, a sequence that is one
// sign (👨‍👩‍👧, a flag). Letters with accents or sound marks typed apart are joined first. What is
// invisible everywhere (joiners, variation selectors, marks of direction) is left out; the
// result has line feeds, and no other characters than those of the font.
func (f *pdfFace) drawable(s string) string {
	s = composed(Printable(s))
	first := strings.IndexFunc(s, func(r rune) bool { return !f.has(r) && r != '\n' })
	if first < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:first])
	joined, flag, replaced := false, false, false
	for _, r := range s[first:] {
		switch {
		case r == '\n', f.has(r):
			b.WriteRune(r)
			joined, flag, replaced = false, false, false
			continue
		case r == '\t':
			b.WriteString("    ")
			joined, flag, replaced = false, false, false
			continue
		case r == '\u200d':
			joined = replaced
			continue
		case invisible(r), replaced && r >= 0x1f3fb && r <= 0x1f3ff: // the second: tones of skin
			continue
		}
		if like := replacements[r]; like != 0 && f.has(like) {
			b.WriteRune(like)
			joined, flag, replaced = false, false, false
			continue
		}
		indicator := r >= 0x1f1e6 && r <= 0x1f1ff
		if !joined && !(flag && indicator) {
			b.WriteRune(geta)
		}
		flag = indicator && !flag
		joined, replaced = false, true
	}
	return b.String()
}

// replacements are characters that differ from those the font has by their behaviour at the
// end of a line only, or by their width.
var replacements = map[rune]rune{
	'\u2011': '\u2010', // hyphen where no line ends
	'\u2000': ' ', '\u2001': '\u3000', '\u2002': ' ', '\u2003': '\u3000', '\u2004': ' ', '\u2005': ' ',
	'\u2006': ' ', '\u2007': ' ', '\u2008': ' ', '\u2009': ' ', '\u200a': ' ', '\u202f': '\u00a0', '\u205f': ' ',
}

// invisible tells the default ignorable code points (Unicode, DerivedCoreProperties) that
// people paste without knowing.
func invisible(r rune) bool {
	switch {
	case r == 0xad, r == 0x34f, r == 0x61c, r == 0xfeff:
		return true
	case r >= 0x180b && r <= 0x180f, r >= 0x200b && r <= 0x200f, r >= 0x2060 && r <= 0x206f, r >= 0xfe00 && r <= 0xfe0f:
		return true
	}
	return r >= 0xe0000 && r <= 0xe0fff
}

// composed joins letters and marks (NFC), but leaves the compatibility ideographs alone: NFC
// would turn the 神 (U+FA19) of somebody's name into another character.
func composed(s string) string {
	if norm.NFC.IsNormalString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for s != "" {
		end := strings.IndexFunc(s, isCompatibilityIdeograph)
		if end < 0 {
			end = len(s)
		}
		b.WriteString(norm.NFC.String(s[:end]))
		s = s[end:]
		end = strings.IndexFunc(s, func(r rune) bool { return !isCompatibilityIdeograph(r) })
		if end < 0 {
			end = len(s)
		}
		b.WriteString(s[:end])
		s = s[end:]
	}
	return b.String()
}

func isCompatibilityIdeograph(r rune) bool {
	return r >= 0xf900 && r <= 0xfaff || r >= 0x2f800 && r <= 0x2fa1f
}
