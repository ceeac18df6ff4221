package discord

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

const (
	// peopleFresh is how long what is known of a person counts as fresh; after it he is asked
	// for again in the background, and what was known is used meanwhile.
	peopleFresh = 15 * time.Minute
	// absentFresh is how long somebody counts as not being in the server.
	absentFresh = time.Minute
	// listAgain is how often everybody we know of is asked for: who left, whose name changed.
	listAgain = time.Hour
)

// person is somebody on Discord, as far as it matters to us.
type person struct {
	ID   string
	Name string // as the server calls him: records are read by others, who do not know nicknames
	Bot  bool
	// Outside says that he is not in the server of the company: he left it, or was never there.
	Outside bool
	// Gone says that the account was deleted.
	Gone  bool
	Roles []string // in the server
}

// people is who is in the server, from memory.
type people struct {
	mu    sync.Mutex
	by    map[string]known
	stale chan string // who is to be asked for again
	came  chan string // who was not known to be in the server until now
}

type known struct {
	person
	at     time.Time
	member bool // he was in the server at some time
}

func newPeople() *people {
	return &people{by: map[string]known{}, stale: make(chan string, 64), came: make(chan string, 64)}
}

func (p *people) keep(who person, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old, met := p.by[who.ID]
	if who.Name == "" {
		who.Name = old.Name // Discord tells nothing of somebody who is gone
	}
	p.by[who.ID] = known{person: who, at: at, member: old.member || !who.Outside}
	if !who.Outside && (old.Outside || !met) {
		select {
		case p.came <- who.ID:
		default: // many are coming; the next look at a channel lets him in
		}
	}
}

func (p *people) get(id string) (known, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k, ok := p.by[id]
	return k, ok
}

// met keeps what a payload says of a member of the server, so that he need not be asked for.
func (s *sender) met(m *discordgo.Member) {
	if m != nil && m.User != nil && isID(m.User.ID) {
		s.people.keep(memberOf(m), time.Now())
	}
}

// learn keeps what is known fresh until ctx ends: of people, and of what was sent lately.
func (s *sender) learn(ctx context.Context) {
	again := time.NewTimer(listAgain)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-s.people.stale:
			if k, _ := s.people.get(id); time.Since(k.at) <= peopleFresh {
				continue // he was asked for meanwhile
			}
			s.refresh(ctx, id)
		case id := <-s.people.came:
			s.hasCome(ctx, id)
		case <-again.C:
			s.people.mu.Lock()
			var ids []string
			for id := range s.people.by {
				ids = append(ids, id)
			}
			s.people.mu.Unlock()
			for _, id := range ids {
				s.refresh(ctx, id)
			}
			if err := s.forgetTries(ctx, time.Now()); err != nil && ctx.Err() == nil {
				s.config.Log.Warn("which messages old deliveries became could not be forgotten", "component", "discord", "error", err)
			}
			again.Reset(listAgain)
		}
	}
}

func (s *sender) refresh(ctx context.Context, id string) {
	if _, err := s.ask(ctx, id); err != nil && !errors.Is(err, chat.ErrGone) && ctx.Err() == nil {
		s.config.Log.Warn("what is known of a person could not be refreshed", "component", "discord", "error", err)
	}
}

// member is a person by his Discord ID. Who is known is given from memory, without waiting;
// who is not in the server has Outside set.
func (s *sender) member(ctx context.Context, id string) (person, error) {
	k, ok := s.people.get(id)
	if !ok {
		return s.ask(ctx, id)
	}
	if time.Since(k.at) > peopleFresh {
		select {
		case s.people.stale <- id:
		default: // many are waiting already
		}
	}
	return k.person, nil
}

// outside says whether somebody is known not to be in the server. He may have come back: then he
// is called again.
func (s *sender) outside(ctx context.Context, id string) bool {
	k, _ := s.people.get(id)
	if k.Outside && time.Since(k.at) > absentFresh {
		if who, err := s.ask(ctx, id); err == nil {
			return who.Outside
		}
	}
	return k.Outside
}

