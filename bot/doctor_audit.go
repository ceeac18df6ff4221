package main

import (
	"context"
	"strconv"
)

// checkOpen looks at what is open with the auditor's eyes, and mends nothing: that is the
// running server's to do, within a minute.
func checkOpen(ctx context.Context, x *patient) []finding {
	if x.opened == nil {
		return nil // told by checkDatabase
	}
	a, err := x.opened.service.Inspect(ctx)
	if err != nil {
		return faulty(x.inWords(err))
	}
	if len(a.Found) == 0 {
		return fine(x.say("cli.doctor.open", "count", strconv.Itoa(a.Open)))
	}
	var found []finding
	told := map[string]bool{}
	for _, f := range a.Found {
		text := x.say("cli.doctor.open_found", "id", string(f.Incident), "what", x.say(f.Words()+".title"))
		if told[text] {
			continue // of several calls of one incident
		}
		told[text] = true
		if f.Kind.Repairable() {
			found = append(found, notice(below(text, x.say("cli.doctor.open_mends"))))
			continue
		}
		found = append(found, fault(below(text, x.say(f.Words()+".to_do"))))
	}
	return found
}
