package discordtest_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/discord/discordtest"
)

// guild is a server with two members, a channel and an app that hands on what it is told.
func guild(t *testing.T, handle func(*discordgo.Session, *discordgo.Interaction), options ...discordtest.Option) (*discordtest.Guild, *discordgo.Session, *discordtest.Person, *discordtest.Person) {
	t.Helper()
	g := discordtest.New(t, options...)
	g.Unlimited(true) // what is tested here are no rates
	p, other := g.AddMember("佐藤"), g.AddMember("鈴木")
	g.AddChannel("general")
	s := connect(t, g, func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		if handle != nil {
			handle(s, i.Interaction)
		}
	})
	register(t, g, s)
	return g, s, p, other
}

func TestACommandIsAnsweredForOnePersonAlone(t *testing.T) {
	t.Parallel()
	got := make(chan *discordgo.Interaction, 1)
	g, _, p, other := guild(t, func(s *discordgo.Session, i *discordgo.Interaction) {
		got <- i
		if err := answer(s, i, discordgo.InteractionResponseChannelMessageWithSource, &discordgo.InteractionResponseData{
			Content: "受けました", Flags: discordgo.MessageFlagsEphemeral, Components: []discordgo.MessageComponent{aRow(aButton("取り消す", "undo"))},
		}); err != nil {
			t.Errorf("the answer: %v", err)
		}
	})
	d := p.Command("general", "報告", map[string]string{"件名": "停電", "level": "高", "who": "鈴木"})
	i := <-got
	data := i.ApplicationCommandData()
	sub := data.Options[0]
	if data.Name != "incident" || sub.Name != "report" || len(sub.Options) != 3 || sub.Options[0].Value != "停電" || sub.Options[1].Value != "3" ||
		data.Resolved.Users[other.ID].GlobalName != "鈴木" || i.Member.User.ID != p.ID || i.User != nil || i.GuildID != g.ID() {
		t.Errorf("the command came as %+v", data)
	}
	if d.First() != 4 || len(p.Whispers()) != 1 || len(other.Look("general")) != 0 || len(other.Whispers()) != 0 {
		t.Errorf("he sees %v, the other %v", p.Look("general"), other.Look("general"))
	}
	if got := p.Whispers()[0]; got.Text() != "受けました\n[取り消す]" || got.OnlyFor != p.ID || got.Author != g.BotID() {
		t.Errorf("he sees %q", got.Text())
	}
	if c, _ := g.Channel("general"); len(c.Messages) != 0 {
		t.Errorf("it stands in the channel: %v", c.Messages)
	}
	if other.CanPress("general", "取り消す", "") || !p.CanPress("general", "取り消す", "") {
		t.Error("somebody else can press what is shown to one person alone")
	}
	if a := g.Answers(); len(a) != 1 || a[0].Took <= 0 || a[0].Took != g.Slowest() || a[0].What != "/incident report" {
		t.Errorf("answers: %+v", a)
	}
	p.Dismiss()
	if len(p.Whispers()) != 0 {
		t.Error("what was put away is still there")
	}
	none(t, g)
}

