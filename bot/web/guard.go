package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"hikeshi/bot/chat"
)

// Limits of one request. A long text in Japanese is 20,000 characters (incident.MaxText) and
// three bytes of each are written as nine: a body of 2 MB holds a form with ten of them. The
// times leave room for a phone in a basement and stop who only wants to hold connections.
const (
	maxBody      = 2 << 20
	readWithin   = 30 * time.Second
	answerWithin = 90 * time.Second
)

// policy lets a page load nothing and run nothing but this package's own files. Inline
// scripts and styles are not in it, so that injected markup would stay text.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// hostsOf lists the names a request may call this server by. A page of another site can
// make its own name point here (DNS rebinding) and would then count as the same origin.
func hostsOf(listen, public string) (hosts map[string]bool, secure bool) {
	hosts = map[string]bool{}
	if host, _, err := net.SplitHostPort(listen); err == nil && host != "" {
		if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
			hosts[strings.ToLower(host)] = true
		}
	}
	if u, err := url.Parse(public); err == nil && u.Hostname() != "" {
		hosts[strings.ToLower(u.Hostname())] = true
		secure = u.Scheme == "https"
	}
	return hosts, secure
}

func (s *Server) knownHost(hostport string) bool {
	u, err := url.Parse("//" + hostport)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback() || s.hosts[host]
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	// Not no-referrer: browsers would then send "Origin: null" with our own forms.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	control, now := http.NewResponseController(w), time.Now()
	// Not every ResponseWriter has deadlines; a server's own always do.
	_ = control.SetReadDeadline(now.Add(readWithin))
	_ = control.SetWriteDeadline(now.Add(answerWithin))

	v := &visit{w: w, r: r, lang: s.cfg.Lang}
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			// A panic's value may quote what somebody typed: only its place goes to the log.
			s.fail(v, errPanic, "stack", string(debug.Stack()))
		}
	}()
	switch {
	case !s.knownHost(r.Host):
		s.refuse(v, http.StatusMisdirectedRequest, "web.error.host")
	case s.cross.Check(r) != nil:
		s.refuse(v, http.StatusForbidden, "web.error.origin")
	default:
		s.mux.ServeHTTP(w, r)
	}
}

var errPanic = errors.New("a handler of the web room panicked")

// visit is one request of one reader.
type visit struct {
	w       http.ResponseWriter
	r       *http.Request
	session *session
	who     chat.UserID
	lang    string
	files   chat.Files // of a form that came with some
	rest    io.Reader  // of such a form
}

// drain reads what of a form nobody wanted before it is answered: a browser whose sending is
// cut off shows no answer.
func (v *visit) drain() {
	if v.rest != nil {
		_, _ = io.Copy(io.Discard, v.rest)
	}
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// enter finds the reader behind a request. known is false for a stranger.
func (s *Server) enter(v *visit, create bool) (known bool) {
	switch {
	case s.cfg.Practice:
		if v.session = s.sessions.find(s.cookieOf(v.r)); v.session != nil {
			v.who = v.session.person()
		} else if create {
			v.session = s.sessions.open()
			s.setCookie(v.w, v.session.id, 0)
		}
	case s.cfg.SignIn != nil:
		v.session, v.who = s.reader(v)
	}
	if v.session != nil {
		v.lang = v.session.language(v.lang)
	}
	return v.who != "" && v.session != nil
}

// read wraps a page: it is for known readers only.
func (s *Server) read(page func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r, lang: s.cfg.Lang}
		if !s.enter(v, true) {
			s.stranger(v)
			return
		}
		s.end(v, page(v))
	}
}

// act wraps what changes something: known readers, a body that is not too large, and the
// token that only our own page of this session and this person has.
func (s *Server) act(do func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r, lang: s.cfg.Lang}
		known := s.enter(v, false)
		if !s.readForm(v) {
			return
		}
		if !known {
			s.refuse(v, http.StatusUnauthorized, s.strangerKey())
			return
		}
		s.end(v, do(v))
	}
}

// readForm reads the body and checks the token; when it returns false, it has answered.
func (s *Server) readForm(v *visit) bool {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxBody)
	if err := v.r.ParseForm(); err != nil {
		s.unreadable(v, err)
		return false
	}
	// From here on only the answer takes time; a read deadline would end the request's context.
	_ = http.NewResponseController(v.w).SetReadDeadline(time.Time{})
	return s.checkToken(v)
}

func (s *Server) unreadable(v *visit, err error) {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		s.refuse(v, http.StatusRequestEntityTooLarge, "web.error.large")
		return
	}
	s.refuse(v, http.StatusBadRequest, "web.error.form")
}

func (s *Server) validToken(v *visit) bool {
	return v.session != nil && subtle.ConstantTimeCompare([]byte(v.r.PostFormValue("csrf")), []byte(v.session.token(v.who))) == 1
}

func (s *Server) checkToken(v *visit) bool {
	if !s.validToken(v) {
		s.refuse(v, http.StatusForbidden, "web.error.token")
		return false
	}
	return true
}

// end answers what a handler could not.
func (s *Server) end(v *visit, err error) {
	switch {
	case err == nil:
	case errors.Is(err, errNoPage), s.cfg.NotFound != nil && errors.Is(err, s.cfg.NotFound):
		s.notFound(v)
	case v.ctx().Err() != nil:
		// The reader has gone; nobody would see the answer.
	default:
		s.fail(v, err)
	}
}

// stranger answers a reader without a person: in practice he chooses one, else he is told
// how to sign in.
func (s *Server) stranger(v *visit) {
	switch {
	case wantsJSON(v.r):
	case s.cfg.Practice:
		s.end(v, s.choose(v))
		return
	case s.cfg.SignIn != nil:
		s.showSignIn(v, http.StatusUnauthorized, signInPage{Why: "web.signin.how"})
		return
	}
	s.refuse(v, http.StatusUnauthorized, s.strangerKey())
}

func (s *Server) strangerKey() string {
	if s.cfg.Practice {
		return "web.error.choose"
	}
	return "web.error.signin"
}

// reference is what a reader can quote so that the line in the log is found.
func reference() string { return rand.Text()[:8] }

// clean makes typed text storable everywhere: valid UTF-8, one kind of line end, no NUL
// (PostgreSQL refuses it).
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(s)
}

// local gives a path of this server, or "/" for anything that may lead elsewhere.
func local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
