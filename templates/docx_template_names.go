package templates

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"hikeshi/workflows/fault"
)

// placeholderKind is what a placeholder of a form stands for.
type placeholderKind int

const (
	valuePlace   placeholderKind = iota + 1 // one value, within a line
	listPlace                               // a list; only as the condition of an optional block
	columnPlace                             // a column of a list, in a row that is repeated
	sectionPlace                            // a chapter or a part of one, in the place of a paragraph
	bodyPlace                               // every chapter with its titles
	coverPlace                              // the small table under the title
)

// place is what a placeholder refers to: id is the name that workflows/report knows, column
// the column's.
type place struct {
	kind       placeholderKind
	id, column string
}

// named is one name in both languages.
type named struct{ en, ja string }

// The names a form may use, in the order in which they are listed. Every name that
// workflows/report offers stands here; a test compares.
var (
	valueGroups = []struct {
		key   string // of the title of the group
		names []named
	}{
		{"docx.list.group.document", []named{
			{"title", "表題"}, {"subject", "件名"}, {"number", "番号"}, {"version", "版"}, {"made_at", "作成日時"}, {"made_on", "作成日"},
			{"phase", "段階"}, {"level", "事故レベル"}, {"marking", "取扱い"}, {"footer", "欄外"}, {"check_value", "照合値"},
			{"entry_count", "記録件数"}, {"time_zone", "日時の表し方"},
		}},
		{"docx.list.group.company", []named{
			{"company", "会社名"}, {"address", "所在地"}, {"corporate_number", "法人番号"}, {"industry", "業種"}, {"departments", "部門"},
		}},
		{"docx.list.group.reported", []named{
			{"classification", "分類"}, {"kind", "種類"}, {"reporter", "報告者"}, {"reported_at", "報告日時"}, {"discovered_at", "発覚日時"},
			{"event", "発生事象"}, {"expected_damage", "想定される被害"}, {"contractor", "委託先"}, {"first_facts", "報告時の事実"},
		}},
		{"docx.list.group.work", []named{
			{"containment_at", "初動の開始日時"}, {"occurred_at", "発生日時"}, {"affected_systems", "被害を受けたシステムの状況"}, {"scope", "影響範囲"},
			{"investigation_at", "調査・対応の開始日時"}, {"cause", "想定される原因"}, {"background", "原因発生の背景"},
			{"recovery_at", "復旧の開始日時"}, {"prevention", "再発防止策"},
		}},
		{"docx.list.group.ending", []named{
			{"final_report_at", "最終報告の開始日時"}, {"approved_by", "承認者"}, {"approved_at", "承認日時"}, {"publication", "公表の判断"},
			{"approval_comment", "承認のコメント"}, {"outcome", "結果"}, {"ended_at", "終了日時"}, {"ended_by", "終了させた人"}, {"end_reason", "終了の理由"},
			{"responsible", "責任者"}, {"lead", "指揮者"}, {"circle", "内容を知る関係者"},
		}},
		{"docx.list.group.only", []named{
			{"practice", "訓練"}, {"internal", "社外秘"}, {"restricted", "限定"}, {"draft", "下書き"}, {"provisional", "仮"}, {"closed", "終結"}, {"dismissed", "非該当"},
			{"merged_into", "統合先"}, {"level_0", "レベル0"}, {"level_1", "レベル1"}, {"level_2", "レベル2"}, {"level_3", "レベル3"},
		}},
		{"docx.list.group.fact", []named{
			{"fact_personal_data", "事実：個人情報"}, {"fact_outsiders", "事実：社外への影響"}, {"fact_confidential", "事実：社外秘"},
			{"fact_business_stopped", "事実：事業への影響"}, {"fact_staff_work", "事実：従業員の仕事"}, {"fact_near_miss", "事実：ヒヤリハット"},
			{"fact_unauthorized_access", "事実：不正アクセス"}, {"fact_ransomware", "事実：ランサムウェア"}, {"fact_virus", "事実：ウイルス"},
			{"fact_my_number", "事実：マイナンバー"}, {"fact_persons", "事実：本人の人数"}, {"fact_wide_scope", "事実：広い影響"},
			{"fact_damaged_data", "事実：電子データの被害"}, {"fact_damaged_device", "事実：機器の被害"}, {"fact_damaged_paper", "事実：書類の被害"},
			{"fact_at_contractor", "事実：委託先"},
			{"fact_special_care", "事実：要配慮個人情報"}, {"fact_financial_damage", "事実：財産的被害"}, {"fact_wrongful_purpose", "事実：不正の目的"},
			{"fact_persons_max", "事実：本人の最大人数"}, {"fact_encrypted_safe", "事実：高度な暗号化"}, {"fact_my_number_persons", "事実：マイナンバーの人数"},
			{"fact_my_number_system", "事実：行政のシステム"}, {"fact_viewable_by_many", "事実：不特定多数の閲覧"}, {"fact_entrusted", "事実：委託元"},
			{"fact_eu_persons", "事実：EUの人"}, {"fact_cards", "事実：カード情報"}, {"fact_pmark", "事実：プライバシーマーク"},
		}},
	}

	// stepNames are the columns of every list of steps.
	stepNames = []named{
		{"number", "番号"}, {"step", "手順"}, {"task", "すること"}, {"role", "役割"}, {"kind", "種類"}, {"phase", "段階"},
		{"state", "状態"}, {"when", "日時・人"}, {"at", "日時"}, {"by", "人"}, {"result", "結果"},
	}

	listNames = []struct {
		named
		columns []named
	}{
		{named{"log", "対応経過"}, []named{{"entry", "番号"}, {"occurred", "日時"}, {"who", "記録者"}, {"done", "内容"}}},
		{named{"steps", "手順"}, stepNames},
		{named{"steps_reported", "発見報告の手順"}, stepNames},
		{named{"steps_containment", "初動の手順"}, stepNames},
		{named{"steps_investigation", "調査・対応の手順"}, stepNames},
		{named{"steps_recovery", "復旧の手順"}, stepNames},
		{named{"steps_outside", "届出と公表の手順"}, stepNames},
		{named{"filings", "届出・連絡の一覧"}, []named{{"filing", "届出・連絡"}, {"filed_to", "相手"}, {"filed_by", "期限・目安"}, {"filed_on", "済んだ日"}, {"filed_note", "受付番号・理由"}}},
		{named{"actions", "再発防止の対策"}, []named{{"number", "番号"}, {"action", "対策"}, {"owner", "担当"}, {"due", "期限"}, {"state", "状態"}}},
		{named{"reporters", "報告した人"}, []named{{"name", "氏名"}, {"department", "所属"}}},
		{named{"responders", "呼び出し"}, []named{{"name", "氏名"}, {"roles", "役割"}, {"called", "呼び出し日時"}, {"answered", "回答日時"}, {"answer", "答え"}}},
		{named{"leads", "指揮の移り変わり"}, []named{{"at", "日時"}, {"name", "氏名"}, {"how", "経緯"}}},
		{named{"circle", "関係者"}, []named{{"name", "氏名"}, {"why", "立場"}}},
		{named{"levels", "事故レベルの経過"}, []named{{"at", "日時"}, {"level", "事故レベル"}, {"who", "記録者"}, {"suggested", "目安"}, {"reason", "理由"}}},
		{named{"facts", "事実"}, []named{{"fact", "質問"}, {"answer", "答え"}}},
		{named{"evidence", "証拠"}, []named{{"name_of_evidence", "名前"}, {"where", "保管場所"}, {"who", "記録者"}, {"at", "日時"}}},
		{named{"files", "添付ファイル"}, []named{{"name_of_file", "名前"}, {"size", "大きさ"}, {"digest", "照合値"}, {"who", "記録者"}, {"at", "日時"}}},
		{named{"merged", "統合した報告"}, []named{{"incident", "番号"}, {"reporter", "報告者"}, {"at", "日時"}, {"text", "内容"}}},
		{named{"questions", "質問と回答"}, []named{{"entry", "番号"}, {"at", "日時"}, {"who", "記録者"}, {"what", "種類"}, {"text", "内容"}}},
		{named{"deliveries", "知らせた記録"}, []named{{"at", "日時"}, {"to", "宛先"}, {"message", "内容"}, {"state", "状態"}}},
	}

	sectionNames = []named{
		{"end", "この件の扱い"}, {"reported", "発見報告"}, {"containment", "初動"}, {"investigation", "調査・対応"}, {"recovery", "復旧"},
		{"final_report", "最終報告"}, {"people", "責任者・担当者"}, {"levels", "事故レベルの経過"}, {"facts", "事実"}, {"evidence", "証拠"},
		{"merged", "統合した報告"}, {"questions", "質問と回答"}, {"log", "対応経過"}, {"deliveries", "知らせた記録"},
		{"actions", "再発防止の対策"}, {"filings", "届出・連絡の一覧"}, {"outside", "届出と公表"}, {"approval", "承認"}, {"closing", "終結"},
		{"leads", "指揮の移り変わり"}, {"responders", "呼び出し"}, {"circle", "関係者"},
	}
	sectionMark = named{"section", "節"}
	bodyName    = named{"body", "本文"}
	coverName   = named{"cover", "表紙の表"}
)

