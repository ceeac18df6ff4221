package desk_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"hikeshi/bot/chat"
	"hikeshi/bot/desk"
	"hikeshi/templates"
	"hikeshi/workflows/incident"
)

// Each word with arguments does what it says; without them its form asks.
func TestEveryWordWithItsArguments(t *testing.T) {
	for _, c := range []struct {
		line string
		did  incident.EventKind
	}{
		{"take", incident.Acknowledged{}.Kind()},
		{"対応します", incident.Acknowledged{}.Kind()},
		{"decline 出張中です", incident.Declined{}.Kind()},
		{"level 3 名簿があった", incident.LevelSet{}.Kind()},
		{"レベル３　名簿があった", incident.LevelSet{}.Kind()},
		{"level2", incident.LevelSet{}.Kind()},
		{"category leak メールが送られていた", incident.Recategorised{}.Kind()},
		{"区分 漏えい メールが送られていた", incident.Recategorised{}.Kind()},
		{"category virus leak 感染して漏れた", incident.Recategorised{}.Kind()},
		{"assign 中村", incident.Assigned{}.Kind()},
		{"assign 中村 拓也 2", incident.Assigned{}.Kind()},
		{"担当 nakamura@example.co.jp 手順2", incident.Assigned{}.Kind()},
		{"handover 鈴木 交代します", incident.HandoverOffered{}.Kind()},
		{"step 2 LANを抜いた", incident.StepDone{}.Kind()},
		{"手順２ LANを抜いた", incident.StepDone{}.Kind()},
		{"waive 3 使われていない", incident.StepWaived{}.Kind()},
		{"note 01:50 電源を確認", incident.NoteAdded{}.Kind()},
		{"field scope 営業部の3台", incident.FieldSet{}.Kind()},
		{"項目 影響範囲 営業部の3台", incident.FieldSet{}.Kind()},
		{"field cause 不明 調査中のため", incident.FieldSet{}.Kind()},
		{"field occurred_at 11/21 23:00", incident.FieldSet{}.Kind()},
		{"fact personal_data yes", incident.FactSet{}.Kind()},
		{"事実 個人情報 はい", incident.FactSet{}.Kind()},
		{"事実 人数 ３００", incident.FactSet{}.Kind()},
		{"file ログ一式 金庫のUSBメモリー", incident.EvidenceRecorded{}.Kind()},
		{"ask パスワードはありましたか", incident.Asked{}.Kind()},
		{"dismiss 検知ソフトの誤検知", incident.IncidentDismissed{}.Kind()},
		{"undo", ""}, // nothing of his own to take back
		{"back 早すぎた", ""},
		{"approve よい", ""},
		{"accept", ""},
		{"reopen やり直す", ""},
		{"merge INC-2026-9999", ""},
		{"close", ""},
		{"level 9", "form"},
		{"level", "form"},
		{"category", "form"},
		{"category leak", "form"},
		{"assign", "form"},
		{"assign だれか", "form"},
		{"handover", "form"},
		{"step", "form"},
		{"step 99", "form"},
		{"waive 3", "form"},
		{"note", "form"},
		{"correct", "form"},
		{"correct 12", "form"},
		{"field", "form"},
		{"field cause", "form"},
		{"fact", "form"},
		{"fact 個人情報 たぶん", "form"},
		{"file", "form"},
		{"file ログ一式", "form"},
		{"action ログを毎週見る", "form"},
		{"ask", "form"},
		{"dismiss", "form"},
		{"merge", "form"},
		{"restrict", "form"},
		{"close 終わりにします", "form"},
	} {
		t.Run(c.line, func(t *testing.T) {
			b := newBench(t, "ja")
			id := b.report("山本", "画面に警告が出て動かない", "kind", "virus")
			if !strings.HasPrefix(c.line, "take") && !strings.HasPrefix(c.line, "対応") && !strings.HasPrefix(c.line, "decline") {
				b.must(b.say("佐藤", "", "/incident take"))
			}
			before := b.incident(id).Seq
			r := b.say("佐藤", "", "/incident "+c.line)
			records, err := b.store.Records(ctx, id, before+1, 0)
			if err != nil {
				t.Fatal(err)
			}
			did := slices.ContainsFunc(records, func(r incident.Record) bool { return r.Event.Kind() == c.did })
			switch c.did {
			case "":
				if r.Accepted || len(records) > 0 || r.Form == nil && len(r.Cards) == 0 {
					t.Errorf("%s", showReply(r))
				}
			case "form":
				if r.Form == nil || r.Accepted {
					t.Errorf("no form:\n%s", showReply(r))
				}
			default:
				if !r.Accepted || !did {
					t.Errorf("%s", showReply(r))
				}
			}
		})
	}
}

