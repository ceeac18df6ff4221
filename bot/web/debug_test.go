package web_test
import ("testing";"fmt")
func TestDebug(t *testing.T) {
	r := openRoom(t)
	ctx := browser(t)
	p := r.sitDown(t, ctx, suzuki, wide)
	p.open("/?c=" + channel)
	p.js(`window.L=[], addEventListener("error", e=>L.push("err "+e.message)), addEventListener("unhandledrejection", e=>L.push("rej "+e.reason)), document.querySelector("#ask").addEventListener("close", ()=>L.push("close")), document.querySelector("#ask").addEventListener("cancel", ()=>L.push("cancel"))`)
	p.say("/incident")
	p.until(`document.querySelector("#ask").open`)
	p.js(`document.querySelector("#ask .primary").click()`)
	p.untilText("#ask", "ひとことでも")
	p.js(`document.querySelector("#ask [data-close]").click()`)
	p.say("/incident 全部")
	p.until(`performance.now() > 4000`)
	fmt.Println(ask[string](p, `JSON.stringify([L, document.querySelector("#ask").open, document.querySelector("#ask").innerHTML.length])`))
	for _, q := range r.desk.seen() { fmt.Printf("%+v\n", q) }
}
