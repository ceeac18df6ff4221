package desk_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	ical "github.com/emersion/go-ical"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// fourRules are twoRules with one in hours and one whose target is its last day.
type fourRules struct{ twoRules }

func (r fourRules) Duties(f incident.Facts, aware, now time.Time) []incident.Duty {
	all := r.twoRules.Duties(f, aware, now)
	hours := aware.Add(72 * time.Hour).UTC()
	day := aware.In(incident.Tokyo).AddDate(0, 0, 9)
	last := time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 59, 0, incident.Tokyo)
	return append(all,
		incident.Duty{Rule: "gdpr33", Owner: incident.PrivacyManager, Aware: aware, Due: hours.In(incident.Tokyo).Format(time.DateOnly), Raw: hours.In(incident.Tokyo).Format(time.DateOnly), DueAt: hours},
		incident.Duty{Rule: "pmark", Owner: incident.PrivacyManager, Aware: aware, Target: last.Format(time.DateOnly), Due: last.Format(time.DateOnly), Raw: last.Format(time.DateOnly), DueAt: last.UTC(), HolidayOpen: true},
	)
}

func (r fourRules) Words(rule incident.Rule, at time.Time) (incident.RuleWords, bool) {
	if title, ok := map[incident.Rule]incident.Words{"gdpr33": {JA: "GDPR; 監督機関, 33条", EN: "GDPR; authority, Art. 33"}, "pmark": {JA: "Pマーク", EN: "P mark"}}[rule]; ok {
		return incident.RuleWords{Title: title}, true
	}
	return r.twoRules.Words(rule, at)
}

// calendarFile makes a new address for somebody, and gives the last part of its path.
func (b *bench) calendarFile(name string) string {
	b.t.Helper()
	page, err := b.desk.Clocks(context.Background(), b.user(name))
	if err != nil {
		b.t.Fatal(err)
	}
	path, err := b.desk.MakeCalendar(context.Background(), b.user(name), page.Calendar.Ref)
	if err != nil {
		b.t.Fatal(err)
	}
	file, ok := strings.CutPrefix(path, desk.PathCalendars)
	if !ok {
		b.t.Fatal(path)
	}
	return file
}

// shownDate is an entry as a calendar program shows it.
type shownDate struct {
	Text, Begins, Status string
}

func (b *bench) readCalendar(file string) (*ical.Calendar, []shownDate) {
	b.t.Helper()
	f, err := b.desk.Calendar(context.Background(), file)
	if err != nil || f.Type != templates.ICSType {
		b.t.Fatalf("%s: %v", f.Type, err)
	}
	cal, err := ical.NewDecoder(bytes.NewReader(f.Body)).Decode()
	if err != nil {
		b.t.Fatal(err)
	}
	dates := []shownDate{}
	for _, e := range cal.Events() {
		text, err := e.Props.Text(ical.PropSummary)
		if err != nil {
			b.t.Fatal(err)
		}
		dates = append(dates, shownDate{text, e.Props.Get(ical.PropDateTimeStart).Value, e.Props.Get(ical.PropStatus).Value})
	}
	return cal, dates
}

