package discord

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
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/store"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// stormCompany has people with accounts, and two whose names others would like to have: nobody
// is known by a name. The digits stand for the accounts.
const stormCompany = `name,department,role,duty,phone,email,slack_id,discord_id,deputy_order
田中 一郎,経営,representative,,090-0000-0001,tanaka@example.co.jp,,{tanaka},0
佐藤 美咲,情報システム部,incident_lead,,090-0000-0002,sato@example.co.jp,,{sato},0
鈴木 健,情報システム部,system_admin,,090-0000-0003,suzuki@example.co.jp,,{suzuki},0
高橋 直子,総務部,privacy_manager,,090-0000-0004,takahashi@example.co.jp,,,0
小林 恵,管理部,auditor,,090-0000-0005,kobayashi@example.co.jp,,{koba},0
山本 直子,営業部,,,090-0000-0006,yamamoto@example.co.jp,,{yama},
渡辺 浩,製造部,department_lead,,090-0000-0008,watanabe@example.co.jp,,,0
`

// actors are who does something in a storm; called is how he calls himself there, listed his
// name in the contact list, "" for none. Who is not of the server may do nothing at all.
var actors = []struct {
	key, called, listed string
	ours                bool
}{
	{"sato", "佐藤 美咲", "佐藤 美咲", true},
	{"tanaka", "田中 一郎", "田中 一郎", true},
	{"suzuki", "鈴木 健", "鈴木 健", true},
	{"koba", "小林 恵", "小林 恵", true},
	{"yama", "山本 直子", "山本 直子", true},
	{"emp", "社員", "", true},
	{"claims", "佐藤 美咲", "", true},
	{"haswata", "渡辺 浩", "", true},
	{"out", "よその人", "", false},
	{"gone", "高橋 直子", "", false},
	{"bot", "佐藤 美咲", "", false},
}

// The secrets of a storm: each is to be shown to those alone who may see where it stands.
const (
	secretAlpha   = "SECRETALPHA"   // 山本's report
	secretBravo   = "SECRETBRAVO"   // 田中's report, of which 鈴木 must not learn
	secretCharlie = "SECRETCHARLIE" // an employee's report
	secretLine    = "SECRETLINE"    // what 佐藤 typed and was asked about
	secretSheet   = "SECRETSHEET"   // what 佐藤 typed into a form and has not sent
	secretToken   = "SECRETTOKEN"

	satosLine  = "aaaaaaaaaaaaaaaa"
	satosDraft = "report||||bbbbbbbbbbbbbbbb"
)

// storm is the front end over the real desk, service and database, with everything that goes
// out to Discord in sight.
type storm struct {
	t        *outlasting
	g        *discordtest.Guild
	f        *Front
	desk     *desk.Desk
	service  *workflows.Service
	store    workflows.Store
	files    string
	proxy    *httptest.Server
	ids      []incident.ID // alpha, bravo, charlie
	channels []discordtest.Channel
	notes    []string          // a message in each channel
	accounts map[string]string // by key
	directs  map[string]string // by account

	mu   sync.Mutex
	said []said
	last int64 // the newest ID that was given out
	seen tally
}

// tally counts what came of the deeds: a storm in which nothing happens shows nothing.
type tally struct{ reported, changed, shown, links int }

