package contact

import (
	"strings"

	"hikeshi/workflows/incident"
)

// The names a contact file may contain. They are part of the file format: what a company
// writes in its list, whatever language the program speaks.

// column is the English name of a column, which is also its identity.
type column string

const (
	colName       column = "name"
	colDepartment column = "department"
	colRole       column = "role"
	colDuty       column = "duty"
	colPhone      column = "phone"
	colEmail      column = "email"
	colSlack      column = "slack_id"
	colDiscord    column = "discord_id"
	colOrder      column = "deputy_order"
	// The last two may be left out by a company that keeps absences elsewhere.
	colAbsence       column = "absence"
	colAbsenceDeputy column = "absence_deputy"
)

// columnNames lists every column with its Japanese header, in the order of an export.
var columnNames = []struct {
	column   column
	japanese string
}{
	{colName, "従業員名"},
	{colDepartment, "所属"},
	{colRole, "役割"},
	{colDuty, "担当役割の概要"},
	{colPhone, "電話番号"},
	{colEmail, "メールアドレス"},
	{colSlack, "SlackユーザーID"},
	{colDiscord, "DiscordユーザーID"},
	{colOrder, "代理順"},
	{colAbsence, "不在期間"},
	{colAbsenceDeputy, "不在時の代理"},
}

// japaneseHeader gives the Japanese header of a column.
func japaneseHeader(c column) string {
	for _, n := range columnNames {
		if n.column == c {
			return n.japanese
		}
	}
	return string(c)
}

// headerHints are headers that other lists use. They are not accepted, because the format
// is fixed, but they tell which column was meant.
var headerHints = map[string]column{
	"氏名": colName, "名前": colName, "社員名": colName, "fullname": colName,
	"部署": colDepartment, "部門": colDepartment, "所属名": colDepartment, "所属部署": colDepartment, "division": colDepartment,
	"役職": colRole, "担当": colRole, "担当役割": colRole, "title": colRole,
	"概要": colDuty, "役割の概要": colDuty, "備考": colDuty, "note": colDuty,
	"電話": colPhone, "携帯": colPhone, "携帯電話": colPhone, "携帯電話番号": colPhone, "tel": colPhone, "mobile": colPhone,
	"メール": colEmail, "eメール": colEmail, "電子メールアドレス": colEmail, "mail": colEmail,
	"slack": colSlack, "slackid": colSlack, "discord": colDiscord, "discordid": colDiscord,
	"順番": colOrder, "順位": colOrder, "代理順位": colOrder, "order": colOrder,
	"不在": colAbsence, "不在日": colAbsence, "休暇": colAbsence, "休暇期間": colAbsence, "休み": colAbsence, "away": colAbsence, "vacation": colAbsence, "leave": colAbsence,
	"代理者": colAbsenceDeputy, "不在代理": colAbsenceDeputy, "不在時代理": colAbsenceDeputy, "不在時の代理者": colAbsenceDeputy, "不在中の代理": colAbsenceDeputy, "deputy": colAbsenceDeputy,
}

// roleTitles gives each role's Japanese titles; the first is the one an export writes.
var roleTitles = []struct {
	role   incident.Role
	titles []string
}{
	{incident.Representative, []string{"代表取締役", "代表取締役社長"}},
	{incident.IncidentLead, []string{"インシデント対応責任者"}},
	{incident.SystemAdmin, []string{"システム管理者"}},
	{incident.SecurityChief, []string{"情報セキュリティ責任者"}},
	{incident.DepartmentLead, []string{"情報セキュリティ部門責任者", "部門責任者"}},
	{incident.PrivacyManager, []string{"個人情報保護管理者"}},
	{incident.PrivacyDesk, []string{"個人情報苦情相談対応者"}},
	{incident.Educator, []string{"教育責任者"}},
	{incident.Auditor, []string{"監査・点検責任者", "監査責任者", "点検責任者"}},
	{incident.Press, []string{"広報・総務"}},
	{incident.OutsideContact, []string{"社外連絡先"}},
}

// japaneseTitle gives the title an export writes for a role.
func japaneseTitle(r incident.Role) string {
	for _, t := range roleTitles {
		if t.role == r {
			return t.titles[0]
		}
	}
	return string(r)
}

// honorifics may follow a name that somebody looks for.
var honorifics = []string{"さん", "様", "さま", "殿", "氏"}

// sameKanji makes the spellings of common family names alike that a keyboard does not
// offer at once: whoever looks for 高橋 at night has to find 髙橋.
var sameKanji = strings.NewReplacer(
	"髙", "高", "﨑", "崎", "嵜", "崎", "濵", "浜", "濱", "浜", "邊", "辺", "邉", "辺",
	"齋", "斉", "齊", "斉", "斎", "斉", "澤", "沢", "廣", "広", "德", "徳", "𠮷", "吉", "眞", "真",
)
