package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hikeshi/workflows/incident"
)

const (
	yamamoto = "山本 直子"
	sato     = "佐藤 美咲"
	suzuki   = "鈴木 健太"
	tanaka   = "田中 誠一"
	nakamura = "中村 拓也"
	kobaya   = "小林 恵"
)

// What is told in the flow, each once, so that it can be found again in the documents.
const (
	happened   = "共有フォルダーの見積書が開けず、ファイル名の終わりが変わっている"
	systems    = "営業部のパソコン3台と共有フォルダー"
	reach      = "営業部の見積書およそ200件"
	reason3    = "取引先から預かった図面も開けなくなったため"
	causeText  = "取引先を装ったメールの添付ファイルを開いた"
	behindText = "添付ファイルを開く前の確認の決まりがなかった"
	prevention = "添付ファイルの扱いの決まりを作り、全員に伝える"
	actionText = "不審なメールの訓練を年に二回行う"
)

// tale is one incident on its way through the program.
type tale struct {
	*testing.T
	*running
	id                              string
	reporter, lead, admin, director *atDesk
}

// TestBrowserWholeFlow takes an incident from the report to its end, on a desk and on a
// phone: every person of it at a window of their own, and the program as it is started.
func TestBrowserWholeFlow(t *testing.T) {
	browser := openBrowser(t)
	for i := range widths {
		t.Run(fmt.Sprint(widths[i].wide), func(t *testing.T) {
			w := &tale{T: t, running: serveFor(t)}
			seen := map[string]bool{}
			w.reporter = w.sit(browser, t, yamamoto, i, seen)
			w.lead = w.sit(browser, t, sato, i, seen)
			w.admin = w.sit(browser, t, suzuki, i, seen)
			w.director = w.sit(browser, t, tanaka, i, seen)
			w.report()
			w.answerCalls()
			w.clocksAsReported(w.admin)
			w.leaveReported()
			w.leaveContainment()
			w.raise()
			w.handOver()
			w.investigate()
			w.restore()
			w.approveAndClose()
			w.documents(w.sit(browser, t, kobaya, i, seen))
			w.reporter.sees("#posts", spoken("reporter.ended.title", "id", w.id))
			w.reporter.look("reporter-end")
		})
	}
}

// menu opens the places to go, which a phone folds away.
func (p *atDesk) menu() {
	p.t.Helper()
	p.press("#side", spoken("web.menu"))
	p.until(`document.querySelector("#places").checkVisibility()`)
}

// unfold opens the card of the channel, which a phone folds away.
func (p *atDesk) unfold() {
	p.t.Helper()
	if !tells[bool](p, `document.querySelector("#pinned").open`) {
		p.press("#pinned", "TRN-")
		p.until(`document.querySelector("#pinned").open`)
	}
}

// stays marks the page, to see later that it was not loaded anew.
func (p *atDesk) stays() { tells[bool](p, `(window.stayed = true)`) }

func (p *atDesk) stayed() {
	p.t.Helper()
	if !tells[bool](p, `window.stayed === true`) {
		p.t.Errorf("%s's page was loaded anew", p.name)
	}
}

// answer is the newest answer to what the person did.
const answer = "#answers"

func (w *tale) report() {
	p := w.reporter
	p.look("direct-empty")
	if p.width == phone390 {
		p.menu()
		p.look("menu")
	}
	p.press("#side", spoken("web.report"))
	p.until(`document.querySelector("#ask[open]")`)
	p.look("form-report")
	// What is wrong is said beside it, and nothing typed is lost.
	p.fill("occurred_at", "2020-01-01T08:00", "contractor", "なし")
	p.press("#ask", spoken("form.report.submit"))
	p.sees("#ask .error", spoken("form.not_recorded"), spoken("refuse.text_empty", "what", spoken("what.event")))
	p.look("form-report-refused")
	if got := tells[string](p, `document.querySelector("#ask [name='v.contractor']").value`); got != "なし" {
		w.Errorf("the refused form lost what was typed: %q", got)
	}
	p.fill("event", happened, "kind", string(incident.KindPCAbnormal), "occurred_at", "", "contractor", "",
		"personal_data", "no", "outsiders", "no", "confidential", "no", "business_stopped", "no", "staff_work", "yes", "near_miss", "no")
	p.look("form-report-filled")
	p.stays()
	p.send()
	// The answer is the message that stays: it stands there once.
	p.sees("#posts", "TRN-")
	p.until(`!document.querySelector("#answers .card")`)
	p.stayed()
	w.id = tells[string](p, `document.querySelector("#posts").innerText.match(/TRN-[0-9]{4}-[0-9]{4}/)[0]`)
	p.sees("#posts", spoken("reporter.title", "id", w.id), spoken("aid.heading"), spoken("phones.heading"), "090-0000-0002", "090-0000-0003", spoken("comes.nobody"))
	p.look("direct-reporter")
}

