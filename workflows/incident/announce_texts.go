package incident

import "slices"

// outside tells of a text for people outside: who is to approve it is asked at once, though
// nobody is got out of bed for it, and who proposed it hears what came of it.
func (a *announcement) outside(r Record) {
	a.feed(r.Seq)
	switch e := r.Event.(type) {
	case OutsideProposed:
		for _, p := range a.in.TextApprovers(a.dir, r.By, r.At) {
			a.dm(NoticeSign, p, r.Seq, true)
		}
	case OutsideApproved:
		a.outcome(r, e.What, e.Version)
	case OutsideRefused:
		a.outcome(r, e.What, e.Version)
	case OutsideSetBack:
		// Asked again, in a message of its own: one that was edited where it stands, weeks up in a
		// chat perhaps, is seen by nobody.
		for _, t := range a.in.Texts {
			if t.Status == TextProposed && slices.Contains(t.Asked, r.Seq) {
				for _, p := range a.in.TextApprovers(a.dir, t.By, r.At) {
					a.dm(NoticeSign, p, r.Seq, true)
				}
			}
		}
	}
	a.refreshAsked()
}

// outcome tells whoever proposed a text what became of it, if he still belongs to the incident.
func (a *announcement) outcome(r Record, k TextKind, version int) {
	if t, there := a.in.Text(k, version); there && t.By != r.By && a.in.InCircle(t.By) {
		a.dm(NoticeSigned, t.By, r.Seq, true)
	}
}

// refreshAsked brings the messages up to date that asked for an approval which is not needed any
// more, or is asked for anew in another message. Who was asked is not kept: it is among those who
// may approve, and a message that never went out is not begun with it.
func (a *announcement) refreshAsked() {
	if a.before == nil {
		return
	}
	for _, old := range a.before.Texts {
		now, there := a.in.Text(old.What, old.Version)
		if !there || now.Status == old.Status {
			continue
		}
		for _, p := range a.in.approvesTexts(a.dir) {
			a.dm(NoticeSign, p, old.AskedBy(), false)
		}
	}
}
