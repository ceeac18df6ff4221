package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

func newYearsEve(b *bench) { b.clock.now = time.Date(2026, 12, 20, 9, 0, 0, 0, incident.Tokyo) }

// listed puts an absence into the contact list.
func (b *bench) listed(name string, a contact.Absence) {
	b.t.Helper()
	people, _, err := b.store.Contacts(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	id := b.person(name)
	for i := range people {
		if people[i].ID == id {
			people[i].Absences = append(people[i].Absences, a)
		}
	}
	if err := b.store.ReplaceContacts(ctx, people); err != nil {
		b.t.Fatal(err)
	}
	if err := b.service.ReloadContacts(ctx); err != nil {
		b.t.Fatal(err)
	}
}

// The whole story of an absence, as it is shown.
func TestAnAbsenceFromBeginToEnd(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			s := &tale{bench: newBench(t, lang)}
			newYearsEve(s.bench)
			label := func(ja, en string) string {
				if lang == "en" {
					return en
				}
				return ja
			}
			home := func(name string) {
				t.Helper()
				cards, err := s.desk.Home(ctx, s.user(name))
				if err != nil {
					t.Fatal(err)
				}
				s.heading("home of " + name)
				for _, c := range cards {
					if c.Key == "home:away" {
						s.tell(showCard(c))
					}
				}
			}
			off, form := label("取り消す", "Take back"), label("不在を登録", "I will be away")

			s.reply("佐藤", "away", s.say("佐藤", "", "/incident away"))
			s.must(s.reply("佐藤", "away 12/29-1/3 @鈴木健太", s.say("佐藤", "", "/incident away 12/29-1/3 @鈴木健太")))
			s.reply("佐藤", "away", s.say("佐藤", "", "/incident 不在"))
			s.must(s.reply("佐藤", "longer, which replaces", s.say("佐藤", "", "/incident 不在 12/28 〜 1/4 代理 鈴木")))
			id := s.report("山本", "取引先の名簿を誤って送った", "kind", "misdelivery", "personal_data", "yes")
			s.must(s.press("佐藤", chat.Action("take|"+string(id)+"||")))
			s.must(s.reply("佐藤", "while leading", s.say("佐藤", "", "/incident away 2027/2/1")))
			s.must(s.reply("鈴木", "the deputy is told", s.say("鈴木", "", "/incident away 2027/1/4")))
			s.must(s.reply("佐藤", "for an employee", s.say("佐藤", "", "/incident away 山本 12/21-12/22")))
			home("佐藤")
			s.listed("高橋", contact.Absence{From: "2026-12-26", To: "2026-12-30", Deputy: s.person("山本")})

			s.clock.now = time.Date(2026, 12, 29, 2, 0, 0, 0, incident.Tokyo)
			home("佐藤")
			home("鈴木")
			s.reply("佐藤", "who", s.say("佐藤", "", "/incident who "+string(id)))
			s.reply("佐藤", "contacts", s.say("佐藤", "", "/incident contacts"))
			mine := s.reply("鈴木", "away", s.say("鈴木", "", "/incident away"))
			s.reply("高橋", "away", s.say("高橋", "", "/incident away"))
			s.reply("高橋", "what the list says", s.say("高橋", "", "/incident away off"))

			s.must(s.reply("鈴木", "takes it back", s.press("鈴木", s.button(mine.Cards[0], off).Action)))
			f := s.reply("鈴木", "the form", s.press("鈴木", s.button(mine.Cards[0], form).Action)).Form
			s.reply("鈴木", "(backwards)", s.send("鈴木", f, "away_from", "2027-01-10", "away_to", "2027-01-09"))
			s.must(s.reply("鈴木", "(the form)", s.send("鈴木", f, "away_from", "2027-01-10", "away_to", "", "away_deputy", string(s.person("高橋")))))
			s.reply("佐藤", "away off, of two", s.say("佐藤", "", "/incident away off"))
			s.must(s.reply("佐藤", "away off now", s.say("佐藤", "", "/incident 不在 取消 12/29")))
			s.reply("佐藤", "away", s.say("佐藤", "", "/incident away"))
			home("佐藤")
			golden(t, "away."+lang, s.out.String())
		})
	}
}

