package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// A key that is there is refreshed: a new revision, due at once. What has arrived of it stays
// known, so that it is brought up to date where it stands. A lease in force stays, too:
// the try under way ends first, or the older wording might arrive after the newer.
// A call that has not arrived stays urgent, whatever it is refreshed with.
var insertMessages = &insert{
	into:    `INSERT INTO messages (created, due, next, state, key, kind, incident, person, seq, urgent, day, means) VALUES`,
	shared:  1, // now
	columns: 8,
	row:     `(?1, ?1, ?1, 'pending', ?, ?, ?, ?, ?, ?, ?, ?)`,
	conflict: ` ON CONFLICT (incident, key) DO UPDATE SET kind = excluded.kind, seq = excluded.seq, day = excluded.day,
		urgent = CASE WHEN messages.first_sent = 0 AND messages.urgent = 1 THEN 1 ELSE excluded.urgent END,
		revision = messages.revision + 1, attempt = 0, state = excluded.state, error = '',
		due = excluded.due,
		next = CASE WHEN messages.owner <> '' THEN messages.next ELSE excluded.due END,
		resent = CASE WHEN messages.first_sent = 0 THEN messages.resent ELSE 0 END`,
}

func saveMessages(ctx context.Context, s statements, notices []incident.Notice, at time.Time) error {
	if len(notices) == 0 {
		return nil
	}
	rows := append(make([]any, 0, 1+len(notices)*insertMessages.columns), micro(at))
	for i, n := range notices {
		same := func(o incident.Notice) bool { return o.Key == n.Key && o.Incident == n.Incident }
		if slices.ContainsFunc(notices[i+1:], same) {
			continue // one statement cannot write a row twice; the later notice counts
		}
		urgent := slices.ContainsFunc(notices[:i+1], func(o incident.Notice) bool { return same(o) && o.Urgent })
		rows = append(rows, n.Key, string(n.Kind), string(n.Incident), string(n.To), n.Seq, rank(urgent, n.Last), n.Day, carried(n))
	}
	return insertMessages.run(ctx, s, rows)
}

// carried is the column means: by what a message reaches its person, or behind a sign that no means
// begins with to which further platform's channel it goes. A version that knows of no further
// platform takes that for a means it does not know, and leaves the message to one that does.
func carried(n incident.Notice) string {
	if n.Front != "" {
		return onFront(n.Front)
	}
	return string(n.Means)
}

func onFront(front string) string {
	if front == "" {
		return ""
	}
	return "@" + front
}

// rank is how a message is placed in the queue: the column urgent. Pages come before
// everything, and what is to come last only when nothing else is due.
func rank(urgent, last bool) int64 {
	if last && !urgent {
		return -1
	}
	return flag(urgent)
}

const (
	messageColumns = `id, key, kind, incident, person, seq, urgent, day, created, revision, attempt, state, due,
		owner, leased_revision, leased_attempt, resent, first_sent, last_sent, frontend, sent, error, joined, means`
	selectMessage = `SELECT ` + messageColumns + ` FROM messages`
)

// message is a row: what the program sees of it, and what the queue needs.
type message struct {
	workflows.Message
	due            int64
	owner          string
	leasedRevision int
	leasedAttempt  int
}

func scanMessage(rows rows) (m message, err error) {
	var created, first, last int64
	var urgent, resent int
	err = rows.Scan(&m.ID, &m.Key, &m.Kind, &m.Incident, &m.To, &m.Seq, &urgent, &m.Day, &created, &m.Revision, &m.Attempt, &m.State, &m.due,
		&m.owner, &m.leasedRevision, &m.leasedAttempt, &resent, &first, &last, &m.Frontend, &m.Sent, &m.Error, &m.Joined, &m.Means)
	m.Urgent, m.Last, m.Resent, m.InHand = urgent > 0, urgent < 0, resent != 0, m.owner != ""
	if front, on := strings.CutPrefix(string(m.Means), "@"); on {
		m.Front, m.Means = front, ""
	}
	m.Created, m.FirstSent, m.LastSent = instant(created), instant(first), instant(last)
	return m, err
}

// The latest of those asked for; an ID is older the smaller it is. What a person received
// has an index; what is still on its way to him is looked for among all messages.
const (
	latest           = ` AND id > $1 ORDER BY id DESC LIMIT $2`
	arrived          = ` AND first_sent > 0`
	said             = ` AND kind <> 'place'`
	ofPerson         = selectMessage + ` WHERE person = $3`
	ofPersonIncident = selectMessage + ` WHERE incident = $3 AND person = $4`
	ofChannel        = ofPersonIncident + ` AND means = $5`
	ofIncident       = selectMessage + ` WHERE incident = $3`
)

