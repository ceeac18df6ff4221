package incident

import (
	"slices"
	"time"
	"unicode/utf8"
)

// maxTexts keeps the row of one incident small.
const maxTexts = 100

// outsideText gives a version of a text in one of some states.
func (d *decision) outsideText(k TextKind, version int, want ...TextStatus) (OutsideText, *Refusal) {
	t, there := d.in.Text(k, version)
	switch {
	case !there:
		return t, refuse("refuse.outside_unknown")
	case !slices.Contains(want, t.Status):
		return t, refuse("refuse.outside_settled", "text", k, "version", t.Version, "status", t.Status)
	}
	return t, nil
}

// proposeText lays a text before the representative. It takes the place of one of the same
// kind that is not out yet: what was approved is what is published, word for word.
func (d *decision) proposeText(c ProposeText) *Refusal {
	if !slices.Contains(TextKinds, c.What) {
		return refuse("refuse.outside_kind")
	}
	text, ref := freeText("outside_text", c.Text, true)
	if ref != nil {
		return ref
	}
	if len(d.in.Texts) >= maxTexts {
		return refuse("refuse.too_many", "max", maxTexts)
	}
	version := 1
	for _, t := range d.in.Texts {
		if t.What == c.What {
			version = max(version, t.Version+1)
		}
	}
	d.emit(OutsideProposed{What: c.What, Version: version, Text: text, Length: utf8.RuneCountInString(text.Body)})
	return nil
}

func (d *decision) approveText(c ApproveText) *Refusal {
	in, me := d.in, d.env.By.ID
	comment, ref := freeText("comment", c.Comment, false)
	if ref != nil {
		return ref
	}
	t, ref := d.outsideText(c.What, c.Version, TextProposed)
	if ref != nil {
		return ref
	}
	if t.By == me {
		for _, p := range in.approvesTexts(d.env.People) {
			if p != me {
				return refuse("refuse.outside_own", "person", p)
			}
		}
	}
	e := OutsideApproved{What: t.What, Version: t.Version, Role: Representative, Own: t.By == me, Comment: comment}
	if !slices.Contains(d.env.People.Holders(Representative, in.Reporter().Department), me) {
		e.Deputy = true
	}
	if len(in.Chain(d.env.People, Representative)) == 0 {
		e.Role = IncidentLead // there is nobody in whose place he could do it
		e.Deputy = !slices.Contains(d.env.People.Holders(IncidentLead, in.Reporter().Department), me)
	}
	d.emit(e)
	return nil
}

// refuseText sends a text back. An approved one, too, while it is not out: the representative
// is not bound by what his deputy has approved.
func (d *decision) refuseText(c RefuseText) *Refusal {
	t, ref := d.outsideText(c.What, c.Version, TextProposed, TextApproved)
	if ref != nil {
		return ref
	}
	reason, ref := needReason(c.Reason)
	if ref != nil {
		return ref
	}
	d.emit(OutsideRefused{What: t.What, Version: t.Version, Reason: reason})
	return nil
}

// publishText records that an approved text went out. When is an instant as people type it,
// empty for now.
func (d *decision) publishText(c PublishText) *Refusal {
	t, there := d.in.Text(c.What, c.Version)
	if there && t.Status == TextProposed {
		return refuse("refuse.outside_not_approved", "text", t.What, "version", t.Version)
	}
	t, ref := d.outsideText(c.What, c.Version, TextApproved)
	if ref != nil {
		return ref
	}
	where, ref := shortText("outside_where", c.Where)
	if ref != nil {
		return ref
	}
	at := d.env.Now
	if c.When != "" {
		typed, ok := ParseTime(c.When, d.env.Now)
		switch {
		case !ok:
			return refuse("refuse.time_bad", "value", c.When)
		case typed.After(d.env.Now.Add(clockSlack)):
			return refuse("refuse.outside_future", "at", typed)
		case typed.Before(t.Approval.At.Truncate(time.Minute)): // a minute is all that people type
			return refuse("refuse.outside_early", "at", typed, "approved", t.Approval.At)
		}
		at = typed
	}
	d.emit(OutsidePublished{What: t.What, Version: t.Version, On: at.UTC().Truncate(time.Second), Where: where})
	return nil
}

// ownJudgement is ownEntry for what is taken back. The lead's right to set right what others
// recorded does not reach the approval of what goes outside, nor its refusal.
func (d *decision) ownJudgement(r *Record) *Refusal {
	if d.in.MayTakeBack(d.env.People, d.env.By.ID, r) {
		return nil
	}
	if judgesText(r.Event) {
		return refuse("refuse.not_allowed", "word", WordUndo, "who", permissions[WordSign])
	}
	return refuse("refuse.not_allowed", "word", WordUndo, "who", []Standing{StandLead})
}

// MayTakeBack reports whether it is for a person to take an entry back.
func (in *Incident) MayTakeBack(dir Directory, p PersonID, r *Record) bool {
	if judgesText(r.Event) {
		return r.By == p || in.May(dir, p, WordSign)
	}
	return r.By == p || in.May(dir, p, WordWaive)
}

func judgesText(e Event) bool {
	switch e.(type) {
	case OutsideApproved, OutsideRefused:
		return true
	}
	return false
}

// setBackText gives what takes an entry about a text back, and whether something newer stands
// on it. A refusal that somebody else takes back leaves the text to be approved anew.
func (in *Incident) setBackText(r *Record, by PersonID) (restore Event, overtaken bool) {
	back := func(k TextKind, version int, fits func(OutsideText) bool, to func(OutsideText) TextStatus) (Event, bool) {
		t, there := in.Text(k, version)
		if !there || !fits(t) {
			return nil, true
		}
		then := to(t)
		return OutsideSetBack{What: k, Version: version, To: then, Asks: then != TextApproved}, false
	}
	switch e := r.Event.(type) {
	case OutsideProposed:
		return back(e.What, e.Version, func(t OutsideText) bool { return t.Status == TextProposed && t.Approval == nil },
			func(OutsideText) TextStatus { return TextWithdrawn })
	case OutsideApproved:
		return back(e.What, e.Version, func(t OutsideText) bool { return t.Status == TextApproved && t.Approval.Seq == r.Seq },
			func(OutsideText) TextStatus { return TextProposed })
	case OutsideRefused:
		return back(e.What, e.Version, func(t OutsideText) bool { return t.Status == TextRefused && t.Refusal.Seq == r.Seq && in.newestText(t) },
			func(t OutsideText) TextStatus {
				if t.Approval != nil && r.By == by {
					return TextApproved
				}
				return TextProposed
			})
	case OutsidePublished:
		return back(e.What, e.Version, func(t OutsideText) bool {
			return t.Status == TextPublished && t.Publication.Seq == r.Seq && in.newestText(t)
		}, func(OutsideText) TextStatus { return TextApproved })
	}
	return nil, true
}

// newestText reports whether no newer version of the same kind is there: what is set back to
// waiting must not wait beside another.
func (in *Incident) newestText(t OutsideText) bool {
	newest, _ := in.Text(t.What, 0)
	return newest.Version == t.Version
}
