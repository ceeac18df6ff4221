package mail_test

import (
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hikeshi/bot/chat"
	"hikeshi/bot/mail/mailtest"
)

// cases are the mails whose look is kept, by the name of their file.
func cases() map[string]func(*chat.Delivery) {
	call := func(f func(*chat.Call)) func(*chat.Delivery) {
		return func(d *chat.Delivery) { f(d.Call) }
	}
	return map[string]func(*chat.Delivery){
		"page":          call(func(*chat.Call) {}),
		"page_nothing":  call(func(c *chat.Call) { c.Level, c.Phones = "", nil }),
		"page_no_link":  call(func(c *chat.Call) { c.Answer, c.AnswerPage, c.Unsure = "", "", false }),
		"page_alone":    call(func(c *chat.Call) { c.Answer, c.AnswerPage, c.Phones = "", "", nil }),
		"page_avoid":    call(func(c *chat.Call) { c.Avoid = "Slack" }),
		"page_by_phone": call(func(c *chat.Call) { c.Avoid, c.Answer, c.AnswerPage = "Slack", "", "" }),
		"page_practice": call(func(c *chat.Call) { c.Practice, c.Incident, c.Level = true, "TRN-2026-0001", "3" }),
		"page_again": func(d *chat.Delivery) {
			d.Call.Again, d.Call.More, d.Again, d.Call.Practice = true, 2, true, true
		},
		"card":      func(d *chat.Delivery) { d.Call, d.Urgent, d.Card = nil, false, aCard() },
		"card_bare": func(d *chat.Delivery) { d.Call, d.Card = nil, chat.Card{Blocks: []chat.Block{{Text: "本文だけ"}}} },
	}
}

// Every mail, in both languages, as its reader gets it: the headers that a reader goes by, the
// plain part and the HTML part.
func TestMailsSayWhatTheyAreToSay(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		s := mailtest.Start(t)
		c := config(t, s)
		c.Lang = lang
		m := newMail(t, c)
		n := 0
		for name, change := range cases() {
			d := page(aCall())
			d.Call.Lang = lang
			change(&d)
			if lang == "en" && d.Call != nil {
				for i := range d.Call.Phones {
					d.Call.Phones[i].Role = "Incident Lead"
				}
			}
			if _, err := m.Send(t.Context(), d); err != nil {
				t.Fatal(name, err)
			}
			n++
			got := s.Await(n, 5*time.Second)[n-1]
			golden(t, filepath.Join("testdata", name+"."+lang+".txt"), shown(got))
			if dir := os.Getenv("HIKESHI_SHOTS"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, name+"."+lang+".html"), []byte(got.HTML), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// shown is a mail as its golden file holds it.
func shown(m mailtest.Message) string {
	var out strings.Builder
	for _, field := range []string{"From", "To", "Date", "Auto-Submitted", "X-Auto-Response-Suppress", "Importance", "Priority", "X-Priority", "Message-Id", "In-Reply-To", "References"} {
		if v := m.Header.Get(field); v != "" {
			fmt.Fprintf(&out, "%s: %s\n", field, v)
		}
	}
	fmt.Fprintf(&out, "Subject (decoded): %s\n\n%s\n\n%s", m.Subject, m.Text, m.HTML)
	return out.String()
}

// One mail per try is one mail for its reader, and all of an incident stand together.
func TestMailsAreRecognised(t *testing.T) {
	s := mailtest.Start(t)
	m := newMail(t, config(t, s))
	first, again, other, joined := page(aCall()), page(aCall()), page(aCall()), page(aCall())
	again.Again = true
	other.Key = "page:INC-2026-0001:4:p-00000001:mail"
	joined.Call.More = 1
	card := page(aCall())
	card.Call, card.Card, card.Key = nil, aCard(), "head:INC-2026-0001"
	elsewhere := page(aCall())
	elsewhere.Key, elsewhere.About, elsewhere.Call.Incident = "page:INC-2026-0002:3:p-00000001:mail", "INC-2026-0002", "INC-2026-0002"
	var ids []string
	for i, d := range []chat.Delivery{first, again, other, joined, card, elsewhere} {
		id, err := m.Send(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		got := s.Messages()[i]
		if got.Header.Get("Message-Id") != "<"+string(id)+">" || strings.Contains(string(id), "p-0") {
			t.Errorf("%s was sent as %s", id, got.Header.Get("Message-Id"))
		}
		if got.Header.Get("References") == "" || got.Header.Get("References") != got.Header.Get("In-Reply-To") {
			t.Errorf("%q, %q", got.Header.Get("References"), got.Header.Get("In-Reply-To"))
		}
		ids = append(ids, string(id))
	}
	if ids[0] != ids[1] {
		t.Error("a repeat is another mail to its reader")
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(ids))); len(distinct) != 5 {
		t.Errorf("%d different mails, want 5: %q", len(distinct), ids)
	}
	got := s.Messages()
	if of := got[0].Header.Get("References"); of != got[4].Header.Get("References") || of == got[5].Header.Get("References") {
		t.Error("what belongs together and what does not:", of, got[4].Header.Get("References"), got[5].Header.Get("References"))
	}
	if !strings.Contains(got[1].Subject, "再送") || strings.Contains(got[0].Subject, "再送") {
		t.Errorf("%q, %q", got[0].Subject, got[1].Subject)
	}
}

// Whatever a card tells, nothing of it is in the mail of a page.
func TestAPageTellsNothingButTheCall(t *testing.T) {
	s := mailtest.Start(t)
	m := newMail(t, config(t, s))
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		var secrets []string
		secret := func() string {
			w := "秘密" + rapid.StringMatching(`[a-z]{12}`).Draw(r, "word")
			secrets = append(secrets, w)
			return w
		}
		d := page(aCall())
		d.Again, d.Call.Again, d.Call.More = rapid.Bool().Draw(r, "again"), rapid.Bool().Draw(r, "called"), rapid.IntRange(0, 3).Draw(r, "more")
		d.Call.Text = secret() // is for being read out
		d.Card = chat.Card{
			Key: secret(), Mark: secret(), Title: secret(), Whole: chat.Action(secret()),
			Blocks: []chat.Block{{Heading: secret(), Text: secret()}, {Fields: []chat.Pair{{Label: secret(), Value: secret()}}},
				{Items: []chat.Item{{Mark: secret(), Text: secret(), Small: secret(), Buttons: []chat.Button{{Label: secret(), Page: "/" + secret()}}}}}},
			Buttons: []chat.Button{{Label: secret(), Page: "/" + secret(), Confirm: secret(), Action: chat.Action(secret())}},
		}
		d.Document = &chat.Document{Name: secret(), Type: "text/plain", Body: []byte(secret())}
		if _, err := m.Send(t.Context(), d); err != nil {
			r.Fatal(err)
		}
		n++
		got := s.Messages()[n-1]
		for _, w := range secrets {
			if strings.Contains(got.Subject+got.Text+got.HTML+string(got.Raw), w) || strings.Contains(fmt.Sprint(got.Header), w) {
				r.Errorf("the mail of a page holds %q", w)
			}
		}
		if !strings.Contains(got.Subject, "INC-2026-0001") || !strings.Contains(got.Text, "090-0000-0002") || !strings.Contains(got.Text, public+"/answer/t0ken") {
			r.Errorf("the mail does not say what it is for:\n%s\n%s", got.Subject, got.Text)
		}
	})
}

