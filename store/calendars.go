package store

import (
	"context"
	"fmt"
	"time"

	"hikeshi/workflows"
)

// Calendars stand among the sign-ins: a backup leaves them out, and an older version beside this
// one neither takes them for its own nor removes them before they expire.
const (
	// Should two servers make a calendar for one person at the same instant, one of the two counts.
	selectCalendar = `SELECT ` + signInColumns + ` FROM sign_ins s WHERE digest = $1 AND kind = 'calendar' AND expires > $2
		AND NOT EXISTS (SELECT 1 FROM sign_ins o WHERE o.person = s.person AND o.kind = 'calendar'
			AND (o.created > s.created OR o.created = s.created AND o.digest > s.digest))`
	selectCalendarOf = `SELECT ` + signInColumns + ` FROM sign_ins WHERE person = $1 AND kind = 'calendar' AND expires > $2
		ORDER BY created DESC, digest DESC LIMIT 1`
	touchCalendar = `UPDATE sign_ins SET expires = $3 WHERE digest = $1 AND kind = 'calendar' AND expires > $2`
	endCalendars  = `DELETE FROM sign_ins WHERE person = $1 AND kind = 'calendar'`
)

// Calendar gives a calendar that is in force.
func (d *database) Calendar(ctx context.Context, digest string, now time.Time) (workflows.SignIn, error) {
	return d.calendar(ctx, selectCalendar, digest, now)
}

// CalendarOf gives the calendar of a person that is in force.
func (d *database) CalendarOf(ctx context.Context, person string, now time.Time) (workflows.SignIn, error) {
	return d.calendar(ctx, selectCalendarOf, person, now)
}

func (d *database) calendar(ctx context.Context, query, of string, now time.Time) (x workflows.SignIn, err error) {
	found, err := all(ctx, d.reading(), query, []any{of, micro(now)}, scanSignIn)
	if err != nil {
		return x, fmt.Errorf("read a calendar: %w", err)
	}
	if len(found) == 0 {
		return x, fmt.Errorf("calendar: %w", workflows.ErrNotFound)
	}
	return found[0], nil
}

// SaveCalendar keeps a person's new calendar in the place of every other of his.
func (d *database) SaveCalendar(ctx context.Context, x workflows.SignIn, before string) error {
	err := d.write(ctx, func(s statements) error {
		found, err := all(ctx, s, selectCalendarOf, []any{x.Person, micro(x.Created)}, scanSignIn)
		if err != nil {
			return err
		}
		is := ""
		if len(found) > 0 {
			is = found[0].Digest
		}
		if is != before {
			return workflows.ErrConflict
		}
		if _, err := s.exec(ctx, endCalendars, x.Person); err != nil {
			return err
		}
		return s.later(ctx, insertSignIn, x.Digest, string(x.Kind), x.Person, micro(x.Expires), micro(x.Created))
	})
	if err != nil {
		return fmt.Errorf("save a calendar: %w", err)
	}
	return nil
}

// TouchCalendar lets a calendar that is in force last until another instant.
func (d *database) TouchCalendar(ctx context.Context, digest string, now, expires time.Time) error {
	return d.change(ctx, "prolong a calendar", touchCalendar, digest, micro(now), micro(expires))
}

// DropCalendars ends the calendars of a person.
func (d *database) DropCalendars(ctx context.Context, person string) error {
	return d.change(ctx, "end a calendar", endCalendars, person)
}
