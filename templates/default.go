package templates

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// DefaultNames lists the files that a company can start its own from, by the names under
// which its folder has them.
func DefaultNames() []string {
	names := slices.Clone(knownFiles)
	messages, err := fs.Glob(messageFiles, messageFolder+"/*.yaml")
	if err != nil {
		panic(err) // the pattern above is wrong
	}
	names = append(names, messages...)
	slices.Sort(names)
	return names
}

// Default gives the embedded file of a name; the form of the report in a language. An unknown
// name is fs.ErrNotExist.
func Default(name, lang string) ([]byte, error) {
	if !slices.Contains(DefaultNames(), name) {
		return nil, fmt.Errorf("default file %q: %w", name, fs.ErrNotExist)
	}
	if name == ReportFile {
		return DefaultReport(lang)
	}
	from := fs.FS(messageFiles)
	switch path.Dir(name) {
	case procedureFolder:
		from = procedureFiles
	case policyFolder:
		from = policyFiles
	case rulesFolder:
		from = ruleFiles
	case ".":
		from = profileFiles
	}
	return fs.ReadFile(from, name)
}
