package main

import (
	"context"

	"hikeshi/bot/mail"
)

// checkMail asks the mail server about our settings. It sends no mail.
func checkMail(ctx context.Context, x *patient) []finding {
	switch {
	case x.settings.mailUnused():
		return fine(x.say("cli.serve.mail.unused"))
	case !x.settings.mail():
		return nil
	}
	var found []finding
	for _, f := range mail.Check(ctx, x.mailConfig(x.texts.Say)) {
		found = append(found, finding{Grade: gradeOf(f.Fault, f.Note), Text: x.say(f.Key, f.Pairs...)})
	}
	return found
}
