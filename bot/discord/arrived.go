package discord

import (
	"context"
	"time"

	"hikeshi/bot/chat"
)

// Who has come into the server, and who has left it. Discord tells neither without an intent of its
// own, so that both are learned by what people do and by asking.

// hasCome has the channels looked at in which somebody is missing who is in the server by now, and
// remembers that he was there.
func (s *sender) hasCome(ctx context.Context, id string) {
	if err := s.rememberMember(ctx, id); err != nil && ctx.Err() == nil {
		s.config.Log.Warn("that somebody is in the server could not be remembered", "component", "discord", "error", err)
	}
	if s.config.Arrived == nil {
		return
	}
	if err := s.config.Arrived(ctx, userID(id)); err != nil && ctx.Err() == nil {
		s.config.Log.Warn("the channels in which somebody was missing could not be looked at", "component", "discord", "error", err)
	}
}

func (s *sender) rememberMember(ctx context.Context, id string) error {
	if s.config.Memory == nil {
		return nil
	}
	if b, err := s.config.Memory.Recall(ctx, "member/"+id); err != nil || len(b) > 0 {
		return err
	}
	return s.config.Memory.Remember(ctx, "member/"+id, []byte(time.Now().UTC().Format(time.DateOnly)))
}

// recallMember looks whether somebody who is not in the server was in it, before a restart too.
func (s *sender) recallMember(ctx context.Context, id string) {
	if s.config.Memory == nil {
		return
	}
	b, err := s.config.Memory.Recall(ctx, "member/"+id)
	if err != nil || len(b) == 0 {
		return
	}
	s.people.mu.Lock()
	defer s.people.mu.Unlock()
	k := s.people.by[id]
	k.member = true
	s.people.by[id] = k
}

// leftWithin is how long whoever opens a web page waits for whether he has come back.
const leftWithin = time.Second

// Left says whether somebody has left the server, or deleted his account. Who was never there has
// not left. Who counts as outside is asked for anew, for he may have come back a moment ago.
func (s *sender) Left(id chat.UserID) bool {
	user, ok := discordUser(id)
	if !ok {
		return false
	}
	k, met := s.people.get(user)
	switch {
	case k.Outside && k.member && time.Since(k.at) > absentFresh:
		ctx, cancel := context.WithTimeout(context.Background(), leftWithin)
		defer cancel()
		s.refresh(ctx, user)
		k, _ = s.people.get(user)
	case !met, time.Since(k.at) > peopleFresh:
		select {
		case s.people.stale <- user:
		default: // many are waiting already
		}
	}
	return k.Gone || k.Outside && k.member
}