// notice is the title of a message about the incident.
func (w *tale) notice(kind string) string {
	return spoken("notice."+kind+".title", "id", w.id, "title", happened)
}

func (w *tale) channel() string { return "/?c=" + strings.ToLower(w.id) }
func (w *tale) page() string    { return "/incidents/" + w.id }

func (w *tale) answerCalls() {
	for _, p := range []*atDesk{w.lead, w.admin} {
		p.sees("#posts", w.notice("page"), spoken("page.ask"))
		p.look("direct-called")
		p.pressLast("#posts", spoken("button.take"))
		p.until(fmt.Sprintf(`location.search === %q`, w.channel()[1:]))
		p.sees("#pinned", w.id)
	}
	w.reporter.sees("#posts", comes(sato), comes(suzuki))
	w.reporter.stayed()
	w.reporter.look("direct-reporter-answered")
	w.lead.sees("#posts", spoken("person.named", "name", suzuki))
}

// comes is 「…さんが対応します」 without the time.
func comes(name string) string {
	return strings.TrimSpace(spoken("responder.takes", "person", spoken("person.named", "name", name), "at", ""))
}

// advanceRefused presses the button of the next phase and sees everything that is missing.
func (p *atDesk) advanceRefused(missing ...string) {
	p.t.Helper()
	p.unfold()
	p.press("#pinned", spoken("button.advance"))
	p.sees(answer, spoken("refused.title"), spoken("refused.missing", "count", fmt.Sprint(len(missing))))
	p.sees(answer, missing...)
}

// advances presses the button of the next phase in the newest answer.
func (p *atDesk) advances(to string) {
	p.t.Helper()
	p.press(answer, spoken("button.advance"))
	p.sees("#place .sub", spoken("phase."+to))
}

func (w *tale) leaveReported() {
	p := w.lead
	p.look("channel")
	p.advanceRefused(spoken("missing.level", "level", spoken("level.provisional", "value", spoken("level.2"))))
	p.look("channel-refused")
	p.press(answer, spoken("button.level"))
	p.fill("level", "1")
	p.look("form-level")
	p.send()
	p.sees("#place .sub", spoken("level.1"))
	p.look("channel-recorded")
	p.advances(string(incident.Containment))
}

func (w *tale) leaveContainment() {
	p := w.lead
	step := spoken("missing.step", "step", spoken("step.number", "n", "2"), "role", spoken("role.system_admin"))
	field := func(f incident.Field) string { return spoken("missing.field", "field", spoken("field."+string(f))) }
	p.advanceRefused(field(incident.FieldOccurredAt), field(incident.FieldAffectedSystems), field(incident.FieldScope), step)
	p.look("channel-refused-four")
	p.pressBeside(answer+" li", field(incident.FieldOccurredAt), spoken("button.field"))
	p.until(`document.querySelector("#ask[open]")`)
	p.look("form-field-time")
	p.fill("value", time.Now().In(incident.Tokyo).Add(-time.Hour).Format("2006-01-02T15:04"))
	p.send()
	p.says("/incident 項目 " + spoken("field.affected_systems") + " " + systems)
	p.sees(answer, systems)
	// The rest stands in the card of the channel as well.
	p.unfold()
	p.pressBeside("#pinned li", field(incident.FieldScope), spoken("button.field"))
	p.fill("value", reach)
	p.look("form-field")
	p.send()
	p.unfold()
	p.pressBeside("#pinned li", "2．", spoken("button.step"))
	p.sees(answer, spoken("next.advance", "phase", spoken("phase.containment")))
	p.advances(string(incident.Investigation))
	p.says("10:05 共有フォルダーを切り離した")
	p.sees("#posts", "共有フォルダーを切り離した")
}

func (w *tale) raise() {
	w.lead.says("/incident レベル 3 " + reason3)
	w.lead.sees("#place .sub", spoken("level.3"))
	p := w.director
	p.sees("#posts", w.notice("page"), spoken("level.3"), reason3)
	p.look("direct-director")
	p.pressLast("#posts", spoken("button.take"))
	p.until(fmt.Sprintf(`location.search === %q`, w.channel()[1:]))
	p.open(w.page())
	p.sees("#current", w.id, spoken("level.3"))
	p.look("incident-director")
	w.reporter.sees("#posts", comes(tanaka))
}

