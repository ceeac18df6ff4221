package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// A call says why it comes where the incident does not tell it, and by what else it was made.
func TestACallSaysWhyItComes(t *testing.T) {
	for lang, want := range map[string]struct{ deputy, means, silent string }{
		"ja": {"先に呼び出した人が対応できないため", "メール、電話でも呼び出しました", "しばらく記録がありません"},
		"en": {"somebody called before you cannot respond", "also called by mail, phone", "nothing has been recorded for a while"},
	} {
		t.Run(lang, func(t *testing.T) {
			b := newCalls(t, lang)
			id := b.report("山本", "画面が固まった")
			shows := func(name, text string) {
				t.Helper()
				card, err := b.desk.Card(ctx, b.called(id, name, incident.ByChat))
				if err != nil || !strings.Contains(fmt.Sprint(card.Blocks), text) {
					t.Errorf("%s is not told %q: %v %v", name, text, card.Blocks, err)
				}
			}
			b.rounds(5*time.Minute + time.Second)
			shows("佐藤", want.means)
			b.must(b.press("鈴木", chat.Action("decline|"+string(id)+"||")))
			shows("渡辺", want.deputy)
			b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
			b.rounds(31 * time.Minute)
			shows("佐藤", want.silent)
		})
	}
}

// Whoever works on it already, and is asked for the lead of one who does not answer, is told what is
// asked of him; the others see what he has taken, and what he is asked. A no is one to that alone.
func TestWhoIsAskedForTheLeadBesidesIsToldSo(t *testing.T) {
	for lang, want := range map[string][]string{
		"ja": {"佐藤 美咲さんから返事がありません", "いまの担当はそのまま続きます", "お願いする役割: インシデント対応責任者\n"},
		"en": {"佐藤 美咲, who leads, does not answer", "already stays yours", "You are asked as: Incident Lead\n"},
	} {
		t.Run(lang, func(t *testing.T) {
			b := newCalls(t, lang)
			id := b.report("山本", "画面が固まった")
			b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
			b.must(b.press("鈴木", chat.Action("take|"+string(id)+"||")))
			b.rounds(31 * time.Minute)
			b.rounds(6 * time.Minute)
			card, err := b.desk.Card(ctx, b.called(id, "鈴木", incident.ByChat))
			for _, w := range want {
				if got := showCard(card); err != nil || !strings.Contains(got, w) {
					t.Errorf("%q, %v: %s", w, err, got)
				}
			}
			b.must(b.press("鈴木", chat.Action("decline|"+string(id)+"||")))
			page, _ := b.incident(id).Page(b.person("鈴木"))
			if page.Status != incident.PageAcknowledged || len(page.Roles) != 1 || page.Roles[0] != incident.SystemAdmin {
				t.Errorf("%+v", page)
			}
		})
	}
}