// ask asks Discord for a member of the server. Nobody of that ID is an error that wraps ErrGone.
func (s *sender) ask(ctx context.Context, id string) (person, error) {
	return s.askAt(ctx, turn{patience: -1}, id)
}

func (s *sender) askAt(ctx context.Context, t turn, id string) (person, error) {
	if !isID(id) {
		return person{}, noSuchUser
	}
	var m discordgo.Member
	err := s.api.do(ctx, t, "GET", "guilds/"+url.PathEscape(s.config.Guild)+"/members/"+id, nil, &m)
	who := person{ID: id}
	switch {
	case refused(err, codeUnknownMember):
		who.Outside = true
		s.recallMember(ctx, id)
	case refused(err, codeUnknownUser):
		who.Outside, who.Gone = true, true
	case err != nil:
		return person{}, err
	case m.User == nil || m.User.ID != id:
		return person{}, errors.New("discord members: another person than was asked for")
	default:
		who = memberOf(&m)
	}
	s.people.keep(who, time.Now())
	return who, nil
}

// noSuchUser is a refusal of our own: an ID that no person of Discord can have.
var noSuchUser = &refusal{route: route{kind: "GET guilds/*/members/*"}, status: 404, code: codeUnknownUser}

func personOf(u *discordgo.User, nick string) person {
	who := person{ID: u.ID, Bot: u.Bot || u.System}
	for _, n := range []string{nick, u.GlobalName, u.Username} {
		if n = strings.TrimSpace(n); n != "" {
			who.Name = n
			break
		}
	}
	return who
}

// memberOf is somebody in the server.
func memberOf(m *discordgo.Member) person {
	who := personOf(m.User, m.Nick)
	who.Roles = m.Roles
	return who
}

// lately is who somebody is by what Discord said within the last minute: a right that he may have
// lost rests on it.
func (s *sender) lately(ctx context.Context, id string) (person, error) {
	if k, ok := s.people.get(id); ok && time.Since(k.at) < absentFresh {
		return k.person, nil
	}
	return s.ask(ctx, id)
}

// surely is lately for somebody who would lose by it what he has typed, or that he answers a call:
// Discord is asked together with the pages, and again, until ctx ends. As with a first answer, the
// connection of the first try may be dead.
func (s *sender) surely(ctx context.Context, first time.Duration, id string) (who person, err error) {
	if k, ok := s.people.get(id); ok && time.Since(k.at) < absentFresh {
		return k.person, nil
	}
	err = repeated(ctx, func(n int) error {
		try, cancel := ctx, context.CancelFunc(func() {})
		if n == 0 {
			try, cancel = context.WithTimeout(ctx, first)
		}
		defer cancel()
		var err error
		who, err = s.askAt(try, turn{urgent: true, apart: n > 0, patience: -1}, id)
		return err
	})
	return who, err
}

func userID(id string) chat.UserID { return chat.UserID(name + ":" + id) }

// discordUser is the Discord ID in a UserID of ours.
func discordUser(id chat.UserID) (string, bool) {
	user, ok := strings.CutPrefix(string(id), name+":")
	return user, ok && isID(user)
}

// identity is who the bot is.
type identity struct {
	User        string
	Application string
}

// auth is who the bot is. It is asked once.
func (s *sender) auth(ctx context.Context) (identity, error) {
	s.mu.Lock()
	known := s.identity
	s.mu.Unlock()
	if known.User != "" {
		return known, nil
	}
	var me discordgo.User
	if err := s.api.do(ctx, turn{patience: -1}, "GET", "users/@me", nil, &me); err != nil {
		return identity{}, err
	}
	var app struct {
		ID string `json:"id"`
	}
	if err := s.api.do(ctx, turn{patience: -1}, "GET", "applications/@me", nil, &app); err != nil {
		return identity{}, err
	}
	known = identity{User: me.ID, Application: app.ID}
	s.mu.Lock()
	s.identity = known
	s.mu.Unlock()
	return known, nil
}
