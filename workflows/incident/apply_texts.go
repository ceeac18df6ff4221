package incident

import "slices"

// applyTexts makes the next state of an entry about a text for people outside.
func (in *Incident) applyTexts(r Record) {
	switch e := r.Event.(type) {
	case OutsideProposed:
		for i := range in.Texts {
			if t := &in.Texts[i]; t.What == e.What && t.Unfinished() {
				t.Was, t.Status, t.Over = t.Status, TextSuperseded, e.Version
			}
		}
		in.Texts = append(in.Texts, OutsideText{
			What: e.What, Version: e.Version, Status: TextProposed, Seq: r.Seq, By: r.By, At: r.At, Length: e.Length,
		})
	case OutsideApproved:
		in.onText(e.What, e.Version, func(t *OutsideText) {
			t.Status, t.Refusal = TextApproved, nil
			t.Approval = &TextApproval{By: r.By, Role: e.Role, Deputy: e.Deputy, Own: e.Own, At: r.At, Comment: e.Comment.Body, Seq: r.Seq}
		})
	case OutsideRefused:
		in.onText(e.What, e.Version, func(t *OutsideText) {
			t.Status, t.Refusal = TextRefused, &TextRefusal{By: r.By, At: r.At, Reason: e.Reason.Body, Seq: r.Seq}
		})
	case OutsidePublished:
		in.onText(e.What, e.Version, func(t *OutsideText) {
			t.Status, t.Publication = TextPublished, &TextPublication{By: r.By, At: e.On, Where: e.Where.Body, Seq: r.Seq}
		})
	case OutsideSetBack:
		in.onText(e.What, e.Version, func(t *OutsideText) {
			t.Status, t.Refusal, t.Publication = e.To, nil, nil
			if e.To != TextApproved {
				t.Approval = nil
			}
			if e.Asks && e.To == TextProposed {
				t.askedAgain(r.Seq)
			}
		})
		if e.To != TextWithdrawn {
			return
		}
		// What it had taken the place of waits again.
		for i := range in.Texts {
			if t := &in.Texts[i]; t.What == e.What && t.Status == TextSuperseded && t.Over == e.Version {
				t.Status, t.Was, t.Over = t.Was, "", 0
				if e.Asks && t.Status == TextProposed {
					t.askedAgain(r.Seq)
				}
			}
		}
	}
}

func (in *Incident) onText(k TextKind, version int, change func(*OutsideText)) {
	if i := slices.IndexFunc(in.Texts, func(t OutsideText) bool { return t.What == k && t.Version == version }); i >= 0 {
		change(&in.Texts[i])
	}
}