// Every refusal is a whole sentence in both languages: nothing is left to fill in.
func TestRefusalsHaveNoHoles(t *testing.T) {
	at := time.Date(2026, 11, 22, 2, 7, 0, 0, incident.Tokyo)
	args := map[string]map[string]any{
		"refuse.unknown_incident": {"id": incident.ID("INC-2026-0001")}, "refuse.merged": {"id": incident.ID("INC-2026-0001")},
		"refuse.not_allowed": {"word": incident.WordClose, "who": []incident.Standing{incident.StandLead, incident.StandResponsible}},
		"refuse.ended":       {"phase": incident.Closed}, "refuse.not_ended": {"phase": incident.Recovery}, "refuse.phase_stale": {"phase": incident.Recovery},
		"refuse.guard": {"phase": incident.Recovery, "to": incident.FinalReport}, "refuse.close_guard": {"phase": incident.Recovery, "to": incident.Closed},
		"refuse.last_phase": {"phase": incident.Closed}, "refuse.no_phase_before": {"phase": incident.Reported}, "refuse.level_same": {"level": incident.Level2},
		"refuse.level_floor":        {"level": incident.Level1, "floor": incident.Level3, "fact": incident.FactPersonalData},
		"refuse.raise_needs_higher": {"level": incident.Level2}, "refuse.category_same": {"category": incident.Leak}, "refuse.leak_below_2": {"level": incident.Level1},
		"refuse.text_empty": {"what": "note"}, "refuse.text_long": {"what": "reason", "length": 20001, "max": incident.MaxText},
		"refuse.person_excluded": {"person": incident.PersonID("p-x")}, "refuse.step_settled": {"step": "contain"}, "refuse.step_not_applicable": {"step": "contain"}, "refuse.evidence_first": {"step": "restore_data", "evidence": "preserve_evidence"},
		"refuse.field_unknown": {"field": "nonsense"}, "refuse.field_empty": {"field": incident.FieldCause}, "refuse.time_bad": {"value": "{value}"},
		"refuse.time_future": {"field": incident.FieldOccurredAt}, "refuse.aware_after_report": {"at": at},
		"refuse.aware_later": {"who": []incident.Standing{incident.StandLead}, "aware": at}, "refuse.fact_unknown": {"fact": "nonsense"},
		"refuse.near_miss":   {"who": []incident.Standing{incident.StandLead}, "fact": incident.FactNearMiss},
		"refuse.fact_answer": {"fact": incident.FactPersons, "value": "many"}, "refuse.entry_unknown": {"seq": int64(3)}, "refuse.entry_fixed": {"seq": int64(3)},
		"refuse.entry_undone": {"seq": int64(3)}, "refuse.entry_overtaken": {"seq": int64(3)}, "refuse.action_unknown": {"n": 3}, "refuse.date_bad": {"value": "soon"},
		"refuse.approve_phase": {"phase": incident.Recovery}, "refuse.dismiss_phase": {"phase": incident.Recovery}, "refuse.merge_ended": {"id": incident.ID("INC-2026-0001")},
		"refuse.merge_not_seen": {"id": incident.ID("INC-2026-0001")}, "refuse.already_taken": {"at": at}, "refuse.handover_self": {"person": incident.PersonID("p-x")},
		"refuse.handover_already": {"person": incident.PersonID("p-x")}, "refuse.kind_unknown": {"kind": "nonsense"}, "refuse.repeat": {"id": "INC-2026-0001"},
		"refuse.too_many": {"max": 100}, "refuse.file_large": {"max": int64(25)}, "refuse.file_many": {"max": 200}, "refuse.file_total": {"max": int64(1024)},
		"refuse.clock_settled": {"clock": incident.Rule("ppc-final"), "status": incident.ClockFiled}, "refuse.clock_not_passed": {"clock": incident.Rule("police")},
		"refuse.clock_day_future": {"value": "2027-01-01"}, "refuse.clock_day_early": {"value": "2026-01-01", "aware": at},
		"refuse.outside_settled": {"text": incident.TextPress, "version": 2, "status": incident.TextRefused}, "refuse.outside_own": {"person": incident.PersonID("p-x")},
		"refuse.outside_not_approved": {"text": incident.TextPress, "version": 2}, "refuse.outside_future": {"at": at}, "refuse.outside_early": {"at": at, "approved": at},
		"refuse.party_count": {"value": "many"}, "refuse.party_day_future": {"value": "2027-01-01"}, "refuse.party_day_early": {"value": "2026-01-01", "aware": at},
		"refuse.remind_past": {"at": at}, "refuse.remind_late": {"at": at, "due": at},
	}
	for _, lang := range []string{"ja", "en"} {
		b := newBench(t, lang)
		in := b.incident(b.report("山本", "画面に警告が出て動かない", "kind", "virus"))
		for _, key := range incident.RefusalKeys {
			for _, shown := range []*incident.Incident{in, nil} {
				got := b.desk.Sentence(shown, &incident.Refusal{Key: key, Args: args[key]})
				got = strings.ReplaceAll(got, "{value}", "(typed)") // what was typed is shown as it is
				if strings.ContainsAny(got, "{}[]<") || strings.HasPrefix(got, "refuse.") || strings.Contains(got, "%!") {
					t.Errorf("%s %s: %s", lang, key, got)
				}
			}
		}
		if got := b.desk.Sentence(in, &incident.Refusal{Key: "refuse.not_allowed", Args: map[string]any{"word": incident.WordHandover}}); strings.Contains(got, "{") {
			t.Errorf("%s: %s", lang, got)
		}
	}
}

