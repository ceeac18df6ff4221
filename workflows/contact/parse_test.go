package contact

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/japanese"

	"hikeshi/workflows/incident"
)

func mustParse(t testing.TB, file string) []Row {
	t.Helper()
	rows, faults := Parse([]byte(file))
	if len(faults) > 0 {
		for _, f := range faults {
			t.Log(f.Line, f.Column, f.Key, f.Args)
		}
		t.Fatal(faults)
	}
	return rows
}

func TestParseAcceptsTheSameListInManyForms(t *testing.T) {
	plain := "name,department,role,duty,phone,email,slack_id,discord_id,deputy_order\n" +
		"髙橋 花子,①課,システム管理者,復旧,090-0000-0001,hanako@example.co.jp,U0123456,123456789012345678,1\n" +
		"佐藤 次郎,①課,,,,,,,\n"
	want := []Row{
		{2, "髙橋 花子", "①課", "090-0000-0001", "hanako@example.co.jp", "U0123456", "123456789012345678", incident.SystemAdmin, "復旧", 1, "", ""},
		{3, "佐藤 次郎", "①課", "", "", "", "", "", "", 0, "", ""},
	}
	shiftJIS, err := japanese.ShiftJIS.NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	forms := map[string]string{
		"UTF-8":         plain,
		"UTF-8 and BOM": "\xEF\xBB\xBF" + plain,
		"Shift_JIS":     shiftJIS,
		"CRLF":          strings.ReplaceAll(plain, "\n", "\r\n"),
		"CR":            strings.ReplaceAll(plain, "\n", "\r"),
		"no last end":   strings.TrimSuffix(plain, "\n"),
		"tab":           strings.ReplaceAll(plain, ",", "\t"),
		"semicolon":     strings.ReplaceAll(plain, ",", ";"),
		"empty tail":    strings.ReplaceAll(plain, "\n", ",,\n") + ",,,\n",
		"Japanese header": strings.Replace(plain, "name,department,role,duty,phone,email,slack_id,discord_id,deputy_order",
			"従業員名,所属,役割,担当役割の概要,電話番号,メールアドレス,SlackユーザーID,DiscordユーザーID,代理順", 1),
		"mixed header": strings.Replace(plain, "name,department,role,duty,phone,email,slack_id,discord_id,deputy_order",
			" 従業員名,Department,\"役\n割\",担当役割の概要 ,Phone,Ｅｍａｉｌ,slackユーザーＩＤ,Discord ID,代理 順", 1),
		"role id":      strings.Replace(plain, "システム管理者", "system_admin", 1),
		"other spaces": strings.Replace(strings.Replace(plain, "髙橋 花子", " 髙橋　花子 ", 1), "復旧", "\n復旧 ", 1),
		"full width": strings.NewReplacer("090-0000-0001", "０９０ー００００−０００１", "hanako@example.co.jp", "ｈａｎａｋｏ＠Example.co.jp",
			"U0123456", "ｕ０１２３４５６", "123456789012345678", "１２３４５６７８９０１２３４５６７８", ",1\n", ",１\n").Replace(plain),
		"kept as text": strings.NewReplacer(",090", ",'090", ",1234", ",'1234").Replace(plain),
	}
	// Breaks inside of a cell need quotes, and move the lines of what follows.
	forms["other spaces"] = strings.Replace(forms["other spaces"], "\n復旧 ", "\"\n復旧 \"", 1)
	for name, file := range forms {
		t.Run(name, func(t *testing.T) {
			got := mustParse(t, file)
			for i := range got {
				got[i].Line = want[i].Line
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseTakesColumnsInAnyOrderAndLeavesOutWhatIsNotNeeded(t *testing.T) {
	got := mustParse(t, "役割,name\n教育責任者,田中\n")
	want := []Row{{Line: 2, Name: "田中", Role: incident.Educator}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseKnowsEveryTitle(t *testing.T) {
	titles := map[string]incident.Role{
		"代表取締役": incident.Representative, "代表取締役社長": incident.Representative,
		"インシデント対応責任者": incident.IncidentLead, "システム管理者": incident.SystemAdmin,
		"情報セキュリティ責任者": incident.SecurityChief, "情報セキュリティ部門責任者": incident.DepartmentLead,
		"部門責任者": incident.DepartmentLead, "個人情報保護管理者": incident.PrivacyManager,
		"個人情報苦情相談対応者": incident.PrivacyDesk, "教育責任者": incident.Educator,
		"監査・点検責任者": incident.Auditor, "監査･点検 責任者": incident.Auditor, "広報・総務": incident.Press, "社外連絡先": incident.OutsideContact,
	}
	for _, r := range incident.Roles {
		titles[string(r)] = r
		titles[strings.ToUpper(strings.ReplaceAll(string(r), "_", " "))] = r
	}
	for title, want := range titles {
		rows := mustParse(t, "name,role,department\n田中,"+title+",営業部\n")
		if rows[0].Role != want {
			t.Errorf("%s is %s, want %s", title, rows[0].Role, want)
		}
	}
}

func TestPhones(t *testing.T) {
	for _, p := range []string{
		"090-0000-0001", "09000000001", "(03)0000-0001", "03 0000 0001", "0120-000-001",
		"+81-90-0000-0001", "+81 (0)90 0000 0001", "+1 202 555 0100", "110", "#9110", "0000",
	} {
		got, v := readPhone(p)
		if v.key != "" || got != p {
			t.Errorf("%q became %q, %v", p, got, v)
		}
	}
	if phoneKey("+81 (0)90-0000-0001") != phoneKey("09000000001") {
		t.Error("two spellings of one number differ")
	}
	if phoneKey("+82-90-0000-0001") == phoneKey("090-0000-0001") {
		t.Error("two countries are taken for one")
	}
}

func TestRowsOfOnePersonCompleteEachOther(t *testing.T) {
	for name, file := range map[string]string{
		"by mail":    "田中,営業部,educator,090-0000-0001,t@example.co.jp,\n田中,,press,,T@example.co.jp,\n",
		"by chat ID": "田中,営業部,educator,090-0000-0001,,U0000001\n田中,,press,,t@example.co.jp,U0000001\n",
		"by name":    "田中 一,営業部,educator,090-0000-0001,t@example.co.jp,\n田中一,営業部,press,+81 90 0000 0001,,\n",
		"by both":    "田中,営業部,educator,,t@example.co.jp,\n田中,営業部,press,09000000001,,U0000001\n",
	} {
		t.Run(name, func(t *testing.T) {
			people := Merge(nil, mustParse(t, "name,department,role,phone,email,slack_id\n"+file), today)
			if len(people) != 1 {
				t.Fatalf("%d people: %v", len(people), people)
			}
			p := people[0]
			if p.Department != "営業部" || phoneKey(p.Phone) != "09000000001" || p.Email+p.SlackID == "" || len(p.Duties) != 2 {
				t.Errorf("incomplete: %+v", p)
			}
		})
	}
}

func TestNamesakesStayTwoPeople(t *testing.T) {
	for name, file := range map[string]string{
		"two mails":       "田中,営業部,,a@example.co.jp\n田中,営業部,,b@example.co.jp\n",
		"two departments": "田中,営業部,,\n田中,製造部,,\n",
	} {
		people := Merge(nil, mustParse(t, "name,department,role,email\n"+file), today)
		if len(people) != 2 || people[0].ID == people[1].ID {
			t.Errorf("%s: %+v", name, people)
		}
	}
}

// Whatever somebody uploads within the size limit, the answer stays small enough to show.
func TestFaultsAreBounded(t *testing.T) {
	const size = 1 << 20
	for name, file := range map[string]string{
		"columns":      "name,role" + strings.Repeat(",x", size/2),
		"extra cells":  "name,role\n" + strings.Repeat("x,", size/2),
		"broken lines": "name,role\n" + strings.Repeat("x\"\n", size/3),
		"rows":         "name,role\n" + strings.Repeat("x\n", size/2),
		"worst rows":   head + strings.Repeat(strings.Repeat("\x01x,", 9)+"x\n", 5000),
	} {
		if _, faults := Parse([]byte(file)); len(faults) == 0 || len(faults) > MaxRows*(len(columnNames)+1) {
			t.Errorf("%s: %d faults", name, len(faults))
		}
	}
}

func BenchmarkParse(b *testing.B) {
	var file strings.Builder
	file.WriteString(head)
	for i := range MaxRows { // namesakes are the dearest
		fmt.Fprintf(&file, "田中,営業部,educator,,090-0000-0001,t%d@example.co.jp,,,1\n", i)
	}
	for b.Loop() {
		mustParse(b, file.String())
	}
}
