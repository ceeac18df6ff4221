package contact

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"hikeshi/workflows/incident"
)

// lookup is a name as it is compared: folded, and with variant characters made alike.
type lookup struct {
	id           incident.PersonID
	plain, alike string
}

func newLookup(p Person) lookup {
	plain := fold(p.Name)
	return lookup{p.ID, plain, sameKanji.Replace(plain)}
}

// Find gives the active people whom a query may mean: nobody, exactly one, or the
// candidates to choose from, in the order of the list. A query is a person's ID, mail
// address, Slack or Discord ID (also as the platform's mention), whole name, or part of a
// name; spaces, width, case, honorifics and variant characters do not count.
func (d *Directory) Find(query string) []incident.PersonID {
	if id, ok := d.findID(query); ok {
		return []incident.PersonID{id}
	}
	name := strings.TrimPrefix(fold(query), "@")
	if found := d.findName(name); len(found) > 0 {
		return found
	}
	for _, h := range honorifics {
		if bare, ok := strings.CutSuffix(name, h); ok {
			return d.findName(bare)
		}
	}
	return nil
}

func (d *Directory) findID(query string) (incident.PersonID, bool) {
	id := strings.TrimSpace(norm.NFKC.String(query))
	if mention, ok := strings.CutPrefix(id, "<@"); ok { // <@U012|taro>, <@!123>
		id, _, _ = strings.Cut(strings.Trim(mention, "!>"), "|")
	}
	for _, frontend := range []string{"web", "mail", "slack", "discord"} {
		if p, ok := d.ByUser(frontend, id); ok {
			return p, true
		}
	}
	return "", false
}

// findName prefers the whole name to a part, and the beginning (the family name) to the
// middle: 田中 is not 山田 中也.
func (d *Directory) findName(name string) []incident.PersonID {
	if name == "" {
		return nil
	}
	alike := sameKanji.Replace(name)
	for _, whole := range []string{name, alike} {
		if ids := d.exact[whole]; len(ids) > 0 {
			return slices.Clone(ids)
		}
	}
	for _, matches := range []func(l lookup) bool{
		func(l lookup) bool { return strings.HasPrefix(l.plain, name) },
		func(l lookup) bool { return strings.HasPrefix(l.alike, alike) },
		func(l lookup) bool { return strings.Contains(l.alike, alike) },
	} {
		var ids []incident.PersonID
		for _, l := range d.names {
			if matches(l) {
				ids = append(ids, l.id)
			}
		}
		if len(ids) > 0 {
			return ids
		}
	}
	return nil
}
