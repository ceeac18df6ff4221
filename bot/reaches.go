package main

import (
	"context"
	"fmt"
	"slices"

	"hikeshi/bot/chat"
	"hikeshi/bot/courier"
	"hikeshi/bot/mail"
	"hikeshi/bot/phone"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// Front ends that reach people beside the chat, by the names in their users' IDs.
const frontendMail = "mail"

// reaches reports whether a means can bring anything to somebody of the contact list, as the
// settings are. In practice the web room reaches everybody, and nothing else is used. It asks
// nobody: that an account is switched off shows when a call is brought there.
func (p *program) reaches(c contact.Person, m incident.Means) bool {
	switch m {
	case incident.ByMail:
		return p.settings.mail() && c.Email != ""
	case incident.ByPhone:
		if !p.settings.rings() {
			return false
		}
		_, err := phone.Number(c.Phone)
		return err == nil
	}
	s := p.settings
	return s.practice() || s.slack() && (c.SlackID != "" || c.Email != "") || s.discord() && c.DiscordID != ""
}

// reachesBy is reaches with the accounts that were linked. service is made after it.
func (p *program) reachesBy(service func() *workflows.Service) func(contact.Person, incident.Means) bool {
	return func(c contact.Person, m incident.Means) bool {
		if p.reaches(c, m) {
			return true
		}
		return m == incident.ByChat && slices.ContainsFunc(p.settings.platforms(), func(platform string) bool {
			_, linked := service().Account(c.ID, platform)
			return linked
		})
	}
}

// wouldReach lists by what somebody whom nothing reaches could be reached, as keys of texts: what
// the list lacks for a means that is set up, and the settings by which what it has could be used.
func (s settings) wouldReach(c contact.Person) (keys []string) {
	_, err := phone.Number(c.Phone)
	for _, way := range []struct {
		set, listed bool
		list, setup string
	}{
		{s.slack(), c.SlackID != "", "cli.reach.slack_id", ""},
		{s.discord(), c.DiscordID != "", "cli.reach.discord_id", ""},
		{s.mail(), c.Email != "", "cli.reach.email", "cli.reach.mail"},
		{s.rings(), err == nil, "cli.reach.number", "cli.reach.phone"},
	} {
		switch {
		case way.set && !way.listed:
			keys = append(keys, way.list)
		case !way.set && way.listed && way.setup != "":
			keys = append(keys, way.setup)
		}
	}
	if keys == nil { // nothing is set up yet, and nothing listed: one begins with the list
		keys = []string{"cli.reach.email", "cli.reach.number"}
	}
	return keys
}

// rings reports whether people are rung: practice leaves them alone.
func (s settings) rings() bool { return s.phone() && !s.practice() }

// means makes the front ends beside the chat that are set up.
func (p *program) means(h *house) (err error) {
	if p.settings.mail() {
		c := p.mailConfig(h.say)
		c.Log = h.log
		if h.mail, err = mail.New(c); err != nil {
			return fmt.Errorf("mail: %w", err)
		}
	}
	if p.settings.rings() {
		c := p.phoneConfig(h.say)
		c.Log = h.log
		if h.phone, err = phone.New(c); err != nil {
			return fmt.Errorf("phone: %w", err)
		}
	}
	return nil
}

// letGo gives back the connections of the means beside the chat.
func (h *house) letGo() {
	if h.mail != nil {
		h.mail.Close()
	}
	if h.phone != nil {
		h.phone.Close()
	}
}

// beside says where a message goes that does not go by chat. Nobody's address or number, or a
// means that is not set up any more: chat.ErrGone.
func (h *house) beside(ctx context.Context, m workflows.Message) (chat.Frontend, chat.Target, error) {
	// The list may have been imported by another process a moment ago.
	if err := h.service.Freshen(ctx); err != nil {
		return nil, chat.Target{}, courier.Ours(err)
	}
	person, listed := h.service.Contacts().Person(m.To)
	switch {
	case !listed || !person.Active:
		return nil, chat.Target{}, fmt.Errorf("somebody who is not on the contact list: %w", chat.ErrGone)
	case m.Means == incident.ByMail && h.mail != nil && person.Email != "":
		return h.mail, chat.Target{User: chat.UserID(frontendMail + ":" + person.Email)}, nil
	case m.Means == incident.ByPhone && h.phone != nil && person.Phone != "":
		return h.phone, chat.Target{User: chat.UserID(phone.Name + ":" + person.Phone)}, nil
	}
	return nil, chat.Target{}, fmt.Errorf("a means that is not set up, or a person without it: %w", chat.ErrGone)
}

// closed reports whether a front end is marked as compromised.
func (h *house) closed(ctx context.Context, frontend string) (bool, error) {
	marks, err := h.service.Compromised(ctx)
	return marks[frontend].On, err
}

// down says of each front end by which people are called whether nothing gets through by it. It
// is no illness of this program, and takes no server out of use: calls go by the other means.
func (h *house) down() map[string]bool {
	all := map[string]bool{}
	for _, x := range h.platforms {
		all[x.name()] = h.courier.Down(x.name())
	}
	if h.mail != nil {
		all[h.mail.Name()] = h.courier.Down(h.mail.Name())
	}
	if h.phone != nil {
		all[h.phone.Name()] = h.courier.Down(h.phone.Name())
	}
	return all
}

// banner is what stands above every page: which platforms must not be used, and by which nothing
// gets through.
func (h *house) banner(ctx context.Context) string {
	return h.desk.Banner(ctx, h.down())
}
