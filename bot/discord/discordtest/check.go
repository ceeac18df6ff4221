package discordtest

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// flaws are what Discord objects to in a payload, all of them, each at its place. Characters
// are code points; a text that is shown is trimmed before it is measured, as Discord trims it.
type flaws struct{ found *problem }

// bad notes a flaw at a place such as embeds.0.title.
func (f *flaws) bad(at, code, format string, args ...any) {
	if f.found == nil {
		f.found = no(400, 50035, "Invalid Form Body")
	}
	f.found.also(at, code, format, args...)
}

// only refuses fields that Discord does not know.
func (f *flaws) only(at string, o obj, fields ...string) {
	for _, name := range sortedKeys(o) {
		if !contains(fields, name) {
			f.bad(inside(at, name), "UNKNOWN_FIELD", "Discord knows no such field")
		}
	}
}

// answerFields are what the answers to interactions can be made of, all kinds together
// (interactions/receiving-and-responding, "Interaction Callback Data Structure").
var answerFields = []string{
	"tts", "content", "embeds", "allowed_mentions", "flags", "components", "attachments", "poll", "choices", "custom_id", "title",
}

// answer refuses what does not belong into an answer of a kind. Libraries name every field in
// every answer: such a one must hold nothing.
func (f *flaws) answer(p obj, fields ...string) {
	for _, name := range sortedKeys(p) {
		v := p[name]
		vacant := v == nil || v == "" || v == false || v == 0.0
		if l, ok := v.([]any); ok {
			vacant = len(l) == 0
		}
		if !contains(fields, name) && !(vacant && contains(answerFields, name)) {
			f.bad(name, "UNKNOWN_FIELD", "has no place in such an answer")
		}
	}
}

func (f *flaws) required(at string) { f.bad(at, "BASE_TYPE_REQUIRED", "This field is required") }

// length measures a text.
func (f *flaws) length(at, s string, least, most int) {
	switch n := utf8.RuneCountInString(s); {
	case n >= least && n <= most:
	case n == 0:
		f.required(at)
	case least > 0:
		f.bad(at, "BASE_TYPE_BAD_LENGTH", "Must be between %d and %d in length.", least, most)
	default:
		f.bad(at, "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", most)
	}
}

// text takes a text that is shown; least > 0 says that it must be there.
func (f *flaws) text(at string, o obj, name string, least, most int) string {
	s, ok := f.raw(at, o, name, least > 0)
	if !ok {
		return ""
	}
	s = strings.TrimSpace(s)
	f.length(inside(at, name), s, least, most)
	return s
}

// id takes a text that is not shown and measured as it is.
func (f *flaws) id(at string, o obj, name string, most int) string {
	s, ok := f.raw(at, o, name, true)
	if ok {
		f.length(inside(at, name), s, 1, most)
	}
	return s
}

func (f *flaws) raw(at string, o obj, name string, needed bool) (string, bool) {
	switch v := o[name].(type) {
	case string:
		return v, true
	case nil:
		if needed {
			f.required(inside(at, name))
		}
	default:
		f.bad(inside(at, name), "STRING_TYPE_CONVERT", "Could not interpret %q as string.", fmt.Sprint(v))
	}
	return "", false
}

// whole takes a whole number within bounds; ok is false where there is none.
func (f *flaws) whole(at string, o obj, name string, least, most int) (n int, ok bool) {
	v := o[name]
	if v == nil {
		return 0, false
	}
	x, isNumber := v.(float64)
	switch {
	case !isNumber || x != math.Trunc(x):
		f.bad(inside(at, name), "NUMBER_TYPE_COERCE", "Value %q is not int.", fmt.Sprint(v))
	case x < float64(least):
		f.bad(inside(at, name), "NUMBER_TYPE_MIN", "int value should be greater than or equal to %d.", least)
	case x > float64(most):
		f.bad(inside(at, name), "NUMBER_TYPE_MAX", "int value should be less than or equal to %d.", most)
	default:
		return int(x), true
	}
	return 0, false
}

// yes takes a boolean; what is not there is false.
func (f *flaws) yes(at string, o obj, name string) bool {
	switch v := o[name].(type) {
	case nil:
		return false
	case bool:
		return v
	default:
		f.bad(inside(at, name), "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
		return false
	}
}

// items takes a list of a bounded length; what is not there is empty.
func (f *flaws) items(at string, o obj, name string, least, most int) []any {
	v, there := o[name]
	l, ok := v.([]any)
	switch {
	case v == nil:
		if least > 0 {
			f.required(inside(at, name))
		}
	case there && !ok:
		f.bad(inside(at, name), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
	case least > 0 && (len(l) < least || len(l) > most):
		f.bad(inside(at, name), "BASE_TYPE_BAD_LENGTH", "Must be between %d and %d in length.", least, most)
	case len(l) > most:
		f.bad(inside(at, name), "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", most)
	}
	return l
}

// objects are the objects of a list, with their places.
func (f *flaws) objects(at string, l []any, each func(at string, o obj)) {
	for i, v := range l {
		at := inside(at, strconv.Itoa(i))
		o, ok := v.(obj)
		if !ok {
			f.bad(at, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
			continue
		}
		each(at, o)
	}
}

// address takes the URL of a link or a picture.
func (f *flaws) address(at, s string, most int, schemes ...string) {
	u, err := url.Parse(s)
	switch {
	case utf8.RuneCountInString(s) > most:
		f.bad(at, "BASE_TYPE_MAX_LENGTH", "Must be %d or fewer in length.", most)
	case err != nil || u.Scheme == "" || u.Host == "":
		f.bad(at, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
	case !slices.Contains(schemes, u.Scheme):
		f.bad(at, "URL_TYPE_INVALID_SCHEME", "Scheme %q must be one of %q.", u.Scheme, schemes)
	}
}

var isSnowflake = regexp.MustCompile(`^[0-9]{1,20}$`)

func (f *flaws) snowflake(at string, v any) {
	if s, ok := v.(string); !ok || !isSnowflake.MatchString(s) {
		f.bad(at, "NUMBER_TYPE_COERCE", "Value %q is not snowflake.", fmt.Sprint(v))
	}
}

// choice refuses a value that is not among those known.
func (f *flaws) choice(at string, v any, known ...int) int {
	n, ok := v.(float64)
	if !ok || n != math.Trunc(n) || !slices.Contains(known, int(n)) {
		if v == nil {
			f.required(at)
		} else {
			f.bad(at, "BASE_TYPE_CHOICES", "Value must be one of %v.", known)
		}
		return -1
	}
	return int(n)
}

func inside(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

// kindOf is the type of a component or option; -1: it has none.
func kindOf(o obj) int {
	if n, ok := o["type"].(float64); ok {
		return int(n)
	}
	return -1
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	var all []K
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}