func TestAFormThatAButtonOpens(t *testing.T) {
	t.Parallel()
	least := 0
	got := make(chan *discordgo.Interaction, 10)
	g, s, p, _ := guild(t, func(s *discordgo.Session, i *discordgo.Interaction) {
		got <- i
		var err error
		switch i.Type {
		case discordgo.InteractionApplicationCommand:
			err = answer(s, i, discordgo.InteractionResponseChannelMessageWithSource, &discordgo.InteractionResponseData{
				Content: "続き", Flags: discordgo.MessageFlagsEphemeral, Components: []discordgo.MessageComponent{aRow(aButton("続き 2/2", "~next:2:d1"))},
			})
		case discordgo.InteractionMessageComponent:
			no := false
			err = answer(s, i, discordgo.InteractionResponseModal, &discordgo.InteractionResponseData{
				CustomID: "~form:d1", Title: "報告", Components: []discordgo.MessageComponent{
					discordgo.Label{Label: "件名", Description: "短く", Component: discordgo.TextInput{CustomID: "in:title", Style: discordgo.TextInputShort, MaxLength: 5, Value: "一\n二"}},
					discordgo.TextDisplay{Content: "任意"},
					discordgo.Label{Label: "場所", Component: discordgo.SelectMenu{CustomID: "in:place", Required: &no, MinValues: &least, MaxValues: 2, Options: []discordgo.SelectMenuOption{
						{Label: "本社", Value: "hq", Default: true}, {Label: "工場", Value: "plant"},
					}}},
					discordgo.Label{Label: "証拠", Component: discordgo.FileUpload{CustomID: "in:files", Required: &no, MinValues: &least, MaxValues: 2}},
					discordgo.ActionsRow{Components: []discordgo.MessageComponent{discordgo.TextInput{CustomID: "in:more", Label: "詳細", Style: discordgo.TextInputParagraph, Required: &no}}},
				},
			})
		case discordgo.InteractionModalSubmit:
			err = answer(s, i, discordgo.InteractionResponseUpdateMessage, &discordgo.InteractionResponseData{Content: "送りました"})
		}
		if err != nil {
			t.Errorf("the answer: %v", err)
		}
	})
	p.Command("general", "incident status", nil)
	<-got
	p.Press(discordtest.Whisper, "続き 2/2", "")
	<-got
	m := p.WaitModal("任意")
	if m.Title != "報告" || m.Input("件名").Value != "一二" || m.Input("place").Value != "本社" || !slices.Equal(m.Input("場所").Options, []string{"本社", "工場"}) || m.Input("件名").Hint != "短く" {
		t.Fatalf("the form: %+v", m)
	}
	p.Type("件名", "123456")
	if p.Submit() != nil || p.Modal().Input("title").Error == "" {
		t.Fatal("the client sent more than max_length")
	}
	p.Type("件名", "")
	if p.Submit() != nil || p.Modal().Input("title").Error == "" {
		t.Fatal("the client sent a form without what is required")
	}
	p.Fill("title", "停電")
	p.Fill("place", "plant,hq")
	p.Type("詳細", "一\n二")
	p.Attach("証拠", "ログ 1.txt", []byte("abc"))
	p.Submit()
	i := <-got
	data := i.ModalSubmitData()
	title := data.Components[0].(*discordgo.Label).Component.(*discordgo.TextInput)
	place := data.Components[2].(*discordgo.Label).Component.(*discordgo.SelectMenu)
	file := data.Components[3].(*discordgo.Label).Component.(*discordgo.FileUpload)
	more := data.Components[4].(*discordgo.ActionsRow).Components[0].(*discordgo.TextInput)
	if data.CustomID != "~form:d1" || title.Value != "停電" || title.CustomID != "in:title" || !slices.Equal(place.Values, []string{"plant", "hq"}) || more.Value != "一\n二" || i.Message == nil {
		t.Errorf("the form came as %+v", data)
	}
	a := data.Resolved.Attachments[file.Values[0]]
	if a == nil || a.Filename != "ログ_1.txt" || a.Size != 3 {
		t.Fatalf("the file came as %+v", a)
	}
	if got := fetched(t, s, a.URL); got != "abc" {
		t.Errorf("in the file is %q", got)
	}
	if p.Modal() != nil {
		t.Error("the form is still open")
	}
	if got := p.WaitWhisper("送りました"); len(p.Whispers()) != 1 || len(got.Buttons()) != 0 { // discordgo names components, even none
		t.Errorf("he sees %v", p.Whispers())
	}
	none(t, g)
}

