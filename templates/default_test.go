package templates

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Every default can be exported, and a folder of all of them differs in nothing from none.
func TestDefaultsAreAnOverlayThatChangesNothing(t *testing.T) {
	own := t.TempDir()
	for _, name := range DefaultNames() {
		body, err := Default(name, "ja")
		if err != nil || len(body) == 0 {
			t.Fatalf("%s: %d bytes, %v", name, len(body), err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(own, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(own, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, err := Load(os.DirFS(own), true)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := Load(nil, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range set.Differences(plain) {
		if d.File != ReportFile { // a form of one's own is one, whatever is in it
			t.Errorf("%s differs: %+v", d.File, d.What)
		}
	}
	for _, name := range []string{"", "profile.yml", "../go.mod", "messages/none.ja.yaml", "report/report.ja.docx"} {
		if _, err := Default(name, "ja"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
