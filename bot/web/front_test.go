package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/chat/chattest"
	"hikeshi/bot/desk"
	"hikeshi/bot/web"
)

func TestTheWebRoomIsAFrontEnd(t *testing.T) {
	chattest.Run(t, func(t *testing.T, h chat.Handler) chattest.Driver {
		shelf := &shelf{fakeDesk: newFakeDesk(), handler: h, stands: map[chat.Target][]desk.Post{}}
		s := web.New(web.Config{
			Desk: shelf, NotFound: errNotFound, Say: texts.Say, Lang: "ja", Practice: true,
			Clock: func() time.Time { return shelf.now },
		})
		srv := httptest.NewServer(s.Handler())
		t.Cleanup(func() { s.Stop(); srv.Close() })
		return &driver{t: t, shelf: shelf, room: &room{Server: srv, web: s, desk: shelf.fakeDesk}, open: map[chat.UserID]*seat{}}
	})
}

// shelf is a desk whose messages are what was delivered, as a store keeps them.
type shelf struct {
	*fakeDesk
	handler chat.Handler
	stands  map[chat.Target][]desk.Post
}

func (s *shelf) Handle(ctx context.Context, r chat.Request) chat.Reply {
	return s.handler.Handle(ctx, r)
}

func (s *shelf) Feed(_ context.Context, who chat.UserID, channel string) (desk.Feed, error) {
	to := chat.Target{Channel: channel}
	if channel == "" {
		to = chat.Target{User: who}
	}
	return desk.Feed{Channel: channel, Title: "場所", Posts: s.stands[to]}, nil
}

// driver acts as the page's script does, over HTTP.
type driver struct {
	t     *testing.T
	shelf *shelf
	room  *room
	open  map[chat.UserID]*seat
}

type seat struct {
	*guest
	form       string // the open form's HTML
	path, body string // of the last request
}

func (d *driver) Frontend() chat.Frontend          { return d.room.web }
func (d *driver) People() (one, other chat.UserID) { return suzuki, sato }
func (d *driver) Channel() string                  { return channel }

func (d *driver) seat(who chat.UserID) *seat {
	if d.open[who] == nil {
		d.open[who] = &seat{guest: d.room.guest(d.t, who)}
	}
	return d.open[who]
}

func (d *driver) send(s *seat, path string, v url.Values) chattest.Shown {
	d.t.Helper()
	v.Set("csrf", s.token)
	s.path, s.body = path, v.Encode()
	status, _, body := s.do(http.MethodPost, path, s.body, "Accept", "application/json", "Sec-Fetch-Site", "same-origin")
	var a answer
	if err := json.Unmarshal([]byte(body), &a); err != nil || status != http.StatusOK {
		d.t.Fatalf("%s: %d %v %s", path, status, err, body)
	}
	shown := read(a.Cards)
	s.form = a.Form
	if a.Form != "" {
		shown.Form = readForm(a.Form)
	}
	return shown
}

var lineNumber int

func (d *driver) Say(who chat.UserID, channel, text string) chattest.Shown {
	d.t.Helper()
	lineNumber++
	return d.send(d.seat(who), "/say", url.Values{"c": {channel}, "text": {text}, "line": {strings.Repeat("x", lineNumber%60+1)}})
}

var pressForm = regexp.MustCompile(`(?s)<form method="post" action="/(?:press|confirm)".*?</form>`)

func (d *driver) Press(who chat.UserID, channel, label string) chattest.Shown {
	d.t.Helper()
	s := d.seat(who)
	found := pressForm.FindAllString(d.page(s, channel), -1)
	for i := len(found) - 1; i >= 0; i-- {
		if text(found[i]) != label {
			continue
		}
		v := url.Values{}
		for _, m := range hidden.FindAllStringSubmatch(found[i], -1) {
			v.Set(m[1], html.UnescapeString(m[2]))
		}
		return d.send(s, "/press", v)
	}
	d.t.Fatalf("no button %q", label)
	return chattest.Shown{}
}

func (d *driver) Fill(who chat.UserID, values chat.Values) chattest.Shown {
	d.t.Helper()
	s := d.seat(who)
	v := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(s.form, -1) {
		v.Set(m[1], html.UnescapeString(m[2]))
	}
	for _, in := range readForm(s.form).Inputs {
		value, changed := values[in.Name]
		if !changed {
			value = in.Value
		}
		// A page posts an empty value and then each that is ticked.
		v["v."+in.Name] = append([]string{""}, strings.Split(value, ",")...)
	}
	return d.send(s, "/submit", v)
}

// Send posts as a browser posts a form with files: its inputs in the order of the page.
func (d *driver) Send(who chat.UserID, values chat.Values, input string, files ...chattest.ChosenFile) chattest.Shown {
	d.t.Helper()
	s := d.seat(who)
	v := url.Values{"csrf": {s.token}}
	for _, m := range hidden.FindAllStringSubmatch(s.form, -1) {
		v.Set(m[1], html.UnescapeString(m[2]))
	}
	v.Set("csrf", s.token)
	for _, in := range readForm(s.form).Inputs {
		if in.Name != input {
			v["v."+in.Name] = []string{in.Value}
		}
	}
	for name, value := range values {
		v["v."+name] = []string{value}
	}
	if !strings.Contains(s.form, `enctype="multipart/form-data"`) || strings.Count(s.form, `type="file"`) != 1 || strings.LastIndex(s.form, `name="v.`) != strings.Index(s.form, `name="v.`+input) {
		d.t.Fatalf("the form is not sent with its files at the end: %s", s.form)
	}
	if files == nil {
		files = []chattest.ChosenFile{{}} // so a browser sends an input in which nothing was chosen
	}
	s.path = "/submit"
	var kind string
	kind, s.body = multiform(v, "v."+input, files...)
	status, _, body := s.do(http.MethodPost, s.path, s.body, "Accept", "application/json", "Content-Type", kind)
	var a answer
	if err := json.Unmarshal([]byte(body), &a); err != nil || status != http.StatusOK {
		d.t.Fatalf("%s: %d %v %s", s.path, status, err, body)
	}
	shown := read(a.Cards)
	s.form = a.Form
	if a.Form != "" {
		shown.Form = readForm(a.Form)
	}
	return shown
}

