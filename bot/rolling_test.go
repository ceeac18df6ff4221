package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hikeshi/bot/slack/slacktest"
	"hikeshi/workflows"
)

// The next version takes over from this one while people report: it migrates the database under
// the feet of the older server, which goes on working until it is told to end. No call is lost
// and none comes twice. The way back is refused.
func TestRollingRestart(t *testing.T)     { rollingRestart(t, 12) }
func TestRollingRestartSoak(t *testing.T) { soak(t); rollingRestart(t, 90) }

func rollingRestart(t *testing.T, n int) {
	binary, next := builtProgram(t), builtNext(t)
	sent := 0
	onSlackTogether(t, n, syscall.SIGTERM, together{
		first: binary, second: next, comes: n / 3,
		beside: func(w *slacktest.Workspace, s workflows.Store, out, errs *written) {
			facts, err := s.Facts(t.Context())
			if err != nil || facts.Schema != nextSchema {
				t.Fatalf("the schema is %d, %v; the next version was to migrate to %d", facts.Schema, err, nextSchema)
			}
			// The older one writes as before; what it cannot do it says.
			r, err := http.Get(printedAddress.FindString(out.String()) + "/readyz")
			if err != nil || r.StatusCode != http.StatusOK {
				t.Fatalf("the older server: %v, %v", r, err)
			}
			r.Body.Close()
			if strings.Contains(errs.String(), `"level":"ERROR"`) {
				t.Errorf("the older server fails: %s", errs)
			}
			sent = len(w.Calls("chat.postMessage"))
		},
		last: func(w *slacktest.Workspace, environ []string) {
			if n := len(w.Calls("chat.postMessage")); n <= sent {
				t.Errorf("the next version sent nothing alone: %d messages before and %d after", sent, n)
			}
			lead := w.Person(crashLead)
			// A call of the older version is answered to the next one.
			lead.Press("", "対応します", liveNumber.FindString(lead.DMs()[0].Text()))
			lead.Wait("he has answered", func() bool {
				return slices.ContainsFunc(lead.DMs(), func(m slacktest.Message) bool {
					return strings.Contains(m.Text(), "対応") && !slices.Contains(m.Buttons(), "対応します")
				})
			})
			wayBack(t, binary, environ)
		},
	})
}

// wayBack starts the older version on what the next one has migrated.
func wayBack(t *testing.T, binary string, environ []string) {
	t.Helper()
	c, out, errs := startedWith(t, binary, environ...)
	ends(t, c, 10*time.Second)
	if code := c.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("the older version ended with %d, want %d", code, exitFailed)
	}
	for _, word := range []string{"newer version of hikeshi", "schema 99999", "start that version"} {
		if !strings.Contains(errs.String(), word) {
			t.Errorf("the older version does not say %q: %s%s", word, out, errs)
		}
	}
}

// nextSchema is what store/migrate_next.go migrates to.
const nextSchema = 99999

// builtNext builds the version that comes after this one.
func builtNext(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "hikeshi-next")
	build := exec.Command("go", "build", "-tags", "nextversion", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}
