package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/goleak"

	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
)

// somebody uses the room as a browser would: with a cookie and the page's token.
type somebody struct {
	at    string
	http  *http.Client
	token string
}

var (
	hiddenToken = regexp.MustCompile(`name="csrf" value="([^"]+)"`)
	hiddenWho   = regexp.MustCompile(`name="who" value="([^"]+)"`)
	numberGiven = regexp.MustCompile(`TRN-[0-9]{4}-[0-9]{4,}`)
)

// enters comes in as the nth person of the company.
func enters(t testing.TB, address string, n int) *somebody {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &somebody{at: address, http: &http.Client{Jar: jar, Transport: &http.Transport{}}}
	t.Cleanup(s.http.CloseIdleConnections)
	page := s.look(t, "/")
	people := hiddenWho.FindAllStringSubmatch(page, -1)
	if len(people) == 0 {
		t.Fatal("nobody to be:", page)
	}
	s.token = hiddenToken.FindStringSubmatch(page)[1]
	who := html.UnescapeString(people[n%len(people)][1])
	if _, err := s.post("/be", url.Values{"who": {who}, "back": {"/"}}); err != nil {
		t.Fatal(err)
	}
	s.token = hiddenToken.FindStringSubmatch(s.look(t, "/"))[1]
	return s
}

func (s *somebody) look(t testing.TB, path string) string {
	t.Helper()
	res, err := s.http.Get(s.at + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func (s *somebody) post(path string, form url.Values) (string, error) {
	form.Set("csrf", s.token)
	req, err := http.NewRequest(http.MethodPost, s.at+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if path != "/be" {
		req.Header.Set("Accept", "application/json")
	}
	res, err := s.http.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.200s", res.Status, body)
	}
	return string(body), err
}

// reports one line, and gives the number it was told; an error where it was told none.
func (s *somebody) reports(text string) (number string, err error) {
	body, err := s.post("/say", url.Values{"text": {"/incident " + text}, "line": {text}})
	if err != nil {
		return "", err
	}
	if number = numberGiven.FindString(body); number == "" {
		return "", fmt.Errorf("no number: %.300s", body)
	}
	return number, nil
}

// hears opens a live page, and gives what is told on it when it ends.
func (s *somebody) hears(t *testing.T) <-chan []string {
	t.Helper()
	res, err := s.http.Get(s.at + "/events") //nolint:bodyclose // closed below, when the stream ends
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	told := make(chan []string, 1)
	go func() {
		defer res.Body.Close()
		var lines []string
		for sc := bufio.NewScanner(res.Body); sc.Scan(); {
			if sc.Text() != "" {
				lines = append(lines, sc.Text())
			}
		}
		told <- lines
	}()
	return told
}

func startedWith(t *testing.T, binary string, environ ...string) (c *exec.Cmd, out, errs *written) {
	t.Helper()
	c = exec.Command(binary)
	c.Env = environ
	out, errs = &written{}, &written{}
	c.Stdout, c.Stderr = out, errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c, out, errs
}

// ends waits for the program; it gives how long that took.
func ends(t *testing.T, c *exec.Cmd, within time.Duration) time.Duration {
	t.Helper()
	begun := time.Now()
	ended := make(chan struct{})
	go func() {
		c.Wait() //nolint:errcheck // how it ended is asked below
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(within + 20*time.Second):
		t.Fatal("it did not end")
	}
	took := time.Since(begun)
	if took > within {
		t.Errorf("it took %v to end, want at most %v", took, within)
	}
	return took
}

// A server that is stopped while many people report keeps every report whose number somebody
// has seen, leaves no lease behind, tells the open pages to come back, and is gone in less
// than three seconds.
func TestAStopUnderLoadKeepsWhatWasAcknowledged(t *testing.T) {
	binary := builtProgram(t)
	t.Run("SQLite", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "data", "practice.db")
		stopUnderLoad(t, binary, "sqlite:"+file, "sqlite", file)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		url := pgtest.Shared(t).Empty(t)
		stopUnderLoad(t, binary, url, "pgx", url+"&search_path=hikeshi")
	})
}

