// Package web is the built-in web room: a front end over HTTP for practice without any chat
// account, and the pages that cards of every front end link to. It owns sessions, the HTML,
// the style and the small scripts, and the streams that tell open pages of a change.
//
// It must not decide what somebody may see or do: every page and every fragment is asked
// from the desk anew, under the reader's own rights. It keeps nothing but who sits at which
// browser: in memory in practice, else in the database (see passes.go). It writes no text of
// an incident to the log. A stream carries no content either,
// only that a place the reader belongs to has changed.
//
// Every page reads and every form posts without the script: the server then answers with a
// page. With it, forms open as dialogs and what changes appears by itself. Nothing is loaded
// from elsewhere, and nothing runs that is not a file of this package (see guard.go).
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
)

// Desk is what the web room asks: it does what a person asked for, and gives each page as
// its reader may see it.
type Desk interface {
	Handle(ctx context.Context, r chat.Request) chat.Reply
	Room(ctx context.Context, who chat.UserID) (desk.Room, error)
	// Feed gives the messages of a channel; of the reader himself for an empty channel.
	Feed(ctx context.Context, who chat.UserID, channel string) (desk.Feed, error)
	// List gives a page of the list; before is the number of the last one on the page before.
	List(ctx context.Context, who chat.UserID, before string) (desk.ListPage, error)
	Incident(ctx context.Context, who chat.UserID, id string) (desk.IncidentPage, error)
	Contacts(ctx context.Context, who chat.UserID) (desk.ContactsPage, error)
	Clocks(ctx context.Context, who chat.UserID) (desk.ClocksPage, error)
	// DraftList gives the drafts of an incident, DraftCopy one of them to be copied, DraftFile
	// one as a file.
	DraftList(ctx context.Context, who chat.UserID, id string) (desk.DraftsPage, error)
	DraftCopy(ctx context.Context, who chat.UserID, id, kind string) (desk.DraftPage, error)
	DraftFile(ctx context.Context, who chat.UserID, id, kind, format string) (desk.Download, error)
	// Undelivered gives a page of the messages that were given up; before is the last one on
	// the page before.
	Undelivered(ctx context.Context, who chat.UserID, before string) (desk.UndeliveredPage, error)
	Download(ctx context.Context, who chat.UserID, id string, kind desk.Kind, format string) (desk.Download, error)
	// Register is the 台帳, for who reads every incident.
	Register(ctx context.Context, who chat.UserID) (desk.Download, error)
	// File gives an attached file that an entry names.
	File(ctx context.Context, who chat.UserID, id, entry string) (desk.FileDownload, error)
	// Emergency is whom to phone, from memory: it needs no database. ok is false for a stranger.
	Emergency(who chat.UserID) (card chat.Card, ok bool)
	// People lists whom one can be in practice.
	People(lang string) []desk.PersonLine
	// Draft opens a form again with what was typed; SaveDraft keeps what was typed.
	Draft(ctx context.Context, who chat.UserID, draft string) (chat.Form, error)
	SaveDraft(ctx context.Context, who chat.UserID, draft string, typed chat.Values) error
}

// Config is what the web room needs. Desk, NotFound and Say must be set.
type Config struct {
	Desk Desk
	// NotFound is what the desk's errors wrap for what does not exist, or not for this reader.
	NotFound error
	// Say gives a text of web.*.yaml in a language.
	Say  func(lang, key string, pairs ...string) string
	Lang string
	// Practice lets everybody choose who to be. Without it and without SignIn nobody comes in.
	Practice bool
	SignIn   *Passes
	// Platforms are the names of the chat platforms that are set up: there one asks for the link
	// that signs in.
	Platforms []string
	// Answers are asked by the page of an answer link, in practice and live alike; nil: there
	// is no such page.
	Answers Answers
	// Calendars are read by calendar programs, in practice and live alike; nil: there are none.
	Calendars Calendars
	// Banner is a warning for whoever is let in; nil or "": there is none.
	Banner func(ctx context.Context) string
	// Clock is the product's clock, which practice can move on.
	Clock func() time.Time
	// Move moves the practice clock on; nil hides its buttons.
	Move func(ctx context.Context, d time.Duration) error
	// Listen is the address listened on, host:port. Requests must name it or this machine itself.
	Listen string
	// PublicURL is where the room is reached from outside, when that is another name.
	PublicURL string
	Log       *slog.Logger
}

// Server is the web room. It is safe for concurrent use.
type Server struct {
	cfg      Config
	hosts    map[string]bool
	secure   bool // the cookie travels by https alone
	cookie   string
	cross    *http.CrossOriginProtection
	sessions *sessions
	guesses  guesses
	answers  guesses // of answer links
	// calendars are wrong addresses of calendars.
	calendars guesses
	live      *live
	pages     map[string]*pages
	mux       *http.ServeMux
}

