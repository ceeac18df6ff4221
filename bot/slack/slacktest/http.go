package slacktest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// UseHTTP delivers to an app at a base URL by signed requests, instead of over sockets:
// commands to /slack/commands, interactions and options to /slack/interactions, events to
// /slack/events.
func (w *Workspace) UseHTTP(base string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliveries.http = strings.TrimSuffix(base, "/")
}

// Sign gives the headers with which Slack signs a body (docs.slack.dev, "Verifying requests
// from Slack": v0=HMAC-SHA256 of v0:timestamp:body).
func (w *Workspace) Sign(body string, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(w.SigningSecret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	h := http.Header{}
	h.Set("X-Slack-Request-Timestamp", stamp)
	h.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return h
}

func (w *Workspace) overHTTP(base string, d *Delivery, attempt int, reason string) (answer obj, why string) {
	w.mu.Lock()
	raw := asJSON(d.payload)
	w.mu.Unlock()
	path, kind, body := "/slack/events", "application/json", string(raw)
	switch d.Kind {
	case "slash_commands":
		form := url.Values{}
		for k, v := range d.payload {
			form.Set(k, fmt.Sprint(v))
		}
		path, kind, body = "/slack/commands", "application/x-www-form-urlencoded", form.Encode()
	case "interactive":
		path, kind, body = "/slack/interactions", "application/x-www-form-urlencoded", url.Values{"payload": {string(raw)}}.Encode()
	}
	if attempt > 0 && d.Kind == "events_api" {
		timer := time.NewTimer(100 * time.Millisecond) // Slack waits a minute; the order is what matters
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-w.closed:
			return nil, "closed"
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), w.ackWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+path, strings.NewReader(body))
	if err != nil {
		return nil, err.Error()
	}
	r.Header = w.Sign(body, time.Now())
	r.Header.Set("Content-Type", kind)
	r.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	if attempt > 0 && d.Kind == "events_api" {
		r.Header.Set("X-Slack-Retry-Num", strconv.Itoa(attempt))
		r.Header.Set("X-Slack-Retry-Reason", reason)
	}
	resp, err := w.client.Do(r)
	var dial *net.OpError
	switch {
	case errors.As(err, &dial) && dial.Op == "dial":
		return nil, "connection_failed"
	case err != nil:
		return nil, "http_timeout"
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, "http_timeout"
	}
	if resp.StatusCode != http.StatusOK {
		return nil, "http_error"
	}
	if len(got) > 0 && json.Unmarshal(got, &answer) != nil && d.Kind == "slash_commands" {
		answer = obj{"text": string(got)} // plain text is shown to the person
	}
	return answer, ""
}

// VerifyURL asks the app's events address for the challenge, as Slack does when the address
// is saved, and says whether it came back.
func (w *Workspace) VerifyURL() bool {
	challenge := random()
	d := &Delivery{Kind: "events_api", payload: obj{"type": "url_verification", "token": "legacy", "challenge": challenge}}
	w.mu.Lock()
	base := w.deliveries.http
	w.mu.Unlock()
	body := string(asJSON(d.payload))
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, base+"/slack/events", strings.NewReader(body))
	if err != nil {
		return false
	}
	r.Header = w.Sign(body, time.Now())
	r.Header.Set("Content-Type", "application/json")
	resp, err := w.client.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	got, _ := io.ReadAll(resp.Body)
	return resp.StatusCode == http.StatusOK && strings.Contains(string(got), challenge)
}
