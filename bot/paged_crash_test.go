package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/mail/mailtest"
	"hikeshi/bot/phone/phonetest"
	"hikeshi/bot/slack/slacktest"
	"hikeshi/store/pgtest"
	"hikeshi/workflows/incident"
)

// pagedCrash is a company that calls its people by Slack, mail and phone, and whose program is
// killed: the real one, with a real mail server and a real receiver of its phone hook.
type pagedCrash struct {
	*slackCrash
	smtp    *mailtest.Server
	gateway *phonetest.Gateway
	slack   *gate // before Slack's Web API
	line    *gate // before the gateway
	door    *frontDoor
	overlay string
	ways    ways        // the policy of now
	begun   []time.Time // when the program was started
	kills   []time.Time // when it was killed
	patient bool        // leases run out by themselves
	asked   time.Time   // until when rounds are looked for; zero: they are not
}

// reached is how somebody of that company is reached. Empty: by that means he is not.
type reached struct{ name, chat, mail, phone string }

var calledCompany = []reached{
	{"田中 一郎", crashBoss, "tanaka@example.co.jp", "+819000000001"},
	{"佐藤 美咲", crashLead, "sato@example.co.jp", "+819000000002"},
	{"鈴木 健", crashAdmin, "suzuki@example.co.jp", "+819000000003"},
	{"高橋 直子", "U0TAKAHASHI", "takahashi@example.co.jp", "+819000000004"},
	{"伊藤 誠", "U0ITO00", "ito@example.co.jp", "+819000000005"},
	{"山田 花子", "", "", "+819000000006"},
}

const calledContacts = `name,department,role,duty,phone,email,slack_id,discord_id,deputy_order
田中 一郎,経営,representative,,090-0000-0001,tanaka@example.co.jp,U0TANAKA,,0
佐藤 美咲,情報システム部,incident_lead,,090-0000-0002,sato@example.co.jp,U0SATO0,,0
高橋 直子,総務部,incident_lead,,090-0000-0004,takahashi@example.co.jp,U0TAKAHASHI,,1
鈴木 健,情報システム部,system_admin,,090-0000-0003,suzuki@example.co.jp,U0SUZUKI,,0
伊藤 誠,情報システム部,system_admin,,090-0000-0005,ito@example.co.jp,U0ITO00,,1
山田 花子,総務部,privacy_manager,,090-0000-0006,,,,0
高橋 直子,総務部,privacy_manager,,090-0000-0004,takahashi@example.co.jp,U0TAKAHASHI,,1
`

// calledChains are the lines of those roles, the last resort among them.
var calledChains = map[incident.Role][]string{
	incident.IncidentLead:   {"佐藤 美咲", "高橋 直子", "田中 一郎"},
	incident.SystemAdmin:    {"鈴木 健", "伊藤 誠", "田中 一郎"},
	incident.PrivacyManager: {"山田 花子", "高橋 直子"},
	incident.Representative: {"田中 一郎"},
}

// ways are the means of a policy, those in one bracket at once.
type ways [][]incident.Means

var (
	atOnce = ways{{incident.ByChat, incident.ByMail, incident.ByPhone}}
	inTurn = ways{{incident.ByPhone}, {incident.ByMail}, {incident.ByChat}}
)

// waitOfCrash is how long the calls of that company wait: no policy may be shorter.
const waitOfCrash = time.Minute

func (w ways) policy() string {
	var rungs []string
	for _, together := range w {
		rungs = append(rungs, strings.Join(strings.Fields(fmt.Sprint(together)), ", "))
	}
	plan := fmt.Sprintf("call: [incident_lead, system_admin], personal: [privacy_manager], means: [%s], wait: 1m, silence: 8h, again: 15m, again_led: 1h", strings.Join(rungs, ", "))
	return fmt.Sprintf("unconfirmed: {wait: 1m, silence: 8h}\nlevel_3: {%[1]s}\nlevel_2: {%[1]s}\nlevel_1: {%[1]s}\nlevel_0: {call: [system_admin], means: [[chat, mail]]}\n", plan)
}

