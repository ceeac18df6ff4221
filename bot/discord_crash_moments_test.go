package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"hikeshi/bot/discord/discordtest"
)

// discordDeed is what Discord has done when the program is killed: the nth such call since the
// trap was armed.
type discordDeed struct {
	route string
	which func(c *discordCrash, call discordtest.Call) bool // nil: any
	nth   int                                               // 0: the first
}

// discordMoment is a moment of an incident: what comes before it, in a program that lives, and
// what leads to the deed at which it is killed.
type discordMoment struct {
	deed   discordDeed
	server func(c *discordCrash) // before the program starts
	before func(c *discordCrash)
	act    func(c *discordCrash)
	after  func(c *discordCrash) // what people do when the program is there again
	check  func(c *discordCrash)
	// later says that the program is away for longer than Discord keeps nonces.
	later bool
	// direct says that there can be no channels, threads that incidents get threads, ended that
	// the incident is over.
	direct, threads, ended bool
	files                  int
	incidents              int // 0: one
	soak                   bool
}

func (c *discordCrash) report() {
	c.says(c.reporter, lobby, "共有フォルダーのファイルが開けません")
}

// says types a line behind /incident.
func (c *discordCrash) says(p *discordtest.Person, channel, line string) {
	p.Command(channel, "incident その他", map[string]string{"内容": line})
}

// rooms are the incidents' channels and threads.
func (c *discordCrash) rooms() []discordtest.Channel {
	return slices.DeleteFunc(c.g.Channels(), func(ch discordtest.Channel) bool { return !strings.HasPrefix(ch.Name, "inc-") })
}

// settled waits until an incident is all there.
func (c *discordCrash) settled() {
	c.g.Wait("the channel is made", func() bool {
		list := c.rooms()
		return len(list) == 1 && len(list[0].Pinned) == 2 && c.quiet()
	})
}

func (c *discordCrash) reported() { c.report(); c.settled() }

// room is the one there is.
func (c *discordCrash) room() string {
	list := c.rooms()
	if len(list) != 1 {
		c.t.Fatalf("%d channels", len(list))
	}
	return list[0].Name
}

func (c *discordCrash) takesUp() { c.lead.WaitPress("", "対応します", "") }

func (c *discordCrash) underWay() {
	c.reported()
	c.takesUp()
	c.g.Wait("it is under way", c.quiet)
}

// approved brings an incident to where it can be closed, with its report in the channel.
func (c *discordCrash) approved() {
	c.reported()
	c.takesUp()
	for _, line := range slices.Concat([][2]string{
		{"レベル 0 何も送られていないため", "「事故レベル0」と判定しました"},
		{"項目 想定される被害 何も送られていない", "「想定される被害」を記入しました"},
	}, noDuties) {
		c.says(c.lead, c.room(), line[0])
		c.lead.WaitText(c.room(), line[1])
	}
	c.says(c.admin, c.room(), "承認 送信前に気づいたことを確認しました") // at level 0 the administrator approves
	c.g.Wait("the report is there", func() bool { return c.files() == 2 && c.quiet() })
}

func (c *discordCrash) closes() { c.says(c.lead, c.room(), "終結") }

func (c *discordCrash) dismisses() {
	c.says(c.lead, c.room(), "非該当 偽の警告の広告だったため")
}

// leavesOut takes 鈴木 out of the circle, and so out of the channel.
func (c *discordCrash) leavesOut() {
	c.says(c.lead, c.room(), "限定")
	c.lead.Wait("the form opens", func() bool { return c.lead.Modal() != nil })
	c.lead.Fill("exclude", "鈴木 健（情報システム部、システム管理者）")
	c.lead.Fill("reason", "関わった疑いがあるため")
	if c.lead.Submit() == nil {
		c.t.Errorf("it cannot be sent:\n%s\n%v", c.lead.Modal().Text(), c.lead.Modal().Errors)
	}
}

