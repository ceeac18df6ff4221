package desk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows/incident"
)

func (b *bench) phones(token, choice string) string {
	b.t.Helper()
	said, lang, err := b.desk.AnswerByPhone(ctx, token, choice)
	if err != nil || lang != b.config.Lang {
		b.t.Fatalf("%s %s %v", said, lang, err)
	}
	return said
}

// A key press answers what the person was told of on the phone, and not what has come since, nor
// what only the chat and a mail have told of.
func TestAKeyPressAnswersWhatWasHeard(t *testing.T) {
	b := newCalls(t, "ja")
	one, two := b.report("山本", "一つ目"), b.report("山本", "二つ目")
	b.clock.move(4 * time.Minute)
	unheard := b.report("山本", "三つ目")
	b.rounds(time.Minute)
	token := b.token(two, "佐藤")
	b.clock.move(time.Microsecond)
	later := b.report("山本", "四つ目")
	said := b.phones(token, desk.AnswerTake)
	if !strings.Contains(said, string(two)+" ほか1件 に対応する人として記録しました") || strings.Contains(said, "つ目") {
		t.Error(said)
	}
	for id, want := range map[incident.ID]incident.PageStatus{
		one: incident.PageAcknowledged, two: incident.PageAcknowledged, unheard: incident.PageOpen, later: incident.PageOpen,
	} {
		if got := b.status(id, "佐藤"); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	// The gateway sends the same again.
	seq := b.incident(two).Seq
	if said := b.phones(token, desk.AnswerTake); b.incident(two).Seq != seq || !strings.Contains(said, "「対応します」と答えました") {
		t.Error(said)
	}
}

func TestAKeyPressThatDeclines(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "一つ目")
	token := b.token(id, "鈴木")
	if said := b.phones(token, desk.AnswerDecline); !strings.Contains(said, string(id)+" に対応できないことを記録しました") || b.status(id, "鈴木") != incident.PageDeclined {
		t.Error(said)
	}
	// Late, and about a call that is over for him: what he said stands.
	if said := b.phones(token, desk.AnswerTake); !strings.Contains(said, "「対応できません」と答えました") || b.status(id, "鈴木") != incident.PageDeclined {
		t.Error(said)
	}
	// Called again, the old call's key is an answer to the same incident.
	other := b.report("山本", "二つ目")
	token = b.token(other, "鈴木")
	b.must(b.press("佐藤", chat.Action("take|"+string(other)+"||")))
	if said := b.phones(token, desk.AnswerTake); b.status(other, "鈴木") != incident.PageAcknowledged || !strings.Contains(said, "記録しました") {
		t.Error(said)
	}
}

// Somebody else was quicker.
func TestAKeyPressThatComesTooLate(t *testing.T) {
	b := newBench(t, "ja")
	id := b.report("山本", "一つ目")
	token := b.token(id, "佐藤")
	b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
	b.must(b.say("佐藤", "", "/incident dismiss "+string(id)+" 誤報"))
	seq := b.incident(id).Seq
	if said := b.phones(token, desk.AnswerTake); b.incident(id).Seq != seq || !strings.Contains(said, "終わりました") {
		t.Error(said)
	}
}

// Without a good token nothing is said of anybody, and it is said what to do instead.
func TestAKeyPressThatIsRefused(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		b := newBench(t, lang)
		id := b.report("山本", "一つ目")
		token := b.token(id, "佐藤")
		for what, c := range map[string]struct {
			token, choice string
			want          error
			says          string
		}{
			"forged":     {token[:len(token)-1], desk.AnswerTake, desk.ErrAnswerUnknown, map[string]string{"ja": "緊急連絡先", "en": "emergency sheet"}[lang]},
			"no choice":  {token, "", desk.ErrAnswerChoice, map[string]string{"ja": "番号", "en": "key"}[lang]},
			"key as one": {token, "1", desk.ErrAnswerChoice, map[string]string{"ja": "番号", "en": "key"}[lang]},
		} {
			said, got, err := b.desk.AnswerByPhone(ctx, c.token, c.choice)
			if !errors.Is(err, c.want) || got != lang || !strings.Contains(said, c.says) || strings.Contains(said, "090-") {
				t.Errorf("%s, %s: %q %s %v", lang, what, said, got, err)
			}
		}
		b.clock.move(25 * time.Hour)
		if said, _, err := b.desk.AnswerByPhone(ctx, token, desk.AnswerTake); !errors.Is(err, desk.ErrAnswerExpired) || said == "" {
			t.Errorf("%s: %q %v", lang, said, err)
		}
		if b.status(id, "佐藤") != incident.PageOpen {
			t.Error("something was recorded")
		}
	}
}