func TestSuggestionsWhileTyping(t *testing.T) {
	t.Parallel()
	g, _, p, _ := guild(t, func(s *discordgo.Session, i *discordgo.Interaction) {
		data := i.ApplicationCommandData()
		o := data.Options[0].GetOption("about")
		if i.Type != discordgo.InteractionApplicationCommandAutocomplete || !o.Focused || o.StringValue() != "2026" || data.Options[0].GetOption("title").StringValue() != "停電" {
			t.Errorf("it came as %+v", o)
		}
		if err := answer(s, i, discordgo.InteractionApplicationCommandAutocompleteResult, &discordgo.InteractionResponseData{
			Choices: []*discordgo.ApplicationCommandOptionChoice{{Name: "INC-2026-0001 停電", Value: "INC-2026-0001"}},
		}); err != nil {
			t.Errorf("the answer: %v", err)
		}
	})
	got := p.Autocomplete("general", "report", "about", "2026", map[string]string{"件名": "停電"})
	if len(got) != 1 || got[0] != (discordtest.Choice{Name: "INC-2026-0001 停電", Value: "INC-2026-0001"}) {
		t.Errorf("he is offered %+v", got)
	}
	none(t, g)
}

func TestMessagesReactionsAndTheMenuOfAMessage(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p := g.AddMember("佐藤")
	g.AddChannel("general")
	events := make(chan string, 20)
	s := connect(t, g,
		func(_ *discordgo.Session, m *discordgo.MessageCreate) {
			if m.Author.ID == p.ID {
				events <- "message " + m.Content + " " + m.GuildID
			}
		},
		func(_ *discordgo.Session, r *discordgo.MessageReactionAdd) {
			events <- "added " + r.Emoji.Name + " " + r.UserID
		},
		func(_ *discordgo.Session, r *discordgo.MessageReactionRemove) { events <- "removed " + r.Emoji.Name },
		func(s *discordgo.Session, i *discordgo.InteractionCreate) {
			data := i.ApplicationCommandData()
			if err := answer(s, i.Interaction, discordgo.InteractionResponseDeferredChannelMessageWithSource, nil); err != nil {
				t.Errorf("the answer: %v", err)
			}
			events <- data.Name + " " + data.Resolved.Messages[data.TargetID].Content + " " + data.Resolved.Messages[data.TargetID].Attachments[0].Filename
		})
	register(t, g, s)
	next := func(want string) {
		t.Helper()
		if got := <-events; got != want {
			t.Errorf("%q came instead of %q", got, want)
		}
	}
	p.DM("こんにちは")
	next("message こんにちは ")
	p.Repeat()
	next("message こんにちは ")
	id := p.Share("general", "煙が見えます", "a.png", []byte("png"))
	next("message 煙が見えます " + g.ID())
	p.React("general", id, "📌")
	next("added 📌 " + p.ID)
	if got := p.Look("general")[0].Reactions["📌"]; !slices.Equal(got, []string{p.ID}) {
		t.Errorf("reactions: %v", got)
	}
	p.Unreact("general", id, "📌")
	next("removed 📌")
	d := p.MessageCommand("記録に追加", "general", id)
	next("Add to record 煙が見えます a.png")
	if d.First() != 5 {
		t.Errorf("the first answer is %d", d.First())
	}
	g.Wait("the promise", func() bool {
		all := p.Look("general")
		return len(all) == 2 && all[1].Loading()
	})
	if got := p.Look("general")[0].Text(); got != "煙が見えます\n📎 a.png" {
		t.Errorf("he reads %q", got)
	}
	none(t, g)
}

