package contact

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const head = "name,department,role,duty,phone,email,slack_id,discord_id,deputy_order\n"

const absent = "name,role,absence,absence_deputy\n"

// at is where a fault is expected: line, column and key.
type at struct {
	line, column int
	key          string
}

func places(faults Faults) []at {
	var out []at
	for _, f := range faults {
		out = append(out, at{f.Line, f.Column, f.Key})
	}
	return out
}

var faultCases = []struct {
	name string
	file string
	want []at
	// args that have to be among those of the first fault
	args map[string]string
}{
	{"nothing", "", []at{{0, 0, FaultEmpty}}, nil},
	{"white space only", "\xEF\xBB\xBF \r\n\r\n", []at{{0, 0, FaultEmpty}}, nil},
	{"separators only", ",,,\n,,,\n", []at{{0, 0, FaultEmpty}}, nil},
	{"too large", strings.Repeat("a", MaxFileBytes+1), []at{{0, 0, FaultTooLarge}}, map[string]string{"max": "4"}},
	{"UTF-16", "\xFF\xFEn\x00a\x00", []at{{0, 0, FaultEncoding}}, nil},
	{"neither UTF-8 nor Shift_JIS", "name,role\n\xFF\xFF,\n", []at{{0, 0, FaultEncoding}}, nil},
	{"UTF-8 mark, but no UTF-8", "\xEF\xBB\xBFname,role\n\x93\x63,\n", []at{{0, 0, FaultEncoding}}, nil},
	{"workbook", "PK\x03\x04rest", []at{{0, 0, FaultNotText}}, nil},
	{"old workbook", "\xD0\xCF\x11\xE0rest", []at{{0, 0, FaultNotText}}, nil},
	{"quote in the middle", "name,role\n田中 \"一郎\",\n佐藤,教育者\n", []at{{2, 0, FaultQuote}, {3, 2, FaultRoleUnknown}}, nil},
	{"quote never closed", "name,role\n\"田中,\n佐藤,\n", []at{{2, 0, FaultQuote}}, nil},
	{"no header", "田中,営業部,教育責任者\n", []at{{1, 0, FaultHeaderNone}}, nil},
	{"name column missing", "\n\nrole,phone\n教育責任者,\n", []at{{3, 0, FaultHeaderMissing}}, map[string]string{"value": "従業員名", "suggestion": "name"}},
	{"role column missing", "従業員名\n田中\n", []at{{1, 0, FaultHeaderMissing}}, map[string]string{"value": "役割", "suggestion": "role"}},
	{"column twice", "name,role,役割\n田中,,\n", []at{{1, 3, FaultHeaderDuplicate}}, map[string]string{"value": "役割", "other": "role"}},
	{"column of another list", "氏名,役割,従業員名\n,,田中\n", []at{{1, 1, FaultHeaderUnknown}}, map[string]string{"value": "氏名", "suggestion": "従業員名"}},
	{"column misspelt", "name,role,emial\n田中,,\n", []at{{1, 3, FaultHeaderUnknown}}, map[string]string{"suggestion": "email"}},
	{"Japanese column misspelt", "従業員名,役割,SlackユーザID\n田中,,\n", []at{{1, 3, FaultHeaderUnknown}}, map[string]string{"suggestion": "SlackユーザーID"}},
	{"unknown column like none", "name,role,血液型\n田中,,A\n", []at{{1, 3, FaultHeaderUnknown}}, map[string]string{"suggestion": "従業員名 / 所属 / 役割 / 担当役割の概要 / 電話番号 / メールアドレス / SlackユーザーID / DiscordユーザーID / 代理順 / 不在期間 / 不在時の代理"}},
	{"header only", "name,role\n,,,\n\n", []at{{1, 0, FaultNoRows}}, nil},
	{"too many rows", "name,role\n" + strings.Repeat("x,\n", MaxRows+1), []at{{MaxRows + 2, 0, FaultTooManyRows}}, map[string]string{"max": "2000"}},
	{"cell beside the table", "name,role\n田中,,おまけ\n", []at{{2, 3, FaultCellExtra}}, map[string]string{"value": "おまけ"}},
	{"many cells beside the table are told once", "name,role\n田中,,a,b,c\n佐藤,,d\n", []at{{2, 3, FaultCellExtra}, {3, 3, FaultCellExtra}}, nil},
	{"cell under an unnamed column", "name,,role\n田中,x,\n", []at{{2, 2, FaultCellExtra}}, nil},
	{"direction mark in a name", head + "田中\u202Eabc,,,,,,,,\n", []at{{2, 1, FaultCharacter}}, map[string]string{"value": "U+202E", "column_name": "name"}},
	{"control character", head + "田中,営\x07業,,,,,,,\n", []at{{2, 2, FaultCharacter}}, map[string]string{"value": "U+0007"}},
	{"zero width space", head + "田\u200b中,,,,,,,,\n", []at{{2, 1, FaultCharacter}}, map[string]string{"value": "U+200B"}},
	{"private use", head + "田中\uE000,,,,,,,,\n", []at{{2, 1, FaultCharacter}}, map[string]string{"value": "U+E000"}},
	{"name too long", head + strings.Repeat("田", 61) + ",,,,,,,,\n", []at{{2, 1, FaultTooLong}}, map[string]string{"max": "60"}},
	{"note too long", head + "田中,,educator," + strings.Repeat("あ", 201) + ",,,,,\n", []at{{2, 4, FaultTooLong}}, map[string]string{"max": "200"}},
	{"no name", head + " 　,営業部,,,,,,,\n", []at{{2, 1, FaultNameMissing}}, nil},
	{"lead of no department", head + "田中,,部門責任者,,,,,,\n", []at{{2, 2, FaultDepartmentMissing}}, map[string]string{"name": "田中"}},
	{"role misspelt", head + "田中,,インシデント責任者,,,,,,\n", []at{{2, 3, FaultRoleUnknown}}, map[string]string{"value": "インシデント責任者", "suggestion": "インシデント対応責任者"}},
	{"role id misspelt", head + "田中,,system_admn,,,,,,\n", []at{{2, 3, FaultRoleUnknown}}, map[string]string{"suggestion": "system_admin"}},
	{"role shortened", head + "田中,,広報,,,,,,\n", []at{{2, 3, FaultRoleUnknown}}, map[string]string{"suggestion": "広報・総務"}},
	{"the discoverer is nobody's duty", head + "田中,,discoverer,,,,,,\n", []at{{2, 3, FaultRoleUnknown}}, nil},
	{"two roles in a cell", head + "田中,,システム管理者、教育責任者,,,,,,\n", []at{{2, 3, FaultRoleSeveral}}, map[string]string{"suggestion": "システム管理者 / 教育責任者"}},
	{"order in words", head + "田中,,educator,,,,,,次\n", []at{{2, 9, FaultOrderShape}}, map[string]string{"value": "次"}},
	{"order with a fraction", head + "田中,,educator,,,,,,1.5\n", []at{{2, 9, FaultOrderShape}}, nil},
	{"order negative", head + "田中,,educator,,,,,,−１\n", []at{{2, 9, FaultOrderRange}}, nil},
	{"order too large", head + "田中,,educator,,,,,,100\n", []at{{2, 9, FaultOrderRange}}, map[string]string{"max": "99"}},
	{"order beyond any number", head + "田中,,educator,,,,,,99999999999999999999\n", []at{{2, 9, FaultOrderRange}}, nil},
	{"deputy of nothing", head + "田中,,,,,,,,2\n", []at{{2, 9, FaultOrderWithoutRole}}, map[string]string{"value": "2"}},
	{"outline of nothing", head + "田中,,,受付,,,,,\n", []at{{2, 4, FaultDutyWithoutRole}}, map[string]string{"value": "受付"}},
	{"absence in words", absent + "田中,,年末年始,\n", []at{{2, 3, FaultAbsenceShape}}, map[string]string{"value": "年末年始"}},
	{"absence of nothing", absent + "田中,,;,\n", []at{{2, 3, FaultAbsenceShape}}, nil},
	{"absence on no day", absent + "田中,,12/1;11/31-12/3,\n", []at{{2, 3, FaultAbsenceDay}}, map[string]string{"value": "11/31-12/3"}},
	{"absence backwards", absent + "田中,,2027-01-03/2026-12-29,\n", []at{{2, 3, FaultAbsenceOrder}}, nil},
	{"too many absences", absent + "田中,,1/1;1/2;1/3;1/4;1/5;1/6;1/7;1/8;1/9,\n", []at{{2, 3, FaultAbsenceMany}}, map[string]string{"max": "8"}},
	{"deputy of no absence", absent + "田中,,,佐藤\n佐藤,,,\n", []at{{2, 4, FaultDeputyWithoutAbsence}}, map[string]string{"value": "佐藤"}},
	{"more deputies than absences", absent + "田中,,12/1;12/3,佐藤、鈴木;高橋\n佐藤,,,\n", []at{{2, 4, FaultAbsenceDeputies}}, nil},
	{"absences that contradict", absent + "田中,educator,12/1,\n田中,press,12/2,\n", []at{{3, 3, FaultContradiction}}, map[string]string{"value": "12/2", "other": "12/1"}},
	{"phone with letters", head + "田中,,,,内線12,,,,\n", []at{{2, 5, FaultPhoneShape}}, nil},
	{"phone too short", head + "田中,,,,090-0000,,,,\n", []at{{2, 5, FaultPhoneShape}}, nil},
	{"phone too long", head + "田中,,,,090-0000-00011,,,,\n", []at{{2, 5, FaultPhoneShape}}, nil},
	{"plus in the middle", head + "田中,,,,090+00000001,,,,\n", []at{{2, 5, FaultPhoneShape}}, nil},
	{"phone taken for a quantity", head + "田中,,,,9000000001,,,,\n", []at{{2, 5, FaultPhoneZeroLost}}, map[string]string{"suggestion": "09000000001"}},
	{"mail without a domain", head + "田中,,,,,tanaka@,,,\n", []at{{2, 6, FaultEmailShape}}, nil},
	{"two mails", head + "田中,,,,,a@example.co.jp b@example.co.jp,,,\n", []at{{2, 6, FaultEmailShape}}, nil},
	{"Slack display name", head + "田中,,,,,,@tanaka,,\n", []at{{2, 7, FaultSlackShape}}, nil},
	{"Slack channel", head + "田中,,,,,,C0123456789,,\n", []at{{2, 7, FaultSlackShape}}, nil},
	{"Discord name", head + "田中,,,,,,,tanaka#1234,\n", []at{{2, 8, FaultDiscordShape}}, nil},
	{"Discord ID too short", head + "田中,,,,,,,1234567890123456,\n", []at{{2, 8, FaultDiscordShape}}, nil},
	{"Discord ID rounded", head + "田中,,,,,,,1.23457E+17,\n", []at{{2, 8, FaultDiscordRounded}}, nil},
	{"same role twice", head + "田中,,educator,,,,,,\n田中,,教育責任者,,,,,,1\n", []at{{3, 1, FaultDuplicate}}, map[string]string{"first": "2", "role": "教育責任者"}},
	{"same person twice", head + "田中,営業部,,,,,,,\n田 中,営業部,,,,,,,\n", []at{{3, 1, FaultDuplicatePerson}}, map[string]string{"first": "2", "name": "田中"}},
	{"two people, one mail", head + "田中,,,,,A@example.co.jp,,,\n佐藤,,,,,a@example.co.jp,,,\n", []at{{3, 6, FaultEmailShared}}, map[string]string{"first": "2", "other_name": "田中", "name": "佐藤"}},
	{"two people, one Slack ID", head + "田中,,,,,,U0000001,,\n佐藤,,,,,,u0000001,,\n", []at{{3, 7, FaultSlackShared}}, nil},
	{"two people, one Discord ID", head + "田中,,,,,,,123456789012345678,\n佐藤,,,,,,,123456789012345678,\n", []at{{3, 8, FaultDiscordShared}}, nil},
	{"two phones", head + "田中,,educator,,090-0000-0001,t@example.co.jp,,,\n田中,,press,,090-0000-0002,t@example.co.jp,,,\n", []at{{3, 5, FaultContradiction}}, map[string]string{"first": "2", "other": "090-0000-0001", "value": "090-0000-0002"}},
	{"two departments", head + "田中,営業部,educator,,,t@example.co.jp,,,\n田中,製造部,press,,,t@example.co.jp,,,\n", []at{{3, 2, FaultContradiction}}, nil},
	{"two mails of a Slack user", head + "田中,,educator,,,a@example.co.jp,U0000001,,\n田中,,press,,,b@example.co.jp,U0000001,,\n", []at{{3, 6, FaultContradiction}}, nil},
	{"one of two namesakes", head + "田中,営業部,educator,,,a@example.co.jp,,,\n田中,営業部,press,,,b@example.co.jp,,,\n田中,営業部,auditor,,,,,,\n", []at{{4, 1, FaultPersonAmbiguous}}, nil},
	{"perhaps the namesake of a department", head + "田中,営業部,educator,,,a@example.co.jp,,,\n田中,,press,,,,,,\n", []at{{3, 1, FaultPersonAmbiguous}}, map[string]string{"first": "2"}},
	{"everything at once", head + ",,社長室長,x,1,2,3,4,5a\n田中,,,,abc,,,,\n", []at{
		{2, 1, FaultNameMissing}, {2, 3, FaultRoleUnknown}, {2, 5, FaultPhoneShape}, {2, 6, FaultEmailShape},
		{2, 7, FaultSlackShape}, {2, 8, FaultDiscordShape}, {2, 9, FaultOrderShape}, {3, 5, FaultPhoneShape},
	}, nil},
	{"line of the file, not of the table", "\r\nname,role,duty\r\n田中,educator,\"a\r\nb\"\r\n\r\n佐藤,x,\r\n", []at{{6, 2, FaultRoleUnknown}}, nil},
}

