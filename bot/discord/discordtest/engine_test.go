package discordtest_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/discord/discordtest"
)

// wants says that a call was refused with a code of Discord's; 0: it was not.
func wants(t *testing.T, what string, err error, code int) {
	t.Helper()
	var refused *discordgo.RESTError
	switch {
	case code == 0 && err != nil:
		t.Errorf("%s: %v", what, err)
	case code == 0:
	case !errors.As(err, &refused) || refused.Message == nil || refused.Message.Code != code:
		t.Errorf("%s: %v instead of %d", what, err, code)
	}
}

const (
	ofMessage  = discordgo.InteractionResponseChannelMessageWithSource
	ofLater    = discordgo.InteractionResponseDeferredChannelMessageWithSource
	ofSilence  = discordgo.InteractionResponseDeferredMessageUpdate
	ofUpdate   = discordgo.InteractionResponseUpdateMessage
	ofChoices  = discordgo.InteractionApplicationCommandAutocompleteResult
	ofModal    = discordgo.InteractionResponseModal
	forOneOnly = discordgo.MessageFlagsEphemeral
)

func aForm() *discordgo.InteractionResponseData {
	return &discordgo.InteractionResponseData{CustomID: "f", Title: "報告", Components: []discordgo.MessageComponent{
		discordgo.Label{Label: "件名", Component: discordgo.TextInput{CustomID: "title", Style: discordgo.TextInputShort}},
	}}
}

// later is an app that hands every interaction to the test, which answers by itself.
func later(t *testing.T, options ...discordtest.Option) (*discordtest.Guild, *discordgo.Session, *discordtest.Person, chan *discordgo.Interaction) {
	t.Helper()
	got := make(chan *discordgo.Interaction, 20)
	g, s, p, _ := guild(t, func(_ *discordgo.Session, i *discordgo.Interaction) { got <- i }, options...)
	return g, s, p, got
}

// act lets the person do something without waiting for its answer, and gives what the app is
// told.
func act(got chan *discordgo.Interaction, do func()) (i *discordgo.Interaction, done chan struct{}) {
	done = make(chan struct{})
	go func() { defer close(done); do() }()
	return <-got, done
}

func TestADeferralIsFollowedByItsAnswer(t *testing.T) {
	t.Parallel()
	g, s, p, got := later(t)
	i, done := act(got, func() { p.Command("general", "status", nil) })
	content := "できました"
	edit := &discordgo.WebhookEdit{Content: &content}
	_, err := s.InteractionResponseEdit(i, edit)
	wants(t, "an edit before there is an answer", err, 10015)
	wants(t, "the deferral", answer(s, i, ofLater, &discordgo.InteractionResponseData{Flags: forOneOnly}), 0)
	<-done
	if all := p.Whispers(); len(all) != 1 || !all[0].Loading() || all[0].Text() != "…" {
		t.Fatalf("he sees %v", all)
	}
	edit.Files = []*discordgo.File{{Name: "報告書.docx", ContentType: "application/octet-stream", Reader: strings.NewReader("abc")}}
	_, err = s.InteractionResponseEdit(i, edit)
	wants(t, "the answer", err, 0)
	edit.Files = nil
	if all := p.Whispers(); len(all) != 1 || all[0].Loading() || all[0].Text() != "できました\n📎 報告書.docx" || string(all[0].Attachments[0].Body) != "abc" {
		t.Fatalf("he sees %v", all)
	}
	more, err := s.FollowupMessageCreate(i, true, &discordgo.WebhookParams{Content: "もう一つ", Flags: forOneOnly})
	wants(t, "a follow-up", err, 0)
	_, err = s.FollowupMessageEdit(i, more.ID, &discordgo.WebhookEdit{Content: &content})
	wants(t, "its edit", err, 0)
	back, err := s.InteractionResponse(i)
	if wants(t, "the original", err, 0); back.Content != content || back.Flags&forOneOnly == 0 {
		t.Errorf("the original is %+v", back)
	}
	empty := ""
	_, err = s.InteractionResponseEdit(i, &discordgo.WebhookEdit{Content: &empty, Attachments: &[]*discordgo.MessageAttachment{}})
	wants(t, "an edit that leaves nothing", err, 50006)
	wants(t, "taking it away", s.InteractionResponseDelete(i), 0)
	_, err = s.InteractionResponseEdit(i, edit)
	wants(t, "an edit of what is gone", err, 10008)
	if all := p.Whispers(); len(all) != 1 || all[0].ID != more.ID {
		t.Errorf("he sees %v", all)
	}
	g.AgeTokens(15*time.Minute + time.Second)
	_, err = s.FollowupMessageCreate(i, true, &discordgo.WebhookParams{Content: "zu spät"})
	wants(t, "a follow-up after a quarter of an hour", err, 50027)
}

