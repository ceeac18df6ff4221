package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

func (b *bench) home(name string) []chat.Card {
	b.t.Helper()
	cards, err := b.desk.Home(ctx, b.user(name))
	if err != nil {
		b.t.Fatal(err)
	}
	return cards
}

func showCards(cards []chat.Card) string {
	var s strings.Builder
	for _, c := range cards {
		s.WriteString(showCard(c))
	}
	return s.String()
}

func TestHome(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			s := &tale{bench: newBench(t, lang).with(withSignIn)}
			told := func(name string) {
				s.heading(name)
				s.tell(showCards(s.home(name)))
			}
			told("佐藤")
			told("slack:U0STRANGER")
			first := s.report("山本", "画面が固まった")
			s.clock.move(time.Minute)
			s.report("中村", "営業車のノートPCを盗まれた", "kind", "theft", "personal_data", "yes")
			told("佐藤")
			s.do("佐藤", first, incident.Take{})
			s.do("佐藤", first, incident.Ask{Text: "いつからですか"})
			told("佐藤")
			told("鈴木")
			told("山本")
			s.do("佐藤", first, incident.SetLevel{Level: incident.Level2, Reason: "業務が止まっている"})
			s.settle("佐藤", first)
			s.do("佐藤", first, incident.Advance{From: incident.Reported})
			for _, step := range s.incident(first).Steps {
				if step.Phase == incident.Containment && !step.Settled() {
					s.do("佐藤", first, incident.Assign{Person: s.person("鈴木"), Step: step.Key})
					break
				}
			}
			told("鈴木")
			golden(t, "home."+lang, s.out.String())
		})
	}
}

func withSignIn(c *desk.Config) {
	c.SignIn = func(_ context.Context, _ chat.UserID, person incident.PersonID) (string, time.Time, error) {
		return "/sign-in/" + string(person), time.Date(2026, 11, 22, 2, 10, 0, 0, incident.Tokyo), nil
	}
}

func TestHomeShowsNobodyWhatIsNotHis(t *testing.T) {
	b := newBench(t, "ja")
	const secret = "退職予定の者が名簿を持ち出した"
	id := b.report("山本", secret, "kind", "misdelivery", "exclude", string(b.person("鈴木")))
	b.do("佐藤", id, incident.Note{Text: "人事と相談した"})
	auditor := b.service.Contacts().Holders(incident.Auditor, "")
	if len(auditor) == 0 {
		t.Fatal("the sample company has no auditor")
	}
	for _, c := range []struct {
		who   chat.UserID
		shown bool
	}{
		{b.user("佐藤"), true}, {b.user("山本"), true},
		{b.user("鈴木"), false}, {b.user("中村"), false}, {desk.User(auditor[0]), b.incident(id).InCircle(auditor[0])}, {"slack:U0STRANGER", false},
	} {
		cards, err := b.desk.Home(ctx, c.who)
		if err != nil {
			t.Fatal(err)
		}
		text := showCards(cards)
		if strings.Contains(text, secret) != c.shown || strings.Contains(text, string(id)) != c.shown {
			t.Errorf("%s is shown it: want %v\n%s", c.who, c.shown, text)
		}
		if len(cards[0].Buttons) == 0 || cards[0].Buttons[0].Style != chat.Primary || !strings.HasSuffix(string(cards[0].Buttons[0].Action), "|report") {
			t.Errorf("%s does not find first how to report: %+v", c.who, cards[0].Buttons)
		}
	}
	if text := showCards(b.home("山本")); strings.Contains(text, "人事と相談した") || strings.Contains(text, "指揮：") || strings.Contains(text, "手順（") {
		t.Errorf("the reporter reads more than the own card:\n%s", text)
	}
	stranger := showCards(b.home("slack:U0STRANGER"))
	for _, p := range b.service.Contacts().People() {
		if p.Phone != "" && strings.Contains(stranger, p.Phone) {
			t.Errorf("a stranger reads the number of %s", p.Name)
		}
	}
}

