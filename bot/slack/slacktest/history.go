package slacktest

import (
	"slices"
	"strings"
)

func conversationsHistory(w *Workspace, a args) (obj, *problem) {
	return w.history(a, func(m *message) bool { return m.thread == "" || m.thread == m.ts }, true)
}

func conversationsReplies(w *Workspace, a args) (obj, *problem) {
	root := a.str("ts")
	return w.history(a, func(m *message) bool { return m.ts == root || m.thread == root }, false)
}

func (w *Workspace) history(a args, show func(*message) bool, newestFirst bool) (obj, *problem) {
	c, p := w.read(a.str("channel"), "history")
	switch {
	case p != nil:
		return nil, p
	case !c.has(w.BotUser):
		return nil, no("not_in_channel")
	}
	oldest, latest, inclusive := a.str("oldest"), a.str("latest"), a.yes("inclusive")
	within := func(ts string) bool {
		from, to := later(ts, oldest), later(latest, ts)
		return (oldest == "" || from > 0 || inclusive && from == 0) && (latest == "" || to > 0 || inclusive && to == 0)
	}
	var all []*message
	for _, m := range c.messages {
		if m.onlyFor == "" && show(m) && within(m.ts) {
			all = append(all, m)
		}
	}
	if !newestFirst && len(all) == 0 {
		return nil, no("thread_not_found")
	}
	if newestFirst {
		slices.Reverse(all)
	}
	some, next := page(all, a, 100, 999)
	out := []obj{}
	for _, m := range some {
		out = append(out, w.shownMessage(m, a.yes("include_all_metadata")))
	}
	return obj{"messages": out, "has_more": next != "", "pin_count": len(c.pinned), "response_metadata": cursor(next)}, nil
}

// later compares message times; they all have six decimals, so that text does but for length.
func later(a, b string) int {
	as, af, _ := strings.Cut(a, ".")
	bs, bf, _ := strings.Cut(b, ".")
	if len(as) != len(bs) {
		return len(as) - len(bs)
	}
	if as != bs {
		return strings.Compare(as, bs)
	}
	return strings.Compare((af + "000000")[:6], (bf + "000000")[:6])
}
