package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

var joinedTests = []testCase{
	{"Waited", waited},
	{"Last", lastOfAll},
	{"PlacesAreSaidToNobody", unsaid},
	{"Hasten", hasten},
	{"FurtherPlatform", furtherPlatform},
	{"Then", then},
	{"JoinWhatIsDue", joinDue},
	{"JoinWhatWasPutOff", joinPutOff},
	{"JoinAgainAfterACrash", joinAfterCrash},
	{"JoinAnewAfterAFailure", joinAfterFailure},
	{"RefreshOfJoined", refreshJoined},
	{"JoinLosesNoneAndDoublesNone", joinRace},
}

func join(t testing.TB, s workflows.Store, m workflows.Message, now time.Duration, owner string) workflows.Joined {
	t.Helper()
	return got(s.ClaimJoined(t.Context(), m, at(now), owner, lease))(t)
}

func finishAll(t testing.TB, s workflows.Store, list []workflows.Message, owner string, res workflows.Sent) {
	t.Helper()
	must(t, s.FinishMessages(t.Context(), list, owner, res))
}

func waited(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("card", ""))
	finish(t, s, claimOne(t, s, 0, "a"), "a", workflows.Sent{Error: "refused", Retry: at(time.Second)})
	m := claimOne(t, s, time.Second, "a")
	finish(t, s, m, "a", workflows.Sent{Waited: true, At: at(time.Second), Retry: at(time.Minute)})
	m = stored(t, s)
	same(t, "no try is counted", []any{m.Attempt, m.State, m.Error, m.Resent}, []any{1, workflows.MessagePending, "refused", false})
	claimNone(t, s, time.Minute-time.Microsecond)
	m = claimOne(t, s, time.Minute, "a")
	same(t, "the next try", []any{m.Attempt, m.Resent}, []any{2, false})
	announce(t, s, time.Minute, notice("card", ""))
	finish(t, s, m, "a", workflows.Sent{Waited: true, Retry: at(time.Hour)})
	m = claimOne(t, s, time.Minute, "a")
	same(t, "a newer wording does not wait", []any{m.Revision, m.Attempt, m.Resent}, []any{2, 1, false})
}

func lastOfAll(t *testing.T, db Database) {
	s := db.Open(t)
	last := notice("place", "")
	last.Kind, last.Last = incident.NoticePlace, true
	announce(t, s, 0, last, notice("card", ""), notice("feed", ""))
	announce(t, s, time.Second, urgent("page", sato))
	next, ok, err := s.NextDue(t.Context())
	must(t, err)
	same(t, "next due", []any{next, ok}, []any{start, true})
	claim := func() string {
		t.Helper()
		m := claimMessages(t, s, time.Second, "a", 1)[0]
		finish(t, s, m, "a", arrived(time.Second, m.Key))
		return m.Key
	}
	same(t, "order", []string{claim(), claim(), claim()}, []string{"page", "card", "feed"})
	next, ok, err = s.NextDue(t.Context())
	must(t, err)
	same(t, "the last one is due", []any{next, ok}, []any{start, true})
	same(t, "and comes last", claim(), "place")
	first := last
	first.Last = false
	announce(t, s, time.Minute, first, notice("card", ""))
	same(t, "before the others when it is not to be last", keys(claimMessages(t, s, time.Minute, "a", 9)), []string{"place", "card"})
}

func unsaid(t *testing.T, db Database) {
	s := db.Open(t)
	p := notice("place", "")
	p.Kind = incident.NoticePlace
	announce(t, s, 0, p)
	b := got(s.Backlog(t.Context()))(t)
	same(t, "pending", []any{b.Pending, b.OldestPending}, []any{0, time.Time{}})
	same(t, "nothing waits for the channel", got(s.ChannelWaits(t.Context(), about, ""))(t), false)
	finish(t, s, claimOne(t, s, 0, "a"), "a", arrived(0, "C1"))
	for _, q := range []workflows.MessageQuery{{Incident: about}, {Incident: about, Sent: true}, {Incident: about, All: true}, {Incident: about, All: true, Sent: true}} {
		same(t, fmt.Sprintf("%+v", q), keys(got(s.Messages(t.Context(), q))(t)), []string{})
		q.Places = true
		same(t, fmt.Sprintf("%+v", q), keys(got(s.Messages(t.Context(), q))(t)), []string{"place"})
	}
	announce(t, s, 0, p)
	finish(t, s, claimOne(t, s, 0, "a"), "a", workflows.Sent{Error: "unreachable"})
	same(t, "undelivered", got(s.Backlog(t.Context()))(t).Undelivered, 0)
}

