package workflows

import (
	"time"

	"hikeshi/workflows/incident"
)

// reschedule writes what is to come of an incident anew, where that has changed.
func (w *work) reschedule(before, in *incident.Incident) {
	w.rescheduleRound(before, in)
	w.rescheduleReminders(before, in)
	w.rescheduleOffer(before, in)
}

func (w *work) rescheduleRound(before, in *incident.Incident) {
	key := "round:" + string(in.ID)
	dir := w.s.people.Load()
	due, ok := w.rules.Paging.Due(in, dir)
	if before != nil {
		if d, was := w.rules.Paging.Due(before, dir); was == ok && d.Equal(due) && before.Round == in.Round && w.c.Timer != key {
			return
		}
	} else if !ok {
		return
	}
	if !ok {
		w.change.Cancel = append(w.change.Cancel, key)
		return
	}
	w.change.Timers = append(w.change.Timers, roundTimer(in.ID, due, in.Round))
}

// rescheduleOffer keeps the timer of an offer of the lead as the offer is.
func (w *work) rescheduleOffer(before, in *incident.Incident) {
	key := "offer:" + string(in.ID)
	due, ok := in.OfferDue(w.rules.Paging)
	was, waited := time.Time{}, false
	if before != nil {
		was, waited = before.OfferDue(w.rules.Paging)
	}
	switch {
	case ok && (!waited || !was.Equal(due) || w.c.Timer == key):
		w.change.Timers = append(w.change.Timers, offerTimer(in, due))
	case !ok && waited:
		w.change.Cancel = append(w.change.Cancel, key)
	}
}

func offerTimer(in *incident.Incident, due time.Time) Timer {
	return Timer{Key: "offer:" + string(in.ID), Kind: TimerOffer, Incident: in.ID, Due: due, Round: int(in.Seq)}
}
