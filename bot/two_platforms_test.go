package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/bot/phone/phonetest"
	"hikeshi/bot/slack"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// bothPlatforms is the program on duty on Slack and Discord at once, with the phone beside them.
// 佐藤 is on both, 鈴木 on Discord alone, everybody else on Slack alone, where 佐藤 and 鈴木 are known by
// the list and not by their addresses.
type bothPlatforms struct {
	t       *testing.T
	slack   *slacktest.Workspace
	guild   *discordtest.Guild
	gateway *phonetest.Gateway
	house   *house
	discord map[string]*discordtest.Person
	rows    []contact.Row // the contact list
}

func newBothPlatforms(t *testing.T) *bothPlatforms {
	t.Helper()
	w := slacktest.New(t, slacktest.Patience(time.Minute), slacktest.Scopes(slack.Scopes()...))
	b := &bothPlatforms{
		t: t, slack: w, guild: discordtest.New(t, discordtest.Patience(time.Minute), discordtest.IdentifyEvery(0)), gateway: phonetest.Start(t),
		discord: map[string]*discordtest.Person{},
	}
	p := &program{settings: slackSettings(w, pgtest.Database(t, filepath.Join(t.TempDir(), "live.db"), store.Migrate)), slackLimits: fast}
	p.settings.Mode = modeLive
	p.settings.PhoneURL, p.settings.PhoneSecret = b.gateway.URL(), b.gateway.Secret
	p.settings.DiscordBotToken, p.settings.DiscordGuildID, p.settings.DiscordAPIURL = b.guild.Token(), b.guild.ID(), b.guild.URL()
	var stop func()
	b.house, stop = slackDuty(t, p, realClock{})
	t.Cleanup(func() {
		b.house.courier.BreakOff()
		stop()
	})
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	for _, name := range []string{"佐藤", "鈴木"} {
		b.discord[name] = b.guild.AddMember(name)
	}
	lead := w.AddUser(slacktest.User{ID: "U0LEAD", Name: "佐藤", RealName: "佐藤 美咲"})
	for i := range rows {
		switch {
		case strings.HasPrefix(rows[i].Name, "佐藤"):
			rows[i].SlackID, rows[i].DiscordID = lead.ID, b.discord["佐藤"].ID
		case strings.HasPrefix(rows[i].Name, "鈴木"):
			rows[i].DiscordID = b.discord["鈴木"].ID
		}
	}
	if _, err := b.house.service.ImportContacts(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	b.rows = rows
	var onSlack []contact.Person
	for _, p := range b.house.service.Contacts().People() {
		if p.DiscordID == "" {
			onSlack = append(onSlack, p)
		}
	}
	moveIn(w, onSlack)
	w.Wait("Slack is connected", func() bool { return w.Sockets() > 0 })
	b.guild.Wait("Discord is connected", func() bool { return b.guild.Sockets() > 0 && len(b.guild.Commands()) > 0 })
	return b
}

// report has somebody report in the web room.
func (b *bothPlatforms) report(who, key, text string) incident.ID {
	b.t.Helper()
	found := b.house.service.Contacts().Find(who)
	reply := b.house.desk.Handle(b.t.Context(), chat.Request{
		ID: key, Kind: chat.Said, From: desk.User(found[0]), Text: "/incident " + text, At: time.Now(),
	})
	if !reply.Accepted {
		b.t.Fatalf("%+v", reply)
	}
	return incident.ID(liveNumber.FindString(reply.Cards[0].Title))
}

// settle waits until nothing is to be sent any more, and the channels are as they ought to be: what
// keeps them is said to nobody, and not counted among what is to be sent.
func (b *bothPlatforms) settle() {
	b.t.Helper()
	b.slack.Wait("everything is sent", func() bool { return b.pending() == 0 && !b.keeps() })
}

// keeps reports whether something of the channels is still to be done.
func (b *bothPlatforms) keeps() bool {
	ids, err := b.house.store.AllIDs(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, id := range ids {
		list, err := b.house.store.Messages(b.t.Context(), workflows.MessageQuery{Incident: id, All: true, Places: true})
		if err != nil {
			b.t.Fatal(err)
		}
		if slices.ContainsFunc(list, func(m workflows.Message) bool {
			return m.Kind == incident.NoticePlace && m.State == workflows.MessagePending
		}) {
			return true
		}
	}
	return false
}

func (b *bothPlatforms) pending() int {
	all, err := b.house.service.Backlog(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return all.Pending
}

// onDiscord are somebody's direct messages there that hold a text.
func (b *bothPlatforms) onDiscord(name, text string) int { return holding(b.discord[name].DMs(), text) }

func holding(list []discordtest.Message, text string) (n int) {
	for _, m := range list {
		if strings.Contains(m.Text(), text) {
			n++
		}
	}
	return n
}

// onSlack are the same on Slack.
func (b *bothPlatforms) onSlack(user, text string) (n int) {
	for _, m := range b.slack.Person(user).DMs() {
		if strings.Contains(m.Text(), text) {
			n++
		}
	}
	return n
}

// rung are the calls to the lead's phone about an incident.
func (b *bothPlatforms) rung(id incident.ID) (n int) {
	for _, c := range b.gateway.Calls() {
		if leadIsRung(c) && c.Incident == string(id) {
			n++
		}
	}
	return n
}

// One incident has its channel on both platforms, each with its card; whoever is called is called
// where he is; and who takes it on one is seen on the other.
func TestOneIncidentOnSlackAndDiscord(t *testing.T) {
	b := newBothPlatforms(t)
	id := b.report("山本", "r1", "顧客名簿を電車に置き忘れた")
	channel := strings.ToLower(string(id))
	b.settle()

	if n := b.onSlack("U0LEAD", string(id)); n == 0 {
		t.Error("the lead is not called on Slack")
	}
	if n := b.onDiscord("佐藤", string(id)); n != 0 {
		t.Errorf("the lead is called on Discord as well: %q", b.discord["佐藤"].DMs())
	}
	if n := b.onDiscord("鈴木", string(id)); n == 0 {
		t.Error("who is on Discord alone is not called there")
	}
	onSlack, there := b.slack.Channel(channel)
	if !there || !onSlack.Private || len(onSlack.Pinned) != 1 || !slices.Contains(onSlack.Members, "U0LEAD") {
		t.Errorf("the channel on Slack: %v %+v", there, onSlack)
	}
	onDiscord, there := b.guild.Channel(channel)
	if !there || holding(onDiscord.Messages, string(id)) == 0 {
		t.Fatalf("the channel on Discord: %v %+v", there, onDiscord)
	}
	for _, name := range []string{"佐藤", "鈴木"} {
		if !b.guild.CanSee(b.discord[name].ID, channel) {
			t.Errorf("%s does not see the channel on Discord", name)
		}
	}
	// Nobody is missing: each is in the one or the other.
	in, err := b.house.store.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, front := range []string{"", frontendDiscord} {
		kept, known, err := b.house.service.PlaceOf(t.Context(), id, front)
		if err != nil || !known || kept.ID == "" || len(kept.Missing) > 0 {
			t.Errorf("%q: %+v, %v, %v of %d", front, kept, known, err, len(in.Circle))
		}
	}

	b.discord["鈴木"].WaitPress("", "対応します", string(id))
	b.slack.Wait("it shows in Slack's channel", func() bool {
		c, _ := b.slack.Channel(channel)
		return strings.Contains(slacktest.Texts(c.Messages), "鈴木")
	})
	b.settle()
	in, err = b.house.store.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if page, called := in.Page(b.house.service.Contacts().Find("鈴木")[0]); !called || page.Status != incident.PageAcknowledged {
		t.Errorf("%+v, %v", page, called)
	}
	after, _ := b.guild.Channel(channel)
	if len(after.Messages) == 0 || holding(after.Messages, "鈴木") == 0 {
		t.Errorf("it does not show in Discord's channel: %q", after.Messages)
	}
	if !slices.ContainsFunc(after.Messages, func(m discordtest.Message) bool { return m.Pinned && strings.Contains(m.Text(), string(id)) }) {
		t.Errorf("the card is not pinned on Discord: %q", after.Pinned)
	}
	b.cardsOnce(channel, id)
	b.shared(channel, id)
	b.ended(channel, id)
}

// shared has the report brought into the channels, once into each.
func (b *bothPlatforms) shared(channel string, id incident.ID) {
	b.t.Helper()
	lead := b.house.service.Contacts().Find("佐藤")[0]
	if err := b.house.service.Share(b.t.Context(), "share", lead, id, incident.ReportPDF); err != nil {
		b.t.Fatal(err)
	}
	b.settle()
	files := map[string]int{}
	c, _ := b.slack.Channel(channel)
	for _, m := range c.Messages {
		files[frontendSlack] += len(m.Files)
	}
	d, _ := b.guild.Channel(channel)
	for _, m := range d.Messages {
		files[frontendDiscord] += len(m.Attachments)
	}
	if files[frontendSlack] != 1 || files[frontendDiscord] != 1 {
		b.t.Errorf("files: %v", files)
	}
}

// ended has the incident end, and with it both channels, when all is said in them.
func (b *bothPlatforms) ended(channel string, id incident.ID) {
	b.t.Helper()
	ctx, lead := b.t.Context(), b.house.service.Contacts().Find("佐藤")[0]
	out, err := b.house.service.Do(ctx, workflows.Command{
		Key: "end", Incident: id, By: incident.Actor{ID: lead, Name: "佐藤 美咲"}, Source: incident.FromPerson, Do: incident.Dismiss{Reason: "誤報でした"},
	})
	if err != nil || !out.Accepted() {
		b.t.Fatalf("%+v %v", out, err)
	}
	for _, front := range []string{"", frontendDiscord} {
		b.slack.Wait("the channel is put away", func() bool {
			kept, _, err := b.house.service.PlaceOf(ctx, id, front)
			return err == nil && kept.Ended
		})
	}
	b.settle()
	if c, _ := b.slack.Channel(channel); !c.Archived {
		b.t.Error("Slack's channel is still open")
	}
	d, _ := b.guild.Channel(channel)
	if last := d.Messages[len(d.Messages)-1].Text(); !strings.Contains(last, "誤報でした") {
		b.t.Errorf("the last thing said on Discord is %q", last)
	}
}

// cardsOnce checks that each channel has one card, brought up to date where it stands.
func (b *bothPlatforms) cardsOnce(channel string, id incident.ID) {
	b.t.Helper()
	list, err := b.house.store.Messages(b.t.Context(), workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		b.t.Fatal(err)
	}
	by := map[string]int{}
	for _, m := range list {
		if m.Kind == incident.NoticeCard {
			if by[m.Frontend]++; m.State != workflows.MessageSent {
				b.t.Errorf("%s is %s", m.Key, m.State)
			}
		}
	}
	if by[frontendSlack] != 1 || by[frontendDiscord] != 1 {
		b.t.Errorf("cards: %v", by)
	}
	c, _ := b.slack.Channel(channel)
	once(b.t, "#"+channel, c.Messages)
	for _, said := range [][]string{b.slack.Mistakes(), b.guild.Mistakes()} {
		if len(said) > 0 {
			b.t.Errorf("refused: %q", said)
		}
	}
}

// Who is on both is called on Discord while Slack is marked as compromised, before anybody rings him.
func TestACallGoesToDiscordWhileSlackIsMarked(t *testing.T) {
	b := newBothPlatforms(t)
	if out, err := b.house.service.Compromise(t.Context(), "mark", "", frontendSlack, true, workflows.DoorConsole); err != nil || !out.Accepted() {
		t.Fatalf("%+v %v", out, err)
	}
	before := len(b.slack.Calls("chat.postMessage"))
	id := b.report("山本", "r1", "顧客名簿を電車に置き忘れた")
	b.guild.Wait("the lead is called on Discord", func() bool { return b.onDiscord("佐藤", string(id)) > 0 })
	b.discord["佐藤"].WaitPress("", "対応します", string(id))
	b.guild.Wait("he has taken it", func() bool {
		in, err := b.house.store.Incident(t.Context(), id)
		return err == nil && in.Lead != ""
	})
	if n := b.rung(id); n != 0 {
		t.Errorf("he was rung %d times all the same", n)
	}
	if n := len(b.slack.Calls("chat.postMessage")); n != before {
		t.Errorf("%d messages went to a marked Slack", n-before)
	}
}

// The same while Slack is away, however it is.
func TestACallGoesToDiscordWhileSlackIsAway(t *testing.T) {
	for _, a := range away {
		if a.name == "asking to wait" {
			continue // it is not away: the call waits its turn, or goes on when that is late
		}
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			b := newBothPlatforms(t)
			a.begin(b.slack)
			begun := time.Now()
			id := b.report("山本", "r1", "顧客名簿を電車に置き忘れた")
			b.guild.Wait("the lead is called on Discord", func() bool { return b.onDiscord("佐藤", string(id)) > 0 })
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("after %s", took)
			}
			if n := b.rung(id); n != 0 {
				t.Errorf("he was rung %d times before", n)
			}
			b.guild.Wait("Discord's channel is there all the same", func() bool {
				c, ok := b.guild.Channel(strings.ToLower(string(id)))
				return ok && holding(c.Messages, string(id)) > 0
			})
		})
	}
}

