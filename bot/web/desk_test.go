package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/templates"
)

var errNotFound = errors.New("not found")

// texts are the product's own: the pages are tested with what readers will see.
var texts = func() *templates.Texts {
	t, err := templates.LoadTexts(nil)
	if err != nil {
		panic(err)
	}
	return t
}()

const (
	yamamoto = chat.UserID("web:p-08") // notices things; no duty
	sato     = chat.UserID("web:p-02") // lead
	suzuki   = chat.UserID("web:p-03") // system administrator
	nakamura = chat.UserID("web:p-09") // an outsider to every incident

	incidentID = "TRN-2026-0001"
	channel    = "trn-2026-0001"
)

// fakeDesk has one incident whose circle is sato and suzuki and which yamamoto reported.
type fakeDesk struct {
	mu       sync.Mutex
	now      time.Time
	lang     string
	requests []chat.Request
	posts    map[string][]desk.Post // by channel, or by user for direct messages
	taken    bool
	persons  string               // in the draft: how many are concerned
	barred   map[chat.UserID]bool // left out of the incident
	drafts   map[string]chat.Values
	stored   chan string // a draft was stored
	changed  func(incident string)
	// hold keeps Handle from answering until it is closed.
	hold  chan struct{}
	panic bool
	fail  error
	// unkept is why a draft cannot be kept.
	unkept error
}

func newFakeDesk() *fakeDesk {
	d := &fakeDesk{
		persons: "不明（判明次第追完）",
		now:     time.Date(2026, 11, 21, 17, 7, 0, 0, time.UTC), lang: "ja", drafts: map[string]chat.Values{},
		barred: map[chat.UserID]bool{}, stored: make(chan string, 100), changed: func(string) {},
	}
	d.posts = richPosts(d.now)
	return d
}

func (d *fakeDesk) in(who chat.UserID) bool {
	return (who == sato || who == suzuki) && !d.barred[who]
}

func (d *fakeDesk) Handle(_ context.Context, r chat.Request) chat.Reply {
	d.mu.Lock()
	hold := d.hold
	d.requests = append(d.requests, r)
	if d.panic {
		d.mu.Unlock()
		panic("社用PC: a secret that must not be logged")
	}
	d.mu.Unlock()
	if hold != nil {
		<-hold
	}
	switch r.Kind {
	case chat.Said:
		return d.said(r)
	case chat.Pressed:
		return d.pressed(r)
	default:
		return d.submitted(r)
	}
}

func (d *fakeDesk) said(r chat.Request) chat.Reply {
	text, command := strings.CutPrefix(r.Text, "/incident")
	text = strings.TrimSpace(text)
	switch {
	case command && text == "":
		return chat.Reply{Form: reportForm("report|||draft-1", nil)}
	case command && text == "全部":
		f := everyInput("every|||draft-2")
		return chat.Reply{Form: &f}
	case command && text == "だめ":
		return chat.Reply{Cards: []chat.Card{{Tone: chat.Refused, Title: "先へ進めません", Blocks: []chat.Block{{Text: "事故レベルがまだ決まっていません。先にレベルを決めてください。"}}}}}
	case command:
		return d.accepted(r.From, text)
	}
	d.post(r.Channel, desk.Post{Key: fmt.Sprintf("note-%d", len(d.seen())), Card: chat.Card{Title: "記録", Blocks: []chat.Block{{Text: r.Text}}}})
	return chat.Reply{Accepted: true}
}

func (d *fakeDesk) accepted(from chat.UserID, text string) chat.Reply {
	card := acceptedCard(text)
	d.mu.Lock()
	d.posts[string(from)] = append(d.posts[string(from)], desk.Post{Key: "own", At: d.now, Time: "02:07", Card: card})
	d.mu.Unlock()
	d.changed("")
	return chat.Reply{Accepted: true, Cards: []chat.Card{card}}
}

func (d *fakeDesk) pressed(r chat.Request) chat.Reply {
	word, rest, _ := strings.Cut(string(r.Action), "|")
	switch word {
	case "take":
		d.mu.Lock()
		d.taken = true
		d.mu.Unlock()
		d.changed(incidentID)
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Tone: chat.Good, Title: "あなたが担当になりました"}}}
	case "form":
		return chat.Reply{Form: reportForm("report|||draft-"+rest, nil)}
	case "open":
		return chat.Reply{Channel: channel, Cards: []chat.Card{{Title: "移動しました"}}}
	case "close":
		return chat.Reply{Accepted: true, Cards: []chat.Card{{Tone: chat.Good, Title: "非該当として終えました"}}}
	}
	return chat.Reply{Cards: []chat.Card{{Tone: chat.Refused, Title: "このボタンは古くなっています"}}}
}

