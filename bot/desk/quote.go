package desk

import (
	"strings"
	"time"
	"unicode/utf8"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// quoted answers somebody who pointed at a message of the platform.
func (v *visit) quoted() chat.Reply {
	q := v.r.Quote
	switch {
	case q == nil:
		return v.outdated()
	case q.For == chat.ForReport:
		return v.quoteReport(*q)
	case q.For == chat.ForNote:
		return v.quoteNote(*q)
	}
	return v.outdated()
}

// quoteReport opens the report form with what the message says. It asks no database and keeps
// nothing: the front end carries the quote until the form is sent.
func (v *visit) quoteReport(q chat.Quote) chat.Reply {
	form := v.build(reportSpec(), newDraft(formReport, "", 0, ""), nil)
	fill(form, chat.Values{string(incident.FieldEvent): incident.Clean(q.Text)})
	if source := v.quoteSource(q, ""); source != "" {
		form.Intro += "\n" + source
	}
	if files := v.quoteFiles(q); files != "" {
		form.Intro += "\n" + v.say("quote.files_follow", "files", files)
	}
	return chat.Reply{Form: form}
}

// quoteAuthor is how the author of a quote is called, in one line; "" where nobody knows.
func (v *visit) quoteAuthor(q chat.Quote) string {
	name := q.Name
	by := incident.PersonID(q.From)
	if q.From != "" {
		if who, known := v.actor(q.From, q.Name); known {
			name, by = who.Name, who.ID
		} else if strings.TrimSpace(q.Name) == "" {
			return "" // an ID tells nobody anything
		}
	}
	if name = oneLine(name); name == "" {
		return ""
	}
	return v.voice.named(by, clip(name, maxOption))
}

// quoteSource says in a line who wrote a message and when, of that what is known; the person
// but names need not be named.
func (v *visit) quoteSource(q chat.Quote, but incident.PersonID) string {
	author := v.quoteAuthor(q)
	if who, _ := v.actor(q.From, q.Name); but != "" && who.ID == but {
		author = ""
	}
	switch {
	case author != "" && !q.At.IsZero():
		return v.say("quote.by_at", "person", author, "at", v.instant(q.At))
	case author != "":
		return v.say("quote.by", "person", author)
	case !q.At.IsZero():
		return v.say("quote.at", "at", v.instant(q.At))
	}
	return ""
}

// maxLink is how long an address may be that is kept; those of platforms are far shorter.
const maxLink = 500

// quoteLink is the address of a quoted message. What is no plain address is none: nothing
// that a reader clicks on comes from a text.
func quoteLink(q chat.Quote) string {
	if !strings.HasPrefix(q.Link, "https://") || len(q.Link) > maxLink || oneLine(q.Link) != q.Link || strings.ContainsAny(q.Link, " <>|\"`") {
		return ""
	}
	return q.Link
}

// maxNamed is how many files of a quote are named; the others are counted.
const maxNamed = 20

// quoteFiles names what hangs on a quoted message.
func (v *visit) quoteFiles(q chat.Quote) string {
	var names []string
	for i, name := range q.Files {
		if i == maxNamed {
			names = append(names, v.say("quote.files_more", "count", number(len(q.Files)-maxNamed)))
			break
		}
		if name = oneLine(incident.FileName(name)); name == "" {
			name = v.say("file.nameless")
		}
		names = append(names, v.say("file.named", "name", clip(name, maxOption)))
	}
	return v.join(names)
}

// oneLine is a text without line breaks and other characters that hold no place.
func oneLine(s string) string { return strings.Join(strings.Fields(incident.Clean(s)), " ") }

// quoteLines are what is added to a report made of a quote: who wrote it and when, and where
// it stands.
func (v *visit) quoteLines(q chat.Quote) string {
	return strings.Join(nonEmpty(v.quoteSource(q, ""), quoteLink(q)), "\n")
}

// quoteText is a quote as an entry of the record, in pieces that an entry can hold.
func (v *visit) quoteText(q chat.Quote) []string {
	text := incident.Clean(q.Text)
	if author := v.quoteAuthor(q); author != "" {
		if who, _ := v.actor(q.From, q.Name); who.ID != v.who.ID {
			text = v.say("quote.said", "person", author, "text", text)
		}
	}
	if files := v.quoteFiles(q); files != "" {
		files = v.say("quote.files", "files", files)
		text = strings.Join(nonEmpty(text, files), "\n")
	}
	if link := quoteLink(q); link != "" {
		text = strings.Join(nonEmpty(text, link), "\n")
	}
	return pieces(text, incident.MaxText)
}

// pieces cuts a text where it is longer than an entry may be. Nothing is lost, and no piece is
// blank, or it could not be kept.
func pieces(text string, most int) []string {
	var out []string
	runes := []rune(text)
	for len(runes) > most {
		out, runes = append(out, string(runes[:most])), runes[most:]
	}
	out = append(out, string(runes))
	for i := len(out) - 1; i >= 0; i-- {
		if len(out) > 1 && !incident.Visible(out[i]) {
			out = append(out[:i], out[i+1:]...)
		}
	}
	return out
}

// longer reports whether more stood in the quote than in the form that came of it.
func longer(quote, typed string) bool {
	quote, typed = incident.Clean(quote), incident.Clean(typed)
	return utf8.RuneCountInString(quote) > utf8.RuneCountInString(typed) && !strings.Contains(typed, quote)
}

// The names under which a quote is kept beside the answers of a form, or a line.
const (
	keptText  = "quoted_text"
	keptFrom  = "quoted_from"
	keptName  = "quoted_name"
	keptAt    = "quoted_at"
	keptLink  = "quoted_link"
	keptFiles = "quoted_files"
	keptKey   = "quoted_key"
)

// quoteValues is a quote as it is kept while its reader is asked something.
func quoteValues(q chat.Quote) chat.Values {
	kept := chat.Values{keptText: q.Text, keptFrom: string(q.From), keptName: q.Name, keptLink: q.Link}
	if !q.At.IsZero() {
		kept[keptAt] = q.At.Format(time.RFC3339Nano)
	}
	var names []string
	for _, name := range q.Files {
		names = append(names, oneLine(name))
	}
	kept[keptFiles] = strings.Join(names, "\n")
	return kept
}

// quoteOf gives back a kept quote.
func quoteOf(kept chat.Values) (chat.Quote, bool) {
	text, ok := kept[keptText]
	if !ok {
		return chat.Quote{}, false
	}
	q := chat.Quote{Text: text, From: chat.UserID(kept[keptFrom]), Name: kept[keptName], Link: kept[keptLink]}
	if at, err := time.Parse(time.RFC3339Nano, kept[keptAt]); err == nil {
		q.At = at
	}
	if names := kept[keptFiles]; names != "" {
		q.Files = strings.Split(names, "\n")
	}
	return q, true
}
