package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/store"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// stormCompany has people with IDs, with addresses alone, and two whose names others would
// like to have: 伊藤 by an address nobody has verified, 渡辺 by the address of another account.
const stormCompany = `name,department,role,duty,phone,email,slack_id,discord_id,deputy_order
田中 一郎,経営,representative,,090-0000-0001,tanaka@example.co.jp,U0TANAKA,,0
佐藤 美咲,情報システム部,incident_lead,,090-0000-0002,sato@example.co.jp,U0SATO0,,0
鈴木 健,情報システム部,system_admin,,090-0000-0003,suzuki@example.co.jp,,,0
高橋 直子,総務部,privacy_manager,,090-0000-0004,takahashi@example.co.jp,,,0
小林 恵,管理部,auditor,,090-0000-0005,kobayashi@example.co.jp,U0KOBA0,,0
山本 直子,営業部,,,090-0000-0006,yamamoto@example.co.jp,U0YAMA0,,
伊藤 大輔,営業部,department_lead,,090-0000-0007,ito@example.co.jp,,,0
渡辺 浩,製造部,department_lead,,090-0000-0008,watanabe@example.co.jp,U0WATA0,,0
`

// actors are who does something in a storm; listed is his name in the contact list, "" for
// none. Who is not of the workspace may do nothing at all.
var actors = []struct {
	id, listed string
	ours       bool
}{
	{"U0SATO0", "佐藤 美咲", true},
	{"U0TANAKA", "田中 一郎", true},
	{"U0SUZUKI", "鈴木 健", true},
	{"U0KOBA0", "小林 恵", true},
	{"U0YAMA0", "山本 直子", true},
	{"U0EMP", "", true},
	{"U0GUEST", "", true},
	{"U0CLAIMSITO", "", true},
	{"U0HASWATA", "", true},
	{"U0OUT", "", false},
	{"U0GONE", "", false},
	{"U0APP", "", false},
	{"USLACKBOT", "", false},
	{"B0FLOW", "", false},
	{"U0BOT", "", false},
}

// The secrets of a storm: each is to be shown to those alone who may see where it stands.
const (
	secretAlpha   = "SECRETALPHA"   // 山本's report
	secretBravo   = "SECRETBRAVO"   // 田中's report, of which 鈴木 must not learn
	secretCharlie = "SECRETCHARLIE" // an employee's report
	secretLine    = "SECRETLINE"    // what 佐藤 typed and was asked about
	secretQuote   = "SECRETQUOTE"   // what 佐藤 pointed at
	secretToken   = "SECRETTOKEN"

	satosLine  = "aaaaaaaaaaaaaaaa"
	satosDraft = "report||||bbbbbbbbbbbbbbbb"
)

// storm is the front end over the real desk, service and database, with everything that goes
// out to Slack in sight.
type storm struct {
	t        *outlasting
	w        *slacktest.Workspace
	f        *Front
	desk     *desk.Desk
	service  *workflows.Service
	store    workflows.Store
	files    string
	proxy    *httptest.Server
	ids      []incident.ID // alpha, bravo, charlie
	channels []slacktest.Channel
	notes    []string // a message in each channel
	directs  map[string]string

	mu   sync.Mutex
	said []said
	seen tally
}

// tally counts what came of the deeds: a storm in which nothing happens shows nothing.
type tally struct{ reported, changed, shown, links int }

// said is one call to Slack.
type said struct{ method, body string }

// outlasting is what a storm is made with: it outlasts the input of the fuzzed function that it
// began with.
type outlasting struct {
	testing.TB
	after []func()
}

func (*outlasting) Helper()                      {}
func (o *outlasting) Cleanup(do func())          { o.after = append(o.after, do) }
func (*outlasting) Error(args ...any)            { panic(fmt.Sprint(args...)) }
func (*outlasting) Errorf(says string, a ...any) { panic(fmt.Sprintf(says, a...)) }
func (*outlasting) Fatal(args ...any)            { panic(fmt.Sprint(args...)) }
func (*outlasting) Fatalf(says string, a ...any) { panic(fmt.Sprintf(says, a...)) }
func (*outlasting) Context() context.Context     { return context.Background() }

