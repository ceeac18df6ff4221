package discordtest_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	dg "github.com/bwmarrin/discordgo"

	"hikeshi/bot/discord/discordtest"
)

// heard is what a session was told, in order.
type heard struct {
	mu  sync.Mutex
	all []string
}

func (h *heard) add(s string) { h.mu.Lock(); h.all = append(h.all, s); h.mu.Unlock() }

func (h *heard) is(want string) func() bool {
	return func() bool { h.mu.Lock(); defer h.mu.Unlock(); return strings.Join(h.all, " ") == want }
}

func listen(s *dg.Session) *heard {
	h := &heard{}
	s.SyncEvents = true
	s.AddHandler(func(_ *dg.Session, m *dg.MessageCreate) { h.add(m.Content) })
	return h
}

func open(t *testing.T, s *dg.Session) {
	t.Helper()
	if err := s.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { go func() { _ = s.Close() }() }) // which may wait for its own lock for ever
}

func TestDiscordgoResumes(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(0))
	p := g.AddMember("佐藤")
	g.AddChannel("general")
	s := newApp(t, g)
	h := listen(s)
	open(t, s)
	g.Wait("a socket", func() bool { return g.Sockets() == 1 })
	want := ""
	say := func(text string) { g.Say(p.ID, "general", text); want = strings.TrimSpace(want + " " + text) }
	say("a")
	g.Wait("a", h.is(want))
	for i, drop := range []func(){g.DropSockets, func() { g.CloseSockets(4000) }, g.Reconnect} {
		g.Wait("its first heartbeat", func() bool { return g.Heartbeats() == i+1 })
		drop()
		g.Wait("the drop", func() bool { return g.Sockets() == 0 || g.Resumes() > i })
		say(string(rune('b' + i)))
		g.Wait("it came back", func() bool { return g.Resumes() == i+1 && g.Sockets() == 1 })
		g.Wait("what was missed", h.is(want))
	}
	if g.Identifies() != 1 {
		t.Errorf("identified %d times", g.Identifies())
	}
	mistakes(t, g, 0)
}

func TestDiscordgoWhoseSessionIsOver(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(0))
	p := g.AddMember("佐藤")
	g.AddChannel("general")
	s := newApp(t, g)
	first := listen(s)
	if err := s.Open(); err != nil { // and never closed: see below
		t.Fatal(err)
	}
	g.Wait("its first heartbeat", func() bool { return g.Heartbeats() == 1 })

	// told so on an open connection, it identifies anew
	g.InvalidSession(false)
	g.Wait("it came back", func() bool { return g.Sockets() == 1 && g.Identifies() == 2 })
	g.Say(p.ID, "general", "再び")
	g.Wait("the message", first.is("再び"))
	g.Wait("its first heartbeats", func() bool { return g.Heartbeats() == 2 })

	// told so after RESUME, it never comes back, and cannot be closed (it waits for its own lock):
	// whoever watches it makes a new session, which gets what happens
	g.RefuseResumes(1, false)
	g.DropSockets()
	g.Wait("RESUME was refused", func() bool { return g.ResumesRefused() == 1 })
	fresh := newApp(t, g)
	h := listen(fresh)
	open(t, fresh)
	g.Wait("a socket", func() bool { return g.Sockets() == 1 })
	g.Say(p.ID, "general", "新しい")
	g.Wait("the message", h.is("新しい"))
	if g.Identifies() != 3 {
		t.Errorf("identified %d times", g.Identifies())
	}
	mistakes(t, g, 0)
}

