package incident

import (
	"slices"
	"time"
)

// Standing is what a person is to one incident. A person has several at once.
type Standing string

// The standings.
const (
	StandAnyone         Standing = "anyone"
	StandReporter       Standing = "reporter"
	StandCircle         Standing = "circle"
	StandPaged          Standing = "paged"          // was called, whatever he answered
	StandLead           Standing = "lead"           // acting lead; before anyone took it: the office, then the representative
	StandOffice         Standing = "office"         // holds the incident_lead role or is the representative
	StandResponsible    Standing = "responsible"    // of the level (§9.2), or a deputy in the circle for him
	StandSystemAdmin    Standing = "system_admin"   // holds the role and belongs to the circle
	StandRepresentative Standing = "representative" // or a deputy of his in the circle, as 代行
	StandReceiver       Standing = "receiver"       // of an open handover
	StandBot            Standing = "bot"            // a timer or the other half of a merge
	// May approve what goes outside: the representative or a deputy of his in the circle, and
	// who leads where that line is wholly left out.
	StandSigner Standing = "signer"
)

// permissions is the one table of who may do what. CanRead guards what is only looked at.
var permissions = map[Word][]Standing{
	WordReport:    {StandAnyone},
	WordTake:      {StandPaged, StandCircle},
	WordDecline:   {StandPaged},
	WordAdvance:   {StandLead, StandResponsible},
	WordBack:      {StandLead, StandResponsible},
	WordLevel:     {StandLead},
	WordPropose:   {StandCircle},
	WordCategory:  {StandLead},
	WordAssign:    {StandLead, StandSystemAdmin},
	WordHandover:  {StandLead, StandOffice},
	WordAccept:    {StandReceiver},
	WordStep:      {StandCircle},
	WordWaive:     {StandLead},
	WordNote:      {StandCircle},
	WordCorrect:   {StandCircle},
	WordUndo:      {StandCircle},
	WordField:     {StandCircle},
	WordFact:      {StandCircle},
	WordFile:      {StandCircle},
	WordAttach:    {StandCircle, StandReporter}, // the screenshot is his; MayDownload bounds what he gets back
	WordAction:    {StandCircle},
	WordDoc:       {StandCircle},
	WordApprove:   {StandResponsible},
	WordClose:     {StandLead, StandResponsible},
	WordDismiss:   {StandLead},
	WordReopen:    {StandLead, StandRepresentative},
	WordMerge:     {StandLead},
	WordRestrict:  {StandLead, StandRepresentative},
	WordAsk:       {StandCircle},
	WordInform:    {StandReporter},
	WordAbsorb:    {StandBot},
	WordPassRound: {StandBot},
	WordMeans:     {StandBot},
	WordPassOffer: {StandBot},
	WordRecall:    {StandBot},
	WordClock:     {StandCircle}, // that a statute's duty is 不要 is for the lead alone to say (settleClock)
	WordRemind:    {StandBot},
	WordText:      {StandCircle},
	WordSign:      {StandSigner},
	WordParty:     {StandCircle},
}

// Directory is what the core asks of the contact list.
type Directory interface {
	Known(PersonID) bool // listed and still active
	Department(PersonID) string
	// Holders and Deputies give the people of a role, deputies in their order; department
	// matters for department_lead only.
	Holders(role Role, department string) []PersonID
	Deputies(role Role, department string) []PersonID
	// Away reports whether a person is away at an instant, and who stands in for him then; the
	// deputy is empty where he has named none who is there.
	Away(p PersonID, at time.Time) (deputy PersonID, away bool)
	// Reaches reports whether a means can bring anything to a person, as far as is known
	// before it is tried.
	Reaches(p PersonID, m Means) bool
}

