package web_test

import (
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
)

// At night, on a phone, a number is tapped and not copied.
func TestAPhoneNumberCanBeTapped(t *testing.T) {
	r := openRoom(t)
	for text, want := range map[string]string{
		"佐藤 美咲　090-0000-0002 へ":         `佐藤 美咲　<a class="tel" href="tel:090-0000-0002">090-0000-0002</a> へ`,
		"03-0000-0001、+81-90-0000-0002": `<a class="tel" href="tel:03-0000-0001">03-0000-0001</a>、`,
		"2026-11-22 の TRN-2026-0001":    `2026-11-22 の TRN-2026-0001`,
		`<a href="tel:090-0000-0003">`:  `&lt;a href=&#34;tel:<a class="tel" href="tel:090-0000-0003">090-0000-0003</a>&#34;&gt;`,
	} {
		r.desk.set(func() {
			r.desk.posts[string(nakamura)] = []desk.Post{{Key: "1", Card: chat.Card{Title: "電話", Blocks: []chat.Block{{Text: text}}}}}
		})
		if _, body := r.guest(t, nakamura).get("/"); !strings.Contains(body, want) {
			t.Errorf("%q is not shown as %q", text, want)
		}
	}
}
