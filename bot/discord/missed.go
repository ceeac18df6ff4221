package discord

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Discord brings what happened while a session was away, but nothing to a session that begins
// anew. What was written to the bot in direct messages is looked up then: people believe that it
// was heard.

const (
	missedPlaces = 50        // direct conversations that are looked through, the newest first
	missedWithin = time.Hour // what is older, somebody has taken care of otherwise
	missedEach   = 50        // messages of one
	heardPrefix  = "heard/"  // conversation → the newest message of it that was handled
)

// heard notes that a direct message was handled.
func (f *Front) heard(ctx context.Context, m *message) {
	f.hearing.Lock()
	newer := newerID(m.ID, f.hearing.newest[m.ChannelID])
	if newer {
		f.hearing.newest[m.ChannelID] = m.ID
	}
	f.hearing.Unlock()
	if !newer || f.config.Memory == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.patience.lookup)
	defer cancel()
	if err := f.config.Memory.Remember(ctx, heardPrefix+m.ChannelID, []byte(m.ID)); err != nil {
		f.log.Warn("how far a direct conversation was heard could not be noted", "error", err)
	}
}

// hearing is how far direct conversations were heard.
type hearing struct {
	sync.Mutex
	newest map[string]string
}

// newerID reports whether an ID was made after another.
func newerID(id, other string) bool {
	if len(id) != len(other) {
		return len(id) > len(other)
	}
	return id > other
}

// catchUp handles what was written in direct messages while no session was there. What comes
// twice is known by its key.
func (f *Front) catchUp(ctx context.Context, desk Desk) {
	if f.config.Memory == nil {
		return
	}
	all, err := f.config.Memory.All(ctx, heardPrefix)
	opened, failed := f.config.Memory.All(ctx, "dm/")
	if err != nil || failed != nil {
		f.log.Warn("which direct conversations there are could not be looked up; what was written there meanwhile is not heard", "error", errors.Join(err, failed))
		return
	}
	last := map[string]string{}
	for _, id := range opened {
		last[string(id)] = ""
	}
	for key, id := range all {
		last[strings.TrimPrefix(key, heardPrefix)] = string(id)
	}
	places := make([]string, 0, len(last))
	for id := range last {
		if isID(id) {
			places = append(places, id)
		}
	}
	slices.SortFunc(places, func(a, b string) int {
		one, other := max(last[a], a), max(last[b], b) // IDs of today have one length
		return strings.Compare(other, one)
	})
	since := strconv.FormatInt((f.clock().Add(-missedWithin).UnixMilli()-discordEpoch)<<22, 10)
	for _, id := range places[:min(len(places), missedPlaces)] {
		after := since
		if newerID(last[id], since) {
			after = last[id]
		}
		var missed []json.RawMessage
		path := "channels/" + id + "/messages?limit=" + strconv.Itoa(missedEach) + "&after=" + after
		if err := f.api.do(ctx, turn{patience: -1}, "GET", path, nil, &missed); err != nil {
			if ctx.Err() != nil {
				return
			}
			f.log.Warn("what was written to the bot meanwhile could not be looked up", "error", err)
			continue
		}
		for _, raw := range slices.Backward(missed) { // the newest comes first
			f.written(ctx, desk, raw)
		}
	}
}

// discordEpoch is where the times of IDs begin: 2015-01-01 UTC, in Unix ms (Discord, "Snowflakes").
const discordEpoch = 1420070400000
