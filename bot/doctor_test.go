package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"hikeshi/store"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

func newPatient(t *testing.T) *patient {
	t.Helper()
	p := &program{out: os.Stderr, errs: os.Stderr, settings: settings{Lang: "en", Mode: modePractice, Data: t.TempDir(), Listen: "127.0.0.1:1"}}
	texts, err := p.texts()
	if err != nil {
		t.Fatal(err)
	}
	return &patient{program: p, texts: texts}
}

// one is the grade and the text of a check's only finding.
func one(t *testing.T, found []finding) (grade, string) {
	t.Helper()
	if len(found) != 1 {
		t.Fatalf("%d findings: %+v", len(found), found)
	}
	return found[0].Grade, found[0].Text
}

func TestDoctorLooksAtTheClock(t *testing.T) {
	p := newPatient(t)
	for at, want := range map[string]grade{
		"1970-01-01T00:00:07Z": gradeFault, "2024-12-31T14:59:59Z": gradeFault, "2024-12-31T15:00:00Z": gradeOK,
		"2026-11-26T01:00:00Z": gradeOK, "2099-12-31T14:59:59Z": gradeOK, "2100-01-01T00:00:00Z": gradeFault,
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		g, text := one(t, p.clockFindings(now))
		if g != want || !strings.Contains(text, now.In(incident.Tokyo).Format("2006-01-02 15:04")) {
			t.Errorf("%s: %s %q", at, g, text)
		}
	}
}

func TestDoctorLooksAtTheDisk(t *testing.T) {
	p := newPatient(t)
	const gb = 1_000_000_000
	for name, c := range map[string]struct {
		free, total float64
		want        grade
		says        string
	}{
		"room enough":            {50 * gb, 100 * gb, gradeOK, "50.0 GB (50%)"},
		"little of a large disk": {40 * gb, 1000 * gb, gradeWarning, "40.0 GB (4%)"},
		"five percent":           {50 * gb, 1000 * gb, gradeOK, "50.0 GB (5%)"},
		"a small disk, empty":    {400_000_000, 410_000_000, gradeWarning, "400.0 MB (97%)"},
		"just enough":            {500 << 20, gb, gradeOK, "524.3 MB (52%)"},
		"nothing":                {0, gb, gradeWarning, "0.0 kB (0%)"},
	} {
		if g, text := one(t, p.roomFindings(c.free, c.total)); g != c.want || !strings.Contains(text, c.says) {
			t.Errorf("%s: %s %q", name, g, text)
		}
	}
	if free, total, err := store.Room(existing(p.settings.Data + "/not/there/yet")); err != nil || free == 0 || total < free {
		t.Errorf("the test's own disk: %.0f of %.0f, %v", free, total, err)
	}
}

