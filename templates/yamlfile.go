package templates

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"hikeshi/workflows/fault"
)

// yamlFile is a parsed file that can say where a value stands.
type yamlFile struct {
	name string
	root ast.Node
}

// parseYAML reads a file strictly into a struct: unknown and repeated keys, and values of the
// wrong shape, are faults. known lists every key the struct has, to name the one meant.
func parseYAML(name string, src []byte, into any, known []string) (*yamlFile, *Fault) {
	file, wrong := readYAML(name, src)
	if wrong != nil {
		return nil, wrong
	}
	if err := yaml.NodeToValue(file.root, into, yaml.Strict()); err != nil {
		return nil, yamlFault(name, err, known)
	}
	return file, nil
}

// maxYAMLDepth is how many brackets may be open and how far a line may be indented, in both: no
// file of ours has more than ten.
const maxYAMLDepth = 60

// tooDeep gives the line that is deeper than any file needs. Brackets in texts count as well:
// nobody leaves so many of them open.
func tooDeep(text string) (line int, deep bool) {
	open := 0
	for row := range strings.Lines(text) {
		line++
		rest := strings.TrimLeft(row, " -?:\t")
		if len(row)-len(rest) > 2*maxYAMLDepth {
			return line, true
		}
		for _, b := range []byte(rest) {
			switch b {
			case '[', '{':
				open++
			case ']', '}':
				open = max(0, open-1)
			}
			if open > maxYAMLDepth {
				return line, true
			}
		}
	}
	return 0, false
}

// readYAML reads a file that is one plain YAML document. Of the parser's own faults it tells
// the first: what follows it cannot be trusted.
func readYAML(name string, src []byte, options ...parser.Option) (*yamlFile, *Fault) {
	if line, column, bad := badUTF8(src); bad {
		return nil, &Fault{File: name, Line: line, Column: column, What: fault.Say("overlay.not_utf8"), Remedy: fault.Say("mend.utf8")}
	}
	// Editors on Windows write a byte order mark, which YAML would take for a part of the first key.
	text := strings.TrimPrefix(string(src), "\uFEFF")
	// The parser's memory grows with the square of the depth.
	if line, deep := tooDeep(text); deep {
		return nil, &Fault{File: name, Line: line, Column: 1, What: fault.Say("overlay.too_deep"), Remedy: fault.Say("mend.too_deep")}
	}
	tree, err := parser.ParseBytes([]byte(text), 0, options...)
	if err != nil {
		return nil, yamlFault(name, err, nil)
	}
	switch {
	case len(tree.Docs) == 0 || tree.Docs[0].Body == nil:
		return nil, &Fault{File: name, What: fault.Say("overlay.empty"), Remedy: fault.Say("mend.fill")}
	case len(tree.Docs) > 1:
		line, column := nodeStart(tree.Docs[1])
		return nil, &Fault{File: name, Line: line, Column: column, What: fault.Say("overlay.second_part"), Remedy: fault.Say("mend.dashes")}
	}
	file := &yamlFile{name: name, root: tree.Docs[0].Body}
	// Aliases are refused before decoding: one that contains itself would never end, and a
	// fault in a value used twice would have no single place.
	plain := &plainness{file: name}
	ast.Walk(plain, file.root)
	if plain.fault != nil {
		return nil, plain.fault
	}
	return file, nil
}

// badUTF8 finds the first byte that is no UTF-8, such as of a file in Shift_JIS.
func badUTF8(src []byte) (line, column int, bad bool) {
	line, column = 1, 1
	for len(src) > 0 {
		r, size := utf8.DecodeRune(src)
		switch {
		case r == utf8.RuneError && size == 1:
			return line, column, true
		case r == '\n':
			line, column = line+1, 1
		default:
			column++
		}
		src = src[size:]
	}
	return 0, 0, false
}

// problem gives a problem of the file's content its place.
func (f *yamlFile) problem(p fault.Problem) Fault {
	line, column := f.at(p.Path, p.Offset)
	return Fault{File: f.name, Line: line, Column: column, What: p.What, Remedy: p.Remedy}
}

// at gives the place of a value by its path ("tables[0].steps[2].role"), or of the nearest
// thing around it when the value is not written. offset counts characters into the value.
func (f *yamlFile) at(path string, offset int) (line, column int) {
	for ; path != ""; path, offset = path[:max(strings.LastIndexAny(path, ".["), 0)], 0 {
		p, err := yaml.PathString("$." + path)
		if err != nil {
			continue
		}
		node, err := p.FilterNode(f.root)
		if err != nil || node == nil {
			continue
		}
		line, column = nodeStart(node)
		switch node.GetToken().Type {
		case token.StringType:
			column += offset
		case token.SingleQuoteType, token.DoubleQuoteType:
			if offset > 0 {
				column += 1 + offset
			}
		}
		return line, column
	}
	return nodeStart(f.root)
}

// keyAt gives the place of a key of the mapping at path.
func (f *yamlFile) keyAt(path, key string) (line, column int) {
	if p, err := yaml.PathString("$." + path); err == nil {
		if node, err := p.FilterNode(f.root); err == nil {
			if m, ok := node.(*ast.MappingNode); ok {
				for _, v := range m.Values {
					if v.Key.GetToken().Value == key {
						return nodeStart(v.Key)
					}
				}
			}
		}
	}
	return f.at(path, 0)
}

