package desk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

const stranger = "discord:112233445566778899"

// newLinks is a house in which mail reaches everybody.
func newLinks(t *testing.T, lang string) *bench {
	return newCalls(t, lang).with(func(c *desk.Config) { c.Mail = true })
}

// byDiscord types a line as a user of Discord whom nobody has listed.
func (b *bench) byDiscord(line string) chat.Reply {
	return b.ask(chat.Request{Kind: chat.Said, From: stranger, Name: "ゆか☆", Text: line})
}

// linkMail is the latest mail of a code to somebody.
func (b *bench) linkMail(name string) (code, text string) {
	b.t.Helper()
	m := b.message(incident.NoticeLinkCode, name)
	card, err := b.desk.Card(ctx, m)
	if err != nil || m.Means != incident.ByMail {
		b.t.Fatalf("%+v %v", m, err)
	}
	for _, block := range card.Blocks {
		for _, f := range block.Fields {
			if len(f.Value) == 8 {
				code = f.Value
			}
		}
	}
	return code, showCard(card)
}

func TestAStrangerLinksHisAccountByMail(t *testing.T) {
	b := newLinks(t, "ja")
	id := b.report("山本", "画面が固まった")
	// Where he is refused stands how he becomes known.
	refused := b.byDiscord("/incident 状況 " + string(id))
	if refused.Accepted || strings.Contains(showReply(refused), "画面") {
		t.Fatalf("%s", showReply(refused))
	}
	how := b.press(stranger, b.button(b.byDiscord("/incident 連絡先").Cards[0], "アカウントの連携").Action)
	if text := showReply(how); !strings.Contains(text, "/incident 連携 会社のメールアドレス") || !strings.Contains(text, "管理者に確認を頼む") {
		t.Errorf("%s", text)
	}
	sent := b.must(b.byDiscord("/incident 連携 YAMAMOTO@example.co.jp"))
	code, letter := b.linkMail("山本")
	for _, want := range []string{code, "Discordの「ゆか☆」（ID 112233445566778899）", "/incident 連携 " + code, "心当たりがなければ", "有効期限: 02:15"} {
		if !strings.Contains(letter, want) {
			t.Errorf("the mail has no %q:\n%s", want, letter)
		}
	}
	// What is answered is the same for any address.
	if other := b.byDiscord("/incident 連携 nobody@example.co.jp"); showReply(other) != showReply(sent) {
		t.Errorf("answered differently:\n%s\n%s", showReply(sent), showReply(other))
	}
	// The other one has taken the place of the first: ask again.
	b.must(b.byDiscord("/incident link <mailto:yamamoto@example.co.jp|yamamoto@example.co.jp>"))
	code, _ = b.linkMail("山本")
	form := b.press(stranger, b.button(sent.Cards[0], "コードを入力する").Action).Form
	again := b.send(stranger, form, "link_code", "0000-000x")
	if again.Accepted || again.Form == nil || !strings.Contains(again.Form.Inputs[0].Error, "あと4回") {
		t.Fatalf("%s", showReply(again))
	}
	// Typed as an input method writes it, and delivered twice.
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, code)
	enter := chat.Request{ID: "discord:1", Kind: chat.Said, From: stranger, Name: "ゆか☆", Text: "/incident 連携 " + wide[:12] + " " + wide[12:]}
	done := b.must(b.ask(enter))
	if text := showReply(done); !strings.Contains(text, "山本 直子さん") || showReply(b.must(b.ask(enter))) != text {
		t.Errorf("%s", text)
	}
	if r := b.byDiscord("/incident 状況 " + string(id)); !strings.Contains(showReply(r), "画面が固まった") {
		t.Errorf("he does not see his own report: %s", showReply(r))
	}
	b.must(b.byDiscord("/incident 別のPCも固まった"))
	if in := b.incident("INC-2026-0002"); in.Reporter().ID != b.person("山本") {
		t.Errorf("reported by %+v", in.Reporter())
	}
	if log := b.log.String(); strings.Contains(log, code) || strings.Contains(strings.ToLower(log), "yamamoto@") || strings.Contains(log, "ゆか") {
		t.Errorf("the log: %s", log)
	}
	if r := b.byDiscord("/incident 連携 suzuki@example.co.jp"); r.Accepted || !strings.Contains(showReply(r), "もう山本 直子さんとして") {
		t.Errorf("%s", showReply(r))
	}
	// He is told by mail, the lead in the chat, each with the way back.
	if told := showCard(b.card(incident.NoticeLinked, "山本")); !strings.Contains(told, "あなたのものとして") || !strings.Contains(told, "090-0000-0002") {
		t.Errorf("%s", told)
	}
	lead := b.card(incident.NoticeLinked, "佐藤")
	undo := b.button(lead, "連携を解除する").Action
	if r := b.press("中村", undo); r.Accepted {
		t.Errorf("anybody takes it back: %s", showReply(r))
	}
	b.must(b.press("佐藤", undo))
	b.must(b.press("佐藤", undo)) // twice is once
	if r := b.byDiscord("/incident 状況 " + string(id)); strings.Contains(showReply(r), "画面が固まった") {
		t.Errorf("still known: %s", showReply(r))
	}
	if told := showCard(b.card(incident.NoticeLinked, "佐藤")); !strings.Contains(told, "解除されました") || !strings.Contains(told, "佐藤 美咲さんが解除") {
		t.Errorf("%s", told)
	}
}

