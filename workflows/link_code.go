package workflows

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// A code goes by mail to the address of somebody on the contact list, and whoever enters it from
// the account that asked for it is that person there. What is answered is the same whether the
// address is listed or not, down to the tries that are left, so that nobody finds out by it who
// works here. The code stands nowhere: it follows from the key of this system, which is in no
// backup, and from what is kept of the asking.

// Bounds of a code.
const (
	linkDigits = 8                // of a code
	linkTries  = 5                // and then it is over
	LinkLives  = 15 * time.Minute // how long a code is good for, by the service's clock
)

// The names of what is kept of an account that asks, and of an address that was asked for.
const (
	linkCode = "code/"
	linkMail = "mail/"
	linkSent = "sent/"
)

// codeAsked is a code that was asked for. Person is empty where the address is nobody's.
type codeAsked struct {
	Nonce   string            `json:"nonce"`
	Account Account           `json:"account"`
	Person  incident.PersonID `json:"person,omitempty"`
	Address string            `json:"address"` // a MAC of it
	Tries   int               `json:"tries"`
	Expires time.Time         `json:"expires"`
}

// code is what has to be entered.
func (c codeAsked) code(key []byte) string {
	mac := answerMAC(key, "link code", []byte(c.Nonce+"\x00"+c.Account.name()+"\x00"+string(c.Person)))
	return fmt.Sprintf("%0*d", linkDigits, binary.BigEndian.Uint64(mac)%100_000_000)
}

// AskLinkCode has a code sent to a mail address, if it is that of exactly one person of the list to
// whom the account can be linked. One that was sent before is over. That it is accepted says
// nothing about the address.
func (s *Service) AskLinkCode(ctx context.Context, key string, from Account, address string) (Outcome, error) {
	secret, err := s.answerKey(ctx, true)
	if err != nil {
		return Outcome{}, fmt.Errorf("link an account: %w", err)
	}
	from.Name = accountName(from.Name)
	address = strings.ToLower(strings.TrimSpace(address))
	return s.link(ctx, key, from.userID(), func(ctx context.Context, l *linking) (Outcome, error) {
		if ref := l.stranger(from); ref != nil {
			return Outcome{Refusal: ref}, nil
		}
		if marked, err := l.mailMarked(ctx); err != nil || marked {
			return refused("", "refuse.link_mail_marked", nil), err
		}
		if len(address) > linkAddress {
			return refused("", "refuse.link_address", nil), nil
		}
		mac := linkMAC(secret, "address", address)
		if until, err := l.count(ctx, linkCodes, linkHour, linkSent+from.name(), linkMail+mac); err != nil || !until.IsZero() {
			return refused("", "refuse.link_often", map[string]any{"at": until}), err
		}
		c := codeAsked{Nonce: linkNonce(), Account: from, Person: l.addressed(from.Platform, address), Address: mac, Expires: l.now.Add(LinkLives)}
		if !l.people.Reaches(c.Person, incident.ByMail) {
			c.Person = ""
		}
		if c.Person != "" {
			l.change.Messages = []incident.Notice{{Key: "link:code:" + from.name() + ":" + c.Nonce, Kind: incident.NoticeLinkCode, To: c.Person, Means: incident.ByMail}}
		}
		return Outcome{}, l.remember(ctx, linkCode+from.name(), c)
	})
}

// addressed is the only person whose address it is, if he can have the account.
func (l *linking) addressed(platform, address string) incident.PersonID {
	var found []incident.PersonID
	for _, p := range l.people.People() {
		if p.Active && address != "" && strings.ToLower(p.Email) == address {
			found = append(found, p.ID)
		}
	}
	if len(found) != 1 || !linkable(l.people.Directory, platform, found[0]) {
		return ""
	}
	return found[0]
}

// mailMarked reports whether others may be reading the mail.
func (l *linking) mailMarked(ctx context.Context) (bool, error) {
	kept, err := l.tx.Recall(ctx, marks, string(incident.ByMail))
	if err != nil || kept == nil {
		return false, err
	}
	var m Mark
	err = json.Unmarshal(kept, &m)
	return m.On, err
}

// EnterLinkCode links an account to whose address the code went that was typed. Each wrong one
// counts, also where none was sent.
func (s *Service) EnterLinkCode(ctx context.Context, key string, from Account, typed string) (Outcome, error) {
	secret, err := s.answerKey(ctx, true)
	if err != nil {
		return Outcome{}, fmt.Errorf("link an account: %w", err)
	}
	return s.link(ctx, key, from.userID(), func(ctx context.Context, l *linking) (Outcome, error) {
		if ref := l.stranger(from); ref != nil {
			return Outcome{Refusal: ref}, nil
		}
		if marked, err := l.mailMarked(ctx); err != nil || marked {
			return refused("", "refuse.link_mail_marked", nil), err
		}
		var c codeAsked
		if err := l.recall(ctx, linkCode+from.name(), &c); err != nil {
			return Outcome{}, err
		}
		if c.Nonce == "" || !l.now.Before(c.Expires) || c.Tries >= linkTries {
			return refused("", "refuse.link_code_over", nil), nil
		}
		right := sameSecret(secret, typed, c.code(secret))
		person, _ := l.people.Person(c.Person)
		still := linkable(l.people.Directory, from.Platform, c.Person) && linkMAC(secret, "address", strings.ToLower(person.Email)) == c.Address
		if right && still {
			return Outcome{}, l.make(ctx, Link{Account: Account{Platform: from.Platform, ID: from.ID, Name: accountName(from.Name)}, Person: c.Person}, "code")
		}
		c.Tries++
		l.counted = true
		if err := l.remember(ctx, linkCode+from.name(), c); err != nil {
			return Outcome{}, err
		}
		if c.Tries >= linkTries {
			return refused("", "refuse.link_code_over", nil), nil
		}
		return refused("", "refuse.link_code", map[string]any{"left": linkTries - c.Tries}), nil
	})
}

// LinkLetter is what the mail with a code says.
type LinkLetter struct {
	Account Account
	Code    string
	Expires time.Time // UTC
}

// LinkLetter gives what a notice of kind link_code says. ErrSettled: the code is over.
func (s *Service) LinkLetter(ctx context.Context, n incident.Notice) (LinkLetter, error) {
	name, nonce, ok := linkKey(n, "code")
	if !ok {
		return LinkLetter{}, ErrNotFound
	}
	secret, err := s.answerKey(ctx, false)
	if err != nil {
		return LinkLetter{}, fmt.Errorf("read a code: %w", err)
	}
	kept, err := s.store.Recall(ctx, links, linkCode+name)
	if err != nil {
		return LinkLetter{}, err
	}
	var c codeAsked
	if kept != nil {
		if err := json.Unmarshal(kept, &c); err != nil {
			return LinkLetter{}, fmt.Errorf("read a code: %w", err)
		}
	}
	if len(secret) == 0 || c.Nonce != nonce || c.Person != n.To || !s.Now().Before(c.Expires) || c.Tries >= linkTries {
		return LinkLetter{}, ErrSettled
	}
	return LinkLetter{Account: c.Account, Code: c.code(secret), Expires: c.Expires}, nil
}

// linkNonce is 64 random bits.
func linkNonce() string {
	var b [8]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b[:])
}
