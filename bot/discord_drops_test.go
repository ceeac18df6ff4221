package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/discord/discordtest"
	"hikeshi/workflows/incident"
)

// lineBreaks are the ways in which the line to Discord breaks.
var lineBreaks = []struct {
	name  string
	begin func(g *discordtest.Guild)
}{
	{"cut", (*discordtest.Guild).DropSockets},
	{"asked to come back", (*discordtest.Guild).Reconnect},
	{"closed by an unknown error", func(g *discordtest.Guild) { g.CloseSockets(4000) }},
	{"closed because the session timed out", func(g *discordtest.Guild) { g.CloseSockets(4009) }},
	{"a session that may be resumed is invalid", func(g *discordtest.Guild) { g.InvalidSession(true) }},
	{"a session is over", func(g *discordtest.Guild) { g.InvalidSession(false) }},
	// What discordgo cannot take: it closes the session under the lock that opening it holds.
	{"cut, and RESUME is answered that the session is over", func(g *discordtest.Guild) {
		g.RefuseResumes(1, false)
		g.DropSockets()
	}},
	{"cut, and RESUME is answered to try later", func(g *discordtest.Guild) {
		g.RefuseResumes(1, true)
		g.DropSockets()
	}},
	{"silent", (*discordtest.Guild).LoseHeartbeat},
	{"cut, and the session forgotten", func(g *discordtest.Guild) {
		g.ForgetSessions()
		g.DropSockets()
	}},
}

// backWithin is how long the program may be without Discord after each break: a silent line is
// known after several heartbeats, and before a new session takes the place of an invalid one
// Discord wants up to five seconds ("Resuming").
const backWithin = 15 * time.Second

// The line to Discord breaks fifty times, on ten servers at once to save time, while people
// report, press, note with 📌 and send forms. What they did comes late, again, twice and
// backwards, or Discord forgets it and they do it again. Nothing is lost or stands twice.
func TestDiscordDropsAndReplays(t *testing.T) {
	var all sync.WaitGroup
	for range 5 {
		ways := rand.Perm(len(lineBreaks))
		for half := range slices.Chunk(ways, len(ways)/2) {
			all.Go(func() { newDroppedLine(t).breaks(half) })
		}
	}
	all.Wait()
}

// breaks breaks the line in some ways, and looks at what is left.
func (d *droppedLine) breaks(ways []int) {
	t := d.r.t
	var took []time.Duration
	for i, k := range ways {
		took = append(took, d.round(i, k))
	}
	t.Logf("%d breaks; connected again after %v", len(took), spreadOf(took))
	d.r.settle()
	d.r.cameOnce(1 + d.reports)
	for text := range d.noted {
		if n := d.recorded(text); n != 1 {
			t.Errorf("%q is recorded %d times", text, n)
		}
	}
	numbers := map[string]bool{}
	for _, p := range d.reporters {
		found := printedNumber.FindAllString(saidTo(p), -1)
		slices.Sort(found)
		if found = slices.Compact(found); len(found) != 1 || numbers[found[0]] {
			t.Errorf("%s is shown the numbers %q", p.ID, found)
			continue
		}
		numbers[found[0]] = true
		onceOnDiscord(t, p.ID, p.DMs())
	}
	for name, p := range d.r.accounts {
		onceOnDiscord(t, name, p.DMs())
	}
}

// droppedLine is the program on duty with one incident, in whose channel two people work.
type droppedLine struct {
	r           *discordRig
	id, room    string
	lead, admin *discordtest.Person
	reporters   []*discordtest.Person
	reports     int
	noted       map[string]bool
}

