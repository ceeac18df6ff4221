package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// newCalls is a bench at which mail and phone reach everybody, and cards go to Slack.
func newCalls(t *testing.T, lang string) *bench {
	t.Helper()
	b := newBench(t, lang)
	book, err := templates.LoadProcedures(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.service, err = workflows.New(ctx, workflows.Options{
		Store: b.store, Clock: b.clock, Book: book, Reaches: func(contact.Person, incident.Means) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.with(func(c *desk.Config) { c.Service, c.Platforms, c.AnswerLinks = b.service, []string{"slack"}, true })
}

// arrive has every message that is due arrive, but those of some means.
func (b *bench) arrive(but ...incident.Means) {
	b.t.Helper()
	list, err := b.service.ClaimMessages(ctx, "test", time.Minute, 1000, false)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range list {
		res := workflows.Sent{OK: true, At: b.service.Now(), Frontend: "test", Message: fmt.Sprint(m.ID)}
		if slices.Contains(but, m.By()) {
			res = workflows.Sent{At: b.service.Now(), Error: "refused", Retry: b.service.Now().Add(time.Hour)}
		}
		if err := b.service.FinishMessage(ctx, m, "test", res); err != nil {
			b.t.Fatal(err)
		}
	}
}

// called is the last page to a person by a means.
func (b *bench) called(id incident.ID, name string, by incident.Means) workflows.Message {
	b.t.Helper()
	list, err := b.store.Messages(ctx, workflows.MessageQuery{Incident: id, All: true})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range slices.Backward(list) {
		if m.Kind == incident.NoticePage && m.To == b.person(name) && m.By() == by {
			return m
		}
	}
	b.t.Fatalf("%s was not called by %s", name, by)
	return workflows.Message{}
}

// rounds lets the waits run out until the clock is that much on.
func (b *bench) rounds(d time.Duration) {
	b.t.Helper()
	b.clock.move(d)
	for {
		list, err := b.service.Claim(ctx, "test", time.Minute, 100)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, t := range list {
			if err := b.service.Fire(ctx, t); err != nil {
				b.t.Fatal(err)
			}
		}
		if list == nil {
			return
		}
	}
}

func (b *bench) call(m ...workflows.Message) chat.Call {
	b.t.Helper()
	c, err := b.desk.Call(ctx, m...)
	if err != nil {
		b.t.Fatal(err)
	}
	return *c
}

func showCall(c chat.Call) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", c.Text)
	fmt.Fprintf(&out, "  %s +%d, level %q unsure %v, again %v, practice %v, avoid %q, down %q, %s\n", c.Incident, c.More, c.Level, c.Unsure, c.Again, c.Practice, c.Avoid, c.Down, c.Lang)
	for _, p := range c.Phones {
		fmt.Fprintf(&out, "  %s %s %s\n", p.Role, p.Name, p.Number)
	}
	if c.Answer != "" {
		fmt.Fprintf(&out, "  answer until %s\n", c.Expires.In(incident.Tokyo).Format(time.DateTime))
	}
	return out.String()
}

// The golden texts of what is said by mail and phone. Others can hear them.
func TestWhatACallSays(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			b := newCalls(t, lang)
			var out strings.Builder
			show := func(what string, c chat.Call) {
				fmt.Fprintf(&out, "== %s\n%s", what, showCall(c))
				for _, secret := range []string{"顧客", "名簿", "山本", "営業"} {
					if strings.Contains(fmt.Sprintf("%+v", c), secret) {
						t.Errorf("%s tells %q: %+v", what, secret, c)
					}
				}
				if (c.Answer == "") != (c.AnswerPage == "") || c.Answer != "" && c.AnswerPage != desk.PathAnswer(c.Answer) {
					t.Errorf("%s is answered by %q on %q", what, c.Answer, c.AnswerPage)
				}
			}
			id := b.report("山本", "顧客名簿の入ったPCを盗まれた", "kind", "theft", "personal_data", "yes")
			show("first, to the lead", b.call(b.called(id, "佐藤", incident.ByMail)))
			show("first, to the system administrator", b.call(b.called(id, "鈴木", incident.ByMail)))
			b.arrive()
			b.rounds(5*time.Minute + time.Second)
			show("nobody has answered: by phone", b.call(b.called(id, "佐藤", incident.ByPhone)))

			other := b.report("山本", "顧客名簿の画面が固まった")
			mail := b.called(other, "佐藤", incident.ByMail)
			b.arrive(incident.ByChat)
			if err := b.service.MeansFailed(ctx, b.called(other, "佐藤", incident.ByChat), incident.TroubleRefused); err != nil {
				t.Fatal(err)
			}
			show("two at once, Slack does not get through", b.call(mail, b.called(id, "佐藤", incident.ByMail)))
			b.must(b.press("佐藤", chat.Action("take|"+string(other)+"||")))
			show("somebody leads", b.call(b.called(other, "鈴木", incident.ByMail)))
			b.with(func(c *desk.Config) { c.AnswerLinks = false })
			show("without an address of the web pages", b.call(b.called(id, "佐藤", incident.ByPhone)))
			golden(t, "calls."+lang, out.String())
		})
	}
}

// Who has answered, or need not answer any more, is not called any more by mail or phone.
func TestACallThatIsSettledIsNotMade(t *testing.T) {
	for name, settle := range map[string]func(b *bench, id incident.ID){
		"taken":    func(b *bench, id incident.ID) { b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||"))) },
		"declined": func(b *bench, id incident.ID) { b.must(b.press("佐藤", chat.Action("decline|"+string(id)+"||"))) },
		"ended": func(b *bench, id incident.ID) {
			b.must(b.press("佐藤", chat.Action("take|"+string(id)+"||")))
			b.must(b.say("佐藤", "", "/incident 非該当 "+string(id)+" 間違いでした"))
		},
		"left out": func(b *bench, id incident.ID) {
			b.must(b.press("田中", chat.Action("take|"+string(id)+"||")))
			b.must(b.send("田中", b.say("田中", "", "/incident 限定 "+string(id)).Form, "exclude", string(b.person("佐藤")), "reason", "関係者のため"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newCalls(t, "ja")
			id := b.report("山本", "画面が固まった")
			m := b.called(id, "佐藤", incident.ByMail)
			if _, err := b.desk.Call(ctx, m); err != nil {
				t.Fatal(err)
			}
			settle(b, id)
			if c, err := b.desk.Call(ctx, m); !errors.Is(err, workflows.ErrSettled) {
				t.Errorf("%+v %v", c, err)
			}
			// Another call to him that went out with it goes out alone.
			open := b.report("山本", "ファイルが開けない")
			c := b.call(m, b.called(open, "佐藤", incident.ByMail))
			if c.Incident != string(open) || c.More != 0 {
				t.Errorf("%+v", c)
			}
		})
	}
}
