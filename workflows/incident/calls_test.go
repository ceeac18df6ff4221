package incident_test

import (
	"slices"
	"testing"
	"time"

	"hikeshi/workflows/incident"
)

// Where everybody has said that he cannot come, the reporter gets the numbers, and a quarter of
// an hour later the whole line is called again: an incident is never nobody's for good.
func TestWhenEverybodyDeclines(t *testing.T) {
	s := reported(t, incident.Report{Facts: impersonal})
	var all []incident.PersonID
	for waiting := open(s); len(waiting) > 0; waiting = open(s) {
		s.do(waiting[0], incident.Decline{})
		all = append(all, waiting[0])
	}
	if !s.in.Exhausted || !told(s, incident.NoticePhones, hanako) {
		t.Fatalf("after %v have declined: exhausted %v, told %+v", all, s.in.Exhausted, s.told)
	}
	due, _, ok := s.next()
	if !ok || !due.Equal(s.now.Add(15*time.Minute)) {
		t.Fatalf("the chain starts again at %s (%v), want %s", due, ok, s.now.Add(15*time.Minute))
	}
	equal(t, "called again", called(s.pass()), people(admin, admin2, leader, president, second, vice))
	if !told(s, incident.NoticePhones, hanako) {
		t.Error("the reporter is not told")
	}
}

// A lead who has fallen asleep over his incident is no company for those who are called in his
// place: their chain rests a quarter of an hour, not an hour.
func TestALeadWhoFellSilent(t *testing.T) {
	s := reported(t, incident.Report{Facts: impersonal})
	s.do(leader, incident.Take{})
	s.do(admin, incident.Take{})
	equal(t, "called for his silence", called(s.pass()), people(leader))
	pg, _ := s.in.Page(leader)
	if pg.Because != incident.BecauseSilent || !s.in.Silent(leader) {
		t.Errorf("called because of %q, silent %v", pg.Because, s.in.Silent(leader))
	}
	if s.in.Lead != leader || !s.in.May(s.people, leader, incident.WordAdvance) {
		t.Error("his rights are gone with his silence")
	}
	equal(t, "called in his place", called(s.pass()), people(second))
	for !s.in.Exhausted {
		s.pass()
	}
	if due, _, ok := s.next(); !ok || !due.Equal(s.now.Add(15*time.Minute)) {
		t.Errorf("the chain starts again at %s (%v)", due, ok)
	}
	s.do(leader, incident.Note{Text: "現地に向かっている"})
	if s.in.Silent(leader) {
		t.Error("what he writes is no answer")
	}
	equal(t, "open once he is back", open(s), nil)
	// He has shown that he is awake, and is asked after twice the time.
	if due, _, ok := s.next(); !ok || !due.Equal(s.now.Add(time.Hour)) {
		t.Errorf("asked again at %s (%v)", due, ok)
	}
	s.now = s.now.Add(time.Minute)
	s.do(admin, incident.Note{Text: "調べている"})
	if due, _, ok := s.next(); ok {
		t.Errorf("somebody works, and is asked whether he does at %s", due)
	}
}

// Whoever takes it in the place of a silent lead leads.
func TestWhoTakesItFromASilentLead(t *testing.T) {
	s := reported(t, incident.Report{Facts: impersonal})
	s.do(leader, incident.Take{})
	s.do(admin, incident.Take{})
	s.pass()
	s.pass()
	s.do(second, incident.Take{})
	wantLead(s, second, incident.LeadDeputy)
}

