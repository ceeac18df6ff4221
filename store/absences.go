package store

import (
	"context"
	"fmt"

	"hikeshi/workflows"
)

const (
	selectAbsences = `SELECT person, begins, ends, deputy, at FROM absences ORDER BY person, begins`
	saveAbsence    = `INSERT INTO absences (person, begins, ends, deputy, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (person, begins) DO UPDATE SET ends = excluded.ends, deputy = excluded.deputy, at = excluded.at`
	deleteAbsence = `DELETE FROM absences WHERE person = $1 AND begins = $2`
	nextContacts  = `UPDATE versions SET n = n + 1 WHERE name = 'contacts' AND n = $1`
)

// Absences lists what people have told of their absences, by person and then by day.
func (d *database) Absences(ctx context.Context) ([]workflows.Absence, error) {
	list, err := all(ctx, d.reading(), selectAbsences, nil, func(rows rows) (a workflows.Absence, err error) {
		var at int64
		err = rows.Scan(&a.Person, &a.From, &a.To, &a.Deputy, &at)
		a.At = instant(at)
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the absences: %w", err)
	}
	return list, nil
}

// saveAbsences takes the next version of the contact list first: its row keeps a second change
// that rests on the same list waiting, which then finds another version.
func (t *tx) saveAbsences(ctx context.Context, c *workflows.AbsenceChange) error {
	if c == nil {
		return nil
	}
	if err := t.nextContacts(ctx, c.Contacts); err != nil {
		return err
	}
	for _, a := range c.Drop {
		if err := t.s.later(ctx, deleteAbsence, string(a.Person), a.From); err != nil {
			return err
		}
	}
	for _, a := range c.Save {
		if err := t.s.later(ctx, saveAbsence, string(a.Person), a.From, a.To, string(a.Deputy), micro(a.At)); err != nil {
			return err
		}
	}
	return nil
}

// nextContacts has the contact list be of the version after one.
func (t *tx) nextContacts(ctx context.Context, version int64) error {
	return t.s.mustChange(ctx, workflows.ErrConflict, 1, []string{nextContacts}, version)
}