func TestAFollowUpTakesThePlaceOfADeferral(t *testing.T) {
	t.Parallel()
	g, s, p, got := later(t)
	i, done := act(got, func() { p.Command("general", "status", nil) })
	wants(t, "the deferral", answer(s, i, ofLater, &discordgo.InteractionResponseData{Flags: forOneOnly}), 0)
	<-done
	_, err := s.FollowupMessageCreate(i, true, &discordgo.WebhookParams{Content: "できました"})
	wants(t, "the follow-up", err, 0)
	if all := p.Whispers(); len(all) != 1 || all[0].Text() != "できました" {
		t.Errorf("he sees %v", all)
	}
	if c, _ := g.Channel("general"); len(c.Messages) != 0 {
		t.Errorf("everybody sees %v", c.Messages)
	}
	none(t, g)
}

func TestAnAnswerThatComesTooLate(t *testing.T) {
	t.Parallel()
	g, s, p, got := later(t, discordtest.AnswerWithin(500*time.Millisecond))
	i, done := act(got, func() { p.Command("general", "status", nil) })
	g.AgeTokens(time.Second)
	wants(t, "an answer after the time", answer(s, i, ofMessage, &discordgo.InteractionResponseData{Content: "a"}), 10062)
	<-done
	g.Wait("the person to be told", func() bool { return len(g.Lost()) == 1 })
	if got := g.Mistakes(); len(got) != 1 || !strings.Contains(got[0], "10062") {
		t.Errorf("mistakes: %q", got)
	}
}

func TestWhatReachesTheAppLateIsNoMistakeOfIts(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t, discordtest.AnswerWithin(50*time.Millisecond))
	p := g.AddMember("佐藤")
	g.AddChannel("general")
	got := make(chan *discordgo.Interaction, 5)
	s := connect(t, g, func(_ *discordgo.Session, i *discordgo.InteractionCreate) { got <- i.Interaction })
	register(t, g, s)
	g.DropSockets()
	g.Wait("the connection to be gone", func() bool { return g.Sockets() == 0 })
	p.Command("general", "status", nil)
	i := <-got // after the resume, which discordgo begins after a second
	wants(t, "the answer", answer(s, i, ofMessage, &discordgo.InteractionResponseData{Content: "a"}), 10062)
	if got := g.Mistakes(); len(got) > 0 || len(g.Lost()) != 1 {
		t.Errorf("mistakes: %q, lost: %q", got, g.Lost())
	}
}

func TestWhatIsAnsweredTwice(t *testing.T) {
	t.Parallel()
	g, s, p, got := later(t)
	i, done := act(got, func() { p.Command("general", "status", nil) })
	say := &discordgo.InteractionResponseData{Content: "a"}
	wants(t, "the first answer", answer(s, i, ofMessage, say), 0)
	<-done
	p.Repeat()
	again := <-got
	if again.ID != i.ID || again.Token != i.Token {
		t.Errorf("the repeat is another: %+v", again)
	}
	wants(t, "the answer to the repeat", answer(s, again, ofMessage, say), 40060)
	if got := g.Mistakes(); len(got) > 0 {
		t.Errorf("mistakes: %q", got)
	}
	i, done = act(got, func() { p.Command("general", "status", nil) })
	wants(t, "the first answer", answer(s, i, ofLater, nil), 0)
	<-done
	wants(t, "the second", answer(s, i, ofMessage, say), 40060)
	if got := g.Mistakes(); len(got) != 1 || !strings.Contains(got[0], "40060") {
		t.Errorf("mistakes: %q", got)
	}
}