func TestDiscordgoSpeaksREST(t *testing.T) {
	g := discordtest.New(t, discordtest.IdentifyEvery(0))
	p := g.AddMember("佐藤")
	s := newApp(t, g)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	category, err := s.GuildChannelCreateComplex(g.ID(), dg.GuildChannelCreateData{Name: "インシデント対応", Type: dg.ChannelTypeGuildCategory})
	must(err)
	c, err := s.GuildChannelCreateComplex(g.ID(), dg.GuildChannelCreateData{
		Name: "inc-2026-0001", Type: dg.ChannelTypeGuildText, Topic: "停電", ParentID: category.ID,
		PermissionOverwrites: []*dg.PermissionOverwrite{
			{ID: g.ID(), Type: dg.PermissionOverwriteTypeRole, Deny: dg.PermissionViewChannel},
			{ID: g.BotID(), Type: dg.PermissionOverwriteTypeMember, Allow: dg.PermissionViewChannel},
		},
	})
	must(err)
	must(s.ChannelPermissionSet(c.ID, p.ID, dg.PermissionOverwriteTypeMember, dg.PermissionViewChannel, 0))
	if !g.CanSee(p.ID, c.ID) {
		t.Error("he does not see the channel")
	}
	m, err := s.ChannelMessageSendComplex(c.ID, &dg.MessageSend{
		Content: "報告", Embeds: []*dg.MessageEmbed{{Title: "件名", Description: "本文"}}, AllowedMentions: &dg.MessageAllowedMentions{},
		Components: []dg.MessageComponent{dg.ActionsRow{Components: []dg.MessageComponent{dg.Button{Label: "確認", CustomID: "ack", Style: dg.PrimaryButton}}}},
		Files:      []*dg.File{{Name: "a.txt", ContentType: "text/plain", Reader: strings.NewReader("本文")}},
	})
	must(err)
	if len(m.Embeds) != 1 || len(m.Components) != 1 || len(m.Attachments) != 1 || m.Author.ID != g.BotID() {
		t.Errorf("posted %+v", m)
	}
	if _, err = s.ChannelMessageEdit(c.ID, m.ID, "続報"); err == nil {
		t.Error("its fields ID and Channel, which Discord passes over, were taken")
	}
	mistakes(t, g, 1)
	_, err = s.Request("PATCH", dg.EndpointChannelMessage(c.ID, m.ID), map[string]any{"content": "続報"})
	must(err)
	must(s.ChannelMessagePin(c.ID, m.ID))
	must(s.MessageReactionAdd(c.ID, m.ID, "📌"))
	pins, err := s.ChannelMessagesPinned(c.ID, nil, 0)
	must(err)
	if len(pins.Items) != 1 {
		t.Errorf("pins %+v", pins)
	}
	topic := "復旧"
	_, err = s.ChannelEdit(c.ID, &dg.ChannelEdit{Topic: topic})
	must(err)
	th, err := s.ThreadStartComplex(c.ID, &dg.ThreadStart{Name: "t", Type: dg.ChannelTypeGuildPrivateThread, AutoArchiveDuration: 1440})
	must(err)
	must(s.ThreadMemberAdd(th.ID, p.ID))
	yes := true
	_, err = s.ChannelEdit(th.ID, &dg.ChannelEdit{Archived: &yes, Locked: &yes})
	must(err)
	dm, err := s.UserChannelCreate(p.ID)
	must(err)
	_, err = s.ChannelMessageSend(dm.ID, "x")
	must(err)
	_, err = s.ApplicationCommandBulkOverwrite(g.AppID(), g.ID(), []*dg.ApplicationCommand{
		{Name: "incident", Description: "x", Options: []*dg.ApplicationCommandOption{{Type: dg.ApplicationCommandOptionSubCommand, Name: "report", Description: "x"}}},
		{Name: "記録に追加", Type: dg.MessageApplicationCommand},
	})
	must(err)
	commands, err := s.ApplicationCommands(g.AppID(), g.ID())
	must(err)
	members, err := s.GuildMembers(g.ID(), "", 1000)
	must(err)
	if len(commands) != 2 || len(members) != 3 {
		t.Errorf("%d commands, %d members", len(commands), len(members))
	}
	mistakes(t, g, 1)

	g.CloseDMs(p.ID, true)
	var rest *dg.RESTError
	if _, err = s.ChannelMessageSend(dm.ID, "x"); !errors.As(err, &rest) || rest.Message.Code != dg.ErrCodeCannotSendMessagesToThisUser {
		t.Errorf("closed: %v", err)
	}
	g.Fail(discordtest.GetMember, 1, discordtest.Limited, 2500*time.Millisecond)
	var limited *dg.RateLimitError
	if _, err = s.GuildMember(g.ID(), p.ID); !errors.As(err, &limited) || limited.RetryAfter != 2500*time.Millisecond {
		t.Errorf("limited: %v", err)
	}
	if _, err = s.GuildMember(g.ID(), p.ID); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