func newDroppedLine(t *testing.T) *droppedLine {
	t.Helper()
	d := &droppedLine{r: newDiscordRig(t, unpaced, discordtest.HeartbeatEvery(time.Second)), noted: map[string]bool{}}
	d.r.guild.Unlimited(true)
	d.lead, d.admin = d.r.accounts["佐藤美咲"], d.r.accounts["鈴木健太"]
	first := d.r.guild.AddMember("first")
	first.Command(lobby, "incident 報告", map[string]string{"内容": "共有フォルダのファイルが開けません"})
	first.Wait("the number", func() bool { return numberOf(first) != "" })
	d.id = numberOf(first)
	d.room = channelName(d.id)
	for _, p := range []*discordtest.Person{d.lead, d.admin} {
		p.WaitPress("", "対応します", d.id)
		p.Wait("he is in the channel", func() bool { return p.CanWrite(d.room) && p.CanPress(d.room, "記録する", "") })
	}
	d.r.settle()
	return d
}

// round breaks the line once while five people act, and gives how long it was away.
func (d *droppedLine) round(i, k int) (away time.Duration) {
	t, g, r := d.r.t, d.r.guild, d.r
	t.Helper()
	broken := lineBreaks[k]
	crowd := []*discordtest.Person{g.AddMember("a"), g.AddMember("b"), g.AddMember("c")}
	commands, writes, fills := crowd[0], crowd[1], crowd[2]
	d.reporters, d.reports = append(d.reporters, crowd...), d.reports+len(crowd)
	pinned, pressed := fmt.Sprintf("サーバーを切り離した（%d回目）", i), fmt.Sprintf("電源を確認した（%d回目）", i)
	d.noted[pinned], d.noted[pressed] = true, true

	fills.Command(lobby, "incident 報告", nil)
	fills.Wait("the form", func() bool { return fills.Modal() != nil })
	fills.Type(fills.Modal().Inputs[0].ID, "顧客名簿を別の会社に送ってしまいました")
	d.lead.Press(d.room, "記録する", "")
	d.lead.Wait("the form", func() bool { return d.lead.Modal() != nil })
	d.lead.Type(d.lead.Modal().Inputs[0].ID, pressed)
	message := d.admin.Post(d.room, pinned)

	backwards := i%3 == 2
	if backwards {
		g.Hold()
	}
	if i%2 == 0 {
		g.Replay(4)
	}
	g.Twice(i%4 == 1)
	before := g.Resumes() + g.Identifies()
	begun := time.Now()
	var all sync.WaitGroup
	all.Go(func() {
		commands.Command(lobby, "incident 報告", map[string]string{"内容": "メールが送れません"})
	})
	all.Go(func() { writes.DM("プリンターから知らない紙が出てきます") })
	broken.begin(g)
	all.Go(func() { fills.Submit() })
	all.Go(func() { d.lead.Submit() })
	all.Go(func() { d.admin.React(d.room, message, "📌") })
	g.Wait("the line is back after it was "+broken.name, func() bool { return g.Resumes()+g.Identifies() > before })
	away = time.Since(begun)
	if away > backWithin {
		t.Errorf("%s: connected again only after %v", broken.name, away)
	}
	all.Wait()
	g.Twice(false)
	if backwards {
		g.Release(true)
	}
	// Discord delivers everything again. What it had forgotten comes for the first time.
	for _, p := range []*discordtest.Person{d.admin, d.lead, fills, writes, commands} {
		all.Go(func() { p.Repeat() })
	}
	all.Wait()
	writes.WaitPress("", r.house.say("ja", "button.send_report"), "")
	fills.WaitPress(discordtest.Visible, r.house.say("ja", "discord.form.send_now"), "")
	for _, p := range crowd {
		p.Wait("a number after the line was "+broken.name, func() bool { return numberOf(p) != "" })
	}
	for _, text := range []string{pinned, pressed} {
		g.Wait("recorded after the line was "+broken.name+": "+text, func() bool { return d.recorded(text) > 0 })
	}
	return away
}

// recorded counts the entries of the incident's record that hold a text.
func (d *droppedLine) recorded(text string) (n int) {
	d.r.t.Helper()
	records, err := d.r.house.store.Records(context.Background(), incident.ID(d.id), 1, 0)
	if err != nil {
		d.r.t.Fatal(err)
	}
	for _, e := range records {
		if strings.Contains(fmt.Sprintf("%+v", e.Event), text) {
			n++
		}
	}
	return n
}
