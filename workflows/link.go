package workflows

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"hikeshi/workflows/incident"
)

// How an account becomes somebody's: by a code that went to the address of the list
// (link_code.go), or because an administrator says so (link_ask.go). All of it is one after the
// other, whichever server does it, and rests on the list that is stored then. What was asked for
// is kept with the requests that were done, with whose account it was: that is the trail.

// linkers is who may say whose an account is, and take a link back: whoever holds one of these
// roles, or stands in. His own link everybody may take back.
var linkers = []incident.Role{incident.IncidentLead, incident.SystemAdmin, incident.Representative}

// MayLink reports whether a person may say whose an account is.
func (s *Service) MayLink(p incident.PersonID) bool { return s.people.Load().mayLink(p) }

func (p *people) mayLink(id incident.PersonID) bool {
	return p.Known(id) && slices.ContainsFunc(linkers, func(r incident.Role) bool { return slices.Contains(p.Chain(r, ""), id) })
}

// Bounds of what is asked for by accounts that nobody knows.
const (
	linkHour        = time.Hour
	linkCodes       = 3 // codes an hour, for one account and to one address
	linkDay         = 24 * time.Hour
	linkAsks        = 3   // times a day that one account may have the administrators asked
	linkAccountName = 40  // characters that are kept of the name of an account
	linkName        = 80  // characters that are kept of who somebody says he is
	linkAddress     = 254 // characters of a mail address (RFC 5321, section 4.5.3.1.3, without the brackets)
)

// linking is one request about whose an account is, in its transaction.
type linking struct {
	s      *Service
	tx     Tx
	people *people
	now    time.Time
	change Change
	// counted has a refusal be remembered like what was done: the same request is not counted twice.
	counted bool
	trail   linkTrail
	// moved has the channels of the open incidents looked at anew, if whose an account is changes:
	// who is not known any more is taken out, who is now is brought in.
	moved  []incident.Notice
	looked bool // it is known which those are
}

// errUnlooked says that it has to be known first which channels there are.
var errUnlooked = errors.New("the channels of the open incidents were not looked at")

// linkTrail is kept with the request, whole.
type linkTrail struct {
	Outcome
	Account *Account          `json:"account,omitempty"`
	Person  incident.PersonID `json:"person,omitempty"`
	What    string            `json:"what,omitempty"`
}

// link carries out one request once.
func (s *Service) link(ctx context.Context, key string, by incident.PersonID, f func(context.Context, *linking) (Outcome, error)) (out Outcome, err error) {
	if key == "" {
		return Outcome{}, errors.New("a request without a key cannot be done once")
	}
	var l *linking
	var moved []incident.Notice
	looked := len(s.places) == 0
	for try := 0; ; try++ {
		err = s.store.Write(ctx, func(tx Tx) (err error) {
			l = &linking{s: s, tx: tx, now: s.Now(), moved: moved, looked: looked}
			out, err = l.once(ctx, key, by, f)
			return err
		})
		if errors.Is(err, errUnlooked) {
			// Outside of the transaction, as the list: inside it this would ask for a second
			// connection while others wait for their turn with the first.
			if moved, err = s.placesMoved(ctx); err != nil {
				break
			}
			looked = true
			continue
		}
		old := errors.Is(err, errOldContacts) || errors.Is(err, ErrConflict)
		if err == nil || try == 5 || !old && !errors.Is(err, ErrDone) && !errors.Is(err, ErrUnsure) {
			break
		}
		if old {
			// Outside of the transaction, as in once.
			if err := s.ReloadContacts(ctx); err != nil {
				return Outcome{}, err
			}
		}
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("link an account: %w", err)
	}
	if l.trail.What != "" && !out.Repeated {
		s.log.WarnContext(ctx, "whose an account is has changed", "component", "workflows", "kind", l.trail.Account.Platform, "reason", l.trail.What, "person", string(l.trail.Person))
	}
	if out.Accepted() {
		s.changed(Changed{Work: true})
	}
	if err := s.fresh(ctx, s.store); err != nil || l.trail.What == "" || out.Repeated {
		return out, err
	}
	// An account that is nobody's any more must not stay where its person was.
	over, err := s.placesOver(ctx, l.trail.Person)
	if err != nil {
		return out, err
	}
	return out, s.lookAtPlaces(ctx, over)
}

