// Package edition is one edition of the rules that an incident is worked by: the procedures
// and the policy of calls, together, under the hash of their content. An incident keeps the
// edition it began with, whatever the company changes meanwhile; therefore every edition is
// written down whole (Encode) and read again years later (Decode).
//
// It is pure: who stores an edition and who asks for it is the business of workflows. It
// decides nothing itself; it is what the core sees as incident.Procedures.
package edition

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
	"hikeshi/workflows/procedure"
)

// Edition never changes once it is made; many goroutines may read it at once.
type Edition struct {
	Book   *procedure.Book
	Paging *paging.Policy

	version string
	body    []byte
}

var _ incident.Procedures = (*Edition)(nil)

// versionDigits is enough to tell editions apart and short enough to print.
const versionDigits = 12

// The stored shape. The keys are in the database of a company: never rename one.
type stored struct {
	Procedures *procedure.Book `json:"procedures"`
	// Paging is how policies were before they said whom to call and by what.
	Paging *storedWaits   `json:"paging,omitempty"`
	Calls  *paging.Policy `json:"calls,omitempty"`
}

// Waits are in seconds.
type storedWaits struct {
	Unconfirmed int64 `json:"unconfirmed"`
	Level3      int64 `json:"level_3"`
	Level2      int64 `json:"level_2"`
	Level1      int64 `json:"level_1"`
	Again       int64 `json:"again"`
	AgainLed    int64 `json:"again_led"`
}

// New makes an edition; without a policy it is paging.Usual.
func New(book *procedure.Book, calls *paging.Policy) (*Edition, error) {
	if calls == nil {
		calls = paging.Usual()
	}
	var body bytes.Buffer
	out := json.NewEncoder(&body)
	out.SetEscapeHTML(false)
	if err := out.Encode(stored{Procedures: book, Calls: calls}); err != nil {
		return nil, fmt.Errorf("write down an edition of the rules: %w", err)
	}
	e := &Edition{Book: book, Paging: calls, body: bytes.TrimSpace(body.Bytes())}
	e.version = versionOf(e.body)
	return e, nil
}

// Encode gives the edition as it is stored: canonical JSON, the same bytes for the same
// content. The caller must not change it.
func (e *Edition) Encode() []byte { return e.body }

// Decode reads what Encode wrote. A body that is not of the version it is stored under was
// changed by somebody, and is refused.
func Decode(version string, body []byte) (*Edition, error) {
	if got := versionOf(body); got != version {
		return nil, fmt.Errorf("the edition %s of the rules was changed in the database: its content is %s", version, got)
	}
	var in stored
	if err := incident.ReadWhole(body, &in); err != nil {
		return nil, fmt.Errorf("the edition %s of the rules cannot be read: %w", version, err)
	}
	if in.Procedures == nil {
		return nil, fmt.Errorf("the edition %s of the rules has no procedures", version)
	}
	e := &Edition{Book: in.Procedures, version: version, body: body, Paging: in.Calls}
	switch w := in.Paging; {
	case e.Paging != nil:
	case w == nil:
		return nil, fmt.Errorf("the edition %s of the rules says nothing of calls", version)
	default:
		e.Paging = paging.FromWaits(paging.Waits{
			Unconfirmed: duration(w.Unconfirmed), Level3: duration(w.Level3), Level2: duration(w.Level2),
			Level1: duration(w.Level1), Again: duration(w.Again), AgainLed: duration(w.AgainLed),
		})
	}
	return e, nil
}

func duration(s int64) time.Duration { return time.Duration(s) * time.Second }

func versionOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])[:versionDigits]
}

// Steps gives the steps of a table in the order an incident carries them; ok is false where
// there is no such table.
func (e *Edition) Steps(c, effect incident.Category, l incident.Level) (steps []incident.Step, ok bool) {
	plan, refused := e.Book.Lookup(c, effect, l)
	if refused != nil {
		return nil, false
	}
	return plan.All(), true
}

// Holds evaluates the condition of a step.
func (e *Edition) Holds(when string, f incident.Facts) incident.Answer { return e.Book.Holds(when, f) }

// Version is the first 12 hexadecimal digits of the SHA-256 of the encoded edition.
func (e *Edition) Version() string { return e.version }