// places finds what a name stands for; the keys are folded.
var places = sync.OnceValue(func() map[string]place {
	m := map[string]place{}
	add := func(p place, names ...string) {
		for _, n := range names {
			m[foldName(n)] = p
		}
	}
	for _, s := range sectionNames {
		add(place{kind: sectionPlace, id: s.en}, sectionMark.en+":"+s.en, sectionMark.ja+":"+s.ja)
	}
	for _, l := range listNames {
		add(place{kind: listPlace, id: l.en}, l.en, l.ja)
		for _, c := range l.columns {
			add(place{kind: columnPlace, id: l.en, column: c.en}, l.en+"."+c.en, l.ja+"."+c.ja)
		}
	}
	// After the lists: where a value has the name of a list, the value is meant.
	for _, g := range valueGroups {
		for _, n := range g.names {
			add(place{kind: valuePlace, id: n.en}, n.en, n.ja)
		}
	}
	add(place{kind: bodyPlace}, bodyName.en, bodyName.ja)
	add(place{kind: coverPlace}, coverName.en, coverName.ja)
	return m
})

// writtenNames are all names as a person writes them, to find the one that was meant.
var writtenNames = sync.OnceValue(func() []string {
	var names []string
	for _, g := range valueGroups {
		for _, n := range g.names {
			names = append(names, n.ja, n.en)
		}
	}
	for _, l := range listNames {
		names = append(names, l.ja, l.en)
		for _, c := range l.columns {
			names = append(names, l.ja+"."+c.ja, l.en+"."+c.en)
		}
	}
	for _, s := range sectionNames {
		names = append(names, sectionMark.ja+"："+s.ja, sectionMark.en+":"+s.en)
	}
	return append(names, bodyName.ja, bodyName.en, coverName.ja, coverName.en)
})

