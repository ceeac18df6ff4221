package desk

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"hikeshi/templates"
	"hikeshi/workflows"
	drafting "hikeshi/workflows/draft"
	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
)

// The words that only look; the others are incident.Word.
const (
	wordStatus   = "status"
	wordList     = "list"
	wordContacts = "contacts"
	wordWho      = "who"
	wordHelp     = "help"
	wordWeb      = "web"
	wordDraft    = "draft"
)

// Words lists every word of /incident in the order help shows them.
var Words = []string{
	string(incident.WordReport), wordStatus, wordList, string(incident.WordTake), string(incident.WordDecline),
	string(incident.WordAdvance), string(incident.WordBack), string(incident.WordLevel), string(incident.WordCategory),
	string(incident.WordStep), string(incident.WordWaive), string(incident.WordField), string(incident.WordFact), string(incident.WordClock),
	string(incident.WordText), string(incident.WordParty),
	string(incident.WordNote), string(incident.WordCorrect), string(incident.WordUndo), string(incident.WordAttach), string(incident.WordFile),
	string(incident.WordAssign), string(incident.WordHandover), string(incident.WordAccept), string(incident.WordAsk),
	string(incident.WordInform), string(incident.WordAction), wordDraft, string(incident.WordDoc), string(incident.WordApprove),
	string(incident.WordClose), string(incident.WordDismiss), string(incident.WordReopen), string(incident.WordMerge),
	string(incident.WordRestrict), wordContacts, wordWho, wordAway, wordCompromised, wordUndelivered, wordLink, wordWeb, wordHelp,
}

// vocabulary is how the words may be typed: the English word itself, and the spellings of
// the message files in every language, whatever the reader's language is.
type vocabulary struct {
	word      map[string]string // folded spelling → word
	spellings []string
	off       map[string]bool   // folded words that take an absence back, or a mark
	drafts    map[string]string // folded name → kind of draft
	platforms map[string]string // folded name → platform that can be marked
}

func newVocabulary(texts *templates.Texts) vocabulary {
	v := vocabulary{word: map[string]string{}, off: map[string]bool{}, drafts: map[string]string{}, platforms: map[string]string{}}
	add := func(spelling, word string) {
		spelling = fold(spelling)
		if _, twice := v.word[spelling]; spelling != "" && !twice {
			v.word[spelling] = word
			v.spellings = append(v.spellings, spelling)
		}
	}
	for _, w := range Words {
		add(w, w)
	}
	for _, w := range Words {
		for _, lang := range templates.Languages {
			for spelling := range strings.SplitSeq(texts.Say(lang, "word."+w), ",") {
				add(spelling, w)
			}
		}
	}
	for _, lang := range templates.Languages {
		for _, p := range workflows.Platforms {
			v.platforms[p], v.platforms[fold(texts.Say(lang, "platform."+p))] = p, p
		}
		for _, k := range drafting.Kinds {
			v.drafts[string(k)], v.drafts[fold(texts.Say(lang, "draft.title."+string(k)))] = string(k), string(k)
		}
		for off := range strings.SplitSeq(texts.Say(lang, "away.off"), ",") {
			v.off[fold(off)] = true
		}
	}
	return v
}

// fold makes spellings alike: full and half width, upper and lower case.
func fold(s string) string { return strings.ToLower(strings.TrimSpace(norm.NFKC.String(s))) }

