package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/web"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// signIns keeps the links and sessions of the web pages in the database.
type signIns struct{ store workflows.SignIns }

func (s signIns) save(ctx context.Context, kind workflows.SignInKind, digest string, who chat.UserID, now, expires time.Time) error {
	return s.store.SaveSignIn(ctx, workflows.SignIn{Digest: digest, Kind: kind, Person: string(who), Created: now, Expires: expires})
}

// SaveLink keeps a new link. Whatever is over goes with it.
func (s signIns) SaveLink(ctx context.Context, digest string, who chat.UserID, now, expires time.Time) error {
	if err := s.store.SweepSignIns(ctx, now); err != nil {
		return err
	}
	return s.save(ctx, workflows.SignInLink, digest, who, now, expires)
}

func (s signIns) TakeLink(ctx context.Context, digest string, now time.Time) (chat.UserID, bool, error) {
	x, err := s.store.TakeSignIn(ctx, digest, now)
	ok, err := there(err)
	return chat.UserID(x.Person), ok, err
}

func (s signIns) SaveSession(ctx context.Context, digest string, who chat.UserID, now, expires time.Time) error {
	return s.save(ctx, workflows.SignInSession, digest, who, now, expires)
}

func (s signIns) Session(ctx context.Context, digest string, now time.Time) (web.Pass, bool, error) {
	x, err := s.store.Session(ctx, digest, now)
	ok, err := there(err)
	return web.Pass{Who: chat.UserID(x.Person), Begun: x.Created, Expires: x.Expires}, ok, err
}

func (s signIns) Prolong(ctx context.Context, digest string, now, expires time.Time) (bool, error) {
	return there(s.store.TouchSession(ctx, digest, now, expires))
}

func (s signIns) End(ctx context.Context, digest string) error {
	return s.store.DropSignIn(ctx, digest)
}

// there tells what is not found from what could not be looked for.
func there(err error) (bool, error) {
	if errors.Is(err, workflows.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// stillHere lets in nobody whose account of the company's on a chat platform is switched off: that
// is done on the day somebody leaves, the contact list often later, and a session lasts for days.
// Accounts elsewhere are people's own. Who has left a server there is refused where he is on no
// other platform, for he may have left the one and go on with the other.
func (h *house) stillHere(known func(chat.UserID) (string, bool)) func(chat.UserID) (string, bool) {
	return func(who chat.UserID) (string, bool) {
		called, ok := known(who)
		if !ok {
			return called, false
		}
		_, id, _ := strings.Cut(string(who), ":")
		p, _ := h.service.Contacts().Person(incident.PersonID(id))
		gone, there := false, false
		for _, x := range h.platforms {
			account, has := h.named(x, p)
			switch {
			case x.left != nil && x.left(account, p.Email):
				if x.owned {
					return called, false
				}
				gone = true
			case has:
				there = true
			case h.byMail(x, p):
				_, found := x.mails.Known(p.Email)
				there = there || found
			}
		}
		return called, there || !gone
	}
}

// passes are the ways into the web pages of live mode.
func (o *opened) passes() *web.Passes {
	return &web.Passes{
		Register: signIns{o.store}, Now: time.Now,
		Known: func(who chat.UserID) (string, bool) {
			frontend, id, _ := strings.Cut(string(who), ":")
			p, ok := o.service.Contacts().Person(incident.PersonID(id))
			return p.Name, ok && p.Active && who == desk.User(p.ID) && frontend == "web"
		},
	}
}
