package main

import (
	"context"
	"sync"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
)

// ear stands between a platform's front end and the desk and hears what is asked and answered: only
// so can a test know that an answer is still to be shown.
type ear struct {
	*desk.Desk

	mu    sync.Mutex
	under int
	heard []heard
}

// heard is one request with its answer, or the looking again at a form (then only the form).
type heard struct {
	who     chat.UserID
	request chat.Request
	reply   chat.Reply
}

func (e *ear) Handle(ctx context.Context, r chat.Request) chat.Reply {
	e.begin()
	reply := e.Desk.Handle(ctx, r)
	e.end(heard{who: r.From, request: r, reply: reply})
	return reply
}

func (e *ear) Draft(ctx context.Context, who chat.UserID, draft string) (chat.Form, error) {
	e.begin()
	form, err := e.Desk.Draft(ctx, who, draft)
	if err != nil {
		e.end(heard{who: who})
		return form, err
	}
	e.end(heard{who: who, reply: chat.Reply{Form: &form}})
	return form, err
}

func (e *ear) begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.under++
}

func (e *ear) end(h heard) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.under--
	e.heard = append(e.heard, h)
}

// since gives what was heard after the first n; busy says that more is to come.
func (e *ear) since(n int) (list []heard, busy bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]heard(nil), e.heard[n:]...), e.under > 0
}

func (e *ear) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.heard)
}
