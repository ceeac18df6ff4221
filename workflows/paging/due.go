package paging

import (
	"slices"
	"time"

	"hikeshi/workflows/incident"
)

// Due says when something follows from the calls as they stand: a wait for an answer runs out,
// somebody who has taken a call has been silent for too long, or a chain that came to its end
// starts again. Calling one more person never puts off the others. ok is false when nothing
// does: the incident has ended, nobody is chased at its level, or everybody acts.
func (p *Policy) Due(in *incident.Incident, dir incident.Directory) (due time.Time, ok bool) {
	due = p.look(in, dir, time.Time{}).due()
	return due, !due.IsZero()
}

// Round says when the wait for an answer runs out next, and others are called: what a card tells
// people. That somebody who has taken it may fall silent is not said in advance.
func (p *Policy) Round(in *incident.Incident, dir incident.Directory) (due time.Time, ok bool) {
	due = p.look(in, dir, time.Time{}).round()
	return due, !due.IsZero()
}

// Follows reports whether somebody who was not called yet is called when the wait runs out at due,
// as Round gave it: where nobody is left, the same people are called once more.
func (p *Policy) Follows(in *incident.Incident, dir incident.Directory, due time.Time) bool {
	return slices.ContainsFunc(p.Late(in, dir, due).Next, func(a incident.Attempt) bool {
		_, called := in.Page(a.Person)
		return !called
	})
}

func (v view) due() (due time.Time) {
	due = v.round()
	if !v.in.Chased() || v.in.Phase.Ended() {
		return due
	}
	for _, pg := range v.taken() {
		if t := v.silentAt(pg); !t.IsZero() && (due.IsZero() || t.Before(due)) {
			due = t
		}
	}
	return due
}

func (v view) round() (due time.Time) {
	if !v.in.Chased() || v.in.Phase.Ended() {
		return time.Time{}
	}
	sooner := func(t time.Time) {
		if due.IsZero() || t.Before(due) {
			due = t
		}
	}
	waiting := v.waiting()
	for _, pg := range waiting {
		sooner(v.runsOut(pg))
	}
	if len(waiting) == 0 && !v.in.Attended(v.dir) {
		rest := v.in.RoundAt
		for _, t := range []time.Time{v.in.ReportedAt, v.in.LastCall()} {
			if t.After(rest) {
				rest = t
			}
		}
		sooner(rest.Add(v.plan(rest).Again))
	}
	return due
}

// waiting lists the calls whose answer somebody waits for: open, for a role, and of one who is
// not left out.
func (v view) waiting() (out []incident.Page) {
	for i := range v.in.Pages {
		if v.waitsFor(&v.in.Pages[i]) {
			out = append(out, v.in.Pages[i])
		}
	}
	return out
}

func (v view) waitsFor(pg *incident.Page) bool {
	return pg.Status == incident.PageOpen && len(pg.Roles) > 0 && !v.in.IsExcluded(pg.Person)
}

// runsOut is when the wait for the answer to a call is over. One whose wait was over at a round
// waits another: something else is being tried meanwhile. The round of somebody else's call does
// not put it off, but for one that found nobody at all.
func (v view) runsOut(pg incident.Page) time.Time {
	begun := pg.At
	if pg.ByAt.After(begun) {
		begun = pg.ByAt
	}
	if own := begun.Add(v.plan(begun).Wait); v.in.RoundAt.After(begun) && (v.in.Exhausted || !own.After(v.in.RoundAt)) {
		begun = v.in.RoundAt
	}
	plan := v.plan(begun)
	wait := plan.Wait
	switch {
	case v.in.Exhausted && v.led():
		wait = max(wait, plan.AgainLed)
	case v.in.Exhausted:
		wait = plan.Again // also where a single wait is longer: nobody knows of the incident
	}
	return begun.Add(wait)
}

// led reports whether somebody leads the incident and is not silent.
func (v view) led() bool {
	lead := v.in.ActingLead(v.dir)
	return lead != "" && !v.in.Silent(lead)
}

// leadSilent reports whether somebody leads the incident and has fallen silent.
func (v view) leadSilent() bool {
	lead := v.in.ActingLead(v.dir)
	return lead != "" && v.in.Silent(lead)
}

// taken lists the calls that somebody has taken and after which nothing has followed: of the
// lead where there is one, else of everybody. While somebody leads, nobody else has to prove
// that he is awake; and whatever any of them writes is a sign that somebody works.
func (v view) taken() (out []incident.Page) {
	lead := v.in.ActingLead(v.dir)
	for _, pg := range v.in.Responders() {
		if pg.Status != incident.PageAcknowledged {
			continue // he is being asked for the lead
		}
		if pg.Person == lead && v.in.LeadAt.After(pg.Reply) {
			pg.Reply = v.in.LeadAt // what others did before he was handed the lead says nothing of him as the lead
		}
		acts := len(pg.Roles) > 0 || pg.Person == v.in.Lead
		if acts && (lead == "" || lead == pg.Person) && !v.in.ActedAt.After(pg.Reply) && !v.in.IsExcluded(pg.Person) && v.dir.Known(pg.Person) {
			out = append(out, pg)
		}
	}
	pg, called := v.in.Page(lead)
	if lead == "" || v.in.LeadAt.IsZero() || called && (pg.Status == incident.PageAcknowledged || pg.Status == incident.PageOpen) {
		return out
	}
	// He was handed the lead without a call of his own, or it has ended, since others answered it.
	pg.Person, pg.Roles, pg.Status, pg.Reply = lead, []incident.Role{incident.IncidentLead}, incident.PageAcknowledged, v.in.LeadAt
	if pg.At.After(pg.Reply) {
		pg.Reply = pg.At
	}
	if !v.in.ActedAt.After(pg.Reply) && !v.in.IsExcluded(lead) {
		out = append(out, pg)
	}
	return out
}

// silentAt is when somebody who has taken a call has been silent for too long; zero: never.
// Whoever has answered that he is still at it is asked after twice the time.
func (v view) silentAt(pg incident.Page) time.Time {
	silence := v.plan(pg.Reply).Silence
	if silence == 0 {
		return time.Time{}
	}
	return pg.Reply.Add(silence << min(pg.Silences, 8))
}

// silent gives those who have taken a call and written nothing for too long: they are called
// again by everything there is.
func (v view) silent() (out []incident.Attempt) {
	for _, pg := range v.taken() {
		if t := v.silentAt(pg); t.IsZero() || t.After(v.now) {
			continue
		}
		roles := pg.Roles
		if lead := v.in.ActingLead(v.dir); len(roles) == 0 || lead == pg.Person && !slices.Contains(roles, incident.IncidentLead) {
			// What is missed of him is the lead, whatever he was called for when he took it.
			roles = append(slices.Clone(roles), incident.IncidentLead)
		}
		out = append(out, incident.Attempt{Person: pg.Person, Roles: roles, By: v.everyMeans(pg.Person)})
	}
	return out
}