// Discord alone is enough: the call, the channel and the answer.
func TestDiscordAlone(t *testing.T) {
	g := discordtest.New(t, discordtest.Patience(time.Minute), discordtest.IdentifyEvery(0))
	p := &program{settings: settings{
		DatabaseURL: pgtest.Database(t, filepath.Join(t.TempDir(), "live.db"), store.Migrate), Lang: "ja", Mode: modeLive, Listen: "127.0.0.1:0",
		PublicURL: "https://hikeshi.example.co.jp", DiscordBotToken: g.Token(), DiscordGuildID: g.ID(), DiscordAPIURL: g.URL(),
	}}
	h, stop := slackDuty(t, p, realClock{})
	t.Cleanup(stop)
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	people := map[string]*discordtest.Person{}
	for i := range rows {
		if strings.HasSuffix(rows[i].Email, "@support.example.co.jp") {
			continue
		}
		family, _, _ := strings.Cut(rows[i].Name, " ")
		if people[family] == nil {
			people[family] = g.AddMember(family)
		}
		rows[i].DiscordID = people[family].ID
	}
	if _, err := h.service.ImportContacts(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	g.AddChannel("general")
	g.Wait("the program is connected", func() bool { return g.Sockets() > 0 && len(people["山本"].Commands("general")) > 0 })
	people["山本"].Line("general", "/incident 顧客名簿を電車に置き忘れた")
	lead := people["佐藤"]
	lead.WaitPress("", "対応します", "")
	g.Wait("it is taken", func() bool {
		ids, err := h.store.AllIDs(t.Context())
		if err != nil || len(ids) != 1 {
			return false
		}
		in, err := h.store.Incident(t.Context(), ids[0])
		return err == nil && in.Lead != ""
	})
	ids, err := h.store.AllIDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g.Wait("everything is sent", func() bool {
		b, err := h.service.Backlog(t.Context())
		return err == nil && b.Pending == 0
	})
	channel := strings.ToLower(string(ids[0]))
	if !g.CanSee(lead.ID, channel) {
		t.Error("the lead does not see the channel")
	}
	c, _ := g.Channel(channel)
	if holding(c.Messages, string(ids[0])) == 0 || holding(c.Messages, "佐藤") == 0 {
		t.Errorf("the channel says %q", c.Messages)
	}
	if m := g.Mistakes(); len(m) > 0 {
		t.Errorf("Discord refused %q", m)
	}
}
