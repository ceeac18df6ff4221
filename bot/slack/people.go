package slack

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

const (
	// peopleFresh is how long what is known of a person counts as fresh; after it he is asked
	// for again in the background, and what was known is used meanwhile.
	peopleFresh = 15 * time.Minute
	// absentFresh is how long a mail address counts as nobody's.
	absentFresh = time.Minute
	// listAgain is how often everybody is asked for: who left, who joined, whose address changed.
	listAgain = time.Hour
	// refusedAgain is how soon it is asked again whether Slack takes the bot's token by now.
	refusedAgain = time.Minute
	// listPage is how many Slack recommends for a page of users.list.
	listPage = 200
)

// person is somebody of the workspace, as far as it matters to us.
type person struct {
	ID    string
	Name  string // his full name: records are read by others, who do not know nicknames
	Email string // lower case, and only where Slack has verified it: else anybody could claim a colleague's
	Bot   bool
	Guest bool // of one channel or several
	Gone  bool // the account is switched off
	// Outside says that he belongs to another workspace (Slack Connect).
	Outside bool
}

// people is who is in the workspace, from memory.
type people struct {
	mu      sync.Mutex
	by      map[string]known
	mails   map[string]string    // verified address → user
	absent  map[string]time.Time // address → when nobody had it
	stale   chan string          // who is to be asked for again
	refused time.Time            // since when Slack does not take the bot's token; zero: it does
	taken   bool                 // Slack has taken it once
}

type known struct {
	person
	at time.Time
}

func newPeople() *people {
	return &people{by: map[string]known{}, mails: map[string]string{}, absent: map[string]time.Time{}, stale: make(chan string, 64)}
}

func (p *people) keep(who person, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.by[who.ID]
	if old.Email != "" && p.mails[old.Email] == who.ID {
		delete(p.mails, old.Email)
	}
	if who.Gone && who.Email == "" { // Slack tells less of an account that is switched off
		who.Email = old.Email
	}
	p.by[who.ID] = known{person: who, at: at}
	if who.Email != "" && !who.Gone {
		p.mails[who.Email] = who.ID
		delete(p.absent, who.Email)
	}
}

func (p *people) get(id string) (known, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k, ok := p.by[id]
	return k, ok
}

// learn keeps what is known of the people of the workspace fresh until ctx ends. It asks for
// everybody at the start, so that a known person is never waited for.
func (s *sender) learn(ctx context.Context) {
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-s.people.stale:
			if k, _ := s.people.get(id); time.Since(k.at) <= peopleFresh {
				continue // he was asked for meanwhile
			}
			if _, err := s.ask(ctx, id); err != nil && ctx.Err() == nil {
				s.config.Log.Warn("what is known of a person could not be refreshed", "component", "slack", "error", err)
			}
		case <-again.C:
			wait := listAgain
			err := s.listPeople(ctx)
			if s.people.token(err, time.Now()) {
				var r *refusal
				_ = errors.As(err, &r) // it is one
				s.tokenRefused(s.config.Log.With("component", "slack"), settingBotToken, r.code)
				wait = refusedAgain
			} else if err == nil {
				s.refusals.Over(settingBotToken)
			} else if err != nil && ctx.Err() == nil {
				s.config.Log.Warn("the people of the workspace could not be listed; each is asked for when he comes", "component", "slack", "error", err)
				wait = peopleFresh
			}
			again.Reset(wait)
		}
	}
}

// deadToken are the codes of a token that opens nothing (Slack, method auth.test).
var deadToken = []string{"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type"}

// token remembers whether Slack takes the bot's token, as the end of a call shows.
func (p *people) token(err error, at time.Time) (refused bool) {
	var r *refusal
	refused = errors.As(err, &r) && slices.Contains(deadToken, r.code)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !refused && err == nil:
		p.refused, p.taken = time.Time{}, true
	case refused && p.refused.IsZero():
		p.refused = at
	}
	return refused
}

func (p *people) refusedSince() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused
}

// everTaken reports whether Slack has taken the bot's token since the start.
func (p *people) everTaken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

// The settings that hold our tokens, as the log names them.
//
//nolint:gosec // G101: names, not secrets
const (
	settingBotToken = "SLACK_BOT_TOKEN"
	settingAppToken = "SLACK_APP_TOKEN"
)

// tokenRefused tells that Slack does not take a token: in the log once in a while, for the
// refusal stays the same until somebody has mended it.
func (s *sender) tokenRefused(log *slog.Logger, setting, code string) {
	if !s.refusals.Due(setting, code, time.Now()) {
		return
	}
	log.Error("Slack refuses a token: set the right one and start again; hikeshi doctor says where it is found", "setting", setting, "reason", code)
	key := "slack.check.token_refused"
	if setting == settingAppToken {
		key = socketFault(code)
	}
	if s.config.Refused != nil {
		s.config.Refused(key, "code", code)
	}
}

func (s *sender) listPeople(ctx context.Context) error {
	me, err := s.auth(ctx)
	if err != nil {
		return err
	}
	page := s.client.GetUsersPaginated(sl.GetUsersOptionLimit(listPage), sl.GetUsersOptionIncludeLocale(false))
	for {
		var done bool
		err := s.call(ctx, turn{method: "users.list", patience: -1}, func(ctx context.Context) error {
			next, err := page.Next(ctx)
			if done = next.Done(err); done {
				return nil
			}
			if err == nil {
				page = next
			}
			return err
		})
		if later := (*chat.Later)(nil); errors.As(err, &later) {
			continue // the next turn is after what Slack asked for
		}
		if err != nil || done {
			return err
		}
		at := time.Now()
		for _, u := range page.Users {
			s.people.keep(personOf(u, me), at)
		}
	}
}