// What is tried next, when a means does not get through.
func TestMeansThatFail(t *testing.T) {
	s := newScene(t)
	s.people.means[leader] = []incident.Means{incident.ByChat, incident.ByMail, incident.ByPhone}
	s.people.means[admin] = []incident.Means{incident.ByChat}
	s.do(hanako, incident.Report{Text: "x", Facts: impersonal})
	fail := func(p incident.PersonID, m incident.Means) []incident.Event {
		pg, _ := s.in.Page(p)
		return s.bot(incident.FailMeans{Person: p, Page: pg.Seq, Means: m, Why: incident.TroubleSlow})
	}
	if got := of[incident.MeansUsed](fail(leader, incident.ByMail)); len(got) != 1 || len(got[0].By) != 1 || got[0].By[0] != incident.ByPhone {
		t.Errorf("after the mail: %+v", got)
	}
	if !told(s, incident.NoticePage, leader) {
		t.Error("the phone does not ring")
	}
	if got := fail(leader, incident.ByMail); len(got) > 0 {
		t.Errorf("told twice: %v", kinds(got))
	}
	if got := fail(leader, incident.ByPhone); len(of[incident.Unreached](got)) > 0 {
		t.Errorf("unreached, while the chat may reach him: %v", kinds(got))
	}
	got := fail(leader, incident.ByChat)
	if len(of[incident.Unreached](got)) != 1 {
		t.Errorf("nothing reaches him: %v", kinds(got))
	}
	equal(t, "called in his place at once", called(got), people(second))
	got = fail(admin, incident.ByChat)
	equal(t, "called in the administrator's", called(got), people(admin2))
	if !told(s, incident.NoticeUnreached, leader) {
		t.Error("the lead does not hear that nothing reaches the administrator")
	}
	for _, n := range s.told {
		if n.Kind == incident.NoticeUnreached && n.Urgent {
			t.Error("what is said of who cannot be reached goes before calls")
		}
	}
	s.do(second, incident.Take{})
	if got := fail(second, incident.ByChat); len(got) > 0 {
		t.Errorf("a page that was answered is no matter: %v", kinds(got))
	}
}

// Whom nothing reaches from the start has somebody called in his place at once; where that is
// everybody, the reporter hears it at once.
func TestWhoHasNoMeans(t *testing.T) {
	s := newScene(t)
	s.people.means[leader] = nil
	got := called(s.do(hanako, incident.Report{Text: "x", Facts: impersonal}))
	equal(t, "called", got, people(leader, admin, second))
	if told(s, incident.NoticePhones, hanako) {
		t.Error("the reporter is told to phone")
	}
	s = newScene(t)
	for _, p := range everybody {
		s.people.means[p] = nil
	}
	s.do(hanako, incident.Report{Text: "x", Facts: impersonal})
	if !s.in.Exhausted || !told(s, incident.NoticePhones, hanako) {
		t.Errorf("exhausted %v, told %+v", s.in.Exhausted, s.told)
	}
	if due, _, ok := s.next(); !ok || !due.Equal(s.now.Add(15*time.Minute)) {
		t.Errorf("starts again at %s (%v)", due, ok)
	}
}

// Somebody who acted has left the company: whoever is to be told is called anew.
func TestRecall(t *testing.T) {
	s := reported(t, incident.Report{Facts: impersonal})
	s.do(leader, incident.Take{})
	s.do(admin, incident.Take{})
	if got := s.bot(incident.Recall{}); len(got) > 0 {
		t.Errorf("called anew while somebody acts: %v", kinds(got))
	}
	delete(s.people.active, leader)
	delete(s.people.active, admin)
	equal(t, "called", called(s.bot(incident.Recall{})), people(second, admin2))
}

// A weekend on which nothing reaches anybody must not fill the channel, nor the queue of those who
// would have to hear of it: what waits there would keep the calls themselves waiting.
func TestAWeekendOnWhichNothingReachesAnybody(t *testing.T) {
	s := newScene(t)
	for _, p := range people(president, vice, leader, second, admin, admin2) {
		s.people.means[p] = []incident.Means{incident.ByChat, incident.ByPhone}
	}
	said := map[string]bool{} // what stands in the channel and with the leads beside the calls
	hear := func() {
		for _, n := range s.told {
			if n.Kind == incident.NoticeFeed || n.Kind == incident.NoticeUnreached {
				said[n.Key] = true
			}
		}
	}
	s.do(hanako, incident.Report{Text: "x", Facts: impersonal})
	lose := func() {
		for calls := s.in.Calls(); len(calls) > 0; calls = s.in.Calls() {
			m := calls[0].Means
			if m == "" {
				m = incident.ByChat
			}
			s.bot(incident.FailMeans{Person: calls[0].To, Page: calls[0].Seq, Means: m, Why: incident.TroubleDown})
			hear()
		}
	}
	lose()
	for range 5 {
		s.pass()
		hear()
		lose()
	}
	before := len(said)
	if !s.in.Exhausted || before == 0 {
		t.Fatalf("exhausted %v, said %d", s.in.Exhausted, before)
	}
	for range 40 {
		s.pass()
		hear()
		lose()
	}
	if len(said) != before {
		t.Errorf("%d messages after ten hours more, %d before", len(said), before)
	}
}

