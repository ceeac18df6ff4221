package contact

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/japanese"
	"pgregory.net/rapid"

	"hikeshi/workflows/incident"
)

// anyPeople draws a list that a company could have, with names that a spreadsheet mistakes.
func anyPeople() *rapid.Generator[[]Person] {
	return rapid.Custom(func(t *rapid.T) []Person {
		n := rapid.IntRange(1, 12).Draw(t, "people")
		var out []Person
		for i := range n {
			p := Person{
				Name: rapid.SampledFrom([]string{"田中", "=1+1", "+佐藤", "-鈴木", "@高橋", "'伊藤", "'=x", "''9", "9", "＝渡辺", "a,b\"c", "髙橋 ①", "葛󠄀城"}).Draw(t, "name"),
				// One department each: namesakes without an ID in common are different people.
				Department: fmt.Sprintf("%s%d課", rapid.SampledFrom([]string{"", "営業", "'=", "+"}).Draw(t, "department"), i),
				Phone:      rapid.SampledFrom([]string{"", "090-0000-0001", "09000000001", "+81-90-0000-0001", "(03)0000-0001", "#9110"}).Draw(t, "phone"),
				Active:     true,
			}
			if rapid.Bool().Draw(t, "mail") {
				p.Email = fmt.Sprintf("%sp%d@example.co.jp", rapid.SampledFrom([]string{"", "=", "+", "-", "'"}).Draw(t, "local"), i)
			}
			if rapid.Bool().Draw(t, "slack") {
				p.SlackID = fmt.Sprintf("U%07d", i)
			}
			if rapid.Bool().Draw(t, "discord") {
				p.DiscordID = fmt.Sprintf("%018d", i)
			}
			for _, r := range rapid.SliceOfNDistinct(rapid.SampledFrom(incident.Roles), 0, 3, rapid.ID[incident.Role]).Draw(t, "roles") {
				p.Duties = append(p.Duties, Duty{r, rapid.SampledFrom([]string{"", "復旧", "=cmd", "'- x"}).Draw(t, "note"), rapid.IntRange(0, MaxOrder).Draw(t, "order")})
			}
			out = append(out, p)
		}
		taken := make(map[incident.PersonID]bool)
		for i := range out {
			out[i].ID = newID(out[i], taken)
			taken[out[i].ID] = true
		}
		for i := range out {
			from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for range rapid.IntRange(0, 3).Draw(t, "absences") {
				from = from.AddDate(0, 0, rapid.IntRange(1, 200).Draw(t, "from"))
				a := Absence{From: from.Format(time.DateOnly), To: from.AddDate(0, 0, rapid.IntRange(0, 30).Draw(t, "days")).Format(time.DateOnly)}
				switch rapid.IntRange(0, 2).Draw(t, "deputy") {
				case 1:
					a.Deputy = out[rapid.IntRange(0, n-1).Draw(t, "who")].ID
				case 2:
					a.Named = "退職者"
				}
				out[i].Absences = append(out[i].Absences, a)
			}
		}
		return out
	})
}

func TestExportIsReadBackAsTheSamePeople(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := anyPeople().Draw(t, "list")
		rows, faults := Parse(Export(people))
		if len(faults) > 0 {
			t.Fatalf("%v\n%v", faults, faults[0].Args)
		}
		if diff := cmp.Diff(people, Merge(nil, rows, today)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestExportLeavesNothingToASpreadsheet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file := Export(anyPeople().Draw(t, "list"))
		if !bytes.HasPrefix(file, utf8Mark) {
			t.Fatal("no BOM")
		}
		if strings.Contains(strings.ReplaceAll(string(file), "\r\n", ""), "\n") {
			t.Fatal("a line ends without CR")
		}
		records, err := csv.NewReader(bytes.NewReader(file[len(utf8Mark):])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			for i, cell := range r {
				if cell != "" && strings.ContainsRune("=+-@\t＝＋－＠", []rune(cell)[0]) {
					t.Errorf("column %d would be run: %q", i+1, cell)
				}
			}
			if phone, discord := r[4], r[7]; strings.HasPrefix(phone, "0") && !strings.Contains(phone, "-") || discord != "" && discord[0] == '0' {
				t.Errorf("would be taken for a quantity: %q, %q", phone, discord)
			}
		}
	})
}

func TestExportLeavesOutWhoIsGone(t *testing.T) {
	rows := mustParse(t, string(Export([]Person{{ID: "p-1", Name: "田中", Active: true}, {ID: "p-2", Name: "佐藤"}})))
	if len(rows) != 1 || rows[0].Name != "田中" {
		t.Errorf("rows %v", rows)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range faultCases {
		if len(c.file) < 4096 {
			f.Add([]byte(c.file))
		}
	}
	f.Add(Export([]Person{{Name: "田中", Phone: "+81-90-0000-0001", Email: "=t@example.co.jp", DiscordID: "123456789012345678", Active: true,
		Duties: []Duty{{incident.Press, "'=x", 1}, {incident.Educator, "", 0}}}}))
	f.Add([]byte("name,role,absence,absence_deputy\n田中,,12/29-1/3;2027-02-01,佐藤\n佐藤,,,\n鈴木,,2/29、3月1日〜3月2日,'-;田中\n"))
	jis, _ := japanese.ShiftJIS.NewEncoder().Bytes([]byte("従業員名;役割;所属\r髙橋;部門責任者;①課\r"))
	f.Add(jis)
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, faults := Parse(file)
		if (len(rows) > 0) == (len(faults) > 0) {
			t.Fatalf("%d rows and %d faults", len(rows), len(faults))
		}
		for _, fault := range faults {
			if fault.Line < 0 || fault.Column < 0 || fault.Key == "" {
				t.Fatalf("fault without a place: %+v", fault)
			}
		}
		if len(faults) > 0 {
			return
		}
		people := Merge(nil, rows, today)
		again, faults := Parse(Export(people))
		if len(faults) > 0 {
			t.Fatalf("the export is refused: %v %v", faults, faults[0].Args)
		}
		if diff := cmp.Diff(people, Merge(nil, again, today)); diff != "" {
			t.Fatal(diff)
		}
	})
}
