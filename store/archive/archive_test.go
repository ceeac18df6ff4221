package archive_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hikeshi/store/archive"
)

const (
	digest = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03" // of "hello\n"
	file   = "INC-2026-0001/" + digest
)

var about = archive.About{
	Version: "test", Schema: 3, Kind: "sqlite", Mode: "live", Made: time.Date(2026, 11, 22, 2, 7, 31, 0, time.UTC),
	Tables: []archive.Table{
		{Name: "entries", Columns: []archive.Column{{Name: "id", Type: archive.Integer}, {Name: "body", Type: archive.Text}}},
		{Name: "settings", Columns: []archive.Column{{Name: "name", Type: archive.Text}, {Name: "value", Type: archive.Blob}}},
		{Name: "timers", Columns: []archive.Column{{Name: "key", Type: archive.Text}}},
	},
}

func written(t testing.TB, f func(w *archive.Writer)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup.tar.gz")
	w, err := archive.Create(path, about)
	if err != nil {
		t.Fatal(err)
	}
	f(w)
	if _, _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// sample is a small archive with one of everything.
func sample(t testing.TB) string {
	t.Helper()
	return written(t, func(w *archive.Writer) {
		for _, err := range []error{
			w.Row(0, []any{int64(1), "電車に忘れた"}), w.Row(0, []any{int64(math.MaxInt64), nil}), w.Row(1, []any{"a", []byte{0, 255}}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if found, err := w.File(file, 6, strings.NewReader("hello\n")); err != nil || found != digest {
			t.Fatalf("%s, %v", found, err)
		}
		if err := w.Overlay("messages/会社.ja.yaml", []byte("a: b\n")); err != nil {
			t.Fatal(err)
		}
	})
}

// contents reads an archive twice, as a restore does.
func contents(path string) (rows [][]any, bodies map[string]string, err error) {
	a, err := archive.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer a.Close()
	bodies = map[string]string{}
	err = a.Read(func(p archive.Part) error {
		if p.Kind == archive.KindTable {
			return p.Rows(func(row []any) error {
				rows = append(rows, append([]any{p.Name}, row...))
				return nil
			})
		}
		b, err := io.ReadAll(p.Body)
		bodies[p.Name] = string(b)
		return err
	})
	return rows, bodies, err
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	path := sample(t)
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the file is open to others: %v, %v", st.Mode(), err)
	}
	rows, bodies, err := contents(path)
	if err != nil {
		t.Fatal(err)
	}
	wantRows := [][]any{{"entries", int64(1), "電車に忘れた"}, {"entries", int64(math.MaxInt64), nil}, {"settings", "a", []byte{0, 255}}}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{file: "hello\n", "messages/会社.ja.yaml": "a: b\n"}, bodies); diff != "" {
		t.Error(diff)
	}
	a, err := archive.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if diff := cmp.Diff(map[string]int64{"entries": 2, "settings": 1}, a.Manifest.Rows); diff != "" {
		t.Error(diff)
	}
	want := about
	want.Format = archive.Format
	if diff := cmp.Diff(want, a.About); diff != "" {
		t.Error(diff)
	}
	if n, size := a.Manifest.Count(archive.KindFile); n != 1 || size != 6 {
		t.Errorf("%d files with %d bytes", n, size)
	}
	again, err := os.ReadFile(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	if first, err := os.ReadFile(path); err != nil || !bytes.Equal(first, again) {
		t.Errorf("equal contents make two archives: %v", err)
	}
}

// Every value that either database can hold comes back as it was, over the border of a part, too.
func TestEveryValueComesBack(t *testing.T) {
	value := rapid.OneOf(
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.StringOf(rapid.SampledFrom([]rune("\x00\n\"\\\u2028<&>𠮷\ufffd\u200d\ufeff"))), func(s string) any { return s }),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return b }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.Just[any](nil),
		rapid.Map(rapid.IntRange(1, 3), func(n int) any { return strings.Repeat("漢", n<<15) }),
	)
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) []any {
			return []any{"entries", value.Draw(rt, "a"), value.Draw(rt, "b")}
		}), 0, 12).Draw(rt, "rows")
		path := written(t, func(w *archive.Writer) {
			for _, row := range want {
				if err := w.Row(0, row[1:]); err != nil {
					rt.Fatal(err)
				}
			}
		})
		got, _, err := contents(path)
		if err != nil {
			rt.Fatal(err)
		}
		if len(got) != len(want) {
			rt.Fatalf("%d rows became %d", len(want), len(got))
		}
		for i := range want {
			if diff := cmp.Diff(want[i], got[i]); diff != "" {
				rt.Error(diff)
			}
		}
	})
}

