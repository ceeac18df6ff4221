package procedure

import (
	"encoding/json"
	"fmt"
	"slices"

	"hikeshi/workflows/incident"
)

// The stored shape of a book. The keys are in the database of a company: never rename one.
type (
	storedBook struct {
		Sheets   []storedSheet    `json:"sheets"`
		Kinds    []storedKind     `json:"kinds"`
		Handover []incident.Words `json:"handover"`
	}
	storedSheet struct {
		Category incident.Category `json:"category"`
		Tables   []storedTable     `json:"tables,omitempty"`
		FirstAid []storedAid       `json:"first_aid"`
	}
	storedTable struct {
		Level       incident.Level  `json:"level"`
		Steps       []incident.Step `json:"steps"`
		Supplements []incident.Step `json:"supplements,omitempty"`
	}
	storedKind struct {
		Kind     incident.Kind `json:"kind"`
		FirstAid []storedAid   `json:"first_aid"`
	}
	storedAid struct {
		Avoid   bool           `json:"avoid,omitempty"`
		Text    incident.Words `json:"text"`
		Section string         `json:"section"`
	}
)

// MarshalJSON writes the whole book in one canonical way: in the order of the vocabulary, so
// that two books with the same content are the same bytes.
func (b *Book) MarshalJSON() ([]byte, error) {
	out := storedBook{Handover: b.handover}
	for _, c := range incident.Categories {
		sheet := storedSheet{Category: c, FirstAid: storeAid(b.firstAid[c])}
		for _, l := range incident.Levels {
			if steps, extra := b.tables[c][l], b.supplements[c][l]; len(steps)+len(extra) > 0 {
				sheet.Tables = append(sheet.Tables, storedTable{Level: l, Steps: steps, Supplements: extra})
			}
		}
		out.Sheets = append(out.Sheets, sheet)
	}
	for _, k := range incident.Kinds {
		if aid, ok := b.kinds[k]; ok {
			out.Kinds = append(out.Kinds, storedKind{Kind: k, FirstAid: storeAid(aid)})
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads a book that was in force once. It is not checked again: what this
// program asks of a new edition says nothing about one that people have worked by.
func (b *Book) UnmarshalJSON(body []byte) error {
	var in storedBook
	if err := incident.ReadWhole(body, &in); err != nil {
		return fmt.Errorf("a stored edition of the procedures: %w", err)
	}
	*b = Book{
		tables:      map[incident.Category]map[incident.Level][]incident.Step{},
		supplements: map[incident.Category]map[incident.Level][]incident.Step{},
		firstAid:    map[incident.Category][]FirstAid{},
		kinds:       map[incident.Kind][]FirstAid{},
		handover:    in.Handover,
		conditions:  map[string]*Condition{},
	}
	for _, s := range in.Sheets {
		b.firstAid[s.Category] = readAid(s.FirstAid)
		b.tables[s.Category], b.supplements[s.Category] = map[incident.Level][]incident.Step{}, map[incident.Level][]incident.Step{}
		for _, t := range s.Tables {
			b.tables[s.Category][t.Level], b.supplements[s.Category][t.Level] = t.Steps, t.Supplements
			for _, step := range slices.Concat(t.Steps, t.Supplements) {
				// A condition that this program cannot read is unknown; see Holds.
				if c, unreadable := Compile(step.When); step.When != "" && unreadable == nil {
					b.conditions[step.When] = c
				}
			}
		}
	}
	for _, k := range in.Kinds {
		b.kinds[k.Kind] = readAid(k.FirstAid)
	}
	b.Version = b.version()
	return nil
}

func storeAid(aid []FirstAid) []storedAid {
	out := make([]storedAid, 0, len(aid))
	for _, a := range aid {
		out = append(out, storedAid{Avoid: a.Avoid, Text: a.Text, Section: a.Section})
	}
	return out
}

func readAid(aid []storedAid) []FirstAid {
	out := make([]FirstAid, 0, len(aid))
	for i, a := range aid {
		out = append(out, FirstAid{N: i + 1, Avoid: a.Avoid, Text: a.Text, Section: a.Section})
	}
	return out
}
