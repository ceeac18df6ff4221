package incident

import "time"

// PagePolicy says how long calls go unanswered before more people are called. It is data of
// the company (templates/policies/paging.yaml); level 0 is in none: nobody is got out of bed
// for a ヒヤリハット, and nobody waits for the answer.
type PagePolicy struct {
	// Unconfirmed is the wait while nobody has confirmed the level: it may be a 3.
	Unconfirmed time.Duration
	Level3      time.Duration
	Level2      time.Duration
	Level1      time.Duration
	// Again is how long a chain that found nobody rests before it starts again.
	Again time.Duration
	// AgainLed is the same while somebody leads the incident: then it only lacks company.
	AgainLed time.Duration
}

// UsualPaging is the policy of a company that sets none of its own, and of incidents that
// began before there were policies. templates/policies/paging.yaml says the same.
var UsualPaging = PagePolicy{
	Unconfirmed: 5 * time.Minute, Level3: 5 * time.Minute, Level2: 15 * time.Minute, Level1: time.Hour,
	Again: 15 * time.Minute, AgainLed: time.Hour,
}

// orUsual never lets a forgotten policy mean that nobody is called again.
func (p PagePolicy) orUsual() PagePolicy {
	if p == (PagePolicy{}) {
		return UsualPaging
	}
	return p
}

// wait is how long a page may stay unanswered at a level before the next people are called.
func (p PagePolicy) wait(l Level, confirmed bool) time.Duration {
	switch {
	case l == Level0:
		return 0
	case !confirmed:
		return p.Unconfirmed
	case l == Level3:
		return p.Level3
	case l == Level2:
		return p.Level2
	default:
		return p.Level1
	}
}
