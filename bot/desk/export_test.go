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
