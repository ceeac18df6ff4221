package web

import (
	"context"
	"net/http"

	"hikeshi/bot/chat"
)

// refuse answers a request that goes no further with one sentence.
func (s *Server) refuse(v *visit, status int, key string) { s.trouble(v, status, key, "") }

// fail logs a fault whole under a reference number and tells the reader only the number.
func (s *Server) fail(v *visit, err error, more ...any) {
	ref := reference()
	s.cfg.Log.With(more...).Error("a request failed", "component", "web", "reference", ref, "route", v.r.Pattern, "error", err)
	s.trouble(v, http.StatusInternalServerError, "web.error.fault", ref)
}

// notFound is one answer for a page that does not exist and for one that the reader may not
// see: word for word the same, so that nobody learns which numbers exist.
func (s *Server) notFound(v *visit) { s.trouble(v, http.StatusNotFound, "web.error.notfound", "") }

func (s *Server) trouble(v *visit, status int, key, ref string) {
	var phones []chat.Card
	if status >= http.StatusInternalServerError && v.who != "" {
		if card, ok := s.cfg.Desk.Emergency(v.who); ok {
			phones = []chat.Card{card}
		}
	}
	if wantsJSON(v.r) {
		card := chat.Card{Tone: chat.Refused, Title: s.cfg.Say(v.lang, "web.error.title"), Blocks: []chat.Block{
			{Text: s.cfg.Say(v.lang, key, "reference", ref)},
		}}
		html, err := s.fragment(v, "answers", &view{Lang: v.lang, Answers: append([]chat.Card{card}, phones...)})
		if err != nil {
			s.cfg.Log.Error("a refusal could not be shown", "component", "web", "error", err)
		}
		writeJSON(v.w, status, answer{Cards: html, Refused: true})
		return
	}
	out := s.view(v, "error")
	out.Code, out.Ref, out.Answers = key, ref, phones
	out.Title = s.cfg.Say(v.lang, "web.error.title")
	// The frame helps to go on; where it cannot be had the sentence stands alone.
	if v.who != "" && status == http.StatusNotFound {
		out.Path = "/"
		if room, err := s.cfg.Desk.Room(context.WithoutCancel(v.ctx()), v.who); err == nil {
			v.enterRoom(out, room)
		}
	}
	if err := s.show(v, status, "page", out); err != nil {
		s.cfg.Log.Error("a refusal could not be shown", "component", "web", "error", err)
		http.Error(v.w, s.cfg.Say(v.lang, key, "reference", ref), status)
	}
}