// Each refusal is one sentence, at the input that it is about, and nothing is noted.
func TestAbsencesThatTheDeskRefuses(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		b := newBench(t, lang)
		newYearsEve(b)
		b.must(b.say("高橋", "", "/incident away 12/31"))
		before, err := b.store.Absences(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ line, input, ja, en string }{
			{"12/29-11/31", "away_from", "暦にない日", "no such day"},
			{"2027/1/3-2026/12/29", "away_from", "前です", "before the first"},
			{"2026/12/1-2026/12/19 鈴木", "away_to", "もう過ぎています", "is over already"},
			{"12/1-12/19", "away_to", "もう過ぎています", "is over already"},
			{"2027/12/20-2027/12/21", "away_to", "1年より先", "more than a year"},
			{"12/29-1/3 佐藤美咲", "away_deputy", "本人は代理になれません", "own deputy"},
			{"12/29-1/3 @nobody", "away_deputy", "連絡先にいません", "in the contact list"},
			{"12/29-1/3 高橋", "away_deputy", "12月31日（木）は不在", "is away as well: Dec 31"},
			{"12/29/31", "away_from", "読み取れません", "cannot be read"},
			{"12/29 1/3 鈴木", "away_deputy", "連絡先にいません", "in the contact list"},
		} {
			r := b.say("佐藤", "", "/incident away "+c.line)
			if r.Accepted || r.Form == nil {
				t.Errorf("%s: %s", c.line, showReply(r))
				continue
			}
			want := c.ja
			if lang == "en" {
				want = c.en
			}
			for _, i := range r.Form.Inputs {
				if (i.Error != "") != (i.Name == c.input) || i.Name == c.input && !strings.Contains(i.Error, want) {
					t.Errorf("%s: %s says %q, want %q at %s", c.line, i.Name, i.Error, want, c.input)
				}
			}
		}
		if r := b.say("山本", "", "/incident away 佐藤 12/29"); r.Accepted || r.Form != nil || !strings.Contains(r.Cards[0].Blocks[0].Text, map[string]string{"ja": "ほかの人の不在", "en": "of somebody else"}[lang]) {
			t.Errorf("another's: %s", showReply(r))
		}
		for _, who := range []string{"slack:U0STRANGER"} {
			if r := b.say(who, "", "/incident away 12/29"); r.Accepted || strings.Contains(showReply(r), "高橋") {
				t.Errorf("a stranger: %s", showReply(r))
			}
			if r := b.press(who, chat.Action("away|||")); strings.Contains(showReply(r), "高橋") {
				t.Errorf("a stranger sees %s", showReply(r))
			}
		}
		if after, err := b.store.Absences(ctx); err != nil || !slices.Equal(before, after) {
			t.Errorf("noted all the same: %v, %v", after, err)
		}
	}
}

// A request that is delivered again is answered as the first, and counts once.
func TestAnAbsenceDeliveredTwice(t *testing.T) {
	b := newBench(t, "ja")
	newYearsEve(b)
	said := chat.Request{ID: "once", Kind: chat.Said, From: b.user("佐藤"), Text: "/incident away 12/29-1/3 鈴木"}
	first, again := b.must(b.ask(said)), b.must(b.ask(said))
	if showReply(first) != showReply(again) {
		t.Errorf("first\n%s\nagain\n%s", showReply(first), showReply(again))
	}
	off := chat.Request{ID: "off", Kind: chat.Said, From: b.user("佐藤"), Text: "/incident 不在 取消"}
	b.must(b.ask(off))
	b.must(b.ask(off))
	// The press of a button on the old card, when there is nothing left to take back.
	if r := b.press("佐藤", b.button(first.Cards[0], "取り消す").Action); r.Accepted || !strings.Contains(showReply(r), "取り消す不在の予定がありません") {
		t.Errorf("%s", showReply(r))
	}
	if list, err := b.store.Absences(ctx); err != nil || len(list) != 0 {
		t.Errorf("left: %v, %v", list, err)
	}
}

func TestTheFormOfAnAbsence(t *testing.T) {
	b := newBench(t, "ja")
	newYearsEve(b)
	form := b.press("山本", chat.Action("form|||away")).Form
	if form == nil || slices.ContainsFunc(form.Inputs, func(i chat.Input) bool { return i.Name == "person" }) {
		t.Fatalf("an employee is asked whose it is: %+v", form)
	}
	// A person put into the values by hand is not looked at.
	r := b.must(b.ask(chat.Request{Kind: chat.Submitted, From: b.user("山本"), Draft: form.Draft, Values: chat.Values{
		"person": string(b.person("佐藤")), "away_from": "12/29", "away_to": "１／３", "away_deputy": "",
	}}))
	list, err := b.store.Absences(ctx)
	if err != nil || len(list) != 1 || list[0].Person != b.person("山本") || list[0].To != "2027-01-03" {
		t.Fatalf("noted %+v, %v\n%s", list, err, showReply(r))
	}
	if r := b.press("佐藤", chat.Action("form|INC-2026-0001||away")); r.Form != nil || r.Accepted {
		t.Errorf("the form of an incident: %s", showReply(r))
	}
	lead := b.press("佐藤", chat.Action("form|||away")).Form
	b.must(b.send("佐藤", lead, "person", string(b.person("高橋")), "away_from", "2026-12-29", "away_deputy", "鈴木"))
	if deputy, away := b.service.Contacts().Away(b.person("高橋"), time.Date(2026, 12, 29, 12, 0, 0, 0, incident.Tokyo)); !away || deputy != b.person("鈴木") {
		t.Errorf("the deputy is %q, %v", deputy, away)
	}
	for input, typed := range map[string]string{"away_from": "12/29-12/30", "away_to": "年明け"} {
		f := b.press("山本", chat.Action("form|||away")).Form
		values := []string{"away_from", "2027-02-01", "away_to", "", input, typed}
		r := b.send("山本", f, values...)
		if at := slices.IndexFunc(r.Form.Inputs, func(i chat.Input) bool { return i.Name == input }); r.Accepted || r.Form.Inputs[at].Error == "" || r.Form.Inputs[at].Value != typed {
			t.Errorf("%s: %s", typed, showReply(r))
		}
	}
}