// nodeStart is where a node begins; a mapping's own token is its first colon.
func nodeStart(n ast.Node) (line, column int) {
	switch m := n.(type) {
	case *ast.DocumentNode:
		if m.Body != nil {
			return nodeStart(m.Body)
		}
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return nodeStart(m.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return nodeStart(m.Key)
	}
	tk := n.GetToken()
	if tk == nil || tk.Position == nil {
		return 1, 1
	}
	return tk.Position.Line, tk.Position.Column
}

// wholeKeys are the keys whose values are whole numbers.
var wholeKeys = []string{
	"n", "level", "levels", "rounds",
	"days", "working_days", "hours", "target", "limit", "mornings", "hours_before",
}

// plainness refuses what a hand-written file does not need, and fractions, which the decoder
// would silently cut to whole numbers.
type plainness struct {
	file  string
	fault *Fault
}

func (p *plainness) Visit(n ast.Node) ast.Visitor {
	if p.fault != nil {
		return nil
	}
	switch n := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		p.refuse(n, fault.Say("overlay.anchor"), fault.Say("mend.write_out"))
	case *ast.TagNode, *ast.DirectiveNode:
		p.refuse(n, fault.Say("overlay.tag"), fault.Say("mend.plain"))
	case *ast.MappingKeyNode:
		p.refuse(n, fault.Say("overlay.question_key"), fault.Say("mend.key_value"))
	case *ast.MappingValueNode:
		if slices.Contains(wholeKeys, n.Key.String()) {
			ast.Walk(&wholeness{p}, n.Value)
		}
	}
	return p
}

func (p *plainness) refuse(n ast.Node, what, remedy fault.Saying) {
	line, column := nodeStart(n)
	p.fault = &Fault{File: p.file, Line: line, Column: column, What: what, Remedy: remedy}
}

type wholeness struct{ *plainness }

func (w *wholeness) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		w.refuse(n, fault.Say("overlay.fraction", "value", n.String()), fault.Say("mend.whole"))
	}
	return w
}

// yamlFault words an error of the YAML library for an operator.
func yamlFault(name string, err error, known []string) *Fault {
	var at yaml.Error
	if !errors.As(err, &at) {
		return &Fault{File: name, What: fault.Say("overlay.not_yaml"), Remedy: fault.Say("mend.compare")}
	}
	wrong := &Fault{File: name, Line: 1, Column: 1}
	value := ""
	if tk := at.GetToken(); tk != nil && tk.Position != nil {
		wrong.Line, wrong.Column, value = max(tk.Position.Line, 1), max(tk.Position.Column, 1), tk.Value
	}
	var (
		unknown   *yaml.UnknownFieldError
		duplicate *yaml.DuplicateKeyError
		mistyped  *yaml.TypeError
		shape     *yaml.UnexpectedNodeTypeError
		overflow  *yaml.OverflowError
	)
	switch {
	case errors.As(err, &unknown):
		wrong.What = fault.Say("overlay.key_unknown", "value", value)
		wrong.Remedy = meantOr(value, known, "mend.use_one_of")
	case errors.As(err, &duplicate), strings.Contains(at.GetMessage(), "already defined"):
		wrong.What = fault.Say("overlay.key_twice", "value", value)
		wrong.Remedy = fault.Say("mend.keep_one")
	case errors.As(err, &mistyped):
		wrong.What, wrong.Remedy = misplaced(typeNoun(mistyped.SrcType), typeNoun(mistyped.DstType))
	case errors.As(err, &shape):
		wrong.What, wrong.Remedy = misplaced(shapeNoun(shape.Actual), shapeNoun(shape.Expected))
	case errors.As(err, &overflow):
		wrong.What = fault.Say("overlay.number_large")
		wrong.Remedy = fault.Say("mend.small_number")
	default:
		wrong.What = fault.Say("overlay.bad_yaml", "why", strings.TrimSpace(at.GetMessage()))
		wrong.Remedy = fault.Say("mend.indentation")
	}
	return wrong
}

// meantOr names the known word that was probably meant, or all there are.
func meantOr(word string, known []string, all string) fault.Saying {
	if meant := fault.Nearest(word, known); meant != "" {
		return fault.Say("mend.meant", "meant", meant)
	}
	return fault.Say(all, "known", strings.Join(known, ", "))
}

// misplaced says that one shape stands where another belongs.
func misplaced(found, wanted string) (what, remedy fault.Saying) {
	return fault.Say("overlay.misplaced").With("shape", found), fault.Say("mend.shape").With("shape", wanted)
}

// typeNoun is the text that names a type as the writer of a file knows it.
func typeNoun(t reflect.Type) string {
	if t == nil {
		return "noun.value"
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "noun.number"
	case reflect.Float64:
		return "noun.decimal"
	case reflect.Bool:
		return "noun.truth"
	case reflect.String:
		return "noun.text"
	case reflect.Slice, reflect.Array:
		return "noun.list"
	case reflect.Pointer:
		return typeNoun(t.Elem())
	default:
		return "noun.keys"
	}
}

// shapeNoun does the same for a part of a YAML file.
func shapeNoun(t ast.NodeType) string {
	switch t {
	case ast.MappingType, ast.MappingValueType:
		return "noun.keys"
	case ast.SequenceType:
		return "noun.list"
	case ast.IntegerType, ast.FloatType:
		return "noun.decimal"
	case ast.BoolType:
		return "noun.truth"
	default:
		return "noun.text"
	}
}
