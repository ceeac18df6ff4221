package workflows

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hikeshi/workflows/incident"
)

// Who is told that an account was linked, or is not any more: its person, also by mail, for the
// account itself may be in other hands; the incident lead; and where an administrator has said whose
// it is, the others who might have.

// told are the notices of a link that was made or taken back; also are told beside those who always
// are.
func (l *linking) told(link Link, on bool, also ...incident.PersonID) (out []incident.Notice) {
	tell := func(p incident.PersonID, by incident.Means) {
		n := incident.Notice{
			Key:  fmt.Sprintf("link:%s:%s:%d:%s:%s", state(on), link.name(), link.At.UnixMicro(), by, p),
			Kind: incident.NoticeLinked, To: p,
		}
		if by != incident.ByChat {
			n.Means = by
		}
		out = append(out, n)
	}
	mail := l.people.Reaches(link.Person, incident.ByMail)
	if mail {
		tell(link.Person, incident.ByMail)
	}
	if on || !mail {
		tell(link.Person, incident.ByChat)
	}
	leads := l.people.Holders(incident.IncidentLead, "")
	if len(leads) == 0 {
		leads = l.people.Chain(incident.Representative, "")
	}
	heard := map[incident.PersonID]bool{link.Person: true}
	for _, p := range slices.Concat(leads, also) {
		switch {
		case heard[p]:
		case !l.people.Reaches(p, incident.ByChat) && l.people.Reaches(p, incident.ByMail):
			tell(p, incident.ByMail)
		default:
			tell(p, incident.ByChat)
		}
		heard[p] = true
	}
	return out
}

// LinkTold is what a notice of kind linked says.
type LinkTold struct {
	Link Link
	// Denied says that an administrator has said no; of Link only the account is set then.
	Denied bool
}

// LinkToldOf gives what a notice of kind linked says. ErrSettled: it is the other way round by
// now.
func (s *Service) LinkToldOf(ctx context.Context, n incident.Notice) (LinkTold, error) {
	if id, _, ok := linkKey(n, "no"); ok {
		a, err := s.linkAsk(ctx, id)
		return LinkTold{Link: Link{Account: a.Account}, Denied: true}, err
	}
	for _, on := range []bool{true, false} {
		name, rest, ok := linkKey(n, state(on))
		if !ok {
			continue
		}
		kept, err := s.store.Recall(ctx, links, linkAccount+name)
		switch {
		case err != nil:
			return LinkTold{}, err
		case kept == nil:
			return LinkTold{}, ErrSettled
		}
		var l Link
		if err := json.Unmarshal(kept, &l); err != nil {
			return LinkTold{}, fmt.Errorf("read a linked account: %w", err)
		}
		at, _, _ := strings.Cut(rest, ":")
		if at != strconv.FormatInt(l.At.UnixMicro(), 10) || l.Until.IsZero() != on {
			return LinkTold{}, ErrSettled
		}
		return LinkTold{Link: l}, nil
	}
	return LinkTold{}, ErrNotFound
}

// linkKey takes the key of a notice apart: what it is about, and what follows.
func linkKey(n incident.Notice, what string) (name, rest string, ok bool) {
	if !slices.Contains([]incident.NoticeKind{incident.NoticeLinkCode, incident.NoticeLinkAsk, incident.NoticeLinked}, n.Kind) {
		return "", "", false
	}
	if name, ok = strings.CutPrefix(n.Key, "link:"+what+":"); !ok {
		return "", "", false
	}
	name, rest, _ = strings.Cut(name, ":")
	return name, rest, true
}
