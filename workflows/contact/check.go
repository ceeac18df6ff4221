package contact

import (
	"slices"
	"strconv"
	"strings"

	"hikeshi/workflows/incident"
)

// Severity says how much a gap of the list matters in an emergency.
type Severity string

// Severe: nobody answers when it happens. Warning: it works until somebody is away.
const (
	Severe  Severity = "severe"
	Warning Severity = "warning"
)

// The keys of what can be missing in a contact list.
const (
	CheckRoleEmpty   = "contacts.check.role_empty"
	CheckLeadEmpty   = "contacts.check.department_lead_empty"
	CheckHolderEmpty = "contacts.check.holder_empty"
	CheckNoDeputy    = "contacts.check.no_deputy"
	CheckNight       = "contacts.check.night"
	CheckUnreachable = "contacts.check.unreachable"
	CheckDepartment  = "contacts.check.department_unknown"
	CheckNobody      = "contacts.check.department_empty"
)

// CheckKeys lists the key of every finding.
var CheckKeys = []string{CheckRoleEmpty, CheckLeadEmpty, CheckHolderEmpty, CheckNoDeputy, CheckNight, CheckUnreachable, CheckDepartment, CheckNobody,
	CheckLineAway, CheckDeputyAway, CheckDeputySelf, CheckDeputyUnknown, CheckDeputyLeft}

// pagedRoles are woken at any hour (seed 001 §9.2, §9.3; the privacy manager because the
// clocks of the law run on holidays as well).
var pagedRoles = []incident.Role{
	incident.Representative, incident.IncidentLead, incident.SystemAdmin, incident.PrivacyManager,
}

// neededRoles must have somebody; department_lead is looked at by department.
var neededRoles = append(slices.Clone(pagedRoles), incident.Auditor)

// Finding is one gap of the list. What does not apply is empty.
type Finding struct {
	Key        string
	Severity   Severity
	Roles      []incident.Role
	Department string
	Person     incident.PersonID
	// Days are those it is about.
	Days Absence
	// Mends are the message keys of what would end it, any one of them.
	Mends []string
	// Args fill the sentence: name, department, count. {roles}, {days} and {mends} are filled by Say,
	// in the reader's language.
	Args map[string]string
}

// Say gives the sentence for a person; texts gives the text of a message key.
func (f Finding) Say(texts func(key string) string) string {
	return fill(texts(f.Key), f.args(texts))
}

// RoleKey is the message key of a role's title.
func RoleKey(r incident.Role) string { return "contacts.role." + string(r) }

func roleNames(roles []incident.Role, texts func(key string) string) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = texts(RoleKey(r))
	}
	return strings.Join(names, texts(labelSeparator))
}

// Check tells what would go wrong in an emergency: roles without anybody, without a
// deputy, people to be woken without a phone, and people whom nothing reaches.
func Check(d *Directory) []Finding {
	var out []Finding
	out = append(out, emptyRoles(d)...)
	for _, r := range pagedRoles {
		if len(d.Holders(r, "")) > 0 && len(d.Deputies(r, "")) == 0 {
			out = append(out, Finding{Key: CheckNoDeputy, Severity: Warning, Roles: []incident.Role{r}})
		}
	}
	for _, p := range d.People() {
		if roles := pagedFor(p); len(roles) > 0 && !wakes(p.Phone) {
			f := Finding{
				Key: CheckNight, Severity: Warning, Roles: roles, Person: p.ID,
				Args: map[string]string{"name": p.Name},
			}
			if slices.ContainsFunc(roles, func(r incident.Role) bool { return d.Holds(p.ID, r) }) {
				f.Severity = Severe // a deputy's gap counts only when the holder is away
			}
			out = append(out, f)
		}
		silent := p.Email == "" && p.SlackID == "" && p.DiscordID == ""
		if silent && (!p.Outsider() || p.Phone == "") {
			out = append(out, Finding{
				Key: CheckUnreachable, Severity: Warning, Person: p.ID,
				Args: map[string]string{"name": p.Name, "department": p.Department},
			})
		}
	}
	return out
}

// CheckDepartments compares the departments of the list with those that the company's profile
// names: a mistyped one has a department lead whom nobody calls. No departments: nothing to
// compare.
func CheckDepartments(d *Directory, departments []string) []Finding {
	var out []Finding
	missing := func(key string, in, of []string) {
		for _, name := range in {
			if !slices.ContainsFunc(of, func(o string) bool { return fold(o) == fold(name) }) {
				out = append(out, Finding{Key: key, Severity: Warning, Department: name, Args: map[string]string{"department": name}})
			}
		}
	}
	if len(departments) > 0 {
		missing(CheckDepartment, d.Departments(), departments)
		missing(CheckNobody, departments, d.Departments())
	}
	return out
}

func emptyRoles(d *Directory) []Finding {
	var out []Finding
	for _, r := range neededRoles {
		if len(d.Holders(r, "")) > 0 {
			continue
		}
		f := Finding{Key: CheckRoleEmpty, Severity: Severe, Roles: []incident.Role{r}}
		if r == incident.Auditor {
			f.Severity = Warning
		}
		if n := len(d.Deputies(r, "")); n > 0 {
			f.Key, f.Severity = CheckHolderEmpty, Warning
			f.Args = map[string]string{"count": strconv.Itoa(n)}
		}
		out = append(out, f)
	}
	for _, department := range d.Departments() {
		if len(d.Chain(incident.DepartmentLead, department)) == 0 {
			out = append(out, Finding{
				Key: CheckLeadEmpty, Severity: Warning, Roles: []incident.Role{incident.DepartmentLead},
				Department: department, Args: map[string]string{"department": department},
			})
		}
	}
	return out
}

// pagedFor gives the roles for which a person is woken, as holder or deputy.
func pagedFor(p Person) []incident.Role {
	var out []incident.Role
	for _, r := range pagedRoles {
		if slices.ContainsFunc(p.Duties, func(d Duty) bool { return d.Role == r }) {
			out = append(out, r)
		}
	}
	return out
}