// Another server may have linked the account: a stranger is looked up where the list is stored.
func TestAnAccountThatAnotherServerLinkedIsKnownAtOnce(t *testing.T) {
	b := newLinks(t, "en")
	b.must(b.byDiscord("/incident link yamamoto@example.co.jp"))
	code, letter := b.linkMail("山本")
	if !strings.Contains(letter, "asks to count as you") {
		t.Errorf("%s", letter)
	}
	other, err := workflows.New(ctx, workflows.Options{Store: b.store, Clock: b.clock})
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.EnterLinkCode(ctx, "there", workflows.Account{Platform: "discord", ID: strings.TrimPrefix(stranger, "discord:")}, code)
	if err != nil || !out.Accepted() {
		t.Fatalf("%+v %v", out, err)
	}
	if r := b.byDiscord("/incident contacts"); !strings.Contains(showReply(r), "090-0000-0002") {
		t.Errorf("%s", showReply(r))
	}
	// And forgotten at once.
	if out, err := other.Unlink(ctx, "back", b.person("山本"), "discord", strings.TrimPrefix(stranger, "discord:"), other.LinksOf(b.person("山本"))[0].At); err != nil || !out.Accepted() {
		t.Fatalf("%+v %v", out, err)
	}
	r := b.byDiscord("/incident list")
	if strings.Contains(showReply(r), "INC-") {
		t.Errorf("%s", showReply(r))
	}
}

