package discord

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/fit"
)

const (
	sheetPrefix = "form/"
	// sheetFor is how long what was typed into a form that is never sent is kept.
	sheetFor  = 7 * 24 * time.Hour
	maxSheets = 2_000 // in the process; the memory has them all
)

// sheet is a form on its way: what it came with and what one person has typed into it, page by
// page, until he sends it.
type sheet struct {
	Draft  string      `json:"draft"`
	By     string      `json:"by"`
	Values chat.Values `json:"values"` // of every input, asked or not
	// Answered are the inputs that he was asked and has answered: the other values are what the
	// form came with.
	Answered map[string]bool `json:"answered,omitempty"`
	// Wrong are the inputs whose answer cannot be read, as it was typed, and why: a key of ours.
	Wrong   map[string]string `json:"wrong,omitempty"`
	Files   []fileRef         `json:"files,omitempty"`
	Quote   *keptQuote        `json:"quote,omitempty"` // the message it was opened from
	Channel string            `json:"channel,omitempty"`
	Kept    time.Time         `json:"kept"`
	// Typed are the inputs that he has answered otherwise than they came.
	Typed map[string]bool `json:"typed,omitempty"`
	// Who sent a page of it last, where and when, and which it was.
	Name  string    `json:"name,omitempty"`
	Place string    `json:"place,omitempty"`
	At    time.Time `json:"at,omitzero"`
	Page  int       `json:"page,omitempty"`
	// Waits is chat.Form.Waits, also where the form cannot be looked up.
	Waits time.Duration `json:"waits,omitempty"`
	// Due is when it is sent as it stands (form_wait.go); zero: it waits for its person.
	Due   time.Time `json:"due,omitzero"`
	Told  bool      `json:"told,omitempty"`  // that it could not be sent on when it was due
	Cards []shownAt `json:"cards,omitempty"` // where it says that it is not sent yet
	// Done says that it was accepted, and Receipt how that was said. Nothing else is in it then.
	Done    bool   `json:"done,omitempty"`
	Receipt string `json:"receipt,omitempty"`

	form *chat.Form // as the desk gave it, in this process; nil: it is to be asked for again
	// rest says that more of it may stand in the memory, which did not answer when it was looked
	// for. It is neither written over that nor sent without it.
	rest bool
}

// with puts beneath what was answered in the sheet what was there before, be it what a form came
// with or an answer.
func (s *sheet) with(before *sheet) {
	s.rest = false
	if before == nil {
		return
	}
	if before.Done {
		*s = *before.clone()
		return
	}
	if s.Due.IsZero() {
		s.Due = before.Due
	}
	if s.Waits == 0 {
		s.Waits = before.Waits
	}
	for name := range before.Typed {
		if s.Typed == nil {
			s.Typed = map[string]bool{}
		}
		s.Typed[name] = true
	}
	s.Cards = places(before.Cards, s.Cards)
	for name, value := range before.Values {
		if !s.Answered[name] {
			s.Values[name] = value
		}
	}
	for name, why := range before.Wrong {
		if s.Wrong == nil {
			s.Wrong = map[string]string{}
		}
		if !s.Answered[name] {
			s.Wrong[name] = why
		}
	}
	for name := range before.Answered {
		s.answered(name)
	}
	if s.Files == nil {
		s.Files = before.Files
	}
	if s.Quote == nil {
		s.Quote = before.Quote
	}
	if s.Channel == "" {
		s.Channel = before.Channel
	}
}

// answered notes that an input was answered.
func (s *sheet) answered(input string) {
	if s.Answered == nil {
		s.Answered = map[string]bool{}
	}
	s.Answered[input] = true
}

// fileRef is a file that was chosen in a form, or that hangs on a message.
type fileRef struct {
	Input string `json:"input"`
	Name  string `json:"name"`
	URL   string `json:"url"`
}

// filled is the form with what is in the sheet.
func (s *sheet) filled(f chat.Form) chat.Form {
	inputs := make([]chat.Input, len(f.Inputs))
	for n, i := range f.Inputs {
		if value, ok := s.Values[i.Name]; ok && i.Kind != chat.Upload && i.Kind != chat.Fixed {
			i.Value = value
		}
		inputs[n] = i
	}
	f.Inputs = inputs
	return f
}

// completed gives the sheet the answers that a form comes with, where it has none yet.
func (s *sheet) completed(f chat.Form) {
	s.Waits = max(s.Waits, f.Waits)
	for _, i := range f.Inputs {
		if _, there := s.Values[i.Name]; !there && i.Kind != chat.Upload && i.Name != "" {
			s.Values[i.Name] = i.Value
		}
	}
}

