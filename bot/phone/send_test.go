package phone_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hikeshi/bot/chat"
	"hikeshi/bot/journal"
	"hikeshi/bot/phone"
	"hikeshi/bot/phone/phonetest"
	"hikeshi/templates"
)

var update = flag.Bool("update", false, "write the golden files anew")

func texts(t testing.TB) *templates.Texts {
	t.Helper()
	loaded, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// rig is the front end before a gateway, with its log.
type rig struct {
	*phone.Phone
	gateway *phonetest.Gateway
	log     bytes.Buffer
}

func newRig(t testing.TB, change func(*phone.Config)) *rig {
	t.Helper()
	r := &rig{gateway: phonetest.Start(t)}
	c := phone.Config{
		URL: r.gateway.URL(), Secret: r.gateway.Secret, CallbackURL: "https://hikeshi.example.co.jp" + phone.AnswerPath,
		Say: texts(t).Say, Log: journal.New(&r.log, journal.Options{JSON: true}),
	}
	if change != nil {
		change(&c)
	}
	p, err := phone.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	r.Phone = p
	return r
}

// page is a call of somebody in the middle of the night.
func page(key string) chat.Delivery {
	return chat.Delivery{
		Key: key, To: chat.Target{User: "phone:090-0000-0002"}, Urgent: true,
		Card: chat.Card{Title: "PCの盗難: 顧客名簿が入っています"},
		Call: &chat.Call{
			Incident: "INC-2026-0001", More: 2, Level: "2", Unsure: true, Lang: "ja",
			Text:   "火消しです。インシデント INC-2026-0001、仮のレベル2で呼び出しています。ほかに2件あります。佐藤 美咲さん、090-0000-0002 に電話してください。",
			Answer: "v1.p-0000000a.1795712400.8dYf", AnswerPage: "/answer/v1.p-0000000a.1795712400.8dYf",
			Expires: time.Date(2026, 11, 27, 2, 0, 0, 0, time.UTC),
		},
	}
}

func TestACallRingsOnce(t *testing.T) {
	r := newRig(t, nil)
	d := page("page:INC-2026-0001:7:p-0000000a:phone")
	first, err := r.Send(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	d.Again = true
	second, err := r.Send(t.Context(), d)
	if err != nil || second != first {
		t.Errorf("again: %q after %q, %v", second, first, err)
	}
	calls := r.gateway.Calls()
	if len(calls) != 1 || len(r.gateway.Requests()) != 2 {
		t.Fatalf("it rang %d times, after %d requests", len(calls), len(r.gateway.Requests()))
	}
	c := calls[0]
	if c.To != "+819000000002" || c.ID != string(first) || c.Text != d.Call.Text || c.Callback.Answer != d.Call.Answer || !c.Callback.Expires.Equal(d.Call.Expires) {
		t.Errorf("%+v", c)
	}
	// The incident's number is told; whose call it is, and what happened, is not.
	for _, secret := range []string{"p-0000000a:phone", ":7:", "盗難", "顧客"} {
		if strings.Contains(c.Body, secret) {
			t.Errorf("it tells %q: %s", secret, c.Body)
		}
	}
	// Another call is another.
	if _, err := r.Send(t.Context(), page("page:INC-2026-0001:9:p-0000000a:phone")); err != nil || len(r.gateway.Calls()) != 2 {
		t.Errorf("%d calls, %v", len(r.gateway.Calls()), err)
	}
	if r.log.Len() > 0 {
		t.Error("it is logged:", r.log.String())
	}
}

func TestWhoCannotAnswerIsOfferedNoKey(t *testing.T) {
	for name, r := range map[string]*rig{
		"no public address": newRig(t, func(c *phone.Config) { c.CallbackURL = "" }),
		"no token":          newRig(t, nil),
	} {
		d := page("1")
		if name == "no token" {
			d.Call.Answer = ""
		}
		if _, err := r.Send(t.Context(), d); err != nil || len(r.gateway.Calls()) != 1 || r.gateway.Calls()[0].Callback != nil {
			t.Errorf("%s: %+v, %v", name, r.gateway.Calls(), err)
		}
	}
}

func TestOnlyCallsAreRung(t *testing.T) {
	r := newRig(t, nil)
	for name, change := range map[string]func(*chat.Delivery){
		"a card":            func(d *chat.Delivery) { d.Call = nil },
		"a channel":         func(d *chat.Delivery) { d.To = chat.Target{Channel: "inc-2026-0001"} },
		"another means":     func(d *chat.Delivery) { d.To.User = "mail:a@example.co.jp" },
		"an extension":      func(d *chat.Delivery) { d.To.User = "phone:#12" },
		"the police":        func(d *chat.Delivery) { d.To.User = "phone:110" },
		"no number":         func(d *chat.Delivery) { d.To.User = "phone:" },
		"somebody's typing": func(d *chat.Delivery) { d.To.User = "phone:自宅" },
	} {
		d := page("1")
		change(&d)
		_, err := r.Send(t.Context(), d)
		if !errors.Is(err, chat.ErrGone) || strings.Count(err.Error(), " ") < 4 {
			t.Errorf("%s: %v", name, err)
		}
		if (name == "an extension" || name == "the police") && !errors.Is(err, phone.ErrExtension) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(r.gateway.Requests()); n > 0 {
		t.Errorf("%d requests", n)
	}
}

// What the gateway's answer means for the courier.
func TestWhatTheGatewayAnswers(t *testing.T) {
	soon := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for name, c := range map[string]struct {
		fault               phonetest.Fault
		ok, gone, unsure    bool
		later               time.Duration // at most
		logged              bool
		plainErrorSaysOfOne string
	}{
		"accepted":                      {fault: phonetest.Fault{Status: 202}, ok: true},
		"done":                          {fault: phonetest.Fault{Status: 204}, ok: true},
		"the number is refused":         {fault: phonetest.Fault{Status: 422}, gone: true},
		"the number is gone":            {fault: phonetest.Fault{Status: 410}, gone: true},
		"the number is unknown":         {fault: phonetest.Fault{Status: 404, Body: `{"error":"number"}`}, gone: true},
		"the gateway is away":           {fault: phonetest.Fault{Status: 404, Body: "404 page not found\n"}, logged: true, plainErrorSaysOfOne: "404"},
		"something else is unknown":     {fault: phonetest.Fault{Status: 404, Body: `{"error":"route"}`}, logged: true, plainErrorSaysOfOne: "404"},
		"wait 3 s":                      {fault: phonetest.Fault{Status: 429, RetryAfter: "3"}, later: 3 * time.Second},
		"wait until soon":               {fault: phonetest.Fault{Status: 429, RetryAfter: soon(5 * time.Second)}, later: 5 * time.Second},
		"wait until a moment ago":       {fault: phonetest.Fault{Status: 429, RetryAfter: soon(-time.Minute)}, later: time.Nanosecond},
		"wait for longer than one does": {fault: phonetest.Fault{Status: 429, RetryAfter: "16"}, logged: true, plainErrorSaysOfOne: "429"},
		"wait for ages":                 {fault: phonetest.Fault{Status: 429, RetryAfter: "99999999999999999999"}, logged: true, plainErrorSaysOfOne: "429"},
		"wait a negative time":          {fault: phonetest.Fault{Status: 429, RetryAfter: "-1"}, logged: true, plainErrorSaysOfOne: "429"},
		"wait":                          {fault: phonetest.Fault{Status: 429}, logged: true, plainErrorSaysOfOne: "429"},
		"not signed":                    {fault: phonetest.Fault{Status: 401}, logged: true, plainErrorSaysOfOne: "401"},
		"not worded":                    {fault: phonetest.Fault{Status: 400}, logged: true, plainErrorSaysOfOne: "400"},
		"broken":                        {fault: phonetest.Fault{Status: 500}, logged: true, plainErrorSaysOfOne: "500"},
		"overloaded":                    {fault: phonetest.Fault{Status: 503, RetryAfter: "1"}, logged: true, plainErrorSaysOfOne: "503"},
		"moved":                         {fault: phonetest.Fault{Status: 307}, logged: true, plainErrorSaysOfOne: "elsewhere"},
		"the connection breaks":         {fault: phonetest.Fault{Drop: true}, unsure: true},
		"no answer":                     {fault: phonetest.Fault{Hang: true}, unsure: true},
		"an answer too late":            {fault: phonetest.Fault{Wait: time.Minute}, unsure: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(c *phone.Config) { c.Within = 2 * time.Second })
			r.gateway.Fail(c.fault)
			_, err := r.Send(t.Context(), page("1"))
			later, isLater := errors.AsType[*chat.Later](err)
			switch {
			case (err == nil) != c.ok, errors.Is(err, chat.ErrGone) != c.gone, errors.Is(err, chat.ErrUnsure) != c.unsure, isLater != (c.later > 0):
				t.Fatalf("%v", err)
			case isLater && (later.Wait > c.later || later.Wait < 0):
				t.Errorf("it waits %v", later.Wait)
			case c.plainErrorSaysOfOne != "" && !strings.Contains(err.Error(), c.plainErrorSaysOfOne):
				t.Errorf("it does not say %q: %v", c.plainErrorSaysOfOne, err)
			}
			if n := r.gateway.Strangers(); n > 0 {
				t.Errorf("%d requests went to another address", n)
			}
			if logged := r.log.Len() > 0; logged != c.logged {
				t.Errorf("logged: %s", r.log.String())
			}
			for _, secret := range []string{"+81", "0000-0002", "佐藤", "8dYf", r.gateway.Secret, "/calls"} {
				if strings.Contains(r.log.String(), secret) || err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("it tells %q: %v\n%s", secret, err, r.log.String())
				}
			}
		})
	}
}

