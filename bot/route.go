package main

import (
	"context"
	"errors"
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

// way names the front end that a message goes by, and asks nobody: in practice it may turn out that
// somebody has no account on Slack, and is to be found in the web room.
func (h *house) way(m workflows.Message) string {
	switch {
	case m.By() == incident.ByMail:
		return frontendMail
	case m.By() == incident.ByPhone:
		return phone.Name
	case h.slack == nil:
		return h.web.Name()
	}
	return h.slack.Name()
}

// route says where a message goes: by mail or phone where it is a message of that means; else
// to Slack where that is set up, else to the web room. In
// practice, who has no account there is found in the web room; in live mode nobody looks into
// a room that he has not signed in to, and he counts as not reached.
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
	if h.slack == nil {
		if m.To == "" {
			return h.web, chat.Target{Channel: h.desk.Channel(m.Incident)}, nil
		}
		if p, listed := h.service.Contacts().Person(m.To); listed && !p.Active && !h.service.Practice() {
			return nil, chat.Target{}, fmt.Errorf("somebody who has left and cannot sign in any more: %w", chat.ErrGone)
		}
		return h.web, chat.Target{User: desk.User(m.To)}, nil
	}
	if m.To == "" {
		if m.Kind != incident.NoticePlace {
			if err := h.withoutExcluded(ctx, m.Incident); err != nil {
				return nil, chat.Target{}, err
			}
		}
		return h.slack, chat.Target{Channel: h.desk.Channel(m.Incident)}, nil
	}
	user, err := h.account(ctx, m.To)
	switch {
	case err == nil:
		return h.slack, chat.Target{User: user}, nil
	case errors.Is(err, chat.ErrGone) && h.service.Practice():
		return h.web, chat.Target{User: desk.User(m.To)}, nil
	}
	return nil, chat.Target{}, err
}

// joins reports whether a page goes where pages to one person are joined, which all do but those
// to the web room. In live mode it asks nobody: a platform that hangs is to hold up no other page.
func (h *house) joins(m workflows.Message) bool {
	switch {
	case m.By() != incident.ByChat:
		return true
	case h.slack == nil:
		return false
	case !h.service.Practice():
		return true
	}
	// In practice, who has no account on Slack is called in the web room. A marked one is asked for
	// no account.
	if closed, err := h.closed(context.Background(), h.slack.Name()); err != nil || closed {
		return false
	}
	fe, _, err := h.route(m)
	return err == nil && fe.Name() == h.slack.Name()
}

// untilTakenOut is how long a message waits for somebody to be taken out of a channel.
const untilTakenOut = time.Second

// withoutExcluded lets nothing be said in a channel while somebody who was left out of the
// incident is still in it: that he is, and why, is said there next.
func (h *house) withoutExcluded(ctx context.Context, id incident.ID) error {
	in, err := h.store.Incident(ctx, id)
	if err != nil {
		return courier.Ours(err)
	}
	for _, p := range in.Excluded {
		user, err := h.account(ctx, p)
		// Whoever has left the company keeps his account for a while.
		if listed, ok := h.service.Contacts().Person(p); ok && listed.SlackID != "" {
			user, err = chat.UserID(h.slack.Name()+":"+listed.SlackID), nil
		}
		switch {
		case errors.Is(err, chat.ErrGone):
			continue
		case err != nil:
			return err
		}
		held, err := h.slack.Holds(ctx, h.desk.Channel(id), user)
		if err != nil {
			return err
		}
		if held {
			return &chat.Later{Wait: untilTakenOut}
		}
	}
	return nil
}

// account finds a person on Slack: by the ID in the contact list, else by a mail address that
// Slack has verified and that is nobody else's in the list. Who reported without being listed
// is known by his ID on Slack itself. ErrGone: he has no account, or is not listed any more.
func (h *house) account(ctx context.Context, id incident.PersonID) (chat.UserID, error) {
	if strings.HasPrefix(string(id), h.slack.Name()+":") {
		return chat.UserID(id), nil
	}
	people := h.service.Contacts()
	p, ok := people.Person(id)
	switch {
	case !ok || !p.Active:
		return "", fmt.Errorf("somebody who is not on the contact list: %w", chat.ErrGone)
	case p.SlackID != "":
		return chat.UserID(h.slack.Name() + ":" + p.SlackID), nil
	case p.Email == "" || !onlyOne(people, p.Email):
		return "", fmt.Errorf("somebody without an account: %w", chat.ErrGone)
	}
	return h.slack.Find(ctx, p.Email)
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

// person is whose account a user of Slack is; empty: nobody's of the contact list.
func (h *house) person(u chat.UserID) incident.PersonID {
	people := h.service.Contacts()
	_, id, _ := strings.Cut(string(u), ":")
	if p, ok := people.ByUser(h.slack.Name(), id); ok {
		return p
	}
	email := h.slack.Email(u)
	if email == "" || !onlyOne(people, email) {
		return ""
	}
	for _, p := range people.People() {
		if strings.EqualFold(p.Email, email) && p.SlackID == "" {
			return p.ID
		}
	}
	return ""
}

// place is the channel of a message's incident as it ought to be on Slack, and who belongs in
// it without having an account there.
func (h *house) place(ctx context.Context, m workflows.Message) (chat.Place, []workflows.PlaceMissing, error) {
	place, members, err := h.desk.Place(ctx, m)
	if err != nil {
		return chat.Place{}, nil, err
	}
	var missing []workflows.PlaceMissing
	for _, id := range members {
		user, err := h.account(ctx, id)
		switch {
		case errors.Is(err, chat.ErrGone):
			missing = append(missing, workflows.PlaceMissing{Person: id, Why: string(desk.NotHere)})
		case err != nil:
			return chat.Place{}, nil, err
		case !slices.Contains(place.Members, user):
			place.Members = append(place.Members, user)
		}
	}
	for i, l := range place.Links {
		place.Links[i].URL = h.pages + l.URL
	}
	if h.pages == "" { // nobody could open them
		place.Links = nil
	}
	messages, err := h.store.Messages(ctx, workflows.MessageQuery{Incident: m.Incident})
	if err != nil {
		return chat.Place{}, nil, err
	}
	for _, c := range messages {
		if c.Kind == incident.NoticeCard && c.Frontend == h.slack.Name() {
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
	if version, closing := strings.CutPrefix(m.Key, "report:"+string(in.ID)+":v"); closing {
		of = "v" + strings.TrimSuffix(version, ":"+format)
	}
	return &chat.Document{Name: fmt.Sprintf("%s-%s.%s", in.ID, of, format), Type: kind, Body: body}, nil
}
