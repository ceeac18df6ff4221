// Package mailtest is a mail server for tests: a real one, over real sockets, that takes what
// RFC 5321 and RFC 5322 allow and nothing else, and remembers it. It can refuse at any step,
// hang, hang up, and vanish while it runs, and lets no client that dies take it along.
//
// What is wrong with a mail that it is given is a failure of the test.
package mailtest

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Host is the name for which the server's certificate is made, besides localhost and
// 127.0.0.1. Nothing resolves it: a client that connects by it needs a dialler of its own.
const Host = "mail.example.co.jp"

// User and Password are what the server takes. The password has letters that must be encoded
// in a URL.
const (
	User     = "hikeshi@example.co.jp"
	Password = "p@ss/w:rd %&?#+"
)

// Server is a running mail server.
type Server struct {
	t       testing.TB
	config  *tls.Config
	roots   *x509.CertPool
	options options
	address string

	mu       sync.Mutex
	server   *smtp.Server // nil while down
	listener net.Listener
	open     map[net.Conn]bool
	faults   map[Step]Fault
	refused  map[string]Fault // by recipient
	freed    chan struct{}    // closed when what hangs is to go on
	messages []Message
	arrived  chan struct{} // closed and made anew with each message
	tried    map[Step]int
}

type options struct {
	implicit, plain, open bool
	mechanisms            []string
	utf8                  bool
	size                  int64
}

// Option changes what a server offers. Without any it offers STARTTLS, and PLAIN and LOGIN
// behind it.
type Option func(*options)

// ImplicitTLS speaks TLS from the first byte, as port 465 does (RFC 8314, section 3.3).
func ImplicitTLS(o *options) { o.implicit = true }

// NoTLS offers none.
func NoTLS(o *options) { o.plain = true }

// NoAuth asks nobody who he is.
func NoAuth(o *options) { o.open = true }

// NoUTF8 takes no addresses beyond ASCII (without RFC 6531).
func NoUTF8(o *options) { o.utf8 = false }

// Mechanisms are the ways of signing in that are offered: PLAIN, LOGIN, SCRAM-SHA-256, and
// any other name, which is refused.
func Mechanisms(names ...string) Option { return func(o *options) { o.mechanisms = names } }

// Start starts a server on a free port of this machine, which ends with the test.
func Start(t testing.TB, with ...Option) *Server {
	t.Helper()
	s := &Server{
		t: t, open: map[net.Conn]bool{}, faults: map[Step]Fault{}, refused: map[string]Fault{}, tried: map[Step]int{},
		freed: make(chan struct{}), arrived: make(chan struct{}),
		options: options{mechanisms: []string{"PLAIN", "LOGIN"}, utf8: true, size: 1 << 20},
	}
	for _, o := range with {
		o(&s.options)
	}
	cert, roots, err := certificate()
	if err != nil {
		t.Fatal("a certificate for the mail server:", err)
	}
	s.roots = roots
	s.config = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	s.address = "127.0.0.1:0"
	s.Up()
	t.Cleanup(s.Down)
	return s
}

// Up makes a server that is down listen again, at the address it had.
func (s *Server) Up() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatal("the mail server:", err)
	}
	s.address = listener.Addr().String()
	o := s.options
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain, server.MaxMessageBytes, server.MaxRecipients = Host, o.size, 100
	server.EnableSMTPUTF8, server.AllowInsecureAuth = o.utf8, o.plain
	server.ReadTimeout, server.WriteTimeout = time.Minute, time.Minute
	server.ErrorLog = log.New(io.Discard, "", 0) // a client that was killed is no fault
	if !o.plain && !o.implicit {
		server.TLSConfig = s.config
	}
	s.server, s.listener, s.freed = server, listener, make(chan struct{})
	go func() { _ = server.Serve(&door{listener, s}) }()
}

// Down refuses every connection and breaks off those that are open, until Up.
func (s *Server) Down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil {
		return
	}
	close(s.freed)
	_ = s.listener.Close() // it may not have begun to serve
	_ = s.server.Close()
	for c := range s.open {
		_ = c.Close()
	}
	s.server = nil
}

// URL is the address of the server with user and password, as SMTP_URL takes it.
func (s *Server) URL() string { return s.at(s.address) }

// URLAt is the same with another host, which the client has to be led from to Address.
func (s *Server) URLAt(host string) string {
	_, port, _ := net.SplitHostPort(s.address)
	return s.at(net.JoinHostPort(host, port))
}

func (s *Server) at(address string) string {
	u := url.URL{Scheme: "smtp", Host: address}
	if s.options.implicit {
		u.Scheme = "smtps"
	}
	if !s.options.open {
		u.User = url.UserPassword(User, Password)
	}
	return u.String()
}

// Address is where the server listens.
func (s *Server) Address() string { return s.address }

// Roots trusts the server's certificate.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Messages are what was accepted, in the order of acceptance.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Forget forgets what was accepted so far.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = nil
}

// To are the messages that were accepted for an address.
func (s *Server) To(address string) []Message {
	return slices.DeleteFunc(s.Messages(), func(m Message) bool { return !slices.Contains(m.To, address) })
}

// Await waits until so many messages were accepted, and gives them all.
func (s *Server) Await(n int, within time.Duration) []Message {
	s.t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		s.mu.Lock()
		got, arrived := slices.Clone(s.messages), s.arrived
		s.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-arrived:
		case <-late.C:
			s.t.Fatalf("%d mails after %v, waited for %d", len(got), within, n)
		}
	}
}

// Tried is how often a step was reached, refused or not.
func (s *Server) Tried(step Step) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tried[step]
}

// Open is how many connections are open now.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}
