package desk_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// token is the answer link of somebody who is called.
func (b *bench) token(id incident.ID, name string) string {
	b.t.Helper()
	page, called := b.incident(id).Page(b.person(name))
	if !called {
		b.t.Fatalf("%s was not called for %s", name, id)
	}
	token, _, err := b.service.AnswerToken(ctx, page.Person, id, page.Seq)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

func (b *bench) answerPage(token string) desk.AnswerPage {
	b.t.Helper()
	p, err := b.desk.AnswerPage(ctx, token)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// answers presses a button of a page.
func (b *bench) answers(token string, g desk.Given) desk.AnswerPage {
	b.t.Helper()
	p, err := b.desk.Answer(ctx, token, g)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bench) status(id incident.ID, name string) incident.PageStatus {
	page, _ := b.incident(id).Page(b.person(name))
	return page.Status
}

func callOn(t *testing.T, p desk.AnswerPage, id incident.ID) desk.AnswerCall {
	t.Helper()
	for _, c := range p.Calls {
		if c.ID == string(id) {
			return c
		}
	}
	t.Fatalf("%s is not on the page: %+v", id, p)
	return desk.AnswerCall{}
}

func press(p desk.AnswerPage, choice string, refs ...string) desk.Given {
	return desk.Given{Form: p.Form, Choice: choice, Calls: refs}
}

// A mail may be read by others: the page behind its link shows the number, the level and whom
// to phone, and not a word of what happened, to whom, or who reported it.
func TestAnAnswerLinkShowsNothingOfTheIncident(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "顧客名簿の入ったPCを盗まれた", "kind", "theft", "personal_data", "yes")
	p := b.answerPage(b.token(id, "佐藤"))
	all, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"顧客", "PCを", "盗", "山本", "営業部", "漏えい", "発見報告", "090-0000-0002"} {
		if strings.Contains(string(all), secret) {
			t.Errorf("the page tells %q: %s", secret, all)
		}
	}
	c := callOn(t, p, id)
	var numbers []string
	for _, x := range c.Phones {
		numbers = append(numbers, x.Number)
	}
	if !strings.Contains(c.Level, "（仮）") || !c.Waits || c.Tone != chat.Urgent || p.All != nil || !slices.Contains(numbers, "090-0000-0003") || slices.Contains(numbers, "090-0000-0002") {
		t.Errorf("%+v", p)
	}
	if !strings.Contains(c.State, "02:00") || !strings.Contains(p.To, "佐藤") {
		t.Errorf("%q %q", c.State, p.To)
	}
}

func TestTakingByALink(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "PCを紛失")
	token := b.token(id, "佐藤")
	seq := b.incident(id).Seq
	for range 50 {
		b.answerPage(token)
	}
	if seq != b.incident(id).Seq || b.status(id, "佐藤") != incident.PageOpen {
		t.Fatal("looking at the page has changed something")
	}
	b.clock.move(7 * time.Minute)
	page := b.answerPage(token)
	g := press(page, desk.AnswerTake, page.Calls[0].Ref)
	c := callOn(t, b.answers(token, g), id)
	in := b.incident(id)
	if in.Lead != b.person("佐藤") || b.status(id, "佐藤") != incident.PageAcknowledged {
		t.Fatalf("not taken: %+v", in.Pages)
	}
	if c.Waits || c.Tone != chat.Good || !strings.Contains(c.Said, "チャットを開いて") || !strings.Contains(c.State, "02:07") || c.Page != desk.PathIncident(id) {
		t.Errorf("%+v", c)
	}
	records, err := b.service.Record(ctx, b.person("佐藤"), id, seq+1)
	if err != nil || records[0].Source != incident.FromPerson || records[0].By != b.person("佐藤") || records[0].ByName.Body != "佐藤 美咲" {
		t.Errorf("%+v %v", records, err)
	}
	// Pressed twice, or sent again by the browser: once, and said the same.
	again := callOn(t, b.answers(token, g), id)
	if b.incident(id).Seq != in.Seq || again.Said != c.Said || again.State != c.State {
		t.Errorf("again: %+v", again)
	}
	// Whoever is called beside him sees that somebody has taken it, and whom to phone.
	if other := callOn(t, b.answerPage(b.token(id, "鈴木")), id); !strings.Contains(other.State, "佐藤") || other.Phones[0].Number != "090-0000-0002" {
		t.Errorf("%+v", other)
	}
}

