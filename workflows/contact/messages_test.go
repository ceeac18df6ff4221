package contact

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// messages reads the product's own sentences, so that what is tested is what people see.
func messages(t testing.TB, lang string) map[string]string {
	t.Helper()
	file, err := os.ReadFile("../../templates/messages/contacts." + lang + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[string]string)
	if err := yaml.UnmarshalWithOptions(file, &m, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return m
}

// texts looks a key up and fails the test on a key that has no sentence.
func texts(t testing.TB, lang string) func(key string) string {
	m := messages(t, lang)
	return func(key string) string {
		text, ok := m[key]
		if !ok {
			t.Errorf("%s: no text for %q", lang, key)
		}
		return text
	}
}

var place = regexp.MustCompile(`\{[a-z_]+\}`)

func TestEveryMessageIsWrittenInBothLanguages(t *testing.T) {
	ja, en := messages(t, "ja"), messages(t, "en")
	keys := MessageKeys()
	for _, m := range []map[string]string{ja, en} {
		for key, text := range m {
			if !slices.Contains(keys, key) {
				t.Errorf("%q is not asked for by anything", key)
			}
			if strings.TrimSpace(text) == "" {
				t.Errorf("%q is empty", key)
			}
		}
	}
	for _, key := range keys {
		if ja[key] == "" || en[key] == "" {
			t.Errorf("%q: ja %q, en %q", key, ja[key], en[key])
		}
		places := func(text string) []string {
			found := place.FindAllString(text, -1)
			slices.Sort(found)
			return slices.Compact(found)
		}
		if j, e := places(ja[key]), places(en[key]); !slices.Equal(j, e) {
			t.Errorf("%q: ja fills %v, en fills %v", key, j, e)
		}
	}
}

// A file without any column name is answered with the names in the reader's language, as an export
// in it writes them.
func TestMissingHeaderNamesTheColumnsInTheReadersLanguage(t *testing.T) {
	var japanese, english []string
	for _, n := range columnNames {
		japanese, english = append(japanese, n.japanese), append(english, string(n.column))
	}
	_, faults := Parse([]byte("田中,営業部,教育責任者\n"))
	if len(faults) != 1 || faults[0].Key != FaultHeaderNone {
		t.Fatal(faults)
	}
	for lang, names := range map[string][]string{"ja": japanese, "en": english} {
		if said := faults[0].Say(texts(t, lang)); !strings.HasSuffix(said, strings.Join(names, " / ")) {
			t.Errorf("%s: %s", lang, said)
		}
	}
}
