package templates

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// What a parser would need gigabytes for is refused before it is parsed, and said where.
func TestAFileThatIsTooDeepOrTooLarge(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"brackets":    {"name: " + strings.Repeat("[", 100_000), "profile.yaml:1:1"},
		"braces":      {"name: x\naddress: " + strings.Repeat("{a: ", 50_000), "profile.yaml:2:1"},
		"dashes":      {"departments:\n" + strings.Repeat("- ", 100_000), "profile.yaml:2:1"},
		"indentation": {"a:\n" + strings.Repeat(" ", 100_000) + "b: 1\n", "profile.yaml:2:1"},
		"size":        {"name: " + strings.Repeat("x", 2<<20), "profile.yaml"},
	} {
		begun := time.Now()
		_, err := Load(fstest.MapFS{"profile.yaml": {Data: []byte(c.text)}}, true)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}
