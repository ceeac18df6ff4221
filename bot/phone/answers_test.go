package phone_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hikeshi/bot/journal"
	"hikeshi/bot/phone"
	"hikeshi/bot/phone/phonetest"
)

const secret = "an agreed secret of 2026"

// now is the wall clock of these tests.
var now = time.Date(2026, 11, 26, 17, 0, 0, 0, time.UTC)

// listener is who carries out what was pressed.
type listener struct {
	mu    sync.Mutex
	asked []string // token and choice
	says  string
	err   error
}

func (l *listener) answer(_ context.Context, token, choice string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, token+" "+choice)
	return l.says, l.err
}

func answers(t testing.TB, l *listener, change func(*phone.AnswersConfig)) http.Handler {
	t.Helper()
	c := phone.AnswersConfig{Secret: secret, Answer: l.answer, Say: texts(t).Say, Lang: "ja", Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&c)
	}
	h, err := phone.Answers(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// stamped is a request as a gateway signs it, written down here once more.
func stamped(body, stamp string) *http.Request {
	h := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(h, "v1:%s:%s", stamp, body)
	r := httptest.NewRequest(http.MethodPost, phone.AnswerPath, strings.NewReader(body))
	r.Header.Set("X-Hikeshi-Timestamp", stamp)
	r.Header.Set("X-Hikeshi-Signature", "v1="+hex.EncodeToString(h.Sum(nil)))
	return r
}

func unix(at time.Time) string { return fmt.Sprint(at.Unix()) }

type heard struct {
	phonetest.Said
	body string
}

func bring(t testing.TB, h http.Handler, r *http.Request) heard {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	got := heard{body: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &got.Said); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	got.Status = w.Code
	if got.Version != 1 || w.Header().Get("Content-Type") != "application/json; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	return got
}

func TestAPressedKeyIsAnAnswer(t *testing.T) {
	for key, choice := range map[string]string{"1": "take", "2": "decline"} {
		l := &listener{says: "対応者として記録しました。"}
		got := bring(t, answers(t, l, nil), stamped(`{"answer":"tok.en","key":"`+key+`","call_sid":"CA1"}`, unix(now)))
		if want := `{"version":1,"choice":"` + choice + `","said":"対応者として記録しました。"}`; got.Status != http.StatusOK || got.body != want {
			t.Errorf("%s: %d %s", key, got.Status, got.body)
		}
		if len(l.asked) != 1 || l.asked[0] != "tok.en "+choice {
			t.Errorf("%s: %v", key, l.asked)
		}
	}
}

func TestAnotherKeyIsToldWhatCanBePressed(t *testing.T) {
	for lang, said := range map[string]string{
		"ja": "対応できるときは1を、対応できないときは2を押してください。", "en": "Press 1 if you respond, or 2 if you cannot.",
	} {
		for _, key := range []string{"3", "0", "#", "12", "1 ", "take"} {
			l := &listener{}
			got := bring(t, answers(t, l, func(c *phone.AnswersConfig) { c.Lang = lang }), stamped(`{"answer":"x","key":"`+key+`"}`, unix(now)))
			if got.Status != http.StatusUnprocessableEntity || got.Error != "key" || got.Said.Said != said || got.Keys["1"] != "take" || got.Keys["2"] != "decline" {
				t.Errorf("%q: %d %s", key, got.Status, got.body)
			}
			if len(l.asked) > 0 {
				t.Errorf("%q: %v", key, l.asked)
			}
		}
	}
}

// Whoever has not the secret, or comes too late, has nothing done.
func TestOnlyTheGatewayAnswers(t *testing.T) {
	const body = `{"answer":"x","key":"1"}`
	for name, c := range map[string]struct {
		request func() *http.Request
		status  int
		err     string
	}{
		"not signed": {func() *http.Request {
			r := stamped(body, unix(now))
			r.Header.Del("X-Hikeshi-Signature")
			return r
		}, 401, "signature"},
		"no timestamp": {func() *http.Request {
			r := stamped(body, unix(now))
			r.Header.Del("X-Hikeshi-Timestamp")
			return r
		}, 401, "signature"},
		"another version": {func() *http.Request {
			r := stamped(body, unix(now))
			r.Header.Set("X-Hikeshi-Signature", strings.Replace(r.Header.Get("X-Hikeshi-Signature"), "v1", "v2", 1))
			return r
		}, 401, "signature"},
		"no hexadecimal digits": {func() *http.Request {
			r := stamped(body, unix(now))
			r.Header.Set("X-Hikeshi-Signature", "v1="+strings.Repeat("x", 64))
			return r
		}, 401, "signature"},
		"half a signature": {func() *http.Request {
			r := stamped(body, unix(now))
			r.Header.Set("X-Hikeshi-Signature", r.Header.Get("X-Hikeshi-Signature")[:35])
			return r
		}, 401, "signature"},
		"one digit off": {func() *http.Request {
			r := stamped(body, unix(now))
			s := []byte(r.Header.Get("X-Hikeshi-Signature"))
			if s[len(s)-1] = '0'; r.Header.Get("X-Hikeshi-Signature") == string(s) {
				s[len(s)-1] = '1'
			}
			r.Header.Set("X-Hikeshi-Signature", string(s))
			return r
		}, 401, "signature"},
		"another body": {func() *http.Request {
			r := stamped(body, unix(now))
			r.Body = io.NopCloser(strings.NewReader(`{"answer":"x","key":"2"}`))
			return r
		}, 401, "signature"},
		"another timestamp": {func() *http.Request {
			r := stamped(body, unix(now))
			r.Header.Set("X-Hikeshi-Timestamp", unix(now.Add(time.Second)))
			return r
		}, 401, "signature"},
		"too old":           {func() *http.Request { return stamped(body, unix(now.Add(-5*time.Minute-time.Second))) }, 401, "timestamp"},
		"of the future":     {func() *http.Request { return stamped(body, unix(now.Add(5*time.Minute+time.Second))) }, 401, "timestamp"},
		"milliseconds":      {func() *http.Request { return stamped(body, fmt.Sprint(now.UnixMilli())) }, 401, "timestamp"},
		"a date":            {func() *http.Request { return stamped(body, now.Format(time.RFC3339)) }, 401, "timestamp"},
		"a look":            {func() *http.Request { return httptest.NewRequest(http.MethodGet, phone.AnswerPath, nil) }, 405, ""},
		"elsewhere":         {func() *http.Request { return httptest.NewRequest(http.MethodPost, "/phone", nil) }, 404, ""},
		"the oldest":        {func() *http.Request { return stamped(body, unix(now.Add(-5*time.Minute))) }, 200, ""},
		"the newest":        {func() *http.Request { return stamped(body, unix(now.Add(5*time.Minute))) }, 200, ""},
		"too much":          {func() *http.Request { return stamped(strings.Repeat(" ", 17<<10)+body, unix(now)) }, 413, "size"},
		"nothing":           {func() *http.Request { return stamped("", unix(now)) }, 400, "body"},
		"no JSON":           {func() *http.Request { return stamped("answer=x&key=1", unix(now)) }, 400, "body"},
		"a list":            {func() *http.Request { return stamped("["+body+"]", unix(now)) }, 400, "body"},
		"two at once":       {func() *http.Request { return stamped(body+body, unix(now)) }, 400, "body"},
		"no token":          {func() *http.Request { return stamped(`{"key":"1"}`, unix(now)) }, 400, "body"},
		"no key":            {func() *http.Request { return stamped(`{"answer":"x"}`, unix(now)) }, 400, "body"},
		"a number":          {func() *http.Request { return stamped(`{"answer":"x","key":1}`, unix(now)) }, 400, "body"},
		"a call of our own": {func() *http.Request { return stamped(`{"version":1,"callback":{"answer":"x"}}`, unix(now)) }, 400, "body"},
	} {
		l := &listener{}
		h := answers(t, l, nil)
		if c.err == "" {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, c.request())
			if w.Code != c.status || (c.status == 200) != (len(l.asked) == 1) {
				t.Errorf("%s: %d %s, %v", name, w.Code, w.Body, l.asked)
			}
			continue
		}
		if got := bring(t, h, c.request()); got.Status != c.status || got.Error != c.err || got.Said.Said != "" || len(l.asked) > 0 {
			t.Errorf("%s: %d %s, %v", name, got.Status, got.body, l.asked)
		}
	}
}

