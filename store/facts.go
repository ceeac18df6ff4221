package store

import (
	"context"
	"fmt"

	"github.com/pressly/goose/v3"

	"hikeshi/workflows"
)

// Facts describes the database itself.
func (d *database) Facts(ctx context.Context) (f workflows.Facts, err error) {
	f.Kind = d.sql.kind
	if _, err := row(ctx, d.reading(), d.sql.facts, nil, &f.Version, &f.Size); err != nil {
		return f, fmt.Errorf("describe the database: %w", err)
	}
	const schema = `SELECT coalesce(max(version_id), 0) FROM ` + goose.DefaultTablename + ` WHERE is_applied`
	if _, err := row(ctx, d.reading(), schema, nil, &f.Schema); err != nil {
		return f, fmt.Errorf("read the version of the schema: %w", err)
	}
	return f, nil
}
