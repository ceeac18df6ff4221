package workflows

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hikeshi/workflows/incident"
)

// The auditor looks after what no command looks after: that every open call has a timer and a
// message, every open incident somebody responsible, and everything that is due somebody who
// does it. What is stored says so by itself, unless a fault of ours, of the database or of a
// hand in it has broken it; then nobody would notice until the morning. It mends what it can
// by the same ways as everything else, and tells the システム管理者 of the rest.

// Audited is what one look has come to.
type Audited struct {
	At       time.Time // UTC
	Open     int       // incidents that were looked at
	Found    []Finding // what is left
	Repaired []Finding
}

// auditing is what a process remembers between two looks.
type auditing struct {
	mu sync.Mutex
	// waited are the rows that were overdue at the last look. Whoever begins after a pause
	// finds a lot that is late and works it off: only what nobody has touched from one look to
	// the next is stuck.
	waited map[DueRow]bool
	told   map[string]bool // by key: known to have been told
}

// auditRounds bounds how often a look mends and looks again. What a repair brings to light is
// mended in the next.
const auditRounds = 4

// Audit looks at everything that is open, mends what it can, and tells who looks after the
// installation of the rest, each finding once a day. Any number of processes may do so at
// once. The error is the database's.
func (s *Service) Audit(ctx context.Context) (Audited, error) {
	s.auditing.mu.Lock()
	defer s.auditing.mu.Unlock()
	a, err := s.audit(ctx)
	if err != nil {
		return Audited{}, fmt.Errorf("audit: %w", err)
	}
	s.observer.Audited(a)
	return a, nil
}

func (s *Service) audit(ctx context.Context) (a Audited, err error) {
	if err := s.fresh(ctx, s.store); err != nil {
		return a, err
	}
	tried := map[string]bool{}
	for range auditRounds {
		a.At = s.Now()
		if a.Found, a.Open, err = s.look(ctx, a.At); err != nil {
			return a, err
		}
		mended := false
		for _, f := range a.Found {
			name := string(f.Kind) + ":" + string(f.Incident) + ":" + f.page.Key + string(f.timer)
			if !f.Kind.Repairable() || tried[name] {
				continue
			}
			tried[name] = true
			switch err := s.repair(ctx, f); {
			case ctx.Err() != nil:
				return a, ctx.Err()
			case err != nil:
				s.log.ErrorContext(ctx, "the audit could not mend what it found", "component", "audit", "kind", string(f.Kind), "incident", string(f.Incident), "error", err)
			default:
				mended = true
				a.Repaired = append(a.Repaired, f)
			}
		}
		if !mended {
			break
		}
	}
	a.Repaired = without(a.Repaired, a.Found)
	for _, f := range a.Repaired {
		s.log.WarnContext(ctx, "the audit mended what it found", "component", "audit", "kind", string(f.Kind), "incident", string(f.Incident))
	}
	stuck, err := s.stuck(ctx, a.At)
	if err != nil {
		return a, err
	}
	a.Found = append(a.Found, stuck...)
	return a, s.tell(ctx, a)
}

// Inspect looks at everything that is open and changes nothing: for who stands beside a
// running server, or has none running. What is overdue only a server can tell.
func (s *Service) Inspect(ctx context.Context) (a Audited, err error) {
	if err := s.fresh(ctx, s.store); err != nil {
		return a, err
	}
	a.At = s.Now()
	a.Found, a.Open, err = s.look(ctx, a.At)
	return a, err
}

// without leaves out what is still found.
func without(repaired, found []Finding) (out []Finding) {
	for _, f := range repaired {
		left := false
		for _, x := range found {
			left = left || x.Kind == f.Kind && x.Incident == f.Incident && x.page.Key == f.page.Key && x.timer == f.timer
		}
		if !left {
			out = append(out, f)
		}
	}
	return out
}

// look judges every open incident. One that cannot be judged keeps no other from it.
func (s *Service) look(ctx context.Context, now time.Time) (found []Finding, open int, err error) {
	rows, err := s.store.OpenRows(ctx)
	if err != nil {
		return nil, 0, err
	}
	dir := s.people.Load()
	var called []incident.Notice
	var keys []MessageKey
	for _, row := range rows {
		if row.Err != nil {
			found = append(found, Finding{Kind: FindingUnreadable, Incident: row.ID})
			continue
		}
		if row.Incident.Newer {
			continue // a server of the newer version looks after it
		}
		rules, err := s.editionOf(ctx, row.Incident, s.store)
		if err != nil {
			return nil, 0, err
		}
		if s.rulesGone(row.Incident) {
			found = append(found, Finding{Kind: FindingEdition, Incident: row.ID})
		}
		found = append(found, judge(row, rules.Paging, s.Clocks(), dir, now)...)
		for _, n := range row.Incident.Calls() {
			called = append(called, n)
			keys = append(keys, MessageKey{n.Incident, n.Key})
		}
	}
	states, err := s.store.MessageStates(ctx, keys)
	if err != nil {
		return nil, 0, err
	}
	for i, state := range states {
		if f, wrong := judgeCall(called[i], state); wrong {
			found = append(found, f)
		}
	}
	return found, len(rows), nil
}

