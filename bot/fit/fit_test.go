package fit

import "testing"

// What is cut is cut between characters that people see, and says so by its end.
func TestClipBreaksNoCharacterInTwo(t *testing.T) {
	for _, c := range []struct {
		text string
		room int
		want string
	}{
		{"短い", 2, "短い"},
		{"長い文章です", 4, "長い文…"},
		{"か\u3099か\u3099か\u3099", 4, "か\u3099…"}, // a dakuten of its own
		{"a👨\u200d👩\u200d👧b", 6, "a…"},           // a family
		{"🇯🇵🇯🇵", 7, "🇯🇵…"},                       // flags
		{"👍\U0001f3fd👍", 5, "👍\U0001f3fd…"},      // a tone of skin
		{"x\r\ny", 3, "x…"},                      // a line end
	} {
		if got := Clip(c.text, c.room); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.text, c.room, got, c.want)
		}
	}
	if got := OneLine("a\x00\r\n\tb\xff"); got != "a b\uFFFD" {
		t.Errorf("one line: %q", got)
	}
}
