package discordtest

import (
	"fmt"
	"strings"
)

// problem is why a call is refused: the HTTP status, Discord's code and its sentence.
type problem struct {
	status, code int
	message      string
	detail       string // for those who read Refused; Discord does not say it
	errors       obj    // of a form: where and what
	excused      bool   // no mistake, whatever the code
}

func no(status, code int, message string) *problem {
	return &problem{status: status, code: code, message: message}
}

// because adds what Discord does not say.
func (p *problem) because(format string, args ...any) *problem {
	p.detail = fmt.Sprintf(format, args...)
	return p
}

// excuse says that a correct program may come to this.
func (p *problem) excuse() *problem { p.excused = true; return p }

// invalid is a form error, 50035 (Discord, "Error Messages"): path is such as "embeds.0.title".
func invalid(path, code, format string, args ...any) *problem {
	return no(400, 50035, "Invalid Form Body").also(path, code, format, args...)
}

// also adds another wrong place to a form error.
func (p *problem) also(path, code, format string, args ...any) *problem {
	if p.errors == nil {
		p.errors = obj{}
	}
	said := fmt.Sprintf(format, args...)
	at := p.errors
	for name := range strings.SplitSeq(path, ".") {
		next, ok := at[name].(obj)
		if !ok {
			next = obj{}
			at[name] = next
		}
		at = next
	}
	before, _ := at["_errors"].([]any)
	at["_errors"] = append(before, obj{"code": code, "message": said})
	if p.detail != "" {
		p.detail += "; "
	}
	p.detail += path + ": " + said
	return p
}

func (p *problem) String() string {
	if p.detail == "" {
		return p.message
	}
	return p.message + ": " + p.detail
}

func (p *problem) body() obj {
	o := obj{"message": p.message, "code": p.code}
	if p.errors != nil {
		o["errors"] = p.errors
	}
	return o
}
