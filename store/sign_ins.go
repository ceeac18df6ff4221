package store

import (
	"context"
	"fmt"
	"time"

	"hikeshi/workflows"
)

const (
	signInColumns = `digest, kind, person, expires, created`
	insertSignIn  = `INSERT INTO sign_ins (` + signInColumns + `) VALUES ($1, $2, $3, $4, $5)`
	takeSignIn    = `DELETE FROM sign_ins WHERE digest = $1 AND kind = 'link' RETURNING ` + signInColumns
	selectSession = `SELECT ` + signInColumns + ` FROM sign_ins WHERE digest = $1 AND kind = 'session' AND expires > $2`
	touchSession  = `UPDATE sign_ins SET expires = $3 WHERE digest = $1 AND kind = 'session' AND expires > $2`
	dropSignIn    = `DELETE FROM sign_ins WHERE digest = $1`
	sweepSignIns  = `DELETE FROM sign_ins WHERE expires <= $1`
)

// SaveSignIn keeps a new link or session.
func (d *database) SaveSignIn(ctx context.Context, x workflows.SignIn) error {
	return d.change(ctx, "save a sign-in", insertSignIn, x.Digest, string(x.Kind), x.Person, micro(x.Expires), micro(x.Created))
}

// TakeSignIn uses a link up. The row is removed by the statement that reads it, so that of
// several who bring the same link one gets it.
func (d *database) TakeSignIn(ctx context.Context, digest string, now time.Time) (x workflows.SignIn, err error) {
	var found []workflows.SignIn
	err = d.write(ctx, func(s statements) (err error) {
		found, err = all(ctx, s, takeSignIn, []any{digest}, scanSignIn)
		return err
	})
	if err != nil {
		return x, fmt.Errorf("take a sign-in: %w", err)
	}
	if len(found) == 0 || !found[0].Expires.After(now) {
		return x, fmt.Errorf("sign-in: %w", workflows.ErrNotFound)
	}
	return found[0], nil
}

// Session gives a session that is in force.
func (d *database) Session(ctx context.Context, digest string, now time.Time) (x workflows.SignIn, err error) {
	found, err := all(ctx, d.reading(), selectSession, []any{digest, micro(now)}, scanSignIn)
	if err != nil {
		return x, fmt.Errorf("read a session: %w", err)
	}
	if len(found) == 0 {
		return x, fmt.Errorf("session: %w", workflows.ErrNotFound)
	}
	return found[0], nil
}

// TouchSession lets a session that is in force last until another instant.
func (d *database) TouchSession(ctx context.Context, digest string, now, expires time.Time) error {
	var n int64
	err := d.write(ctx, func(s statements) (err error) {
		n, err = s.exec(ctx, touchSession, digest, micro(now), micro(expires))
		return err
	})
	if err == nil && n == 0 {
		err = workflows.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("prolong a session: %w", err)
	}
	return nil
}

// DropSignIn ends one session, or takes a link back.
func (d *database) DropSignIn(ctx context.Context, digest string) error {
	return d.change(ctx, "end a session", dropSignIn, digest)
}

// SweepSignIns removes what has expired.
func (d *database) SweepSignIns(ctx context.Context, now time.Time) error {
	return d.change(ctx, "remove expired sign-ins", sweepSignIns, micro(now))
}

func scanSignIn(rows rows) (x workflows.SignIn, err error) {
	var expires, created int64
	err = rows.Scan(&x.Digest, &x.Kind, &x.Person, &expires, &created)
	x.Expires, x.Created = instant(expires), instant(created)
	return x, err
}
