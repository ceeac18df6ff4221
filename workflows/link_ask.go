package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// Where there is no mail, or somebody's address is not in the list, administrators are asked
// whose an account is. They see what was typed and whom of the list it means; who asks learns of
// that only when one of them has said so.

// linkAskLives is how long the administrators have: over the holidays of New Year.
const linkAskLives = 7 * 24 * time.Hour

const (
	linkAsk   = "ask/"   // by its ID
	linkAsked = "asked/" // by account: the ID of its latest
	linkTimes = "times/" // by account: when it asked
)

// LinkAsk is an account of which somebody is to say whose it is.
type LinkAsk struct {
	ID      string              `json:"id"`
	Account Account             `json:"account"`
	Typed   string              `json:"typed"`            // who he says he is
	Person  incident.PersonID   `json:"person,omitempty"` // whom of the list that means; empty: nobody, or several
	At      time.Time           `json:"at"`
	Expires time.Time           `json:"expires"`
	Told    []incident.PersonID `json:"told"`
	// First is who has said so already of a person without a mail address: another one has to,
	// before it counts.
	First   incident.PersonID `json:"first,omitempty"`
	FirstAt time.Time         `json:"first_at,omitzero"`
	// Decided says who has answered, and when; By is empty until then.
	By      incident.PersonID `json:"by,omitempty"`
	Yes     bool              `json:"yes,omitempty"`
	Decided time.Time         `json:"decided,omitzero"`
}

// Open reports whether somebody is still to answer.
func (a LinkAsk) Open() bool { return a.By == "" }

// AskLink has the administrators asked whose an account is. typed is who its owner says he is. That
// it is accepted says nothing about the list.
func (s *Service) AskLink(ctx context.Context, key string, from Account, typed string) (Outcome, error) {
	from.Name, typed = accountName(from.Name), clipName(typed)
	return s.link(ctx, key, from.userID(), func(ctx context.Context, l *linking) (Outcome, error) {
		if ref := l.stranger(from); ref != nil {
			return Outcome{Refusal: ref}, nil
		}
		if !incident.Visible(typed) {
			return refused("", "refuse.link_typed", nil), nil
		}
		told := l.people.toAskAboutLinks(l.now)
		if told == nil {
			return refused("", "refuse.link_nobody", nil), nil
		}
		if until, err := l.count(ctx, linkAsks, linkDay, linkTimes+from.name()); err != nil || !until.IsZero() {
			return refused("", "refuse.link_often", map[string]any{"at": until}), err
		}
		a := LinkAsk{ID: linkNonce(), Account: from, Typed: typed, Person: l.meant(from.Platform, typed), At: l.now, Expires: l.now.Add(linkAskLives), Told: told}
		var before struct {
			ID string `json:"id"`
		}
		if err := l.recall(ctx, linkAsked+from.name(), &before); err != nil {
			return Outcome{}, err
		}
		if before.ID != "" {
			if err := l.forget(ctx, linkAsk+before.ID); err != nil {
				return Outcome{}, err
			}
		}
		if err := l.remember(ctx, linkAsked+from.name(), map[string]any{"id": a.ID, "expires": a.Expires}); err != nil {
			return Outcome{}, err
		}
		l.change.Messages = l.people.asking(a)
		return Outcome{}, l.remember(ctx, linkAsk+a.ID, a)
	})
}

// meant is whom of the list a name or an address means; empty: nobody, several, or somebody who has
// an account on the platform.
func (l *linking) meant(platform, typed string) incident.PersonID {
	if strings.Contains(typed, "@") {
		return l.addressed(platform, strings.ToLower(typed))
	}
	found := l.people.Find(typed)
	if len(found) != 1 || !linkable(l.people.Directory, platform, found[0]) {
		return ""
	}
	return found[0]
}

