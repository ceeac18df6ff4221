package desk_test

import (
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// A guest may call himself as the representative does: wherever he is named stands that the contact
// list does not know him, until an account is somebody's.
func TestWhoIsNotOnTheContactListIsNotTakenForSomebodyWhoIs(t *testing.T) {
	for lang, mark := range map[string]string{"ja": "田中 誠一さん（連絡先にない人）", "en": "田中 誠一 (not on the contact list)"} {
		for _, from := range []chat.UserID{stranger, "slack:U9", "web:guest"} {
			b := newLinks(t, lang)
			b.must(b.ask(chat.Request{Kind: chat.Said, From: from, Name: "田中 誠一", Text: "/incident サーバーが落ちました"}))
			id := incident.ID("INC-2026-0001")
			for what, text := range map[string]string{
				"card": showCard(b.card(incident.NoticeCard, "")), "page": showCard(b.card(incident.NoticePage, "佐藤")),
				"status": showReply(b.say("佐藤", "", "/incident status "+string(id))),
				"all":    b.everything("佐藤", id),
			} {
				if !strings.Contains(text, mark) || strings.Contains(strings.ReplaceAll(text, mark, ""), "田中 誠一さんが報告") {
					t.Errorf("%s of %s: %s", what, from, text)
				}
			}
			if in := b.incident(id); in.Reporter().Name != "田中 誠一" || in.Reporter().ID != incident.PersonID(from) {
				t.Errorf("the record: %+v", in.Reporter())
			}
			if from != stranger {
				continue
			}
			b.must(b.byDiscord("/incident link yamamoto@example.co.jp"))
			code, _ := b.linkMail("山本")
			b.must(b.byDiscord("/incident link " + code))
			if text := showCard(b.card(incident.NoticeCard, "")); strings.Contains(text, mark) || !strings.Contains(text, "山本 直子") {
				t.Errorf("linked: %s", text)
			}
		}
	}
}
