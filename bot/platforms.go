package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/discord"
	"hikeshi/bot/slack"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// chatPlatform is a chat platform that is set up. All of the program that has to do with one goes
// through the list of them, which is in the order in which people are called by them.
type chatPlatform struct {
	front front
	// listed is the ID that the contact list gives somebody there; empty: none.
	listed func(contact.Person) string
	// mails knows people by their verified mail addresses; nil: the platform does not.
	mails mails
	// left reports whether somebody's account is switched off, or is not there any more; nil: the
	// platform does not say.
	left func(account chat.UserID, email string) bool
	// owned says that accounts there are the company's: it switches one off when somebody leaves.
	owned bool
	// changed shows anew what the change of an incident has changed beside its messages; nil: there
	// is nothing of that kind.
	changed func(channel string)
	// use sets whom the front end asks.
	use func(*desk.Desk)
}

// front is what the front end of a chat platform does.
type front interface {
	chat.Joiner
	chat.Keeper
	// Run takes in what people do there, until ctx ends.
	Run(ctx context.Context) error
	// Live reports whether the platform reaches us and lets us answer, and since when that is so;
	// zero: it never did.
	Live() (ok bool, since time.Time)
	// Holds reports whether somebody is in an incident's channel.
	Holds(ctx context.Context, channel string, u chat.UserID) (bool, error)
}

// mails finds people of a platform by mail addresses that it has verified.
type mails interface {
	// Find asks the platform; nobody is an error that wraps chat.ErrGone.
	Find(ctx context.Context, email string) (chat.UserID, error)
	// Known and Email are from memory: what is not known is not asked for.
	Known(email string) (chat.UserID, bool)
	Email(u chat.UserID) string
}

func (x chatPlatform) name() string { return x.front.Name() }

// platforms are the names of the chat platforms that are set up, in the order of the list.
func (s settings) platforms() (names []string) {
	if s.slack() {
		names = append(names, frontendSlack)
	}
	if s.discord() {
		names = append(names, frontendDiscord)
	}
	return names
}

// inUse is the same without what practice leaves alone.
func (s settings) inUse() settings {
	if s.slackUnused() {
		s = s.withoutSlack()
	}
	if s.discordUnused() {
		s = s.withoutDiscord()
	}
	return s
}

// join makes the front ends of the chat platforms that are set up.
func (p *program) join(h *house) error {
	if p.settings.slack() {
		c := p.slackConfig(h.say)
		c.Memory, c.Log, c.Limits = h.service.Memory(frontendSlack), h.log, p.slackLimits
		c.Refused = h.tellRefused
		s, err := slack.New(c)
		if err != nil {
			return err
		}
		h.slack = s
		h.platforms = append(h.platforms, chatPlatform{
			front: s, mails: s, left: s.Left, owned: true, changed: s.Changed, listed: func(p contact.Person) string { return p.SlackID },
			use: func(d *desk.Desk) { s.Use(d) },
		})
	}
	if p.settings.discord() {
		c := p.discordConfig(h.say)
		c.Memory, c.Log, c.Limits = h.service.Memory(frontendDiscord), h.log, p.discordLimits
		c.Refused = h.tellRefused
		c.Vacated = func(ctx context.Context, channel string) error {
			x, _ := h.platform(frontendDiscord)
			return h.withoutExcluded(ctx, x, incident.ID(strings.ToUpper(channel)))
		}
		c.Arrived = func(ctx context.Context, who chat.UserID) error {
			_, id, _ := strings.Cut(string(who), ":")
			person, listed := h.service.ByAccount(frontendDiscord, id)
			if !listed {
				return nil
			}
			return h.service.Arrived(ctx, person, frontendDiscord)
		}
		d, err := discord.New(c)
		if err != nil {
			return err
		}
		h.platforms = append(h.platforms, chatPlatform{
			front: d, listed: func(p contact.Person) string { return p.DiscordID },
			left: func(account chat.UserID, _ string) bool { return d.Left(account) },
			use:  func(to *desk.Desk) { d.Use(to) },
		})
	}
	return nil
}

// platform is the one of a name; ok is false for one that is not set up.
func (h *house) platform(name string) (chatPlatform, bool) {
	i := slices.IndexFunc(h.platforms, func(x chatPlatform) bool { return x.name() == name })
	if i < 0 {
		return chatPlatform{}, false
	}
	return h.platforms[i], true
}

// platformOf is where a user's account is.
func (h *house) platformOf(u chat.UserID) (chatPlatform, bool) {
	name, _, _ := strings.Cut(string(u), ":")
	return h.platform(name)
}

// email is the verified mail address of a user, from memory; empty where there is none.
func (h *house) email(u chat.UserID) string {
	if x, ok := h.platformOf(u); ok && x.mails != nil {
		return x.mails.Email(u)
	}
	return ""
}

