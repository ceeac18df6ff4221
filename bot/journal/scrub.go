package journal

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"regexp"
	"strings"
)

// maxError bounds what is kept of an error, in bytes: its beginning says what was tried.
const maxError = 300

// data finds what in the text of an error may have come from a person or an account. What
// our errors quote is data, the rest is fixed: they say %q for everything that was typed.
// Other programs' errors (the database's, the network's) quote likewise. In order: the number
// of an incident, which stays; quoted text, also where the end was cut off; addresses; mail
// addresses; numbers as long as a phone's; long tokens; everything that is not plain ASCII.
var data = regexp.MustCompile(`\b(?:INC|TRN)-[0-9]{4}-[0-9]{4,9}\b` +
	`|"(?:[^"\\]|\\.)*(?:"|\\?$)` + "|`[^`]*(?:`|$)" +
	`|[A-Za-z][A-Za-z0-9+.-]*://\S+` +
	`|\b(?:xox[a-z]-|xapp-|Bearer )\S+` +
	`|[^\s@]+@\S+` +
	`|\+?[0-9][0-9() .-]{4,}[0-9]` +
	`|[A-Za-z0-9_-]{33,}` +
	`|[^\x20-\x7e]+`)

var incidentNumber = regexp.MustCompile(`^(?:INC|TRN)-[0-9]{4}-[0-9]{4,9}$`)

// Scrub masks in the text of an error what may be data, and cuts it to a line.
func Scrub(text string) string {
	out := data.ReplaceAllStringFunc(text, func(s string) string {
		switch {
		case incidentNumber.MatchString(s), incidentNumber.MatchString(strings.Trim(s, `"`)):
			return s
		case s[0] == '"', s[0] == '`':
			return `"..."`
		}
		return "..."
	})
	if len(out) > maxError {
		out = out[:maxError] + "..."
	}
	return out
}

// classOf names an error in one word.
func classOf(err error, more func(error) string) string {
	if more != nil {
		if c := more(err); word.MatchString(c) {
			return c
		}
	}
	var path *fs.PathError
	var network net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.As(err, &path):
		return "file"
	case errors.As(err, &network):
		return "network"
	}
	return "other"
}
