package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"hikeshi/bot/slack/slacktest"
)

// deed is what Slack has done when the program is killed.
type deed struct {
	method string
	which  func(c *slackCrash, call slacktest.Call) bool // nil: the first
}

func keyed(prefix string) func(*slackCrash, slacktest.Call) bool {
	return func(_ *slackCrash, call slacktest.Call) bool { return strings.HasPrefix(call.Key, prefix) }
}

// nth is the nth call of a method.
func nth(method string, n int) func(*slackCrash, slacktest.Call) bool {
	return func(c *slackCrash, _ slacktest.Call) bool { return c.w.Done(method) >= n }
}

// moment is a moment of an incident: what comes before it, in a program that lives, and what
// leads to the deed at which it is killed.
type moment struct {
	deed   deed
	before func(c *slackCrash)
	act    func(c *slackCrash)
	after  func(c *slackCrash) // what people do when the program is there again
	check  func(c *slackCrash)
	// direct says that the workspace allows no channels, ended that the incident is over.
	direct, ended bool
	files         int
	incidents     int // 0: one
	soak          bool
}

func (c *slackCrash) report() {
	c.reporter.Slash("", "共有フォルダーのファイルが開けません")
}

// settled waits until an incident is all there.
func (c *slackCrash) settled() {
	c.w.Wait("the channel is made", func() bool {
		list := c.w.Channels()
		return len(list) == 1 && len(list[0].Pinned) == 1 && len(list[0].Bookmarks) > 0 && c.quiet()
	})
}

func (c *slackCrash) reported() { c.report(); c.settled() }

// channel is the one there is.
func (c *slackCrash) channel() string {
	list := c.w.Channels()
	if len(list) != 1 {
		c.t.Fatalf("%d channels", len(list))
	}
	return list[0].Name
}

func (c *slackCrash) takesUp() { c.lead.Press("", "対応します", "") }

// approved brings an incident to where it can be closed, with its report in the channel.
func (c *slackCrash) approved() {
	c.reported()
	c.takesUp()
	for _, line := range slices.Concat([][2]string{
		{"レベル 0 何も送られていないため", "「事故レベル0」と判定しました"},
		{"項目 想定される被害 何も送られていない", "「想定される被害」を記入しました"},
	}, noDuties) {
		c.lead.Slash(c.channel(), line[0])
		c.lead.WaitText(c.channel(), line[1])
	}
	c.admin.Slash(c.channel(), "承認 送信前に気づいたことを確認しました") // at level 0 the administrator approves
	c.w.Wait("the report is there", func() bool { return len(c.w.Files()) == 2 && c.quiet() })
}

func (c *slackCrash) closes() { c.lead.Slash(c.channel(), "終結") }

// many report at once, so that calls of several incidents reach somebody as one message.
func (c *slackCrash) many() {
	var all sync.WaitGroup
	for i := range 6 {
		id := fmt.Sprintf("U0CROWD%d", i)
		c.crowd = append(c.crowd, id)
		p := c.w.AddUser(slacktest.User{ID: id, RealName: id})
		all.Go(func() { p.Slash("", "メールが送れません（"+id+"）") })
	}
	all.Wait()
}

// joined checks that there were such calls.
func (c *slackCrash) joined() {
	numbers := map[string]bool{}
	for _, m := range c.lead.DMs() {
		found := map[string]bool{}
		for _, number := range liveNumber.FindAllString(m.Text(), -1) {
			found[number], numbers[number] = true, true
		}
		if strings.HasPrefix(m.Key, "page:") && len(found) > 1 {
			return
		}
	}
	c.t.Errorf("nothing was joined: %d incidents in messages of their own", len(numbers))
}

var slackMoments = map[string]moment{
	"channel":    {deed: deed{method: "conversations.create"}},
	"invitation": {deed: deed{method: "conversations.invite"}},
	"topic":      {deed: deed{method: "conversations.setTopic"}},
	"card":       {deed: deed{"chat.postMessage", keyed("card:")}},
	"call":       {deed: deed{"chat.postMessage", keyed("page:")}},
	"another call": {deed: deed{"chat.postMessage", func(c *slackCrash, call slacktest.Call) bool {
		return strings.HasPrefix(call.Key, "page:") && c.w.Done("chat.postMessage") > 1
	}}},
	"reporter's card": {deed: deed{"chat.postMessage", keyed("reporter:")}},
	"pin":             {deed: deed{method: "pins.add"}},
	"bookmark":        {deed: deed{method: "bookmarks.add"}},
	"answer": {
		deed: deed{method: "response_url"},
		check: func(c *slackCrash) {
			// Killed before its acknowledgement was on the line, the line comes again, and its
			// answer with it: the number is the same.
			again := slices.ContainsFunc(c.w.Acks(), func(a slacktest.Ack) bool { return a.Kind == "slash_commands" && a.Attempt > 0 })
			told := c.told(c.reporter)
			if n := len(told); n != 1 && (n != 2 || !again || told[0] != told[1]) {
				c.t.Errorf("the reporter was told %d times (%q), delivered again %v", n, told, again)
			}
		},
	},
	"update": {
		deed: deed{method: "chat.update"}, before: (*slackCrash).reported, act: (*slackCrash).takesUp,
		check: func(c *slackCrash) {
			if got := c.card().Text(); !strings.Contains(got, "佐藤 美咲") {
				c.t.Errorf("the card does not say who takes care of it:\n%s", got)
			}
		},
	},
	"file": {
		deed: deed{method: "files.completeUploadExternal"}, files: 1,
		before: func(c *slackCrash) {
			c.reported()
			c.lead.Slash(c.channel(), "報告書")
			c.lead.Wait("the answer", func() bool { return c.lead.CanPress(c.channel(), spoken("share.docx"), "") })
		},
		act: func(c *slackCrash) { c.lead.Press(c.channel(), spoken("share.docx"), "") },
	},
	"Home": {
		deed: deed{method: "views.publish"}, before: (*slackCrash).reported,
		act: func(c *slackCrash) { c.lead.OpenHome() },
		after: func(c *slackCrash) {
			c.lead.OpenHome()
			c.lead.WaitHome("INC-")
		},
	},
	"archive": {
		deed: deed{method: "conversations.archive"}, ended: true,
		before: func(c *slackCrash) {
			c.reported()
			c.takesUp()
			c.w.Wait("it is under way", c.quiet)
		},
		act: func(c *slackCrash) {
			c.lead.Slash(c.channel(), "非該当 偽の警告の広告だったため")
		},
	},
	"closing's file":   {deed: deed{method: "files.completeUploadExternal"}, files: 4, ended: true, soak: true, before: (*slackCrash).approved, act: (*slackCrash).closes},
	"closing's second": {deed: deed{"files.completeUploadExternal", nth("files.completeUploadExternal", 4)}, files: 4, ended: true, soak: true, before: (*slackCrash).approved, act: (*slackCrash).closes},
	"calls as one":     {deed: deed{"chat.postMessage", nth("chat.postMessage", 8)}, incidents: 6, act: (*slackCrash).many, check: (*slackCrash).joined},
	"another card without a channel": {
		direct: true,
		deed: deed{"chat.postMessage", func(c *slackCrash, _ slacktest.Call) bool {
			cards := 0
			for _, call := range c.w.Calls("chat.postMessage") {
				if call.Err == "" && strings.HasPrefix(call.Key, "card:") {
					cards++
				}
			}
			return cards > 1
		}},
	},
	"card without a channel": {
		direct: true,
		deed:   deed{"chat.postMessage", keyed("card:")},
	},
}