// At 500 incidents Home is bounded, and the most urgent is not lost among them.
func TestHomeAtItsLimits(t *testing.T) {
	b := newBench(t, "ja")
	urgent := b.report("山本", "名簿のメールを取引先に誤送信した", "kind", "misdelivery", "personal_data", "yes")
	const hostile = "<!channel> *太字* {count} \u202e"
	for i := range 499 {
		b.clock.move(time.Second)
		b.must(b.say("山本", "", fmt.Sprintf("/incident %s%d %s", hostile, i, strings.Repeat("長", 300))))
	}
	begun := time.Now()
	cards := b.home("佐藤")
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("Home took %s", took)
	}
	blocks, buttons := 0, 0
	for _, c := range cards {
		blocks += 2 + len(c.Blocks)
		for _, block := range c.Blocks {
			blocks += len(block.Items)
		}
		for _, x := range buttonsOf(c) {
			if buttons++; len(x.Action) > 100 {
				t.Errorf("an action of %d bytes", len(x.Action))
			}
		}
	}
	if blocks > 200 || buttons > 150 {
		t.Errorf("%d blocks and %d buttons", blocks, buttons)
	}
	text := showCards(cards)
	if !strings.Contains(text, "ほかに") {
		t.Error("nothing says that there are more")
	}
	for _, c := range cards {
		if c.Key == "home:calls" && !strings.HasPrefix(c.Blocks[0].Items[0].Text, string(urgent)) {
			t.Errorf("the most urgent call is %q", c.Blocks[0].Items[0].Text)
		}
	}
	if strings.Contains(text, "\u202e") {
		t.Error("a mark that turns text around is not made visible")
	}
}

func TestHomeGivesWayToTheEmergency(t *testing.T) {
	b := newBench(t, "ja")
	b.store.down = true
	if cards, err := b.desk.Home(ctx, b.user("佐藤")); !errors.Is(err, errDown) {
		t.Errorf("%v %v", cards, err)
	}
	if card, ok := b.desk.Emergency(b.user("佐藤")); !ok || !strings.Contains(showCard(card), "090-") {
		t.Errorf("%v %s", ok, showCard(card))
	}
	if cards, err := b.desk.Home(ctx, "slack:U0STRANGER"); err != nil || len(cards) != 1 {
		t.Errorf("a stranger cannot find how to report: %v %v", cards, err)
	}
}

func TestTheWholeOfACardIsForWhoMaySeeItNow(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "退職予定の者が名簿を持ち出した", "kind", "misdelivery")
	b.do("佐藤", id, incident.Take{})
	seen := map[string]chat.Card{}
	keep := func(name string, cards ...chat.Card) {
		for _, c := range cards {
			if c.Whole == "" {
				t.Errorf("%s has no way to the whole of %q", name, c.Title)
			} else if r := b.press(name, c.Whole); len(r.Cards) != 1 || r.Accepted || showCard(r.Cards[0]) != showCard(c) || r.Cards[0].Key != c.Key {
				t.Errorf("the whole of %q is\n%s", c.Key, showReply(r))
			}
			seen[string(c.Whole)] = c
		}
	}
	keep("佐藤", b.card(incident.NoticeCard, ""), b.card(incident.NoticePage, "佐藤"))
	keep("田中", b.card(incident.NoticeCard, "")) // not the page of one screen
	for _, line := range []string{"状況", "誰", "報告書"} {
		keep("佐藤", b.say("佐藤", b.desk.Channel(id), "/incident "+line).Cards...)
	}
	keep("田中", b.say("田中", "", "/incident 状況 "+string(id)).Cards...)
	keep("山本", b.card(incident.NoticeReporter, "山本"))
	for _, line := range []string{"一覧", "連絡先", "ヘルプ"} {
		keep("佐藤", b.say("佐藤", "", "/incident "+line).Cards...)
	}
	keep("佐藤", b.press("佐藤", chat.Action("menu|"+string(id)+"||")).Cards...)
	digest := workflows.Message{Notice: incident.Notice{
		Key: "digest:2026-11-22:" + string(b.person("佐藤")), Kind: incident.NoticeDigest, To: b.person("佐藤"), Day: "2026-11-22",
	}}
	card, err := b.desk.Card(ctx, digest)
	if err != nil {
		t.Fatal(err)
	}
	keep("佐藤", card)
	for action := range seen {
		for _, stranger := range []string{"中村", "slack:U0STRANGER"} {
			if text := showReply(b.press(stranger, chat.Action(action))); strings.Contains(text, "退職予定") {
				t.Errorf("%s reads by %s:\n%s", stranger, action, text)
			}
		}
		if text := showReply(b.press("山本", chat.Action(action))); strings.Contains(text, "呼び出しと対応") {
			t.Errorf("the reporter reads by %s:\n%s", action, text)
		}
	}
	for _, a := range []chat.Action{
		chat.Action("told|" + string(id) + "||question.5"), chat.Action("told|" + string(id) + "||page.x"), chat.Action("told|" + string(id) + "||feed.1"),
		"digest|||2026-13-40", "digest|||", "pin|||abc", "share|INC-2026-0001||exe",
	} {
		if r := b.press("佐藤", a); r.Accepted || len(r.Cards) != 1 || r.Cards[0].Key != "notice:outdated" {
			t.Errorf("%s is answered\n%s", a, showReply(r))
		}
	}
}

