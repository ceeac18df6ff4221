package store

import (
	"context"
	"fmt"
	"strings"
)

const (
	selectMemory = `SELECT value FROM memories WHERE frontend = $1 AND name = $2`
	saveMemory   = `INSERT INTO memories (frontend, name, value) VALUES ($1, $2, $3)
		ON CONFLICT (frontend, name) DO UPDATE SET value = excluded.value`
	deleteMemory   = `DELETE FROM memories WHERE frontend = $1 AND name = $2`
	selectMemories = `SELECT name, value FROM memories WHERE frontend = $1 AND name >= $2 AND name < $3 ORDER BY name`
)

// beyond comes after every name that begins with what it is appended to.
const beyond = "\U0010ffff"

// Recall gives what a front end remembered under a name; nil: nothing was.
func (d *database) Recall(ctx context.Context, frontend, name string) ([]byte, error) {
	return recall(ctx, d.reading(), frontend, name)
}

// Remember keeps a value in the place of the one before; nil forgets it.
func (d *database) Remember(ctx context.Context, frontend, name string, value []byte) error {
	err := d.write(ctx, func(s statements) error { return remember(ctx, s, frontend, name, value) })
	if err != nil {
		return fmt.Errorf("remember for %s: %w", frontend, err)
	}
	return nil
}

func (t *tx) Recall(ctx context.Context, frontend, name string) ([]byte, error) {
	return recall(ctx, t.s, frontend, name)
}

func (t *tx) Remember(ctx context.Context, frontend, name string, value []byte) error {
	return remember(ctx, t.s, frontend, name, value)
}

func recall(ctx context.Context, s statements, frontend, name string) (value []byte, err error) {
	ok, err := row(ctx, s, selectMemory, []any{frontend, name}, &value)
	if err != nil {
		return nil, fmt.Errorf("recall for %s: %w", frontend, err)
	}
	if ok && value == nil {
		value = []byte{} // remembered, and empty
	}
	return value, nil
}

func remember(ctx context.Context, s statements, frontend, name string, value []byte) error {
	if value == nil {
		return s.later(ctx, deleteMemory, frontend, name)
	}
	return s.later(ctx, saveMemory, frontend, name, value)
}

// AllRemembered gives everything whose name begins so: names are ordered by their bytes.
func (d *database) AllRemembered(ctx context.Context, frontend, prefix string) (map[string][]byte, error) {
	type memory struct {
		name  string
		value []byte
	}
	list, err := all(ctx, d.reading(), selectMemories, []any{frontend, prefix, prefix + beyond}, func(rows rows) (m memory, err error) {
		return m, rows.Scan(&m.name, &m.value)
	})
	if err != nil {
		return nil, fmt.Errorf("recall for %s: %w", frontend, err)
	}
	found := map[string][]byte{}
	for _, m := range list {
		if !strings.HasPrefix(m.name, prefix) {
			break
		}
		found[m.name] = append([]byte{}, m.value...)
	}
	return found, nil
}
