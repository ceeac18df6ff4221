package discord

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

const commandsRoute = "PUT /applications/{application}/guilds/{guild}/commands"

func TestCommandsAreRegisteredWhenTheyDiffer(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	stop := runDoor(t, g, func() *Front { f := newDoor(t, g); f.Use(&doorDesk{}); return f }())
	stop()
	f := openDoor(t, g, &doorDesk{})
	g.Wait("the second look", func() bool { return g.Done("GET /applications/{application}/guilds/{guild}/commands") == 2 })
	idle(g, f)
	if n := g.Done(commandsRoute); n != 1 {
		t.Errorf("registered %d times", n)
	}
	names := strings.Join(p.Commands("general"), "\n")
	for _, want := range []string{"報告", "対応します", "その他"} {
		if !strings.Contains(names, want) {
			t.Errorf("there is no command %q in\n%s", want, names)
		}
	}
	p.Speaks("en-US")
	if names := strings.Join(p.Commands("general"), "\n"); !strings.Contains(names, "handover") || strings.Contains(names, "報告") {
		t.Errorf("in English:\n%s", names)
	}
	blameless(t, g)
}

// In both languages of an installation Discord takes the commands, and knows them again.
func TestCommandsInEitherLanguage(t *testing.T) {
	say := newDoor(t, discordtest.New(t)).config.Say
	for _, lang := range []string{"ja", "en"} {
		got := tongues{say, lang}.commands()
		if !same(got, got) || len(got) != 3 || len(got[0].Options) > 25 {
			t.Errorf("%s: %d commands, %d words", lang, len(got), len(got[0].Options))
		}
		for _, w := range got[0].Options {
			if w.Name != anyLine && w.Names["ja"] == "" {
				t.Errorf("%s has no Japanese name", w.Name)
			}
			for _, d := range w.Descriptions {
				if n := len([]rune(d)); n < 2 || n > 100 {
					t.Errorf("%s: %d characters", w.Name, n)
				}
			}
		}
		if got[1].Name == got[2].Name || len(tongues{say, lang}.points()) != 4 {
			t.Errorf("%+v", got[1:])
		}
	}
}

func TestRegisteringIsTriedAgain(t *testing.T) {
	g := discordtest.New(t)
	g.AddChannel("general")
	g.Fail("GET /applications/{application}/guilds/{guild}/commands", 2, discordtest.ServerError)
	openDoor(t, g, &doorDesk{}) // waits until they are registered
	blameless(t, g)
}

func TestWordsAreCompletedWhileSomebodyTypes(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	type asked struct {
		channel string
		of      chat.Completion
		typed   string
	}
	var last asked
	desk := &doorDesk{complete: func(_ context.Context, channel string, of chat.Completion, typed string) ([]chat.Option, error) {
		last = asked{channel, of, typed}
		var out []chat.Option
		for range 30 {
			out = append(out, chat.Option{Value: "a", Label: strings.Repeat("長", 200)})
		}
		return append(out, chat.Option{Value: "p-01", Label: "鈴木"}, chat.Option{Value: strings.Repeat("x", 101), Label: "長すぎる"}, chat.Option{Value: "", Label: "空"}), nil
	}}
	f := openDoor(t, g, desk)
	if _, err := f.Keep(t.Context(), chat.Place{Channel: "inc-2026-0001", Members: []chat.UserID{userID(p.ID)}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		where, path, option, typed string
		filled                     map[string]string
		want                       asked
	}{
		{"general", "incident assign", "person", "すず", nil, asked{"", chat.CompletePerson, "すず"}},
		{"inc-2026-0001", "incident assign", "person", "すず", nil, asked{"inc-2026-0001", chat.CompletePerson, "すず"}},
		{"inc-2026-0001", "incident step", "step", "2", nil, asked{"inc-2026-0001", chat.CompleteStep, "2"}},
		{"general", "incident step", "step", "", map[string]string{"incident": "INC-2026-0002"}, asked{"inc-2026-0002", chat.CompleteStep, ""}},
		{"general", "incident take", "incident", "12", nil, asked{"", chat.CompleteIncident, "12"}},
		{"general", "incident line", "text", "すす", nil, asked{"", chat.CompleteWord, "すす"}},
	} {
		last = asked{}
		got := p.Autocomplete(c.where, c.path, c.option, c.typed, c.filled)
		if last != c.want || len(got) != 2 || got[1] != (discordtest.Choice{Name: "鈴木", Value: "p-01"}) {
			t.Errorf("%s %s: asked %+v, offered %+v", c.path, c.option, last, got)
		}
	}
	last = asked{}
	if got := p.Autocomplete("general", "incident line", "text", "進める INC"); len(got) != 0 || last.of != "" {
		t.Errorf("after the word: %+v", got)
	}
	desk.complete = func(context.Context, string, chat.Completion, string) ([]chat.Option, error) {
		return nil, errors.New("away")
	}
	if got := p.Autocomplete("general", "incident take", "incident", ""); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	f.patience.completed = 100 * time.Millisecond
	desk.complete = func(ctx context.Context, _ string, _ chat.Completion, _ string) ([]chat.Option, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	began := time.Now()
	if got := p.Autocomplete("general", "incident take", "incident", ""); len(got) != 0 || time.Since(began) > 2*time.Second {
		t.Errorf("%+v after %v", got, time.Since(began))
	}
	idle(g, f)
	blameless(t, g)
}
