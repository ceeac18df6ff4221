package web_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
)

// listen opens a guest's stream and gives the places it names, and "" for a heartbeat. The
// channel closes with the stream.
func (g *guest) listen() <-chan string {
	g.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	g.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.at.URL+"/events", nil)
	if err != nil {
		g.t.Fatal(err)
	}
	res, err := g.client.Do(req) //nolint:bodyclose // closed by the reading below, when the stream ends
	if err != nil {
		g.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		g.t.Fatal("events:", res.Status)
	}
	out := make(chan string, 100)
	go func() {
		defer close(out)
		defer res.Body.Close()
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			if place, ok := strings.CutPrefix(s.Text(), "data: "); ok {
				out <- place
			} else if s.Text() == ":" {
				out <- ""
			}
		}
	}()
	return out
}

func heard(t *testing.T, from <-chan string) (place string, open bool) {
	t.Helper()
	select {
	case place, open = <-from:
		return place, open
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came")
		return "", false
	}
}

// until gathers what is heard up to the reader's own sign.
func gathered(t *testing.T, from <-chan string) (places []string) {
	t.Helper()
	for {
		place, open := heard(t, from)
		if !open || place == "@" {
			return places
		}
		places = append(places, place)
	}
}

func TestAStreamNamesOnlyTheReadersPlaces(t *testing.T) {
	r := openRoom(t)
	circle, reporter, outsider := r.guest(t, sato).listen(), r.guest(t, yamamoto).listen(), r.guest(t, nakamura).listen()
	deliver := func(to chat.Target) {
		if id, err := r.web.Send(context.Background(), chat.Delivery{Key: "k", To: to}); err != nil || id != "k" {
			t.Fatal(id, err)
		}
	}
	r.web.Changed(incidentID)
	if got, _ := heard(t, circle); got != channel {
		t.Error("the circle is not told:", got)
	}
	if got, _ := heard(t, reporter); got != incidentID {
		t.Error("the reporter is not told:", got)
	}
	deliver(chat.Target{User: nakamura})
	if got := gathered(t, outsider); len(got) > 0 {
		t.Error("an outsider is told of", got)
	}
	deliver(chat.Target{Channel: channel})
	if got, _ := heard(t, circle); got != channel {
		t.Error("a message in the channel:", got)
	}
	// Whoever is left out is told once more, so that it goes from his screen; then no longer.
	r.desk.set(func() { r.desk.barred[sato] = true })
	r.web.Changed(incidentID)
	if got, _ := heard(t, circle); got != channel {
		t.Error("left out:", got)
	}
	r.web.Changed(incidentID)
	deliver(chat.Target{User: sato})
	if got := gathered(t, circle); len(got) > 0 {
		t.Error("left out, and still told of", got)
	}
	r.web.Changed("")
	if got, _ := heard(t, outsider); got != "*" {
		t.Error("everything:", got)
	}
}

func TestADeliveryToNobodyIsGivenUp(t *testing.T) {
	r := openRoom(t)
	if _, err := r.web.Send(context.Background(), chat.Delivery{Key: "k"}); err == nil {
		t.Error("delivered to nobody")
	}
}

func TestAStreamEndsWithThePersonAndTheServer(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, sato)
	first := g.listen()
	g.be(suzuki)
	if place, open := heard(t, first); open {
		t.Error("the stream of the person before says", place)
	}
	second := g.listen()
	r.web.Stop()
	if place, open := heard(t, second); open {
		t.Error("the stream of a stopped room says", place)
	}
	if status, _ := g.get("/events"); status != http.StatusServiceUnavailable {
		t.Error("a stopped room:", status)
	}
}

// A server's own limits for reading and writing end a request; a stream outlives them.
func TestAStreamOutlivesTheServersLimits(t *testing.T) {
	r := openRoom(t)
	r.web.Beat(20 * time.Millisecond)
	strict := httptest.NewUnstartedServer(r.web.Handler())
	strict.Config.ReadTimeout, strict.Config.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	strict.Start()
	t.Cleanup(func() { r.web.Stop(); strict.Close() })
	r.Server = strict
	stream := r.guest(t, sato).listen()
	for n := range 10 {
		if place, open := heard(t, stream); !open || place != "" {
			t.Fatalf("after %d heartbeats: %q %v", n, place, open)
		}
	}
}

func TestForgottenTabsAreEnded(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, sato)
	first := g.listen()
	for range 8 {
		g.listen()
	}
	if place, open := heard(t, first); open {
		t.Error("the oldest stream says", place)
	}
}
