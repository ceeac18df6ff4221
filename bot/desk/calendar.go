package desk

import (
	"context"
	"errors"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// PathCalendars is where the addresses of calendars lead; PathCalendar is that of one token.
const PathCalendars = "/calendar/"

// calendarSuffix is what calendar programs expect an address to end in.
const calendarSuffix = ".ics"

// PathCalendar is where a calendar program reads, by a token of workflows.Service.MakeCalendar.
func PathCalendar(token string) string { return PathCalendars + token + calendarSuffix }

// Errors of a calendar address. Whoever brings one learns nothing else.
var (
	// ErrCalendarUnknown as of workflows.
	ErrCalendarUnknown = workflows.ErrCalendarUnknown
	// ErrCalendarOther says that the person has another address by now than the page showed.
	ErrCalendarOther = errors.New("the person has another calendar address by now")
)

// CalendarFile is what a calendar program reads.
type CalendarFile struct {
	User chat.UserID // whose it is
	Type string
	Body []byte
}

// CalendarLine says whether somebody has an address. The address itself is in it nowhere.
type CalendarLine struct {
	Ref  string // names it; empty: he has none
	Made string // a sentence: since when; empty: he has none
}

// calendarEvery is how often programs are asked to look. Some look once a day all the same.
const calendarEvery = time.Hour

// Calendar gives the clocks of the person of an address, by the last part of its path. What is
// settled is not in it: a program takes away what the file does not have, while one that is marked
// CANCELLED would stay in many and go on telling of an incident that its reader may have been taken
// out of. A clock without a day has no place in a calendar. With any error but ErrCalendarUnknown
// nothing is to be shown either.
func (d *Desk) Calendar(ctx context.Context, file string) (CalendarFile, error) {
	token, ok := strings.CutSuffix(file, calendarSuffix)
	if !ok {
		return CalendarFile{}, ErrCalendarUnknown
	}
	reader, err := d.service.ReadCalendar(ctx, token)
	if err != nil {
		return CalendarFile{}, err
	}
	v := d.visit(ctx, User(reader.Person), "")
	if !v.known {
		return CalendarFile{}, ErrCalendarUnknown
	}
	all, err := v.runningClocks(ctx, v.who.ID)
	if err != nil {
		return CalendarFile{}, err
	}
	c := templates.Calendar{Name: v.calendarName(), Lang: v.lang, Made: v.now, Every: calendarEvery}
	changed := map[entryOf]time.Time{}
	for _, r := range all {
		at, read := changed[entryOf{r.in.ID, r.clock.Seq}]
		if !read {
			entry, err := d.service.Entry(ctx, r.in.ID, r.clock.Seq)
			if err != nil {
				return CalendarFile{}, err
			}
			at = entry.At
			changed[entryOf{r.in.ID, r.clock.Seq}] = at
		}
		for _, date := range v.calendarDates(r) {
			date.UID, date.Changed = reader.UID(date.UID)+"@hikeshi", at
			c.Dates = append(c.Dates, date)
		}
	}
	body, err := c.ICS()
	return CalendarFile{User: User(reader.Person), Type: templates.ICSType, Body: body}, err
}

// entryOf is the entry that last changed a clock.
type entryOf struct {
	id  incident.ID
	seq int64
}

func (v voice) calendarName() string {
	if v.service.Practice() {
		return v.say("calendar.name_practice")
	}
	return v.say("calendar.name")
}

// calendarDates are the day a clock aims at and the last one, where these are two. On a locked
// telephone anybody reads what they say: the rule and the incident's number, and nothing that
// somebody typed. Their UID is the name of what they are.
func (v voice) calendarDates(r running) (out []templates.Date) {
	add := func(which, key, open string, d templates.Date) {
		if r.clock.Provisional {
			key = open
		}
		d.UID = strings.Join([]string{string(r.in.ID), string(r.clock.Rule), which}, "\x00")
		d.Text = v.say(key, "clock", v.ruleTitle(r.clock.Rule), "id", string(r.in.ID))
		if v.service.Practice() {
			d.Text = v.say("calendar.practice", "text", d.Text)
		}
		d.Note, d.Open, d.Sequence = v.calendarNote(r.clock), r.clock.Provisional, r.clock.Seq
		out = append(out, d)
	}
	last := templates.Date{}
	if due := r.clock.DueAt.In(incident.Tokyo); !r.clock.DueAt.IsZero() {
		last.Day = due.Format(time.DateOnly)
		if toTheHour(r.clock.Duty) {
			last.Day, last.At = "", r.clock.DueAt
		}
	}
	ends := last.Day != "" || !last.At.IsZero()
	if r.clock.Target != "" && r.clock.Target != last.Day {
		add("target", "calendar.target", "calendar.target_provisional", templates.Date{Day: r.clock.Target})
	}
	if ends {
		add("due", "calendar.due", "calendar.due_provisional", last)
	}
	return out
}

func (v voice) calendarNote(c incident.Clock) string {
	var lines []string
	if c.Provisional {
		lines = append(lines, v.say("clock.provisional_bare"))
	}
	if c.HolidayOpen {
		lines = append(lines, v.say("clocks.holiday"))
	}
	return strings.Join(append(lines, v.say("clocks.advice"), v.say("calendar.where")), "\n")
}

// MakeCalendar makes a new address for a reader, in the place of the one that ref names, and gives
// its path, which nobody can be told again. ErrCalendarOther; workflows.ErrNotFound for who is not
// on the contact list.
func (d *Desk) MakeCalendar(ctx context.Context, who chat.UserID, ref string) (path string, err error) {
	v := d.visit(ctx, who, "")
	if !v.known {
		return "", workflows.ErrNotFound
	}
	token, err := d.service.MakeCalendar(ctx, v.who.ID, ref)
	if errors.Is(err, workflows.ErrConflict) {
		return "", ErrCalendarOther
	}
	if err != nil {
		return "", err
	}
	return PathCalendar(token), nil
}

// EndCalendar takes the address of a reader back.
func (d *Desk) EndCalendar(ctx context.Context, who chat.UserID) error {
	v := d.visit(ctx, who, "")
	if !v.known {
		return workflows.ErrNotFound
	}
	return d.service.EndCalendar(ctx, v.who.ID)
}

func (v *visit) calendarLine() (CalendarLine, error) {
	c, err := v.service.CalendarOf(v.ctx, v.who.ID)
	if err != nil || c.Ref == "" {
		return CalendarLine{}, err
	}
	return CalendarLine{Ref: c.Ref, Made: v.say("calendar.has", "at", v.when(c.Made))}, nil
}
