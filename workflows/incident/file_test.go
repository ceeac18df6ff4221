package incident_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"hikeshi/workflows/incident"
)

var screenshot = incident.Attach{Name: "画面.png", Size: 1234, Type: "image/png", SHA256: strings.Repeat("0f", 32)}

func TestAttach(t *testing.T) {
	with := func(change func(c *incident.Attach)) incident.Attach {
		c := screenshot
		change(&c)
		return c
	}
	for _, tt := range []struct {
		name string
		c    incident.Attach
		key  string
	}{
		{"a file", screenshot, ""},
		{"the largest", with(func(c *incident.Attach) { c.Size = incident.MaxFile }), ""},
		{"too large", with(func(c *incident.Attach) { c.Size = incident.MaxFile + 1 }), "refuse.file_large"},
		{"empty", with(func(c *incident.Attach) { c.Size = 0 }), "refuse.file_empty"},
		{"no name", with(func(c *incident.Attach) { c.Name = "../" }), "refuse.file_name"},
		{"a program", with(func(c *incident.Attach) { c.Type = incident.TypeProgram }), "refuse.file_program"},
		{"a digest that is none", with(func(c *incident.Attach) { c.SHA256 = strings.Repeat("0F", 32) }), "refuse.file_broken"},
		{"a digest that leads elsewhere", with(func(c *incident.Attach) { c.SHA256 = "../../../../etc/passwd" }), "refuse.file_broken"},
		{"a type that breaks a header", with(func(c *incident.Attach) { c.Type = "image/png\r\nX: y" }), "refuse.file_broken"},
		{"a place that is a book", with(func(c *incident.Attach) { c.Where = strings.Repeat("あ", incident.MaxText+1) }), "refuse.text_long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tampering(t, l2, impersonal)
			events, ref := incident.Decide(s.in, tt.c, s.env(leader))
			wantKey(t, ref, tt.key)
			if (len(events) > 0) != (tt.key == "") {
				t.Errorf("caused %v", events)
			}
		})
	}
}

func TestAttachedFilesAreCounted(t *testing.T) {
	s := tampering(t, l2, impersonal)
	room := s.in.FileRoom()
	s.do(hanako, screenshot)
	s.do(hanako, screenshot) // once more by the same person: it is there
	if s.in.Files != 1 || len(s.in.Evidence) != 1 || !s.in.Evidence[0].IsFile() {
		t.Fatalf("%+v", s.in.Evidence)
	}
	s.do(leader, screenshot) // by another, who may not know of the first
	c := screenshot
	c.Name, c.Where = "C:\\別の名前.png", "金庫"
	s.do(leader, c)
	if got := s.in.Evidence[2]; got.Name != "別の名前.png" || got.Where != "金庫" || got.By != leader || got.Size != c.Size || got.Type != c.Type || got.SHA256 != c.SHA256 {
		t.Errorf("%+v", got)
	}
	wantKey(t, s.undo(leader, s.last("file_attached")), "")
	if s.in.Files != 3 || s.in.FileBytes != 3*c.Size || len(s.in.Evidence) != 2 {
		t.Errorf("%d files, %d bytes, %d listed: what was taken back is still there", s.in.Files, s.in.FileBytes, len(s.in.Evidence))
	}
	if room != incident.MaxFile || s.in.FileRoom() != incident.MaxFile {
		t.Errorf("room %d before and %d after", room, s.in.FileRoom())
	}
	full := s.in.Snapshot()
	full.FileBytes = incident.MaxFileBytes - 10
	if full.FileRoom() != 10 {
		t.Errorf("room %d", full.FileRoom())
	}
	c.Name = "もう一つ.png"
	_, ref := incident.Decide(full, c, s.env(leader))
	wantKey(t, ref, "refuse.file_total")
	full = s.in.Snapshot()
	full.Files = incident.MaxFiles
	_, ref = incident.Decide(full, c, s.env(leader))
	wantKey(t, ref, "refuse.file_many")
}

// Whoever sees the incident may have every file; a reporter what he attached; nobody else.
func TestWhoMayDownload(t *testing.T) {
	s := reported(t, incident.Report{What: incident.KindLoss, Exclude: []incident.PersonID{suspect}})
	want := map[incident.PersonID][2]bool{ // of the reporter's own, of another's
		president: {true, true}, leader: {true, true}, admin: {true, true}, privacy: {true, true}, salesHead: {true, true}, auditor: {true, true},
		hanako: {true, false},
		vice:   {}, second: {}, admin2: {}, affairs: {}, jiro: {}, outsider: {}, suspect: {}, passerby: {}, nobody: {},
	}
	for p, may := range want {
		for i, by := range []incident.PersonID{hanako, leader} {
			if got := s.in.MayDownload(s.people, p, by); got != may[i] {
				t.Errorf("MayDownload(%q, of %q) is %v", p, by, got)
			}
		}
		if p != hanako && s.in.MayDownload(s.people, p, p) != may[0] {
			t.Errorf("%q may have what he is said to have attached, or not", p)
		}
	}
	t.Run("who is left out meanwhile has nothing any more", func(t *testing.T) {
		s.do(leader, incident.Restrict{Exclude: []incident.PersonID{admin, hanako, auditor}, Reason: "本人に関わる"})
		for _, p := range []incident.PersonID{admin, hanako, auditor} {
			if s.in.MayDownload(s.people, p, p) {
				t.Errorf("%s may download", p)
			}
		}
	})
	t.Run("nor who has left the company", func(t *testing.T) {
		delete(s.people.active, privacy)
		if s.in.MayDownload(s.people, privacy, privacy) {
			t.Error("he downloads")
		}
	})
}

