package desk

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hikeshi/bot/chat"
	"hikeshi/templates"
	"hikeshi/workflows/incident"
)

func testVocabulary(t testing.TB) vocabulary {
	t.Helper()
	texts, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	return newVocabulary(texts)
}

func TestWhatALineMeans(t *testing.T) {
	v := testVocabulary(t)
	const own, channel = false, true
	for _, c := range []struct {
		line      string
		inChannel bool
		meaning   meaning
		word      string
		number    string
		rest      string
	}{
		// Opening the form.
		{"/incident", own, meansForm, "", "", ""},
		{"  /INCIDENT  ", channel, meansForm, "", "", ""},
		{"／ｉｎｃｉｄｅｎｔ　", own, meansForm, "", "", ""},
		{"/incident 報告", own, meansForm, "", "", ""},
		// Reports.
		{"/incident 社用PCを電車に置き忘れた", own, meansReport, "", "", ""},
		{"/incident　社用PCを電車に置き忘れた", channel, meansReport, "", "", ""},
		{"/incident 報告 状況 が分からない", own, meansReport, "", "", ""},
		{"/incident I left my laptop on the train", own, meansReport, "", "", ""},
		{"/incident INC-2026-0001 のメールがまた来た", own, meansReport, "", "", ""},
		{"/incident 12345", own, meansReport, "", "", ""},
		// Words, in both languages, any width and case.
		{"/incident status", own, meansWord, "status", "", ""},
		{"/incident 状況", own, meansWord, "status", "", ""},
		{"/incident ＳＴＡＴＵＳ", own, meansWord, "status", "", ""},
		{"/Incident Advance", channel, meansWord, "advance", "", ""},
		{"/進める", channel, meansWord, "advance", "", ""},
		{"/advance", own, meansWord, "advance", "", ""},
		{"/incident 報告書", channel, meansWord, "doc", "", ""},
		{"/incident レベル 2 業務が止まった", channel, meansWord, "level", "", "2 業務が止まった"},
		{"/incident レベル２　業務が止まった", channel, meansWord, "level", "", "2 業務が止まった"},
		{"/incident 手順3 窓口を決めた", channel, meansWord, "step", "", "3 窓口を決めた"},
		{"/incident note 2:07 電源を確認", channel, meansWord, "note", "", "2:07 電源を確認"},
		{"/incident 引継ぎ 佐藤 交代します", channel, meansWord, "handover", "", "佐藤 交代します"},
		{"/incident undo 12", channel, meansWord, "undo", "", "12"},
		// The incident's number.
		{"/incident 状況 INC-2026-0003", own, meansWord, "status", "INC-2026-0003", ""},
		{"/incident 状況 ｉｎｃ－２０２６－０００３", own, meansWord, "status", "INC-2026-0003", ""},
		{"/incident INC-2026-0003", own, meansWord, "status", "INC-2026-0003", ""},
		{"/incident inc-2026-0003 レベル 2", own, meansWord, "level", "INC-2026-0003", "2"},
		{"/incident status 3", own, meansWord, "status", "3", ""},
		{"/incident close 0003", own, meansWord, "close", "0003", ""},
		{"/incident note INC-2026-0003 と同じ件", own, meansWord, "note", "INC-2026-0003", "と同じ件"},
		{"/incident note 0003 電源を確認", own, meansWord, "note", "0003", "電源を確認"},
		{"/incident note 3", own, meansWord, "note", "", "3"},
		{"/incident level 2", own, meansWord, "level", "", "2"},
		{"/incident step 3", own, meansWord, "step", "", "3"},
		{"/incident merge INC-2026-0001", channel, meansWord, "merge", "", "INC-2026-0001"},
		{"/incident dismiss 1", own, meansWord, "dismiss", "1", ""},
		// Absences, and what only begins like one.
		{"/incident 不在", own, meansWord, "away", "", ""},
		{"/incident away 12/29-1/3 @suzuki", own, meansWord, "away", "", "12/29-1/3 @suzuki"},
		{"/incident 不在　１２／２９〜１／３　鈴木", own, meansWord, "away", "", "１２／２９〜１／３　鈴木"},
		{"/不在 12月29日 鈴木", channel, meansWord, "away", "", "12月29日 鈴木"},
		{"/incident 不在 佐藤 2026-12-29/2027-01-03", own, meansWord, "away", "", "佐藤 2026-12-29/2027-01-03"},
		{"/incident away off", own, meansWord, "away", "", "off"},
		{"/incident 不在 取消 12/29", own, meansWord, "away", "", "取消 12/29"},
		{"/incident 不在 の間に金庫が開けられた", own, meansAlmost, "away", "", ""},
		{"/incident away from my desk somebody took my laptop", channel, meansAlmost, "away", "", ""},
		{"/incident 不在中に金庫が開けられた", own, meansReport, "", "", ""},
		// Almost a word.
		{"/incident statsu", own, meansAlmost, "status", "", ""},
		{"/incident advanse", own, meansAlmost, "advance", "", ""},
		{"/incident 承忍", own, meansAlmost, "approve", "", ""},
		{"/advanse", channel, meansAlmost, "advance", "", ""},
		// A word that takes nothing, followed by a sentence: probably a report.
		{"/incident list of customers was sent to the wrong person", own, meansAlmost, "list", "", ""},
		{"/incident status page was hacked", channel, meansAlmost, "status", "", ""},
		// Notes: everything typed in a channel without a command.
		{"電源を確認しました", channel, meansNote, "", "", "電源を確認しました"},
		{"進める", channel, meansNote, "", "", "進める"},
		// A slash that no word follows: a mistyped command, or a path. Ask.
		{"/etc/passwd が書き換えられていた", channel, meansUnknown, "", "", ""},
		{"/advanse", channel, meansAlmost, "advance", "", ""},
		// Elsewhere: ask.
		{"社用PCを電車に置き忘れた", own, meansLoose, "", "", ""},
		{"状況", own, meansLoose, "", "", ""},
		// Asking for help is no report, and no entry can be lost by it.
		{"ヘルプ", own, meansWord, "help", "", ""},
		{"Help", own, meansWord, "help", "", ""},
		{"？", own, meansWord, "help", "", ""},
		{"/incident ?", own, meansWord, "help", "", ""},
		{"/incident ？", channel, meansWord, "help", "", ""},
		{"help me", own, meansLoose, "", "", ""},
		{"ヘルプ", channel, meansNote, "", "", "ヘルプ"},
		{"", own, meansLoose, "", "", ""},
		{"   ", channel, meansLoose, "", "", ""},
	} {
		r := v.read(c.line, c.inChannel)
		if r.meaning != c.meaning || r.word != c.word || r.number != c.number || c.meaning != meansReport && r.rest != c.rest {
			t.Errorf("%q in a channel %v: got meaning %d word %q number %q rest %q", c.line, c.inChannel, r.meaning, r.word, r.number, r.rest)
		}
	}
}