func TestSignInLinks(t *testing.T) {
	b := newBench(t, "ja").with(func(c *desk.Config) {
		withSignIn(c)
		c.Email = func(chat.UserID) string { return "SATO@example.co.jp " }
	})
	sato, _ := b.service.Contacts().Person(b.person("佐藤"))
	b.config.Email = func(u chat.UserID) string { return map[chat.UserID]string{"slack:U1": strings.ToUpper(sato.Email)}[u] }
	b.desk = desk.New(b.config)
	r := b.say("slack:U1", "inc-2026-0001", "/incident ウェブ")
	if !r.Direct || len(r.Cards) != 1 || len(r.Cards[0].Buttons) != 1 || r.Cards[0].Buttons[0].Page != "/sign-in/"+string(sato.ID) {
		t.Fatalf("direct %v:\n%s", r.Direct, showReply(r))
	}
	if r := b.press("slack:U1", "web|||"); !r.Direct || !strings.Contains(showReply(r), "02:10") {
		t.Error(showReply(r))
	}
	for name, r := range map[string]chat.Reply{
		"a stranger": b.say("slack:U0STRANGER", "", "/incident web"), "the web itself": b.say("佐藤", "", "/incident web"),
	} {
		if strings.Contains(showReply(r), "/sign-in/") || r.Direct {
			t.Errorf("%s gets a link:\n%s", name, showReply(r))
		}
	}
	b.with(func(c *desk.Config) { c.SignIn = nil })
	if text := showReply(b.say("slack:U1", "", "/incident サインイン")); !strings.Contains(text, "鈴木") {
		t.Errorf("nobody is named to ask:\n%s", text)
	}
	b.with(func(c *desk.Config) {
		c.SignIn = func(context.Context, chat.UserID, incident.PersonID) (string, time.Time, error) {
			return "", time.Time{}, errDown
		}
	})
	if r := b.say("slack:U1", "", "/incident web"); len(r.Cards) != 1 || !strings.Contains(b.log.String(), errDown.Error()) {
		t.Error(showReply(r))
	}
	if r := b.say("slack:U1", "", "/incident web サーバーが落ちた"); r.Accepted || r.Direct {
		t.Errorf("a report is taken for the word:\n%s", showReply(r))
	}
}

// Where the same comes to several processes, the one that is to answer makes the link.
func TestOneSignInLinkOfSeveralProcesses(t *testing.T) {
	made := 0
	b := newBench(t, "ja").with(func(c *desk.Config) {
		c.SignIn = func(context.Context, chat.UserID, incident.PersonID) (string, time.Time, error) {
			made++
			return "/sign-in/x", c.Service.Now(), nil
		}
		c.Email = func(chat.UserID) string { return "sato@example.co.jp" }
	})
	for _, mine := range []bool{true, false} {
		for _, r := range []chat.Request{{Kind: chat.Said, Text: "/incident ウェブ"}, {Kind: chat.Pressed, Action: "web|||"}} {
			r.ID, r.From, r.Claim = "one", "slack:U1", func() bool { return mine }
			before := made
			reply := b.ask(r)
			if reply.Direct != mine || (made == before+1) != mine {
				t.Errorf("mine %v: %d made, %s", mine, made-before, showReply(reply))
			}
		}
	}
}