func TestARequestThatComesAgainDoesNothingTwice(t *testing.T) {
	l := &listener{says: "記録しました。"}
	at := now
	h := answers(t, l, func(c *phone.AnswersConfig) { c.Now = func() time.Time { return at } })
	const body = `{"answer":"x","key":"1"}`
	first := bring(t, h, stamped(body, unix(now)))
	l.says = "これは言わない"
	at = now.Add(5 * time.Minute)
	if again := bring(t, h, stamped(body, unix(now))); again.body != first.body || again.Status != first.Status || len(l.asked) != 1 {
		t.Errorf("%d %s, %v", again.Status, again.body, l.asked)
	}
	// Signed anew, it is what the one who carries it out has to know again.
	bring(t, h, stamped(body, unix(at)))
	if len(l.asked) != 2 {
		t.Errorf("%v", l.asked)
	}
	// Recorded and sent much later, it is nothing.
	at = now.Add(5*time.Minute + time.Second)
	if late := bring(t, h, stamped(body, unix(now))); late.Status != http.StatusUnauthorized || len(l.asked) != 2 {
		t.Errorf("%d %s, %v", late.Status, late.body, l.asked)
	}
}

// Two of the same at the same time are one; who hangs up meanwhile keeps nothing from being
// recorded.
func TestTheSameRequestTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pressed, go_ := 0, make(chan struct{})
		h := answers(t, &listener{}, func(c *phone.AnswersConfig) {
			c.Answer = func(ctx context.Context, _, _ string) (string, error) {
				pressed++
				<-go_
				return "done", ctx.Err()
			}
		})
		const body = `{"answer":"x","key":"1"}`
		got := make(chan heard, 3)
		ctx, hangUp := context.WithCancel(t.Context())
		go func() { got <- bring(t, h, stamped(body, unix(now)).WithContext(ctx)) }()
		synctest.Wait()
		go func() { got <- bring(t, h, stamped(body, unix(now))) }()
		go func() { got <- bring(t, h, stamped(body, unix(now)).WithContext(ctx)) }()
		synctest.Wait()
		hangUp()
		if gone := <-got; gone.Status != http.StatusServiceUnavailable {
			t.Errorf("who has hung up: %d %s", gone.Status, gone.body)
		}
		close(go_)
		for range 2 {
			if one := <-got; one.Status != http.StatusOK || one.Said.Said != "done" {
				t.Errorf("%d %s", one.Status, one.body)
			}
		}
		if pressed != 1 {
			t.Errorf("carried out %d times", pressed)
		}
	})
}

