// Package discord is the front end for Discord, over its gateway (no public address needed). It
// turns what people do there (/incident, message commands, buttons, forms, 📌, its name) into
// chat.Requests, shows the desk's replies, brings deliveries to direct messages and to each
// incident's private channel, and keeps that channel.
//
// Whatever the desk and its database do, an interaction is answered within three seconds: with
// the answer itself where it is there by then, else with a deferral that the answer takes the
// place of. A form must be the first answer, so that it comes from memory or by a button, in
// pages of five: what was typed is kept between them, over a restart and without a database. What
// is delivered again is handled again, under the key of what the person did; the desk does it
// once.
//
// What happens while the gateway is away comes when the session goes on. To a session that begins
// anew Discord brings nothing of before: direct messages of the last hour, in conversations that
// are known, are looked up then; what was written elsewhere with the bot's name and 📌 are not
// caught up, and commands, buttons and forms Discord itself refuses while nobody is there.
//
// It owns Discord's limits: sizes are clipped with a way to the whole, never refused; requests
// are paced by their buckets. It fails closed: a channel is made by ourselves for this very
// incident, with everybody denied in the same request, or there is none. What a person typed and
// tokens do not reach the log.
//
// It must not know an incident or decide who may do what: the desk does. IDs of its own that
// must survive a restart, and what was typed into a form that is not finished, stand in the
// Memory.
package discord

import (
	"context"
	"log/slog"

	"hikeshi/bot/chat"
)

// name is the part of a UserID before the colon.
const name = "discord"

// Desk is what the front end asks.
type Desk interface {
	chat.Handler
	// Draft opens a form again by its draft, with what this person typed into it.
	Draft(ctx context.Context, who chat.UserID, draft string) (chat.Form, error)
	// Suggest finds options of a form's input whose label holds what was typed, the best
	// first, no more than limit.
	Suggest(ctx context.Context, who chat.UserID, draft, input, typed string, limit int) ([]chat.Option, error)
	// Complete finds what somebody may mean by a word of a command that he is typing. Nobody is
	// shown what he may not see.
	Complete(ctx context.Context, who chat.UserID, channel string, of chat.Completion, typed string, limit int) ([]chat.Option, error)
	// Emergency is whom to phone, from memory; ok is false for a stranger.
	Emergency(who chat.UserID) (card chat.Card, ok bool)
}

// Config is what the front end needs. Desk is set by Use.
type Config struct {
	Token string // of the bot
	// Guild is the server of the company (its ID); nothing is taken in from any other.
	Guild  string
	APIURL string // http://host:port: takes every request meant for https://discord.com
	Memory chat.Memory
	// Say gives a text of discord*.yaml in a language.
	Say  func(lang, key string, pairs ...string) string
	Lang string
	// PublicURL is the base of links to the web pages; empty: buttons that only lead there
	// are left out.
	PublicURL string
	// Vacated says whether nobody reads an incident's channel any more who was left out of the
	// incident; with an error nothing is said there now. It is asked before something is said there
	// that was not sent there. nil: nobody is ever left out.
	Vacated func(ctx context.Context, channel string) error
	// Arrived is told of somebody who was not known to be in the server until now: there may be
	// channels in which he is missing. nil: nobody is told.
	Arrived func(ctx context.Context, who chat.UserID) error
	Limits  Limits
	// Refused is told, as a text that Check gives for it, of a token that Discord does not take; nil:
	// only the log is.
	Refused func(key string, pairs ...string)
	Log     *slog.Logger
}

// Limits are how fast Discord is called where it has said nothing yet. The zero value is what
// Discord allows.
type Limits struct {
	// Global is how many requests a second all of them may be; 50 (Discord, "Rate Limits").
	Global int
	// Guess is how many in five seconds a kind of request may be until its first answer says what
	// its bucket holds; 5, what messages to a channel have.
	Guess int
}
