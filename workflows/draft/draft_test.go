package draft_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hikeshi/templates"
	"hikeshi/workflows/company"
	"hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("HIKESHI_UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); HIKESHI_UPDATE_GOLDEN=1 writes it anew:\n%s", path, diff)
	}
}

func docxText(t *testing.T, b []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x := must[[]byte](t)(io.ReadAll(f))
	text := regexp.MustCompile(`</w:p>|<w:br/>`).ReplaceAllString(string(x), "\n")
	text = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text, "")
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "&#34;", `"`, "&#39;", "'").Replace(text)
}

// The golden drafts of the full case, as Markdown; the Word file of each says the same.
func TestGoldenDraftsOfTheFullCase(t *testing.T) {
	a := ransomware(t)
	for _, lang := range templates.Languages {
		for _, k := range draft.Kinds {
			if lang == "en" && k != draft.PPCPreliminary && k != draft.Customers {
				continue
			}
			t.Run(lang+" "+string(k), func(t *testing.T) {
				d := a.draft(k, options(t, lang))
				golden(t, string(k)+"."+lang+".md", templates.Markdown(d.Document()))
				word := docxText(t, must[[]byte](t)(templates.Docx(d.Document(), a.now)))
				at := 0
				for _, f := range d.Fields() {
					for _, text := range append(strings.Split(f.Text(d.Say), "\n"), "") {
						if !strings.Contains(word, text) {
							t.Errorf("%s: the Word file lacks %q", f.Key, text)
						}
					}
					next := strings.Index(word[at:], f.Heading)
					if next < 0 {
						t.Fatalf("%s is missing in the Word file, or out of order", f.Heading)
					}
					at += next
				}
			})
		}
	}
	golden(t, "ppc-preliminary.ja.txt", templates.DraftCopy(a.draft(draft.PPCPreliminary, options(t, "ja"))))
	golden(t, "customers.en.txt", templates.DraftCopy(a.draft(draft.Customers, options(t, "en"))))
}

