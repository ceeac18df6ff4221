package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/templates"
	"hikeshi/workflows/contact"
)

// discordWall is a server on Discord on which a gallery hangs.
type discordWall struct {
	t      *testing.T
	say    func(key string, pairs ...string) string
	g      *discordtest.Guild
	front  *discord.Front
	viewer *discordtest.Person
	easel  *easel
}

func newDiscordGallery(t *testing.T, lang string) *gallery {
	t.Helper()
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	accounts := map[string]string{}
	for i, r := range rows {
		if accounts[r.Name] == "" {
			accounts[r.Name] = fmt.Sprintf("9%017d", i)
		}
		if r.Name != "渡辺 浩" { // whose account an administrator will say
			rows[i].DiscordID = accounts[r.Name]
		}
	}
	c := newCompany(t, lang, rows, frontendDiscord)
	texts, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &discordWall{t: t, g: discordtest.New(t), say: func(key string, pairs ...string) string { return texts.Say(lang, key, pairs...) }}
	w.g.Unlimited(true)
	w.g.AddChannel(lobby)
	w.viewer = w.g.AddMember("見る人")
	w.front, err = discord.New(discord.Config{
		Token: w.g.Token(), Guild: w.g.ID(), APIURL: w.g.URL(), Lang: lang, Say: texts.Say, Memory: c.service.Memory(frontendDiscord),
		PublicURL: "https://hikeshi.example.co.jp", Log: slog.New(slog.DiscardHandler), Limits: discord.Limits{Global: 1 << 30, Guess: 1 << 30},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.easel = &easel{Desk: c.desk}
	w.front.Use(w.easel)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = w.front.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	w.g.Wait("the program is connected", func() bool { return w.g.Sockets() > 0 && len(w.g.Commands()) > 0 })
	c.wall = w
	return c
}

func (w *discordWall) message(name string, card chat.Card) string {
	w.t.Helper()
	id, err := w.front.Send(context.Background(), chat.Delivery{Key: name, To: chat.Target{User: chat.UserID("discord:" + w.viewer.ID)}, Card: card})
	if err != nil {
		w.t.Fatalf("%s: %v; %q", name, err, w.g.Mistakes())
	}
	for _, m := range w.viewer.DMs() {
		if m.Channel+"/"+m.ID == string(id) {
			return m.Text()
		}
	}
	w.t.Fatalf("%s did not arrive", name)
	return ""
}

// asks has the viewer ask, and gives what he is shown.
func (w *discordWall) asks(name string, r chat.Reply, n int) []discordtest.Message {
	w.t.Helper()
	before := len(w.viewer.Whispers())
	w.easel.put(r, nil)
	w.viewer.Command(lobby, "incident その他", map[string]string{"内容": "…"})
	w.viewer.Wait(name, func() bool { return len(w.viewer.Whispers()) == before+n })
	return w.viewer.Whispers()[before:]
}

func (w *discordWall) answer(name string, r chat.Reply) (out []string) {
	w.t.Helper()
	for _, m := range w.asks(name, r, len(r.Cards)) {
		out = append(out, m.Text())
	}
	return out
}

// page tells which page of a form is open, and of how many.
var page = regexp.MustCompile(` (\d+)/(\d+)$`)

// form goes through the pages of a form, and through what stands between them. One that is
// refused is sent, so that it is seen how that is said.
func (w *discordWall) form(name string, f *chat.Form) string {
	w.t.Helper()
	w.viewer = w.g.AddMember("見る人") // who has left a report half written is offered that first
	w.asks(name, chat.Reply{Form: f}, 0)
	refused := f.Error != "" || slices.ContainsFunc(f.Inputs, func(i chat.Input) bool { return i.Error != "" })
	var read []string
	for {
		w.viewer.Wait("the form "+name, func() bool { return w.viewer.Modal() != nil })
		m := w.viewer.Modal()
		read = append(read, "〔"+m.Title+"〕"+strings.TrimPrefix(m.Text(), m.Title))
		at := page.FindStringSubmatch(m.Title)
		last := at == nil || at[1] == at[2]
		if last && !refused {
			w.viewer.CloseModal()
			break
		}
		w.complete(m)
		before := len(w.viewer.Whispers())
		if w.viewer.Submit() == nil {
			w.t.Fatalf("%s cannot be sent: %v", name, w.viewer.Modal().Errors)
		}
		w.viewer.Wait("what becomes of "+name, func() bool { return len(w.viewer.Whispers()) == before+1 })
		said := w.viewer.Whispers()[before]
		read = append(read, said.Text())
		if last {
			break
		}
		next := strings.TrimSpace(w.say("discord.form.next", "at", ""))
		i := slices.IndexFunc(said.Buttons(), func(label string) bool { return strings.HasPrefix(label, next) })
		if i < 0 {
			break // it cannot be read as it stands there
		}
		w.viewer.Press(discordtest.Whisper, said.Buttons()[i], "")
	}
	return strings.Join(read, "\n--\n")
}

// complete answers what has to be answered on a page.
func (w *discordWall) complete(m *discordtest.Modal) {
	for _, in := range m.Inputs {
		switch {
		case !in.Required || strings.TrimSpace(in.Value) != "":
		case in.Kind == 3:
			w.viewer.Choose(in.ID, in.Options[0])
		case in.Kind == 19:
			w.viewer.Attach(in.ID, "x.txt", []byte("x"))
		case strings.HasPrefix(in.ID, "t."), strings.HasPrefix(in.ID, "d."): // a day, or a moment
			w.viewer.Type(in.ID, "2026-12-29")
		default:
			w.viewer.Type(in.ID, "○")
		}
	}
}

func (w *discordWall) handed(name string, r chat.Reply) {
	w.t.Helper()
	files := func() (all []discordtest.Attachment) {
		for _, m := range w.viewer.DMs() {
			all = append(all, m.Attachments...)
		}
		return all
	}
	before := len(files())
	w.asks(name, r, 1)
	w.viewer.Wait("the file of "+name, func() bool { return len(files()) == before+1 })
	f := files()[before]
	if _, err := zip.NewReader(bytes.NewReader(f.Body), int64(len(f.Body))); err != nil || filepath.Ext(f.Name) != ".docx" {
		w.t.Errorf("%s is no Word file: %s, %v", name, f.Name, err)
	}
}

func (w *discordWall) mistakes() []string { return append(w.g.Mistakes(), w.g.Lost()...) }

// TestWhatDiscordIsSent shows every message, answer and form as it is read on Discord. The fake
// refuses what Discord refuses.
func TestWhatDiscordIsSent(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			g := newDiscordGallery(t, lang)
			g.leak()
			g.outage()
			g.questions()
			g.duties()
			g.legal()
			g.outside()
			g.drafts()
			g.links()
			golden(t, filepath.Join("testdata", "discord", lang+".txt"), strings.Join(g.order, "\n"))
			if m := g.wall.mistakes(); len(m) > 0 {
				t.Errorf("Discord refused: %s", strings.Join(m, "\n"))
			}
			g.complete()
		})
	}
}
