package templates

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hikeshi/workflows/report"
)

func mustDocx(t *testing.T, d report.Document) []byte {
	t.Helper()
	b, err := Docx(d, renderingMade)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type fataler interface {
	Helper()
	Fatal(...any)
}

func docxParts(t fataler, b []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(f.Name, err)
		}
		if parts[f.Name] != nil {
			t.Fatal("twice in the file:", f.Name)
		}
		parts[f.Name] = content
	}
	return parts
}

func wellFormed(content []byte) error {
	d := xml.NewDecoder(bytes.NewReader(content))
	roots, depth := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if roots != 1 {
				return fmt.Errorf("%d root elements", roots)
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
		case xml.EndElement:
			depth--
		}
	}
}

func elements(t fataler, content []byte, name string) []xml.StartElement {
	t.Helper()
	var found []xml.StartElement
	for d := xml.NewDecoder(bytes.NewReader(content)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == name {
			found = append(found, e.Copy())
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// docxTexts reads the paragraphs back as a word processor would, leaving out empty ones.
func docxTexts(t fataler, content []byte) []string {
	t.Helper()
	var texts []string
	var text strings.Builder
	inText := false
	for d := xml.NewDecoder(bytes.NewReader(content)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.CharData:
			if inText {
				text.Write(e)
			}
		case xml.StartElement:
			switch e.Name.Local {
			case "p":
				text.Reset()
			case "t":
				inText = true
			case "br":
				text.WriteByte('\n')
			case "tab":
				if len(e.Attr) == 0 { // with attributes it defines a tab stop
					text.WriteByte('\t')
				}
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "t":
				inText = false
			case "p":
				if text.Len() > 0 {
					texts = append(texts, text.String())
				}
			}
		}
	}
}

// expectedTexts lists what a reader must find, in order, leaving out what is empty.
func expectedTexts(d report.Document) []string {
	var texts []string
	add := func(s string, gap bool) {
		s = Printable(s)
		if gap && strings.TrimSpace(s) == "" {
			s = "—"
		}
		if s != "" {
			texts = append(texts, s)
		}
	}
	pairs := func(pairs report.Pairs) {
		for _, p := range pairs {
			add(p.Label, false)
			add(p.Value.Text, p.Value.Gap)
		}
	}
	add(d.Title, false)
	add(d.Subtitle, false)
	pairs(d.Meta)
	for _, s := range d.Sections {
		add(s.Title, false)
		for _, block := range s.Blocks {
			switch b := block.(type) {
			case report.Paragraph:
				add(b.Text, b.Gap)
			case report.List:
				for _, item := range b.Items {
					add(item, false)
				}
			case report.Pairs:
				pairs(b)
			case report.Table:
				for _, title := range b.Header {
					add(title, false)
				}
				for _, row := range b.Rows {
					for _, c := range row {
						add(c.Text, c.Gap)
					}
				}
			}
		}
	}
	return texts
}

func withoutSpace(s string) string { return strings.Join(strings.Fields(s), "") }

// randomDocument draws a document of any shape, ragged tables included.
func randomDocument() *rapid.Generator[report.Document] {
	text := hostileText()
	return rapid.Custom(func(t *rapid.T) report.Document {
		name := 0
		draw := func() string { name++; return text.Draw(t, "text"+strconv.Itoa(name)) }
		count := func(n int) int { name++; return rapid.IntRange(0, n).Draw(t, "count"+strconv.Itoa(name)) }
		gap := func() bool { return count(2) == 0 }
		cell := func() report.Cell { return report.Cell{Text: draw(), Gap: gap()} }
		texts := func(n int) []string {
			s := make([]string, count(n))
			for i := range s {
				s[i] = draw()
			}
			return s
		}
		pairs := func() report.Pairs {
			p := make(report.Pairs, count(3))
			for i := range p {
				p[i] = report.Pair{Label: draw(), Value: cell()}
			}
			return p
		}
		d := report.Document{Lang: "ja", Title: draw(), Subtitle: draw(), Banner: texts(2), Meta: pairs(), Footer: draw()}
		for range count(2) {
			s := report.Section{Level: count(3), Title: draw()}
			for range count(4) {
				switch count(3) {
				case 0:
					s.Blocks = append(s.Blocks, report.Paragraph{Text: draw(), Gap: gap()})
				case 1:
					s.Blocks = append(s.Blocks, report.List{Items: texts(3), Ordered: gap()})
				case 2:
					s.Blocks = append(s.Blocks, pairs())
				case 3:
					table := report.Table{Header: texts(3), Widths: []int{1, 2, 3}}
					for range count(3) {
						row := make([]report.Cell, count(4))
						for i := range row {
							row[i] = cell()
						}
						table.Rows = append(table.Rows, row)
					}
					s.Blocks = append(s.Blocks, table)
				}
			}
			d.Sections = append(d.Sections, s)
		}
		return d
	})
}
