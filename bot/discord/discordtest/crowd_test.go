package discordtest_test

import (
	"sync"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/discord/discordtest"
)

// Two hundred people at once, each of whom is answered alone. How fast is no matter here: the
// machine may have other things to do.
func TestACrowd(t *testing.T) {
	const crowd = 200
	g := discordtest.New(t, discordtest.AnswerWithin(time.Minute), discordtest.Patience(time.Minute))
	g.AddChannel("general")
	s := connect(t, g, func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		if err := answer(s, i.Interaction, ofMessage, &discordgo.InteractionResponseData{Content: "受けました " + i.Member.User.ID, Flags: forOneOnly}); err != nil {
			t.Errorf("the answer: %v", err)
		}
	})
	register(t, g, s)
	var people []*discordtest.Person
	for range crowd {
		people = append(people, g.AddMember("社員"))
	}
	var all sync.WaitGroup
	for _, p := range people {
		all.Go(func() {
			p.Command("general", "status", nil)
			p.WaitWhisper("受けました " + p.ID)
		})
	}
	all.Wait()
	for _, p := range people {
		if got := p.Whispers(); len(got) != 1 {
			t.Errorf("%s sees %v", p.ID, got)
		}
	}
	if len(g.Answers()) != crowd || len(g.Lost()) > 0 {
		t.Errorf("%d answers, lost %q", len(g.Answers()), g.Lost())
	}
	none(t, g)
}
