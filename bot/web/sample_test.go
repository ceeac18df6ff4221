package web_test

import (
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
)

// What the fake desk shows: long words, many rows and every kind of part, so that the pages
// are looked at with what is hardest to lay out.

func people() []desk.PersonLine {
	line := func(user chat.UserID, name, department, roles string) desk.PersonLine {
		return desk.PersonLine{User: user, Name: name, Department: department, Roles: roles}
	}
	return []desk.PersonLine{
		line("web:p-01", "田中 誠一", "経営", "代表取締役、情報セキュリティ部門責任者"),
		line(sato, "佐藤 美咲", "管理部", "インシデント対応責任者、代表取締役（代理）、情報セキュリティ責任者、情報セキュリティ部門責任者、個人情報保護管理者（代理）"),
		line(suzuki, "鈴木 健太", "管理部", "システム管理者、インシデント対応責任者（代理）"),
		line("web:p-04", "高橋 由美", "管理部", "個人情報保護管理者、個人情報苦情相談対応者、広報・総務"),
		line("web:p-05", "伊藤 大輔", "営業部", "情報セキュリティ部門責任者"),
		line("web:p-06", "渡辺 浩", "製造部", "情報セキュリティ部門責任者、システム管理者（代理）"),
		line("web:p-07", "小林 恵", "管理部", "監査・点検責任者、教育責任者、広報・総務（代理）"),
		line(yamamoto, "山本 直子", "営業部", ""),
		line(nakamura, "中村 拓也", "製造部", ""),
		line("web:p-10", "加藤 亮", "港サポート（保守会社）", "社外連絡先"),
	}
}

func richPosts(now time.Time) map[string][]desk.Post {
	at := func(minutes int, key, clock string, card chat.Card) desk.Post {
		card.Mark = "訓練"
		return desk.Post{Key: key, At: now.Add(time.Duration(minutes) * time.Minute), Time: clock, Card: card}
	}
	return map[string][]desk.Post{
		channel: {
			at(-20, "r1", "01:47", chat.Card{Tone: chat.Urgent, Title: "事故の報告がありました", Blocks: []chat.Block{
				{Text: "社用PCを電車に置き忘れた。終電の山手線、緑のかばんの中。顧客名簿が入っているかもしれません。"},
				{Fields: []chat.Pair{{Label: "報告した人", Value: "山本さん（営業部）"}, {Label: "発覚日時", Value: "11月22日（日） 01:45", At: now}, {Label: "発生日時", Value: "まだわかっていません", Gap: true}}},
			}}),
			at(-18, "r2", "01:49", chat.Card{Title: "佐藤さんに連絡しました", Blocks: []chat.Block{{Small: true, Text: "返事を待っています。10分たっても返事がなければ、鈴木さんにも連絡します。"}}}),
			at(-12, "r3", "01:55", chat.Card{Tone: chat.Good, Title: "佐藤さんが対応を始めました"}),
			at(-9, "r4", "01:58", chat.Card{Title: "記録", Blocks: []chat.Block{{Text: "JRの忘れ物センターに電話。\n受付は朝5時から。\nリモートで画面ロックを試す。"}}}),
			at(-3, "r5", "02:04", chat.Card{Tone: chat.Notice, Title: "レベルを上げる提案があります", Blocks: []chat.Block{
				{Text: "鈴木さん：顧客名簿が入っていたとわかりました。レベル3にしたほうがよいと考えます。"},
			}, Buttons: []chat.Button{{Label: "レベルを決める", Action: "form|level", Style: chat.Primary}, {Label: "今のままにする", Action: "keep|1"}}}),
		},
		string(suzuki): {
			at(-3, "d1", "02:04", chat.Card{Tone: chat.Urgent, Mark: "再送", Title: "対応をお願いします", Blocks: []chat.Block{
				{Text: "社用PCを電車に置き忘れた"},
				{Fields: []chat.Pair{{Label: "番号", Value: incidentID}, {Label: "レベル", Value: "2（仮）"}, {Label: "報告した人", Value: "山本さん（営業部）"}}},
			}, Buttons: []chat.Button{{Label: "対応します", Action: "take|1", Style: chat.Primary}, {Label: "対応できません", Action: "form|decline"}, {Label: "対応室を開く", Action: "open|1"}}}),
		},
		string(yamamoto): {at(-20, "own-1", "01:47", acceptedCard("社用PCを電車に置き忘れた"))},
	}
}

