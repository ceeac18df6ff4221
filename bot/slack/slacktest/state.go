package slacktest

import (
	"slices"
	"strings"
)

// Channel is a channel as an administrator sees it.
type Channel struct {
	ID, Name       string
	Private        bool
	Archived       bool
	Creator        string
	Topic, Purpose string
	Members        []string
	Pinned         []string // message times
	Bookmarks      []Bookmark
	Messages       []Message // what everybody in it sees
}

// Bookmark is a link at the top of a channel.
type Bookmark struct{ ID, Title, Link string }

// File is a file in the workspace.
type File struct {
	ID, Name, Title, User string
	Body                  []byte
	Channels              []string // where it was shared, by ID; in one twice when shared there twice
}

// AddChannel makes a channel; the first member made it.
func (w *Workspace) AddChannel(name string, private bool, members ...string) Channel {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.newChannel(name, private, members...)
	w.touch()
	return w.asSeen(c)
}

// Join and Leave change who is in a channel, as an administrator does.
func (w *Workspace) Join(channel, user string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.find(channel); c != nil && !c.has(user) {
		c.members = append(c.members, user)
	}
	w.touch()
}

// Leave is the opposite of Join.
func (w *Workspace) Leave(channel, user string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.find(channel); c != nil {
		c.members = slices.DeleteFunc(c.members, func(m string) bool { return m == user })
	}
	w.touch()
}

// Archive archives a channel, or takes it back, as an administrator does.
func (w *Workspace) Archive(channel string, archived bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.find(channel); c != nil {
		c.archived = archived
	}
	w.touch()
}

// Open makes a channel public, or with outside shares it with another company (Slack Connect),
// as somebody of the workspace does.
func (w *Workspace) Open(channel string, outside bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.find(channel); c != nil {
		c.private, c.outside = outside, outside
	}
	w.touch()
}

func (w *Workspace) asSeen(c *channel) Channel {
	out := Channel{
		ID: c.id, Name: c.name, Private: c.private, Archived: c.archived, Creator: c.creator, Topic: c.topic, Purpose: c.purpose,
		Members: slices.Clone(c.members), Pinned: slices.Clone(c.pinned),
	}
	for _, b := range c.bookmarks {
		out.Bookmarks = append(out.Bookmarks, Bookmark{text(b, "id"), text(b, "title"), text(b, "link")})
	}
	for _, m := range c.messages {
		if m.onlyFor == "" {
			out.Messages = append(out.Messages, w.seen(m))
		}
	}
	return out
}

// Channels are all channels in the order in which they were made, without direct messages.
func (w *Workspace) Channels() []Channel {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Channel
	for _, id := range w.channelIDs {
		out = append(out, w.asSeen(w.channels[id]))
	}
	return out
}

// Channel finds a channel by name or ID.
func (w *Workspace) Channel(name string) (Channel, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.find(name)
	if c == nil {
		return Channel{}, false
	}
	return w.asSeen(c), true
}

// WaitChannel waits for a channel to exist.
func (w *Workspace) WaitChannel(name string) (c Channel) {
	w.t.Helper()
	w.Wait("the channel "+name, func() bool {
		var ok bool
		c, ok = w.Channel(name)
		return ok
	})
	return c
}

// Files are the files that are complete, in the order of their IDs.
func (w *Workspace) Files() []File {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []File
	for _, f := range w.uploads {
		if !f.complete {
			continue
		}
		shown := File{ID: f.id, Name: f.name, Title: f.title, User: f.user, Body: slices.Clone(f.body)}
		for id, times := range f.shares {
			for range times {
				shown.Channels = append(shown.Channels, id)
			}
		}
		slices.Sort(shown.Channels)
		out = append(out, shown)
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.ID, b.ID) })
	return out
}
