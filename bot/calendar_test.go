//go:build !windows

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	ical "github.com/emersion/go-ical"
)

// The whole way, over sockets: somebody reports in the room, makes an address on the page of the
// deadlines, and a calendar program reads them, also from a server that was started anew on the
// same database. No address is in what the server logs.
func TestACalendarProgramReadsTheClocks(t *testing.T) {
	data := t.TempDir()
	var errs written
	serve := func() (address string, stop func()) {
		t.Helper()
		var out written
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan int, 1)
		go func() {
			ended <- run(ctx, nil, []string{"HIKESHI_DATA=" + data, "HIKESHI_LISTEN=127.0.0.1:0"}, &out, &errs)
		}()
		stop = func() {
			cancel()
			if code := <-ended; code != 0 {
				t.Errorf("ended with %d: %s", code, errs.String())
			}
		}
		until(t, "the address", func() bool { return printedAddress.MatchString(out.String()) || len(ended) > 0 })
		if len(ended) > 0 {
			t.Fatal("ended before it listened: ", errs.String())
		}
		return printedAddress.FindString(out.String()), stop
	}
	address, stop := serve()

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	person := &http.Client{Jar: jar}
	field := func(body, name string) string {
		if m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body); m != nil {
			return m[1]
		}
		return ""
	}
	ask := func(c *http.Client, method, path string, pairs ...string) (int, string) {
		t.Helper()
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		r, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(v.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	// The lead works on what he has reported himself, and sees its clocks.
	_, body := ask(person, http.MethodGet, address+"/be")
	who := regexp.MustCompile(`(?s)name="who" value="([^"]+)".{0,300}?佐藤 美咲`).FindStringSubmatch(body)
	if who == nil {
		t.Fatal(body)
	}
	ask(person, http.MethodPost, address+"/be", "csrf", field(body, "csrf"), "who", who[1], "back", "/")
	_, body = ask(person, http.MethodGet, address+"/")
	csrf := field(body, "csrf")
	if status, body := ask(person, http.MethodPost, address+"/say", "csrf", csrf, "line", field(body, "line"), "text", "/incident 名簿を載せたノートPCを電車で盗まれた", "back", "/"); status != http.StatusOK || !strings.Contains(body, "TRN-") {
		t.Fatalf("%d %s", status, body)
	}
	_, body = ask(person, http.MethodGet, address+"/clocks")
	status, body := ask(person, http.MethodPost, address+"/clocks", "csrf", field(body, "csrf"), "do", "make")
	m := regexp.MustCompile(`value="(http[^"]+\.ics)"`).FindStringSubmatch(body)
	if status != http.StatusOK || m == nil || !strings.HasPrefix(m[1], address+"/calendar/") {
		t.Fatalf("%d %s", status, body)
	}
	path := strings.TrimPrefix(m[1], address)

	read := func() (dates []string) {
		t.Helper()
		status, body := ask(http.DefaultClient, http.MethodGet, address+path)
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
		cal, err := ical.NewDecoder(bytes.NewReader([]byte(body))).Decode()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range cal.Events() {
			text, err := e.Props.Text(ical.PropSummary)
			if err != nil {
				t.Fatal(err)
			}
			dates = append(dates, fmt.Sprint(text, e.Props.Get(ical.PropDateTimeStart).Value, e.Props.Get(ical.PropUID).Value))
			if !strings.Contains(text, "訓練") || !strings.Contains(text, "TRN-") || strings.Contains(text, "ノートPC") {
				t.Errorf("an entry says %q", text)
			}
		}
		return dates
	}
	before := read()
	if !strings.Contains(strings.Join(before, "\n"), "個人情報保護委員会への速報") {
		t.Errorf("the calendar has %q", before)
	}
	stop()
	address, stop = serve()
	if after := read(); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("after a restart there is\n%q\nfor\n%q", after, before)
	}
	if status, body := ask(http.DefaultClient, http.MethodGet, address+strings.Replace(path, ".ics", "A.ics", 1)); status != http.StatusNotFound || body != "" {
		t.Errorf("another address: %d %q", status, body)
	}
	stop()
	if strings.Contains(errs.String(), strings.TrimSuffix(strings.TrimPrefix(path, "/calendar/"), ".ics")) {
		t.Error("the address is in the log")
	}
}
