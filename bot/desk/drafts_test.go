package desk_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/workflows"
	"hikeshi/workflows/company"
	"hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// draftRules are three duties with a draft, and one that has none.
type draftRules struct{ twoRules }

func (r draftRules) Duties(f incident.Facts, aware, now time.Time) []incident.Duty {
	out := r.twoRules.Duties(f, aware, now)
	if f.Is(incident.FactRansomware) {
		out = append(out,
			incident.Duty{Rule: "ipa-virus", Owner: incident.SystemAdmin, Aware: aware, Target: "2026-11-30"},
			incident.Duty{Rule: "contract:みなと商事", Owner: incident.IncidentLead, Aware: aware, Due: "2026-11-24", Raw: "2026-11-24", DueAt: aware.Add(48 * time.Hour)},
		)
	}
	return out
}

func (r draftRules) Words(rule incident.Rule, at time.Time) (incident.RuleWords, bool) {
	words, ok := r.twoRules.Words(rule, at)
	switch rule {
	case "ppc-preliminary":
		words.Draft = "ppc-preliminary"
	case "ppc-individuals":
		words.Draft = "individuals"
	case "ipa-virus":
		words.Draft, words.Title, ok = "ipa-virus", incident.Words{JA: "IPAへの届出", EN: "Notification to IPA"}, true
	default:
		words.Draft, words.Title, ok = "contract", incident.Words{JA: "契約先への連絡", EN: "Word to the client"}, true
	}
	return words, ok
}

// withDrafts has the real drafts made, for a company whose profile says a little.
func (b *bench) withDrafts() *bench {
	return b.with(func(c *desk.Config) {
		c.Drafts = func(in *incident.Incident, records []incident.Record, k draft.Kind, lang string) draft.Draft {
			return draft.Of(k, in, records, draft.Options{
				Lang: lang, Say: func(key string, pairs ...string) string { return c.Texts.Say(lang, key, pairs...) },
				Name:    func(id incident.PersonID) string { return b.service.Name(in, id) },
				Company: company.Profile{Name: "見本商事", NameEN: "Mihon Trading", Address: "東京都見本区1-2-3"},
			})
		}
		c.Email = func(who chat.UserID) string {
			return map[chat.UserID]string{"slack:LEAD": "sato@example.co.jp", "slack:REPORTER": "yamamoto@example.co.jp", "slack:OUTSIDER": "watanabe@example.co.jp"}[who]
		}
	})
}

func theftWithDrafts(t *testing.T, lang string) (*bench, incident.ID) {
	t.Helper()
	b := newBench(t, lang).withDrafts()
	b.service.UseClocks(draftRules{})
	id := b.report("山本", "名簿を載せたノートPCを盗まれた", "kind", "theft", "personal_data", "yes")
	b.must(b.say("佐藤", "", "/incident take "+string(id)))
	b.do("佐藤", id, incident.SetFacts{Facts: incident.Facts{incident.FactRansomware: incident.Yes, incident.FactPersons: "1200"}})
	b.do("佐藤", id, incident.SetField{Field: incident.FieldScope, Value: "顧客名簿 1,200人分"})
	return b, id
}

func showDraftList(p desk.DraftsPage) string {
	var s strings.Builder
	fmt.Fprintf(&s, "# %s %s\n%s\n", p.ID, p.Title, p.Advice)
	for _, g := range p.Groups {
		fmt.Fprintf(&s, "## %s\n", g.Heading)
		for _, r := range g.Rows {
			fmt.Fprintf(&s, "- %s → %s\n    whom: %s\n    fields: %s\n", r.Name, r.Page, r.Whom, r.Tally)
			if r.Clock != "" {
				fmt.Fprintf(&s, "    clock: %s [%s] %s\n", r.Clock, r.Mark, strings.ReplaceAll(r.Until, "\n", "\n      "))
			}
			for _, f := range r.Files {
				fmt.Fprintf(&s, "    <%s → %s>\n", f.Label, f.Path)
			}
		}
	}
	return s.String()
}

