package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hikeshi/workflows"
)

// Pages to one person that wait at the same time go out as one message where a platform bounds
// how often a person can be written to. One that was only put off goes with the next that is
// due: each is told a wait of its own, and by that every message would bring a few of them, and
// the others would wait again. Which ones went together is written down with the claim,
// before anything is sent: after a crash the same ones are sent again under the same key, so
// that a front end that looks finds the message that may have arrived.
//
// Those that went together stay together once the message arrived, or may have. As long as it
// surely has not, each is free to go with others.

// most is how many pages one message shows at most: a person reads no more at a glance, and
// a card has its limits.
const most = 30

const (
	// free is a page that no try can have brought.
	free      = `urgent = 1 AND kind = 'page' AND owner = '' AND first_sent = 0 AND resent = 0`
	joinPage  = `UPDATE messages SET joined = $1 WHERE id = $2`
	busyGroup = `SELECT count(*) FROM messages WHERE joined > 0 AND joined = $1 AND id <> $2 AND owner <> '' AND next > $3`
	// What waits for a channel that is there now. One under way ends first.
	hastenMessages = `UPDATE messages SET next = $1, due = $1 WHERE incident = $2 AND person = '' AND next > $1 AND owner = '' AND kind <> 'place' AND means = $3`
)

const leaseMessage = `owner = $1, next = $2, attempt = attempt + 1, leased_revision = revision, leased_attempt = attempt + 1`

func claimPages(d dialect) string {
	return `UPDATE messages SET joined = $5, ` + leaseMessage + ` WHERE id ` +
		d.among(fmt.Sprintf(`SELECT id FROM messages WHERE %s AND next IS NOT NULL AND (next <= $3 OR attempt = 0 AND created <= $3) AND person = $4 AND means = $6 ORDER BY next, id LIMIT %d%s`, free, most-1, d.skipLocked)) +
		` RETURNING ` + messageColumns
}

func partPages(d dialect) string {
	return `UPDATE messages SET joined = 0 WHERE id ` +
		d.among(`SELECT id FROM messages WHERE joined > 0 AND joined = $1 AND `+free+d.skipLocked)
}

// claimGroup takes the others of a message that is tried again, also those whose own turn has not
// come: they stand in it, and a try of their own would bring them in a second one.
func claimGroup(dialect) string {
	return `UPDATE messages SET resent = CASE WHEN owner <> '' AND (first_sent = 0 OR leased_revision = revision) THEN 1 ELSE resent END, ` + leaseMessage +
		` WHERE joined > 0 AND joined = $4 AND id <> $5 AND next IS NOT NULL AND (next <= $3 OR owner = '') AND CASE WHEN first_sent > 0 THEN 1 ELSE 0 END = $6 RETURNING ` + messageColumns
}

// ClaimJoined leases what goes out as one message with a claimed page.
func (d *database) ClaimJoined(ctx context.Context, m workflows.Message, now time.Time, owner string, lease time.Duration) (j workflows.Joined, err error) {
	err = d.write(ctx, func(s statements) (err error) {
		j, err = d.claimJoined(ctx, s, m, now, owner, lease)
		return err
	})
	if errors.Is(err, workflows.ErrUnsure) {
		j, err = d.joinedAfterAll(ctx, m, now, owner, lease)
	}
	if err != nil {
		return workflows.Joined{}, fmt.Errorf("claim joined messages: %w", err)
	}
	return j, nil
}