// cut takes the first word of a text; white space of any width separates.
func cut(s string) (token, rest string) {
	s = strings.TrimSpace(s)
	i := strings.IndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

// meaning says what a typed line is. Every line is exactly one of these.
type meaning int

const (
	meansForm    meaning = iota // /incident alone: the report form
	meansWord                   // a command or a look
	meansReport                 // a report in one line
	meansNote                   // an entry of the channel's incident
	meansAlmost                 // one token that is almost a word: ask
	meansLoose                  // neither a command nor in a channel: ask
	meansUnknown                // in a channel, with a slash but no word: ask
)

// reading is a line as it was understood. Text is what the person wrote, without
// /incident; it is never changed.
type reading struct {
	meaning meaning
	word    string // of meansWord, and the word that was probably meant of meansAlmost
	number  string // of the incident, where the line names one
	rest    string
	whole   string // rest with the number, for the case that it is none
	text    string
	channel bool
}

const slash = "/incident"

// read understands a line (design, "Words").
func (v vocabulary) read(line string, inChannel bool) reading {
	line = strings.TrimSpace(line)
	first, rest := cut(line)
	head := fold(first)
	switch {
	case head == slash:
		r := v.command(rest)
		r.channel = inChannel
		return r
	case strings.HasPrefix(head, "/"):
		// In a channel a word may follow the slash at once: /進める. So it may elsewhere, as
		// nothing else begins with a slash.
		if w, digits, ok := v.lookup(head[1:]); ok {
			r := v.withWord(w, strings.TrimSpace(digits+" "+rest), line)
			r.channel = inChannel
			return r
		}
		if meant := fault.Nearest(head[1:], v.spellings); meant != "" && (rest == "" || inChannel) {
			return reading{meaning: meansAlmost, word: v.word[meant], text: line, channel: inChannel}
		}
		if inChannel {
			// A mistyped command must not end in the record unseen.
			return reading{meaning: meansUnknown, text: line, channel: true}
		}
	}
	if w, _, ok := v.lookup(head); ok && w == wordHelp && rest == "" && !inChannel {
		// Who writes only "help" to the bot wants to know what to do.
		return reading{meaning: meansWord, word: w, text: line}
	}
	if inChannel && line != "" {
		return reading{meaning: meansNote, text: line, rest: line, channel: true}
	}
	return reading{meaning: meansLoose, text: line, channel: inChannel}
}

// command understands what follows /incident.
func (v vocabulary) command(text string) reading {
	if text == "" {
		return reading{meaning: meansForm}
	}
	first, rest := cut(text)
	if number, ok := fullNumber(first); ok {
		if rest == "" {
			return reading{meaning: meansWord, word: wordStatus, number: number, text: text}
		}
		next, after := cut(rest)
		if w, digits, ok := v.lookup(fold(next)); ok && w != string(incident.WordReport) {
			r := v.withWord(w, strings.TrimSpace(digits+" "+after), text)
			if r.number == "" {
				r.number = number
			}
			return r
		}
		return reading{meaning: meansReport, text: text}
	}
	if w, digits, ok := v.lookup(fold(first)); ok {
		return v.withWord(w, strings.TrimSpace(digits+" "+rest), text)
	}
	if rest == "" {
		if meant := fault.Nearest(fold(first), v.spellings); meant != "" {
			return reading{meaning: meansAlmost, word: v.word[meant], text: text}
		}
	}
	return reading{meaning: meansReport, text: text}
}

var trailingDigits = regexp.MustCompile(`^(.*[^0-9])([0-9]{1,9})$`)

// lookup finds a word; レベル2 is レベル with the argument 2.
func (v vocabulary) lookup(folded string) (word, digits string, ok bool) {
	if w, ok := v.word[folded]; ok {
		return w, "", true
	}
	if m := trailingDigits.FindStringSubmatch(folded); m != nil {
		w, ok := v.word[m[1]]
		if ok && (w == string(incident.WordLevel) || w == string(incident.WordStep) || w == string(incident.WordWaive) || w == string(incident.WordUndo)) {
			return w, m[2], true
		}
	}
	return "", "", false
}

func (v vocabulary) withWord(word, rest, text string) reading {
	if word == string(incident.WordReport) {
		if rest == "" {
			return reading{meaning: meansForm}
		}
		return reading{meaning: meansReport, text: rest}
	}
	r := reading{meaning: meansWord, word: word, rest: rest, whole: rest, text: text}
	if word == string(incident.WordMerge) {
		return r // its number names the other incident
	}
	if word == wordCompromised {
		if _, _, ok := v.marking(rest); rest != "" && !ok {
			return reading{meaning: meansAlmost, word: word, text: text}
		}
		return r
	}
	if word == wordLink {
		if _, _, ok := v.linking(rest); !ok {
			return reading{meaning: meansAlmost, word: word, text: text}
		}
		return r // its digits are a code
	}
	if word == wordAway {
		if rest != "" && !v.aboutAway(rest) {
			return reading{meaning: meansAlmost, word: word, text: text}
		}
		return r // its digits are days
	}
	first, after := cut(rest)
	switch number, full := fullNumber(first); {
	case full:
		r.number, r.rest = number, after
	case paddedNumber.MatchString(fold(first)):
		r.number, r.rest = fold(first), after
	case after == "" && bareNumber.MatchString(fold(first)) && !takesNumber(word):
		r.number, r.rest = fold(first), ""
	}
	if word == wordDraft && r.rest != "" {
		kind, ok := v.drafts[fold(r.rest)]
		if !ok { // "draft of the contract was sent to the wrong customer" is a report: ask
			return reading{meaning: meansAlmost, word: word, text: text}
		}
		r.rest = kind
	}
	if r.rest != "" && alone(word) {
		// "list of customers was sent to the wrong person" is a report, not the list: ask.
		return reading{meaning: meansAlmost, word: word, text: text}
	}
	return r
}

// alone tells the words that take nothing but the number of an incident.
func alone(word string) bool {
	switch incident.Word(word) {
	case incident.WordTake, incident.WordAccept, incident.WordAdvance, incident.WordDoc, incident.WordClock,
		incident.WordText, incident.WordParty, wordStatus, wordWho, wordList, wordContacts, wordUndelivered, wordWeb, wordHelp:
		return true
	}
	return false
}

var (
	// dayWritten finds a day in a line, as contact.ReadPeriod reads it.
	dayWritten   = regexp.MustCompile(`[0-9]{1,2} *([/-] *[0-9]{1,2}|月 *[0-9]{1,2} *日)`)
	paddedNumber = regexp.MustCompile(`^0[0-9]{3,8}$`)
	bareNumber   = regexp.MustCompile(`^[0-9]{1,9}$`)
)

// fullNumber recognises INC-2026-0001 in any width and case.
func fullNumber(token string) (string, bool) {
	id := strings.ToUpper(fold(token))
	return id, isID(incident.ID(id))
}

// takesNumber tells the words whose own argument may be a number, or is a text that may
// consist of one: there only 0001 or INC-2026-0001 names an incident.
func takesNumber(word string) bool {
	switch incident.Word(word) {
	case incident.WordTake, incident.WordDecline, incident.WordAdvance, incident.WordBack, incident.WordClose,
		incident.WordDismiss, incident.WordReopen, incident.WordDoc, incident.WordApprove, incident.WordAccept,
		incident.WordHandover, incident.WordClock, incident.WordText, incident.WordParty, wordStatus, wordWho, wordDraft:
		return false
	}
	return true
}
