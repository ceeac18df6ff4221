package contact

import (
	"strconv"

	"hikeshi/workflows/incident"
)

// idColumns recognise a person, the strongest first.
var idColumns = []column{colEmail, colSlack, colDiscord}

// detailColumns describe the person on each of the rows.
var detailColumns = []column{colName, colDepartment, colPhone, colEmail, colSlack, colDiscord, colAbsence, colAbsenceDeputy}

var sharedFault = map[column]string{
	colEmail: FaultEmailShared, colSlack: FaultSlackShared, colDiscord: FaultDiscordShared,
}

// clash is a fault between two rows, told at the later one.
type clash struct {
	key        string
	column     column
	row, other Row
}

func (c clash) fault(h header) Fault {
	args := []string{"value", *c.row.detail(c.column), "other", *c.other.detail(c.column), "name", c.row.Name,
		"other_name", c.other.Name, "first", strconv.Itoa(c.other.Line)}
	if c.key == FaultDuplicate {
		args = append(args, "role", japaneseTitle(c.row.Role))
	}
	return h.fault(c.key, c.row.Line, c.column, args...)
}

// detailKey gives the form in which two values of a detail are the same.
func detailKey(c column, value string) string {
	if c == colPhone {
		return phoneKey(value)
	}
	return fold(value)
}

// reconcile finds out which rows are the same person, gives each row all that is known of
// its person, and tells where rows contradict each other.
func reconcile(rows []Row) ([]Row, []clash) {
	persons, clashes := recognise(rows)
	out := make([]Row, len(rows))
	for _, members := range persons {
		whole, contradictions := complete(rows, members)
		clashes = append(clashes, contradictions...)
		held := make(map[incident.Role]int)
		for _, m := range members {
			row := rows[m]
			for _, c := range detailColumns {
				*row.detail(c) = *whole.detail(c)
			}
			out[m] = row
			if first, twice := held[row.Role]; twice {
				key := FaultDuplicate
				if row.Role == "" {
					key = FaultDuplicatePerson
				}
				clashes = append(clashes, clash{key, colName, row, rows[first]})
				continue
			}
			held[row.Role] = m
			if row.Role == incident.DepartmentLead && row.Department == "" {
				clashes = append(clashes, clash{FaultDepartmentMissing, colDepartment, row, row})
			}
		}
	}
	return out, clashes
}

// complete puts together what a person's rows say, in their order.
func complete(rows []Row, members []int) (Row, []clash) {
	var (
		whole   Row
		clashes []clash
	)
	for _, c := range detailColumns {
		from := -1
		for _, m := range members {
			value := *rows[m].detail(c)
			if value == "" {
				continue
			}
			if from < 0 {
				from = m
				*whole.detail(c) = value
				continue
			}
			if detailKey(c, value) != detailKey(c, *whole.detail(c)) {
				clashes = append(clashes, clash{FaultContradiction, c, rows[m], rows[from]})
			}
		}
	}
	return whole, clashes
}

// recognise groups the rows by person: the same mail address, else Slack ID, else Discord
// ID, else name and department. Groups and their members are in the order of the file.
func recognise(rows []Row) ([][]int, []clash) {
	same := newSets(len(rows))
	clashes := byID(rows, same)
	clashes = append(clashes, byName(rows, same)...)
	return same.groups(), clashes
}

// byID joins the rows that share an ID; under another name it is somebody else's ID.
func byID(rows []Row, same sets) []clash {
	var clashes []clash
	for _, c := range idColumns {
		first := make(map[string]int)
		for i := range rows {
			id := *rows[i].detail(c)
			if id == "" {
				continue
			}
			j, seen := first[id]
			switch {
			case !seen:
				first[id] = i
			case fold(rows[i].Name) == fold(rows[j].Name):
				same.join(j, i)
			default:
				clashes = append(clashes, clash{sharedFault[c], c, rows[i], rows[j]})
			}
		}
	}
	return clashes
}

// namesake is what byName compares of a group of rows.
type namesake struct {
	first      int // its first row
	department string
	ids        [3]string
	idCount    int
}

// byName joins groups of the same name and department whose IDs do not exclude each other.
// Where that leaves a choice, it is told and not guessed: the wrong one would be paged.
func byName(rows []Row, same sets) []clash {
	var (
		names  []string
		byName = make(map[string][]namesake)
	)
	for _, members := range same.groups() {
		whole, _ := complete(rows, members)
		n := namesake{first: members[0], department: fold(whole.Department)}
		for k, c := range idColumns {
			if n.ids[k] = *whole.detail(c); n.ids[k] != "" {
				n.idCount++
			}
		}
		name := fold(whole.Name)
		if len(byName[name]) == 0 {
			names = append(names, name)
		}
		byName[name] = append(byName[name], n)
	}
	var clashes []clash
	for _, name := range names {
		for later, earlier := range unclear(byName[name], same) {
			clashes = append(clashes, clash{FaultPersonAmbiguous, colName, rows[later], rows[earlier]})
		}
	}
	return clashes
}

// unclear joins what is certainly one person and gives the rows that may be one of several,
// each with a row it may belong to.
func unclear(group []namesake, same sets) map[int]int {
	divided := make(map[string]bool) // departments with certainly different people of the name
	for i, a := range group {
		for _, b := range group[:i] {
			if a.department == b.department && exclude(a, b) {
				divided[a.department] = true
			}
		}
	}
	doubts := make(map[int]int)
	for i, a := range group {
		for _, b := range group[:i] {
			if exclude(a, b) || a.department != b.department && a.department != "" && b.department != "" {
				continue
			}
			if a.department == b.department && !divided[a.department] {
				same.join(b.first, a.first)
				continue
			}
			// The one that is known less well is to be completed.
			if b.idCount < a.idCount {
				doubts[b.first] = a.first
			} else {
				doubts[a.first] = b.first
			}
		}
	}
	return doubts
}

// exclude reports whether two groups have different IDs of the same kind.
func exclude(a, b namesake) bool {
	for k := range a.ids {
		if a.ids[k] != "" && b.ids[k] != "" && a.ids[k] != b.ids[k] {
			return true
		}
	}
	return false
}

// sets are disjoint sets of row numbers; each points to a member nearer to its first.
type sets []int

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func (s sets) first(i int) int {
	for s[i] != i {
		s[i] = s[s[i]]
		i = s[i]
	}
	return i
}

func (s sets) join(i, j int) {
	a, b := s.first(i), s.first(j)
	s[max(a, b)] = min(a, b)
}

func (s sets) groups() [][]int {
	var (
		out   [][]int
		place = make(map[int]int)
	)
	for i := range s {
		f := s.first(i)
		at, seen := place[f]
		if !seen {
			at = len(out)
			place[f] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], i)
	}
	return out
}
