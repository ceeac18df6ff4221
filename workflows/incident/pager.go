package incident

import "time"

// Pager is the policy of calls at work (workflows/paging): whom to call, by what and when. It
// is pure, and changes nothing.
type Pager interface {
	// Due says when something follows from the calls as they stand; ok is false when nothing does.
	Due(in *Incident, dir Directory) (due time.Time, ok bool)
	// Wait is how long a call that goes out at an instant may stay unanswered; 0: nobody is chased.
	Wait(in *Incident, at time.Time) time.Duration
	// Start gives whom to call now of those to be told at this level.
	Start(in *Incident, dir Directory, now time.Time) []Attempt
	// Instead gives who is called in the place of somebody whose call came to nothing.
	Instead(in *Incident, dir Directory, now time.Time, roles []Role) []Attempt
	// By gives the means by which a person is called first; none: nothing reaches him.
	By(in *Incident, dir Directory, now time.Time, p PersonID) []Means
	// Further gives the means to use next for an open page.
	Further(in *Incident, dir Directory, now time.Time, p Page) []Means
	// Late gives what follows from the waits that have run out.
	Late(in *Incident, dir Directory, now time.Time) Round
	// Answered reports whether somebody acts for a role.
	Answered(in *Incident, dir Directory, now time.Time, role Role) bool
}

// Attempt is one person to be called.
type Attempt struct {
	Person PersonID
	Roles  []Role
	By     []Means // at once; none: nothing reaches him
}

// Round is what follows when waits have run out.
type Round struct {
	Passed    bool      // a wait for an answer ran out
	Exhausted bool      // nobody was left to call
	Silent    []Attempt // took it and wrote nothing since: called again
	Further   []Attempt // open pages that go on by other means
	Next      []Attempt // called as well
	Again     []Attempt // nobody was left: called once more
}
