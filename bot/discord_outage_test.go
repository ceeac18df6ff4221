package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/bot/discord"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/bot/mail/mailtest"
	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// The ways in which Discord is away.
var discordAway = []struct {
	name  string
	begin func(*discordtest.Guild)
}{
	{"refusing", func(g *discordtest.Guild) { g.Break(discordtest.ServerError, 0) }},
	{"asking to wait with everything", func(g *discordtest.Guild) { g.Break(discordtest.LimitedGlobally, 10*time.Second) }},
	{"asking to wait with messages", func(g *discordtest.Guild) {
		g.Fail(discordtest.CreateMessage, 1000, discordtest.Limited, 10*time.Second)
	}},
	{"hanging", func(g *discordtest.Guild) { g.Delay(time.Minute) }},
}

// However Discord is away, whoever is called meanwhile is called by mail, and afterwards
// everything has arrived on Discord, once.
func TestDiscordOutage(t *testing.T) {
	for _, a := range discordAway {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel() // they wait for seconds
			mails := mailtest.Start(t, mailtest.NoTLS)
			r := newDiscordRigWith(t, discord.Limits{}, settings{
				DatabaseURL: pgtest.Database(t, filepath.Join(t.TempDir(), "live.db"), store.Migrate), Lang: "ja", Mode: modeLive,
				Listen: "127.0.0.1:0", PublicURL: "https://hikeshi.example.co.jp", SMTPURL: mails.URL(), SMTPFrom: "hikeshi@example.co.jp",
			})
			r.report("山本", "before", "共有フォルダのファイルが開けません")
			r.settle()
			a.begin(r.guild)
			begun := time.Now()
			id := r.report("山本", "meanwhile", "顧客名簿を電車に置き忘れた")
			r.guild.Wait("the lead is called by mail", func() bool {
				return slices.ContainsFunc(mails.To("sato@example.co.jp"), func(m mailtest.Message) bool {
					return strings.Contains(m.Subject+m.Text, string(id))
				})
			})
			if took := time.Since(begun); took > 15*time.Second {
				t.Errorf("he was called by mail after %v", took)
			}
			if n := strings.Count(discordtest.Texts(r.accounts["佐藤美咲"].DMs()), string(id)); n > 0 {
				t.Errorf("Discord was not away: he reads of %s", id)
			}
			r.guild.Mend()
			back := time.Now()
			r.settle()
			t.Logf("%v after Discord's return everything is sent", time.Since(back).Round(time.Millisecond))
			r.cameOnce(2)
			for name, p := range r.accounts {
				onceOnDiscord(t, name, p.DMs())
			}
			if dm := discordtest.Texts(r.accounts["佐藤美咲"].DMs()); !strings.Contains(dm, string(id)) {
				t.Errorf("the lead's card has not arrived: %s", dm)
			}
			letters := map[string]bool{}
			for _, m := range mails.Messages() {
				if letters[m.Header.Get("Message-Id")] {
					t.Errorf("a mail came twice: %s", m.Subject)
				}
				letters[m.Header.Get("Message-Id")] = true
			}
			if v, err := workflows.Verify(t.Context(), r.house.store); err != nil || len(v.Breaches) > 0 {
				t.Errorf("verify: %+v, %v", v.Breaches, err)
			}
		})
	}
}

// report has somebody report in the web room, and gives the number he is shown.
func (r *discordRig) report(who, key, text string) incident.ID {
	r.t.Helper()
	found := r.house.service.Contacts().Find(who)
	reply := r.house.desk.Handle(r.t.Context(), chat.Request{
		ID: key, Kind: chat.Said, From: desk.User(found[0]), Text: "/incident " + text, At: time.Now(),
	})
	if !reply.Accepted {
		r.t.Fatalf("%+v", reply)
	}
	for _, number := range []string{printedNumber.FindString(reply.Cards[0].Title), liveNumber.FindString(reply.Cards[0].Title)} {
		if number != "" {
			return incident.ID(number)
		}
	}
	r.t.Fatalf("no number in %+v", reply)
	return ""
}

// Three hundred other messages wait at Discord's pace, many of them to the very people who are
// called then: each call is there within seconds.
func TestDiscordPageBehindThreeHundredMessages(t *testing.T) {
	const waiting, calls = 300, 5
	r := newDiscordRig(t, discord.Limits{})
	id := r.report("山本", "first", "共有フォルダのファイルが開けません")
	r.settle()
	var people []incident.PersonID
	for _, p := range r.house.service.Contacts().People() {
		if !strings.HasSuffix(p.Email, "@support.example.co.jp") {
			people = append(people, p.ID)
		}
	}
	c := workflows.Change{At: r.house.service.Now()}
	for i := range waiting {
		c.Messages = append(c.Messages, incident.Notice{Key: fmt.Sprintf("bulk:%d", i), Kind: incident.NoticeReporter, Incident: id, To: people[i%len(people)]})
	}
	if err := r.house.store.Write(t.Context(), func(tx workflows.Tx) error { return tx.Save(t.Context(), c) }); err != nil {
		t.Fatal(err)
	}
	r.house.courier.Wake()
	r.guild.Wait("the first of them have come", func() bool {
		b, err := r.house.service.Backlog(t.Context())
		return err == nil && b.Pending < waiting-5
	})
	var took []time.Duration
	for i := range calls {
		begun := time.Now()
		r.report("山本", fmt.Sprint("call", i), fmt.Sprintf("名簿を送りました（%d）", i))
		r.guild.Wait("all are called", func() bool { return r.uncalled() == 0 })
		took = append(took, time.Since(begun))
	}
	b, err := r.house.service.Backlog(t.Context())
	if err != nil || b.Pending < waiting/4 {
		t.Errorf("only %d other messages waited at the end: %v", b.Pending, err)
	}
	t.Logf("all called: %v; %d others still wait", spreadOf(took), b.Pending)
	// One window of Discord's: what was sent in it before has to be waited for.
	if slowest := spreadOf(took).longest; slowest > 6*time.Second {
		t.Errorf("a call waited for %v behind other messages", slowest)
	}
	if m := r.guild.Mistakes(); len(m) > 0 {
		t.Errorf("Discord refused %q", m)
	}
}
