package workflows

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"hikeshi/workflows/incident"
)

// An answer link lets somebody who is called by mail or phone say that he takes the call, or
// cannot, without signing in: at night he may have nothing else at hand. Its token is signed
// and names him; by it his own calls can be answered and nothing else can be done or read.
// Whoever gets hold of one can do no more than that, and for no longer than AnswerLives.

// Errors of a token. Whoever brings one learns only that the link cannot be used.
var (
	// ErrAnswerUnknown says that a token was not signed by this system.
	ErrAnswerUnknown = errors.New("the answer link is not one of this system")
	// ErrAnswerExpired says that a token is too old.
	ErrAnswerExpired = errors.New("the answer link has expired")
	// ErrAnswerLeft says that its person is not on the contact list any more.
	ErrAnswerLeft = errors.New("the person of the answer link is not listed any more")
)

// AnswerLives is how long a token is good for, by the service's clock: over a night and the
// day after. An open call is repeated long before, and brings a new one.
const AnswerLives = 24 * time.Hour

// AnswerKeySetting is the setting that keeps the key of the tokens. It is in no backup.
const AnswerKeySetting = "answer_key"

// Bounds of a token. It has to fit into one line of a mail and into a phone gateway's field.
const (
	answerVersion = "1"
	maxAnswer     = 200 // characters
	answerKeySize = 32  // bytes, as many as SHA-256 gives (RFC 2104, section 3)
)

// answerCoding takes no second spelling of a token: trailing bits are refused. Line ends it
// would pass over.
var answerCoding = base64.RawURLEncoding.Strict()

// Answer is what a token says.
type Answer struct {
	Person   incident.PersonID
	Incident incident.ID
	Page     int64     // Seq of the page it was made for
	Issued   time.Time // UTC, to the microsecond
	Expires  time.Time
}

// AnswerToken makes the token that goes out with a page to a person: at most 200 characters,
// all fit for a URL. expires is when it ends.
func (s *Service) AnswerToken(ctx context.Context, person incident.PersonID, id incident.ID, page int64) (token string, expires time.Time, err error) {
	key, err := s.answerKey(ctx, true)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("make an answer link: %w", err)
	}
	a := Answer{Person: person, Incident: id, Page: page, Issued: s.Now()}
	if token, err = a.sign(key); err != nil {
		return "", time.Time{}, err
	}
	return token, a.Issued.Add(AnswerLives), nil
}

// ReadAnswer gives what a token says, if it is signed by this system, not too old, and its
// person is still listed: ErrAnswerUnknown, ErrAnswerExpired, ErrAnswerLeft. With any other
// error, which is a fault of the database, the Answer is what was signed: whom to phone can
// still be shown. It changes nothing.
func (s *Service) ReadAnswer(ctx context.Context, token string) (Answer, error) {
	if len(token) > maxAnswer {
		return Answer{}, ErrAnswerUnknown
	}
	key, err := s.answerKey(ctx, false)
	if err != nil {
		return Answer{}, fmt.Errorf("read an answer link: %w", err)
	}
	a, ok := readAnswer(key, token)
	switch {
	case !ok:
		return Answer{}, ErrAnswerUnknown
	case !s.Now().Before(a.Expires):
		return Answer{}, ErrAnswerExpired
	}
	if err := s.fresh(ctx, s.store); err != nil {
		return a, fmt.Errorf("read an answer link: %w", err)
	}
	if !s.people.Load().Known(a.Person) {
		return Answer{}, ErrAnswerLeft
	}
	return a, nil
}

// AnswerForm gives what the form on the page of a token sends back, so that only who has
// read the page can send it. It follows from the key, so that any of several servers takes it.
func (s *Service) AnswerForm(ctx context.Context, token string) (string, error) {
	key, err := s.answerKey(ctx, true)
	if err != nil {
		return "", fmt.Errorf("make the form of an answer link: %w", err)
	}
	return answerCoding.EncodeToString(answerMAC(key, "form", []byte(token))), nil
}

// OpenCall is a page that waits for its person's answer.
type OpenCall struct {
	Incident *incident.Incident
	Page     incident.Page
}

