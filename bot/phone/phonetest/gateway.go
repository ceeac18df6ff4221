// Package phonetest is a telephone gateway for tests: a real HTTP server that checks what it
// gets strictly and by its own reading of the README's schema, remembers whom it has rung,
// fails on demand, and presses keys. It outlives a killed client, and knows the id of a call
// again, as the README asks of gateways.
//
// It shares no code with bot/phone: what both got wrong would look right.
package phonetest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Call is one request that was signed and worded as it has to be.
type Call struct {
	Version        int       `json:"version"`
	ID             string    `json:"id"`
	To             string    `json:"to"`
	Incident       string    `json:"incident"`
	More           int       `json:"more"`
	Level          string    `json:"level"`
	LevelConfirmed bool      `json:"level_confirmed"`
	Practice       bool      `json:"practice"`
	Again          bool      `json:"again"`
	Lang           string    `json:"lang"`
	Text           string    `json:"text"`
	Callback       *Callback `json:"callback"`
	SentAt         time.Time `json:"sent_at"`

	Body   string    `json:"-"` // as it came
	At     time.Time `json:"-"` // when it came
	Repeat bool      `json:"-"` // its id has been rung before: nobody's phone rang for it
	Rang   bool      `json:"-"`
	Status int       `json:"-"` // how it was answered; 0: not at all
}

// Callback is how a call is answered.
type Callback struct {
	URL     string            `json:"url"`
	Answer  string            `json:"answer"`
	Keys    map[string]string `json:"keys"`
	Ask     string            `json:"ask"`
	Expires time.Time         `json:"expires"`
}

// Fault is how the gateway fails. The zero value is none.
type Fault struct {
	// Wait passes before anything else. Whoever hangs up meanwhile has not rung anybody.
	Wait time.Duration
	// Status is the answer instead of 202; nobody is rung. RetryAfter and Body go with it.
	Status     int
	RetryAfter string
	Body       string
	// Hang rings and never answers; Drop rings and closes the connection without an answer.
	Hang, Drop bool
}

// Gateway is one telephone gateway.
type Gateway struct {
	// Secret is shared with whoever is to be let in.
	Secret string

	t      testing.TB
	server *httptest.Server
	closed chan struct{}

	mu       sync.Mutex
	requests []Call
	rung     map[string]bool
	tests    int
	strange  int
	faults   map[string]Fault // by number, "" for all
	next     []Fault
	press    string
	said     []Said
	changed  chan struct{}
	pressing sync.WaitGroup
}

