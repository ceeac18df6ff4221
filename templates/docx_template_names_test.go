package templates

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hikeshi/workflows/report"
)

// A name that the report offers and a form cannot use would be one nobody finds; one that a
// form may use and the report does not know would print as a gap for ever.
func TestNamesAreThoseOfTheReport(t *testing.T) {
	var values []string
	for _, g := range valueGroups {
		for _, n := range g.names {
			values = append(values, n.en)
		}
	}
	slices.Sort(values)
	if diff := cmp.Diff(report.ValueNames(), values); diff != "" {
		t.Errorf("values (-report +form):\n%s", diff)
	}
	names, columns := report.ListNames()
	lists, listColumns := []string(nil), map[string][]string{}
	for _, l := range listNames {
		lists = append(lists, l.en)
		for _, c := range l.columns {
			listColumns[l.en] = append(listColumns[l.en], c.en)
		}
		slices.Sort(listColumns[l.en])
		slices.Sort(columns[l.en])
	}
	slices.Sort(names)
	slices.Sort(lists)
	if diff := cmp.Diff(names, lists); diff != "" {
		t.Errorf("lists (-report +form):\n%s", diff)
	}
	if diff := cmp.Diff(columns, listColumns); diff != "" {
		t.Errorf("columns (-report +form):\n%s", diff)
	}
	var sections []string
	for _, s := range sectionNames {
		sections = append(sections, s.en)
	}
	if diff := cmp.Diff(report.SectionNames(), sections); diff != "" {
		t.Errorf("chapters (-report +form):\n%s", diff)
	}
}

// Each name means one thing, however it is typed; only a value may have the name of a list,
// since the two are never wanted in the same place.
func TestNamesAreUnambiguous(t *testing.T) {
	seen := map[string]place{}
	add := func(p place, names ...string) {
		for _, n := range names {
			if before, ok := seen[foldName(n)]; ok && before != p && (before.kind != listPlace || p.kind != valuePlace) {
				t.Errorf("%q is %+v and %+v", n, before, p)
			}
			seen[foldName(n)] = p
		}
	}
	for _, l := range listNames {
		add(place{kind: listPlace, id: l.en}, l.en, l.ja)
		for _, c := range l.columns {
			add(place{kind: columnPlace, id: l.en, column: c.en}, l.en+"."+c.en, l.ja+"."+c.ja)
		}
	}
	for _, g := range valueGroups {
		for _, n := range g.names {
			add(place{kind: valuePlace, id: n.en}, n.en, n.ja)
		}
	}
	for _, s := range sectionNames {
		add(place{kind: sectionPlace, id: s.en}, "section:"+s.en, "節："+s.ja)
	}
	add(place{kind: bodyPlace}, "body", "本文")
	add(place{kind: coverPlace}, "cover", "表紙の表")
	if diff := cmp.Diff(len(seen), len(places())); diff != "" {
		t.Errorf("names (-listed +known): %s", diff)
	}
	for _, name := range writtenNames() {
		if _, ok := places()[foldName(name)]; !ok {
			t.Errorf("%q is proposed and not known", name)
		}
	}
}

func TestNearestName(t *testing.T) {
	for written, want := range map[string]string{
		"発生日次": "発生日時", "発生事像": "発生事象", "対応経過.日次": "対応経過.日時", "occured_at": "occurred_at",
		"節：初道": "節：初動", "会社": "会社名", "再発防止策等": "再発防止策", "ｃｏｍｐａｎｙｙ": "company", "天気予報": "", "件目": "件名", "番地": "番号", "": "", "x": "",
	} {
		if got := nearestName(written); got != want {
			t.Errorf("nearestName(%q) = %q, want %q", written, got, want)
		}
	}
}

// The list that the command prints is also kept beside the forms, to be read without it.
func TestPlaceholderListGolden(t *testing.T) {
	texts, err := LoadTexts(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages {
		path := filepath.Join("report", "placeholders."+lang+".md")
		got := PlaceholderList(texts, lang)
		if os.Getenv("HIKESHI_UPDATE_GOLDEN") == "1" {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s differs (-want +got); HIKESHI_UPDATE_GOLDEN=1 writes it anew:\n%s", path, diff)
		}
	}
}
