package desk

import (
	"context"
	"slices"
	"strconv"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// listLength is how many incidents one page of the list has.
const listLength = 50

// List is a page of the incidents a person may see, newest first; before is the number of
// the last one on the page before, empty for the first. ErrNotFound for one that this person
// may not see.
func (d *Desk) List(ctx context.Context, who chat.UserID, before string) (ListPage, error) {
	v := d.visit(ctx, who, "")
	room, err := v.room()
	if err != nil {
		return ListPage{}, err
	}
	var lost damaged
	mine, more, err := d.service.Incidents(ctx, v.who.ID, workflows.Listing{Before: incident.ID(before), Limit: listLength, Unreadable: lost.note})
	if err != nil {
		return ListPage{}, err
	}
	page := ListPage{Room: room, Unreadable: v.unreadable(lost)}
	if before != "" {
		page.First = PathIncidents
	}
	if more {
		page.Next = PathIncidentsBefore(mine[len(mine)-1].ID)
	}
	for _, l := range mine {
		row := ListRow{
			ID: string(l.ID), Title: called(l.Incident, l.Access, v.who.ID), Phase: v.phase(l.Phase), Level: v.workingLevel(l.Incident),
			Reported: v.when(l.ReportedAt), Page: PathIncident(l.ID), Ended: l.Phase.Ended(),
		}
		if l.Access == workflows.AccessFull {
			row.Category, row.Reporter, row.Lead = v.category(l.Incident), v.reporters(l.Incident), v.lead(l.Incident)
		}
		page.Rows = append(page.Rows, row)
	}
	if page.Rows == nil && lost == nil {
		page.Empty = v.say("list.empty")
	} else if v.mayRegister() && lost == nil {
		page.Register = Link{Label: v.say("register.download"), Path: PathRegister}
	}
	return shown(page), nil
}

// damaged are the incidents of a list whose rows cannot be read.
type damaged []string

func (d *damaged) note(id incident.ID) { *d = append(*d, string(id)) }

// unreadable names them, and says what to do.
func (v voice) unreadable(lost damaged) string {
	if lost == nil {
		return ""
	}
	return v.say("list.unreadable", "ids", v.join(lost), "people", v.administrators())
}

// mayRegister reports whether the reader is who the register is for: the auditor, who reads
// every incident that does not leave him out.
func (v *visit) mayRegister() bool {
	return v.known && v.register != nil && v.service.ReadsAll(v.who.ID)
}

// Register makes the 台帳 of every incident that the reader may see all of; ErrNotFound for
// whom it is not for.
func (d *Desk) Register(ctx context.Context, who chat.UserID) (Download, error) {
	v := d.visit(ctx, who, "")
	if !v.mayRegister() {
		return Download{}, workflows.ErrNotFound
	}
	name, media, body, err := d.register(ctx, d.lang, v.say("register.chosen.reader", "name", v.who.Name), d.service.Readable(ctx, v.who.ID))
	return Download{Name: name, Type: media, Body: body}, err
}

// Incident is the page of one incident; ErrNotFound for whoever may not see it.
func (d *Desk) Incident(ctx context.Context, who chat.UserID, id string) (IncidentPage, error) {
	v := d.visit(ctx, who, "")
	in, access, err := d.service.Incident(ctx, v.who.ID, incident.ID(id))
	if err != nil {
		return IncidentPage{}, err
	}
	page := IncidentPage{ID: string(in.ID), Title: called(in, access, v.who.ID)}
	if page.Room, err = v.room(); err != nil {
		return IncidentPage{}, err
	}
	if access != workflows.AccessFull {
		page.Card = v.reporterCard(in, v.who.ID)
		page.Files, err = v.fileRows(in)
		return shown(page), err
	}
	records, err := d.service.Record(ctx, v.who.ID, in.ID, 1)
	if err != nil {
		return IncidentPage{}, err
	}
	sent, err := d.service.Sent(ctx, v.who.ID, in.ID)
	if err != nil {
		return IncidentPage{}, err
	}
	page.Full, page.Channel = true, v.Channel(in.ID)
	page.Card = v.statusCard(in)
	page.Phases, page.Level, page.History = v.phaseMarks(in), v.levelPairs(in), v.levelRows(in)
	page.Steps, page.Fields = v.stepRows(in), v.fieldRows(in)
	page.Clocks, page.Unsure = v.clockRows(in)
	page.Duties, _ = v.legalItems(in)
	if page.Clocks != nil || page.Unsure != nil {
		page.Advice = v.say("clocks.advice")
	}
	if page.Unsure != nil {
		page.UnsureTitle = v.say("clocks.unsure", "count", number(len(page.Unsure)))
	}
	if v.drafts != nil {
		page.Drafts = &Link{Label: v.say("button.drafts"), Path: PathDrafts(in.ID)}
	}
	page.Texts, page.Parties = v.textRows(in, records), v.partyRows(in)
	if in.InCircle(v.who.ID) && in.MergedInto == "" {
		page.Outside, page.AddParty = v.proposeButtons(in), []chat.Button{v.formButton("button.party_new", formParty, in, "")}
	}
	page.Missing = v.missing(in, v.next(in))
	page.Facts, page.Actions = v.factPairs(in), v.actionItems(in)
	page.Log = v.logRows(in, records)
	if page.Files, err = v.fileRows(in); err != nil {
		return IncidentPage{}, err
	}
	if in.InCircle(v.who.ID) && in.MergedInto == "" {
		page.Attach = []chat.Button{v.formButton("button.attach", formAttach, in, ""), v.formButton("button.file", formFile, in, "")}
	}
	page.Messages, page.People = v.messageRows(in, sent), v.circle(in)
	for _, b := range v.documentButtons(in) {
		page.Reports = append(page.Reports, Link{Label: b.Label, Path: b.Page})
	}
	for _, group := range v.menu(in) {
		page.More = append(page.More, group.Buttons...)
	}
	return shown(page), nil
}

func (v voice) phaseMarks(in *incident.Incident) []PhaseMark {
	var marks []PhaseMark
	for _, p := range incident.Phases {
		if p == incident.Dismissed && in.Phase != incident.Dismissed {
			continue
		}
		m := PhaseMark{Name: v.phase(p), State: v.say("phasemark.later"), Now: p == in.Phase}
		at := in.Phase
		if in.Phase == incident.Dismissed {
			at = in.Left
		}
		switch {
		case m.Now:
			m.State = v.say("phasemark.now")
		case p.Before(at) || p == in.Left && in.Phase.Ended():
			m.Done, m.State = true, v.say("phasemark.done")
		}
		if since, ok := in.PhaseSince[p]; ok && (m.Now || m.Done) {
			m.Since = v.when(since)
		}
		marks = append(marks, m)
	}
	return marks
}

func (v voice) levelPairs(in *incident.Incident) []chat.Pair {
	least := v.say("text.none")
	if floor, why := in.Floor(); why != "" {
		least = v.level(floor)
	}
	return []chat.Pair{
		{Label: v.say("label.level"), Value: v.workingLevel(in)},
		{Label: v.say("label.meaning"), Value: v.say("levelmean." + in.WorkingLevel().String())},
		{Label: v.say("label.why"), Value: v.levelWhy(in)},
		{Label: v.say("label.responsible"), Value: v.role(in.WorkingLevel().Responsible())},
		{Label: v.say("label.floor"), Value: least},
	}
}

func (v voice) levelRows(in *incident.Incident) []LevelRow {
	var rows []LevelRow
	for _, c := range in.LevelHistory {
		rows = append(rows, LevelRow{At: v.when(c.At), From: v.level(c.From), To: v.level(c.To), By: v.person(in, c.By), Reason: c.Reason})
	}
	return rows
}

func (v voice) stepRows(in *incident.Incident) []StepRow {
	var rows []StepRow
	for _, s := range in.Steps {
		row := StepRow{
			Text: s.Text.In(v.lang), Role: v.role(s.Role), Phase: v.phase(s.Phase), State: v.stepMark(in, s),
			Reason: s.Reason, Settled: s.Settled(), NotApplicable: !s.Settled() && in.Applies(v.procedures(in), s) == incident.No,
		}
		if s.N > 0 {
			row.N = number(s.N)
		}
		switch {
		case s.Settled():
			row.Who, row.At = v.person(in, s.By), v.when(s.At)
		case s.Assigned != "":
			row.Who = v.person(in, s.Assigned)
		}
		if s.Former {
			row.State = v.say("state.former", "state", row.State)
		}
		if !in.Phase.Ended() && !s.Settled() && !row.NotApplicable {
			row.Buttons = append(v.stepDueButtons(in, s), v.formButton("button.assign_step", formAssign, in, s.Key))
		}
		rows = append(rows, row)
	}
	return rows
}

func (v voice) fieldRows(in *incident.Incident) []FieldRow {
	var rows []FieldRow
	for _, f := range incident.Fields {
		value, ok := in.Fields[f]
		if f == incident.FieldExpectedDamage && !ok && in.WorkingLevel() != incident.Level0 {
			continue
		}
		row := FieldRow{Name: v.field(f), Gap: !ok, Value: v.say("text.unfilled")}
		label := "button.field"
		if ok {
			row.Value, row.By, row.At = v.fieldValue(f, value), v.person(in, value.By), v.when(value.At)
			label = "button.field_edit"
		}
		if !in.Phase.Ended() {
			row.Buttons = []chat.Button{v.formButton(label, formField, in, string(f))}
		}
		rows = append(rows, row)
	}
	return rows
}

func (v voice) factPairs(in *incident.Incident) []chat.Pair {
	var pairs []chat.Pair
	for _, k := range incident.FactKeys {
		a := in.Facts.Get(k)
		if _, answered := in.Facts[k]; k.Legal() && !answered {
			continue // the questions of the notifications have a form of their own
		}
		pairs = append(pairs, chat.Pair{Label: v.fact(k), Value: v.answer(k, a), Gap: a == incident.Unknown})
	}
	return pairs
}

func (v voice) actionItems(in *incident.Incident) []chat.Item {
	var items []chat.Item
	for _, a := range in.Actions {
		items = append(items, chat.Item{
			Mark: v.doneState(a.Done), Text: v.say("action.line", "n", number(a.N), "text", a.Text),
			Small:   v.say("action.small", "owner", v.owner(in, a.Owner), "due", v.due(a.Due)),
			Buttons: []chat.Button{v.formButton("button.action_edit", formAction, in, number(a.N))},
		})
	}
	return items
}

// logRows is the 対応経過, every entry with both its times, its author and its source.
func (v *visit) logRows(in *incident.Incident, records []incident.Record) []LogRow {
	corrections := map[int64]string{}
	for _, r := range records {
		if c, ok := r.Event.(incident.Corrected); ok && !v.undone(in, r.Seq) {
			corrections[c.Seq] = v.text(c.Text)
		}
	}
	lead := in.May(v.service.People(), v.who.ID, incident.WordWaive)
	circle := in.InCircle(v.who.ID)
	tongue := v.tongue(in)
	tongue.Brief = true // the texts stand whole in a section of their own
	tongue.Step, tongue.Restated = report.StepTitles(v.lang, in, records), report.Restated(records)
	var rows []LogRow
	for _, r := range records {
		row := LogRow{Seq: r.Seq, Occurred: v.instant(r.Occurred), Who: v.author(in, r), Text: report.Sentence(r, tongue), Correction: corrections[r.Seq]}
		if !r.At.Equal(r.Occurred) {
			row.Recorded = v.instant(r.At)
		}
		if r.Source != incident.FromPerson && r.Source != "" && r.By != "" {
			row.Who = v.say("entry.source", "person", row.Who, "source", v.say("source."+string(r.Source)))
		}
		undone := v.undone(in, r.Seq)
		if undone {
			row.Undone = v.say("entry.undone")
		}
		if circle && !undone {
			seq := strconv.FormatInt(r.Seq, 10)
			if (lead || r.By == v.who.ID) && originalText(r.Event) != "" {
				row.Buttons = append(row.Buttons, v.formButton("button.correct", formCorrect, in, seq))
			}
			if incident.CanUndo(r.Event.Kind()) && !in.Phase.Ended() && in.MayTakeBack(v.service.People(), v.who.ID, &r) {
				row.Buttons = append(row.Buttons, v.formButton("button.undo", formUndo, in, seq))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// arrived is when somebody had a message, zero while he has not. What is shown anew in it later does
// not change that.
func arrived(m workflows.Message) time.Time {
	if m.FirstSent.IsZero() {
		return m.LastSent
	}
	return m.FirstSent
}

// messageRows says who was told what, and whether it arrived. The card of the channel is
// the page itself.
func (v voice) messageRows(in *incident.Incident, sent []workflows.Message) []MessageRow {
	var rows []MessageRow
	for _, m := range sent {
		if m.Kind == incident.NoticeCard || m.Kind == incident.NoticeFeed {
			continue
		}
		row := MessageRow{At: v.when(m.Created), To: v.person(in, m.To), What: v.say("notice." + string(m.Kind)), State: v.say("message." + string(m.State))}
		if m.To == "" {
			row.To = v.channelName(m.Notice)
		}
		if at := arrived(m); !at.IsZero() {
			row.State = v.say("message.sent_at", "at", v.when(at))
		}
		if m.Kind == incident.NoticePage {
			if p, ok := v.pageOf(in, m); ok {
				row.Answer = v.say("pagestatus." + string(p.Status))
				if !p.Reply.IsZero() {
					row.Answer = v.say("message.answer", "answer", row.Answer, "at", v.when(p.Reply))
				}
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// Download makes a document of an incident in one of the Formats. The report is a command
// first: a report that left the house has a number, and the number stands in the record. The
// auditor only reads, so that his copy is the version there is. A handover summary is for the
// circle and for the moment, and has none.
func (d *Desk) Download(ctx context.Context, who chat.UserID, id string, kind Kind, format string) (Download, error) {
	v := d.visit(ctx, who, "")
	in, access, err := d.service.Incident(ctx, v.who.ID, incident.ID(id))
	if err != nil {
		return Download{}, err
	}
	if access != workflows.AccessFull || !slices.Contains(Formats, format) || kind != KindReport && kind != KindHandover {
		return Download{}, workflows.ErrNotFound
	}
	if kind == KindReport {
		_, err = d.service.Do(ctx, workflows.Command{
			Key: "doc:" + string(in.ID) + ":" + strconv.FormatInt(in.Seq, 10), Incident: in.ID, By: v.who,
			Source: incident.FromPerson, Do: incident.MakeReport{},
		})
		if err != nil {
			return Download{}, err
		}
		if in, _, err = d.service.Incident(ctx, v.who.ID, in.ID); err != nil {
			return Download{}, err
		}
	}
	records, err := d.service.Record(ctx, v.who.ID, in.ID, 1)
	if err != nil {
		return Download{}, err
	}
	name, media, body, err := d.documents(ctx, in, records, kind, d.lang, format)
	return Download{Name: name, Type: media, Body: body}, err
}
