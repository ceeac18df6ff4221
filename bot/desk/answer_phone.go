package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// AnswerByPhone takes or declines (AnswerTake, AnswerDecline) for the person of a token
// whatever he was told of when he was phoned: his calls that had gone out by phone when the
// token was made, and not those that have come since or by other means alone. said is the
// sentence that the gateway reads out, in lang, also with an error: ErrAnswerUnknown,
// ErrAnswerExpired, ErrAnswerChoice, when nothing was recorded; else a fault, after which the
// same may be sent again. Sent twice, it is done once, and said to be done.
func (d *Desk) AnswerByPhone(ctx context.Context, token, choice string) (said, lang string, err error) {
	said, err = d.answerByPhone(ctx, token, choice)
	return templates.Printable(said), d.lang, err
}

func (d *Desk) answerByPhone(ctx context.Context, token, choice string) (string, error) {
	words := d.voice()
	v, l, err := d.answering(ctx, token)
	switch {
	case errors.Is(err, ErrAnswerUnknown), errors.Is(err, ErrAnswerExpired):
		return words.say("answerlink.phone.unknown"), err
	case err != nil:
		return words.phoneFault(l.Person), err
	case choice != AnswerTake && choice != AnswerDecline:
		return v.say("answerlink.phone.choice"), ErrAnswerChoice
	}
	calls, err := v.service.OpenCalls(ctx, v.who.ID)
	if err != nil {
		return v.phoneFault(l.Person), err
	}
	// The call he was phoned for comes first, and is the one that is named.
	var done []incident.ID
	refusal := ""
	for _, c := range linkFirst(l, calls) {
		x := answered{id: c.Incident.ID, seen: c.Page.Seq, choice: choice}
		_, why, err := v.answerCall(l, x, "")
		if err != nil {
			return v.phoneFault(l.Person), err
		}
		if why != "" {
			refusal = why
			continue
		}
		// Somebody else may have been quicker: only what stands in the record is said.
		if in, err := v.answerIncident(l, x.id); err == nil && in != nil && answeredAs(in, v.who.ID, choice) {
			done = append(done, x.id)
		}
	}
	if len(done) == 0 {
		return v.phoneState(l, refusal)
	}
	which := string(done[0])
	if len(done) > 1 {
		which = v.say("answerlink.phone.more", "id", which, "count", number(len(done)-1))
	}
	if choice == AnswerDecline {
		return v.say("answerlink.phone.declined", "calls", which), nil
	}
	return v.tookByPhone(which), nil
}

// linkFirst leaves the calls that the person of a link was told of, that of the link first.
func linkFirst(l link, calls []workflows.OpenCall) []workflows.OpenCall {
	var first, rest []workflows.OpenCall
	for _, c := range calls {
		switch {
		case c.Incident.ID == l.Incident:
			first = append(first, c)
		case l.heard(c.Incident, c.Page.At) && rung(c.Page, l.Issued):
			rest = append(rest, c)
		}
	}
	return append(first, rest...)
}

// rung reports whether a page had gone out by phone by an instant. Of one that only the chat and a
// mail had told of, the person has heard nothing on the phone, and a key he presses there must not
// end it.
func rung(p incident.Page, by time.Time) bool {
	if !slices.Contains(p.Used(), incident.ByPhone) {
		return false
	}
	return !p.ByAt.After(by) || p.By[0] == incident.ByPhone
}

func answeredAs(in *incident.Incident, p incident.PersonID, choice string) bool {
	page, _ := in.Page(p)
	return takes(in, page) && choice == AnswerTake || (page.Status == incident.PageDeclined || page.Spared) && choice == AnswerDecline
}

// phoneState says how it is with the call of a link where there was nothing to record.
func (v *visit) phoneState(l link, refusal string) (string, error) {
	if refusal != "" {
		return refusal, nil
	}
	in, err := v.answerIncident(l, l.Incident)
	if err != nil {
		return v.phoneFault(l.Person), err
	}
	if in == nil { // left out between two looks
		return v.say("answerlink.phone.unknown"), ErrAnswerUnknown
	}
	page, _ := in.Page(v.who.ID)
	return v.say("answerlink.phone.state", "id", string(in.ID), "state", v.answerState(in, page)), nil
}

// phoneFault says whom to phone instead, from memory; to nobody but a person of the list.
func (v voice) phoneFault(p incident.PersonID) string {
	if !v.service.People().Known(p) {
		return v.say("answerlink.phone.unknown")
	}
	lines := v.spokenPhones(p)
	if lines == "" {
		return v.say("answerlink.phone.fault_nobody")
	}
	return v.say("answerlink.phone.fault", "people", lines)
}
