package clock

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
)

// maxCondition bounds a condition's length in characters: the parser recurses on brackets.
const maxCondition = 500

// Condition is a condition of a rule over the facts, in the syntax of expr-lang:
//
//	personal_data and not encrypted_safe and (special_care or persons > 1000)
//
// It has three outcomes. While an answer is missing it is Unknown, unless the answers there
// are decide it alone (the three-valued logic of Kleene).
type Condition struct {
	root  part
	facts []incident.FactKey // in the order in which they stand in it
}

// part is a fact, a comparison of a count, or what joins parts.
type part struct {
	does        string // "" a fact by itself, "not", "and", "or", or a comparison
	fact        incident.FactKey
	bit         keys // of the fact
	with        int
	left, right *part // "not" has a left one alone
}

// keys is a set of facts, a bit for each of incident.FactKeys. Every card and every command asks
// all rules, and lists of facts would be most of what that costs.
type keys uint64

// bitOf panics at start if there are ever more facts than bits.
func bitOf(k incident.FactKey) keys {
	i := slices.Index(incident.FactKeys, k)
	if i < 0 || i > 63 {
		panic("clock: no bit for the fact " + string(k))
	}
	return 1 << i
}

// Compile reads a condition. The fault has an offset into the text, and no path.
func Compile(text string) (*Condition, *fault.Problem) {
	if utf8.RuneCountInString(text) > maxCondition {
		return nil, &fault.Problem{What: fault.Say("overlay.when_long", "max", strconv.Itoa(maxCondition)), Remedy: fault.Say("mend.when_split")}
	}
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, unreadable(err)
	}
	c := &Condition{}
	if wrong := c.check(tree.Node); wrong != nil {
		return nil, wrong
	}
	c.root = *partOf(tree.Node)
	return c, nil
}

// partOf takes over what check has let through.
func partOf(n ast.Node) *part {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		k := incident.FactKey(n.Value)
		return &part{fact: k, bit: bitOf(k)}
	case *ast.UnaryNode:
		return &part{does: "not", left: partOf(n.Node)}
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			return &part{does: "and", left: partOf(n.Left), right: partOf(n.Right)}
		case "or", "||":
			return &part{does: "or", left: partOf(n.Left), right: partOf(n.Right)}
		}
		p := partOf(n.Left)
		p.does, p.with = n.Operator, n.Right.(*ast.IntegerNode).Value
		return p
	}
	panic("clock: a condition with something in it that was not checked")
}

func unreadable(err error) *fault.Problem {
	wrong := &fault.Problem{What: fault.Say("overlay.when_unreadable"), Remedy: fault.Say("mend.applies_example")}
	var at *file.Error
	if errors.As(err, &at) {
		wrong.Offset = at.From
	}
	return wrong
}

// check accepts what holds can judge: facts that are answered by yes or no, counts compared
// with a number, and, or, not.
func (c *Condition) check(n ast.Node) *fault.Problem {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return c.name(n, false)
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return c.check(n.Node)
		}
	case *ast.BinaryNode:
		if joins(n.Operator) {
			if wrong := c.check(n.Left); wrong != nil {
				return wrong
			}
			return c.check(n.Right)
		}
		if !slices.Contains(comparisons, n.Operator) {
			return &fault.Problem{Offset: n.Location().From, What: fault.Say("overlay.when_word", "value", n.Operator), Remedy: fault.Say("mend.applies_example")}
		}
		count, named := n.Left.(*ast.IdentifierNode)
		if _, number := n.Right.(*ast.IntegerNode); named && number {
			return c.name(count, true)
		}
		return &fault.Problem{Offset: n.Location().From, What: fault.Say("overlay.applies_compare", "value", n.Operator), Remedy: fault.Say("mend.applies_example")}
	}
	// expr-lang places such nodes anywhere in their text, so the condition as a whole is meant.
	return &fault.Problem{What: fault.Say("overlay.applies_only_facts"), Remedy: fault.Say("mend.applies_example")}
}

var comparisons = []string{">", ">=", "<", "<=", "=="}

func joins(operator string) bool {
	switch operator {
	case "and", "&&", "or", "||":
		return true
	}
	return false
}