func hasten(t *testing.T, db Database) {
	s := db.Open(t)
	other := notice("card", "")
	other.Incident = "INC-2026-0002"
	announce(t, s, 0, notice("card", ""), notice("feed", ""), notice("dm", sato))
	announce(t, s, 0, other)
	for _, m := range claimMessages(t, s, 0, "a", 9) {
		if m.Key == "feed" {
			continue // under way
		}
		finish(t, s, m, "a", workflows.Sent{Waited: true, Retry: at(time.Hour)})
	}
	same(t, "the channel is waited for", got(s.ChannelWaits(t.Context(), about, ""))(t), true)
	save(t, s, workflows.Change{At: at(time.Second), Hasten: about})
	same(t, "what waited for the channel", keys(claimMessages(t, s, time.Second, "a", 9)), []string{"card"})
}

// What goes to the channels of two platforms are two messages, each with what became of it.
func furtherPlatform(t *testing.T, db Database) {
	s := db.Open(t)
	card := notice("card", "")
	announce(t, s, 0, card, card.On("discord"), notice("dm", sato))
	same(t, "the first platform's waits", got(s.ChannelWaits(t.Context(), about, ""))(t), true)
	same(t, "the other's as well", got(s.ChannelWaits(t.Context(), about, "discord"))(t), true)
	same(t, "and no third one's", got(s.ChannelWaits(t.Context(), about, "elsewhere"))(t), false)
	for _, m := range claimMessages(t, s, 0, "a", 9) {
		switch {
		case m.Front == "discord":
			same(t, "the other platform's", m.Notice, card.On("discord"))
			finish(t, s, m, "a", workflows.Sent{Waited: true, Retry: at(time.Hour)})
		case m.To == "":
			same(t, "the first platform's", m.Notice, card)
			finish(t, s, m, "a", arrived(0, "C1"))
		default:
			finish(t, s, m, "a", workflows.Sent{Waited: true, Retry: at(time.Hour)})
		}
	}
	same(t, "one has arrived", got(s.ChannelWaits(t.Context(), about, ""))(t), false)
	same(t, "the other has not", got(s.ChannelWaits(t.Context(), about, "discord"))(t), true)
	same(t, "in the first channel", keys(got(s.Messages(t.Context(), workflows.MessageQuery{Incident: about}))(t)), []string{"card"})
	same(t, "in the other", keys(got(s.Messages(t.Context(), workflows.MessageQuery{Incident: about, Front: "discord"}))(t)), []string{"card@discord"})
	same(t, "in all", keys(got(s.Messages(t.Context(), workflows.MessageQuery{Incident: about, All: true}))(t)), []string{"card", "card@discord", "dm"})
	save(t, s, workflows.Change{At: at(time.Second), Hasten: about})
	claimNone(t, s, time.Second)
	save(t, s, workflows.Change{At: at(time.Second), Hasten: about, HastenOn: "discord"})
	same(t, "what waited for the other channel", keys(claimMessages(t, s, time.Second, "a", 9)), []string{"card@discord"})
}

func then(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, notice("card", ""))
	m := claimOne(t, s, 0, "a")
	res := workflows.Sent{Error: "refused", Retry: at(time.Second), Then: []incident.Notice{notice("after", "")}}
	finish(t, s, m, "a", res)
	same(t, "not after a failure", stored(t, s).Key, "card")
	m = claimOne(t, s, time.Second, "a")
	ok := arrived(time.Second, "m1")
	ok.Then = res.Then
	finish(t, s, m, "a", ok)
	same(t, "what follows", claimOne(t, s, time.Second, "a").Key, "after")
	is(t, "finish twice", s.FinishMessage(t.Context(), m, "a", ok), workflows.ErrConflict)
	claimNone(t, s, 2*time.Second)
}

func joinDue(t *testing.T, db Database) {
	s := db.Open(t)
	quiet := notice("quiet page", sato)
	quiet.Kind = incident.NoticePage // level 0 gets nobody out of bed
	call := urgent("handover", sato)
	call.Kind = incident.NoticeHandover
	announce(t, s, 0, urgent("page 1", sato), urgent("page other", suzuki), urgent("page 2", sato), quiet, call)
	announce(t, s, time.Hour, urgent("page later", sato))
	m := claimMessages(t, s, 0, "a", 1)[0]
	j := join(t, s, m, 0, "a")
	same(t, "together", [][]string{keys(j.Claimed), keys(j.Shown)}, [][]string{{"page 1", "page 2"}, {"page 1", "page 2"}})
	same(t, "one number", []int64{j.Claimed[0].Joined, j.Claimed[1].Joined}, []int64{m.ID, m.ID})
	for _, other := range claimMessages(t, s, 0, "b", 9) {
		same(t, "not touched: "+other.Key, other.Joined, int64(0))
		finish(t, s, other, "b", arrived(0, "other"))
	}
	finishAll(t, s, j.Claimed, "a", arrived(time.Second, "C:1"))
	is(t, "finish twice", s.FinishMessages(t.Context(), j.Claimed, "a", arrived(time.Second, "C:2")), workflows.ErrConflict)
	later := claimMessages(t, s, time.Hour, "a", 1)[0]
	j = join(t, s, later, time.Hour, "a")
	same(t, "a page that comes later rings by itself", [][]string{keys(j.Claimed), keys(j.Shown)}, [][]string{{"page later"}, {"page later"}})
	same(t, "alone", []any{j.Claimed[0].Joined, j.Claimed[0].Sent}, []any{int64(0), ""})
	_, err := s.ClaimJoined(t.Context(), later, at(time.Hour), "b", lease)
	is(t, "not its owner", err, workflows.ErrConflict)
}

