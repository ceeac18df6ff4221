package web

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
)

//go:embed html/*.html
var pageFiles embed.FS

// pages are the templates of one language.
type pages struct{ set *template.Template }

// parsePages reads the templates; a fault in them is a fault of the program.
func parsePages(lang string, say func(lang, key string, pairs ...string) string) *pages {
	set := template.New("web").Funcs(template.FuncMap{
		"say":    func(key string, pairs ...string) string { return say(lang, key, pairs...) },
		"asset":  assetPath,
		"local":  local,
		"stamp":  stamp,
		"pieces": pieces,
		"chosen": chosen,
		"short":  short,
		"lines":  func(text string) bool { return strings.Contains(text, "\n") },
		"card":   func(v *view, c chat.Card) cardView { return cardView{view: v, Card: c} },
		"post":   func(v *view, p desk.Post) cardView { return cardView{view: v, Card: p.Card, Post: &p} },
		"button": func(v *view, b chat.Button, of ...string) buttonView {
			return buttonView{view: v, Button: b, of: named(of)}
		},
		"buttons": func(v *view, bs []chat.Button, of ...string) buttonsView {
			return buttonsView{view: v, Buttons: bs, Of: named(of)}
		},
		"items":  func(v *view, is []chat.Item) itemsView { return itemsView{view: v, Items: is} },
		"clock":  func(v *view, c desk.ClockRow) clockView { return clockView{view: v, Clock: c} },
		"form":   func(v *view, f chat.Form) formView { return formView{view: v, Form: f} },
		"place":  func(v *view, p desk.PlaceLine) placeView { return placeView{view: v, Place: p} },
		"person": func(v *view, p desk.PersonLine) personView { return personView{view: v, Person: p} },
		"input":  func(v *view, in chat.Input) inputView { return inputView{view: v, Input: in} },
	})
	return &pages{set: template.Must(set.ParseFS(pageFiles, "html/*.html"))}
}

// view is what every template may use. Exactly one of the pages is set besides the room.
type view struct {
	Kind     string // which main part: room, list, incident, contacts, clocks, drafts, draft, undelivered, choose, signin, answer, ask, sure, error
	Title    string
	Lang     string
	Practice bool
	Banner   string // a warning above every page, to who is let in
	CanMove  bool   // the practice clock has buttons
	Live     bool   // the page follows changes
	Token    string
	Line     string // the request ID of the next typed line, until the script makes its own
	Path     string // of this page, to come back to
	Channel  string // where buttons are pressed

	Room     *desk.Room
	Answers  []chat.Card
	Feed     desk.Feed
	List     desk.ListPage
	Incident desk.IncidentPage
	Contacts desk.ContactsPage
	Clocks   desk.ClocksPage
	Drafts   desk.DraftsPage
	Draft    desk.DraftPage
	// Calendars says that there are some; CalendarAddress is one that was just made.
	Calendars       bool
	CalendarAddress string
	// Undelivered is the page of what was given up.
	Undelivered desk.UndeliveredPage
	People      []desk.PersonLine
	Starter     *desk.PersonLine // whom to be for a first report
	Form        chat.Form
	Sure        sure
	SignIn      signInPage
	// Answering is the page of an answer link.
	Answering answering
	CanLeave  bool   // the reader can sign out
	Code      string // of an error: which sentence
	Ref       string
}

// sure is the question before a button that is hard to take back, without the script.
type sure struct {
	Question string
	Button   chat.Button
}

type (
	cardView struct {
		*view
		Card chat.Card
		Post *desk.Post
	}
	buttonView struct {
		*view
		Button chat.Button
		of     string
	}
	buttonsView struct {
		*view
		Buttons []chat.Button
		Of      string // what they are about; empty: their labels say it
	}
	itemsView struct {
		*view
		Items []chat.Item
	}
	clockView struct {
		*view
		Clock desk.ClockRow
	}
	formView struct {
		*view
		Form chat.Form
	}
	placeView struct {
		*view
		Place desk.PlaceLine
	}
	personView struct {
		*view
		Person desk.PersonLine
	}
	inputView struct {
		*view
		Input chat.Input
	}
)

// longestName is how much of what a button is about is read out with its label.
const longestName = 60

func named(of []string) string {
	name := []rune(strings.Join(of, " "))
	if len(name) > longestName {
		return string(name[:longestName]) + "…"
	}
	return string(name)
}

// Name is what a screen reader calls a button of which a page has many: its label first, as who
// speaks to the browser says it, and then what it is about. Empty where the label says all.
func (b buttonView) Name() string {
	if b.of == "" {
		return ""
	}
	return b.Button.Label + " " + b.of
}

// V is the view again, for what a template hands on to a part of itself.
func (v *view) V() *view { return v }

// Waiting counts the places that wait for the reader's answer.
func (v *view) Waiting() int {
	if v.Room == nil {
		return 0
	}
	n := 0
	for _, p := range slices.Concat([]desk.PlaceLine{v.Room.Direct}, v.Room.Channels, v.Room.Reports) {
		if p.Waiting {
			n++
		}
	}
	return n
}

// Open and Ended part the reader's channels.
func (v *view) Open() []desk.PlaceLine  { return v.channels(false) }
func (v *view) Ended() []desk.PlaceLine { return v.channels(true) }

func (v *view) channels(ended bool) []desk.PlaceLine {
	var out []desk.PlaceLine
	for _, p := range v.Room.Channels {
		if p.Ended == ended {
			out = append(out, p)
		}
	}
	return out
}

// Path leads to a place: a channel's messages, or the page of an own report.
func (p placeView) Path() string {
	if p.Place.Channel == "" {
		return "/incidents/" + url.PathEscape(p.Place.ID)
	}
	return roomPath(p.Place.Channel)
}

