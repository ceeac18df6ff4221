package desk_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hikeshi/bot/chat"
)

var update = flag.Bool("update", false, "write the golden files anew")

// showCard writes a card as text, for golden files and failures. Digests are random.
func showCard(c chat.Card) string {
	var s strings.Builder
	head := c.Title
	if c.Mark != "" {
		head = "(" + c.Mark + ") " + head
	}
	if c.Tone != "" {
		head = "[" + string(c.Tone) + "] " + head
	}
	s.WriteString("# " + head + "\n")
	for _, block := range c.Blocks {
		if block.Heading != "" {
			s.WriteString("## " + block.Heading + "\n")
		}
		small := ""
		if block.Small {
			small = "~ "
		}
		if block.Text != "" {
			s.WriteString(small + strings.ReplaceAll(block.Text, "\n", "\n   ") + "\n")
		}
		for _, p := range block.Fields {
			gap := ""
			if p.Gap {
				gap = " (gap)"
			}
			s.WriteString("- " + p.Label + ": " + strings.ReplaceAll(p.Value, "\n", "\n   ") + gap + "\n")
		}
		for _, i := range block.Items {
			mark := ""
			if i.Mark != "" {
				mark = "[" + i.Mark + "] "
			}
			s.WriteString("* " + mark + strings.ReplaceAll(i.Text, "\n", "\n   ") + "\n")
			if i.Small != "" {
				s.WriteString("    ~ " + strings.ReplaceAll(i.Small, "\n", "\n    ~ ") + "\n")
			}
			writeButtons(&s, "    ", i.Buttons)
		}
	}
	writeButtons(&s, "", c.Buttons)
	return s.String()
}

func writeButtons(s *strings.Builder, indent string, buttons []chat.Button) {
	if len(buttons) == 0 {
		return
	}
	s.WriteString(indent)
	for i, b := range buttons {
		if i > 0 {
			s.WriteString(" ")
		}
		label := b.Label
		if b.Style != "" {
			label += " !" + string(b.Style)
		}
		if b.Page != "" {
			label += " → " + b.Page
		}
		if b.Confirm != "" {
			label += " ? " + b.Confirm
		}
		s.WriteString("<" + label + ">")
	}
	s.WriteString("\n")
}

func showForm(f *chat.Form) string {
	var s strings.Builder
	fmt.Fprintf(&s, "# FORM %s\n%s\n", f.Title, f.Intro)
	if f.Error != "" {
		s.WriteString("!! " + f.Error + "\n")
	}
	for _, i := range f.Inputs {
		required := ""
		if i.Required {
			required = " *"
		}
		fmt.Fprintf(&s, "- %s (%s, %s)%s = %q\n", i.Label, i.Name, i.Kind, required, i.Value)
		if i.Hint != "" {
			s.WriteString("    ~ " + i.Hint + "\n")
		}
		for _, o := range i.Options {
			s.WriteString("    o " + o.Label + "\n")
		}
		if i.Error != "" {
			s.WriteString("    !! " + i.Error + "\n")
		}
	}
	s.WriteString("<" + f.Submit + ">\n")
	return s.String()
}

func showReply(r chat.Reply) string {
	var s strings.Builder
	if r.Accepted {
		s.WriteString("ACCEPTED")
	} else {
		s.WriteString("NOT RECORDED")
	}
	if r.Channel != "" {
		s.WriteString(" → " + r.Channel)
	}
	s.WriteString("\n")
	for _, c := range r.Cards {
		s.WriteString(showCard(c))
	}
	if r.Form != nil {
		s.WriteString(showForm(r.Form))
	}
	return s.String()
}

// golden compares with testdata/NAME.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with -update and read it", err)
	}
	if string(want) == got {
		return
	}
	old, now := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range max(len(old), len(now)) {
		if i >= len(old) || i >= len(now) || old[i] != now[i] {
			t.Errorf("%s differs from line %d on; if the new text is right, run with -update\nwant %s\n got %s", path, i+1, at(old, i), at(now, i))
			return
		}
	}
}

func at(lines []string, i int) string {
	return strings.Join(lines[min(i, len(lines)):min(i+3, len(lines))], "\n     ")
}
