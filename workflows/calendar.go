package workflows

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// A calendar address lets the calendar program of one person read the notification clocks that he
// may see, without signing in: such programs cannot. Its token is random and signed, so that what
// somebody tries out never reaches the database; there stands its digest alone, so that whoever has
// a copy of the database has no address. A person has one at a time: a new one ends the old.

// ErrCalendarUnknown is one and the same for a token that was made up, for one that was replaced
// or taken back, for one that nobody has used for CalendarLives, and for one of somebody who has
// left.
var ErrCalendarUnknown = errors.New("the calendar address is not in force")

// CalendarLives is how long an address lasts that no program asks for, by the service's clock. One
// that is in use is asked for every few hours; this ends those that were forgotten on a telephone
// that is in other hands by now.
const CalendarLives = 180 * 24 * time.Hour

const (
	calendarVersion = "1"
	calendarSecret  = 16             // bytes: 128 bits are not guessed
	calendarMAC     = 16             // bytes of the signature (RFC 2104, section 5: not less than half)
	touchCalendars  = 24 * time.Hour // how often the use of an address is written down
	calendarRef     = 16             // characters of a digest that tell one address from another
)

// Calendar is an address as its owner sees it, who never sees the address itself again.
type Calendar struct {
	Ref  string    // tells it from others; empty: he has none
	Made time.Time // UTC
}

// CalendarReader is who may read by an address.
type CalendarReader struct {
	Person incident.PersonID
	key    []byte
}

// UID gives what stands for a name in calendars: the same for ever, for every person and however
// often an address is replaced, another one than on any other system, and saying nothing.
func (r CalendarReader) UID(name string) string {
	return hex.EncodeToString(answerMAC(r.key, "calendar date", []byte(name))[:16])
}

// MakeCalendar makes a new address for a person, in the place of the one that ref names; of none
// for "". The token, all fit for a URL, is given this once. ErrConflict: by now he has another one
// than ref, or none. ErrNotFound: he is not on the contact list.
func (s *Service) MakeCalendar(ctx context.Context, person incident.PersonID, ref string) (token string, err error) {
	if err := s.fresh(ctx, s.store); err != nil {
		return "", fmt.Errorf("make a calendar address: %w", err)
	}
	if !s.people.Load().Known(person) {
		return "", ErrNotFound
	}
	key, err := s.answerKey(ctx, true)
	if err != nil {
		return "", fmt.Errorf("make a calendar address: %w", err)
	}
	now := s.Now()
	before, err := s.calendarOf(ctx, person)
	if err != nil {
		return "", fmt.Errorf("make a calendar address: %w", err)
	}
	if refOf(before.Digest) != ref {
		return "", ErrConflict
	}
	said := make([]byte, calendarSecret, calendarSecret+calendarMAC)
	rand.Read(said) // never fails: crypto/rand ends the program instead
	token = calendarVersion + answerCoding.EncodeToString(append(said, answerMAC(key, "calendar", said)[:calendarMAC]...))
	x := SignIn{Digest: calendarDigest(token), Kind: SignInCalendar, Person: string(person), Created: now, Expires: now.Add(CalendarLives)}
	if err := s.store.SaveCalendar(ctx, x, before.Digest); err != nil {
		return "", fmt.Errorf("make a calendar address: %w", err)
	}
	return token, nil
}

// CalendarOf gives the address that a person has; none is no error.
func (s *Service) CalendarOf(ctx context.Context, person incident.PersonID) (Calendar, error) {
	x, err := s.calendarOf(ctx, person)
	if err != nil {
		return Calendar{}, fmt.Errorf("read a calendar address: %w", err)
	}
	return Calendar{Ref: refOf(x.Digest), Made: x.Created}, nil
}

// EndCalendar takes a person's address back. That he has none is no error.
func (s *Service) EndCalendar(ctx context.Context, person incident.PersonID) error {
	return s.store.DropCalendars(ctx, string(person))
}

// ReadCalendar gives who may read by a token: ErrCalendarUnknown. With any other error, which is a
// fault of the database, nobody may. The address of somebody who has left is ended for good: to be
// listed again does not bring it back.
func (s *Service) ReadCalendar(ctx context.Context, token string) (CalendarReader, error) {
	secret, mac, ok := parseCalendar(token)
	if !ok {
		return CalendarReader{}, ErrCalendarUnknown
	}
	key, err := s.answerKey(ctx, false)
	if err != nil {
		return CalendarReader{}, fmt.Errorf("read a calendar address: %w", err)
	}
	if len(key) == 0 || !hmac.Equal(mac, answerMAC(key, "calendar", secret)[:calendarMAC]) {
		return CalendarReader{}, ErrCalendarUnknown
	}
	now := s.Now()
	x, err := s.store.Calendar(ctx, calendarDigest(token), now)
	if errors.Is(err, ErrNotFound) {
		return CalendarReader{}, ErrCalendarUnknown
	}
	if err == nil {
		err = s.fresh(ctx, s.store)
	}
	if err != nil {
		return CalendarReader{}, fmt.Errorf("read a calendar address: %w", err)
	}
	person := incident.PersonID(x.Person)
	if !s.people.Load().Known(person) {
		if err := s.EndCalendar(ctx, person); err != nil {
			return CalendarReader{}, err
		}
		return CalendarReader{}, ErrCalendarUnknown
	}
	if until := now.Add(CalendarLives); until.Sub(x.Expires) >= touchCalendars {
		if err := s.store.TouchCalendar(ctx, x.Digest, now, until); err != nil {
			return CalendarReader{}, fmt.Errorf("read a calendar address: %w", err)
		}
	}
	return CalendarReader{Person: person, key: key}, nil
}

// calendarOf gives the address of a person; a zero one where he has none.
func (s *Service) calendarOf(ctx context.Context, person incident.PersonID) (SignIn, error) {
	x, err := s.store.CalendarOf(ctx, string(person), s.Now())
	if errors.Is(err, ErrNotFound) {
		return SignIn{}, nil
	}
	return x, err
}

// parseCalendar takes a token apart; there is no second spelling of one.
func parseCalendar(token string) (secret, mac []byte, ok bool) {
	if len(token) != len(calendarVersion)+answerCoding.EncodedLen(calendarSecret+calendarMAC) || token[:len(calendarVersion)] != calendarVersion || strings.ContainsAny(token, "\r\n") {
		return nil, nil, false
	}
	b, err := answerCoding.DecodeString(token[len(calendarVersion):])
	if err != nil || len(b) != calendarSecret+calendarMAC {
		return nil, nil, false
	}
	return b[:calendarSecret], b[calendarSecret:], true
}

func calendarDigest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func refOf(digest string) string { return digest[:min(len(digest), calendarRef)] }
