package templates

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// Bounds of one XML part that is read as a tree. A form of a hundred pages stays far below.
const (
	maxDepth    = 256
	maxElements = 400_000
)

const wordNamespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

// node is one element of a part, a piece of text between elements, or a comment. It keeps
// where it stands in the source: what has nothing to fill in is copied byte by byte, so that
// nothing is lost of what Word wrote and we do not know.
type node struct {
	name  string // "w:p"; empty for what is no element
	text  string // of character data, without its escapes
	attrs []xml.Attr
	kids  []*node

	start, opened int // the start tag is src[start:opened]
	closing, end  int // the end tag is src[closing:end]; empty where the element closes itself

	again []byte // the start tag of a copy, where it differs
	plan  *plan  // what is to be done here; nil where nothing is
}

// attr gives an attribute by its name with its prefix, such as "w:val".
func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if qualified(a.Name) == name {
			return a.Value
		}
	}
	return ""
}

func (n *node) child(name string) *node {
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// each visits a node and what lies below it, in the order of the document.
func (n *node) each(visit func(*node)) {
	visit(n)
	for _, k := range n.kids {
		k.each(visit)
	}
}

// What a part can be wrong with as a whole.
var (
	errDTD       = errors.New("a document type definition")
	errNesting   = errors.New("elements that do not close each other, or nest too deeply")
	errNamespace = errors.New("another vocabulary than that of Word documents")
)

// parseTree reads a part of text, styles or numbers. It accepts less than XML allows: no document type definition, no
// encoding but UTF-8, and "w:" for the vocabulary of Word, as every word processor writes it.
func parseTree(src []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(src))
	var root *node
	var stack []*node
	count := 0
	for {
		start := int(d.InputOffset())
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if count++; count > maxElements {
			return nil, errNesting
		}
		end := int(d.InputOffset())
		switch t := token.(type) {
		case xml.Directive:
			return nil, errDTD
		case xml.StartElement:
			n := &node{name: qualified(t.Name), attrs: t.Copy().Attr, start: start, opened: end, closing: end, end: end}
			if len(stack) == 0 && root != nil {
				return nil, errNesting
			}
			if err := checkNamespace(n, root == nil); err != nil {
				return nil, err
			}
			if root == nil {
				root = n
			} else {
				parent := stack[len(stack)-1]
				parent.kids = append(parent.kids, n)
			}
			if stack = append(stack, n); len(stack) > maxDepth {
				return nil, errNesting
			}
		case xml.EndElement:
			if len(stack) == 0 || stack[len(stack)-1].name != qualified(t.Name) {
				return nil, errNesting
			}
			n := stack[len(stack)-1]
			n.closing, n.end = start, end
			stack = stack[:len(stack)-1]
		default:
			n := &node{start: start, opened: end, closing: end, end: end}
			if text, ok := token.(xml.CharData); ok {
				n.text = string(text)
			}
			if len(stack) == 0 {
				if strings.TrimSpace(n.text) != "" {
					return nil, errNesting
				}
				continue
			}
			parent := stack[len(stack)-1]
			parent.kids = append(parent.kids, n)
		}
	}
	if root == nil || len(stack) > 0 {
		return nil, errNesting
	}
	return root, nil
}

func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// checkNamespace makes sure that "w:" means what we take it for, wherever it is declared.
func checkNamespace(n *node, root bool) error {
	declared := false
	for _, a := range n.attrs {
		if a.Name.Space == "xmlns" && a.Name.Local == "w" {
			if a.Value != wordNamespace {
				return errNamespace
			}
			declared = true
		}
	}
	if root && (!declared || !strings.HasPrefix(n.name, "w:")) {
		return errNamespace
	}
	return nil
}