func stopUnderLoad(t *testing.T, binary, url, driver, source string) {
	c, out, errs := startedWith(t, binary, "DATABASE_URL="+url, "HIKESHI_DATA="+t.TempDir(), "HIKESHI_LISTEN=127.0.0.1:0")
	address := healthy(t, out, errs)
	told := enters(t, address, 0).hears(t)

	var mu sync.Mutex
	given := map[string]string{} // number → text
	enough := make(chan struct{})
	var crowd sync.WaitGroup
	for i := range 8 {
		one := enters(t, address, i)
		crowd.Go(func() {
			for n := 0; ; n++ {
				text := fmt.Sprintf("画面が固まりました %d-%d", i, n)
				number, err := one.reports(text)
				if err != nil {
					var ne net.Error
					if !errors.As(err, &ne) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
						t.Errorf("%s: %v", text, err)
					}
					return
				}
				mu.Lock()
				given[number] = text
				if len(given) == 60 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(patienceOfTests):
		t.Fatalf("%d reports only: %s", len(given), errs)
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	took := ends(t, c, 3*time.Second)
	crowd.Wait()
	t.Logf("%d reports were acknowledged; it ended in %v", len(given), took)
	if code := c.ProcessState.ExitCode(); code != 0 || complaints(errs) != "" {
		t.Errorf("exit %d: %s", code, complaints(errs))
	}
	if lines := <-told; len(lines) < 2 || !strings.HasPrefix(lines[len(lines)-1], "retry: ") {
		t.Errorf("the open page was told %q at the end", lines[max(0, len(lines)-3):])
	}

	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for number, text := range given {
		var n int
		if err := db.QueryRow(`SELECT count(*) FROM incidents JOIN texts ON texts.incident = incidents.id WHERE incidents.id = $1 AND texts.body = $2`, number, text).Scan(&n); err != nil || n == 0 {
			t.Errorf("%s was told its number, and is not there: %d, %v", number, n, err)
		}
	}
	for _, table := range []string{"messages", "timers"} {
		var n int
		if err := db.QueryRow(`SELECT count(*) FROM ` + table + ` WHERE owner <> ''`).Scan(&n); err != nil || n > 0 {
			t.Errorf("%d leases of %s are left behind, %v", n, table, err)
		}
	}
	s, err := store.Open(t.Context(), url, store.WithReadOnly())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if v, err := workflows.Verify(t.Context(), s); err != nil || len(v.Breaches) > 0 || v.Incidents < len(given) {
		t.Errorf("verify: %+v, %v", v, err)
	}
}

// hang begins a request and never finishes it.
func hang(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, "POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	// The server asks for the body only when the handler reads: then the request is under way.
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatal(line, err)
	}
}

// waitFor waits until the program has said something.
func waitFor(t *testing.T, w *written, what string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for limit := time.After(patienceOfTests); !strings.Contains(w.String(), what); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("it never said %q: %s", what, w)
		}
	}
}

func TestAStopDoesNotWaitForEver(t *testing.T) {
	binary := builtProgram(t)
	t.Run("a request that never ends is broken off", func(t *testing.T) {
		t.Parallel()
		c, out, errs := startedWith(t, binary, "HIKESHI_DATA="+t.TempDir(), "HIKESHI_LISTEN=127.0.0.1:0")
		hang(t, healthy(t, out, errs))
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		took := ends(t, c, stopWithin+2*time.Second)
		if took < stopWithin/2 {
			t.Errorf("it waited for %v only", took)
		}
		if code := c.ProcessState.ExitCode(); code != 0 || !strings.Contains(complaints(errs), "requests were broken off") {
			t.Errorf("exit %d: %s", code, errs)
		}
	})
	t.Run("a second signal ends it at once", func(t *testing.T) {
		t.Parallel()
		c, out, errs := startedWith(t, binary, "HIKESHI_DATA="+t.TempDir(), "HIKESHI_LISTEN=127.0.0.1:0")
		hang(t, healthy(t, out, errs))
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		waitFor(t, out, spoken("cli.serve.stopping"))
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		ends(t, c, 2*time.Second)
		if ws, ok := c.ProcessState.Sys().(syscall.WaitStatus); !ok || !ws.Signaled() || ws.Signal() != syscall.SIGTERM {
			t.Errorf("it ended by itself: %v", c.ProcessState)
		}
	})
	t.Run("behind a proxy it first says that it is not ready", func(t *testing.T) {
		t.Parallel()
		c, out, errs := startedWith(t, binary, "HIKESHI_DATA="+t.TempDir(), "HIKESHI_LISTEN=127.0.0.1:0", "HIKESHI_PUBLIC_URL=https://hikeshi.example.co.jp")
		address := healthy(t, out, errs)
		waitReady(t, address)
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		waitFor(t, out, spoken("cli.serve.stopping"))
		seen := false
		for !seen {
			status, body, err := ask(t.Context(), strings.TrimPrefix(address, "http://"), readyPath)
			if err != nil {
				t.Fatal("it stopped answering before it said that it is not ready:", err)
			}
			seen = status == http.StatusServiceUnavailable && strings.Contains(string(body), `"accepting":false`)
		}
		if status, _, err := ask(t.Context(), strings.TrimPrefix(address, "http://"), healthPath); err != nil || status != http.StatusOK {
			t.Errorf("it is no longer alive: %d, %v", status, err)
		}
		ends(t, c, announceStop+3*time.Second)
		if code := c.ProcessState.ExitCode(); code != 0 {
			t.Errorf("exit %d: %s", code, errs)
		}
	})
}

