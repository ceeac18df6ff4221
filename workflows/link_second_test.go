package workflows_test

import (
	"log/slog"
	"strings"
	"testing"

	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

func (o *office) decides(t *testing.T, by, id string) string {
	t.Helper()
	out, err := o.service.DecideLink(t.Context(), o.key(), o.person(t, by).ID, id, true)
	return result(t, out, err)
}

// Of who has no mail address, and would not hear of it, two administrators have to say so.
func TestWhoHasNoMailIsConfirmedByTwo(t *testing.T) {
	o := newOffice(t)
	o.relist(t, func(r *contact.Row) bool {
		if strings.HasPrefix(r.Name, "山本") {
			r.Email = ""
		}
		return true
	})
	a := o.asked(t, "山本 直子")
	if got := o.decides(t, "鈴木", a.ID); got != "done" || o.owner(t, taro) != "" {
		t.Fatalf("the first: %s, it is %q's", got, o.owner(t, taro))
	}
	if waits, err := o.service.LinkWaits(t.Context(), a.ID); err != nil || !waits {
		t.Errorf("%t %v", waits, err)
	}
	if m := o.notices(t, incident.NoticeLinkAsk, o.person(t, "佐藤").ID)[0]; m.Revision != 2 {
		t.Errorf("the other's card does not say so: %+v", m)
	}
	if got := o.decides(t, "鈴木", a.ID); got != "refuse.link_second" || o.owner(t, taro) != "" {
		t.Errorf("the same once more: %s", got)
	}
	if got := o.decides(t, "佐藤", a.ID); got != "done" || o.owner(t, taro) != o.person(t, "山本").ID {
		t.Errorf("the second: %s, it is %q's", got, o.owner(t, taro))
	}
	if waits, err := o.service.LinkWaits(t.Context(), a.ID); err != nil || waits {
		t.Errorf("%t %v", waits, err)
	}
}

// Nobody says so in his own interest: of himself, of an account that was his, or of who sees an
// incident that he is left out of. What stands in the way he is not told.
func TestNobodyConfirmsInHisOwnInterest(t *testing.T) {
	o := newOffice(t)
	a := o.asked(t, "鈴木 健太")
	if got := o.decides(t, "鈴木", a.ID); got != "refuse.link_other" || o.owner(t, taro) != "" {
		t.Errorf("himself: %s", got)
	}
	if got := o.decides(t, "佐藤", a.ID); got != "done" {
		t.Fatalf("another: %s", got)
	}
	link := o.service.LinksOf(o.person(t, "鈴木").ID)[0]
	if _, err := o.service.Unlink(t.Context(), o.key(), link.Person, link.Platform, link.ID, link.At); err != nil {
		t.Fatal(err)
	}
	a = o.asked(t, "山本 直子")
	if got := o.decides(t, "鈴木", a.ID); got != "refuse.link_other" || o.owner(t, taro) != "" {
		t.Errorf("an account that was his: %s", got)
	}

	o = newOffice(t)
	var err error
	o.service, err = workflows.New(t.Context(), workflows.Options{Store: o.store, Clock: o.clock, Log: slog.New(slog.DiscardHandler), Book: o.book(t)})
	if err != nil {
		t.Fatal(err)
	}
	o.do(t, workflows.Command{Key: "r", By: o.person(t, "山本"), Do: incident.Report{Text: "上司の持ち出し", Exclude: []incident.PersonID{o.person(t, "鈴木").ID}}})
	a = o.asked(t, "山本 直子")
	if got := o.decides(t, "鈴木", a.ID); got != "refuse.link_other" || o.owner(t, taro) != "" {
		t.Errorf("who is left out: %s", got)
	}
	if got := o.decides(t, "佐藤", a.ID); got != "done" || o.owner(t, taro) != o.person(t, "山本").ID {
		t.Errorf("who is not: %s", got)
	}
}
