package main

import (
	"context"

	"hikeshi/bot/phone"
	"hikeshi/workflows/contact"
)

// checkPhone asks the gateway whether it takes our requests, without having anybody rung.
func checkPhone(ctx context.Context, x *patient) []finding {
	switch {
	case !x.settings.phone():
		return nil
	case x.settings.phoneUnused():
		return fine(x.say("cli.serve.phone.unused"))
	}
	var people []phone.Listed
	if x.opened != nil {
		people = byPhone(x.opened.service.Contacts().People())
	}
	var found []finding
	for _, f := range phone.Check(ctx, x.phoneConfig(x.texts.Say), people) {
		found = append(found, finding{Grade: gradeOf(f.Fault, f.Note), Text: x.say(f.Key, f.Pairs...)})
	}
	return found
}

// byPhone are the people whom the bot may ring: everybody but outside contacts.
func byPhone(people []contact.Person) []phone.Listed {
	var out []phone.Listed
	for _, p := range people {
		if p.Active && !p.Outsider() {
			out = append(out, phone.Listed{Name: p.Name, Number: p.Phone})
		}
	}
	return out
}
