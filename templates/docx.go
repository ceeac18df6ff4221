package templates

import (
	"archive/zip"
	"bytes"
	"fmt"
	"time"

	"hikeshi/workflows/report"
)

// emptyGap stands where a gap came without the words that say so: a gap is never invisible.
const emptyGap = "—"

// Docx renders a document as a Word file (Office Open XML, ECMA-376 transitional): A4
// upright, the banner at the head of every page, the footer text and "page / pages" at its
// foot, header rows of tables repeated. made is written into the file as the time of its
// creation, in UTC; equal document and time give equal bytes.
//
// An error means that the document holds a kind of block that is unknown here.
func Docx(d report.Document, made time.Time) ([]byte, error) {
	body, orderedLists, err := docxDocument(d)
	if err != nil {
		return nil, err
	}
	made = made.UTC().Truncate(time.Second)
	parts := []struct {
		name    string
		content []byte
	}{
		// Some readers look at the first entry only to tell the kind of file.
		{"[Content_Types].xml", []byte(docxContentTypes)},
		{"_rels/.rels", []byte(docxPackageRels)},
		{"docProps/core.xml", docxCore(d, made)},
		{"docProps/app.xml", []byte(docxApp)},
		{"word/document.xml", body},
		{"word/_rels/document.xml.rels", []byte(docxDocumentRels)},
		{"word/styles.xml", docxStyles(d.Lang, d.Large)},
		{"word/settings.xml", []byte(docxSettings)},
		{"word/fontTable.xml", []byte(docxFontTable)},
		{"word/numbering.xml", docxNumbering(orderedLists)},
		{"word/header1.xml", docxHeader(d.Banner)},
		{"word/footer1.xml", docxFooter(d.Footer)},
	}

	var out bytes.Buffer
	z, err := newDocxZip(&out)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		w, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: zipTime(made)})
		if err != nil {
			return nil, fmt.Errorf("docx: begin %s: %w", p.name, err)
		}
		if _, err := w.Write(p.content); err != nil {
			return nil, fmt.Errorf("docx: write %s: %w", p.name, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("docx: finish: %w", err)
	}
	return out.Bytes(), nil
}

// zipTime keeps a time inside what a zip entry can hold: its years begin in 1980 and its
// seconds since 1970 are 32 bits wide.
func zipTime(t time.Time) time.Time {
	if t.Year() < 1980 || t.Year() > 2100 {
		return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return t
}
