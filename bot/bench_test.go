package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// idleFor is how long an idle program is watched. It covers several rounds of the courier
// and a tick of the calendar.
const idleFor = 10 * time.Second

// BenchmarkIdle builds the program as it is shipped, starts it on an empty folder, and
// measures what it costs while nothing happens: the size of the binary, resident memory,
// the share of one core, and the time from start to listening.
// Targets: < 45 MB, < 60 MB, < 1 %, < 1 s.
func BenchmarkIdle(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "hikeshi")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	st, err := os.Stat(binary)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		started, rss, cpu := idle(b, binary)
		b.ReportMetric(float64(st.Size())/1e6, "binary-MB")
		b.ReportMetric(rss/1e6, "resident-MB")
		b.ReportMetric(cpu*100, "core-%")
		b.ReportMetric(started.Seconds()*1000, "start-ms")
	}
}

// BenchmarkStart10000 starts the program as it is shipped on a database of ten thousand
// incidents, up to listening. Target: < 300 ms.
func BenchmarkStart10000(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "hikeshi")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	b.Run("SQLite", func(b *testing.B) {
		benchmarkStart(b, binary, "sqlite:"+filepath.Join(b.TempDir(), "practice.db"))
	})
	b.Run("PostgreSQL", func(b *testing.B) {
		benchmarkStart(b, binary, pgtest.Start(b).Empty(b))
	})
}

func benchmarkStart(b *testing.B, binary, url string) {
	ctx := context.Background()
	p := &program{settings: settings{DatabaseURL: url, Lang: "ja", Mode: modePractice}}
	o, err := p.openStore(ctx)
	if err != nil {
		b.Fatal(err)
	}
	h, err := p.wire(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	reporter := h.service.Contacts().People()[0]
	for n := range 10_000 {
		out, err := h.service.Do(ctx, workflows.Command{
			Key: strconv.Itoa(n), By: incident.Actor{ID: reporter.ID, Name: reporter.Name, Department: reporter.Department}, Source: incident.FromPerson,
			Do: incident.Report{Text: "ノートPCを電車に置き忘れました " + strconv.Itoa(n), What: incident.KindLoss},
		})
		if err != nil || !out.Accepted() {
			b.Fatal(out, err)
		}
	}
	h.web.Stop()
	if err := o.store.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c := exec.Command(binary)
		c.Env = []string{"HIKESHI_DATA=" + b.TempDir(), "HIKESHI_LISTEN=127.0.0.1:0", "DATABASE_URL=" + url}
		out, err := c.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		begin := time.Now()
		if err := c.Start(); err != nil {
			b.Fatal(err)
		}
		if !bufio.NewScanner(out).Scan() {
			b.Fatal("the program said nothing")
		}
		b.ReportMetric(time.Since(begin).Seconds()*1000, "start-ms")
		b.StopTimer()
		if err := c.Process.Kill(); err != nil {
			b.Fatal(err)
		}
		_ = c.Wait() // it was killed: to end it well it would send ten thousand pages first
		b.StartTimer()
	}
}

func idle(b *testing.B, binary string) (started time.Duration, rss, cpu float64) {
	b.Helper()
	c := exec.Command(binary)
	c.Env = []string{"HIKESHI_DATA=" + b.TempDir(), "HIKESHI_LISTEN=127.0.0.1:0"}
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	begin := time.Now()
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := c.Process.Signal(os.Interrupt); err != nil {
			b.Error(err)
		}
		if err := c.Wait(); err != nil {
			b.Error(err)
		}
	}()
	if !bufio.NewScanner(out).Scan() {
		b.Fatal("the program said nothing")
	}
	started = time.Since(begin)
	before := cpuSeconds(b, c.Process.Pid)
	<-time.After(idleFor)
	cpu = (cpuSeconds(b, c.Process.Pid) - before) / idleFor.Seconds()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
	if err != nil {
		b.Skip("resident memory is read from /proc, which this system does not have")
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseFloat(strings.Fields(kb)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			rss = n * 1024
		}
	}
	return started, rss, cpu
}

// cpuSeconds reads what a process has used so far, from /proc/PID/stat (fields 14 and 15, in
// hundredths of a second).
func cpuSeconds(b *testing.B, pid int) float64 {
	b.Helper()
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skip("processor time is read from /proc, which this system does not have")
	}
	fields := strings.Fields(string(body[strings.LastIndexByte(string(body), ')')+1:]))
	var sum float64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += n
	}
	return sum / 100
}