// The fields of the web form of the 個人情報保護委員会, in its order, are all there.
func TestPPCFormIsInItsOrder(t *testing.T) {
	d := ransomware(t).draft(draft.PPCFinal, options(t, "ja"))
	var got []string
	for _, p := range d.Parts {
		got = append(got, p.Heading)
		for _, f := range p.Fields {
			got = append(got, "  "+f.Heading)
		}
	}
	want := []string{
		"はじめの質問", "  マイナンバーを含むか", "  組織の種類", "  権限委任業種か",
		"報告種別", "  新規・続報", "  前回の報告日・受付番号", "  速報・確報",
		"報告者", "  名称", "  法人番号", "  業種", "  住所", "  代表者の氏名",
		"  事務連絡者：所属", "  事務連絡者：氏名", "  事務連絡者：電話番号", "  事務連絡者：メールアドレス",
		"1 概要", "  発生日", "  発覚日", "  発生事案", "  発見者", "  施行規則7条各号該当性", "  委託元・委託先", "  事実経過",
		"2 漏えい等が発生し、又は発生したおそれがある個人データの項目", "  媒体", "  種類", "  項目", "  項目の詳細",
		"3 本人の数", "  本人の数", "  未確定のときの概数・最大数",
		"4 原因", "  原因の主体", "  原因の区分", "  原因の詳細", "  攻撃を受けた箇所（不正アクセスの場合）", "  攻撃の手法",
		"5 二次被害又はそのおそれの有無及びその内容", "  二次被害の有無", "  二次被害の内容",
		"6 本人への対応の実施状況", "  本人への対応の状況", "  本人への対応の詳細",
		"7 公表の実施状況", "  公表の状況", "  公表の方法", "  公表文",
		"8 再発防止のための措置", "  実施済みの措置", "  今後実施予定の措置と完了時期",
		"9 その他参考となる事項", "  警察・他機関への届出など",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What the answers tick in the form, case by case.
func TestBoxesFollowTheAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		facts map[incident.FactKey]incident.Answer
		kind  incident.Kind
		field string
		in    draft.Kind
		want  string
		state draft.State
	}{
		"nothing known, My Number": {field: "route_my_number", want: "はい", state: draft.Unknown},
		"no My Number":             {facts: map[incident.FactKey]incident.Answer{"my_number": "no"}, field: "route_my_number", want: "いいえ", state: draft.Known},
		"nothing known":            {field: "article7", want: "1号（要配慮個人情報）? 2号（財産的被害のおそれ）? 3号（不正の目的のおそれ）? 4号（1,000人を超える）?", state: draft.Unknown},
		"1,000 persons": {
			facts: map[incident.FactKey]incident.Answer{"persons": "1000", "special_care": "no", "financial_damage": "no", "cards": "no", "wrongful_purpose": "no"},
			field: "article7", want: "", state: draft.ToFill,
		},
		"1,001 persons": {
			facts: map[incident.FactKey]incident.Answer{"persons": "1001", "special_care": "no", "financial_damage": "no", "cards": "no", "wrongful_purpose": "no"},
			field: "article7", want: "4号（1,000人を超える）", state: draft.Known,
		},
		"persons not settled, possibly more": {
			facts: map[incident.FactKey]incident.Answer{"persons": "unknown", "persons_max": "1500", "special_care": "no", "financial_damage": "no", "cards": "no", "wrongful_purpose": "no"},
			field: "article7", want: "4号（1,000人を超える）", state: draft.Known,
		},
		"ransomware beside a no to the purpose": {
			facts: map[incident.FactKey]incident.Answer{"persons": "1", "special_care": "yes", "financial_damage": "no", "cards": "no", "wrongful_purpose": "no", "ransomware": "yes"},
			field: "article7", want: "1号（要配慮個人情報） 3号（不正の目的のおそれ）", state: draft.Known,
		},
		"cards": {
			facts: map[incident.FactKey]incident.Answer{"persons": "1", "special_care": "no", "cards": "yes", "wrongful_purpose": "no"},
			field: "article7", want: "2号（財産的被害のおそれ）", state: draft.Known,
		},
		"no personal data": {facts: map[incident.FactKey]incident.Answer{"personal_data": "no"}, field: "article7", want: "", state: draft.ToFill},
		"encrypted": {
			facts: map[incident.FactKey]incident.Answer{"persons": "2000", "encrypted_safe": "yes", "special_care": "no", "financial_damage": "no", "cards": "no", "wrongful_purpose": "no"},
			field: "article7", want: "4号（1,000人を超える）", state: draft.ToFill,
		},
		"100 My Numbers": {
			facts: map[incident.FactKey]incident.Answer{"my_number_persons": "100", "wrongful_purpose": "no", "viewable_by_many": "no"},
			in:    draft.MyNumberPreliminary, field: "serious", want: "", state: draft.ToFill,
		},
		"101 My Numbers": {
			facts: map[incident.FactKey]incident.Answer{"my_number_persons": "101", "wrongful_purpose": "no", "viewable_by_many": "no"},
			in:    draft.MyNumberPreliminary, field: "serious", want: "100人を超える", state: draft.Known,
		},
		"misdelivery":              {kind: incident.KindMisdelivery, field: "cause_kind", want: "不正アクセス? 誤送付・誤交付", state: draft.Unknown},
		"a leak may have happened": {kind: incident.KindMisdelivery, field: "situation", want: "漏えいのおそれ 毀損のおそれ?", state: draft.ToFill},
		"entrusted":                {facts: map[incident.FactKey]incident.Answer{"entrusted": "yes", "at_contractor": "no"}, field: "entrusting", want: "自社は委託先（委託元がある）", state: draft.ToFill},
	} {
		t.Run(name, func(t *testing.T) {
			kind, in := c.kind, c.in
			if kind == "" {
				kind = incident.KindComplaint
			}
			if in == "" {
				in = draft.PPCPreliminary
			}
			a := newTale(t).do("nakamura", incident.Report{Text: "x", What: kind})
			for k, v := range c.facts {
				a.fact("nakamura", k, v)
			}
			f := field(t, a.draft(in, options(t, "ja")), c.field)
			if got := ticked(f); got != c.want || f.State != c.state {
				t.Errorf("%q, %s; want %q, %s", got, f.State, c.want, c.state)
			}
		})
	}
}

