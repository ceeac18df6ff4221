package fan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hikeshi/bot/chat"
)

var (
	errServer = errors.New("500")
	errGone   = fmt.Errorf("closed: %w", chat.ErrGone)
)

// people take a delivery, or give the error that is set for them; a nil one takes it.
type people struct {
	mu    sync.Mutex
	errs  []error
	asked []int
	never error
}

func (p *people) out(d chat.Delivery) (chat.MessageID, error) {
	p.asked, p.never = nil, nil
	return Fan{
		Members: len(p.errs),
		Has: func(i int) chat.MessageID {
			if strings.Contains(string(d.Update), message(i)) {
				return chat.MessageID(message(i))
			}
			return ""
		},
		Bring: func(i int, longer bool) (chat.MessageID, error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.asked = append(p.asked, i)
			if p.errs[i] != nil {
				return "", p.errs[i]
			}
			return chat.MessageID(message(i)), nil
		},
		Never: func(err error) { p.never = err },
	}.Out(d)
}

func message(i int) string { return fmt.Sprintf("dm%d/1", i) }

func TestOut(t *testing.T) {
	short, long := &chat.Later{Wait: time.Second}, &chat.Later{Wait: time.Minute}
	for name, c := range map[string]struct {
		errs  []error
		has   string // of whom the ID says that they have it
		err   error
		asked int
		never bool
	}{
		"everybody":                           {errs: []error{nil, nil, nil}, has: "012", asked: 3},
		"the first is to wait":                {errs: []error{short, nil, nil}, err: short, asked: 1},
		"another is to wait":                  {errs: []error{nil, nil, short}, has: "01", err: short, asked: 3},
		"the longest wait":                    {errs: []error{nil, long, short}, has: "0", err: long, asked: 3},
		"one fails, one is to wait":           {errs: []error{nil, errServer, long}, has: "0", err: errServer, asked: 3},
		"the first fails":                     {errs: []error{errServer, nil, nil}, has: "12", err: errServer, asked: 3},
		"nobody, for now":                     {errs: []error{errServer, errServer}, err: errServer, asked: 2},
		"one is gone":                         {errs: []error{errGone, nil, nil}, has: "12", asked: 3, never: true},
		"one is gone, one fails":              {errs: []error{errGone, nil, errServer}, has: "1", err: errServer, asked: 3, never: true},
		"all are gone":                        {errs: []error{errGone, errGone}, err: chat.ErrGone, asked: 2},
		"all are gone but one who is to wait": {errs: []error{errGone, short}, err: short, asked: 2},
	} {
		t.Run(name, func(t *testing.T) {
			p := &people{errs: c.errs}
			id, err := p.out(chat.Delivery{Card: chat.Card{Title: "one"}})
			if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("it ended with %v, want %v", err, c.err)
			}
			for i := range c.errs {
				if got, want := strings.Contains(string(id), message(i)), strings.Contains(c.has, fmt.Sprint(i)); got != want {
					t.Errorf("%q names %d: %v, want %v", id, i, got, want)
				}
			}
			if len(p.asked) != c.asked || (p.never != nil) != c.never {
				t.Errorf("asked %v, never %v", p.asked, p.never)
			}
		})
	}
}

// TestTheNextTry is only of who does not have it, and of everybody when it says something else.
func TestTheNextTry(t *testing.T) {
	p := &people{errs: []error{nil, errServer, nil, errGone}}
	d := chat.Delivery{Card: chat.Card{Title: "one", Buttons: []chat.Button{{Label: "a"}}}}
	d.Update, _ = p.out(d)
	p.errs[1] = &chat.Later{}
	id, err := p.out(d)
	if slices.Sort(p.asked); !slices.Equal(p.asked, []int{1, 3}) || err == nil || !strings.Contains(string(id), message(2)) {
		t.Errorf("asked %v: %q, %v", p.asked, id, err)
	}
	d.Update, p.errs[1] = id, nil
	button := d
	button.Card.Buttons = []chat.Button{{Label: "b"}}
	if _, err = p.out(button); len(p.asked) != 4 || err != nil {
		t.Errorf("with another button asked %v, %v", p.asked, err)
	}
	if id, err = p.out(d); err != nil || strings.Contains(string(id), text) {
		t.Errorf("when all have it: %q, %v", id, err)
	}
	d.Update = id
	if _, err = p.out(d); len(p.asked) != 4 || err != nil {
		t.Errorf("an update of what all have asked %v, %v", p.asked, err)
	}
}
