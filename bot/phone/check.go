package phone

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hikeshi/bot/chat"
)

// Finding is one thing that a check has found, as the key of a text with its arguments. A
// fault has to be mended; a note may be meant.
type Finding struct {
	Fault, Note bool
	Key         string
	Pairs       []string
}

// Listed is somebody of the contact list, as far as the phone matters.
type Listed struct{ Name, Number string }

// clocksDiffer is by how much the gateway's clock may be off before a refusal is put down to
// it: its own window is the same as ours or narrower.
const clocksDiffer = time.Minute

// Check looks whether the gateway takes our requests and refuses those of others, whether keys
// can be pressed, and whose number cannot be rung. It rings nobody.
func Check(ctx context.Context, c Config, people []Listed) []Finding {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	l := newLine(c)
	defer l.client.CloseIdleConnections()
	var found []Finding
	gateway, works := l.check(ctx)
	found = append(found, gateway)
	if works {
		if f, lax := l.checkStranger(ctx); lax {
			found = append(found, f)
		}
	}
	switch {
	case c.CallbackURL == "":
		found = append(found, Finding{Note: true, Key: "phone.check.no_callback"})
	case strings.HasPrefix(c.CallbackURL, "http://") && !SafeURL(c.CallbackURL):
		found = append(found, Finding{Note: true, Key: "phone.check.open_callback"})
	default:
		found = append(found, Finding{Key: "phone.check.callback", Pairs: []string{"address", c.CallbackURL}})
	}
	return append(found, checkNumbers(people)...)
}

// ping is a test: a request in which nobody is to be rung.
func (l *line) ping() (id string, body []byte, err error) {
	id = "test-" + rand.Text()
	body, err = encode(test{Version: version, Test: true, ID: id, SentAt: instant(l.clock())})
	return id, body, err
}

// check asks the gateway with our signature.
func (l *line) check(ctx context.Context) (f Finding, works bool) {
	host := hostOf(l.url)
	fault := func(key string, pairs ...string) (Finding, bool) {
		return Finding{Fault: true, Key: key, Pairs: append([]string{"host", host}, pairs...)}, false
	}
	id, body, err := l.ping()
	if err != nil {
		return fault("phone.check.unreachable")
	}
	r, err := l.post(ctx, id, body)
	switch {
	case errors.Is(err, chat.ErrUnsure):
		return fault("phone.check.silent", "seconds", strconv.Itoa(int(l.within.Seconds())))
	case err != nil:
		return fault("phone.check.unreachable")
	}
	switch s := r.status; {
	case s >= 200 && s <= 299:
		return Finding{Key: "phone.check.ready", Pairs: []string{"host", host}}, true
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		if at, err := http.ParseTime(r.header.Get("Date")); err == nil {
			if off := l.clock().Sub(at).Abs(); off > clocksDiffer {
				return fault("phone.check.clock", "minutes", strconv.Itoa(int(off.Minutes())))
			}
		}
		return fault("phone.check.refused")
	case s >= 300 && s <= 399:
		return fault("phone.check.moved", "status", strconv.Itoa(s))
	case s == http.StatusNotFound || s == http.StatusMethodNotAllowed || s == http.StatusGone:
		return fault("phone.check.not_found", "status", strconv.Itoa(s))
	default:
		return fault("phone.check.status", "status", strconv.Itoa(s))
	}
}

// checkStranger asks the gateway with a signature that anybody could have made up. One that
// takes it lets anybody ring the company's people.
func (l *line) checkStranger(ctx context.Context) (f Finding, lax bool) {
	id, body, err := l.ping()
	if err != nil {
		return Finding{}, false
	}
	stamp, signature := sign(rand.Text(), l.clock(), body)
	r, err := l.send(ctx, id, body, stamp, signature)
	if err != nil || r.status < 200 || r.status > 299 {
		return Finding{}, false
	}
	return Finding{Note: true, Key: "phone.check.unsigned", Pairs: []string{"host", hostOf(l.url)}}, true
}

// hostOf is what may be shown of the gateway's address: a path or a query may be a secret.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

func checkNumbers(people []Listed) (found []Finding) {
	for _, p := range people {
		if p.Number == "" {
			continue // the check of the contact list tells who needs one
		}
		switch _, err := Number(p.Number); {
		case errors.Is(err, ErrExtension):
			found = append(found, Finding{Note: true, Key: "phone.check.extension", Pairs: []string{"name", p.Name}})
		case err != nil:
			found = append(found, Finding{Note: true, Key: "phone.check.number", Pairs: []string{"name", p.Name}})
		}
	}
	if found == nil {
		found = []Finding{{Key: "phone.check.numbers"}}
	}
	return found
}
