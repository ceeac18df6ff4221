package discord

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"

	"hikeshi/bot/chat"
	"hikeshi/bot/intake"
)

const (
	// maxUnderWay bounds what is worked on at once. Who finds no room is told so at once, and
	// whom to phone; maxTurnedAway bounds those.
	maxUnderWay   = 1000
	maxTurnedAway = 200
)

// Front is the front end: what comes in, and through its sender what goes out.
type Front struct {
	*sender
	config   Config
	draw     drawing
	log      *slog.Logger
	desk     atomic.Pointer[Desk]
	patience patience
	clock    func() time.Time
	work     *intake.Work
	away     *intake.Work // those who are turned away
	seen     *intake.Seen
	sheets   *sheets
	reach    reach
	home     home
	role     ownRole
	hearing  hearing
	way      atomic.Int64 // how long a first answer has taken to Discord of late, in ns
}

// patience is how long is waited for what. A test waits less.
type patience struct {
	lookup    time.Duration // for what is asked of Discord or the memory before the desk is
	surely    time.Duration // for who it is, where he would lose what he typed and no window has to be opened
	answered  time.Duration // for the desk, before an interaction is answered with a deferral
	arrived   time.Duration // before a deferral has to be with Discord, however long its way takes
	first     time.Duration // for the first try of a first answer: the connection may be dead
	completed time.Duration // for words that are completed: Discord shows nothing after 3 s
	emergency time.Duration // for the desk, before whom to phone is shown
	desk      time.Duration // for the desk in all
	call      time.Duration // for one call that shows an answer
	token     time.Duration // as long as an interaction can be answered by its token
	open      time.Duration // for a session of the gateway to open
	let       time.Duration // for the library to let go of one
	settle    time.Duration // for it to read once more
	look      time.Duration // between two looks at a connection
	silence   time.Duration // beyond a heartbeat's interval, before a connection counts as dead
	invalid   time.Duration // at least, before a new session takes the place of an invalid one
	identify  time.Duration // at least, between the beginnings of two sessions
	scarce    time.Duration // the same, where few are left for the day
	backoff   time.Duration // the first wait after a session could not be opened
	register  time.Duration // between two tries to register the commands
	knock     time.Duration // between two looks whether a token that was refused is taken again
	forms     time.Duration // between two looks at forms that wait to be sent on
	missed    time.Duration // before what could not be looked up is looked up again, for the first time
	doubt     time.Duration // before a channel that could not be looked at is looked at again
	sweep     time.Duration // between two looks at what nobody needs any more
	grace     time.Duration // for what is under way when the program ends
}

// Discord waits 3 s for the first answer to an interaction, and takes others for 15 minutes
// ("Receiving and Responding to Interactions"); it asks to wait 1 to 5 s before a new session
// takes the place of an invalid one ("Resuming").
var standard = patience{
	lookup:    time.Second,
	surely:    5 * time.Second,
	answered:  1700 * time.Millisecond,
	arrived:   1600 * time.Millisecond,
	first:     time.Second,
	completed: 2300 * time.Millisecond,
	emergency: 10 * time.Second,
	desk:      2 * time.Minute,
	call:      15 * time.Second,
	token:     14*time.Minute + 30*time.Second,
	open:      15 * time.Second,
	let:       5 * time.Second,
	settle:    time.Second,
	look:      time.Second,
	silence:   10 * time.Second,
	invalid:   time.Second,
	identify:  5 * time.Second,
	scarce:    5 * time.Minute,
	backoff:   time.Second,
	register:  time.Minute,
	knock:     time.Minute,
	forms:     15 * time.Second,
	missed:    2 * time.Second,
	doubt:     2 * time.Second,
	sweep:     time.Hour,
	grace:     4 * time.Second, // the whole program stops within 7; the gateway's farewell takes one
}

var (
	errNoToken = errors.New("discord: there is no bot token")
	errNoGuild = errors.New("discord: there is no server of the company (guild ID)")
)