func TestButtonsAreFoundByWhatStandsBeside(t *testing.T) {
	t.Parallel()
	g, s, p, _ := guild(t, func(s *discordgo.Session, i *discordgo.Interaction) {
		if err := answer(s, i, discordgo.InteractionResponseDeferredMessageUpdate, nil); err != nil {
			t.Errorf("the answer: %v", err)
		}
	})
	dm, err := s.UserChannelCreate(p.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, title := range []string{"一", "二"} {
		if _, err := s.ChannelMessageSendComplex(dm.ID, &discordgo.MessageSend{
			Embeds: []*discordgo.MessageEmbed{{Title: title, Description: "1. 電源を切る\n2. 連絡する"}},
			Components: []discordgo.MessageComponent{
				aRow(aButton("1 済", title+"1"), aButton("2 済", title+"2"), aButton("戻る", title+"b")),
				aRow(discordgo.SelectMenu{CustomID: title + "m", Placeholder: "選ぶ", Options: []discordgo.SelectMenuOption{{Label: "甲", Value: "a"}}}),
			},
		}); err != nil {
			t.Fatal(err)
		}
	}
	pressed := func(d *discordtest.Delivery) string {
		data, _ := d.Payload()["data"].(map[string]any)
		id, _ := data["custom_id"].(string)
		return id
	}
	for want, d := range map[string]*discordtest.Delivery{
		"二b": p.Press("", "戻る", ""),
		"一b": p.Press(discordtest.Direct, "/^戻/", "一"),
		"二2": p.Press(discordtest.Visible, "済", "連絡する"),
		"二1": p.Press("", "1 済", ""),
		"二m": p.Pick("", "選ぶ", "甲"),
	} {
		if got := pressed(d); got != want {
			t.Errorf("he pressed %q instead of %q", got, want)
		}
	}
	none(t, g)
}

func TestWhatIsReadable(t *testing.T) {
	t.Parallel()
	g, s, p, _ := guild(t, nil)
	c, _ := g.Channel("general")
	if _, err := s.ChannelMessageSendComplex(c.ID, &discordgo.MessageSend{
		Content: "<@" + p.ID + "> **急ぎ** __下線__ inc_2026_0001 `a*b` \\*文字\\_ [記録](https://a.example/x_y_z) <#" + c.ID + ">",
		Embeds: []*discordgo.MessageEmbed{{
			Title: "題", Description: "-# <t:1767290640:f>\n> 引用 *斜*", Fields: []*discordgo.MessageEmbedField{{Name: "名", Value: "値"}},
			Footer: &discordgo.MessageEmbedFooter{Text: "**脚注**"},
		}},
		Components: []discordgo.MessageComponent{aRow(discordgo.Button{Label: "開く", Style: discordgo.LinkButton, URL: "https://a.example/"})},
	}); err != nil {
		t.Fatal(err)
	}
	want := "@佐藤 急ぎ 下線 inc_2026_0001 a*b *文字_ 記録 #general\n題\n2026-01-02 03:04\n引用 斜\n名\n値\n**脚注**\n[開く]"
	if got := p.Look("general")[0].Text(); got != want {
		t.Errorf("he reads\n%s\ninstead of\n%s", got, want)
	}
	none(t, g)
}

// fetched is what lies at an address of the CDN.
func fetched(t *testing.T, s *discordgo.Session, address string) string {
	t.Helper()
	out, err := s.Client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil || out.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", address, out.StatusCode, err)
	}
	return string(body)
}

func TestTheLanguageOfAClient(t *testing.T) {
	t.Parallel()
	got := make(chan *discordgo.Interaction, 2)
	g, _, p, _ := guild(t, func(s *discordgo.Session, i *discordgo.Interaction) {
		if err := answer(s, i, ofLater, nil); err != nil {
			t.Errorf("the answer: %v", err)
		}
		got <- i
	})
	for _, c := range []struct{ locale, offered string }{{"ja", "/incident status,/incident 報告"}, {"en-US", "/incident report,/incident status"}} {
		p.Speaks(c.locale)
		if said := strings.Join(p.Commands("general"), ","); said != c.offered {
			t.Errorf("he is offered %s in %s", said, c.locale)
		}
		p.Command("general", "status", nil)
		if i := <-got; string(i.Locale) != c.locale {
			t.Errorf("his language is %q instead of %s", i.Locale, c.locale)
		}
	}
	none(t, g)
}
