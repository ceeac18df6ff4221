package main

import (
	"fmt"

	"hikeshi/workflows/incident"
)

// The notification clocks that the story leaves open: a virus, and nothing of anybody's.
const (
	toIPA    = "IPAへのコンピュータウイルスの届出"
	toPolice = "警察への相談・通報"
	toJPCERT = "JPCERT/CCへの報告"
	receipt  = "届出-2026-0117"
	noCrime  = "社内の端末だけで止まり、記録も残っていないため、届け出ないと社長と決めた"
)

// clocksAsReported looks at what a report starts while most questions are open: on the page of
// the incident, and on the page of all of them.
func (w *tale) clocksAsReported(p *atDesk) {
	w.Helper()
	p.open(w.page())
	p.sees("#clocks", spoken("clocks.advice"))
	p.press("#unsure-clocks", spoken("clocks.unsure", "count", "4"))
	p.sees("#unsure-clocks", toIPA, toPolice, toJPCERT)
	p.pressBeside("#unsure-clocks li", toIPA, spoken("web.clocks.why"))
	p.sees("#unsure-clocks details", "コンピュータウイルス対策基準")
	p.look("incident-clocks-begun")
	if p.width == phone390 {
		p.menu()
	}
	p.press("#side", spoken("web.clocks.title"))
	p.sees("#clocks", spoken("clocks.all"), toIPA, happened)
	p.look("clocks")
	p.press("#clocks", spoken("button.clocks"))
	p.sees(answer, w.id, toIPA, spoken("button.clock_filed"))
	p.look("answer-clocks")
	p.pressBeside(answer+" li", toIPA, spoken("button.clock"))
	p.sees(answer, "コンピュータウイルス対策基準")
	p.look("answer-clock")
}

// settleClocks does with the clocks what the lead does: one is filed with its number, taken
// back and filed again, one is judged 不要, and the last is filed from the page of all.
func (w *tale) settleClocks(p *atDesk) {
	w.Helper()
	p.open(w.page())
	p.sees("#missing", toIPA, toPolice, toJPCERT)
	p.look("incident-clocks")
	// They hold back the closing, and nobody is asked first whether he is sure.
	p.press("#current", spoken("button.close"))
	p.sees(answer, spoken("refused.title"), spoken("refused.missing", "count", "3"), toIPA, toPolice, toJPCERT)
	p.look("incident-clocks-refused")

	filed := func() {
		p.pressBeside("#clocks li", toIPA, spoken("button.clock_filed"))
		p.until(`document.querySelector("#ask[open]")`)
		p.sees("#ask", toIPA)
		p.fill("receipt", receipt)
		p.look("form-filed")
		p.send()
		p.sees("#clocks li", spoken("clockstatus.filed"), spoken("log.part.receipt", "text", receipt))
	}
	filed()
	p.look("incident-clocks-filed")
	p.pressBeside("#clocks li", toIPA, spoken("button.clock_undo"))
	p.until(fmt.Sprintf(`![...document.querySelectorAll("#clocks li")].some(l => l.innerText.includes(%q))`, receipt))
	p.sees("#missing", toIPA)
	filed()

	p.pressBeside("#clocks li", toPolice, spoken("button.clock_unneeded"))
	p.until(`document.querySelector("#ask[open]")`)
	p.press("#ask", spoken("form.unneeded.submit"))
	p.sees("#ask .error", spoken("form.not_recorded"))
	p.look("form-unneeded-refused")
	p.fill("reason", noCrime)
	p.send()
	p.sees("#clocks li", spoken("clockstatus.unneeded"), noCrime)

	p.open("/clocks")
	p.hides("#clocks", toIPA)
	p.hides("#clocks", toPolice)
	p.pressBeside("#clocks li", toJPCERT, spoken("button.clock_filed"))
	p.until(`document.querySelector("#ask[open]")`)
	p.send()
	p.sees("#clocks", spoken("clocks.all_none"))
	p.look("clocks-none")
	p.open(w.page())
	p.look("incident-clocks-settled")
	filings := 0
	for _, r := range w.records() {
		if s, ok := r.Event.(incident.ClockSettled); ok && s.Receipt.Body == receipt {
			filings++
		}
	}
	if filings != 2 {
		w.Errorf("the filing is recorded %d times, want twice: it was taken back once", filings)
	}
}