func TestWhoAPlatformsUserIs(t *testing.T) {
	b := newBench(t, "ja")
	list := append(b.service.Contacts().People(),
		contact.Person{ID: "same1", Name: "同じ 一郎", Email: "same@example.co.jp", Active: true},
		contact.Person{ID: "same2", Name: "同じ 二郎", Email: "same@example.co.jp", Active: true},
		contact.Person{ID: "other", Name: "ほか 花子", Email: "other@example.co.jp", SlackID: "U0OTHER", Active: true},
		contact.Person{ID: "listed", Name: "名簿 太郎", Email: "list@example.co.jp", Active: true},
		contact.Person{ID: "left", Name: "退職 三郎", Email: "left@example.co.jp"},
	)
	if err := b.store.ReplaceContacts(ctx, list); err != nil {
		t.Fatal(err)
	}
	if err := b.service.ReloadContacts(ctx); err != nil {
		t.Fatal(err)
	}
	mail := map[chat.UserID]string{
		"slack:U1": "list@EXAMPLE.co.jp", "slack:U2": "same@example.co.jp", "slack:U3": "other@example.co.jp", "slack:U4": "", "slack:U5": "left@example.co.jp", "web:x": "list@example.co.jp",
	}
	b.with(func(c *desk.Config) { c.Email = func(u chat.UserID) string { return mail[u] } })
	for user, want := range map[chat.UserID]bool{"slack:U1": true, "slack:U0OTHER": true, "slack:U2": false, "slack:U3": false, "slack:U4": false, "slack:U5": false, "web:x": false} {
		if _, ok := b.desk.Emergency(user); ok != want {
			t.Errorf("%s is known: %v", user, ok)
		}
	}
}

func TestThePlaceOfAnIncident(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "<!channel>\n"+strings.Repeat("長い題", 400)+"\u202e", "kind", "misdelivery")
	b.do("佐藤", id, incident.Assign{Person: b.person("中村")})
	in := b.incident(id)
	place, members := b.desk.PlaceOf(in)
	if n := len([]rune(place.Topic)); n > 250 || n == 0 || strings.ContainsAny(place.Topic, "\n\u202e") {
		t.Errorf("the topic has %d characters: %q", n, place.Topic)
	}
	if place.Channel != "inc-2026-0001" || place.Ended || len(place.Links) != 3 {
		t.Errorf("%+v", place)
	}
	if len(members) != len(in.Circle) {
		t.Errorf("%v are not the circle %v", members, in.Circle)
	}
	for _, p := range b.service.Contacts().Holders(incident.Auditor, "") {
		for _, m := range members {
			if m == p && !in.InCircle(p) {
				t.Error("an auditor is a member")
			}
		}
	}
	b.do("佐藤", id, incident.Restrict{Exclude: []incident.PersonID{b.person("鈴木")}, Reason: "調べるため"})
	_, members = b.desk.PlaceOf(b.incident(id))
	for _, m := range members {
		if m == b.person("鈴木") {
			t.Error("who is left out is a member")
		}
	}
	b.do("佐藤", id, incident.Take{})
	b.do("佐藤", id, incident.Dismiss{Reason: "誤報"})
	if place, _, err := b.desk.Place(ctx, workflows.Message{Notice: incident.Notice{Incident: id, To: b.person("鈴木")}}); err != nil || !place.Ended {
		t.Errorf("%+v %v", place, err)
	}
}

