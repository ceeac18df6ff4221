package store

import (
	"context"
	"errors"
	"io"
	"time"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// table keeps files in the database, in pieces: several servers share them, and a backup of
// the database has them.
type table struct{ engine }

// pieceSize is how much of a file is in memory at a time.
const pieceSize = 256 << 10

const (
	completeFile = `UPDATE files SET digest = $2, size = $3 WHERE body = $1`
	insertPiece  = `INSERT INTO file_bodies (body, n, piece) VALUES ($1, $2, $3)`
	selectPiece  = `SELECT piece FROM file_bodies WHERE body = $1 AND n = $2`
	deletePieces = `DELETE FROM file_bodies WHERE body = $1`
)

// receive writes each piece in a transaction of its own: an upload from a slow phone must not
// hold up a database that writes one transaction at a time. The row without a digest, which
// comes first, is how a sweep finds what an upload that was cut short has left.
func (t table) receive(ctx context.Context, f file, r io.Reader) error {
	if err := t.run(ctx, insertFile, f.body, string(f.id), "", int64(0), micro(f.stored)); err != nil {
		return err
	}
	piece := make([]byte, pieceSize)
	for n := int64(0); ; n++ {
		size, rerr := io.ReadFull(r, piece)
		last := errors.Is(rerr, io.EOF) || errors.Is(rerr, io.ErrUnexpectedEOF)
		if rerr != nil && !last {
			return rerr
		}
		if size > 0 {
			if err := t.run(ctx, insertPiece, f.body, n, piece[:size]); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

func (t table) run(ctx context.Context, query string, args ...any) error {
	return t.write(ctx, func(s statements) error {
		_, err := s.exec(ctx, query, args...)
		return err
	})
}

func (t table) keep(ctx context.Context, s statements, f file, first bool) error {
	if !first {
		return discard(ctx, s, f)
	}
	_, err := s.exec(ctx, completeFile, f.body, f.digest, f.size)
	return err
}

func discard(ctx context.Context, s statements, f file) error {
	if _, err := s.exec(ctx, deleteFile, f.body); err != nil {
		return err
	}
	_, err := s.exec(ctx, deletePieces, f.body)
	return err
}

func (t table) kept(file) error { return nil }

func (t table) drop(ctx context.Context, f file) {
	// A sweep removes what cannot be removed now.
	_ = t.write(ctx, func(s statements) error { return discard(ctx, s, f) })
}

func (t table) open(ctx context.Context, s statements, id incident.ID, digest string) (io.ReadCloser, int64, error) {
	list, err := all(ctx, s, fileByDigest, []any{string(id), digest}, scanFile)
	if err != nil {
		return nil, 0, err
	}
	if len(list) == 0 {
		return nil, 0, workflows.ErrNotFound
	}
	return &pieces{ctx: ctx, s: s, body: list[0].body}, list[0].size, nil
}

func (t table) remove(ctx context.Context, s statements, f file) error {
	_, err := s.exec(ctx, deletePieces, f.body)
	return err
}

func (t table) removed(file) error           { return nil }
func (t table) sweep(time.Time) (int, error) { return 0, nil }

// pieces reads a body piece by piece, each by a statement of its own: a download over a slow
// line holds no connection of the database.
type pieces struct {
	ctx  context.Context // of the download: io.Reader has none
	s    statements
	body string
	n    int64
	left []byte
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		ok, err := row(p.ctx, p.s, selectPiece, []any{p.body, p.n}, &p.left)
		if err != nil {
			return 0, err
		}
		if !ok || len(p.left) == 0 {
			return 0, io.EOF
		}
		p.n++
	}
	n := copy(b, p.left)
	p.left = p.left[n:]
	return n, nil
}

func (p *pieces) Close() error { return nil }
