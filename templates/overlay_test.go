package templates_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"hikeshi/templates"
	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func loaded(t testing.TB, overlay fs.FS) *templates.Set {
	t.Helper()
	s, err := templates.Load(overlay, true)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheDefaultsAreSound(t *testing.T) {
	s := loaded(t, nil)
	if diff := cmp.Diff(paging.Usual(), s.Paging); diff != "" {
		t.Errorf("policies/paging.yaml is not the usual policy (-usual +yaml):\n%s", diff)
	}
	if s.Company.Name == "" || s.Company.Address == "" || s.Company.CorporateNumber == "" || len(s.Company.Departments) == 0 {
		t.Errorf("the sample company lacks something: %+v", s.Company)
	}
	for _, f := range company.Flags {
		if s.Company.Is(f) == incident.Unknown {
			t.Errorf("profile.yaml does not show the flag %s", f)
		}
	}
	if !s.Company.Sample {
		t.Error("the sample company is not marked as such")
	}
	if live, err := templates.Load(nil, false); err != nil || live.Company.Name != "" || live.Company.Address != "" {
		t.Errorf("a live company without a profile is %+v, %v", live.Company, err)
	}
	// The defaults as an overlay are what one starts from: they are no fault and no difference.
	overlay := fstest.MapFS{}
	for _, pattern := range []string{"procedures/*.yaml", "policies/*.yaml", "profile.yaml", "messages/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil || names == nil {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			overlay[filepath.ToSlash(name)] = file(string(text))
		}
	}
	if found := loaded(t, overlay).Differences(s); found != nil {
		t.Errorf("the defaults differ from themselves: %+v", found)
	}
}