// waitReady waits until every part works, the first turns of courier and calendar included.
func waitReady(t *testing.T, address string) {
	t.Helper()
	var last []byte
	for limit := time.Now().Add(patienceOfTests); time.Now().Before(limit); {
		status, body, err := ask(t.Context(), strings.TrimPrefix(address, "http://"), readyPath)
		if err == nil && status == http.StatusOK {
			return
		}
		last = body
	}
	t.Fatalf("never ready: %s", last)
}

// The program with everybody in it, asked everything, leaves nothing running behind.
func TestNothingGoesOnAfterAStop(t *testing.T) {
	before := goleak.IgnoreCurrent()
	data := t.TempDir()
	const token = "a-token-of-my-own"
	ctx, stop := context.WithCancel(context.Background())
	var out, errs written
	ended := make(chan int, 1)
	environ := []string{"HIKESHI_DATA=" + data, "HIKESHI_LISTEN=127.0.0.1:0", "HIKESHI_METRICS_TOKEN=" + token}
	go func() { ended <- run(ctx, nil, environ, &out, &errs) }()
	address := healthy(t, &out, &errs)
	waitReady(t, address)

	one := enters(t, address, 3)
	told := one.hears(t)
	number, err := one.reports("誤送信しました")
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodGet, address+metricsPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := one.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	figures, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`hikeshi_commands_total{result="accepted",word="report"} 1`, `hikeshi_live_streams 1`, `hikeshi_component_ready{component="calendar"} 1`,
		`hikeshi_http_requests_total{route="POST /say",status="200"} 1`, `hikeshi_incidents_open{level="unassessed",phase="reported"} 1`,
	} {
		if !slices.Contains(strings.Split(string(figures), "\n"), line) {
			t.Errorf("no line %s", line)
		}
	}
	// doctor beside it
	var said, faults written
	environ[1] = "HIKESHI_LISTEN=" + strings.TrimPrefix(address, "http://")
	if code := run(ctx, []string{"doctor"}, append(environ, "HIKESHI_LANG=en"), &said, &faults); code == 0 || !strings.Contains(said.String(), "server: running and ready") || !strings.Contains(said.String(), "everybody on this machine can read or write "+data) {
		t.Errorf("doctor: %d %s%s", code, &said, &faults)
	}
	if code := run(ctx, []string{"doctor", "--health"}, environ, &said, &faults); code != 0 {
		t.Errorf("doctor --health: %d %s", code, &faults)
	}

	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit %d: %s", code, &errs)
	}
	<-told
	one.http.CloseIdleConnections()
	goleak.VerifyNone(t, before)

	// The log says what was set, and nothing else of it.
	var started struct {
		Msg      string            `json:"msg"`
		Settings map[string]string `json:"settings"`
	}
	first, _, _ := strings.Cut(errs.String(), "\n")
	if err := json.Unmarshal([]byte(first), &started); err != nil || started.Msg != "started" || started.Settings["HIKESHI_DATA"] != data || started.Settings["HIKESHI_METRICS_TOKEN"] != "(set, not shown)" {
		t.Errorf("%v: %s", err, first)
	}
	for _, never := range []string{token, "誤送信", number} {
		if strings.Contains(errs.String(), never) {
			t.Errorf("%s is in the log: %s", never, &errs)
		}
	}
	if _, err := os.Stat(filepath.Join(data, "practice.db-wal")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the database was not closed: %v", err)
	}
}
