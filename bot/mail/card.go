package mail

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"hikeshi/bot/chat"
)

// maxSubject is how many characters of a title are a subject. More is shown by no list of
// mails, and it stands above the text once more.
const maxSubject = 120

// cardLetter words what is no page: everything that the card says, and its links. What can
// only be pressed is left out; it is done in the chat.
func (m *Mail) cardLetter(c chat.Card, urgent bool) letter {
	say := m.say(m.config.Lang)
	l := letter{Lang: m.config.Lang, urgent: urgent}
	l.Title = oneLine(c.Title)
	if l.Title == "" {
		l.Title = say("mail.card.title")
	}
	if mark := oneLine(c.Mark); mark != "" {
		l.Title = marked(say, []string{mark}, l.Title)
	}
	l.Subject = subject(l.Title)
	for _, b := range c.Blocks {
		if p := m.block(b); p.Heading != "" || p.Text != nil || p.Fields != nil || p.Items != nil {
			l.Parts = append(l.Parts, p)
		}
	}
	if links := m.links(c.Buttons); links != nil {
		l.Parts = append(l.Parts, part{Links: links})
	}
	l.Foot = []string{say("mail.no_answer")}
	return l
}

func (m *Mail) block(b chat.Block) part {
	p := part{Heading: oneLine(b.Heading), Text: paragraphs(b.Text), Small: b.Small}
	for _, f := range b.Fields {
		value := strings.TrimSpace(cleaned(f.Value))
		if !f.At.IsZero() {
			value = f.At.In(tokyo).Format("2006-01-02 15:04")
		}
		p.Fields = append(p.Fields, field{oneLine(f.Label), value})
	}
	for _, i := range b.Items {
		p.Items = append(p.Items, item{Mark: oneLine(i.Mark), Text: strings.TrimSpace(cleaned(i.Text)), Small: strings.TrimSpace(cleaned(i.Small)), Links: m.links(i.Buttons)})
	}
	return p
}

// links are the buttons that open a web page.
func (m *Mail) links(buttons []chat.Button) []link {
	var out []link
	for _, b := range buttons {
		if url := m.url(b.Page); url != "" {
			out = append(out, link{oneLine(b.Label), url})
		}
	}
	return out
}

// subject cuts a title to what fits, and lets nothing in it be taken for an encoded word
// (RFC 2047, section 2), which a reader would show as what it holds.
func subject(title string) string {
	title = strings.ReplaceAll(title, "=?", "= ?")
	if utf8.RuneCountInString(title) > maxSubject {
		title = string([]rune(title)[:maxSubject-1]) + "…"
	}
	return title
}

// paragraphs are parted by empty lines.
func paragraphs(s string) []string {
	var out []string
	for p := range strings.SplitSeq(cleaned(s), "\n\n") {
		if p = strings.Trim(p, "\n"); strings.TrimSpace(p) != "" {
			out = append(out, p)
		}
	}
	return out
}

// cleaned is a text of several lines without anything that only a machine sees: controls, and
// the marks that turn what is read around (Unicode, "Bidirectional Algorithm", section 2).
func cleaned(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\uFFFD")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r == '\u2028', r == '\u2029':
			return '\n'
		case unicode.IsControl(r), slices.ContainsFunc(turning, func(t [2]rune) bool { return t[0] <= r && r <= t[1] }):
			return -1
		}
		return r
	}, s)
}

var turning = [][2]rune{{'\u200e', '\u200f'}, {'\u202a', '\u202e'}, {'\u2066', '\u2069'}}

// oneLine is a text in one line, with single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(cleaned(s)), " ") }