func acceptedCard(text string) chat.Card {
	return chat.Card{Tone: chat.Good, Mark: "訓練", Title: "受け付けました：" + incidentID, Blocks: []chat.Block{
		{Text: text},
		{Heading: "いますること", Items: []chat.Item{
			{Mark: "1", Text: "交通機関の忘れ物の窓口に届けてください。"},
			{Mark: "2", Text: "中に入っていたものを、思い出せるだけ書き出してください。", Small: "紙でもかまいません"},
			{Mark: "してはいけない", Text: "自分だけで取引先に連絡しないでください。"},
		}},
		{Heading: "急ぐときの電話", Fields: []chat.Pair{{Label: "インシデント対応責任者", Value: "佐藤 美咲　090-0000-0002"}, {Label: "システム管理者", Value: "鈴木 健太　090-0000-0003"}}},
	}, Buttons: []chat.Button{{Label: "くわしく書く", Action: "form|detail", Style: chat.Primary}, {Label: "誤報かもしれません", Action: "close|1", Confirm: "責任者に「誤報かもしれない」と伝えます。事故の対応は責任者が決めるまで続きます。伝えますか。"}}}
}

func incidentCard(taken bool) chat.Card {
	lead := chat.Pair{Label: "責任者", Value: "まだ誰も引き受けていません", Gap: true}
	if taken {
		lead = chat.Pair{Label: "責任者", Value: "鈴木さん（代理）"}
	}
	return chat.Card{Key: "card:" + incidentID, Tone: chat.Urgent, Mark: "訓練", Title: incidentID + "　社用PCを電車に置き忘れた", Blocks: []chat.Block{
		{Fields: []chat.Pair{{Label: "段階", Value: "初動"}, {Label: "レベル", Value: "2（仮）"}, {Label: "区分", Value: "漏えい・流出"}, lead}},
		{Heading: "次にすること", Items: []chat.Item{
			{Mark: "未", Text: "社内の対応体制をつくる", Small: "インシデント対応責任者", Buttons: []chat.Button{{Label: "済みにする", Action: "form|step"}}},
			{Mark: "済", Text: "発見した人から報告を受ける", Small: "山本さん 01:47"},
		}},
	}, Buttons: []chat.Button{
		{Label: "次の段階へ進める", Action: "form|advance", Style: chat.Primary}, {Label: "レベル", Action: "form|level"}, {Label: "引継ぎ", Action: "form|handover"},
		{Label: "非該当にする", Action: "close|2", Style: chat.Danger, Confirm: "事故ではなかったとして対応を終えます。よろしいですか。"},
	}}
}

func reportForm(draft string, kept chat.Values) *chat.Form {
	f := &chat.Form{Draft: draft, Title: "事故を報告する", Submit: "報告する",
		Intro: "わかることだけで大丈夫です。空いたところは、あとから足せます。",
		Inputs: []chat.Input{
			{Name: "text", Label: "何が起きましたか", Kind: chat.Lines, Required: true, Max: 4000, Hint: "例：社用PCを電車に置き忘れた"},
			{Name: "kind", Label: "種類", Kind: chat.Choice, Options: options("virus", "ウイルス感染", "pc_abnormal", "PCなどの動作異常", "misdelivery", "誤送信・誤配送", "loss", "紛失", "theft", "盗難", "unauthorized_access", "不正アクセス", "unknown", "わからない")},
			{Name: "discovered_at", Label: "気づいた日時", Kind: chat.DateTime, Value: "2026-11-22T01:45"},
			{Name: "personal_data", Label: "個人情報が含まれていますか", Kind: chat.Choice, Options: options("yes", "はい", "no", "いいえ", "unknown", "わからない"), Value: "unknown"},
		}}
	for i := range f.Inputs {
		if v, ok := kept[f.Inputs[i].Name]; ok {
			f.Inputs[i].Value = v
		}
	}
	return f
}

