package templates

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"hikeshi/workflows/clock"
	"hikeshi/workflows/company"
	"hikeshi/workflows/fault"
	"hikeshi/workflows/paging"
	"hikeshi/workflows/procedure"
)

// Set is everything of this package that a company may change, as one: the defaults with
// the operator's folder laid over them.
type Set struct {
	Texts   *Texts
	Book    *procedure.Book
	Paging  *paging.Policy
	Company company.Profile
	// Rules are the rules of notification; Clocks are they as they hold for Company.
	Rules  clock.Source
	Clocks *clock.Book
	// Forms are what reports are filled into. Load leaves them out: a fault in the company's
	// own must not keep anybody from the rest, or from a report (LoadReportForms).
	Forms *ReportForms
}

// Load reads all of it; overlay may be nil. practice says whose company it is when the
// folder has no profile.yaml: the sample company's, or, live, nobody's. The error is Faults,
// every one in all files at once; with any there is no Set, so that a server keeps what it has.
func Load(overlay fs.FS, practice bool) (*Set, error) {
	faults := strays(overlay)
	take := func(more Faults) { faults = append(faults, more...) }
	s := &Set{}
	var more Faults
	s.Texts, more = loadTexts(overlay)
	take(more)
	s.Book, more = loadProcedures(overlay)
	take(more)
	s.Paging, more = loadPaging(overlay)
	take(more)
	s.Company, more = loadProfile(overlay, practice)
	take(more)
	s.Rules, more = loadRules(overlay)
	take(more)
	if err := faults.asError(); err != nil {
		return nil, err
	}
	s.Clocks = s.Rules.For(s.Company)
	return s, nil
}

// knownFiles are the files that the overlay may hold, beside messages. report.docx is read
// by the renderer of reports.
var knownFiles = func() []string {
	known := []string{profileFile, pagingFile, ReportFile}
	for _, sheet := range procedureSheets {
		known = append(known, path.Join(procedureFolder, sheet+".yaml"))
	}
	return append(known, ruleNames(nil)...)
}()

// strays finds what lies in the overlay and would never be read: a company whose own
// procedure is silently ignored would learn it in the night it needs it.
func strays(overlay fs.FS) Faults { return straysIn(overlay, ".") }

// knownFolders may be links, as in a volume of Kubernetes.
var knownFolders = []string{procedureFolder, policyFolder, messageFolder, rulesFolder}

func isFolder(from fs.FS, name string) bool {
	st, err := fs.Stat(from, name)
	return err == nil && st.IsDir()
}

// maxStrays is enough to see that the folder is the wrong one.
const maxStrays = 40

func straysIn(overlay fs.FS, folder string) Faults {
	if overlay == nil {
		return nil
	}
	var faults Faults
	// The function below gives no errors of its own, so neither does WalkDir.
	_ = fs.WalkDir(overlay, folder, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			faults = append(faults, Fault{File: name, What: fault.Say("overlay.folder_unreadable"), Remedy: fault.Say("mend.folder")})
		case name == ".":
		case passedOver(path.Base(name)):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case slices.Contains(knownFiles, name) || isMessages(name) || isRule(name) || name == HolidaysFile:
			if entry.IsDir() {
				return fs.SkipDir // who reads it says that it is no file
			}
		case entry.IsDir():
		case entry.Type()&fs.ModeSymlink != 0 && slices.Contains(knownFolders, name) && isFolder(overlay, name):
			faults = append(faults, straysIn(overlay, name)...) // WalkDir follows no link by itself
		case len(faults) == maxStrays:
			return fs.SkipAll
		default:
			faults = append(faults, strayFault(name))
		}
		return nil
	})
	return faults
}

// passedOver tells what lies in a folder without being meant for the program: notes of the
// operator, hidden files, the lock files of office programs, and what Windows leaves behind.
func passedOver(base string) bool {
	return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "~$") || strings.HasPrefix(strings.ToUpper(base), "README") ||
		strings.EqualFold(base, "Thumbs.db") || strings.EqualFold(base, "desktop.ini")
}

func strayFault(name string) Fault {
	f := Fault{File: name, What: fault.Say("overlay.stray")}
	folder, base := path.Split(name)
	if first, _, _ := strings.Cut(name, "/"); strings.EqualFold(first, rulesFolder) {
		f.Remedy = fault.Say("mend.rules", "holidays", HolidaysFile)
		return f
	}
	if folder == messageFolder+"/" && (path.Ext(base) == ".yaml" || path.Ext(base) == ".yml") {
		stem := strings.TrimSuffix(base, path.Ext(base))
		for _, lang := range Languages {
			if s, ok := strings.CutSuffix(stem, "."+lang); ok { // .yml
				f.Remedy = fault.Say("mend.meant", "meant", path.Join(messageFolder, s+"."+lang+".yaml"))
				return f
			}
		}
		f.What = fault.Say("overlay.message_language")
		f.Remedy = fault.Say("mend.message_language", "ja", stem+".ja.yaml", "en", stem+".en.yaml")
		return f
	}
	if meant := nearestFile(name); meant != "" {
		f.Remedy = fault.Say("mend.meant", "meant", meant)
		return f
	}
	var known []string
	for _, k := range knownFiles {
		if path.Dir(k) == path.Dir(name) {
			known = append(known, k)
		}
	}
	if path.Dir(name) == "." || known == nil {
		known = slices.DeleteFunc(slices.Clone(knownFiles), isRule)
		known = append(known, path.Join(rulesFolder, "….yaml"), path.Join(messageFolder, "….ja.yaml"), path.Join(messageFolder, "….en.yaml"))
	}
	f.Remedy = fault.Say("mend.name_one_of", "known", strings.Join(known, ", "))
	return f
}

// nearestFile names the file that was probably meant: the same name in another folder or in
// other letters, or one within two letters, folder and name each.
func nearestFile(name string) string {
	low := strings.ToLower(name)
	folder, base := path.Split(low)
	base = strings.TrimSuffix(base, path.Ext(base))
	if path.Ext(low) != ".docx" {
		base += ".yaml"
	} else {
		base += ".docx"
	}
	for _, lang := range Languages {
		if strings.HasSuffix(base, "."+lang+".yaml") {
			return path.Join(messageFolder, base)
		}
	}
	var bases []string
	for _, k := range knownFiles {
		if path.Base(k) == base {
			return k
		}
		bases = append(bases, path.Base(k))
	}
	meant := fault.Nearest(base, bases)
	if meant == "" {
		return ""
	}
	for _, k := range knownFiles {
		home, _ := path.Split(k)
		if path.Base(k) == meant && (home == folder || folder == "" || fault.Nearest(folder, []string{home}) != "") {
			return k
		}
	}
	return ""
}

// maxYAML is what a file of the company may have: ten times the largest of ours.
const maxYAML = 1 << 20 // bytes

// readFile reads the overlay's file, or the embedded one where the overlay has none.
func readFile(overlay, embedded fs.FS, name string) ([]byte, *Fault) {
	text, err := []byte(nil), fs.ErrNotExist
	if overlay != nil {
		text, err = fs.ReadFile(overlay, name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		text, err = fs.ReadFile(embedded, name)
	}
	if len(text) > maxYAML {
		return nil, &Fault{File: name, What: fault.Say("overlay.too_large"), Remedy: fault.Say("mend.too_large")}
	}
	if err != nil {
		return nil, &Fault{File: name, What: fault.Say("overlay.file_unreadable"), Remedy: fault.Say("mend.file")}
	}
	return text, nil
}
