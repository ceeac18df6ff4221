package phone

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// maxAnswer bounds the gateway's request: a token and a key.
	maxAnswer = 16 << 10
	// answerWithin bounds the recording of an answer: the one who pressed holds the line, and
	// vendors of telephony hang up after 15 s without a word (Twilio, "Voice webhooks").
	answerWithin = 10 * time.Second
)

// ErrOver says that an answer's token opens nothing: it is not one of ours, it has expired, or
// what it was for is over.
var ErrOver = errors.New("phone: the answer is not taken any more")

// AnswersConfig is what the taking of pressed keys needs.
type AnswersConfig struct {
	Secret string // the one that calls are signed with
	// Answer carries out what was pressed: Take or Decline. said is what the gateway reads out
	// to him, in his language. An error that wraps ErrOver is final, and said may tell more;
	// with any other nothing is recorded, and the gateway is asked to try again. It must do the
	// same thing once, however often it is asked: a gateway may sign a repeat anew.
	Answer func(ctx context.Context, token, choice string) (said string, err error)
	// Say gives a text of the product. Lang is its language where nobody knows whose it is.
	Say  func(lang, key string, pairs ...string) string
	Lang string
	Log  *slog.Logger     // nil: slog.Default()
	Now  func() time.Time // the wall clock; nil: time.Now
}

// answers takes the keys that were pressed.
type answers struct {
	AnswersConfig
	replays  replays
	unsigned atomic.Int64 // when a request that is not the gateway's was last logged, in Unix seconds
}

// Answers takes what the gateway brings to AnswerPath: signed as calls are, at most 5 minutes
// old, `{"answer":"<token>","key":"1"}`. A request that comes again is answered as it was, and
// carried out once. What it says is for the gateway to read out.
func Answers(c AnswersConfig) (http.Handler, error) {
	switch {
	case len(c.Secret) < MinSecret:
		return nil, errNoSecret
	case c.Answer == nil:
		return nil, errors.New("phone: nobody takes the answers")
	case c.Say == nil:
		return nil, errNoWords
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &answers{AnswersConfig: c}
	a.Log = c.Log.With("component", Name)
	mux := http.NewServeMux()
	mux.Handle("POST "+AnswerPath, a)
	return mux, nil
}

// heard is the answer to the gateway.
type heard struct {
	Version int               `json:"version"`
	Choice  string            `json:"choice,omitempty"` // what was recorded
	Error   string            `json:"error,omitempty"`
	Said    string            `json:"said,omitempty"` // to be read out
	Keys    map[string]string `json:"keys,omitempty"` // what may be pressed
	status  int
}

// pressed is what the gateway brings.
type pressed struct {
	Answer string `json:"answer"`
	Key    string `json:"key"`
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := a.hear(w, r)
	h.Version = version
	body, err := encode(h)
	if err != nil {
		a.Log.Error("an answer to the phone gateway could not be written", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(h.status)
	_, _ = w.Write(body) //nolint:gosec // G705: JSON, said to be so and not to be sniffed
}

// hear makes sure that the gateway has sent a request, and does what it asks for once.
func (a *answers) hear(w http.ResponseWriter, r *http.Request) heard {
	stamp, signature := r.Header.Get(headerStamp), r.Header.Get(headerSignature)
	at, current := stamped(stamp, a.Now())
	if !current || len(signature) != signatureLength { // nobody has to read on
		a.stranger()
		if stamp != "" && len(signature) == signatureLength {
			return heard{status: http.StatusUnauthorized, Error: "timestamp"}
		}
		return heard{status: http.StatusUnauthorized, Error: "signature"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAnswer))
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return heard{status: http.StatusRequestEntityTooLarge, Error: "size"}
	} else if err != nil {
		return heard{status: http.StatusBadRequest, Error: "body"}
	}
	s, ok := signed(a.Secret, stamp, signature, body)
	if !ok {
		a.stranger()
		return heard{status: http.StatusUnauthorized, Error: "signature"}
	}
	p, ok := read(body)
	if !ok {
		return heard{status: http.StatusBadRequest, Error: "body"}
	}
	choice, ok := keys[p.Key]
	if !ok {
		return heard{status: http.StatusUnprocessableEntity, Error: "key", Said: a.Say(a.Lang, "phone.ask"), Keys: keys}
	}
	h, ok := a.replays.once(r.Context(), s, a.Now(), at.Add(stampWindow), func() heard { return a.carryOut(r.Context(), p.Answer, choice) })
	if !ok { // whoever sent it again has hung up meanwhile
		return heard{status: http.StatusServiceUnavailable, Error: "failed"}
	}
	return h
}

// read takes a request apart: one JSON object with a token and a key. Further fields may be a
// gateway's own.
func read(body []byte) (pressed, bool) {
	var p pressed
	d := json.NewDecoder(bytes.NewReader(body))
	if d.Decode(&p) != nil || p.Answer == "" || p.Key == "" {
		return pressed{}, false
	}
	_, err := d.Token()
	return p, errors.Is(err, io.EOF)
}

// carryOut has an answer recorded. It is finished also when the gateway hangs up: the key was
// pressed.
func (a *answers) carryOut(ctx context.Context, token, choice string) heard {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	said, err := a.Answer(ctx, token, choice)
	switch {
	case err == nil:
		return heard{status: http.StatusOK, Choice: choice, Said: said}
	case errors.Is(err, ErrOver):
		if said == "" {
			said = a.Say(a.Lang, "phone.over")
		}
		return heard{status: http.StatusGone, Error: "over", Said: said}
	}
	a.Log.Error("an answer by phone could not be recorded", "error", err)
	return heard{status: http.StatusServiceUnavailable, Error: "failed", Said: a.Say(a.Lang, "phone.failed")}
}

// stranger notes a request that the gateway has not sent; once a minute at most, for anybody
// can send them.
func (a *answers) stranger() {
	now := a.Now().Unix()
	if last := a.unsigned.Load(); now-last >= 60 && a.unsigned.CompareAndSwap(last, now) {
		a.Log.Warn("an answer by phone was refused: the gateway has not signed it, or the clock or the secret is wrong")
	}
}
