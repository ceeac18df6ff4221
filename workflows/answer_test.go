package workflows_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/store"
	"hikeshi/store/pgtest"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// called gives who is called for an incident, and his page.
func (p *place) called(t fataler, id incident.ID, name string) incident.Page {
	t.Helper()
	in, err := p.store.Incident(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	page, ok := in.Page(p.person(t, name).ID)
	if !ok {
		t.Fatalf("%s was not called for %s", name, id)
	}
	return page
}

func (p *place) answerToken(t fataler, id incident.ID, name string) string {
	t.Helper()
	token, _, err := p.service.AnswerToken(context.Background(), p.person(t, name).ID, id, p.called(t, id, name).Seq)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (p *place) reported(t fataler, text string) incident.ID {
	t.Helper()
	return p.do(t, workflows.Command{Key: text, By: p.person(t, "山本"), Do: incident.Report{Text: text}}).Incident
}

func TestATokenSaysWhoIsCalled(t *testing.T) {
	p := newPlace(t)
	id := p.reported(t, "社用PCを置き忘れた")
	page, sato := p.called(t, id, "佐藤"), p.person(t, "佐藤")
	token, expires, err := p.service.AnswerToken(t.Context(), sato.ID, id, page.Seq)
	if err != nil {
		t.Fatal(err)
	}
	if len(token) > 200 || !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(token) {
		t.Errorf("%d characters: %s", len(token), token)
	}
	now := p.service.Now()
	want := workflows.Answer{Person: sato.ID, Incident: id, Page: page.Seq, Issued: now, Expires: now.Add(24 * time.Hour)}
	if a, err := p.service.ReadAnswer(t.Context(), token); err != nil || a != want || !expires.Equal(want.Expires) {
		t.Errorf("%+v, %v; want %+v", a, err, want)
	}
}

// The longest ID that a contact list gives fits, and what does not is no token at all.
func TestATokenIsNeverTooLong(t *testing.T) {
	p := newPlace(t)
	longest := incident.PersonID("p-" + strings.Repeat("f", 64)) // a whole SHA-256 in hex, see contact
	token, _, err := p.service.AnswerToken(t.Context(), longest, "INC-2026-123456789", 1<<40)
	if err != nil || len(token) > 200 {
		t.Errorf("%d characters, %v", len(token), err)
	}
	for _, person := range []incident.PersonID{"", incident.PersonID(strings.Repeat("x", 120)), incident.PersonID(strings.Repeat("x", 1<<20))} {
		if token, _, err := p.service.AnswerToken(t.Context(), person, "INC-2026-0001", 1); err == nil {
			t.Errorf("a person of %d characters: %s", len(person), token)
		}
	}
}

func TestWhatIsNoTokenOfOurs(t *testing.T) {
	p, other := newPlace(t), newPlace(t)
	id, there := p.reported(t, "紛失"), other.reported(t, "紛失")
	if _, err := p.service.ReadAnswer(t.Context(), "1AAAA"); !errors.Is(err, workflows.ErrAnswerUnknown) {
		t.Errorf("before the first token: %v", err)
	}
	if kept, err := p.store.Setting(t.Context(), workflows.AnswerKeySetting); kept != "" || err != nil {
		t.Error("reading a token has made a key")
	}
	token := p.answerToken(t, id, "佐藤")
	form, err := p.service.AnswerForm(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := base64.RawURLEncoding.DecodeString(token[1:])
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{
		"nothing": "", "a version alone": "1", "another version": "2" + token[1:], "no version": token[1:], "a longer one": token + "A",
		"a shorter one": token[:len(token)-1], "of another system": other.answerToken(t, there, "佐藤"), "the form of it": "1" + form,
		"with a line end": token + "\n", "padded": token + "=", "a lot": strings.Repeat("A", 1<<20), "only a MAC": "1" + form[:43],
	}
	for i := range signed {
		changed := bytes.Clone(signed)
		changed[i] ^= 1
		bad[fmt.Sprintf("with byte %d changed", i)] = "1" + base64.RawURLEncoding.EncodeToString(changed)
	}
	// Of the last character not every bit says something: no second spelling counts.
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		if other := token[:len(token)-1] + string(c); other != token {
			bad["ending in "+string(c)] = other
		}
	}
	for what, token := range bad {
		if a, err := p.service.ReadAnswer(t.Context(), token); !errors.Is(err, workflows.ErrAnswerUnknown) || a != (workflows.Answer{}) {
			t.Errorf("%s: %+v %v", what, a, err)
		}
	}
}

func TestATokenEnds(t *testing.T) {
	p := newPlace(t)
	token := p.answerToken(t, p.reported(t, "紛失"), "佐藤")
	p.clock.move(24*time.Hour - time.Microsecond)
	if _, err := p.service.ReadAnswer(t.Context(), token); err != nil {
		t.Error("before its end:", err)
	}
	p.clock.move(time.Microsecond)
	if a, err := p.service.ReadAnswer(t.Context(), token); !errors.Is(err, workflows.ErrAnswerExpired) || a != (workflows.Answer{}) {
		t.Errorf("at its end: %+v %v", a, err)
	}
}

// Whoever has left the company answers nothing any more, also when the list was changed by
// another process.
func TestATokenOfSomebodyWhoHasLeft(t *testing.T) {
	p := newPlace(t)
	token := p.answerToken(t, p.reported(t, "紛失"), "佐藤")
	beside := open(t, p.url, p.clock)
	defer beside.store.Close()
	list, _, err := beside.store.Contacts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sato := p.person(t, "佐藤").ID
	list = slices.DeleteFunc(list, func(c contact.Person) bool { return c.ID == sato })
	if err := beside.store.ReplaceContacts(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if a, err := p.service.ReadAnswer(t.Context(), token); !errors.Is(err, workflows.ErrAnswerLeft) || a != (workflows.Answer{}) {
		t.Errorf("%+v %v", a, err)
	}
}

// Servers that start together on one database make one key: each takes the others' tokens,
// and so does one that is started later.
func TestServersShareTheKey(t *testing.T) {
	p := newPlace(t)
	id := p.reported(t, "紛失")
	url := p.url
	servers := make([]*place, 8)
	for i := range servers {
		servers[i] = open(t, url, p.clock)
		t.Cleanup(func() { _ = servers[i].store.Close() })
	}
	tokens := make([]string, len(servers))
	var wg sync.WaitGroup
	for i, s := range servers {
		wg.Go(func() {
			var err error
			if tokens[i], _, err = s.service.AnswerToken(t.Context(), s.person(t, "佐藤").ID, id, 1); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	later := open(t, url, p.clock)
	defer later.store.Close()
	for i, token := range tokens {
		for _, s := range append(servers, later, p) {
			if _, err := s.service.ReadAnswer(t.Context(), token); err != nil {
				t.Fatalf("the token of server %d: %v", i, err)
			}
		}
	}
	one, err := p.service.AnswerForm(t.Context(), tokens[0])
	if err != nil {
		t.Fatal(err)
	}
	if two, err := later.service.AnswerForm(t.Context(), tokens[0]); one != two || err != nil {
		t.Errorf("another form on another server: %v", err)
	}
	if three, err := p.service.AnswerForm(t.Context(), tokens[0]+"x"); one == three || err != nil {
		t.Errorf("the same form for another token: %v", err)
	}
}

// A key that was emptied or cut signs nothing: an empty one would let everybody sign.
func TestADamagedKeySignsNothing(t *testing.T) {
	for _, value := range []string{"AAAA", "!", "\x00"} {
		p := newPlace(t)
		if err := p.store.SetSetting(t.Context(), workflows.AnswerKeySetting, strings.Trim(value, "\x00")); err != nil {
			t.Fatal(err)
		}
		token, _, err := p.service.AnswerToken(t.Context(), "p-01", "INC-2026-0001", 1)
		if err == nil || token != "" || value == "AAAA" && strings.Contains(err.Error(), value) {
			t.Errorf("%q: %q %v", value, token, err)
		}
	}
}

func TestOpenCallsAreTheOwnOnesThatWait(t *testing.T) {
	p := newPlace(t)
	sato, suzuki := p.person(t, "佐藤"), p.person(t, "鈴木")
	var ids []incident.ID
	for _, text := range []string{"一つ目", "二つ目", "三つ目", "四つ目"} {
		ids = append(ids, p.reported(t, text))
	}
	secret := p.do(t, workflows.Command{Key: "secret", By: p.person(t, "山本"), Do: incident.Report{Text: "内部", Exclude: []incident.PersonID{sato.ID}}}).Incident
	p.do(t, workflows.Command{Key: "take", By: sato, Incident: ids[0], Do: incident.Take{}})
	p.do(t, workflows.Command{Key: "decline", By: sato, Incident: ids[1], Do: incident.Decline{}})
	p.do(t, workflows.Command{Key: "dismiss", By: sato, Incident: ids[2], Do: incident.Dismiss{Reason: "誤報"}})
	list := func(who incident.PersonID) (out []incident.ID) {
		calls, err := p.service.OpenCalls(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range calls {
			if c.Page.Person != who || c.Page.Status != incident.PageOpen {
				t.Errorf("%s: %+v", c.Incident.ID, c.Page)
			}
			out = append(out, c.Incident.ID)
		}
		return out
	}
	if got := list(sato.ID); !slices.Equal(got, ids[3:]) {
		t.Errorf("sato: %v", got)
	}
	if got := list(suzuki.ID); !slices.Equal(got, []incident.ID{secret, ids[3], ids[1], ids[0]}) {
		t.Errorf("suzuki: %v", got)
	}
	if got := list("p-unknown"); got != nil {
		t.Errorf("a stranger: %v", got)
	}
}

// FuzzReadAnswer looks for a text that is taken for a token without having been signed.
func FuzzReadAnswer(f *testing.F) {
	p := open(f, pgtest.Database(f, filepath.Join(f.TempDir(), "fuzz.db"), store.Migrate), &handClock{now: time.Date(2026, 11, 24, 2, 0, 0, 0, incident.Tokyo)})
	f.Cleanup(func() { _ = p.store.Close() })
	token := p.answerToken(f, p.reported(f, "紛失"), "佐藤")
	for _, seed := range []string{token, token[:80], "1", "", "2" + token[1:], token + token, strings.ToUpper(token), "1\xff", strings.Repeat("1A", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := p.service.ReadAnswer(context.Background(), text)
		switch {
		case text == token:
			if err != nil || a.Incident != "TRN-2026-0001" {
				t.Fatalf("%+v %v", a, err)
			}
		case !errors.Is(err, workflows.ErrAnswerUnknown) || a != (workflows.Answer{}):
			t.Fatalf("%q is taken: %+v %v", text, a, err)
		}
	})
}
