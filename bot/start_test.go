package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// builtProgram is the program as it is shipped, built once for a test.
func builtProgram(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "hikeshi")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func started(t *testing.T, binary, data string) (c *exec.Cmd, out, errs *written) {
	t.Helper()
	c = exec.Command(binary)
	c.Env = []string{"HIKESHI_DATA=" + data, "HIKESHI_LISTEN=127.0.0.1:0"}
	out, errs = &written{}, &written{}
	c.Stdout, c.Stderr = out, errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, out, errs
}

// healthy waits until the printed address answers.
func healthy(t *testing.T, out, errs *written) string {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for limit := time.After(patienceOfTests); ; {
		select {
		case <-limit:
			t.Fatalf("never answered: %s%s", out, errs)
		case <-tick.C:
		}
		address := printedAddress.FindString(out.String())
		if s := complaints(errs); s != "" {
			t.Fatalf("it said: %s", s)
		}
		if address == "" {
			continue
		}
		r, err := http.Get(address + "/healthz")
		if err != nil {
			continue
		}
		body, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK || string(body) != "ok\n" {
			t.Fatalf("/healthz: %s %q %v", r.Status, body, err)
		}
		return address
	}
}

// The program of one file answers within a second of its start on an empty folder, keeps a
// second one away from the same data, ends well on SIGTERM, and starts again on what is there.
func TestStartSecondStartAndEnd(t *testing.T) {
	binary, data := builtProgram(t), filepath.Join(t.TempDir(), "data")
	begin := time.Now()
	c, out, errs := started(t, binary, data)
	defer c.Process.Kill() //nolint:errcheck // it has ended, if all went well
	address := healthy(t, out, errs)
	if took := time.Since(begin); took >= time.Second {
		t.Errorf("from start to answer: %v, want less than a second", took)
	} else {
		t.Logf("from start to answer: %v", took)
	}
	want := spoken("cli.serve.practice", "address", address, "database", "sqlite:"+filepath.Join(data, "practice.db"))
	if got := out.String(); got != want+"\n" {
		t.Errorf("printed %q, want %q", got, want)
	}
	if st, err := os.Stat(data); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the data folder is open to others: %v, %v", st.Mode(), err)
	}

	second, out2, errs2 := started(t, binary, data)
	if err := second.Wait(); second.ProcessState.ExitCode() != exitFailed {
		t.Errorf("the second server: %v", err)
	}
	if out2.String() != "" || strings.Count(errs2.String(), "\n") != 1 {
		t.Errorf("the second server said %q %q, want one line of error", out2, errs2)
	}
	for _, word := range []string{"もう火消しが動いています", fmt.Sprintf("プロセス %d", c.Process.Pid), filepath.Join(data, "practice.db"), "先に止める"} {
		if !strings.Contains(errs2.String(), word) {
			t.Errorf("the second server does not say %q: %s", word, errs2)
		}
	}

	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	begin = time.Now()
	if err := c.Wait(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	if took := time.Since(begin); took > stopWithin {
		t.Errorf("it took %v to end", took)
	}
	if !strings.HasSuffix(out.String(), spoken("cli.serve.stopping")+"\n") || complaints(errs) != "" {
		t.Errorf("at the end it said %q and %q", out, errs)
	}

	again, out, errs := started(t, binary, data)
	defer again.Process.Kill() //nolint:errcheck // it has ended, if all went well
	healthy(t, out, errs)
	if err := again.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := again.Wait(); err != nil || complaints(errs) != "" {
		t.Errorf("started again: %v %s", err, errs)
	}
}
