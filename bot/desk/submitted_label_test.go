package desk_test

import (
	"strings"
	"testing"
)

// What is wrong with a time is said with the name that the form has for it.
func TestARefusedTimeIsNamedAsInTheForm(t *testing.T) {
	for lang, want := range map[string]string{"ja": "「気づいた日時」が先の日時", "en": `"When did you notice?" lies in the future`} {
		b := newCalls(t, lang)
		r := b.send("山本", b.say("山本", "", "/incident").Form, "event", "画面が固まった", "discovered_at", "2030-01-01T10:00")
		if r.Accepted || r.Form == nil {
			t.Fatalf("%s: %s", lang, showReply(r))
		}
		said := ""
		for _, i := range r.Form.Inputs {
			if i.Name == "discovered_at" {
				said = i.Error
			}
		}
		if !strings.HasPrefix(said, want) {
			t.Errorf("%s: %q", lang, said)
		}
	}
}
