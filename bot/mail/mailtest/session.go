package mailtest

import (
	"io"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one client's conversation.
type session struct {
	s     *Server
	conn  *smtp.Conn
	user  string
	from  string
	to    []string
	utf8  bool
	eight bool
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	if err := s.step(c, Hello, ""); err != nil {
		return nil, err
	}
	return &session{s: s, conn: c}, nil
}

// step does what is to go wrong at a step.
func (s *Server) step(c *smtp.Conn, step Step, recipient string) error {
	f, freed := s.next(step, recipient)
	return f.happens(c.Conn(), freed)
}

func (x *session) AuthMechanisms() []string {
	if x.s.options.open {
		return nil
	}
	return x.s.options.mechanisms
}

func (x *session) Auth(mechanism string) (sasl.Server, error) {
	if err := x.s.step(x.conn, Auth, ""); err != nil {
		return nil, err
	}
	known := func(user, password string) error {
		if user != User || password != Password {
			return smtp.ErrAuthFailed
		}
		x.user = user
		return nil
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(identity, user, password string) error {
			if identity != "" && identity != user {
				return smtp.ErrAuthFailed
			}
			return known(user, password)
		}), nil
	case "LOGIN":
		return &login{known: known}, nil
	case "SCRAM-SHA-256":
		return &scram{done: func() { x.user = User }}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (x *session) Mail(from string, o *smtp.MailOptions) error {
	if err := x.s.step(x.conn, Sender, ""); err != nil {
		return err
	}
	if !x.s.options.open && x.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	x.from, x.to = from, nil
	x.utf8, x.eight = o.UTF8, o.Body == smtp.Body8BitMIME
	return nil
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := x.s.step(x.conn, To, to); err != nil {
		return err
	}
	if !x.utf8 && !ascii(to) { // RFC 6531, section 3.4
		return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 6, 7}, Message: "SMTPUTF8 is needed for this address"}
	}
	x.to = append(x.to, to)
	return nil
}

func (x *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, faults := read(raw, x.eight, x.utf8)
	_, m.TLS = x.conn.TLSConnectionState()
	m.From, m.To, m.User, m.Hello = x.from, x.to, x.user, x.conn.Hostname()
	take := func() {
		for _, fault := range faults {
			x.s.t.Errorf("a mail to %q: %s", x.to, fault)
		}
		x.s.accept(m)
	}
	f, freed := x.s.next(Body, "")
	if f.Keeps {
		take()
		return f.happens(x.conn.Conn(), freed)
	}
	if err := f.happens(x.conn.Conn(), freed); err != nil {
		return err
	}
	take()
	return nil
}

func (x *session) Reset() { x.from, x.to = "", nil }

func (x *session) Logout() error { return nil }

func (s *Server) accept(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.At = time.Now()
	s.messages = append(s.messages, m)
	close(s.arrived)
	s.arrived = make(chan struct{})
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
