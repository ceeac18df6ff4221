package mailtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Message is a mail as it was accepted.
type Message struct {
	From  string   // of the envelope
	To    []string // of the envelope
	User  string   // who signed in; empty: nobody
	Hello string   // how the client called itself
	TLS   bool
	// Subject is decoded; Header holds every field as it came.
	Subject string
	Header  mail.Header
	Text    string // the part text/plain, lines ended by \n
	HTML    string // the part text/html, lines ended by \n
	Raw     []byte
	At      time.Time // when it was accepted
}

// fieldName is what a name of a header field may be (RFC 5322, section 2.2).
var fieldName = regexp.MustCompile(`^[!-9;-~]+$`)

// once are the fields that may be there only once; the first three must (RFC 5322, section 3.6).
var once = []string{"Date", "From", "Message-Id", "To", "Subject", "Mime-Version", "In-Reply-To", "References", "Content-Type"}

const needed = 5

// read takes a mail apart and finds what is wrong with it.
func read(raw []byte, eight, utf8Header bool) (m Message, faults []string) {
	m.Raw = raw
	fault := func(format string, of ...any) { faults = append(faults, fmt.Sprintf(format, of...)) }
	for n, line := range bytes.Split(raw, []byte("\r\n")) {
		switch {
		case bytes.ContainsAny(line, "\r\n"):
			fault("line %d holds a bare CR or LF", n+1)
		case len(line) > 998: // RFC 5322, section 2.1.1
			fault("line %d has %d bytes", n+1, len(line))
		case bytes.IndexByte(line, 0) >= 0:
			fault("line %d holds a NUL", n+1)
		case !eight && !ascii(string(line)):
			fault("line %d has 8 bits, though BODY=8BITMIME was not said", n+1)
		}
	}
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !utf8Header && !ascii(string(head)) {
		fault("the header is not ASCII")
	}
	for _, line := range strings.Split(string(head), "\r\n") {
		if line == "" || line[0] == ' ' || line[0] == '\t' {
			continue
		}
		if name, _, ok := strings.Cut(line, ":"); !ok || !fieldName.MatchString(name) {
			fault("%q is no field of a header", line)
		}
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		fault("it cannot be read: %v", err)
		return m, faults
	}
	m.Header = parsed.Header
	for i, name := range once {
		if n := len(m.Header[name]); n > 1 || n == 0 && i < needed {
			fault("%s is there %d times", name, n)
		}
	}
	if _, err := m.Header.Date(); err != nil {
		fault("Date: %v", err)
	}
	for _, name := range []string{"From", "To"} {
		if _, err := m.Header.AddressList(name); err != nil {
			fault("%s: %v", name, err)
		}
	}
	words := mime.WordDecoder{}
	if m.Subject, err = words.DecodeHeader(m.Header.Get("Subject")); err != nil || !utf8.ValidString(m.Subject) {
		fault("Subject: %v", err)
	}
	if err := m.part(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), parsed.Body); err != nil {
		fault("%v", err)
	}
	return m, faults
}

// part reads a part, and the parts in it.
func (m *Message) part(of, encoding string, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(of)
	if err != nil {
		return fmt.Errorf("type %q: %w", of, err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		var kinds []string
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				return fmt.Errorf("in %s: %w", kind, err)
			}
			kinds = append(kinds, p.Header.Get("Content-Type"))
			if err := m.part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p); err != nil {
				return err
			}
		}
		// RFC 2046, section 5.1.4: the plainest first.
		if kind == "multipart/alternative" && !slices.IsSortedFunc(kinds, func(a, b string) int {
			return strings.Compare(strings.TrimPrefix(b, "text/"), strings.TrimPrefix(a, "text/"))
		}) {
			return fmt.Errorf("the parts are in the order %q", kinds)
		}
		return nil
	}
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "", "7bit", "8bit":
	default:
		return fmt.Errorf("%q is no way to encode a part", encoding)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("the part %s: %w", kind, err)
	}
	text := strings.ReplaceAll(string(b), "\r\n", "\n")
	if strings.EqualFold(params["charset"], "utf-8") && !utf8.ValidString(text) {
		return fmt.Errorf("the part %s is not UTF-8", kind)
	}
	switch kind {
	case "text/plain":
		m.Text = text
	case "text/html":
		m.HTML = text
	default:
		return fmt.Errorf("nobody asked for a part %s", kind)
	}
	return nil
}
