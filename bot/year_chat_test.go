package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// The chat platforms of the simulated year. Both are set up; most people are on one, some on both,
// and one on neither. They keep a channel for each incident, in which nothing is said while
// somebody is in it who was left out.

// platforms are their names.
var platforms = []string{frontendSlack, frontendDiscord}

// withAccounts gives people their accounts.
func withAccounts(rows []contact.Row) []contact.Row {
	slack := map[string]string{}
	for _, name := range []string{"田中", "佐藤", "鈴木", "高橋", "渡辺"} {
		slack[name] = fmt.Sprintf("U%07d", len(slack)+1)
	}
	discord := map[string]string{}
	for _, name := range []string{"田中", "鈴木", "伊藤", "山本"} {
		discord[name] = fmt.Sprintf("1000000000000000%02d", len(discord)+1)
	}
	rows = slices.Clone(rows)
	for i := range rows {
		family, _, _ := strings.Cut(rows[i].Name, " ")
		rows[i].SlackID, rows[i].DiscordID = slack[family], discord[family]
	}
	return rows
}

// furnish puts the year's platforms in the place of the real ones: nothing leaves the machine.
func (y *year) furnish(h *house) {
	for i := range h.platforms {
		x := &h.platforms[i]
		x.front, x.mails, x.left, x.changed = room{y, x.name()}, nil, nil, nil
	}
}

// room is one of the platforms. What is sent goes by a carrier, which knows the message.
type room struct {
	y     *year
	named string
}

func (r room) Name() string { return r.named }

func (room) Joins() {}

func (room) Run(context.Context) error { return nil }

func (r room) Live() (ok bool, since time.Time) { return true, r.y.begun }

func (room) Send(context.Context, chat.Delivery) (chat.MessageID, error) {
	return "", errors.New("nobody has looked at what is sent")
}

// Holds reports who is in a channel, as it was kept last.
func (r room) Holds(_ context.Context, channel string, u chat.UserID) (bool, error) {
	r.y.mu.Lock()
	defer r.y.mu.Unlock()
	return slices.Contains(r.y.channels[r.named+" "+channel], u), nil
}

func (r room) Keep(_ context.Context, p chat.Place) (chat.Kept, error) {
	y := r.y
	y.mu.Lock()
	defer y.mu.Unlock()
	y.kept++
	if y.life.at(dyingBefore) {
		return chat.Kept{}, errDied
	}
	kept := chat.Kept{ID: chat.PlaceID(p.Channel)}
	keep := func() {
		var members []chat.UserID
		for _, u := range p.Members {
			if y.gone(r.named, u) {
				kept.Missing = append(kept.Missing, chat.Missing{User: u, Why: chat.ProblemGone})
			} else {
				members = append(members, u)
			}
		}
		y.channels[r.named+" "+p.Channel] = members
	}
	switch y.failing(r.named, "", y.clock.Now()) {
	case busy:
		return chat.Kept{}, &chat.Later{Wait: 40 * time.Second}
	case hanging:
		if y.drawn(p.Channel, "kept", int64(y.kept)).IntN(2) == 0 {
			keep()
		}
		return chat.Kept{}, fmt.Errorf("no answer: %w", chat.ErrUnsure)
	case refusing:
		return chat.Kept{}, errors.New("refused")
	}
	keep()
	if y.life.at(dyingAfter) {
		return chat.Kept{}, errDied
	}
	return kept, nil
}

// gone reports whether an account is switched off just now.
func (y *year) gone(platform string, u chat.UserID) bool {
	_, id, _ := strings.Cut(string(u), ":")
	p, listed := y.house.service.ByAccount(platform, id)
	return listed && y.failing(platform, p, y.clock.Now()) == gone
}

// talker is a platform's carrier for one message.
type talker struct {
	joiner
	room room
}

func (t talker) Keep(ctx context.Context, p chat.Place) (chat.Kept, error) {
	return t.room.Keep(ctx, p)
}

// overheard checks that nobody is in a channel in which something is said who was left out of its
// incident.
func (y *year) overheard(platform, channel string, in *incident.Incident) {
	for _, p := range in.Excluded {
		person, _ := y.house.service.Contacts().Person(p)
		for _, id := range []string{person.SlackID, person.DiscordID} {
			if id != "" && slices.Contains(y.channels[platform+" "+channel], chat.UserID(platform+":"+id)) {
				y.wrong("something is said in %s on %s, where %s is, who is left out", channel, platform, p)
			}
		}
	}
}