// multiform is a form with files as browsers write it.
func multiform(v url.Values, input string, files ...chattest.ChosenFile) (contentType, body string) {
	const boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(v)) {
		for _, value := range v[name] {
			fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", boundary, name, value)
		}
	}
	for _, f := range files {
		name := strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A").Replace(f.Name)
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\nContent-Type: image/png\r\n\r\n%s\r\n", boundary, input, name, f.Bytes)
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return "multipart/form-data; boundary=" + boundary, b.String()
}

func (d *driver) Repeat(who chat.UserID) {
	d.t.Helper()
	s := d.seat(who)
	if status, _, body := s.do(http.MethodPost, s.path, s.body, "Accept", "application/json"); status != http.StatusOK {
		d.t.Fatalf("repeated: %d %s", status, body)
	}
}

// Deliver does what the courier and the store do around Send: the message is kept.
func (d *driver) Deliver(what chat.Delivery) (chat.MessageID, error) {
	id, err := d.room.web.Send(d.t.Context(), what)
	if err != nil {
		return id, err
	}
	post := desk.Post{Key: string(id), Card: what.Card}
	for i, old := range d.shelf.stands[what.To] {
		if old.Key == post.Key {
			d.shelf.stands[what.To][i] = post
			return id, nil
		}
	}
	d.shelf.stands[what.To] = append(d.shelf.stands[what.To], post)
	return id, nil
}

func (d *driver) Look(who chat.UserID, channel string) chattest.Shown {
	d.t.Helper()
	page := d.page(d.seat(who), channel)
	_, log, _ := strings.Cut(page, `id="posts"`)
	log, _, _ = strings.Cut(log, `</body>`)
	return read(log)
}

func (d *driver) page(s *seat, channel string) string {
	d.t.Helper()
	status, _, body := s.do(http.MethodGet, "/feed?c="+url.QueryEscape(channel), "")
	if status != http.StatusOK {
		d.t.Fatalf("feed %q: %d", channel, status)
	}
	return body
}

// --- reading our own HTML ---------------------------------------------------------------

var (
	hidden  = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
	tags    = regexp.MustCompile(`(?s)<[^>]*>`)
	buttons = regexp.MustCompile(`(?s)<(?:button|a) [^>]*class="button[^>]*>(.*?)</`)
	titles  = regexp.MustCompile(`(?s)<h2 id="ask-title">(.*?)</h2>`)
	faults  = regexp.MustCompile(`(?s)<p class="error" id="([^"]+)"[^>]*><span class="badge">[^<]*</span>(.*?)</p>`)
	labels  = regexp.MustCompile(`(?s)class="label-text">(.*?)</span>`)
	named   = regexp.MustCompile(`name="v\.([^"]+)"`)
	areas   = regexp.MustCompile(`(?s)<textarea[^>]*>\n?(.*?)</textarea>`)
	ticked  = regexp.MustCompile(`value="([^"]*)"(?: checked| selected)`)
	plain   = regexp.MustCompile(`<input type="(?:text|datetime-local|date)"[^>]* value="([^"]*)"`)
)

func text(markup string) string {
	return strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(markup, "")))
}

func read(markup string) chattest.Shown {
	shown := chattest.Shown{Text: text(markup)}
	for _, m := range buttons.FindAllStringSubmatch(markup, -1) {
		shown.Buttons = append(shown.Buttons, text(m[1]))
	}
	return shown
}

func first(re *regexp.Regexp, markup string) string {
	if m := re.FindStringSubmatch(markup); m != nil {
		return html.UnescapeString(m[1])
	}
	return ""
}

func readForm(markup string) *chattest.ShownForm {
	f := &chattest.ShownForm{Title: first(titles, markup)}
	wrong := map[string]string{}
	for _, m := range faults.FindAllStringSubmatch(markup, -1) {
		wrong[m[1]] = text(m[2])
	}
	f.Error = wrong["ask-error"]
	for _, part := range strings.Split(markup, ` class="input"`)[1:] {
		in := chattest.ShownInput{Name: first(named, part), Label: text(first(labels, part))}
		in.Error = wrong["in-"+in.Name+"-error"]
		switch {
		case strings.Contains(part, `type="file"`):
		case areas.MatchString(part):
			in.Value = first(areas, part)
		case plain.MatchString(part):
			in.Value = first(plain, part)
		case strings.Contains(part, "checkbox"), strings.Contains(part, "radio"), strings.Contains(part, "<select"):
			var values []string
			for _, m := range ticked.FindAllStringSubmatch(part, -1) {
				values = append(values, html.UnescapeString(m[1]))
			}
			in.Value = strings.Join(values, ",")
		default:
			in.Value = html.UnescapeString(hidden.FindStringSubmatch(part)[2])
		}
		f.Inputs = append(f.Inputs, in)
	}
	return f
}
