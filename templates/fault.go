package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"hikeshi/workflows/fault"
)

// Fault is one mistake in a file an operator can edit, in one sentence that says what to write
// instead. Loaders return all they find, as Faults, in the order of files and lines.
type Fault struct {
	// File is the path below the overlay folder, such as "procedures/leak.yaml".
	File string
	// Line and Column count from 1, in characters; 0 when the file as a whole is meant.
	Line, Column int
	What, Remedy fault.Saying
}

// place is where the fault is, as editors and compilers write it.
func (f Fault) place() string {
	if f.Line == 0 {
		return shownValue(f.File)
	}
	return fmt.Sprintf("%s:%d:%d", shownValue(f.File), f.Line, f.Column)
}

// Say gives "file:line:column: what is wrong; what to write" in a language.
func (f Fault) Say(t *Texts, lang string) string {
	return t.Say(lang, "overlay.line", "place", f.place(), "what", t.Word(lang, f.What), "remedy", t.Word(lang, f.Remedy))
}

// Error is the English sentence.
func (f Fault) Error() string {
	t, err := embeddedTexts()
	if err != nil { // the program's own messages are broken: only the keys are left
		return fmt.Sprintf("%s: %s %q; %s %q", f.place(), f.What.Key, f.What.Args, f.Remedy.Key, f.Remedy.Args)
	}
	return f.Say(t, "en")
}

// Faults are all the mistakes that were found, in the order of files and lines. Never empty.
type Faults []Fault

// Error gives the English sentences, one a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the faults one by one.
func (f Faults) Unwrap() []error {
	all := make([]error, len(f))
	for i, one := range f {
		all[i] = one
	}
	return all
}

// asError sorts what was found; nothing found is no error.
func (f Faults) asError() error {
	if len(f) == 0 {
		return nil
	}
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return f
}

// Word says a saying in a language.
func (t *Texts) Word(lang string, s fault.Saying) string {
	var pairs []string
	for i := 0; i+1 < len(s.Args); i += 2 {
		value := s.Args[i+1]
		if s.Args[i] != "known" { // our own list, whole
			value = shownValue(value)
		}
		pairs = append(pairs, s.Args[i], value)
	}
	for i := 0; i+1 < len(s.Words); i += 2 {
		pairs = append(pairs, s.Words[i], t.Say(lang, s.Words[i+1]))
	}
	return t.Say(lang, s.Key, pairs...)
}

// longestShown bounds a value of a file that is quoted in a sentence, in characters.
const longestShown = 120

// shownValue makes what stands in a file safe to print: a direction mark would turn the
// sentence around, and a control character could do worse in a terminal.
func shownValue(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > longestShown {
			b.WriteRune('…')
			break
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			fmt.Fprintf(&b, "U+%04X", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