func TestFileName(t *testing.T) {
	for in, want := range map[string]string{
		"画面.png":                           "画面.png",
		"/etc/passwd":                      "passwd",
		`C:\Users\山本\a b.txt`:              "a b.txt",
		"../..":                            "",
		"":                                 "",
		" . . ":                            "",
		"\u200b\u3164":                     "",
		"a\r\nSet-Cookie: x.txt":           "a  Set-Cookie_ x.txt",
		"請求書\u202efdp.exe":                 "請求書�fdp.exe",
		"a\x00b.png":                       "a�b.png",
		"con\xff.log":                      "con�.log",
		`"<script>".html`:                  "__script__.html",
		".bashrc":                          "bashrc",
		"a.txt. . ":                        "a.txt",
		"👩\u200d💻.png":                     "👩\u200d💻.png",
		"a\tb\u2028c.pdf":                  "a b c.pdf",
		strings.Repeat("長", 200):           strings.Repeat("長", 79) + "…",
		strings.Repeat("長", 200) + ".xlsx": strings.Repeat("長", 74) + "….xlsx",
	} {
		if got := incident.FileName(in); got != want {
			t.Errorf("FileName(%q) is %q, want %q", in, got, want)
		}
	}
}

func FuzzFileName(f *testing.F) {
	for _, s := range []string{"画面.png", `..\..\a`, "a/b/", "\u202e", "x\x00.exe", strings.Repeat("あ.", 90), "\xff\xfe", "…", "a" + strings.Repeat(".b", 60)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := incident.FileName(s)
		if again := incident.FileName(name); again != name {
			t.Fatalf("%q becomes %q, and that %q", s, name, again)
		}
		if name == "" {
			return
		}
		for _, n := range []string{name, incident.DownloadName(name)} {
			switch {
			case !utf8.ValidString(n), strings.ContainsAny(n, `/\<>:"|?*`+"\r\n\x00"), strings.HasPrefix(n, "."), strings.HasSuffix(n, "."), strings.HasSuffix(n, " "), !incident.Visible(n):
				t.Errorf("%q becomes %q", s, n)
			case utf8.RuneCountInString(n) > incident.MaxFileName+len(".txt"), len(n) > 255:
				t.Errorf("%q becomes %q, of %d bytes", s, n, len(n))
			}
			for _, r := range n {
				if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control) {
					t.Errorf("%q becomes %q, with %U", s, n, r)
				}
			}
		}
	})
}

func TestDownloadName(t *testing.T) {
	for in, want := range map[string]string{
		"画面.png": "画面.png", "メール.eml": "メール.eml", "検体.zip": "検体.zip", "名簿.xlsm": "名簿.xlsm",
		"請求書.pdf.js": "請求書.pdf.js.txt", "X.HTML": "X.HTML.txt", "a.ps1": "a.ps1.txt", "絵.svg": "絵.svg.txt", "a.SCR": "a.SCR.txt",
	} {
		if got := incident.DownloadName(in); got != want {
			t.Errorf("DownloadName(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestFileType(t *testing.T) {
	pe := "MZ" + strings.Repeat("\x00", 58) + "\x40\x00\x00\x00" + "PE\x00\x00"
	for in, want := range map[string]string{
		"\x89PNG\r\n\x1a\n....":            "image/png",
		"\xff\xd8\xff\xe0":                 "image/jpeg",
		"%PDF-1.7":                         "application/pdf",
		"PK\x03\x04....":                   "application/zip",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "application/x-ole-storage",
		"ElfFile\x00":                      "application/x-evtx",
		"Nov 22 02:07:31 fs01 smbd: 拒否":    "text/plain",
		"MZ から始まる議事録。" + strings.Repeat("あ", 80): "text/plain",
		" <!DOCTYPE html><script>":               "text/html",
		"\xef\xbb\xbf<svg onload=x>":             "text/xml",
		"\xff\xfea\x00":                          "text/plain",
		"\x83\x8d\x83\x4f":                       "text/plain", // ログ in Shift_JIS
		"\x7fELF\x02\x01":                        incident.TypeProgram,
		"\xcf\xfa\xed\xfe":                       incident.TypeProgram,
		"\x4c\x00\x00\x00\x01\x14\x02\x00":       incident.TypeProgram,
		pe:                                       incident.TypeProgram,
		"MZ" + strings.Repeat("\x01", 80):        incident.TypeProgram,
		"\x00\x01\x02":                           "application/octet-stream",
		"":                                       "application/octet-stream",
	} {
		if got := incident.FileType([]byte(in)); got != want {
			t.Errorf("FileType(%q) is %q, want %q", in, got, want)
		}
	}
}

// Whatever a file begins with, its type can be recorded.
func FuzzFileType(f *testing.F) {
	f.Add([]byte("MZ\x00"), 70)
	f.Add([]byte("\x89PNG"), 0)
	f.Fuzz(func(t *testing.T, head []byte, more int) {
		head = append(head, make([]byte, max(0, min(more, 2000)))...)
		s := tampering(t, l2, impersonal)
		c := screenshot
		c.Type = incident.FileType(head)
		if _, ref := incident.Decide(s.in, c, s.env(leader)); ref != nil && ref.Key != "refuse.file_program" {
			t.Errorf("%q is %s: %s", head, c.Type, ref.Key)
		}
	})
}