// Whoever was told to phone hears when it is not needed any more.
func TestNoNeedToPhoneAnyMore(t *testing.T) {
	s := reported(t, incident.Report{Facts: impersonal})
	for !s.in.Exhausted {
		s.pass()
	}
	s.do(admin, incident.Take{})
	if !told(s, incident.NoticePhones, hanako) {
		t.Error("the reporter goes on phoning")
	}
	s.do(leader, incident.Take{})
	if told(s, incident.NoticePhones, hanako) {
		t.Error("told twice")
	}
}

// Whoever was handed the lead without a call of his own may fall asleep over it like any other.
func TestWhoWasHandedTheLeadAndFellSilent(t *testing.T) {
	s := reported(t, incident.Report{Facts: impersonal})
	s.do(leader, incident.Take{})
	s.do(admin, incident.Take{})
	s.do(leader, incident.HandOver{To: affairs})
	s.now = s.now.Add(time.Minute)
	s.do(affairs, incident.AcceptHandover{})
	due, _, ok := s.next()
	if !ok || !due.Equal(s.now.Add(30*time.Minute)) {
		t.Fatalf("asked again at %s (%v)", due, ok)
	}
	equal(t, "called for his silence", called(s.pass()), people(affairs))
	// Who led before him has handed it over, and answers for nothing of it.
	equal(t, "still to answer", open(s), people(affairs))
	if !s.in.Silent(affairs) {
		t.Error("his silence is over, and he has said nothing")
	}
	s.do(affairs, incident.Take{})
	if s.in.Lead != affairs || s.in.Silent(affairs) {
		t.Errorf("the lead is %s, silent %v", s.in.Lead, s.in.Silent(affairs))
	}
	s.now = s.now.Add(time.Minute)
	s.do(affairs, incident.Note{Text: "着手した"})
	if due, _, ok := s.next(); ok {
		t.Errorf("asked once more at %s though he writes", due)
	}

	// Who handed it over may take it back from him, and not from somebody who is awake.
	s = reported(t, incident.Report{Facts: impersonal})
	s.do(leader, incident.Take{})
	s.do(admin, incident.Take{})
	s.do(leader, incident.HandOver{To: affairs})
	s.do(affairs, incident.AcceptHandover{})
	s.refused(leader, incident.Take{}, "refuse.already_taken")
	s.pass()
	s.refused(admin, incident.Take{}, "refuse.already_taken")
	s.do(leader, incident.Take{})
	wantLead(s, leader, incident.LeadOffice)
	equal(t, "open once it is taken back", open(s), nil)

	// If nobody answers, the line of the lead is called in his place until somebody leads, and first
	// the one who handed it over: that he may take it back is no use to him who does not hear of it.
	s = reported(t, incident.Report{Facts: impersonal})
	s.do(leader, incident.Take{})
	s.do(admin, incident.Take{})
	s.do(leader, incident.HandOver{To: affairs})
	s.do(affairs, incident.AcceptHandover{})
	s.pass()
	equal(t, "called in his place", called(s.pass()), people(leader))
	equal(t, "called after him", called(s.pass()), people(second))
	s.do(second, incident.Take{})
	wantLead(s, second, incident.LeadDeputy)
	equal(t, "open once somebody leads", open(s), nil)

	s = reported(t, incident.Report{Facts: impersonal})
	s.do(leader, incident.Take{})
	s.do(admin, incident.Take{})
	s.do(leader, incident.HandOver{To: affairs})
	s.do(affairs, incident.AcceptHandover{})
	s.now = s.now.Add(time.Minute)
	s.do(affairs, incident.Note{Text: "着手した"})
	if due, _, ok := s.next(); ok {
		t.Errorf("asked at %s though he writes", due)
	}
}