func newPagedCrash(t *testing.T, binary string, patience time.Duration, onPostgres bool, w ways) *pagedCrash {
	t.Helper()
	c := &pagedCrash{
		slackCrash: newCrashIn(t, binary, patience, t.TempDir()),
		smtp:       mailtest.Start(t, mailtest.NoTLS), gateway: phonetest.Start(t), door: newFrontDoor(t),
	}
	if onPostgres {
		c.url = pgtest.Start(t, pgtest.Durable...).Empty(t)
	}
	c.w.AddUser(slacktest.User{ID: "U0ITO00", RealName: "伊藤"})
	c.slack, c.line = newGate(t, c.w.URL()), newGate(t, c.gateway.URL())
	c.overlay = filepath.Join(c.data, "overlay")
	c.also = []string{
		"HIKESHI_CONFIG=" + c.overlay, "HIKESHI_PUBLIC_URL=" + c.door.URL, "SLACK_API_URL=" + c.slack.URL,
		"SMTP_URL=" + c.smtp.URL(), "SMTP_FROM=hikeshi@example.co.jp",
		"PHONE_WEBHOOK_URL=" + c.line.URL, "PHONE_WEBHOOK_SECRET=" + c.gateway.Secret,
	}
	c.by(w)
	c.imports(calledContacts)
	return c
}

// by sets the policy of the reports to come: an incident goes on by the one it began with.
func (c *pagedCrash) by(w ways) {
	c.t.Helper()
	c.ways = w
	folder := filepath.Join(c.overlay, "policies")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "paging.yaml"), []byte(w.policy()), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// dies ends the program with SIGKILL.
func (c *pagedCrash) dies(l *oneLife) {
	c.kills = append(c.kills, time.Now())
	l.kill()
}

// begin starts the program, after a kill as if its leases were over.
func (c *pagedCrash) begin() *oneLife { return c.beginAs(exec.Command(c.binary)) }

func (c *pagedCrash) beginAs(cmd *exec.Cmd) *oneLife {
	c.t.Helper()
	if len(c.lives) > 0 && !c.patient {
		c.leasesOver()
	}
	c.begun = append(c.begun, time.Now())
	l := c.liveAs(cmd)
	c.door.leadsTo(l)
	return l
}

// reaching waits until every call has gone out, or need not any more.
func (c *pagedCrash) reaching(l *oneLife) {
	c.t.Helper()
	c.w.Wait("every call is out", func() bool {
		return l.over() || c.count("kind = 'page'") > 0 && c.count("kind = 'page' AND state = 'pending' AND first_sent = 0") == 0
	})
}

// byNumber gives whose number one is.
func byNumber(number string) reached {
	for _, p := range calledCompany {
		if p.phone == number {
			return p
		}
	}
	return reached{}
}

var answerLink = regexp.MustCompile(`https?://\S+/answer/[^\s"]+`)

// linkPage looks at the page of an answer link, and gives it; "": it did not come.
func linkPage(link string) string {
	res, err := http.Get(link)
	return bodyOfAnswer(res, err)
}

// linkSend brings the first form of that page, and gives what came back; "": nobody knows.
func linkSend(link, page, choice string) string {
	res, err := http.PostForm(link, button(page, choice))
	return bodyOfAnswer(res, err)
}

func bodyOfAnswer(res *http.Response, err error) string {
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return ""
	}
	return html.UnescapeString(string(b))
}

func TestPagingCrash(t *testing.T) { pagingCrashes(t, 12, 5) }

// TestPagingCrashSoak is the night in which the program is killed a hundred times while three
// hundred people report.
func TestPagingCrashSoak(t *testing.T) { soak(t); pagingCrashes(t, 300, 100) }

func pagingCrashes(t *testing.T, reports, kills int) {
	binary := builtProgram(t)
	t.Run("open", func(t *testing.T) {
		for name, o := range openRequests {
			t.Run(name, func(t *testing.T) { t.Parallel(); killedWhileOpen(t, binary, o) })
		}
	})
	t.Run("between", func(t *testing.T) { killedBetween(t, binary) })
	for name, onPostgres := range map[string]bool{"SQLite": false, "PostgreSQL": true} {
		t.Run("at random on "+name, func(t *testing.T) {
			t.Parallel()
			pagedKilledAtRandom(t, binary, onPostgres, reports, kills)
		})
	}
}
