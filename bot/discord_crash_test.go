package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/discord/discordtest"
)

// discordCrash is a server on Discord whose program is killed: the real one, on duty, in a
// process of its own and at Discord's own pace.
type discordCrash struct {
	killable
	g     *discordtest.Guild
	also  []string // settings beside those of Discord
	lives []*oneLife
	crowd []*discordtest.Person // who reports besides 中村

	boss, lead, admin, privacy, sales, reporter *discordtest.Person
}

func newDiscordCrash(t *testing.T, binary string, patience time.Duration) *discordCrash {
	t.Helper()
	folder := t.TempDir()
	c := newDiscordCrashOn(t, binary, patience, "sqlite:"+filepath.Join(folder, "hikeshi.db"), folder)
	return c
}

// newDiscordCrashOn makes the server of a program on a database, and imports its people.
func newDiscordCrashOn(t *testing.T, binary string, patience time.Duration, url, folder string) *discordCrash {
	t.Helper()
	g := discordtest.New(t, discordtest.Patience(patience), discordtest.IdentifyEvery(0))
	g.AddChannel(lobby)
	c := &discordCrash{g: g, killable: killable{t: t, binary: binary, data: folder, url: url}}
	c.boss, c.lead, c.admin = g.AddMember("田中"), g.AddMember("佐藤"), g.AddMember("鈴木")
	c.privacy, c.sales, c.reporter = g.AddMember("高橋"), g.AddMember("伊藤"), g.AddMember("中村")
	c.imports(strings.Join([]string{
		"name,department,role,duty,phone,email,slack_id,discord_id,deputy_order",
		"田中 一郎,経営,representative,,090-0000-0001,tanaka@example.co.jp,," + c.boss.ID + ",0",
		"佐藤 美咲,情報システム部,incident_lead,,090-0000-0002,sato@example.co.jp,," + c.lead.ID + ",0",
		"鈴木 健,情報システム部,system_admin,,090-0000-0003,suzuki@example.co.jp,," + c.admin.ID + ",0",
		"高橋 直子,総務部,privacy_manager,,090-0000-0004,takahashi@example.co.jp,," + c.privacy.ID + ",0",
		"伊藤 大輔,営業部,department_lead,,090-0000-0005,ito@example.co.jp,," + c.sales.ID + ",0",
		"",
	}, "\n"), c.environ())
	return c
}

func (c *discordCrash) environ() []string {
	return append([]string{
		"HIKESHI_DATA=" + c.data, "HIKESHI_LISTEN=127.0.0.1:0", "HIKESHI_PUBLIC_URL=https://hikeshi.example.co.jp", "HIKESHI_LOG=json",
		"DATABASE_URL=" + c.url, "DISCORD_BOT_TOKEN=" + c.g.Token(), "DISCORD_GUILD_ID=" + c.g.ID(), "DISCORD_API_URL=" + c.g.URL(),
	}, c.also...)
}

// live starts the program, and waits until Discord has its connection and its commands.
func (c *discordCrash) live() *oneLife {
	c.t.Helper()
	c.g.Wait("the line of the one before is gone", func() bool { return c.g.Sockets() == 0 })
	identified := c.g.Identifies()
	l := c.begins(exec.Command(c.binary), c.environ())
	c.lives = append(c.lives, l)
	c.g.Wait("the program is connected", func() bool {
		return c.g.Sockets() > 0 && c.g.Identifies() > identified && len(c.g.Commands()) > 0 || l.over()
	})
	if l.over() {
		c.t.Fatalf("the program did not start: %s%s", l.out, l.errs)
	}
	return l
}

// again starts the program after a kill, as if the minute of its leases were over.
func (c *discordCrash) again() *oneLife {
	c.t.Helper()
	c.leasesOver()
	return c.live()
}

// finish lets it send what is due, and ends it well.
func (c *discordCrash) finish(l *oneLife) {
	c.t.Helper()
	c.g.Wait("nothing is left to send", func() bool { return l.over() || c.quiet() })
	c.ends(l)
}

// killAfter arms the trap: as soon as Discord has done it, and before it has answered, the
// program of that moment is killed. The channel is closed then.
func (c *discordCrash) killAfter(d discordDeed, l *oneLife) <-chan struct{} {
	died := make(chan struct{})
	from := len(c.g.Calls(d.route))
	var mu sync.Mutex
	met := map[int]bool{}
	dead := false
	c.g.After(d.route, func() {
		mu.Lock()
		defer mu.Unlock()
		for i, call := range c.g.Calls(d.route)[from:] {
			if call.Status/100 == 2 && (d.which == nil || d.which(c, call)) {
				met[i] = true
			}
		}
		if len(met) >= max(1, d.nth) && !dead {
			l.kill()
			close(died)
			dead = true
		}
	})
	return died
}

// The program is killed when Discord has done what it was asked and before that could be
// written down: after the restart nothing is there a second time, and nothing is missing.
func TestDiscordCrash(t *testing.T) { discordCrashes(t, false, 10, 4) }

// TestDiscordCrashSoak has what takes long at Discord's pace.
func TestDiscordCrashSoak(t *testing.T) { soak(t); discordCrashes(t, true, 150, 60) }

func discordCrashes(t *testing.T, long bool, reports, kills int) {
	binary := builtProgram(t)
	for name, m := range discordMoments {
		if m.soak != long {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			discordKilled(t, binary, m)
		})
	}
	t.Run("at random", func(t *testing.T) {
		t.Parallel()
		discordKilledAtRandom(t, binary, reports, kills)
	})
}

func discordKilled(t *testing.T, binary string, m discordMoment) {
	c := newDiscordCrash(t, binary, 60*time.Second)
	if m.server != nil {
		m.server(c)
	}
	first := c.live()
	if m.before != nil {
		m.before(c)
	}
	died := c.killAfter(m.deed, first)
	if m.act == nil {
		m.act = (*discordCrash).report
	}
	m.act(c)
	c.g.Wait("the program is killed", func() bool {
		select {
		case <-died:
			return true
		default:
			return first.over()
		}
	})
	<-first.ended
	if !first.killed() {
		t.Fatalf("the program ended otherwise: %v\n%s", first.cmd.ProcessState, first.errs)
	}
	c.g.After(m.deed.route, nil)
	if m.later {
		c.g.ForgetNonces()
	}
	second := c.again()
	if m.after != nil {
		m.after(c)
	}
	c.finish(second)
	if m.check != nil {
		m.check(c)
	}
	c.asLeft(max(1, m.incidents), m)
	if n := c.files(); n != m.files {
		t.Errorf("%d files, want %d", n, m.files)
	}
	if t.Failed() {
		for i, l := range c.lives {
			t.Logf("life %d: %s", i, l.errs)
		}
	}
}