// Of a lead who fell silent it is the lead that is missed, whatever he was called for when he took
// it: the call rings until he is there, though others have taken theirs, and his line is called.
func TestTheCallOfASilentLeadAsksForTheLead(t *testing.T) {
	// The representative has taken his own call, and is handed the lead of what is less grave by then.
	s := reported(t, incident.Report{Facts: impersonal})
	s.do(admin, incident.Take{})
	s.do(leader, incident.Take{})
	s.do(leader, incident.SetLevel{Level: 3, Reason: "取引先に及ぶ"})
	s.do(president, incident.Take{})
	if pg, _ := s.in.Page(president); !slices.Equal(pg.Roles, []incident.Role{incident.Representative}) {
		t.Fatalf("he was called for %v", pg.Roles)
	}
	s.do(leader, incident.SetLevel{Level: 2, Reason: "及んでいない"})
	s.do(leader, incident.HandOver{To: president})
	s.do(president, incident.AcceptHandover{})
	equal(t, "called for his silence", called(s.pass()), people(president))
	equal(t, "still to answer", open(s), people(president))
	s.now = s.now.Add(time.Minute)
	s.do(president, incident.Note{Text: "起きている"})
	equal(t, "open once he writes", open(s), nil)
}

// A weekend that nobody answers rings everybody every quarter of an hour, by everything there is,
// and writes no more of it than has to be known: two entries a round (that nobody was left, and
// who was called again by what), where each person was two of their own before, 13 a round for
// six people; in 48 hours about 380 and not 2,500. In the channel and to the reporter nothing new
// is said: the card and the numbers to phone are brought up to date where they stand.
func TestAWeekendThatNobodyAnswers(t *testing.T) {
	s := newScene(t)
	for p := range s.people.active {
		s.people.means[p] = incident.AllMeans
	}
	s.do(hanako, incident.Report{Text: "x", Facts: incident.Facts{incident.FactOutsiders: incident.Yes}})
	for !s.in.Exhausted {
		s.pass()
	}
	begun, entries, rounds := s.now, s.in.Seq, 0
	known := map[string]bool{}
	for s.now.Sub(begun) < 48*time.Hour {
		last := s.now
		before := s.in.Seq
		events := s.pass()
		rounds++
		if s.now.Sub(last) != 15*time.Minute || len(events) != 2 {
			t.Fatalf("%v after the last round: %v", s.now.Sub(last), kinds(events))
		}
		rung := map[incident.PersonID][]incident.Means{}
		for _, n := range s.told {
			switch {
			case n.Kind == incident.NoticePage && n.Seq > before && n.Urgent:
				m := n.Means
				if m == "" {
					m = incident.ByChat
				}
				rung[n.To] = append(rung[n.To], m)
			case n.Kind == incident.NoticePage && n.Seq <= before && !n.Urgent: // the older message says so
			case n.Kind == incident.NoticePhones && n.To == hanako, n.Kind == incident.NoticeCard:
				known[n.Key] = true
			default:
				t.Fatalf("told %+v", n)
			}
		}
		for _, p := range s.in.OpenPages() {
			if len(rung[p.Person]) != len(incident.AllMeans) {
				t.Fatalf("%s is rung by %v", p.Person, rung[p.Person])
			}
		}
		if len(rung) < 5 {
			t.Fatalf("%d people are rung", len(rung))
		}
	}
	if got := s.in.Seq - entries; got != int64(2*rounds) || rounds != 192 || len(known) != 2 {
		t.Errorf("%d rounds, %d entries, %d messages that are brought up to date", rounds, got, len(known))
	}
}
