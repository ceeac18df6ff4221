package discordtest_test

import (
	"fmt"
	"strings"
	"testing"

	"hikeshi/bot/discord/discordtest"
)

// hidden is the body of a channel for these members alone.
func hidden(g *discordtest.Guild, name string, members ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"name":%q,"type":0,"permission_overwrites":[{"id":%q,"type":0,"deny":"1024"},{"id":%q,"type":1,"allow":"1024"}`, name, g.ID(), g.BotID())
	for _, m := range members {
		fmt.Fprintf(&b, `,{"id":%q,"type":1,"allow":"1024"}`, m)
	}
	return b.String() + "]}"
}

func TestAHiddenChannel(t *testing.T) {
	g := discordtest.New(t)
	in, out := g.AddMember("中"), g.AddMember("外")
	boss := g.AddMember("管理者")
	g.AddRole("管理", discordtest.Administrator, boss.ID)

	made := call(t, g, "POST", "/guilds/"+g.ID()+"/channels", hidden(g, "Inc 2026-0001", in.ID))
	answered(t, made, 201, 0)
	c := made.text("id")
	if made.text("name") != "inc-2026-0001" {
		t.Errorf("named %q", made.text("name"))
	}
	sees := func(want string) {
		t.Helper()
		got := ""
		for _, p := range []*discordtest.Person{in, out, boss} {
			if g.CanSee(p.ID, c) {
				got += "1"
			} else {
				got += "0"
			}
		}
		if got != want {
			t.Errorf("seen by %s instead of %s", got, want)
		}
	}
	sees("101")
	good(t, call(t, g, "PUT", "/channels/"+c+"/permissions/"+out.ID, `{"type":1,"allow":"1024","deny":"0"}`))
	sees("111")
	good(t, call(t, g, "DELETE", "/channels/"+c+"/permissions/"+in.ID, ""))
	sees("011")
	none(t, g)
	answered(t, call(t, g, "DELETE", "/channels/"+c+"/permissions/"+in.ID, ""), 404, 10009)
	mistakes(t, g, 0)

	// the bot's own sight goes by the same rules
	good(t, call(t, g, "POST", "/channels/"+c+"/messages", `{"content":"x"}`))
	g.Overwrite(c, discordtest.Overwrite{ID: g.BotID(), Allow: discordtest.ViewChannel, Deny: discordtest.SendMessages})
	answered(t, call(t, g, "POST", "/channels/"+c+"/messages", `{"content":"x"}`), 403, 50013)
	g.Overwrite(c, discordtest.Overwrite{ID: g.BotID()})
	for _, path := range []string{"", "/messages", "/messages/pins"} {
		answered(t, call(t, g, "GET", "/channels/"+c+path, ""), 403, 50001)
	}
	answered(t, call(t, g, "POST", "/channels/"+c+"/messages", `{"content":"x"}`), 403, 50001)
	answered(t, call(t, g, "PATCH", "/channels/"+c, `{"name":"x"}`), 403, 50001)
	answered(t, call(t, g, "DELETE", "/channels/"+c, ""), 403, 50001)
	g.Allow(g.BotRole(), discordtest.Administrator)
	good(t, call(t, g, "POST", "/channels/"+c+"/messages", `{"content":"x"}`))
	mistakes(t, g, 0)
}

func TestPermissionsOfRolesAndMembers(t *testing.T) {
	const view, write = discordtest.ViewChannel, discordtest.SendMessages
	type o = discordtest.Overwrite
	for name, row := range map[string]struct {
		everyone, roleA, roleB o
		member                 o
		want                   bool
	}{
		"nothing said":                             {want: true},
		"everyone denied":                          {everyone: o{Deny: view}},
		"a role allowed again":                     {everyone: o{Deny: view}, roleA: o{Allow: view}, want: true},
		"roles count together, allowing wins":      {roleA: o{Deny: view}, roleB: o{Allow: view}, want: true},
		"the member's own goes over his roles'":    {roleA: o{Allow: view}, member: o{Deny: view}},
		"the member's own goes over everything":    {everyone: o{Deny: view}, roleB: o{Deny: view}, member: o{Allow: view}, want: true},
		"who may write and not see does not see":   {everyone: o{Deny: view, Allow: write}},
		"denied and allowed at once means allowed": {everyone: o{Deny: view, Allow: view}, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := discordtest.New(t)
			p := g.AddMember("佐藤")
			a, b := g.AddRole("a", 0, p.ID), g.AddRole("b", 0, p.ID)
			g.AddChannel("c")
			row.everyone.ID, row.everyone.Role = g.ID(), true
			row.roleA.ID, row.roleA.Role, row.roleB.ID, row.roleB.Role, row.member.ID = a, true, b, true, p.ID
			for _, o := range []o{row.everyone, row.roleA, row.roleB, row.member} {
				g.Overwrite("c", o)
			}
			if g.CanSee(p.ID, "c") != row.want {
				t.Errorf("sees it: %v", !row.want)
			}
		})
	}
}

func TestOverwritesThatTheBotMayNotSet(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("佐藤")
	make := func(overwrite string) reply {
		t.Helper()
		return call(t, g, "POST", "/guilds/"+g.ID()+"/channels", `{"name":"x","permission_overwrites":[`+overwrite+`]}`)
	}
	answered(t, make(`{"id":"`+p.ID+`","type":1,"allow":"8"}`), 403, 50013)         // it is no administrator
	answered(t, make(`{"id":"`+p.ID+`","type":1,"allow":"268435456"}`), 403, 50013) // MANAGE_ROLES
	answered(t, make(`{"id":"`+p.ID+`","type":0,"allow":"1024"}`), 404, 10011)      // a person is no role
	answered(t, make(`{"id":"1","type":1,"allow":"1024"}`), 404, 10013)
	answered(t, make(`{"id":"`+p.ID+`","type":1,"allow":1024}`), 400, 50035) // a number: API v7
	answered(t, make(`{"id":"`+p.ID+`","type":"member","allow":"1024"}`), 400, 50035)
	answered(t, make(`{"id":"`+p.ID+`","type":1},{"id":"`+p.ID+`","type":1}`), 400, 50035)
	good(t, make(`{"id":"`+p.ID+`","type":1,"allow":"1024"}`))
	g.Allow(g.BotRole(), discordtest.ManageRoles)
	answered(t, make(`{"id":"`+p.ID+`","type":1,"allow":"1024"}`), 403, 50013) // no MANAGE_CHANNELS any more
}

func TestChannelsRunOut(t *testing.T) {
	g := discordtest.New(t)
	a := g.AddCategory("a")
	make := func(body string) reply {
		t.Helper()
		return call(t, g, "POST", "/guilds/"+g.ID()+"/channels", body)
	}
	in := `{"name":"x","parent_id":"` + a.ID + `"}`
	g.Unlimited(true)
	for range 50 {
		good(t, make(in))
	}
	full := make(in)
	answered(t, full, 400, 50035)
	if !strings.Contains(full.raw, `"parent_id":{"_errors":[{"code":"CHANNEL_PARENT_MAX_CHANNELS"`) {
		t.Errorf("said: %s", full.raw)
	}
	other := good(t, make(`{"name":"y"}`))
	answered(t, call(t, g, "PATCH", "/channels/"+other.text("id"), `{"parent_id":"`+a.ID+`"}`), 400, 50035)
	good(t, call(t, g, "DELETE", "/channels/"+other.text("id"), ""))
	g.AddChannels(400)
	g.AddHiddenChannels(500 - 451) // they count too
	answered(t, make(`{"name":"z"}`), 400, 30013)
	mistakes(t, g, 0)

	// a category that goes leaves its channels behind, and threads are no channels
	good(t, call(t, g, "DELETE", "/channels/"+a.ID, ""))
	c, _ := g.Channel("x")
	if c.Parent != "" {
		t.Error("it stands in a category that is no more")
	}
	good(t, make(`{"name":"last"}`))
	answered(t, make(`{"name":"z"}`), 400, 30013)
	good(t, call(t, g, "POST", "/channels/"+c.ID+"/threads", `{"name":"t","type":12}`))
	answered(t, make(`{"name":"`+strings.Repeat("a", 101)+`"}`), 400, 50035)
	answered(t, make(`{"name":"v","type":2}`), 400, 50035)
	answered(t, make(`{"name":"v","topic":"`+strings.Repeat("あ", 1025)+`"}`), 400, 50035)
	mistakes(t, g, 3)
}

func TestWhatTheBotDoesNotSeeIsNotListed(t *testing.T) {
	g := discordtest.New(t)
	g.AddChannel("general")
	secret := g.AddHidden("secret")
	w, _ := begin(t, g, discordtest.IntentGuilds)
	names := func(l []any) (s string) {
		for _, c := range l {
			s += c.(map[string]any)["name"].(string) + " "
		}
		return s
	}
	created := w.event("GUILD_CREATE")
	if got := names(created.d["channels"].([]any)); got != "general ___hidden___ " {
		t.Errorf("told of %s", got)
	}
	list := func() string {
		return names(good(t, call(t, g, "GET", "/guilds/"+g.ID()+"/channels", "")).list)
	}
	if got := list(); got != "general " {
		t.Errorf("listed %s", got)
	}
	told := func(name string, flags float64, overwrites int) {
		t.Helper()
		e := w.event("CHANNEL_UPDATE")
		if e.text("id") != secret.ID || e.text("name") != name || e.d["flags"] != flags || len(e.d["permission_overwrites"].([]any)) != overwrites {
			t.Errorf("told of %+v", e.d)
		}
	}
	g.Overwrite("secret", discordtest.Overwrite{ID: g.BotID(), Allow: discordtest.ViewChannel})
	told("secret", 0, 2)
	if got := list(); got != "general secret " {
		t.Errorf("listed %s", got)
	}
	g.Overwrite("secret", discordtest.Overwrite{ID: g.BotID()})
	told("___hidden___", 1<<17, 1)
	g.Allow(g.BotRole(), discordtest.Administrator)
	told("secret", 0, 2)
	none(t, g)
}

func TestThreads(t *testing.T) {
	g := discordtest.New(t)
	in, out, boss := g.AddMember("中"), g.AddMember("外"), g.AddMember("管理者")
	g.AddRole("管理", discordtest.ManageThreads, boss.ID)
	c := g.AddChannel("incidents")
	made := call(t, g, "POST", "/channels/"+c.ID+"/threads", `{"name":"inc-2026-0001","type":12,"invitable":false}`)
	answered(t, made, 201, 0)
	id := made.text("id")
	good(t, call(t, g, "PUT", "/channels/"+id+"/thread-members/"+in.ID, ""))
	if !g.CanSee(in.ID, id) || g.CanSee(out.ID, id) || !g.CanSee(boss.ID, id) || !g.CanSee(g.BotID(), id) {
		t.Error("the wrong people see the thread")
	}
	if m := good(t, call(t, g, "GET", "/channels/"+id+"/thread-members", "")); len(m.list) != 2 {
		t.Errorf("members: %s", m.raw)
	}
	good(t, call(t, g, "POST", "/channels/"+id+"/messages", `{"content":"x"}`))
	archive := `{"archived":true,"locked":true}`
	if a := good(t, call(t, g, "PATCH", "/channels/"+id, archive)); a.body["thread_metadata"].(map[string]any)["locked"] != true {
		t.Errorf("archived: %s", a.raw)
	}
	none(t, g)
	// in the archive it is as it is
	answered(t, call(t, g, "PUT", "/channels/"+id+"/thread-members/"+out.ID, ""), 400, 50083)
	answered(t, call(t, g, "DELETE", "/channels/"+id+"/thread-members/"+in.ID, ""), 400, 50083)
	answered(t, call(t, g, "PATCH", "/channels/"+id, `{"name":"other"}`), 400, 50083)
	found, _ := g.Channel(id)
	if len(found.Messages) != 2 || found.Messages[0].Kind != 1 || found.Messages[0].Mentions[0] != in.ID { // "… added 中"
		t.Errorf("in the thread: %+v", found.Messages)
	}
	answered(t, call(t, g, "PATCH", "/channels/"+id+"/messages/"+found.Messages[1].ID, `{"content":"y"}`), 400, 50083)
	if l := good(t, call(t, g, "GET", "/guilds/"+g.ID()+"/threads/active", "")); len(l.body["threads"].([]any)) != 0 {
		t.Errorf("active: %s", l.raw)
	}
	if l := good(t, call(t, g, "GET", "/channels/"+c.ID+"/threads/archived/private", "")); len(l.body["threads"].([]any)) != 1 {
		t.Errorf("archived: %s", l.raw)
	}
	// a message takes it out again when it is not locked
	answered(t, call(t, g, "POST", "/channels/"+id+"/messages", `{"content":"z"}`), 400, 50083)
	g.ChangeChannel(id, func(c *discordtest.Channel) { c.Locked = false })
	good(t, call(t, g, "POST", "/channels/"+id+"/messages", `{"content":"z"}`))
	g.ChangeChannel(id, func(c *discordtest.Channel) { c.Locked = true })
	if found, _ = g.Channel(id); found.Archived || !found.Locked {
		t.Errorf("archived %v, locked %v", found.Archived, found.Locked)
	}
	good(t, call(t, g, "DELETE", "/channels/"+id+"/thread-members/"+in.ID, ""))
	if g.CanSee(in.ID, id) {
		t.Error("he still sees it")
	}
	if th := good(t, call(t, g, "GET", "/channels/"+id, "")); th.body["member"] == nil || th.body["member_count"] != 1.0 {
		t.Errorf("the thread: %s", th.raw)
	}
	g.Overwrite("incidents", discordtest.Overwrite{ID: g.ID(), Role: true, Deny: discordtest.ViewChannel})
	g.Overwrite("incidents", discordtest.Overwrite{ID: g.BotID(), Allow: discordtest.ViewChannel})
	answered(t, call(t, g, "PUT", "/channels/"+id+"/thread-members/"+in.ID, ""), 403, 50001)
	mistakes(t, g, 0)
	answered(t, call(t, g, "PATCH", "/channels/"+id+"/messages/"+found.Messages[0].ID, `{"content":"y"}`), 403, 50021)
	answered(t, call(t, g, "DELETE", "/channels/"+id+"/messages/"+found.Messages[0].ID, ""), 403, 50021)
	answered(t, call(t, g, "POST", "/channels/"+c.ID+"/threads", `{"name":"t","type":12,"auto_archive_duration":100}`), 400, 50035)
	g.Allow(g.BotRole(), discordtest.SendMessages)
	g.Allow("", discordtest.SendMessages)
	answered(t, call(t, g, "POST", "/channels/"+c.ID+"/threads", `{"name":"t","type":12}`), 403, 50013)
}