// OpenCalls lists the pages that wait for a person's answer, of incidents that have not
// ended and that he may see, newest incident first.
func (s *Service) OpenCalls(ctx context.Context, person incident.PersonID) ([]OpenCall, error) {
	list, _, err := s.Incidents(ctx, person, Listing{OpenOnly: true})
	if err != nil {
		return nil, fmt.Errorf("list the open calls: %w", err)
	}
	var calls []OpenCall
	for _, l := range list {
		if page, called := l.Page(person); called && page.Status == incident.PageOpen && l.Access == AccessFull {
			calls = append(calls, OpenCall{Incident: l.Incident, Page: page})
		}
	}
	return calls, nil
}

// sign writes the token: the version, then in one piece what it says and the MAC of that.
func (a Answer) sign(key []byte) (string, error) {
	said := make([]byte, 0, maxAnswer)
	for _, name := range []string{string(a.Person), string(a.Incident)} {
		if name == "" || len(name) > maxAnswer {
			return "", fmt.Errorf("an answer link cannot name %d characters", len(name))
		}
		said = append(binary.AppendUvarint(said, uint64(len(name))), name...)
	}
	said = binary.AppendVarint(binary.AppendVarint(said, a.Page), a.Issued.UnixMicro())
	token := answerVersion + answerCoding.EncodeToString(append(said, answerMAC(key, "token", said)...))
	if len(token) > maxAnswer {
		return "", fmt.Errorf("an answer link of %d characters is too long", len(token))
	}
	return token, nil
}

// readAnswer believes nothing in a token before its MAC is right.
func readAnswer(key []byte, token string) (a Answer, ok bool) {
	if len(key) == 0 || len(token) <= len(answerVersion) || token[:len(answerVersion)] != answerVersion || strings.ContainsAny(token, "\r\n") {
		return Answer{}, false
	}
	b, err := answerCoding.DecodeString(token[len(answerVersion):])
	if err != nil || len(b) <= sha256.Size {
		return Answer{}, false
	}
	said, mac := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if !hmac.Equal(mac, answerMAC(key, "token", said)) {
		return Answer{}, false
	}
	var names [2]string
	for i := range names {
		n, size := binary.Uvarint(said)
		if size <= 0 || n > maxAnswer || int(n) > len(said)-size {
			return Answer{}, false
		}
		end := size + int(n)
		names[i], said = string(said[size:end]), said[end:]
	}
	page, size := binary.Varint(said)
	if size <= 0 {
		return Answer{}, false
	}
	issued, rest := binary.Varint(said[size:])
	if rest <= 0 || size+rest != len(said) {
		return Answer{}, false
	}
	a = Answer{Person: incident.PersonID(names[0]), Incident: incident.ID(names[1]), Page: page, Issued: time.UnixMicro(issued).UTC()}
	a.Expires = a.Issued.Add(AnswerLives)
	return a, true
}

// answerMAC signs something for one use: a form's value is never taken for a token.
func answerMAC(key []byte, use string, said []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("hikeshi answer " + answerVersion + " " + use + "\x00"))
	mac.Write(said)
	return mac.Sum(nil)
}

// answerKey gives the key, from the database when it is asked for the first time. Where there
// is none it is made, or, without create, nil: then nothing was ever signed with it.
func (s *Service) answerKey(ctx context.Context, create bool) ([]byte, error) {
	if key := s.answers.Load(); key != nil {
		return *key, nil
	}
	kept, err := s.store.Setting(ctx, AnswerKeySetting)
	if err == nil && kept == "" && create {
		fresh := make([]byte, answerKeySize)
		rand.Read(fresh) // never fails: crypto/rand ends the program instead
		kept, err = s.store.KeepSetting(ctx, AnswerKeySetting, answerCoding.EncodeToString(fresh))
	}
	if err != nil || kept == "" && !create {
		return nil, err
	}
	key, err := answerCoding.DecodeString(kept)
	if err != nil || len(key) != answerKeySize {
		// The value itself must not get into an error, and so into a log.
		return nil, errors.New("the key of the answer links in the database is damaged: remove the setting " + AnswerKeySetting)
	}
	s.answers.Store(&key)
	return key, nil
}
