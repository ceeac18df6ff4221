// Package archive is the form of a backup: one file, the same whatever database it was made
// from, that is written and read in one go with little memory.
//
// It is a tar file under gzip (*.tar.gz; tar xzf unpacks it by hand), with in this order:
//
//	about.json                     what it is: format, version, schema, kind of database, mode, time, tables and columns
//	tables/NAME/000001.jsonl …     the rows of each table, in parts; one JSON array per row, in the order of the columns
//	files/INCIDENT/SHA256          files attached as evidence
//	overlay/PATH                   the company's own texts, procedures and forms
//	manifest.json                  size and SHA-256 of each member before it, rows per table, and a check value of it all
//
// Values are exact: integers as numbers, texts as strings, NULL as null; what no JSON string
// holds is {"bytes":…} (a blob), {"text":…} (a text that is no UTF-8), both base64, or
// {"real":…}. The comment in the gzip header has the SHA-256 of the whole file with the
// places of the digest itself as zeros, so that no changed byte escapes, not even one that
// unpacking would not notice; a file that was packed again has no such comment, and is held
// to the manifest alone.
//
// Whoever can write the file can write other digests, too: they show damage, not forgery.
// The chains of the incidents and the check value that was noted elsewhere show that.
//
// The package knows no database and decides nothing about what is restored. It takes nothing
// from an archive on trust: names, order, sizes and digests are checked before a byte of it
// is used.
package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Format is the version of the form described above.
const Format = 1

// About says what an archive is.
type About struct {
	Format  int       `json:"format"`
	Version string    `json:"version"` // of the program
	Schema  int64     `json:"schema"`
	Kind    string    `json:"kind"` // of database: sqlite or postgres
	Mode    string    `json:"mode"` // practice or live
	Made    time.Time `json:"made"` // UTC, when the snapshot was taken
	Tables  []Table   `json:"tables"`
}

// Table is a table and its columns, in the order of the values of a row.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// Column is a column of a table.
type Column struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
}

// Type is what a column holds.
type Type string

// The types of columns.
const (
	Integer Type = "integer"
	Text    Type = "text"
	Blob    Type = "blob"
)

// Manifest is what an archive holds.
type Manifest struct {
	Members []Member         `json:"members"`
	Rows    map[string]int64 `json:"rows"` // per table
	// Missing are evidence files that were to be there and were not, or not whole, when the
	// archive was made.
	Missing []string `json:"missing,omitempty"`
	// Digest is the check value: SHA-256 over the manifest without it, in hex.
	Digest string `json:"digest,omitempty"`
}

// Member is a file within the archive.
type Member struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// digest computes what Digest should be.
func (m Manifest) digest() (string, error) {
	m.Digest = ""
	b, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	return sum(b), nil
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// Count says how many members are of a kind, and how many bytes they have.
func (m Manifest) Count(k Kind) (n int, bytes int64) {
	for _, x := range m.Members {
		if kind, _, ok := sort(x.Name); ok && kind == k {
			n++
			bytes += x.Size
		}
	}
	return n, bytes
}