func (s *sheet) clone() *sheet {
	c := *s
	c.Values, c.Wrong, c.Answered = maps.Clone(s.Values), maps.Clone(s.Wrong), maps.Clone(s.Answered)
	if c.Values == nil {
		c.Values = chat.Values{}
	}
	c.Typed = maps.Clone(s.Typed)
	c.Files = append([]fileRef(nil), s.Files...)
	c.Cards = append([]shownAt(nil), s.Cards...)
	return &c
}

// sheets are the forms on their way, in the process and in the memory: neither a restart nor a
// database that does not answer takes away what was typed.
type sheets struct {
	memory  chat.Memory
	log     *slog.Logger
	writing turns // a sheet is written by one at a time
	under   sync.WaitGroup
	ending  context.Context //nolint:containedctx // of the writing that nobody waits for
	end     context.CancelFunc

	mu     sync.Mutex
	by     map[string]*sheet
	oldest []string
}

func newSheets(m chat.Memory, log *slog.Logger) *sheets {
	s := &sheets{memory: m, log: log, by: map[string]*sheet{}}
	s.ending, s.end = context.WithCancel(context.Background())
	return s
}

func sheetKey(user, draft string) string {
	key := sheetPrefix + user + "/" + draft
	if len(key) > 200 {
		key = sheetPrefix + user + "/~" + digest(draft)
	}
	return key
}

// get is a person's sheet, as a copy; nil: there is none. An error is the memory's.
func (s *sheets) get(ctx context.Context, user, draft string) (*sheet, error) {
	key := sheetKey(user, draft)
	s.mu.Lock()
	at := s.by[key]
	s.mu.Unlock()
	if at != nil {
		at = at.clone()
		if at.rest {
			if before, err := s.recall(ctx, user, draft); err == nil {
				at.with(before)
				s.put(at)
			}
		}
		return at, nil
	}
	got, err := s.recall(ctx, user, draft)
	if got == nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.by[key]; at != nil { // meanwhile
		return at.clone(), nil
	}
	return got.clone(), nil
}

// recall is a person's sheet in the memory; nil: there is none.
func (s *sheets) recall(ctx context.Context, user, draft string) (*sheet, error) {
	if s.memory == nil {
		return nil, nil //nolint:nilnil // that there is none is no error
	}
	raw, err := s.memory.Recall(ctx, sheetKey(user, draft))
	if err != nil || raw == nil {
		return nil, err
	}
	var got sheet
	if json.Unmarshal(raw, &got) != nil || got.By != user || got.Draft != draft {
		return nil, nil //nolint:nilnil // as above
	}
	return &got, nil
}

// put keeps a sheet in the process at once.
func (s *sheets) put(at *sheet) {
	key := sheetKey(at.By, at.Draft)
	at = at.clone()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(key, at)
}

// set is put; mu is held. What was accepted stays so.
func (s *sheets) set(key string, at *sheet) {
	if here := s.by[key]; here != nil && here.Done && !at.Done {
		return
	}
	if here := s.by[key]; here != nil && !at.Done {
		at.Cards = places(here.Cards, at.Cards)
	}
	if s.by[key] == nil {
		if s.oldest = append(s.oldest, key); len(s.oldest) > maxSheets {
			delete(s.by, s.oldest[0])
			s.oldest = s.oldest[1:]
		}
	}
	s.by[key] = at
}

// keep keeps a sheet in the process at once, and in the memory when it answers. The returned
// channel is closed when it stands there; nobody has to wait for it.
func (s *sheets) keep(at *sheet, now time.Time) <-chan struct{} {
	at.Kept = now
	s.put(at)
	done := make(chan struct{})
	if s.memory == nil {
		close(done)
		return done
	}
	s.later(func(ctx context.Context) {
		if s.write(ctx, sheetKey(at.By, at.Draft)) {
			close(done)
		}
	})
	return done
}

// settle keeps a sheet as it was handed in for its person, but not over what he has done with it
// meanwhile: of a sheet that he has gone on with, only where its cards stand is added to.
func (s *sheets) settle(ctx context.Context, at *sheet, now time.Time) {
	key := sheetKey(at.By, at.Draft)
	newer := s.since(ctx, at)
	s.mu.Lock()
	if here := s.by[key]; newer != nil || here != nil && here.Kept.After(at.Kept) {
		if here != nil && (newer == nil || here.Kept.After(newer.Kept)) {
			newer = here.clone()
		}
		newer.Cards = places(newer.Cards, at.Cards)
		at = newer
	} else {
		at.Kept = now
	}
	s.set(key, at.clone())
	s.mu.Unlock()
	if s.memory != nil {
		s.later(func(ctx context.Context) { s.write(ctx, key) })
	}
}