// Messages lists messages, oldest first. Sent asks for those that have arrived at least
// once, also when a newer wording of them is still on its way.
func (d *database) Messages(ctx context.Context, q workflows.MessageQuery) ([]workflows.Message, error) {
	query, args := ofIncident, []any{q.After, atMost(q.Limit), string(q.Incident)}
	switch {
	case q.All:
	case q.Person != "" && q.Incident == "":
		query, args[2] = ofPerson, string(q.Person)
	case q.Person == "":
		query, args = ofChannel, append(args, "", onFront(q.Front))
	default:
		query, args = ofPersonIncident, append(args, string(q.Person))
	}
	if q.Sent {
		query += arrived
	}
	if !q.Places {
		query += said
	}
	list, err := all(ctx, d.reading(), query+latest, args, scanMessage)
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	slices.Reverse(list)
	return plain(list), nil
}

func plain(list []message) []workflows.Message {
	out := make([]workflows.Message, len(list))
	for i, m := range list {
		out[i] = m.Message
	}
	return out
}

// groupIsFree leaves pages alone that stand in one message with others while one of those is
// in somebody's hands: several servers that hold a part each would all have to give it back.
const groupIsFree = ` AND (joined = 0 OR NOT EXISTS (SELECT 1 FROM messages beside
	WHERE beside.joined > 0 AND beside.joined = messages.joined AND beside.id <> messages.id AND beside.owner <> '' AND beside.next > $3))`

// claimMessages leases due messages of one urgency. A lease that ran out leaves open whether
// its try arrived; with a wording that is known to have arrived and was refreshed since, a
// second try only brings it up to date again.
func claimMessages(d dialect, urgent int) string {
	return fmt.Sprintf(`UPDATE messages SET
		resent = CASE WHEN owner <> '' AND (first_sent = 0 OR leased_revision = revision) THEN 1 ELSE resent END,
		owner = $1, next = $2, attempt = attempt + 1, leased_revision = revision, leased_attempt = attempt + 1
		WHERE id %s RETURNING %s`,
		d.among(fmt.Sprintf(`SELECT id FROM messages WHERE urgent = %d AND next IS NOT NULL AND next <= $3%s ORDER BY next, id LIMIT $4%s`, urgent, groupIsFree, d.skipLocked)),
		messageColumns)
}

// ClaimMessages leases up to n messages that are due: urgent ones first, then by when they
// fell due, and those that come last when nothing else is. Urgent ones have an index of their
// own beside the rest: a pile of others is not looked through for them.
func (d *database) ClaimMessages(ctx context.Context, now time.Time, owner string, lease time.Duration, n int, urgentOnly bool) ([]workflows.Message, error) {
	lanes := []string{d.sql.claimUrgent, d.sql.claimMessages, d.sql.claimLast}
	if urgentOnly {
		lanes = lanes[:1]
	}
	var claimed []message
	err := d.write(ctx, func(s statements) error {
		claimed = nil
		for _, query := range lanes {
			if n <= len(claimed) {
				break
			}
			list, err := all(ctx, s, query, []any{owner, micro(now.Add(lease)), micro(now), int64(n - len(claimed))}, scanMessage)
			if err != nil {
				return err
			}
			slices.SortFunc(list, func(a, b message) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.ID, b.ID)) })
			claimed = append(claimed, list...)
		}
		return nil
	})
	if errors.Is(err, workflows.ErrUnsure) {
		// If it counted, they are ours, and nobody else takes them before the lease ends.
		claimed, err = all(ctx, d.reading(), leasedMessages, []any{owner, micro(now.Add(lease))}, scanMessage)
	}
	if err != nil {
		return nil, fmt.Errorf("claim messages: %w", err)
	}
	return plain(claimed), nil
}

// Asked after an unsure claim only. All ranks are named so that the index is used.
const leasedMessages = selectMessage + ` WHERE urgent IN (-1, 0, 1) AND next = $2 AND owner = $1 ORDER BY urgent DESC, due, id`

const renewMessage = `UPDATE messages SET next = $1 WHERE id = $2 AND owner = $3 AND leased_revision = $4 AND leased_attempt = $5 AND next < $1`