// The words of the two languages never contradict each other, and every one is reachable.
func TestEveryWordIsUnderstoodInEveryLanguage(t *testing.T) {
	v := testVocabulary(t)
	texts, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range Words {
		for _, lang := range templates.Languages {
			for spelling := range strings.SplitSeq(texts.Say(lang, "word."+w), ",") {
				if got, _, ok := v.lookup(fold(spelling)); !ok || got != w {
					t.Errorf("%s %q is understood as %q", lang, spelling, got)
				}
			}
		}
		if got, _, ok := v.lookup(w); !ok || got != w {
			t.Errorf("%q is understood as %q", w, got)
		}
	}
}

// Whatever is read as a report or a note is the person's text, letter by letter.
func FuzzReading(f *testing.F) {
	for _, s := range []string{"", "/incident", "/incident 報告 あ", "／incident レベル２", "/incident 1", "/進める", "/incident note 0001 x", "\u3000/incident\u3000x", "/incident \xff"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	v := testVocabulary(f)
	f.Fuzz(func(t *testing.T, line string, inChannel bool) {
		r := v.read(line, inChannel)
		if r.meaning < meansForm || r.meaning > meansUnknown {
			t.Fatalf("%q means nothing: %d", line, r.meaning)
		}
		if (r.meaning == meansWord || r.meaning == meansAlmost) != (r.word != "") {
			t.Fatalf("%q: meaning %d with the word %q", line, r.meaning, r.word)
		}
		if !strings.Contains(line, r.text) {
			t.Fatalf("%q became %q", line, r.text)
		}
		switch r.meaning {
		case meansReport, meansNote, meansAlmost, meansLoose, meansUnknown:
			left, whole := strings.CutSuffix(strings.TrimSpace(line), r.text)
			if !whole {
				t.Fatalf("%q became %q", line, r.text)
			}
			left = strings.TrimSpace(left)
			if first, rest := cut(left); left != "" && (fold(first) != slash || rest != "" && v.word[fold(rest)] != string(incident.WordReport)) {
				t.Fatalf("%q lost %q", line, left)
			}
		}
	})
}

// Discord takes 100 bytes: whatever is put into an action or a draft, it fits and is read back.
func TestActionsAndDraftsFit(t *testing.T) {
	id := rapid.Custom(func(t *rapid.T) incident.ID {
		return incident.ID(rapid.StringMatching(`(INC|TRN)-20[0-9]{2}-[0-9]{4,7}`).Draw(t, "id"))
	})
	words := append(append([]string{}, Words...), actForm, actAnyway, actContinue)
	rapid.Check(t, func(t *rapid.T) {
		seen := rapid.Int64Range(0, 1_000_000_000).Draw(t, "seen")
		arg := rapid.String().Draw(t, "arg")
		a := action{word: rapid.SampledFrom(words).Draw(t, "word"), id: id.Draw(t, "id"), seen: seen, arg: arg}
		if s := a.String(); len(s) > maxToken {
			t.Fatalf("an action of %d bytes: %s", len(s), s)
		}
		back, ok := parseAction(chat.Action(a.String()))
		if !ok || back.word != a.word || back.id != a.id || back.seen != seen || back.arg != short(arg) {
			t.Fatalf("%q came back as %+v", a.String(), back)
		}
		d := newDraft(rapid.SampledFrom(Forms).Draw(t, "form"), a.id, seen, arg)
		if s := d.String(); len(s) > maxToken {
			t.Fatalf("a draft of %d bytes: %s", len(s), s)
		}
		read, ok := parseDraft(d.String())
		if !ok || read.form != d.form || read.seen != seen || read.nonce != d.nonce || read.arg != short(arg) {
			t.Fatalf("%q came back as %+v", d.String(), read)
		}
		open := voice{}.openAct(d.form, d.id, seen, arg)
		if len(open) > maxToken {
			t.Fatalf("an opening action of %d bytes: %s", len(open), open)
		}
		if a, ok := parseAction(open); !ok || a.word != actForm {
			t.Fatalf("%q is not read", open)
		}
	})
}

// What a stranger puts into a button or a form is either well formed or nothing.
func FuzzTokens(f *testing.F) {
	f.Add("take|INC-2026-0001|1a|")
	f.Add("report||||abcdefghijklmnop")
	f.Add("||||")
	f.Fuzz(func(t *testing.T, s string) {
		if a, ok := parseAction(chat.Action(s)); ok && (len(s) > maxToken || a.word == "" || a.seen < 0 || a.id != "" && !isID(a.id)) {
			t.Fatalf("%q was taken for an action", s)
		}
		if d, ok := parseDraft(s); ok && (len(s) > maxToken || d.form == "" || d.seen < 0 || len(d.nonce) < 16 || d.id != "" && !isID(d.id)) {
			t.Fatalf("%q was taken for a draft", s)
		}
	})
}
