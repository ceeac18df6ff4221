// Package mail brings messages to people by mail. It is a one-way means: it sends, and what
// is answered comes by other ways. It owns how a card and a page look as a mail (a plain part
// and an HTML part that say the same), the conversation with the company's mail server, and
// what its answers mean for a delivery.
//
// Whoever stands behind somebody reads his mail, and so does every server on its way: of a
// page it says what stands in chat.Call and nothing else, however much the card tells. User,
// password, addresses and texts go into no log and no error.
//
// It must not know incidents, persons or the database, decide whom to reach, or try again: a
// mail is tried once, and the courier hears what became of it.
package mail

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	netmail "net/mail"
	"time"

	"hikeshi/bot/chat"
)

// name is the part of a UserID before the colon.
const name = "mail"

// Config is what mail works with.
type Config struct {
	// URL is the mail server: smtp://user:password@host:port (STARTTLS, required except on this
	// machine itself), or smtps://… (TLS from the first byte). User and password are
	// percent-encoded; without them nobody signs in.
	URL string
	// From is the sender's address, with or without a name before it.
	From string
	// PublicURL is where people reach the web pages; empty: mails have no links.
	PublicURL string
	// Say gives a text of the product in a language; Lang is the language of what is not a
	// page: those bring their own.
	Say  func(lang, key string, pairs ...string) string
	Lang string
	Log  *slog.Logger // nil: none
	// Dial connects to the mail server; nil: by the network. Roots are the authorities whose
	// certificates count; nil: the system's.
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
	Roots *x509.CertPool
	// Clock gives the date of a mail; nil: the machine's clock.
	Clock func() time.Time
}

// Mail is the means. Close ends its connections.
type Mail struct {
	config Config
	server server
	from   netmail.Address
	lines  *lines
	state  state
	within time.Duration // bounds one try
}

var _ chat.Joiner = (*Mail)(nil)

// New makes the means; it connects to nothing yet. The error is a *Fault where a setting is
// wrong.
func New(c Config) (*Mail, error) {
	s, fault := readURL(c.URL)
	if fault != nil {
		return nil, fault
	}
	from, fault := readFrom(c.From)
	if fault != nil {
		return nil, fault
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if from.Name == "" {
		from.Name = c.Say(c.Lang, "mail.from")
	}
	m := &Mail{config: c, server: s, from: from, state: state{log: c.Log}, within: within}
	m.lines = newLines(m.connect)
	return m, nil
}

// Name is the part of a UserID before the colon.
func (*Mail) Name() string { return name }

// Joins marks that pages to one person are joined: three mails at 2 a.m. wake nobody better
// than one.
func (*Mail) Joins() {}

// Close ends the connections that are kept for the next mail.
func (m *Mail) Close() { m.lines.close() }

// within bounds one try in all. RFC 5321, section 4.5.3.2, grants a server minutes for each
// step; a page cannot wait that long, and its lane must not.
const within = 15 * time.Second

// Send hands one mail to the mail server. That it was taken says that it is on its way, not
// that it was read. A mail cannot be changed: an update is not sent, unless it is urgent, and
// then as a mail of its own.
func (m *Mail) Send(ctx context.Context, d chat.Delivery) (chat.MessageID, error) {
	if d.Update != "" && !d.Urgent {
		return d.Update, nil
	}
	to, ok := receiver(d.To.User)
	if !ok {
		return "", fmt.Errorf("no address that mail can be sent to: %w", chat.ErrGone)
	}
	id, raw, err := m.compose(d, to)
	if err != nil {
		return "", fmt.Errorf("compose a mail: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, m.within)
	defer cancel()
	if err := m.hand(ctx, to, raw); err != nil {
		return "", err
	}
	return chat.MessageID(id), nil
}