// A line is exactly one thing, and what was typed is never lost: it is in the answer, or in
// the record.
func FuzzSaid(f *testing.F) {
	for _, s := range []string{
		"/incident", "/incident 社用PCを置き忘れた", "/incident 報告 {name} <b>x</b>", "/incident レベル ２ 理由", "/incident note 2:07 電源", "/incident 進める",
		"/incident 担当 美", "/incident 事実 個人情報 たぶん", "/incident 0001", "/incident INC-2026-0001 note x", "進める", "電源を確認\n二行目", "/進める", "/incident statsu",
		"/incident list of customers was sent", "/incident field cause 不明", "/incident 引継ぎ", "\u202e/incident x", "/incident 手順99 x", "/incident merge INC-2026-0001 y",
		"/incident action 1 done", "/incident restrict 田中 x", "/incident correct 5 x", "/incident undo x", "/incident approve x", "/incident close x", "/incident accept",
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	s := newSaying(f)
	f.Fuzz(func(t *testing.T, line string, inChannel bool) {
		s.t = t
		s.check(t, line, inChannel)
	})
}

// The same for lines that look like what people type: words, names, numbers and sentences.
func TestNothingTypedIsLost(t *testing.T) {
	s := newSaying(t)
	pieces := append([]string{
		"/incident", "／incident", "/", "INC-2026-0001", "inc-2026-0099", "0001", "1", "2", "12", "9999", "佐藤", "鈴木 健太", "美", "sato@example.co.jp", "不明", "はい", "yes", "2:07",
		"11/21 23:00", "25:99", "個人情報", "影響範囲", "cause", "漏えい", "virus", "public", "done", "済", "社用PCを電車に置き忘れた", "the server is down", "{name}", "<script>", "\u202e", "　", "\n", "手順3", "レベル2",
	}, desk.Words...)
	pieces = append(pieces, "報告", "状況", "一覧", "進める", "戻す", "レベル", "区分", "担当", "引継ぎ", "手順", "省略", "記録", "訂正", "取消", "項目", "事実", "添付", "再発防止", "報告書", "承認", "終結", "非該当", "再開", "統合", "限定", "連絡先", "誰", "ヘルプ")
	rapid.Check(t, func(r *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(pieces), rapid.String()), 0, 5).Draw(r, "parts")
		line := strings.Join(parts, " ")
		if rapid.Bool().Draw(r, "command") {
			line = "/incident " + line
		}
		s.check(r, line, rapid.Bool().Draw(r, "in a channel"))
	})
}

// saying is an incident with something in it, for lines to be said about.
type saying struct {
	*bench
	n int
}

func newSaying(t testing.TB) *saying {
	s := &saying{bench: newBench(t, "ja")}
	s.must(s.say("山本", "", "/incident 画面に警告が出て動かない"))
	s.must(s.say("佐藤", "", "/incident take"))
	s.must(s.say("佐藤", "", "/incident note 最初の記録"))
	s.must(s.say("佐藤", "", "/incident レベル 2"))
	return s
}

