package workflows_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

const picture = "\x89PNG\r\n\x1a\n 画面の写し"

// attached is a place with an incident that Yamamoto reported and Sato has taken.
func attached(t *testing.T) (*place, incident.ID) {
	t.Helper()
	p := newPlace(t)
	id := p.do(t, workflows.Command{Key: "report", By: p.person(t, "山本"), Do: incident.Report{Text: "不審な画面が出た", What: incident.KindVirus}}).Incident
	p.do(t, workflows.Command{Key: "take", Incident: id, By: p.person(t, "佐藤"), Do: incident.Take{}})
	return p, id
}

func (p *place) attach(t *testing.T, id incident.ID, who, name, body string) workflows.Outcome {
	t.Helper()
	out, err := p.service.Attach(t.Context(), workflows.Command{Key: "draft:" + who, Incident: id, By: p.person(t, who), Source: incident.FromPerson},
		workflows.Upload{Name: name, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (p *place) download(t *testing.T, id incident.ID, who incident.PersonID, seq int64) (string, error) {
	t.Helper()
	e, body, err := p.service.OpenAttachment(t.Context(), who, id, seq)
	if err != nil {
		if body != nil {
			t.Error("a refused download has bytes")
		}
		return "", err
	}
	defer body.Close()
	b, err := io.ReadAll(body)
	if err != nil || int64(len(b)) != e.Size {
		t.Fatalf("%d bytes of %d, %v", len(b), e.Size, err)
	}
	return string(b), nil
}

func TestAttachedBytesComeBack(t *testing.T) {
	p, id := attached(t)
	out := p.attach(t, id, "佐藤", `C:\画面.png`, picture)
	if !out.Did("file_attached") {
		t.Fatalf("%+v", out)
	}
	again := p.attach(t, id, "佐藤", `C:\画面.png`, picture)
	if !again.Repeated || again.First != out.First {
		t.Errorf("the same form again: %+v", again)
	}
	// One form may send several, and the same bytes under two names.
	more := p.attach(t, id, "佐藤", "別名.png", picture)
	if more.Repeated || !more.Did("file_attached") {
		t.Errorf("%+v", more)
	}
	if got, err := p.download(t, id, p.person(t, "鈴木").ID, out.First); err != nil || got != picture {
		t.Errorf("%q, %v", got, err)
	}
	list, err := p.service.Attachments(t.Context(), p.person(t, "鈴木").ID, id)
	if err != nil || len(list) != 2 || list[0].Name != "画面.png" || list[0].Type != "image/png" || list[0].Size != int64(len(picture)) || list[0].Erased {
		t.Errorf("%+v, %v", list, err)
	}
	if v, err := workflows.Verify(t.Context(), p.store); err != nil || len(v.Breaches) > 0 || v.Files != 2 {
		t.Errorf("%+v %v", v, err)
	}
	// Taken back, it is no evidence any more; its bytes are, for whoever reads the record.
	p.do(t, workflows.Command{Key: "undo", Incident: id, By: p.person(t, "佐藤"), Do: incident.Undo{Seq: out.First}})
	if list, err = p.service.Attachments(t.Context(), p.person(t, "佐藤").ID, id); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := p.download(t, id, p.person(t, "佐藤").ID, out.First); err != nil {
		t.Error(err)
	}
}

// Everybody of the sample company tries: to attach, and to have the reporter's file and that
// of the lead; and then again, after some were left out.
func TestWhoAttachesAndDownloads(t *testing.T) {
	p, id := attached(t)
	own := p.attach(t, id, "山本", "自分の.png", picture).First
	leads := p.attach(t, id, "佐藤", "調査.txt", "ログ").First
	if own == 0 || leads == 0 {
		t.Fatal(own, leads)
	}
	check := func(when string, out ...string) {
		t.Helper()
		in, err := p.store.Incident(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, person := range p.service.Contacts().People() {
			left := false
			for _, name := range out {
				left = left || strings.HasPrefix(person.Name, name)
			}
			reads := !left && in.CanRead(p.service.People(), person.ID)
			reports := !left && in.ReportedBy(person.ID)
			for seq, may := range map[int64]bool{own: reads || reports, leads: reads} {
				_, err := p.download(t, id, person.ID, seq)
				if may && err != nil || !may && !errors.Is(err, workflows.ErrNotFound) {
					t.Errorf("%s: %s downloads entry %d: %v", when, person.Name, seq, err)
				}
			}
			list, err := p.service.Attachments(t.Context(), person.ID, id)
			want := map[bool]int{true: 2}[reads]
			if !reads && reports {
				want = 1
			}
			if len(list) != want || (want == 0 && !reads && !reports) != errors.Is(err, workflows.ErrNotFound) {
				t.Errorf("%s: %s is shown %d files, %v", when, person.Name, len(list), err)
			}
			read := &touched{Reader: strings.NewReader("x")}
			res, err := p.service.Attach(t.Context(), workflows.Command{Key: when + string(person.ID), Incident: id, By: incident.Actor{ID: person.ID, Name: person.Name}},
				workflows.Upload{Name: "a.txt", Body: read})
			if err != nil {
				t.Fatal(err)
			}
			may := !left && (in.InCircle(person.ID) || reports)
			switch {
			case may != res.Accepted():
				t.Errorf("%s: %s attaches: %+v", when, person.Name, res.Refusal)
			case !may && !reads && res.Refusal.Key != "refuse.unknown_incident":
				t.Errorf("%s: %s learns %+v", when, person.Name, res.Refusal)
			case !may && read.yes:
				t.Errorf("%s: the bytes of %s were read", when, person.Name)
			case may:
				p.do(t, workflows.Command{Key: when + "undo" + string(person.ID), Incident: id, By: p.person(t, "佐藤"), Do: incident.Undo{Seq: res.First}})
			}
		}
		for _, stranger := range []incident.PersonID{"", "U0STRANGER"} {
			if _, err := p.download(t, id, stranger, own); !errors.Is(err, workflows.ErrNotFound) {
				t.Errorf("%s: %q downloads: %v", when, stranger, err)
			}
		}
	}
	check("at first")
	p.do(t, workflows.Command{Key: "restrict", Incident: id, By: p.person(t, "佐藤"), Do: incident.Restrict{
		Exclude: []incident.PersonID{p.person(t, "鈴木").ID, p.person(t, "山本").ID, p.person(t, "小林").ID}, Reason: "本人に関わる",
	}})
	check("left out", "鈴木", "山本", "小林")
}

type touched struct {
	io.Reader
	yes bool
}

func (r *touched) Read(p []byte) (int, error) {
	r.yes = true
	return r.Reader.Read(p)
}

func TestAttachRefuses(t *testing.T) {
	p, id := attached(t)
	before, err := p.store.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	erased := p.attach(t, id, "佐藤", "消す.txt", "個人の名前").First
	e, body, err := p.service.OpenAttachment(t.Context(), p.person(t, "佐藤").ID, id, erased)
	if err != nil {
		t.Fatal(err)
	}
	body.Close()
	if err := p.store.EraseFile(t.Context(), id, e.SHA256, p.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.download(t, id, p.person(t, "佐藤").ID, erased); !errors.Is(err, workflows.ErrErased) {
		t.Errorf("an erased file: %v", err)
	}
	if list, err := p.service.Attachments(t.Context(), p.person(t, "佐藤").ID, id); err != nil || len(list) != 1 || !list[0].Erased {
		t.Errorf("%+v %v", list, err)
	}
	for _, tt := range []struct {
		key, name string
		body      io.Reader
	}{
		{"refuse.file_empty", "空.txt", strings.NewReader("")},
		{"refuse.file_program", "検体.bin", strings.NewReader("\x7fELF\x02")},
		{"refuse.file_name", " ", strings.NewReader("x")},
		{"refuse.file_large", "大.bin", io.LimitReader(zeros{}, incident.MaxFile+1)},
		{"refuse.file_erased", "また.txt", strings.NewReader("個人の名前")},
	} {
		out, err := p.service.Attach(t.Context(), workflows.Command{Key: tt.key, Incident: id, By: p.person(t, "佐藤")}, workflows.Upload{Name: tt.name, Body: tt.body})
		if err != nil || out.Refusal == nil || out.Refusal.Key != tt.key {
			t.Errorf("%s: %+v %v", tt.key, out, err)
		}
	}
	broken := io.MultiReader(strings.NewReader(strings.Repeat("x", 5000)), iotest.ErrReader(errors.New("reset")))
	if _, err := p.service.Attach(t.Context(), workflows.Command{Key: "b", Incident: id, By: p.person(t, "佐藤")}, workflows.Upload{Name: "半分.txt", Body: broken}); !errors.Is(err, workflows.ErrUpload) {
		t.Errorf("a line that breaks: %v", err)
	}
	out, err := p.service.Attach(t.Context(), workflows.Command{Key: "c", Incident: "TRN-2026-0099", By: p.person(t, "佐藤")}, workflows.Upload{Name: "x", Body: strings.NewReader("x")})
	if err != nil || out.Refusal == nil || out.Refusal.Key != "refuse.unknown_incident" {
		t.Errorf("%+v %v", out, err)
	}
	after, err := p.store.Incident(t.Context(), id)
	if err != nil || after.Seq != before.Seq+1 {
		t.Errorf("refusals changed the incident from %d to %d, %v", before.Seq+1, after.Seq, err)
	}
	if list, err := p.store.StoredFiles(t.Context(), id); err != nil || len(list) != 1 {
		t.Errorf("refusals left %+v, %v", list, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// harmed is a store in which somebody has changed or removed the bytes of every file.
type harmed struct {
	workflows.Store
	bytes string
}

func (h harmed) OpenFile(context.Context, incident.ID, string) (io.ReadCloser, int64, error) {
	if h.bytes == "" {
		return nil, 0, workflows.ErrNotFound
	}
	return io.NopCloser(strings.NewReader(h.bytes)), int64(len(h.bytes)), nil
}

// What was changed behind the record is no evidence: it is not handed out.
func TestAHarmedFileIsNotHandedOut(t *testing.T) {
	p, id := attached(t)
	seq := p.attach(t, id, "佐藤", "画面.png", picture).First
	for _, bytes := range []string{strings.Replace(picture, "写し", "別物", 1), picture[:10], ""} {
		s, err := workflows.New(t.Context(), workflows.Options{Store: harmed{p.store, bytes}, Clock: p.clock, Book: p.service.Book(), Practice: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, body, err := s.OpenAttachment(t.Context(), p.person(t, "佐藤").ID, id, seq); !errors.Is(err, workflows.ErrFileHarmed) || body != nil {
			t.Errorf("%q: %v", bytes, err)
		}
	}
	if got, err := p.download(t, id, p.person(t, "佐藤").ID, seq); err != nil || got != picture {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSweepFiles(t *testing.T) {
	p, id := attached(t)
	ctx := context.Background()
	if _, err := p.store.PutFile(ctx, id, p.clock.Now(), 100, strings.NewReader("名前のないもの")); err != nil {
		t.Fatal(err)
	}
	seq := p.attach(t, id, "佐藤", "画面.png", picture).First
	if n, err := p.service.SweepFiles(ctx, p.clock.Now().Add(23*time.Hour)); err != nil || n != 0 {
		t.Errorf("within a day: %d, %v", n, err)
	}
	if n, err := p.service.SweepFiles(ctx, p.clock.Now().Add(25*time.Hour)); err != nil || n != 1 {
		t.Errorf("after a day: %d, %v", n, err)
	}
	if _, err := p.download(t, id, p.person(t, "佐藤").ID, seq); err != nil {
		t.Error(err)
	}
}