// said is one call to Discord.
type said struct{ path, body string }

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
	s := &storm{t: t, g: discordtest.New(t), accounts: map[string]string{}, directs: map[string]string{}}
	s.g.Unlimited(true)
	list := stormCompany
	for _, a := range actors {
		p := s.g.AddMember(a.called)
		s.accounts[a.key], s.directs[p.ID] = p.ID, p.Direct()
		list = strings.ReplaceAll(list, "{"+a.key+"}", p.ID)
	}
	s.g.Kick(s.accounts["out"])
	s.g.Kick(s.accounts["gone"])
	at, err := url.Parse(s.g.URL())
	if err != nil {
		t.Fatal(err)
	}
	at.Path = ""
	forward := httputil.NewSingleHostReverseProxy(at)
	forward.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if r.Method != http.MethodGet {
			s.mu.Lock()
			s.said = append(s.said, said{r.URL.Path, string(body)})
			s.mu.Unlock()
		}
		if strings.Contains(r.URL.Path, "/interactions/") || strings.Contains(r.URL.Path, "/webhooks/") {
			w.WriteHeader(http.StatusNoContent) // what is sent here the fake knows nothing of
			return
		}
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
	if s.service, err = workflows.New(ctx, workflows.Options{Store: s.store, Clock: machineClock{}, Book: book, Places: []string{name}}); err != nil {
		t.Fatal(err)
	}
	rows, faults := contact.Parse([]byte(list))
	if faults != nil {
		t.Fatal(faults)
	}
	if _, err := s.service.ImportContacts(ctx, rows); err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	s.f, err = New(Config{
		Token: s.g.Token(), Guild: s.g.ID(), APIURL: s.proxy.URL, Memory: s.service.Memory(name), Say: texts.Say, Lang: "ja",
		PublicURL: "https://hikeshi.example.co.jp", Limits: Limits{Global: 1 << 30, Guess: 1 << 30}, Log: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.desk = desk.New(desk.Config{
		Service: s.service, Texts: texts, Lang: "ja", Company: "見本商事", Log: quiet, Places: true,
		Email: func(chat.UserID) string { return "" },
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

	var everybody []chat.UserID
	for _, a := range actors {
		if a.ours {
			everybody = append(everybody, userID(s.accounts[a.key]))
		}
	}
	for i, r := range []struct {
		by string
		do incident.Report
	}{
		{"yama", incident.Report{Text: secretAlpha + " 名簿を誤送信", What: incident.KindMisdelivery}},
		{"tanaka", incident.Report{Text: secretBravo + " 持ち出しの疑い", What: incident.KindTheft, Exclude: []incident.PersonID{s.person("鈴木 健")}}},
		{"emp", incident.Report{Text: secretCharlie + " ファイルが開けない", What: incident.KindVirus}},
	} {
		out, err := s.service.Do(ctx, workflows.Command{
			Key: fmt.Sprint("storm", i), By: incident.Actor{ID: s.as(r.by), Name: r.by}, Source: incident.FromPerson, Do: r.do,
		})
		if err != nil || !out.Accepted() {
			t.Fatalf("%+v %v", out, err)
		}
		s.ids = append(s.ids, out.Incident)
		// Everybody is in every channel, as if a hostile colleague had let them all in.
		channel := s.desk.Channel(out.Incident)
		if _, err := s.f.Keep(ctx, chat.Place{Channel: channel, Topic: "x", Members: everybody}); err != nil {
			t.Fatal(err)
		}
		c, _ := s.g.Channel(channel)
		s.channels = append(s.channels, c)
		s.notes = append(s.notes, s.g.Person(s.accounts["emp"]).Post(c.ID, "ログを見ました"))
	}
	s.channels = append(s.channels, s.g.AddChannel("general"))
	s.notes = append(s.notes, s.g.Person(s.accounts["emp"]).Post("general", "これは何ですか"))
	err = s.service.SaveDraft(ctx, workflows.Draft{
		ID: "said||||" + satosLine, By: s.person("佐藤 美咲"), Form: "said", Values: map[string]string{"line": secretLine, "channel": s.channels[0].Name},
	})
	if err != nil {
		t.Fatal(err)
	}
	<-s.f.sheets.keep(&sheet{Draft: satosDraft, By: s.accounts["sato"], Values: chat.Values{"event": secretSheet}}, time.Now())
	return s
}

// machineClock is the machine's.
type machineClock struct{}

func (machineClock) Now() time.Time { return time.Now() }

func (s *storm) end() {
	s.f.work.Finish(time.Second)
	s.f.away.Finish(time.Second)
	s.f.sheets.finish()
	s.f.api.http.CloseIdleConnections()
	s.proxy.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	_ = s.store.(io.Closer).Close()
	for _, do := range slices.Backward(s.t.after) {
		do()
	}
	_ = os.RemoveAll(s.files)
}

func (s *storm) person(name string) incident.PersonID {
	return s.service.Contacts().Find(name)[0]
}

// as is who somebody of Discord is to the incidents.
func (s *storm) as(key string) incident.PersonID {
	for _, a := range actors {
		if a.key == key && a.listed != "" {
			return s.person(a.listed)
		}
	}
	return incident.PersonID(userID(s.accounts[key]))
}

// outlook is what matters of an incident: how far its record goes, and who may see it.
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

// id gives an ID as Discord does, never the same twice.
func (s *storm) id() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last+1, (time.Now().UnixMilli()-1420070400000)<<22)
	return strconv.FormatInt(s.last, 10)
}

// act is one deed of somebody: what he does, where, and with what. names is what may say which
// incident he means.
func (s *storm) act(who, what, where byte, raw, typed string) (event string, body []byte, names string) {
	a := actors[int(who)%len(actors)]
	account := s.accounts[a.key]
	at := int(where) % len(s.channels)
	c, note := s.channels[at], s.notes[at]
	names = c.Name
	user := obj{"id": account, "username": "user" + account, "global_name": a.called, "discriminator": "0", "bot": a.key == "bot"}
	number := func(text string) string { // TRN1 to TRN3 stand for the incidents
		for i, id := range s.ids {
			text = strings.ReplaceAll(text, fmt.Sprintf("TRN%d", i+1), string(id))
		}
		return text
	}
	raw, typed = number(raw), number(typed)
	i := obj{"id": s.id(), "application_id": s.g.AppID(), "token": "t" + s.id(), "version": 1}
	// Who is not in the server reaches the bot by direct messages, or from another server.
	inside := a.ours && where < 192 || a.key == "bot"
	switch {
	case inside:
		i["guild_id"], i["channel_id"], i["member"] = s.g.ID(), c.ID, obj{"user": user, "nick": a.called, "roles": []any{}}
	case where%2 == 0:
		i["channel_id"], i["user"] = s.directs[account], user
	default:
		i["guild_id"], i["channel_id"], i["member"] = "99", c.ID, obj{"user": user, "roles": []any{}}
	}
	written := obj{"id": note, "channel_id": c.ID, "type": 0, "content": typed, "author": obj{"id": s.accounts["emp"], "username": "x"}}
	data := obj{}
	i["data"] = data
	event = "INTERACTION_CREATE"
	switch what % 10 {
	case 0:
		names = raw
		i["type"], data["component_type"], data["custom_id"] = didPress, 2, raw
		i["message"] = obj{"id": note}
	case 1:
		names = raw
		if !strings.HasPrefix(raw, "~") {
			raw = next + strconv.Itoa(1+int(where)%4) + ":" + raw
		}
		i["type"], data["custom_id"] = didSubmit, raw
		var asked []any
		for n, in := range inputsOfStorm {
			value := in.value
			if value == "" && slices.Contains(inputsOfStorm[:9], in) || where >= 128 {
				value = typed
			}
			value = number(value)
			how := []string{askedText, askedChoice, askedChoices, searchChoice, askedMoment}[(n+int(where))%5]
			asked = append(asked, obj{"type": 18, "component": obj{"type": 4, "custom_id": askedID(how, in.name), "value": value, "values": []any{value}}})
		}
		data["components"] = append(asked, obj{"type": 99, "component": nil}, "x", nil)
	case 2:
		names = ""
		w := words[int(where)%len(words)]
		option := obj{"name": "text", "type": 3, "value": typed, "focused": true}
		if len(w.takes) > 0 {
			option["name"] = w.takes[int(what)/10%len(w.takes)].name
		}
		i["type"], data["name"] = didComplete, "incident"
		data["options"] = []any{obj{"name": w.name, "type": 1, "options": []any{obj{"name": incidentName, "type": 3, "value": raw}, option}}}
	case 3, 4:
		point := []string{pointNote, pointReport}[what%10-3]
		i["type"] = didCommand
		data["type"], data["name"], data["target_id"] = commandMessage, s.f.draw.say(point), note
		data["resolved"] = obj{"messages": obj{note: written, "0": nil}}
	case 5:
		names = typed + c.Name
		i["type"], data["type"], data["name"] = didCommand, commandTyped, "incident"
		data["options"] = []any{obj{"name": anyLine, "type": 1, "options": []any{obj{"name": "text", "type": 3, "value": typed}}}}
	case 6:
		names = typed
		event, i = "MESSAGE_CREATE", obj{"id": s.id(), "channel_id": s.directs[account], "type": 0, "content": typed, "author": user}
	case 7:
		event = "MESSAGE_REACTION_ADD"
		i = obj{"user_id": account, "channel_id": c.ID, "message_id": note, "guild_id": s.g.ID(), "emoji": obj{"id": nil, "name": pushpin}}
	case 8:
		names = ""
		i["type"], i["data"] = int(where)%7, nil
	default:
		names = raw + c.Name // of its channel, where it is about a message there
		if len(raw) < 4000 && json.Unmarshal([]byte(raw), &i) == nil && i != nil {
			i["id"], i["token"], i["application_id"] = s.id(), "t", s.g.AppID()
			delete(i, "member")
			if i["user"] = user; inside {
				i["guild_id"], i["member"] = s.g.ID(), obj{"user": user}
				delete(i, "user")
			} else {
				delete(i, "guild_id")
			}
		}
	}
	body, _ = json.Marshal(i)
	return event, body, names
}

type obj = map[string]any

// do carries out a deed and checks that nobody was let in, and nothing was touched or shown
// that is not his.
func (s *storm) do(t *testing.T, who, what, where byte, raw, typed string) {
	if strings.Contains(raw+typed, "SECRET") {
		return // he knows it already
	}
	a := actors[int(who)%len(actors)]
	account, as, ours := s.accounts[a.key], s.as(a.key), a.ours
	event, body, names := s.act(who, what, where, raw, typed)
	if a.key == "sato" && (strings.Contains(raw, satosLine) || strings.Contains(raw, "bbbbbbbbbbbbbbbb")) {
		return // what he reports is a secret no more
	}
	before := s.look(t, as)
	all, err := s.store.AllIDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.said = nil
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	hidden := false // from everybody else in a channel
	switch event {  // without stumble, which would hide a panic
	case "INTERACTION_CREATE":
		if i, ok, readable := readInteraction(body); ok {
			hidden = i.GuildID != ""
			s.f.interacted(ctx, s.desk, newStage(i, time.Now()), i, readable)
		}
	case "MESSAGE_CREATE":
		s.f.written(ctx, s.desk, body)
	case "MESSAGE_REACTION_ADD":
		s.f.reacted(ctx, s.desk, body)
	}
	after := s.look(t, as)
	deed := fmt.Sprintf("%s did %d at %d with %q %q", a.key, what, where, raw, typed)

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
	out := slices.Clone(s.said)
	s.mu.Unlock()
	may := map[string]bool{
		secretLine: false, secretSheet: false,
		secretAlpha: before[0].access != workflows.AccessNone, secretBravo: before[1].access != workflows.AccessNone, secretCharlie: before[2].access != workflows.AccessNone,
	}
	mine := "/channels/" + s.directs[account] + "/messages"
	for _, call := range out {
		answers := strings.HasSuffix(call.path, "/callback") || strings.Contains(call.path, "/webhooks/")
		for secret, allowed := range may {
			if !strings.Contains(call.body, secret) {
				continue
			}
			if s.seen.shown++; !ours || !allowed {
				t.Errorf("%s: he was shown %s by %s", deed, secret, call.path)
			}
			if !answers && !strings.Contains(call.path, mine) {
				t.Errorf("%s: %s was shown to others by %s", deed, secret, call.path)
			}
		}
		// A message or the promise of one, unless it takes the place of what was hidden already.
		message := strings.Contains(call.body, `"type":4,`) || strings.Contains(call.body, `"type":5,`) || strings.Contains(call.path, "/webhooks/") && !strings.Contains(call.path, "@original")
		if answers && hidden && message && strings.Contains(call.body, `"content":`) && !strings.Contains(call.body, `"flags":64`) {
			t.Errorf("%s: everybody in the channel reads the answer %s", deed, call.body)
		}
		if !ours && strings.Contains(call.body, "090-0000") {
			t.Errorf("%s: he was shown a phone number by %s", deed, call.path)
		}
		if strings.Contains(call.body, secretToken) {
			s.seen.links++
			if !strings.Contains(call.path, mine) || !strings.Contains(call.body, secretToken+string(as)+"END") {
				t.Errorf("%s: a link to sign in went out by %s", deed, call.path)
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
			add(byte(who), 3, byte(where), "", "調べました @everyone")
			add(byte(who), 4, byte(where), "", "怪しいメール [銀行](https://evil.example)")
			add(byte(who), 7, byte(where), "", "")
		}
		for _, kind := range []string{form, send, next + "1:", next + "2:"} { // another's form
			add(byte(who), 0, 8, kind+satosDraft, "")
			add(byte(who), 0, 200, kind+satosDraft, "")
		}
		add(byte(who), 1, 0, satosDraft, "報告します") // and sent
		add(byte(who), 0, 4, "~more:1:card|TRN2||", "")
		add(byte(who), 0, 5, "~more:2:told|TRN1||page.2", "")
		add(byte(who), 0, 5, "~sure:close|TRN2||", "")
		add(byte(who), 0, 200, "take|TRN1||", "") // from direct messages
		add(byte(who), 0, 201, "take|TRN1||", "") // from another server
		add(byte(who), 0, 1, "~long:AAAAAAAAAAAAAAAAAAAAAAAA", "")
		add(byte(who), 5, 1, "", "note TRN2 記録します")
		add(byte(who), 5, 0, "", "status 2")
		add(byte(who), 5, 200, "", "status TRN2")
		add(byte(who), 5, 201, "", "連絡先")
		add(byte(who), 5, 3, "", "web")
		add(byte(who), 5, 200, "", "web")
		add(byte(who), 5, 3, "", fmt.Sprint("報告 サーバーが止まりました", who))
		add(byte(who), 6, 0, "", "進める TRN1")
		add(byte(who), 6, 0, "", "パソコンが動きません")
		for where := range 7 {
			add(byte(who), 8, byte(where), "", "")
		}
		add(byte(who), 2, byte(who), "TRN2", "S")
		add(byte(who), 9, 0, `{"type":3,"data":{"custom_id":"take|TRN1||"},"channel_id":"1"}`, "")
		add(byte(who), 9, 200, `{"type":3,"data":{"custom_id":"take|TRN2||"},"channel_id":"1"}`, "")
		add(byte(who), 9, 0, `{"type":5,"data":{"custom_id":"~next:1:restrict|TRN1|||eeeeeeeeeeeeeeee","components":[{"type":18,"component":{"type":3,"custom_id":"m.exclude","values":["x"]}},{"type":77}]}}`, "")
		add(byte(who), 9, 0, `{"type":2,"data":{"type":3,"name":"記録に追加","target_id":"5","resolved":{"messages":{"5":{"content":"x","author":null}}}}}`, "")
		add(byte(who), 9, 0, `{"type":"x","data":[]}`, "")
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
		if n >= seeds && !fuzzing && (seen.reported < 6 || seen.changed < 15 || seen.shown < 50 || seen.links < 5) {
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
