package discord

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// What stands in the Memory, and until when it can matter:
//
//	form/     what was typed into a form: a week after the last page (form_sheet.go)
//	beckon/   a line in a channel for whom direct messages do not reach: a day (beckon.go)
//	sent/     which message a delivery or a call became: three days (look.go)
//	heard/    how far a direct conversation was heard: an hour for what was missed; it also tells that
//	          there is such a conversation, for as long as somebody is likely to write in it again
//	means/    what a button means that says less than it means, and the question before it: as long
//	          as the card may still be pressed on; id/ is the same of an older version (draw_button.go)
//	lost/     that nothing is to be said in a channel: until its incident has another one
//
// The rest is bounded by what it is about and is never swept: place/ and channel/ by the incidents,
// any of which may be taken up again; dm/ and member/ by the people (whoever has left the server
// must stay known to have been in it: Left); refused/ by the servers; categories, archives and
// threads are one row each.

const (
	// meantFor is how long it is known what a button means: what is looked at once a year is looked
	// at within it, with a month to spare. A card that is drawn again has its row anew (meantFresh);
	// whoever presses on one that is older is told that it cannot be read, and what to do.
	meantFor = 400 * 24 * time.Hour
	// meantFresh is how old a row may be before drawing the button again renews it.
	meantFresh = 30 * 24 * time.Hour
	// besideFor is how long a process of the version before may still run after an update.
	besideFor = 24 * time.Hour
	// heardFor is how long a conversation is looked through for what was missed, after the last word
	// in it.
	heardFor = meantFor
)

// sweep takes away, once an hour, what nobody needs any more. What fails is done the next time.
func (f *Front) sweep(ctx context.Context) {
	for f.config.Memory != nil {
		for _, clean := range []func(context.Context, time.Time) error{f.takeBeckonsAway, f.bringOver, f.forgetMeant, f.forgetHeard, f.forgetLost} {
			if err := clean(ctx, f.clock()); err != nil && ctx.Err() == nil {
				f.log.Warn("what nobody needs any more could not be taken away; trying again", "error", err)
			}
		}
		if !pauseFor(ctx, f.patience.sweep) {
			return
		}
	}
}

// forget forgets the rows under a prefix that are over; what over changes of one is kept.
func (s *sender) forget(ctx context.Context, prefix string, over func(name string, value []byte) (is bool, instead []byte)) error {
	all, err := s.config.Memory.All(ctx, prefix)
	if err != nil {
		return err
	}
	var errs []error
	for name, value := range all {
		if is, instead := over(strings.TrimPrefix(name, prefix), value); is || instead != nil {
			errs = append(errs, s.config.Memory.Remember(ctx, name, instead))
		}
	}
	return errors.Join(errs...)
}

// meant is what stands behind a button, and since when.
type meant struct {
	Is string    `json:"is"`
	At time.Time `json:"at"`
}

// readMeant reads a row of what a button means. Older ones are the text alone; they have no time.
func readMeant(row []byte) meant {
	var m meant
	if json.Unmarshal(row, &m) == nil && !m.At.IsZero() {
		return m
	}
	return meant{Is: string(row)}
}

// forgetMeant forgets what buttons mean that nobody presses on any more.
func (s *sender) forgetMeant(ctx context.Context, now time.Time) error {
	return s.forget(ctx, meantPrefix, func(_ string, row []byte) (bool, []byte) {
		return now.Sub(readMeant(row).At) > meantFor, nil
	})
}

// bringOver writes what an older version knew of buttons as it is written now; one without a time
// is as good as new. The old row stays until no process of that version can need it any more.
func (s *sender) bringOver(ctx context.Context, now time.Time) error {
	var errs []error
	err := s.forget(ctx, oldMeantPrefix, func(short string, row []byte) (bool, []byte) {
		there, err := s.config.Memory.Recall(ctx, meantPrefix+short)
		if err != nil || len(there) > 0 {
			errs = append(errs, err)
			return err == nil && now.Sub(readMeant(there).At) > besideFor, nil
		}
		m := readMeant(row)
		if m.At.IsZero() {
			m.At = now.UTC()
		}
		if there, err = json.Marshal(m); err == nil {
			err = s.config.Memory.Remember(ctx, meantPrefix+short, there)
		}
		errs = append(errs, err)
		return false, nil
	})
	return errors.Join(append(errs, err)...)
}

// forgetHeard forgets how far conversations were heard in which nobody has written for long.
func (s *sender) forgetHeard(ctx context.Context, now time.Time) error {
	return s.forget(ctx, heardPrefix, func(_ string, row []byte) (bool, []byte) {
		return now.Sub(instant(string(row), now)) > heardFor, nil
	})
}

// forgetLost forgets of channels that their incident has another one by now.
func (s *sender) forgetLost(ctx context.Context, _ time.Time) error {
	return s.forget(ctx, lostPrefix, func(id string, _ []byte) (bool, []byte) {
		incident, err := s.config.Memory.Recall(ctx, "channel/"+id)
		if err != nil || len(incident) == 0 {
			return false, nil
		}
		p, err := s.recallPlace(ctx, string(incident))
		return err == nil && p.ID != "" && p.ID != id, nil
	})
}
