package procedure

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"

	"hikeshi/workflows/incident"
)

// versionDigits is enough to tell editions apart and short enough to print in a report.
const versionDigits = 12

// content feeds the digest of a Book. Every part carries its length, so that no two contents
// read alike, and nothing depends on the names of Go fields or on the layout of a file.
type content struct{ hash.Hash }

func (c content) put(parts ...string) {
	for _, p := range parts {
		c.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
}

func (c content) count(of string, n int) { c.put(of, strconv.Itoa(n)) }

func (c content) words(w incident.Words) { c.put(w.JA, w.EN) }

func (c content) steps(of string, steps []incident.Step) {
	c.count(of, len(steps))
	for _, s := range steps {
		c.put(s.Key, strconv.Itoa(s.N), string(s.Role), string(s.Phase), string(s.Kind), string(s.Required), s.When, s.Section)
		c.words(s.Text)
	}
}

func (c content) firstAid(aid []FirstAid) {
	c.count("first_aid", len(aid))
	for _, a := range aid {
		c.put(strconv.FormatBool(a.Avoid), a.Section)
		c.words(a.Text)
	}
}

// version digests what a reader of the book can see, in the order of the vocabulary.
func (b *Book) version() string {
	c := content{sha256.New()}
	for _, category := range incident.Categories {
		c.put("category", string(category))
		for _, l := range levels[category] {
			c.put("level", l.String())
			c.steps("steps", b.tables[category][l])
			c.steps("supplements", b.supplements[category][l])
		}
		c.firstAid(b.firstAid[category])
	}
	c.count("handover", len(b.handover))
	for _, w := range b.handover {
		c.words(w)
	}
	for _, k := range incident.Kinds {
		c.put("kind", string(k))
		c.firstAid(b.kinds[k])
	}
	return hex.EncodeToString(c.Sum(nil))[:versionDigits]
}
