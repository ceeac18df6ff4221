package discordtest_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/discord/discordtest"
)

// toFake sends what is meant for Discord to the fake.
type toFake struct {
	host string
	next http.RoundTripper
}

func (t toFake) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = "http", t.host, t.host
	return t.next.RoundTrip(r)
}

// newApp is a client on discordgo, as the front end's is one.
func newApp(t *testing.T, g *discordtest.Guild) *discordgo.Session {
	t.Helper()
	s, err := discordgo.New("Bot " + g.Token())
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(g.URL())
	if err != nil {
		t.Fatal(err)
	}
	// Not the common transport: a server of httptest that ends breaks what is under way there.
	next := &http.Transport{}
	t.Cleanup(next.CloseIdleConnections)
	s.Client = &http.Client{Transport: toFake{at.Host, next}}
	s.StateEnabled, s.ShouldRetryOnRateLimit, s.MaxRestRetries = false, false, 0
	s.LogLevel = -1
	s.Identify.Intents = discordgo.IntentsGuilds | discordgo.IntentsGuildMessages | discordgo.IntentsDirectMessages |
		discordgo.IntentsGuildMessageReactions | discordgo.IntentsDirectMessageReactions | discordgo.IntentMessageContent
	return s
}

// connect runs an app on the gateway until the test ends. Handlers are those of discordgo.
func connect(t *testing.T, g *discordtest.Guild, handlers ...any) *discordgo.Session {
	t.Helper()
	s := newApp(t, g)
	for _, h := range handlers {
		s.AddHandler(h)
	}
	if err := s.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { go func() { _ = s.Close() }() }) // discordgo waits for a second in it
	g.Wait("a session", func() bool { return g.Sockets() > 0 })
	return s
}

// register gives the server its commands.
func register(t *testing.T, g *discordtest.Guild, s *discordgo.Session) {
	t.Helper()
	ja := func(name string) map[discordgo.Locale]string {
		return map[discordgo.Locale]string{discordgo.Japanese: name}
	}
	menu := ja("記録に追加")
	_, err := s.ApplicationCommandBulkOverwrite(g.AppID(), g.ID(), []*discordgo.ApplicationCommand{
		{
			Name: "incident", Description: "Incidents", Options: []*discordgo.ApplicationCommandOption{
				{
					Type: discordgo.ApplicationCommandOptionSubCommand, Name: "report", NameLocalizations: ja("報告"), Description: "Report",
					Options: []*discordgo.ApplicationCommandOption{
						{Type: discordgo.ApplicationCommandOptionString, Name: "title", NameLocalizations: ja("件名"), Description: "Title", Required: true, MaxLength: 10},
						{Type: discordgo.ApplicationCommandOptionString, Name: "level", Description: "Level", Choices: []*discordgo.ApplicationCommandOptionChoice{
							{Name: "high", NameLocalizations: ja("高"), Value: "3"},
						}},
						{Type: discordgo.ApplicationCommandOptionUser, Name: "who", Description: "Who"},
						{Type: discordgo.ApplicationCommandOptionString, Name: "about", Description: "About", Autocomplete: true},
					},
				},
				{Type: discordgo.ApplicationCommandOptionSubCommand, Name: "status", Description: "Status"},
			},
		},
		{Type: discordgo.MessageApplicationCommand, Name: "Add to record", NameLocalizations: &menu},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// answer gives the first answer to an interaction.
func answer(s *discordgo.Session, i *discordgo.Interaction, kind discordgo.InteractionResponseType, data *discordgo.InteractionResponseData) error {
	return s.InteractionRespond(i, &discordgo.InteractionResponse{Type: kind, Data: data})
}

// none says that nothing was refused.
func none(t *testing.T, g *discordtest.Guild) {
	t.Helper()
	if got := g.Refused(); len(got) > 0 {
		t.Errorf("refused: %q", got)
	}
}

func aButton(label, id string) discordgo.MessageComponent {
	return discordgo.Button{Label: label, CustomID: id, Style: discordgo.SecondaryButton}
}

func aRow(parts ...discordgo.MessageComponent) discordgo.MessageComponent {
	return discordgo.ActionsRow{Components: parts}
}
