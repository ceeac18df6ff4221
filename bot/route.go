package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/courier"
	"hikeshi/bot/desk"
	"hikeshi/bot/phone"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// lookWithin bounds the search for somebody's account. What cannot be found out in that time
// is tried again.
const lookWithin = 5 * time.Second

// way names the front end that a message goes by, and asks no platform: in practice it may turn out
// that somebody has an account on none, and is to be found in the web room.
func (h *house) way(m workflows.Message) string {
	switch {
	case m.By() == incident.ByMail:
		return frontendMail
	case m.By() == incident.ByPhone:
		return phone.Name
	case len(h.platforms) == 0:
		return h.web.Name()
	case m.To == "":
		return h.service.Platform(m.Notice)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	if list := h.reaches(ctx, m); len(list) > 0 {
		return list[0].name()
	}
	return h.platforms[0].name()
}

// route says where a message goes: by mail or phone where it is a message of that means; else to
// a chat platform where one is set up, else to the web room. In practice, who has an account on
// none is found in the web room; in live mode nobody looks into a room that he has not signed in
// to, and he counts as not reached.
func (h *house) route(m workflows.Message) (chat.Frontend, chat.Target, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	if m.Means != "" && m.Means != incident.ByChat {
		return h.beside(ctx, m)
	}
	// The list may have been imported by another process a moment ago.
	if err := h.service.Freshen(ctx); err != nil {
		return nil, chat.Target{}, courier.Ours(err)
	}
	switch {
	case len(h.platforms) == 0:
		return h.toRoom(m)
	case m.To == "":
		return h.toChannel(ctx, m)
	}
	// Of whom nothing is known at all, the first platform says so in its own words.
	list := h.reaches(ctx, m)
	if len(list) == 0 {
		list = []wayTo{{chatPlatform: h.platforms[0]}}
	}
	var none error
	for _, r := range list {
		user, err := h.find(ctx, r, m.To)
		if err == nil {
			return r.front, chat.Target{User: user}, nil
		}
		if none = err; !isGone(err) {
			break
		}
	}
	if isGone(none) && h.service.Practice() {
		return h.web, chat.Target{User: desk.User(m.To)}, nil
	}
	return nil, chat.Target{}, none
}

// toRoom is where a message goes without a chat platform.
func (h *house) toRoom(m workflows.Message) (chat.Frontend, chat.Target, error) {
	if m.To == "" {
		return h.web, chat.Target{Channel: h.desk.Channel(m.Incident)}, nil
	}
	if p, listed := h.service.Contacts().Person(m.To); listed && !p.Active && !h.service.Practice() {
		return nil, chat.Target{}, fmt.Errorf("somebody who has left and cannot sign in any more: %w", chat.ErrGone)
	}
	return h.web, chat.Target{User: desk.User(m.To)}, nil
}

// toChannel is where a message to an incident's channel goes.
func (h *house) toChannel(ctx context.Context, m workflows.Message) (chat.Frontend, chat.Target, error) {
	x, ok := h.platform(h.service.Platform(m.Notice))
	if !ok {
		return nil, chat.Target{}, fmt.Errorf("the channel of a platform that is not used any more: %w", workflows.ErrSettled)
	}
	if m.Kind != incident.NoticePlace {
		if err := h.withoutExcluded(ctx, x, m.Incident); err != nil {
			return nil, chat.Target{}, err
		}
	}
	return x.front, chat.Target{Channel: h.desk.Channel(m.Incident)}, nil
}

// joins reports whether a page goes where pages to one person are joined, which all do but those
// to the web room. In live mode it asks nobody: a platform that hangs is to hold up no other page.
func (h *house) joins(m workflows.Message) bool {
	switch {
	case m.By() != incident.ByChat:
		return true
	case len(h.platforms) == 0:
		return false
	case !h.service.Practice():
		return true
	}
	// In practice, who has no account is called in the web room. A marked platform is asked for none.
	if closed, err := h.closed(context.Background(), h.way(m)); err != nil || closed {
		return false
	}
	fe, _, err := h.route(m)
	return err == nil && fe.Name() != h.web.Name()
}

// untilTakenOut is how long a message waits for somebody to be taken out of a channel.
const untilTakenOut = time.Second

// withoutExcluded lets nothing be said in a channel while somebody who was left out of the
// incident is still in it: that he is, and why, is said there next.
func (h *house) withoutExcluded(ctx context.Context, x chatPlatform, id incident.ID) error {
	in, err := h.store.Incident(ctx, id)
	if err != nil {
		return courier.Ours(err)
	}
	out, err := h.leftOut(ctx, x, in)
	if err != nil {
		return err
	}
	for _, user := range out {
		held, err := x.front.Holds(ctx, h.desk.Channel(id), user)
		if err != nil {
			return err
		}
		if held {
			return &chat.Later{Wait: untilTakenOut}
		}
	}
	return nil
}

// leftOut are the accounts on a platform of those who were left out of an incident: all that are or
// were theirs, for by one that is taken back, or of whoever has left the company, he reads as well.
func (h *house) leftOut(ctx context.Context, x chatPlatform, in *incident.Incident) (out []chat.UserID, err error) {
	for _, p := range in.Excluded {
		for _, id := range h.service.AccountsEver(p, x.name()) {
			user := chat.UserID(x.name() + ":" + id)
			if by := h.person(user); by == "" || by == p { // by his mail it may be somebody else's by now
				out = append(out, user)
			}
		}
		user, err := h.account(ctx, x, p)
		if listed, ok := h.service.Contacts().Person(p); ok && !listed.Active && h.byMail(x, listed) {
			user, err = x.mails.Find(ctx, listed.Email)
		}
		switch {
		case isGone(err):
		case err != nil:
			return nil, err
		case !slices.Contains(out, user):
			out = append(out, user)
		}
	}
	return out, nil
}

func onlyOne(people *contact.Directory, email string) bool {
	n := 0
	for _, p := range people.People() {
		if strings.EqualFold(p.Email, email) {
			n++
		}
	}
	return n == 1
}

// person is whose account a user of a platform is; empty: nobody's of the contact list.
func (h *house) person(u chat.UserID) incident.PersonID {
	people := h.service.Contacts()
	x, ok := h.platformOf(u)
	if !ok {
		return ""
	}
	if p, ok := h.service.ByAccount(x.name(), strings.TrimPrefix(string(u), x.name()+":")); ok {
		return p
	}
	email := h.email(u)
	if email == "" || !onlyOne(people, email) {
		return ""
	}
	for _, p := range people.People() {
		if _, named := h.named(x, p); strings.EqualFold(p.Email, email) && !named {
			return p.ID
		}
	}
	return ""
}

// place is the channel of a message's incident as it ought to be on its platform, and who belongs
// in it without having an account there.
func (h *house) place(ctx context.Context, m workflows.Message) (chat.Place, []workflows.PlaceMissing, error) {
	x, ok := h.platform(h.service.Platform(m.Notice))
	if !ok {
		return chat.Place{}, nil, fmt.Errorf("the channel of a platform that is not used any more: %w", workflows.ErrSettled)
	}
	place, members, err := h.desk.Place(ctx, m)
	if err != nil {
		return chat.Place{}, nil, err
	}
	var missing []workflows.PlaceMissing
	for _, id := range members {
		user, err := h.account(ctx, x, id)
		switch {
		case isGone(err):
			missing = append(missing, workflows.PlaceMissing{Person: id, Why: string(desk.NotHere), Elsewhere: h.elsewhere(x.name(), id)})
		case err != nil:
			return chat.Place{}, nil, err
		case !slices.Contains(place.Members, user):
			place.Members = append(place.Members, user)
		}
	}
	in, err := h.store.Incident(ctx, m.Incident)
	if err != nil {
		return chat.Place{}, nil, err
	}
	if place.Out, err = h.leftOut(ctx, x, in); err != nil {
		return chat.Place{}, nil, err
	}
	for i, l := range place.Links {
		place.Links[i].URL = h.pages + l.URL
	}
	if h.pages == "" { // nobody could open them
		place.Links = nil
	}
	messages, err := h.store.Messages(ctx, workflows.MessageQuery{Incident: m.Incident, Front: m.Front})
	if err != nil {
		return chat.Place{}, nil, err
	}
	for _, c := range messages {
		if c.Kind == incident.NoticeCard && c.Frontend == x.name() {
			place.Pinned = chat.MessageID(c.Sent)
		}
	}
	return place, missing, nil
}

// attach makes the report that a message brings into the channel, as the incident is now. Its
// name is the same at each try, and no other file's. One that was overtaken is not brought.
func (h *house) attach(ctx context.Context, m workflows.Message) (*chat.Document, error) {
	format := string(m.ReportFormat())
	kind, ok := mediaTypes[format]
	if !ok {
		return nil, fmt.Errorf("a report in no known form: %w", workflows.ErrNotFound)
	}
	in, err := h.store.Incident(ctx, m.Incident)
	if err != nil {
		return nil, err
	}
	if in.ReportOutdated(m.Notice) {
		return nil, fmt.Errorf("a report that was overtaken: %w", workflows.ErrSettled)
	}
	records, err := h.store.Records(ctx, m.Incident, 1, 0)
	if err != nil {
		return nil, err
	}
	body, err := renderDocument(h.now(), in, records, desk.KindReport, h.lang, format, h.service.Now())
	if err != nil {
		return nil, err
	}
	of := m.Created.In(incident.Tokyo).Format("20060102-150405")
	if version, closing := strings.CutPrefix(m.KeyAnywhere(), "report:"+string(in.ID)+":v"); closing {
		of = "v" + strings.TrimSuffix(version, ":"+format)
	}
	return &chat.Document{Name: fmt.Sprintf("%s-%s.%s", in.ID, of, format), Type: kind, Body: body}, nil
}
