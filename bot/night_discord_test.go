package main

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/discord"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// A night on Discord is the same script, done by people in their Discord clients. Its lines mean:
//
//	山本: /incident …              the command, typed in a channel of the server that has nothing to do with it
//	山本: text                     a direct message to the bot
//	山本 @TRN-2026-0001: /word …   the command with the word, typed in the incident's channel
//	山本 @TRN-2026-0001: text      a message in the channel, and 📌 on it
//	山本 = …                       fills the form, page by page as far as needed, and sends it
//	山本 ~ …                       types into it, page by page, and sends nothing
//	山本 again                     Discord delivers the last thing once more
//	! restart                     the program ends and starts again; Discord and what it shows stay
//
// Who is not in the channel, or finds it closed, does what he could: the command in another
// channel, with the incident's number. What Discord's own client does not let through reaches
// nobody, and a later line of the script mends it.
type discordNight struct {
	*stage
	guild    *discordtest.Guild
	front    *discord.Front
	accounts map[string]*discordtest.Person // by name
	held     map[string]heldButton          // by the name in the script
}

// heldButton is a button that was looked at.
type heldButton struct{ channel, message, id string }

// lobby is a channel of the server that everybody is in.
const lobby = "general"

func newDiscordNight(t *testing.T) *discordNight {
	t.Helper()
	s := &discordNight{held: map[string]heldButton{}, accounts: map[string]*discordtest.Person{}}
	n := emptyNight(t, "ja", "sqlite:"+filepath.Join(t.TempDir(), "practice.db"))
	s.stage = newStage(n, s)
	s.guild = discordtest.New(t, discordtest.Clock(n.clock.Now), discordtest.IdentifyEvery(0))
	s.guild.AddChannel(lobby)
	s.guild.Unlimited(true) // Discord's pace has tests of its own
	n.program.settings.DiscordBotToken, n.program.settings.DiscordGuildID, n.program.settings.DiscordAPIURL = s.guild.Token(), s.guild.ID(), s.guild.URL()
	n.program.discordLimits = discord.Limits{Global: 1 << 30, Guess: 1 << 30}
	// The links of cards lead to the web pages, as they do for a company that has both.
	n.program.settings.PublicURL = "https://hikeshi.example.co.jp"
	n.wired, n.acts, n.tells = s.wired, s.act, s.tellShown
	n.open()
	t.Cleanup(func() { n.end() })
	return s
}

// moveInOnDiscord gives everybody of the sample company an account on Discord, under the ID in
// the contact list; outside contacts have none.
func moveInOnDiscord(t testing.TB, g *discordtest.Guild, s *workflows.Service) (names []string, accounts map[string]*discordtest.Person) {
	t.Helper()
	accounts = map[string]*discordtest.Person{}
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	for i, r := range rows {
		if strings.HasSuffix(r.Email, "@support.example.co.jp") {
			continue
		}
		name := strings.ReplaceAll(r.Name, " ", "")
		if accounts[name] == nil {
			names, accounts[name] = append(names, name), g.AddMember(r.Name)
		}
		rows[i].DiscordID = accounts[name].ID
	}
	if _, err := s.ImportContacts(context.Background(), rows); err != nil {
		t.Fatal(err)
	}
	return names, accounts
}

// wired takes the program on duty: the front end runs, and the ear hears what it asks.
func (s *discordNight) wired() {
	if len(s.accounts) == 0 {
		s.names, s.accounts = moveInOnDiscord(s.t, s.guild, s.house.service)
	}
	x, _ := s.house.platform(frontendDiscord)
	front, ok := x.front.(*discord.Front)
	if !ok {
		s.t.Fatal("Discord is not set up")
	}
	s.front = front
	s.ear = &ear{Desk: s.house.desk}
	s.front.Use(s.ear)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.front.Run(ctx); err != nil {
			s.t.Error(err)
		}
	}()
	s.guild.Wait("the program is connected", func() bool {
		return s.guild.Sockets() > 0 && len(s.guild.Commands()) > 0
	})
	closeHouse := s.end
	s.end = func() {
		stop()
		<-ended
		s.guild.Wait("the program has hung up", func() bool { return s.guild.Sockets() == 0 })
		closeHouse()
	}
}

