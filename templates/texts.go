package templates

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"hikeshi/workflows/fault"
)

//go:embed messages/*.yaml
var messageFiles embed.FS

// Languages are the product's languages; the first is the default.
var Languages = []string{"ja", "en"}

// Texts are every sentence the product says, by language and key. A placeholder is {name}.
type Texts struct{ by map[string]map[string]string }

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

const messageFolder = "messages"

// isMessages tells a file of messages by its name.
func isMessages(name string) bool {
	folder, base := path.Split(name)
	for _, lang := range Languages {
		if stem, ok := strings.CutSuffix(base, "."+lang+".yaml"); ok && stem != "" && folder == messageFolder+"/" {
			return true
		}
	}
	return false
}

// embeddedTexts are the product's own, read once.
var embeddedTexts = sync.OnceValues(func() (*Texts, error) {
	t := &Texts{by: map[string]map[string]string{}}
	var faults Faults
	for _, lang := range Languages {
		t.by[lang] = map[string]string{}
		faults = append(faults, t.read(messageFiles, lang, nil)...)
	}
	faults = append(faults, t.unequal()...)
	if err := faults.asError(); err != nil {
		return nil, err
	}
	return t, nil
})

// LoadTexts reads the embedded messages/*.LANG.yaml and lays the operator's messages over
// them, key by key. An overlay's unknown key, one given twice, a text that lacks a
// placeholder of the default or has another, and what is no text are faults; the error is
// Faults and names all at once.
func LoadTexts(overlay fs.FS) (*Texts, error) {
	t, faults := loadTexts(overlay)
	if err := append(faults, straysIn(overlay, messageFolder)...).asError(); err != nil {
		return nil, err
	}
	return t, nil
}

func loadTexts(overlay fs.FS) (*Texts, Faults) {
	own, err := embeddedTexts()
	if err != nil {
		var faults Faults
		errors.As(err, &faults)
		return nil, faults
	}
	if overlay == nil {
		return own, nil
	}
	t := &Texts{by: map[string]map[string]string{}}
	var faults Faults
	for _, lang := range Languages {
		t.by[lang] = maps.Clone(own.by[lang])
		faults = append(faults, t.read(overlay, lang, own)...)
	}
	return t, faults
}

// unequal finds texts of which a language has none, or other placeholders.
func (t *Texts) unequal() (faults Faults) {
	for _, lang := range Languages {
		other := Languages[0]
		if lang == other {
			other = Languages[1]
		}
		for key, text := range t.by[lang] {
			file := messageFolder + "/*." + other + ".yaml"
			twin, ok := t.by[other][key]
			if !ok {
				faults = append(faults, Fault{File: file, What: fault.Say("overlay.message_other_language", "value", key), Remedy: fault.Say("mend.both_languages")})
				continue
			}
			if what, remedy, ok := samePlaces(text, twin); !ok {
				faults = append(faults, Fault{File: file + " " + key, What: what, Remedy: remedy})
			}
		}
	}
	return faults
}

// read adds the messages of a language; over is what they lie over, nil for the first.
func (t *Texts) read(from fs.FS, lang string, over *Texts) (faults Faults) {
	files, err := fs.Glob(from, messageFolder+"/*."+lang+".yaml")
	if err != nil { // only a wrong pattern: ours is right
		return nil
	}
	seen := map[string]string{} // key → where it stands
	for _, name := range files {
		if passedOver(path.Base(name)) || !isMessages(name) {
			continue
		}
		text, wrong := readFile(nil, from, name)
		if wrong != nil {
			faults = append(faults, *wrong)
			continue
		}
		// Duplicates are found below, every one with its place.
		file, wrong := readYAML(name, text, parser.AllowDuplicateMapKey())
		if wrong != nil {
			faults = append(faults, *wrong)
			continue
		}
		faults = append(faults, t.add(file, lang, over, seen)...)
	}
	return faults
}

