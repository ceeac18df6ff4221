package main

import (
	"context"

	"hikeshi/workflows/company"
	"hikeshi/workflows/contact"
)

// checkContactList finds the roles that nobody holds and the people who cannot be woken.
func checkContactList(_ context.Context, x *patient) []finding {
	if x.opened == nil {
		return nil
	}
	var found []finding
	var own company.Profile
	if x.set != nil {
		own = x.set.Company
	}
	for _, f := range gaps(x.opened.service.Contacts(), own, x.opened.service.Now()) {
		g := gradeWarning
		if f.Severity == contact.Severe {
			g = gradeFault
		}
		found = append(found, finding{Grade: g, Text: f.Say(x.program.say(x.texts)), mark: "cli.check." + string(f.Severity)})
	}
	if found == nil {
		return fine(x.say("cli.contacts.fine"))
	}
	return found
}
