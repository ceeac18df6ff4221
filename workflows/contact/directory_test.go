package contact

import (
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hikeshi/workflows/incident"
)

var company = []Person{
	{ID: "p-1", Name: "田中 誠一", Department: "経営", Phone: "090-0000-0001", Email: "tanaka@example.co.jp", SlackID: "U0000001", Active: true,
		Duties: []Duty{{incident.Representative, "", 0}}},
	{ID: "p-2", Name: "髙橋 由美", Department: "管理部", DiscordID: "123456789012345678", Active: true,
		Duties: []Duty{{incident.IncidentLead, "", 0}, {incident.Representative, "", 2}, {incident.DepartmentLead, "", 0}}},
	{ID: "p-3", Name: "Ken Suzuki", Department: "営業 部", Email: "ken@example.co.jp", Active: true,
		Duties: []Duty{{incident.DepartmentLead, "", 0}, {incident.Representative, "", 1}}},
	{ID: "p-4", Name: "山田 中也", Department: "営業部", Active: true, Duties: []Duty{{incident.DepartmentLead, "", 1}}},
	{ID: "p-5", Name: "山田 花子", Department: "製造部", Active: true},
	{ID: "p-6", Name: "佐藤 去", Department: "管理部", Email: "sato@example.co.jp", Duties: []Duty{{incident.SystemAdmin, "", 0}}},
	{ID: "p-7", Name: "保守 太郎", Department: "保守会社", Active: true, Duties: []Duty{{incident.OutsideContact, "", 0}}},
}

type ids = []incident.PersonID

func TestWhoHoldsWhat(t *testing.T) {
	d := NewDirectory(company)
	for _, c := range []struct {
		role                       incident.Role
		department                 string
		holders, deputies, inOrder ids
	}{
		{incident.Representative, "", ids{"p-1"}, ids{"p-3", "p-2"}, ids{"p-1", "p-3", "p-2"}},
		{incident.Representative, "製造部", ids{"p-1"}, ids{"p-3", "p-2"}, ids{"p-1", "p-3", "p-2"}},
		{incident.DepartmentLead, "営業部", ids{"p-3"}, ids{"p-4"}, ids{"p-3", "p-4"}},
		{incident.DepartmentLead, "管 理部", ids{"p-2"}, nil, ids{"p-2"}},
		{incident.DepartmentLead, "製造部", nil, nil, nil},
		{incident.DepartmentLead, "", nil, nil, nil},
		{incident.SystemAdmin, "", nil, nil, nil}, // the holder left
	} {
		got := []ids{d.Holders(c.role, c.department), d.Deputies(c.role, c.department), d.Chain(c.role, c.department)}
		if diff := cmp.Diff([]ids{c.holders, c.deputies, c.inOrder}, got); diff != "" {
			t.Errorf("%s of %q: %s", c.role, c.department, diff)
		}
	}
	if got := d.Roles("p-2"); !slices.Equal(got, []incident.Role{incident.IncidentLead, incident.DepartmentLead}) {
		t.Errorf("roles %v", got)
	}
	if d.Holds("p-3", incident.Representative) || d.Holds("p-6", incident.SystemAdmin) || !d.Holds("p-1", incident.Representative) {
		t.Error("a deputy or somebody who left holds a role, or the holder does not")
	}
	if got := d.Departments(); !slices.Equal(got, []string{"経営", "管理部", "営業 部", "製造部"}) {
		t.Errorf("departments %v", got)
	}
}

func TestPeople(t *testing.T) {
	d := NewDirectory(append(slices.Clone(company), Person{ID: "p-1", Name: "偽物", Active: true}))
	var got ids
	for _, p := range d.People() {
		got = append(got, p.ID)
	}
	if !slices.Equal(got, ids{"p-1", "p-2", "p-3", "p-4", "p-5", "p-7"}) {
		t.Errorf("people %v", got)
	}
	if p, ok := d.Person("p-6"); !ok || p.Name != "佐藤 去" || p.Active {
		t.Errorf("who left is %+v", p)
	}
	if p, _ := d.Person("p-1"); p.Name != "田中 誠一" {
		t.Errorf("p-1 is %s", p.Name)
	}
	if _, ok := d.Person("p-99"); ok {
		t.Error("somebody unknown is known")
	}
}

func TestFind(t *testing.T) {
	d := NewDirectory(company)
	for query, want := range map[string]ids{
		"田中誠一": {"p-1"}, "田中　誠一さん": {"p-1"}, "田中": {"p-1"}, "p-1": {"p-1"}, "P-1": {"p-1"},
		"Tanaka@example.co.jp": {"p-1"}, " ｔａｎａｋａ＠example.co.jp": {"p-1"}, "u0000001": {"p-1"},
		"<@U0000001>": {"p-1"}, "<@U0000001|tanaka>": {"p-1"}, "<@!123456789012345678>": {"p-2"}, "<@123456789012345678>": {"p-2"},
		"髙橋": {"p-2"}, "高橋": {"p-2"}, "高橋 由美": {"p-2"}, "由美": {"p-2"},
		"ken": {"p-3"}, "ＫＥＮ　ｓｕｚｕｋｉ": {"p-3"}, "@Suzuki": {"p-3"},
		"山田": {"p-4", "p-5"}, "花子": {"p-5"}, "中也": {"p-4"}, "山田様": {"p-4", "p-5"},
		"佐藤": nil, "sato@example.co.jp": nil, "p-6": nil, "": nil, "　": nil, "さん": nil, "鈴木": nil, "@": nil,
	} {
		if got := d.Find(query); !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
}

func TestByUser(t *testing.T) {
	d := NewDirectory(company)
	for _, c := range []struct {
		frontend, id string
		want         incident.PersonID
	}{
		{"slack", "U0000001", "p-1"}, {"discord", "123456789012345678", "p-2"}, {"web", "p-5", "p-5"},
		{"mail", "KEN@example.co.jp", "p-3"}, {"slack", "123456789012345678", ""}, {"web", "p-6", ""},
		{"mail", "sato@example.co.jp", ""}, {"slack", "", ""}, {"fax", "p-1", ""},
	} {
		got, ok := d.ByUser(c.frontend, c.id)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s:%s is %q, %v", c.frontend, c.id, got, ok)
		}
	}
}

func TestWhatADirectoryGivesAwayDoesNotChangeIt(t *testing.T) {
	given := []Person{company[0].clone(), company[1].clone()}
	d := NewDirectory(given)
	given[0].Name, given[0].Duties[0].Role = "x", incident.Press
	p, _ := d.Person("p-1")
	p.Duties[0].Role = incident.Press
	d.People()[0].Duties[0].Role = incident.Press
	d.Chain(incident.Representative, "")[0] = "x"
	d.Holders(incident.Representative, "")[0] = "x"
	d.Find("田中")[0] = "x"
	d.Find("田中誠一")[0] = "x"
	if !d.Holds("p-1", incident.Representative) || d.Holders(incident.Representative, "")[0] != "p-1" || d.Find("田中誠一")[0] != "p-1" {
		t.Error("the directory changed")
	}
}

func TestDirectoryServesManyReaders(t *testing.T) {
	d := NewDirectory(company)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if len(d.Find("山田")) != 2 || len(d.Chain(incident.Representative, "")) != 3 {
					t.Error("a reader saw something else")
				}
				d.People()
				d.ByUser("slack", "U0000001")
			}
		})
	}
	wg.Wait()
}
