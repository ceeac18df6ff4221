package workflows_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/procedure"
)

// office is a place where mail reaches everybody with an address, chat nobody in particular.
type office struct {
	*place
	keys int
}

var taro = workflows.Account{Platform: "discord", ID: "112233445566778899", Name: "taro ☕"}

func newOffice(t *testing.T) *office {
	o := &office{place: newPlace(t)}
	o.service = o.server(t)
	return o
}

// server is one more server on the same database.
func (o *office) server(t *testing.T) *workflows.Service {
	t.Helper()
	s, err := workflows.New(t.Context(), workflows.Options{
		Store: o.store, Clock: o.clock, Log: slog.New(slog.DiscardHandler),
		Reaches: func(p contact.Person, m incident.Means) bool { return m != incident.ByPhone && p.Email != "" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (o *office) book(t *testing.T) *procedure.Book {
	t.Helper()
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func (o *office) key() string { o.keys++; return fmt.Sprintf("request %d", o.keys) }

// result is in one word what came of a request.
func result(t *testing.T, out workflows.Outcome, err error) string {
	t.Helper()
	switch {
	case err != nil:
		t.Fatal(err)
	case out.Refusal != nil:
		return out.Refusal.Key
	}
	return "done"
}

func (o *office) ask(t *testing.T, from workflows.Account, address string) string {
	t.Helper()
	out, err := o.service.AskLinkCode(t.Context(), o.key(), from, address)
	return result(t, out, err)
}

func (o *office) enter(t *testing.T, from workflows.Account, code string) string {
	t.Helper()
	out, err := o.service.EnterLinkCode(t.Context(), o.key(), from, code)
	return result(t, out, err)
}

// told are the messages of a kind to somebody, oldest first.
func (o *office) notices(t *testing.T, kind incident.NoticeKind, to incident.PersonID) (out []workflows.Message) {
	t.Helper()
	list, err := o.store.Messages(t.Context(), workflows.MessageQuery{Person: to})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Kind == kind {
			out = append(out, m)
		}
	}
	return out
}

// code is what the latest mail to somebody says.
func (o *office) code(t *testing.T, name string) string {
	t.Helper()
	list := o.notices(t, incident.NoticeLinkCode, o.person(t, name).ID)
	if len(list) == 0 {
		t.Fatalf("no mail to %s", name)
	}
	m := list[len(list)-1]
	letter, err := o.service.LinkLetter(t.Context(), m.Notice)
	if err != nil || m.Means != incident.ByMail || letter.Account.Name != "" && letter.Account.Name != taro.Name {
		t.Fatalf("%+v %+v %v", m, letter, err)
	}
	return letter.Code
}

// owner is whose an account is, on every server.
func (o *office) owner(t *testing.T, a workflows.Account) incident.PersonID {
	t.Helper()
	p, _ := o.service.ByAccount(a.Platform, a.ID)
	other := o.server(t)
	if q, _ := other.ByAccount(a.Platform, a.ID); q != p {
		t.Errorf("another server says %q, this one %q", q, p)
	}
	if id, ok := o.service.Account(p, a.Platform); p != "" && (!ok || id != a.ID) {
		t.Errorf("%s has %q", p, id)
	}
	return p
}

// relist changes entries of the contact list by an import, as the command line does.
func (o *office) relist(t *testing.T, change func(row *contact.Row) (keep bool)) {
	t.Helper()
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	var kept []contact.Row
	for _, r := range rows {
		if change(&r) {
			kept = append(kept, r)
		}
	}
	if _, err := o.service.ImportContacts(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
}

func all(*contact.Row) bool { return true }

func TestACodeByMailLinksAnAccount(t *testing.T) {
	o := newOffice(t)
	yamamoto := o.person(t, "山本").ID
	beside := o.server(t)
	if got := o.ask(t, taro, " Yamamoto@Example.co.jp"); got != "done" || o.owner(t, taro) != "" {
		t.Fatalf("%s, %s", got, o.owner(t, taro))
	}
	code := o.code(t, "山本")
	if len(code) != 8 || strings.Trim(code, "0123456789") != "" {
		t.Errorf("code %q", code)
	}
	// The database holds it nowhere: neither what is remembered nor the messages.
	for _, prefix := range []string{"", "code/"} {
		kept, err := o.store.AllRemembered(t.Context(), "links", prefix)
		if err != nil || len(kept) == 0 || strings.Contains(fmt.Sprintf("%s", kept), code) || strings.Contains(strings.ToLower(fmt.Sprintf("%s", kept)), "yamamoto@") {
			t.Errorf("kept %s, %v", kept, err)
		}
	}
	jiro := workflows.Account{Platform: "discord", ID: "998877665544332211"}
	if got := o.enter(t, jiro, code); got != "refuse.link_code_over" {
		t.Errorf("from another account: %s", got)
	}
	if got := o.enter(t, workflows.Account{Platform: "slack", ID: taro.ID}, code); got != "refuse.link_code_over" {
		t.Errorf("from another platform: %s", got)
	}
	if got := o.enter(t, taro, code); got != "done" || o.owner(t, taro) != yamamoto {
		t.Fatalf("%s, %s", got, o.owner(t, taro))
	}
	if l := o.service.LinksOf(yamamoto); len(l) != 1 || l[0].Account != taro || l[0].By != "" || !l[0].At.Equal(o.clock.Now()) {
		t.Errorf("%+v", l)
	}
	// A server that was there before knows it as soon as it looks whether the list is new.
	if _, ok := beside.ByAccount(taro.Platform, taro.ID); ok {
		t.Error("the two share their memory")
	}
	if err := beside.Freshen(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, ok := beside.ByAccount(taro.Platform, taro.ID); !ok || p != yamamoto {
		t.Errorf("another server says %q", p)
	}
	// Told: he himself, by mail too, and the lead; the trail says what was done.
	if got := o.notices(t, incident.NoticeLinked, yamamoto); len(got) != 2 || got[0].Means != incident.ByMail || got[1].By() != incident.ByChat {
		t.Errorf("told %+v", got)
	}
	lead := o.notices(t, incident.NoticeLinked, o.person(t, "佐藤").ID)
	if len(lead) != 1 {
		t.Fatalf("the lead is told %+v", lead)
	}
	if told, err := o.service.LinkToldOf(t.Context(), lead[0].Notice); err != nil || told.Link.Person != yamamoto || told.Link.Account != taro || !told.Link.Until.IsZero() {
		t.Errorf("%+v %v", told, err)
	}
	for name, again := range map[string]string{"a code": o.ask(t, taro, "suzuki@example.co.jp"), "the same code": o.enter(t, taro, code)} {
		if again != "refuse.link_known" {
			t.Errorf("%s for a linked account: %s", name, again)
		}
	}
}

// Nothing that is answered tells whether an address is listed, and only the right one gets a mail.
func TestNobodyFindsOutWhoIsListed(t *testing.T) {
	for _, address := range []string{
		"yamamoto@example.co.jp",      // listed
		"nobody@example.co.jp",        // not listed
		"kato@support.example.co.jp",  // an outside contact
		"shared@example.co.jp",        // of two people
		"watanabe@example.co.jp",      // the list gives him another account
		"nakamura@example.co.jp",      // has left
		"yamamoto@example.co.jp\n.jp", // nonsense
		"",
	} {
		o := newOffice(t)
		o.relist(t, func(r *contact.Row) bool {
			switch {
			case strings.HasPrefix(r.Name, "伊藤"), strings.HasPrefix(r.Name, "小林"):
				r.Email = "shared@example.co.jp"
			case strings.HasPrefix(r.Name, "渡辺"):
				r.DiscordID = "556677889900112233"
			case strings.HasPrefix(r.Name, "中村"):
				return false
			}
			return true
		})
		var said []string
		said = append(said, o.ask(t, taro, address))
		for i := range 6 {
			said = append(said, o.enter(t, taro, fmt.Sprintf("x%d", i)))
		}
		said = append(said, o.ask(t, taro, address), o.ask(t, taro, address), o.ask(t, taro, address))
		want := "done refuse.link_code refuse.link_code refuse.link_code refuse.link_code refuse.link_code_over refuse.link_code_over done done refuse.link_often"
		if got := strings.Join(said, " "); got != want {
			t.Errorf("%q: %s", address, got)
		}
		mails := 0
		for _, p := range o.service.Contacts().People() {
			mails += len(o.notices(t, incident.NoticeLinkCode, p.ID))
		}
		if want := map[bool]int{true: 3}[address == "yamamoto@example.co.jp"]; mails != want {
			t.Errorf("%q: %d mails, want %d", address, mails, want)
		}
	}
}

func TestACodeIsOverAfterItsTimeItsTriesAndTheNext(t *testing.T) {
	o := newOffice(t)
	wrong := func(code string) string {
		if code[0] == '9' {
			return "0" + code[1:]
		}
		return "9" + code[1:]
	}
	o.ask(t, taro, "yamamoto@example.co.jp")
	first := o.code(t, "山本")
	mail := o.notices(t, incident.NoticeLinkCode, o.person(t, "山本").ID)[0].Notice
	o.ask(t, taro, "yamamoto@example.co.jp")
	if _, err := o.service.LinkLetter(t.Context(), mail); !errors.Is(err, workflows.ErrSettled) {
		t.Errorf("a mail that was overtaken: %v", err)
	}
	if got := o.enter(t, taro, first); got != "refuse.link_code" {
		t.Errorf("the code before: %s", got)
	}
	second := o.code(t, "山本")
	for range 4 {
		o.enter(t, taro, wrong(second))
	}
	if got := o.enter(t, taro, second); got != "refuse.link_code_over" || o.owner(t, taro) != "" {
		t.Errorf("after five wrong ones: %s", got)
	}
	o.ask(t, taro, "yamamoto@example.co.jp")
	third := o.code(t, "山本")
	mail = o.notices(t, incident.NoticeLinkCode, o.person(t, "山本").ID)[2].Notice
	o.clock.move(workflows.LinkLives - time.Microsecond)
	if _, err := o.service.LinkLetter(t.Context(), mail); err != nil {
		t.Errorf("in its last instant: %v", err)
	}
	o.clock.move(time.Microsecond)
	if got := o.enter(t, taro, third); got != "refuse.link_code_over" || o.owner(t, taro) != "" {
		t.Errorf("after 15 minutes: %s", got)
	}
	if _, err := o.service.LinkLetter(t.Context(), mail); !errors.Is(err, workflows.ErrSettled) {
		t.Errorf("a late mail: %v", err)
	}
	// Three an hour, for the account and for the address.
	if got := o.ask(t, taro, "nakamura@example.co.jp"); got != "refuse.link_often" {
		t.Errorf("a fourth for the account: %s", got)
	}
	if got := o.ask(t, workflows.Account{Platform: "slack", ID: "U1"}, "YAMAMOTO@example.co.jp"); got != "refuse.link_often" {
		t.Errorf("a fourth to the address: %s", got)
	}
	o.clock.move(45 * time.Minute)
	if got := o.ask(t, taro, "yamamoto@example.co.jp"); got != "done" {
		t.Errorf("an hour later: %s", got)
	}
	// What is over is forgotten.
	o.clock.move(24 * time.Hour)
	o.tick(t)
	if kept, err := o.store.AllRemembered(t.Context(), "links", ""); err != nil || len(kept) != 0 {
		t.Errorf("kept %s, %v", kept, err)
	}
}

// However many are tried at once, five count; and a request that comes again is one.
func TestTriesAreCountedOneAfterTheOther(t *testing.T) {
	o := newOffice(t)
	o.ask(t, taro, "yamamoto@example.co.jp")
	beside := o.server(t)
	var mu sync.Mutex
	var wg sync.WaitGroup
	said := map[string]int{}
	for i := range 20 {
		s := []*workflows.Service{o.service, beside}[i%2]
		wg.Go(func() {
			out, err := s.EnterLinkCode(t.Context(), fmt.Sprintf("try %d", i/2), taro, "x")
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			} else if !out.Repeated {
				said[out.Refusal.Key]++
			}
		})
	}
	wg.Wait()
	if said["refuse.link_code"] != 4 || said["refuse.link_code_over"] < 1 {
		t.Errorf("%v", said)
	}
	if got := o.enter(t, taro, o.wouldBe(t)); got != "refuse.link_code_over" {
		t.Errorf("afterwards: %s", got)
	}
}

// wouldBe is the code of a mail that is over: no letter gives it.
func (o *office) wouldBe(t *testing.T) string {
	t.Helper()
	m := o.notices(t, incident.NoticeLinkCode, o.person(t, "山本").ID)[0]
	if _, err := o.service.LinkLetter(t.Context(), m.Notice); !errors.Is(err, workflows.ErrSettled) {
		t.Errorf("a code without tries is still told: %v", err)
	}
	return "00000000"
}

// Whoever reads the mail must not come in by it.
func TestMailThatIsNotSafeLinksNothing(t *testing.T) {
	o := newOffice(t)
	o.ask(t, taro, "yamamoto@example.co.jp")
	code := o.code(t, "山本")
	if out, err := o.service.Compromise(t.Context(), "mark", "", "mail", true, workflows.DoorConsole); err != nil || !out.Accepted() {
		t.Fatalf("%+v %v", out, err)
	}
	if got := o.enter(t, taro, code); got != "refuse.link_mail_marked" || o.owner(t, taro) != "" {
		t.Errorf("entered: %s", got)
	}
	if got := o.ask(t, taro, "yamamoto@example.co.jp"); got != "refuse.link_mail_marked" {
		t.Errorf("asked: %s", got)
	}
}

// What the list says wins over a link, and whoever has left has no account; neither comes back.
func TestTheListWinsOverALink(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*contact.Row) bool
		owner  string
	}{
		"another account": {func(r *contact.Row) bool {
			if strings.HasPrefix(r.Name, "山本") {
				r.DiscordID = "556677889900112233"
			}
			return true
		}, ""},
		"the account is another's": {func(r *contact.Row) bool {
			if strings.HasPrefix(r.Name, "中村") {
				r.DiscordID = taro.ID
			}
			return true
		}, "中村"},
		"he has left": {func(r *contact.Row) bool { return !strings.HasPrefix(r.Name, "山本") }, ""},
		"he is an outside contact": {func(r *contact.Row) bool {
			if strings.HasPrefix(r.Name, "山本") {
				r.Role = incident.OutsideContact
			}
			return true
		}, ""},
	} {
		o := newOffice(t)
		yamamoto := o.person(t, "山本").ID
		o.ask(t, taro, "yamamoto@example.co.jp")
		if got := o.enter(t, taro, o.code(t, "山本")); got != "done" {
			t.Fatalf("%s: %s", name, got)
		}
		o.relist(t, c.change)
		want := incident.PersonID("")
		if c.owner != "" {
			want = o.person(t, c.owner).ID
		}
		if got := o.owner(t, taro); got != want {
			t.Errorf("%s: it is %q's", name, got)
		}
		if l := o.service.LinksOf(yamamoto); len(l) != 0 {
			t.Errorf("%s: %+v", name, l)
		}
		o.relist(t, all)
		if got := o.owner(t, taro); got != "" {
			t.Errorf("%s: it came back, to %q", name, got)
		}
	}
}

// One account for each person: the later takes the place of the one before.
func TestAPersonHasOneLinkedAccount(t *testing.T) {
	o := newOffice(t)
	for _, id := range []string{"111111111111111111", "222222222222222222"} {
		a := workflows.Account{Platform: "discord", ID: id, Name: taro.Name}
		o.ask(t, a, "yamamoto@example.co.jp")
		if got := o.enter(t, a, o.code(t, "山本")); got != "done" {
			t.Fatal(got)
		}
		o.clock.move(time.Minute)
	}
	if p := o.owner(t, workflows.Account{Platform: "discord", ID: "111111111111111111"}); p != "" {
		t.Errorf("the first is still %s's", p)
	}
	if p := o.owner(t, workflows.Account{Platform: "discord", ID: "222222222222222222"}); p != o.person(t, "山本").ID {
		t.Errorf("the second is %q's", p)
	}
	slack := workflows.Account{Platform: "slack", ID: "U0123ABCD"}
	if got := o.ask(t, slack, "yamamoto@example.co.jp"); got != "done" {
		t.Fatal(got)
	}
	if got := o.enter(t, slack, o.code(t, "山本")); got != "done" || len(o.service.LinksOf(o.person(t, "山本").ID)) != 2 {
		t.Errorf("on another platform: %s", got)
	}
}

// asked has the administrators asked, and gives what they are shown.
func (o *office) asked(t *testing.T, typed string) workflows.LinkAsk {
	t.Helper()
	out, err := o.service.AskLink(t.Context(), o.key(), taro, typed)
	if got := result(t, out, err); got != "done" {
		t.Fatalf("%q: %s", typed, got)
	}
	waiting, err := o.service.LinkAsks(t.Context(), o.person(t, "佐藤").ID)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%+v %v", waiting, err)
	}
	return waiting[0]
}

func TestAnAdministratorSaysWhoseAnAccountIs(t *testing.T) {
	o := newOffice(t)
	yamamoto, suzuki := o.person(t, "山本").ID, o.person(t, "鈴木").ID
	a := o.asked(t, "山本 直子")
	if a.Person != yamamoto || a.Account != taro || a.Typed != "山本 直子" || o.owner(t, taro) != "" {
		t.Errorf("%+v", a)
	}
	// The lead, the system administrator and the representative are asked.
	var who []string
	for _, p := range o.service.Contacts().People() {
		if list := o.notices(t, incident.NoticeLinkAsk, p.ID); len(list) > 0 {
			who = append(who, p.Name)
			if got, err := o.service.LinkAskOf(t.Context(), list[0].Notice); err != nil || got.ID != a.ID {
				t.Errorf("%+v %v", got, err)
			}
		}
	}
	if slices.Sort(who); strings.Join(who, " ") != "佐藤 美咲 田中 誠一 鈴木 健太" {
		t.Errorf("asked are %v", who)
	}
	decide := func(by incident.PersonID, id string, yes bool) string {
		t.Helper()
		out, err := o.service.DecideLink(t.Context(), o.key(), by, id, yes)
		return result(t, out, err)
	}
	// Everybody else may not, nor see what is asked.
	may := map[string]bool{"田中": true, "佐藤": true, "鈴木": true, "渡辺": true} // 渡辺 stands in for 鈴木
	for _, p := range o.service.Contacts().People() {
		name, _, _ := strings.Cut(p.Name, " ")
		list, err := o.service.LinkAsks(t.Context(), p.ID)
		if err != nil || o.service.MayLink(p.ID) != may[name] || (len(list) == 1) != may[name] {
			t.Errorf("%s: may %t, sees %+v, %v", name, o.service.MayLink(p.ID), list, err)
		}
		if !may[name] {
			if got := decide(p.ID, a.ID, true); got != "refuse.link_role" {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
	for _, by := range []incident.PersonID{"discord:" + incident.PersonID(taro.ID), "discord:1", ""} {
		if got := decide(by, a.ID, true); got != "refuse.link_role" {
			t.Errorf("%q: %s", by, got)
		}
	}
	if got := decide(suzuki, "another", true); got != "refuse.link_ask_over" {
		t.Errorf("of another: %s", got)
	}
	if got := decide(suzuki, a.ID, true); got != "done" || o.owner(t, taro) != yamamoto {
		t.Fatalf("%s, %s", got, o.owner(t, taro))
	}
	if l := o.service.LinksOf(yamamoto); len(l) != 1 || l[0].By != suzuki {
		t.Errorf("%+v", l)
	}
	if got := decide(o.person(t, "佐藤").ID, a.ID, false); got != "refuse.link_decided" || o.owner(t, taro) != yamamoto {
		t.Errorf("a second answer: %s", got)
	}
	shown, err := o.service.LinkAskOf(t.Context(), o.notices(t, incident.NoticeLinkAsk, suzuki)[0].Notice)
	if err != nil || shown.By != suzuki || !shown.Yes {
		t.Errorf("the card shows %+v %v", shown, err)
	}
	if m := o.notices(t, incident.NoticeLinkAsk, o.person(t, "佐藤").ID)[0]; m.Revision != 2 {
		t.Errorf("the others' cards are not drawn anew: %+v", m)
	}
	if got := o.notices(t, incident.NoticeLinked, yamamoto); len(got) != 2 {
		t.Errorf("he is told %+v", got)
	}
}

func TestAnAdministratorSaysNo(t *testing.T) {
	o := newOffice(t)
	a := o.asked(t, "山本")
	out, err := o.service.DecideLink(t.Context(), "no", o.person(t, "佐藤").ID, a.ID, false)
	if got := result(t, out, err); got != "done" || o.owner(t, taro) != "" {
		t.Fatalf("%s, %s", got, o.owner(t, taro))
	}
	told := o.notices(t, incident.NoticeLinked, "discord:"+incident.PersonID(taro.ID))
	if len(told) != 1 {
		t.Fatalf("%+v", told)
	}
	if x, err := o.service.LinkToldOf(t.Context(), told[0].Notice); err != nil || !x.Denied || x.Link.Person != "" {
		t.Errorf("%+v %v", x, err)
	}
	// Three times a day, and no sooner.
	for _, want := range []string{"done", "done", "refuse.link_often"} {
		out, err := o.service.AskLink(t.Context(), o.key(), taro, "山本")
		if got := result(t, out, err); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if list, err := o.service.LinkAsks(t.Context(), o.person(t, "佐藤").ID); err != nil || len(list) != 1 {
		t.Errorf("of several of one account the last waits: %+v %v", list, err)
	}
	o.clock.move(7 * 24 * time.Hour)
	if list, err := o.service.LinkAsks(t.Context(), o.person(t, "佐藤").ID); err != nil || len(list) != 0 {
		t.Errorf("after a week: %+v %v", list, err)
	}
}

// Without mail an address says whom it means as well as a name does.
func TestAnAddressIsConfirmedWithoutMail(t *testing.T) {
	o := newOffice(t)
	var err error
	o.service, err = workflows.New(t.Context(), workflows.Options{Store: o.store, Clock: o.clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if a := o.asked(t, "Yamamoto@example.co.jp"); a.Person != o.person(t, "山本").ID {
		t.Errorf("%+v", a)
	}
	if got := o.ask(t, taro, "yamamoto@example.co.jp"); got != "done" || len(o.notices(t, incident.NoticeLinkCode, o.person(t, "山本").ID)) != 0 {
		t.Errorf("%s, and a mail that nobody can send", got)
	}
}

// Whoever cannot be told from others, works elsewhere, or is known there already, is nobody.
func TestOnlyWhoIsMeantAloneCanBeConfirmed(t *testing.T) {
	for typed, want := range map[string]string{
		"山本 直子": "山本", "やまもと": "", "加藤 亮": "", "渡辺": "", "nakamura@example.co.jp": "中村", "kato@support.example.co.jp": "", "郎": "",
	} {
		o := newOffice(t)
		o.relist(t, func(r *contact.Row) bool {
			if strings.HasPrefix(r.Name, "渡辺") {
				r.DiscordID = "556677889900112233"
			}
			return true
		})
		a := o.asked(t, typed)
		wanted := incident.PersonID("")
		if want != "" {
			wanted = o.person(t, want).ID
		}
		if a.Person != wanted {
			t.Errorf("%q means %q", typed, a.Person)
		}
		if want == "" {
			out, err := o.service.DecideLink(t.Context(), o.key(), o.person(t, "佐藤").ID, a.ID, true)
			if got := result(t, out, err); got != "refuse.link_listed" || o.owner(t, taro) != "" {
				t.Errorf("%q: %s", typed, got)
			}
		}
	}
}

func TestALinkIsTakenBack(t *testing.T) {
	o := newOffice(t)
	yamamoto, sato := o.person(t, "山本").ID, o.person(t, "佐藤").ID
	link := func() time.Time {
		t.Helper()
		o.clock.move(time.Hour)
		o.ask(t, taro, "yamamoto@example.co.jp")
		if got := o.enter(t, taro, o.code(t, "山本")); got != "done" {
			t.Fatal(got)
		}
		return o.service.LinksOf(yamamoto)[0].At
	}
	unlink := func(by incident.PersonID, at time.Time) string {
		t.Helper()
		out, err := o.service.Unlink(t.Context(), o.key(), by, taro.Platform, taro.ID, at)
		return result(t, out, err)
	}
	first := link()
	for _, name := range []string{"中村", "高橋", "加藤"} {
		if got := unlink(o.person(t, name).ID, first); got != "refuse.link_role" || o.owner(t, taro) != yamamoto {
			t.Errorf("%s: %s", name, got)
		}
	}
	on := o.notices(t, incident.NoticeLinked, sato)[0].Notice
	if got := unlink(yamamoto, first); got != "done" || o.owner(t, taro) != "" {
		t.Fatalf("himself: %s", got)
	}
	if _, err := o.service.LinkToldOf(t.Context(), on); !errors.Is(err, workflows.ErrSettled) {
		t.Errorf("that it was linked is still told: %v", err)
	}
	off := o.notices(t, incident.NoticeLinked, sato)
	if told, err := o.service.LinkToldOf(t.Context(), off[len(off)-1].Notice); err != nil || told.Link.EndedBy != yamamoto || told.Link.Person != yamamoto {
		t.Errorf("%+v %v", told, err)
	}
	second := link()
	if got := unlink(sato, first); got != "refuse.link_none" || o.owner(t, taro) != yamamoto {
		t.Errorf("a button of before takes back a later link: %s", got)
	}
	if got := unlink(sato, second); got != "done" || o.owner(t, taro) != "" {
		t.Errorf("the lead: %s", got)
	}
	if got := unlink(sato, time.Time{}); got != "refuse.link_none" {
		t.Errorf("twice: %s", got)
	}
}

// Whoever is known by a new account is brought into the channels of what is open, and taken out
// of them with the link.
func TestTheChannelsFollowALink(t *testing.T) {
	o := newOffice(t)
	var err error
	o.service, err = workflows.New(t.Context(), workflows.Options{
		Store: o.store, Clock: o.clock, Places: []string{"slack", "discord"}, Log: slog.New(slog.DiscardHandler), Book: o.book(t),
		Reaches: func(contact.Person, incident.Means) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	id := o.do(t, workflows.Command{Key: "r", By: o.person(t, "鈴木"), Do: incident.Report{Text: "誤送信"}}).Incident
	looks := func() (n int) {
		t.Helper()
		list, err := o.store.Messages(t.Context(), workflows.MessageQuery{Incident: id, All: true, Places: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			if m.Kind == incident.NoticePlace {
				n += m.Revision
			}
		}
		return n
	}
	before := looks()
	o.ask(t, taro, "suzuki@example.co.jp")
	o.enter(t, taro, "x")
	if got := looks(); got != before {
		t.Errorf("asking has %d looks more", got-before)
	}
	if got := o.enter(t, taro, o.code(t, "鈴木")); got != "done" || looks() != before+2 {
		t.Errorf("%s: %d looks more on two platforms", got, looks()-before)
	}
	out, err := o.service.Unlink(t.Context(), "u", o.person(t, "鈴木").ID, taro.Platform, taro.ID, time.Time{})
	if got := result(t, out, err); got != "done" || looks() != before+4 {
		t.Errorf("%s: %d looks more", got, looks()-before)
	}
	// The channel of what is over is read on in, too.
	o.ask(t, taro, "suzuki@example.co.jp")
	o.enter(t, taro, o.code(t, "鈴木"))
	o.do(t, workflows.Command{Key: "d", Incident: id, By: o.person(t, "佐藤"), Do: incident.Dismiss{Reason: "誤報"}})
	before = looks()
	out, err = o.service.Unlink(t.Context(), "u2", o.person(t, "鈴木").ID, taro.Platform, taro.ID, time.Time{})
	if got := result(t, out, err); got != "done" || looks() != before+2 {
		t.Errorf("%s: after its end %d looks more", got, looks()-before)
	}
}

// An account of what nobody links, or one that is somebody's already, is refused.
func TestOnlyAccountsOfChatAreLinked(t *testing.T) {
	o := newOffice(t)
	o.relist(t, func(r *contact.Row) bool {
		if strings.HasPrefix(r.Name, "山本") {
			r.DiscordID = taro.ID
		}
		return true
	})
	for a, want := range map[workflows.Account]string{
		taro: "refuse.link_known", {Platform: "web", ID: "p-1"}: "refuse.link_platform", {Platform: "mail", ID: "a@example.co.jp"}: "refuse.link_platform",
		{Platform: "slack"}: "refuse.link_platform", {Platform: "slack", ID: "U1/x"}: "refuse.link_platform",
	} {
		if got := o.ask(t, a, "nakamura@example.co.jp"); got != want {
			t.Errorf("%+v: %s", a, got)
		}
		out, err := o.service.AskLink(t.Context(), o.key(), a, "中村")
		if got := result(t, out, err); got != want {
			t.Errorf("%+v: %s", a, got)
		}
		if got := o.enter(t, a, "12345678"); got != want {
			t.Errorf("%+v: %s", a, got)
		}
	}
}

// An incident whose row is damaged keeps nobody from taking back the link of an account that is in
// other hands, nor the others from their channels; who is left out of it is not known, so that
// nobody confirms whose an account is until it is mended.
func TestADamagedRowKeepsNoLinkFromBeingTakenBack(t *testing.T) {
	o := newOffice(t)
	var err error
	o.service, err = workflows.New(t.Context(), workflows.Options{
		Store: o.store, Clock: o.clock, Places: []string{"slack", "discord"}, Log: slog.New(slog.DiscardHandler), Book: o.book(t),
		Reaches: func(contact.Person, incident.Means) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	damaged := o.do(t, workflows.Command{Key: "d", By: o.person(t, "鈴木"), Do: incident.Report{Text: "誤送信"}}).Incident
	whole := o.do(t, workflows.Command{Key: "w", By: o.person(t, "山本"), Do: incident.Report{Text: "財布がない", What: incident.KindLoss}}).Incident
	o.hand(t, `UPDATE incidents SET state = 'damaged' WHERE id = $1`, string(damaged))
	o.ask(t, taro, "suzuki@example.co.jp")
	if got := o.enter(t, taro, o.code(t, "鈴木")); got != "done" {
		t.Errorf("by mail: %s", got)
	}
	if err := o.service.Arrived(t.Context(), o.person(t, "鈴木").ID, "discord"); err != nil {
		t.Error(err)
	}
	out, err := o.service.Unlink(t.Context(), "u", o.person(t, "鈴木").ID, taro.Platform, taro.ID, time.Time{})
	if got := result(t, out, err); got != "done" || o.owner(t, taro) != "" {
		t.Errorf("taken back: %s", got)
	}
	o.hand(t, `DELETE FROM messages WHERE incident = $1 AND key LIKE 'place:%@discord'`, string(whole))
	if err := o.service.Tick(t.Context(), o.clock.Now()); err != nil {
		t.Errorf("the tick: %v", err)
	}
	list, err := o.store.Messages(t.Context(), workflows.MessageQuery{Incident: whole, All: true, Places: true})
	if err != nil || !slices.ContainsFunc(list, func(m workflows.Message) bool {
		return m.Kind == incident.NoticePlace && m.Front == "discord"
	}) {
		t.Errorf("no channel for what can be read: %v", err)
	}
}