// Of an incident of which nobody knows anything, no field has a value but those that the
// report itself and the company give; and nothing else is claimed to be known.
func TestNothingIsInvented(t *testing.T) {
	a := newTale(t).do("nakamura", incident.Report{Text: "様子がおかしい"})
	o := options(t, "ja")
	o.Company, o.Contacts = company.Profile{}, nil
	for _, k := range []draft.Kind{draft.PPCPreliminary, draft.PPCFinal, draft.MyNumberPreliminary, draft.MyNumberFinal} {
		d := a.draft(k, o)
		var claimed []string
		for _, f := range d.Fields() {
			if f.State == draft.Known {
				claimed = append(claimed, f.Key)
			}
			if f.State == draft.Unknown && f.Choices == nil && f.Value != "不明（判明次第追完）" {
				t.Errorf("%s %s is unknown and says %q", k, f.Key, f.Value)
			}
		}
		want := []string{"new_or_further", "former", "first_or_final", "discovered", "finder", "course"}
		if k == draft.PPCFinal || k == draft.MyNumberFinal {
			want = slices.Delete(want, 1, 2)
		}
		if k == draft.MyNumberPreliminary || k == draft.MyNumberFinal {
			want = append([]string{"route_my_number"}, want...)
		}
		if diff := cmp.Diff(want, claimed); diff != "" {
			t.Errorf("%s (-want +got):\n%s", k, diff)
		}
		for _, f := range d.Fields() {
			if f.Key == "corporate_number" && (f.Value != "" || f.State != draft.ToFill) {
				t.Errorf("the corporate number is %q, %s", f.Value, f.State)
			}
		}
		for _, h := range d.Hints {
			if h.Label == "いつまで" {
				t.Errorf("%s: a day that nobody counted: %s", k, h.Value.Text)
			}
		}
	}
}

// The notice to the persons has five items, and no day.
func TestNoticeToPersons(t *testing.T) {
	d := ransomware(t).draft(draft.Individuals, options(t, "ja"))
	var keys []string
	for _, f := range d.Fields() {
		keys = append(keys, f.Key)
	}
	if diff := cmp.Diff([]string{"n1", "n2", "n4", "n5", "n9"}, keys); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(whole(d), "期限：") || strings.Contains(whole(d), "目標：") {
		t.Error("it shows a day")
	}
}

// Whoever reported is named in no draft, however his colleagues wrote his name.
func TestReporterIsNamedNowhere(t *testing.T) {
	a := ransomware(t)
	a.do("suzuki", incident.Note{Text: "中村拓也、中村　拓也さん、ナカムラ、中村君、中村さんが見つけた"})
	for _, lang := range templates.Languages {
		for _, k := range draft.Kinds {
			if text := whole(a.draft(k, options(t, lang))); strings.Contains(text, "中村") || strings.Contains(text, "拓也") {
				t.Errorf("%s %s names the reporter:\n%s", lang, k, text)
			}
		}
	}
}

// Nothing that somebody typed into the record gets out by a text for the public.
func TestExternalTextsHoldNothingThatWasTyped(t *testing.T) {
	const typed = "ZQX"
	a := newTale(t)
	a.do("nakamura", incident.Report{Text: typed + "報告", What: incident.KindVirus, ExpectedDamage: typed + "被害", Contractor: typed + "社"})
	a.do("suzuki", incident.Take{}).do("sato", incident.Take{})
	for k, v := range map[incident.FactKey]incident.Answer{"ransomware": "yes", "personal_data": "yes", "persons": "1200", "business_stopped": "yes"} {
		a.fact("sato", k, v)
	}
	a.do("sato", incident.Categorise{Category: incident.Virus, Effect: incident.Leak, Reason: typed})
	a.do("sato", incident.SetLevel{Level: incident.Level3, Reason: typed})
	for _, f := range incident.Fields {
		if !f.IsTime() && f != incident.FieldExpectedDamage {
			a.do("sato", incident.SetField{Field: f, Value: typed + string(f)})
		}
	}
	for _, s := range a.in.Steps {
		if s.Key != "report" && a.in.Applies(a.book, s) != incident.No {
			a.do("sato", incident.DoStep{Step: s.Key, Result: typed + s.Key})
		}
	}
	a.do("sato", incident.Note{Text: typed}).do("sato", incident.RecordEvidence{Name: typed, Where: typed}).do("sato", incident.SetPrevention{Text: typed})
	seen := 0
	for _, k := range draft.Kinds {
		text := whole(a.draft(k, options(t, "ja")))
		if !k.External() {
			if strings.Contains(text, typed) {
				seen++
			}
			continue
		}
		if strings.Contains(text, typed) {
			t.Errorf("%s holds what was typed:\n%s", k, text)
		}
		for id, name := range called {
			if strings.Contains(text, name) || strings.Contains(text, strings.Fields(name)[0]+"さん") || strings.Contains(text, string(id)+"@") {
				t.Errorf("%s names %s", k, name)
			}
		}
	}
	if seen < 8 {
		t.Errorf("only %d of the others hold it: the word is no measure", seen)
	}
}

