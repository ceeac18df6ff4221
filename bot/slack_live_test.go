package main

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hikeshi/bot/slack"
	"hikeshi/bot/slack/slacktest"
)

// companyOnSlack is a contact list as an administrator writes it: IDs, or addresses alone.
const companyOnSlack = `name,department,role,duty,phone,email,slack_id,discord_id,deputy_order
田中 一郎,経営,representative,,090-0000-0001,tanaka@example.co.jp,U0TANAKA,,0
佐藤 美咲,情報システム部,incident_lead,,090-0000-0002,sato@example.co.jp,U0SATO0,,0
鈴木 健,情報システム部,system_admin,,090-0000-0003,suzuki@example.co.jp,,,0
高橋 直子,総務部,privacy_manager,,090-0000-0004,takahashi@example.co.jp,,,0
`

// onDuty is the program running in this process beside a workspace.
type onDuty struct {
	t         *testing.T
	w         *slacktest.Workspace
	data      string
	says      string // by what it is known to be at work; empty: by what it says of Slack
	environ   []string
	address   string
	out, errs *written
	stop      context.CancelFunc
	ended     chan int
}

// workspace has everybody of the company but 高橋 in it, and an employee who is not listed.
func workspace(t *testing.T) *slacktest.Workspace {
	w := slacktest.New(t, slacktest.Scopes(slack.Scopes()...))
	for _, u := range []slacktest.User{
		{ID: "U0TANAKA", RealName: "田中"}, {ID: "U0SATO0", RealName: "佐藤"},
		{ID: "U0SUZUKI", RealName: "鈴木", Email: "suzuki@example.co.jp", EmailConfirmed: true},
		{ID: "U0NAKAMURA", RealName: "中村"},
	} {
		w.AddUser(u)
	}
	return w
}

// goOnSlack starts the program as an administrator would, and imports the contact list.
func goOnSlack(t *testing.T, w *slacktest.Workspace, settings ...string) *onDuty {
	t.Helper()
	d := &onDuty{t: t, w: w, data: t.TempDir()}
	d.environ = append([]string{
		"HIKESHI_DATA=" + d.data, "HIKESHI_LISTEN=127.0.0.1:0", "HIKESHI_PUBLIC_URL=http://localhost", "HIKESHI_LOG=json",
		"SLACK_BOT_TOKEN=" + w.BotToken, "SLACK_API_URL=" + w.URL(),
	}, settings...)
	d.start()
	list := filepath.Join(d.data, "contacts.csv")
	if err := os.WriteFile(list, []byte(companyOnSlack), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, errs, code := d.run("contacts", "import", list); code != 0 {
		t.Fatalf("import: %s%s", out, errs)
	}
	return d
}

func (d *onDuty) run(args ...string) (out, errs string, code int) {
	var o, e written
	code = run(context.Background(), args, d.environ, &o, &e)
	return o.String(), e.String(), code
}

func (d *onDuty) start() {
	d.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	d.out, d.errs, d.ended, d.stop = &written{}, &written{}, make(chan int, 1), stop
	go func() { d.ended <- run(ctx, []string{"serve"}, d.environ, d.out, d.errs) }()
	waitFor(d.t, d.out, cmp.Or(d.says, "Slack"))
	d.address = printedAddress.FindString(d.out.String())
	d.t.Cleanup(func() { d.end() })
}

// end stops the program, and says how it ended.
func (d *onDuty) end() int {
	d.t.Helper()
	d.stop()
	select {
	case code := <-d.ended:
		d.ended <- code
		return code
	case <-time.After(patienceOfTests):
		d.t.Fatal("it never ended")
		return -1
	}
}

func (d *onDuty) parts() map[string]bool {
	d.t.Helper()
	res, err := http.Get(d.address + "/readyz")
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	var a readyAnswer
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		d.t.Fatal(err)
	}
	return a.Parts
}

var liveNumber = regexp.MustCompile(`INC-[0-9]{4}-[0-9]{4,}`)