func TestACalendarHasTheDaysOfTheOpenClocks(t *testing.T) {
	for lang, want := range map[string][]shownDate{
		"ja": {
			{"目安【暫定】：委員会への速報（INC-2026-0001）", "20261124", "TENTATIVE"}, {"期限【暫定】：委員会への速報（INC-2026-0001）", "20261126", "TENTATIVE"},
			{"期限：GDPR; 監督機関, 33条（INC-2026-0001）", "20261124T170000Z", "CONFIRMED"}, {"期限：Pマーク（INC-2026-0001）", "20261201", "CONFIRMED"},
		},
		"en": {
			{"Aim for [provisional]: First report (INC-2026-0001)", "20261124", "TENTATIVE"}, {"Due [provisional]: First report (INC-2026-0001)", "20261126", "TENTATIVE"},
			{"Due: GDPR; authority, Art. 33 (INC-2026-0001)", "20261124T170000Z", "CONFIRMED"}, {"Due: P mark (INC-2026-0001)", "20261201", "CONFIRMED"},
		},
	} {
		b, id := theftWithClocks(t, lang)
		b.service.UseClocks(fourRules{})
		if err := b.service.Redraw(t.Context()); err != nil {
			t.Fatal(err)
		}
		file := b.calendarFile("佐藤")
		cal, got := b.readCalendar(file)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got  %q\nwant %q", lang, got, want)
		}
		f, err := b.desk.Calendar(t.Context(), file)
		if err != nil || f.User != b.user("佐藤") {
			t.Fatal(f.User, err)
		}
		// What somebody typed, who is in charge and what is known stay out of it.
		for _, s := range []string{"名簿", "ノートPC", "盗", "佐藤", "山本", "鈴木", "個人情報保護法", "VALARM", "ATTENDEE", "ORGANIZER", "http"} {
			if strings.Contains(strings.ReplaceAll(string(f.Body), "\r\n ", ""), s) {
				t.Errorf("%s: %q stands in the calendar", lang, s)
			}
		}
		name, err := cal.Props.Text("X-WR-CALNAME")
		if practice := strings.ContainsAny(name, "訓練") || strings.Contains(name, "Practice"); err != nil || name == "" || practice {
			t.Errorf("%s: called %q, %v", lang, name, err)
		}
		seen := map[string]bool{}
		in := b.incident(id)
		for i, e := range cal.Events() {
			uid := e.Props.Get(ical.PropUID).Value
			if seen[uid] || strings.Contains(uid, "INC") || !strings.HasSuffix(uid, "@hikeshi") {
				t.Errorf("UID %s", uid)
			}
			seen[uid] = true
			note, err := e.Props.Text(ical.PropDescription)
			if err != nil || !strings.Contains(note, map[string]string{"ja": "法律上の助言ではありません", "en": "not legal advice"}[lang]) || strings.Contains(note, map[string]string{"ja": "祝日がまだ", "en": "holidays"}[lang]) != (i == 3) {
				t.Errorf("%s: entry %d says %q, %v", lang, i, note, err)
			}
			if seq := e.Props.Get(ical.PropSequence).Value; seq == "0" || seq == "" {
				t.Errorf("sequence %q at entry %d of the record", seq, in.Seq)
			}
		}
	}
}

// What changes keeps its name and gets a higher number; what is settled goes, and comes back.
func TestACalendarFollowsTheClocks(t *testing.T) {
	b, id := theftWithClocks(t, "ja")
	file := b.calendarFile("佐藤")
	cal, first := b.readCalendar(file)
	if len(first) != 2 {
		t.Fatal(first)
	}
	entry := func(c *ical.Calendar, i int) (uid, sequence, changed string) {
		p := c.Events()[i].Props
		return p.Get(ical.PropUID).Value, p.Get(ical.PropSequence).Value, p.Get(ical.PropLastModified).Value
	}
	uid, sequence, changed := entry(cal, 1)
	b.clock.move(time.Hour)
	again, _ := b.readCalendar(file)
	if u, s, c := entry(again, 1); u != uid || s != sequence || c != changed {
		t.Errorf("nothing has changed, and there is %s %s %s for %s %s %s", u, s, c, uid, sequence, changed)
	}
	b.must(b.send("佐藤", b.say("佐藤", "", "/incident fact "+string(id)).Form, "personal_data", "yes"))
	sure, dates := b.readCalendar(file)
	if dates[1] != (shownDate{"期限：委員会への速報（INC-2026-0001）", "20261126", "CONFIRMED"}) {
		t.Errorf("an answer makes it %+v", dates[1])
	}
	if u, s, c := entry(sure, 1); u != uid || s != "20" || c != "20261121T180000Z" {
		t.Errorf("changed: %s %s %s after %s %s %s", u, s, c, uid, sequence, changed)
	}
	open := func(form string) *chat.Form {
		t.Helper()
		return b.press("佐藤", chat.Action("form|"+string(id)+"||"+form+".ppc-preliminary")).Form
	}
	b.must(b.send("佐藤", open("filed"), "receipt", "R8-1"))
	if cal, dates := b.readCalendar(file); len(dates) != 0 || len(cal.Children) == 0 {
		t.Errorf("filed, and there is %v", dates)
	}
	whole := b.press("佐藤", chat.Action("clock|"+string(id)+"||ppc-preliminary")).Cards[0]
	b.must(b.press("佐藤", b.button(whole, "取り消す").Action))
	back, dates := b.readCalendar(file)
	if len(dates) != 2 {
		t.Fatalf("taken back, and there is %v", dates)
	}
	if u, _, _ := entry(back, 1); u != uid {
		t.Error("it has another name after it was taken back")
	}
	b.must(b.send("佐藤", b.say("佐藤", "", "/incident dismiss "+string(id)).Form, "reason", "誤報"))
	if _, dates := b.readCalendar(file); len(dates) != 0 {
		t.Errorf("dismissed, and there is %v", dates)
	}
}

