package main

import "context"

// checkSettings tells every setting in force and where it comes from. Wrong ones have ended
// the program before.
func checkSettings(_ context.Context, x *patient) []finding {
	var lines []string
	for _, s := range x.shownSettings() {
		value, origin := s.value, "cli.doctor.setting.default"
		if s.given {
			origin = "cli.doctor.setting.given"
		}
		switch {
		case s.hidden:
			value = x.say("cli.doctor.setting.hidden")
		case value == "":
			value = x.say("cli.doctor.setting.none")
		}
		lines = append(lines, x.say("cli.doctor.setting.line", "name", s.name, "value", value, "origin", x.say(origin)))
	}
	return fine(below(x.say("cli.doctor.settings"), lines...))
}
