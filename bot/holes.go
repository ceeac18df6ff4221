package main

import (
	"slices"

	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
	"hikeshi/workflows/paging"
)

// callHoles finds what may keep calls from reaching anybody now, as the policy, the settings and
// the contact list are, beside what the list itself shows (contact.Check). In practice nobody is
// rung or sent a mail, and nothing is wrong with that.
func (p *program) callHoles(c *callCompany) (found []contact.Finding, err error) {
	listed := []incident.Role{incident.Representative, incident.IncidentLead, incident.SystemAdmin, incident.PrivacyManager, incident.Auditor}
	var told []paging.Hole
	for _, level := range []incident.Level{incident.Level3, incident.Level2, incident.Level1} {
		supposed := paging.Case{Level: level, Confirmed: true, At: c.now}
		course, err := c.policy.Play(supposed, c.people, c.rules)
		if err != nil {
			return nil, err
		}
		for _, h := range c.policy.Holes(supposed, course, c.people, p.ready()) {
			switch {
			case slices.Contains(told, h), slices.Contains(listed, h.Role), h.Key == paging.HoleAllAway:
			case h.Key == paging.HoleNight && p.settings.practice():
			default:
				told, found = append(told, h), append(found, p.finding(c, h))
			}
		}
	}
	return found, nil
}
