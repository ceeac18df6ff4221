package slacktest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	sl "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"hikeshi/bot/slack/slacktest"
)

// Many people at once, every call slow: the workspace itself must not be what holds them up.
func TestTwoHundredPeopleAtOnce(t *testing.T) {
	w := slacktest.New(t)
	var posts sync.WaitGroup
	w.Delay(200 * time.Millisecond)
	connect(t, w, func(api *sl.Client, e socketmode.Event) any {
		if cmd, ok := e.Data.(sl.SlashCommand); ok {
			posts.Go(func() {
				if _, _, err := api.PostMessage(cmd.UserID, sl.MsgOptionText("受けました "+cmd.Text, false)); err != nil {
					t.Errorf("chat.postMessage: %v", err)
				}
			})
		}
		return nil
	})
	var people sync.WaitGroup
	for n := range 200 {
		p := w.AddUser(slacktest.User{ID: fmt.Sprintf("U%03d", n)})
		people.Go(func() {
			p.Slash("", p.ID)
			p.WaitText("", "受けました "+p.ID)
		})
	}
	people.Wait()
	posts.Wait()
	if got := w.Slowest(); got > time.Second {
		t.Errorf("the slowest acknowledgement took %v", got)
	}
	if n := len(w.Acks()); n != 200 {
		t.Errorf("%d acknowledgements", n)
	}
	none(t, w)
}

func TestAnAppThatRestartsGetsItsEvents(t *testing.T) {
	w := slacktest.New(t)
	p := w.AddUser(slacktest.User{ID: "U1"})
	gone := httptest.NewServer(http.NotFoundHandler())
	w.UseHTTP(gone.URL)
	gone.Close()
	heard := make(chan string, 1)
	back := serve(t, func(_ http.ResponseWriter, r *http.Request) { heard <- r.Header.Get("X-Slack-Retry-Reason") })
	var ran sync.WaitGroup
	ran.Go(func() { p.DM("もしもし") })
	w.Wait("the message", func() bool { return len(p.DMs()) == 1 })
	w.UseHTTP(back)
	<-heard
	ran.Wait()
	if got := w.Lost(); len(got) != 0 {
		t.Errorf("lost: %q", got)
	}
}