// Each fault is told with its place and with what was meant, in both languages; all at once.
func TestEveryFaultOfAnOverlayIsToldAtOnce(t *testing.T) {
	overlay := fstest.MapFS{
		"README.md": file("ours"), "procedures/~$leak.yaml": file("x"), ".git/config": file("x"), "Thumbs.db": file("x"), "report.docx": file("x"),
		"procedure/leak.yaml":   file("x"),
		"Procedures/Leak.yaml":  file("x"),
		"procedures/virus.yaml": file("sektion: x\n"),
		"ours.ja.yaml":          file("x"),
		"messages/more.yaml":    file("x"),
		"messages/a.ja.yml":     file("x"),
		"rules/ppc.txt":         file("x"),
		"paging.yaml":           file("x"),
		"profil.yaml":           file("x"),
		"notes/today.txt":       file("x"),
		"policies/paging.yaml":  file("waits:\n  unconfirmed: 5m\n  level_3: 1h\n  level_2: 20\n  level_1: 2d\n  level_0: 5m\nagain:\n  nobody_acts: 10s\n"),
		"profile.yaml":          file("name: \"\"\ncorporate_number: \"1000012050002\"\ndepartments: [営業部, 営業 部]\nflags:\n  pmrk: true\n"),
		"messages/x.ja.yaml":    file("phase.reportd: 第一報\nlevel.provisional: 仮\nperson.of: \"{nmae}（{of}）\"\nphase.closed: [1]\nphase.closed: 終わり\nmark.practice: \"\"\n"),
		"messages/y.ja.yaml":    file("phase.closed: 終わり\n"),
		"messages/z.en.yaml":    {Data: []byte("phase.closed: \"\x83\x8c\"\n")},
	}
	_, err := templates.Load(overlay, true)
	if err == nil {
		t.Fatal("accepted")
	}
	all := texts(t)
	for lang, want := range map[string]string{
		"en": `Procedures/Leak.yaml: no file of this name is used; did you mean procedures/leak.yaml?
messages/a.ja.yml: no file of this name is used; did you mean messages/a.ja.yaml?
messages/more.yaml: it does not say of which language the messages are; name it more.ja.yaml or more.en.yaml
messages/x.ja.yaml:1:1: there is no message "phase.reportd"; did you mean phase.reported?
messages/x.ja.yaml:2:20: the text lacks {value}; put it where the default text has it
messages/x.ja.yaml:3:12: the text has {nmae}, which nothing fills here; did you mean {name}?
messages/x.ja.yaml:4:15: a list does not belong here; write a text
messages/x.ja.yaml:5:1: the message "phase.closed" is also in messages/x.ja.yaml:4:1; keep one
messages/x.ja.yaml:6:16: the text is empty; write a text, or delete the line to use the default
messages/y.ja.yaml:1:1: the message "phase.closed" is also in messages/x.ja.yaml:4:1; keep one
messages/z.en.yaml:1:16: the file is not UTF-8; save it again with the encoding UTF-8
notes/today.txt: no file of this name is used; name it one of profile.yaml, policies/paging.yaml, report.docx, procedures/leak.yaml, procedures/damage.yaml, procedures/virus.yaml, procedures/other.yaml, procedures/first_aid.yaml, rules/….yaml, messages/….ja.yaml, messages/….en.yaml
ours.ja.yaml: no file of this name is used; did you mean messages/ours.ja.yaml?
paging.yaml: no file of this name is used; did you mean policies/paging.yaml?
policies/paging.yaml:6:3: the key "level_0" is not known; did you mean level_1?
procedure/leak.yaml: no file of this name is used; did you mean procedures/leak.yaml?
procedures/virus.yaml:1:1: the key "sektion" is not known; did you mean section?
profil.yaml: no file of this name is used; did you mean profile.yaml?
profile.yaml:1:7: the name of the company is missing; write it under name
profile.yaml:2:19: the check digit (the first) of the corporate number "1000012050002" does not fit; look for a mistyped digit on the NTA's Corporate Number site
profile.yaml:3:20: the department "営業 部" is written twice; keep one
profile.yaml:5:3: "pmrk" is no flag; did you mean pmark?
rules/ppc.txt: no file of this name is used; in rules/ only files NAME.yaml, one a rule, and rules/syukujitsu.csv (the list of holidays) are used; change the name`,
		"ja": `Procedures/Leak.yaml: この名前のファイルは使われません。procedures/leak.yaml のことですか？
messages/a.ja.yml: この名前のファイルは使われません。messages/a.ja.yaml のことですか？
messages/more.yaml: どの言語の文章か分かりません。more.ja.yaml か more.en.yaml の名前にしてください。
messages/x.ja.yaml:1:1: 「phase.reportd」という文章はありません。phase.reported のことですか？
messages/x.ja.yaml:2:20: 文章に {value} がありません。標準の文章と同じ場所に入れてください。
messages/x.ja.yaml:3:12: 文章に、ここでは使えない {nmae} があります。{name} のことですか？
messages/x.ja.yaml:4:15: ここに一覧（- で始まる行）は書けません。文章を書いてください。
messages/x.ja.yaml:5:1: 文章「phase.closed」は messages/x.ja.yaml:4:1 にもあります。一つだけ残してください。
messages/x.ja.yaml:6:16: 文章が空です。文章を書くか、標準のままでよければ行を削除してください。
messages/y.ja.yaml:1:1: 文章「phase.closed」は messages/x.ja.yaml:4:1 にもあります。一つだけ残してください。
messages/z.en.yaml:1:16: 文字コードがUTF-8ではありません。文字コードをUTF-8にして保存し直してください。
notes/today.txt: この名前のファイルは使われません。profile.yaml, policies/paging.yaml, report.docx, procedures/leak.yaml, procedures/damage.yaml, procedures/virus.yaml, procedures/other.yaml, procedures/first_aid.yaml, rules/….yaml, messages/….ja.yaml, messages/….en.yaml のどれかの名前にしてください。
ours.ja.yaml: この名前のファイルは使われません。messages/ours.ja.yaml のことですか？
paging.yaml: この名前のファイルは使われません。policies/paging.yaml のことですか？
policies/paging.yaml:6:3: 「level_0」というキーはありません。level_1 のことですか？
procedure/leak.yaml: この名前のファイルは使われません。procedures/leak.yaml のことですか？
procedures/virus.yaml:1:1: 「sektion」というキーはありません。section のことですか？
profil.yaml: この名前のファイルは使われません。profile.yaml のことですか？
profile.yaml:1:7: 会社名が書かれていません。name に会社名を書いてください。
profile.yaml:2:19: 法人番号「1000012050002」の検査用の数字（先頭の1桁）が合いません。書き間違いがないか、国税庁の法人番号公表サイトで確かめてください。
profile.yaml:3:20: 部署「営業 部」が二度書かれています。一つだけ残してください。
profile.yaml:5:3: 「pmrk」という該当する事柄（flags）はありません。pmark のことですか？
rules/ppc.txt: この名前のファイルは使われません。rules の中では、規則ごとの「名前.yaml」と rules/syukujitsu.csv（祝日の一覧）だけを使います。名前を直してください。`,
	} {
		var lines []string
		for _, f := range faultsOf(t, err) {
			lines = append(lines, f.Say(all, lang))
		}
		if diff := cmp.Diff(strings.Split(want, "\n"), lines); diff != "" {
			t.Errorf("%s (-want +got):\n%s", lang, diff)
		}
	}
}