// user is a person by his Slack ID. Who is known is given from memory, without waiting.
func (s *sender) user(ctx context.Context, id string) (person, error) {
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

// ask asks Slack for a person.
func (s *sender) ask(ctx context.Context, id string) (person, error) {
	me, err := s.auth(ctx)
	if err != nil {
		return person{}, err
	}
	var u *sl.User
	err = s.call(ctx, turn{method: "users.info", patience: -1}, func(ctx context.Context) (err error) {
		u, err = s.client.GetUserInfoContext(ctx, id, sl.GetUserInfoOptionIncludeLocale(false))
		return err
	})
	if err != nil {
		return person{}, err
	}
	who := personOf(*u, me)
	s.people.keep(who, time.Now())
	return who, nil
}

// Email is the verified address of a person, from memory; empty where there is none, or he
// is of another workspace: there, who verified it is not ours to know.
func (s *sender) Email(id chat.UserID) string {
	user, ok := slackUser(id)
	if !ok {
		return ""
	}
	k, _ := s.people.get(user)
	if k.Outside || k.Bot || k.Gone {
		return ""
	}
	return k.Email
}

// Left says whether somebody's account is switched off, as far as is known: that of an ID, or,
// without one, every account that had a verified mail address.
func (s *sender) Left(id chat.UserID, email string) bool {
	s.people.mu.Lock()
	defer s.people.mu.Unlock()
	if user, ok := slackUser(id); ok {
		return s.people.by[user].Gone
	}
	email, left := strings.ToLower(strings.TrimSpace(email)), false
	if email == "" {
		return false
	}
	for _, k := range s.people.by {
		switch {
		case k.Email != email:
		case !k.Gone:
			return false
		default:
			left = true
		}
	}
	return left
}

// Known is the person with a verified mail address, from memory.
func (s *sender) Known(email string) (chat.UserID, bool) {
	s.people.mu.Lock()
	defer s.people.mu.Unlock()
	id, ok := s.people.mails[strings.ToLower(strings.TrimSpace(email))]
	who := s.people.by[id].person
	return userID(id), ok && !who.Gone && !who.Bot && !who.Outside
}

// Find is the person with a verified mail address. Nobody is an error that wraps ErrGone.
func (s *sender) Find(ctx context.Context, email string) (chat.UserID, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	s.people.mu.Lock()
	id, ok := s.people.mails[email]
	who := s.people.by[id].person
	absent, missed := s.people.absent[email]
	s.people.mu.Unlock()
	nobody := &refusal{method: "users.lookupByEmail", code: "users_not_found"}
	switch {
	case email == "", missed && time.Since(absent) < absentFresh:
		return "", nobody
	case ok && !who.Gone && !who.Bot && !who.Outside:
		return userID(id), nil
	}
	me, err := s.auth(ctx)
	if err != nil {
		return "", err
	}
	var u *sl.User
	err = s.call(ctx, turn{method: "users.lookupByEmail", patience: callTimeout}, func(ctx context.Context) (err error) {
		u, err = s.client.GetUserByEmailContext(ctx, email)
		return err
	})
	if err != nil && !errors.Is(err, chat.ErrGone) {
		return "", err
	}
	if err == nil {
		who = personOf(*u, me)
		s.people.keep(who, time.Now())
	}
	if err != nil || who.Email != email || who.Gone || who.Bot || who.Outside {
		s.people.mu.Lock()
		s.people.absent[email] = time.Now()
		s.people.mu.Unlock()
		return "", nobody
	}
	return userID(who.ID), nil
}

func personOf(u sl.User, me identity) person {
	who := person{
		ID: u.ID, Bot: u.IsBot || u.IsWorkflowBot || u.IsConnectorBot || u.ID == "USLACKBOT",
		Guest: u.IsRestricted || u.IsUltraRestricted, Gone: u.Deleted,
		Outside: u.IsStranger || !ours(u, me),
	}
	for _, n := range []string{u.Profile.RealName, u.RealName, u.Profile.DisplayName, u.Name} {
		if n = strings.TrimSpace(n); n != "" {
			who.Name = n
			break
		}
	}
	if u.IsEmailConfirmed {
		who.Email = strings.ToLower(strings.TrimSpace(u.Profile.Email))
	}
	return who
}

// ours says whether somebody is of our workspace: of its team, or, where an organisation owns
// several workspaces, a member of ours.
func ours(u sl.User, me identity) bool {
	if u.TeamID == "" || me.Team == "" || u.TeamID == me.Team {
		return true
	}
	for _, team := range u.Enterprise.Teams {
		if team == me.Team {
			return true
		}
	}
	return me.Enterprise != "" && u.TeamID == me.Enterprise
}

func userID(id string) chat.UserID { return chat.UserID(name + ":" + id) }

// slackUser is the Slack ID in a UserID of ours.
func slackUser(id chat.UserID) (string, bool) {
	user, ok := strings.CutPrefix(string(id), name+":")
	return user, ok && user != ""
}
