package mail_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/journal"
	"hikeshi/bot/mail"
	"hikeshi/bot/mail/mailtest"
)

// How a server is spoken to, and where it is not: a password is never said where others could
// hear it.
func TestSigningIn(t *testing.T) {
	for name, c := range map[string]struct {
		options []mailtest.Option
		change  func(*mail.Config, *mailtest.Server)
		works   bool
		tls     bool
	}{
		"STARTTLS":             {nil, nil, true, true},
		"TLS from the start":   {[]mailtest.Option{mailtest.ImplicitTLS}, nil, true, true},
		"LOGIN":                {[]mailtest.Option{mailtest.Mechanisms("XOAUTH2", "LOGIN")}, nil, true, true},
		"PLAIN":                {[]mailtest.Option{mailtest.Mechanisms("PLAIN")}, nil, true, true},
		"SCRAM":                {[]mailtest.Option{mailtest.Mechanisms("SCRAM-SHA-256", "PLAIN")}, nil, true, true},
		"nobody signs in":      {[]mailtest.Option{mailtest.NoAuth}, nil, true, true},
		"no TLS":               {[]mailtest.Option{mailtest.NoTLS}, nil, false, false},
		"no TLS, no password":  {[]mailtest.Option{mailtest.NoTLS, mailtest.NoAuth}, nil, false, false},
		"no way known":         {[]mailtest.Option{mailtest.Mechanisms("XOAUTH2")}, nil, false, false},
		"another certificate":  {nil, func(c *mail.Config, s *mailtest.Server) { c.URL = s.URLAt("mail.example.com") }, false, false},
		"an unknown authority": {nil, func(c *mail.Config, _ *mailtest.Server) { c.Roots = nil }, false, false},
		"an unknown authority, TLS from the start": {[]mailtest.Option{mailtest.ImplicitTLS}, func(c *mail.Config, _ *mailtest.Server) { c.Roots = nil }, false, false},
		"a wrong password": {nil, func(c *mail.Config, s *mailtest.Server) {
			c.URL = strings.Replace(s.URLAt(mailtest.Host), "@"+mailtest.Host, "x@"+mailtest.Host, 1)
		}, false, false},
		"a wrong password, SCRAM": {[]mailtest.Option{mailtest.Mechanisms("SCRAM-SHA-256")}, func(c *mail.Config, s *mailtest.Server) {
			c.URL = strings.Replace(s.URLAt(mailtest.Host), "@"+mailtest.Host, "x@"+mailtest.Host, 1)
		}, false, false},
		"this machine": {nil, func(c *mail.Config, s *mailtest.Server) { c.URL, c.Roots = s.URL(), nil }, true, true},
		"this machine, without TLS": {[]mailtest.Option{mailtest.NoTLS}, func(c *mail.Config, s *mailtest.Server) {
			c.URL = s.URL()
		}, true, false},
		"this machine, LOGIN without TLS": {[]mailtest.Option{mailtest.NoTLS, mailtest.Mechanisms("LOGIN")}, func(c *mail.Config, s *mailtest.Server) {
			c.URL = s.URLAt("localhost")
		}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.Start(t, c.options...)
			config := config(t, s)
			if c.change != nil {
				c.change(&config, s)
			}
			var log bytes.Buffer
			config.Log = journal.New(&log, journal.Options{})
			m := newMail(t, config)
			_, err := m.Send(t.Context(), page(aCall()))
			got := s.Messages()
			switch {
			case c.works && (err != nil || len(got) != 1 || got[0].TLS != c.tls):
				t.Fatalf("%v, %d mails", err, len(got))
			case !c.works && (err == nil || len(got) != 0):
				t.Fatalf("it was sent: %v", err)
			case !c.works && (errors.Is(err, chat.ErrGone) || errors.Is(err, chat.ErrUnsure) || errors.Is(err, context.DeadlineExceeded)):
				t.Errorf("it would not be tried again as it is: %v", err)
			case !c.works && !strings.Contains(log.String(), "hikeshi doctor says"):
				t.Errorf("the log does not tell:\n%s", &log)
			}
			if c.works && strings.Contains(log.String(), "ERROR") {
				t.Error(&log)
			}
			hidden(t, log.String())
			if err != nil {
				hidden(t, err.Error())
			}
		})
	}
}

