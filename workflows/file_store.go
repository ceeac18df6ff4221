package workflows

import (
	"context"
	"errors"
	"io"
	"time"

	"hikeshi/workflows/incident"
)

// Errors of Files.
var (
	// ErrTooLarge says that there was more to read than the limit.
	ErrTooLarge = errors.New("the file is larger than the limit")
	// ErrErased says that a file was erased on purpose. Its bytes are not taken again either.
	ErrErased = errors.New("the file was erased")
	// ErrNoRoom says that the disk is full.
	ErrNoRoom = errors.New("there is no room for the file")
)

// Files keeps the bytes of attached files under the incident and their SHA-256 in hex. Bytes
// are put before the entry that names them is written, so that no entry ever names what is
// not there; what no entry names afterwards is swept away.
type Files interface {
	// PutFile reads a file to its end and keeps it; when it returns, the bytes are on disk.
	// The same bytes of an incident are kept once, however often they are put. At most limit
	// bytes are taken: ErrTooLarge. Also ErrErased and ErrNoRoom; a fault of the reader is
	// given as it is. now is when they were stored, for SweepFiles.
	PutFile(ctx context.Context, id incident.ID, now time.Time, limit int64, r io.Reader) (StoredFile, error)
	// OpenFile gives the bytes and how many there are: ErrNotFound, ErrErased.
	OpenFile(ctx context.Context, id incident.ID, sha256 string) (io.ReadCloser, int64, error)
	// StoredFiles lists what is kept of an incident, by digest, and what was erased.
	StoredFiles(ctx context.Context, id incident.ID) ([]StoredFile, error)
	// EraseFile removes the bytes for good, and remembers that it was meant; the entries that
	// name the file stay. ErrNotFound.
	EraseFile(ctx context.Context, id incident.ID, sha256 string, now time.Time) error
	// SweepFiles removes bytes stored before an instant that no entry names, and what uploads
	// cut short before it have left. It gives how many files went.
	SweepFiles(ctx context.Context, before time.Time) (int, error)
}

// StoredFile is one file of an incident as it is kept; Size is 0 when it was erased.
type StoredFile struct {
	SHA256 string
	Size   int64
	Erased bool
}
