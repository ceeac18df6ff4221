// Package clock is what the law, contracts and the company itself ask for after an incident:
// who has to be told of what, and by when. It owns the rules of notification (Rule), the
// conditions under which they apply (Condition), what the answers mean together (Consider),
// and the Japanese calendar by which days are counted (Calendar).
//
// It is pure: now is handed in, files are read in templates/, and every sentence is in a rule
// or in templates/messages. It must not decide what becomes of a duty in an incident, which is
// the business of the core; the core asks it as incident.Clocks.
//
// Nothing here is legal advice, and whoever shows a date says so.
package clock
