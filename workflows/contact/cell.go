package contact

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"hikeshi/workflows/incident"
)

// Limits of a contact file. They bound the work and keep an export of what was accepted
// acceptable: MaxRows times the longest row stays under MaxFileBytes.
const (
	MaxFileBytes = 4 << 20
	MaxRows      = 2000
	MaxOrder     = 99 // deputies of one role

	maxName  = 60  // runes, of names and departments
	maxNote  = 200 // runes
	maxAway  = 60  // runes, of the deputies of absences
	maxEmail = 254 // bytes, RFC 5321 §4.5.3.1.3 less the angle brackets
	maxPhone = 30  // bytes
)

// verdict is a fault without its place: a key and arguments in pairs. Empty means fine.
type verdict struct {
	key  string
	args []string
}

func wrong(key string, args ...string) verdict { return verdict{key, args} }

// readText checks a cell of free text.
func readText(s string, longest int) (string, verdict) {
	for _, r := range s {
		// Variation selectors (葛󠄀) are marks and pass. Private use is a 外字 that other machines
		// show as something else; a direction mark can disguise a name.
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || r == utf8.RuneError {
			return "", wrong(FaultCharacter, "value", fmt.Sprintf("U+%04X", r))
		}
	}
	if utf8.RuneCountInString(s) > longest {
		return "", wrong(FaultTooLong, "value", s, "max", strconv.Itoa(longest))
	}
	return s, verdict{}
}

// readRole takes a role's id or Japanese title; an empty cell is an employee without a duty.
func readRole(s string) (incident.Role, verdict) {
	if s == "" {
		return "", verdict{}
	}
	if r, ok := roleByName[foldLabel(s)]; ok {
		return r, verdict{}
	}
	if several := severalRoles(s); several != nil {
		names := make([]string, len(several))
		for i, r := range several {
			names[i] = japaneseTitle(r)
		}
		return "", wrong(FaultRoleSeveral, "value", s, "suggestion", strings.Join(names, " / "))
	}
	return "", wrong(FaultRoleUnknown, "value", s, "suggestion", suggestRole(s))
}

var wholeNumber = regexp.MustCompile(`^[+-]?[0-9]+$`)

// readOrder takes the place among the deputies; empty is the holder.
func readOrder(s string) (int, verdict) {
	if s == "" {
		return 0, verdict{}
	}
	n := hyphenated(halfWidth(s))
	if !wholeNumber.MatchString(n) {
		return 0, wrong(FaultOrderShape, "value", s)
	}
	order, err := strconv.Atoi(n)
	if err != nil || order < 0 || order > MaxOrder {
		return 0, wrong(FaultOrderRange, "value", s, "max", strconv.Itoa(MaxOrder))
	}
	return order, verdict{}
}

// dashes are what people and input methods write for a hyphen, among them the katakana
// long vowel mark.
var dashes = strings.NewReplacer(
	"\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2015", "-",
	"\u2212", "-", "\u2500", "-", "\u30fc", "-",
)

func hyphenated(s string) string { return dashes.Replace(s) }

var (
	phoneShape = regexp.MustCompile(`^[+#]?[0-9() -]*[0-9][0-9() -]*$`)
	notDigit   = regexp.MustCompile(`[^0-9]`)
)

// readPhone accepts what can be dialled from a Japanese phone: 10 or 11 digits from 0,
// an international number from + (ITU-T E.164: at most 15 digits), and the short numbers
// of authorities and extensions (110, #9110).
func readPhone(s string) (string, verdict) {
	if s == "" {
		return "", verdict{}
	}
	p := hyphenated(halfWidth(s))
	if len(p) > maxPhone || !phoneShape.MatchString(p) {
		return "", wrong(FaultPhoneShape, "value", s)
	}
	digits := notDigit.ReplaceAllString(p, "")
	n := len(digits)
	switch {
	case strings.HasPrefix(p, "+"):
		if n >= 8 && n <= 15 {
			return p, verdict{}
		}
	case n >= 3 && n <= 6:
		return p, verdict{}
	case strings.HasPrefix(p, "#"):
	case digits[0] == '0':
		if n == 10 || n == 11 {
			return p, verdict{}
		}
	case n == 9 || n == 10:
		// A spreadsheet took the number for a quantity.
		return "", wrong(FaultPhoneZeroLost, "value", s, "suggestion", "0"+p)
	}
	return "", wrong(FaultPhoneShape, "value", s)
}

// phoneKey makes two spellings of the same number alike.
func phoneKey(p string) string {
	digits := notDigit.ReplaceAllString(p, "")
	if !strings.HasPrefix(p, "+") {
		return digits
	}
	if national, ok := strings.CutPrefix(digits, "81"); ok {
		return "0" + strings.TrimPrefix(national, "0") // +81 (0)90 …
	}
	return "+" + digits
}

// wakes reports whether a number can ring outside of the office: not one of the short
// numbers, which are extensions.
func wakes(p string) bool { return len(notDigit.ReplaceAllString(p, "")) >= 8 }

// Dots may stand anywhere before the @: Japanese mobile operators gave such addresses out.
var emailShape = regexp.MustCompile("^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]*[a-z0-9]$")

func readEmail(s string) (string, verdict) {
	if s == "" {
		return "", verdict{}
	}
	e := strings.ToLower(halfWidth(s))
	if len(e) > maxEmail || !emailShape.MatchString(e) {
		return "", wrong(FaultEmailShape, "value", s)
	}
	return e, verdict{}
}

var slackShape = regexp.MustCompile(`^[UW][A-Z0-9]{6,20}$`)

func readSlack(s string) (string, verdict) {
	if s == "" {
		return "", verdict{}
	}
	id := strings.ToUpper(halfWidth(s))
	if !slackShape.MatchString(id) {
		return "", wrong(FaultSlackShape, "value", s)
	}
	return id, verdict{}
}

var (
	discordShape   = regexp.MustCompile(`^[0-9]{17,20}$`)
	discordRounded = regexp.MustCompile(`^[0-9](\.[0-9]+)?[Ee]\+?[0-9]{2}$`)
)

func readDiscord(s string) (string, verdict) {
	if s == "" {
		return "", verdict{}
	}
	id := halfWidth(s)
	if discordRounded.MatchString(id) {
		return "", wrong(FaultDiscordRounded, "value", s)
	}
	if !discordShape.MatchString(id) {
		return "", wrong(FaultDiscordShape, "value", s)
	}
	return id, verdict{}
}
