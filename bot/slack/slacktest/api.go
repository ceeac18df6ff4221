package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Call is a call of the Web API that reached its method.
type Call struct {
	Method  string
	At      time.Time
	Err     string // Slack's error name; empty: it was carried out
	Channel string
	User    string
	// Key is the "key" of the message metadata that was sent along.
	Key string
}

// problem is why a call is refused.
type problem struct {
	err, detail string
	with        obj // goes into the answer beside the error
}

func (p *problem) because(format string, args ...any) *problem {
	p.detail = fmt.Sprintf(format, args...)
	return p
}

func no(err string) *problem { return &problem{err: err} }

// args are the arguments of a call, from a form or from JSON.
type args struct {
	form url.Values
	body obj
}

func (a args) has(name string) bool {
	if a.body != nil {
		v, ok := a.body[name]
		return ok && v != nil
	}
	return a.form.Has(name)
}

func (a args) str(name string) string {
	if a.body == nil {
		return a.form.Get(name)
	}
	switch v := a.body[name].(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (a args) yes(name string) bool { v := a.str(name); return v == "true" || v == "1" }

func (a args) num(name string, otherwise int) int {
	if n, err := strconv.Atoi(a.str(name)); err == nil {
		return n
	}
	return otherwise
}

// json gives an argument that is JSON: text in a form, itself in a JSON body.
func (a args) json(name string) (any, bool) {
	if a.body != nil {
		if s, ok := a.body[name].(string); ok {
			var v any
			return v, json.Unmarshal([]byte(s), &v) == nil
		}
		return a.body[name], true
	}
	var v any
	err := json.Unmarshal([]byte(a.form.Get(name)), &v)
	return v, err == nil
}

func readArgs(r *http.Request) (args, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return args{}, err
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		a := args{body: obj{}}
		if len(raw) == 0 {
			return a, nil
		}
		return a, json.Unmarshal(raw, &a.body)
	default:
		form, err := url.ParseQuery(string(raw))
		for k, v := range r.URL.Query() {
			form[k] = v
		}
		return args{form: form}, err
	}
}

// method is a method of the Web API. scopes are alternatives for each need: "a|b".
type method struct {
	app    bool // wants the app token
	scopes []string
	do     func(*Workspace, args) (obj, *problem)
}

func (w *Workspace) serveAPI(out http.ResponseWriter, r *http.Request, name string) {
	a, err := readArgs(r)
	if err != nil {
		w.answer(out, name, nil, no("invalid_form_data"))
		return
	}
	w.mu.Lock()
	delay, f := w.delay, w.takeFault(name)
	w.mu.Unlock()
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		case <-w.closed:
		}
	}
	switch f.kind {
	case ServerError:
		http.Error(out, "internal error", http.StatusInternalServerError)
		return
	case Limited:
		w.tooMany(out, f.after)
		return
	case CutBefore:
		cut(out)
		return
	}
	answer, p, wait := w.perform(name, token(r, a), a)
	for _, hook := range w.hooksFor(name, p) {
		hook()
	}
	switch {
	case f.kind == CutAfter:
		cut(out)
	case wait > 0:
		w.tooMany(out, wait)
	default:
		if name == "auth.test" && p == nil {
			w.mu.Lock()
			out.Header().Set("X-OAuth-Scopes", w.provided())
			w.mu.Unlock()
		}
		w.answer(out, name, answer, p)
	}
}

func token(r *http.Request, a args) string {
	if t, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return t
	}
	if a.form != nil {
		return a.form.Get("token") // only in forms (Slack, "Web API": a token in a JSON body is not read)
	}
	return ""
}

