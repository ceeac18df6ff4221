package desk_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// hanging is a store that answers nothing once it hangs, until who asks gives up.
type hanging struct {
	workflows.Store
	hangs bool
	asked int
}

func (h *hanging) wait(ctx context.Context) error {
	if !h.hangs {
		return nil
	}
	h.asked++
	<-ctx.Done()
	return ctx.Err()
}

func (h *hanging) Write(ctx context.Context, do func(workflows.Tx) error) error {
	if err := h.wait(ctx); err != nil {
		return err
	}
	return h.Store.Write(ctx, do)
}

func (h *hanging) ContactsVersion(ctx context.Context) (int64, error) {
	if err := h.wait(ctx); err != nil {
		return 0, err
	}
	return h.Store.ContactsVersion(ctx)
}

func (h *hanging) Recall(ctx context.Context, frontend, name string) ([]byte, error) {
	if err := h.wait(ctx); err != nil {
		return nil, err
	}
	return h.Store.Recall(ctx, frontend, name)
}

func (h *hanging) AllRemembered(ctx context.Context, owner, prefix string) (map[string][]byte, error) {
	if err := h.wait(ctx); err != nil {
		return nil, err
	}
	return h.Store.AllRemembered(ctx, owner, prefix)
}

func (h *hanging) Setting(ctx context.Context, name string) (string, error) {
	if err := h.wait(ctx); err != nil {
		return "", err
	}
	return h.Store.Setting(ctx, name)
}

func (h *hanging) Incident(ctx context.Context, id incident.ID) (*incident.Incident, error) {
	if err := h.wait(ctx); err != nil {
		return nil, err
	}
	return h.Store.Incident(ctx, id)
}

func (h *hanging) Incidents(ctx context.Context, q workflows.IncidentQuery) ([]*incident.Incident, error) {
	if err := h.wait(ctx); err != nil {
		return nil, err
	}
	return h.Store.Incidents(ctx, q)
}

func (h *hanging) Draft(ctx context.Context, by incident.PersonID, id string) (workflows.Draft, error) {
	if err := h.wait(ctx); err != nil {
		return workflows.Draft{}, err
	}
	return h.Store.Draft(ctx, by, id)
}

func (h *hanging) SaveDraft(ctx context.Context, d workflows.Draft) error {
	if err := h.wait(ctx); err != nil {
		return err
	}
	return h.Store.SaveDraft(ctx, d)
}

// hung is a desk whose database hangs from now on.
func hung(t *testing.T) (*bench, *hanging) {
	b := newLinks(t, "ja")
	h := &hanging{Store: b.store}
	service, err := workflows.New(ctx, workflows.Options{Store: h, Clock: b.clock})
	if err != nil {
		t.Fatal(err)
	}
	b.with(func(c *desk.Config) { c.Service = service })
	h.hangs = true
	return b, h
}

// The form for a report opens from memory, whoever asks for it and wherever: the database is not
// asked for anything before.
func TestTheReportFormOpensWhileTheDatabaseHangs(t *testing.T) {
	b, h := hung(t)
	synctest.Test(t, func(t *testing.T) {
		for _, who := range []chat.UserID{desk.User(b.person("山本")), stranger, "slack:U0STRANGER"} {
			for _, line := range []string{"/incident", "/incident 報告"} {
				begun := time.Now()
				r := b.desk.Handle(t.Context(), chat.Request{ID: line + string(who), Kind: chat.Said, From: who, Text: line})
				if took := time.Since(begun); r.Form == nil || took > 500*time.Millisecond || h.asked != 0 {
					t.Errorf("%s of %s: after %v, asked %d times:\n%s", line, who, took, h.asked, showReply(r))
				}
			}
		}
	})
}

// Who is not known waits for the list no longer than a moment before anything else is done.
func TestAStrangerWaitsForTheListAMomentOnly(t *testing.T) {
	b, _ := hung(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1700*time.Millisecond) // as a front end gives
		defer cancel()
		begun := time.Now()
		r := b.desk.Handle(ctx, chat.Request{ID: "x", Kind: chat.Said, From: stranger, Text: "/incident ヘルプ"})
		if took := time.Since(begun); len(r.Cards) == 0 || took > 1700*time.Millisecond {
			t.Errorf("after %v: %s", took, showReply(r))
		}
	})
}

// A sentence that begins like 連携 解除 is a report: nobody of the list is called what follows, and
// what was typed is not lost. A stranger does not learn by it who is listed.
func TestAReportThatBeginsLikeTakingBackALinkIsOne(t *testing.T) {
	b := newLinks(t, "ja")
	for _, line := range []string{"/incident 連携 解除 したら顧客データが漏れた", "/incident 連携 解除 できない", "/incident 連携 解除 山本"} {
		r := b.byDiscord(line)
		typed := strings.TrimPrefix(line, "/incident ")
		if text := showReply(r); r.Accepted || !strings.Contains(text, typed) || !strings.Contains(text, "報告として送る") {
			t.Errorf("%s: %s", line, text)
		}
	}
	r := b.byDiscord("/incident 連携 解除 したら顧客データが漏れた")
	b.must(b.press(stranger, b.button(r.Cards[0], "報告として送る").Action))
	if in := b.incident("INC-2026-0001"); !strings.Contains(in.Title, "顧客データが漏れた") {
		t.Errorf("reported: %q", in.Title)
	}
	for _, line := range []string{"/incident 連携 解除 したら顧客データが漏れた", "/incident 連携 解除 できない"} {
		if text := showReply(b.say("山本", "", line)); !strings.Contains(text, "報告として送る") {
			t.Errorf("%s: %s", line, text)
		}
	}
	// What is meant as an order stays one.
	for _, line := range []string{"/incident 連携 解除", "/incident 連携 解除 山本", "/incident 連携 解除 yamamoto@example.co.jp", "/incident 連携 解除 nobody@example.co.jp"} {
		if text := showReply(b.say("佐藤", "", line)); strings.Contains(text, "報告として送る") {
			t.Errorf("%s: %s", line, text)
		}
	}
	// It is taken from a platform that is marked, too.
	b.must(b.say("佐藤", "", "/incident 侵害 discord"))
	if text := showReply(b.byDiscord("/incident 連携 解除 したら顧客データが漏れた")); !strings.Contains(text, "報告として送る") {
		t.Errorf("from a marked platform: %s", text)
	}
}
