package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows/incident"
)

func TestCompleteFindsWhatIsMeant(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			b := newBench(t, lang)
			b.people(200)
			for i := range 40 {
				b.must(b.say("山本", "", fmt.Sprintf("/incident サーバー %d が止まった %s", i, strings.Repeat("長い説明", 40))))
				b.clock.move(time.Second)
			}
			b.must(b.press("佐藤", "take|INC-2026-0001||"))
			b.must(b.press("佐藤", "take|INC-2026-0002||"))
			b.do("佐藤", "INC-2026-0002", incident.Dismiss{Reason: "誤報"})
			complete := func(channel string, of chat.Completion, typed string) []chat.Option {
				t.Helper()
				options, err := b.desk.Complete(ctx, b.user("佐藤"), channel, of, typed, 25)
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range options {
					if n := utf8.RuneCountInString(o.Label); n < 1 || n > 100 || o.Value == "" || utf8.RuneCountInString(o.Value) > 100 {
						t.Errorf("%d characters: %+v", n, o)
					}
				}
				return options
			}
			for _, c := range []struct {
				channel string
				of      chat.Completion
				typed   string
				first   string
				found   int
			}{
				{"", chat.CompleteIncident, "", "INC-2026-0040", 25},
				{"", chat.CompleteIncident, "12", "INC-2026-0012", 0},
				{"", chat.CompleteIncident, "ｉｎｃ－2026-0012", "INC-2026-0012", 1},
				{"", chat.CompleteIncident, "ｻｰﾊﾞｰ 3 が", "INC-2026-0004", 1},
				{"", chat.CompleteIncident, "どこにもない", "", 0},
				{"", chat.CompletePerson, "", "", 25},
				{"", chat.CompletePerson, "社員１５０", string(b.person("社員 150")), 1},
				{"", chat.CompletePerson, "鈴木", string(b.person("鈴木")), 1},
				{"inc-2026-0001", chat.CompleteStep, "", "", 0},
				{"", chat.CompleteStep, "", "", 0},
				{"inc-2026-9999", chat.CompleteStep, "", "", 0},
				{"", chat.CompleteWord, "", "", 25},
			} {
				got := complete(c.channel, c.of, c.typed)
				if c.first != "" && (len(got) == 0 || got[0].Value != c.first) || c.found > 0 && len(got) != c.found {
					t.Errorf("%s %q: %d found, first %+v", c.of, c.typed, len(got), got[:min(len(got), 2)])
				}
			}
			if got := complete("", chat.CompleteIncident, "2026-0002"); len(got) != 1 {
				t.Errorf("an ended incident is completed, too, by its number: %+v", got)
			}
			if got := complete("inc-2026-0001", chat.CompleteStep, ""); len(got) < 2 || got[0].Value == got[1].Value {
				t.Errorf("steps: %+v", got)
			}
		})
	}
}

// What is completed stands in the line as the desk reads it.
func TestWhatIsCompletedIsUnderstood(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "名簿を送り間違えた", "kind", "misdelivery")
	channel := strings.ToLower(string(id))
	b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
	person, err := b.desk.Complete(ctx, b.user("佐藤"), channel, chat.CompletePerson, "なかむら", 25)
	if err != nil || len(person) > 1 {
		t.Fatalf("%+v %v", person, err)
	}
	person, _ = b.desk.Complete(ctx, b.user("佐藤"), channel, chat.CompletePerson, "中村", 25)
	b.must(b.say("佐藤", channel, "/incident assign "+person[0].Value))
	if !b.incident(id).InCircle(b.person("中村")) {
		t.Error("the completed person was not brought in")
	}
	steps, _ := b.desk.Complete(ctx, b.user("佐藤"), channel, chat.CompleteStep, "", 25)
	b.must(b.say("佐藤", channel, "/incident step "+steps[0].Value+" 済ませた"))
	after, _ := b.desk.Complete(ctx, b.user("佐藤"), channel, chat.CompleteStep, "", 25)
	if len(after) != len(steps)-1 {
		t.Errorf("a step that is done is still offered: %+v", after)
	}
	for _, o := range must(b.desk.Complete(ctx, b.user("佐藤"), "", chat.CompleteWord, "", 100)) {
		if got := b.say("高橋", "", "/incident "+o.Value); got.Form != nil && o.Value != "報告" && o.Value != "不在" {
			continue // it asks for what it needs
		} else if got.Form == nil && (len(got.Cards) == 0 || strings.Contains(got.Cards[0].Title, "ことですか")) {
			t.Errorf("%q is no word: %s", o.Value, showReply(got))
		}
	}
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func TestWordsAreCompletedByEverySpelling(t *testing.T) {
	b := newBench(t, "ja")
	for typed, first := range map[string]string{"進": "進める", "adv": "進める", "ＡＤＶ": "進める", "つぎ": "", "メモ": "記録", "引き継ぎ": "引継ぎ", "だれ": "誰", "報告し": ""} {
		got := must(b.desk.Complete(ctx, "discord:1", "", chat.CompleteWord, typed, 25))
		if first != "" && (len(got) == 0 || got[0].Value != first) {
			t.Errorf("%q is completed to %+v", typed, got)
		}
	}
	if got := must(b.desk.Complete(ctx, "discord:1", "", chat.CompleteWord, "", 100)); len(got) != len(desk.Words) {
		t.Errorf("nothing typed: %d words of %d", len(got), len(desk.Words))
	}
	if got := must(b.desk.Complete(ctx, "discord:1", "", chat.CompleteWord, "", -1)); len(got) != 0 {
		t.Errorf("less than nothing: %+v", got)
	}
}

// Nobody is offered what he may not see.
func TestCompleteShowsNobodyWhatHeMayNotSee(t *testing.T) {
	b := newBench(t, "ja")
	secret := b.report("山本", "秘密のサーバー", "exclude", string(b.person("佐藤")))
	channel := strings.ToLower(string(secret))
	kinds := []chat.Completion{chat.CompleteIncident, chat.CompletePerson, chat.CompleteStep, "nothing"}
	for who, allowed := range map[chat.UserID][]chat.Completion{
		"discord:99": {},
		"slack:U0":   {},
		"":           {},
		b.user("佐藤"): {chat.CompletePerson},
		b.user("中村"): {chat.CompletePerson},
		b.user("山本"): {chat.CompleteIncident, chat.CompletePerson}, // who reported it sees it, and no steps
		b.user("鈴木"): {chat.CompleteIncident, chat.CompletePerson, chat.CompleteStep},
	} {
		for _, of := range kinds {
			got, err := b.desk.Complete(ctx, who, channel, of, "", 25)
			if err != nil {
				t.Fatal(err)
			}
			want := false
			for _, a := range allowed {
				want = want || a == of
			}
			if (len(got) > 0) != want {
				t.Errorf("%s completes %s to %+v", who, of, got)
			}
		}
	}
	got := must(b.desk.Complete(ctx, b.user("鈴木"), channel, chat.CompletePerson, "佐藤", 25))
	if len(got) != 0 {
		t.Errorf("who is left out of the incident is offered in its channel: %+v", got)
	}
	b.store.down = true
	if got, err := b.desk.Complete(ctx, b.user("鈴木"), channel, chat.CompleteIncident, "", 25); err == nil {
		t.Errorf("without the database: %+v", got)
	}
	if got := must(b.desk.Complete(ctx, b.user("鈴木"), channel, chat.CompletePerson, "中村", 25)); len(got) != 1 {
		t.Errorf("people are in memory: %+v", got)
	}
}
