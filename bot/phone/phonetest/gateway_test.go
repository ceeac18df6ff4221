package phonetest

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// noted is a test that is failed on purpose.
type noted struct {
	testing.TB
	errors []string
}

func (n *noted) Errorf(format string, args ...any) {
	n.errors = append(n.errors, fmt.Sprintf(format, args...))
}

const (
	right = `{"version":1,"id":"a","to":"+819000000002","incident":"INC-2026-0001","more":0,"level":"2","level_confirmed":true,` +
		`"practice":false,"again":false,"lang":"ja","text":"x","callback":{"url":"http://h/phone/answer","answer":"t","keys":{"1":"take","2":"decline"},"ask":"?"},` +
		`"sent_at":"2026-11-26T17:00:00Z"}`
	dry = `{"version":1,"test":true,"id":"a","sent_at":"2026-11-26T17:00:00Z"}`
)

func post(t *testing.T, g *Gateway, body string, change func(*http.Request)) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, g.URL(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	stamp := fmt.Sprint(time.Now().Unix())
	req.Header.Set("X-Hikeshi-Timestamp", stamp)
	req.Header.Set("X-Hikeshi-Signature", mac(g.Secret, stamp, []byte(body)))
	req.Header.Set("Idempotency-Key", "a")
	if change != nil {
		change(req)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// A gateway that lets everything pass would prove nothing.
func TestTheGatewayIsStrict(t *testing.T) {
	n := &noted{TB: t}
	g := Start(n)
	if s := post(t, g, right, nil); s != http.StatusAccepted || len(g.Calls()) != 1 || len(n.errors) > 0 {
		t.Fatalf("%d %v", s, n.errors)
	}
	if s := post(t, g, right, nil); s != http.StatusAccepted || len(g.Calls()) != 1 || !g.Requests()[1].Repeat {
		t.Errorf("again: %d", s)
	}
	if s := post(t, g, dry, nil); s != http.StatusAccepted || g.Tests() != 1 || len(g.Requests()) != 2 {
		t.Errorf("a test: %d", s)
	}
	for name, change := range map[string]func(*http.Request){
		"another path":   func(r *http.Request) { r.URL.Path = "/" },
		"another method": func(r *http.Request) { r.Method = http.MethodPut },
		"no signature":   func(r *http.Request) { r.Header.Del("X-Hikeshi-Signature") },
		"capital letters": func(r *http.Request) {
			r.Header.Set("X-Hikeshi-Signature", strings.ToUpper(r.Header.Get("X-Hikeshi-Signature")))
		},
		"an old timestamp": func(r *http.Request) {
			stamp := fmt.Sprint(time.Now().Add(-6 * time.Minute).Unix())
			r.Header.Set("X-Hikeshi-Timestamp", stamp)
			r.Header.Set("X-Hikeshi-Signature", mac(g.Secret, stamp, []byte(right)))
		},
		"another secret": func(r *http.Request) {
			r.Header.Set("X-Hikeshi-Signature", mac("x", r.Header.Get("X-Hikeshi-Timestamp"), []byte(right)))
		},
	} {
		before := g.Strangers()
		if s := post(t, g, right, change); s != http.StatusUnauthorized || g.Strangers() != before+1 || len(n.errors) > 0 {
			t.Errorf("%s: %d %v", name, s, n.errors)
		}
	}
	for _, c := range [][2]string{
		{`"version":1`, `"version":2`},
		{`"version":1,`, ``},
		{`"id":"a"`, `"id":"b"`},
		{`"to":"+819000000002"`, `"to":"090-0000-0002"`},
		{`"more":0,`, ``},
		{`"more":0`, `"more":0,"title":"盗難"`},
		{`"level":"2"`, `"level":"4"`},
		{`"level":"2"`, `"level":""`},
		{`"lang":"ja"`, `"lang":"fr"`},
		{`"text":"x"`, `"text":""`},
		{`"1":"take"`, `"1":"decline"`},
		{`"answer":"t",`, ``},
		{`,"ask":"?"`, ``},
		{`"2026-11-26T17:00:00Z"`, `"2026-11-27T02:00:00+09:00"`},
		{`}`, ``},
	} {
		before, body := len(n.errors), strings.Replace(right, c[0], c[1], 1)
		if s := post(t, g, body, nil); body == right || s != http.StatusBadRequest || len(n.errors) != before+1 {
			t.Errorf("%s for %s: %d %v", c[1], c[0], s, n.errors[before:])
		}
	}
	before := len(n.errors)
	if s := post(t, g, right, func(r *http.Request) { r.Header.Del("Idempotency-Key") }); s != http.StatusBadRequest || len(n.errors) != before+1 {
		t.Errorf("no Idempotency-Key: %d", s)
	}
	if s := post(t, g, strings.Replace(dry, `"id"`, `"to":"+819000000002","id"`, 1), nil); s != http.StatusBadRequest {
		t.Errorf("a test with a number: %d", s)
	}
	if len(g.Calls()) != 1 {
		t.Errorf("it rang %d times", len(g.Calls()))
	}
}

func TestTheGatewayFailsAsItIsTold(t *testing.T) {
	g := Start(t)
	call := func(id string) string { return strings.Replace(right, `"id":"a"`, `"id":"`+id+`"`, 1) }
	named := func(id string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Idempotency-Key", id) }
	}
	g.FailNumber("+819000000002", Fault{Status: 422})
	g.FailNext(Fault{Status: 500})
	for i, want := range []int{500, 422, 422} {
		if s := post(t, g, call("a"), named("a")); s != want {
			t.Errorf("%d: %d, want %d", i, s, want)
		}
	}
	if s := post(t, g, strings.Replace(call("b"), "0002", "0003", 1), named("b")); s != http.StatusAccepted {
		t.Errorf("another number: %d", s)
	}
	g.FailNumber("+819000000002", Fault{})
	g.Fail(Fault{Status: 503})
	if s := post(t, g, call("a"), named("a")); s != 503 {
		t.Errorf("%d", s)
	}
	g.Fail(Fault{})
	// What was refused before was not rung, and rings now.
	if s := post(t, g, call("a"), named("a")); s != http.StatusAccepted || len(g.Calls()) != 2 || g.Calls()[1].Repeat {
		t.Errorf("%d %+v", s, g.Calls())
	}
}

// A client that is killed in the middle of a request harms nothing.
func TestTheGatewayOutlivesItsClients(t *testing.T) {
	g := Start(t)
	for _, cut := range []string{"POST /ca", "POST /calls HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{\"version\":1"} {
		c, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(g.URL(), "http://"), "/calls"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(cut)); err != nil {
			t.Fatal(err)
		}
		_ = c.(*net.TCPConn).SetLinger(0) // a reset, as of a killed process with unread data
		_ = c.Close()
	}
	if s := post(t, g, right, nil); s != http.StatusAccepted {
		t.Error(s)
	}
	if len(g.Requests()) != 1 || g.Strangers() > 0 {
		t.Errorf("%d requests, %d strangers", len(g.Requests()), g.Strangers())
	}
	if _, err := g.Press(Call{}, "1"); err == nil {
		t.Error("a key was pressed on a call that has no callback")
	}
	g.Close()
	if _, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(g.URL(), "http://"), "/calls")); err == nil {
		t.Error("it is closed and takes calls")
	}
}
