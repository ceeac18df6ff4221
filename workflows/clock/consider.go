package clock

import (
	"maps"
	"slices"
	"strconv"

	"hikeshi/workflows/company"
	"hikeshi/workflows/incident"
)

// Considered is what the answers mean together.
type Considered struct {
	// Facts are the answers that count: those given, and those that follow from others.
	Facts incident.Facts
	// From says of an answer that was not given which ones it follows from.
	From map[incident.FactKey][]incident.FactKey
	// Given are the answers that were given, as they were.
	Given incident.Facts
	// Contradictions are shown to whoever answered.
	Contradictions []Contradiction
}

// Contradiction is that two answers cannot both be right. Taken is the one that counts.
type Contradiction struct {
	Taken, Against incident.FactKey
}

// Nobody reports whether of a contradiction the answer that does not count says that nobody is
// concerned: then how many there are is not known.
func (c Considered) Nobody(x Contradiction) bool {
	n, counted := Count(c.Given, x.Against)
	return x.Against.Numeric() && counted && n == 0
}

// ofPersons are the facts that cannot be yes, or more than none, without personal data.
var ofPersons = []incident.FactKey{
	incident.FactSpecialCare, incident.FactFinancialDamage, incident.FactMyNumber, incident.FactMyNumberSystem,
	incident.FactEUPersons, incident.FactPersons, incident.FactPersonsMax, incident.FactMyNumberPersons,
}

// Consider completes the answers. It never takes a missing answer for a yes, and changes
// nothing of what it is given.
func Consider(given incident.Facts) Considered {
	c := Considered{Given: given, Facts: maps.Clone(given), From: map[incident.FactKey][]incident.FactKey{}}
	if c.Facts == nil {
		c.Facts = incident.Facts{}
	}
	c.purpose()
	c.myNumber()
	c.personal()
	c.money()
	c.somebody()
	c.persons()
	return c
}

// ConsiderFor is the same with what the company has said of itself.
func ConsiderFor(p company.Profile, given incident.Facts) Considered {
	c := Consider(given)
	c.of(p)
	return c
}

// purpose: an intruder and whoever holds data hostage may be supposed to act with a wrongful
// purpose (個人情報保護法施行規則 7条3号; 通則編ガイドライン 3-5-3-1).
func (c *Considered) purpose() {
	denied := c.Facts.Get(incident.FactWrongfulPurpose) == incident.No
	for _, k := range []incident.FactKey{incident.FactRansomware, incident.FactUnauthorizedAccess} {
		if !c.Facts.Is(k) {
			continue
		}
		if denied {
			c.contradict(k, incident.FactWrongfulPurpose)
		}
		c.follow(incident.FactWrongfulPurpose, incident.Yes, k)
	}
}

func (c *Considered) contradict(taken, against incident.FactKey) {
	if d := (Contradiction{Taken: taken, Against: against}); !slices.Contains(c.Contradictions, d) {
		c.Contradictions = append(c.Contradictions, d)
	}
}

// follow concludes an answer, unless it was given.
func (c *Considered) follow(k incident.FactKey, a incident.Answer, from incident.FactKey) {
	if _, concluded := c.From[k]; !concluded && c.Facts.Get(k) == a {
		return
	}
	c.Facts[k] = a
	if !slices.Contains(c.From[k], from) {
		c.From[k] = append(c.From[k], from)
	}
}

// some reports whether an answer says that there is such a thing.
func (c *Considered) some(k incident.FactKey) bool {
	n, counted := Count(c.Facts, k)
	return c.Facts.Is(k) || k.Numeric() && counted && n > 0
}

// myNumber: data of the network of 情報提供 are rare in a company, so that nobody is asked
// about them first; and without My Numbers there are none of the rest.
func (c *Considered) myNumber() {
	if _, asked := c.Facts[incident.FactMyNumberSystem]; !asked {
		c.Facts[incident.FactMyNumberSystem] = incident.No
	}
	if c.Facts.Get(incident.FactMyNumber) == incident.No {
		c.answers(incident.FactMyNumber, incident.FactMyNumberPersons, incident.FactMyNumberSystem)
	}
}