// foldName makes equal what differs only in how it was typed: full and half width, capitals,
// and spaces, hyphens or underscores between the words.
func foldName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '-' || r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}

// nearestName is the known name that was probably meant, or the empty text.
func nearestName(written string) string {
	names, folded := writtenNames(), foldName(written)
	// Of a Japanese name of three characters two edits leave one: names that have less than
	// half in common only look near.
	var alike []string
	for _, n := range names {
		if f := foldName(n); 2*inCommon(f, folded) >= min(len([]rune(f)), len([]rune(folded))) {
			alike = append(alike, n)
		}
	}
	if meant := fault.Nearest(strings.TrimSpace(norm.NFKC.String(written)), alike); meant != "" {
		return meant
	}
	if len([]rune(folded)) < 2 {
		return ""
	}
	best := ""
	for _, n := range names {
		f := foldName(n)
		if f == folded || strings.Contains(f, folded) || strings.Contains(folded, f) && len([]rune(f)) > 1 {
			if best == "" || len(n) < len(best) {
				best = n
			}
		}
	}
	return best
}

// inCommon counts the characters that two names share, wherever they stand.
func inCommon(a, b string) int {
	left := map[rune]int{}
	for _, r := range a {
		left[r]++
	}
	n := 0
	for _, r := range b {
		if left[r] > 0 {
			left[r]--
			n++
		}
	}
	return n
}