// The web room shows the own absence above the direct messages, and marks it in the contacts.
func TestTheWebShowsWhoIsAway(t *testing.T) {
	b := newBench(t, "ja")
	newYearsEve(b)
	b.must(b.say("佐藤", "", "/incident away 12/20-1/3 鈴木"))
	feed, err := b.desk.Feed(ctx, b.user("佐藤"), "")
	if err != nil || feed.Pinned == nil || feed.Pinned.Key != "home:away" {
		t.Fatalf("%+v, %v", feed, err)
	}
	if other, err := b.desk.Feed(ctx, b.user("鈴木"), ""); err != nil || other.Pinned != nil {
		t.Errorf("%+v, %v", other.Pinned, err)
	}
	page, err := b.desk.Contacts(ctx, b.user("山本"))
	if err != nil || !slices.ContainsFunc(page.Rows, func(r desk.ContactRow) bool {
		return r.Name == "佐藤 美咲（不在：2027年1月3日（日）まで、代理：鈴木 健太さん）"
	}) {
		t.Errorf("%+v, %v", page.Rows, err)
	}
	b.clock.now = time.Date(2027, 1, 4, 0, 0, 0, 0, incident.Tokyo)
	if feed, err := b.desk.Feed(ctx, b.user("佐藤"), ""); err != nil || feed.Pinned != nil {
		t.Errorf("after it: %+v, %v", feed.Pinned, err)
	}
}

// What the list says stays when what was told is taken back, and this is said.
func TestAnAbsenceThatIsListedAsWell(t *testing.T) {
	b := newBench(t, "ja")
	newYearsEve(b)
	b.listed("佐藤", contact.Absence{From: "2026-12-29", To: "2027-01-03", Deputy: b.person("鈴木")})
	b.must(b.say("佐藤", "", "/incident away 12/28-1/5"))
	r := b.must(b.say("佐藤", "", "/incident 不在 取消"))
	if !strings.Contains(showReply(r), "12月29日（火）〜2027年1月3日（日）の不在が残っています") {
		t.Error(showReply(r))
	}
}

// Many absences fit on a card, and the ID of a person may be long.
func TestManyAbsences(t *testing.T) {
	b := newBench(t, "ja")
	newYearsEve(b)
	b.people(60)
	for i := range 50 {
		b.must(b.say("佐藤", "", fmt.Sprintf("/incident away 社員%03d 12/20-12/30", i)))
	}
	r := b.say("佐藤", "", "/incident away")
	if items := r.Cards[0].Blocks[1].Items; len(items) > 20 || len(items) == 0 || !strings.Contains(r.Cards[0].Blocks[1].Heading, "50") {
		t.Errorf("%d items under %q", len(items), r.Cards[0].Blocks[1].Heading)
	}
}

// Whom to phone is who is there: the deputy, the next in line, and who is away only when
// nobody else is left.
func TestWhoIsAwayIsNotToBePhoned(t *testing.T) {
	b := newBench(t, "ja")
	newYearsEve(b)
	phoned := func() string {
		t.Helper()
		card, ok := b.desk.Emergency(b.user("中村"))
		if !ok {
			t.Fatal("nobody to phone")
		}
		return showCard(card)
	}
	for _, c := range []struct{ line, with, without string }{
		{"/incident away 12/20 山本", "インシデント対応責任者（代理）　山本 直子", "佐藤 美咲"},
		{"/incident away 12/20", "インシデント対応責任者（代理）　鈴木 健太", "佐藤 美咲"},
	} {
		b.must(b.say("佐藤", "", c.line))
		if got := phoned(); !strings.Contains(got, c.with) || strings.Contains(got, c.without) {
			t.Errorf("%s: %s", c.line, got)
		}
	}
	b.must(b.say("鈴木", "", "/incident away 12/20"))
	if got := phoned(); !strings.Contains(got, "インシデント対応責任者　佐藤 美咲") {
		t.Errorf("everybody away: %s", got)
	}
}
