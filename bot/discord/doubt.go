package discord

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// What Discord tells of a channel it tells once. While the database does not answer, nobody can say
// whether it is an incident's and who belongs there; and there may be no room to look. Then the channel
// is in doubt: nothing is said in it by this process until it was asked for and looked at.

// watch looks at what was done to a channel or thread.
func (f *Front) watch(raw []byte, look func(ctx context.Context, raw []byte) error) {
	var e struct {
		ID      string `json:"id"`
		Channel string `json:"channel_id"` // of a message, which has an ID of its own
	}
	if json.Unmarshal(raw, &e) != nil {
		return
	}
	id := e.ID
	if e.Channel != "" {
		id = e.Channel
	}
	if isID(id) {
		f.watched(id, func(ctx context.Context) error { return look(ctx, raw) })
	}
}

// watchAll looks at all channels and threads with which a session begins.
func (f *Front) watchAll(raw []byte) {
	f.watched("", func(ctx context.Context) error {
		var all everywhere
		if json.Unmarshal(raw, &all) != nil {
			return nil
		}
		return f.channelsSeen(ctx, all)
	})
}

// watched looks at a channel, or at all (empty); what cannot be looked at now is looked at later.
func (f *Front) watched(id string, look func(ctx context.Context) error) {
	if !f.start(func(ctx context.Context, _ Desk) {
		if err := look(ctx); err != nil {
			f.doubts.Add(id, time.Now())
			f.log.Error("what was done to a channel could not be looked at; nothing is said there until it can be", "error", err)
		}
	}) {
		f.doubts.Add(id, time.Now())
	}
}

// doubted says whether a channel was not looked at after something was told of it. For a moment what
// is to be said there waits for it; after that nobody waits any longer.
func (s *sender) doubted(id string) (is, waits bool) {
	since, is := s.doubts.About(id)
	return is, is && time.Since(since) < leaving
}

// clearDoubts looks at the channels in doubt, until ctx ends.
func (f *Front) clearDoubts(ctx context.Context) {
	for failed := 0; f.config.Memory != nil && pauseFor(ctx, min(f.patience.doubt<<min(failed, 10), longestLook)); {
		if len(f.doubts.Open()) == 0 {
			failed = 0
			continue
		}
		if _, err := f.config.Memory.Recall(ctx, categories.row); err != nil {
			f.doubts.Postpone(time.Now()) // it is asked again soon: everything waits for it
			failed = 0
			continue
		}
		done := make(chan struct{})
		if !f.work.Start(0, func(ctx context.Context) {
			defer close(done)
			defer f.stumble()
			f.lookAtDoubts(ctx)
		}) {
			continue
		}
		select {
		case <-done:
			failed++
		case <-ctx.Done():
			return
		}
	}
}

// lookAtDoubts looks at each channel in doubt as Discord says that it is now.
func (f *Front) lookAtDoubts(ctx context.Context) {
	for _, d := range f.doubts.Open() {
		look := f.lookAt
		if d.ID == "" {
			look = f.lookEverywhere
		}
		err := look(ctx, d.ID)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			f.log.Warn("a channel of which something was told could not be looked at; trying again", "error", err)
			continue
		}
		f.doubts.Settle(d)
	}
}

// lookAt looks at one channel or thread, whatever is remembered of it: an earlier look may have failed
// on the way.
func (f *Front) lookAt(ctx context.Context, id string) error {
	incident, err := f.whose(ctx, id)
	if err != nil || incident == "" {
		return err
	}
	p, err := f.recallPlace(ctx, incident)
	if err != nil || p.ID != id {
		return err
	}
	var by hands
	if p.Thread != "" {
		if by, err = f.handsOn(ctx, p); denied(err) {
			err = nil // it stays as Discord says
		}
	}
	return errors.Join(err, f.putRight(ctx, id, by, func(place, string) bool { return true }))
}

// lookEverywhere looks at all channels and threads, as at the beginning of a session.
func (f *Front) lookEverywhere(ctx context.Context, _ string) error {
	var all everywhere
	if err := f.api.do(ctx, turn{patience: -1}, "GET", f.guild("channels"), nil, &all.Channels); err != nil {
		return err
	}
	if err := f.api.do(ctx, turn{patience: -1}, "GET", f.guild("threads/active"), nil, &all); err != nil {
		return err
	}
	return f.channelsSeen(ctx, all)
}
