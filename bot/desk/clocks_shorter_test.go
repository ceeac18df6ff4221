package desk_test

import (
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/templates"
	"hikeshi/workflows/company"
)

// 30 days stay in sight beside the 60 of a wrongful purpose: no text says what restarts when it
// is found out later.
func TestTheDayOf30StaysBesideThatOf60(t *testing.T) {
	src, err := templates.LoadRules(nil)
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"ja": "30日以内なら2026年12月21日（月）", "en": "21 Dec 2026 (Mon) if it is 30 days"} {
		b := newBench(t, lang)
		b.service.UseClocks(src.For(company.Profile{}))
		id := b.report("山本", "名簿を載せたノートPCを盗まれた", "kind", "theft", "personal_data", "yes")
		b.must(b.say("佐藤", "", "/incident take "+string(id)))
		final := func() string { return showReply(b.press("佐藤", chat.Action("clock|"+string(id)+"||ppc-final"))) }
		if got := final(); strings.Contains(got, want) {
			t.Errorf("%s: before a wrongful purpose is known:\n%s", lang, got)
		}
		b.must(b.say("佐藤", "", "/incident fact "+string(id)+" wrongful_purpose yes"))
		if got := final(); !strings.Contains(got, want) {
			t.Errorf("%s: %q is not said:\n%s", lang, want, got)
		}
	}
}
