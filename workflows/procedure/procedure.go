// Package procedure decides which steps an incident has to go through, by category and
// level, and what first aid is shown to whoever reports it (seed 001 §9.4).
//
// It owns the rules of a procedure: what makes a table complete, what a condition may say
// and whether it holds for the answers known so far, where preserving evidence belongs, and
// the version by which a later reader can tell which edition was followed. The words
// themselves are data: templates/ reads them from the embedded files or from the operator's
// folder and hands them over as a Source.
//
// It is pure. It opens no file, reads no clock and writes no sentence for an employee: a
// request that has no procedure is answered with a key (Refused), a fault in an operator's
// file with the keys of what is wrong and what to write (Problem); the words for both are in
// templates/.
//
// A Book never changes once it is built, so it may be read by many goroutines at once.
package procedure

import (
	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
)

// Table is one column of §9.4: the steps of a category at a level, in order.
type Table struct {
	Category incident.Category
	Level    incident.Level
	Steps    []incident.Step
}

// Supplement is a step that stands outside of the table (its N is 0) and is added to an
// incident at the given levels: preserving evidence, §3.8.6.
type Supplement struct {
	Levels []incident.Level
	Step   incident.Step
}

// FirstAid is one thing the discoverer does, or must not do, before anybody has answered.
type FirstAid struct {
	// N counts from 1 in the order of the list; Build sets it.
	N int
	// Avoid marks what must not be done, so that it can be shown as such.
	Avoid bool
	Text  incident.Words
	// Section of the source document; Build sets it from the sheet.
	Section string
}

// Sheet is all that one category brings along.
type Sheet struct {
	Category incident.Category
	// Section of the source document; a step without a section of its own inherits it.
	Section     string
	Tables      []Table
	Supplements []Supplement
	// FirstAid is shown whatever the kind; for a virus it is the seven steps of §9.4.
	FirstAid []FirstAid
	// Handover lists the conditions under which an employee stops and leaves a virus to the
	// system administrator (§9.4). Only the sheet of the category virus has any.
	Handover []incident.Words
}

// KindAid is the first aid for what the discoverer sees.
type KindAid struct {
	Kind     incident.Kind
	FirstAid []FirstAid
}

// Source is what a Book is built from: a sheet per category and first aid per kind.
type Source struct {
	Sheets []Sheet
	// KindsSection names where the first aid by kind comes from.
	KindsSection string
	Kinds        []KindAid
}

// KindsSheet is the Sheet name of a Problem that lies in Source.Kinds.
const KindsSheet = "first_aid"

// Problem is one fault of a Source.
type Problem struct {
	// Sheet is a category, or KindsSheet.
	Sheet string
	fault.Problem
}

// levels lists, per category, the levels that have a table of their own. Every leak is at
// least level 2 (§9.4); a virus follows the table of its effect.
var levels = map[incident.Category][]incident.Level{
	incident.Leak:   {incident.Level2, incident.Level3},
	incident.Damage: incident.Levels,
	incident.Virus:  nil,
	incident.Other:  incident.Levels,
}
