package templates

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed messages/*.yaml
var messageFiles embed.FS

// Languages are the product's languages; the first is the default.
var Languages = []string{"ja", "en"}

// Texts are every sentence the product says, by language and key. A placeholder is {name}.
type Texts struct{ by map[string]map[string]string }

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

// LoadTexts reads the embedded messages/*.LANG.yaml and lays the operator's messages over
// them, key by key. A text that only one language has, a placeholder that only one has, a
// key given twice and an overlay's unknown key are faults; all are named at once.
func LoadTexts(overlay fs.FS) (*Texts, error) {
	t := &Texts{by: map[string]map[string]string{}}
	var faults []error
	for _, lang := range Languages {
		t.by[lang] = map[string]string{}
		faults = append(faults, t.read(messageFiles, lang, false)...)
	}
	if overlay != nil {
		for _, lang := range Languages {
			faults = append(faults, t.read(overlay, lang, true)...)
		}
	}
	for key, ja := range t.by["ja"] {
		en, ok := t.by["en"][key]
		if !ok {
			faults = append(faults, fmt.Errorf("message %q has no English text: add it to the en file", key))
			continue
		}
		if a, b := Placeholders(ja), Placeholders(en); !slices.Equal(a, b) {
			faults = append(faults, fmt.Errorf("message %q has the placeholders %v in Japanese and %v in English: use the same", key, a, b))
		}
	}
	for key := range t.by["en"] {
		if _, ok := t.by["ja"][key]; !ok {
			faults = append(faults, fmt.Errorf("message %q has no Japanese text: add it to the ja file", key))
		}
	}
	if faults != nil {
		return nil, errors.Join(faults...)
	}
	return t, nil
}

func (t *Texts) read(from fs.FS, lang string, over bool) (faults []error) {
	files, err := fs.Glob(from, "messages/*."+lang+".yaml")
	if err != nil {
		return []error{err}
	}
	for _, f := range files {
		b, err := fs.ReadFile(from, f)
		if err != nil {
			return append(faults, err)
		}
		var m map[string]string
		if err := yaml.UnmarshalWithOptions(b, &m, yaml.Strict()); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", path.Base(f), err))
			continue
		}
		for k, v := range m {
			old, known := t.by[lang][k]
			switch {
			case over && !known:
				faults = append(faults, fmt.Errorf("%s: there is no message %q: see the embedded messages for the keys", path.Base(f), k))
			case over && !slices.Equal(Placeholders(old), Placeholders(v)):
				faults = append(faults, fmt.Errorf("%s: message %q needs the placeholders %v", path.Base(f), k, Placeholders(old)))
			case !over && known:
				faults = append(faults, fmt.Errorf("%s: message %q is given twice", path.Base(f), k))
			default:
				t.by[lang][k] = v
			}
		}
	}
	return faults
}

// Placeholders lists the names in braces of a text, sorted, each once.
func Placeholders(text string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	slices.Sort(out)
	return out
}

// Say gives the text of a key in a language (anything but "en" is Japanese), with pairs of
// placeholder names and values filled in. What is filled in is never read for placeholders
// again. An unknown key is shown as itself, so that nobody faces an empty line.
func (t *Texts) Say(lang, key string, pairs ...string) string {
	if lang != "en" {
		lang = "ja"
	}
	text, ok := t.by[lang][key]
	if !ok {
		return key
	}
	if len(pairs) == 0 || !strings.Contains(text, "{") {
		return text
	}
	return placeholder.ReplaceAllStringFunc(text, func(m string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if m == "{"+pairs[i]+"}" {
				return pairs[i+1]
			}
		}
		return m
	})
}

// Has reports whether there is a text for a key.
func (t *Texts) Has(key string) bool {
	_, ok := t.by["ja"][key]
	return ok
}

// Keys lists every key, sorted.
func (t *Texts) Keys() []string {
	var out []string
	for k := range t.by["ja"] {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