// Before anything has gone out, nothing can have arrived: that is an ordinary failure.
func TestAGatewayThatIsNotReachedHasRungNobody(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	// It takes connections, and never says anything in the handshake of TLS.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	notTrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	notTrusted.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	notTrusted.StartTLS()
	defer notTrusted.Close()
	for name, url := range map[string]string{
		"nobody listens": closed.URL + "/geheim", "no handshake": "https://" + silent.Addr().String() + "/geheim", "another's certificate": notTrusted.URL + "/geheim",
	} {
		r := newRig(t, func(c *phone.Config) { c.URL, c.Within = url, time.Second })
		_, err := r.Send(t.Context(), page("1"))
		if err == nil || errors.Is(err, chat.ErrUnsure) || errors.Is(err, chat.ErrGone) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: it tells the address: %v", name, err)
		}
	}
}

// An answer stands with its status: one whose body never ends keeps no page waiting, and no
// amount of headers or text is read.
func TestAnAnswerIsReadWithinBounds(t *testing.T) {
	const chunk = 1 << 16
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		ok     bool
	}{
		"a body that never ends": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, true},
		"a flood": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, chunk)); err != nil {
					return
				}
			}
		}, true},
		"a flood of headers": {func(w http.ResponseWriter, _ *http.Request) {
			for range 100 {
				w.Header().Add("X-Flood", strings.Repeat("x", chunk/8))
			}
		}, false},
	} {
		server := httptest.NewServer(http.HandlerFunc(c.answer))
		r := newRig(t, func(p *phone.Config) { p.URL = server.URL })
		begun := time.Now()
		_, err := r.Send(t.Context(), page("1"))
		if (err == nil) != c.ok || err != nil && !errors.Is(err, chat.ErrUnsure) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
		server.CloseClientConnections()
		server.Close()
	}
}

