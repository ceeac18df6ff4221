package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hikeshi/bot/desk"
)

// room shows one place: an incident's channel, or the reader's own messages.
func (s *Server) room(v *visit) error { return s.place(v, "page") }

// feed is the room again without its frame, for the script to put into the open page.
func (s *Server) feed(v *visit) error { return s.place(v, "parts") }

func (s *Server) place(v *visit, template string) error {
	channel := v.r.URL.Query().Get("c")
	feed, err := s.cfg.Desk.Feed(v.ctx(), v.who, channel)
	if err != nil {
		return err
	}
	room, err := s.cfg.Desk.Room(v.ctx(), v.who)
	if err != nil {
		return err
	}
	out := s.view(v, "room")
	v.enterRoom(out, room)
	out.Feed, out.Channel, out.Title, out.Live = feed, channel, feed.Title, true
	if template == "page" {
		out.Answers = v.session.taken()
	}
	return s.show(v, http.StatusOK, template, out)
}

func (s *Server) list(v *visit) error {
	page, err := s.cfg.Desk.List(v.ctx(), v.who, v.r.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	out := s.view(v, "list")
	v.enterRoom(out, page.Room)
	out.List, out.Live, out.Title = page, true, s.cfg.Say(v.lang, "web.list.title")
	out.Answers = v.session.taken()
	return s.show(v, http.StatusOK, "page", out)
}

func (s *Server) incident(v *visit) error {
	page, err := s.cfg.Desk.Incident(v.ctx(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	out := s.view(v, "incident")
	v.enterRoom(out, page.Room)
	out.Incident, out.Channel, out.Live = page, page.Channel, true
	out.Title = strings.TrimSpace(page.ID + " " + page.Title)
	out.Answers = v.session.taken()
	return s.show(v, http.StatusOK, "page", out)
}

func (s *Server) contacts(v *visit) error {
	page, err := s.cfg.Desk.Contacts(v.ctx(), v.who)
	if err != nil {
		return err
	}
	out := s.view(v, "contacts")
	v.enterRoom(out, page.Room)
	out.Contacts, out.Title = page, s.cfg.Say(v.lang, "web.contacts.title")
	return s.show(v, http.StatusOK, "page", out)
}

func (s *Server) clocks(v *visit) error { return s.showClocks(v, "") }

// showClocks shows the page of clocks, with a calendar's address that was just made.
func (s *Server) showClocks(v *visit, address string) error {
	page, err := s.cfg.Desk.Clocks(v.ctx(), v.who)
	if err != nil {
		return err
	}
	out := s.view(v, "clocks")
	v.enterRoom(out, page.Room)
	out.Clocks, out.Live, out.Title = page, true, s.cfg.Say(v.lang, "web.clocks.title")
	out.Calendars, out.CalendarAddress = s.cfg.Calendars != nil, address
	out.Answers = v.session.taken()
	return s.show(v, http.StatusOK, "page", out)
}

func (s *Server) undelivered(v *visit) error {
	page, err := s.cfg.Desk.Undelivered(v.ctx(), v.who, v.r.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	out := s.view(v, "undelivered")
	v.enterRoom(out, page.Room)
	out.Undelivered, out.Live, out.Title = page, true, s.cfg.Say(v.lang, "web.undelivered.title")
	out.Answers = v.session.taken()
	return s.show(v, http.StatusOK, "page", out)
}

func (s *Server) drafts(v *visit) error {
	page, err := s.cfg.Desk.DraftList(v.ctx(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	out := s.view(v, "drafts")
	v.enterRoom(out, page.Room)
	out.Drafts, out.Live = page, true
	out.Title = strings.TrimSpace(page.ID + " " + s.cfg.Say(v.lang, "web.drafts.title"))
	out.Answers = v.session.taken()
	return s.show(v, http.StatusOK, "page", out)
}

// draft shows a draft to be copied, or hands it out as a file where a format is named.
func (s *Server) draft(v *visit) error {
	kind, format, file := strings.Cut(v.r.PathValue("kind"), ".")
	if file {
		d, err := s.cfg.Desk.DraftFile(v.ctx(), v.who, v.r.PathValue("id"), kind, format)
		if err != nil {
			return err
		}
		return saved(v, d)
	}
	page, err := s.cfg.Desk.DraftCopy(v.ctx(), v.who, v.r.PathValue("id"), kind)
	if err != nil {
		return err
	}
	out := s.view(v, "draft")
	v.enterRoom(out, page.Room)
	out.Draft, out.Live = page, true
	out.Title = strings.TrimSpace(page.ID + " " + page.Name)
	out.Answers = v.session.taken()
	return s.show(v, http.StatusOK, "page", out)
}

// download hands out a document as a file: it is never shown in the browser, where its text
// would run under our own address.
func (s *Server) download(v *visit) error {
	kind, format, ok := strings.Cut(v.r.PathValue("document"), ".")
	if !ok {
		return errNoPage
	}
	d, err := s.cfg.Desk.Download(v.ctx(), v.who, v.r.PathValue("id"), desk.Kind(kind), format)
	if err != nil {
		return err
	}
	return saved(v, d)
}

// register hands out the 台帳 as a file.
func (s *Server) register(v *visit) error {
	d, err := s.cfg.Desk.Register(v.ctx(), v.who)
	if err != nil {
		return err
	}
	return saved(v, d)
}

// saved answers with a file to keep.
func saved(v *visit, d desk.Download) error {
	v.w.Header().Set("Content-Type", d.Type)
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Name}))
	_, _ = v.w.Write(d.Body)
	return nil
}

// alone keeps a file that is opened in spite of everything from running, asking for anything
// and being anybody here.
const alone = "default-src 'none'; frame-ancestors 'none'; sandbox"

// file hands out an attached file. Whatever it is, it is bytes to save: it has no type that a
// browser opens, and the desk has named it so that a double click does not run it.
func (s *Server) file(v *visit) error {
	f, err := s.cfg.Desk.File(v.ctx(), v.who, v.r.PathValue("id"), v.r.PathValue("entry"))
	if errors.Is(err, desk.ErrHarmed) {
		s.refuse(v, http.StatusInternalServerError, "web.error.harmed")
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Body.Close()
	_ = http.NewResponseController(v.w).SetWriteDeadline(time.Now().Add(transferWithin))
	h := v.w.Header()
	h.Set("Content-Security-Policy", alone)
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	if _, err := io.Copy(v.w, f.Body); err != nil {
		s.cfg.Log.Warn("web: a download ended early", "error", err)
		panic(http.ErrAbortHandler) // so that the browser does not take half a file for the whole
	}
	return nil
}

// choose shows whom one can be in practice.
func (s *Server) choose(v *visit) error {
	out := s.view(v, "choose")
	out.Title = s.cfg.Say(v.lang, "web.choose.title")
	out.People = s.cfg.Desk.People(v.lang)
	for i, p := range out.People {
		if p.Roles == "" {
			out.Starter = &out.People[i]
			break
		}
	}
	if out.Path == "/be" || v.r.Method != http.MethodGet {
		out.Path = "/"
	}
	if v.who != "" {
		out.Room = &desk.Room{Me: s.person(v.lang, v)}
	}
	return s.show(v, http.StatusOK, "page", out)
}

// person is the line of who is chosen; empty when the contact list has lost him.
func (s *Server) person(lang string, v *visit) desk.PersonLine {
	for _, p := range s.cfg.Desk.People(lang) {
		if p.User == v.who {
			return p
		}
	}
	return desk.PersonLine{}
}
