package incident

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Every kind that can be announced is one that can be said: another is taken for a newer
// version's, and never sent.
func TestEveryKindOfNoticeIsKnown(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "NoticeKind" {
				return true
			}
			for i, v := range spec.Values {
				value, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				found++
				if !(Notice{Kind: NoticeKind(value)}).Known() {
					t.Errorf("%s is not among noticeKinds", spec.Names[i].Name)
				}
			}
			return true
		})
	}
	if found != len(noticeKinds) {
		t.Errorf("%d kinds are declared and %d known", found, len(noticeKinds))
	}
	for _, n := range []Notice{{Kind: "later"}, {Kind: NoticePage, Means: "drum"}} {
		if n.Known() {
			t.Errorf("%+v counts as known", n)
		}
	}
}

func TestReadWhole(t *testing.T) {
	for name, c := range map[string]struct {
		body  string
		newer bool
		bad   bool
	}{
		"ours":                     {body: `{"id":"INC-1","pages":[{"person":"a"}]}`},
		"padded":                   {body: `{"id":"INC-1","pages":[{"person":"a"}]}` + "   \n  "},
		"a new field":              {body: `{"id":"INC-1","pages":[{"person":"a"}],"moon":"full"}`, newer: true},
		"a new field deep inside":  {body: `{"id":"INC-1","pages":[{"person":"a","moon":{"full":true}}]}`, newer: true},
		"a field of another shape": {body: `{"id":"INC-1","pages":{"a":1}}`, bad: true},
		"more behind it":           {body: `{"id":"INC-1"}{"id":"INC-2"}`, bad: true},
		"cut off":                  {body: `{"id":"INC-1","moon":"fu`, bad: true},
		"nothing":                  {body: ``, bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			var in Incident
			err := ReadWhole([]byte(c.body), &in)
			switch {
			case c.bad && (err == nil || errors.Is(err, ErrNewer)):
				t.Errorf("got %v, want an error", err)
			case !c.bad && errors.Is(err, ErrNewer) != c.newer:
				t.Errorf("got %v, newer: want %v", err, c.newer)
			case !c.bad && (in.ID != "INC-1" || len(in.Pages) != 1 || in.Pages[0].Person != "a"):
				t.Errorf("what is known was not read: %+v", in)
			}
		})
	}
	if _, err := Decode("moon_rose", []byte(`{}`)); !errors.Is(err, ErrNewer) {
		t.Errorf("an event of an unknown kind: %v", err)
	}
}