// New makes a front end. It calls nothing yet.
func New(c Config) (*Front, error) {
	switch {
	case c.Token == "":
		return nil, errNoToken
	case c.Guild == "":
		return nil, errNoGuild
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	d := drawing{
		say:       func(key string, pairs ...string) string { return c.Say(c.Lang, key, pairs...) },
		publicURL: c.PublicURL,
	}
	f := &Front{
		sender: newSender(c, d), config: c, log: c.Log.With("component", "discord"),
		patience: standard, clock: time.Now, seen: intake.NewSeen(),
		work: intake.NewWork(maxUnderWay), away: intake.NewWork(maxTurnedAway),
	}
	f.draw = f.sender.draw
	f.sheets = newSheets(c.Memory, f.log)
	f.hearing = hearing{
		done: map[string]string{}, newest: map[string]string{}, under: map[string]map[string]time.Time{}, behind: map[string]gap{},
		each: missedEach, most: missedPlaces,
	}
	f.home.back = make(chan struct{}, 1)
	return f, nil
}

// Use sets who is asked. Until then nothing is taken in.
func (f *Front) Use(d Desk) { f.desk.Store(&d) }

// Run takes in what comes over the gateway until ctx ends. Then nothing more is taken in, and
// what is under way is finished within a few seconds.
func (f *Front) Run(ctx context.Context) error {
	open, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	defer hangUp()
	var parts sync.WaitGroup
	parts.Go(func() { f.listen(open) })
	parts.Go(func() { f.learn(ctx) })
	parts.Go(func() { f.register(ctx) })
	parts.Go(func() { f.sheets.sweep(ctx, f.clock) })
	parts.Go(func() { f.watchForms(ctx) })
	parts.Go(func() { f.lookAgain(ctx) })
	parts.Go(func() { f.clearDoubts(ctx) })
	parts.Go(func() { f.sweep(ctx) })
	parts.Go(func() { f.knock(ctx) })
	<-ctx.Done()
	hangUp() // answers go by REST: the gateway only brings more
	done := f.work.Finish(f.patience.grace)
	if !f.away.Finish(f.patience.grace) || !done {
		f.log.Warn("not everything under way was finished in time")
	}
	parts.Wait()
	f.sheets.finish()
	f.api.http.CloseIdleConnections()
	return nil
}

// knock asks again whether Discord takes the token, as long as it does not: nothing else may be
// called meanwhile, and Live goes by it.
func (f *Front) knock(ctx context.Context) {
	for pauseFor(ctx, f.patience.knock) {
		if f.api.refusedSince().IsZero() {
			continue
		}
		switch err := f.api.do(ctx, turn{patience: -1}, "GET", "users/@me", nil, nil); {
		case err == nil:
			f.refusals.Over(settingToken)
		case deadToken(err):
			f.tokenRefused()
		case ctx.Err() == nil:
			f.log.Warn("whether Discord takes the bot's token could not be asked; trying again", "error", err)
		}
	}
}

// settingToken is the setting that holds the bot's token, as the log names it.
const settingToken = "DISCORD_BOT_TOKEN" //nolint:gosec // G101: a name, no secret

// tokenRefused tells that Discord does not take the bot's token: in the log once in a while, for
// the refusal stays the same until somebody has mended it.
func (f *Front) tokenRefused() {
	code := strconv.Itoa(http.StatusUnauthorized)
	if !f.refusals.Due(settingToken, code, f.clock()) {
		return
	}
	f.log.Error("Discord refuses the token: set the right one and start again; hikeshi doctor says where it is found", "setting", settingToken, "reason", code)
	if f.config.Refused != nil {
		f.config.Refused("discord.check.token_refused", "code", code)
	}
}

// deadToken reports whether an error is Discord's refusal of the bot's token: of a request, of the
// library's own, or of a session ("Gateway Close Event Codes": 4004).
func deadToken(err error) bool {
	var ours *refusal
	var library *discordgo.RESTError
	switch {
	case errors.As(err, &ours):
		return ours.status == http.StatusUnauthorized
	case errors.As(err, &library):
		return library.Response != nil && library.Response.StatusCode == http.StatusUnauthorized
	}
	return websocket.IsCloseError(err, 4004)
}

// Live reports whether Discord reaches us and lets us answer in the company's server, and since when
// that is so; zero: it never was.
func (f *Front) Live() (ok bool, since time.Time) {
	if ok, since := f.reach.live(); !ok && since.IsZero() {
		return false, since
	}
	for _, at := range []time.Time{f.api.refusedSince(), f.home.left()} {
		if !at.IsZero() {
			return false, at
		}
	}
	return f.reach.live()
}

// saying is a sentence of our own, with its title.
type saying struct{ title, text string }

var (
	saysFailed       = saying{"discord.failed.title", "discord.failed"}
	saysBusy         = saying{"discord.busy.title", "discord.busy"}
	saysDone         = saying{"discord.done.title", "discord.done"}
	saysDirect       = saying{"discord.direct.title", "discord.direct"}
	saysStranger     = saying{"discord.stranger.title", "discord.stranger"}
	saysElsewhere    = saying{"discord.elsewhere.title", "discord.elsewhere"}
	saysUnknown      = saying{"discord.unknown.title", "discord.unknown"}
	saysUnread       = saying{"discord.unread.title", "discord.unread"}
	saysRoleNamed    = saying{"discord.role_named.title", "discord.role_named"}
	saysFormGone     = saying{"discord.form_gone.title", "discord.form_gone"}
	saysFormSent     = saying{"discord.form_sent.title", "discord.form_sent"}
	saysWaitFailed   = saying{"discord.form_wait_failed.title", "discord.form_wait_failed"}
	saysFormLate     = saying{"discord.form_late.title", "discord.form_late"}
	saysFilesLeft    = saying{"discord.files_left.title", "discord.files_left"}
	saysStopped      = saying{"discord.sure.stopped.title", "discord.sure.stopped"}
	saysNothing      = saying{"discord.nothing.title", "discord.nothing"}
	saysAnswerGone   = saying{"discord.answer_gone.title", "discord.answer_gone"}
	saysAnswerOthers = saying{"discord.answer_others.title", "discord.answer_others"}
	saysNoFile       = saying{"discord.no_file.title", "discord.no_file"}
)

func (f *Front) sentence(s saying, tone chat.Tone) chat.Card {
	return chat.Card{Key: s.text, Tone: tone, Title: f.draw.say(s.title), Blocks: []chat.Block{{Text: f.draw.say(s.text)}}}
}
