package desk

import "hikeshi/workflows/incident"

// Read says what a line is taken for, to tests from outside: the kind of thing, the word,
// and the text.
func (d *Desk) Read(line string, inChannel bool) (kind, word, text string) {
	r := d.says.Load().vocabulary.read(line, inChannel)
	return [...]string{"form", "word", "report", "note", "question", "question", "question"}[r.meaning], r.word, r.text
}

// Sentence is a refusal in words.
func (d *Desk) Sentence(in *incident.Incident, ref *incident.Refusal) string {
	return d.voice().sentence(in, ref)
}

// LegalOpen are the questions of 届出の確認 that still lack an answer, in their order.
func (d *Desk) LegalOpen(in *incident.Incident) (open []incident.FactKey) {
	q := d.voice().inquiry(in)
	for _, t := range legalTopics {
		for _, k := range t.facts {
			if q.open(k) {
				open = append(open, k)
			}
		}
	}
	return open
}

// LegalForms are the forms of 届出の確認.
func LegalForms() (forms []string) {
	for _, t := range legalTopics {
		forms = append(forms, t.form)
	}
	return forms
}

// ClosingQuestion is what the button of closing asks.
func (d *Desk) ClosingQuestion(in *incident.Incident) string { return d.voice().closingQuestion(in) }