func (l *linking) once(ctx context.Context, key string, by incident.PersonID, f func(context.Context, *linking) (Outcome, error)) (out Outcome, err error) {
	if err := l.tx.Turn(ctx, links); err != nil {
		return Outcome{}, err
	}
	if stored, done, err := l.tx.Done(ctx, key); err != nil {
		return Outcome{}, err
	} else if done {
		err := json.Unmarshal(stored, &out)
		out.Repeated = true
		return out, err
	}
	l.people = l.s.people.Load()
	if v, err := l.tx.ContactsVersion(ctx); err != nil {
		return Outcome{}, err
	} else if v != l.people.version {
		return Outcome{}, errOldContacts
	}
	if out, err = f(ctx, l); err != nil || !out.Accepted() && !l.counted {
		return out, err
	}
	l.trail.Outcome = out
	outcome, err := json.Marshal(l.trail)
	if err != nil {
		return Outcome{}, err
	}
	if l.change.Contacts != 0 {
		if !l.looked {
			return Outcome{}, errUnlooked
		}
		l.change.Messages = append(slices.Clone(l.moved), l.change.Messages...)
	}
	l.change.At = l.now
	l.change.Request = &DoneRequest{Key: key, By: by, Outcome: outcome}
	return out, l.tx.Save(ctx, l.change)
}

// recall reads what is kept under a name; into stays as it is where nothing is.
func (l *linking) recall(ctx context.Context, name string, into any) error {
	kept, err := l.tx.Recall(ctx, links, name)
	if err != nil || kept == nil {
		return err
	}
	if err := json.Unmarshal(kept, into); err != nil {
		return fmt.Errorf("read what was asked about an account: %w", err)
	}
	return nil
}

func (l *linking) remember(ctx context.Context, name string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return l.tx.Remember(ctx, links, name, body)
}

func (l *linking) forget(ctx context.Context, name string) error {
	return l.tx.Remember(ctx, links, name, nil)
}

// stranger refuses an account that is somebody's already, or of a platform where none is linked.
func (l *linking) stranger(from Account) *incident.Refusal {
	if !slices.Contains(Linked, from.Platform) || from.ID == "" || strings.ContainsAny(from.ID, "/:") {
		return &incident.Refusal{Key: "refuse.link_platform"}
	}
	if p, known := l.people.byAccount(from.Platform, from.ID); known {
		return &incident.Refusal{Key: "refuse.link_known", Args: map[string]any{"person": p}}
	}
	return nil
}

// asked are the instants at which something was asked for, as far back as matters. It is gone
// when the last of them does not matter any more.
type asked struct {
	At      []time.Time `json:"at"`
	Expires time.Time   `json:"expires"`
}

// count counts one more time of at most n within a span, under each of the names. until is when it
// may be asked again, where it was asked too often under one of them; then nothing is counted.
func (l *linking) count(ctx context.Context, n int, span time.Duration, names ...string) (until time.Time, err error) {
	times := make([]asked, len(names))
	for i, name := range names {
		if err := l.recall(ctx, name, &times[i]); err != nil {
			return until, err
		}
		before := slices.DeleteFunc(times[i].At, func(t time.Time) bool { return !t.Add(span).After(l.now) })
		if len(before) >= n {
			return before[len(before)-n].Add(span), nil
		}
		times[i] = asked{At: append(before, l.now), Expires: l.now.Add(span)}
	}
	for i, name := range names {
		if err := l.remember(ctx, name, times[i]); err != nil {
			return until, err
		}
	}
	return until, nil
}

// make makes an account somebody's, in the place of any other of his on the platform. also are told
// beside those who always are.
func (l *linking) make(ctx context.Context, link Link, how string, also ...incident.PersonID) error {
	link.At = l.now
	for _, old := range l.people.accounts.all {
		if old.Platform == link.Platform && old.Person == link.Person && old.ID != link.ID && old.Until.IsZero() {
			if err := l.end(ctx, old, link.By); err != nil {
				return err
			}
		}
	}
	if err := l.remember(ctx, linkAccount+link.name(), link); err != nil {
		return err
	}
	for _, done := range []string{linkCode, linkAsked} {
		if err := l.forget(ctx, done+link.name()); err != nil {
			return err
		}
	}
	l.trail.Account, l.trail.Person, l.trail.What = &link.Account, link.Person, how
	l.change.Contacts = l.people.version
	l.change.Messages = append(l.change.Messages, l.told(link, true, also...)...)
	return nil
}

// end takes a link back. It stays as what was, until the account is linked anew.
func (l *linking) end(ctx context.Context, link Link, by incident.PersonID) error {
	link.Until, link.EndedBy = l.now, by
	l.change.Contacts = l.people.version
	return l.remember(ctx, linkAccount+link.name(), link)
}

