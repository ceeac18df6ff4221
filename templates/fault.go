package templates

import (
	"fmt"
	"strings"
)

// Fault is one mistake in a file an operator can edit, in one sentence that says what to write
// instead. Loaders return all they find, joined, in the order of files and lines.
type Fault struct {
	// File is the path below the overlay folder, such as "procedures/leak.yaml".
	File string
	// Line and Column count from 1, in characters; 0 when the file as a whole is meant.
	Line, Column int
	Problem      string
	Remedy       string
}

// Error gives "file:line:column: problem; remedy".
func (f Fault) Error() string {
	var at strings.Builder
	at.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&at, ":%d:%d", f.Line, f.Column)
	}
	return fmt.Sprintf("%s: %s; %s", at.String(), f.Problem, f.Remedy)
}
