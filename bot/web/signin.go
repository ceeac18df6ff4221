package web

import (
	"context"
	"net/http"
	"time"

	"hikeshi/bot/chat"
)

// signInPath is where a one-time link leads. To look at it uses nothing up: programs that
// preview links and scan mails do that. Only the button on it signs in.
const signInPath = "/sign-in"

// signInPage is what the page of a link shows.
type signInPage struct {
	Token string // empty: the link is no good, or there is none
	To    string // where to go then
	Why   string // without a token: the text that says why, and what to do
	// Platforms names, in words, where a link is asked for.
	Platforms string
}

// signIn shows the page of a link. Whether the link is good is seen when it is used: nobody
// can try tokens here.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	v := &visit{w: w, r: r, lang: s.cfg.Lang}
	token, to := r.URL.Query().Get("token"), local(r.URL.Query().Get("to"))
	switch {
	case token != "":
		s.showSignIn(v, http.StatusOK, signInPage{Token: token, To: to})
	case s.enter(v, false):
		//nolint:gosec // G710: local leaves paths of this server alone
		http.Redirect(w, r, to, http.StatusSeeOther)
	default:
		s.showSignIn(v, http.StatusOK, signInPage{Why: "web.signin.how"})
	}
}

// signedIn takes the press on the button of that page. It has no form token: there is no
// session yet that one could belong to. A press on another site's page is refused before, by
// where it comes from; who was signed in is signed out, so that no session outlives a change
// of person, and the new one has an ID that nobody else can have put there.
func (s *Server) signedIn(w http.ResponseWriter, r *http.Request) {
	v := &visit{w: w, r: r, lang: s.cfg.Lang}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		s.unreadable(v, err)
		return
	}
	from, now := caller(r), time.Now()
	if s.guesses.tooMany(from, now) {
		s.showSignIn(v, http.StatusTooManyRequests, signInPage{Why: "web.signin.wait"})
		return
	}
	id, who, ok, err := s.cfg.SignIn.open(r.Context(), r.PostFormValue("token"))
	if err != nil {
		s.fail(v, err)
		return
	}
	to := local(r.PostFormValue("to"))
	if !ok {
		if s.enter(v, false) { // the button was pressed twice
			http.Redirect(w, r, to, http.StatusSeeOther)
			return
		}
		s.guesses.missed(from, now)
		s.showSignIn(v, http.StatusGone, signInPage{Why: "web.signin.over"})
		return
	}
	if before := s.cookieOf(r); before != "" {
		if err := s.leave(v, before); err != nil {
			s.fail(v, err)
			return
		}
	}
	name, _ := s.cfg.SignIn.Known(who)
	s.sessions.adopt(id).become(who, name)
	s.setCookie(w, id, sessionEnds)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// signOut ends the session, here and on every other server.
func (s *Server) signOut(v *visit) error {
	if err := s.leave(v, v.session.id); err != nil {
		return err
	}
	s.setCookie(v.w, "", -1)
	http.Redirect(v.w, v.r, signInPath, http.StatusSeeOther)
	return nil
}

// leave ends a session and closes its pages.
func (s *Server) leave(v *visit, id string) error {
	if old := s.sessions.forget(id); old != nil {
		s.live.endSession(old)
	}
	return s.cfg.SignIn.close(v.ctx(), id)
}

// reader finds who is signed in. While the database is away, a browser that this server knows
// goes on, so that it can show whom to phone.
func (s *Server) reader(v *visit) (*session, chat.UserID) {
	id := s.cookieOf(v.r)
	if id == "" {
		return nil, ""
	}
	who, ok, err := s.cfg.SignIn.who(v.ctx(), id, true)
	switch {
	case ok && err == nil:
		session := s.sessions.adopt(id)
		if session.person() != who {
			name, _ := s.cfg.SignIn.Known(who)
			session.become(who, name)
		}
		return session, who
	case err != nil:
		if v.ctx().Err() == nil {
			s.cfg.Log.Error("who is signed in could not be looked up", "component", "web", "error", err)
		}
		session := s.sessions.known(id)
		if session == nil {
			return nil, ""
		}
		if _, still := s.cfg.SignIn.Known(session.person()); !still {
			return nil, ""
		}
		return session, session.person()
	}
	if old := s.sessions.forget(id); old != nil {
		s.live.endSession(old)
	}
	return nil, ""
}

// stays reports whether a stream's reader is still signed in.
func (s *Server) stays(ctx context.Context, st *stream) bool {
	if s.cfg.SignIn == nil {
		return true
	}
	if _, known := s.cfg.SignIn.Known(st.who); !known {
		return false
	}
	_, ok, err := s.cfg.SignIn.who(ctx, st.session.id, false)
	return ok || err != nil
}

// platforms names the chat platforms that are set up, as a sentence has them: somebody on
// Discord must not be sent to Slack. There are two at most.
func (s *Server) platforms(lang string) string {
	var names []string
	for _, p := range s.cfg.Platforms {
		names = append(names, s.cfg.Say(lang, "platform."+p))
	}
	switch len(names) {
	case 0:
		return s.cfg.Say(lang, "web.signin.chat")
	case 1:
		return names[0]
	}
	return s.cfg.Say(lang, "web.signin.either", "one", names[0], "other", names[1])
}

func (s *Server) showSignIn(v *visit, status int, page signInPage) {
	page.Platforms = s.platforms(v.lang)
	out := s.view(v, "signin")
	out.Title, out.SignIn = s.cfg.Say(v.lang, "web.signin.title"), page
	if err := s.show(v, status, "page", out); err != nil {
		s.cfg.Log.Error("the sign-in page could not be shown", "component", "web", "error", err)
		http.Error(v.w, s.cfg.Say(v.lang, "web.error.signin"), status)
	}
}
