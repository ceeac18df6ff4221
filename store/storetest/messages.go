package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var messages = []testCase{
	{"Whole", wholeMessage},
	{"UrgentFirst", urgentFirst},
	{"Refresh", refresh},
	{"RefreshBeforeArrival", refreshPending},
	{"RefreshInFlight", refreshInFlight},
	{"RefreshInFlightOfAFailure", refreshInFlightFails},
	{"NotWithEverybodyYet", partlySent},
	{"LeaseRunsOut", messageLease},
	{"LeaseRunsOutAfterRefresh", leaseAfterRefresh},
	{"LeaseIsRenewed", leaseRenewed},
	{"Unsure", unsure},
	{"Retry", retry},
	{"GivenUp", givenUp},
	{"UrgencyOfARefresh", urgencyOfRefresh},
	{"SameKeyInOneChange", sameKey},
	{"Queries", messageQueries},
	{"TwoClaimers", twoSenders},
}

const about incident.ID = "INC-2026-0001"

func notice(key string, to incident.PersonID) incident.Notice {
	return incident.Notice{Key: key, Kind: incident.NoticeFeed, Incident: about, To: to, Seq: 7}
}

func urgent(key string, to incident.PersonID) incident.Notice {
	n := notice(key, to)
	n.Kind, n.Urgent = incident.NoticePage, true
	return n
}

func announce(t testing.TB, s workflows.Store, when time.Duration, notices ...incident.Notice) {
	t.Helper()
	save(t, s, workflows.Change{At: at(when), Messages: notices})
}

func claimMessages(t testing.TB, s workflows.Store, now time.Duration, owner string, n int) []workflows.Message {
	t.Helper()
	return got(s.ClaimMessages(t.Context(), at(now), owner, lease, n, false))(t)
}

// claimOne claims exactly one message.
func claimOne(t testing.TB, s workflows.Store, now time.Duration, owner string) workflows.Message {
	t.Helper()
	list := claimMessages(t, s, now, owner, 10)
	if len(list) != 1 {
		t.Fatalf("claimed %d messages, want 1: %+v", len(list), list)
	}
	return list[0]
}

func claimNone(t testing.TB, s workflows.Store, now time.Duration) {
	t.Helper()
	if list := claimMessages(t, s, now, "nobody", 10); len(list) > 0 {
		t.Fatalf("claimed %+v, want nothing", list)
	}
}

func finish(t testing.TB, s workflows.Store, m workflows.Message, owner string, res workflows.Sent) {
	t.Helper()
	must(t, s.FinishMessage(t.Context(), m, owner, res))
}

// stored reads the only message about the incident.
func stored(t testing.TB, s workflows.Store) workflows.Message {
	t.Helper()
	list := got(s.Messages(t.Context(), workflows.MessageQuery{Incident: about, All: true}))(t)
	if len(list) != 1 {
		t.Fatalf("%d messages, want 1", len(list))
	}
	return list[0]
}

func arrived(when time.Duration, id string) workflows.Sent {
	return workflows.Sent{OK: true, At: at(when), Frontend: "slack", Message: id}
}

func keys(list []workflows.Message) []string {
	out := []string{}
	for _, m := range list {
		out = append(out, m.Key)
	}
	return out
}

func wholeMessage(t *testing.T, db Database) {
	s := db.Open(t)
	n := urgent("page:INC-2026-0001:7:sato", sato)
	n.Day = "2026-11-24"
	announce(t, s, 0, n)
	want := workflows.Message{Notice: n, Created: start, Revision: 1, State: workflows.MessagePending}
	noID := cmpopts.IgnoreFields(workflows.Message{}, "ID")
	same(t, "new", stored(t, s), want, noID)
	m := claimOne(t, s, time.Second, "a")
	want.Attempt, want.InHand = 1, true
	same(t, "claimed", m, want, noID)
	same(t, "and seen by others as such", stored(t, s), want, noID)
	finish(t, s, m, "a", arrived(2*time.Second, "1732.0001"))
	want.InHand = false
	want.State, want.FirstSent, want.LastSent, want.Frontend, want.Sent = workflows.MessageSent, at(2*time.Second), at(2*time.Second), "slack", "1732.0001"
	same(t, "sent", stored(t, s), want, noID)
	claimNone(t, s, time.Hour)
	is(t, "finish twice", s.FinishMessage(t.Context(), m, "a", arrived(3*time.Second, "other")), workflows.ErrConflict)
	same(t, "sent", stored(t, s), want, noID)
}