// A text that was erased from the record is in no draft.
func TestErasedStaysErased(t *testing.T) {
	a := ransomware(t)
	for i, r := range a.records {
		if e, ok := r.Event.(incident.NoteAdded); ok && strings.Contains(e.Text.Body, "脅迫文") {
			a.records[i].Event = incident.NoteAdded{Text: incident.Text{Digest: e.Text.Digest, Erased: true}}
		}
		if e, ok := r.Event.(incident.FieldSet); ok && e.Field == incident.FieldScope {
			e.Value = incident.Text{Digest: e.Value.Digest, Erased: true}
			a.records[i].Event = e
		}
	}
	d := a.draft(draft.PPCPreliminary, options(t, "ja"))
	if f := field(t, d, "data_detail"); f.State != draft.Unknown || f.Value != "不明（判明次第追完）" {
		t.Errorf("%+v", f)
	}
	if c := field(t, d, "course").Value; !strings.Contains(c, "消去済み") || strings.Contains(c, "同じ脅迫文") {
		t.Error(c)
	}
	if text := whole(d); strings.Contains(text, "みなと商事") {
		t.Error("an erased text came out of the stored state")
	}
}

// What was taken back is gone, a correction stands in the place of what it corrects, and the
// order is that of what happened.
func TestCourse(t *testing.T) {
	a := ransomware(t)
	c := field(t, a.draft(draft.PPCPreliminary, options(t, "ja")), "course").Value
	for _, gone := range []string{"書き間違い", "2:30に抜いた"} {
		if strings.Contains(c, gone) {
			t.Errorf("%q is still there:\n%s", gone, c)
		}
	}
	at := 0
	for _, text := range []string{"図面のファイルが全部開けません", "事故レベル3", "同じ脅迫文", "2:35に抜いた", "ディスクイメージ", "切り離した", "サイバー犯罪相談窓口"} {
		next := strings.Index(c[at:], text)
		if next < 0 {
			t.Fatalf("%q is missing or out of order:\n%s", text, c)
		}
		at += next
	}
}

// A filing that is recorded is named in the reports after it.
func TestFormerReport(t *testing.T) {
	a, o := ransomware(t), options(t, "ja")
	a.add("sato", incident.ClockSettled{Rule: "ppc-preliminary", How: incident.ClockFiled, On: "2026-12-03", Receipt: incident.T("R-123")})
	a.add("sato", incident.ClockSettled{Rule: "mynumber-preliminary", How: incident.ClockFiled, On: "2026-12-03"})
	a.add("sato", incident.ClockSettled{Rule: "ipa-virus", How: incident.ClockFiled, On: "2026-12-04"})
	if text := whole(a.draft(draft.PPCPreliminary, o)); strings.Contains(text, "期限：") {
		t.Error("it shows a limit of what was filed")
	}
	if f := field(t, a.draft(draft.PPCFinal, o), "former"); f.State != draft.Known || f.Value != "2026年12月3日（木）　受付番号 R-123" {
		t.Errorf("%+v", f)
	}
	if f := field(t, a.draft(draft.MyNumberFinal, o), "former"); f.State != draft.ToFill || f.Value != "2026年12月3日（木）" {
		t.Errorf("%+v", f)
	}
	if f := field(t, a.draft(draft.PPCFinal, o), "others"); !strings.Contains(f.Value, "IPAへのウイルス届出：2026年12月4日（金）") {
		t.Error(f.Value)
	}
	a.add("", incident.ClocksDrawn{Because: incident.DrawnReport, Started: []incident.Duty{{Rule: "police"}}})
	a.add("sato", incident.ClockSettled{Rule: "police", How: incident.ClockFiled, On: "2026-12-04", Receipt: incident.T("K-7")})
	if f := field(t, a.draft(draft.PPCFinal, o), "others"); !strings.Contains(f.Value, "都道府県警察のサイバー犯罪相談窓口に相談：2026年12月4日（金）、受付番号 K-7") {
		t.Error(f.Value)
	}
	if f := field(t, a.draft(draft.Interim, o), "issue"); f.State != draft.ToFill {
		t.Errorf("%+v", f)
	}
	o.Number = 2
	if f := field(t, a.draft(draft.Interim, o), "issue"); f.Value != "第2報" {
		t.Errorf("%+v", f)
	}
}

