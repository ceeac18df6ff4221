package templates

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"hikeshi/workflows/procedure"
)

// yamlFile is a parsed file that can say where a value stands.
type yamlFile struct {
	name string
	root ast.Node
}

// parseYAML reads a file strictly into a struct: unknown and repeated keys, and values of the
// wrong shape, are faults. known lists every key the struct has, to name the one meant.
func parseYAML(name string, src []byte, into any, known []string) (*yamlFile, *Fault) {
	if !utf8.Valid(src) {
		return nil, &Fault{File: name, Problem: "the file is not UTF-8", Remedy: "save it again with the encoding UTF-8"}
	}
	// Editors on Windows write a byte order mark, which YAML would take for a part of the first key.
	text := strings.TrimPrefix(string(src), "\uFEFF")
	tree, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		return nil, yamlFault(name, err, known)
	}
	switch {
	case len(tree.Docs) == 0 || tree.Docs[0].Body == nil:
		return nil, &Fault{File: name, Problem: "the file is empty", Remedy: "fill it in, or delete it to use the default"}
	case len(tree.Docs) > 1:
		line, column := nodeStart(tree.Docs[1])
		return nil, &Fault{File: name, Line: line, Column: column, Problem: "the file has a second part after ---", Remedy: "remove the --- and what follows"}
	}
	file := &yamlFile{name: name, root: tree.Docs[0].Body}
	// Aliases are refused before decoding: one that contains itself would never end, and a
	// fault in a value used twice would have no single place.
	plain := &plainness{file: name}
	ast.Walk(plain, file.root)
	if plain.fault != nil {
		return nil, plain.fault
	}
	if err := yaml.NodeToValue(file.root, into, yaml.Strict()); err != nil {
		return nil, yamlFault(name, err, known)
	}
	return file, nil
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
		p.refuse(n, "anchors (&, *, <<) cannot be used here", "write the value out where it belongs")
	case *ast.TagNode, *ast.DirectiveNode:
		p.refuse(n, "tags and directives (!, %) cannot be used here", "write the plain value")
	case *ast.MappingKeyNode:
		p.refuse(n, `keys with "?" cannot be used here`, "write key: value")
	case *ast.MappingValueNode:
		if slices.Contains([]string{"n", "level", "levels"}, n.Key.String()) {
			ast.Walk(&wholeness{p}, n.Value)
		}
	}
	return p
}

func (p *plainness) refuse(n ast.Node, problem, remedy string) {
	line, column := nodeStart(n)
	p.fault = &Fault{File: p.file, Line: line, Column: column, Problem: problem, Remedy: remedy}
}

type wholeness struct{ *plainness }

func (w *wholeness) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		w.refuse(n, fmt.Sprintf("%q is not a whole number", n.String()), "write it without a fraction")
	}
	return w
}

// yamlFault words an error of the YAML library for an operator.
func yamlFault(name string, err error, known []string) *Fault {
	var at yaml.Error
	if !errors.As(err, &at) {
		return &Fault{File: name, Problem: "the file cannot be read as YAML", Remedy: "compare it with the default file"}
	}
	fault := &Fault{File: name, Line: 1, Column: 1}
	value := ""
	if tk := at.GetToken(); tk != nil && tk.Position != nil {
		fault.Line, fault.Column, value = max(tk.Position.Line, 1), max(tk.Position.Column, 1), tk.Value
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
		fault.Problem = fmt.Sprintf("the key %q is not known", value)
		fault.Remedy = "use one of " + strings.Join(known, ", ")
		if meant := procedure.Nearest(value, known); meant != "" {
			fault.Remedy = "did you mean " + meant + "?"
		}
	case errors.As(err, &duplicate), strings.Contains(at.GetMessage(), "already defined"):
		fault.Problem = fmt.Sprintf("the key %q is written twice", value)
		fault.Remedy = "keep one"
	case errors.As(err, &mistyped):
		fault.Problem = fmt.Sprintf("%s does not belong here", inWords(mistyped.SrcType))
		fault.Remedy = "write " + inWords(mistyped.DstType)
	case errors.As(err, &shape):
		fault.Problem = shapeInWords(shape.Actual) + " does not belong here"
		fault.Remedy = "write " + shapeInWords(shape.Expected)
	case errors.As(err, &overflow):
		fault.Problem = "the number is too large"
		fault.Remedy = "write a small whole number"
	default:
		fault.Problem = fmt.Sprintf("the file is not valid YAML here (%s)", strings.TrimSpace(at.GetMessage()))
		fault.Remedy = "check the indentation, and put a text that holds a colon in quotes"
	}
	return fault
}

// inWords names a type as the writer of a file knows it.
func inWords(t reflect.Type) string {
	if t == nil {
		return "this value"
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Pointer:
		return inWords(t.Elem())
	default:
		return "keys and their values"
	}
}

// shapeInWords does the same for a part of a YAML file.
func shapeInWords(t ast.NodeType) string {
	switch t {
	case ast.MappingType, ast.MappingValueType:
		return "keys and their values"
	case ast.SequenceType:
		return "a list"
	case ast.IntegerType, ast.FloatType:
		return "a number"
	case ast.BoolType:
		return "true or false"
	default:
		return "a text"
	}
}