func TestWhichAnswerFitsWhat(t *testing.T) {
	t.Parallel()
	g, s, p, got := later(t)
	dm, err := s.UserChannelCreate(p.ID)
	wants(t, "direct messages", err, 0)
	_, err = s.ChannelMessageSendComplex(dm.ID, &discordgo.MessageSend{Content: "カード", Components: []discordgo.MessageComponent{aRow(aButton("押す", "a"))}})
	wants(t, "a card", err, 0)
	_, err = s.ChannelMessageSendComplex(g.Channels()[0].ID, &discordgo.MessageSend{Content: "カード", Components: []discordgo.MessageComponent{aRow(aButton("押す", "a"))}})
	wants(t, "a card in the channel", err, 0)

	say := &discordgo.InteractionResponseData{Content: "a", Flags: forOneOnly}
	try := func(what string, do func(), fits, wrong []discordgo.InteractionResponseType) {
		t.Helper()
		i, done := act(got, do)
		data := map[discordgo.InteractionResponseType]*discordgo.InteractionResponseData{
			ofMessage: say, ofUpdate: {Content: "b"}, ofModal: aForm(), ofChoices: {Choices: []*discordgo.ApplicationCommandOptionChoice{{Name: "甲", Value: "a"}}},
		}
		for _, kind := range wrong {
			wants(t, what, answer(s, i, kind, data[kind]), 50035)
		}
		wants(t, what, answer(s, i, fits[0], data[fits[0]]), 0)
		<-done
	}
	kinds := func(k ...discordgo.InteractionResponseType) []discordgo.InteractionResponseType { return k }
	command := func() { p.Command("general", "status", nil) }
	press := func() { p.Press("", "押す", "") }
	submit := func() { p.Type("件名", "停電"); p.Submit() }
	try("typing", func() { p.Autocomplete("general", "report", "about", "a") }, kinds(ofChoices), kinds(ofMessage, ofLater, ofSilence, ofUpdate, ofModal, 1, 12))
	try("a command", command, kinds(ofMessage), kinds(ofSilence, ofUpdate, ofChoices, 1))
	try("a command", command, kinds(ofModal), nil)
	try("a form of a command", submit, kinds(ofLater), kinds(ofModal, ofUpdate, ofSilence, ofChoices))
	if p.Modal() != nil {
		t.Error("the form that was taken is still open")
	}
	try("a press", press, kinds(ofModal), kinds(ofChoices))
	try("a form of a press", submit, kinds(ofUpdate), kinds(ofModal, ofChoices))
	if got := p.DMs()[0]; got.Content != "b" || got.Edited != true || len(got.Buttons()) != 0 {
		t.Errorf("the card is %v", got)
	}
	try("a press in the channel", func() { p.Press("general", "押す", "") }, kinds(ofSilence), nil)
	for _, m := range g.Mistakes() {
		if !strings.Contains(m, "50035") {
			t.Errorf("a mistake: %s", m)
		}
	}
}

func TestInDirectMessagesThereIsAUserAndNoMember(t *testing.T) {
	t.Parallel()
	g, s, p, got := later(t)
	dm, err := s.UserChannelCreate(p.ID)
	wants(t, "direct messages", err, 0)
	_, err = s.ChannelMessageSendComplex(dm.ID, &discordgo.MessageSend{Content: "カード", Components: []discordgo.MessageComponent{aRow(aButton("押す", "a"))}})
	wants(t, "a card", err, 0)
	i, done := act(got, func() { p.Press("", "押す", "") })
	if i.User == nil || i.User.ID != p.ID || i.Member != nil || i.GuildID != "" || i.ChannelID != dm.ID || i.Context != discordgo.InteractionContextBotDM || i.Message.Content != "カード" {
		t.Errorf("the press came as %+v", i)
	}
	wants(t, "the answer", answer(s, i, ofMessage, &discordgo.InteractionResponseData{Content: "受けました"}), 0)
	<-done
	if all := p.DMs(); len(all) != 2 || all[1].Text() != "受けました" {
		t.Errorf("he sees %v", all)
	}
	none(t, g)
}

