module hikeshi

go 1.26.0

require (
	codeberg.org/go-pdf/fpdf v0.12.0 // PDF with embedded TrueType fonts, without cgo
	github.com/arran4/golang-ical v0.3.4 // writes calendars: folds lines without cutting a letter in two, and escapes texts
	github.com/bwmarrin/discordgo v0.29.1-0.20260214123928-f43dd94faaac // Discord's gateway and REST, typed; v0.29.0 panics on the answers of newer forms
	github.com/caarlos0/env/v11 v11.4.2 // settings from the environment into a struct, with defaults
	github.com/chromedp/cdproto v0.159.0 // tests: the types of the browser protocol that chromedp drives
	github.com/chromedp/chromedp v0.23.0 // tests: a real browser, driven without a second toolchain
	github.com/coder/websocket v1.8.15 // tests: the server side of Socket Mode
	github.com/emersion/go-ical v0.0.0-20250329121855-f41e73efc392 // tests: reads calendars, independently of what wrote them
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6 // tests: how the test's mail server is signed in to
	github.com/emersion/go-smtp v0.25.1 // tests: a mail server over real sockets
	github.com/expr-lang/expr v1.17.8 // conditions of steps: compiled at load, typed, no side effects, always ends
	github.com/go-co-op/gocron/v2 v2.21.2 // calendar ticks in Asia/Tokyo
	github.com/goccy/go-yaml v1.19.2 // procedures and messages: strict, and faults show line, column and source
	github.com/google/go-cmp v0.7.0 // tests: differences a person can read
	github.com/gorilla/websocket v1.5.3 // dials the gateway for discordgo, whose session takes its dialer, and knows why it was closed
	github.com/jackc/pgx/v5 v5.12.0 // PostgreSQL: round trips saved by pipelining, LISTEN and NOTIFY
	github.com/looplab/fsm v1.0.3 // the phase machine and the level machine, with their diagrams
	github.com/pressly/goose/v3 v3.29.0 // migrations, embedded, the same for every database
	github.com/prometheus/client_golang v1.25.0 // the figures of /metrics, and the linter of their names
	github.com/rickar/cal/v2 v2.1.13 // Japanese public holidays, with 振替休日 and 国民の休日
	github.com/slack-go/slack v0.35.0 // Slack's Web API, Socket Mode and Block Kit, typed
	github.com/spf13/cobra v1.10.2 // subcommands and their help
	github.com/spf13/pflag v1.0.9 // what was wrong with a flag, by type instead of by text
	github.com/wneessen/go-mail v0.8.1 // mails: Japanese subjects right, nothing injected into headers; SMTP with SCRAM
	github.com/xuri/excelize/v2 v2.11.0 // writes the register and the contact list as xlsx
	go.uber.org/goleak v1.3.0 // tests: nothing goes on after a stop
	golang.org/x/sys v0.49.0 // the lock of the database file is given back when a process dies; free space on a disk
	golang.org/x/text v0.43.0 // Shift_JIS files, and full width folded to half
	modernc.org/sqlite v1.60.1 // the embedded database, without cgo: one static binary
	pgregory.net/rapid v1.3.0 // tests: properties over random commands, shrunk to the smallest failure
)

require (
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/jonboulle/clockwork v0.5.0 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/mfridman/interpolate v0.0.2 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/richardlehane/mscfb v1.0.7 // indirect
	github.com/richardlehane/msoleps v1.0.6 // indirect
	github.com/robfig/cron/v3 v3.0.1 // indirect
	github.com/sethvargo/go-retry v0.5.0 // indirect
	github.com/teambition/rrule-go v1.8.2 // indirect
	github.com/tiendc/go-deepcopy v1.7.2 // indirect
	github.com/xuri/efp v0.0.1 // indirect
	github.com/xuri/nfp v0.0.2-0.20250530014748-2ddeb826f9a9 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.61.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
	modernc.org/libc v1.78.0 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)