// Here reports whether the reader is looking at the place.
func (p placeView) Here() bool {
	if p.Place.Channel == "" {
		return p.Kind == "incident" && p.Incident.ID == p.Place.ID
	}
	return p.Kind == "room" && p.Channel == p.Place.Channel
}

// Inputs are the questions of a form in the order they are sent: files come last, see upload.go.
func (f formView) Inputs() []chat.Input {
	inputs := slices.Clone(f.Form.Inputs)
	slices.SortStableFunc(inputs, func(a, b chat.Input) int {
		switch {
		case a.Kind == b.Kind:
			return 0
		case a.Kind == chat.Upload:
			return 1
		case b.Kind == chat.Upload:
			return -1
		}
		return 0
	})
	return inputs
}

// Uploads reports whether a form takes files.
func (f formView) Uploads() bool {
	return slices.ContainsFunc(f.Form.Inputs, func(i chat.Input) bool { return i.Kind == chat.Upload })
}

// short is the beginning of a file's digest, enough to tell two files apart by eye.
func short(sha256 string) string { return sha256[:min(12, len(sha256))] + "…" }

// ID of an input's element; hints and errors hang on it.
func (i inputView) ID() string { return "in-" + i.Input.Name }

// Described lists the elements that explain the input.
func (i inputView) Described() string {
	var ids []string
	if i.Input.Error != "" {
		ids = append(ids, i.ID()+"-error")
	}
	if i.HasHint() {
		ids = append(ids, i.ID()+"-hint")
	}
	return strings.Join(ids, " ")
}

// Together is how many bytes the files of one form may have, with some room for what is typed.
func (i inputView) Together() int64 { return maxUpload - maxBody }

// HasHint reports whether there is a line of help under the label.
func (i inputView) HasHint() bool {
	return i.Input.Hint != "" || i.TellsMax() || i.Input.Kind == chat.DateTime
}

// TellsMax reports whether a limit is near enough to be worth a word.
func (i inputView) TellsMax() bool { return i.Input.Max > 0 && i.Input.Max <= 1000 }

// fewOptions can all be seen at once; more are folded into a list.
const fewOptions = 5

// Radios reports whether a choice shows all its options at once.
func (i inputView) Radios() bool { return len(i.Input.Options) <= fewOptions }

// NeedsBlank reports whether a choice needs an answer for "none of these": not where one is
// chosen already, as "unknown" is for a question that nobody has to answer.
func (i inputView) NeedsBlank() bool {
	return !i.Input.Required && i.Input.Value == "" && !slices.ContainsFunc(i.Input.Options, func(o chat.Option) bool { return o.Value == "" })
}

// chosen reports whether an option is among the values joined by commas.
func chosen(values, value string) bool {
	return value == values || value != "" && slices.Contains(strings.Split(values, ","), value)
}

// piece is a part of a text; a phone number is one to tap, and is never broken over two lines.
type piece struct {
	Text string
	Tel  bool
}

var phoneNumber = regexp.MustCompile(`\+?\b[0-9]{2,4}-[0-9]{2,4}-[0-9]{3,4}\b`)

func pieces(text string) []piece {
	var out []piece
	for text != "" {
		at := phoneNumber.FindStringIndex(text)
		if at == nil {
			return append(out, piece{Text: text})
		}
		if at[0] > 0 {
			out = append(out, piece{Text: text[:at[0]]})
		}
		out = append(out, piece{Text: text[at[0]:at[1]], Tel: true})
		text = text[at[1]:]
	}
	return out
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// view begins a page for a reader.
func (s *Server) view(v *visit, kind string) *view {
	out := &view{
		Kind: kind, Lang: v.lang, Practice: s.cfg.Practice, CanMove: s.cfg.Practice && s.cfg.Move != nil,
		Path: local(v.r.URL.RequestURI()), Line: rand.Text(),
	}
	if s.cfg.Banner != nil && (v.who != "" || kind == "answer") {
		out.Banner = s.cfg.Banner(v.r.Context())
	}
	if v.session != nil {
		out.Token = v.session.token(v.who)
		out.CanLeave = s.cfg.SignIn != nil && v.who != ""
	}
	return out
}

// enterRoom puts the frame of a reader around a page.
func (v *visit) enterRoom(out *view, room desk.Room) {
	if room.Lang == "ja" || room.Lang == "en" {
		v.lang = room.Lang
		v.session.speak(v.lang)
	}
	out.Lang, out.Room = v.lang, &room
}

// show renders whole before it writes, so that a fault never leaves half a page.
func (s *Server) show(v *visit, status int, name string, out *view) error {
	var b bytes.Buffer
	if err := s.pages[v.lang].set.ExecuteTemplate(&b, name, out); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = b.WriteTo(v.w)
	return nil
}

// fragment renders a part of a page for the script.
func (s *Server) fragment(v *visit, name string, out any) (string, error) {
	var b strings.Builder
	err := s.pages[v.lang].set.ExecuteTemplate(&b, name, out)
	return b.String(), err
}

// wantsJSON reports whether the script asks, which puts the answer into the page it has.
func wantsJSON(r *http.Request) bool { return r.Header.Get("Accept") == "application/json" }

// answer is what the script gets back. Cards and Form are HTML.
type answer struct {
	Cards   string `json:"cards,omitempty"`
	Form    string `json:"form,omitempty"`
	Go      string `json:"go,omitempty"`      // where to go on
	Refused bool   `json:"refused,omitempty"` // what was typed stays where it is
}

func writeJSON(w http.ResponseWriter, status int, a answer) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a)
}