func TestTextThatIsNoUTF8ComesBack(t *testing.T) {
	path := written(t, func(w *archive.Writer) {
		if err := w.Row(2, []any{"a\xffb"}); err != nil {
			t.Fatal(err)
		}
	})
	rows, _, err := contents(path)
	if diff := cmp.Diff([][]any{{"timers", archive.OddText("a\xffb")}}, rows); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// refused opens an archive and wants a fault of one of the keys.
func refused(t *testing.T, what, path string, keys ...string) {
	t.Helper()
	_, _, err := contents(path)
	var f *archive.Fault
	if !errors.As(err, &f) {
		t.Errorf("%s: %v, want a fault", what, err)
		return
	}
	for _, k := range keys {
		if f.Key == k {
			return
		}
	}
	if len(keys) > 0 {
		t.Errorf("%s: %v, want %v", what, f, keys)
	}
}

// Every single changed bit and every cut is found, wherever it is.
func TestEveryDamageIsFound(t *testing.T) {
	whole, err := os.ReadFile(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "damaged.tar.gz")
	put := func(b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for at := range whole {
		for _, bit := range []int{at % 8, (at + 3) % 8} {
			b := bytes.Clone(whole)
			b[at] ^= 1 << bit
			put(b)
			if _, _, err := contents(path); err == nil {
				t.Errorf("bit %d of byte %d of %d is changed, and nobody finds it", bit, at, len(whole))
			} else if f := (*archive.Fault)(nil); !errors.As(err, &f) {
				t.Errorf("bit %d of byte %d: %v is no sentence", bit, at, err)
			}
		}
	}
	for n := range whole {
		put(whole[:n])
		refused(t, "cut off", path)
	}
	put(append(bytes.Clone(whole), 0))
	refused(t, "a byte more", path, "archive.trailing")
	put(append(bytes.Clone(whole), whole...))
	refused(t, "twice", path, "archive.trailing")
	put(whole)
	if _, _, err := contents(path); err != nil {
		t.Errorf("the undamaged one: %v", err)
	}
}

// member is one of an archive that is made by hand.
type member struct {
	tar.Header
	body string
}

func unpack(t *testing.T, path string) (list []member) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, member{*h, string(b)})
	}
}

// pack makes a file as anybody with tar and gzip would.
func pack(t *testing.T, list []member) string {
	t.Helper()
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	w := tar.NewWriter(gz)
	for _, m := range list {
		if m.Typeflag == tar.TypeReg && m.Size == 0 {
			m.Size = int64(len(m.body))
		}
		h := m.Header
		h.Format = 0
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, m.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Flush(), w.Close(), gz.Close()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "made.tar.gz")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func made(name, body string) member {
	return member{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600}, body}
}

