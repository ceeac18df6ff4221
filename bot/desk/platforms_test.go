package desk_test

import (
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// onBoth has 佐藤 be on Slack and Discord, and 鈴木 on Discord alone.
func onBoth(t *testing.T) *bench {
	t.Helper()
	b := newCalls(t, "ja").with(func(c *desk.Config) { c.Platforms = []string{"slack", "discord"} })
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	for i := range rows {
		switch {
		case strings.HasPrefix(rows[i].Name, "佐藤"):
			rows[i].SlackID, rows[i].DiscordID = "U0SATO0", "12345678901234567"
		case strings.HasPrefix(rows[i].Name, "鈴木"):
			rows[i].DiscordID = "12345678901234568"
		}
	}
	if _, err := b.service.ImportContacts(ctx, rows); err != nil {
		t.Fatal(err)
	}
	return b
}

// A call by mail or phone names the platforms by which its person could not be reached, and those
// that must not be used.
func TestACallNamesThePlatformsOfItsPerson(t *testing.T) {
	b := onBoth(t)
	id := b.report("山本", "名簿を電車に置き忘れた", "kind", "loss")
	b.arrive(incident.ByChat)
	for name, want := range map[string]string{"佐藤": "Slack、Discord", "鈴木": "Discord"} {
		m := b.called(id, name, incident.ByChat)
		if err := b.service.MeansFailed(ctx, m, incident.TroubleRefused); err != nil {
			t.Fatal(err)
		}
		if c := b.call(b.called(id, name, incident.ByMail)); c.Down != want || c.Avoid != "" {
			t.Errorf("%s: down %q, avoid %q", name, c.Down, c.Avoid)
		}
	}
	b.must(b.say("佐藤", "", "/incident 危険 discord"))
	if c := b.call(b.called(id, "佐藤", incident.ByMail)); c.Avoid != "Discord" {
		t.Errorf("avoid %q", c.Avoid)
	}
}

// Both platforms can be marked, each from the list and by its name, and each from elsewhere alone.
func TestEachPlatformInUseCanBeMarked(t *testing.T) {
	b := onBoth(t)
	shown := showReply(b.say("佐藤", "", "/incident 危険"))
	for _, button := range []string{"Slackを使わない", "Discordを使わない"} {
		if !strings.Contains(shown, button) {
			t.Errorf("without %s:\n%s", button, shown)
		}
	}
	b.must(b.say("佐藤", "", "/incident 危険 slack"))
	// What comes from the one that is marked does not count; what comes from the other does.
	from := func(user chat.UserID) chat.Reply {
		return b.desk.Handle(ctx, chat.Request{ID: "r" + string(user), Kind: chat.Said, From: user, Text: "/incident 一覧"})
	}
	if text := showReply(from("slack:U0SATO0")); !strings.Contains(text, "いまSlackは使えません") {
		t.Errorf("from Slack:\n%s", text)
	}
	if text := showReply(from("discord:12345678901234567")); strings.Contains(text, "使えません") {
		t.Errorf("from Discord:\n%s", text)
	}
	if banner := b.desk.Banner(ctx, map[string]bool{"discord": true}); !strings.Contains(banner, "Slack") || !strings.Contains(banner, "Discord") {
		t.Errorf("the banner says %q", banner)
	}
}

// What goes to the channels of two platforms is told apart on the page of the incident.
func TestChannelsAreToldApart(t *testing.T) {
	b := onBoth(t)
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.service, err = workflows.New(ctx, workflows.Options{Store: b.store, Clock: b.clock, Book: book, Places: []string{"slack", "discord"}})
	if err != nil {
		t.Fatal(err)
	}
	b.with(func(c *desk.Config) { c.Service = b.service })
	id := b.report("山本", "名簿を電車に置き忘れた", "kind", "loss")
	b.do("佐藤", id, incident.Take{})
	if err := b.service.Share(ctx, "share", b.person("佐藤"), id, incident.ReportPDF); err != nil {
		t.Fatal(err)
	}
	page, err := b.desk.Incident(ctx, b.user("佐藤"), string(id))
	if err != nil {
		t.Fatal(err)
	}
	to := map[string]int{}
	for _, m := range page.Messages {
		to[m.To]++
	}
	if n := to["この件のチャンネル（Slack）"]; n == 0 || n != to["この件のチャンネル（Discord）"] || to["この件のチャンネル"] != 0 {
		t.Errorf("%v", to)
	}
}

// Why there is no channel is said in the words of the platform that refused it.
func TestNoChannelOnDiscord(t *testing.T) {
	b := onBoth(t)
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.service, err = workflows.New(ctx, workflows.Options{Store: b.store, Clock: b.clock, Book: book, Places: []string{"discord"}})
	if err != nil {
		t.Fatal(err)
	}
	b.with(func(c *desk.Config) { c.Service, c.Platforms = b.service, []string{"discord"} })
	id := b.report("山本", "名簿を電車に置き忘れた", "kind", "loss")
	for problem, says := range map[chat.Problem]string{chat.ProblemForbidden: "Discordの権限が足りず", chat.ProblemRefused: "Discordに断られました"} {
		b.kept(id, workflows.PlaceKept{Problem: string(problem)})
		list, err := b.store.Messages(ctx, workflows.MessageQuery{Incident: id, Person: b.person("佐藤")})
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, m := range list {
			if m.Kind == incident.NoticeAbsent {
				card, err := b.desk.Card(ctx, m)
				if err != nil {
					t.Fatal(err)
				}
				text = showCard(card)
			}
		}
		if !strings.Contains(text, says) || strings.Contains(text, "Slack") {
			t.Errorf("%s:\n%s", problem, text)
		}
	}
}
