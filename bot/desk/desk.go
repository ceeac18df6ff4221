// Package desk is the only translator between people and the workflows. One way it reads
// what a person did (chat.Request: a line, a button, a form) as a workflows.Command or a
// query; the other way it says outcomes, messages and views as cards, forms and pages in the
// reader's language. A front end shows what it gets here and decides nothing.
//
// It owns the grammar of /incident, what the actions of buttons and the drafts of forms
// mean, and every card. Sentences stand in templates/messages; there is none in this code.
// What people typed is data: it is shown, stored and handed on, never interpreted as a
// sentence, a placeholder or a command.
//
// It must not decide who may do what (workflows/incident does; a button that is pressed is
// checked again), must not send anything, keep state between two requests, or tell anybody
// something about an incident that the queries of workflows do not show him.
package desk

import (
	"context"
	"iter"
	"log/slog"
	"sync/atomic"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Config is what a desk needs.
type Config struct {
	Service *workflows.Service
	Texts   *templates.Texts
	Lang    string // ja or en
	Company string
	// Documents makes what is downloaded.
	Documents Documents
	// Drafts drafts what has to be filed or told; nil: nothing is drafted.
	Drafts Drafts
	// Register makes the 台帳; nil: there is none to download.
	Register Register
	// Email is the verified mail address of a platform's user, from memory; "" for none. nil:
	// people are known by their IDs alone.
	Email func(chat.UserID) string
	// SignIn makes a link for a person of the contact list that signs him in to the web pages
	// once, by a path of theirs; nil: there is none.
	SignIn func(ctx context.Context, who chat.UserID, person incident.PersonID) (path string, expires time.Time, err error)
	// Places says that a front end keeps a channel for each incident, where documents can be
	// brought to.
	Places bool
	// Platforms are the names of the chat front ends by which people are called, such as slack, in
	// the order in which they are; none: the web room.
	Platforms []string
	// AnswerLinks says that people reach the web pages, so that who is called by mail or phone
	// can answer there.
	AnswerLinks bool
	// Mail says that people can be reached by mail.
	Mail bool
	// Down reports whether nothing gets through by a front end, by its name; nil: all work.
	Down func(frontend string) bool
	Log  *slog.Logger // nil: the program's
}

// Documents makes a document of an incident in a language and one of the Formats.
type Documents func(ctx context.Context, in *incident.Incident, records []incident.Record, kind Kind, lang, format string) (name, mediaType string, body []byte, err error)

// Register makes the 台帳 of incidents in a language, with words for what was chosen.
type Register func(ctx context.Context, lang, chosen string, incidents iter.Seq2[workflows.Told, error]) (name, mediaType string, body []byte, err error)

// Desk answers requests and renders messages. It is safe for concurrent use.
type Desk struct {
	service   *workflows.Service
	says      atomic.Pointer[spoken]
	lang      string
	documents Documents
	drafts    Drafts
	register  Register
	email     func(chat.UserID) string
	signIn    func(ctx context.Context, who chat.UserID, person incident.PersonID) (path string, expires time.Time, err error)
	places    bool
	// platforms and answerLinks as in Config.
	platforms   []string
	answerLinks bool
	mail        bool
	down        func(frontend string) bool
	log         *slog.Logger
}

// spoken is what a company may word itself. A voice keeps the one it began with, so that no
// answer is half of one and half of the next.
type spoken struct {
	texts      *templates.Texts
	company    string
	vocabulary vocabulary
}

// Use puts other texts and another name of the company into the place of those so far.
// Answers under way are finished with the old ones.
func (d *Desk) Use(texts *templates.Texts, company string) {
	d.says.Store(&spoken{texts: texts, company: company, vocabulary: newVocabulary(texts)})
}

// New makes a desk.
func New(c Config) *Desk {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Lang != "en" {
		c.Lang = "ja"
	}
	d := &Desk{service: c.Service, lang: c.Lang, documents: c.Documents, drafts: c.Drafts, register: c.Register, email: c.Email, signIn: c.SignIn, places: c.Places, platforms: c.Platforms, answerLinks: c.AnswerLinks, mail: c.Mail, down: c.Down, log: c.Log}
	d.Use(c.Texts, c.Company)
	return d
}

// Handle answers one request. It never fails: what could not be carried out is said in the
// reply, with Accepted false.
func (d *Desk) Handle(ctx context.Context, r chat.Request) chat.Reply {
	v := d.visit(ctx, r.From, r.Name)
	r.Text = d.mentioned(r.From, r.Text)
	v.r = r
	return shown(v.respond())
}

func (v *visit) respond() chat.Reply {
	// A report, and the form for it, wait for nothing that the database has to say first.
	if !v.reports() {
		if v.canLink() {
			v.again()
		}
		if v.closedDoor(v.r.From) {
			return v.closed()
		}
	}
	v.asReporter()
	switch v.r.Kind {
	case chat.Said:
		return v.said()
	case chat.Pressed:
		return v.pressed()
	case chat.Submitted:
		return v.submitted()
	case chat.Quoted:
		return v.quoted()
	}
	return v.outdated()
}

// visit is one request of one person while it is being answered, or one look at a page.
type visit struct {
	voice
	ctx   context.Context
	r     chat.Request
	who   incident.Actor
	known bool // listed and active
	// forced is the person chosen where a line named several.
	forced incident.PersonID
}

func (d *Desk) visit(ctx context.Context, from chat.UserID, name string) *visit {
	v := &visit{voice: d.voice(), ctx: ctx}
	v.who, v.known = d.actor(from, name)
	return v
}