func (d *database) claimJoined(ctx context.Context, s statements, m workflows.Message, now time.Time, owner string, lease time.Duration) (j workflows.Joined, err error) {
	if m.FirstSent.IsZero() && !m.Resent {
		return d.join(ctx, s, m, now, owner, lease)
	}
	if m.Joined == 0 {
		one := []workflows.Message{m}
		return workflows.Joined{Claimed: one, Shown: one}, nil
	}
	// All of them in one order, so that two who want the same group do not hold a part each.
	group, err := all(ctx, s, d.sql.lockGroup, []any{m.Joined}, scanMessage)
	if err != nil {
		return j, err
	}
	if !slices.ContainsFunc(group, func(x message) bool { return holds(x, m, owner) }) {
		return j, workflows.ErrConflict
	}
	var busy int
	if _, err := row(ctx, s, busyGroup, []any{m.Joined, m.ID, micro(now)}, &busy); err != nil || busy > 0 {
		return workflows.Joined{Busy: true}, err
	}
	others, err := all(ctx, s, d.sql.claimGroup, []any{owner, micro(now.Add(lease)), micro(now), m.Joined, m.ID, flag(!m.FirstSent.IsZero())}, scanMessage)
	if err != nil {
		return j, err
	}
	return together(m, others, group), nil
}

// join claims what is free beside a page that is free.
func (d *database) join(ctx context.Context, s statements, m workflows.Message, now time.Time, owner string, lease time.Duration) (j workflows.Joined, err error) {
	list, err := all(ctx, s, d.sql.lockMessage, []any{m.ID}, scanMessage)
	if err != nil {
		return j, err
	}
	if len(list) == 0 || !holds(list[0], m, owner) {
		return j, workflows.ErrConflict
	}
	// Whoever went with it before and is free, too, may stay behind this time.
	if err := s.later(ctx, d.sql.partPages, m.ID); err != nil {
		return j, err
	}
	others, err := all(ctx, s, d.sql.claimPages, []any{owner, micro(now.Add(lease)), micro(now), string(m.To), m.ID, string(m.Means)}, scanMessage)
	if err != nil {
		return j, err
	}
	number := int64(0)
	if len(others) > 0 {
		number = m.ID
	}
	if m.Joined != number {
		if err := s.later(ctx, joinPage, number, m.ID); err != nil {
			return j, err
		}
	}
	m.Joined = number
	return together(m, others, others), nil
}

// holds reports whether owner has the lease on a row under which it claimed m.
func holds(x message, m workflows.Message, owner string) bool {
	return x.ID == m.ID && x.owner == owner && x.leasedRevision == m.Revision && x.leasedAttempt == m.Attempt
}

// together puts in order what was claimed and what is shown beside it.
func together(m workflows.Message, others, group []message) (j workflows.Joined) {
	j.Claimed = append(plain(others), m)
	j.Shown = slices.Clone(j.Claimed)
	for _, x := range group {
		there := slices.ContainsFunc(j.Shown, func(o workflows.Message) bool { return o.ID == x.ID })
		if !there && x.FirstSent.IsZero() == m.FirstSent.IsZero() {
			j.Shown = append(j.Shown, x.Message)
		}
	}
	byID := func(a, b workflows.Message) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(j.Claimed, byID)
	slices.SortFunc(j.Shown, byID)
	return j
}

// joinedAfterAll looks what a claim has done whose end nobody heard of: what it leased is
// ours, and nobody else takes it before the lease ends.
func (d *database) joinedAfterAll(ctx context.Context, m workflows.Message, now time.Time, owner string, lease time.Duration) (j workflows.Joined, err error) {
	list, err := all(ctx, d.reading(), selectMessage+` WHERE id = $1`, []any{m.ID}, scanMessage)
	if err != nil {
		return j, err
	}
	if len(list) == 0 || !holds(list[0], m, owner) {
		return j, workflows.ErrConflict
	}
	m.Joined = list[0].Joined
	if m.Joined == 0 {
		one := []workflows.Message{m}
		return workflows.Joined{Claimed: one, Shown: one}, nil
	}
	group, err := all(ctx, d.reading(), selectMessage+` WHERE joined > 0 AND joined = $1`, []any{m.Joined}, scanMessage)
	if err != nil {
		return j, err
	}
	ours, err := all(ctx, d.reading(), leasedMessages, []any{owner, micro(now.Add(lease))}, scanMessage)
	if err != nil {
		return j, err
	}
	others := slices.DeleteFunc(ours, func(x message) bool { return x.Joined != m.Joined || x.ID == m.ID })
	if m.FirstSent.IsZero() && !m.Resent {
		group = others // the number may be one of before
	}
	return together(m, others, group), nil
}
