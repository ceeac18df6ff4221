package mailtest

import (
	"crypto/tls"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// Step is a step of the conversation at which something can go wrong.
type Step string

// The steps. Body is the answer to a whole mail: what is dropped there was read to its end.
const (
	Connect Step = "connect" // before the greeting
	Hello   Step = "hello"   // EHLO
	Auth    Step = "auth"
	Sender  Step = "sender"    // MAIL
	To      Step = "recipient" // RCPT
	Body    Step = "body"
)

// Fault is what happens at a step. With nothing set it only counts.
type Fault struct {
	// Code and Text refuse, such as 451 or 550, with the enhanced code (RFC 3463) that begins Text.
	Code int
	Text string
	// Hang answers nothing until the faults are cleared, and refuses then; Drop hangs up
	// without an answer.
	Hang, Drop bool
	// Wait answers that much later; a greeting (Connect) does not come at all then.
	Wait time.Duration
	// Keeps says of the step Body that the mail is taken all the same: the answer alone is lost.
	Keeps bool
	// Times is how often it happens; 0: until it is cleared.
	Times int
}

// Set makes a step fail from now on.
func (s *Server) Set(step Step, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[step] = f
}

// Refuse makes the step To fail for one recipient.
func (s *Server) Refuse(address string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused[strings.ToLower(address)] = f
}

// Clear ends every fault; what hangs is refused.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
	clear(s.refused)
	if s.server != nil {
		close(s.freed)
		s.freed = make(chan struct{})
	}
}

// next counts a step and gives its fault.
func (s *Server) next(step Step, recipient string) (f Fault, freed chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried[step]++
	f, ok := s.faults[step]
	if ok && f.Times > 0 {
		left := f
		if left.Times--; left.Times == 0 {
			delete(s.faults, step)
		} else {
			s.faults[step] = left
		}
	}
	if r, refused := s.refused[strings.ToLower(recipient)]; refused && recipient != "" {
		f = r
	}
	return f, s.freed
}

// happens carries a fault out on a connection. nil: the step goes on.
func (f Fault) happens(c net.Conn, freed chan struct{}) error {
	if f.Wait > 0 {
		late := time.NewTimer(f.Wait)
		defer late.Stop()
		select {
		case <-late.C:
		case <-freed:
		}
	}
	if f.Hang {
		<-freed
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "late"}
	}
	if f.Drop {
		reset(c)
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "gone"}
	}
	if f.Code == 0 {
		return nil
	}
	code, text := smtp.NoEnhancedCode, f.Text
	if first, rest, ok := strings.Cut(f.Text, " "); ok && strings.Count(first, ".") == 2 {
		parts := strings.Split(first, ".")
		code, text = smtp.EnhancedCode{digits(parts[0]), digits(parts[1]), digits(parts[2])}, rest
	}
	return &smtp.SMTPError{Code: f.Code, EnhancedCode: code, Message: text}
}

func digits(s string) (n int) {
	for _, r := range s {
		n = n*10 + int(r-'0')
	}
	return n
}

// reset breaks a connection off as the death of a machine does.
func reset(c net.Conn) {
	inner := c
	if over, ok := inner.(*tls.Conn); ok {
		inner = over.NetConn()
	}
	if counted, ok := inner.(*counted); ok {
		inner = counted.Conn
	}
	if tcp, ok := inner.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = inner.Close()
}

// door lets connections in, or not.
type door struct {
	net.Listener
	s *Server
}

func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		conn := &counted{Conn: c, s: d.s}
		d.s.mu.Lock()
		d.s.open[conn] = true
		d.s.mu.Unlock()
		f, freed := d.s.next(Connect, "")
		switch {
		case f.Hang || f.Wait > 0:
			go func() {
				_ = f.happens(conn, freed)
				_ = conn.Close()
			}()
			continue
		case f.Drop:
			reset(conn)
			_ = conn.Close()
			continue
		case f.Code != 0:
			_, _ = conn.Write([]byte(strings.TrimSpace("554 "+f.Text) + "\r\n"))
			_ = conn.Close()
			continue
		}
		if d.s.options.implicit {
			return tls.Server(conn, d.s.config), nil
		}
		return conn, nil
	}
}

// counted is a connection that is known to be open.
type counted struct {
	net.Conn
	s *Server
}

func (c *counted) Close() error {
	err := c.Conn.Close()
	go func() { // Down closes with the lock held
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		delete(c.s.open, c)
	}()
	return err
}