// joinPutOff: what its platform asked to wait goes with the first that is due.
func joinPutOff(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, urgent("page 1", sato))
	announce(t, s, 0, urgent("page 2", sato))
	for i, m := range claimMessages(t, s, 0, "a", 2) {
		finish(t, s, m, "a", workflows.Sent{Waited: true, Retry: at(time.Duration(i+1) * time.Second)})
	}
	j := join(t, s, claimMessages(t, s, time.Second, "a", 1)[0], time.Second, "a")
	same(t, "the one that is due, and the other", keys(j.Claimed), []string{"page 1", "page 2"})
	finishAll(t, s, j.Claimed, "a", arrived(time.Second, "C:1"))
	claimNone(t, s, time.Minute)
}

func joinAfterCrash(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, urgent("page 1", sato), urgent("page 2", sato))
	lost := join(t, s, claimMessages(t, s, 0, "dead", 1)[0], 0, "dead")
	announce(t, s, time.Second, urgent("page 3", sato))
	same(t, "the new one by itself", keys(join(t, s, claimMessages(t, s, lease, "c", 1)[0], lease, "c").Shown), []string{"page 3"})
	m := claimMessages(t, s, lease, "b", 1)[0]
	same(t, "whose lease ran out", []any{m.Key, m.Resent}, []any{"page 1", true})
	j := join(t, s, m, lease, "b")
	same(t, "the same ones", keys(j.Claimed), []string{"page 1", "page 2"})
	same(t, "may have arrived", []bool{j.Claimed[0].Resent, j.Claimed[1].Resent}, []bool{true, true})
	is(t, "the dead one", s.FinishMessages(t.Context(), lost.Claimed, "dead", arrived(lease, "C:1")), workflows.ErrConflict)
	finishAll(t, s, j.Claimed, "b", workflows.Sent{Unsure: true, Retry: at(2 * lease)})
	j = join(t, s, claimMessages(t, s, 2*lease, "b", 1)[0], 2*lease, "b")
	same(t, "and again", keys(j.Claimed), []string{"page 1", "page 2"})
	// One of them is worded anew while the try hangs, and is due before the other.
	announce(t, s, 2*lease, urgent("page 2", sato))
	finishAll(t, s, j.Claimed, "b", workflows.Sent{Unsure: true, Retry: at(3 * lease)})
	m = claimMessages(t, s, 2*lease, "b", 1)[0]
	same(t, "what is due", m.Key, "page 2")
	same(t, "goes with the other all the same", keys(join(t, s, m, 2*lease, "b").Claimed), []string{"page 1", "page 2"})
}

func joinAfterFailure(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, urgent("page 1", sato), urgent("page 2", sato))
	j := join(t, s, claimMessages(t, s, 0, "a", 1)[0], 0, "a")
	finishAll(t, s, j.Claimed, "a", workflows.Sent{Error: "500", Retry: at(time.Minute)})
	announce(t, s, time.Second, urgent("page 3", sato))
	j = join(t, s, claimMessages(t, s, time.Second, "a", 1)[0], time.Second, "a")
	same(t, "while the others wait", keys(j.Shown), []string{"page 3"})
	finishAll(t, s, j.Claimed, "a", workflows.Sent{Error: "500", Retry: at(time.Minute)})
	announce(t, s, time.Minute, urgent("page 1", sato)) // a newer wording, due at once
	j = join(t, s, claimMessages(t, s, time.Minute, "a", 1)[0], time.Minute, "a")
	same(t, "none of them has arrived: all go together", keys(j.Shown), []string{"page 1", "page 2", "page 3"})
	same(t, "and none is marked", slices.ContainsFunc(j.Shown, func(m workflows.Message) bool { return m.Resent }), false)
}

