package procedure

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
)

// Tri is whether a condition holds: Yes, No, or Unknown while an answer that decides it is
// missing. It is the same type as the answers, so that incident can ask without importing us.
type Tri = incident.Answer

// The three outcomes of a condition.
const (
	Yes     = incident.Yes
	No      = incident.No
	Unknown = incident.Unknown
)

// maxCondition bounds a condition's length in characters: the parser recurses on brackets.
const maxCondition = 300

// Condition is a compiled "when": facts by name, joined by "and" and "or", with brackets.
//
//	personal_data or my_number
//	wide_scope and (unauthorized_access or ransomware)
//
// There is no "not" and no comparison. Such a condition is monotone: one more yes can never
// make it false, so two evaluations decide it for every combination of missing answers.
type Condition struct {
	program *vm.Program
}

// ConditionFault says what is wrong with a condition, and where.
type ConditionFault struct {
	// Offset counts characters from the condition's start.
	Offset       int
	What, Remedy fault.Saying
}

// switches lists the facts a condition may name: those answered by yes or no.
var switches = func() []string {
	var names []string
	for _, k := range incident.FactKeys {
		if !k.Numeric() {
			names = append(names, string(k))
		}
	}
	return names
}()

// Compile reads a condition.
func Compile(when string) (*Condition, *ConditionFault) {
	if utf8.RuneCountInString(when) > maxCondition {
		return nil, &ConditionFault{
			What:   fault.Say("overlay.when_long", "max", strconv.Itoa(maxCondition)),
			Remedy: fault.Say("mend.when_split"),
		}
	}
	tree, err := parser.Parse(when)
	if err != nil {
		return nil, unreadable(err)
	}
	if wrong := refuseNode(tree.Node); wrong != nil {
		return nil, wrong
	}
	program, err := expr.Compile(when, expr.Env(environment(nil, false)), expr.AsBool(), expr.DisableAllBuiltins())
	if err != nil {
		return nil, unreadable(err)
	}
	return &Condition{program: program}, nil
}

// Holds is Yes when the condition is true even if every missing answer turns out no, No when
// it is false even if every missing answer turns out yes, and Unknown otherwise.
func (c *Condition) Holds(f incident.Facts) Tri {
	switch {
	case c.true(f, false):
		return Yes
	case c.true(f, true):
		return Unknown
	default:
		return No
	}
}

func (c *Condition) true(f incident.Facts, missing bool) bool {
	out, err := expr.Run(c.program, environment(f, missing))
	if err != nil {
		// Unreachable over switches alone; taking it for "missing" makes Holds say Unknown.
		return missing
	}
	return out == true
}

// environment gives every fact a condition may name a value; missing stands for an answer
// that is neither yes nor no.
func environment(f incident.Facts, missing bool) map[string]bool {
	env := make(map[string]bool, len(switches))
	for _, name := range switches {
		switch f.Get(incident.FactKey(name)) {
		case incident.Yes:
			env[name] = true
		case incident.No:
			env[name] = false
		default:
			env[name] = missing
		}
	}
	return env
}

// refuseNode accepts facts joined by and / or, and names what else it finds.
func refuseNode(n ast.Node) *ConditionFault {
	offset := n.Location().From
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return refuseName(n.Value, offset)
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&", "or", "||":
			if wrong := refuseNode(n.Left); wrong != nil {
				return wrong
			}
			return refuseNode(n.Right)
		}
		return &ConditionFault{
			Offset: offset,
			What:   fault.Say("overlay.when_word", "value", n.Operator),
			Remedy: fault.Say("mend.when_join"),
		}
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return &ConditionFault{
				Offset: offset,
				What:   fault.Say("overlay.when_not", "value", n.Operator),
				Remedy: fault.Say("mend.when_facts"),
			}
		}
	}
	// expr-lang places such nodes anywhere in their text, so the condition as a whole is meant.
	return &ConditionFault{
		What:   fault.Say("overlay.when_only_facts"),
		Remedy: fault.Say("mend.when_join_or_none"),
	}
}

func refuseName(name string, offset int) *ConditionFault {
	if incident.FactKey(name).Numeric() {
		return &ConditionFault{
			Offset: offset,
			What:   fault.Say("overlay.when_count", "value", name),
			Remedy: fault.Say("mend.when_switch", "known", strings.Join(switches, ", ")),
		}
	}
	what, remedy, ok := fault.Among("noun.fact", name, switches)
	if ok {
		return nil
	}
	return &ConditionFault{Offset: offset, What: what, Remedy: remedy}
}

func unreadable(err error) *ConditionFault {
	wrong := &ConditionFault{What: fault.Say("overlay.when_unreadable"), Remedy: fault.Say("mend.when_example")}
	var at *file.Error
	if errors.As(err, &at) {
		wrong.Offset = at.From
	}
	return wrong
}
