package store

import (
	"context"
	"fmt"
	"time"

	"hikeshi/workflows"
)

const (
	insertEdition = `INSERT INTO editions (version, body, at) VALUES ($1, $2, $3) ON CONFLICT (version) DO NOTHING`
	selectEdition = `SELECT body FROM editions WHERE version = $1`
)

// SaveEdition keeps an edition of the rules; one that is there already stays as it is.
func (d *database) SaveEdition(ctx context.Context, version string, body []byte, at time.Time) error {
	err := d.write(ctx, func(s statements) error {
		_, err := s.exec(ctx, insertEdition, version, string(body), micro(at))
		return err
	})
	if err != nil {
		return fmt.Errorf("store an edition of the rules: %w", err)
	}
	return nil
}

// Edition gives an edition of the rules; workflows.ErrNotFound.
func (d *database) Edition(ctx context.Context, version string) ([]byte, error) {
	return editionBody(ctx, d.reading(), version)
}

func editionBody(ctx context.Context, s statements, version string) (body []byte, err error) {
	ok, err := row(ctx, s, selectEdition, []any{version}, &body)
	if err == nil && !ok {
		err = fmt.Errorf("the edition %s of the rules: %w", version, workflows.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return body, nil
}
