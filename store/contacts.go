package store

import (
	"context"
	"encoding/json"
	"fmt"

	"hikeshi/workflows/contact"
)

var insertContacts = &insert{into: `INSERT INTO contacts (position, person, entry) VALUES`, columns: 3, row: `(?, ?, ?)`}

// The list and its version are read by one statement, so that they belong together.
const selectContacts = `SELECT v.n, c.entry FROM versions v LEFT JOIN contacts c ON TRUE WHERE v.name = 'contacts' ORDER BY c.position`

// Contacts gives the people and the version of the list.
func (d *database) Contacts(ctx context.Context) (people []contact.Person, version int64, err error) {
	rows, err := all(ctx, d.reading(), selectContacts, nil, func(rows rows) (entry []byte, err error) {
		return entry, rows.Scan(&version, &entry)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read the contact list: %w", err)
	}
	for _, entry := range rows {
		if entry == nil {
			continue // nobody is on the list
		}
		var p contact.Person
		if err := json.Unmarshal(entry, &p); err != nil {
			return nil, 0, fmt.Errorf("an entry of the contact list cannot be read: %w", err)
		}
		people = append(people, p)
	}
	return people, version, nil
}

// ContactsVersion says which list is stored.
func (d *database) ContactsVersion(ctx context.Context) (v int64, err error) {
	if _, err = row(ctx, d.reading(), contactsVersion, nil, &v); err != nil {
		return 0, fmt.Errorf("read the version of the contact list: %w", err)
	}
	return v, nil
}

// ReplaceContacts sets the whole list at once.
func (d *database) ReplaceContacts(ctx context.Context, people []contact.Person) error {
	args := make([]any, 0, len(people)*insertContacts.columns)
	for i, p := range people {
		entry, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("encode a contact: %w", err)
		}
		args = append(args, int64(i), string(p.ID), string(entry))
	}
	err := d.write(ctx, func(s statements) error {
		// The version first: its row keeps a second replacement waiting until this one is
		// done, so that it deletes all of what this one inserts.
		if err := s.later(ctx, `UPDATE versions SET n = n + 1 WHERE name = 'contacts'`); err != nil {
			return err
		}
		if err := s.later(ctx, `DELETE FROM contacts`); err != nil {
			return err
		}
		return insertContacts.run(ctx, s, args)
	})
	if err != nil {
		return fmt.Errorf("replace the contact list: %w", err)
	}
	return nil
}
