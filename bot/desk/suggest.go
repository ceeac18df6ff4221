package desk

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Suggest finds options of a form's input whose label holds what was typed, the best first,
// no more than limit. They are the options that the form itself would offer this person, were
// there room for all of them; workflows.ErrNotFound for a form that he cannot have.
func (d *Desk) Suggest(ctx context.Context, who chat.UserID, id, input, typed string, limit int) ([]chat.Option, error) {
	v := d.visit(ctx, who, "")
	k, ok := parseDraft(id)
	if !ok || k.form != formReport && v.closedDoor(who) {
		return nil, workflows.ErrNotFound
	}
	form, refusal, err := v.form(k)
	if err != nil || refusal != nil {
		return nil, workflows.ErrNotFound
	}
	at := slices.IndexFunc(form.Inputs, func(i chat.Input) bool { return i.Name == input })
	if at < 0 {
		return nil, workflows.ErrNotFound
	}
	options := form.Inputs[at].Options
	if k.form == formMerge && input == inputInto && !form.Partial {
		if options, err = v.mergeOptions(k.id, 0); err != nil {
			return nil, err
		}
	}
	var alike []incident.PersonID
	if input == inputPerson || input == inputOwner || input == inputExclude {
		alike = v.people(typed) // knows variants of characters
	}
	return shown(bestOptions(options, typed, alike, limit)), nil
}

// bestOptions ranks options by how well what was typed fits; alike are values that fit although
// their label does not show it.
func bestOptions(options []chat.Option, typed string, alike []incident.PersonID, limit int) []chat.Option {
	type ranked struct {
		chat.Option
		rank int
	}
	want := searched(typed)
	var found []ranked
	for _, o := range options {
		label := searched(o.Label)
		rank := -1
		switch {
		case want == "" || o.Value == typed || label == want || sameNumber(incident.ID(o.Value), fold(typed)):
			rank = 0
		case strings.HasPrefix(label, want):
			rank = 1
		case strings.Contains(label, want):
			rank = 2
		case slices.Contains(alike, incident.PersonID(o.Value)):
			rank = 3
		}
		if rank >= 0 {
			found = append(found, ranked{o, rank})
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return a.rank - b.rank })
	var out []chat.Option
	for _, f := range found[:max(0, min(limit, len(found)))] {
		out = append(out, f.Option)
	}
	return out
}

// searched folds a text for searching: width, case, the two kinds of kana and spaces do not
// count.
func searched(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case r >= 'ァ' && r <= 'ヶ':
			return r - 'ァ' + 'ぁ'
		}
		return r
	}, fold(s))
}
