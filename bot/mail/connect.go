package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// trouble is a reason why the mail server cannot be used, in a word for the log.
type trouble string

const (
	unreachable trouble = "unreachable"   // no connection
	noGreeting  trouble = "no_greeting"   // it does not speak as a mail server, or not to us
	noTLS       trouble = "no_tls"        // it offers none, and the password may not be said without
	untrusted   trouble = "untrusted"     // its certificate
	brokenTLS   trouble = "broken_tls"    // no agreement on how to speak it
	noSignIn    trouble = "no_sign_in"    // it offers no way that we know
	notSignedIn trouble = "not_signed_in" // it does not take user and password
)

// connectError is a connection that could not be made. Nothing was sent.
type connectError struct {
	why  trouble
	code int // of the server's answer; 0: none
	err  error
}

// The server's words are left out: they may quote the user.
func (e *connectError) Error() string {
	if e.code != 0 {
		return fmt.Sprintf("%s: answered %d", e.why, e.code)
	}
	return string(e.why)
}

func (e *connectError) Unwrap() error { return e.err }

// reachWithin bounds the connecting itself. A firewall that swallows it would else keep a page
// from its next means for the whole try; three packets of it are lost by then (RFC 6298).
const reachWithin = 5 * time.Second

var errSlow = errors.New("the mail server did not answer in time")

// line is a connection on which mails can be handed in.
type line struct {
	client *smtp.Client
	conn   net.Conn // the socket itself
	mails  int
	timer  *time.Timer // ends it while it is kept
}

// bound lets the line break when ctx ends. What it gives ends that, and tells whether the line
// is still whole.
func bound(ctx context.Context, conn net.Conn) (whole func() bool) {
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}

// connect makes a line: TCP, TLS, sign in. The error is a *connectError.
func (m *Mail) connect(ctx context.Context) (*line, error) {
	l, err := m.dial(ctx)
	m.state.seen(err)
	return l, err
}

func (m *Mail) dial(ctx context.Context) (l *line, err error) {
	fail := func(why trouble, err error) error {
		if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
			err = errSlow // and not context.DeadlineExceeded: nothing was sent that may have arrived
		}
		return &connectError{why: why, code: codeOf(err), err: err}
	}
	dial := m.config.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	reaching, reached := context.WithTimeout(ctx, reachWithin)
	conn, err := dial(reaching, "tcp", m.server.address())
	reached()
	if err != nil {
		return nil, fail(unreachable, err)
	}
	whole := bound(ctx, conn)
	defer func() {
		if !whole() && err == nil {
			l, err = nil, fail(noGreeting, errSlow)
		}
		if err != nil {
			_ = conn.Close()
		}
	}()
	speaking := conn
	if m.server.implicit {
		over := tls.Client(conn, m.tls())
		if err := over.HandshakeContext(ctx); err != nil {
			return nil, fail(tlsTrouble(err), err)
		}
		speaking = over
	}
	client, err := smtp.NewClient(speaking, m.server.host)
	if err != nil {
		return nil, fail(noGreeting, err)
	}
	if err := client.Hello(ourName(conn)); err != nil {
		return nil, fail(noGreeting, err)
	}
	if why, err := m.encrypt(client); err != nil {
		return nil, fail(why, err)
	}
	if why, err := m.signIn(client); err != nil {
		return nil, fail(why, err)
	}
	return &line{client: client, conn: conn}, nil
}

// tls is how TLS is spoken. On this machine itself nobody can stand between, and the
// certificate of a local mail server is seldom made for the name localhost.
func (m *Mail) tls() *tls.Config {
	return &tls.Config{
		ServerName: m.server.host, RootCAs: m.config.Roots, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: m.server.loopback, //nolint:gosec // G402: for loopback only, see above
	}
}

func (m *Mail) encrypt(client *smtp.Client) (trouble, error) {
	if m.server.implicit {
		return "", nil
	}
	switch offered, _ := client.Extension("STARTTLS"); {
	case offered:
	case m.server.loopback:
		return "", nil
	default:
		return noTLS, errors.New("the mail server does not offer STARTTLS")
	}
	if err := client.StartTLS(m.tls()); err != nil {
		if codeOf(err) != 0 {
			return noTLS, err
		}
		return tlsTrouble(err), err
	}
	return "", nil
}

func tlsTrouble(err error) trouble {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return untrusted
	}
	return brokenTLS
}

// signIn says who we are by the best way that the server offers: those that do not say the
// password first.
func (m *Mail) signIn(client *smtp.Client) (trouble, error) {
	s := m.server
	if s.user == "" {
		return "", nil
	}
	_, offered := client.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(offered))
	// The library says a password on a line without TLS only where this is set.
	open := s.loopback
	var by smtp.Auth
	switch {
	case slices.Contains(ways, "SCRAM-SHA-256"):
		by = smtp.ScramSHA256Auth(s.user, s.password)
	case slices.Contains(ways, "SCRAM-SHA-1"):
		by = smtp.ScramSHA1Auth(s.user, s.password)
	case slices.Contains(ways, "PLAIN"):
		by = smtp.PlainAuth("", s.user, s.password, s.host, open)
	case slices.Contains(ways, "LOGIN"):
		by = smtp.LoginAuth(s.user, s.password, s.host, open)
	default:
		return noSignIn, errors.New("the mail server offers no way to sign in that is known here")
	}
	if err := client.Auth(by); err != nil {
		// 4xx: not now (RFC 4954, section 6: 454).
		return notSignedIn, fmt.Errorf("sign in: %w", err)
	}
	return "", nil
}

// ourName is how we call ourselves: the machine's full name, or its address, which is always
// a valid name (RFC 5321, section 4.1.4).
func ourName(conn net.Conn) string {
	if host, err := os.Hostname(); err == nil && strings.Contains(host, ".") && hostName.MatchString(host) {
		return host
	}
	if tcp, ok := conn.LocalAddr().(*net.TCPAddr); ok {
		if four := tcp.IP.To4(); four != nil {
			return "[" + four.String() + "]"
		}
		return "[IPv6:" + tcp.IP.String() + "]"
	}
	return "localhost"
}

// codeOf is the code of a server's answer in an error; 0: it is none.
func codeOf(err error) int {
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		return answer.Code
	}
	return 0
}

// state remembers whether mail works, so that the log says it once and not with every page.
type state struct {
	log *slog.Logger
	mu  sync.Mutex
	why trouble
}

func (s *state) seen(err error) {
	var why trouble
	if failed, ok := errors.AsType[*connectError](err); ok {
		why = failed.why
	}
	s.mu.Lock()
	changed := why != s.why
	s.why = why
	s.mu.Unlock()
	switch {
	case !changed:
	case why == "":
		s.log.Info("the mail server takes mail again", "component", "mail")
	case why == notSignedIn:
		s.log.Error("the mail server does not take user and password of SMTP_URL; hikeshi doctor says what to mend", "component", "mail", "reason", string(why))
	default:
		s.log.Error("the mail server cannot be used; hikeshi doctor says what to mend", "component", "mail", "reason", string(why))
	}
}
