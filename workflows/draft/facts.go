package draft

import (
	"hikeshi/workflows/clock"
	"hikeshi/workflows/incident"
)

// attack reports whether somebody from outside got in: unauthorized access or ransomware.
func (r *reader) attack() incident.Answer {
	return either(r.is(incident.FactUnauthorizedAccess), r.is(incident.FactRansomware))
}

// The numbers of persons from which an incident is to be reported whatever happened. How they
// are judged, as where only a possible maximum is known, the clocks say.
var (
	manyPersons   = condition("persons > 1000")          // 個人情報保護法施行規則 7条4号
	manyMyNumbers = condition("my_number_persons > 100") // 番号法 29条の4の報告規則 2条4号
)

func condition(text string) *clock.Condition {
	c, wrong := clock.Compile(text)
	if wrong != nil {
		panic(wrong.What.Key) // the text stands in this program
	}
	return c
}

func (r *reader) holds(c *clock.Condition) incident.Answer {
	answer, _ := c.Holds(r.facts.Facts)
	return answer
}

// wrongful reports whether an act with a possibly wrongful purpose is behind it (施行規則7条
// 3号).
func (r *reader) wrongful() incident.Answer { return r.is(incident.FactWrongfulPurpose) }

// leaked reports whether data may have come to somebody who must not have them.
func (r *reader) leaked() incident.Answer {
	if r.in.Category == incident.Leak || r.in.Effect == incident.Leak || r.attack() == incident.Yes || r.yes(incident.FactViewableByMany) {
		return incident.Yes
	}
	return either(r.attack(), r.is(incident.FactViewableByMany))
}

// spoilt reports whether data may have been made unusable.
func (r *reader) spoilt() incident.Answer {
	return either(r.is(incident.FactRansomware), r.is(incident.FactDamagedData), r.is(incident.FactDamagedPaper))
}

// lost reports whether data may be gone.
func (r *reader) lost() incident.Answer {
	if r.in.Kind == incident.KindLoss || r.in.Kind == incident.KindTheft {
		return incident.Yes
	}
	return ""
}
