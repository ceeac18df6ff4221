package slack

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/slack/slacktest"
)

// Two hundred people report within four seconds while every call of Slack takes 800 ms: each is
// acknowledged within a second, taken in once and answered once.
func TestARushIsAcknowledgedAtOnce(t *testing.T) {
	for name, way := range map[string]bool{"Socket Mode": overSocket, "HTTP": overHTTP} {
		t.Run(name, func(t *testing.T) {
			w := slacktest.New(t, slacktest.Patience(60*time.Second))
			desk := newNumbered()
			const people = 200
			all := make([]*slacktest.Person, people)
			for i := range all {
				all[i] = w.AddUser(slacktest.User{ID: fmt.Sprint("U20", i)})
			}
			f := openDoor(t, w, desk, way)
			w.Delay(800 * time.Millisecond)
			var rush sync.WaitGroup
			for i, p := range all {
				rush.Go(func() {
					pauseFor(t.Context(), time.Duration(i)*20*time.Millisecond)
					p.Slash("", "社用PCを置き忘れた")
				})
			}
			rush.Wait()
			if got := w.Slowest(); got > time.Second {
				t.Errorf("the slowest acknowledgement took %v", got)
			}
			w.Wait("all reports", func() bool { return desk.count() == people })
			idle(w, f)
			for _, p := range all {
				if n := strings.Count(slacktest.Texts(p.DMs()), "番号〔"); n != 1 {
					t.Errorf("%s was answered %d times", p.ID, n)
				}
			}
			if n := len(desk.requests()); n != people {
				t.Errorf("%d requests for %d reports", n, people)
			}
		})
	}
}