func (d *fakeDesk) submitted(r chat.Request) chat.Reply {
	if strings.TrimSpace(r.Values["text"]) == "" {
		f := reportForm(r.Draft, r.Values)
		f.Error = "1か所を直してください。"
		f.Inputs[0].Error = "何が起きたかを、ひとことでも書いてください。"
		return chat.Reply{Form: f}
	}
	return d.accepted(r.From, r.Values["text"])
}

func (d *fakeDesk) post(place string, p desk.Post) {
	d.mu.Lock()
	p.At, p.Time = d.now, "02:07"
	d.posts[place] = append(d.posts[place], p)
	d.mu.Unlock()
	d.changed(place)
}

func (d *fakeDesk) seen() []chat.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.requests)
}

func (d *fakeDesk) set(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

func (d *fakeDesk) Room(_ context.Context, who chat.UserID) (desk.Room, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return desk.Room{}, d.fail
	}
	r := desk.Room{
		Lang: d.lang, Practice: true, Company: "さくら商事株式会社", Now: d.now, NowText: d.now.Add(9 * time.Hour).Format("2006年1月2日（日） 15:04"),
		Direct: desk.PlaceLine{Title: "あなたへの連絡", Waiting: who == suzuki && !d.taken},
	}
	for _, p := range d.People(d.lang) {
		if p.User == who {
			r.Me = p
		}
	}
	if d.in(who) {
		r.Channels = []desk.PlaceLine{
			{Channel: channel, ID: incidentID, Title: "社用PCを電車に置き忘れた", State: "初動・レベル2（仮）", Waiting: !d.taken},
			{Channel: "trn-2026-0000", ID: "TRN-2026-0000", Title: "取引先を名乗る不審なメール", State: "終結・レベル0", Ended: true},
		}
	}
	if who == yamamoto {
		r.Reports = []desk.PlaceLine{{ID: incidentID, Title: "社用PCを電車に置き忘れた", State: "初動"}}
	}
	return r, nil
}

func (d *fakeDesk) Feed(_ context.Context, who chat.UserID, place string) (desk.Feed, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if place == "" {
		return desk.Feed{Title: "あなたへの連絡", Sub: "ここはあなただけに見えます", Hint: "例：社用PCを電車に置き忘れた", Posts: slices.Clone(d.posts[string(who)])}, nil
	}
	if place != channel || !d.in(who) {
		return desk.Feed{}, fmt.Errorf("feed: %w", errNotFound)
	}
	card := incidentCard(d.taken)
	return desk.Feed{
		Channel: channel, Title: "社用PCを電車に置き忘れた", Sub: incidentID + "・初動・レベル2（仮）・責任者 佐藤 美咲", Pinned: &card,
		Posts: slices.Clone(d.posts[channel]), Hint: "書いたことは記録になります", Page: "/incidents/" + incidentID,
	}, nil
}

func (d *fakeDesk) List(ctx context.Context, who chat.UserID, before string) (desk.ListPage, error) {
	room, err := d.Room(ctx, who)
	page := desk.ListPage{Room: room, Empty: "あなたに見える事故はありません。"}
	if d.in(who) {
		page.Rows, page.Register = listRows(), desk.Link{Label: "台帳（Excel）", Path: desk.PathRegister}
		page.Next = desk.PathIncidentsBefore(incidentID)
	}
	if before != "" {
		page.First, page.Next = desk.PathIncidents, ""
	}
	return page, err
}

func (d *fakeDesk) Incident(ctx context.Context, who chat.UserID, id string) (desk.IncidentPage, error) {
	room, err := d.Room(ctx, who)
	if err != nil || id != incidentID || !d.in(who) && who != yamamoto {
		return desk.IncidentPage{}, errors.Join(err, errNotFound)
	}
	return incidentPage(room, d.in(who)), nil
}

func (d *fakeDesk) Contacts(ctx context.Context, who chat.UserID) (desk.ContactsPage, error) {
	room, err := d.Room(ctx, who)
	return desk.ContactsPage{Room: room, Rows: contactRows()}, err
}

