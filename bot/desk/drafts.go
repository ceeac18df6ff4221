package desk

import (
	"context"
	"slices"

	"hikeshi/bot/chat"
	"hikeshi/templates"
	"hikeshi/workflows"
	drafting "hikeshi/workflows/draft"
	"hikeshi/workflows/incident"
)

// The drafts of what has to be filed or told. Whoever sees all of an incident sees them, and
// nobody else: to everybody else there are none.

// Drafts drafts a text of an incident in a language, from its whole record.
type Drafts func(in *incident.Incident, records []incident.Record, kind drafting.Kind, lang string) drafting.Draft

// DraftFormats are the formats in which a draft can be saved.
var DraftFormats = []string{"docx", "md"}

// PathDrafts is the page of an incident's drafts.
func PathDrafts(id incident.ID) string { return PathIncident(id) + "/drafts" }

// PathDraft is the page from which a draft is copied field by field.
func PathDraft(id incident.ID, k drafting.Kind) string { return PathDrafts(id) + "/" + string(k) }

// PathDraftFile is where a draft is downloaded, in one of DraftFormats.
func PathDraftFile(id incident.ID, k drafting.Kind, format string) string {
	return PathDraft(id, k) + "." + format
}

// DraftsPage lists the drafts of an incident.
type DraftsPage struct {
	Room      Room
	ID, Title string
	Incident  string // path of its page
	Advice    string // said once beside the dates
	Groups    []DraftGroup
}

// DraftGroup are the drafts that are wanted equally much.
type DraftGroup struct {
	Heading string
	Rows    []DraftRow
}

// DraftRow is one draft: what for, for whom, which clock it stops, until when.
type DraftRow struct {
	Kind              string
	Name, Whom, Clock string
	Mark, Until       string // how much time there is, or what became of the clock; both may be empty
	Tally             string // how many of its fields are filled in, not known, or to be filled in
	Page              string
	Files             []Link
}

// drafted is an incident with what a draft of it needs.
type drafted struct {
	in      *incident.Incident
	records []incident.Record
}

// drafted reads an incident for its drafts; ErrNotFound for who does not see all of it, and
// where nothing is drafted at all.
func (v *visit) drafted(id string) (drafted, error) {
	in, access, err := v.service.Incident(v.ctx, v.who.ID, incident.ID(id))
	if err != nil {
		return drafted{}, err
	}
	if access != workflows.AccessFull || v.drafts == nil {
		return drafted{}, workflows.ErrNotFound
	}
	records, err := v.service.Record(v.ctx, v.who.ID, in.ID, 1)
	return drafted{in, records}, err
}

// DraftList is the page of an incident's drafts; ErrNotFound for whoever does not see all of it.
func (d *Desk) DraftList(ctx context.Context, who chat.UserID, id string) (DraftsPage, error) {
	v := d.visit(ctx, who, "")
	x, err := v.drafted(id)
	if err != nil {
		return DraftsPage{}, err
	}
	room, err := v.room()
	if err != nil {
		return DraftsPage{}, err
	}
	page := DraftsPage{
		Room: room, ID: string(x.in.ID), Title: called(x.in, workflows.AccessFull, v.who.ID), Incident: PathIncident(x.in.ID),
		Groups: v.draftGroups(x),
	}
	if page.Groups[0].Heading == v.say("drafts.group.due") {
		page.Advice = v.say("clocks.advice")
	}
	return shown(page), nil
}

// wanted says how much a draft is wanted.
type wanted int

const (
	wantedDue   wanted = iota // a clock runs until it is filed
	wantedFree                // no clock asks for it, and it may be of use at any time
	wantedDone                // its clock is settled
	wantedNever               // what is known so far asks for no such filing
)

var groupNames = map[wanted]string{wantedDue: "due", wantedFree: "free", wantedDone: "done", wantedNever: "never"}

// clockFor is the clock that a draft stops: the nearest open one that names it, or else one
// that is settled.
func (v voice) clockFor(in *incident.Incident, k drafting.Kind) (incident.Clock, bool) {
	for _, c := range v.openClocks(in) {
		if v.draftOf(c.Rule) == k {
			return c, true
		}
	}
	for _, c := range in.Clocks {
		if !c.Open() && v.draftOf(c.Rule) == k {
			return c, true
		}
	}
	return incident.Clock{}, false
}