// toAskAboutLinks are those of the linkers who are asked: of each role the first who is there, or
// the first of all where everybody is away.
func (p *people) toAskAboutLinks(now time.Time) (out []incident.PersonID) {
	for _, role := range linkers {
		line := p.Chain(role, "")
		there := slices.IndexFunc(line, func(id incident.PersonID) bool { _, away := p.Away(id, now); return !away })
		if line = line[max(there, 0):]; len(line) > 0 && !slices.Contains(out, line[0]) {
			out = append(out, line[0])
		}
	}
	return out
}

// asking are the notices that ask, and show afterwards what was answered. By mail nobody can answer,
// but learns that he has to.
func (p *people) asking(a LinkAsk) (out []incident.Notice) {
	for _, id := range a.Told {
		n := incident.Notice{Key: "link:ask:" + a.ID + ":" + string(id), Kind: incident.NoticeLinkAsk, To: id}
		if !p.Reaches(id, incident.ByChat) && p.Reaches(id, incident.ByMail) {
			n.Means = incident.ByMail
		}
		out = append(out, n)
	}
	return out
}

// DecideLink says whose an account is, or that it is not the one who was named. Of a person without
// a mail address, who would not hear of it, two have to say so: until then the request waits.
func (s *Service) DecideLink(ctx context.Context, key string, by incident.PersonID, id string, yes bool) (Outcome, error) {
	// Outside of the transaction, as the list.
	open, err := s.store.Incidents(ctx, IncidentQuery{OpenOnly: true, Unreadable: true})
	if err != nil {
		return Outcome{}, fmt.Errorf("link an account: %w", err)
	}
	return s.link(ctx, key, by, func(ctx context.Context, l *linking) (Outcome, error) {
		if !l.people.mayLink(by) {
			return refused("", "refuse.link_role", nil), nil
		}
		var a LinkAsk
		if err := l.recall(ctx, linkAsk+id, &a); err != nil {
			return Outcome{}, err
		}
		switch {
		case a.ID == "" || !l.now.Before(a.Expires):
			return refused("", "refuse.link_ask_over", nil), nil
		case !a.Open():
			return refused("", "refuse.link_decided", map[string]any{"person": a.By, "at": a.Decided}), nil
		}
		a.By, a.Yes, a.Decided = by, yes, l.now
		if !yes {
			l.trail.Account, l.trail.Person, l.trail.What = &a.Account, a.Person, "denied"
			l.change.Messages = append(l.people.asking(a), incident.Notice{Key: "link:no:" + a.ID, Kind: incident.NoticeLinked, To: a.Account.userID()})
			return Outcome{}, l.remember(ctx, linkAsk+id, a)
		}
		if slices.ContainsFunc(open, func(in *incident.Incident) bool { return in.Unreadable }) {
			return Outcome{}, fmt.Errorf("link an account: %w", ErrUnreadable) // who is left out of it is not known
		}
		if ref := l.stranger(a.Account); ref != nil {
			return Outcome{Refusal: ref}, nil
		}
		if !linkable(l.people.Directory, a.Account.Platform, a.Person) {
			return refused("", "refuse.link_listed", nil), nil
		}
		if l.ownInterest(by, a, open) {
			return refused("", "refuse.link_other", nil), nil
		}
		if p, _ := l.people.Person(a.Person); p.Email == "" {
			switch a.First {
			case by:
				return refused("", "refuse.link_second", nil), nil
			case "":
				return l.first(ctx, by, a, open)
			}
		}
		l.change.Messages = l.people.asking(a)
		if err := l.make(ctx, Link{Account: a.Account, Person: a.Person, By: by}, "confirmed", l.people.besides(by, a.Told)...); err != nil {
			return Outcome{}, err
		}
		return Outcome{}, l.remember(ctx, linkAsk+id, a)
	})
}