func TestAnAdministratorConfirmsInTheWebRoom(t *testing.T) {
	b := newCalls(t, "ja") // without mail
	how := b.byDiscord("/incident 連携")
	if text := showReply(how); strings.Contains(text, "コード") {
		t.Errorf("a code is offered without mail: %s", text)
	}
	asked := b.must(b.send(stranger, b.press(stranger, b.button(how.Cards[0], "管理者に確認を頼む").Action).Form, "link_name", "山本 直子"))
	nobody := b.must(b.send(stranger, b.press(stranger, b.button(how.Cards[0], "管理者に確認を頼む").Action).Form, "link_name", "幽霊 太郎"))
	if showReply(asked) != showReply(nobody) {
		t.Errorf("answered differently:\n%s\n%s", showReply(asked), showReply(nobody))
	}
	if text := showCard(b.card(incident.NoticeLinkAsk, "鈴木")); !strings.Contains(text, "一人に決まりません") || !strings.Contains(text, "112233445566778899") || strings.Contains(text, "この人です") {
		t.Errorf("%s", text)
	}
	b.must(b.byDiscord("/incident 連携 yamamoto@example.co.jp")) // no mail: they are asked for the address, too
	m := b.message(incident.NoticeLinkAsk, "鈴木")
	card, err := b.desk.Card(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"yamamoto@example.co.jp", "Discord", "ゆか☆", "112233445566778899", "山本 直子（営業部）", "本人に確かめて"} {
		if !strings.Contains(showCard(card), want) {
			t.Errorf("the card has no %q:\n%s", want, showCard(card))
		}
	}
	yes := b.button(card, "この人です")
	if yes.Confirm == "" || len(yes.Action) > 100 {
		t.Errorf("%+v", yes)
	}
	for _, name := range []string{"山本", "高橋", "小林", "伊藤", "中村", stranger, "slack:U9"} {
		if r := b.press(name, yes.Action); r.Accepted {
			t.Errorf("%s confirms: %s", name, showReply(r))
		}
		if text := showReply(b.say(name, "", "/incident 連携")); strings.Contains(text, "yamamoto@") {
			t.Errorf("%s sees it: %s", name, text)
		}
	}
	// It waits where a who may answers looks for it, too.
	waiting := b.say("田中", "", "/incident 連携").Cards[0]
	if b.button(waiting, "この人です").Action != yes.Action {
		t.Errorf("%s", showCard(waiting))
	}
	b.must(b.press("鈴木", yes.Action))
	b.must(b.press("鈴木", yes.Action))
	if r := b.press("田中", b.button(waiting, "違います").Action); r.Accepted || !strings.Contains(showReply(r), "鈴木 健太さんが答えています") {
		t.Errorf("%s", showReply(r))
	}
	if shown, err := b.desk.Card(ctx, m); err != nil || !strings.Contains(showCard(shown), "鈴木 健太さんが「この人です」") || len(buttonsOf(shown)) != 0 {
		t.Errorf("%v\n%s", err, showCard(shown))
	}
	own := b.byDiscord("/incident 連携")
	if text := showReply(own); !strings.Contains(text, "山本 直子さんとして") || !strings.Contains(text, "鈴木 健太さんが確認") {
		t.Errorf("%s", text)
	}
	if r := b.say("中村", "", "/incident 連携 解除 山本"); r.Accepted {
		t.Errorf("anybody takes it back: %s", showReply(r))
	}
	b.must(b.say("山本", "", "/incident 連携 解除"))
	if r := b.say("山本", "", "/incident 連携 解除"); r.Accepted || !strings.Contains(showReply(r), "もうありません") {
		t.Errorf("%s", showReply(r))
	}
	if r := b.byDiscord("/incident 一覧"); r.Accepted || strings.Contains(showReply(r), "INC-") || strings.Contains(showReply(r), "解除") {
		t.Errorf("%s", showReply(r))
	}
}

func TestAnAdministratorDenies(t *testing.T) {
	b := newCalls(t, "ja")
	b.must(b.byDiscord("/incident 連携 yamamoto@example.co.jp"))
	card := b.card(incident.NoticeLinkAsk, "佐藤")
	b.must(b.press("佐藤", b.button(card, "違います").Action))
	if told := showCard(b.card(incident.NoticeLinked, stranger)); !strings.Contains(told, "確認できませんでした") || strings.Contains(told, "山本") {
		t.Errorf("%s", told)
	}
	if shown := showCard(b.card(incident.NoticeLinkAsk, "佐藤")); !strings.Contains(shown, "佐藤 美咲さんが「違います」") {
		t.Errorf("%s", shown)
	}
}