// Start starts a gateway on a port of its own. It ends with the test, which fails if a signed
// request was not as the schema says.
func Start(t testing.TB) *Gateway {
	t.Helper()
	g := &Gateway{
		Secret: "phonetest-secret-0123456789", t: t, closed: make(chan struct{}),
		rung: map[string]bool{}, faults: map[string]Fault{}, changed: make(chan struct{}),
	}
	g.server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

// Close ends the gateway: nothing can be reached at its address any more.
func (g *Gateway) Close() {
	g.mu.Lock()
	select {
	case <-g.closed:
		g.mu.Unlock()
		return
	default:
		close(g.closed)
	}
	g.mu.Unlock()
	g.server.CloseClientConnections()
	g.server.Close()
	g.pressing.Wait()
}

// URL is where calls are asked for.
func (g *Gateway) URL() string { return g.server.URL + "/calls" }

// Calls are those that rang somebody's phone, in order: each id once.
func (g *Gateway) Calls() []Call {
	return slices.DeleteFunc(g.Requests(), func(c Call) bool { return !c.Rang })
}

// Requests are all that were signed and well worded, those that were refused, and repeats,
// among them.
func (g *Gateway) Requests() []Call {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

// Tests is how many requests were tests, and Strangers how many were refused because the
// signature was wrong, the timestamp old or the address another.
func (g *Gateway) Tests() int { g.mu.Lock(); defer g.mu.Unlock(); return g.tests }

// Strangers is described at Tests.
func (g *Gateway) Strangers() int { g.mu.Lock(); defer g.mu.Unlock(); return g.strange }

// Fail makes every request fail from now on; the zero Fault mends it.
func (g *Gateway) Fail(f Fault) { g.FailNumber("", f) }

// FailNumber makes requests for one number fail, such as +819000000002.
func (g *Gateway) FailNumber(to string, f Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults[to] = f
}

// FailNext makes the next requests fail, one after the other, before any other fault.
func (g *Gateway) FailNext(f ...Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next = append(g.next, f...)
}

// PressAlways presses a key on every call that rings from now on, perhaps before whoever asked
// for it has the answer; "" presses none.
func (g *Gateway) PressAlways(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.press = key
}

// Await waits until a condition on the calls that have rung holds, and ends the test after 10
// seconds.
func (g *Gateway) Await(what string, holds func([]Call) bool) []Call {
	g.t.Helper()
	timeout := time.NewTimer(10 * time.Second)
	defer timeout.Stop()
	for {
		g.mu.Lock()
		changed := g.changed
		g.mu.Unlock()
		calls := g.Calls()
		if holds(calls) {
			return calls
		}
		select {
		case <-changed:
		case <-timeout.C:
			g.t.Fatalf("waited in vain until %s; %d calls", what, len(calls))
		}
	}
}

func (g *Gateway) note(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
	close(g.changed)
	g.changed = make(chan struct{})
}

// window is how far a timestamp may be from now (README, "Phone calls").
const window = 5 * time.Minute

func mac(secret, stamp string, body []byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(h, "v1:%s:%s", stamp, body)
	return "v1=" + hex.EncodeToString(h.Sum(nil))
}

// known reports whether a request comes from somebody who has the secret, now.
func (g *Gateway) known(r *http.Request, body []byte) bool {
	stamp := r.Header.Get("X-Hikeshi-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	return err == nil && time.Since(time.Unix(seconds, 0)).Abs() <= window && r.Method == http.MethodPost && r.URL.Path == "/calls" &&
		hmac.Equal([]byte(mac(g.Secret, stamp, body)), []byte(r.Header.Get("X-Hikeshi-Signature")))
}

func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client was killed on the way
	}
	if !g.known(r, body) {
		g.note(func() { g.strange++ })
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	c := Call{Body: string(body), At: time.Now()}
	isTest, err := read(body, &c)
	if err == nil && r.Header.Get("Idempotency-Key") != c.ID {
		err = errors.New("Idempotency-Key is not the id")
	}
	if err != nil {
		g.t.Errorf("the phone gateway got what the schema does not know: %v\n%s", err, body)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	f := g.fault(c.To)
	if f.Wait > 0 && !g.wait(r, f.Wait) {
		g.note(func() { g.requests = append(g.requests, c) })
		return
	}
	if isTest {
		g.note(func() { g.tests++ })
	} else {
		g.ring(&c, f)
	}
	g.answer(w, r, c.ID, f)
}

// ring notes a call, and lets the phone ring.
func (g *Gateway) ring(c *Call, f Fault) {
	g.note(func() {
		c.Repeat = g.rung[c.ID]
		c.Rang = f.Status == 0 && !c.Repeat
		g.rung[c.ID] = g.rung[c.ID] || c.Rang
		switch {
		case f.Status != 0:
			c.Status = f.Status
		case !f.Hang && !f.Drop:
			c.Status = http.StatusAccepted
		}
		g.requests = append(g.requests, *c)
		if key := g.press; key != "" && c.Rang && c.Callback != nil {
			g.pressing.Go(func() {
				said, err := g.Press(*c, key)
				g.note(func() { g.said = append(g.said, said) })
				select {
				case <-g.closed: // the test is over, and with it whoever was to hear it
				default:
					if err != nil {
						g.t.Logf("a key was pressed in vain: %v", err)
					}
				}
			})
		}
	})
}

func (g *Gateway) answer(w http.ResponseWriter, r *http.Request, id string, f Fault) {
	switch {
	case f.Status != 0:
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		if f.Status >= 300 && f.Status <= 399 {
			w.Header().Set("Location", g.server.URL+"/elsewhere")
		}
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, f.Body)
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-g.closed:
		}
	case f.Drop:
		panic(http.ErrAbortHandler)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_ = json.NewEncoder(w).Encode(map[string]string{"id": id})
	}
}

func (g *Gateway) fault(to string) Fault {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.next) > 0 {
		f := g.next[0]
		g.next = g.next[1:]
		return f
	}
	if f, ok := g.faults[to]; ok && f != (Fault{}) {
		return f
	}
	return g.faults[""]
}

// wait lets time pass; false: whoever waited for the answer has hung up.
func (g *Gateway) wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-g.closed:
	}
	return false
}

var (
	e164 = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)
	utc  = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$`)
	// always are the fields of every call.
	always = []string{"again", "id", "incident", "lang", "level", "level_confirmed", "more", "practice", "sent_at", "text", "to", "version"}
)

// read holds a body against the schema.
func read(body []byte, c *Call) (isTest bool, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return false, err
	}
	isTest = string(fields["test"]) == "true"
	delete(fields, "test")
	d := json.NewDecoder(bytes.NewReader(body))
	if !isTest {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(c); err != nil {
		return isTest, err
	}
	callback, calledBack := fields["callback"]
	delete(fields, "callback")
	var names []string
	for n := range fields {
		names = append(names, n)
	}
	slices.Sort(names)
	want := always
	if isTest {
		want = []string{"id", "sent_at", "version"}
	}
	switch {
	case !slices.Equal(names, want):
		return isTest, fmt.Errorf("the fields %v", names)
	case c.Version != 1, c.ID == "", !utc.MatchString(c.sentAt(fields)):
		return isTest, errors.New("version, id or sent_at")
	case isTest:
		return true, nil
	case !e164.MatchString(c.To):
		return false, errors.New("the number is not in the form of E.164")
	case c.Text == "", c.Lang != "ja" && c.Lang != "en":
		return false, errors.New("nothing to read out, or in no known language")
	case c.Level != "" && !slices.Contains([]string{"0", "1", "2", "3"}, c.Level), c.Level == "" && c.LevelConfirmed:
		return false, errors.New("the level")
	case calledBack:
		return false, c.Callback.check(callback)
	}
	return false, nil
}

func (c *Call) sentAt(fields map[string]json.RawMessage) (s string) {
	_ = json.Unmarshal(fields["sent_at"], &s)
	return s
}

func (b *Callback) check(raw []byte) error {
	if b == nil || b.URL == "" || b.Answer == "" || b.Ask == "" || b.Keys["1"] != "take" || b.Keys["2"] != "decline" || len(b.Keys) != 2 {
		return fmt.Errorf("the callback %s", raw)
	}
	return nil
}
