package slacktest_test

import (
	"fmt"
	"testing"

	sl "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"hikeshi/bot/slack/slacktest"
)

func TestTheHomeTab(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	publish := func(api *sl.Client, user, text, hash string) error {
		_, err := api.PublishView(user, sl.HomeTabViewRequest{Type: sl.VTHomeTab, Blocks: sl.Blocks{BlockSet: []sl.Block{
			sl.NewSectionBlock(sl.NewTextBlockObject("plain_text", text, false, false), nil,
				sl.NewAccessory(sl.NewButtonBlockElement("do", "甲", sl.NewTextBlockObject("plain_text", "する", false, false)))),
			sl.NewSectionBlock(sl.NewTextBlockObject("plain_text", "乙の手順", false, false), nil,
				sl.NewAccessory(sl.NewButtonBlockElement("do", "乙", sl.NewTextBlockObject("plain_text", "する", false, false)))),
		}}}, hash)
		return err
	}
	api := connect(t, w, func(api *sl.Client, e socketmode.Event) any {
		switch d := e.Data.(type) {
		case slackevents.EventsAPIEvent:
			opened := d.InnerEvent.Data.(*slackevents.AppHomeOpenedEvent)
			if err := publish(api, opened.User, "ようこそ", ""); err != nil {
				t.Errorf("views.publish: %v", err)
			}
		case sl.InteractionCallback:
			if d.ResponseURL != "" || d.View.Type != sl.VTHomeTab {
				t.Errorf("the press came as %+v", d)
			}
			if err := publish(api, d.User.ID, d.ActionCallback.BlockActions[0].Value+"を押しました", d.View.Hash); err != nil {
				t.Errorf("views.publish: %v", err)
			}
		}
		return nil
	})
	if p.HomeView() != nil {
		t.Fatal("there is a Home tab that nobody published")
	}
	p.OpenHome()
	p.WaitHome("ようこそ")
	p.Press(slacktest.Home, "する", "乙の手順")
	p.WaitHome("乙を押しました")
	none(t, w)
	if err := publish(api, "U1", "x", "of-another"); err == nil || err.Error() != "hash_conflict" {
		t.Errorf("with the hash of another: %v", err)
	}
	if err := publish(api, "U9", "x", ""); err == nil || err.Error() != "user_not_found" {
		t.Errorf("for nobody: %v", err)
	}
}

func TestListsComeInPages(t *testing.T) {
	w := slacktest.New(t)
	for n := range 5 {
		w.AddUser(slacktest.User{ID: fmt.Sprintf("U%d", n)})
		w.AddChannel(fmt.Sprintf("c%d", n), true, w.BotUser, "U0")
	}
	w.AddChannel("closed", true, "U0")
	w.Archive("c4", true)
	all := func(method, list string, more ...string) (names []string) {
		cursor := ""
		for range 10 {
			answer := call(t, w, method, append([]string{"limit", "2", "cursor", cursor}, more...)...)
			wants(t, answer, "ok")
			for _, o := range answer[list].([]any) {
				names = append(names, id(o.(map[string]any), "name"))
			}
			if cursor = id(answer, "response_metadata", "next_cursor"); cursor == "" {
				return names
			}
		}
		t.Errorf("%s: the pages do not end", method)
		return nil
	}
	if got := fmt.Sprint(all("users.list", "members")); got != "[hikeshi u0 u1 u2 u3 u4]" {
		t.Errorf("users: %s", got)
	}
	if got := fmt.Sprint(all("conversations.list", "channels", "types", "private_channel", "exclude_archived", "true")); got != "[c0 c1 c2 c3]" {
		t.Errorf("channels: %s", got)
	}
	if got := fmt.Sprint(all("users.conversations", "channels", "types", "private_channel")); got != "[c0 c1 c2 c3 c4]" {
		t.Errorf("its channels: %s", got)
	}
	wants(t, call(t, w, "conversations.list"), "missing_scope") // public ones need channels:read
}