// What somebody has put together by hand is held to the manifest, and names that lead out of
// a folder are refused whatever the manifest says.
func TestWhatDoesNotBelongIsRefused(t *testing.T) {
	whole := unpack(t, sample(t))
	if _, _, err := contents(pack(t, whole)); err != nil {
		t.Fatalf("packed again: %v", err)
	}
	last := len(whole) - 1
	insert := func(at int, m member) []member {
		return append(append(append([]member{}, whole[:at]...), m), whole[at:]...)
	}
	changed := func(at int, f func(m *member)) []member {
		list := append([]member{}, whole...)
		list[at].Size = 0
		f(&list[at])
		return list
	}
	for _, c := range []struct {
		what string
		list []member
		keys []string
	}{
		{"a path upwards", insert(last, made("overlay/../../etc/cron.d/x", "x")), []string{"archive.name"}},
		{"a path upwards among the files", insert(last-1, made("files/../../x/"+digest, "x")), []string{"archive.name"}},
		{"an absolute path", insert(last, made("/etc/passwd", "x")), []string{"archive.name"}},
		{"a Windows path", insert(last, made(`overlay/..\x`, "x")), []string{"archive.name"}},
		{"a drive", insert(last, made("overlay/c:x", "x")), []string{"archive.name"}},
		{"a hidden file", insert(last, made("overlay/.bashrc", "x")), []string{"archive.name"}},
		{"a name of no kind", insert(last, made("readme.txt", "x")), []string{"archive.name"}},
		{"a link", insert(last, member{tar.Header{Typeflag: tar.TypeSymlink, Name: "overlay/a", Linkname: "/etc/passwd"}, ""}), []string{"archive.name"}},
		{"a folder", insert(last, member{tar.Header{Typeflag: tar.TypeDir, Name: "overlay/a"}, ""}), []string{"archive.name"}},
		{"attributes", insert(last, member{tar.Header{Typeflag: tar.TypeReg, Name: "overlay/a", PAXRecords: map[string]string{"SCHILY.xattr.user.a": "b"}}, ""}), []string{"archive.name"}},
		{"a sparse file", insert(last, member{tar.Header{Typeflag: tar.TypeReg, Name: "overlay/a", Size: 3, PAXRecords: map[string]string{"HIKESHI.sparse": "1"}}, "abc"}), []string{"archive.name"}},
		{"one more file", insert(last, made("overlay/zz", "x")), []string{"archive.extra"}},
		{"a file twice", insert(last, whole[last-1]), []string{"archive.extra"}},
		{"a part too many", insert(2, made("tables/entries/000002.jsonl", "[1,\"a\"]\n")), []string{"archive.extra"}},
		{"a part out of turn", insert(1, made("tables/entries/000007.jsonl", "[1,\"a\"]\n")), []string{"archive.extra"}},
		{"a table that is not there", insert(3, made("tables/zz/000001.jsonl", "[1]\n")), []string{"archive.extra"}},
		{"something behind the manifest", append(append([]member{}, whole...), made("overlay/zz", "x")), []string{"archive.extra"}},
		{"the order changed", append([]member{whole[0], whole[2], whole[1]}, whole[3:]...), []string{"archive.extra"}},
		{"a file removed", append(append([]member{}, whole[:last-1]...), whole[last]), []string{"archive.missing"}},
		{"a table removed", append(append([]member{}, whole[:1]...), whole[2:]...), []string{"archive.missing"}},
		{"no manifest", whole[:last], []string{"archive.cut_off"}},
		{"nothing in front", whole[1:], []string{"archive.not_ours"}},
		{"nothing at all", nil, []string{"archive.cut_off", "archive.not_ours"}},
		{"a text changed", changed(1, func(m *member) { m.body = strings.Replace(m.body, "電車", "会社", 1) }), []string{"archive.damaged"}},
		{"a row removed", changed(1, func(m *member) { m.body = m.body[:strings.Index(m.body, "\n")+1] }), []string{"archive.damaged"}},
		{"a row of another length", changed(1, func(m *member) { m.body = "[1]\n" + m.body }), []string{"archive.row"}},
		{"a row that is none", changed(1, func(m *member) { m.body = "{}\n" + m.body }), []string{"archive.row"}},
		{"a row without its end", changed(1, func(m *member) { m.body = strings.TrimSpace(m.body) }), []string{"archive.row"}},
		{"a number that is too large", changed(1, func(m *member) { m.body = "[9223372036854775808,\"\"]\n" + m.body }), []string{"archive.row"}},
		{"a file changed", changed(3, func(m *member) { m.body = "hallo\n" }), []string{"archive.damaged"}},
		{"the mode changed", changed(0, func(m *member) { m.body = strings.Replace(m.body, `"live"`, `"practice"`, 1) }), []string{"archive.damaged"}},
		{"a mode that is none", changed(0, func(m *member) { m.body = strings.Replace(m.body, `"live"`, `"x"`, 1) }), []string{"archive.damaged"}},
		{"the schema changed", changed(0, func(m *member) { m.body = strings.Replace(m.body, `"schema": 3`, `"schema": 2`, 1) }), []string{"archive.damaged"}},
		{"a newer format", changed(0, func(m *member) { m.body = strings.Replace(m.body, `"format": 1`, `"format": 2`, 1) }), []string{"archive.newer"}},
		{"the manifest's rows changed", changed(last, func(m *member) { m.body = strings.Replace(m.body, `"entries":2`, `"entries":3`, 1) }), []string{"archive.damaged"}},
		{"the manifest's digest changed", changed(last, func(m *member) { m.body = strings.Replace(m.body, digest, strings.Repeat("0", 64), 1) }), []string{"archive.damaged"}},
	} {
		refused(t, c.what, pack(t, c.list), c.keys...)
	}
	refused(t, "a folder", t.TempDir(), "archive.not_ours")
	refused(t, "nothing there", filepath.Join(t.TempDir(), "x"), "archive.unreadable")
}