// RenewMessages has the leases on claimed messages run out later. Who lost one does not get it back.
func (d *database) RenewMessages(ctx context.Context, list []workflows.Message, now time.Time, owner string, lease time.Duration) error {
	err := d.write(ctx, func(s statements) error {
		for _, m := range list {
			if err := s.later(ctx, renewMessage, micro(now.Add(lease)), m.ID, owner, int64(m.Revision), int64(m.Attempt)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("renew the lease on message %d: %w", list[0].ID, err)
	}
	return nil
}

const updateMessage = `UPDATE messages SET owner = '', state = $1, due = $2, next = $3, resent = $4,
	first_sent = $5, last_sent = $6, frontend = $7, sent = $8, error = $9, attempt = $10 WHERE id = $11`

// FinishMessage records what became of a claimed message.
func (d *database) FinishMessage(ctx context.Context, m workflows.Message, owner string, res workflows.Sent) error {
	return d.FinishMessages(ctx, []workflows.Message{m}, owner, res)
}

// FinishMessages records what became of the messages that one try has sent. Of those whose
// lease was lost it changes nothing; when that is all of them: workflows.ErrConflict.
func (d *database) FinishMessages(ctx context.Context, list []workflows.Message, owner string, res workflows.Sent) error {
	err := d.write(ctx, func(s statements) error {
		lost := error(nil)
		finished := 0
		for _, m := range list {
			err := finishMessage(ctx, s, d.sql, m, owner, res)
			switch {
			case errors.Is(err, workflows.ErrConflict) || errors.Is(err, workflows.ErrNotFound):
				lost = err
			case err != nil:
				return err
			default:
				finished++
			}
		}
		if finished == 0 {
			return lost
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("finish message %d: %w", list[0].ID, err)
	}
	return nil
}

func (t *tx) FinishMessage(ctx context.Context, m workflows.Message, owner string, res workflows.Sent) error {
	if err := finishMessage(ctx, t.s, t.sql, m, owner, res); err != nil {
		return fmt.Errorf("finish message %d: %w", m.ID, err)
	}
	return nil
}

func finishMessage(ctx context.Context, s statements, sql *queries, m workflows.Message, owner string, res workflows.Sent) error {
	list, err := all(ctx, s, sql.lockMessage, []any{m.ID}, scanMessage)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return workflows.ErrNotFound
	}
	now := list[0]
	if now.owner != owner || now.leasedRevision != m.Revision || now.leasedAttempt != m.Attempt {
		return workflows.ErrConflict
	}
	after, next := finish(now, m.Revision, res)
	err = s.later(ctx, updateMessage, string(after.State), after.due, next, flag(after.Resent),
		micro(after.FirstSent), micro(after.LastSent), after.Frontend, after.Sent, after.Error, int64(after.Attempt), after.ID)
	if err != nil {
		return err
	}
	over := len(res.Then) > 0 && (res.OK || res.Retry.IsZero())
	if over {
		if err := saveMessages(ctx, s, res.Then, res.At); err != nil {
			return err
		}
	}
	return s.notify(ctx, workflows.Changed{Incident: after.Incident, Work: over})
}

const channelWaits = `SELECT count(*) FROM messages WHERE incident = $1 AND person = '' AND next IS NOT NULL AND kind <> 'place' AND means = $2`

// ChannelWaits reports whether anything is still to be said in an incident's channel on a platform.
func (d *database) ChannelWaits(ctx context.Context, id incident.ID, front string) (bool, error) {
	var n int
	if _, err := row(ctx, d.reading(), channelWaits, []any{string(id), onFront(front)}, &n); err != nil {
		return false, fmt.Errorf("count what waits for a channel: %w", err)
	}
	return n > 0, nil
}

// finish says what a row becomes by the result of a try of one revision, and when it is to
// be claimed next; NULL is never. What was refreshed meanwhile stays due, whatever came
// of the try: only what is known to have arrived is kept of it.
func finish(m message, revision int, res workflows.Sent) (message, sql.NullInt64) {
	if res.OK {
		if m.FirstSent.IsZero() {
			m.FirstSent = res.At
		}
		m.LastSent, m.Frontend, m.Sent = res.At, res.Frontend, res.Message
	}
	switch {
	case m.Revision != revision:
		m.Resent = m.FirstSent.IsZero() && (m.Resent || res.Unsure)
		return m, sql.NullInt64{Int64: m.due, Valid: true}
	case res.OK && res.Retry.IsZero():
		m.State, m.Error = workflows.MessageSent, ""
		return m, sql.NullInt64{}
	}
	if res.Waited { // nothing was tried
		m.Attempt--
		m.due = micro(res.Retry)
		return m, sql.NullInt64{Int64: m.due, Valid: true}
	}
	if res.Dropped {
		m.State, m.Error = workflows.MessageDropped, ""
		return m, sql.NullInt64{}
	}
	m.Error = res.Error
	m.Resent = m.Resent || res.Unsure
	if res.Retry.IsZero() {
		m.State = workflows.MessageFailed
		return m, sql.NullInt64{}
	}
	m.due = micro(res.Retry)
	return m, sql.NullInt64{Int64: m.due, Valid: true}
}
