package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// response is a response_url: five uses within thirty minutes (docs.slack.dev, "Handling user
// interaction": "up to 5 times in 30 minutes").
type response struct {
	user, channel string
	original      *message // what the button stood on; nil: a command
	uses          int
	at            time.Time
}

func (w *Workspace) newResponse(user, channel string, original *message) string {
	id := random()
	w.responses[id] = &response{user: user, channel: channel, original: original, at: time.Now()}
	return w.server.URL + "/hooks/" + id
}

// AgeResponses makes every response_url so much older.
func (w *Workspace) AgeResponses(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.responses {
		r.at = r.at.Add(-by)
	}
}

func (w *Workspace) serveResponse(out http.ResponseWriter, r *http.Request, id string) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever sent it is gone: half of a body is no request
	}
	body := obj{}
	bad := json.Unmarshal(raw, &body)
	w.mu.Lock()
	delay, f := w.delay, w.takeFault("response_url")
	w.mu.Unlock()
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-w.closed:
		}
	}
	switch f.kind {
	case CutBefore:
		cut(out)
		return
	case ServerError:
		http.Error(out, "internal error", http.StatusInternalServerError)
		return
	case Limited:
		w.tooMany(out, f.after)
		return
	}
	w.mu.Lock()
	p := no("invalid_payload")
	if bad == nil {
		p = w.respond(w.responses[id], body)
	}
	call := Call{Method: "response_url", At: time.Now()}
	if rsp := w.responses[id]; rsp != nil {
		call.Channel, call.User = rsp.channel, rsp.user
	}
	if p != nil {
		call.Err = p.err
		w.refuse("response_url", p.err, p.detail)
	}
	w.calls = append(w.calls, call)
	w.touch()
	w.mu.Unlock()
	for _, hook := range w.hooksFor("response_url", p) {
		hook()
	}
	switch {
	case f.kind == CutAfter:
		cut(out)
	case p == nil:
		fmt.Fprint(out, "ok")
	default:
		out.Header().Set("Content-Type", "application/json")
		status := http.StatusBadRequest
		if strings.HasSuffix(p.err, "_url") {
			status = http.StatusNotFound
		}
		out.WriteHeader(status)
		_, _ = out.Write(asJSON(obj{"ok": false, "error": p.err}))
	}
}

func (w *Workspace) respond(r *response, body obj) *problem {
	switch {
	case r == nil:
		return no("no_url")
	case time.Since(r.at) > 30*time.Minute:
		return no("expired_url")
	case r.uses >= 5:
		return no("used_url")
	}
	c := w.channels[r.channel]
	if c == nil {
		return no("channel_not_found")
	}
	if body["delete_original"] == true {
		r.uses++
		if r.original != nil {
			c.messages = slices.DeleteFunc(c.messages, func(m *message) bool { return m == r.original })
		}
		return nil
	}
	s, p := w.readSaid(args{body: body}, false)
	switch {
	case p != nil:
		return p
	case strings.TrimSpace(s.text) == "" && len(s.blocks) == 0:
		return no("no_text")
	}
	r.uses++
	if body["replace_original"] == true && r.original != nil {
		if !s.hasBlock {
			r.original.blocks = nil // a replacement is the whole message
		}
		w.change(r.original, s)
		return nil
	}
	m := &message{user: w.BotUser, text: s.text, blocks: s.blocks}
	switch kind := body["response_type"]; kind {
	case nil, "", "ephemeral":
		m.onlyFor = r.user
	case "in_channel":
	default:
		return no("invalid_response_type").because("%v", kind)
	}
	if ts, _ := body["thread_ts"].(string); ts != "" {
		m.thread = ts
	}
	w.post(c, m)
	return nil
}