// hidden fails where something stands in a text that belongs nowhere but to the mail server.
func hidden(t *testing.T, s string) {
	t.Helper()
	for _, never := range []string{mailtest.Password, "p%40ss", mailtest.User, "sato@", "漏えい", "t0ken"} {
		if strings.Contains(s, never) {
			t.Errorf("%q stands in %q", never, s)
		}
	}
}

// What a server answers decides what becomes of the delivery.
func TestWhatAnAnswerMeans(t *testing.T) {
	type meaning string
	const (
		gone, later, unsure, putOff meaning = "gone", "later", "unsure", "put off"
	)
	for name, c := range map[string]struct {
		step  mailtest.Step
		fault mailtest.Fault
		want  meaning
	}{
		"no such mailbox":               {mailtest.To, mailtest.Fault{Code: 550, Text: "5.1.1 no such user"}, gone},
		"no such mailbox, briefly":      {mailtest.To, mailtest.Fault{Code: 550, Text: "sorry"}, gone},
		"no such mailbox, at the end":   {mailtest.Body, mailtest.Fault{Code: 550, Text: "5.1.1 no such user"}, gone},
		"switched off":                  {mailtest.To, mailtest.Fault{Code: 550, Text: "5.2.1 disabled"}, gone},
		"a full mailbox":                {mailtest.To, mailtest.Fault{Code: 552, Text: "5.2.2 full"}, later},
		"we may not relay":              {mailtest.To, mailtest.Fault{Code: 554, Text: "5.7.1 relay access denied"}, later},
		"we may not relay, as Exchange": {mailtest.To, mailtest.Fault{Code: 550, Text: "5.7.54 unable to relay"}, later},
		"greylisted":                    {mailtest.To, mailtest.Fault{Code: 450, Text: "4.2.0 come back"}, later},
		"not this sender":               {mailtest.Sender, mailtest.Fault{Code: 550, Text: "5.7.60 not yours"}, later},
		"too much at once":              {mailtest.Sender, mailtest.Fault{Code: 432, Text: "4.3.2 sender thread limit exceeded"}, putOff},
		"too much at once, at the end":  {mailtest.Body, mailtest.Fault{Code: 432, Text: "4.3.2 sender thread limit exceeded"}, putOff},
		"too much at once, signing in":  {mailtest.Auth, mailtest.Fault{Code: 432, Text: "4.3.2 concurrent connections limit exceeded"}, putOff},
		"we have sent enough today":     {mailtest.Body, mailtest.Fault{Code: 554, Text: "5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException"}, later},
		"our own mailbox is full":       {mailtest.Body, mailtest.Fault{Code: 554, Text: "5.2.2 mailbox full"}, later},
		"we are blocked":                {mailtest.Body, mailtest.Fault{Code: 550, Text: "5.1.8 access denied, bad outbound sender"}, later},
		"takes no mail at all":          {mailtest.To, mailtest.Fault{Code: 556, Text: "5.1.10 null MX"}, gone},
		"not now":                       {mailtest.Body, mailtest.Fault{Code: 451, Text: "4.3.0 try again"}, later},
		"not such a text":               {mailtest.Body, mailtest.Fault{Code: 554, Text: "5.7.1 spam"}, later},
		"hangs up at the greeting":      {mailtest.Connect, mailtest.Fault{Drop: true}, later},
		"refuses us":                    {mailtest.Connect, mailtest.Fault{Code: 554, Text: "no"}, later},
		"hangs up on us":                {mailtest.Hello, mailtest.Fault{Drop: true}, later},
		"hangs up when signing in":      {mailtest.Auth, mailtest.Fault{Drop: true}, later},
		"cannot sign in now":            {mailtest.Auth, mailtest.Fault{Code: 454, Text: "4.7.0 later"}, later},
		"hangs up at the receiver":      {mailtest.To, mailtest.Fault{Drop: true}, later},
		"hangs up after the mail":       {mailtest.Body, mailtest.Fault{Drop: true}, unsure},
		"hangs up and has taken it":     {mailtest.Body, mailtest.Fault{Drop: true, Keeps: true}, unsure},
	} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.Start(t)
			m := newMail(t, config(t, s))
			s.Set(c.step, c.fault)
			_, err := m.Send(t.Context(), page(aCall()))
			if err == nil {
				t.Fatal("it was sent")
			}
			got := later
			switch {
			case errors.Is(err, chat.ErrGone):
				got = gone
			case errors.Is(err, chat.ErrUnsure) || errors.Is(err, context.DeadlineExceeded):
				got = unsure
			case func() bool { _, ok := errors.AsType[*chat.Later](err); return ok }():
				got = putOff
			}
			if got != c.want {
				t.Errorf("it means %s, not %s: %v", got, c.want, err)
			}
			hidden(t, err.Error())
			s.Clear()
			before := len(s.Messages())
			if _, err := m.Send(t.Context(), page(aCall())); err != nil || len(s.Messages()) != before+1 {
				t.Errorf("when all is well again: %v, %d mails", err, len(s.Messages()))
			}
		})
	}
}

