package templates

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"
)

// ICSType is the media type of a calendar (RFC 5545, section 8.1).
const ICSType = "text/calendar; charset=utf-8"

// Calendar is what a calendar program subscribes to: the whole of it is fetched again and again,
// and what is not in it any more is gone there, too.
type Calendar struct {
	Name  string // as the program lists it
	Lang  string // ja or en
	Made  time.Time
	Every time.Duration // how often to look for changes; whole hours
	Dates []Date
}

// Date is one entry of a calendar.
type Date struct {
	UID  string // the same for the same date for ever, and nobody else's (RFC 7986, section 5.3)
	Text string // one line: what a locked telephone shows
	Note string // what whoever opens it reads
	// Day is a whole day, written 2006-01-02; empty: At, an instant, counts.
	Day string
	At  time.Time
	// Open says that it may still turn out not to hold.
	Open     bool
	Sequence int64     // grows with every change
	Changed  time.Time // when it was last changed
	URL      string    // where more can be read, for whoever signs in; empty: nowhere
}

// product names the program that made a calendar (RFC 5545, section 3.7.3).
const product = "-//hikeshi//hikeshi//"

// ICS writes the calendar as RFC 5545 has it. It has no alarms, for those who have to act are
// reminded by the bot; no attendees and no organizer, for these are nobody's meetings (section
// 3.8.4.3); and takes up nobody's time (section 3.8.2.7). A calendar without any component is none
// (section 3.6): one without dates has its time zone.
func (c Calendar) ICS() ([]byte, error) {
	cal := ics.NewCalendar()
	cal.SetProductId(product + strings.ToUpper(c.Lang))
	cal.SetCalscale("GREGORIAN")
	cal.SetMethod(ics.MethodPublish)
	cal.SetName(icsText(c.Name))
	cal.SetXWRTimezone("Asia/Tokyo")
	every := fmt.Sprintf("PT%dH", max(1, int(c.Every.Hours())))
	cal.SetRefreshInterval(every) // RFC 7986, section 5.7
	cal.SetXPublishedTTL(every)   // what Outlook reads in its place

	tokyo := cal.AddTimezone("Asia/Tokyo")
	standard := tokyo.AddStandard()
	standard.SetProperty(ics.ComponentPropertyDtStart, "19700101T000000")
	standard.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), "+0900")
	standard.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), "+0900")
	standard.SetProperty(ics.ComponentProperty(ics.PropertyTzname), "JST")

	for _, d := range c.Dates {
		e := cal.AddEvent(d.UID)
		e.SetDtStampTime(c.Made)
		e.SetSequence(int(d.Sequence))
		e.SetModifiedAt(d.Changed)
		e.SetSummary(icsText(d.Text))
		if d.Note != "" {
			e.SetDescription(icsText(d.Note))
		}
		if d.URL != "" {
			e.SetURL(d.URL)
		}
		e.SetStatus(ics.ObjectStatusConfirmed)
		if d.Open {
			e.SetStatus(ics.ObjectStatusTentative)
		}
		// Whoever shares his calendar with others shares no more of this than he must.
		e.SetClass(ics.ClassificationPrivate)
		e.SetTimeTransparency(ics.TransparencyTransparent)
		if d.Day == "" {
			e.SetStartAt(d.At)
			continue
		}
		day, err := time.Parse(time.DateOnly, d.Day)
		if err != nil {
			return nil, fmt.Errorf("a date of a calendar: %w", err)
		}
		e.SetAllDayStartAt(day)
	}
	var out bytes.Buffer
	if err := cal.SerializeTo(&out, ics.WithNewLine("\r\n")); err != nil {
		return nil, fmt.Errorf("write a calendar: %w", err)
	}
	return out.Bytes(), nil
}

// icsText leaves of a text what may stand in one (RFC 5545, section 3.1: no control characters but
// the tab): valid UTF-8 with one kind of line end.
func icsText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}
