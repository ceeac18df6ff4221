package main

import (
	"archive/zip"
	"bytes"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/templates"
	"hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// drafts is a theft while a draft is at hand for each filing: the list of them, the answers that
// a file comes with, a mail's among them, and the form of a text that begins with its draft.
func (g *gallery) drafts() {
	g.t.Helper()
	set, err := templates.Load(nil, true)
	if err != nil {
		g.t.Fatal(err)
	}
	o := &opened{texts: set.Texts, company: set.Company, service: g.service}
	g.config.Drafts = func(in *incident.Incident, records []incident.Record, kind draft.Kind, lang string) draft.Draft {
		return draft.Of(kind, in, records, draftOptions(o, in, lang, g.clock.Now()))
	}
	g.desk = desk.New(g.config)
	g.service.UseClocks(set.Rules.For(set.Company))
	id := g.report("山本", "会員名簿の入ったノートPCを盗まれた", "kind", "theft", "personal_data", "yes")
	g.must(g.press("佐藤", act("take", id, "")))
	g.reply("drafts", g.say("佐藤", g.desk.Channel(id), "/incident draft"))
	for _, kind := range []draft.Kind{draft.PPCPreliminary, draft.IPAVirus, draft.Individuals} {
		g.handed("draft."+string(kind), g.press("佐藤", act("draft", id, string(kind))))
	}
	g.form("texts.drafted", g.press("佐藤", opens("texts", id)+".individuals"))
}

// handed shows an answer with its file, and that the file reaches whoever asked, and him alone.
func (g *gallery) handed(name string, r chat.Reply) {
	g.t.Helper()
	if !r.Direct || r.Document == nil {
		g.t.Fatalf("%s: no file comes to the direct messages: %+v", name, r)
	}
	g.reply(name, chat.Reply{Cards: r.Cards})
	if g.wall != nil {
		g.wall.handed(name, r)
		return
	}
	before, told := len(g.w.Files()), len(g.answers())
	g.easel.put(r, nil)
	g.viewer.Slash("general", "…")
	g.viewer.Wait("the file of "+name, func() bool { return len(g.w.Files()) == before+1 && len(g.answers()) == told+1 })
	f := g.w.Files()[before]
	if f.Title != r.Document.Name || len(f.Channels) != 1 || f.Channels[0] != g.viewer.Direct() {
		g.t.Errorf("%s: %s went to %v", name, f.Title, f.Channels)
	}
	if _, err := zip.NewReader(bytes.NewReader(f.Body), int64(len(f.Body))); err != nil {
		g.t.Errorf("%s is no Word file: %v", name, err)
	}
}
