package slacktest_test

import (
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/slack/slacktest"
)

// id reads text inside of an answer.
func id(answer map[string]any, path ...string) string {
	var v any = answer
	for _, p := range path {
		o, _ := v.(map[string]any)
		v = o[p]
	}
	s, _ := v.(string)
	return s
}

func TestTokensAndScopes(t *testing.T) {
	w := slacktest.New(t)
	form := "application/x-www-form-urlencoded"
	wants(t, post(t, w.URL()+"auth.test", form, "", ""), "not_authed")
	wants(t, post(t, w.URL()+"auth.test", form, "xoxb-of-somebody-else", ""), "invalid_auth")
	wants(t, post(t, w.URL()+"auth.test", form, w.BotToken, ""), "ok")
	wants(t, post(t, w.URL()+"apps.connections.open", form, w.BotToken, ""), "not_allowed_token_type")
	wants(t, post(t, w.URL()+"apps.connections.open", form, w.AppToken, ""), "ok")
	wants(t, post(t, w.URL()+"chat.postMessage", form, w.AppToken, "channel=C1&text=x"), "not_allowed_token_type")
	wants(t, call(t, w, "files.sharedPublicURL", "file", "F1"), "unknown_method")
	wants(t, call(t, w, "files.upload"), "unknown_method")
	if got := w.Mistakes(); !slices.Contains(got, "files.sharedPublicURL: unknown_method") {
		t.Errorf("mistakes: %q", got)
	}

	w.Grant("chat:write")
	answer := call(t, w, "users.info", "user", "U1")
	wants(t, answer, "missing_scope")
	if answer["needed"] != "users:read" || answer["provided"] != "chat:write" {
		t.Errorf("needed %v, provided %v", answer["needed"], answer["provided"])
	}
	wants(t, call(t, w, "conversations.create", "name", "a", "is_private", "true"), "missing_scope")
}

func TestChannels(t *testing.T) {
	w := slacktest.New(t)
	for _, u := range []slacktest.User{
		{ID: "U1"}, {ID: "U2"}, {ID: "UGUEST", Guest: true}, {ID: "UONE", SingleChannelGuest: true}, {ID: "UGONE", Deleted: true},
		{ID: "UAWAY", TeamID: "T2"}, {ID: "UBOT", Bot: true},
	} {
		w.AddUser(u)
	}
	create := func(name string) map[string]any {
		return call(t, w, "conversations.create", "name", name, "is_private", "true")
	}
	made := create("inc-2026-0001")
	wants(t, made, "ok")
	c := id(made, "channel", "id")
	wants(t, create("inc-2026-0001"), "name_taken")
	wants(t, create(strings.Repeat("a", 80)), "ok")
	wants(t, create(strings.Repeat("a", 81)), "invalid_name_maxlength")
	wants(t, create("Inc"), "invalid_name_specials")
	wants(t, create(""), "invalid_name_required")
	w.ForbidChannels(true)
	wants(t, create("b"), "restricted_action")
	w.ForbidChannels(false)

	for users, want := range map[string]string{
		"U1,UNOBODY": "user_not_found", "U1,UGONE": "user_not_found", "U1,S0GROUP": "user_not_found", "U1," + w.BotUser: "cant_invite_self",
		"U1,UGUEST": "user_is_restricted", "U1,UONE": "ura_max_channels", "U1,UAWAY": "cant_invite", "": "no_user",
	} {
		wants(t, call(t, w, "conversations.invite", "channel", c, "users", users), want)
	}
	if got, _ := w.Channel("inc-2026-0001"); len(got.Members) != 1 {
		t.Fatalf("a refused batch brought in %q", got.Members)
	}
	wants(t, call(t, w, "conversations.invite", "channel", c, "users", "U1,U2"), "ok")
	wants(t, call(t, w, "conversations.invite", "channel", c, "users", "U1"), "already_in_channel")
	wants(t, call(t, w, "conversations.kick", "channel", c, "user", "U2"), "ok")
	wants(t, call(t, w, "conversations.kick", "channel", c, "user", "U2"), "not_in_channel")
	wants(t, call(t, w, "conversations.setTopic", "channel", c, "topic", s(250)), "ok")
	wants(t, call(t, w, "conversations.setTopic", "channel", c, "topic", s(251)), "too_long")

	for user, want := range map[string]string{"U1": "ok", "UGONE": "user_disabled", "UBOT": "cannot_dm_bot", "UNOBODY": "user_not_found", "UAWAY": "user_not_visible", "": "users_list_not_supplied"} {
		wants(t, call(t, w, "conversations.open", "users", user), want)
	}

	sent := call(t, w, "chat.postMessage", "channel", c, "text", "x")
	ts := id(sent, "ts")
	wants(t, call(t, w, "pins.add", "channel", c, "timestamp", ts), "ok")
	wants(t, call(t, w, "pins.add", "channel", c, "timestamp", ts), "already_pinned")
	wants(t, call(t, w, "bookmarks.add", "channel_id", c, "title", "記録", "type", "link", "link", "https://a.example/"), "ok")
	wants(t, call(t, w, "bookmarks.add", "channel_id", c, "title", "記録", "type", "link", "link", "/a"), "invalid_link")

	wants(t, call(t, w, "conversations.archive", "channel", c), "ok")
	wants(t, call(t, w, "conversations.archive", "channel", c), "already_archived")
	wants(t, call(t, w, "chat.postMessage", "channel", c, "text", "x"), "is_archived")
	wants(t, create("inc-2026-0001"), "name_taken") // an archived channel keeps its name

	if got := w.Mistakes(); slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "public_channel") }) {
		t.Errorf("mistakes: %q", got)
	}
	w.Grant("channels:manage")
	call(t, w, "conversations.create", "name", "public")
	if got := w.Mistakes(); !slices.Contains(got, "conversations.create: public_channel: public") {
		t.Errorf("a public channel was no mistake: %q", got)
	}
}

