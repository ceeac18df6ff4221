package contact

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hikeshi/workflows/incident"
)

// soundCompany is a complete list: every needed role with a deputy, everybody reachable.
func soundCompany() []Person {
	person := func(n int, department string, duties ...Duty) Person {
		return Person{
			ID: incident.PersonID(fmt.Sprintf("p-%d", n)), Name: fmt.Sprintf("社員%d", n), Department: department,
			Phone: fmt.Sprintf("090-0000-%04d", n), Email: fmt.Sprintf("p%d@example.co.jp", n), Duties: duties, Active: true,
		}
	}
	return []Person{
		person(1, "管理部", Duty{incident.Representative, "", 0}, Duty{incident.IncidentLead, "", 1}, Duty{incident.DepartmentLead, "", 0}),
		person(2, "管理部", Duty{incident.IncidentLead, "", 0}, Duty{incident.Representative, "", 1}, Duty{incident.PrivacyManager, "", 1}),
		person(3, "管理部", Duty{incident.SystemAdmin, "", 0}, Duty{incident.PrivacyManager, "", 0}),
		person(4, "営業部", Duty{incident.Auditor, "", 0}, Duty{incident.SystemAdmin, "", 1}, Duty{incident.DepartmentLead, "", 0}),
		person(5, "営業部"),
		person(6, "保守会社", Duty{incident.OutsideContact, "", 0}),
	}
}

func TestCheck(t *testing.T) {
	drop := func(people []Person, n int, role incident.Role) {
		people[n].Duties = slices.DeleteFunc(people[n].Duties, func(d Duty) bool { return d.Role == role })
	}
	for _, c := range []struct {
		name  string
		spoil func(people []Person)
		want  []string // severity, key, then a part of the Japanese sentence
	}{
		{"nothing", func([]Person) {}, nil},
		{"nobody leads", func(p []Person) { drop(p, 0, incident.IncidentLead); drop(p, 1, incident.IncidentLead) },
			[]string{"severe " + CheckRoleEmpty + " インシデント対応責任者"}},
		{"nobody audits", func(p []Person) { drop(p, 3, incident.Auditor) },
			[]string{"warning " + CheckRoleEmpty + " 監査・点検責任者"}},
		{"only a deputy", func(p []Person) { drop(p, 1, incident.IncidentLead) },
			[]string{"warning " + CheckHolderEmpty + " 1人"}},
		{"no deputy", func(p []Person) { drop(p, 3, incident.SystemAdmin) },
			[]string{"warning " + CheckNoDeputy + " システム管理者"}},
		{"a department without a lead", func(p []Person) { drop(p, 3, incident.DepartmentLead) },
			[]string{"warning " + CheckLeadEmpty + " 営業部の情報セキュリティ部門責任者"}},
		{"a holder without a phone", func(p []Person) { p[2].Phone = "" },
			[]string{"severe " + CheckNight + " 社員3さん（システム管理者、個人情報保護管理者）には、夜間に起こす手段がありません"}},
		{"an extension wakes nobody", func(p []Person) { p[2].Phone = "1234" }, []string{"severe " + CheckNight + " 社員3"}},
		{"a deputy without a phone", func(p []Person) { p[3].Phone = "" }, []string{"warning " + CheckNight + " 社員4"}},
		{"an employee without a phone", func(p []Person) { p[4].Phone = "" }, nil},
		{"an employee whom nothing reaches", func(p []Person) { p[4].Email = "" },
			[]string{"warning " + CheckUnreachable + " 社員5さん（営業部）"}},
		{"an employee with chat only", func(p []Person) { p[4].Email, p[4].SlackID = "", "U0000001" }, nil},
		{"an outside contact with a phone", func(p []Person) { p[5].Email = "" }, nil},
		{"an outside contact with nothing", func(p []Person) { p[5].Email, p[5].Phone = "", "" },
			[]string{"warning " + CheckUnreachable + " 社員6"}},
		{"somebody who left is not asked for", func(p []Person) { p[4].Active, p[4].Email = false, "" }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			people := soundCompany()
			c.spoil(people)
			got := Check(NewDirectory(people))
			if len(got) != len(c.want) {
				t.Fatalf("found %+v, want %v", got, c.want)
			}
			for i, f := range got {
				said := string(f.Severity) + " " + f.Key + " "
				want := strings.SplitN(c.want[i], " ", 3)
				if sentence := f.Say(texts(t, "ja")); !strings.HasPrefix(c.want[i], said) || !strings.Contains(sentence, want[2]) || place.MatchString(sentence) {
					t.Errorf("%s%s; want %s", said, sentence, c.want[i])
				}
				if sentence := f.Say(texts(t, "en")); place.MatchString(sentence) {
					t.Errorf("not filled: %s", sentence)
				}
			}
		})
	}
}

func TestCheckOfNobody(t *testing.T) {
	var roles []incident.Role
	for _, f := range Check(NewDirectory(nil)) {
		if f.Key != CheckRoleEmpty {
			t.Errorf("%s without anybody", f.Key)
		}
		roles = append(roles, f.Roles...)
	}
	if !slices.Equal(roles, []incident.Role{incident.Representative, incident.IncidentLead, incident.SystemAdmin, incident.PrivacyManager, incident.Auditor}) {
		t.Errorf("empty roles %v", roles)
	}
}

// Departments are compared however they are spaced, and only where the company names them;
// the organisations of outside contacts are none of its own.
func TestCheckDepartments(t *testing.T) {
	d := NewDirectory([]Person{
		{ID: "p-1", Name: "佐藤", Department: "管理 部", Active: true},
		{ID: "p-2", Name: "伊藤", Department: "営業部", Active: true},
		{ID: "p-3", Name: "港", Department: "港サポート", Active: true, Duties: []Duty{{Role: incident.OutsideContact}}},
		{ID: "p-4", Name: "旧", Department: "総務課", Active: false},
	})
	if got := CheckDepartments(d, nil); got != nil {
		t.Errorf("without departments: %+v", got)
	}
	var got []string
	for _, f := range CheckDepartments(d, []string{"管理部", "総務課", "営業一部"}) {
		if f.Severity != Warning {
			t.Errorf("%s is %s", f.Key, f.Severity)
		}
		got = append(got, f.Say(func(key string) string { return key + " {department}" }))
	}
	want := []string{CheckDepartment + " 営業部", CheckNobody + " 総務課", CheckNobody + " 営業一部"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