// Without an address of the web pages a mail has no links at all.
func TestWithoutAPublicAddressThereAreNoLinks(t *testing.T) {
	s := mailtest.Start(t)
	c := config(t, s)
	c.PublicURL = ""
	m := newMail(t, c)
	card := page(aCall())
	card.Call, card.Card = nil, aCard()
	for i, d := range []chat.Delivery{page(aCall()), card} {
		if _, err := m.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		got := s.Messages()[i]
		if all := got.Text + got.HTML; strings.Contains(all, "http") || strings.Contains(all, "t0ken") || strings.Contains(got.HTML, "evil") {
			t.Errorf("there is a link:\n%s", all)
		}
	}
}

// A mail loads nothing and runs nothing, whatever stands in it.
func TestHTMLLoadsAndRunsNothing(t *testing.T) {
	s := mailtest.Start(t)
	m := newMail(t, config(t, s))
	card := page(aCall())
	card.Call, card.Card = nil, aCard()
	for i, d := range []chat.Delivery{page(aCall()), card} {
		if _, err := m.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		html := s.Messages()[i].HTML
		for _, never := range []string{"<img", "<script", "<link", "<style", "src=", "url(", "@import", "javascript:", "onload", "evil.example", "ZgotmplZ"} {
			if strings.Contains(html, never) {
				t.Errorf("the HTML holds %q", never)
			}
		}
	}
}

// What goes into headers is typed by people: nothing of it makes a header of its own, another
// receiver or another mail.
func FuzzNothingIsInjectedIntoAMail(f *testing.F) {
	f.Add("題\r\nBcc: evil@example.com", "INC\r\n\r\nbody", "key\r\n.\r\n", "名\r\nX: y")
	f.Add("=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5jb20=?=", "\x00\x1b[31m", "\xff\xfe", "\u202egpj.exe")
	f.Add(strings.Repeat("長い題", 400), strings.Repeat("x", 2000), "a b\tc", "\n.\n")
	f.Add(strings.Repeat("x", 300)+" \r\n y", " \r\n ", "", "")
	s := mailtest.Start(f, mailtest.NoAuth, mailtest.NoTLS)
	c := config(f, s)
	c.URL = s.URL()
	m := newMail(f, c)
	f.Fuzz(func(t *testing.T, title, id, key, name string) {
		card := chat.Delivery{Key: key, To: chat.Target{User: sato}, About: id, Card: chat.Card{Mark: name, Title: title, Blocks: []chat.Block{{Heading: id, Text: key + "\n" + title}}}}
		call := page(chat.Call{Incident: id, Level: key, Lang: "ja", Phones: []chat.Phone{{Name: name, Role: title, Number: key}}, Avoid: name})
		call.Key = key
		for _, d := range []chat.Delivery{card, call} {
			s.Forget()
			if _, err := m.Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			got := s.Messages()
			if len(got) != 1 {
				t.Fatalf("%d mails instead of one", len(got))
			}
			last := got[0]
			if !slices.Equal(last.To, []string{"sato@example.co.jp"}) || last.From != from {
				t.Errorf("from %q to %q", last.From, last.To)
			}
			for field := range last.Header {
				if !slices.Contains(fields, field) {
					t.Errorf("there is a header %q", field)
				}
			}
			if to, err := mail.ParseAddressList(last.Header.Get("To")); err != nil || len(to) != 1 {
				t.Errorf("To is %q: %v", last.Header.Get("To"), err)
			}
			if strings.ContainsFunc(last.Subject, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u202e' }) || last.Subject == "" {
				t.Errorf("the subject is %q", last.Subject)
			}
		}
	})
}

// fields are the only ones that a mail has.
var fields = []string{
	"From", "To", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Mime-Version", "Content-Type",
	"Auto-Submitted", "X-Auto-Response-Suppress", "Importance", "Priority", "X-Priority",
}
