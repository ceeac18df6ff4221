package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"sync"
	"time"

	"hikeshi/bot/chat"
)

// cookieName of the session. The cookie says nothing; who somebody is stays on the server.
// Behind https the name says to the browser that no other host of the company may have set it
// (RFC 6265bis, section 4.1.3.2).
const (
	cookieName       = "hikeshi_session"
	secureCookieName = "__Host-" + cookieName
)

// A session ends after half a day without a request: longer than a night shift. Many more
// sessions than a company has browsers are somebody trying to fill the memory.
const (
	sessionIdle = 12 * time.Hour
	maxSessions = 2000
	maxFlash    = 8
)

// session is one browser. Two browsers can be two people at the same time.
type session struct {
	id     string
	secret []byte

	mu    sync.Mutex
	who   chat.UserID
	name  string
	lang  string // of the last page; empty before the first
	flash []chat.Card
	used  time.Time // the machine's clock: moving the practice clock must not sign anybody out

	calendar lastCalendar
}

func (s *session) person() chat.UserID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.who
}

func (s *session) personName() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name
}

// become changes the person. What was kept for the one before is not shown to the new one.
func (s *session) become(who chat.UserID, name string) {
	s.mu.Lock()
	s.who, s.name, s.flash = who, name, nil
	s.mu.Unlock()
	// An address being made may take long; no other page of this browser is to wait for it.
	s.calendar.forget()
}

// language is that of the last page this browser was shown.
func (s *session) language(otherwise string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lang == "" {
		return otherwise
	}
	return s.lang
}

func (s *session) speak(lang string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lang = lang
}

// keep holds cards back for the next page, after a form was posted without the script.
func (s *session) keep(cards []chat.Card) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flash = append(s.flash, cards...)
	if extra := len(s.flash) - maxFlash; extra > 0 {
		s.flash = s.flash[extra:]
	}
}

func (s *session) taken() []chat.Card {
	s.mu.Lock()
	defer s.mu.Unlock()
	cards := s.flash
	s.flash = nil
	return cards
}

// token stands in every form of this browser for this person. A form of a page that was
// opened as somebody else is refused by it, rather than done in the wrong name.
func (s *session) token(who chat.UserID) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(who))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// sessions are what this server knows of browsers. In practice that is all there is: after a
// restart everybody chooses again. Where people sign in, who somebody is stands in the
// database, and here is only what one browser was last shown.
type sessions struct {
	mu   sync.Mutex
	byID map[string]*session
}

func newSessions() *sessions { return &sessions{byID: map[string]*session{}} }

// cookieOf is the session's ID that a browser sends.
func (s *Server) cookieOf(r *http.Request) string {
	c, err := r.Cookie(s.cookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie gives a browser its session for some time, or, with less than none, takes it away.
// In practice it is not sent along from another site at all. Where people sign in, a link in
// the chat is such a site, and a page that is only read must open from there: Lax. What
// changes something is kept safe by the token in every form, see guard.go.
func (s *Server) setCookie(w http.ResponseWriter, id string, lasts time.Duration) {
	same := http.SameSiteStrictMode
	if !s.cfg.Practice {
		same = http.SameSiteLaxMode
	}
	age := int(lasts / time.Second)
	if lasts < 0 {
		age = -1
	}
	//nolint:gosec // G124: Secure where the room is reached by https; else it is plain HTTP on this machine
	http.SetCookie(w, &http.Cookie{
		Name: s.cookie, Value: id, Path: "/", MaxAge: age, HttpOnly: true, SameSite: same, Secure: s.secure,
	})
}

// find gives the session of an ID, unless it has not been used for long.
func (ss *sessions) find(id string) *session {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s := ss.byID[id]
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Sub(s.used) > sessionIdle {
		delete(ss.byID, s.id)
		return nil
	}
	s.used = now
	return s
}

func (ss *sessions) open() *session { return ss.adopt(rand.Text()) }

// adopt gives the session of an ID, new where this server has not seen it. Its secret follows
// from the ID, so that a form of one server's page is taken by another.
func (ss *sessions) adopt(id string) *session {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s := ss.byID[id]
	if s == nil {
		mac := hmac.New(sha256.New, []byte(id))
		mac.Write([]byte("forms"))
		s = &session{id: id, secret: mac.Sum(nil)}
		if len(ss.byID) >= maxSessions {
			ss.forgetOldest()
		}
		ss.byID[id] = s
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = time.Now()
	return s
}

// known gives the session of an ID that this server has seen; nil: it has not.
func (ss *sessions) known(id string) *session {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return ss.byID[id]
}

// forget ends what this server knows of an ID.
func (ss *sessions) forget(id string) *session {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s := ss.byID[id]
	delete(ss.byID, id)
	return s
}

// forgetOldest makes room: a browser that has chosen nobody yet goes before one that has.
func (ss *sessions) forgetOldest() {
	var oldest string
	var nobody bool
	var used time.Time
	for id, s := range ss.byID {
		s.mu.Lock()
		n, u := s.who == "", s.used
		s.mu.Unlock()
		if oldest == "" || n && !nobody || n == nobody && u.Before(used) {
			oldest, nobody, used = id, n, u
		}
	}
	delete(ss.byID, oldest)
}