// From nothing to a number: the program starts on an empty folder with Slack's settings
// alone, the contact list is imported, somebody types /incident, and those who are
// responsible are called on Slack and find themselves in the incident's own channel. Who
// asks for the web pages signs in to them once.
func TestTheFirstIncidentOnSlack(t *testing.T) {
	for name, way := range map[string]func(w *slacktest.Workspace) string{
		"Socket Mode": func(w *slacktest.Workspace) string { return "SLACK_APP_TOKEN=" + w.AppToken },
		"HTTP":        func(w *slacktest.Workspace) string { return "SLACK_SIGNING_SECRET=" + w.SigningSecret },
	} {
		t.Run(name, func(t *testing.T) {
			w := workspace(t)
			d := goOnSlack(t, w, way(w))
			if name == "HTTP" {
				w.UseHTTP(d.address)
				if !w.VerifyURL() {
					t.Fatal("the address was not verified")
				}
			} else {
				w.Wait("a connection", func() bool { return w.Sockets() > 0 })
			}
			if !d.parts()[partSlack] || !strings.Contains(d.out.String(), spoken(map[string]string{"Socket Mode": "cli.serve.slack.socket", "HTTP": "cli.serve.slack.http"}[name], "address", "http://localhost")) {
				t.Errorf("%v; it said %s", d.parts(), d.out)
			}

			reporter, lead := w.Person("U0NAKAMURA"), w.Person("U0SATO0")
			general := w.AddChannel("general", false, "U0NAKAMURA", "U0SATO0")
			reporter.Slash(general.Name, "共有フォルダーのファイルが開けません")
			answer := reporter.WaitText(general.Name, "INC-")
			number := liveNumber.FindString(answer.Text())
			if number == "" || !answer.Ephemeral || strings.Contains(answer.Text(), "訓練") {
				t.Fatalf("%+v", answer)
			}
			for _, called := range []string{"U0SATO0", "U0SUZUKI"} {
				p := w.Person(called)
				p.WaitText(p.Direct(), number)
			}
			c := w.WaitChannel(strings.ToLower(number))
			w.Wait("the members", func() bool {
				c, _ = w.Channel(strings.ToLower(number))
				return slices.Contains(c.Members, "U0SATO0") && slices.Contains(c.Members, "U0SUZUKI")
			})
			if !c.Private {
				t.Error("the channel is public")
			}
			lead.WaitText(c.Name, "アカウントが見つかりません") // 高橋

			lead.Slash(general.Name, "web")
			link := regexp.MustCompile(`http://localhost(/sign-in\?token=[A-Z2-7]+)`).FindStringSubmatch(linksOf(t, lead.WaitText(lead.Direct(), "リンク")))
			if link == nil {
				t.Fatal("no link to sign in")
			}
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			browser := &http.Client{Jar: jar, Transport: &http.Transport{}}
			defer browser.CloseIdleConnections()
			token := strings.TrimPrefix(link[1], "/sign-in?token=")
			res, err := browser.PostForm(d.address+"/sign-in", url.Values{"token": {token}, "to": {"/incidents/" + number}})
			if err != nil {
				t.Fatal(err)
			}
			page, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK || !strings.Contains(string(page), number) || !strings.Contains(string(page), "佐藤 美咲") {
				t.Errorf("signed in: %s %.300s", res.Status, page)
			}

			if out, _, _ := d.run("doctor"); name == "Socket Mode" && (strings.Contains(out, "[異常]") && !strings.Contains(out, "アクセス権") || !strings.Contains(out, spoken("slack.check.channels")) || strings.Contains(out, w.BotToken)) {
				t.Errorf("doctor says\n%s", out)
			}
			// 高橋 is called for personal information and has no account: that is told.
			code, unreached := d.end(), 0
			for line := range strings.Lines(complaints(d.errs)) {
				if !strings.Contains(line, "a message was given up") {
					t.Error(line)
				}
				if strings.Contains(line, `"kind":"page","attempt":1,"reason":"unreachable"`) {
					unreached++
				}
			}
			if code != 0 || unreached != 1 {
				t.Errorf("exit %d; %d calls reached nobody", code, unreached)
			}
			for _, secret := range []string{w.BotToken, w.AppToken, w.SigningSecret, token, "ファイルが開けません"} {
				if strings.Contains(d.errs.String()+d.out.String(), secret) {
					t.Errorf("the log shows %q", secret)
				}
			}
			if m := w.Mistakes(); len(m) > 0 {
				t.Errorf("Slack refused: %v", m)
			}
		})
	}
}

// linksOf is a message as it came, with the addresses behind its buttons.
func linksOf(t *testing.T, m slacktest.Message) string {
	t.Helper()
	b, err := json.Marshal(m.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A stop leaves nothing of Slack behind, and a start without Slack in reach is a start all
// the same: it says that it is not ready, and does not fail.
func TestStartAndStopWithSlack(t *testing.T) {
	w := workspace(t)
	before := goleak.IgnoreCurrent()
	for _, settings := range [][]string{{"SLACK_APP_TOKEN=" + w.AppToken}, {"SLACK_SIGNING_SECRET=" + w.SigningSecret}} {
		d := goOnSlack(t, w, settings...)
		if code := d.end(); code != 0 || complaints(d.errs) != "" {
			t.Errorf("exit %d: %s", code, complaints(d.errs))
		}
	}
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, before)

	away := goOnSlack(t, w, "SLACK_APP_TOKEN=xapp-wrong")
	if res, err := http.Get(away.address + "/healthz"); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("without Slack: %v", err)
	} else {
		_ = res.Body.Close()
	}
	if code := away.end(); code != 0 {
		t.Errorf("without Slack: exit %d", code)
	}
}

// Practice that was asked for leaves Slack alone.
func TestPracticeLeavesSlackAlone(t *testing.T) {
	w := workspace(t)
	d := &onDuty{t: t, w: w, data: t.TempDir()}
	d.environ = []string{
		"HIKESHI_DATA=" + d.data, "HIKESHI_LISTEN=127.0.0.1:0", "HIKESHI_MODE=practice",
		"SLACK_BOT_TOKEN=" + w.BotToken, "SLACK_APP_TOKEN=" + w.AppToken, "SLACK_API_URL=" + w.URL(),
	}
	d.start()
	if !strings.Contains(d.out.String(), spoken("cli.serve.slack.unused")) {
		t.Error("it does not say so:", d.out)
	}
	if _, asked := d.parts()[partSlack]; asked {
		t.Error("it waits for Slack")
	}
	if code := d.end(); code != 0 || w.Sockets() > 0 || w.Done("auth.test") > 0 {
		t.Errorf("exit %d, %d connections", code, w.Sockets())
	}
}
