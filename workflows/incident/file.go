package incident

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Files are evidence: screenshots, mails, logs, a sample of what was opened. Their bytes lie
// beside the record; what enters the chain is their digest, so that a file that is changed,
// exchanged or lost shows.
//
// Evidence cannot be chosen by its type: a macro, a web page or a packed sample may be just
// what has to be kept. So every type is taken but one, and none is ever shown: a download is
// a file to save, of no type that a browser opens, under a name that a double click does not
// run (DownloadName). The one that is refused is the program as such (Program): it would lie
// ready to run on the disk of everybody who looks at the evidence, and the virus scanner of
// the server may take it away, so that the evidence is lost. Laboratories take samples in a
// ZIP with a password; so do we.
const (
	// MaxFile is how many bytes one file may have: what mail systems let through (Gmail and
	// Exchange Online take 25 MB), hence whatever reached an employee as an attachment. Images
	// of disks and memory belong on a medium in a locked place; RecordEvidence says where.
	MaxFile = 25 << 20
	// MaxFiles and MaxFileBytes bound one incident: forty of the largest files, or a night's
	// worth of screenshots, and still a folder that a small company's backup carries.
	MaxFiles     = 200
	MaxFileBytes = 1 << 30
	// MaxFileName is how many characters a name keeps. Common file systems end at 255 bytes,
	// and a Japanese letter has three: 80 leave room for what a browser adds.
	MaxFileName = 80
)

// attach records a file whose bytes are stored already. The same file by the same person
// under the same name and with the same place is recorded once.
func (d *decision) attach(c Attach) *Refusal {
	in := d.in
	name := FileName(c.Name)
	switch {
	case name == "":
		return refuse("refuse.file_name")
	case c.Size <= 0:
		return refuse("refuse.file_empty")
	case c.Size > MaxFile:
		return refuse("refuse.file_large", "max", Megabytes(MaxFile))
	case !digestPattern.MatchString(c.SHA256) || !typePattern.MatchString(c.Type):
		return refuse("refuse.file_broken")
	case c.Type == TypeProgram:
		return refuse("refuse.file_program")
	}
	where, ref := freeText("evidence_where", c.Where, false)
	if ref != nil {
		return ref
	}
	if slices.ContainsFunc(in.Evidence, func(e Evidence) bool {
		return e.SHA256 == c.SHA256 && e.By == d.env.By.ID && e.Name == name && e.Where == where.Body
	}) {
		return nil
	}
	switch {
	case in.Files >= MaxFiles:
		return refuse("refuse.file_many", "max", MaxFiles)
	case in.FileBytes+c.Size > MaxFileBytes:
		return refuse("refuse.file_total", "max", Megabytes(MaxFileBytes))
	}
	d.emit(FileAttached{Name: T(name), Size: c.Size, Type: c.Type, SHA256: c.SHA256, Where: where})
	return nil
}

// Megabytes is a limit as it is said: 25 of 25 << 20.
func Megabytes(n int64) int64 { return n >> 20 }

// FileRoom is how many bytes the next file of this incident may have.
func (in *Incident) FileRoom() int64 { return max(0, min(MaxFile, MaxFileBytes-in.FileBytes)) }

var (
	digestPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)
	typePattern   = regexp.MustCompile(`^[a-z]+/[a-z0-9][a-z0-9.+-]{0,79}$`)
)

// IsFile reports whether a piece of evidence is a file that is kept here.
func (e Evidence) IsFile() bool { return e.SHA256 != "" }

// MayDownload reports whether a person may have the bytes of a file that by attached: whoever
// sees the whole incident, and a reporter what he attached himself. It is asked at each
// download: whoever was left out meanwhile has nothing any more.
func (in *Incident) MayDownload(dir Directory, p, by PersonID) bool {
	return in.CanRead(dir, p) || p != "" && p == by && in.ReportedBy(p) && !in.IsExcluded(p)
}

// replaced stands in a name for a character that would lie about it or break a page.
const replaced = utf8.RuneError

// reserved are the characters that some file system does not take in a name.
const reserved = `<>:"|?*`

// FileName makes a name that a file came with fit to be kept and shown: without its folders,
// on one line, at most MaxFileName characters with the ending kept. A control character or a
// mark of direction, by which a name hides its ending, leaves a visible � behind: that
// somebody tried is evidence too. Empty when nothing is left to read.
func FileName(s string) string {
	s = strings.ToValidUTF8(s, string(replaced))
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u200d', r == '\ufe0f': // within an emoji
			return r
		case unicode.IsSpace(r) && r != '\u3000':
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
			return replaced
		case strings.ContainsRune(reserved, r):
			return '_'
		}
		return r
	}, s)
	// Windows drops what a name ends with of these, and a dot in front hides the file elsewhere.
	s = trimName(s)
	if r := []rune(s); len(r) > MaxFileName {
		ending := []rune(path.Ext(s))
		if len(ending) > 16 {
			ending = nil
		}
		s = trimName(string(r[:MaxFileName-1-len(ending)]) + "…" + string(ending))
	}
	if !Visible(s) {
		return ""
	}
	return s
}

func trimName(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
}

// runs are the endings of files that a double click carries out or that run scripts when they
// are opened, on the systems of an office; the program itself is refused by its bytes.
var runs = []string{
	".app", ".appref-ms", ".bat", ".chm", ".cmd", ".com", ".command", ".cpl", ".desktop", ".exe", ".gadget", ".hta",
	".htm", ".html", ".inf", ".ins", ".iso", ".jar", ".js", ".jse", ".lnk", ".mht", ".mhtml", ".msc", ".msi", ".msp",
	".one", ".pif", ".pl", ".ps1", ".psm1", ".py", ".pyw", ".rb", ".reg", ".scf", ".scr", ".sct", ".settingcontent-ms",
	".sh", ".svg", ".url", ".vb", ".vbe", ".vbs", ".vhd", ".vhdx", ".wsc", ".wsf", ".wsh", ".xhtml", ".xht", ".xml", ".xll",
}

// DownloadName is the name under which a file is handed out: one that a double click would
// run ends in .txt instead, so that it is read.
func DownloadName(name string) string {
	if slices.Contains(runs, strings.ToLower(path.Ext(name))) {
		return name + ".txt"
	}
	return name
}