// Who reports first and is known afterwards goes on with what he has reported, and sees no more.
func TestAReportGoesOnAfterItsAccountIsLinked(t *testing.T) {
	b := newLinks(t, "ja")
	other := b.report("中村", "別の画面が固まった")
	first := b.must(b.byDiscord("/incident 不審なメールを開いた"))
	id := incident.ID(strings.Fields(first.Cards[0].Title)[0])
	b.must(b.byDiscord("/incident 連携 yamamoto@example.co.jp"))
	code, _ := b.linkMail("山本")
	b.must(b.byDiscord("/incident 連携 " + code))
	inform := b.press(stranger, b.button(first.Cards[0], "追加情報を送る").Action)
	b.must(b.send(stranger, inform.Form, "text", "添付も開いた"))
	if r := b.byDiscord("/incident 状況 " + string(id)); !strings.Contains(showReply(r), "不審なメール") {
		t.Errorf("%s", showReply(r))
	}
	for _, line := range []string{"/incident 記録 " + string(id) + " 書きます", "/incident 状況 " + string(other), "/incident 進める " + string(id)} {
		if r := b.byDiscord(line); r.Accepted || strings.Contains(showReply(r), "別の画面") {
			t.Errorf("%s: %s", line, showReply(r))
		}
	}
	// As somebody who is called he acts as himself.
	b.must(b.say("佐藤", "", "/incident 対応 "+string(id)))
	b.must(b.say("佐藤", "", "/incident 担当 "+string(id)+" 山本"))
	b.must(b.byDiscord("/incident 記録 " + string(id) + " 調べています"))
	if r, err := b.store.Records(ctx, id, b.incident(id).Seq, 1); err != nil || r[0].By != b.person("山本") {
		t.Errorf("%+v %v", r, err)
	}
	// Left out as the person he is, he has nothing of it by the account either.
	b.must(b.byDiscord("/incident 連携 解除"))
	second := b.must(b.byDiscord("/incident 社長が名簿を持ち出した"))
	hidden := incident.ID(strings.Fields(second.Cards[0].Title)[0])
	b.must(b.say("佐藤", "", "/incident 対応 "+string(hidden)))
	b.must(b.send("佐藤", b.say("佐藤", "", "/incident 限定 "+string(hidden)).Form, "exclude", string(b.person("山本")), "reason", "本人の件"))
	b.clock.move(time.Hour)
	b.must(b.byDiscord("/incident 連携 yamamoto@example.co.jp"))
	code, _ = b.linkMail("山本")
	b.must(b.byDiscord("/incident 連携 " + code))
	if r := b.byDiscord("/incident 状況 " + string(hidden)); strings.Contains(showReply(r), "社長") {
		t.Errorf("%s", showReply(r))
	}
}

// A report that begins with the word is asked about, and never taken for anything else.
func TestALineThatBeginsWithTheWordMayBeAReport(t *testing.T) {
	b := newLinks(t, "ja")
	for line, want := range map[string]string{
		"/incident 連携": "word", "/incident 連携 解除": "word", "/incident 連携 取消 山本": "word", "/incident 連携 a@example.co.jp": "word",
		"/incident 連携 ａ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ": "word", "/incident link 1234-5678": "word", "/incident 連携 123456": "word", "/incident link 1234 5678": "word",
		"/incident link off": "word", "/incident 連携 サーバーが落ちました": "question", "/incident link in a mail was clicked": "question",
		"/incident 連携 12345": "question", "/incident 連携 123456789": "question", "/incident 連携 a@b@example.co.jp": "question",
		"/incident 連携サーバーが落ちました": "report", "/incident リンク を押した": "report",
	} {
		if kind, word, _ := b.desk.Read(line, false); kind != want || kind == "word" && word != "link" {
			t.Errorf("%s: %s %s, want %s", line, kind, word, want)
		}
	}
	r := b.byDiscord("/incident 連携 サーバーが落ちました")
	if r := b.must(b.press(stranger, b.button(r.Cards[0], "報告として送る").Action)); !strings.Contains(showReply(r), "INC-2026-0001") {
		t.Errorf("%s", showReply(r))
	}
}

