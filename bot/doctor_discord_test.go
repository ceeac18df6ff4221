package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"hikeshi/bot/discord"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/store"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// discordOffice is the command line of a company on Discord.
type discordOffice struct {
	t     *testing.T
	guild *discordtest.Guild
	data  string
	env   []string
}

func newDiscordOffice(t *testing.T, options ...discordtest.Option) *discordOffice {
	o := &discordOffice{t: t, guild: discordtest.New(t, options...), data: t.TempDir()}
	o.env = []string{
		"HIKESHI_LANG=en", "HIKESHI_DATA=" + o.data, "HIKESHI_LISTEN=127.0.0.1:1", "HIKESHI_PUBLIC_URL=https://h.example.co.jp",
		"DISCORD_BOT_TOKEN=" + o.guild.Token(), "DISCORD_GUILD_ID=" + o.guild.ID(), "DISCORD_API_URL=" + o.guild.URL(),
	}
	return o
}

// run gives the code with which a command ends, and all that it has printed, in which no token may
// stand.
func (o *discordOffice) run(args ...string) (code int, printed string) {
	o.t.Helper()
	var out, errs written
	code = run(o.t.Context(), args, o.env, &out, &errs)
	printed = out.String() + errs.String()
	if strings.Contains(printed, o.guild.Token()) {
		o.t.Errorf("%v shows the token:\n%s", args, printed)
	}
	return code, printed
}

// import has the contact list be these rows.
func (o *discordOffice) imported(rows ...string) {
	o.t.Helper()
	file := filepath.Join(o.t.TempDir(), "contacts.csv")
	text := "name,department,role,phone,email,discord_id,deputy_order\n" + strings.Join(rows, "\n") + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
	if code, printed := o.run("contacts", "import", file); code != 0 {
		o.t.Fatal(printed)
	}
}

func TestTheInvitationAsksForNoMoreThanIsNeeded(t *testing.T) {
	o := newDiscordOffice(t)
	code, printed := o.run("discord", "invite")
	address, who, _ := strings.Cut(printed, "\n")
	if !strings.Contains(who, "owner of the application") || !strings.Contains(who, "Manage Server") {
		t.Errorf("who can open it is not said: %q", who)
	}
	u, err := url.Parse(address)
	if err != nil || code != 0 || u.Host != "discord.com" || u.Path != "/oauth2/authorize" {
		t.Fatalf("exit %d: %q, %v", code, printed, err)
	}
	q := u.Query()
	if q.Get("client_id") != o.guild.AppID() || q.Get("guild_id") != o.guild.ID() || q.Get("scope") != "bot applications.commands" {
		t.Errorf("%v", q)
	}
	rights, err := strconv.ParseInt(q.Get("permissions"), 10, 64)
	const administrator = 1 << 3 // Discord, "Permissions"
	if err != nil || rights != discord.Rights() || rights&administrator != 0 {
		t.Errorf("permissions %d, %v", rights, err)
	}
	o.guild.ResetToken()
	if code, printed := o.run("discord", "invite"); code != exitFailed || !strings.Contains(printed, "Reset Token") || strings.Count(printed, "\n") != 1 {
		t.Errorf("exit %d: %q", code, printed)
	}
}

func TestDoctorAsksDiscord(t *testing.T) {
	o := newDiscordOffice(t)
	lead, admin := o.guild.AddMember("佐藤"), o.guild.AddMember("鈴木")
	o.imported(
		"佐藤 美咲,管理部,incident_lead,090-0000-0002,sato@example.co.jp,"+lead.ID+",0",
		"鈴木 健太,管理部,system_admin,090-0000-0003,suzuki@example.co.jp,,0",
		"加藤 亮,港サポート,outside_contact,050-0000-0010,kato@support.example.co.jp,,0",
	)
	code, printed := o.run("doctor")
	for _, want := range []string{
		"[ok] Discord: the bot hikeshi is in the server 会社", "[ok] Discord: the bot has all the permissions it needs.",
		"[note] Discord: the Discord account of 鈴木 健太 is not known. Please let them use /incident link",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, never := range []string{"加藤", "Discord account of 佐藤"} {
		if strings.Contains(printed, never) {
			t.Errorf("it says %q", never)
		}
	}
	if strings.Contains(printed, "[fault] Discord") {
		t.Errorf("exit %d:\n%s", code, printed)
	}
	// An account that was linked is known.
	o.linked("鈴木", workflows.Account{Platform: frontendDiscord, ID: admin.ID, Name: "ken"}, "佐藤")
	if _, printed := o.run("doctor"); !strings.Contains(printed, "[ok] Discord: everybody in the contact list was found.") {
		t.Errorf("with a link:\n%s", printed)
	}
	// What is missing is a fault, and ends with 1.
	o.guild.Allow(o.guild.BotRole(), discordtest.DefaultBot&^discordtest.ManageChannels)
	if code, printed := o.run("doctor", "--json"); code != exitFailed || !strings.Contains(printed, `{"check":"discord","grade":"fault","text":"Discord: the permission`) {
		t.Errorf("exit %d:\n%s", code, printed)
	}
	// Practice asks nobody.
	before := len(o.guild.Calls(""))
	o.env = append(o.env, "HIKESHI_MODE=practice")
	if _, printed := o.run("doctor"); !strings.Contains(printed, "Discord is not used") || len(o.guild.Calls("")) != before {
		t.Errorf("%s", printed)
	}
}

// linked has an administrator say that an account is somebody's.
func (o *discordOffice) linked(name string, a workflows.Account, by string) {
	o.t.Helper()
	ctx := o.t.Context()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(o.data, "hikeshi.db"))
	if err != nil {
		o.t.Fatal(err)
	}
	defer db.Close()
	s, err := workflows.New(ctx, workflows.Options{Store: db, Clock: realClock{}})
	if err != nil {
		o.t.Fatal(err)
	}
	who := func(name string) incident.PersonID { return s.Contacts().Find(name)[0] }
	if out, err := s.AskLink(ctx, "ask", a, name); err != nil || !out.Accepted() {
		o.t.Fatalf("%+v %v", out, err)
	}
	asks, err := s.LinkAsks(ctx, who(by))
	if err != nil || len(asks) != 1 {
		o.t.Fatalf("%+v %v", asks, err)
	}
	if out, err := s.DecideLink(ctx, "yes", who(by), asks[0].ID, true); err != nil || !out.Accepted() {
		o.t.Fatalf("%+v %v", out, err)
	}
	if id, ok := s.Account(who(name), a.Platform); !ok || id != a.ID {
		o.t.Fatalf("%s has %q", name, id)
	}
}