func TestSuggest(t *testing.T) {
	b := newBench(t, "ja")
	b.people(200)
	for i := range 150 {
		b.must(b.say("山本", "", fmt.Sprintf("/incident サーバー %d が止まった", i)))
		b.clock.move(time.Second)
	}
	secret := b.report("山本", "秘密のサーバー", "exclude", string(b.person("佐藤")))
	b.must(b.press("佐藤", "take|INC-2026-0001||"))
	form := func(name, form string) *chat.Form {
		f := b.press(name, chat.Action("form|INC-2026-0001||"+form)).Form
		if f == nil {
			t.Fatal("no form " + form)
		}
		return f
	}
	suggest := func(name, draft, input, typed string, limit int) []string {
		t.Helper()
		options, err := b.desk.Suggest(ctx, b.user(name), draft, input, typed, limit)
		if err != nil {
			t.Fatal(err)
		}
		var labels []string
		for _, o := range options {
			labels = append(labels, o.Label)
		}
		return labels
	}
	merge, assign := form("佐藤", "merge").Draft, form("佐藤", "assign").Draft
	for _, c := range []struct{ draft, input, typed, first string }{
		{merge, "into", "12", "INC-2026-0012"}, {merge, "into", "0012", "INC-2026-0012"}, {merge, "into", "ｉｎｃ－2026-0012", "INC-2026-0012"},
		{merge, "into", "ｻｰﾊﾞｰ 3 が", "INC-2026-0004"}, {merge, "into", "さーばー3が", "INC-2026-0004"},
		{assign, "person", "社員 150", "社員 150"}, {assign, "person", "社員１５０", "社員 150"}, {assign, "person", "鈴木", "鈴木"},
	} {
		if got := suggest("佐藤", c.draft, c.input, c.typed, 20); len(got) == 0 || !strings.HasPrefix(got[0], c.first) {
			t.Errorf("%q suggests %q", c.typed, got)
		}
	}
	if got := suggest("佐藤", merge, "into", "", 100); len(got) != 100 {
		t.Errorf("nothing typed: %d", len(got))
	}
	if got := suggest("佐藤", assign, "person", "社員", 7); len(got) != 7 {
		t.Errorf("%d", len(got))
	}
	if got := suggest("佐藤", assign, "person", "社員", -1); len(got) != 0 {
		t.Errorf("%d", len(got))
	}
	if got := suggest("佐藤", merge, "into", "秘密", 100); len(got) != 0 {
		t.Errorf("who is left out is suggested %q of %s", got, secret)
	}
	for _, who := range []string{"中村", "山本", "slack:U0STRANGER"} {
		for _, draft := range []string{merge, assign} {
			if got, err := b.desk.Suggest(ctx, b.user(who), draft, "into", "", 100); !errors.Is(err, workflows.ErrNotFound) {
				t.Errorf("%s is suggested %v %v", who, got, err)
			}
		}
	}
	for _, draft := range []string{"", "merge", "x|y|z", "nothing|||aaaaaaaaaaaaaaaaaaaa"} {
		if _, err := b.desk.Suggest(ctx, b.user("佐藤"), draft, "into", "1", 10); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("%q: %v", draft, err)
		}
	}
}

func TestAFormOpenedFromMemoryIsPartial(t *testing.T) {
	b := newBench(t, "ja")
	b.report("山本", "画面が固まった")
	b.store.down = true
	f := b.press("佐藤", "form|INC-2026-0001||assign").Form
	if f == nil || !f.Partial {
		t.Fatalf("%+v", f)
	}
	if f := b.press("山本", "form|||report").Form; f == nil || f.Partial {
		t.Errorf("a report waits for nothing: %+v", f)
	}
	b.store.down = false
	if whole, err := b.desk.Draft(ctx, b.user("佐藤"), f.Draft); err != nil || whole.Partial || len(whole.Inputs) != len(f.Inputs) {
		t.Errorf("%+v %v", whole, err)
	}
	if f := b.press("佐藤", "form|INC-2026-0001||assign").Form; f == nil || f.Partial {
		t.Errorf("%+v", f)
	}
}

func TestJoinedCalls(t *testing.T) {
	b := newBench(t, "ja")
	quiet := b.report("山本", "画面が固まった", "near_miss", "yes")
	urgent := b.report("中村", "名簿を誤送信した", "kind", "misdelivery", "personal_data", "yes")
	other := b.report("山本", "受注システムが動かない")
	var pages []workflows.Message
	for _, m := range b.deliver() {
		if m.Kind == incident.NoticePage && m.To == b.person("鈴木") {
			pages = append(pages, m)
		}
	}
	if len(pages) != 3 {
		t.Fatalf("%d calls", len(pages))
	}
	join := func() chat.Card {
		t.Helper()
		c, err := b.desk.JoinedCard(ctx, pages)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	var out strings.Builder
	c := join()
	out.WriteString(showCard(c))
	if !strings.HasPrefix(c.Title, string(urgent)) || c.Whole == "" {
		t.Errorf("%q %q", c.Title, c.Whole)
	}
	if r := b.press("鈴木", c.Whole); len(r.Cards) != 1 || showCard(r.Cards[0]) != showCard(c) {
		t.Errorf("the whole is\n%s", showReply(r))
	}
	b.must(b.press("鈴木", b.button(c, "対応します").Action))
	if !b.incident(urgent).Responders()[0].Reply.Equal(b.clock.Now().UTC()) {
		t.Error("the button of the first line answered another call")
	}
	b.do("佐藤", other, incident.Restrict{Exclude: []incident.PersonID{b.person("鈴木")}, Reason: "調べるため"})
	c = join()
	out.WriteString("\n" + showCard(c))
	if strings.Contains(showCard(c), "受注システム") {
		t.Error("a call is shown to who is left out")
	}
	b.do("鈴木", quiet, incident.Take{})
	c = join()
	out.WriteString("\n" + showCard(c))
	if len(buttonsOf(c)) != 0 {
		t.Error("there is something to press on answered calls")
	}
	pages[0].Resent = true
	if c := join(); c.Mark == "" {
		t.Error("not marked as sent again")
	}
	golden(t, "joined", out.String())
	b.do("佐藤", urgent, incident.Restrict{Exclude: []incident.PersonID{b.person("鈴木")}, Reason: "調べるため"})
	if text := showCard(join()); strings.Contains(text, "名簿") || !strings.Contains(text, string(quiet)) {
		t.Errorf("what is left of them:\n%s", text)
	}
	b.do("佐藤", quiet, incident.Restrict{Exclude: []incident.PersonID{b.person("鈴木")}, Reason: "調べるため"})
	if c, err := b.desk.JoinedCard(ctx, pages); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("%s %v", showCard(c), err)
	}
}