func newStorm() *storm {
	t := &outlasting{}
	s := &storm{t: t, w: slacktest.New(t), directs: map[string]string{}}
	for _, u := range []slacktest.User{
		{ID: "U0SATO0"}, {ID: "U0TANAKA"}, {ID: "U0SUZUKI", Email: "suzuki@example.co.jp", EmailConfirmed: true}, {ID: "U0KOBA0"}, {ID: "U0YAMA0"},
		{ID: "U0EMP", Email: "emp@example.co.jp", EmailConfirmed: true}, {ID: "U0GUEST", Guest: true},
		{ID: "U0CLAIMSITO", Email: "ito@example.co.jp"}, {ID: "U0HASWATA", Email: "watanabe@example.co.jp", EmailConfirmed: true},
		{ID: "U0OUT", TeamID: "T0OTHER"}, {ID: "U0GONE", Deleted: true, Email: "takahashi@example.co.jp", EmailConfirmed: true},
		{ID: "U0APP", Bot: true, Email: "takahashi@example.co.jp", EmailConfirmed: true}, {ID: "USLACKBOT", Bot: true}, {ID: s.w.BotUser, Bot: true},
	} {
		s.w.AddUser(u)
	}
	at, err := url.Parse(s.w.URL())
	if err != nil {
		t.Fatal(err)
	}
	at.Path = ""
	forward := httputil.NewSingleHostReverseProxy(at)
	forward.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.mu.Lock()
		s.said = append(s.said, said{filepath.Base(r.URL.Path), string(body)})
		s.mu.Unlock()
		forward.ServeHTTP(w, r)
	}))

	ctx := context.Background()
	// Not t.TempDir: a fuzzed function makes many storms.
	if s.files, err = os.MkdirTemp("", "storm"); err != nil {
		t.Fatal(err)
	}
	opened, err := store.Open(ctx, "sqlite:"+filepath.Join(s.files, "storm.db"))
	if err != nil {
		t.Fatal(err)
	}
	s.store = opened
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.service, err = workflows.New(ctx, workflows.Options{Store: s.store, Clock: machineClock{}, Book: book, Places: []string{"slack"}}); err != nil {
		t.Fatal(err)
	}
	rows, faults := contact.Parse([]byte(stormCompany))
	if faults != nil {
		t.Fatal(faults)
	}
	if _, err := s.service.ImportContacts(ctx, rows); err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	s.f, err = New(Config{
		BotToken: s.w.BotToken, SigningSecret: s.w.SigningSecret, APIURL: s.proxy.URL + "/api/", Memory: s.service.Memory(name), Say: texts.Say, Lang: "ja",
		PublicURL: "https://hikeshi.example.co.jp", Limits: Limits{Channel: time.Nanosecond, Tiers: [4]int{1e6, 1e6, 1e6, 1e6}}, Log: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.desk = desk.New(desk.Config{
		Service: s.service, Texts: texts, Lang: "ja", Company: "見本商事", Log: quiet, Email: s.f.Email, Places: true,
		Documents: func(context.Context, *incident.Incident, []incident.Record, desk.Kind, string, string) (string, string, []byte, error) {
			return "x.md", "text/plain", []byte("x"), nil
		},
		Register: func(context.Context, string, string, iter.Seq2[workflows.Told, error]) (string, string, []byte, error) {
			return "x.xlsx", "text/plain", []byte("x"), nil
		},
		SignIn: func(_ context.Context, _ chat.UserID, p incident.PersonID) (string, time.Time, error) {
			return "/sign-in?token=" + secretToken + string(p) + "END", time.Now().Add(time.Minute), nil
		},
	})
	s.f.Use(s.desk)

	for i, r := range []struct {
		by string
		do incident.Report
	}{
		{"U0YAMA0", incident.Report{Text: secretAlpha + " 名簿を誤送信", What: incident.KindMisdelivery}},
		{"U0TANAKA", incident.Report{Text: secretBravo + " 持ち出しの疑い", What: incident.KindTheft, Exclude: []incident.PersonID{s.person("鈴木 健")}}},
		{"U0EMP", incident.Report{Text: secretCharlie + " ファイルが開けない", What: incident.KindVirus}},
	} {
		out, err := s.service.Do(ctx, workflows.Command{
			Key: fmt.Sprint("storm", i), By: incident.Actor{ID: s.as(r.by), Name: r.by}, Source: incident.FromPerson, Do: r.do,
		})
		if err != nil || !out.Accepted() {
			t.Fatalf("%+v %v", out, err)
		}
		s.ids = append(s.ids, out.Incident)
		// Everybody is in every channel: a hostile colleague has invited them all.
		channel := s.desk.Channel(out.Incident)
		if _, err := s.f.Keep(ctx, chat.Place{Channel: channel, Topic: "x", Members: []chat.UserID{"slack:U0SATO0"}}); err != nil {
			t.Fatal(err)
		}
		for _, a := range actors {
			s.w.Join(channel, a.id)
		}
		c, _ := s.w.Channel(channel)
		s.channels = append(s.channels, c)
		s.notes = append(s.notes, s.w.Person("U0EMP").Post(channel, "ログを見ました"))
	}
	s.channels = append(s.channels, s.w.AddChannel("general", false, "U0EMP", s.w.BotUser))
	s.notes = append(s.notes, s.w.Person("U0EMP").Post("general", "これは何ですか"))
	for _, a := range actors {
		s.directs[a.id] = s.w.Person(a.id).Direct()
	}
	err = s.service.SaveDraft(ctx, workflows.Draft{
		ID: "said||||" + satosLine, By: s.person("佐藤 美咲"), Form: "said", Values: map[string]string{"line": secretLine, "channel": s.channels[0].Name},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.f.quotes.memory = nil
	s.f.quotes.keep(ctx, "U0SATO0", satosDraft, quoteRef{For: "report", Channel: "C1", TS: "1.2", Name: secretQuote}, chat.Quote{Text: secretQuote}, quiet)
	return s
}

// machineClock is the machine's.
type machineClock struct{}

func (machineClock) Now() time.Time { return time.Now() }

func (s *storm) end() {
	s.f.work.Finish(time.Second)
	s.f.http.CloseIdleConnections()
	s.proxy.Close()
	_ = s.store.(io.Closer).Close()
	for _, do := range slices.Backward(s.t.after) {
		do()
	}
	_ = os.RemoveAll(s.files)
}

func (s *storm) person(name string) incident.PersonID {
	return s.service.Contacts().Find(name)[0]
}

// as is who somebody of Slack is to the incidents.
func (s *storm) as(id string) incident.PersonID {
	for _, a := range actors {
		if a.id == id && a.listed != "" {
			return s.person(a.listed)
		}
	}
	return incident.PersonID("slack:" + id)
}

// sight is what matters of an incident: how far its record goes, and who may see it.
type outlook struct {
	seq    int64
	access workflows.Access
}

func (s *storm) look(t *testing.T, who incident.PersonID) (out []outlook) {
	for _, id := range s.ids {
		in, err := s.store.Incident(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		_, access, err := s.service.Incident(t.Context(), who, id)
		if err != nil {
			access = workflows.AccessNone
		}
		out = append(out, outlook{in.Seq, access})
	}
	return out
}

// inputsOfStorm are inputs of the desk's forms with something that each takes; "" is for what was typed.
var inputsOfStorm = []struct{ name, value string }{
	{"event", ""}, {"text", ""}, {"reason", ""}, {"comment", ""}, {"name", ""}, {"value", ""}, {"field", "scope"}, {"result", ""}, {"step", "2"},
	{"person", "高橋 直子"}, {"level", "3"}, {"category", "damage"}, {"effect", "damage"}, {"seq", "3"}, {"into", "TRN3"}, {"exclude", "高橋 直子"},
	{"kind", ""}, {"what", "malfunction"}, {"owner", "佐藤 美咲"}, {"due", "2030-01-01"}, {"done", ""}, {"personal_data", "no"}, {"occurred_at", ""},
	{"unknown", ""}, {"publication", "no"},
}

// act is one deed of somebody: what he does, where, and with what.
func (s *storm) act(who, what, where byte, raw, typed string) (a string, d delivery, names string) {
	id := actors[int(who)%len(actors)].id
	at := int(where) % len(s.channels)
	c, ts := s.channels[at], s.notes[at]
	names = c.Name
	user := map[string]any{"id": id, "team_id": s.w.TeamID, "name": "name"}
	body := map[string]any{
		"team": map[string]any{"id": s.w.TeamID}, "user": user, "trigger_id": fmt.Sprint(time.Now().UnixNano()), "channel": map[string]any{"id": c.ID},
		"response_url": s.proxy.URL + "/hooks/x", "action_ts": "1700000000.000100",
	}
	number := func(text string) string { // TRN1 to TRN3 stand for the incidents
		for i, id := range s.ids {
			text = strings.ReplaceAll(text, fmt.Sprintf("TRN%d", i+1), string(id))
		}
		return text
	}
	raw, typed = number(raw), number(typed)
	view := func() map[string]any {
		metadata := raw
		if !strings.HasPrefix(raw, "{") {
			b, _ := json.Marshal(map[string]any{"d": raw, "c": c.Name})
			metadata = string(b)
		}
		values := map[string]any{}
		for _, in := range inputsOfStorm {
			value := in.value
			if value == "" && slices.Contains(inputsOfStorm[:9], in) || where >= 128 {
				value = typed
			}
			values["in.0.0."+in.name] = map[string]any{"a": map[string]any{"type": "plain_text_input", "value": number(value)}}
		}
		return map[string]any{"id": "V1", "type": "modal", "private_metadata": metadata, "state": map[string]any{"values": values}}
	}
	event := map[string]any{"user": id, "event_ts": "1700000000.000200"}
	outer := map[string]any{"team_id": s.w.TeamID, "event": event}
	d = delivery{kind: interactions, at: time.Now()}
	switch what % 10 {
	case 0:
		names = raw
		body["type"], body["container"] = "block_actions", map[string]any{"channel_id": c.ID, "message_ts": ts}
		body["actions"] = []any{map[string]any{"action_id": []string{press, more, form, link}[int(where)/len(s.channels)%4] + ":1", "block_id": typed, "value": raw}}
	case 1:
		names = raw
		body["type"], body["view"] = "view_submission", view()
	case 2:
		names = ""
		body["type"], body["view"], body["block_id"], body["value"] = "block_suggestion", view(), "in.0.0."+inputsOfStorm[int(where)%len(inputsOfStorm)].name, typed
	case 3, 4:
		body["type"], body["callback_id"] = "message_action", []string{shortcutNote, shortcutQuote}[what%10-3]
		body["message"] = map[string]any{"text": typed, "ts": "1700000000." + fmt.Sprintf("%06d", time.Now().UnixNano()%1e6), "user": raw}
	case 5:
		d.kind, names = commands, typed+c.Name
		body = map[string]any{"team_id": s.w.TeamID, "user_id": id, "user_name": "name", "command": slash, "text": typed, "channel_id": c.ID, "trigger_id": fmt.Sprint(time.Now().UnixNano()), "response_url": s.proxy.URL + "/hooks/x"}
	case 6:
		d.kind, body, names = events, outer, typed
		event["type"], event["channel_type"], event["channel"], event["ts"], event["text"] = "message", "im", s.directs[id], fmt.Sprintf("1700000000.%06d", time.Now().UnixNano()%1e6), typed
	case 7:
		d.kind, body = events, outer
		event["type"], event["reaction"], event["item"] = "reaction_added", pushpin, map[string]any{"type": "message", "channel": c.ID, "ts": ts}
	case 8:
		d.kind, body, names = events, outer, ""
		event["type"], event["tab"] = "app_home_opened", "home"
	default:
		names = raw
		if json.Unmarshal([]byte(raw), &body) == nil && body != nil {
			body["user"] = user
		}
	}
	d.body, _ = json.Marshal(body)
	return id, d, names
}

// do carries out a deed and checks that nobody was let in, and nothing was touched or shown
// that is not his.
func (s *storm) do(t *testing.T, who, what, where byte, raw, typed string) {
	if strings.Contains(raw+typed, "SECRET") {
		return // he knows it already
	}
	id, d, names := s.act(who, what, where, raw, typed)
	if id == "U0SATO0" && (strings.Contains(raw, satosLine) || strings.Contains(raw, "bbbbbbbbbbbbbbbb")) {
		return // what he reports is a secret no more
	}
	ours := actors[int(who)%len(actors)].ours
	as := s.as(id)
	before := s.look(t, as)
	all, err := s.store.AllIDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.said = nil
	s.mu.Unlock()
	var acks []byte
	d.ack = func(body any) {
		b, err := json.Marshal(body)
		if err != nil {
			t.Error(err)
		}
		acks = append(acks, b...)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	switch d.kind { // without stumble, which would hide a panic
	case commands:
		s.f.command(ctx, s.desk, d)
	case interactions:
		s.f.interaction(ctx, s.desk, d)
	case events:
		s.f.event(ctx, s.desk, d)
	}
	s.f.publish(ctx, id)
	after := s.look(t, as)
	deed := fmt.Sprintf("%s did %d at %d with %q %q", id, what%10, where, raw, typed)

	now, err := s.store.AllIDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range now {
		if slices.Contains(all, n) {
			continue
		}
		in, err := s.store.Incident(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		s.seen.reported++
		if !ours || !in.ReportedBy(as) || len(in.Reporters) != 1 {
			t.Errorf("%s: reported %s in the name of %v", deed, n, in.Reporters)
		}
		if strings.Contains(in.Title, "SECRET") {
			t.Errorf("%s: reported what is another's: %q", deed, in.Title)
		}
	}
	merges := strings.Contains(names, "merge") || strings.Contains(names, "統合")
	for i, incidentID := range s.ids {
		if before[i].seq == after[i].seq {
			continue
		}
		s.seen.changed++
		if !ours || before[i].access == workflows.AccessNone {
			t.Errorf("%s: %s changed, which he may not see", deed, incidentID)
		}
		if what := what % 10; what != 5 && what != 6 && !merges && !strings.Contains(strings.ToUpper(names), string(incidentID)) {
			t.Errorf("%s: %s changed, which was not meant", deed, incidentID)
		}
	}
	s.mu.Lock()
	out := append(slices.Clone(s.said), said{"ack", string(acks)})
	s.mu.Unlock()
	may := map[string]bool{
		secretLine: false, secretQuote: false,
		secretAlpha: before[0].access != workflows.AccessNone, secretBravo: before[1].access != workflows.AccessNone, secretCharlie: before[2].access != workflows.AccessNone,
	}
	for _, call := range out {
		for secret, allowed := range may {
			if !strings.Contains(call.body, secret) {
				continue
			}
			if s.seen.shown++; !ours || !allowed {
				t.Errorf("%s: he was shown %s by %s", deed, secret, call.method)
			}
		}
		if !ours && strings.Contains(call.body, "090-0000") {
			t.Errorf("%s: he was shown a phone number by %s", deed, call.method)
		}
		if strings.Contains(call.body, secretToken) {
			s.seen.links++
			form, _ := url.ParseQuery(call.body)
			if call.method != "chat.postMessage" || form.Get("channel") != s.directs[id] || !strings.Contains(call.body, secretToken+string(as)+"END") {
				t.Errorf("%s: a link to sign in went out by %s to %q", deed, call.method, form.Get("channel"))
			}
		}
	}
}

// deeds are what a storm begins with: every button and every form, for every incident.
func deeds(add func(who, what, where byte, raw, typed string)) {
	words := []string{
		"take", "decline", "accept", "refuse", "advance", "level", "step", "undo", "close", "continue", "status", "who", "menu", "card", "own", "doc",
		"share", "pin", "keep", "send", "anyway", "run", "list", "contacts", "web", "calls", "help", "told", "digest", "again", "word",
	}
	arguments := []string{"", "1", "reported", satosLine, "docx", "page.1", "2026-11-26", "3"}
	n := 0
	for i, word := range words {
		for _, incidentNumber := range []string{"TRN1", "TRN2", "TRN3", ""} {
			n++
			for _, who := range []int{0, n, 9} {
				add(byte(who%len(actors)), 0, byte(n%4), word+"|"+incidentNumber+"||"+arguments[(i+n)%len(arguments)], "")
			}
		}
	}
	for _, name := range desk.Forms {
		for _, incidentNumber := range []string{"TRN1", "TRN2", "TRN3"} {
			n++
			for _, what := range []byte{1, 2} {
				for _, who := range []int{0, n} {
					add(byte(who%len(actors)), what, byte(n), name+"|"+incidentNumber+"|||cccccccccccccc"+fmt.Sprintf("%02d", n%100), []string{"3", "鈴木 健", "TRN2", "理由", "高橋"}[n%5])
				}
			}
			add(byte(n%len(actors)), 0, 0, "form|"+incidentNumber+"||"+name, "")
		}
	}
	for who := range len(actors) {
		for where := range 4 {
			add(byte(who), 3, byte(where), "U0EMP", "調べました <!channel>")
			add(byte(who), 4, byte(where), "U0EMP", "怪しいメール <https://evil.example|銀行>")
			add(byte(who), 7, byte(where), "", "")
		}
		add(byte(who), 0, 8, satosDraft, "")            // another's draft, opened again
		add(byte(who), 1, 0, satosDraft, "報告します")       // and sent
		add(byte(who), 0, 4, "1|card|TRN2||", "")       // the whole of a card
		add(byte(who), 0, 5, "2|told|TRN1||page.2", "") // of a call
		add(byte(who), 5, 1, "", "note TRN2 記録します")
		add(byte(who), 5, 0, "", "status 2")
		add(byte(who), 5, 3, "", "web")
		add(byte(who), 5, 3, "", fmt.Sprint("報告 サーバーが止まりました", who))
		add(byte(who), 6, 0, "", "進める TRN1")
		add(byte(who), 6, 0, "", "パソコンが動きません")
		add(byte(who), 8, 0, "", "")
		add(byte(who), 1, 2, `{"d":"note|TRN2|||dddddddddddddddd","c":"trn-2026-0001","f":{"text":"x"},"q":{"for":"note","c":"C1","ts":"1.2"},"r":1}`, "x")
		add(byte(who), 9, 0, `{"type":"view_submission","view":{"private_metadata":"{\"d\":\"restrict|TRN1|||eeeeeeeeeeeeeeee\"}","state":{"values":{"in.0.0.exclude":{"a":{"selected_options":[{"value":"x"}]}}}}}}`, "")
	}
}

// perStorm is how many deeds one storm sees before all begins anew: incidents that are closed
// and merged have less to lose.
const perStorm = 400

// FuzzStorm lets anybody do anything, through the desk and the service down to the database:
// nothing panics, no incident changes that he may not see or did not mean, nothing is shown
// that is not his, and nobody from outside is let in.
func FuzzStorm(f *testing.F) {
	seeds, fuzzing := 0, flag.Lookup("test.fuzz").Value.String() != ""
	deeds(func(who, what, where byte, raw, typed string) {
		if seeds++; fuzzing && seeds%4 != 0 {
			return // each is run once before anything new is tried
		}
		f.Add(who, what, where, raw, typed)
	})
	var s *storm
	var seen tally
	n := 0
	f.Cleanup(func() {
		if s == nil {
			return
		}
		s.end()
		if n >= seeds && !fuzzing && (seen.reported < 20 || seen.changed < 30 || seen.shown < 100 || seen.links < 5) {
			f.Errorf("the storm does nothing: %+v", seen)
		}
		f.Logf("%d deeds: %+v", n, seen)
	})
	f.Fuzz(func(t *testing.T, who, what, where byte, raw, typed string) {
		if n++; s == nil || n%perStorm == 0 {
			if s != nil {
				s.end()
			}
			s = newStorm()
		}
		s.seen = seen
		s.do(t, who, what, where, raw, typed)
		seen = s.seen
	})
}
