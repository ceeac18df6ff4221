package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/store"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// Whoever has left the company cannot sign in to the web room any more: a message that was laid
// there would count as received, and a call would wait for his answer.
func TestNothingIsLaidIntoTheRoomOfSomebodyWhoHasLeft(t *testing.T) {
	ctx := context.Background()
	url := "sqlite:" + filepath.Join(t.TempDir(), "live.db")
	p := &program{out: io.Discard, errs: os.Stderr, settings: settings{DatabaseURL: url, Lang: "ja", Mode: modeLive, Listen: "127.0.0.1:0"}}
	set, err := p.templates()
	if err != nil {
		t.Fatal(err)
	}
	o := &opened{clock: realClock{}}
	o.take(set)
	if o.store, err = store.Open(ctx, url); err != nil {
		t.Fatal(err)
	}
	defer o.store.Close()
	h, err := p.wire(ctx, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer h.web.Stop()
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	leaver := rows[len(rows)-1]
	if _, err := o.service.ImportContacts(ctx, rows); err != nil {
		t.Fatal(err)
	}
	found := o.service.Contacts().Find(leaver.Name)
	if len(found) != 1 {
		t.Fatalf("%v", found)
	}
	m := workflows.Message{Notice: incident.Notice{Kind: incident.NoticeEnded, To: found[0]}}
	if fe, _, err := h.route(m); err != nil || fe.Name() != "web" {
		t.Fatalf("%v, %v", fe, err)
	}
	if _, err := o.service.ImportContacts(ctx, rows[:len(rows)-1]); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.route(m); !errors.Is(err, chat.ErrGone) {
		t.Errorf("to somebody who has left: %v", err)
	}
}
