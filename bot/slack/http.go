package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	sl "github.com/slack-go/slack"
)

const (
	// maxBody bounds a request. A view has at most 250 kB (Slack, "Views"), in a form's encoding
	// three times that for Japanese.
	maxBody = 1 << 20
	// stampWindow is how far a timestamp may be from now (Slack, "Verifying requests from Slack").
	stampWindow = 5 * time.Minute
)

// Handler takes what Slack sends over HTTP, at the paths of the manifest; nil in Socket Mode.
func (f *Front) Handler() http.Handler {
	if f.config.AppToken != "" {
		return nil
	}
	mux := http.NewServeMux()
	for path, k := range map[string]kind{PathCommands: commands, PathInteractions: interactions, PathEvents: events} {
		mux.Handle("POST "+path, f.endpoint(k))
	}
	return mux
}

// endpoint answers one path: signed or refused, and within Slack's 3 s whatever the desk does.
func (f *Front) endpoint(k kind) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, status := f.signed(w, r)
		if status != http.StatusOK {
			http.Error(w, http.StatusText(status), status)
			return
		}
		payload, status := unwrap(k, r.Header.Get("Content-Type"), body)
		switch {
		case status != http.StatusOK:
			http.Error(w, http.StatusText(status), status)
			return
		case payload == nil: // a look whether the certificate holds
			return
		}
		if challenge, ok := challenged(k, payload); ok {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, challenge)
			return
		}
		acked := make(chan any, 1)
		if !f.take(delivery{kind: k, body: payload, at: f.clock(), ack: func(body any) { acked <- body }}) {
			w.Header().Set("Retry-After", "5")
			http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
			return
		}
		timer := time.NewTimer(f.patience.answered)
		defer timer.Stop()
		select {
		case answer := <-acked:
			f.write(w, answer)
		case <-timer.C:
		}
	})
}

// signed reads a request's body and makes sure that Slack has sent it.
func (f *Front) signed(w http.ResponseWriter, r *http.Request) (body []byte, status int) {
	stamp, signature := r.Header.Get("X-Slack-Request-Timestamp"), r.Header.Get("X-Slack-Signature")
	if !current(stamp, f.clock()) || len(signature) != signatureLength { // nobody has to read on
		f.unknown()
		return nil, http.StatusUnauthorized
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			return nil, http.StatusRequestEntityTooLarge
		}
		return nil, http.StatusBadRequest
	}
	if !fromSlack(f.config.SigningSecret, stamp, signature, body, f.clock()) {
		f.unknown()
		return nil, http.StatusUnauthorized
	}
	return body, http.StatusOK
}

// unknown notes a request that Slack has not sent; once a minute at most, for anybody can send
// them.
func (f *Front) unknown() {
	now := f.clock().Unix()
	if last := f.unsigned.Load(); now-last >= 60 && f.unsigned.CompareAndSwap(last, now) {
		f.log.Warn("a request was refused: Slack has not signed it, or the clock or the signing secret is wrong")
	}
}

// signatureLength is that of version v0: its name and 32 bytes in hex.
const signatureLength = len("v0=") + 2*sha256.Size

// current reports whether a timestamp is of about now.
func current(stamp string, now time.Time) bool {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	return err == nil && now.Sub(time.Unix(seconds, 0)).Abs() <= stampWindow
}

// fromSlack checks a signature of version v0: HMAC-SHA256 over "v0:timestamp:body".
func fromSlack(secret, stamp, signature string, body []byte, now time.Time) bool {
	if secret == "" || !current(stamp, now) {
		return false
	}
	hash, ok := strings.CutPrefix(signature, "v0=")
	if !ok {
		return false
	}
	got, err := hex.DecodeString(hash)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	return hmac.Equal(got, mac.Sum(nil))
}

// unwrap takes the JSON out of a request; nil with StatusOK: there is nothing to do.
func unwrap(k kind, contentType string, body []byte) (payload []byte, status int) {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, http.StatusUnsupportedMediaType
	}
	if k == events {
		if media != "application/json" {
			return nil, http.StatusUnsupportedMediaType
		}
		return body, http.StatusOK
	}
	if media != "application/x-www-form-urlencoded" {
		return nil, http.StatusUnsupportedMediaType
	}
	form, err := url.ParseQuery(string(body))
	switch {
	case err != nil:
		return nil, http.StatusBadRequest
	case form.Get("ssl_check") != "":
		return nil, http.StatusOK
	case k == interactions && form.Get("payload") == "":
		return nil, http.StatusBadRequest
	case k == interactions:
		return []byte(form.Get("payload")), http.StatusOK
	}
	payload, err = json.Marshal(sl.SlashCommand{
		TeamID: form.Get("team_id"), EnterpriseID: form.Get("enterprise_id"), ChannelID: form.Get("channel_id"),
		UserID: form.Get("user_id"), UserName: form.Get("user_name"), Command: form.Get("command"), Text: form.Get("text"),
		ResponseURL: form.Get("response_url"), TriggerID: form.Get("trigger_id"),
	})
	if err != nil {
		return nil, http.StatusBadRequest
	}
	return payload, http.StatusOK
}

// challenged reports whether Slack asks if the address is ours (url_verification).
func challenged(k kind, payload []byte) (challenge string, ok bool) {
	var asks struct{ Type, Challenge string }
	if k != events || json.Unmarshal(payload, &asks) != nil || asks.Type != "url_verification" {
		return "", false
	}
	return asks.Challenge, true
}

func (f *Front) write(w http.ResponseWriter, answer any) {
	if answer == nil {
		return
	}
	body, err := json.Marshal(answer)
	if err != nil {
		f.log.Error("an acknowledgement could not be written", "error", err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body)
}