// New makes the web room. It listens to nothing itself: see Handler.
func New(c Config) *Server {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Lang != "en" {
		c.Lang = "ja"
	}
	s := &Server{cfg: c, cross: http.NewCrossOriginProtection(), sessions: newSessions(), pages: map[string]*pages{}}
	// Its page sends no referrer, so that some browsers name no origin with its forms: see answered.
	s.cross.AddInsecureBypassPattern("POST " + answerPattern)
	s.hosts, s.secure = hostsOf(c.Listen, c.PublicURL)
	s.cookie = cookieName
	if s.secure {
		s.cookie = secureCookieName
	}
	s.live = newLive(s)
	for _, lang := range []string{"ja", "en"} {
		s.pages[lang] = parsePages(lang, c.Say)
	}
	s.mux = s.routes()
	return s
}

func (s *Server) routes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("GET /static/{name}", s.static)
	m.HandleFunc("GET /{$}", s.read(s.room))
	m.HandleFunc("GET /feed", s.read(s.feed))
	m.HandleFunc("GET /incidents", s.read(s.list))
	m.HandleFunc("GET /incidents/{id}", s.read(s.incident))
	m.HandleFunc("GET /incidents/{id}/{document}", s.read(s.download))
	m.HandleFunc("GET /incidents/{id}/files/{entry}", s.read(s.file))
	m.HandleFunc("GET /incidents/{id}/drafts", s.read(s.drafts))
	m.HandleFunc("GET /incidents/{id}/drafts/{kind}", s.read(s.draft))
	m.HandleFunc("GET "+desk.PathRegister, s.read(s.register))
	m.HandleFunc("GET /contacts", s.read(s.contacts))
	m.HandleFunc("GET "+desk.PathClocks, s.read(s.clocks))
	m.HandleFunc("GET "+desk.PathUndelivered, s.read(s.undelivered))
	m.HandleFunc("GET /draft", s.read(s.openDraft))
	m.HandleFunc("GET /events", s.events)
	m.HandleFunc("POST /say", s.act(s.said))
	m.HandleFunc("POST /press", s.act(s.pressed))
	m.HandleFunc("POST /confirm", s.act(s.confirm))
	m.HandleFunc("POST /submit", s.actWithFiles(s.submitted))
	m.HandleFunc("POST /draft", s.act(s.keepDraft))
	if s.cfg.Answers != nil {
		m.HandleFunc("GET "+answerPattern, s.answerLink)
		m.HandleFunc("POST "+answerPattern, s.answered)
	}
	if s.cfg.Calendars != nil {
		m.HandleFunc("GET "+calendarPattern, s.calendar)
		m.HandleFunc("POST "+desk.PathClocks, s.act(s.calendarPressed))
	}
	if s.cfg.Practice {
		m.HandleFunc("GET /be", s.read(s.choose))
		m.HandleFunc("POST /be", s.be)
		m.HandleFunc("POST /clock", s.act(s.moveClock))
	} else if s.cfg.SignIn != nil {
		m.HandleFunc("GET "+signInPath, s.signIn)
		m.HandleFunc("POST "+signInPath, s.signedIn)
		m.HandleFunc("POST /sign-out", s.act(s.signOut))
	}
	m.HandleFunc("GET /", s.read(func(*visit) error { return errNoPage }))
	return m
}

// errNoPage is a path that leads nowhere. It is answered exactly as an incident that the
// reader may not see.
var errNoPage = errors.New("no such page")

// Handler answers every request of the web room.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// Stop ends the live streams, which would keep an http.Server's Shutdown waiting. Each is
// told to come back in a while of its own: a hundred pages at once would be the first thing
// that the next server has to bear.
func (s *Server) Stop() { s.live.stop() }

// Streams counts the pages that are open and listening.
func (s *Server) Streams() int { return s.live.count() }

var _ chat.Frontend = (*Server)(nil)

// Name is the part before the colon of the web room's user IDs.
func (s *Server) Name() string { return "web" }

// Send tells the open pages. The message itself is shown from the store whenever a page is
// read, so that it cannot be lost here, shown twice, or shown to somebody who may no longer
// see it. The ID is the delivery's key.
func (s *Server) Send(_ context.Context, d chat.Delivery) (chat.MessageID, error) {
	switch {
	case d.To.User != "":
		s.live.direct(d.To.User)
	case d.To.Channel != "":
		s.live.changed(d.To.Channel)
	default:
		return "", fmt.Errorf("web: a message %q to nobody: %w", d.Key, chat.ErrGone)
	}
	return chat.MessageID(d.Key), nil
}

// Changed tells the open pages of those who may see an incident that it has changed; with
// an empty number, every open page that anything may have.
func (s *Server) Changed(incidentID string) {
	if incidentID == "" {
		s.live.everything()
		return
	}
	s.live.changed(incidentID)
}
