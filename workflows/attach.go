package workflows

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"hikeshi/workflows/incident"
)

// Upload is a file on its way in: its name as it came, the place of its original if there is
// one, and its bytes, which are read once.
type Upload struct {
	Name  string
	Where string
	Body  io.Reader
}

// ErrUpload is wrapped by a fault of the one who sends a file: the line broke. Nothing of it
// is kept.
var ErrUpload = errors.New("the file did not arrive whole")

// Attach keeps a file and records it: first the bytes, then the entry that names them. c is
// the command without Do; what was done is told apart by the file too, so that one form may
// send several. Whoever may not attach is refused before anything is read. Like Do it gives a
// refusal as an outcome, and an error for a fault.
func (s *Service) Attach(ctx context.Context, c Command, up Upload) (Outcome, error) {
	in, ref, err := s.mayAttach(ctx, c, up)
	if err != nil {
		return Outcome{}, err
	}
	if ref != nil {
		return Outcome{Incident: c.Incident, Refusal: ref}, nil
	}
	from := &sender{r: up.Body}
	head := make([]byte, incident.SniffLength)
	n, _ := io.ReadFull(from, head) // a short file is none; what failed stands in from.fault
	if head = head[:n]; from.fault != nil {
		return Outcome{}, fmt.Errorf("%w: %w", ErrUpload, from.fault)
	}
	kind := incident.FileType(head)
	switch {
	case n == 0:
		return refused(c.Incident, "refuse.file_empty", nil), nil
	case kind == incident.TypeProgram:
		return refused(c.Incident, "refuse.file_program", nil), nil
	}
	room := in.FileRoom()
	stored, err := s.store.PutFile(ctx, c.Incident, s.Now(), room, io.MultiReader(bytes.NewReader(head), from))
	switch {
	case from.fault != nil:
		return Outcome{}, fmt.Errorf("%w: %w", ErrUpload, from.fault)
	case errors.Is(err, ErrTooLarge) && room == incident.MaxFile:
		return refused(c.Incident, "refuse.file_large", map[string]any{"max": incident.Megabytes(incident.MaxFile)}), nil
	case errors.Is(err, ErrTooLarge):
		return refused(c.Incident, "refuse.file_total", map[string]any{"max": incident.Megabytes(incident.MaxFileBytes)}), nil
	case errors.Is(err, ErrErased):
		return refused(c.Incident, "refuse.file_erased", nil), nil
	case errors.Is(err, ErrNoRoom):
		return refused(c.Incident, "refuse.file_no_room", nil), nil
	case err != nil:
		return Outcome{}, fmt.Errorf("attach: %w", err)
	}
	c.Do = incident.Attach{Name: up.Name, Size: stored.Size, Type: kind, SHA256: stored.SHA256, Where: up.Where}
	name := sha256.Sum256([]byte(up.Name))
	c.Key += ":" + stored.SHA256 + ":" + hex.EncodeToString(name[:8])
	return s.Do(ctx, c)
}

// mayAttach tries the command before its bytes are read.
func (s *Service) mayAttach(ctx context.Context, c Command, up Upload) (*incident.Incident, *incident.Refusal, error) {
	if err := s.fresh(ctx, s.store); err != nil {
		return nil, nil, err
	}
	in, err := s.store.Incident(ctx, c.Incident)
	if errors.Is(err, ErrNotFound) {
		return nil, &incident.Refusal{Key: "refuse.unknown_incident", Args: map[string]any{"id": c.Incident}}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	w := &work{s: s, c: c, now: s.Now(), rules: s.Rules(in)}
	_, ref := incident.Decide(in, incident.Attach{
		Name: up.Name, Size: 1, Type: "application/octet-stream", SHA256: hex.EncodeToString(make([]byte, sha256.Size)), Where: up.Where,
	}, w.env())
	return in, ref, nil
}

// sender tells a fault of the one who sends from one of ours.
type sender struct {
	r     io.Reader
	fault error
}

func (s *sender) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.fault = err
	}
	return n, err
}

// Attached is a file as somebody may see it; Erased says that its bytes are gone on purpose.
type Attached struct {
	incident.Evidence
	Erased bool
}

// Attachments lists the files of an incident that a person may download, in the order they
// were attached: everything for whoever sees the incident, a reporter's own for him.
func (s *Service) Attachments(ctx context.Context, viewer incident.PersonID, id incident.ID) ([]Attached, error) {
	in, _, err := s.Incident(ctx, viewer, id)
	if err != nil {
		return nil, err
	}
	var out []Attached
	for _, e := range in.Evidence {
		if e.IsFile() && in.MayDownload(s.people.Load(), viewer, e.By) {
			out = append(out, Attached{Evidence: e})
		}
	}
	if out == nil {
		return nil, nil
	}
	stored, err := s.store.StoredFiles(ctx, id)
	if err != nil {
		return nil, err
	}
	for i := range out {
		for _, f := range stored {
			out[i].Erased = out[i].Erased || f.Erased && f.SHA256 == out[i].SHA256
		}
	}
	return out, nil
}

// ErrFileHarmed says that the bytes of a file are missing, or are not those that were attached.
var ErrFileHarmed = errors.New("the file is not what was attached")

// OpenAttachment gives the bytes of the file that an entry names, to somebody who may have
// them now; to everybody else it does not exist: ErrNotFound. Every byte is compared with the
// record before the first is handed out: what was changed is no evidence, ErrFileHarmed. A
// file that was taken back is still there for whoever sees the record. ErrErased.
func (s *Service) OpenAttachment(ctx context.Context, viewer incident.PersonID, id incident.ID, seq int64) (incident.FileAttached, io.ReadCloser, error) {
	in, _, err := s.Incident(ctx, viewer, id)
	if err != nil {
		return incident.FileAttached{}, nil, err
	}
	r, err := s.Entry(ctx, id, seq)
	if err != nil {
		return incident.FileAttached{}, nil, err
	}
	e, ok := r.Event.(incident.FileAttached)
	if !ok || !in.MayDownload(s.people.Load(), viewer, r.By) {
		return incident.FileAttached{}, nil, ErrNotFound
	}
	f, err := findFile(ctx, s.store, id, e.SHA256)
	switch {
	case err != nil:
		return incident.FileAttached{}, nil, fmt.Errorf("the file of entry %d of %s: %w", seq, id, err)
	case f.erased:
		return incident.FileAttached{}, nil, ErrErased
	case f.missing || f.sha256 != e.SHA256:
		return incident.FileAttached{}, nil, fmt.Errorf("entry %d of %s: %w", seq, id, ErrFileHarmed)
	}
	body, _, err := s.store.OpenFile(ctx, id, e.SHA256)
	return e, body, err
}

// SweepFiles removes what uploads cut short a day ago and more have left: no entry names it.
// now is the machine's clock, not one that practice has moved on.
func (s *Service) SweepFiles(ctx context.Context, now time.Time) (int, error) {
	return s.store.SweepFiles(ctx, now.Add(-sweepAfter))
}

// sweepAfter leaves any upload the time to be recorded.
const sweepAfter = 24 * time.Hour