func urgentFirst(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("feed 1", ""), notice("feed 2", ""), notice("feed 3", ""))
	announce(t, s, time.Minute, urgent("page 2", sato), notice("feed 4", ""))
	announce(t, s, 30*time.Second, urgent("page 1", suzuki))
	same(t, "nothing before its time", keys(got(s.ClaimMessages(t.Context(), at(-time.Microsecond), "a", lease, 9, false))(t)), []string{})
	same(t, "urgent ones first, then the oldest", keys(claimMessages(t, s, time.Minute, "a", 3)), []string{"page 1", "page 2", "feed 1"})
	announce(t, s, time.Minute, urgent("page 3", tanaka))
	only := func(n int) []string {
		return keys(got(s.ClaimMessages(t.Context(), at(time.Minute), "b", lease, n, true))(t))
	}
	same(t, "urgent ones only", only(9), []string{"page 3"})
	same(t, "no urgent one left", only(9), []string{})
	same(t, "none asked for", keys(claimMessages(t, s, time.Minute, "a", 0)), []string{})
	same(t, "the rest", keys(claimMessages(t, s, time.Minute, "b", 9)), []string{"feed 2", "feed 3", "feed 4"})
}

func refresh(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("card", ""))
	finish(t, s, claimOne(t, s, 0, "a"), "a", arrived(time.Second, "m1"))
	n := notice("card", "")
	n.Seq = 12
	announce(t, s, time.Minute, n)
	m := stored(t, s)
	same(t, "waits again", []any{m.Revision, m.Attempt, m.State, m.Seq, m.Created}, []any{2, 0, workflows.MessagePending, int64(12), start})
	claimNone(t, s, time.Minute-time.Microsecond)
	m = claimOne(t, s, time.Minute, "b")
	same(t, "knows what it brings up to date", []any{m.Attempt, m.Frontend, m.Sent, m.FirstSent, m.Resent}, []any{1, "slack", "m1", at(time.Second), false})
	finish(t, s, m, "b", arrived(2*time.Minute, "m1"))
	m = stored(t, s)
	same(t, "sent again", []any{m.State, m.FirstSent, m.LastSent}, []any{workflows.MessageSent, at(time.Second), at(2 * time.Minute)})
	claimNone(t, s, time.Hour)
}

func refreshPending(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("card", ""))
	announce(t, s, time.Second, notice("card", ""))
	m := claimOne(t, s, time.Minute, "a")
	same(t, "one message with the newest wording", []any{m.Revision, m.Attempt, m.Resent}, []any{2, 1, false})
	finish(t, s, m, "a", workflows.Sent{Error: "503", Retry: at(time.Hour)})
	announce(t, s, 2*time.Minute, notice("card", ""))
	m = claimOne(t, s, 2*time.Minute, "a")
	same(t, "a refresh does not wait for the retry", []any{m.Revision, m.Attempt, m.Error}, []any{3, 1, ""})
}

// refreshInFlight is the race that must lose nothing: a newer wording comes while the
// older one is being sent.
func refreshInFlight(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("card", ""))
	old := claimOne(t, s, 0, "a")
	announce(t, s, time.Second, notice("card", ""))
	claimNone(t, s, 2*time.Second) // or the older wording might arrive last
	finish(t, s, old, "a", arrived(3*time.Second, "m1"))
	m := stored(t, s)
	same(t, "the newer wording waits", []any{m.State, m.Revision, m.Attempt, m.Sent}, []any{workflows.MessagePending, 2, 0, "m1"})
	m = claimOne(t, s, 3*time.Second, "b")
	same(t, "and goes where the older one is", []any{m.Revision, m.Attempt, m.Sent, m.FirstSent, m.Resent}, []any{2, 1, "m1", at(3 * time.Second), false})
	is(t, "the older try is over", s.FinishMessage(t.Context(), old, "a", arrived(4*time.Second, "m2")), workflows.ErrConflict)
	finish(t, s, m, "b", arrived(5*time.Second, "m1"))
	same(t, "sent", stored(t, s).State, workflows.MessageSent)
}

