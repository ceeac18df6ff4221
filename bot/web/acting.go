package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
)

// valuePrefix keeps a form's inputs apart from what the page itself sends.
const valuePrefix = "v."

// request is what every request of a page has.
func (s *Server) request(v *visit, kind chat.RequestKind, key ...string) chat.Request {
	channel := v.r.PostFormValue("c")
	return chat.Request{
		ID: s.key(v, kind, key...), Kind: kind, From: v.who, Name: v.session.personName(),
		Place: chat.PlaceID("web:" + channel), Channel: channel, At: s.cfg.Clock(),
	}
}

// key is the same for the same thing done by the same person, however often it arrives. The
// person is part of it, so that nobody can repeat another's request and see its outcome.
func (s *Server) key(v *visit, kind chat.RequestKind, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{string(v.who), string(kind)}, parts...), "\x00")))
	return "web:" + string(kind) + ":" + hex.EncodeToString(sum[:16])
}

// said takes a typed line. The page gives each line an ID of its own when it is written; an
// edited line is another one.
func (s *Server) said(v *visit) error {
	line := v.r.PostFormValue("line")
	text := strings.TrimSpace(clean(v.r.PostFormValue("text")))
	if text == "" {
		if wantsJSON(v.r) {
			writeJSON(v.w, http.StatusOK, answer{})
			return nil
		}
		http.Redirect(v.w, v.r, s.back(v), http.StatusSeeOther)
		return nil
	}
	if line == "" || len(line) > 64 {
		s.refuse(v, http.StatusBadRequest, "web.error.form")
		return nil
	}
	r := s.request(v, chat.Said, line, text)
	r.Text = text
	return s.reply(v, s.cfg.Desk.Handle(v.ctx(), r))
}

// pressed takes a button. An action says which incident it is about and what the person saw
// of it, so the same person pressing the same action twice is one press.
func (s *Server) pressed(v *visit) error {
	action := v.r.PostFormValue("action")
	r := s.request(v, chat.Pressed, action)
	r.Action = chat.Action(action)
	return s.reply(v, s.cfg.Desk.Handle(v.ctx(), r))
}

// confirm asks before a button that is hard to take back; the script asks in the page.
func (s *Server) confirm(v *visit) error {
	out := s.view(v, "sure")
	out.Title = s.cfg.Say(v.lang, "web.sure.title")
	out.Channel, out.Path = v.r.PostFormValue("c"), local(v.r.PostFormValue("back"))
	out.Sure = sure{Question: v.r.PostFormValue("question"), Button: chat.Button{
		Label: v.r.PostFormValue("label"), Action: chat.Action(v.r.PostFormValue("action")), Style: chat.Danger,
	}}
	return s.show(v, http.StatusOK, "page", out)
}

// submitted takes a form. Its draft is its identity: sent twice, it is one submission.
func (s *Server) submitted(v *visit) error {
	draft := v.r.PostFormValue("draft")
	r := s.request(v, chat.Submitted, draft)
	r.Draft, r.Values, r.Files = draft, typed(v.r), v.files
	answer := s.cfg.Desk.Handle(v.ctx(), r)
	v.drain()
	return s.reply(v, answer)
}

// typed collects a form's inputs; what was ticked is joined by commas.
func typed(r *http.Request) chat.Values {
	values := chat.Values{}
	for name, given := range r.PostForm {
		name, ok := strings.CutPrefix(name, valuePrefix)
		if !ok {
			continue
		}
		var parts []string
		for _, g := range given {
			if g != "" { // the empty one says that the input is there, with nothing ticked
				parts = append(parts, clean(g))
			}
		}
		values[name] = strings.Join(parts, ",")
	}
	return values
}

// keepDraft keeps what was typed when a dialog closes or the page is left.
func (s *Server) keepDraft(v *visit) error {
	if err := s.cfg.Desk.SaveDraft(v.ctx(), v.who, v.r.PostFormValue("draft"), typed(v.r)); err != nil {
		return err
	}
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

// openDraft opens a form again with what was typed.
func (s *Server) openDraft(v *visit) error {
	form, err := s.cfg.Desk.Draft(v.ctx(), v.who, v.r.URL.Query().Get("d"))
	if err != nil {
		return err
	}
	return s.reply(v, chat.Reply{Form: &form})
}

// reply shows a reply to the one who asked: in the page he has, or as the next page.
func (s *Server) reply(v *visit, r chat.Reply) error {
	channel := v.r.PostFormValue("c")
	onward := ""
	switch {
	case r.Page != "":
		onward = local(r.Page)
	case r.Channel != "" && r.Channel != channel:
		onward = roomPath(r.Channel)
	}
	out := s.view(v, "ask")
	out.Channel, out.Path, out.Answers = channel, s.back(v), r.Cards
	if r.Form != nil {
		out.Form, onward = *r.Form, ""
	}
	if wantsJSON(v.r) {
		return s.replyJSON(v, r, out, onward)
	}
	if r.Form != nil {
		room, err := s.cfg.Desk.Room(v.ctx(), v.who)
		if err != nil {
			return err
		}
		v.enterRoom(out, room)
		out.Title = r.Form.Title
		return s.show(v, http.StatusOK, "page", out)
	}
	if onward == "" {
		onward = s.back(v)
	}
	v.session.keep(r.Cards)
	http.Redirect(v.w, v.r, onward, http.StatusSeeOther)
	return nil
}

func (s *Server) replyJSON(v *visit, r chat.Reply, out *view, onward string) error {
	a := answer{Go: onward, Refused: !r.Accepted && len(r.Cards) > 0 && r.Cards[0].Tone == chat.Refused}
	var err error
	switch {
	case onward != "":
		v.session.keep(r.Cards) // the next page shows them
	case len(r.Cards) > 0:
		if a.Cards, err = s.fragment(v, "answers", out); err != nil {
			return err
		}
	}
	if r.Form != nil {
		if a.Form, err = s.fragment(v, "form", formView{view: out, Form: out.Form}); err != nil {
			return err
		}
	}
	writeJSON(v.w, http.StatusOK, a)
	return nil
}

// back is the page that a form was posted from.
func (s *Server) back(v *visit) string {
	if back := v.r.PostFormValue("back"); back != "" {
		return local(back)
	}
	return roomPath(v.r.PostFormValue("c"))
}

// moves are the buttons of the practice clock.
var moves = map[string]time.Duration{"5m": 5 * time.Minute, "1h": time.Hour, "24h": 24 * time.Hour}

func (s *Server) moveClock(v *visit) error {
	by, ok := moves[v.r.PostFormValue("by")]
	if !ok || s.cfg.Move == nil {
		s.refuse(v, http.StatusBadRequest, "web.error.form")
		return nil
	}
	if err := s.cfg.Move(v.ctx(), by); err != nil {
		return err
	}
	s.live.everything()
	return s.reply(v, chat.Reply{Accepted: true})
}

// be makes the browser somebody. Its other pages are told, so that none goes on in the name
// of the person before.
func (s *Server) be(w http.ResponseWriter, r *http.Request) {
	v := &visit{w: w, r: r, lang: s.cfg.Lang}
	s.enter(v, false)
	if !s.readForm(v) {
		return
	}
	var next *desk.PersonLine
	for _, p := range s.cfg.Desk.People(v.lang) {
		if string(p.User) == r.PostFormValue("who") {
			next = &p
		}
	}
	if next == nil {
		s.refuse(v, http.StatusBadRequest, "web.error.form")
		return
	}
	v.session.become(next.User, next.Name)
	s.live.endSession(v.session)
	http.Redirect(w, r, s.back(v), http.StatusSeeOther)
}
