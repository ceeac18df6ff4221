package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"hikeshi/bot/desk"
)

// Answers are given by whoever has a link that came by mail, without a session. By the link
// he sees no more than the desk puts on its page, and does nothing but take or decline.
type Answers interface {
	// AnswerPage gives the page of a link's token, and changes nothing. Its errors are those of
	// the desk; with any other error the page's User is set where the link was good.
	AnswerPage(ctx context.Context, token string) (desk.AnswerPage, error)
	// Answer takes or declines, and gives the page with what came of it.
	Answer(ctx context.Context, token string, g desk.Given) (desk.AnswerPage, error)
}

// answerPattern is the path of a link's page.
const answerPattern = desk.PathAnswers + "{token}"

// Limits of one answer: a reason, and the calls it is for.
const (
	maxAnswerBody = 128 << 10
	maxReason     = 200 // characters, as the page's input allows
)

// answering is what the page of a link shows.
type answering struct {
	desk.AnswerPage
	Asked  bool   // something waits
	Why    string // why there is no page: the text that says so
	Reason int    // characters that a reason may have
}

// answerLink shows the page of a link. Mail scanners and previews of links open it, too: it
// changes nothing, however often it is asked for.
func (s *Server) answerLink(w http.ResponseWriter, r *http.Request) {
	v := s.answerVisit(w, r)
	page, err := s.cfg.Answers.AnswerPage(v.ctx(), r.PathValue("token"))
	s.showAnswer(v, page, err)
}

// answered takes the press on a button of that page. The page's form value stands where other
// pages have the token of a session: only who has read the page knows it, and it is what
// keeps out other sites and programs that try out links. Where the browser says that another
// site has sent the form it is refused as well; it does not have to say anything.
func (s *Server) answered(w http.ResponseWriter, r *http.Request) {
	v := s.answerVisit(w, r)
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		s.showAnswer(v, desk.AnswerPage{}, desk.ErrAnswerForm)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxAnswerBody)
	if err := r.ParseForm(); err != nil {
		s.unreadable(v, err)
		return
	}
	// From here on only the answer takes time; a read deadline would end the request's context.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	reason := []rune(clean(r.PostFormValue("reason")))
	g := desk.Given{
		Form: r.PostFormValue("form"), Choice: r.PostFormValue("choice"), Calls: r.PostForm["call"],
		Reason: string(reason[:min(len(reason), maxReason)]),
	}
	page, err := s.cfg.Answers.Answer(v.ctx(), r.PathValue("token"), g)
	s.showAnswer(v, page, err)
}

// answerVisit begins an answer. The address is the secret here: no other page may learn it
// from this one, not even one of ours, and no search engine may keep it.
func (s *Server) answerVisit(w http.ResponseWriter, r *http.Request) *visit {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	return &visit{w: w, r: r, lang: s.cfg.Lang}
}

// showAnswer shows the page, or why there is none. Who comes with links that are not good is
// slowed down like who guesses links to sign in; a good one is always taken, lest somebody
// else's old links keep a person of the same office from answering.
func (s *Server) showAnswer(v *visit, page desk.AnswerPage, err error) {
	why, status := "", http.StatusOK
	switch {
	case err == nil:
	case errors.Is(err, desk.ErrAnswerUnknown):
		why, status = "answerlink.bad.unknown", http.StatusNotFound
	case errors.Is(err, desk.ErrAnswerExpired):
		why, status = "answerlink.bad.expired", http.StatusGone
	case errors.Is(err, desk.ErrAnswerForm), errors.Is(err, desk.ErrAnswerChoice):
		why, status = "answerlink.bad.form", http.StatusForbidden
	case v.ctx().Err() != nil:
		return // nobody would see the answer
	default:
		v.who = page.User // is told whom to phone
		s.fail(v, err)
		return
	}
	if why != "" {
		from, now := caller(v.r), time.Now()
		if s.answers.tooMany(from, now) {
			why, status = "answerlink.bad.wait", http.StatusTooManyRequests
		} else {
			s.answers.missed(from, now)
		}
	}
	out := s.view(v, "answer")
	out.Path = ""
	out.Answering = answering{AnswerPage: page, Why: why, Reason: maxReason}
	for _, c := range page.Calls {
		out.Answering.Asked = out.Answering.Asked || c.Waits
	}
	out.Title = s.cfg.Say(v.lang, "answerlink.title")
	if why != "" {
		out.Title = s.cfg.Say(v.lang, "answerlink.bad.title")
	}
	if err := s.show(v, status, "page", out); err != nil {
		s.cfg.Log.Error("the page of an answer link could not be shown", "component", "web", "error", err)
		http.Error(v.w, s.cfg.Say(v.lang, "answerlink.bad.urgent"), status)
	}
}