// since is a sheet as it is by now, in this process or another, where its person has gone on with
// it since a copy of it was taken; nil: he has not, or it is not known.
func (s *sheets) since(ctx context.Context, at *sheet) *sheet {
	looking, cancel := context.WithTimeout(ctx, 5*time.Second)
	newer, err := s.recall(looking, at.By, at.Draft)
	cancel()
	if err != nil || newer != nil && !newer.Kept.After(at.Kept) {
		newer = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	here := s.by[sheetKey(at.By, at.Draft)]
	if here == nil || !here.Kept.After(at.Kept) {
		return newer
	}
	if newer == nil || !newer.Kept.After(here.Kept) {
		return here.clone()
	}
	newer.form = here.form
	return newer
}

// beside is what was answered in a sheet and not in an earlier copy of it, in words as far as the
// form is known.
func (s *sheet) beside(earlier *sheet, form *chat.Form) string {
	typed := chat.Values{}
	for n := range s.Answered {
		if s.Values[n] != earlier.Values[n] {
			typed[n] = s.Values[n]
		}
	}
	if form == nil {
		return typedIn(chat.Request{Kind: chat.Submitted, Values: typed})
	}
	var lines []string
	for _, i := range form.Inputs {
		if i.Value = typed[i.Name]; i.Value == "" {
			continue
		}
		if i.Kind == chat.Choice || i.Kind == chat.Choices {
			i.Value = shownChoice(i)
		}
		lines = append(lines, fit.OneLine(i.Label)+": "+i.Value)
	}
	return strings.Join(lines, "\n")
}

// done forgets what stands in the sheet of a form that was accepted, but for how that was said.
// It gives where the form says that it is not sent yet.
func (s *sheets) done(at *sheet, receipt string, now time.Time) (shown []shownAt) {
	key := sheetKey(at.By, at.Draft)
	s.mu.Lock()
	shown = at.Cards
	if here := s.by[key]; here != nil {
		shown = places(shown, here.Cards)
	}
	s.set(key, &sheet{Draft: at.Draft, By: at.By, Done: true, Receipt: receipt, Kept: now})
	s.mu.Unlock()
	if s.memory != nil {
		s.later(func(ctx context.Context) { s.write(ctx, key) })
	}
	return shown
}

// anew forgets that a form was accepted: the desk asks it again.
func (s *sheets) anew(user, draft string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key := sheetKey(user, draft); s.by[key] != nil && s.by[key].Done {
		s.by[key] = &sheet{Draft: draft, By: user}
	}
}

func (s *sheets) later(do func(ctx context.Context)) {
	s.under.Go(func() { do(s.ending) })
}

// write brings a sheet as it is by then into the memory; false: it could not.
func (s *sheets) write(ctx context.Context, key string) bool {
	free, err := s.writing.take(ctx, key)
	if err != nil {
		return false
	}
	defer free()
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		s.mu.Lock()
		at := s.by[key]
		s.mu.Unlock()
		var raw []byte
		if at == nil { // pushed out by newer ones before its turn: it stands there as it was
			return false
		}
		// At the end of the program it is tried once more.
		try, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		var err error
		at = at.clone()
		if at.rest {
			var before *sheet
			if before, err = s.recall(try, at.By, at.Draft); err == nil {
				at.with(before)
				s.put(at)
			}
		}
		var bad error
		if raw, bad = json.Marshal(at); bad != nil {
			cancel()
			s.log.Error("what was typed into a form could not be written down", "error", bad)
			return false
		}
		if err == nil {
			err = s.memory.Remember(try, key, raw)
		}
		cancel()
		if err == nil {
			return true
		}
		s.log.Warn("what was typed into a form could not be kept; trying again", "error", err)
		if !pauseFor(ctx, wait) {
			return false
		}
	}
}

// finish waits for what is being written.
func (s *sheets) finish() {
	s.end()
	s.under.Wait()
}

// sweep forgets the sheets of forms that were never sent.
func (s *sheets) sweep(ctx context.Context, clock func() time.Time) {
	for s.memory != nil {
		all, err := s.memory.All(ctx, sheetPrefix)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("old forms could not be looked through", "error", err)
		}
		for key, raw := range all {
			var at sheet
			if json.Unmarshal(raw, &at) != nil || clock().Sub(at.Kept) > sheetFor {
				_ = s.memory.Remember(ctx, key, nil) // else the next time
			}
		}
		if !pauseFor(ctx, time.Hour) {
			return
		}
	}
}
