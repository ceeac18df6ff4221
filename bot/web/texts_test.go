package web_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
)

// Every sentence that the pages ask for exists, and none of web.*.yaml is left over.
func TestEverySentenceIsThereAndUsed(t *testing.T) {
	var files []string
	for _, pattern := range []string{"html/*.html", "*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	var asked []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"(web\.[a-z0-9_.]+)"`).FindAllStringSubmatch(string(b), -1) {
			asked = append(asked, m[1])
		}
	}
	for _, tone := range []chat.Tone{chat.Good, chat.Notice, chat.Urgent, chat.Refused} {
		asked = append(asked, "web.tone."+string(tone))
	}
	for _, key := range asked {
		if !texts.Has(key) {
			t.Errorf("there is no text %q", key)
		}
	}
	for _, key := range texts.Keys() {
		if strings.HasPrefix(key, "web.") && !slices.Contains(asked, key) {
			t.Errorf("the text %q is not used", key)
		}
	}
}

func TestNoPageShowsTheNameOfASentence(t *testing.T) {
	r := openRoom(t)
	g := r.guest(t, suzuki)
	for _, lang := range []string{"ja", "en"} {
		r.desk.set(func() { r.desk.lang = lang })
		for _, path := range []string{"/", "/?c=" + channel, "/incidents", "/incidents/" + incidentID, "/contacts", "/be", "/nowhere"} {
			_, body := g.get(path)
			if m := regexp.MustCompile(`web\.[a-z_]+\.[a-z0-9_]+`).FindString(body); m != "" {
				t.Errorf("%s: %s", path, m)
			}
			if !strings.Contains(body, `<html lang="`+lang+`">`) && path != "/be" {
				t.Errorf("%s: not in %s", path, lang)
			}
		}
	}
}
