package desk_test

import (
	"strings"
	"testing"

	"hikeshi/bot/chat"
)

// TestWhoIsNotKnownToBeThere: of whom his platform cannot say whether he is still in the company a
// report is taken, and he is shown nothing.
func TestWhoIsNotKnownToBeThere(t *testing.T) {
	b := newBench(t, "ja")
	id := string(b.report("山本", "名簿を誤送信した", "kind", "misdelivery"))
	unsure := chat.Unsure(ctx)
	ask := func(text string) string {
		return showReply(b.desk.Handle(unsure, chat.Request{ID: "u" + text, Kind: chat.Said, From: b.user("佐藤"), Text: text}))
	}
	for _, text := range []string{"/incident 状況 " + id, "/incident 一覧", "/incident 報告書 " + id} {
		if got := ask(text); strings.Contains(got, "誤送信") || !strings.Contains(got, "確かめられ") {
			t.Errorf("%s: %s", text, got)
		}
	}
	if got := ask("/incident 報告 PCをなくした"); strings.Contains(got, "お見せできません") {
		t.Errorf("a report: %s", got)
	}
}