// draftOf is the draft that a rule names; empty where there is none.
func (v voice) draftOf(r incident.Rule) drafting.Kind {
	if words, ok := v.service.RuleWords(r); ok && drafting.IsKind(drafting.Kind(words.Draft)) {
		return drafting.Kind(words.Draft)
	}
	for _, k := range drafting.Kinds {
		if k.Rule() == r && r != "" {
			return k
		}
	}
	return ""
}

// sortedDraft is a draft in the order of need.
type sortedDraft struct {
	kind   drafting.Kind
	clock  incident.Clock
	wanted wanted
}

// sortedDrafts lists every kind, what is due next first.
func (v voice) sortedDrafts(in *incident.Incident) []sortedDraft {
	var out []sortedDraft
	for _, k := range drafting.Kinds {
		x := sortedDraft{kind: k, wanted: wantedFree}
		c, ok := v.clockFor(in, k)
		switch {
		case ok && c.Open():
			x.wanted = wantedDue
		case ok && c.Status != incident.ClockLapsed:
			x.wanted = wantedDone
		case k.Rule() != "":
			x.wanted = wantedNever
		}
		x.clock = c
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b sortedDraft) int {
		if a.wanted == b.wanted && a.wanted == wantedDue {
			return v.compareClocks(a.clock, b.clock)
		}
		return int(a.wanted) - int(b.wanted)
	})
	return out
}

func (v voice) draftGroups(x drafted) []DraftGroup {
	var groups []DraftGroup
	last := wanted(-1)
	for _, s := range v.sortedDrafts(x.in) {
		if s.wanted != last {
			groups = append(groups, DraftGroup{Heading: v.say("drafts.group." + groupNames[s.wanted])})
			last = s.wanted
		}
		g := &groups[len(groups)-1]
		g.Rows = append(g.Rows, v.draftRow(x, s))
	}
	return groups
}

func (v voice) draftRow(x drafted, s sortedDraft) DraftRow {
	d := v.drafts(x.in, x.records, s.kind, v.lang)
	row := DraftRow{
		Kind: string(s.kind), Name: d.Title, Whom: v.draftWhom(d), Tally: d.Tally(), Page: PathDraft(x.in.ID, s.kind), Files: v.draftFiles(x.in.ID, s.kind),
	}
	if s.wanted == wantedDue || s.wanted == wantedDone {
		row.Clock, row.Mark, row.Until = v.ruleTitle(s.clock.Rule), v.clockMark(s.clock), v.clockBrief(x.in, s.clock)
	}
	return row
}

// draftWhom is where a draft goes.
func (v voice) draftWhom(d drafting.Draft) string {
	for _, p := range d.Hints {
		if p.Label == d.Say("draft.hint.where") {
			return p.Value.Text
		}
	}
	return ""
}

func (v voice) draftFiles(id incident.ID, k drafting.Kind) []Link {
	var links []Link
	for _, f := range DraftFormats {
		links = append(links, Link{Label: v.say("drafts.save." + f), Path: PathDraftFile(id, k, f)})
	}
	return links
}

// DraftFile gives a draft as a file; ErrNotFound for whoever does not see all of the incident,
// for an unknown kind and an unknown format.
func (d *Desk) DraftFile(ctx context.Context, who chat.UserID, id, kind, format string) (Download, error) {
	v := d.visit(ctx, who, "")
	x, err := v.drafted(id)
	if err != nil {
		return Download{}, err
	}
	k := drafting.Kind(kind)
	if !drafting.IsKind(k) || !slices.Contains(DraftFormats, format) {
		return Download{}, workflows.ErrNotFound
	}
	return v.draftFile(x, k, format)
}

// draftTypes are the media types of DraftFormats.
var draftTypes = map[string]string{
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"md":   "text/markdown; charset=utf-8",
}

func (v *visit) draftFile(x drafted, k drafting.Kind, format string) (Download, error) {
	doc := v.drafts(x.in, x.records, k, v.lang).Document()
	out := Download{Name: string(x.in.ID) + "-" + string(k) + "." + format, Type: draftTypes[format]}
	if format == "md" {
		out.Body = templates.Markdown(doc)
	} else {
		var err error
		if out.Body, err = templates.Docx(doc, v.now); err != nil {
			return Download{}, err
		}
	}
	v.log.InfoContext(v.ctx, "a draft was handed out", "component", "desk", "person", string(v.who.ID), "incident", string(x.in.ID), "kind", string(k))
	return out, nil
}