func showDraftPage(p desk.DraftPage) string {
	var s strings.Builder
	fmt.Fprintf(&s, "# %s: %s\n%s\n", p.ID, p.Name, strings.Join(p.Banner, " / "))
	for _, h := range p.Hints {
		fmt.Fprintf(&s, "- %s: %s\n", h.Label, h.Value)
	}
	for _, c := range p.Clock {
		fmt.Fprintf(&s, "clock: [%s] %s\n", c.Mark, c.Text)
		writeButtons(&s, "    ", c.Buttons)
	}
	for _, n := range p.Notes {
		fmt.Fprintf(&s, "* %s\n", n)
	}
	for _, part := range p.Parts {
		fmt.Fprintf(&s, "## %s\n", part.Heading)
		for _, f := range part.Fields {
			fmt.Fprintf(&s, "%d. %s %s [%s] %s\n", f.Order, f.N, f.Heading, f.State, f.Ask)
			if f.Text != "" {
				fmt.Fprintf(&s, "    | %s\n", strings.ReplaceAll(f.Text, "\n", "\n    | "))
			}
		}
	}
	return s.String()
}

// The list and the copy pages, and what Slack is handed, in both languages.
func TestTheDraftsOfAnIncident(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			b, id := theftWithDrafts(t, lang)
			s := &tale{bench: b}
			list, err := b.desk.DraftList(ctx, b.user("佐藤"), string(id))
			if err != nil {
				t.Fatal(err)
			}
			s.heading("the list")
			s.tell(showDraftList(list))
			for _, k := range []draft.Kind{draft.PPCPreliminary, draft.IPAVirus, draft.Individuals} {
				page, err := b.desk.DraftCopy(ctx, b.user("佐藤"), string(id), string(k))
				if err != nil {
					t.Fatal(err)
				}
				s.heading("copy page: " + string(k))
				s.tell(showDraftPage(page))
			}
			s.reply("slack:LEAD", "the list", b.say("slack:LEAD", "", "/incident draft "+string(id)))
			s.reply("slack:LEAD", "a draft", b.press("slack:LEAD", chat.Action("draft|"+string(id)+"||ppc-preliminary")))
			s.reply("slack:LEAD", "a clock", b.press("slack:LEAD", chat.Action("clock|"+string(id)+"||ppc-preliminary")))
			golden(t, "drafts."+lang, s.out.String())
		})
	}
}