func refreshInFlightFails(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("card", ""))
	old := claimOne(t, s, 0, "a")
	announce(t, s, time.Second, notice("card", ""))
	finish(t, s, old, "a", workflows.Sent{Error: "channel not found"}) // given up, but for the older wording only
	m := claimOne(t, s, 2*time.Second, "b")
	same(t, "tried afresh", []any{m.Revision, m.Attempt, m.Resent}, []any{2, 1, false})
	announce(t, s, 3*time.Second, notice("card", ""))
	finish(t, s, m, "b", workflows.Sent{Unsure: true, Retry: at(time.Hour)})
	m = claimOne(t, s, 4*time.Second, "b")
	same(t, "the older wording may have arrived as a message of its own", []any{m.Revision, m.Attempt, m.Resent}, []any{3, 1, true})
}

// partlySent: what some have is known, and stays due for the others.
func partlySent(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("card", ""))
	some := arrived(time.Second, "some")
	some.Error, some.Retry = "503", at(time.Minute)
	finish(t, s, claimOne(t, s, 0, "a"), "a", some)
	claimNone(t, s, time.Minute-time.Microsecond)
	m := claimOne(t, s, time.Minute, "b")
	same(t, "the others are tried", []any{m.Attempt, m.Sent, m.FirstSent, m.Resent, m.Error}, []any{2, "some", at(time.Second), false, "503"})
	some.Waited, some.Message, some.Error, some.Retry = true, "more", "", at(2*time.Minute)
	finish(t, s, m, "b", some)
	m = claimOne(t, s, 2*time.Minute, "a")
	same(t, "a wait is no try", []any{m.Attempt, m.Sent}, []any{2, "more"})
	announce(t, s, 3*time.Minute, notice("card", ""))
	finish(t, s, m, "a", some) // refreshed meanwhile: it goes to all
	m = claimOne(t, s, 3*time.Minute, "a")
	same(t, "a newer wording", []any{m.Revision, m.Attempt, m.Sent}, []any{2, 1, "more"})
	finish(t, s, m, "a", arrived(4*time.Minute, "all"))
	same(t, "with everybody", []any{stored(t, s).State, stored(t, s).Sent, stored(t, s).Error, stored(t, s).FirstSent}, []any{workflows.MessageSent, "all", "", at(time.Second)})
	claimNone(t, s, time.Hour)
}

func messageLease(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("card", ""))
	lost := claimOne(t, s, 0, "a")
	claimNone(t, s, lease-time.Microsecond)
	m := claimOne(t, s, lease, "b")
	same(t, "claimed again: the first try may have arrived", []any{m.Revision, m.Attempt, m.Resent}, []any{1, 2, true})
	is(t, "the lost lease", s.FinishMessage(t.Context(), lost, "a", arrived(0, "m1")), workflows.ErrConflict)
	same(t, "changed nothing", stored(t, s).Sent, "")
	is(t, "not its owner", s.FinishMessage(t.Context(), m, "a", arrived(0, "m1")), workflows.ErrConflict)
	again := claimOne(t, s, 2*lease, "b")
	is(t, "an earlier lease of the same owner", s.FinishMessage(t.Context(), m, "b", arrived(0, "m1")), workflows.ErrConflict)
	finish(t, s, again, "b", arrived(time.Minute, "m2"))
	sent := stored(t, s)
	same(t, "marked as sent again", []any{sent.State, sent.Sent, sent.Resent, sent.Attempt}, []any{workflows.MessageSent, "m2", true, 3})
	announce(t, s, time.Hour, notice("card", ""))
	same(t, "a new wording of what arrived is no repeat", claimOne(t, s, time.Hour, "a").Resent, false)
	m.ID += 1000
	is(t, "an unknown message", s.FinishMessage(t.Context(), m, "b", arrived(0, "")), workflows.ErrNotFound)
}

