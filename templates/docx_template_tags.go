package templates

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tag is one placeholder as it stands in a paragraph: {{name}}, {{#name}}, {{^name}} or
// {{/name}}.
type tag struct {
	from, to int // bytes of the paragraph's text
	// sign is 0 for a value, '#' where an optional block begins, '^' where one begins that is
	// shown without it, '/' where one ends.
	sign    rune
	written string // as it stands there, without its braces
	name    string // without the sign
	place   place
	known   bool
	// silent tags have done their work when the form was read, and print nothing.
	silent bool
}

// longestName bounds how far a closing brace is looked for.
const longestName = 80

// object stands in a paragraph's text for what is no text: a picture, a field, a note. No
// placeholder reaches over one.
const object = '\uFFFC'

func isOpenBrace(r rune) bool  { return r == '{' || r == '｛' }
func isCloseBrace(r rune) bool { return r == '}' || r == '｝' }

// maxStrayBraces is enough to see that a paragraph is no form.
const maxStrayBraces = 40

// scanTags finds the placeholders of a paragraph. stray are the braces that are none.
func scanTags(text string) (tags []*tag, stray []strayBraces) {
	for i := 0; i < len(text) && len(stray) < maxStrayBraces; {
		r, n := utf8.DecodeRuneInString(text[i:])
		second, m := utf8.DecodeRuneInString(text[i+n:])
		switch {
		case isOpenBrace(r) && isOpenBrace(second):
			// Of three braces the last two open: {{{x}}} is a value in braces.
			if third, _ := utf8.DecodeRuneInString(text[i+n+m:]); isOpenBrace(third) {
				i += n
				continue
			}
			t, ok := readTag(text, i, i+n+m)
			if !ok {
				stray = append(stray, strayBraces{at: i, text: clipped(text[i:min(len(text), i+200)]), opens: true})
				i += n + m
				continue
			}
			tags = append(tags, t)
			i = t.to
		case isCloseBrace(r) && isCloseBrace(second):
			if len(tags) == 0 || tags[len(tags)-1].to != i {
				stray = append(stray, strayBraces{at: i, text: clipped(text[max(0, i-12):min(len(text), i+200)])})
			}
			i += n + m
		default:
			i += n
		}
	}
	return tags, stray
}

type strayBraces struct {
	at    int
	text  string
	opens bool
}

func readTag(text string, from, inner int) (*tag, bool) {
	runes := 0
	for i := inner; i < len(text); runes++ {
		r, n := utf8.DecodeRuneInString(text[i:])
		if isCloseBrace(r) {
			second, m := utf8.DecodeRuneInString(text[i+n:])
			if !isCloseBrace(second) {
				return nil, false
			}
			t := &tag{from: from, to: i + n + m, written: strings.Join(strings.Fields(text[inner:i]), " ")}
			t.sign, t.name = splitSign(t.written)
			t.place, t.known = places()[foldName(t.name)]
			return t, true
		}
		if isOpenBrace(r) || r == object || runes > longestName {
			return nil, false
		}
		i += n
	}
	return nil, false
}

func splitSign(s string) (rune, string) {
	r, n := utf8.DecodeRuneInString(s)
	switch r {
	case '#', '＃':
		r = '#'
	case '^', '＾':
		r = '^'
	case '/', '／':
		r = '/'
	default:
		return 0, s
	}
	return r, strings.TrimLeftFunc(s[n:], unicode.IsSpace)
}

// clipped is the beginning of a text, to show where something stands.
func clipped(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	s = strings.ReplaceAll(s, string(object), "")
	if r := []rune(s); len(r) > 24 {
		return string(r[:24]) + "…"
	}
	return s
}

// piece is an element that makes some of a paragraph's text: a w:t, or one that stands for
// a single character.
type piece struct {
	n        *node
	run      *node
	from, to int
}

// paragraph is a w:p in which there is something to fill in.
type paragraph struct {
	text   string
	tags   []*tag
	pieces map[*node]*piece
	// inline are the optional parts that begin and end within the paragraph, as pairs of
	// positions in tags.
	inline [][2]int
}

// readParagraph gathers the text of a paragraph over its runs: Word splits a word wherever
// it checked the spelling, changed a language or was interrupted.
func readParagraph(p *node) *paragraph {
	out := &paragraph{pieces: map[*node]*piece{}}
	var b strings.Builder
	var gather func(n, run *node)
	add := func(n, run *node, text string) {
		out.pieces[n] = &piece{n: n, run: run, from: b.Len(), to: b.Len() + len(text)}
		b.WriteString(text)
	}
	gather = func(n, run *node) {
		for _, k := range n.kids {
			switch {
			case k.name == "w:r" && run == nil:
				gather(k, k)
			case run == nil:
				switch k.name {
				case "w:hyperlink", "w:ins", "w:moveTo", "w:smartTag", "w:sdt", "w:sdtContent", "w:fldSimple", "w:customXml", "w:dir", "w:bdo":
					gather(k, nil)
				case "mc:AlternateContent", "m:oMath", "m:oMathPara":
					add(k, nil, string(object))
				}
			case k.name == "w:t":
				add(k, run, wordText(k))
			case k.name == "w:tab":
				add(k, run, "\t")
			case k.name == "w:br", k.name == "w:cr":
				add(k, run, "\n")
			case k.name == "", k.name == "w:rPr", k.name == "w:lastRenderedPageBreak", k.name == "w:softHyphen":
			default:
				add(k, run, string(object))
			}
		}
	}
	gather(p, nil)
	out.text = b.String()
	return out
}

// wordText is the text of a w:t as Word shows it: without xml:space it has no blanks at its ends.
func wordText(t *node) string {
	var b strings.Builder
	for _, k := range t.kids {
		b.WriteString(k.text)
	}
	if t.attr("xml:space") != "preserve" {
		return strings.Trim(b.String(), " \t\r\n")
	}
	return b.String()
}

// alone reports whether a paragraph consists of one placeholder and nothing else.
func (p *paragraph) alone() bool {
	return len(p.tags) == 1 && strings.TrimSpace(p.text[:p.tags[0].from]+p.text[p.tags[0].to:]) == ""
}