func TestWhatCannotBeRecordedMayBeTriedAgain(t *testing.T) {
	var log bytes.Buffer
	l := &listener{err: errors.New("the database is away, and so is 佐藤 美咲")}
	h := answers(t, l, func(c *phone.AnswersConfig) { c.Log = journal.New(&log, journal.Options{JSON: true}) })
	const body = `{"answer":"geheim","key":"2"}`
	if got := bring(t, h, stamped(body, unix(now))); got.Status != http.StatusServiceUnavailable || got.Error != "failed" || !strings.Contains(got.Said.Said, "記録できませんでした") {
		t.Errorf("%d %s", got.Status, got.body)
	}
	if strings.Count(log.String(), "\n") != 1 || strings.Contains(log.String(), "佐藤") || strings.Contains(log.String(), "geheim") {
		t.Error(log.String())
	}
	l.err, l.says = nil, "記録しました。"
	if got := bring(t, h, stamped(body, unix(now))); got.Status != http.StatusOK || got.Choice != "decline" || len(l.asked) != 2 {
		t.Errorf("the same again: %d %s, %v", got.Status, got.body, l.asked)
	}
	// A fault of ours leaves nobody waiting for it.
	broken := answers(t, l, func(c *phone.AnswersConfig) {
		c.Answer = func(context.Context, string, string) (string, error) { panic(http.ErrAbortHandler) }
	})
	for range 2 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a panic was swallowed: the server does not know of it")
				}
			}()
			broken.ServeHTTP(httptest.NewRecorder(), stamped(body, unix(now)))
		}()
	}
}