// A stop of the program ends a request at once.
func TestAStopEndsARequest(t *testing.T) {
	r := newRig(t, nil)
	r.gateway.Fail(phonetest.Fault{Hang: true})
	ctx, stop := context.WithCancel(t.Context())
	sent := make(chan error)
	go func() {
		_, err := r.Send(ctx, page("1"))
		sent <- err
	}()
	r.gateway.Await("the phone rings", func(c []phonetest.Call) bool { return len(c) == 1 })
	stop()
	if err := <-sent; !errors.Is(err, chat.ErrUnsure) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// An idle connection that the gateway has closed costs no try.
func TestAClosedConnectionIsNotAFailure(t *testing.T) {
	r := newRig(t, nil)
	if _, err := r.Send(t.Context(), page("1")); err != nil {
		t.Fatal(err)
	}
	r.gateway.FailNext(phonetest.Fault{Drop: true})
	if _, err := r.Send(t.Context(), page("2")); err != nil {
		t.Errorf("on a connection that broke: %v", err)
	}
	if calls := r.gateway.Calls(); len(calls) != 2 {
		t.Errorf("it rang %d times", len(calls))
	}
}

func TestWrongConfigurationsAreRefused(t *testing.T) {
	right := phone.Config{URL: "https://gateway.example.co.jp/calls", Secret: "0123456789abcdef", Say: texts(t).Say}
	if p, err := phone.New(right); err != nil || p.Name() != "phone" {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*phone.Config){
		"a short secret":    func(c *phone.Config) { c.Secret = "0123456789abcde" },
		"no address":        func(c *phone.Config) { c.URL = "" },
		"an open line":      func(c *phone.Config) { c.URL = "http://gateway.example.co.jp/calls" },
		"not quite local":   func(c *phone.Config) { c.URL = "http://localhost.example.co.jp/" },
		"a file":            func(c *phone.Config) { c.URL = "file:///etc/passwd" },
		"no texts":          func(c *phone.Config) { c.Say = nil },
		"something typed":   func(c *phone.Config) { c.URL = "https://[::1" },
		"only a host":       func(c *phone.Config) { c.URL = "gateway.example.co.jp" },
		"a part of a page":  func(c *phone.Config) { c.URL = "https://gateway.example.co.jp/#x" },
		"an address inside": func(c *phone.Config) { c.URL = "http://10.0.0.1/calls" },
	} {
		c := right
		change(&c)
		if _, err := phone.New(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for _, local := range []string{"http://127.0.0.1:9000/calls", "http://[::1]:9000/", "http://localhost:9000/"} {
		if !phone.SafeURL(local) {
			t.Errorf("%s is refused", local)
		}
	}
}

// What goes out, word for word. Where the schema changes, its version does.
func TestWhatGoesOut(t *testing.T) {
	en := page("page:INC-2026-0002:3:p-0000000b:phone")
	en.Call = &chat.Call{
		Incident: "INC-2026-0002", Level: "3", Again: true, Lang: "en",
		Text:   `Hikeshi calls you: incident INC-2026-0002, level 3. Phone Sato <Misaki> & "Lead", 090-0000-0002.`,
		Answer: "v1.p-0000000b.1795712400.Qq_-", Expires: time.Date(2026, 11, 27, 11, 0, 0, 999, time.FixedZone("JST", 9*60*60)),
	}
	for file, d := range map[string]chat.Delivery{"testdata/call.ja.json": page("page:INC-2026-0001:7:p-0000000a:phone"), "testdata/call.en.json": en} {
		r := newRig(t, nil)
		if _, err := r.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		c := r.gateway.Calls()[0]
		var shown bytes.Buffer
		if err := json.Indent(&shown, []byte(strings.Replace(c.Body, c.SentAt.Format(time.RFC3339), "2026-11-26T17:00:00Z", 1)+"\n"), "", "  "); err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(file, shown.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v; write it with -update", err)
		}
		if d := cmp.Diff(string(want), shown.String()); d != "" {
			t.Errorf("%s (-update writes it anew; read the difference before):\n%s", file, d)
		}
	}
}