// rulesGone reports whether the edition that an incident began with was looked for and is not
// there, or is not what it was.
func (s *Service) rulesGone(in *incident.Incident) bool {
	e, known := s.editions.get(in.Procedure)
	return known && e == nil
}

// stuck reports what nobody claims. Of a lot that is late the row that has waited longest
// comes first; if it is the same one at two looks, nobody is at work.
func (s *Service) stuck(ctx context.Context, now time.Time) ([]Finding, error) {
	rows, err := s.store.Overdue(ctx, now.Add(-lateClaim))
	if err != nil {
		return nil, err
	}
	before := s.auditing.waited
	s.auditing.waited = map[DueRow]bool{}
	still := false
	for _, r := range rows {
		s.auditing.waited[r] = true
		still = still || before[r]
	}
	if !still {
		return nil, nil
	}
	return []Finding{{Kind: FindingOverdue}}, nil
}

// repair mends one finding, unless somebody else has done so meanwhile.
func (s *Service) repair(ctx context.Context, f Finding) error {
	switch f.Kind {
	case FindingUnled:
		return s.recall(ctx, f.Incident)
	case FindingMeans:
		return s.passOver(ctx, f)
	case FindingTimer, FindingPage:
		mended := false
		err := s.store.Write(ctx, func(tx Tx) (err error) {
			mended, err = s.restore(ctx, tx, f)
			return err
		})
		if errors.Is(err, ErrUnsure) {
			return nil // the next look tells
		}
		if err == nil && mended {
			s.changed(Changed{Incident: f.Incident, Work: true})
		}
		return err
	}
	return nil
}

// restore writes a timer, or a message, anew from the incident as it is now. The row is held
// meanwhile, so that nobody's command comes between.
func (s *Service) restore(ctx context.Context, tx Tx, f Finding) (mended bool, err error) {
	now := s.Now()
	in, err := tx.Incident(ctx, f.Incident)
	if err != nil {
		return false, err
	}
	if in.Phase.Ended() {
		return false, nil
	}
	c := Change{At: now}
	if f.Kind == FindingTimer {
		rules, err := s.editionOf(ctx, in, tx)
		if err != nil {
			return false, err
		}
		row, err := tx.OpenRow(ctx, f.Incident)
		if err != nil {
			return false, err
		}
		for _, t := range timersOf(in, rules.Paging, s.Clocks(), s.people.Load(), now) {
			if t.Kind == f.timer && !keeps(row.timer(t.Kind), t.Due, now) {
				c.Timers = append(c.Timers, t)
			}
		}
		if c.Timers == nil {
			return false, nil
		}
		return true, tx.Save(ctx, c)
	}
	for _, n := range in.Calls() {
		if n.Key != f.page.Key {
			continue
		}
		states, err := tx.MessageStates(ctx, []MessageKey{{n.Incident, n.Key}})
		if err != nil || states[0] != "" {
			return false, err
		}
		c.Messages = []incident.Notice{n}
		return true, tx.Save(ctx, c)
	}
	return false, nil
}

func roundTimer(id incident.ID, due time.Time, round int) Timer {
	return Timer{Key: "round:" + string(id), Kind: TimerRound, Incident: id, Due: due, Round: round}
}

// recall has whoever is to be told of an incident called anew. The key is that of the state
// it was found in: two processes that find it call once, and what a call does not change is
// not called again every minute.
func (s *Service) recall(ctx context.Context, id incident.ID) error {
	in, err := s.store.Incident(ctx, id)
	if err != nil {
		return err
	}
	return s.order(ctx, id, fmt.Sprintf("audit:recall:%s:%d", id, in.Seq), incident.Recall{})
}

// passOver takes a call that was given up for one that did not get through, so that the next
// means or the next person is called.
func (s *Service) passOver(ctx context.Context, f Finding) error {
	means := f.page.Means
	if means == "" {
		means = incident.ByChat
	}
	return s.order(ctx, f.Incident, "audit:means:"+f.page.Key, incident.FailMeans{
		Person: f.page.To, Page: f.page.Seq, Means: means, Why: incident.TroubleRefused,
	})
}

// order carries out a command of the auditor's own.
func (s *Service) order(ctx context.Context, id incident.ID, key string, do incident.Command) error {
	out, err := s.Do(ctx, Command{Key: key, Incident: id, Bot: true, Source: incident.FromTimer, Do: do})
	if err == nil && !out.Accepted() {
		return fmt.Errorf("%s was refused: %s", do.Word(), out.Refusal.Key)
	}
	return err
}