// perform carries a call out. wait says that it came too early and how long to wait.
func (w *Workspace) perform(name, token string, a args) (answer obj, p *problem, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.touch()
	defer func() {
		call := Call{Method: name, At: time.Now(), Channel: a.str("channel"), User: a.str("user")}
		if call.Channel == "" {
			call.Channel = a.str("channel_id")
		}
		if m, _ := a.json("metadata"); m != nil {
			call.Key = text(m, "event_payload", "key")
		}
		if wait > 0 {
			call.Err = "ratelimited"
			w.refuse(name, "ratelimited", call.Channel)
		}
		if p != nil {
			call.Err = p.err
			w.refuse(name, p.err, p.detail)
		}
		w.calls = append(w.calls, call)
	}()
	m, known := methods[name]
	switch {
	case !known:
		return nil, no("unknown_method"), 0
	case token == "":
		return nil, no("not_authed"), 0
	case token != w.BotToken && token != w.AppToken:
		return nil, no("invalid_auth"), 0
	case m.app != (token == w.AppToken):
		return nil, no("not_allowed_token_type"), 0
	}
	if wait := w.tooEarly(name, a); wait > 0 {
		return nil, nil, wait
	}
	for _, need := range m.scopes {
		if p := w.needs(need); p != nil {
			return nil, p, 0
		}
	}
	answer, p = m.do(w, a)
	return answer, p, 0
}

// needs refuses when none of the alternatives "a|b" is granted; mu is held.
func (w *Workspace) needs(scopes string) *problem {
	for s := range strings.SplitSeq(scopes, "|") {
		if w.scopes[s] {
			return nil
		}
	}
	needed, _, _ := strings.Cut(scopes, "|")
	return &problem{err: "missing_scope", detail: needed, with: obj{"needed": needed, "provided": w.provided()}}
}

func (w *Workspace) answer(out http.ResponseWriter, name string, answer obj, p *problem) {
	if answer == nil {
		answer = obj{}
	}
	answer["ok"] = p == nil
	if p != nil {
		answer["error"] = p.err
		for k, v := range p.with {
			answer[k] = v
		}
		if p.detail != "" && p.with == nil {
			answer["response_metadata"] = obj{"messages": []string{"[ERROR] " + p.detail}}
		}
	}
	out.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.mu.Lock() // what is answered may belong to the workspace
	raw, err := json.Marshal(answer)
	w.mu.Unlock()
	if err != nil {
		w.t.Errorf("%s: the answer is no JSON: %v", name, err)
	}
	_, _ = out.Write(raw)
}

func (w *Workspace) tooMany(out http.ResponseWriter, wait time.Duration) {
	seconds := int((wait + time.Second - 1) / time.Second)
	out.Header().Set("Retry-After", strconv.Itoa(max(1, seconds)))
	out.Header().Set("Content-Type", "application/json; charset=utf-8")
	out.WriteHeader(http.StatusTooManyRequests)
	fmt.Fprint(out, `{"ok":false,"error":"ratelimited"}`)
}

// cut ends the connection without an answer.
func cut(out http.ResponseWriter) {
	if h, ok := out.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// Calls are the calls of a method in order; of all methods when it is empty.
func (w *Workspace) Calls(method string) []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Call
	for _, c := range w.calls {
		if method == "" || c.Method == method {
			out = append(out, c)
		}
	}
	return out
}

// Done counts the calls of a method that were carried out.
func (w *Workspace) Done(method string) int {
	n := 0
	for _, c := range w.Calls(method) {
		if c.Err == "" {
			n++
		}
	}
	return n
}

// text reads a text inside of objects.
func text(v any, path ...string) string {
	s, _ := dig(v, path...).(string)
	return s
}

func dig(v any, path ...string) any {
	for _, name := range path {
		o, _ := v.(obj)
		v = o[name]
	}
	return v
}

func list(v any) []any { l, _ := v.([]any); return l }

// page cuts a list as Slack's cursors do.
func page[T any](all []T, a args, standard, most int) (some []T, next string) {
	from := 0
	if c := a.str("cursor"); c != "" {
		from, _ = strconv.Atoi(strings.TrimPrefix(c, "next:"))
	}
	limit := a.num("limit", standard)
	if limit <= 0 || limit > most {
		limit = standard
	}
	from = min(max(from, 0), len(all))
	to := min(from+limit, len(all))
	if to < len(all) {
		next = "next:" + strconv.Itoa(to)
	}
	return all[from:to], next
}

func cursor(next string) obj { return obj{"next_cursor": next} }
