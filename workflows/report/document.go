// Package report turns an incident and its record into a Document: sections, tables and
// gaps, without a format. It is pure: it reads no clock, no store and no template, and
// it never invents a value; what nobody filled stays a visible gap. Rendering to Markdown,
// docx or PDF is the business of templates/.
package report

// Document is what a report, a sheet or a letter says, in one language, without a format.
type Document struct {
	Lang     string // "ja" or "en"
	Title    string
	Subtitle string // such as the incident's number and the version
	// Banner stands on every page: 訓練 in practice, 社外秘 always.
	Banner []string
	// Meta is the small table under the title (number, version, made at, head of the chain).
	Meta     []Pair
	Sections []Section
	// Footer stands on every page beside the page number.
	Footer string
	// Large asks for type that can be read from a metre away, for a sheet on the wall.
	Large bool
}

// Section is a heading with its blocks.
type Section struct {
	// Level is 1 for a chapter, 2 for a part of it.
	Level  int
	Title  string
	Blocks []Block
	// NewPage begins the section on a page of its own, where there are pages to turn by hand: in
	// a file for a word processor.
	NewPage bool
}

// Block is one of Paragraph, List, Pairs, Table.
type Block interface{ block() }

// Paragraph is running text; line breaks in Text are kept.
type Paragraph struct {
	Text string
	// Gap marks a text that says that something is missing (未記入), to be made visible.
	Gap bool
}

// List is a list of points.
type List struct {
	Items   []string
	Ordered bool
}

// Pair is a label and its value.
type Pair struct {
	Label string
	Value Cell
}

// Pairs is a two-column table of labels and values.
type Pairs []Pair

// Table has a header row that is repeated on every page.
type Table struct {
	Header []string
	// Widths are the columns' shares of the width, in any unit; empty means equal.
	Widths []int
	Rows   [][]Cell
}

// Cell is a value in a table; line breaks in Text are kept.
type Cell struct {
	Text string
	Gap  bool // nothing was filled in; Text says so (未記入)
}

func (Paragraph) block() {}
func (List) block()      {}
func (Pairs) block()     {}
func (Table) block()     {}
