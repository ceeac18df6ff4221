package main

import (
	"context"

	"hikeshi/workflows/contact"
)

// checkContactList finds the roles that nobody holds and the people who cannot be woken.
func checkContactList(_ context.Context, x *patient) []finding {
	if x.opened == nil {
		return nil
	}
	var found []finding
	open, err := x.gaps(x.opened, x.opened.service.Contacts(), x.opened.service.Now())
	if err != nil {
		return faulty(x.inWords(err))
	}
	for _, f := range open {
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