func TestParseTellsEveryFault(t *testing.T) {
	ja, en := texts(t, "ja"), texts(t, "en")
	var seen []string
	for _, c := range faultCases {
		t.Run(c.name, func(t *testing.T) {
			rows, faults := Parse([]byte(c.file))
			if rows != nil {
				t.Errorf("rows %v were accepted beside faults", rows)
			}
			if len(faults) == 0 {
				t.Fatal("accepted")
			}
			if got := places(faults); !slices.Equal(got, c.want) {
				t.Fatalf("faults %v, want %v", got, c.want)
			}
			for name, want := range c.args {
				if faults[0].Args[name] != want {
					t.Errorf("%s = %q, want %q", name, faults[0].Args[name], want)
				}
			}
			for _, f := range faults {
				seen = append(seen, f.Key)
				for _, sentence := range []string{f.Say(ja), f.Say(en)} {
					if place.MatchString(sentence) {
						t.Errorf("not filled: %s", sentence)
					}
					if f.Line > 0 && !strings.Contains(sentence, fmt.Sprint(f.Line)) {
						t.Errorf("does not say line %d: %s", f.Line, sentence)
					}
				}
			}
		})
	}
	for _, key := range FaultKeys {
		if !slices.Contains(seen, key) && !slices.Contains(workbookFaults, key) {
			t.Errorf("no case shows %s", key)
		}
	}
}

// A value from a file must not act on the screen that shows the fault.
func TestFaultsQuoteForeignTextSafely(t *testing.T) {
	_, faults := Parse([]byte(head + "田中,,\u202Exyz\x1b[31m{line}" + strings.Repeat("z", 900) + ",,,,,,\n"))
	if len(faults) != 1 || faults[0].Key != FaultRoleUnknown {
		t.Fatalf("faults %v", faults)
	}
	said := faults[0].Say(texts(t, "ja"))
	if strings.ContainsAny(said, "\u202E\x1b") || len([]rune(said)) > 500 {
		t.Errorf("unsafe: %q", said)
	}
	if !strings.Contains(said, "{line}") {
		t.Errorf("the value itself was filled: %q", said)
	}
}
