package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/slack/slacktest"
)

// The contact list is imported by hand while an incident is open, in a process of its own that
// knows nothing of Slack: who gets an account by it is brought into the channel and called
// there, who is off the list is taken out and not called any more.
func TestAnImportInTheMiddleOfAnIncident(t *testing.T) {
	w := workspace(t)
	w.AddUser(slacktest.User{ID: "U0TAKAHASHI", RealName: "高橋", Email: "naoko@home.example", EmailConfirmed: true})
	d := goOnSlack(t, w, "SLACK_APP_TOKEN="+w.AppToken)
	w.Wait("a connection", func() bool { return w.Sockets() > 0 })
	reporter := w.Person("U0NAKAMURA")
	reporter.Slash("", "顧客名簿を入れたUSBメモリをなくしました")
	number := liveNumber.FindString(reporter.WaitText("", "INC-").Text())
	channel := strings.ToLower(number)
	in := func(user string) bool {
		c, _ := w.Channel(channel)
		return slices.Contains(c.Members, user)
	}
	w.Wait("those with an account are in", func() bool { return in("U0SATO0") && in("U0SUZUKI") })
	w.Person("U0SATO0").WaitText(channel, "アカウントが見つかりません") // 高橋

	list := strings.Replace(companyOnSlack, "090-0000-0004,takahashi@example.co.jp,", "090-0000-0004,naoko@home.example,", 1)
	var rows []string
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, "鈴木") {
			rows = append(rows, line)
		}
	}
	rows = append(rows, "伊藤 誠,情報システム部,system_admin,,090-0000-0005,,U0ITO00,,0\n")
	w.AddUser(slacktest.User{ID: "U0ITO00", RealName: "伊藤"})
	file := filepath.Join(d.data, "new.csv")
	if err := os.WriteFile(file, []byte(strings.Join(rows, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, errs, code := d.run("contacts", "import", file); code != 0 {
		t.Fatalf("import: %s%s", out, errs)
	}
	before := len(w.Person("U0SUZUKI").DMs())
	// The next report calls those of the new list, and nobody else. With it the server looks
	// for work; left alone, it does so twice a minute.
	reporter.Slash("", "受付のパソコンが動きません")
	var second string
	w.Wait("the second number", func() bool {
		for _, m := range reporter.DMs() {
			if n := liveNumber.FindString(m.Text()); n != "" && n != number {
				second = n
			}
		}
		return second != ""
	})
	w.Wait("who has an account now is in the channel", func() bool { return in("U0TAKAHASHI") })
	w.Wait("who is off the list is out of it", func() bool { return !in("U0SUZUKI") })
	w.Person("U0ITO00").WaitText("", second)
	w.Wait("who came new is in the second channel", func() bool {
		c, ok := w.Channel(strings.ToLower(second))
		return ok && slices.Contains(c.Members, "U0ITO00")
	})
	if c, _ := w.Channel(strings.ToLower(second)); slices.Contains(c.Members, "U0SUZUKI") {
		t.Error("who is off the list is in the second channel")
	}
	if n := len(w.Person("U0SUZUKI").DMs()); n != before {
		t.Errorf("who is off the list got %d messages more: %s", n-before, slacktest.Texts(w.Person("U0SUZUKI").DMs()[before:]))
	}
	if m := w.Mistakes(); len(m) > 0 {
		t.Errorf("Slack refused: %q", m)
	}
}
