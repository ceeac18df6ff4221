package phone

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"hikeshi/bot/chat"
)

// version is that of the schema. A field may be added to it; what a field means, and which
// are there, changes with the version only.
const version = 1

// AnswerPath is where the key that was pressed is brought to.
const AnswerPath = "/phone/answer"

// The choices, by the key that stands for them.
const (
	Take    = "take"
	Decline = "decline"
)

var keys = map[string]string{"1": Take, "2": Decline}

// request is what the gateway gets. README, "Phone calls", documents every field.
type request struct {
	Version        int       `json:"version"`
	ID             string    `json:"id"`
	To             string    `json:"to"`
	Incident       string    `json:"incident"`
	More           int       `json:"more"`
	Level          string    `json:"level"`
	LevelConfirmed bool      `json:"level_confirmed"`
	Practice       bool      `json:"practice"`
	Again          bool      `json:"again"`
	Lang           string    `json:"lang"`
	Text           string    `json:"text"`
	Callback       *callback `json:"callback,omitempty"`
	SentAt         string    `json:"sent_at"`
}

// callback is how the one who was rung answers.
type callback struct {
	URL     string            `json:"url"`
	Answer  string            `json:"answer"`
	Keys    map[string]string `json:"keys"`
	Ask     string            `json:"ask"`
	Expires string            `json:"expires,omitempty"`
}

// test is a request that rings nobody: doctor's.
type test struct {
	Version int    `json:"version"`
	Test    bool   `json:"test"`
	ID      string `json:"id"`
	SentAt  string `json:"sent_at"`
}

// request words a call. Whom it is for is in it, and nothing of what happened.
func (p *Phone) request(id, number string, c chat.Call) ([]byte, error) {
	r := request{
		Version: version, ID: id, To: number, Incident: c.Incident, More: c.More,
		Level: c.Level, LevelConfirmed: c.Level != "" && !c.Unsure,
		Practice: c.Practice, Again: c.Again, Lang: c.Lang, Text: c.Text, SentAt: instant(p.config.Clock()),
	}
	if p.config.CallbackURL != "" && c.Answer != "" {
		r.Callback = &callback{URL: p.config.CallbackURL, Answer: c.Answer, Keys: keys, Ask: p.config.Say(c.Lang, "phone.ask")}
		if !c.Expires.IsZero() {
			r.Callback.Expires = instant(c.Expires)
		}
	}
	return encode(r)
}

// encode writes JSON without a line end and without <-escapes: the sentences are read out.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// instant writes an instant in UTC, to the second (RFC 3339).
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// callID names a call for the gateway: the same for every try of one delivery, and nothing
// else of it, for a key names the incident and the person.
func callID(key string) string {
	sum := sha256.Sum256([]byte("hikeshi phone call:" + key))
	return hex.EncodeToString(sum[:16])
}