// A server that is not there, and one that says nothing, hold nobody up for long.
func TestAServerThatDoesNotAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		fault  func(*mailtest.Server)
		unsure bool
	}{
		"down":                 {func(s *mailtest.Server) { s.Down() }, false},
		"silent at once":       {func(s *mailtest.Server) { s.Set(mailtest.Connect, mailtest.Fault{Hang: true}) }, false},
		"silent to a greeting": {func(s *mailtest.Server) { s.Set(mailtest.Hello, mailtest.Fault{Hang: true}) }, false},
		"silent to a password": {func(s *mailtest.Server) { s.Set(mailtest.Auth, mailtest.Fault{Hang: true}) }, false},
		"silent to a receiver": {func(s *mailtest.Server) { s.Set(mailtest.To, mailtest.Fault{Hang: true}) }, false},
		"silent to a mail":     {func(s *mailtest.Server) { s.Set(mailtest.Body, mailtest.Fault{Hang: true}) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mailtest.Start(t)
			m := newMail(t, config(t, s))
			c.fault(s)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			begun := time.Now()
			_, err := m.Send(ctx, page(aCall()))
			if took := time.Since(begun); err == nil || took > 3*time.Second {
				t.Fatalf("after %v: %v", took, err)
			}
			if got := errors.Is(err, chat.ErrUnsure) || errors.Is(err, context.DeadlineExceeded); got != c.unsure {
				t.Errorf("unsure %t: %v", got, err)
			}
			s.Up()
			s.Clear()
			if _, err := m.Send(t.Context(), page(aCall())); err != nil {
				t.Error("when it answers again:", err)
			}
		})
	}
}

// Without a bound by whoever sends, a try ends by itself.
func TestATryEndsByItself(t *testing.T) {
	s := mailtest.Start(t)
	m := newMail(t, config(t, s))
	m.Hasten(200 * time.Millisecond)
	s.Set(mailtest.Sender, mailtest.Fault{Hang: true})
	ended := make(chan error, 1)
	go func() {
		_, err := m.Send(context.Background(), page(aCall()))
		ended <- err
	}()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("it was sent")
		}
	case <-time.After(5 * time.Second):
		t.Error("it goes on")
	}
}