// leaseRenewed: whoever is still at it keeps what he has claimed, refreshed or not; whoever lost it,
// or has ended it, changes nothing.
func leaseRenewed(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("one", "p"))
	m := claimOne(t, s, 0, "a")
	renew := func(now time.Duration, owner string, m workflows.Message) {
		t.Helper()
		must(t, s.RenewMessages(t.Context(), []workflows.Message{m}, at(now), owner, lease))
	}
	renew(lease/2, "b", m) // not his
	renew(lease/2, "a", m)
	claimNone(t, s, lease)
	announce(t, s, lease, notice("one", "p")) // a new wording
	renew(lease, "a", m)
	claimNone(t, s, 2*lease-time.Microsecond)
	next := claimOne(t, s, 2*lease, "b")
	renew(3*lease, "a", m) // lost
	claimOne(t, s, 3*lease, "c")
	renew(5*lease, "b", next) // lost
	done := claimOne(t, s, 4*lease, "d")
	must(t, s.FinishMessage(t.Context(), done, "d", arrived(4*lease, "m1")))
	renew(5*lease, "d", done) // over
	claimNone(t, s, 100*lease)
}

func leaseAfterRefresh(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("card", ""))
	lost := claimOne(t, s, 0, "a")
	announce(t, s, time.Second, notice("card", ""))
	m := claimOne(t, s, lease, "b")
	same(t, "the first wording may have arrived, unknown where", []any{m.Revision, m.Attempt, m.Resent}, []any{2, 1, true})
	is(t, "the lost lease", s.FinishMessage(t.Context(), lost, "a", arrived(0, "m1")), workflows.ErrConflict)
	finish(t, s, m, "b", arrived(time.Minute, "m2"))

	// Known where it stands, a second try of a newer wording only brings it up to date.
	announce(t, s, 2*time.Minute, notice("card", ""))
	claimOne(t, s, 2*time.Minute, "a")
	announce(t, s, 3*time.Minute, notice("card", ""))
	same(t, "no repeat", claimOne(t, s, 3*time.Minute, "b").Resent, false)
}

func unsure(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("card", ""))
	finish(t, s, claimOne(t, s, 0, "a"), "a", workflows.Sent{Unsure: true, Error: "timeout", Retry: at(time.Minute)})
	m := claimOne(t, s, time.Minute, "a")
	same(t, "marked", []any{m.Attempt, m.Resent, m.Error}, []any{2, true, "timeout"})
}

func retry(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("card", ""))
	finish(t, s, claimOne(t, s, 0, "a"), "a", workflows.Sent{Error: "rate limited", Retry: at(time.Minute)})
	m := stored(t, s)
	same(t, "waits", []any{m.State, m.Attempt, m.Error, m.FirstSent.IsZero()}, []any{workflows.MessagePending, 1, "rate limited", true})
	claimNone(t, s, time.Minute-time.Microsecond)
	m = claimOne(t, s, time.Minute, "b")
	same(t, "second try: the first certainly did not arrive", []any{m.Attempt, m.Resent}, []any{2, false})
	finish(t, s, m, "b", arrived(time.Minute, "m1"))
	same(t, "the error is over", stored(t, s).Error, "")
}

func givenUp(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("card", ""))
	finish(t, s, claimOne(t, s, 0, "a"), "a", workflows.Sent{Error: "no such channel"})
	m := stored(t, s)
	same(t, "failed", []any{m.State, m.Error}, []any{workflows.MessageFailed, "no such channel"})
	claimNone(t, s, time.Hour)
	announce(t, s, time.Hour, notice("card", ""))
	same(t, "a new wording is tried", claimOne(t, s, time.Hour, "a").Revision, 2)
}

func urgencyOfRefresh(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, urgent("page", sato))
	announce(t, s, time.Second, notice("page", sato))
	m := claimOne(t, s, time.Second, "a")
	same(t, "a call that has not arrived stays urgent", m.Urgent, true)
	finish(t, s, m, "a", arrived(time.Second, "m1"))
	announce(t, s, 2*time.Second, notice("page", sato))
	same(t, "bringing it up to date is not", claimOne(t, s, 2*time.Second, "a").Urgent, false)
	announce(t, s, 3*time.Second, urgent("page", sato))
	same(t, "unless it calls again", stored(t, s).Urgent, true)
}

func sameKey(t *testing.T, db Database) {
	s := db.Open(t)
	second := notice("page", sato)
	second.Seq = 9
	announce(t, s, 0, urgent("page", sato), notice("card", ""), second)
	list := claimMessages(t, s, 0, "a", 10)
	same(t, "one of each", keys(list), []string{"page", "card"})
	same(t, "the later notice, still urgent", []any{list[0].Seq, list[0].Urgent, list[0].Revision}, []any{int64(9), true, 1})
}