func TestWhatIsOverIsSaid(t *testing.T) {
	l := &listener{err: fmt.Errorf("expired: %w", phone.ErrOver)}
	h := answers(t, l, nil)
	got := bring(t, h, stamped(`{"answer":"x","key":"1"}`, unix(now)))
	if got.Status != http.StatusGone || got.Error != "over" || !strings.Contains(got.Said.Said, "電話して") {
		t.Errorf("%d %s", got.Status, got.body)
	}
	l.says = "田中さんが対応しています。"
	if got := bring(t, h, stamped(`{"answer":"y","key":"1"}`, unix(now))); got.Status != http.StatusGone || got.Said.Said != l.says {
		t.Errorf("%d %s", got.Status, got.body)
	}
}

// Anybody can send unsigned requests: they do not fill the log.
func TestStrangersAreLoggedOnceAMinute(t *testing.T) {
	var log bytes.Buffer
	at := now
	h := answers(t, &listener{}, func(c *phone.AnswersConfig) {
		c.Log, c.Now = journal.New(&log, journal.Options{JSON: true}), func() time.Time { return at }
	})
	for range 100 {
		bring(t, h, httptest.NewRequest(http.MethodPost, phone.AnswerPath, nil))
		at = at.Add(time.Second)
	}
	if n := strings.Count(log.String(), "\n"); n != 2 {
		t.Errorf("%d lines in 100 s:\n%s", n, log.String())
	}
}

func TestNobodyListensWithoutASecret(t *testing.T) {
	l := &listener{}
	right := phone.AnswersConfig{Secret: secret, Answer: l.answer, Say: texts(t).Say}
	for name, change := range map[string]func(*phone.AnswersConfig){
		"no secret": func(c *phone.AnswersConfig) { c.Secret = "" }, "a short one": func(c *phone.AnswersConfig) { c.Secret = "0123456789abcde" },
		"nobody to answer": func(c *phone.AnswersConfig) { c.Answer = nil }, "no texts": func(c *phone.AnswersConfig) { c.Say = nil },
	} {
		c := right
		change(&c)
		if _, err := phone.Answers(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// The whole way: rung by one server, a key pressed at the gateway, brought to the other.
func TestRungAndAnswered(t *testing.T) {
	gateway := phonetest.Start(t)
	l := &listener{says: "記録しました。"}
	h := answers(t, l, func(c *phone.AnswersConfig) { c.Secret, c.Now = gateway.Secret, nil })
	server := httptest.NewServer(h)
	defer server.Close()
	p, err := phone.New(phone.Config{URL: gateway.URL(), Secret: gateway.Secret, CallbackURL: server.URL + phone.AnswerPath, Say: texts(t).Say})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	gateway.PressAlways("1")
	d := page("1")
	if _, err := p.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	gateway.Await("somebody has heard the answer", func([]phonetest.Call) bool { return len(gateway.Said()) == 1 })
	if s := gateway.Said()[0]; s.Status != http.StatusOK || s.Choice != "take" || s.Said != l.says || l.asked[0] != d.Call.Answer+" take" {
		t.Errorf("%+v, %v", s, l.asked)
	}
	gateway.PressAlways("")
	if s, err := gateway.Press(gateway.Calls()[0], "9"); err != nil || s.Status != http.StatusUnprocessableEntity {
		t.Errorf("%+v, %v", s, err)
	}
}

// Whatever comes in, only what is signed is carried out, and every answer is JSON that says
// why not.
func FuzzAnswers(f *testing.F) {
	f.Add(`{"answer":"x","key":"1"}`, unix(now), "", true)
	f.Add(`{"answer":"x","key":"3"}`, unix(now), "v1=00", false)
	f.Add(`{"answer":"x","key":"1"}`, "-1", "v1="+strings.Repeat("0", 64), false)
	f.Add(`[`, unix(now.Add(-time.Hour)), "", true)
	f.Fuzz(func(t *testing.T, body, stamp, signature string, right bool) {
		l := &listener{says: "said"}
		r := stamped(body, stamp)
		is := r.Header.Get("X-Hikeshi-Signature")
		if !right {
			r.Header.Set("X-Hikeshi-Signature", signature)
		}
		got := bring(t, answers(t, l, nil), r)
		if len(l.asked) > 0 && (got.Status != http.StatusOK || !right && !strings.EqualFold(signature, is)) {
			t.Fatalf("carried out: %d %s", got.Status, got.body)
		}
		if (got.Status == http.StatusOK) != (len(l.asked) == 1) || (got.Error == "") != (got.Status == http.StatusOK) {
			t.Fatalf("%d %s, %v", got.Status, got.body, l.asked)
		}
	})
}
