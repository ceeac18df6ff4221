package discord

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Discord brings what happened while a session was away, but nothing to a session that begins
// anew. What was written to the bot in direct messages is looked up then: people believe that it
// was heard. What cannot be looked up at once is looked up later, and so is what could not be
// answered.

const (
	// missedPlaces is how many direct conversations are looked through, the newest first: as many as a
	// company has people. One call for each takes a minute or two at the pace of all calls.
	missedPlaces = 2000
	missedWithin = time.Hour // what is older, somebody has taken care of otherwise
	missedEach   = 50        // messages that are asked for at once
	// longestLook is the longest wait between two tries to look through the same conversations.
	longestLook = time.Minute
)

// wasAway notes that there was no session until now.
func (f *Front) wasAway() {
	if f.config.Memory == nil {
		return
	}
	f.hearing.Lock()
	defer f.hearing.Unlock()
	if f.hearing.listed.IsZero() {
		f.hearing.listed = f.clock()
	}
	f.hearing.failed = 0
}

// lookAgain looks through what could not be looked through at the beginning of a session, until ctx
// ends.
func (f *Front) lookAgain(ctx context.Context) {
	for {
		f.hearing.Lock()
		wait := min(f.patience.missed<<min(f.hearing.failed, 10), longestLook)
		f.hearing.Unlock()
		if !pauseFor(ctx, wait) {
			return
		}
		f.hearing.Lock()
		listed := f.hearing.listed.IsZero()
		f.hearing.Unlock()
		if left := !listed || len(f.hearing.gaps()) > 0; left && f.desk.Load() != nil {
			f.start(f.catchUp)
		}
	}
}

// errNotThrough says that not everything was looked through.
var errNotThrough = errors.New("discord: not everything that was written meanwhile was looked through")

// catchUp handles what was written in direct messages while no session was there. What comes
// twice is known by its key.
func (f *Front) catchUp(ctx context.Context, desk Desk) {
	f.hearing.Lock()
	looking := f.hearing.looking
	f.hearing.looking = true
	f.hearing.Unlock()
	if looking {
		return // what came to it meanwhile is looked through the next time
	}
	failed := errNotThrough // unless it comes to its end
	defer func() {
		f.hearing.Lock()
		defer f.hearing.Unlock()
		if f.hearing.looking, f.hearing.failed = false, f.hearing.failed+1; failed == nil {
			f.hearing.failed = 0
		}
	}()
	err := f.listBehind(ctx)
	behind := f.hearing.gaps()
	places := slices.SortedFunc(maps.Keys(behind), func(a, b string) int {
		return strings.Compare(max(behind[b].after, b), max(behind[a].after, a)) // IDs of today have one length
	})
	for _, id := range places {
		if err = cmp.Or(err, f.lookThrough(ctx, desk, id, behind[id])); ctx.Err() != nil {
			return
		}
	}
	failed = err
}

// listBehind looks up which conversations there are, where that is not done yet.
func (f *Front) listBehind(ctx context.Context) error {
	f.hearing.Lock()
	listed := f.hearing.listed
	f.hearing.Unlock()
	if listed.IsZero() {
		return nil
	}
	all, err := f.config.Memory.All(ctx, heardPrefix)
	opened, failed := f.config.Memory.All(ctx, "dm/")
	if err = errors.Join(err, failed); err != nil && f.clock().Sub(listed) < missedWithin {
		f.log.Warn("which direct conversations there are could not be looked up; trying again", "error", err)
		return err
	}
	if err != nil {
		f.log.Error("which direct conversations there are could not be looked up; what was written there meanwhile is not heard", "error", err)
	}
	last := map[string]string{}
	for _, id := range opened {
		last[string(id)] = ""
	}
	for key, id := range all {
		last[strings.TrimPrefix(key, heardPrefix)] = string(id)
	}
	places := slices.SortedFunc(maps.Keys(last), func(a, b string) int {
		return strings.Compare(max(last[b], b), max(last[a], a)) // IDs of today have one length
	})
	places = slices.DeleteFunc(places, func(id string) bool { return !isID(id) })
	if beyond := len(places) - f.hearing.most; beyond > 0 {
		f.log.Error("there are more direct conversations than are looked through; what was written in the oldest of them meanwhile is not heard", "count", beyond)
		places = places[:f.hearing.most]
	}
	since := strconv.FormatInt((listed.Add(-missedWithin).UnixMilli()-discordEpoch)<<22, 10)
	f.hearing.Lock()
	defer f.hearing.Unlock()
	f.hearing.listed = time.Time{}
	for _, id := range places {
		if _, known := f.hearing.behind[id]; known {
			continue // it is looked through from further back
		}
		after := since
		if newerID(last[id], since) {
			after = last[id]
		}
		f.hearing.behind[id] = gap{after: after, since: listed}
	}
	return nil
}

// lookThrough handles what came in a conversation after a message. An error says that it is to be
// tried again.
func (f *Front) lookThrough(ctx context.Context, desk Desk, id string, g gap) error {
	if tooOld := f.clock().Add(-missedWithin); g.since.Before(tooOld) {
		f.log.Error("what was written to the bot meanwhile could not be looked up, or not be answered, in time; it is not heard")
		f.giveUp(id, tooOld)
		return nil
	}
	waiting := f.hearing.waiting(id)
	for after := g.after; ; {
		var missed []json.RawMessage
		path := "channels/" + id + "/messages?limit=" + strconv.Itoa(f.hearing.each) + "&after=" + after
		err := f.api.do(ctx, turn{patience: -1}, "GET", path, nil, &missed)
		switch {
		case err != nil && denied(err) && !f.deadToken(err):
			f.log.Warn("what was written to the bot meanwhile could not be looked up; it is not heard", "error", err)
			f.giveUp(id, f.clock())
			return nil
		case err != nil:
			if ctx.Err() == nil {
				f.log.Warn("what was written to the bot meanwhile could not be looked up; trying again", "error", err)
			}
			return err
		}
		newest := after
		for _, raw := range slices.Backward(missed) { // the newest comes first
			f.written(ctx, desk, raw)
			var m message
			if json.Unmarshal(raw, &m) == nil && isID(m.ID) && newerID(m.ID, newest) {
				newest = m.ID
			}
			delete(waiting, m.ID)
		}
		if len(missed) < f.hearing.each || newest == after {
			for gone := range waiting { // he has deleted it
				f.hearing.forget(id, gone)
			}
			return f.through(ctx, id, newest)
		}
		after = newest
	}
}

// through notes that a conversation was looked through, to its newest message. An error says that
// something in it could still not be answered.
func (f *Front) through(ctx context.Context, id, newest string) error {
	f.hearing.Lock()
	g := f.hearing.behind[id]
	delete(f.hearing.behind, id)
	f.hearing.Unlock()
	if newest != g.after {
		f.handled(ctx, id, newest)
	}
	if len(f.hearing.waiting(id)) > 0 {
		return errNotThrough
	}
	return nil
}

// giveUp leaves what is known to be missing of a conversation since a time, or longer.
func (f *Front) giveUp(id string, since time.Time) {
	f.hearing.Lock()
	if !f.hearing.behind[id].since.After(since) {
		delete(f.hearing.behind, id)
	}
	f.hearing.Unlock()
	for message, at := range f.hearing.waiting(id) {
		if !at.After(since) {
			f.hearing.forget(id, message)
		}
	}
}

// discordEpoch is where the times of IDs begin: 2015-01-01 UTC, in Unix ms (Discord, "Snowflakes").
const discordEpoch = 1420070400000
