package journal

import (
	"bytes"
	"log"
	"log/slog"
)

// ServerLog is for http.Server.ErrorLog. The server words its own lines, with the caller's
// address and what a handler panicked with: only which kind of trouble it was is kept.
func ServerLog(to *slog.Logger) *log.Logger { return log.New(serverLines{to}, "", 0) }

type serverLines struct{ log *slog.Logger }

// troubles are how net/http's lines begin, and the word for each.
var troubles = []struct{ begins, reason string }{
	{"http: TLS handshake error", "tls_handshake"},
	{"http: panic serving", "panic"},
	{"http: Accept error", "accept"},
	{"http: superfluous", "answered_twice"},
	{"http2:", "http_two"},
}

func (l serverLines) Write(line []byte) (int, error) {
	reason := "other"
	for _, t := range troubles {
		if bytes.HasPrefix(line, []byte(t.begins)) {
			reason = t.reason
			break
		}
	}
	l.log.Warn("the web server had trouble with a connection", "component", "web", "reason", reason)
	return len(line), nil
}
