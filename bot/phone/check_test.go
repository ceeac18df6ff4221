package phone_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/phone"
	"hikeshi/bot/phone/phonetest"
)

func keysOf(found []phone.Finding) (out []string) {
	for _, f := range found {
		mark := ""
		switch {
		case f.Fault:
			mark = " fault"
		case f.Note:
			mark = " note"
		}
		out = append(out, strings.TrimPrefix(f.Key, "phone.check.")+mark)
	}
	return out
}

// told says the findings in both languages: no place is left open, and nothing secret is in it.
func told(t *testing.T, found []phone.Finding, secrets ...string) string {
	t.Helper()
	all := texts(t)
	var b strings.Builder
	for _, f := range found {
		for _, lang := range []string{"ja", "en"} {
			said := all.Say(lang, f.Key, f.Pairs...)
			if said == f.Key || strings.ContainsAny(said, "{}") {
				t.Errorf("%s: %s", lang, said)
			}
			b.WriteString(said + "\n")
		}
	}
	for _, s := range secrets {
		if strings.Contains(b.String(), s) {
			t.Errorf("it tells %q:\n%s", s, b.String())
		}
	}
	return b.String()
}

func TestAGatewayIsTriedWithoutRinging(t *testing.T) {
	g := phonetest.Start(t)
	c := phone.Config{URL: g.URL(), Secret: g.Secret, CallbackURL: "https://hikeshi.example.co.jp/phone/answer"}
	people := []phone.Listed{{"佐藤 美咲", "090-0000-0002"}, {"山本 翔太", ""}}
	found := phone.Check(t.Context(), c, people)
	if got := keysOf(found); !slices.Equal(got, []string{"ready", "callback", "numbers"}) {
		t.Error(got)
	}
	if said := told(t, found, g.Secret, "/calls"); !strings.Contains(said, "127.0.0.1:") {
		t.Error(said)
	}
	if g.Tests() != 1 || g.Strangers() != 1 || len(g.Requests()) > 0 {
		t.Errorf("%d tests, %d strangers, %v", g.Tests(), g.Strangers(), g.Requests())
	}
}

// Each fault of a gateway is told by what mends it.
func TestWhatIsWrongWithAGateway(t *testing.T) {
	g := phonetest.Start(t)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	lax := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer lax.Close()
	late := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-42*time.Minute).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer late.Close()
	for name, c := range map[string]struct {
		url, secret string
		fault       phonetest.Fault
		want, says  string
	}{
		"nobody there":          {url: closed.URL, want: "unreachable fault", says: "PHONE_WEBHOOK_URL"},
		"another secret":        {secret: "0123456789abcdef", want: "refused fault", says: "PHONE_WEBHOOK_SECRET"},
		"a clock that is wrong": {url: late.URL, want: "clock fault", says: "42"},
		"no answer":             {fault: phonetest.Fault{Wait: time.Minute}, want: "silent fault", says: "1 seconds"},
		"a broken answer":       {fault: phonetest.Fault{Drop: true}, want: "silent fault", says: "1 seconds"},
		"moved":                 {fault: phonetest.Fault{Status: 308}, want: "moved fault", says: "308"},
		"another path":          {fault: phonetest.Fault{Status: 404}, want: "not_found fault", says: "404"},
		"another method":        {fault: phonetest.Fault{Status: 405}, want: "not_found fault", says: "405"},
		"a broken gateway":      {fault: phonetest.Fault{Status: 500}, want: "status fault", says: "500"},
		"it knows no test":      {fault: phonetest.Fault{Status: 422}, want: "status fault", says: `"test":true`},
		"open to everybody":     {url: lax.URL, want: "ready", says: "README"},
	} {
		g.Fail(c.fault)
		config := phone.Config{URL: g.URL(), Secret: g.Secret, CallbackURL: "https://hikeshi.example.co.jp/phone/answer", Within: time.Second}
		if c.url != "" {
			config.URL = c.url + "/geheim"
		}
		if c.secret != "" {
			config.Secret = c.secret
		}
		found := phone.Check(t.Context(), config, nil)
		if got := keysOf(found); got[0] != c.want || (name == "open to everybody") != slices.Contains(got, "unsigned note") {
			t.Errorf("%s: %v", name, got)
		}
		if said := told(t, found, config.Secret, "geheim", "/calls"); !strings.Contains(said, c.says) {
			t.Errorf("%s: it does not say %q:\n%s", name, c.says, said)
		}
	}
}

func TestWhoCannotBeRung(t *testing.T) {
	g := phonetest.Start(t)
	c := phone.Config{URL: g.URL(), Secret: g.Secret}
	found := phone.Check(t.Context(), c, []phone.Listed{{"佐藤 美咲", "090-0000-0002"}, {"鈴木 健", "#12"}, {"田中 一郎", "9000000002"}})
	if got := keysOf(found); !slices.Equal(got, []string{"ready", "no_callback note", "extension note", "number note"}) {
		t.Error(got)
	}
	if said := told(t, found, "#12", "9000000002", "佐藤"); !strings.Contains(said, "鈴木 健さん") || !strings.Contains(said, "the number of 田中 一郎") || !strings.Contains(said, "HIKESHI_PUBLIC_URL") {
		t.Error(said)
	}
	c.CallbackURL = "http://hikeshi.example.co.jp/phone/answer"
	if got := keysOf(phone.Check(t.Context(), c, nil)); got[1] != "open_callback note" {
		t.Error(got)
	}
	c.CallbackURL = "http://127.0.0.1:8119/phone/answer"
	if got := keysOf(phone.Check(t.Context(), c, nil)); got[1] != "callback" {
		t.Error(got)
	}
}