// everyInput has an input of each kind, with a hint and with an error.
func everyInput(draft string) chat.Form {
	return chat.Form{Draft: draft, Title: "すべての種類", Intro: "確認用の記入画面です。", Error: "3か所を直してください。", Submit: "保存する", Inputs: []chat.Input{
		{Name: "line", Label: "一行", Kind: chat.Line, Required: true, Max: 100, Value: "短い内容", Hint: "ひとことで"},
		{Name: "lines", Label: "数行", Kind: chat.Lines, Value: "一行目\n二行目", Error: "もう少しくわしく書いてください。"},
		{Name: "few", Label: "一つを選ぶ", Kind: chat.Choice, Required: true, Options: options("0", "レベル0（ヒヤリハット）", "1", "レベル1（従業員の業務に影響）", "2", "レベル2（事業に影響）", "3", "レベル3（顧客・取引先に影響）"), Error: "レベルを選んでください。"},
		{Name: "may", Label: "選ばなくてもよい", Kind: chat.Choice, Options: options("yes", "はい", "no", "いいえ")},
		{Name: "any", Label: "いくつでも選ぶ", Kind: chat.Choices, Options: options("p-01", "田中 誠一（代表取締役）", "p-02", "佐藤 美咲（インシデント対応責任者）", "p-03", "鈴木 健太（システム管理者）"), Value: "p-01,p-03", Error: "一人にしてください。", Hint: "知らせない人"},
		{Name: "when", Label: "日時", Kind: chat.DateTime, Required: true, Value: "2026-11-22T01:45"},
		{Name: "day", Label: "期日", Kind: chat.Date, Value: "2026-12-01"},
		{Name: "count", Label: "人数", Kind: chat.Number, Value: "120"},
		{Name: "file", Label: "ファイル", Kind: chat.Upload, Required: true, Max: 25 << 20, Hint: "一つ25 MBまで", Error: "もう一度選んでください。"},
		{Name: "fixed", Label: "事故", Kind: chat.Fixed, Value: incidentID + "　社用PCを電車に置き忘れた"},
	}}
}

func options(pairs ...string) []chat.Option {
	var out []chat.Option
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, chat.Option{Value: pairs[i], Label: pairs[i+1]})
	}
	return out
}

func listRows() []desk.ListRow {
	return []desk.ListRow{
		{ID: incidentID, Title: "社用PCを電車に置き忘れた", Phase: "初動", Level: "2（仮）", Category: "漏えい・流出", Reporter: "山本さん", Lead: "佐藤さん", Reported: "01:47", Page: "/incidents/" + incidentID},
		{ID: "TRN-2026-0000", Title: "取引先を名乗る不審なメールが複数の社員に届いた", Phase: "終結", Level: "0", Category: "その他", Reporter: "中村さん", Lead: "鈴木さん", Reported: "11月20日（金） 09:12", Page: "/incidents/TRN-2026-0000", Ended: true},
	}
}

func contactRows() []desk.ContactRow {
	return []desk.ContactRow{
		{Role: "インシデント対応責任者", Name: "佐藤 美咲", Department: "管理部", Phone: "090-0000-0002", Email: "sato@example.co.jp"},
		{Role: "インシデント対応責任者", Name: "鈴木 健太", Order: "代理1", Department: "管理部", Phone: "090-0000-0003", Email: "suzuki@example.co.jp"},
		{Role: "システム管理者", Name: "鈴木 健太", Department: "管理部", Phone: "090-0000-0003", Email: "suzuki@example.co.jp"},
		{Role: "社外連絡先", Name: "加藤 亮", Department: "港サポート（保守会社）", Phone: "050-0000-0010"},
	}
}

