package slacktest

import (
	"net/url"
	"slices"
)

func pinsAdd(w *Workspace, a args) (obj, *problem) {
	c, p := w.enter(a.str("channel"))
	if p != nil {
		return nil, p
	}
	ts := a.str("timestamp")
	switch {
	case c.message(ts) == nil:
		return nil, no("message_not_found").because("%s", ts)
	case slices.Contains(c.pinned, ts):
		return nil, no("already_pinned")
	}
	c.pinned = append(c.pinned, ts)
	return nil, nil
}

func pinsList(w *Workspace, a args) (obj, *problem) {
	c, p := w.reach(a.str("channel"))
	if p != nil {
		return nil, p
	}
	items := []obj{}
	for _, ts := range c.pinned {
		items = append(items, obj{"type": "message", "channel": c.id, "created": w.clock().Unix(), "created_by": w.BotUser,
			"message": w.shownMessage(c.message(ts), false)})
	}
	return obj{"items": items}, nil
}

// bookmarked finds the channel and a bookmark of it; bookmarks go by channel_id.
func (w *Workspace) bookmarked(a args) (*channel, int, *problem) {
	c, p := w.enter(a.str("channel_id"))
	if p != nil {
		return nil, 0, p
	}
	i := slices.IndexFunc(c.bookmarks, func(b obj) bool { return b["id"] == a.str("bookmark_id") })
	return c, i, nil
}

func bookmarksAdd(w *Workspace, a args) (obj, *problem) {
	c, _, p := w.bookmarked(a)
	if p != nil {
		return nil, p
	}
	if a.str("title") == "" || a.str("type") != "link" {
		return nil, no("invalid_arguments").because("a bookmark needs a title and the type link")
	}
	if !isURL(a.str("link")) {
		return nil, no("invalid_link").because("%s", a.str("link"))
	}
	if len(c.bookmarks) >= 100 { // bookmarks.add: 100 in a channel
		return nil, no("too_many_bookmarks")
	}
	b := obj{"id": w.id("Bk"), "channel_id": c.id, "title": a.str("title"), "link": a.str("link"), "type": "link", "emoji": a.str("emoji")}
	c.bookmarks = append(c.bookmarks, b)
	return obj{"bookmark": b}, nil
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func bookmarksList(w *Workspace, a args) (obj, *problem) {
	c, p := w.reach(a.str("channel_id"))
	if p != nil {
		return nil, p
	}
	return obj{"bookmarks": append([]obj{}, c.bookmarks...)}, nil
}

func bookmarksEdit(w *Workspace, a args) (obj, *problem) {
	c, i, p := w.bookmarked(a)
	switch {
	case p != nil:
		return nil, p
	case i < 0:
		return nil, no("not_found").because("%s", a.str("bookmark_id"))
	case a.has("link") && !isURL(a.str("link")):
		return nil, no("invalid_link").because("%s", a.str("link"))
	}
	for _, name := range []string{"title", "link", "emoji"} {
		if a.has(name) {
			c.bookmarks[i][name] = a.str(name)
		}
	}
	return obj{"bookmark": c.bookmarks[i]}, nil
}

func bookmarksRemove(w *Workspace, a args) (obj, *problem) {
	c, i, p := w.bookmarked(a)
	switch {
	case p != nil:
		return nil, p
	case i < 0:
		return nil, no("not_found").because("%s", a.str("bookmark_id"))
	}
	c.bookmarks = slices.Delete(c.bookmarks, i, i+1)
	return nil, nil
}