// What is asked for as "at most" is no settled number.
func TestMyNumbersAreCountedAtMost(t *testing.T) {
	d := ransomware(t).draft(draft.MyNumberPreliminary, options(t, "ja"))
	if f := field(t, d, "persons"); f.State != draft.Unknown || f.Value != "不明（判明次第追完）" {
		t.Errorf("%+v", f)
	}
	if f := field(t, d, "persons_max"); f.State != draft.Known || f.Value != "30人" {
		t.Errorf("%+v", f)
	}
}

// Ransomware is not another virus than ransomware.
func TestRansomwareIsNoOtherVirus(t *testing.T) {
	for ransom, want := range map[incident.Answer]string{
		incident.Yes: "ランサムウェア", incident.No: "その他のウイルス", incident.Unknown: "ランサムウェア? その他のウイルス",
	} {
		a := newTale(t).do("nakamura", incident.Report{Text: "x", What: incident.KindVirus})
		a.fact("nakamura", incident.FactVirus, incident.Yes).fact("nakamura", incident.FactRansomware, ransom).fact("nakamura", incident.FactUnauthorizedAccess, incident.Yes)
		if got := ticked(field(t, a.draft(draft.PPCPreliminary, options(t, "ja")), "attack_way")); got != want {
			t.Errorf("ransomware %s: %q, want %q", ransom, got, want)
		}
	}
}

// Boxes are copied as they are; that one is open stands beside them.
func TestOpenBoxesAreSaidBesideThem(t *testing.T) {
	a := newTale(t).do("nakamura", incident.Report{Text: "x", What: incident.KindVirus})
	d := a.draft(draft.PPCPreliminary, options(t, "ja"))
	f := field(t, d, "entrusting")
	if got := d.Copied(f); got != "□ 自社は委託先（委託元がある）\n□ 委託先で発生\n□ 委託はない" {
		t.Error(got)
	}
	if got := d.StateOf(f); !strings.Contains(got, "委託先で発生」に当たるかは、まだ分からない") {
		t.Error(got)
	}
}

// The digits of the Corporate Number say what they are.
func TestCorporateNumberIsLabelled(t *testing.T) {
	for kind, key := range map[draft.Kind]string{draft.Police: "business", draft.FormRansomware: "business", draft.Entruster: "from"} {
		if f := field(t, ransomware(t).draft(kind, options(t, "ja")), key); !strings.HasSuffix(f.Value, "\n法人番号：9999999999999") {
			t.Errorf("%s: %q", kind, f.Value)
		}
	}
}

// A field is marked as read in an official text only where it was.
func TestMarksClaimNoMoreThanWasRead(t *testing.T) {
	for kind, want := range map[draft.Kind]string{
		draft.PPCFinal:            "route_my_number route_organisation route_delegated occurred discovered finder article7 entrusting course medium whose data_items persons",
		draft.MyNumberPreliminary: "route_my_number",
	} {
		var official []string
		for _, f := range ransomware(t).draft(kind, options(t, "ja")).Fields() {
			if f.Mark == draft.Official {
				official = append(official, f.Key)
			}
		}
		if got := strings.Join(official, " "); got != want {
			t.Errorf("%s: %s", kind, got)
		}
	}
	for kind, want := range map[draft.Kind]bool{draft.IPAVirus: false, draft.IPAAccess: true} {
		if notes := strings.Join(ransomware(t).draft(kind, options(t, "ja")).Notes, "\n"); strings.Contains(notes, "宛先の crack@ipa.go.jp は") != want {
			t.Errorf("%s: %s", kind, notes)
		}
	}
}
