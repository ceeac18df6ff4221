package intake

import (
	"testing"
	"time"
)

// A refusal is told when it is new, when it becomes another one, and then once in a while.
func TestARefusalIsToldOnceInAWhile(t *testing.T) {
	var r Refusals
	begun := time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		token, code string
		after       time.Duration
		over, want  bool
	}{
		{"A", "invalid_auth", 0, false, true},
		{"A", "invalid_auth", time.Minute, false, false},
		{"B", "invalid_auth", time.Minute, false, true},
		{"A", "token_revoked", 2 * time.Minute, false, true},
		{"A", "token_revoked", 2*time.Minute + tellAgain - 1, false, false},
		{"A", "token_revoked", 2*time.Minute + tellAgain, false, true},
		{"A", "token_revoked", 3*time.Minute + tellAgain, true, true},
		{"B", "invalid_auth", 3 * time.Minute, false, false},
	} {
		if c.over {
			r.Over(c.token)
		}
		if got := r.Due(c.token, c.code, begun.Add(c.after)); got != c.want {
			t.Errorf("%s %s after %v: %v", c.token, c.code, c.after, got)
		}
	}
}
