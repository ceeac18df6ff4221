package templates

import (
	"strconv"
	"sync"
)

// DocxFault is one mistake in a company's own form, which has pages instead of lines. Its
// sentence says what to do, in the reader's language.
type DocxFault struct {
	// File is the path below the overlay folder, such as "report.docx".
	File string
	// Part is where it stands beside the text: "header", "footer" or "note"; empty is the text.
	Part string
	// Page counts from 1; 0 when the file as a whole is meant, or a part of every page.
	Page int
	// Estimated pages are counted from the breaks the author put in: the form was saved by a
	// program that does not write down where its pages end.
	Estimated bool
	// Key and Pairs are the sentence.
	Key   string
	Pairs []string
}

// docxFault makes a fault of what stands in a file: what a reader could not see, or what
// would turn the sentence around, is made visible.
func docxFault(file, key string, pairs ...string) DocxFault {
	for i := 1; i < len(pairs); i += 2 {
		pairs[i] = oneLine(pairs[i])
	}
	return DocxFault{File: file, Key: key, Pairs: pairs}
}

// partKeys name the parts that stand beside the text.
var partKeys = map[string]string{"header": "docx.place.header", "footer": "docx.place.footer", "note": "docx.place.note"}

// Say gives the whole sentence: the file, the place, the problem and what to do.
func (f DocxFault) Say(t *Texts, lang string) string {
	sample := "番号"
	if lang == "en" {
		sample = "number"
	}
	sentence := t.Say(lang, f.Key, append(f.Pairs[:len(f.Pairs):len(f.Pairs)],
		"sample", "{{"+sample+"}}", "sample_begin", "{{#"+sample+"}}", "sample_end", "{{/"+sample+"}}")...)
	where := ""
	switch {
	case f.Part != "":
		where = t.Say(lang, partKeys[f.Part])
	case f.Page > 0 && f.Estimated:
		where = t.Say(lang, "docx.place.about", "page", strconv.Itoa(f.Page))
	case f.Page > 0:
		where = t.Say(lang, "docx.place.page", "page", strconv.Itoa(f.Page))
	default:
		return t.Say(lang, "docx.fault", "file", f.File, "sentence", sentence)
	}
	return t.Say(lang, "docx.fault.at", "file", f.File, "where", where, "sentence", sentence)
}

// Error is the sentence in English, with the embedded texts.
func (f DocxFault) Error() string {
	t, err := englishTexts()
	if err != nil {
		return f.File + ": " + f.Key
	}
	return f.Say(t, "en")
}

var englishTexts = sync.OnceValues(func() (*Texts, error) { return LoadTexts(nil) })
