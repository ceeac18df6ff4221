package company_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// The first three are public entries of the 法人番号公表サイト: the National Tax Agency, which
// hands the numbers out, and two companies.
func TestCheckDigit(t *testing.T) {
	for number, want := range map[string]string{
		"7000012050002": "7", "1180301018771": "1", "5010401067252": "5", "9999999999999": "9", "0000000000000": "9",
		"700001205000": "", "70000120500021": "", "T700001205000": "", "７000012050002": "", "": "", "7000012-50002": "",
	} {
		digit, ok := company.CheckDigit(number)
		if ok != (want != "") || ok && string(digit) != want {
			t.Errorf("%q: got %q, %v, want %q", number, digit, ok, want)
		}
	}
}

// A profile takes a number with its own check digit and no other first digit; a digit that
// was mistyped, other than 0 for 9, is always found.
func TestAMistypedNumberIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringMatching(`[0-9]{12}`).Draw(t, "body")
		digit, ok := company.CheckDigit("0" + body)
		if !ok || digit < '1' || digit > '9' {
			t.Fatalf("%q: check digit %q, %v", body, digit, ok)
		}
		number := string(digit) + body
		p := company.Profile{Name: "会社", CorporateNumber: number}
		if found := p.Check(); found != nil {
			t.Fatalf("%q is refused: %+v", number, found)
		}
		at := rapid.IntRange(0, 12).Draw(t, "at")
		put := rapid.RuneFrom([]rune("0123456789")).Draw(t, "put")
		mistyped := number[:at] + string(put) + number[at+1:]
		p.CorporateNumber = mistyped
		alike := number[at]%9 == byte(put)%9 && at > 0 // the sum is taken modulo 9
		if found := p.Check(); (found != nil) == (mistyped == number || alike) {
			t.Fatalf("%q for %q: %+v", mistyped, number, found)
		}
	})
}

func TestNumberIsReadHoweverItIsTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"7000012050002": "7000012050002", "７０００012050002": "7000012050002", "7-0000-1205-0002": "7000012050002", " 7 000012050002": "7000012050002", "T7000012050002": "T7000012050002",
	} {
		if got := company.Number(typed); got != want {
			t.Errorf("%q: got %q", typed, got)
		}
	}
}

func TestCheck(t *testing.T) {
	sound := func() company.Profile {
		return company.Profile{
			Name: "株式会社みなと精工", NameEN: "Minato", Address: "東京都港区1-2-3", CorporateNumber: "7000012050002", Industry: "製造業",
			Departments: []string{"営業部", "管理部"}, Flags: map[company.Flag]bool{company.PMark: true},
		}
	}
	if found := sound().Check(); found != nil {
		t.Fatalf("a sound profile is refused: %+v", found)
	}
	for _, tt := range []struct {
		name  string
		spoil func(*company.Profile)
		want  string
	}{
		{"no name", func(p *company.Profile) { p.Name = "" }, "name overlay.name_empty mend.name"},
		{"a long name", func(p *company.Profile) { p.Name = strings.Repeat("会", 201) }, "name overlay.too_long mend.shorter"},
		{"an address of two lines", func(p *company.Profile) { p.Address = "東京都\n港区" }, "address overlay.one_line mend.one_line"},
		{"a mark that turns the line around", func(p *company.Profile) { p.Industry = "製造\u202e業" }, "industry overlay.one_line mend.one_line"},
		{"twelve digits", func(p *company.Profile) { p.CorporateNumber = "700001205000" }, "corporate_number overlay.number_shape mend.number_shape"},
		{"a wrong check digit", func(p *company.Profile) { p.CorporateNumber = "1000012050002" }, "corporate_number overlay.number_check mend.number_check"},
		{"a department twice", func(p *company.Profile) { p.Departments[1] = "営業 部" }, "departments[1] overlay.department_twice mend.keep_one"},
		{"a department without a name", func(p *company.Profile) { p.Departments[0] = " " }, "departments[0] overlay.department_empty mend.department"},
	} {
		p := sound()
		tt.spoil(&p)
		var got []string
		for _, f := range p.Check() {
			got = append(got, fmt.Sprintln(f.Path, f.What.Key, f.Remedy.Key))
		}
		if strings.TrimSpace(strings.Join(got, "")) != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestWhatTheCompanyDidNotSayIsUnknown(t *testing.T) {
	p := company.Profile{Name: "みなと精工", NameEN: "Minato", Flags: map[company.Flag]bool{company.PMark: true, company.Listed: false}}
	for f, want := range map[company.Flag]incident.Answer{company.PMark: incident.Yes, company.Listed: incident.No, company.Finance: incident.Unknown} {
		if got := p.Is(f); got != want {
			t.Errorf("%s: got %s, want %s", f, got, want)
		}
	}
	if got := p.In("en") + p.In("ja") + (company.Profile{Name: "み"}).In("en"); got != "Minatoみなと精工み" {
		t.Errorf("called %q", got)
	}
}
