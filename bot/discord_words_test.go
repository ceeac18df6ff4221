package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/desk"
	"hikeshi/bot/discord"
	"hikeshi/bot/discord/discordtest"
	"hikeshi/templates"
)

// Whatever stands behind /incident on Discord is a word that the desk knows: another one would
// be taken for the beginning of a report.
func TestEveryWordOnDiscordIsOneOfTheDesks(t *testing.T) {
	texts, err := templates.LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	f, err := discord.New(discord.Config{Token: g.Token(), Guild: g.ID(), APIURL: g.URL(), Memory: nobodyRemembers{}, Say: texts.Say, Lang: "ja"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	p.Wait("the commands", func() bool { return len(p.Commands("general")) > 20 })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for lang, locale := range map[string]string{"ja": "ja", "en": "en-US"} {
		known := []string{texts.Say(lang, "discord.word.line")}
		for _, w := range desk.Words {
			for spelling := range strings.SplitSeq(texts.Say(lang, "word."+w), ",") {
				known = append(known, spelling)
			}
			known = append(known, w)
		}
		p.Speaks(locale)
		for _, c := range p.Commands("general") {
			_, w, _ := strings.Cut(c, " ")
			if !slices.Contains(known, w) {
				t.Errorf("%s: %q is no word of the desk's", lang, c)
			}
		}
	}
}

// nobodyRemembers is a memory that holds nothing.
type nobodyRemembers struct{}

func (nobodyRemembers) Recall(context.Context, string) ([]byte, error)         { return nil, nil }
func (nobodyRemembers) Remember(context.Context, string, []byte) error         { return nil }
func (nobodyRemembers) All(context.Context, string) (map[string][]byte, error) { return nil, nil }
