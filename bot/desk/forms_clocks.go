package desk

import (
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// The forms by which a notification clock is settled.
const (
	formFiled     = "filed"     // 届出済み
	formPassed    = "passed"    // the 委託元 was told
	formUnneeded  = "unneeded"  // 不要と判断
	formReminders = "reminders" // when the owner is reminded
)

const (
	inputClock    = "clock"
	inputOn       = "on"
	inputReceipt  = "receipt"
	inputTo       = "clock_to"
	inputEvidence = "evidence"
	inputTimes    = "times"
)

// whichClock shows what a form is about.
func (v *visit) whichClock(k draft, in *incident.Incident) chat.Input {
	i := v.input(inputClock, chat.Fixed, false)
	i.Value = v.ruleTitle(findRule(in, k.arg))
	return i
}

func (v *visit) dayInput() chat.Input {
	i := v.input(inputOn, chat.Date, true)
	i.Value = v.now.In(incident.Tokyo).Format(time.DateOnly)
	return i
}

// toldInput is the same of who is told, and not notified as an authority is.
func (v *visit) toldInput() chat.Input {
	i := v.dayInput()
	i.Label = v.say("input.on_told")
	return i
}

func filedSpec() formSpec {
	return formSpec{
		probeOf: func(k draft, in *incident.Incident) incident.Command {
			return incident.SettleClock{Rule: findRule(in, k.arg), How: incident.ClockFiled}
		},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			inputs := []chat.Input{v.whichClock(k, in), v.dayInput(), v.line(inputReceipt, false), v.line(inputTo, false)}
			file := v.input(inputEvidence, chat.Choice, false)
			if in != nil {
				for _, e := range in.Evidence {
					if e.SHA256 != "" {
						seq := number(int(e.Seq))
						file.Options = append(file.Options, chat.Option{Value: seq, Label: clip(v.say("evidence.choice", "name", clip(e.Name, 50), "number", seq), maxOption)})
					}
				}
			}
			if len(file.Options) > 0 {
				inputs = append(inputs, file)
			}
			return inputs
		},
		take: func(_ *visit, k draft, in *incident.Incident, a *answers) {
			file, _ := sequence(a.get(inputEvidence))
			a.then(incident.SettleClock{
				Rule: findRule(in, k.arg), How: incident.ClockFiled, On: a.get(inputOn), Receipt: a.Values[inputReceipt], To: a.Values[inputTo], File: file,
			})
		},
	}
}

func passedSpec() formSpec {
	return formSpec{
		probeOf: func(k draft, in *incident.Incident) incident.Command {
			return incident.SettleClock{Rule: findRule(in, k.arg), How: incident.ClockPassed}
		},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			return []chat.Input{v.whichClock(k, in), v.toldInput(), v.line(inputTo, true)}
		},
		take: func(_ *visit, k draft, in *incident.Incident, a *answers) {
			a.then(incident.SettleClock{Rule: findRule(in, k.arg), How: incident.ClockPassed, On: a.get(inputOn), To: a.Values[inputTo]})
		},
	}
}

func unneededSpec() formSpec {
	return formSpec{
		probeOf: func(k draft, in *incident.Incident) incident.Command {
			return incident.SettleClock{Rule: findRule(in, k.arg), How: incident.ClockUnneeded}
		},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			return []chat.Input{v.whichClock(k, in), v.lines(inputReason, true)}
		},
		take: func(_ *visit, k draft, in *incident.Incident, a *answers) {
			a.then(incident.SettleClock{Rule: findRule(in, k.arg), How: incident.ClockUnneeded, Reason: a.Values[inputReason]})
		},
	}
}

// remindLayout is how an instant stands in the form of reminders.
const remindLayout = "2006-01-02 15:04"

func remindersSpec() formSpec {
	return formSpec{
		probeOf: func(k draft, in *incident.Incident) incident.Command {
			return incident.PlanReminders{Rule: findRule(in, k.arg)}
		},
		inputs: func(v *visit, k draft, in *incident.Incident) []chat.Input {
			times := v.lines(inputTimes, false)
			if in != nil {
				var lines []string
				for _, t := range v.reminders(in, findRule(in, k.arg)) {
					lines = append(lines, t.In(incident.Tokyo).Format(remindLayout))
				}
				times.Value = strings.Join(lines, "\n")
			}
			return []chat.Input{v.whichClock(k, in), times, v.lines(inputReason, false)}
		},
		take: func(v *visit, k draft, in *incident.Incident, a *answers) {
			c := incident.PlanReminders{Rule: findRule(in, k.arg), Reason: a.Values[inputReason]}
			for line := range strings.Lines(a.Values[inputTimes]) {
				if line = strings.TrimSpace(line); line == "" {
					continue
				}
				t, ok := v.comingTime(line)
				if !ok {
					a.blame(inputTimes, v.say("refuse.time_bad", "value", line))
				}
				c.At = append(c.At, t)
			}
			a.then(c)
		},
	}
}

// reminders are the instants to come at which the owner of a clock is reminded.
func (v voice) reminders(in *incident.Incident, rule incident.Rule) (out []time.Time) {
	c, _ := in.Clock(rule)
	all := c.Own
	if clocks := v.service.Clocks(); !c.Chosen && clocks != nil {
		for _, d := range clocks.Duties(in.Facts, in.Aware(), v.now) {
			if d.Rule == rule {
				all = d.Remind
			}
		}
	}
	for _, t := range all {
		if t.After(v.now) {
			out = append(out, t)
		}
	}
	return out
}

// comingTime reads an instant to come; without a year it is the next such day.
func (v voice) comingTime(typed string) (time.Time, bool) {
	t, ok := incident.ParseTime(typed, v.now)
	if ok && t.After(v.now) {
		return t, true
	}
	year := v.now.In(incident.Tokyo).Year()
	for _, y := range []int{year, year + 1} {
		if next, fits := incident.ParseTime(number(y)+"/"+typed, v.now); fits && next.After(v.now) {
			return next, true
		}
	}
	return t, ok
}