// What is copied is what stands there, in the order of the form, and what is not known is said
// in words beside it.
func TestACopyPageHasEveryFieldInItsOrder(t *testing.T) {
	b, id := theftWithDrafts(t, "ja")
	in := b.incident(id)
	records, err := b.service.Record(ctx, b.person("佐藤"), id, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range draft.Kinds {
		d := b.config.Drafts(in, records, k, "ja")
		page, err := b.desk.DraftCopy(ctx, b.user("佐藤"), string(id), string(k))
		if err != nil {
			t.Fatal(err)
		}
		var fields []desk.DraftField
		for _, p := range page.Parts {
			for _, f := range p.Fields {
				if f.N != "" {
					fields = append(fields, f)
				}
			}
		}
		want := d.Fields()
		if len(fields) != len(want) {
			t.Fatalf("%s: %d fields, want %d", k, len(fields), len(want))
		}
		for i, f := range fields {
			if f.Text != d.Copied(want[i]) || f.Heading != d.HeadingOf(want[i]) || f.Known != (want[i].State == draft.Known) || f.State == "" || f.Ask != want[i].Ask {
				t.Errorf("%s: field %d is %+v, want %+v", k, i+1, f, want[i])
			}
		}
	}
}

// Nobody sees drafts of an incident that he may not read whole: not the reporter, not a stranger,
// not who was left out.
func TestDraftsAreSeenByWhoMayReadTheIncident(t *testing.T) {
	b, id := theftWithDrafts(t, "ja")
	open := func(who chat.UserID) (errs []error) {
		_, err := b.desk.DraftList(ctx, who, string(id))
		errs = append(errs, err)
		_, err = b.desk.DraftCopy(ctx, who, string(id), "ppc-preliminary")
		errs = append(errs, err)
		for _, f := range desk.DraftFormats {
			_, err = b.desk.DraftFile(ctx, who, string(id), "ppc-preliminary", f)
			errs = append(errs, err)
		}
		return errs
	}
	for _, who := range []string{"佐藤", "鈴木", "小林"} {
		if err := errors.Join(open(b.user(who))...); err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
	for _, who := range []string{"山本", "渡辺", "web:nobody", ""} {
		user := chat.UserID("")
		if who != "" {
			user = b.user(who)
		}
		for i, err := range open(user) {
			if !errors.Is(err, workflows.ErrNotFound) {
				t.Errorf("%q gets page %d: %v", who, i, err)
			}
		}
	}
	for _, who := range []string{"slack:REPORTER", "slack:OUTSIDER", "slack:NOBODY", "山本", "渡辺"} {
		for _, arg := range []string{"", "ppc-preliminary"} {
			r := b.press(who, chat.Action("draft|"+string(id)+"||"+arg))
			if got := showReply(r); r.Document != nil || r.Page != "" || strings.Contains(got, "顧客名簿") || strings.Contains(got, "速報") {
				t.Errorf("%s is handed %v %s\n%s", who, r.Document != nil, r.Page, got)
			}
		}
	}
	b.do("佐藤", id, incident.Restrict{Exclude: []incident.PersonID{b.person("鈴木"), b.person("小林")}, Reason: "調べるため"})
	for _, who := range []string{"鈴木", "小林"} {
		for i, err := range open(b.user(who)) {
			if !errors.Is(err, workflows.ErrNotFound) {
				t.Errorf("%s, who is left out, gets page %d: %v", who, i, err)
			}
		}
	}
	for _, bad := range []struct{ kind, format string }{{"ppc", "docx"}, {"", "docx"}, {"ppc-preliminary", "pdf"}, {"ppc-preliminary", ""}, {"../report", "md"}} {
		if _, err := b.desk.DraftFile(ctx, b.user("佐藤"), string(id), bad.kind, bad.format); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("%+v: %v", bad, err)
		}
		if bad.kind == "ppc-preliminary" {
			continue
		}
		if _, err := b.desk.DraftCopy(ctx, b.user("佐藤"), string(id), bad.kind); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if logged := b.log.String(); !strings.Contains(logged, "a draft was handed out") || strings.Contains(logged, "名簿") {
		t.Errorf("the log says\n%s", logged)
	}
}

// In the web room the button opens the copy page; in a chat the draft comes as a file to the one
// who asked, wherever he asked.
func TestADraftIsHandedToTheOneWhoAsks(t *testing.T) {
	b, id := theftWithDrafts(t, "ja")
	channel := b.desk.Channel(id)
	page, list := desk.PathDraft(id, draft.PPCPreliminary), desk.PathDrafts(id)
	for what, c := range map[string]struct {
		r    chat.Reply
		page string
		file string
	}{
		"the button in the web room":         {b.press("佐藤", chat.Action("draft|"+string(id)+"||ppc-preliminary")), page, ""},
		"the list in the web room":           {b.press("佐藤", chat.Action("draft|"+string(id)+"||")), list, ""},
		"a word in the web room":             {b.say("佐藤", channel, "/incident 下書き"), list, ""},
		"a word with a number and a kind":    {b.say("佐藤", "", "/incident 下書き "+string(id)+" PPC-Preliminary"), page, ""},
		"a word with the name of the draft":  {b.say("佐藤", channel, "/下書き 個人情報保護委員会への報告（速報）"), page, ""},
		"the button in a chat":               {b.press("slack:LEAD", chat.Action("draft|"+string(id)+"||ppc-preliminary")), "", "INC-2026-0001-ppc-preliminary.docx"},
		"a word in the channel of a chat":    {b.say("slack:LEAD", channel, "/下書き police"), "", "INC-2026-0001-police.docx"},
		"the list in a chat brings no file":  {b.say("slack:LEAD", channel, "/下書き"), "", ""},
		"a kind that is none is an old card": {b.press("佐藤", chat.Action("draft|"+string(id)+"||ppc-nothing")), "", ""},
	} {
		if c.r.Page != c.page || (c.r.Document != nil) != (c.file != "") || c.r.Direct != (c.file != "") {
			t.Errorf("%s: page %q, file %v, direct %v\n%s", what, c.r.Page, c.r.Document != nil, c.r.Direct, showReply(c.r))
		}
		if c.r.Document != nil && (c.r.Document.Name != c.file || !bytes.HasPrefix(c.r.Document.Body, []byte("PK"))) {
			t.Errorf("%s: the file is %q, %d bytes", what, c.r.Document.Name, len(c.r.Document.Body))
		}
	}
	// A report that begins with the word is asked about, and never swallowed.
	for _, line := range []string{"/incident draft of the contract went to the wrong customer", "/incident 下書き を誤って送った"} {
		r := b.say("佐藤", "", line)
		if r.Page != "" || !strings.Contains(showReply(r), "報告") {
			t.Errorf("%q: %s\n%s", line, r.Page, showReply(r))
		}
	}
	// Only a clock that has a draft offers it, and no ended incident is hurried.
	card := showReply(b.press("佐藤", chat.Action("clock|"+string(id)+"||")))
	if strings.Count(card, "<下書き> <届出済みにする>") != 3 || strings.Count(card, "<届出済みにする>") != 4 {
		t.Errorf("the drafts stand on\n%s", card)
	}
	whole, err := b.desk.Incident(ctx, b.user("佐藤"), string(id))
	if err != nil || whole.Drafts == nil || whole.Drafts.Path != list {
		t.Errorf("the incident's page: %v %+v", err, whole.Drafts)
	}
}

func TestWithoutDraftsNothingIsOffered(t *testing.T) {
	b, id := theftWithClocks(t, "ja")
	if got := showReply(b.press("佐藤", chat.Action("clock|"+string(id)+"||"))); strings.Contains(got, "下書き") {
		t.Errorf("offered is\n%s", got)
	}
	page, err := b.desk.Incident(ctx, b.user("佐藤"), string(id))
	if err != nil || page.Drafts != nil {
		t.Errorf("%v %+v", err, page.Drafts)
	}
	if _, err := b.desk.DraftList(ctx, b.user("佐藤"), string(id)); !errors.Is(err, workflows.ErrNotFound) {
		t.Error(err)
	}
	if r := b.press("slack:LEAD", chat.Action("draft|"+string(id)+"||police")); r.Document != nil || r.Page != "" {
		t.Errorf("%s", showReply(r))
	}
}

// toTheEnd does all that has to be done before an incident is closed.
func (b *bench) toTheEnd(name string, id incident.ID) {
	b.t.Helper()
	b.do(name, id, incident.SetLevel{Level: incident.Level3})
	for b.incident(id).Phase != incident.FinalReport {
		b.settle(name, id)
		b.do(name, id, incident.Advance{From: b.incident(id).Phase})
	}
	for range 3 {
		for _, m := range b.incident(id).MissingForClose(b.service.InForce()) {
			switch m.What {
			case incident.MissingStep, incident.MissingFact:
				b.do(name, id, incident.Waive{Step: m.Ref, Reason: "当てはまらない"})
			case incident.MissingField:
				b.do(name, id, incident.SetField{Field: incident.Field(m.Ref), Value: "確認済み"})
			case incident.MissingActions:
				b.do(name, id, incident.SetPrevention{Text: "研修", Owner: b.person(name), Due: "2026-12-24"})
			case incident.MissingClock:
				b.do(name, id, incident.SettleClock{Rule: incident.Rule(m.Ref), How: incident.ClockFiled, On: "2026-11-22"})
			}
		}
	}
	b.do("田中", id, incident.Approve{Publication: incident.PublishNone})
}

// IPA takes what has become known since: whoever closes is asked about it once more, and may
// close all the same.
func TestIPAIsAskedAboutAgainBeforeClosing(t *testing.T) {
	for lang, want := range map[string][2]string{
		"ja": {"IPAへの届出：2026年11月22日（日）に届出済み", "IPAへの届出：届け出ていません（不要と判断：試験用の検体だった）"},
		"en": {"Notification to IPA: notified on 22 Nov 2026 (Sun)", "Notification to IPA: not notified (judged not needed: 試験用の検体だった)"},
	} {
		for i, settle := range []incident.SettleClock{
			{Rule: "ipa-virus", How: incident.ClockFiled, On: "2026-11-22"},
			{Rule: "ipa-virus", How: incident.ClockUnneeded, Reason: "試験用の検体だった"},
		} {
			b, id := theftWithDrafts(t, lang)
			b.do("佐藤", id, settle)
			if r := b.say("佐藤", "", "/incident close "+string(id)); r.Form != nil || r.Accepted {
				t.Fatalf("%s: what is still missing is not said first:\n%s", lang, showReply(r))
			}
			b.toTheEnd("佐藤", id)
			r := b.say("佐藤", "", "/incident close "+string(id))
			if r.Form == nil || r.Accepted {
				t.Fatalf("%s: closed without a question:\n%s", lang, showReply(r))
			}
			if got := showForm(r.Form); !strings.Contains(got, want[i]) {
				t.Errorf("%s: the form of closing says\n%s", lang, got)
			}
			if question := b.desk.ClosingQuestion(b.incident(id)); !strings.Contains(question, want[i]) || len([]rune(question)) > 300 {
				t.Errorf("%s: the button asks %q", lang, question)
			}
			b.must(b.send("佐藤", r.Form))
		}
	}
	b := newBench(t, "ja")
	id := b.report("山本", "画面が固まった")
	if r := b.say("佐藤", "", "/incident close "+string(id)); r.Form != nil {
		t.Errorf("asked for nothing:\n%s", showForm(r.Form))
	}
}
