package archive

import (
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Kind is what a member is. The kinds come in this order in an archive.
type Kind int

// The kinds of members.
const (
	KindAbout Kind = iota
	KindTable
	KindFile
	KindOverlay
	KindManifest
)

const (
	aboutName    = "about.json"
	manifestName = "manifest.json"
	filePrefix   = "files/"
	overlayDir   = "overlay/"
)

// The most a member of each kind may have, in bytes. What is read at once (all but files)
// has to fit into memory; a part of a table is begun anew after partSize.
const (
	maxAbout    = 1 << 20
	maxPart     = 64 << 20
	maxFile     = 4 << 30
	maxOverlay  = 64 << 20
	maxManifest = 64 << 20
	partSize    = 1 << 20
)

func (k Kind) limit() int64 {
	return [...]int64{maxAbout, maxPart, maxFile, maxOverlay, maxManifest}[k]
}

var (
	partPattern = regexp.MustCompile(`^tables/([a-z][a-z0-9_]{0,62})/([0-9]{6})\.jsonl$`)
	filePattern = regexp.MustCompile(`^files/[A-Z]+-[0-9]{4}-[0-9]{4,12}/[0-9a-f]{64}$`)
)

// sort tells what kind a member of this name is, and its name without the kind's folder.
// Nothing but such names is ever written or read, so that none leads out of its folder.
func sort(name string) (k Kind, rest string, ok bool) {
	switch {
	case name == aboutName:
		return KindAbout, "", true
	case name == manifestName:
		return KindManifest, "", true
	case partPattern.MatchString(name):
		return KindTable, partPattern.FindStringSubmatch(name)[1], true
	case filePattern.MatchString(name):
		return KindFile, name[len(filePrefix):], true
	case strings.HasPrefix(name, overlayDir) && OverlayName(name[len(overlayDir):]):
		return KindOverlay, name[len(overlayDir):], true
	}
	return 0, "", false
}

// OverlayName reports whether a file of the overlay folder, by its path in it with slashes,
// is part of a backup: hidden files are not, nor names that another system reads as a path.
func OverlayName(name string) bool {
	if !fs.ValidPath(name) || name == "." || len(name) > 1000 {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") {
			return false
		}
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsControl(r) || strings.ContainsRune(`\:*?"<>|`, r) || r == unicode.ReplacementChar
	})
}

// FileName is the name of an attached file under files/.
func FileName(incident, digest string) (name string, ok bool) {
	name = incident + "/" + digest
	return name, filePattern.MatchString(filePrefix + name)
}

func partName(table string, n int) string {
	s := strconv.Itoa(n)
	return "tables/" + table + "/" + strings.Repeat("0", max(0, 6-len(s))) + s + ".jsonl"
}