func (w *tale) handOver() {
	p := w.lead
	p.open(w.page())
	p.look("incident")
	p.press("#more", spoken("button.handover"))
	p.until(`document.querySelector("#ask[open]")`)
	p.fill("person", p.option("person", suzuki), "reason", "熱があり、これから病院へ行くため")
	p.look("form-handover")
	p.send()
	p.sees("#current", spoken("label.handover"), spoken("person.named", "name", suzuki))

	w.admin.open("/")
	w.admin.sees("#posts", w.notice("handover"), "熱があり")
	w.admin.look("direct-handover")
	w.admin.pressLast("#posts", spoken("button.accept"))
	w.admin.until(fmt.Sprintf(`location.search === %q`, w.channel()[1:]))
	w.admin.sees("#place .sub", spoken("person.named", "name", suzuki))

	// The lead before has no longer the lead's rights, and is told whom to ask.
	p.sees("#current", spoken("leadhow.handover"))
	p.press("#missing", spoken("button.waive"))
	p.sees(answer, spoken("refused.title"), spoken("person.named", "name", suzuki))
	p.look("incident-refused")
}

func (w *tale) investigate() {
	p := w.admin
	p.open(w.page())
	p.writeField(incident.FieldCause, causeText)
	p.writeField(incident.FieldBackground, behindText)
	p.doesStep(spoken("step.number", "n", "3"))
	p.pressBeside("#missing li", spoken("step.extra"), spoken("button.fact"))
	p.fill("unauthorized_access", "no", "ransomware", "no", "virus", "yes")
	p.look("form-fact")
	p.send()
	p.doesStep(spoken("step.extra"))
	p.until(`!document.querySelector("#missing li")`)
	p.press("#current", spoken("button.advance"))
	p.sees("#phases [aria-current]", spoken("phase.recovery"))
}

func (p *atDesk) writeField(f incident.Field, text string) {
	p.t.Helper()
	p.pressBeside("#fields tr", spoken("field."+string(f)), spoken("button.field"))
	p.fill("value", text)
	p.send()
	p.sees("#fields", text)
}

// doesStep presses the button of a missing step, which then is missing no more.
func (p *atDesk) doesStep(name string) {
	p.t.Helper()
	p.pressBeside("#missing li", name, spoken("button.step"))
	p.until(fmt.Sprintf(`![...document.querySelectorAll("#missing li")].some(l => l.innerText.includes(%q))`, name))
}

func (w *tale) restore() {
	p := w.admin
	p.writeField(incident.FieldPrevention, prevention)
	for _, q := range []struct{ step, fact, answer string }{{"4", "damaged_data", "yes"}, {"5", "damaged_device", "no"}, {"6", "damaged_paper", "no"}} {
		p.pressBeside("#missing li", spoken("step.number", "n", q.step), spoken("button.fact"))
		p.fill(q.fact, q.answer)
		p.send()
	}
	p.sees("#steps", spoken("state.na"))
	for _, n := range []string{"4", "7"} {
		p.doesStep(spoken("step.number", "n", n))
	}
	p.until(`!document.querySelector("#missing li")`)
	p.press("#current", spoken("button.advance"))
	p.sees("#phases [aria-current]", spoken("phase.final_report"))
}

func (w *tale) approveAndClose() {
	p := w.admin
	p.sees("#missing", spoken("missing.actions"), spoken("missing.approval", "role", spoken("role.representative")))
	p.press("#missing", spoken("button.action"))
	p.until(`document.querySelector("#ask[open]")`)
	p.fill("text", actionText, "owner", p.option("owner", kobaya), "due", "2027-03-31")
	p.look("form-action")
	p.send()
	p.sees("#facts", actionText, kobaya, "2027")

	d := w.director
	d.open("/")
	d.sees("#posts", w.notice("approve"))
	d.look("direct-approve")
	d.open(w.page())
	d.doesStep(spoken("step.number", "n", "8"))
	d.press("#missing", spoken("button.approve"))
	d.until(`document.querySelector("#ask[open]")`)
	d.look("form-approve")
	d.press("#ask", spoken("form.approve.submit"))
	d.sees("#ask .error", spoken("refuse.publication_needed"))
	d.fill("publication", string(incident.PublishAffected), "comment", "図面の持ち主に知らせること")
	d.send()

	w.settleClocks(p)
	// The page of the lead tells by itself that the way is free.
	p.until(`!document.querySelector("#missing li")`)
	p.press("#current", spoken("button.close"))
	p.until(`document.querySelector("#sure[open]")`)
	p.look("sure")
	p.press("#sure", spoken("web.sure.no"))
	p.until(`!document.querySelector("#sure[open]")`)
	p.hides("#current", spoken("ended.heading"))
	p.press("#current", spoken("button.close"))
	p.press("#sure", spoken("button.close"))
	p.sees("#current", spoken("ended.heading"))
	p.look("incident-closed")
}

// option is the value of a choice by a part of its label.
func (p *atDesk) option(name, label string) string {
	p.t.Helper()
	return tells[string](p, fmt.Sprintf(`[...document.querySelectorAll("#ask [name='v.%s'] option")].find(o => o.innerText.includes(%q)).value`, name, label))
}
