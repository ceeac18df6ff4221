package templates

import (
	"bytes"
	"fmt"
)

// PlaceholderList is every placeholder of a form with what it does, as Markdown, for whoever
// writes a company's report.docx.
func PlaceholderList(t *Texts, lang string) []byte {
	var b bytes.Buffer
	say := func(key string) string { return t.Say(lang, key) }
	pick := func(n named) string {
		if lang == "en" {
			return n.en
		}
		return n.ja
	}
	practice, column, containment := named{"practice", "訓練"}, named{"actions.due", "再発防止の対策.期限"}, named{"section:containment", "節：初動"}

	fmt.Fprintf(&b, "# %s\n\n%s\n\n", say("docx.list.title"), say("docx.list.how"))
	fmt.Fprintf(&b, "| %s | %s |\n| --- | --- |\n", say("docx.list.column.written"), say("docx.list.column.does"))
	for _, line := range []struct{ example, key string }{
		{"{{" + pick(named{"number", "番号"}) + "}}", "docx.list.how.value"},
		{"{{" + pick(column) + "}}", "docx.list.how.row"},
		{"{{" + pick(containment) + "}}", "docx.list.how.section"},
		{"{{" + pick(bodyName) + "}}", "docx.list.how.body"},
		{"{{" + pick(coverName) + "}}", "docx.list.how.cover"},
		{"{{#" + pick(practice) + "}} … {{/" + pick(practice) + "}}", "docx.list.how.optional"},
		{"{{^" + pick(practice) + "}} … {{/" + pick(practice) + "}}", "docx.list.how.inverted"},
	} {
		fmt.Fprintf(&b, "| `%s` | %s |\n", line.example, say(line.key))
	}
	fmt.Fprintf(&b, "\n%s\n\n%s\n", say("docx.list.spelling"), say("docx.list.drill"))

	table := func(title string, lines func(line func(ja, en string))) {
		fmt.Fprintf(&b, "\n## %s\n\n| %s | %s |\n| --- | --- |\n", title, say("docx.list.column.ja"), say("docx.list.column.en"))
		lines(func(ja, en string) { fmt.Fprintf(&b, "| `{{%s}}` | `{{%s}}` |\n", ja, en) })
	}
	for _, g := range valueGroups {
		table(say(g.key), func(line func(ja, en string)) {
			for _, n := range g.names {
				line(n.ja, n.en)
			}
		})
	}
	table(say("docx.list.group.section"), func(line func(ja, en string)) {
		line(bodyName.ja, bodyName.en)
		line(coverName.ja, coverName.en)
		for _, s := range sectionNames {
			line(sectionMark.ja+"："+s.ja, sectionMark.en+":"+s.en)
		}
	})
	table(say("docx.list.group.list"), func(line func(ja, en string)) {
		for _, l := range listNames {
			for _, c := range l.columns {
				line(l.ja+"."+c.ja, l.en+"."+c.en)
			}
		}
	})
	return b.Bytes()
}