func TestWhereTheAppMayPost(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	open := w.AddChannel("general", false, "U1")
	closed := w.AddChannel("secret", true, "U1")
	ours := w.AddChannel("ours", true, "U1", w.BotUser)
	wants(t, call(t, w, "chat.postMessage", "channel", open.ID, "text", "x"), "not_in_channel")
	wants(t, call(t, w, "chat.postMessage", "channel", closed.ID, "text", "x"), "channel_not_found")
	wants(t, call(t, w, "conversations.info", "channel", closed.ID), "channel_not_found")
	sent := call(t, w, "chat.postMessage", "channel", ours.ID, "text", "x", "metadata", `{"event_type":"e","event_payload":{"key":"k"}}`)
	wants(t, sent, "ok")
	wants(t, call(t, w, "chat.update", "channel", ours.ID, "ts", "1.000000", "text", "y"), "message_not_found")
	theirs := p.Post("ours", "おはよう")
	wants(t, call(t, w, "chat.update", "channel", ours.ID, "ts", theirs, "text", "y"), "cant_update_message")
	wants(t, call(t, w, "chat.update", "channel", ours.ID, "ts", id(sent, "ts"), "text", "y"), "ok")
	wants(t, call(t, w, "chat.postEphemeral", "channel", ours.ID, "user", "U9", "text", "y"), "user_not_in_channel")
	if got := slacktest.Texts(p.Look("ours")); got != "y\nおはよう" {
		t.Errorf("the person sees %q", got)
	}
	if got := w.AddUser(slacktest.User{ID: "U2"}).Look("ours"); got != nil {
		t.Errorf("a stranger sees %v", got)
	}

	// metadata is given only to who asks for it, and survives an update without it
	without := call(t, w, "conversations.history", "channel", ours.ID)
	with := call(t, w, "conversations.history", "channel", ours.ID, "include_all_metadata", "true", "oldest", id(sent, "ts"), "inclusive", "true", "latest", id(sent, "ts"))
	first := func(a map[string]any) map[string]any {
		return a["messages"].([]any)[len(a["messages"].([]any))-1].(map[string]any)
	}
	if first(without)["metadata"] != nil || id(first(with), "metadata", "event_payload", "key") != "k" || len(with["messages"].([]any)) != 1 {
		t.Errorf("history: %v\n%v", without, with)
	}
	if got := w.Calls("chat.postMessage"); got[2].Key != "k" || got[2].Err != "" || got[0].Err != "not_in_channel" || w.Done("chat.postMessage") != 1 {
		t.Errorf("calls: %+v", got)
	}

	// pages: two of three, then the rest
	p.Post("ours", "3")
	page := call(t, w, "conversations.history", "channel", ours.ID, "limit", "2")
	rest := call(t, w, "conversations.history", "channel", ours.ID, "limit", "2", "cursor", id(page, "response_metadata", "next_cursor"))
	if len(page["messages"].([]any)) != 2 || len(rest["messages"].([]any)) != 1 || id(rest, "response_metadata", "next_cursor") != "" {
		t.Errorf("pages: %v\n%v", page, rest)
	}
}

func TestPeopleByMail(t *testing.T) {
	w := slacktest.New(t)
	w.AddUser(slacktest.User{ID: "U1", Email: "sato@example.jp", EmailConfirmed: true})
	w.AddUser(slacktest.User{ID: "U2", Email: "gone@example.jp", Deleted: true})
	if got := id(call(t, w, "users.lookupByEmail", "email", "Sato@example.jp"), "user", "id"); got != "U1" {
		t.Errorf("found %q", got)
	}
	wants(t, call(t, w, "users.lookupByEmail", "email", "gone@example.jp"), "users_not_found")
	if got := id(call(t, w, "users.info", "user", "U1"), "user", "profile", "email"); got != "sato@example.jp" {
		t.Errorf("the address is %q", got)
	}
	w.Grant("users:read")
	if got := id(call(t, w, "users.info", "user", "U1"), "user", "profile", "email"); got != "" {
		t.Errorf("without users:read.email the address is %q", got)
	}
}