// many report at once, so that calls of several incidents reach somebody as one message.
func (c *discordCrash) many() {
	var all sync.WaitGroup
	for i := range 6 {
		p := c.g.AddMember(fmt.Sprint("社員", i))
		c.crowd = append(c.crowd, p)
		all.Go(func() { c.says(p, lobby, "メールが送れません（"+p.ID+"）") })
	}
	all.Wait()
}

// joined checks that there were such calls.
func (c *discordCrash) joined() {
	for _, m := range c.lead.DMs() {
		if m.Nonce != "" && len(numbersIn(m.Text())) > 1 {
			return
		}
	}
	c.t.Error("nothing was joined")
}

// told are the numbers that a reporter was shown in answer to what he sent, each once: that of a
// form stands in the answer, and then also where the form said that it was not sent yet.
func (c *discordCrash) told(p *discordtest.Person) (numbers []string) {
	for _, m := range p.Whispers() {
		if number := liveNumber.FindString(m.Text()); number != "" && !slices.Contains(numbers, number) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// files counts what was attached to messages that others see.
func (c *discordCrash) files() (n int) {
	for _, ch := range c.rooms() {
		for _, m := range ch.Messages {
			n += len(m.Attachments)
		}
	}
	for _, p := range c.everybody() {
		for _, m := range p.DMs() {
			n += len(m.Attachments)
		}
	}
	return n
}

func (c *discordCrash) everybody() []*discordtest.Person {
	return append([]*discordtest.Person{c.boss, c.lead, c.admin, c.privacy, c.sales, c.reporter}, c.crowd...)
}

// inRoom are calls about an incident's channel, toLead those that write to 佐藤.
func inRoom(c *discordCrash, call discordtest.Call) bool {
	return slices.ContainsFunc(c.rooms(), func(ch discordtest.Channel) bool { return ch.ID == call.Channel })
}

func toLead(c *discordCrash, call discordtest.Call) bool { return call.Channel == c.lead.Direct() }
func toReporter(c *discordCrash, call discordtest.Call) bool {
	return call.Channel == c.reporter.Direct()
}

func withFile(_ *discordCrash, call discordtest.Call) bool { return len(call.Files) > 0 }

// ofKind are channels of a kind that are made.
func ofKind(kind float64) func(*discordCrash, discordtest.Call) bool {
	return func(_ *discordCrash, call discordtest.Call) bool { return call.Body["type"] == kind }
}

// says4 is an answer that is a message, and no promise of one.
func answersAtOnce(_ *discordCrash, call discordtest.Call) bool { return call.Body["type"] == 4.0 }

func archives(_ *discordCrash, call discordtest.Call) bool {
	return call.Body["permission_overwrites"] != nil
}

func forbidden(c *discordCrash) {
	c.g.Allow(c.g.BotRole(), discordtest.DefaultBot&^discordtest.ManageChannels)
}

func nearlyFull(c *discordCrash) { c.g.AddChannels(490) }

var discordMoments = map[string]discordMoment{
	"category":        {deed: discordDeed{route: discordtest.CreateChannel, which: ofKind(discordtest.Category)}},
	"channel":         {deed: discordDeed{route: discordtest.CreateChannel, which: ofKind(discordtest.Text)}},
	"first in it":     {deed: discordDeed{route: discordtest.CreateMessage, which: inRoom}},
	"second in it":    {deed: discordDeed{route: discordtest.CreateMessage, which: inRoom, nth: 2}},
	"conversation":    {deed: discordDeed{route: discordtest.OpenDM}},
	"call":            {deed: discordDeed{route: discordtest.CreateMessage, which: toLead}},
	"call, later":     {deed: discordDeed{route: discordtest.CreateMessage, which: toLead}, later: true},
	"another call":    {deed: discordDeed{route: discordtest.CreateMessage, which: toLead}, incidents: 2, before: (*discordCrash).reported, act: (*discordCrash).reportsAnother},
	"reporter's card": {deed: discordDeed{route: discordtest.CreateMessage, which: toReporter}},
	"card, later":     {deed: discordDeed{route: discordtest.CreateMessage, which: inRoom, nth: 2}, later: true},
	"pin":             {deed: discordDeed{route: discordtest.PinMessage}},
	"second pin":      {deed: discordDeed{route: discordtest.PinMessage, nth: 2}},
	"answer": {
		deed: discordDeed{route: discordtest.Callback, which: answersAtOnce},
		check: func(c *discordCrash) {
			if told := c.told(c.reporter); len(told) != 1 {
				c.t.Errorf("the reporter was told %q", told)
			}
		},
	},
	"one is let in": {
		deed: discordDeed{route: discordtest.PutOverwrite}, before: (*discordCrash).underWay,
		act: func(c *discordCrash) { c.says(c.lead, c.room(), "担当 伊藤") },
	},
	"one is taken out": {
		deed: discordDeed{route: discordtest.DeleteOverwrite}, before: (*discordCrash).underWay, act: (*discordCrash).leavesOut,
	},
	"update": {
		deed: discordDeed{route: discordtest.EditMessage, which: inRoom}, before: (*discordCrash).reported, act: (*discordCrash).takesUp,
		check: func(c *discordCrash) {
			if got := c.card().Text(); !strings.Contains(got, "佐藤 美咲") {
				c.t.Errorf("the card does not say who takes care of it:\n%s", got)
			}
		},
	},
	"file": {
		deed: discordDeed{route: discordtest.CreateMessage, which: withFile}, files: 1,
		before: func(c *discordCrash) {
			c.reported()
			c.says(c.lead, c.room(), "報告書")
		},
		act: func(c *discordCrash) { c.lead.WaitPress(discordtest.Whisper, spoken("share.docx"), "") },
	},
	"archive": {
		deed: discordDeed{route: discordtest.ChangeChannel, which: archives}, ended: true, before: (*discordCrash).underWay, act: (*discordCrash).dismisses,
	},
	"archive's category": {
		deed: discordDeed{route: discordtest.CreateChannel, which: ofKind(discordtest.Category)}, ended: true, before: (*discordCrash).underWay, act: (*discordCrash).dismisses,
	},
	"place of threads": {server: nearlyFull, threads: true, deed: discordDeed{route: discordtest.CreateChannel, which: ofKind(discordtest.Text)}},
	"thread":           {server: nearlyFull, threads: true, deed: discordDeed{route: discordtest.CreateThread}},
	"one in a thread":  {server: nearlyFull, threads: true, deed: discordDeed{route: discordtest.AddThreadMember}},
	"thread's archive": {
		server: nearlyFull, threads: true, ended: true, deed: discordDeed{route: discordtest.ChangeChannel},
		before: (*discordCrash).underWay, act: (*discordCrash).dismisses,
	},
	"closing's file":   {deed: discordDeed{route: discordtest.CreateMessage, which: withFile}, files: 4, ended: true, soak: true, before: (*discordCrash).approved, act: (*discordCrash).closes},
	"closing's second": {deed: discordDeed{route: discordtest.CreateMessage, which: withFile, nth: 2}, files: 4, ended: true, soak: true, before: (*discordCrash).approved, act: (*discordCrash).closes},
	"calls as one":     {deed: discordDeed{route: discordtest.CreateMessage, nth: 8}, incidents: 6, act: (*discordCrash).many, check: (*discordCrash).joined},
	"card without a channel": {
		direct: true, server: forbidden, deed: discordDeed{route: discordtest.CreateMessage, nth: 2},
	},
	"another card without a channel": {
		direct: true, server: forbidden, deed: discordDeed{route: discordtest.CreateMessage, nth: 4},
	},
}

func (c *discordCrash) reportsAnother() {
	c.says(c.admin, lobby, "宛先を間違えて見積書を送りました")
}
