package desk_test

import (
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/templates"
	"hikeshi/workflows/incident"
)

// Whoever may not say that nothing has happened yet is told who may, and loses nothing of what he
// has typed beside it.
func TestThatNothingHasHappenedIsForTheLeadToSay(t *testing.T) {
	for _, lang := range templates.Languages {
		b := newBench(t, lang)
		id := b.report("山本", "サーバーの動きがおかしい")
		b.must(b.say("佐藤", "", "/incident take "+string(id)))
		b.must(b.say("鈴木", "", "/incident take "+string(id)))
		r := b.say("鈴木", "", "/incident fact "+string(id)+" near-miss yes")
		if lang == "ja" {
			r = b.say("鈴木", "", "/incident 事実 "+string(id)+" ヒヤリハット はい")
		}
		if text := showReply(r); r.Accepted || !strings.Contains(text, "佐藤") {
			t.Errorf("by the word:\n%s", text)
		}
		form := b.press("鈴木", chat.Action("form|"+string(id)+"||fact")).Form
		r = b.send("鈴木", form, "near_miss", "yes", "outsiders", "no", "persons", "12")
		if r.Accepted || valueOf(r.Form, "outsiders") != "no" || valueOf(r.Form, "persons") != "12" || !strings.Contains(errorOf(r.Form, "near_miss"), "佐藤") {
			t.Fatalf("in the form:\n%s", showReply(r))
		}
		b.must(b.send("鈴木", r.Form, "near_miss", "unknown"))
		if f := b.incident(id).Facts; f.Is(incident.FactNearMiss) || f.Get(incident.FactOutsiders) != incident.No || f.Get(incident.FactPersons) != "12" {
			t.Errorf("recorded: %v", f)
		}
		b.must(b.say("佐藤", "", "/incident fact "+string(id)+" near_miss yes"))
	}
}

// Who works on what he has reported himself answers the questions of its form; that nothing has
// happened is a message to who leads.
func TestThatNothingHasHappenedIsAMessageFromWhoReported(t *testing.T) {
	b := newBench(t, "ja")
	detail := func(id incident.ID, name string, pairs ...string) {
		t.Helper()
		b.must(b.send(name, b.press(name, chat.Action("form|"+string(id)+"||detail")).Form, pairs...))
	}
	said := func(id incident.ID) (out string) {
		for _, r := range b.records(id) {
			if e, ok := r.Event.(incident.Informed); ok {
				out = e.Text.Body
			}
		}
		return out
	}
	id := b.report("鈴木", "サーバーの動きがおかしい")
	b.must(b.say("佐藤", "", "/incident take "+string(id)))
	detail(id, "鈴木", "near_miss", "yes", "outsiders", "no", "text", "再起動で直りました")
	if f := b.incident(id).Facts; f.Is(incident.FactNearMiss) || f.Get(incident.FactOutsiders) != incident.No {
		t.Errorf("recorded: %v", f)
	}
	if got := said(id); !strings.Contains(got, "再起動で直りました") || !strings.Contains(got, "ヒヤリハット") || strings.Contains(got, "お客様") {
		t.Errorf("told: %q", got)
	}
	own := b.report("佐藤", "メールサーバーの動きがおかしい")
	detail(own, "佐藤", "near_miss", "yes")
	if !b.incident(own).Facts.Is(incident.FactNearMiss) || said(own) != "" {
		t.Errorf("the lead's: %v, told %q", b.incident(own).Facts, said(own))
	}
}

func errorOf(f *chat.Form, name string) string {
	if f != nil {
		for _, i := range f.Inputs {
			if i.Name == name {
				return i.Error
			}
		}
	}
	return ""
}
