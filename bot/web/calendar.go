package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
)

// Calendars are read by calendar programs, without a session: whoever has a person's address
// reads the days of his notification clocks, and nothing else.
type Calendars interface {
	// Calendar gives what stands at the last part of an address; desk.ErrCalendarUnknown.
	Calendar(ctx context.Context, file string) (desk.CalendarFile, error)
	// MakeCalendar makes the path of a person's new address, in the place of the one that ref
	// names; desk.ErrCalendarOther where he has another one by now.
	MakeCalendar(ctx context.Context, who chat.UserID, ref string) (path string, err error)
	EndCalendar(ctx context.Context, who chat.UserID) error
}

// calendarPattern is the path of an address.
const calendarPattern = desk.PathCalendars + "{file}"

// calendarAgain is when a program may try again that could not be answered.
const calendarAgain = 10 * time.Minute

// calendar answers a calendar program. The address is the secret here, as it is in an answer link:
// it gets into no log, no cache and no other page. Whoever has none that is good learns nothing,
// not even whether there are calendars here; who tries many is slowed down, and a good one is
// always answered.
func (s *Server) calendar(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	from, now := caller(r), time.Now()
	file, err := s.cfg.Calendars.Calendar(r.Context(), r.PathValue("file"))
	if err == nil && s.cfg.SignIn != nil {
		// Who cannot sign in any more reads nothing here either.
		if _, known := s.cfg.SignIn.Known(file.User); !known {
			err = desk.ErrCalendarUnknown
		}
	}
	switch {
	case err == nil:
	case errors.Is(err, desk.ErrCalendarUnknown) && s.calendars.tooMany(from, now):
		h.Set("Retry-After", strconv.Itoa(int(guessesWithin.Seconds())))
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case errors.Is(err, desk.ErrCalendarUnknown):
		s.calendars.missed(from, now)
		w.WriteHeader(http.StatusNotFound)
		return
	case r.Context().Err() != nil:
		return // nobody would see the answer
	default:
		// A program keeps what it has and comes again; an empty calendar would take all away.
		s.cfg.Log.Error("a request failed", "component", "web", "reference", reference(), "route", r.Pattern, "error", err)
		h.Set("Retry-After", strconv.Itoa(int(calendarAgain.Seconds())))
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	h.Set("Content-Type", file.Type)
	// A file and no page, where somebody opens the address in a browser.
	h.Set("Content-Disposition", `attachment; filename="hikeshi.ics"`)
	h.Set("Content-Length", strconv.Itoa(len(file.Body)))
	_, _ = w.Write(file.Body) // whoever asked has gone; he comes again
}

// calendarPressed takes the presses on the page of clocks that make an address and take it back.
// A new address is shown in the answer to the press alone. The same press again, as pressing twice
// and reloading the page send it, makes none and ends none: for a short while it shows the address
// that it made, and afterwards it says how to make another.
func (s *Server) calendarPressed(v *visit) error {
	switch v.r.PostFormValue("do") {
	case "make":
		path, err := s.makeCalendar(v, v.r.PostFormValue("ref"))
		if errors.Is(err, desk.ErrCalendarOther) {
			v.session.keep([]chat.Card{{Tone: chat.Notice, Title: s.cfg.Say(v.lang, "web.calendar.title"), Blocks: []chat.Block{{Text: s.cfg.Say(v.lang, "web.calendar.other")}}}})
			break
		}
		if err != nil {
			return err
		}
		return s.showClocks(v, s.base(v.r)+path)
	case "end":
		if err := s.cfg.Calendars.EndCalendar(v.ctx(), v.who); err != nil {
			return err
		}
	}
	http.Redirect(v.w, v.r, desk.PathClocks, http.StatusSeeOther)
	return nil
}

const (
	// makingTime is how long making an address may take once it was asked for. A browser that sends
	// a press twice gives the first one up: the address must be made, and known, all the same.
	makingTime = 10 * time.Second
	// calendarShownAgain is how long the same press shows its address again: long enough for an
	// impatient finger and a page that did not come.
	calendarShownAgain = 10 * time.Minute
)

// lastCalendar is the address that a browser's last press made. It is kept in memory alone.
type lastCalendar struct {
	mu   sync.Mutex
	ref  string // of the address in whose place it was made
	path string // empty: there is none
	at   time.Time
}

func (c *lastCalendar) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ref, c.path = "", ""
}

// makeCalendar makes an address, or gives the one that the same press has made, as long as it is
// in force. Two presses at the same time wait for each other.
func (s *Server) makeCalendar(v *visit, ref string) (path string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx()), makingTime)
	defer cancel()
	c := &v.session.calendar
	c.mu.Lock()
	defer c.mu.Unlock()
	path, err = s.cfg.Calendars.MakeCalendar(ctx, v.who, ref)
	if err == nil {
		c.ref, c.path, c.at = ref, path, time.Now()
		return path, nil
	}
	if errors.Is(err, desk.ErrCalendarOther) && c.path != "" && c.ref == ref && time.Since(c.at) < calendarShownAgain {
		file, readErr := s.cfg.Calendars.Calendar(ctx, strings.TrimPrefix(c.path, desk.PathCalendars))
		if readErr == nil && file.User == v.who {
			return c.path, nil
		}
	}
	return "", err
}

// base is where these pages are reached: by the address that is set, else as the reader has
// reached them, which knownHost has let in.
func (s *Server) base(r *http.Request) string {
	if s.cfg.PublicURL != "" {
		return strings.TrimRight(s.cfg.PublicURL, "/")
	}
	return "http://" + r.Host
}
