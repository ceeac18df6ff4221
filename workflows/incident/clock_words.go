package incident

import "time"

// RuleWords are what a reader is told of a rule of notification, in the company's languages.
type RuleWords struct {
	Title Words
	Whom  Words // who has to be told
	Basis Words // the law with its article, the contract, or whose decision it is
	Why   Words // in plain words when it applies
	// Because says in plain words what an answer has to do with it.
	Because map[FactKey]Words
	Source  string // where the basis can be read
	Checked string // the day on which it was read, 2006-01-02
	// Mark is where it was read: P in an official text, S in one that quotes it, G nowhere in
	// particular; empty: not known.
	Mark string
	// Unsure says that it rests on general knowledge alone, so that somebody has to check it
	// (要確認).
	Unsure bool
	// Draft names the text that is prepared for it; empty: none.
	Draft string
}

// WordedClocks are clocks that can say what their rules are about. Words of a rule that is no
// more are those of its last edition.
type WordedClocks interface {
	Clocks
	Words(r Rule, at time.Time) (RuleWords, bool)
}