// named is the account that is known to be somebody's on a platform without looking for it: by the
// contact list, or by a link.
func (h *house) named(x chatPlatform, p contact.Person) (chat.UserID, bool) {
	id := x.listed(p)
	if id == "" {
		id, _ = h.service.Account(p.ID, x.name())
	}
	return chat.UserID(x.name() + ":" + id), id != ""
}

// byMail reports whether somebody may be looked for on a platform by his mail address: it is nobody
// else's in the list.
func (h *house) byMail(x chatPlatform, p contact.Person) bool {
	return x.mails != nil && p.Email != "" && onlyOne(h.service.Contacts(), p.Email)
}

// account finds a person on a platform: by the account that is known to be his, else by a mail
// address that the platform has verified. Who reported without being listed is known by his ID on
// the platform itself. ErrGone: he has no account there, or is not listed any more.
func (h *house) account(ctx context.Context, x chatPlatform, id incident.PersonID) (chat.UserID, error) {
	if on, ok := h.platformOf(chat.UserID(id)); ok {
		if on.name() != x.name() {
			return "", fmt.Errorf("somebody of another platform: %w", chat.ErrGone)
		}
		return chat.UserID(id), nil
	}
	p, ok := h.service.Contacts().Person(id)
	if !ok || !p.Active {
		return "", fmt.Errorf("somebody who is not on the contact list: %w", chat.ErrGone)
	}
	if u, ok := h.named(x, p); ok {
		return u, nil
	}
	if !h.byMail(x, p) {
		return "", fmt.Errorf("somebody without an account: %w", chat.ErrGone)
	}
	return x.mails.Find(ctx, p.Email)
}

// wayTo is a platform on which a person may be called.
type wayTo struct {
	chatPlatform
	// user is his account there; empty: it has to be looked for by mail.
	user chat.UserID
	// shut says that nothing may go out by it, deaf that nothing gets through.
	shut, deaf bool
}

// reaches lists where a message to a person may go, the best first, and asks no platform. Whoever
// is on several is called on the first that is neither marked as compromised nor down; a message
// that he has got already stays where it is as long as it can. Where he would have to be looked
// for comes last.
func (h *house) reaches(ctx context.Context, m workflows.Message) []wayTo {
	var list, sought []wayTo
	p, listed := h.service.Contacts().Person(m.To)
	for _, x := range h.platforms {
		if on, ok := h.platformOf(chat.UserID(m.To)); ok {
			if on.name() == x.name() {
				list = append(list, wayTo{chatPlatform: x, user: chat.UserID(m.To)})
			}
			continue
		}
		if !listed || !p.Active {
			continue
		}
		u, ok := h.named(x, p)
		if !ok && h.byMail(x, p) {
			if u, ok = x.mails.Known(p.Email); !ok {
				sought = append(sought, wayTo{chatPlatform: x})
			}
		}
		if ok {
			list = append(list, wayTo{chatPlatform: x, user: u})
		}
	}
	if list = append(list, sought...); len(list) < 2 {
		return list // there is nothing to choose
	}
	marks, err := h.service.Compromised(ctx)
	if err != nil {
		marks = nil // whether one may be used is asked again before it is
	}
	for i := range list {
		list[i].shut, list[i].deaf = marks[list[i].name()].On, h.courier != nil && h.courier.Down(list[i].name())
	}
	return prefer(list, m.Frontend)
}

// prefer puts first where a message is to go. stands is where it stands already.
func prefer(list []wayTo, stands string) []wayTo {
	rank := func(r wayTo) int {
		switch {
		case r.shut:
			return 3
		case r.deaf:
			return 2
		case r.name() != stands:
			return 1
		}
		return 0
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b wayTo) int { return rank(a) - rank(b) })
	return list
}

// find is the account of a person at a place that reaches gave.
func (h *house) find(ctx context.Context, r wayTo, id incident.PersonID) (chat.UserID, error) {
	if r.user != "" {
		return r.user, nil
	}
	return h.account(ctx, r.chatPlatform, id)
}

// instead says by which other platform a call reaches a person that did not get through by those
// that were tried; ok is false for none. It asks no platform.
func (h *house) instead(m workflows.Message, tried []string) (chat.Frontend, chat.Target, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	if m.To == "" || m.By() != incident.ByChat {
		return nil, chat.Target{}, false
	}
	for _, r := range h.reaches(ctx, m) {
		if r.user != "" && !r.shut && !r.deaf && !slices.Contains(tried, r.name()) {
			return r.front, chat.Target{User: r.user}, true
		}
	}
	return nil, chat.Target{}, false
}

// elsewhere reports whether somebody has an account on another platform than the one of a name, as
// far as is known without asking.
func (h *house) elsewhere(name string, id incident.PersonID) bool {
	return slices.ContainsFunc(h.reaches(context.Background(), workflows.Message{Notice: incident.Notice{To: id}}), func(r wayTo) bool {
		return r.name() != name && r.user != ""
	})
}

// isGone reports whether an error says that there is no account.
func isGone(err error) bool { return errors.Is(err, chat.ErrGone) }