// Unlink takes back that an account is somebody's: for himself, or for who may say whose an
// account is. at is when it was linked, so that a later link stays; zero: any.
// Without a platform it is the answer of whoever has none.
func (s *Service) Unlink(ctx context.Context, key string, by incident.PersonID, platform, id string, at time.Time) (Outcome, error) {
	return s.link(ctx, key, by, func(ctx context.Context, l *linking) (Outcome, error) {
		var link Link
		for _, x := range l.people.accounts.all {
			if x.Platform == platform && x.ID == id && x.Until.IsZero() && (at.IsZero() || at.Equal(x.At)) {
				link = x
			}
		}
		switch {
		case link.ID == "" && (platform == "" || l.people.mayLink(by)):
			return refused("", "refuse.link_none", nil), nil
		case link.Person != by && !l.people.mayLink(by):
			return refused("", "refuse.link_role", nil), nil
		}
		l.trail.Account, l.trail.Person, l.trail.What = &link.Account, link.Person, "unlinked"
		l.change.Messages = append(l.change.Messages, l.told(link, false)...)
		return Outcome{}, l.end(ctx, link, by)
	})
}

// dropLinks ends what the contact list speaks against by now, so that it does not come back when
// the list is changed again.
func (s *Service) dropLinks(ctx context.Context) error {
	for _, x := range s.people.Load().accounts.against(s.people.Load().Directory) {
		key := fmt.Sprintf("link:listed:%s:%d:%d", x.name(), x.At.UnixMicro(), s.people.Load().version)
		_, err := s.link(ctx, key, "", func(ctx context.Context, l *linking) (Outcome, error) {
			if !slices.ContainsFunc(l.people.accounts.against(l.people.Directory), func(o Link) bool { return o.Account == x.Account && o.At.Equal(x.At) }) {
				return refused("", "refuse.link_none", nil), nil
			}
			l.trail.Account, l.trail.Person, l.trail.What = &x.Account, x.Person, "listed"
			return Outcome{}, l.end(ctx, x, "")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepLinks forgets what was asked about accounts and is over.
func (s *Service) sweepLinks(ctx context.Context) error {
	kept, err := s.store.AllRemembered(ctx, links, "")
	if err != nil {
		return err
	}
	over := func(body []byte) bool {
		var x struct {
			Expires time.Time `json:"expires"`
		}
		return json.Unmarshal(body, &x) == nil && !x.Expires.IsZero() && !x.Expires.After(s.Now())
	}
	for name, body := range kept {
		if strings.HasPrefix(name, linkAccount) || !over(body) {
			continue
		}
		err := s.store.Write(ctx, func(tx Tx) error {
			if err := tx.Turn(ctx, links); err != nil {
				return err
			}
			// It may have been asked for anew meanwhile.
			if body, err := tx.Recall(ctx, links, name); err != nil || body == nil || !over(body) {
				return err
			}
			return tx.Remember(ctx, links, name, nil)
		})
		if err != nil {
			return fmt.Errorf("forget what was asked about an account: %w", err)
		}
	}
	return nil
}

// linkMAC is what stands for something that was typed, so that it can be compared and not read.
func linkMAC(key []byte, use, said string) string {
	return hex.EncodeToString(answerMAC(key, "link "+use, []byte(said))[:16])
}

// sameSecret compares without telling by the time it takes how much was right.
func sameSecret(key []byte, a, b string) bool {
	return hmac.Equal(answerMAC(key, "link compare", []byte(a)), answerMAC(key, "link compare", []byte(b)))
}

// accountName is what is kept of the name of an account. It is its owner's choice and stands in mails
// of ours: nothing in it leads anywhere, and it is too short to tell a story.
func accountName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r): // seen by nobody, and it parts what would be an address
			return -1
		}
		return r
	}, norm.NFKC.String(strings.ToValidUTF8(s, "")))
	s = nameDots.ReplaceAllString(nameAddresses.ReplaceAllString(s, " "), " $1")
	r := []rune(strings.Join(strings.Fields(s), " "))
	return strings.TrimSpace(string(r[:min(len(r), linkAccountName)]))
}

var (
	nameAddresses = regexp.MustCompile(`(?i)(?:[a-z][a-z0-9+.-]*:/+|mailto:|www\.)\S*|\S+\.\S+/\S*`)
	// nameDots would have a program for mail make an address of "evil.example", too.
	nameDots = regexp.MustCompile(`[.。]+(\S)`)
)

// clipName is what is kept of how somebody calls himself: one line, and not without end.
func clipName(s string) string {
	r := []rune(strings.Join(strings.Fields(incident.Clean(s)), " "))
	return string(r[:min(len(r), linkName)])
}
