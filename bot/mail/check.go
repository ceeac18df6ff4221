package mail

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// Finding is something that Check found out, as the key of a sentence that says how to mend
// it, and what is filled in.
type Finding struct {
	Fault bool // mail does not go out
	Note  bool // it does, but something is missing
	Key   string
	Pairs []string
}

// checkWithin bounds the whole check.
const checkWithin = 10 * time.Second

// Check looks whether the mail server can be reached, speaks TLS, takes user and password,
// and takes mails of our sender. It sends none.
func Check(ctx context.Context, c Config) []Finding {
	m, err := New(c)
	if fault, ok := errors.AsType[*Fault](err); ok {
		return []Finding{{Fault: true, Key: fault.Key, Pairs: fault.Pairs}}
	}
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	server := []string{"server", m.server.address()}
	l, err := m.dial(ctx)
	if failed, ok := errors.AsType[*connectError](err); ok {
		return []Finding{{Fault: true, Key: keyOf(failed), Pairs: append(server, "code", code(failed.code))}}
	}
	defer l.quit()
	whole := bound(ctx, l.conn)
	defer whole()
	// A mail that is begun and taken back sends nothing (RFC 5321, section 4.1.1.5).
	l.client.SkipSMTPUTF8(ascii(m.from.Address))
	if err := l.client.Mail(bracketed(m.from.Address)); err != nil {
		return []Finding{{Fault: true, Key: "mail.check.sender", Pairs: append(server, "from", m.from.Address, "code", code(codeOf(err)))}}
	}
	_ = l.client.Reset() // the goodbye takes it back as well
	key := "mail.check.works_open"
	if _, encrypted := l.client.TLSConnectionState(); encrypted {
		key = "mail.check.works"
	}
	found := []Finding{{Key: key, Pairs: append(server, "from", m.from.Address)}}
	if c.PublicURL == "" {
		found = append(found, Finding{Note: true, Key: "mail.check.no_links"})
	}
	return found
}

// keyOf is the sentence on a connection that could not be made.
func keyOf(e *connectError) string {
	switch e.why {
	case unreachable:
		return "mail.check.unreachable"
	case noTLS:
		return "mail.check.no_tls"
	case untrusted:
		return "mail.check.untrusted"
	case brokenTLS:
		return "mail.check.broken_tls"
	case noSignIn:
		return "mail.check.no_sign_in"
	case notSignedIn:
		if e.code/100 == 4 || errors.Is(e, errSlow) {
			return "mail.check.not_now"
		}
		return "mail.check.not_signed_in"
	}
	return "mail.check.no_greeting"
}

// code is a server's code in words; 0: it gave none.
func code(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}