func TestDecliningByALink(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "PCを紛失")
	token := b.token(id, "鈴木")
	first := b.answerPage(token)
	ref := first.Calls[0].Ref
	decline := press(first, desk.AnswerDecline, ref)
	decline.Reason = "高熱のため"
	c := callOn(t, b.answers(token, decline), id)
	page, _ := b.incident(id).Page(b.person("鈴木"))
	if page.Status != incident.PageDeclined || page.Reason != "高熱のため" || !c.Again || c.Waits || !strings.Contains(c.Said, "「対応できません」を記録しました") {
		t.Fatalf("%+v %+v", page, c)
	}
	if b.status(id, "渡辺") != incident.PageOpen {
		t.Error("the deputy was not called")
	}
	// He changes his mind: that is another press, of another page.
	b.clock.move(time.Minute)
	c = callOn(t, b.answers(token, press(b.answerPage(token), desk.AnswerTake, c.Ref)), id)
	if b.status(id, "鈴木") != incident.PageAcknowledged || !strings.Contains(c.Said, "「対応します」を記録しました") {
		t.Fatalf("%+v", c)
	}
	// The first press comes once more: it does not undo the second.
	seq := b.incident(id).Seq
	c = callOn(t, b.answers(token, decline), id)
	if b.incident(id).Seq != seq || b.status(id, "鈴木") != incident.PageAcknowledged || !strings.Contains(c.Said, "何も記録していません") {
		t.Errorf("the decline was repeated: %+v", c)
	}
}

// Whoever declined, is asked to take the lead over, and says yes by his old link, leads it.
func TestAHandoverIsAcceptedByALink(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "PCを紛失")
	token := b.token(id, "鈴木")
	c := b.answerPage(token).Calls[0]
	c = callOn(t, b.answers(token, press(b.answerPage(token), desk.AnswerDecline, c.Ref)), id)
	b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
	b.must(b.say("佐藤", "inc-2026-0001", "/incident handover 鈴木 交代します"))
	c = callOn(t, b.answers(token, press(b.answerPage(token), desk.AnswerTake, c.Ref)), id)
	if b.incident(id).Lead != b.person("鈴木") || !strings.Contains(c.Said, "「対応します」を記録しました") || c.State != "あなたが責任者として対応しています。" || c.Again {
		t.Errorf("%+v", c)
	}
}

// A press that was carried out and comes again after its person said the opposite elsewhere
// changes nothing, and does not say that it did.
func TestAnOldPressComesAgain(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "PCを紛失")
	b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||"))) // so that he is not the lead
	token := b.token(id, "鈴木")
	g := press(b.answerPage(token), desk.AnswerTake, b.answerPage(token).Calls[0].Ref)
	b.answers(token, g)
	b.must(b.press("鈴木", chat.Action("decline|"+string(id)+"||")))
	seq := b.incident(id).Seq
	if c := callOn(t, b.answers(token, g), id); b.incident(id).Seq != seq || !strings.Contains(c.Said, "何も記録していません") || !c.Again {
		t.Errorf("%+v", c)
	}
}

func TestSeveralCallsAtOnce(t *testing.T) {
	b := newBench(t, "ja")
	first := b.report("山本", "一つ目")
	token := b.token(first, "佐藤")
	b.clock.move(time.Minute)
	var rest []incident.ID
	for i := range 30 {
		rest = append(rest, b.report("山本", fmt.Sprintf("別の事故 %d", i)))
	}
	p := b.answerPage(token)
	if p.Calls[0].ID != string(first) || len(p.All) != 31 || len(p.Calls)+p.More != 31 || p.More == 0 {
		t.Fatalf("%d calls, %d more, %d for all", len(p.Calls), p.More, len(p.All))
	}
	// One of them alone, then all the others.
	b.answers(token, press(p, desk.AnswerDecline, callOn(t, p, rest[29]).Ref))
	p = b.answers(token, press(p, desk.AnswerTake, p.All...))
	for _, id := range append(rest[:29], first) {
		if b.status(id, "佐藤") != incident.PageAcknowledged || callOn(t, p, id).Said == "" {
			t.Errorf("%s: %s", id, b.status(id, "佐藤"))
		}
	}
	if p.All != nil || p.More != 0 {
		t.Errorf("something waits still: %+v", p)
	}
	// He was on the page of the declined one, too, when he pressed: that is a yes to it.
	if s := b.status(rest[29], "佐藤"); s != incident.PageAcknowledged {
		t.Errorf("the one declined before: %s", s)
	}
}

