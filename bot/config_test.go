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
	const guild = "DISCORD_GUILD_ID=1234567890123456789"
	for name, c := range map[string]struct {
		settings []string
		lines    int
		says     []string
	}{
		"language":              {[]string{"HIKESHI_LANG=fr"}, 1, []string{"HIKESHI_LANG", "fr", "ja", "en"}},
		"unknown mode":          {[]string{"HIKESHI_MODE=demo"}, 1, []string{"HIKESHI_MODE", `"demo"`, "practice or live"}},
		"live without a chat":   {[]string{"HIKESHI_MODE=live"}, 1, []string{"HIKESHI_MODE", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DISCORD_BOT_TOKEN", "DISCORD_GUILD_ID", "unset"}},
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
		"no bot of Discord":     {[]string{"DISCORD_BOT_TOKEN=geheim", guild}, 1, []string{"DISCORD_BOT_TOKEN", "Reset Token"}},
		"a space at the end":    {[]string{"DISCORD_BOT_TOKEN=MTA.geheim.geheim ", guild}, 1, []string{"DISCORD_BOT_TOKEN", "spaces"}},
		"Bot before the token":  {[]string{"DISCORD_BOT_TOKEN=Bot MTA.geheim.geheim", guild}, 1, []string{"DISCORD_BOT_TOKEN", "spaces"}},
		"a link for a server":   {[]string{"DISCORD_BOT_TOKEN=MTA.geheim.geheim", "DISCORD_GUILD_ID=https://discord.gg/geheim"}, 1, []string{"DISCORD_GUILD_ID", "Copy Server ID"}},
		"a short server":        {[]string{"DISCORD_BOT_TOKEN=MTA.geheim.geheim", "DISCORD_GUILD_ID=1234567890123456"}, 1, []string{"DISCORD_GUILD_ID", "digits"}},
		"a server of 21 digits": {[]string{"DISCORD_BOT_TOKEN=MTA.geheim.geheim", "DISCORD_GUILD_ID=123456789012345678901"}, 1, []string{"DISCORD_GUILD_ID", "digits"}},
		"Discord mixed up":      {[]string{"DISCORD_BOT_TOKEN=1234567890123456789", "DISCORD_GUILD_ID=MTA.geheim.geheim"}, 1, []string{"DISCORD_BOT_TOKEN", "DISCORD_GUILD_ID", "swapped"}},
		"no server":             {[]string{"DISCORD_BOT_TOKEN=MTA.geheim.geheim"}, 1, []string{"DISCORD_BOT_TOKEN is set", "DISCORD_GUILD_ID"}},
		"a server alone, live":  {[]string{guild, "HIKESHI_MODE=live"}, 1, []string{"DISCORD_GUILD_ID is set", "DISCORD_BOT_TOKEN"}},
		"a misspelt server":     {[]string{"DISCORD_GUILD=1234567890123456789"}, 1, []string{"DISCORD_GUILD ", "spelling"}},
		"another Discord":       {[]string{"DISCORD_API_URL=http://127.0.0.1:1/api/v9"}, 1, []string{"DISCORD_API_URL", "http://"}},
		"Discord with a user":   {[]string{"DISCORD_API_URL=http://u:geheim@127.0.0.1:1"}, 1, []string{"DISCORD_API_URL", "http://"}},
		"a user's token":        {[]string{"SLACK_BOT_TOKEN=xoxp-geheim", "SLACK_APP_TOKEN=xapp-geheim"}, 1, []string{"SLACK_BOT_TOKEN", "xoxb-", "OAuth & Permissions"}},
		"a token with a space":  {[]string{"SLACK_BOT_TOKEN=xoxb-geheim ", "SLACK_APP_TOKEN=xapp-geheim"}, 1, []string{"SLACK_BOT_TOKEN", "spaces"}},
		"tokens mixed up":       {[]string{"SLACK_BOT_TOKEN=xapp-geheim", "SLACK_APP_TOKEN=xoxb-geheim"}, 1, []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "swapped"}},
		"a misspelt token":      {[]string{"SLACK_BOT_TOKN=xoxb-geheim"}, 1, []string{"SLACK_BOT_TOKN", "spelling"}},
		"a token for a secret":  {[]string{"SLACK_BOT_TOKEN=xoxb-geheim", "SLACK_SIGNING_SECRET=xapp-geheim"}, 1, []string{"SLACK_SIGNING_SECRET", "Signing Secret"}},
		"a secret with quotes":  {[]string{"SLACK_BOT_TOKEN=xoxb-geheim", `SLACK_SIGNING_SECRET="geheim"`}, 1, []string{"SLACK_SIGNING_SECRET", "quotation"}},
		"half of Slack":         {[]string{"SLACK_BOT_TOKEN=xoxb-geheim"}, 1, []string{"SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"}},
		"the other half":        {[]string{"SLACK_APP_TOKEN=xapp-geheim"}, 1, []string{"SLACK_APP_TOKEN is set", "SLACK_BOT_TOKEN"}},
		"a secret alone, live":  {[]string{"SLACK_SIGNING_SECRET=geheim", "HIKESHI_MODE=live"}, 1, []string{"SLACK_SIGNING_SECRET is set", "SLACK_BOT_TOKEN"}},
		"another Slack":         {[]string{"SLACK_API_URL=slack"}, 1, []string{"SLACK_API_URL", "https://"}},
		"half of mail":          {[]string{"SMTP_URL=smtp://u:geheim@mail.example.co.jp"}, 1, []string{"SMTP_URL is set", "SMTP_FROM"}},
		"mail without a server": {[]string{"SMTP_FROM=hikeshi@example.co.jp"}, 1, []string{"SMTP_FROM is set", "SMTP_URL"}},
		"a slash in a password": {[]string{"SMTP_URL=smtp://u:ge/heim@geheim", "SMTP_FROM=a@example.co.jp"}, 1, []string{"SMTP_URL", "%2F"}},
		"mail by the web":       {[]string{"SMTP_URL=https://u:geheim@mail.example.co.jp", "SMTP_FROM=a@example.co.jp"}, 1, []string{"SMTP_URL", "smtps://"}},
		"mail without a port":   {[]string{"SMTP_URL=smtp://u:geheim@mail.example.co.jp:70000", "SMTP_FROM=a@example.co.jp"}, 1, []string{"SMTP_URL", "587"}},
		"no password":           {[]string{"SMTP_URL=smtp://geheim@mail.example.co.jp", "SMTP_FROM=a@example.co.jp"}, 1, []string{"SMTP_URL", "both"}},
		"nobody's address":      {[]string{"SMTP_URL=smtp://u:geheim@mail.example.co.jp", "SMTP_FROM=hikeshi"}, 1, []string{"SMTP_FROM", "hikeshi@example.co.jp"}},
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

// Which mode it is, and which way Slack is reached, follows from what is set.
func TestSlackDecidesTheMode(t *testing.T) {
	const bot, app, secret = "SLACK_BOT_TOKEN=xoxb-1", "SLACK_APP_TOKEN=xapp-1", "SLACK_SIGNING_SECRET=8f742231b10e8888abcd99yyyzzz85a5"
	for name, c := range map[string]struct {
		settings               []string
		mode                   string
		slack, socket, ignored bool
		database               string
	}{
		"nothing":               {nil, modePractice, false, false, false, "sqlite:d/practice.db"},
		"Socket Mode":           {[]string{bot, app}, modeLive, true, true, false, "sqlite:d/hikeshi.db"},
		"HTTP":                  {[]string{bot, secret}, modeLive, true, false, false, "sqlite:d/hikeshi.db"},
		"both":                  {[]string{bot, app, secret}, modeLive, true, true, false, "sqlite:d/hikeshi.db"},
		"live, said":            {[]string{bot, app, "HIKESHI_MODE=live"}, modeLive, true, true, false, "sqlite:d/hikeshi.db"},
		"practice, said":        {[]string{bot, app, "HIKESHI_MODE=practice"}, modePractice, true, true, true, "sqlite:d/practice.db"},
		"live, for all to open": {[]string{bot, app, "HIKESHI_LISTEN=0.0.0.0:8119"}, modeLive, true, true, false, "sqlite:d/hikeshi.db"},
	} {
		s, err := readSettings(append([]string{"HIKESHI_DATA=d"}, c.settings...))
		if err != nil || s.Mode != c.mode || s.slack() != c.slack || s.slackSocket() != c.socket || s.slackUnused() != c.ignored || s.database() != c.database {
			t.Errorf("%s: %v; mode %s, Slack %v, Socket Mode %v, unused %v, %s", name, err, s.Mode, s.slack(), s.slackSocket(), s.slackUnused(), s.database())
		}
		if s = s.withoutSlack(); s.slack() || s.slackSocket() || s.SlackSigningSecret != "" {
			t.Errorf("%s: something of Slack is left", name)
		}
	}
	for given, want := range map[string]string{"": "", "http://127.0.0.1:1/api/": "http://127.0.0.1:1/api/", "http://127.0.0.1:1/api": "http://127.0.0.1:1/api/"} {
		if got := (settings{SlackAPIURL: given}).slackURL(); got != want {
			t.Errorf("%q: %q", given, got)
		}
	}
}

// Discord alone makes it live, and so it does beside Slack; practice that was asked for leaves
// both alone.
func TestDiscordDecidesTheMode(t *testing.T) {
	const bot, guild = "DISCORD_BOT_TOKEN=MTA.x-y_z.0aA", "DISCORD_GUILD_ID=12345678901234567"
	slack := []string{"SLACK_BOT_TOKEN=xoxb-1", "SLACK_APP_TOKEN=xapp-1"}
	for name, c := range map[string]struct {
		settings         []string
		mode             string
		discord, ignored bool
		says             string
	}{
		"nothing":            {nil, modePractice, false, false, ""},
		"Discord":            {[]string{bot, guild, "HIKESHI_PUBLIC_URL=https://h.example.co.jp"}, modeLive, true, false, "cli.serve.discord.gateway"},
		"without an address": {[]string{bot, guild}, modeLive, true, false, "cli.serve.discord.gateway cli.serve.discord.pages"},
		"with Slack":         {append(slack, bot, guild), modeLive, true, false, "cli.serve.discord.gateway"},
		"live, said":         {[]string{bot, guild, "HIKESHI_MODE=live", "HIKESHI_LISTEN=0.0.0.0:8119"}, modeLive, true, false, "cli.serve.discord.gateway"},
		"practice, said":     {[]string{bot, guild, "HIKESHI_MODE=practice"}, modePractice, true, true, "cli.serve.discord.unused"},
	} {
		s, err := readSettings(c.settings)
		var says []string
		for _, x := range s.discordSaid("127.0.0.1:1") {
			says = append(says, x.key)
		}
		if err != nil || s.Mode != c.mode || s.discord() != c.discord || s.discordUnused() != c.ignored || strings.Join(says, " ") != c.says {
			t.Errorf("%s: %v; mode %s, Discord %t, unused %t, says %q", name, err, s.Mode, s.discord(), s.discordUnused(), says)
		}
		if s = s.withoutDiscord(); s.discord() || s.DiscordGuildID != "" {
			t.Errorf("%s: something of Discord is left", name)
		}
	}
}

// Practice sends no mail, whatever is set; everything else does, and says so.
func TestMailIsForEarnest(t *testing.T) {
	const bot, app, server, sender = "SLACK_BOT_TOKEN=xoxb-1", "SLACK_APP_TOKEN=xapp-1", "SMTP_URL=smtps://u:geheim@mail.example.co.jp", "SMTP_FROM=火消し <a@example.co.jp>"
	for name, c := range map[string]struct {
		settings     []string
		mail, unused bool
		says         string
	}{
		"nothing":        {nil, false, false, ""},
		"live":           {[]string{bot, app, server, sender, "HIKESHI_PUBLIC_URL=https://h.example.co.jp"}, true, false, "cli.serve.mail.on"},
		"without pages":  {[]string{bot, app, server, sender}, true, false, "cli.serve.mail.on cli.serve.mail.no_links"},
		"practice":       {[]string{server, sender}, false, true, "cli.serve.mail.unused"},
		"practice, said": {[]string{bot, app, server, sender, "HIKESHI_MODE=practice"}, false, true, "cli.serve.mail.unused"},
	} {
		s, err := readSettings(c.settings)
		var says []string
		for _, x := range s.mailSaid() {
			says = append(says, x.key)
		}
		if err != nil || s.mail() != c.mail || s.mailUnused() != c.unused || strings.Join(says, " ") != c.says {
			t.Errorf("%s: %v; mail %t, unused %t, says %q", name, err, s.mail(), s.mailUnused(), says)
		}
	}
}
