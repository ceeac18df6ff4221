package main

import (
	"strings"
	"testing"

	"hikeshi/templates"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/paging"
)

// Of somebody whom nothing reaches it is said what is missing, and not what stands in the list.
func TestWhatWouldReachSomebodyIsNamed(t *testing.T) {
	const token, guild = "a.b.c", "123456789012345678"
	texts, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		settings settings
		row      contact.Person
		want     string
	}{
		"Discord alone, mail and phone listed": {
			settings{DiscordBotToken: token, DiscordGuildID: guild}, contact.Person{Phone: "090-0000-0001", Email: "a@example.co.jp"},
			"連絡先のDiscordユーザーID、メールの設定（SMTP_URL）、電話の設定（PHONE_WEBHOOK_URL）",
		},
		"Discord and mail, only a phone listed": {
			settings{DiscordBotToken: token, DiscordGuildID: guild, SMTPURL: "smtps://mail.example.co.jp"}, contact.Person{Phone: "090-0000-0001"},
			"連絡先のDiscordユーザーID、連絡先のメールアドレス、電話の設定（PHONE_WEBHOOK_URL）",
		},
		"Slack and phone, an extension listed": {
			settings{SlackBotToken: "xoxb-1", SlackAppToken: "xapp-1", PhoneURL: "https://phone.example.co.jp", PhoneSecret: "0123456789abcdef0123456789abcdef"}, contact.Person{Phone: "内線123"},
			"連絡先のSlackユーザーID、連絡先の電話番号（外からかけられるもの）",
		},
		"Slack alone, nothing listed":    {settings{SlackBotToken: "xoxb-1", SlackAppToken: "xapp-1"}, contact.Person{}, "連絡先のSlackユーザーID"},
		"nothing set up, nothing listed": {settings{}, contact.Person{}, "連絡先のメールアドレス、連絡先の電話番号（外からかけられるもの）"},
	} {
		c.settings.Mode = modeLive
		c.row.ID, c.row.Name, c.row.Active = "p-1", "田中 一郎", true
		list := contact.NewDirectory([]contact.Person{c.row})
		p := &program{settings: c.settings}
		f := p.finding(&callCompany{list: list}, paging.Hole{Key: paging.HoleUnreached, Person: c.row.ID})
		said := f.Say(func(key string) string { return texts.Say("ja", key) })
		if !strings.HasSuffix(said, "加えてください："+c.want+"。") || !strings.HasPrefix(said, "田中 一郎さんには") {
			t.Errorf("%s: %s", name, said)
		}
	}
}