func incidentPage(room desk.Room, full bool) desk.IncidentPage {
	p := desk.IncidentPage{Room: room, ID: incidentID, Title: "社用PCを電車に置き忘れた", Card: acceptedCard("社用PCを電車に置き忘れた")}
	if !full {
		return p
	}
	step := func(n, text, role, phase, state string) desk.StepRow {
		return desk.StepRow{N: n, Text: text, Role: role, Phase: phase, State: state}
	}
	done := step("1", "事故に気づいたことを、インシデント対応責任者に報告する", "発見者", "発見報告", "済")
	done.Settled, done.Who, done.At = true, "山本さん", "01:47"
	open := step("2", "社内の対応体制をつくり、これ以上広がらないように手を打つ", "インシデント対応責任者", "初動", "未")
	open.Buttons = []chat.Button{{Label: "済みにする", Action: "form|step2", Style: chat.Primary}, {Label: "省略する", Action: "form|waive2"}}
	none := step("6", "不正アクセスのときは、警察に相談する", "インシデント対応責任者", "初動", "該当なし")
	none.NotApplicable, none.Reason = true, "不正アクセスではないため"
	p.Full, p.Channel, p.Card = true, channel, incidentCard(false)
	p.Phases = []desk.PhaseMark{
		{Name: "発見報告", State: "済", Done: true, Since: "01:47"}, {Name: "初動", State: "現在", Now: true, Since: "01:55"},
		{Name: "調査・対応", State: "未"}, {Name: "復旧", State: "未"}, {Name: "最終報告", State: "未"}, {Name: "終結", State: "未"},
	}
	p.Missing = []chat.Item{{Mark: "未", Text: "手順2がまだです", Buttons: []chat.Button{{Label: "済みにする", Action: "form|step2"}}}, {Mark: "空", Text: "影響範囲が空です", Buttons: []chat.Button{{Label: "書く", Action: "form|field-scope"}, {Label: "不明にする", Action: "form|unknown-scope"}}}}
	p.Level = []chat.Pair{{Label: "いまのレベル", Value: "2（仮）"}, {Label: "理由", Value: "漏えいの可能性があるため、2より下にはできません"}, {Label: "責任者", Value: "佐藤さん（インシデント対応責任者）"}}
	p.History = []desk.LevelRow{{At: "01:47", From: "未判定", To: "2（仮）", By: "自動", Reason: "紛失は、確かめるまで漏えいとして扱います"}}
	p.Steps = []desk.StepRow{done, open, none}
	p.Fields = []desk.FieldRow{
		{Name: "発生事象", Value: "社用PCを電車に置き忘れた", By: "山本さん", At: "01:47", Buttons: []chat.Button{{Label: "直す", Action: "form|field-event"}}},
		{Name: "影響範囲", Value: "まだ書かれていません", Gap: true, Buttons: []chat.Button{{Label: "書く", Action: "form|field-scope"}}},
	}
	p.Facts = []chat.Pair{{Label: "個人情報", Value: "わからない", Gap: true}, {Label: "社外の人への影響", Value: "いいえ"}}
	p.Actions = []chat.Item{{Mark: "未", Text: "PCのディスクを暗号化する", Small: "鈴木さん　期日 12月1日"}}
	p.Files = []desk.FileRow{
		{Seq: 7, Name: "不審な画面_2026年11月22日_営業部共有フォルダーの警告.png", Size: "412.3 KB", Who: "山本さん", At: "01:50", SHA256: strings.Repeat("0f1e2d3c", 8), Path: "/incidents/" + incidentID + "/files/7"},
		{Seq: 9, Name: "送られてきたメール.eml", Size: "12.0 KB", Who: "佐藤さん", At: "02:00", Where: "メールサーバーの保管庫", SHA256: strings.Repeat("9a8b7c6d", 8), Erased: "消去済み（中身はもうありません）"},
	}
	p.Attach = []chat.Button{{Label: "ファイルを添付する", Action: "form|attach"}, {Label: "証拠の保管場所を記録する", Action: "form|file"}}
	p.Log = []desk.LogRow{
		{Seq: 1, Occurred: "01:45", Recorded: "01:47", Who: "山本さん", Text: "社用PCを電車に置き忘れた"},
		{Seq: 4, Occurred: "01:50", Recorded: "01:58", Who: "佐藤さん", Text: "JRの忘れ物センターに電話。\n受付は朝5時から。", Correction: "受付は朝6時から。", Buttons: []chat.Button{{Label: "訂正", Action: "form|correct4"}, {Label: "取消", Action: "form|undo4"}}},
		{Seq: 5, Occurred: "01:59", Recorded: "01:59", Who: "佐藤さん", Text: "別の事故の記録", Undone: "取消済み"},
	}
	p.Messages = []desk.MessageRow{{At: "01:49", To: "佐藤さん", What: "対応のお願い", State: "届きました", Answer: "対応します 01:55"}, {At: "01:59", To: "鈴木さん", What: "対応のお願い", State: "再送しました"}}
	p.People = []chat.Pair{{Label: "佐藤 美咲", Value: "責任者"}, {Label: "鈴木 健太", Value: "連絡を受けた人"}}
	p.Reports = []desk.Link{{Label: "報告書（PDF）", Path: "/incidents/" + incidentID + "/report.pdf"}, {Label: "報告書（docx）", Path: "/incidents/" + incidentID + "/report.docx"}, {Label: "報告書（md）", Path: "/incidents/" + incidentID + "/report.md"}}
	p.More = []chat.Button{{Label: "区分を変える", Action: "form|category"}, {Label: "統合する", Action: "form|merge"}, {Label: "非該当にする", Action: "close|3", Style: chat.Danger, Confirm: "事故ではなかったとして対応を終えます。よろしいですか。"}}
	return p
}