func (d *fakeDesk) Clocks(ctx context.Context, who chat.UserID) (desk.ClocksPage, error) {
	room, err := d.Room(ctx, who)
	if err != nil || !d.in(who) {
		return desk.ClocksPage{}, errors.Join(err, errNotFound)
	}
	return desk.ClocksPage{Room: room, Card: chat.Card{Key: "clocks", Title: "届出・連絡の期限（すべての件）", Blocks: []chat.Block{{Items: []chat.Item{{
		Mark: "期限まであと4日", Text: "個人情報保護委員会への速報", Small: "目安 2026年11月24日（火）、期限 2026年11月26日（木）",
	}}}}}}, nil
}

func (d *fakeDesk) Undelivered(ctx context.Context, who chat.UserID, before string) (desk.UndeliveredPage, error) {
	room, err := d.Room(ctx, who)
	if err != nil || !d.in(who) {
		return desk.UndeliveredPage{}, errors.Join(err, errNotFound)
	}
	page := desk.UndeliveredPage{Room: room, Card: chat.Card{
		Key: "undelivered", Tone: chat.Notice, Title: "届けられなかった連絡",
		Blocks: []chat.Block{{Items: []chat.Item{{
			Mark: "未達", Text: "呼び出し → 佐藤さん", Small: "INC-2026-0001・02:07から",
			Buttons: []chat.Button{{Label: "再送", Action: "resend|||7"}},
		}}}},
		Buttons: []chat.Button{{Label: "すべて再送", Action: "resend|||all", Confirm: "すべて送り直しますか。"}},
	}, Next: desk.PathUndeliveredBefore(7)}
	if before != "" {
		page.First, page.Next = desk.PathUndelivered, ""
	}
	return page, nil
}

func (d *fakeDesk) Register(_ context.Context, who chat.UserID) (desk.Download, error) {
	if !d.in(who) {
		return desk.Download{}, errNotFound
	}
	return desk.Download{Name: "register-20261122.xlsx", Type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Body: []byte("PK 台帳")}, nil
}

func (d *fakeDesk) Download(_ context.Context, who chat.UserID, id string, kind desk.Kind, format string) (desk.Download, error) {
	if id != incidentID || !d.in(who) || kind != desk.KindReport || !slices.Contains(desk.Formats, format) {
		return desk.Download{}, errNotFound
	}
	return desk.Download{Name: "報告書-" + id + "." + format, Type: "text/markdown; charset=utf-8", Body: []byte("# 報告書\n<script>alert(1)</script>")}, nil
}

// trickyName is what no header may be broken by.
const trickyName = "請求書 \"最終\";\r\n.js.txt"

func (d *fakeDesk) File(_ context.Context, who chat.UserID, id, entry string) (desk.FileDownload, error) {
	switch {
	case id != incidentID || entry != "7" && entry != "8" || !d.in(who):
		return desk.FileDownload{}, errNotFound
	case entry == "8":
		return desk.FileDownload{}, desk.ErrHarmed
	}
	const body = "<script>alert(1)</script>"
	return desk.FileDownload{Name: trickyName, Size: int64(len(body)), Body: io.NopCloser(strings.NewReader(body))}, nil
}

func (d *fakeDesk) Emergency(who chat.UserID) (chat.Card, bool) {
	return chat.Card{Key: "emergency", Tone: chat.Urgent, Title: "急ぐときは、待たずに電話してください", Blocks: []chat.Block{{Items: []chat.Item{{Text: "佐藤 美咲 090-0000-0002"}}}}}, d.in(who)
}

func (d *fakeDesk) People(string) []desk.PersonLine { return people() }

func (d *fakeDesk) Draft(_ context.Context, who chat.UserID, draft string) (chat.Form, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept, ok := d.drafts[string(who)+draft]
	if !ok {
		return chat.Form{}, errNotFound
	}
	return *reportForm(draft, kept), nil
}

func (d *fakeDesk) SaveDraft(_ context.Context, who chat.UserID, draft string, typed chat.Values) error {
	d.mu.Lock()
	fail := d.unkept
	if fail == nil {
		d.drafts[string(who)+draft] = typed
	}
	d.mu.Unlock()
	if fail != nil {
		return fail
	}
	d.stored <- draft
	return nil
}