// Nothing is sent to what is no address, and one receiver's fault is not another's.
func TestReceivers(t *testing.T) {
	s := mailtest.Start(t)
	m := newMail(t, config(t, s))
	for _, to := range []chat.UserID{
		"", "mail:", "mail:x", "mail:@x", "mail:x@", "web:p-01", "mail:a b@example.co.jp", "mail:a@example.co.jp\r\nDATA",
		"mail:Sato <sato@example.co.jp>", "mail:a@example.co.jp,b@example.co.jp", "mail:<a@example.co.jp>", "mail:a@example.co.jp> SIZE=1",
		"mail:\"a b\"@example.co.jp", "mail:a@example.co.jp(x)", "mail:\u202ea@example.co.jp", chat.UserID("mail:" + strings.Repeat("x", 250) + "@example.co.jp"),
	} {
		d := page(aCall())
		d.To.User = to
		if _, err := m.Send(t.Context(), d); !errors.Is(err, chat.ErrGone) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if n := s.Tried(mailtest.Connect); n != 0 {
		t.Errorf("%d connections for nobody", n)
	}
	s.Refuse("sato@example.co.jp", mailtest.Fault{Code: 550, Text: "5.1.1 no such user"})
	other := page(aCall())
	other.To.User = "mail:o'neill+hikeshi@mail.example.co.jp"
	if _, err := m.Send(t.Context(), page(aCall())); !errors.Is(err, chat.ErrGone) {
		t.Error(err)
	}
	if _, err := m.Send(t.Context(), other); err != nil {
		t.Error(err)
	}
	// Addresses in Japanese, where the server knows them, and where it does not.
	japanese := page(aCall())
	japanese.To.User = "mail:佐藤@例え.jp"
	if _, err := m.Send(t.Context(), japanese); err != nil || len(s.To("佐藤@例え.jp")) != 1 {
		t.Error("a Japanese address:", err)
	}
	old := mailtest.Start(t, mailtest.NoUTF8)
	if _, err := newMail(t, config(t, old)).Send(t.Context(), japanese); err == nil || len(old.Messages()) != 0 {
		t.Error("an address that the server cannot take:", err)
	}
}

// What was mailed stands: an update is nothing new, unless it calls.
func TestUpdatesAreNotMailed(t *testing.T) {
	s := mailtest.Start(t)
	m := newMail(t, config(t, s))
	d := page(aCall())
	id, err := m.Send(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	d.Update, d.Urgent = id, false
	if same, err := m.Send(t.Context(), d); err != nil || same != id || len(s.Messages()) != 1 {
		t.Errorf("%v, %s, %d mails", err, same, len(s.Messages()))
	}
	d.Urgent = true
	if other, err := m.Send(t.Context(), d); err != nil || other == id || len(s.Messages()) != 2 {
		t.Errorf("%v, %s, %d mails", err, other, len(s.Messages()))
	}
}

// Many pages share a few connections, are all out at once, and leave none behind.
func TestManyPagesAtOnce(t *testing.T) {
	s := mailtest.Start(t)
	c := config(t, s)
	var open atOnce
	c.Dial = open.dialling(c.Dial)
	m := newMail(t, c)
	const pages, lanes = 200, 12
	begun := time.Now()
	work := make(chan int)
	var wg sync.WaitGroup
	for range lanes {
		wg.Go(func() {
			for i := range work {
				d := page(aCall())
				d.Key += strings.Repeat("x", i)
				for {
					_, err := m.Send(t.Context(), d)
					if later, ok := errors.AsType[*chat.Later](err); ok {
						<-time.After(later.Wait)
						continue
					}
					if err != nil {
						t.Error(err)
					}
					break
				}
			}
		})
	}
	for i := range pages {
		work <- i
	}
	close(work)
	wg.Wait()
	if got := len(s.Messages()); got != pages {
		t.Errorf("%d mails, want %d", got, pages)
	}
	if n := open.most; n > 3 {
		t.Errorf("%d connections at once", n)
	}
	if n := s.Tried(mailtest.Connect); n > 20 {
		t.Errorf("%d connections for %d mails", n, pages)
	}
	t.Logf("%d mails on %d connections in %v", pages, s.Tried(mailtest.Connect), time.Since(begun))
	m.Close()
	for deadline := time.Now().Add(5 * time.Second); s.Open() > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are left", s.Open())
		}
		<-time.After(10 * time.Millisecond)
	}
}