// A message that waits too long is told of, and how long it has waited.
func TestDoctorLooksAtWhatWaits(t *testing.T) {
	ctx := t.Context()
	p := newPatient(t)
	book, err := p.book()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, p.settings.database())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	clock := &nightClock{now: time.Date(2026, 11, 21, 2, 0, 0, 0, incident.Tokyo)}
	s, err := workflows.New(ctx, workflows.Options{Store: db, Clock: clock, Book: book, Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := loadSample(ctx, s); err != nil {
		t.Fatal(err)
	}
	p.opened = &opened{store: db, service: s}
	if g, text := one(t, checkMessages(ctx, p)); g != gradeOK || !strings.Contains(text, "(0 waiting") {
		t.Errorf("%s %q", g, text)
	}
	by := incident.Actor{ID: s.Contacts().People()[0].ID}
	if out, err := s.Do(ctx, workflows.Command{Key: "1", By: by, Source: incident.FromPerson, Do: incident.Report{Text: "誤送信"}}); err != nil || !out.Accepted() {
		t.Fatal(out, err)
	}
	clock.set(clock.now.Add(stuckAfter))
	if g, _ := one(t, checkMessages(ctx, p)); g != gradeOK {
		t.Errorf("after %v: %s", stuckAfter, g)
	}
	clock.set(clock.now.Add(2 * time.Minute))
	if g, text := one(t, checkMessages(ctx, p)); g != gradeWarning || !strings.Contains(text, "17 minutes") {
		t.Errorf("%s %q", g, text)
	}
}

func TestDoctorAsksTheServer(t *testing.T) {
	p := newPatient(t)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   grade
		says   string
	}{
		"ready": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"ready":true,"parts":{"database":true}}`))
		}, gradeOK, "running and ready"},
		"not ready": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == readyPath {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			_, _ = w.Write([]byte(`{"ready":false,"parts":{"database":false,"courier":true,"calendar":false,"of_a_newer_version":false}}`))
		}, gradeFault, "these do not work: daily work, database, of_a_newer_version."},
		"another program": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }, gradeFault, "is not hikeshi"},
		"one that hangs up": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == readyPath {
				panic(http.ErrAbortHandler)
			}
		}, gradeFault, "does not say"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.answer)
			defer server.Close()
			p.settings.Listen = strings.TrimPrefix(server.URL, "http://")
			if g, text := one(t, checkServer(t.Context(), p)); g != c.want || !strings.Contains(text, c.says) {
				t.Errorf("%s %q", g, text)
			}
		})
	}
}

func TestDoctorInJSON(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	environ := []string{"HIKESHI_DATA=" + data, "HIKESHI_LISTEN=127.0.0.1:1", "HIKESHI_METRICS_TOKEN=a-token-of-my-own"}
	var out, errs bytes.Buffer
	look := func() (ok bool, grades map[string]string) {
		t.Helper()
		out.Reset()
		code := run(context.Background(), []string{"doctor", "--json"}, environ, &out, &errs)
		var answer struct {
			OK       bool      `json:"ok"`
			Findings []finding `json:"findings"`
		}
		if err := json.Unmarshal(out.Bytes(), &answer); err != nil || errs.String() != "" {
			t.Fatalf("%v %s %s", err, &out, &errs)
		}
		if answer.OK != (code == 0) {
			t.Errorf("ok is %t, and the exit code %d", answer.OK, code)
		}
		grades = map[string]string{}
		for _, f := range answer.Findings {
			if grades[f.Check] != string(gradeFault) {
				grades[f.Check] = string(f.Grade)
			}
		}
		return answer.OK, grades
	}
	if ok, grades := look(); ok || grades["database"] != "fault" || grades["settings"] != "ok" || grades["server"] != "warning" {
		t.Error("without a database:", ok, grades)
	}
	if code := run(context.Background(), []string{"migrate"}, environ, &out, &errs); code != 0 {
		t.Fatal(code, &errs)
	}
	if ok, grades := look(); ok || grades["database"] != "ok" || grades["contacts"] != "fault" {
		t.Error("without contacts:", ok, grades)
	}
	if strings.Contains(out.String(), "a-token-of-my-own") {
		t.Error("it shows the token:", &out)
	}
}

func TestAddressesAreShownWithoutSecrets(t *testing.T) {
	for given, want := range map[string]string{
		"sqlite:/srv/a@b.db": "sqlite:/srv/a@b.db",
		"postgres://hikeshi:geheim@db:5432/hikeshi?sslmode=require":       "postgres://hikeshi:xxxxx@db:5432/hikeshi?sslmode=require",
		"postgres://db/hikeshi?user=u&password=geheim&sslpassword=geheim": "postgres://db/hikeshi?password=xxxxx&sslpassword=xxxxx&user=u",
		"smtp://user:geh%65im@mail.example.co.jp:587":                     "smtp://user:xxxxx@mail.example.co.jp:587",
		"smtp://user@mail.example.co.jp:587":                              "smtp://user@mail.example.co.jp:587",
		"https://hook.example/x?Token=geheim&API_KEY=geheim&n=1#geheim":   "https://hook.example/x?API_KEY=xxxxx&Token=xxxxx&n=1",
		"host=db password=geheim":                                         "",
		"postgres://u:geheim@[db":                                         "",
		"user:geheim@db":                                                  "",
	} {
		shown, hidden := shownURL(given)
		if shown != want || hidden != (want == "") || strings.Contains(shown, "geheim") {
			t.Errorf("%s is shown as %q, hidden %t", given, shown, hidden)
		}
	}
}

// Whatever setting comes to hold a secret or an address is shown without it: its name tells.
func TestSettingsThatHoldSecretsSaySo(t *testing.T) {
	secret := regexp.MustCompile(`TOKEN|SECRET|PASSWORD|_KEY`)
	s := reflect.TypeFor[settings]()
	for i := range s.NumField() {
		f := s.Field(i)
		name, shown := f.Tag.Get("env"), f.Tag.Get("shown")
		switch {
		case name == "" || f.Type.Kind() != reflect.String:
			t.Errorf("%s is not a setting as shownSettings reads it", f.Name)
		case secret.MatchString(name) && shown != "never":
			t.Errorf(`%s needs the tag shown:"never"`, name)
		case strings.Contains(name, "URL") && shown != "url" && shown != "never":
			t.Errorf(`%s needs the tag shown:"url"`, name)
		}
	}
}
