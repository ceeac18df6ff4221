package incident

import "time"

// An offer of the lead waits for an answer as a call does: by chat and by mail, for as long as
// the policy has a call wait. Nobody else is called in the place of who is asked, for whoever
// offered it leads until then; he is told whom to phone.

// OfferDue is when the wait for the answer to an offer of the lead runs out; ok is false when
// nobody waits for one any more, or at level 0, where nobody is chased.
func (in *Incident) OfferDue(paging Pager) (due time.Time, ok bool) {
	h := in.Handover
	if h == nil || h.Waited || in.Phase.Ended() {
		return time.Time{}, false
	}
	wait := paging.Wait(in, h.At)
	return h.At.Add(wait), wait > 0
}

// passOffer is the due timer of an offer. One that was answered, or made anew since, is not late.
func (d *decision) passOffer(c PassOffer) *Refusal {
	due, waits := d.in.OfferDue(d.env.Paging)
	if !waits || due.After(c.Due) {
		return nil
	}
	d.emit(HandoverWaited{To: d.in.Handover.To})
	return nil
}
