package storetest

import (
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var audits = []testCase{
	{"OpenRows", openRows},
	{"MessageStates", messageStates},
	{"Overdue", overdueRows},
	{"Undelivered", undeliveredMessages},
}

func openRows(t *testing.T, db Database) {
	s := db.Open(t)
	c := newClerk(s)
	first, second, ended := c.report(t, yamada, "鍵をなくした").Row.ID, c.report(t, yamada, "社員証をなくした").Row.ID, c.report(t, yamada, "鞄をなくした").Row.ID
	c.carry(t, ended, sato, incident.Dismiss{Reason: "鞄は家にあった"})
	timer := workflows.Timer{Key: "round:" + string(first), Kind: workflows.TimerRound, Incident: first, Due: at(time.Minute)}
	save(t, s, workflows.Change{Timers: []workflows.Timer{timer, {Key: "digest:x", Kind: workflows.TimerDigest, Due: at(time.Hour)}}, Cancel: []string{"round:" + string(second)}})
	rows := got(s.OpenRows(t.Context()))(t)
	var ids []incident.ID
	for _, r := range rows {
		ids = append(ids, r.ID)
		if r.Err != nil || r.Incident == nil || r.Incident.ID != r.ID || r.Incident.Title == "" {
			t.Errorf("%+v", r)
		}
	}
	same(t, "what is open, the oldest first", ids, []incident.ID{first, second})
	same(t, "with a timer", []any{rows[0].Round.Due, rows[0].Round.Next, rows[0].Round.Leased}, []any{at(time.Minute), at(time.Minute), false})
	same(t, "without", []any{rows[1].Round.Due, rows[1].Round.Next, rows[1].Round.Leased}, []any{time.Time{}, time.Time{}, false})

	if list := got(s.ClaimTimers(t.Context(), at(time.Minute), "a", time.Minute, 10))(t); len(list) != 1 {
		t.Fatalf("claimed %+v", list)
	}
	db.Exec(t, s, `UPDATE incidents SET state = '{' WHERE id = $1`, string(second))
	rows = got(s.OpenRows(t.Context()))(t)
	same(t, "leased", []any{rows[0].Round.Due, rows[0].Round.Next, rows[0].Round.Leased}, []any{at(time.Minute), at(2 * time.Minute), true})
	if rows[1].ID != second || rows[1].Incident != nil {
		t.Errorf("what cannot be read: %+v", rows[1])
	}
	is(t, "what cannot be read", rows[1].Err, workflows.ErrUnreadable)
	_, err := s.Incident(t.Context(), second)
	is(t, "what cannot be read, alone", err, workflows.ErrUnreadable)
	write(t, s, func(tx workflows.Tx) error {
		row, err := tx.OpenRow(t.Context(), first)
		same(t, "in a transaction", []any{row.ID, row.Round.Due, row.Round.Leased, row.Incident.ID}, []any{first, at(time.Minute), true, first})
		if err != nil {
			return err
		}
		_, err = tx.OpenRow(t.Context(), ended)
		is(t, "one that has ended", err, workflows.ErrNotFound)
		return nil
	})
}

func messageStates(t *testing.T, db Database) {
	s := db.Open(t)
	var keys []workflows.MessageKey
	var want []workflows.MessageState
	var list []incident.Notice
	for i := range 70 { // more than are asked for at once
		n := notice("m"+string(rune('0'+i%10))+string(rune('0'+i/10)), sato)
		keys = append(keys, workflows.MessageKey{Incident: n.Incident, Key: n.Key})
		if i%3 == 0 {
			want = append(want, "")
			continue
		}
		list = append(list, n)
		want = append(want, workflows.MessagePending)
	}
	announce(t, s, 0, list...)
	same(t, "of seventy", got(s.MessageStates(t.Context(), keys))(t), want)
	same(t, "of none", got(s.MessageStates(t.Context(), nil))(t), []workflows.MessageState{})
	m := claimMessages(t, s, 0, "a", 1)[0]
	finish(t, s, m, "a", workflows.Sent{Error: "unreachable"})
	ask := []workflows.MessageKey{{Incident: m.Incident, Key: m.Key}, {Incident: "INC-2026-0099", Key: m.Key}, {Incident: m.Incident, Key: m.Key}}
	answer := []workflows.MessageState{workflows.MessageFailed, "", workflows.MessageFailed}
	arrives := claimMessages(t, s, 0, "a", 1)[0]
	finish(t, s, arrives, "a", arrived(0, "m1"))
	announce(t, s, time.Hour, incident.Notice{Key: arrives.Key, Kind: arrives.Kind, Incident: arrives.Incident, To: arrives.To, Urgent: true})
	for _, again := range claimMessages(t, s, time.Hour, "b", 100) {
		if again.ID == arrives.ID {
			finish(t, s, again, "b", workflows.Sent{Error: "refused"})
		}
	}
	same(t, "arrived, and its update given up", got(s.MessageStates(t.Context(), []workflows.MessageKey{{Incident: arrives.Incident, Key: arrives.Key}}))(t), []workflows.MessageState{workflows.MessageSent})
	same(t, "given up, of another incident, asked twice", got(s.MessageStates(t.Context(), ask))(t), answer)
	write(t, s, func(tx workflows.Tx) error {
		states, err := tx.MessageStates(t.Context(), ask)
		same(t, "in a transaction", states, answer)
		return err
	})
}

func overdueRows(t *testing.T, db Database) {
	s := db.Open(t)
	late := func(what string, before time.Duration, want ...string) {
		t.Helper()
		var keys []string
		for _, r := range got(s.Overdue(t.Context(), at(before)))(t) {
			key := r.Key
			if r.Message {
				key = "message " + key
			}
			if r.Urgent {
				key = "urgent " + key
			}
			keys = append(keys, key)
		}
		same(t, what, keys, want)
	}
	late("nothing", time.Hour)
	save(t, s, workflows.Change{Timers: []workflows.Timer{round(1, time.Minute), round(2, 2*time.Minute)}})
	announce(t, s, 0, notice("card", ""))
	announce(t, s, time.Second, notice("feed", ""), urgent("page", sato))
	last := notice("last", "")
	last.Last = true
	announce(t, s, 0, last)
	late("nothing is late yet", -time.Second)
	late("the oldest of each", time.Hour, round(1, 0).Key, "urgent message page", "message card")
	claim(t, s, time.Minute, "a", 1)
	for range 2 {
		claimMessages(t, s, time.Minute, "a", 1)
	}
	late("what is claimed is in hand", time.Minute+time.Second, "message feed")
	late("a lease that has run out", time.Hour, round(1, 0).Key, "urgent message page", "message feed")
}

func undeliveredMessages(t *testing.T, db Database) {
	s := db.Open(t)
	c := newClerk(s)
	open, ended := c.report(t, yamada, "鍵をなくした").Row.ID, c.report(t, yamada, "鞄をなくした").Row.ID
	c.carry(t, ended, sato, incident.Dismiss{Reason: "鞄は家にあった"})
	same(t, "the suite's incident", open, about)
	of := func(key string, id incident.ID) incident.Notice {
		n := notice(key, sato)
		n.Incident = id
		return n
	}
	place := of("place", open)
	place.Kind = incident.NoticePlace
	hidden := of("hidden", open)
	announce(t, s, 0, of("open", open), of("ended", ended), of("digest", ""), of("arrived", open), of("dropped", open), hidden, place)
	for _, m := range claimMessages(t, s, 0, "a", 100) {
		res := workflows.Sent{Error: "refused"}
		switch m.Key {
		case "arrived":
			res = arrived(0, "m1")
		case "dropped":
			res = workflows.Sent{Dropped: true}
		case "hidden":
			res.Error = workflows.ReasonHidden
		}
		finish(t, s, m, "a", res)
	}
	lost := func(what string, q workflows.UndeliveredQuery, want ...string) []workflows.Message {
		t.Helper()
		list := got(s.Undelivered(t.Context(), q))(t)
		same(t, what, keys(list), want)
		return list
	}
	lost("long ago: only about what is open", workflows.UndeliveredQuery{Since: at(time.Hour)}, "open")
	all := lost("lately, the newest first", workflows.UndeliveredQuery{Since: at(-time.Hour)}, "digest", "ended", "open")
	lost("a part", workflows.UndeliveredQuery{Since: at(-time.Hour), Limit: 1}, "digest")
	lost("the next", workflows.UndeliveredQuery{Since: at(-time.Hour), Before: all[0].ID, Limit: 1}, "ended")
	same(t, "the figure", waiting(t, s).Undelivered, 1)

	write(t, s, func(tx workflows.Tx) error {
		for i, want := range []bool{true, false} { // the second time it is no longer given up
			again, err := tx.SendAgain(t.Context(), all[2].ID, at(time.Hour))
			if err != nil || again != want {
				t.Errorf("try %d: %v, %v", i, again, err)
			}
		}
		again, err := tx.SendAgain(t.Context(), 999_999, at(time.Hour))
		if again {
			t.Error("what is not there is sent again")
		}
		return err
	})
	lost("sent again", workflows.UndeliveredQuery{Since: at(-time.Hour)}, "digest", "ended")
	again := claimMessages(t, s, time.Hour, "b", 10)
	if len(again) != 1 || again[0].Key != "open" || again[0].Attempt != 1 || again[0].Error != "" || again[0].State != workflows.MessagePending {
		t.Fatalf("%+v", again)
	}
	finish(t, s, again[0], "b", arrived(time.Hour, "m2"))
	write(t, s, func(tx workflows.Tx) error {
		again, err := tx.SendAgain(t.Context(), all[2].ID, at(2*time.Hour))
		if again {
			t.Error("what has arrived is sent again")
		}
		return err
	})
}
