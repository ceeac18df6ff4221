package mail

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"
)

// drawText draws the plain part.
func drawText(l letter, say func(key string, pairs ...string) string) string {
	var out []string
	add := func(lines ...string) { out = append(out, lines...) }
	links := func(links []link) {
		for _, k := range links {
			add(say("mail.draw.link", "label", k.Label), k.URL)
		}
	}
	add(l.Title, "")
	for _, p := range l.Parts {
		if p.Heading != "" {
			add(say("mail.draw.heading", "text", p.Heading))
		}
		if p.Text != nil {
			add(strings.Join(p.Text, "\n\n"))
		}
		for _, f := range p.Fields {
			add(say("mail.draw.field", "label", f.Label, "value", f.Value))
		}
		for _, i := range p.Items {
			text := i.Text
			if i.Mark != "" {
				text = say("mail.draw.marked", "mark", i.Mark, "text", text)
			}
			if i.Phone != "" {
				text = say("mail.draw.phone", "text", text, "number", i.Phone)
			}
			add(say("mail.draw.item", "text", text))
			if i.Small != "" {
				add(say("mail.draw.small", "text", i.Small))
			}
			links(i.Links)
		}
		links(p.Links)
		add("")
	}
	add(say("mail.draw.line"))
	add(l.Foot...)
	// The end of a line as it travels (RFC 5322, section 2.1).
	return strings.ReplaceAll(strings.Join(out, "\n"), "\n", "\r\n") + "\r\n"
}

//go:embed letter.html
var letterHTML string

// letterTemplate draws the HTML part. Its styles stand in the elements: many readers throw
// away every other. It loads nothing, so that reading it tells nobody anything.
var letterTemplate = template.Must(template.New("letter").Funcs(template.FuncMap{
	"lines": func(s string) []string { return strings.Split(s, "\n") },
	// A number to tap. dialled leaves digits and one plus.
	"dial": func(s string) template.URL {
		if d := dialled(s); d != "" {
			return template.URL("tel:" + d) //nolint:gosec // G203: see above
		}
		return ""
	},
}).Parse(letterHTML))

func drawHTML(l letter) (string, error) {
	var out bytes.Buffer
	if err := letterTemplate.Execute(&out, l); err != nil {
		return "", err
	}
	return strings.ReplaceAll(out.String(), "\n", "\r\n"), nil
}
