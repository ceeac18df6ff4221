package slacktest

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
)

type file struct {
	id, name, title, user string
	length                int
	body                  []byte
	arrived, complete     bool
	shares                map[string][]string // channel: message times
	ofApp                 bool                // chosen in the app's form
}

func (w *Workspace) shownFile(f *file) obj {
	shares := obj{"public": obj{}, "private": obj{}}
	var channels, groups, ims []string
	for id, times := range f.shares {
		var each []obj
		for _, ts := range times {
			each = append(each, obj{"ts": ts, "channel_name": w.channels[id].name, "team_id": w.TeamID})
		}
		switch c := w.channels[id]; {
		case c.im:
			ims = append(ims, id)
		case c.private:
			groups = append(groups, id)
			shares["private"].(obj)[id] = each
		default:
			channels = append(channels, id)
			shares["public"].(obj)[id] = each
		}
	}
	url := w.server.URL + "/files-pri/" + w.TeamID + "-" + f.id + "/" + f.name
	return obj{
		"id": f.id, "name": f.name, "title": f.title, "user": f.user, "size": len(f.body), "mode": "hosted",
		"created": w.clock().Unix(), "timestamp": w.clock().Unix(), "is_external": false, "is_public": len(channels) > 0,
		"public_url_shared": false, "url_private": url, "url_private_download": url + "?download=1",
		"permalink": "https://fake.slack.com/files/" + f.user + "/" + f.id + "/" + f.name,
		"shares":    shares, "channels": orEmpty(channels), "groups": orEmpty(groups), "ims": orEmpty(ims),
		"filetype": strings.TrimPrefix(f.name[strings.LastIndex(f.name, ".")+1:], "."), "mimetype": "application/octet-stream",
	}
}

func orEmpty(s []string) []string { return append([]string{}, s...) }

func filesGetUploadURL(w *Workspace, a args) (obj, *problem) {
	n := a.num("length", 0)
	switch {
	case a.str("filename") == "" || n <= 0:
		return nil, no("invalid_arguments").because("filename and length are required")
	case n > 1<<30: // 1 GB (Slack, "Working with files")
		return nil, no("file_upload_size_restricted")
	}
	f := &file{id: w.id("F"), name: a.str("filename"), title: a.str("filename"), user: w.BotUser, length: n, shares: map[string][]string{}}
	w.uploads[f.id] = f
	return obj{"upload_url": w.server.URL + "/upload/v1/" + f.id, "file_id": f.id}, nil
}

func (w *Workspace) serveUpload(out http.ResponseWriter, r *http.Request, rest string) {
	if r.Method != http.MethodPost {
		http.Error(out, "only POST", http.StatusMethodNotAllowed)
		return
	}
	w.mu.Lock()
	fault := w.takeFault("upload")
	w.mu.Unlock()
	if fault.kind == CutBefore {
		cut(out)
		return
	}
	if fault.kind == ServerError {
		http.Error(out, "internal error", http.StatusInternalServerError)
		return
	}
	body, err := uploaded(r)
	if err != nil {
		http.Error(out, "broken upload", http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.uploads[strings.TrimPrefix(rest, "v1/")]
	switch {
	case f == nil || f.arrived:
		w.refuse("upload", "file_not_found", rest)
		http.Error(out, "no such upload", http.StatusNotFound)
	case len(body) != f.length:
		w.refuse("upload", "length_mismatch", fmt.Sprintf("%d bytes instead of %d", len(body), f.length))
		http.Error(out, "length does not match", http.StatusBadRequest)
	default:
		f.body, f.arrived = body, true
		w.touch()
		if fault.kind == CutAfter {
			cut(out)
			return
		}
		fmt.Fprintf(out, "OK - %d", len(body))
	}
}

// uploaded reads the file of a multipart form, or the body itself: Slack takes both.
func uploaded(r *http.Request) ([]byte, error) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return io.ReadAll(r.Body)
	}
	for parts := multipart.NewReader(r.Body, params["boundary"]); ; {
		part, err := parts.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" {
			var b bytes.Buffer
			_, err := b.ReadFrom(part)
			return b.Bytes(), err
		}
	}
}

func filesCompleteUpload(w *Workspace, a args) (obj, *problem) {
	v, ok := a.json("files")
	items := list(v)
	if !ok || len(items) == 0 {
		return nil, no("invalid_arguments").because("files is required")
	}
	var c *channel
	if id := a.str("channel_id"); id != "" {
		var p *problem
		if c, p = w.enter(id); p != nil {
			return nil, p
		}
	}
	if a.str("channels") != "" {
		return nil, no("invalid_arguments").because("one channel_id at a time")
	}
	var files []*file
	for _, item := range items {
		f := w.uploads[text(item, "id")]
		if f == nil || !f.arrived || f.complete || f.user != w.BotUser {
			return nil, no("file_not_found").because("%s", text(item, "id"))
		}
		if title := text(item, "title"); title != "" {
			f.title = title
		}
		files = append(files, f)
	}
	m := &message{user: w.BotUser, text: a.str("initial_comment"), thread: a.str("thread_ts")}
	shown := []obj{}
	for _, f := range files {
		f.complete = true
		m.files = append(m.files, f.id)
	}
	if c != nil {
		w.post(c, m)
		for _, f := range files {
			f.shares[c.id] = append(f.shares[c.id], m.ts)
		}
	}
	for _, f := range files {
		shown = append(shown, w.shownFile(f))
	}
	return obj{"files": shown}, nil
}

// readable says whether the app may see a file: its own, one of its form's, or one that
// stands in a channel it is in.
func (w *Workspace) readable(f *file) bool {
	if f == nil || !f.complete {
		return false
	}
	if f.user == w.BotUser || f.ofApp {
		return true
	}
	for id := range f.shares {
		if w.channels[id].has(w.BotUser) {
			return true
		}
	}
	return false
}

func filesInfo(w *Workspace, a args) (obj, *problem) {
	f := w.uploads[a.str("file")]
	if !w.readable(f) {
		return nil, no("file_not_found").because("%s", a.str("file"))
	}
	return obj{"file": w.shownFile(f), "comments": []obj{}, "response_metadata": cursor("")}, nil
}

func filesList(w *Workspace, a args) (obj, *problem) {
	var all []*file
	for _, f := range w.uploads {
		in := a.str("channel")
		if w.readable(f) && (in == "" || f.shares[in] != nil) && (a.str("user") == "" || a.str("user") == f.user) {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b *file) int { return strings.Compare(b.id, a.id) }) // the newest first
	count, number := max(1, a.num("count", 100)), max(1, a.num("page", 1))
	from := min((number-1)*count, len(all))
	shown := []obj{}
	for _, f := range all[from:min(from+count, len(all))] {
		shown = append(shown, w.shownFile(f))
	}
	return obj{"files": shown, "paging": obj{"count": count, "total": len(all), "page": number, "pages": (len(all) + count - 1) / count}}, nil
}

// serveFile gives the bytes of a file to whoever brings the app's token, and leads everybody
// else to the sign-in page.
func (w *Workspace) serveFile(out http.ResponseWriter, r *http.Request, rest string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, id, _ := strings.Cut(rest, "-")
	id, _, _ = strings.Cut(id, "/")
	f := w.uploads[id]
	if r.Header.Get("Authorization") != "Bearer "+w.BotToken || !w.scopes["files:read"] || !w.readable(f) {
		w.refuse("files", "not_authed", id)
		http.Redirect(out, r, "/?redir="+r.URL.EscapedPath(), http.StatusFound)
		return
	}
	out.Header().Set("Content-Type", "application/octet-stream")
	_, _ = out.Write(f.body)
}