func messageQueries(t *testing.T, db Database) {
	s := db.Open(t)
	const other incident.ID = "INC-2026-0002"
	elsewhere := notice("card", "")
	elsewhere.Incident = other // the same key about another incident is another message
	theirs := notice("page other", sato)
	theirs.Incident = other
	digest := incident.Notice{Key: "digest", Kind: incident.NoticeDigest, To: sato, Day: "2026-11-24"}
	for i, n := range []incident.Notice{notice("card", ""), notice("page", sato), notice("page 2", suzuki), elsewhere, theirs, digest, notice("feed", "")} {
		announce(t, s, time.Duration(i)*time.Second, n)
	}
	list := func(q workflows.MessageQuery) []string {
		t.Helper()
		return keys(got(s.Messages(t.Context(), q))(t))
	}
	same(t, "nothing has arrived", list(workflows.MessageQuery{Person: sato, Sent: true}), []string{})
	ids := map[string]int64{}
	for _, m := range claimMessages(t, s, time.Minute, "a", 20) {
		if m.Incident == about {
			ids[m.Key] = m.ID
		}
		switch m.Key {
		case "feed", "page other":
			finish(t, s, m, "a", workflows.Sent{Error: "gone"})
		default:
			finish(t, s, m, "a", arrived(time.Minute, m.Key))
		}
	}
	announce(t, s, time.Hour, notice("page", sato)) // arrived, and a newer wording is on its way
	for _, c := range []struct {
		name string
		q    workflows.MessageQuery
		want []string
	}{
		{"a person's", workflows.MessageQuery{Person: sato}, []string{"page", "page other", "digest"}},
		{"those that arrived", workflows.MessageQuery{Person: sato, Sent: true}, []string{"page", "digest"}},
		{"the latest", workflows.MessageQuery{Person: sato, Limit: 2}, []string{"page other", "digest"}},
		{"the latest that arrived", workflows.MessageQuery{Person: sato, Sent: true, Limit: 1}, []string{"digest"}},
		{"a person's of one incident", workflows.MessageQuery{Person: sato, Incident: other}, []string{"page other"}},
		{"the channel", workflows.MessageQuery{Incident: about}, []string{"card", "feed"}},
		{"the channel, those that arrived", workflows.MessageQuery{Incident: about, Sent: true}, []string{"card"}},
		{"the channel, the latest", workflows.MessageQuery{Incident: about, Limit: 1}, []string{"feed"}},
		{"all about an incident", workflows.MessageQuery{Incident: about, All: true}, []string{"card", "page", "page 2", "feed"}},
		{"all, those that arrived", workflows.MessageQuery{Incident: about, All: true, Sent: true}, []string{"card", "page", "page 2"}},
		{"after another", workflows.MessageQuery{Incident: about, All: true, After: ids["page"]}, []string{"page 2", "feed"}},
		{"a person's after another", workflows.MessageQuery{Person: sato, Sent: true, After: ids["page"]}, []string{"digest"}},
		{"nobody's", workflows.MessageQuery{Person: "nakamura"}, []string{}},
	} {
		same(t, c.name, list(c.q), c.want)
	}
}

func twoSenders(t *testing.T, db Database) {
	s := db.Open(t)
	beside := db.Again(t, s)
	const n = 120
	for i := range n {
		x := notice(fmt.Sprint("m", i), sato)
		x.Urgent = i%3 == 0
		announce(t, s, time.Duration(i)*time.Millisecond, x)
	}
	var mu sync.Mutex
	sent := map[string]int{}
	var wg sync.WaitGroup
	for i, store := range []workflows.Store{s, beside, s, beside} {
		owner := fmt.Sprint("sender ", i)
		wg.Go(func() {
			for {
				list, err := store.ClaimMessages(t.Context(), at(time.Hour), owner, lease, 5, false)
				if err != nil {
					t.Error(err)
				}
				if len(list) == 0 {
					return
				}
				for _, m := range list {
					if err := store.FinishMessage(t.Context(), m, owner, arrived(time.Hour, m.Key)); err != nil {
						t.Error(err)
					}
					mu.Lock()
					sent[m.Key]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	same(t, "sent", len(sent), n)
	for key, times := range sent {
		if times != 1 {
			t.Errorf("%s was sent %d times", key, times)
		}
	}
}