// personal: without personal data there is nobody whose data it is. Only a My Number weighs
// more: it is personal data whatever else is said.
func (c *Considered) personal() {
	if c.Facts.Get(incident.FactPersonalData) != incident.No {
		return
	}
	if c.Facts.Is(incident.FactMyNumber) {
		c.contradict(incident.FactMyNumber, incident.FactPersonalData)
		c.follow(incident.FactPersonalData, incident.Yes, incident.FactMyNumber)
		return
	}
	c.answers(incident.FactPersonalData, ofPersons...)
}

// money: numbers of payment cards can be paid with, and are the guideline's first example of what may
// cause financial damage, those of one person as well (個人情報保護法施行規則 7条2号; 通則編ガイドライン
// 3-5-3-1).
func (c *Considered) money() {
	if !c.Facts.Is(incident.FactCards) || c.Facts.Get(incident.FactPersonalData) == incident.No {
		return
	}
	if c.Facts.Get(incident.FactFinancialDamage) == incident.No {
		c.contradict(incident.FactCards, incident.FactFinancialDamage)
	}
	c.follow(incident.FactFinancialDamage, incident.Yes, incident.FactCards)
}

// answers concludes from a no that there is none of the rest, whatever was said of it.
func (c *Considered) answers(no incident.FactKey, rest ...incident.FactKey) {
	for _, k := range rest {
		if c.some(k) {
			c.contradict(no, k)
		}
		none := incident.No
		if k.Numeric() {
			none = "0"
		}
		c.follow(k, none, no)
	}
	if c.Facts.Get(incident.FactCards) == incident.Unknown && no == incident.FactPersonalData {
		c.follow(incident.FactCards, incident.No, no) // the acquirer is told of a yes in any case
	}
}

// somebody: personal data are those of somebody (個人情報保護法 2条1項), and so is a My Number
// (番号法 2条5項), so that a number of none says that it is not known, and not that nobody has to
// be told.
func (c *Considered) somebody() {
	c.concerned(incident.FactPersonalData, incident.FactPersons, incident.FactPersonsMax)
	c.concerned(incident.FactMyNumber, incident.FactMyNumberPersons)
}

// concerned takes a number of none as not known where there are data of somebody.
func (c *Considered) concerned(data incident.FactKey, numbers ...incident.FactKey) {
	if !c.Facts.Is(data) {
		return
	}
	taken := data
	if from := c.From[data]; from != nil {
		taken = from[0]
	}
	for _, k := range numbers {
		if n, counted := Count(c.Facts, k); counted && n == 0 {
			c.contradict(taken, k)
			c.Facts[k] = incident.Unknown
		}
	}
}

// persons: while the number is not settled the largest possible one decides (通則編ガイドライン
// 3-5-3-1), and a number larger than the largest possible one is a contradiction.
func (c *Considered) persons() {
	n, known := Count(c.Facts, incident.FactPersons)
	most, bounded := Count(c.Facts, incident.FactPersonsMax)
	switch {
	case !bounded, known && n == most:
	case known && n > most:
		c.contradict(incident.FactPersons, incident.FactPersonsMax)
	default:
		c.follow(incident.FactPersons, incident.Answer(strconv.Itoa(most)), incident.FactPersonsMax)
	}
}

// flagOf names the circumstance of the company without which the answer to a question is no.
var flagOf = map[incident.FactKey]company.Flag{
	incident.FactCards:     company.HandlesCards,
	incident.FactPMark:     company.PMark,
	incident.FactEUPersons: company.EUCustomers,
	incident.FactMyNumber:  company.MyNumberHolder,
	incident.FactEntrusted: company.Entrusted,
}

// of fills in what the company has said of itself; an answer in the incident goes before it.
// Only the mark is the company's alone: it holds it or not, whatever has happened.
func (c *Considered) of(p company.Profile) {
	for k, flag := range flagOf {
		if c.Facts.Get(k) != incident.Unknown {
			continue
		}
		switch is := p.Is(flag); {
		case is == incident.No, is == incident.Yes && k == incident.FactPMark:
			c.Facts[k] = is
		}
	}
}