// What others do is not his to answer, and what he may not see does not exist.
func TestALinkAnswersTheCallsOfItsPersonAlone(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "一つ目")
	secret := b.report("山本", "佐藤が持ち出した", "exclude", string(b.person("佐藤")))
	token := b.token(id, "佐藤")
	p := b.answerPage(token)
	if len(p.Calls) != 1 {
		t.Fatalf("%+v", p.Calls)
	}
	seq := b.incident(secret).Seq
	for _, ref := range []string{string(secret) + ".1.", string(secret) + ".6.", "INC-2026-9999.1.", "x", "..", "", strings.Repeat(".", 500), "INC-2026-0001", "INC-2026-0001.-1."} {
		if got := b.answers(token, press(p, desk.AnswerTake, ref)); len(got.Calls) != 1 || got.Calls[0].Said != "" {
			t.Errorf("%q: %+v", ref, got.Calls)
		}
	}
	if b.incident(secret).Seq != seq || b.status(id, "佐藤") != incident.PageOpen {
		t.Error("something was recorded")
	}
}

func TestAnswersThatAreRefused(t *testing.T) {
	b := newBench(t, "ja")
	id, other := b.report("山本", "一つ目"), b.report("山本", "二つ目")
	token, suzuki := b.token(id, "佐藤"), b.token(id, "鈴木")
	p := b.answerPage(token)
	good := press(p, desk.AnswerTake, p.Calls[0].Ref)
	with := func(change func(*desk.Given)) desk.Given { g := good; change(&g); return g }
	for what, c := range map[string]struct {
		token string
		given desk.Given
		want  error
	}{
		"no form value":      {token, with(func(g *desk.Given) { g.Form = "" }), desk.ErrAnswerForm},
		"another's form":     {token, with(func(g *desk.Given) { g.Form = b.answerPage(suzuki).Form }), desk.ErrAnswerForm},
		"the token as value": {token, with(func(g *desk.Given) { g.Form = token }), desk.ErrAnswerForm},
		"no choice":          {token, with(func(g *desk.Given) { g.Choice = "" }), desk.ErrAnswerChoice},
		"another choice":     {token, with(func(g *desk.Given) { g.Choice = "close" }), desk.ErrAnswerChoice},
		"far too many":       {token, with(func(g *desk.Given) { g.Calls = make([]string, 501) }), desk.ErrAnswerForm},
		"forged":             {token[:len(token)-2] + "AA", good, desk.ErrAnswerUnknown},
		"none":               {"", good, desk.ErrAnswerUnknown},
	} {
		if p, err := b.desk.Answer(ctx, c.token, c.given); !errors.Is(err, c.want) || p.User != "" || p.Calls != nil {
			t.Errorf("%s: %v, %+v", what, err, p)
		}
	}
	// A link for an incident that never called him.
	stray, _, err := b.service.AnswerToken(ctx, b.person("中村"), id, 6)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.desk.AnswerPage(ctx, stray); !errors.Is(err, desk.ErrAnswerUnknown) {
		t.Error("somebody who was not called:", err)
	}
	// Whoever is left out of the incident meanwhile, and whoever leaves the company, is told
	// what everybody with a wrong link is told.
	b.must(b.press("佐藤", chat.Action("take|"+string(other)+"||")))
	b.must(b.send("田中", b.say("田中", "", "/incident restrict "+string(id)).Form, "exclude", string(b.person("鈴木")), "reason", "関係者のため"))
	if _, err := b.desk.AnswerPage(ctx, suzuki); !errors.Is(err, desk.ErrAnswerUnknown) {
		t.Error("somebody left out:", err)
	}
	list, _, err := b.store.Contacts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.store.ReplaceContacts(ctx, slices.DeleteFunc(list, func(c contact.Person) bool { return c.Name == "佐藤 美咲" })); err != nil {
		t.Fatal(err)
	}
	if _, err := b.desk.Answer(ctx, token, good); !errors.Is(err, desk.ErrAnswerUnknown) {
		t.Error("somebody who has left:", err)
	}
	b.clock.move(24 * time.Hour)
	if _, err := b.desk.Answer(ctx, suzuki, good); !errors.Is(err, desk.ErrAnswerExpired) {
		t.Error("after a day:", err)
	}
	if b.incident(id).Lead != "" {
		t.Error("something was taken")
	}
}

