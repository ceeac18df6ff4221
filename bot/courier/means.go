package courier

import (
	"context"
	"errors"
	"sync"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// A call that does not get through by one means goes on by the next at once, and not only when
// somebody has waited in vain for an answer. The message that failed goes on being tried all the
// same: it may bring more than the others.

const (
	// slowAfter is how long a try of a page may go without an answer until the next means is
	// taken beside it. A platform that works answers within a second or two.
	slowAfter = 5 * time.Second
	// lateAfter is how late in all a page may be for being put off.
	lateAfter = 10 * time.Second
	// closedWait is how often it is looked whether a platform is still marked as compromised.
	// Lifting the mark brings out within that time what may not go out meanwhile.
	closedWait = 20 * time.Second
)

// errClosed says that nothing may go out by a front end.
var errClosed = errors.New("the platform is marked as compromised")

// untilOpen is when it is looked again. All that waits for it is due at the same instant, and so
// comes in the order in which it was said.
func untilOpen(now time.Time) time.Time { return now.Truncate(closedWait).Add(closedWait) }

// told remembers of which messages it was recorded that their means has failed, so that not each
// of their many tries asks the database. After a restart it is asked once more.
type told struct {
	mu sync.Mutex
	of map[int64]bool
}

func (t *told) is(id int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[id]
}

func (t *told) note(id int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[int64]bool{}
	}
	t.of[id] = true
}

func (t *told) over(id int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.of, id)
}

// meansFailed has the calls among some messages go on by other means. It is done before what
// became of the try is recorded: a crash between the two brings the try again. A call that gets
// nobody out of bed (level 0) goes on by the next means when it is given up, and not before.
func (c *Courier) meansFailed(ctx context.Context, list []workflows.Message, why incident.MeansTrouble, givenUp bool) error {
	var faults []error
	for _, m := range list {
		calls := m.Calls() || givenUp && m.Kind == incident.NoticePage && m.To != "" && m.FirstSent.IsZero()
		if !calls || c.told.is(m.ID) {
			continue
		}
		if err := c.Service.MeansFailed(context.WithoutCancel(ctx), m, why); err != nil {
			c.Log.Error("a call could not be passed on to another means", "component", "courier", "message", m.ID, "error", err)
			faults = append(faults, err)
			continue
		}
		c.told.note(m.ID)
	}
	return errors.Join(faults...)
}

// late gives the calls among some messages that would be too late when they are due again.
func late(list []workflows.Message, due time.Time) (out []workflows.Message) {
	for _, m := range list {
		if m.Calls() && due.Sub(m.Created) > lateAfter {
			out = append(out, m)
		}
	}
	return out
}

// trouble says in a word why a try failed.
func trouble(err error) incident.MeansTrouble {
	switch {
	case isOurs(err):
		return incident.TroubleOurs
	case errors.Is(err, chat.ErrGone):
		return incident.TroubleUnreachable
	case unsure(err):
		return incident.TroubleSlow
	}
	return incident.TroubleRefused
}

// word has a delivery say what some messages say, as things are now. Mail and phone pages say
// no more than that somebody is called.
func (c *Courier) word(ctx context.Context, d *chat.Delivery, shown []workflows.Message) (err error) {
	switch m := shown[0]; {
	case besideChat(m):
		d.Call, err = c.Call(ctx, shown...)
	case len(shown) > 1:
		d.Card, err = c.RenderJoined(ctx, shown)
	default:
		d.Card, err = c.Render(ctx, m)
	}
	return err
}

// besideChat reports whether a message is a page that goes by mail or phone.
func besideChat(m workflows.Message) bool {
	return m.Kind == incident.NoticePage && m.By() != incident.ByChat
}

// visible is nil while a page is to be shown to its person.
func (c *Courier) visible(ctx context.Context, m workflows.Message) error {
	if besideChat(m) {
		_, err := c.Service.Called(ctx, m)
		return err
	}
	_, _, err := c.Service.ForMessage(ctx, m)
	return err
}