func TestARefusedAnswerCanBeGivenAgain(t *testing.T) {
	t.Parallel()
	g, s, p, got := later(t)
	i, done := act(got, func() { p.Command("general", "status", nil) })
	wants(t, "too much", answer(s, i, ofMessage, &discordgo.InteractionResponseData{Content: strings.Repeat("a", 2001)}), 50035)
	wants(t, "nothing", answer(s, i, ofMessage, &discordgo.InteractionResponseData{}), 50006)
	wants(t, "a flag", answer(s, i, ofLater, &discordgo.InteractionResponseData{Flags: discordgo.MessageFlagsSuppressEmbeds}), 50035)
	form := aForm()
	form.Title = strings.Repeat("題", 46)
	wants(t, "a form", answer(s, i, ofModal, form), 50035)
	wants(t, "an answer", answer(s, i, ofMessage, &discordgo.InteractionResponseData{Content: "a"}), 0)
	<-done
	if p.Modal() != nil || len(p.Look("general")) != 1 {
		t.Errorf("he sees %v and %v", p.Look("general"), p.Modal())
	}
	wants(t, "another's token", answer(s, &discordgo.Interaction{ID: i.ID, Token: "x"}, ofMessage, &discordgo.InteractionResponseData{Content: "a"}), 10062)
	if got := g.Mistakes(); len(got) != 5 || !strings.Contains(got[3], "data.title") && !strings.Contains(got[3], "title: ") {
		t.Errorf("mistakes: %q", got)
	}
}

func TestAFormThatIsNotAnsweredStaysOpen(t *testing.T) {
	t.Parallel()
	g, s, p, got := later(t, discordtest.AnswerWithin(500*time.Millisecond))
	i, done := act(got, func() { p.Command("general", "status", nil) })
	wants(t, "the form", answer(s, i, ofModal, aForm()), 0)
	<-done
	p.Type("件名", "停電")
	first, done := act(got, func() { p.Submit() })
	<-done // after half a second here
	if m := p.Modal(); m == nil || !m.Failed || m.Input("件名").Value != "停電" || len(g.Lost()) != 1 {
		t.Fatalf("the form is %+v, lost are %q", m, g.Lost())
	}
	second, done := act(got, func() { p.Submit() })
	if first.ID == second.ID {
		t.Error("the second try is the first again")
	}
	wants(t, "the answer", answer(s, second, ofMessage, &discordgo.InteractionResponseData{Content: "a", Flags: forOneOnly}), 0)
	<-done
	if p.Modal() != nil {
		t.Error("the form is still open")
	}
	none(t, g)
}

func TestTheCallbackSaysWhatItMade(t *testing.T) {
	t.Parallel()
	g, s, p, got := later(t)
	i, done := act(got, func() { p.Command("general", "status", nil) })
	raw, err := s.RequestWithBucketID("POST", discordgo.EndpointInteractionResponse(i.ID, i.Token)+"?with_response=true",
		discordgo.InteractionResponse{Type: ofMessage, Data: &discordgo.InteractionResponseData{Content: "a", Flags: forOneOnly}}, "callback")
	wants(t, "the answer", err, 0)
	<-done
	for _, want := range []string{`"response_message_ephemeral":true`, `"resource":{"message":{`, `"id":"` + p.Whispers()[0].ID + `"`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s is not in %s", want, raw)
		}
	}
	none(t, g)
}

