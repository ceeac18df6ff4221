package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"time"

	"hikeshi/bot/chat"
)

// A link lives long enough to change from the phone to the desk, and no longer: whoever sees
// it may use it. A session ends after half a day without a request (sessionIdle), and after a
// week in any case.
const (
	linkLives   = 10 * time.Minute
	sessionEnds = 7 * 24 * time.Hour
	// prolongAfter is how often the time of a session that is in use is written down.
	prolongAfter = 10 * time.Minute
)

// Passes are the one-time links and the sessions of live mode. They stand in the database, by
// their digests alone: a restart signs nobody out, it does not matter which of several servers
// answers, and whoever reads the database can sign in with nothing he finds there.
type Passes struct {
	// Register keeps them.
	Register PassRegister
	// Known gives the name of somebody who is on the contact list now. Whoever is not any more
	// is signed out by his next request.
	Known func(who chat.UserID) (name string, ok bool)
	// Now is the machine's clock: a practice clock that is moved must not sign anybody out.
	Now func() time.Time
}

// PassRegister keeps links and sessions. What is over, or was never there, is not found: ok
// is false.
type PassRegister interface {
	SaveLink(ctx context.Context, digest string, who chat.UserID, now, expires time.Time) error
	// TakeLink uses a link up: of several who bring the same one, one gets it.
	TakeLink(ctx context.Context, digest string, now time.Time) (who chat.UserID, ok bool, err error)
	SaveSession(ctx context.Context, digest string, who chat.UserID, now, expires time.Time) error
	Session(ctx context.Context, digest string, now time.Time) (s Pass, ok bool, err error)
	// Prolong lets a session that is not over last longer.
	Prolong(ctx context.Context, digest string, now, expires time.Time) (ok bool, err error)
	End(ctx context.Context, digest string) error
}

// Pass is a session as it is kept.
type Pass struct {
	Who            chat.UserID
	Begun, Expires time.Time
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Link makes a link, a path of these pages, that signs who in once, and says until when.
func (p *Passes) Link(ctx context.Context, who chat.UserID) (path string, expires time.Time, err error) {
	token, now := rand.Text(), p.Now()
	expires = now.Add(linkLives)
	if err := p.Register.SaveLink(ctx, digest(token), who, now, expires); err != nil {
		return "", time.Time{}, fmt.Errorf("make a link to sign in: %w", err)
	}
	return signInPath + "?" + url.Values{"token": {token}}.Encode(), expires, nil
}

// open uses a link up and begins a session.
func (p *Passes) open(ctx context.Context, token string) (id string, who chat.UserID, ok bool, err error) {
	now := p.Now()
	if who, ok, err = p.Register.TakeLink(ctx, digest(token), now); !ok || err != nil {
		return "", "", false, err
	}
	if _, known := p.Known(who); !known {
		return "", "", false, nil
	}
	id = rand.Text()
	if err := p.Register.SaveSession(ctx, digest(id), who, now, now.Add(sessionIdle)); err != nil {
		return "", "", false, err
	}
	return id, who, true, nil
}

// who gives the person of a session. A request of his (use) lets it last longer.
func (p *Passes) who(ctx context.Context, id string, use bool) (chat.UserID, bool, error) {
	key, now := digest(id), p.Now()
	s, ok, err := p.Register.Session(ctx, key, now)
	if err != nil || !ok {
		return "", false, err
	}
	if _, known := p.Known(s.Who); !known {
		return "", false, p.close(ctx, id)
	}
	longest := s.Begun.Add(sessionEnds)
	if !now.Before(longest) {
		return "", false, p.close(ctx, id)
	}
	until := now.Add(sessionIdle)
	if until.After(longest) {
		until = longest
	}
	if use && until.Sub(s.Expires) >= prolongAfter {
		if ok, err = p.Register.Prolong(ctx, key, now, until); err != nil || !ok { // signed out meanwhile
			return "", false, err
		}
	}
	return s.Who, true, nil
}

// close ends a session everywhere.
func (p *Passes) close(ctx context.Context, id string) error {
	if err := p.Register.End(ctx, digest(id)); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}
