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