// Two are woken and press at the same moment: each page says what stands in the record.
func TestTwoPressAtOnce(t *testing.T) {
	for range 5 {
		b := newBench(t, "ja")
		id := b.report("山本", "PCを紛失")
		names := []string{"佐藤", "鈴木", "田中"}
		pages := make([]desk.AnswerPage, len(names))
		var wg sync.WaitGroup
		for i, name := range names {
			if _, called := b.incident(id).Page(b.person(name)); !called {
				continue
			}
			token := b.token(id, name)
			p := b.answerPage(token)
			g := press(p, desk.AnswerTake, p.Calls[0].Ref)
			wg.Go(func() {
				var err error
				if pages[i], err = b.desk.Answer(ctx, token, g); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		taken := 0
		for i, name := range names {
			if pages[i].Calls == nil {
				continue
			}
			c := callOn(t, pages[i], id)
			switch b.status(id, name) {
			case incident.PageAcknowledged:
				taken++
				if !strings.Contains(c.Said, "「対応します」を記録しました") || !strings.Contains(c.State, "「対応します」と答えました") {
					t.Errorf("%s took it and reads: %+v", name, c)
				}
			default:
				if !strings.Contains(c.Said, "何も記録していません") || !strings.Contains(c.State, "答えなくて大丈夫") {
					t.Errorf("%s did not take it and reads: %+v", name, c)
				}
			}
		}
		if in := b.incident(id); taken == 0 || in.Lead == "" {
			t.Errorf("%d have taken it, the lead is %q", taken, in.Lead)
		}
	}
}

// After the end, or a merge, there is nothing to answer; the page says so without a phone.
func TestACallThatIsOver(t *testing.T) {
	b := newBench(t, "ja")
	id, into := b.report("山本", "一つ目"), b.report("中村", "同じこと")
	token := b.token(id, "鈴木")
	old := b.answerPage(token)
	b.must(b.press("佐藤", chat.Action("take|"+string(into)+"||")))
	b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
	sato := incident.Actor{ID: b.person("佐藤"), Name: "佐藤 美咲"}
	merge := workflows.Command{Key: "merge", Incident: id, By: sato, Source: incident.FromPerson, Do: incident.Merge{Into: into}}
	if out, err := b.service.Do(ctx, merge); err != nil || !out.Accepted() {
		t.Fatal(out.Refusal, err)
	}
	seq := b.incident(id).Seq
	c := callOn(t, b.answers(token, press(old, desk.AnswerTake, callOn(t, old, id).Ref)), id)
	if b.incident(id).Seq != seq || c.Waits || c.Again || c.Said != "" || c.Phones != nil || !strings.Contains(c.State, string(into)) {
		t.Errorf("%+v", c)
	}
}

func TestAnAnswerWhileTheDatabaseIsAway(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "一つ目")
	token := b.token(id, "佐藤")
	p := b.answerPage(token)
	g := press(p, desk.AnswerTake, p.Calls[0].Ref)
	b.store.down = true
	if got, err := b.desk.Answer(ctx, token, g); !errors.Is(err, errDown) || got.User != b.user("佐藤") {
		t.Errorf("%v %+v", err, got)
	}
	said, _, err := b.desk.AnswerByPhone(ctx, token, desk.AnswerTake)
	if !errors.Is(err, errDown) || !strings.Contains(said, "090-0000-0003") || strings.Contains(said, "090-0000-0002") {
		t.Errorf("%v %s", err, said)
	}
	b.store.down = false
	b.answers(token, g)
	if b.status(id, "佐藤") != incident.PageAcknowledged {
		t.Error("not taken afterwards")
	}
}

// Who has taken a call while the chat is marked, or nothing gets through by it, is not sent there.
func TestWhereToGoOnWithoutTheChat(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		for _, why := range []string{"works", "marked", "down"} {
			b := newCalls(t, lang)
			b.with(func(c *desk.Config) { c.Down = func(name string) bool { return why == "down" && name == "slack" } })
			id := b.report("山本", "PCを紛失", "personal_data", "yes")
			other := b.report("伊藤", "鍵を紛失", "personal_data", "yes")
			if why == "marked" {
				if out, err := b.service.Compromise(ctx, "mark", b.person("鈴木"), "slack", true, workflows.DoorConsole); err != nil || !out.Accepted() {
					t.Fatal(err)
				}
			}
			token := b.token(id, "佐藤")
			page := b.answerPage(token)
			said := callOn(t, b.answers(token, press(page, desk.AnswerTake, callOn(t, page, id).Ref)), id).Said
			heard := b.phones(b.token(other, "佐藤"), desk.AnswerTake)
			chats := map[string]string{"ja": "チャットを開いて", "en": "open the chat"}[lang]
			for _, s := range []string{said, heard} {
				if got := strings.Contains(s, chats); got != (why == "works") {
					t.Errorf("%s, %s: %s", lang, why, s)
				}
			}
			if why != "works" && (!strings.Contains(said, "Slack") || !strings.Contains(heard, "Slack") || !strings.Contains(heard, numberOf(b, "鈴木"))) {
				t.Errorf("%s, %s: %s / %s", lang, why, said, heard)
			}
		}
	}
}
