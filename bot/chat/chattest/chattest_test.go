package chattest

import (
	"testing"
	"unicode/utf8"
)

// The limits that the suite tests are those of the platforms.
func TestTheLongestPartsAreAtTheLimit(t *testing.T) {
	if n := utf8.RuneCountInString(longLabel); n != 75 {
		t.Errorf("the label has %d characters", n)
	}
	if n := len(longAction); n != 100 {
		t.Errorf("the action has %d bytes", n)
	}
}