func TestACalendarIsForWhoMayReadTheIncident(t *testing.T) {
	b, id := theftWithClocks(t, "ja")
	ctx := context.Background()
	files := map[string]string{}
	for name, want := range map[string]int{"佐藤": 2, "鈴木": 2, "高橋": 2, "山本": 0, "渡辺": 0} {
		files[name] = b.calendarFile(name)
		if _, dates := b.readCalendar(files[name]); len(dates) != want {
			t.Errorf("%s has %v", name, dates)
		}
	}
	b.must(b.send("田中", b.say("田中", "", "/incident restrict "+string(id)).Form, "exclude", string(b.person("鈴木")), "reason", "関係者のため"))
	for name, want := range map[string]int{"佐藤": 2, "鈴木": 0} {
		if _, dates := b.readCalendar(files[name]); len(dates) != want {
			t.Errorf("restricted: %s has %v", name, dates)
		}
	}
	refused := func(what, file string) {
		t.Helper()
		if f, err := b.desk.Calendar(ctx, file); !errors.Is(err, desk.ErrCalendarUnknown) || f.Body != nil || f.User != "" {
			t.Errorf("%s: %v, %d bytes", what, err, len(f.Body))
		}
	}
	refused("no file", strings.TrimSuffix(files["佐藤"], ".ics"))
	refused("two endings", files["佐藤"]+".ics")
	refused("no token", ".ics")
	refused("a case of its own", strings.TrimSuffix(files["佐藤"], ".ics")+".ICS")
	old := files["佐藤"]
	if again, err := b.desk.MakeCalendar(ctx, b.user("佐藤"), ""); !errors.Is(err, desk.ErrCalendarOther) || again != "" {
		t.Errorf("the press of the first page again: %q %v", again, err)
	}
	files["佐藤"] = b.calendarFile("佐藤")
	refused("replaced", old)
	if _, dates := b.readCalendar(files["佐藤"]); len(dates) != 2 {
		t.Errorf("the new one has %v", dates)
	}
	if err := b.desk.EndCalendar(ctx, b.user("高橋")); err != nil {
		t.Fatal(err)
	}
	refused("taken back", files["高橋"])
	// While the database does not answer, a program keeps what it has.
	b.store.down = true
	if f, err := b.desk.Calendar(ctx, files["佐藤"]); err == nil || errors.Is(err, desk.ErrCalendarUnknown) || f.Body != nil {
		t.Errorf("without the database: %v, %d bytes", err, len(f.Body))
	}
	b.store.down = false
	list, _, err := b.store.Contacts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if list[i].Name == "佐藤 美咲" {
			list[i].Active = false
		}
	}
	if err := b.store.ReplaceContacts(ctx, list); err != nil {
		t.Fatal(err)
	}
	refused("somebody who is switched off", files["佐藤"])
	list = slices.DeleteFunc(list, func(c contact.Person) bool { return c.Name == "鈴木 健太" })
	if err := b.store.ReplaceContacts(ctx, list); err != nil {
		t.Fatal(err)
	}
	refused("somebody who has left", files["鈴木"])
	for _, who := range []chat.UserID{"web:nobody", b.user("渡辺") + "x", "slack:U1"} {
		if path, err := b.desk.MakeCalendar(ctx, who, ""); !errors.Is(err, workflows.ErrNotFound) || path != "" {
			t.Errorf("%s makes %q, %v", who, path, err)
		}
		if err := b.desk.EndCalendar(ctx, who); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("%s: %v", who, err)
		}
	}
	for _, file := range files {
		if strings.Contains(b.log.String(), strings.TrimSuffix(file, ".ics")) {
			t.Error("an address is in the log")
		}
	}
}