func refreshJoined(t *testing.T, db Database) {
	s := db.Open(t)
	announce(t, s, 0, urgent("page 1", sato), urgent("page 2", sato), urgent("page 3", sato))
	j := join(t, s, claimMessages(t, s, 0, "a", 1)[0], 0, "a")
	finishAll(t, s, j.Claimed, "a", arrived(0, "C:1"))
	page := func(key string) incident.Notice {
		n := urgent(key, sato)
		n.Urgent = false // it is brought up to date
		return n
	}
	announce(t, s, time.Minute, page("page 2"), page("page 3"), urgent("page 4", sato))
	ring := join(t, s, claimMessages(t, s, time.Minute, "a", 1)[0], time.Minute, "a")
	same(t, "the new one rings", keys(ring.Shown), []string{"page 4"})
	finishAll(t, s, ring.Claimed, "a", arrived(time.Minute, "C:2"))
	m := claimMessages(t, s, time.Minute, "a", 1)[0]
	j = join(t, s, m, time.Minute, "a")
	same(t, "due ones are claimed together", keys(j.Claimed), []string{"page 2", "page 3"})
	same(t, "all are shown", keys(j.Shown), []string{"page 1", "page 2", "page 3"})
	same(t, "where they stand", []string{j.Shown[0].Sent, j.Shown[1].Sent, j.Shown[2].Sent}, []string{"C:1", "C:1", "C:1"})
	// A part of it that is refreshed while the message is in hand is left alone.
	announce(t, s, time.Minute, page("page 1"))
	same(t, "in hand", len(claimMessages(t, s, time.Minute, "b", 1)), 0)
	finishAll(t, s, j.Claimed, "a", arrived(time.Minute, "C:1"))
	j = join(t, s, claimMessages(t, s, 2*time.Minute, "b", 1)[0], 2*time.Minute, "b")
	same(t, "then it is its turn", [][]string{keys(j.Claimed), keys(j.Shown)}, [][]string{{"page 1"}, {"page 1", "page 2", "page 3"}})
	finishAll(t, s, j.Claimed, "b", arrived(2*time.Minute, "C:1"))
	// Two that are claimed at the very same moment: neither takes what the other holds.
	announce(t, s, 3*time.Minute, page("page 1"), page("page 2"))
	both := claimMessages(t, s, 3*time.Minute, "b", 2)
	same(t, "at the same moment", keys(both), []string{"page 1", "page 2"})
	same(t, "busy", join(t, s, both[0], 3*time.Minute, "b").Busy, true)
}

// joinRace has several processes join and send at once, some of whom die after the claim.
func joinRace(t *testing.T, db Database) {
	s := db.Open(t)
	beside := db.Again(t, s)
	const n = 90
	people := []incident.PersonID{sato, suzuki, tanaka}
	for i := range n {
		announce(t, s, time.Duration(i)*time.Millisecond, urgent(fmt.Sprint("page ", i), people[i%len(people)]))
	}
	var mu sync.Mutex
	sent, messages := map[string]int{}, 0
	round := func(now time.Duration, dying bool) {
		var wg sync.WaitGroup
		for i, store := range []workflows.Store{s, beside, s, beside} {
			owner := fmt.Sprint("sender ", i)
			wg.Go(func() {
				for turn := 0; ; turn++ {
					list, err := store.ClaimMessages(t.Context(), at(now), owner, lease, 1, false)
					if err != nil || len(list) == 0 {
						if err != nil {
							t.Error(err)
						}
						return
					}
					j, err := store.ClaimJoined(t.Context(), list[0], at(now), owner, lease)
					if err != nil {
						t.Error(err)
						return
					}
					if j.Busy { // another has a part of the same message in hand
						res := workflows.Sent{Waited: true, Retry: at(now + time.Duration(i+1)*time.Second)}
						if err := store.FinishMessage(t.Context(), list[0], owner, res); err != nil {
							t.Error(err)
						}
						return
					}
					if dying && turn == 0 && i == 0 {
						return
					}
					mu.Lock()
					messages++
					for _, m := range j.Claimed {
						if m.To != list[0].To {
							t.Errorf("%s goes to %s with %s", m.Key, m.To, list[0].Key)
						}
						sent[m.Key]++
					}
					mu.Unlock()
					if err := store.FinishMessages(t.Context(), j.Claimed, owner, arrived(now, fmt.Sprint("m", list[0].ID))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
	}
	round(time.Hour, true)
	for n := range 40 { // each of them ends, and whoever was busy comes back
		round(time.Hour+lease+time.Duration(n)*time.Second, false)
	}
	same(t, "sent", len(sent), n)
	for key, times := range sent {
		if times != 1 {
			t.Errorf("%s was sent %d times", key, times)
		}
	}
	if messages >= n {
		t.Errorf("%d messages for %d pages: none was joined", messages, n)
	}
}