// A header that promises more than any member may have is refused before its bytes are read:
// this one has none.
func TestSizesAreBounded(t *testing.T) {
	whole := unpack(t, sample(t))
	for _, c := range []struct {
		name string
		size int64
	}{
		{"tables/entries/000001.jsonl", 65 << 20}, {file, 5 << 30}, {"overlay/a", 65 << 20}, {"manifest.json", 65 << 20},
	} {
		name := c.name
		if name == file {
			name = "files/" + file
		}
		var b bytes.Buffer
		gz := gzip.NewWriter(&b)
		w := tar.NewWriter(gz)
		first := whole[0].Header
		for _, err := range []error{w.WriteHeader(&first)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := io.WriteString(w, whole[0].body); err != nil {
			t.Fatal(err)
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: c.size, Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(gz.Close()); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "large.tar.gz")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, name, path, "archive.size")
	}
}

func TestNothingIsOverwritten(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "b.tar.gz")
	w, err := archive.Create(path, about)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the name is there before the archive is whole")
	}
	if err := os.WriteFile(path, []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	var f *archive.Fault
	if _, _, err := w.Close(); !errors.As(err, &f) || f.Key != "archive.exists" {
		t.Errorf("a name that was taken meanwhile: %v", err)
	}
	if _, err := archive.Create(path, about); !errors.As(err, &f) || f.Key != "archive.exists" {
		t.Errorf("a name that is taken: %v", err)
	}
	if _, err := archive.Create(filepath.Join(folder, "none", "b.tar.gz"), about); !errors.As(err, &f) || f.Key != "archive.unwritable" {
		t.Errorf("a folder that is not there: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "another's" {
		t.Errorf("it now is %q, %v", b, err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 1 {
		t.Errorf("what was given up has left %v, %v", left, err)
	}
}

func TestOverlayNames(t *testing.T) {
	for name, want := range map[string]bool{
		"profile.yaml": true, "messages/会社.ja.yaml": true, "a b/c.docx": true, "": false, ".": false, "..": false, "../a": false, "/a": false,
		"a/../b": false, "a//b": false, "a/": false, ".git/config": false, "a/.b": false, `a\b`: false, "a:b": false, "a\x00": false, "a.": false,
		"a ": false, "a\n": false, "a\xff": false, "con?": false,
	} {
		if got := archive.OverlayName(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

// FuzzOpen reads anything: it never ends the program, and what is taken can be read again.
func FuzzOpen(f *testing.F) {
	b, err := os.ReadFile(sample(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)/2])
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	var plain bytes.Buffer
	gz, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		f.Fatal(err)
	}
	if _, err := io.Copy(&plain, gz); err != nil {
		f.Fatal(err)
	}
	f.Add(plain.Bytes())
	path := filepath.Join(f.TempDir(), "fuzz.tar.gz")
	try := func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := archive.Open(path)
		if err != nil {
			var fault *archive.Fault
			if !errors.As(err, &fault) {
				t.Errorf("%v is no sentence", err)
			}
			return
		}
		defer a.Close()
		if _, _, err := contents(path); err != nil {
			t.Errorf("it was taken, and cannot be read: %v", err)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		try(t, b)
		// Random bytes are hardly ever a gzip: as what is inside of one, too.
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		try(t, packed.Bytes())
	})
}