// atOnce counts connections from the side that makes them: the other hears late of an end.
type atOnce struct {
	mu        sync.Mutex
	now, most int
}

func (o *atOnce) add(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now += n
	o.most = max(o.most, o.now)
}

type dialler = func(ctx context.Context, network, address string) (net.Conn, error)

func (o *atOnce) dialling(dial dialler) dialler {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		o.add(1)
		return &oneOf{Conn: conn, all: o}, nil
	}
}

type oneOf struct {
	net.Conn
	all   *atOnce
	ended sync.Once
}

func (c *oneOf) Close() error {
	c.ended.Do(func() { c.all.add(-1) })
	return c.Conn.Close()
}

// A server that hangs holds up as many sends as there are connections; the others hear that
// they were not tried, and their lanes are free.
func TestAHangingServerKeepsFewBusy(t *testing.T) {
	s := mailtest.Start(t)
	m := newMail(t, config(t, s))
	s.Set(mailtest.Hello, mailtest.Fault{Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan error, 12)
	for range cap(answers) {
		go func() {
			_, err := m.Send(ctx, page(aCall()))
			answers <- err
		}()
	}
	for range cap(answers) - 3 {
		select {
		case err := <-answers:
			if _, ok := errors.AsType[*chat.Later](err); !ok {
				t.Error("not put off:", err)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("more than three are held up")
		}
	}
	cancel()
	for range 3 {
		if err := <-answers; err == nil {
			t.Error("one of those that hung was sent")
		}
	}
}

// A connection that died while it was kept costs nothing: the next mail makes another.
func TestAKeptConnectionThatDied(t *testing.T) {
	s := mailtest.Start(t)
	var made []net.Conn
	c := config(t, s)
	dial := c.Dial
	c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		made = append(made, conn)
		return conn, err
	}
	m := newMail(t, c)
	send := func() {
		t.Helper()
		if _, err := m.Send(t.Context(), page(aCall())); err != nil {
			t.Fatal(err)
		}
	}
	send()
	send()
	if len(made) != 1 {
		t.Fatalf("%d connections for two mails", len(made))
	}
	s.Down()
	s.Up()
	send()
	if len(made) != 2 || len(s.Messages()) != 3 {
		t.Errorf("%d connections, %d mails", len(made), len(s.Messages()))
	}
	// One that has had its fill says so at the beginning of the next mail.
	s.Set(mailtest.Sender, mailtest.Fault{Code: 421, Text: "4.7.0 too many mails on this connection", Times: 1})
	send()
	if len(made) != 3 || len(s.Messages()) != 4 {
		t.Errorf("%d connections, %d mails", len(made), len(s.Messages()))
	}
}

// The log says once that mail does not work, and once that it does again.
func TestTheLogTellsOnce(t *testing.T) {
	s := mailtest.Start(t)
	c := config(t, s)
	var log bytes.Buffer
	c.Log = journal.New(&log, journal.Options{})
	m := newMail(t, c)
	s.Set(mailtest.Auth, mailtest.Fault{Code: 535, Text: "5.7.8 " + mailtest.User + " who?"})
	for range 3 {
		if _, err := m.Send(t.Context(), page(aCall())); err == nil {
			t.Fatal("it was sent")
		}
	}
	s.Clear()
	for range 2 {
		if _, err := m.Send(t.Context(), page(aCall())); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 2 || !strings.Contains(log.String(), "SMTP_URL") || !strings.Contains(log.String(), "again") {
		t.Errorf("%d lines:\n%s", n, &log)
	}
	hidden(t, log.String())
}