func TestHeldAndTwice(t *testing.T) {
	t.Parallel()
	g, s, p, got := later(t)
	g.Hold()
	p.Command("general", "status", nil)
	p.Command("general", "report", map[string]string{"title": "停電"})
	p.DM("a")
	done := make(chan struct{})
	go func() { defer close(done); g.Release(true) }()
	for _, want := range []string{"report", "status"} {
		i := <-got
		if name := i.ApplicationCommandData().Options[0].Name; name != want {
			t.Errorf("%s came instead of %s", name, want)
		}
		wants(t, "the answer", answer(s, i, ofLater, nil), 0)
	}
	<-done
	g.Twice(true)
	one, done := act(got, func() { p.Command("general", "status", nil) })
	two := <-got
	if one.ID != two.ID {
		t.Error("the second is another")
	}
	wants(t, "the answer", answer(s, one, ofLater, nil), 0)
	<-done
	wants(t, "the second answer", answer(s, two, ofLater, nil), 40060)
	if got := g.Mistakes(); len(got) > 0 {
		t.Errorf("mistakes: %q", got)
	}
}

func TestAWholeLine(t *testing.T) {
	t.Parallel()
	g, s, p, got := later(t)
	_, err := s.ApplicationCommandBulkOverwrite(g.AppID(), g.ID(), []*discordgo.ApplicationCommand{{
		Name: "incident", Description: "d", Options: []*discordgo.ApplicationCommandOption{
			{Type: discordgo.ApplicationCommandOptionSubCommand, Name: "report", Description: "d", Options: []*discordgo.ApplicationCommandOption{
				{Type: discordgo.ApplicationCommandOptionString, Name: "text", Description: "d"},
			}},
			{Type: discordgo.ApplicationCommandOptionSubCommand, Name: "line", Description: "d", Options: []*discordgo.ApplicationCommandOption{
				{Type: discordgo.ApplicationCommandOptionString, Name: "text", Description: "d", Required: true},
			}},
		},
	}})
	wants(t, "the commands", err, 0)
	for line, want := range map[string]string{"/incident 状況 1": "line 状況 1", "状況": "line 状況", "/incident": "report", "": "report"} {
		i, done := act(got, func() { p.Line("general", line) })
		sub := i.ApplicationCommandData().Options[0]
		said := sub.Name
		for _, o := range sub.Options {
			said += " " + o.StringValue()
		}
		if said != want {
			t.Errorf("%q came as %q", line, said)
		}
		wants(t, "the answer", answer(s, i, ofLater, nil), 0)
		<-done
	}
	if d := p.Line("", "/incident 状況"); d.ID != "" || p.DMs()[0].Content != "/incident 状況" {
		t.Errorf("in his direct messages he typed %+v", p.DMs())
	}
	if got := strings.Join(p.Commands("general"), ","); got != "/incident line,/incident report" {
		t.Errorf("he is offered %s", got)
	}
	none(t, g)
}

// An app that answers nothing and falls over nothing: discordgo itself passes odd events over.
func TestOddThingsAreSent(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	p := g.AddMember("佐藤")
	g.AddChannel("general")
	var came atomic.Int64
	connect(t, g, func(*discordgo.Session, *discordgo.Event) { came.Add(1) })
	g.Wait("what every session begins with", func() bool { return came.Load() >= 2 })
	before := came.Load()
	names := map[string]bool{}
	sent := 0
	for _, where := range []string{"", "general"} {
		for _, o := range p.Odds(where) {
			if where == "" {
				if names[o.Name] {
					t.Errorf("two are called %q", o.Name)
				}
				names[o.Name] = true
			}
			o.Send()
			sent++
		}
	}
	p.Raw("general", 3, func(o map[string]any) { o["data"] = nil })
	g.Event("SOMETHING_NEW", map[string]any{"a": 1})
	sent += 2
	// Two are about members, which this app has not asked for.
	g.Wait("all to come", func() bool { return came.Load()-before >= int64(sent)-2 })
	if sent < 500 {
		t.Errorf("only %d were sent", sent)
	}
	if len(g.Lost()) > 0 {
		t.Errorf("lost: %q", g.Lost())
	}
	none(t, g)
}