func TestAProfileIsRead(t *testing.T) {
	p, err := templates.LoadProfile(fstest.MapFS{"profile.yaml": file("name: 株式会社青葉\ncorporate_number: ７００００-1205-0002\nflags:\n  pmark: true\n  listed: false\n")}, false)
	if err != nil {
		t.Fatal(err)
	}
	want := company.Profile{Name: "株式会社青葉", CorporateNumber: "7000012050002", Flags: map[company.Flag]bool{company.PMark: true, company.Listed: false}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	// Written as a number it is taken, too: nothing is lost of thirteen digits.
	if p, err := templates.LoadProfile(fstest.MapFS{"profile.yaml": file("name: 青葉\ncorporate_number: 7000012050002\n")}, false); err != nil || p.CorporateNumber != "7000012050002" {
		t.Errorf("got %q, %v", p.CorporateNumber, err)
	}
	for text, want := range map[string]string{
		"name: 青葉\nflags: [pmark]\n":              `profile.yaml:2:8: a list does not belong here; write keys and their values`,
		"name: 青葉\nflags:\n  pmark: perhaps\n":    `profile.yaml:3:10: a text does not belong here; write true or false`,
		"name: 青葉\ncorporate_number: 70000\n":     `profile.yaml:2:19: the corporate number "70000" has not 13 digits; look it up on the NTA's Corporate Number site and write it in quotes, like "1234567890123"`,
		"name: 青葉\naddres: 東京\n":                  `profile.yaml:2:1: the key "addres" is not known; did you mean address?`,
		"address: |\n  東京都\n  港区\nname: a\n":      `profile.yaml:1:10: it holds a line break or a character that cannot be shown; write it on one line`,
		"name: 青葉\nname: 若葉\n":                    `profile.yaml:2:1: the key "name" is written twice; keep one`,
		"name: 青葉\ndepartments: 営業部\n":            `profile.yaml:2:14: a text does not belong here; write a list`,
		"name: 青葉\nflags:\n  earthquake: true\n":  `profile.yaml:3:3: "earthquake" is no flag; write one of handles_cards, pmark, eu_customers, my_number_holder, entrusted, telecom, finance, listed, delegated`,
		"name: 青葉\nflags:\n  ? pmark\n  : true\n": `profile.yaml:3:3: keys with "?" cannot be used here; write key: value`,
	} {
		if _, err := templates.LoadProfile(fstest.MapFS{"profile.yaml": file(text)}, true); err == nil || err.Error() != want {
			t.Errorf("%q:\ngot  %v\nwant %s", text, err, want)
		}
	}
}

// A folder of the overlay may be a link, as in a volume of Kubernetes; nothing hides behind it.
func TestFoldersMayBeLinks(t *testing.T) {
	root := t.TempDir()
	data := filepath.Join(root, "..data")
	for name, text := range map[string]string{"procedures/leek.yaml": "x", "messages/a.ja.yaml": "phase.closed: おわり\n"} {
		name = filepath.Join(data, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"procedures", "messages"} {
		if err := os.Symlink(filepath.Join(data, name), filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := templates.Load(os.DirFS(root), true)
	if want := "procedures/leek.yaml: no file of this name is used; did you mean procedures/leak.yaml?"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := os.Remove(filepath.Join(data, "procedures/leek.yaml")); err != nil {
		t.Fatal(err)
	}
	if got := loaded(t, os.DirFS(root)).Texts.Say("ja", "phase.closed"); got != "おわり" {
		t.Errorf("the message behind the link is %q", got)
	}
}

func TestDifferences(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	replace := func(text, old, new string) string {
		t.Helper()
		if !strings.Contains(text, old) {
			t.Fatalf("there is no %q", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	leak := replace(read("procedures/leak.yaml"), "role: representative", "role: press")
	leak = replace(leak, "key: contain\n", "key: contain_leak\n")
	aid := replace(read("procedures/first_aid.yaml"), "- avoid: true", "- avoid: false")
	paging := replace(read("policies/paging.yaml"), "wait: 15m", "wait: 1h")
	profile := replace(replace(read("profile.yaml"), "pmark: false", "pmark: true"), "name_en:", "name_en: x #")
	s := loaded(t, fstest.MapFS{
		"procedures/leak.yaml": file(leak), "procedures/first_aid.yaml": file(aid), "policies/paging.yaml": file(paging),
		"profile.yaml": file(profile), "messages/o.ja.yaml": file("phase.closed: 完了\nphase.reported: 第一報\n"),
	})
	all := texts(t)
	var got []string
	for _, d := range s.Differences(loaded(t, nil)) {
		got = append(got, d.File+": "+all.Word("en", d.What))
		if ja := all.Word("ja", d.What); ja == d.What.Key || strings.ContainsAny(ja, "{}") {
			t.Errorf("in Japanese: %q", ja)
		}
	}
	want := []string{
		`procedures/leak.yaml: level 3: step "contain_leak" added`,
		`procedures/leak.yaml: level 3: step "publish" changed (role)`,
		`procedures/leak.yaml: level 3: step "contain" removed`,
		`procedures/first_aid.yaml: kinds with other first aid: 1 (virus)`,
		`messages/*.ja.yaml: messages changed: 2 (phase.closed, phase.reported)`,
		`policies/paging.yaml: level_2.wait 15m → 1h`,
		`profile.yaml: entries that differ from the sample: 2 (name_en, flags.pmark)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever stands in these files, they are read as sound data or refused with faults that
// can be found.
func FuzzProfileYAML(f *testing.F) {
	fuzzFile(f, "profile.yaml", "profile.yaml", func(t *testing.T, overlay fs.FS) error {
		p, err := templates.LoadProfile(overlay, true)
		if err == nil && (p.Name == "" || p.Check() != nil) {
			t.Errorf("accepted %+v", p)
		}
		return err
	})
}

func FuzzMessagesYAML(f *testing.F) {
	own := texts(f)
	fuzzFile(f, "messages/web.ja.yaml", "messages/x.ja.yaml", func(t *testing.T, overlay fs.FS) error {
		all, err := templates.LoadTexts(overlay)
		if err != nil {
			return err
		}
		for _, key := range all.Keys() {
			if a, b := own.Say("ja", key), all.Say("ja", key); a != b && !slices.Equal(templates.Placeholders(a), templates.Placeholders(b)) {
				t.Errorf("%s: %q for %q", key, b, a)
			}
		}
		return nil
	})
}

// fuzzFile puts a default file into the overlay, with a piece cut out and another put in.
func fuzzFile(f *testing.F, from, name string, load func(*testing.T, fs.FS) error) {
	body, err := os.ReadFile(from)
	if err != nil {
		f.Fatal(err)
	}
	text := string(body)
	for _, odd := range []string{"", ": [", "\"", "&a [*a]", "{x", "\x00", "? ", "\n", "- ", "\u202e", "99999999999999999999", "1e400", "!!binary x", "---\n", "null"} {
		for _, at := range []int{0, len(text) / 3, len(text) / 2} {
			f.Add(uint16(at), uint16(0), odd)
			f.Add(uint16(at), uint16(9), odd)
		}
		f.Add(uint16(0), uint16(65535), odd)
	}
	f.Fuzz(func(t *testing.T, at, cut uint16, put string) {
		start := int(at) % len(text)
		changed := text[:start] + put + text[min(start+int(cut), len(text)):]
		err := load(t, fstest.MapFS{name: file(changed)})
		if err == nil {
			return
		}
		for _, fault := range faultsOf(t, err) {
			if fault.File != name || fault.Line < 0 || (fault.Line > 0) != (fault.Column > 0) || strings.ContainsAny(fault.Error(), "\n\r") || strings.Contains(fault.Error(), "{what}") {
				t.Errorf("a fault nobody can find: %+v", fault)
			}
		}
	})
}
