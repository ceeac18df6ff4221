package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A setting that cannot be used stops the start with one line that names it and says what to
// do, and never shows a secret.
func TestBadSettingsStopTheStart(t *testing.T) {
	empty := t.TempDir()
	file := filepath.Join(empty, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	overlay := t.TempDir()
	if err := os.Mkdir(filepath.Join(overlay, "messages"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(overlay, "messages", "mine.ja.yaml"), []byte("no.such.text: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		settings []string
		lines    int
		says     []string
	}{
		"language":              {[]string{"HIKESHI_LANG=fr"}, 1, []string{"HIKESHI_LANG", "fr", "ja", "en"}},
		"unknown mode":          {[]string{"HIKESHI_MODE=demo"}, 1, []string{"HIKESHI_MODE", `"demo"`, "practice or live"}},
		"live without a chat":   {[]string{"HIKESHI_MODE=live"}, 1, []string{"HIKESHI_MODE", "unset it"}},
		"no port":               {[]string{"HIKESHI_LISTEN=localhost"}, 1, []string{"HIKESHI_LISTEN", "127.0.0.1:8119"}},
		"empty port":            {[]string{"HIKESHI_LISTEN=127.0.0.1:"}, 1, []string{"HIKESHI_LISTEN", "127.0.0.1:8119"}},
		"impossible port":       {[]string{"HIKESHI_LISTEN=127.0.0.1:99999"}, 1, []string{"HIKESHI_LISTEN", "127.0.0.1:99999"}},
		"practice for everyone": {[]string{"HIKESHI_LISTEN=0.0.0.0:8119"}, 1, []string{"HIKESHI_LISTEN", "this machine only", "127.0.0.1:8119"}},
		"all addresses":         {[]string{"HIKESHI_LISTEN=:8119"}, 1, []string{"HIKESHI_LISTEN", "127.0.0.1:8119"}},
		"no web address":        {[]string{"HIKESHI_PUBLIC_URL=hikeshi"}, 1, []string{"HIKESHI_PUBLIC_URL", "https://"}},
		"no host":               {[]string{"HIKESHI_PUBLIC_URL=https://"}, 1, []string{"HIKESHI_PUBLIC_URL", "https://"}},
		"no overlay":            {[]string{"HIKESHI_CONFIG=" + filepath.Join(empty, "nowhere")}, 1, []string{"HIKESHI_CONFIG", "nowhere", "create it or unset"}},
		"overlay is a file":     {[]string{"HIKESHI_CONFIG=" + file}, 1, []string{"HIKESHI_CONFIG", "folder"}},
		"overlay's text":        {[]string{"HIKESHI_CONFIG=" + overlay}, 1, []string{"mine.ja.yaml", "no.such.text"}},
		"misspelt":              {[]string{"HIKESHI_LISTN=127.0.0.1:1"}, 1, []string{"HIKESHI_LISTN", "spelling"}},
		"data in a file":        {[]string{"HIKESHI_DATA=" + file}, 1, []string{file, "HIKESHI_DATA"}},
		"not built yet":         {[]string{"SLACK_BOT_TOKEN=xoxb-geheim"}, 1, []string{"SLACK_BOT_TOKEN", "unset it"}},
		"short token":           {[]string{"HIKESHI_METRICS_TOKEN=geheim"}, 1, []string{"HIKESHI_METRICS_TOKEN", "16", "openssl"}},
		"token with spaces":     {[]string{"HIKESHI_METRICS_TOKEN=geheim geheim geheim"}, 1, []string{"HIKESHI_METRICS_TOKEN", "without spaces"}},
		"token in Japanese":     {[]string{"HIKESHI_METRICS_TOKEN=とても長い合言葉なので当てられません"}, 1, []string{"HIKESHI_METRICS_TOKEN", "plain"}},
		"form of the log":       {[]string{"HIKESHI_LOG=xml"}, 1, []string{"HIKESHI_LOG", "xml", "text or json"}},
		"other database":        {[]string{"DATABASE_URL=mysql://hikeshi:geheim@db/hikeshi"}, 1, []string{"DATABASE_URL", "sqlite:PATH"}},
		"postgres":              {[]string{"DATABASE_URL=postgres://hikeshi:geheim@127.0.0.1:1/hikeshi"}, 1, []string{"PostgreSQL"}},
		"no database":           {[]string{"DATABASE_URL=sqlite:"}, 1, []string{"DATABASE_URL", "sqlite:PATH"}},
		"all of it at once": {
			[]string{"HIKESHI_LANG=fr", "HIKESHI_MODE=demo", "HIKESHI_LISTN=x", "SMTP_URL=smtp://u:geheim@h:25"}, 4,
			[]string{"HIKESHI_LANG", "HIKESHI_MODE", "HIKESHI_LISTN", "SMTP_URL"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			// Only a start that should have been refused lasts that long.
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			var out, errs written
			environ := append([]string{"HIKESHI_LANG=en", "HIKESHI_DATA=" + t.TempDir(), "HIKESHI_LISTEN=127.0.0.1:0"}, c.settings...)
			if code := run(ctx, nil, environ, &out, &errs); code != exitFailed {
				t.Errorf("exit %d, want %d", code, exitFailed)
			}
			if out.String() != "" {
				t.Errorf("printed %q", out.String())
			}
			said := errs.String()
			if n := strings.Count(said, "\n"); n != c.lines {
				t.Errorf("%d lines, want %d:\n%s", n, c.lines, said)
			}
			for _, word := range c.says {
				if !strings.Contains(said, word) {
					t.Errorf("it does not say %q:\n%s", word, said)
				}
			}
			if strings.Contains(said, "geheim") {
				t.Errorf("it shows a secret:\n%s", said)
			}
		})
	}
}

// A wrong command line is another mistake than a wrong setting, and has its own exit code.
func TestWrongCommandLines(t *testing.T) {
	for _, args := range [][]string{{"sevre"}, {"serve", "now"}, {"--no-such-flag"}} {
		var out, errs written
		environ := []string{"HIKESHI_DATA=" + t.TempDir(), "HIKESHI_LISTEN=127.0.0.1:0"}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		code := run(ctx, args, environ, &out, &errs)
		cancel()
		if code != exitUsage || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%v: exit %d: %q", args, code, errs.String())
		}
	}
}