// add takes the messages of one file.
func (t *Texts) add(file *yamlFile, lang string, over *Texts, seen map[string]string) (faults Faults) {
	tell := func(at ast.Node, what, remedy fault.Saying) {
		line, column := nodeStart(at)
		faults = append(faults, Fault{File: file.name, Line: line, Column: column, What: what, Remedy: remedy})
	}
	mapping, ok := file.root.(*ast.MappingNode)
	if !ok {
		what, remedy := misplaced(shapeNoun(file.root.Type()), "noun.keys")
		tell(file.root, what, remedy)
		return faults
	}
	for _, m := range mapping.Values {
		key := m.Key.GetToken().Value
		text, isText := textOf(m.Value)
		first, twice := seen[key]
		if !twice {
			line, column := nodeStart(m.Key)
			seen[key] = fmt.Sprintf("%s:%d:%d", file.name, line, column)
		}
		old, known := "", true
		if over != nil {
			old, known = over.by[lang][key]
		}
		switch {
		case twice:
			tell(m.Key, fault.Say("overlay.message_twice", "value", key, "other", first), fault.Say("mend.keep_one"))
		case !known:
			remedy := fault.Say("mend.see_messages")
			if meant := nearestKey(key, over.Keys()); meant != "" {
				remedy = fault.Say("mend.meant", "meant", meant)
			}
			tell(m.Key, fault.Say("overlay.message_unknown", "value", key), remedy)
		case !isText:
			what, remedy := misplaced(shapeNoun(m.Value.Type()), "noun.text")
			tell(m.Value, what, remedy)
		case over != nil && strings.TrimSpace(text) == "" && old != "":
			tell(m.Value, fault.Say("overlay.message_empty"), fault.Say("mend.message_text"))
		case over != nil:
			if what, remedy, same := samePlaces(old, text); !same {
				tell(m.Value, what, remedy)
			}
			t.by[lang][key] = text
		default:
			t.by[lang][key] = text
		}
	}
	return faults
}

// textOf reads a text as it may be written: plain, in quotes, as a block, or nothing.
func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.NullNode:
		return "", true
	}
	return "", false
}

// nearestKey names the message that was probably meant: two letters away, or with the same
// end under another family.
func nearestKey(key string, known []string) string {
	if meant := fault.Nearest(key, known); meant != "" {
		return meant
	}
	_, end, _ := strings.Cut(key, ".")
	found := ""
	for _, k := range known {
		if _, e, _ := strings.Cut(k, "."); end != "" && e == end {
			if found != "" {
				return "" // several
			}
			found = k
		}
	}
	return found
}

// braces finds whatever looks like a placeholder, also one that could never be filled.
var braces = regexp.MustCompile(`\{[^{}\n]{0,40}\}`)

// samePlaces checks that a text has the placeholders of the default and no others.
func samePlaces(old, text string) (what, remedy fault.Saying, same bool) {
	want, have := Placeholders(old), []string{}
	for _, b := range braces.FindAllString(text, -1) {
		if name := strings.Trim(b, "{}"); !slices.Contains(have, name) {
			have = append(have, name)
		}
	}
	lost := slices.DeleteFunc(slices.Clone(want), func(p string) bool { return slices.Contains(have, p) })
	extra := slices.DeleteFunc(have, func(p string) bool {
		return slices.Contains(want, p) || strings.Contains(old, "{"+p+"}") // literal in the default, too
	})
	switch {
	case len(extra) > 0:
		what = fault.Say("overlay.place_extra", "places", inBraces(extra))
		switch meant := fault.Nearest(extra[0], lost); {
		case meant != "":
			remedy = fault.Say("mend.meant", "meant", inBraces([]string{meant}))
		case len(lost) == 1:
			remedy = fault.Say("mend.meant", "meant", inBraces(lost))
		case len(want) > 0:
			remedy = fault.Say("mend.places_only", "known", inBraces(want))
		default:
			remedy = fault.Say("mend.places_none")
		}
	case len(lost) > 0:
		what, remedy = fault.Say("overlay.place_missing", "places", inBraces(lost)), fault.Say("mend.places_add")
	default:
		return what, remedy, true
	}
	return what, remedy, false
}

func inBraces(names []string) string { return "{" + strings.Join(names, "} {") + "}" }

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