// Chain gives the holders of a role and then its deputies, without who is left out.
func (in *Incident) Chain(dir Directory, role Role) []PersonID {
	dept := in.Reporter().Department
	var out []PersonID
	for _, p := range append(slices.Clone(dir.Holders(role, dept)), dir.Deputies(role, dept)...) {
		if !in.IsExcluded(p) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// Office gives who stands first for a role now: its holders who are not left out, or else
// the first deputy who is not.
func (in *Incident) Office(dir Directory, role Role) []PersonID {
	var out []PersonID
	for _, p := range dir.Holders(role, in.Reporter().Department) {
		if !in.IsExcluded(p) {
			out = append(out, p)
		}
	}
	if out == nil {
		if chain := in.Chain(dir, role); len(chain) > 0 {
			out = chain[:1]
		}
	}
	return out
}

// ActingLead gives the acting lead, "" when nobody took it, or when who did has since left
// the company.
func (in *Incident) ActingLead(dir Directory) PersonID {
	if in.Lead == "" || in.IsExcluded(in.Lead) || !dir.Known(in.Lead) {
		return ""
	}
	return in.Lead
}

// Leads gives who has the lead's rights: the acting lead alone; before anyone took it the
// office, and if nobody is left there, the representative (the last resort).
func (in *Incident) Leads(dir Directory) []PersonID {
	if p := in.ActingLead(dir); p != "" {
		return []PersonID{p}
	}
	if o := in.Office(dir, IncidentLead); o != nil {
		return o
	}
	return in.Office(dir, Representative)
}

// approvers gives who is asked first to answer for the incident at its working level. Where
// whoever holds the role has said that he cannot, his first deputy is asked as well.
func (in *Incident) approvers(dir Directory) []PersonID {
	role := in.WorkingLevel().Responsible()
	if role == IncidentLead {
		return in.Leads(dir)
	}
	asked := in.Office(dir, role)
	if asked == nil {
		return in.Leads(dir)
	}
	for _, p := range asked {
		if pg, called := in.Page(p); !called || pg.Status != PageDeclined {
			return asked
		}
	}
	for _, p := range in.Chain(dir, role) {
		if !slices.Contains(asked, p) && in.InCircle(p) {
			return append(slices.Clone(asked), p)
		}
	}
	return asked
}

// responsibleRole says in which role a person may approve at the working level; deputy is
// true for 代行. Where the role's line is empty, or wholly left out, the lead answers for it:
// an incident that nobody may approve could never be closed.
func (in *Incident) responsibleRole(dir Directory, p PersonID) (role Role, deputy, ok bool) {
	if p == "" || in.IsExcluded(p) {
		return "", false, false
	}
	role = in.WorkingLevel().Responsible()
	dept := in.Reporter().Department
	if slices.Contains(dir.Holders(role, dept), p) {
		return role, false, true
	}
	if role == IncidentLead {
		// An acting lead has the lead's rights for this incident.
		if slices.Contains(in.Leads(dir), p) {
			return role, true, true
		}
		// The representative stands above the lead.
		return Representative, false, slices.Contains(dir.Holders(Representative, dept), p)
	}
	chain := in.Chain(dir, role)
	if len(chain) == 0 {
		chain = in.Leads(dir)
	}
	return role, true, slices.Contains(chain, p)
}

// Standings gives everything a person is to the incident.
func (in *Incident) Standings(dir Directory, p PersonID) []Standing {
	out := []Standing{StandAnyone}
	if p == "" {
		return out
	}
	if in.ReportedBy(p) && !in.IsExcluded(p) {
		out = append(out, StandReporter)
	}
	if in.IsExcluded(p) || !dir.Known(p) {
		return out
	}
	if in.InCircle(p) {
		out = append(out, StandCircle)
		if slices.Contains(in.Chain(dir, SystemAdmin), p) {
			out = append(out, StandSystemAdmin)
		}
	}
	if _, paged := in.Page(p); paged {
		out = append(out, StandPaged)
	}
	if slices.Contains(in.Leads(dir), p) {
		out = append(out, StandLead)
	}
	if slices.Contains(in.Office(dir, IncidentLead), p) || slices.Contains(in.Office(dir, Representative), p) {
		out = append(out, StandOffice)
	}
	// A deputy acts on what he can see: once he was called or brought in.
	if _, deputy, ok := in.responsibleRole(dir, p); ok && (!deputy || in.InCircle(p)) {
		out = append(out, StandResponsible)
	}
	if chain := in.Chain(dir, Representative); slices.Contains(chain, p) && in.InCircle(p) {
		out = append(out, StandRepresentative)
	}
	if slices.Contains(in.approvesTexts(dir), p) {
		out = append(out, StandSigner)
	}
	if in.Handover != nil && in.Handover.To == p {
		out = append(out, StandReceiver)
	}
	return out
}

// May reports whether a person may do something to the incident.
func (in *Incident) May(dir Directory, p PersonID, w Word) bool {
	standings := in.Standings(dir, p)
	return slices.ContainsFunc(permissions[w], func(s Standing) bool { return slices.Contains(standings, s) })
}

// CanRead reports whether a person may see the whole incident: the circle works on it, the
// auditor reads. The reporter sees the own report only (ReportedBy), and whoever a restricted
// incident leaves out sees nothing at all.
func (in *Incident) CanRead(dir Directory, p PersonID) bool {
	if p == "" || in.IsExcluded(p) || !dir.Known(p) {
		return false
	}
	return in.InCircle(p) || slices.Contains(in.Chain(dir, Auditor), p)
}