// check says a line and looks for what was typed: in the answer, or in the record.
func (b *saying) check(t interface{ Fatalf(string, ...any) }, line string, inChannel bool) {
	if len(line) > 2000 {
		return
	}
	b.n++
	b.clock.move(11 * time.Minute) // the same text again is a question of its own
	channel := ""
	if inChannel {
		channel = "inc-2026-0001"
	}
	who := []string{"佐藤", "鈴木"}[b.n%2]
	r := b.ask(chat.Request{ID: fmt.Sprintf("fuzz-%d", b.n), Kind: chat.Said, From: b.user(who), Channel: channel, Text: line})
	kind, word, text := b.desk.Read(line, inChannel)
	if !r.Accepted && r.Form == nil && len(r.Cards) == 0 {
		t.Fatalf("%q is answered with nothing", line)
	}
	if r.Accepted && r.Form != nil {
		t.Fatalf("%q is recorded and asked for:\n%s", line, showReply(r))
	}
	shown := showReply(r)
	for _, hole := range []string{"refuse.", "event.", "button.", "form.", "log."} {
		if strings.Contains(shown, " "+hole) && !strings.Contains(line, hole) {
			t.Fatalf("%q: a key is shown:\n%s", line, shown)
		}
	}
	clean := incident.Clean(text)
	if !incident.Visible(clean) {
		return
	}
	held := strings.ReplaceAll(shown, "\n   ", "\n")
	if r.Form != nil {
		held += r.Form.Intro
		for _, i := range r.Form.Inputs {
			held += "\n" + i.Value
		}
	}
	text = seen(clean)
	if r.Accepted {
		ids, err := b.store.AllIDs(ctx)
		if err != nil {
			t.Fatalf("%v", err)
		}
		for _, id := range ids {
			in := b.incident(id)
			held += "\n" + in.Fields[incident.FieldEvent].Value
			if kind == "report" && id == ids[len(ids)-1] && in.Fields[incident.FieldEvent].Value != clean {
				t.Fatalf("%q was reported as %q", line, in.Fields[incident.FieldEvent].Value)
			}
		}
	}
	held = seen(held)
	switch kind {
	case "form":
		if r.Form == nil {
			t.Fatalf("%q opens no form:\n%s", line, shown)
		}
	case "report":
		if !r.Accepted && !strings.Contains(held, text) {
			t.Fatalf("%q is lost:\n%s", line, shown)
		}
	case "question":
		if r.Accepted || !strings.Contains(held, text) {
			t.Fatalf("%q is lost:\n%s", line, shown)
		}
	case "note":
		if !r.Accepted {
			if !strings.Contains(held, text) {
				t.Fatalf("%q is lost:\n%s", line, shown)
			}
			return
		}
		for part := range strings.FieldsSeq(clean) {
			if !strings.Contains(held, seen(part)) && !strings.ContainsAny(part, ":：/／") {
				t.Fatalf("%q lost %q:\n%s", line, part, shown)
			}
		}
	case "word":
		if r.Accepted {
			return
		}
		for part := range strings.FieldsSeq(clean) {
			if !strings.Contains(held, seen(part)) && !strings.Contains(strings.ToLower(part), strings.ToLower(word)) && !isArgument(part) {
				t.Fatalf("%q lost %q:\n%s", line, part, shown)
			}
		}
	}
}

// seen is what a reader sees of a text by itself: without blanks, and without what is shown by
// its number, in a card, and stands as it is in an input.
func seen(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, number.ReplaceAllString(templates.Printable(incident.Clean(s)), ""))
}

var number = regexp.MustCompile(`〈U\+[0-9A-F]{4,6}〉`)

// isArgument tells what an answer says in its own words: numbers, names of words and fields.
func isArgument(part string) bool {
	return len([]rune(part)) <= 4 || strings.HasPrefix(part, "/") || strings.Contains(strings.ToUpper(part), "INC")
}

// Whoever is sent to somebody to have an incident restricted may be sent to the one whom it is about.
func TestWhoMayNotRestrictIsToldWhomElseToAsk(t *testing.T) {
	for lang, want := range map[string]string{"ja": "その人が関わるときは、代表取締役に", "en": "If that person is involved, ask the representative director"} {
		b := newBench(t, lang)
		id := b.report("山本", "名簿が持ち出された")
		b.must(b.say("佐藤", "", "/incident take "+string(id)))
		b.must(b.say("佐藤", "", "/incident assign "+string(id)+" 中村"))
		r := b.say("中村", "", "/incident restrict "+string(id))
		if r.Form != nil {
			r = b.send("中村", r.Form, "exclude", string(b.person("佐藤")), "reason", "本人の件")
		}
		if text := showReply(r); r.Accepted || !strings.Contains(text, want) || !strings.Contains(text, "佐藤 美咲") {
			t.Errorf("%s", text)
		}
		if text := showReply(b.say("中村", "", "/incident close "+string(id))); strings.Contains(text, want) {
			t.Errorf("said where it is about something else: %s", text)
		}
	}
}