// With the database down a stranger is told so, and nothing is linked.
func TestLinkingWithoutTheDatabase(t *testing.T) {
	b := newLinks(t, "ja")
	b.store.down = true
	for _, line := range []string{"/incident 連携 yamamoto@example.co.jp", "/incident 連携 12345678"} {
		if r := b.byDiscord(line); r.Accepted || !r.Failed || !strings.Contains(b.log.String(), errDown.Error()) || strings.Contains(b.log.String(), "yamamoto") {
			t.Errorf("%s\n%s", showReply(r), b.log)
		}
	}
	b.store.down = false
	if r := b.byDiscord("/incident 連携 12345678"); r.Accepted || !strings.Contains(showReply(r), "もう使えません") {
		t.Errorf("%s", showReply(r))
	}
	if _, err := b.desk.Card(ctx, workflows.Message{Notice: incident.Notice{Kind: incident.NoticeLinkCode, Key: "link:code:discord/1:0", To: "p-1"}}); !errors.Is(err, workflows.ErrSettled) {
		t.Errorf("%v", err)
	}
	if _, err := b.desk.Card(ctx, workflows.Message{Notice: incident.Notice{Kind: incident.NoticeLinked, Key: "nonsense", To: "p-1"}}); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// Without mail an address has the administrators asked about whom it means, and no code is spoken of.
func TestAnAddressWithoutMailIsForTheAdministrators(t *testing.T) {
	for lang, want := range map[string]string{"ja": "この人です", "en": "It is this person"} {
		b := newCalls(t, lang)
		b.must(b.byDiscord("/incident link takahashi@example.co.jp"))
		card := b.card(incident.NoticeLinkAsk, "鈴木")
		if b.button(card, want).Confirm == "" || !strings.Contains(showCard(card), "高橋 由美") {
			t.Errorf("%s", showCard(card))
		}
		for _, r := range []chat.Reply{b.byDiscord("/incident link 12345678"), b.byDiscord("/incident help"), b.say("山本", "", "/incident help")} {
			if text := showReply(r); strings.Contains(text, "15分") || strings.Contains(text, "15 minutes") || strings.Contains(text, "you@example") || r.Accepted {
				t.Errorf("a code is spoken of: %s", text)
			}
		}
	}
	if text := showReply(newLinks(t, "ja").byDiscord("/incident ヘルプ")); !strings.Contains(text, "you@example.co.jp") {
		t.Errorf("%s", text)
	}
}

// The number to call is that of the list, wherever somebody is to make sure.
func TestAdministratorsAreGivenTheNumberOfTheList(t *testing.T) {
	b := newCalls(t, "ja")
	b.must(b.byDiscord("/incident 連携 sato@example.co.jp"))
	want := "本人の電話"
	p, _ := b.service.Contacts().Person(b.person("佐藤"))
	number := p.Phone
	if text := showCard(b.card(incident.NoticeLinkAsk, "鈴木")); !strings.Contains(text, want+": "+number) {
		t.Errorf("no number of the list: %s", text)
	}
	if text := showReply(b.say("田中", "", "/incident 連携")); !strings.Contains(text, want+" "+number) {
		t.Errorf("no number of the list: %s", text)
	}
}

// What one of them confirms the others hear, each in a message of his own.
func TestTheOthersHearWhatAnAdministratorHasConfirmed(t *testing.T) {
	b := newCalls(t, "ja")
	b.must(b.byDiscord("/incident 連携 yamamoto@example.co.jp"))
	b.must(b.press("鈴木", b.button(b.card(incident.NoticeLinkAsk, "鈴木"), "この人です").Action))
	for _, name := range []string{"佐藤", "田中"} {
		if text := showCard(b.card(incident.NoticeLinked, name)); !strings.Contains(text, "山本 直子さんのものとして") || !strings.Contains(text, "鈴木 健太さんが確認") {
			t.Errorf("%s: %s", name, text)
		}
	}
	for _, m := range b.deliver() {
		if m.Kind == incident.NoticeLinked && m.To == b.person("鈴木") {
			t.Errorf("who has confirmed it is told so: %+v", m)
		}
	}
}

// Nobody learns by taking back whether somebody has a link, or is listed.
func TestWhoMayNotTakeALinkBackLearnsNothingOfIt(t *testing.T) {
	b := newCalls(t, "ja")
	b.must(b.byDiscord("/incident 連携 yamamoto@example.co.jp"))
	b.must(b.press("鈴木", b.button(b.card(incident.NoticeLinkAsk, "鈴木"), "この人です").Action))
	linked := showReply(b.say("中村", "", "/incident 連携 解除 山本"))
	if !strings.Contains(linked, "これができるのは") {
		t.Errorf("%s", linked)
	}
	for _, whose := range []string{"佐藤"} {
		if r := b.say("中村", "", "/incident 連携 解除 "+whose); showReply(r) != linked {
			t.Errorf("%s: %s", whose, showReply(r))
		}
	}
	b.must(b.say("山本", "", "/incident 連携 解除 山本")) // his own
}

// The name of an account is its owner's choice: a mail of ours carries no address of his.
func TestTheNameOfAnAccountLeadsNowhere(t *testing.T) {
	b := newLinks(t, "ja")
	name := "至急\r\n認証は https://evil.example/login か evil\u200b.example／a ｗｗｗ．evil.example " + strings.Repeat("長", 60)
	b.must(b.ask(chat.Request{Kind: chat.Said, From: stranger, Name: name, Text: "/incident 連携 yamamoto@example.co.jp"}))
	_, letter := b.linkMail("山本")
	if !strings.Contains(letter, "「至急 認証は か 長") || strings.Contains(letter, "evil") || strings.Contains(letter, strings.Repeat("長", 40)) {
		t.Errorf("%q", letter)
	}
}
