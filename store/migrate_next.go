//go:build nextversion

package store

import (
	"io/fs"
	"testing/fstest"
)

// Built with the tag nextversion, the program stands for the version after this one, in the
// tests of a restart from one version to the next: it is the same, with one migration more. Like
// every migration that a server may run while older ones are at work, it only adds, and what it
// adds has a default.
const nextMigration = `-- +goose Up
CREATE TABLE later_things (name TEXT PRIMARY KEY) WITHOUT ROWID;
ALTER TABLE messages ADD COLUMN later TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
ALTER TABLE timers ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
CREATE INDEX messages_later ON messages (later) WHERE later <> '';
`

func init() {
	all := fstest.MapFS{"99999_later.sql": {Data: []byte(nextMigration)}}
	shipped := shippedMigrations()
	entries, err := fs.ReadDir(shipped, ".")
	if err != nil {
		panic(err) // the folder is embedded
	}
	for _, e := range entries {
		body, err := fs.ReadFile(shipped, e.Name())
		if err != nil {
			panic(err)
		}
		all[e.Name()] = &fstest.MapFile{Data: body}
	}
	nextVersion = all
}
