package store

import (
	"context"
	"encoding/json"
	"fmt"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

const (
	saveDraft = `INSERT INTO drafts (id, person, form, fields, saved, done) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id, person) DO UPDATE SET form = excluded.form, fields = excluded.fields,
		saved = excluded.saved, done = excluded.done`
	selectDraft   = `SELECT id, person, form, fields, saved, done FROM drafts WHERE id = $1 AND person = $2`
	saveSetting   = `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	keepSetting   = `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`
	selectSetting = `SELECT value FROM settings WHERE name = $1`
)

// SaveDraft keeps what was typed into a form; one of the same person and ID is replaced.
func (d *database) SaveDraft(ctx context.Context, x workflows.Draft) error {
	values, err := json.Marshal(x.Values)
	if err != nil {
		return fmt.Errorf("encode a draft: %w", err)
	}
	return d.change(ctx, "save a draft", saveDraft, x.ID, string(x.By), x.Form, string(values), micro(x.Saved), flag(x.Done))
}

// Draft gives what a person typed into a form.
func (d *database) Draft(ctx context.Context, by incident.PersonID, id string) (x workflows.Draft, err error) {
	var values []byte
	var saved, done int64
	ok, err := row(ctx, d.reading(), selectDraft, []any{id, string(by)}, &x.ID, &x.By, &x.Form, &values, &saved, &done)
	if err != nil {
		return workflows.Draft{}, fmt.Errorf("read a draft: %w", err)
	}
	if !ok {
		return workflows.Draft{}, fmt.Errorf("draft: %w", workflows.ErrNotFound)
	}
	x.Saved, x.Done = instant(saved), done != 0
	if err := json.Unmarshal(values, &x.Values); err != nil {
		return workflows.Draft{}, fmt.Errorf("decode a draft: %w", err)
	}
	return x, nil
}

// Setting gives a small value of the program, "" where there is none.
func (d *database) Setting(ctx context.Context, name string) (value string, err error) {
	if _, err := row(ctx, d.reading(), selectSetting, []any{name}, &value); err != nil {
		return "", fmt.Errorf("read setting %s: %w", name, err)
	}
	return value, nil
}

// SetSetting keeps a small value of the program.
func (d *database) SetSetting(ctx context.Context, name, value string) error {
	return d.change(ctx, "save setting "+name, saveSetting, name, value)
}

// KeepSetting keeps a small value of the program unless there is one, and gives the one there is.
func (d *database) KeepSetting(ctx context.Context, name, value string) (string, error) {
	if err := d.change(ctx, "keep setting "+name, keepSetting, name, value); err != nil {
		return "", err
	}
	return d.Setting(ctx, name)
}

// change runs one statement that writes.
func (d *database) change(ctx context.Context, what, query string, args ...any) error {
	err := d.write(ctx, func(s statements) error {
		return s.later(ctx, query, args...)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
