// Package fault names what is wrong in a file that an operator edits, without saying it: a
// Saying is the key of a sentence with what fills it, a Problem is two of them and a place.
// The sentences, in every language, are in templates/messages/overlay.*.yaml.
//
// It is pure and imports nothing of ours, so that every package that checks a part of the
// company's own files can tell its faults the same way. It must not hold a sentence.
package fault

// Saying is one sentence to be said: its key, and what stands in its places.
type Saying struct {
	Key string
	// Args are pairs of a place's name and its value, which is shown as it is.
	Args []string
	// Words are pairs of a place's name and the key of another text, such as a noun.
	Words []string
}

// Say makes a saying from a key and pairs of a place's name and its value.
func Say(key string, args ...string) Saying { return Saying{Key: key, Args: args} }

// With adds a place that another text fills: a pair of its name and that text's key.
func (s Saying) With(name, key string) Saying {
	s.Words = append(s.Words[:len(s.Words):len(s.Words)], name, key)
	return s
}

// Problem is one fault of a file.
type Problem struct {
	// Path leads to the value inside the file, as the file writes it:
	// "tables[0].steps[2].role". Empty means the file as a whole.
	Path string
	// Offset counts characters (not bytes) into the value; more than 0 only in a condition.
	Offset int
	// What is wrong, and what to write instead; together one sentence.
	What, Remedy Saying
}