// TestDiscordNights plays every script of testdata/nights on Discord. What is recorded is what
// the web room's nights record, but for onlyOnPlatform.
func TestDiscordNights(t *testing.T) {
	scripts, err := filepath.Glob("testdata/nights/*.txt")
	if err != nil || len(scripts) < 4 {
		t.Errorf("%d nights, %v; want four", len(scripts), err)
	}
	for _, file := range scripts {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) { discordScript(t, file, name == "ransomware") })
	}
}

func discordScript(t *testing.T, file string, transcript bool) {
	s := newDiscordNight(t)
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	base := strings.TrimSuffix(file, ".txt")
	defer func() {
		if t.Failed() && transcriptFolder != "" { // as far as it came, for whoever looks
			_ = os.WriteFile(filepath.Join(transcriptFolder, filepath.Base(base)+".discord"), []byte(s.out.String()), 0o644)
		}
	}()
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		s.line(strings.TrimRight(sc.Text(), " "))
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	sameRecord(t, base+".report.md", s.reports())
	sameRecord(t, base+".register", s.register())
	v, err := workflows.Verify(context.Background(), s.house.store)
	if err != nil || len(v.Breaches) > 0 {
		t.Errorf("verify: %+v, %v", v.Breaches, err)
	}
	s.asLeft()
	if transcript {
		golden(t, base+".discord.shown", messageLinks.ReplaceAllString(s.out.String(), "${1}(message)"))
	}
}

// asLeft checks what a night has left on Discord.
func (s *discordNight) asLeft() {
	for _, r := range s.guild.Refused() {
		s.t.Errorf("Discord refused %s", r)
	}
	if lost := s.guild.Lost(); len(lost) > 0 {
		s.t.Errorf("never answered: %q", lost)
	}
	ctx := context.Background()
	ids, err := s.house.store.AllIDs(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	channels := map[string]discordtest.Channel{}
	for _, c := range s.guild.Channels() {
		if c.Kind != discordtest.Text || c.Name == lobby {
			continue
		}
		channels[c.Name] = c
		onceOnDiscord(s.t, "#"+c.Name, c.Messages)
	}
	for _, name := range s.names {
		onceOnDiscord(s.t, name, s.accounts[name].DMs())
	}
	if len(channels) != len(ids) {
		s.t.Errorf("%d channels for %d incidents", len(channels), len(ids))
	}
	for _, id := range ids {
		in, err := s.house.store.Incident(ctx, id)
		if err != nil {
			s.t.Fatal(err)
		}
		c, ok := channels[channelName(string(id))]
		if !ok {
			s.t.Errorf("%s has no channel", id)
			continue
		}
		s.channelAsLeft(ctx, in, c)
	}
}

func (s *discordNight) channelAsLeft(ctx context.Context, in *incident.Incident, c discordtest.Channel) {
	if !strings.Contains(c.Topic, in.Title) {
		s.t.Errorf("the topic of %s is %q, not %q", c.Name, c.Topic, in.Title)
	}
	belongs := map[string]bool{}
	for _, m := range in.Circle {
		p, ok := s.house.service.Contacts().Person(m.Person)
		if account := s.accounts[strings.ReplaceAll(p.Name, " ", "")]; ok && account != nil && in.InCircle(m.Person) {
			belongs[account.ID] = true
		}
	}
	for _, name := range s.names {
		if id := s.accounts[name].ID; s.guild.CanSee(id, c.ID) != belongs[id] {
			s.t.Errorf("%s sees %s: %v, is in the circle: %v", name, c.Name, !belongs[id], belongs[id])
		}
	}
	card := s.card(ctx, in.ID)
	i := slices.IndexFunc(c.Messages, func(m discordtest.Message) bool {
		return slices.Contains(c.Pinned, m.ID) && strings.Contains(m.Text(), card.Title)
	})
	if i < 0 {
		s.t.Errorf("the card of %s is not pinned", c.Name)
		return
	}
	for _, part := range pieces(card) {
		if shown := c.Messages[i].Text(); !strings.Contains(days.ReplaceAllString(shown, ""), days.ReplaceAllString(part, "")) {
			s.t.Errorf("the pinned card of %s does not say %q, but:\n%s", c.Name, part, shown)
		}
	}
}

// onceOnDiscord finds what came twice: a message with a key stands once in a place.
func onceOnDiscord(t testing.TB, where string, messages []discordtest.Message) {
	seen := map[string]bool{}
	for _, m := range messages {
		if m.Nonce != "" && seen[m.Nonce] {
			t.Errorf("%s: %s came twice", where, m)
		}
		seen[m.Nonce] = true
	}
}