// name checks a fact: one with a count is compared, and another is not.
func (c *Condition) name(n *ast.IdentifierNode, compared bool) *fault.Problem {
	known := switches
	if compared {
		known = counts
	}
	key := incident.FactKey(n.Value)
	at := n.Location().From
	switch {
	case slices.Contains(known, n.Value):
		if !slices.Contains(c.facts, key) {
			c.facts = append(c.facts, key)
		}
		return nil
	case !compared && key.Numeric():
		return &fault.Problem{Offset: at, What: fault.Say("overlay.applies_count", "value", n.Value), Remedy: fault.Say("mend.applies_count", "value", n.Value)}
	case compared && slices.Contains(switches, n.Value):
		return &fault.Problem{Offset: at, What: fault.Say("overlay.applies_switch", "value", n.Value), Remedy: fault.Say("mend.applies_switch", "value", n.Value)}
	}
	what, remedy, _ := fault.Among("noun.fact", n.Value, known)
	return &fault.Problem{Offset: at, What: what, Remedy: remedy}
}

// switches are the facts that are answered by yes or no, counts the others.
var switches, counts = func() (yesNo, numbers []string) {
	for _, k := range incident.FactKeys {
		if k.Numeric() {
			numbers = append(numbers, string(k))
		} else {
			yesNo = append(yesNo, string(k))
		}
	}
	return yesNo, numbers
}()

// Holds judges the condition by the answers known so far. because are the facts that decide
// it, in the order of the condition: those that make it true, or, where it is Unknown, those
// that speak for it together with those that are missing; none where it is No.
func (c *Condition) Holds(f incident.Facts) (answer incident.Answer, because []incident.FactKey) {
	answer, decides := c.root.judge(f)
	if answer == incident.No {
		return answer, nil
	}
	for _, k := range c.facts {
		if decides&bitOf(k) != 0 {
			because = append(because, k)
		}
	}
	return answer, because
}

// judge gives the outcome of a part and the facts that decide it.
func (p *part) judge(f incident.Facts) (incident.Answer, keys) {
	switch p.does {
	case "":
		return truth(f.Get(p.fact)), p.bit
	case "not":
		answer, decides := p.left.judge(f)
		switch answer {
		case incident.Yes:
			answer = incident.No
		case incident.No:
			answer = incident.Yes
		}
		return answer, decides
	case "and", "or":
	default:
		return compare(f, p.fact, p.does, p.with), p.bit
	}
	left, l := p.left.judge(f)
	right, r := p.right.judge(f)
	// What decides "and" alone is a no, and "or" a yes.
	alone := incident.No
	if p.does == "or" {
		alone = incident.Yes
	}
	switch {
	case left == alone && right == alone:
		return alone, l | r
	case left == alone:
		return alone, l
	case right == alone:
		return alone, r
	case alone == incident.Yes && left == incident.No && right == incident.Unknown:
		return right, r // the no says nothing of what is still open
	case alone == incident.Yes && right == incident.No && left == incident.Unknown:
		return left, l
	case left == incident.Unknown || right == incident.Unknown:
		return incident.Unknown, l | r
	}
	return left, l | r
}

func truth(a incident.Answer) incident.Answer {
	if a == incident.Yes || a == incident.No {
		return a
	}
	return incident.Unknown
}

// compare judges a count. Those whose My Number is touched are among the persons, so that
// their number is the least there are.
func compare(f incident.Facts, k incident.FactKey, operator string, with int) incident.Answer {
	n, known := Count(f, k)
	if k == incident.FactPersons {
		least, some := Count(f, incident.FactMyNumberPersons)
		switch {
		case some && known:
			n = max(n, least)
		case some && (operator == ">" && least > with || operator == ">=" && least >= with):
			return incident.Yes
		}
	}
	if !known {
		return incident.Unknown
	}
	holds := false
	switch operator {
	case ">":
		holds = n > with
	case ">=":
		holds = n >= with
	case "<":
		holds = n < with
	case "<=":
		holds = n <= with
	case "==":
		holds = n == with
	}
	if holds {
		return incident.Yes
	}
	return incident.No
}

// Count reads a fact that is answered by a number; known is false where there is none.
func Count(f incident.Facts, k incident.FactKey) (n int, known bool) {
	a := f.Get(k)
	if a == incident.Unknown {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(a)))
	return n, err == nil && n >= 0
}
