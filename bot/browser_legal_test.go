package main

import (
	"fmt"
	"testing"
)

// TestBrowserWhomToNotify answers on the incident's page what decides who has to be notified, on a
// desk and on a phone: what cannot be read comes back with what was typed, a contradiction is said
// at once, and the list of clocks follows.
func TestBrowserWhomToNotify(t *testing.T) {
	browser := openBrowser(t)
	for i := range widths {
		t.Run(fmt.Sprint(widths[i].wide), func(t *testing.T) {
			w := &tale{T: t, running: serveFor(t)}
			seen := map[string]bool{}
			w.reporter = w.sit(browser, t, yamamoto, i, seen)
			w.lead = w.sit(browser, t, sato, i, seen)
			w.reporter.press("#side", spoken("web.report"))
			w.reporter.fill("event", happened, "kind", "pc_abnormal")
			w.reporter.send()
			w.reporter.sees("#posts", "TRN-")
			w.id = tells[string](w.reporter, `document.querySelector("#posts").innerText.match(/TRN-[0-9]{4}-[0-9]{4}/)[0]`)
			p := w.lead
			p.sees("#posts", w.notice("page"))
			p.pressLast("#posts", spoken("button.take"))
			p.until(fmt.Sprintf(`location.search === %q`, w.channel()[1:]))
			p.unfold()
			p.sees("#pinned", spoken("button.legal"))
			p.open(w.page())
			p.press("#current", spoken("button.legal"))
			p.until(`document.querySelector("#ask[open]")`)
			p.look("form-legal-data")
			p.press("#ask", spoken("web.form.close"))
			p.sees("#clocks", spoken("legal.open"))
			p.look("incident-legal")

			p.pressTopic("legal_persons")
			p.fill("persons", "約千人", "persons_max", "１，２００人")
			p.press("#ask", spoken("form.legal_persons.submit"))
			p.sees("#ask .error", spoken("legal.count_bad_persons", "value", "約千人"))
			p.look("form-legal-persons-refused")
			for name, typed := range map[string]string{"persons": "約千人", "persons_max": "１，２００人"} {
				if got := tells[string](p, fmt.Sprintf(`document.querySelector("#ask [name='v.%s']").value`, name)); got != typed {
					t.Errorf("the refused form lost what was typed: %q", got)
				}
			}
			p.fill("persons", "")
			p.send()
			p.sees(answer, spoken("legal.saved", "id", w.id), spoken("legal.same"))

			p.pressTopic("legal_data")
			p.fill("personal_data", "yes", "special_care", "no", "financial_damage", "no", "encrypted_safe", "no")
			p.send()
			p.sees(answer, spoken("legal.saved", "id", w.id), "個人情報保護委員会への速報")
			p.look("incident-legal-certain")

			p.pressTopic("legal_cause")
			p.look("form-legal-cause")
			p.fill("ransomware", "yes", "wrongful_purpose", "no")
			p.send()
			p.sees(answer, spoken("legal.mark_disputed"), "個人情報保護委員会への確報")
			p.sees("#clocks", spoken("legal.mark_disputed"))
			p.look("incident-legal-disputed")
			p.pressTopic("legal_cause")
			p.until(`document.querySelector("#ask[open] .error")`)
			p.look("form-legal-cause-disputed")
			p.fill("wrongful_purpose", "yes")
			p.send()
			p.until(fmt.Sprintf(`!document.querySelector("#clocks").innerText.includes(%q)`, spoken("legal.mark_disputed")))

			p.pressTopic("legal_others")
			p.look("form-legal-others")
			p.fill("entrusted", "no")
			p.send()
			p.pressTopic("legal_mynumber")
			p.look("form-legal-mynumber")
			p.fill("my_number", "no")
			p.send()
			p.until(fmt.Sprintf(`[...document.querySelectorAll("#clocks button")].some(b => b.innerText === %q)`, spoken("legal.topic.legal_mynumber")))
			p.press("#clocks", spoken("legal.topic.legal_mynumber")) // nothing is missing; it can still be changed
			p.look("form-legal-mynumber-known")
			p.press("#ask", spoken("web.form.close"))
			p.look("incident-legal-end")
		})
	}
}

// pressTopic opens one of the forms; how many of its answers are missing stands in the label.
func (p *atDesk) pressTopic(form string) {
	p.t.Helper()
	label := spoken("legal.topic." + form)
	p.until(fmt.Sprintf(`[...document.querySelectorAll("#clocks button")].some(b => b.innerText.startsWith(%q))`, label))
	p.press("#clocks", tells[string](p, fmt.Sprintf(`[...document.querySelectorAll("#clocks button")].find(b => b.innerText.startsWith(%q)).innerText`, label)))
	p.until(`document.querySelector("#ask[open]")`)
}
