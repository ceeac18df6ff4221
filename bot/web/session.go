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
const cookieName = "hikeshi_session"

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
	defer s.mu.Unlock()
	s.who, s.name, s.flash = who, name, nil
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

// sessions are kept in memory: after a restart everybody chooses or signs in again.
type sessions struct {
	mu   sync.Mutex
	byID map[string]*session
}

func newSessions() *sessions { return &sessions{byID: map[string]*session{}} }

func (ss *sessions) find(r *http.Request) *session {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return nil
	}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s := ss.byID[c.Value]
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

func (ss *sessions) open(w http.ResponseWriter, secure bool) *session {
	s := &session{id: rand.Text(), secret: []byte(rand.Text()), used: time.Now()}
	ss.mu.Lock()
	if len(ss.byID) >= maxSessions {
		ss.forgetOldest()
	}
	ss.byID[s.id] = s
	ss.mu.Unlock()
	//nolint:gosec // G124: Secure where the room is reached by https; practice is plain HTTP on this machine
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: s.id, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: secure,
	})
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