// In practice everything says so: the calendar, and each of its entries.
func TestAPracticeCalendarSaysSo(t *testing.T) {
	for lang, word := range map[string]string{"ja": "訓練", "en": "Practice"} {
		b := newBench(t, lang)
		book, err := templates.LoadProcedures(nil)
		if err != nil {
			t.Fatal(err)
		}
		if b.service, err = workflows.New(t.Context(), workflows.Options{Store: b.store, Clock: b.clock, Book: book, Practice: true}); err != nil {
			t.Fatal(err)
		}
		b.service.UseClocks(twoRules{})
		b.with(func(c *desk.Config) { c.Service = b.service })
		if out, err := b.service.Do(t.Context(), workflows.Command{Key: "k", By: incident.Actor{ID: b.person("佐藤"), Name: "佐藤"}, Source: incident.FromPerson, Do: incident.Report{Text: "盗まれた"}}); err != nil || out.Refusal != nil {
			t.Fatal(err, out.Refusal)
		}
		cal, dates := b.readCalendar(b.calendarFile("佐藤"))
		name, err := cal.Props.Text("X-WR-CALNAME")
		if err != nil || !strings.Contains(name, word) || len(dates) == 0 {
			t.Errorf("%s: %q, %v, %v", lang, name, dates, err)
		}
		for _, d := range dates {
			if !strings.Contains(d.Text, word) || !strings.Contains(d.Text, "TRN-2026-0001") {
				t.Errorf("%s: %q", lang, d.Text)
			}
		}
	}
}

// 期限 tells that there are calendars where people reach the page that makes one, and never an
// address: what stands in a chat stays there.
func TestTheWordForClocksMentionsTheCalendar(t *testing.T) {
	b, _ := theftWithClocks(t, "ja")
	file := b.calendarFile("佐藤")
	const mention = "カレンダーにも登録できます"
	for _, c := range []struct {
		who   string
		pages bool
		want  bool
	}{{"佐藤", false, true}, {"渡辺", false, true}, {"slack:" + "U-sato", true, true}, {"slack:U-sato", false, false}} {
		b.with(func(d *desk.Config) {
			d.AnswerLinks = c.pages
			d.Email = func(chat.UserID) string { p, _ := b.service.Contacts().Person(b.person("佐藤")); return p.Email }
		})
		got := showReply(b.say(c.who, "", "/incident 期限"))
		if strings.Contains(got, mention) != c.want {
			t.Errorf("%+v is told\n%s", c, got)
		}
		if strings.Contains(got, strings.TrimSuffix(file, ".ics")) || strings.Contains(got, desk.PathCalendars) {
			t.Error("an address is in a chat")
		}
	}
	page, err := b.desk.Clocks(context.Background(), b.user("佐藤"))
	if err != nil || page.Calendar.Ref == "" || !strings.Contains(page.Calendar.Made, "02:00") || strings.Contains(file, page.Calendar.Ref) {
		t.Errorf("%+v %v", page.Calendar, err)
	}
}