// besides are those who have to hear what one of them has decided: the others who were asked, and
// the representative. That a card which they may not look at again says so does not tell them.
func (p *people) besides(by incident.PersonID, asked []incident.PersonID) []incident.PersonID {
	all := append(slices.Clone(asked), p.Holders(incident.Representative, "")...)
	return slices.DeleteFunc(all, func(id incident.PersonID) bool { return id == by || !p.Known(id) })
}

// ownInterest reports whether somebody must not say whose an account is: by it he would become
// another person himself, or let somebody read an incident that he is left out of. He is not told
// which, nor that there is one.
func (l *linking) ownInterest(by incident.PersonID, a LinkAsk, open []*incident.Incident) bool {
	if by == a.Person {
		return true
	}
	for _, x := range l.people.accounts.all {
		if x.Platform == a.Account.Platform && x.ID == a.Account.ID && x.Person == by {
			return true // it was his
		}
	}
	return slices.ContainsFunc(open, func(in *incident.Incident) bool {
		return in.IsExcluded(by) && (in.CanRead(l.people, a.Person) || in.ReportedBy(a.Person))
	})
}

// first notes that one has said whose an account is, and has another one asked.
func (l *linking) first(ctx context.Context, by incident.PersonID, a LinkAsk, open []*incident.Incident) (Outcome, error) {
	may := func(id incident.PersonID) bool { return id != by && !l.ownInterest(id, a, open) }
	if !slices.ContainsFunc(a.Told, may) {
		var others []incident.PersonID
		for _, role := range linkers {
			others = append(others, l.people.Chain(role, "")...)
		}
		i := slices.IndexFunc(others, may)
		if i < 0 {
			return refused("", "refuse.link_second_none", nil), nil
		}
		a.Told = append(a.Told, others[i])
	}
	a.First, a.FirstAt, a.By, a.Yes, a.Decided = by, l.now, "", false, time.Time{}
	l.trail.Account, l.trail.Person = &a.Account, a.Person
	l.change.Messages = l.people.asking(a)
	return Outcome{}, l.remember(ctx, linkAsk+a.ID, a)
}

// LinkWaits reports whether a request still waits for another one to say so.
func (s *Service) LinkWaits(ctx context.Context, id string) (bool, error) {
	a, err := s.linkAsk(ctx, id)
	if errors.Is(err, ErrSettled) {
		return false, nil
	}
	return a.Open(), err
}

// LinkAsks lists what waits for an answer, the oldest first, for whoever may give it.
func (s *Service) LinkAsks(ctx context.Context, viewer incident.PersonID) (out []LinkAsk, err error) {
	if err := s.fresh(ctx, s.store); err != nil || !s.MayLink(viewer) {
		return nil, err
	}
	kept, err := s.store.AllRemembered(ctx, links, linkAsk)
	if err != nil {
		return nil, err
	}
	for _, body := range kept {
		var a LinkAsk
		if err := json.Unmarshal(body, &a); err != nil {
			return nil, fmt.Errorf("read who asks for an account: %w", err)
		}
		if a.Open() && s.Now().Before(a.Expires) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b LinkAsk) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, nil
}

// LinkAskOf gives what a notice of kind link_ask asks. ErrSettled: it is over.
func (s *Service) LinkAskOf(ctx context.Context, n incident.Notice) (LinkAsk, error) {
	id, _, ok := linkKey(n, "ask")
	if !ok {
		return LinkAsk{}, ErrNotFound
	}
	return s.linkAsk(ctx, id)
}

func (s *Service) linkAsk(ctx context.Context, id string) (a LinkAsk, err error) {
	kept, err := s.store.Recall(ctx, links, linkAsk+id)
	switch {
	case err != nil:
		return a, err
	case kept == nil:
		return a, ErrSettled
	}
	if err := json.Unmarshal(kept, &a); err != nil {
		return a, fmt.Errorf("read who asks for an account: %w", err)
	}
	if a.Open() && !s.Now().Before(a.Expires) {
		return a, ErrSettled
	}
	return a, nil
}
