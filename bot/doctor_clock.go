package main

import (
	"context"
	"time"

	"hikeshi/workflows/incident"
)

// The years between which the machine's clock is believed. Time limits of the law are counted
// by it; a machine whose battery is empty starts in 1970 or in the year it was built.
const (
	firstYear = 2025
	lastYear  = 2099
)

func checkClock(_ context.Context, x *patient) []finding { return x.clockFindings(time.Now()) }

func (p *patient) clockFindings(now time.Time) []finding {
	shown := now.In(incident.Tokyo).Format("2006-01-02 15:04")
	if y := now.In(incident.Tokyo).Year(); y < firstYear || y > lastYear {
		return faulty(p.say("cli.doctor.clock_wrong", "time", shown))
	}
	// The days of the law are Tokyo's; without its rules they would be another place's.
	if zone, err := time.LoadLocation("Asia/Tokyo"); err != nil {
		return faulty(p.say("cli.doctor.zone"))
	} else if _, offset := now.In(zone).Zone(); offset != 9*60*60 {
		return faulty(p.say("cli.doctor.zone"))
	}
	return fine(p.say("cli.doctor.clock", "time", shown))
}
