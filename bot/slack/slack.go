// Package slack is the front end for Slack, over Socket Mode (no public address needed) or
// signed HTTP. It turns what people do there (/incident, shortcuts, buttons, forms, 📌, the
// Home tab) into chat.Requests, shows the desk's replies, brings deliveries to direct
// messages and to each incident's private channel, and keeps that channel.
//
// It acknowledges first and works afterwards: Slack waits three seconds, a database may need
// longer. A delivery that comes again is handled again, under the key of what the person did;
// the desk does it once, and what was answered already is not shown twice.
//
// It owns Slack's limits: sizes are clipped with a way to the whole, never refused; calls are
// paced by method and by channel. It fails closed: a channel is private and made by ourselves
// for this very incident, or there is none; a file is never made public. What a person typed,
// tokens and signatures do not reach the log.
//
// It must not know an incident or decide who may do what: the desk does. IDs of its own that
// must survive a restart stand in the Memory.
package slack

import (
	"context"
	"log/slog"
	"time"

	"hikeshi/bot/chat"
)

// Desk is what the front end asks.
type Desk interface {
	chat.Handler
	// Home is what a person finds on his Home tab: his incidents, steps, calls, phone list.
	Home(ctx context.Context, who chat.UserID) ([]chat.Card, error)
	// Draft opens a form again by its draft, with what this person typed into it.
	Draft(ctx context.Context, who chat.UserID, draft string) (chat.Form, error)
	// Suggest finds options of a form's input whose label holds what was typed, the best
	// first, no more than limit.
	Suggest(ctx context.Context, who chat.UserID, draft, input, typed string, limit int) ([]chat.Option, error)
	// Emergency is whom to phone, from memory; ok is false for a stranger.
	Emergency(who chat.UserID) (card chat.Card, ok bool)
}

// Config is what the front end needs. Desk is set by Use, because the desk asks the front
// end for mail addresses in turn.
type Config struct {
	BotToken      string // xoxb-…
	AppToken      string // xapp-…: Socket Mode
	SigningSecret string // HTTP, where there is no AppToken
	APIURL        string // takes the place of https://slack.com/api/; method names are appended
	Memory        chat.Memory
	// Say gives a text of slack.*.yaml in a language.
	Say  func(lang, key string, pairs ...string) string
	Lang string
	// PublicURL is the base of links to the web pages; empty: buttons that only lead there
	// are left out.
	PublicURL string
	Limits    Limits
	// Refused is told, as a text that Check gives for it, of a token that Slack does not take; nil:
	// only the log is.
	Refused func(key string, pairs ...string)
	Log     *slog.Logger
}

// Limits are how fast Slack may be called. The zero value is what Slack allows.
type Limits struct {
	// Channel is the time between two messages to one conversation; 1 s (Slack, "Rate limits":
	// one message per second per channel).
	Channel time.Duration
	// Tiers are calls a minute and method of Tier 1 to 4: 1, 20, 50, 100 (Slack, "Rate limits").
	Tiers [4]int
}

// name is the part of a UserID before the colon.
const name = "slack"