// contacts adds rows to the sample company's list.
func (b *bench) contacts(csv string) {
	b.t.Helper()
	sample, _ := contact.Parse(templates.SampleContacts())
	rows, faults := contact.Parse([]byte(csv))
	if faults != nil {
		b.t.Fatal(faults)
	}
	if _, err := b.service.ImportContacts(ctx, append(sample, rows...)); err != nil {
		b.t.Fatal(err)
	}
}

// people adds n people without a duty.
func (b *bench) people(n int) {
	b.t.Helper()
	var csv strings.Builder
	csv.WriteString("name,department,role,phone,email\n")
	for i := range n {
		fmt.Fprintf(&csv, "社員 %03d,営業部,,090-1111-%04d,s%03d@example.co.jp\n", i, i, i)
	}
	b.contacts(csv.String())
}

// Whom a mention means, the contact list says: in the record stands a name, and an order that
// mentions somebody is given to him, whatever the platform calls him.
func TestAMentionIsAPersonOfTheList(t *testing.T) {
	b := newBench(t, "ja")
	mail := map[chat.UserID]string{}
	for user, name := range map[chat.UserID]string{"slack:U1": "佐藤", "slack:U2": "高橋"} {
		p, _ := b.service.Contacts().Person(b.person(name))
		mail[user] = p.Email
	}
	b.with(func(c *desk.Config) { c.Email = func(u chat.UserID) string { return mail[u] } })
	id := b.report("山本", "名簿を送り間違えた", "kind", "misdelivery")
	channel := strings.ToLower(string(id))
	b.say("slack:U1", channel, "/incident 対応します")
	b.say("slack:U1", channel, "/incident 担当 <@U2|takahashi yumi>")
	if in := b.incident(id); !in.InCircle(b.person("高橋")) {
		t.Error("a mentioned person was not brought in")
	}
	b.say("slack:U1", channel, "/incident 記録 <@U2|takahashi yumi> と <@U9|hanako> に電話した")
	notes, _ := b.notes(id)
	if len(notes) != 1 || notes[0].Text.Body != "@高橋由美 と @hanako に電話した" {
		t.Errorf("the record reads %+v", notes)
	}
	b.say("佐藤", channel, "/incident 記録 <@U2> は文字どおり")
	if notes, _ = b.notes(id); len(notes) != 2 || notes[1].Text.Body != "<@U2> は文字どおり" {
		t.Errorf("the web room has no mentions: %+v", notes)
	}
}

// The list is gone through to its end in chat: there may be no web page that could be reached.
func TestTheWholeListIsReachedInChat(t *testing.T) {
	b := newBench(t, "ja")
	const n = 45
	for i := range n {
		b.report("山本", fmt.Sprintf("同じ日の%d件目の報告", i))
	}
	seen := map[string]bool{}
	r, parts := b.say("佐藤", "", "/incident 一覧"), 0
	for ; parts < n; parts++ {
		for _, item := range r.Cards[0].Blocks[0].Items {
			if id, _, _ := strings.Cut(item.Text, " "); seen[id] {
				t.Errorf("%s is listed twice", id)
			} else {
				seen[id] = true
			}
		}
		more := slices.IndexFunc(r.Cards[0].Buttons, func(b chat.Button) bool { return b.Label == "次の件を見る" })
		if more < 0 {
			break
		}
		r = b.press("佐藤", r.Cards[0].Buttons[more].Action)
	}
	if len(seen) != n || parts != 2 {
		t.Errorf("%d incidents in %d parts, want %d in 3", len(seen), parts+1, n)
	}
}
