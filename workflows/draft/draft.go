// Package draft prepares what a company has to hand to others after an incident: the reports
// to the 個人情報保護委員会, the notifications to IPA and JPCERT/CC, the memo for the police, the
// common forms, and the texts for the people, the customers and the press concerned. A Draft is
// a list of fields in the order of the form it is meant for, each with what the record says of
// it and how sure that is.
//
// It is pure: it reads no clock, no store and no template, and it invents nothing. What nobody
// recorded stays 「不明（判明次第追完）」 or is left for a person to fill in. It files nothing and
// approves nothing. No draft names who reported the incident. The texts for the people, the
// customers and the press are made of answers and dates alone, never of what somebody typed
// into the record: a system, a person or a way in that stands there cannot get out by them.
package draft

import (
	"slices"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// Kind is one text that can be drafted.
type Kind string

// The kinds.
const (
	PPCPreliminary      Kind = "ppc-preliminary" // 個人情報保護委員会 速報 (個人情報保護法施行規則 8条1項)
	PPCFinal            Kind = "ppc-final"       // 確報 (同条2項)
	MyNumberPreliminary Kind = "mynumber-preliminary"
	MyNumberFinal       Kind = "mynumber-final"
	Entruster           Kind = "entruster"       // to the 委託元 (個人情報保護法 26条1項ただし書)
	IPAVirus            Kind = "ipa-virus"       // ウイルス届出
	IPAAccess           Kind = "ipa-access"      // 不正アクセス届出
	Police              Kind = "police"          // memo for サイバー犯罪相談窓口
	JPCERT              Kind = "jpcert"          // report to JPCERT/CC
	FormDDoS            Kind = "form-ddos"       // 共通様式1
	FormRansomware      Kind = "form-ransomware" // 共通様式2
	FormOther           Kind = "form-other"      // 共通様式3
	Individuals         Kind = "individuals"     // to the persons themselves (26条2項)
	Customers           Kind = "customers"       // to customers and partners
	Press               Kind = "press"
	Internal            Kind = "internal" // to all staff
	Interim             Kind = "interim"  // 第n報 (seed 001 §9.5)
)

// Kinds lists every kind in the order in which they are offered.
var Kinds = []Kind{
	PPCPreliminary, PPCFinal, MyNumberPreliminary, MyNumberFinal, Entruster, Individuals,
	IPAVirus, IPAAccess, Police, JPCERT, FormDDoS, FormRansomware, FormOther,
	Customers, Press, Internal, Interim,
}

// External reports whether the text goes to anybody outside who is no authority and no party
// to a contract: nothing internal may stand in it, and the representative approves it first.
func (k Kind) External() bool { return k == Individuals || k == Customers || k == Press }

// approved reports whether the representative approves the text before it leaves the company: the
// External ones, and the letter to the 委託元.
func (k Kind) approved() bool { return k.External() || k == Entruster }

// Rule is the duty that a draft fulfils; empty where it fulfils none.
func (k Kind) Rule() incident.Rule {
	switch k {
	case PPCPreliminary, PPCFinal, MyNumberPreliminary, MyNumberFinal, IPAVirus, IPAAccess, Police, JPCERT:
		return incident.Rule(k)
	case Entruster, Individuals:
		return incident.Rule("ppc-" + string(k))
	}
	return ""
}

// State says how sure the value of a field is.
type State string

// The states.
const (
	Known   State = "known"   // it stands in the record
	Unknown State = "unknown" // 不明（判明次第追完）
	ToFill  State = "to_fill" // a person has to fill it in or to complete it
)

// Mark says how the existence of a form's field was verified.
type Mark string

// The marks of a source.
const (
	Official  Mark = "P" // read in an official text
	Secondary Mark = "S" // read in a text that quotes one
	General   Mark = "G" // general knowledge: 要確認
)

// Choice is a box of a form. Ticked is yes, no, or unknown.
type Choice struct {
	Text   string
	Ticked incident.Answer
}

// Field is one field of a form.
type Field struct {
	Key     string // the same in every language
	Heading string
	Mark    Mark
	// Value is what is to be copied; lines are parted by \n. Typed text in it is neither
	// escaped nor made printable: that is the renderer's.
	Value   string
	Choices []Choice // before Value
	State   State
	// Ask tells the person what is left to do. It is no part of what is copied.
	Ask string
}

// Part is a group of fields under a heading of the form.
type Part struct {
	Heading string
	Mark    Mark
	Fields  []Field
}

// Draft is one text, in one language.
type Draft struct {
	Kind     Kind
	Lang     string
	Practice bool
	Title    string
	Incident incident.ID
	Company  string
	// Hints are for whoever works on the draft, and no part of what is handed in: where it goes,
	// by when, and what to see to.
	Hints []report.Pair
	Notes []string
	// Opening and Closing stand around the fields of a letter.
	Opening, Closing []string
	Parts            []Part
	say              report.Say
}

// Of drafts a text. records is the whole record, oldest first, with its texts restored; as in
// report.Final, the state is folded from it again, so that an erased text cannot come back. An
// unknown kind is a draft without fields.
func Of(k Kind, in *incident.Incident, records []incident.Record, o Options) Draft {
	r := read(in, records, o)
	f := forms[k]
	d := Draft{
		Kind: k, Lang: o.Lang, Practice: r.in.Practice, Incident: r.in.ID, Company: o.Company.In(o.Lang), say: o.Say,
		Title: r.say("draft.title." + string(k)), Hints: r.hints(k, f), Notes: r.notes(k, f),
	}
	if f.letter != nil {
		d.Opening, d.Closing = f.letter(r)
	}
	for _, p := range f.parts {
		part := Part{Heading: r.say("draft.part." + p.key), Mark: p.mark}
		for _, i := range p.items {
			a := i.of(r)
			part.Fields = append(part.Fields, Field{
				Key: i.key, Heading: r.say("draft.field." + i.key), Mark: i.mark,
				Value: a.value, Choices: a.choices, State: a.state, Ask: r.left(a),
			})
		}
		d.Parts = append(d.Parts, part)
	}
	return d
}

// Fields lists every field in the order of the form.
func (d Draft) Fields() []Field {
	var out []Field
	for _, p := range d.Parts {
		out = append(out, p.Fields...)
	}
	return out
}

// Count tells how many fields have a state.
func (d Draft) Count(s State) int {
	n := 0
	for _, f := range d.Fields() {
		if f.State == s {
			n++
		}
	}
	return n
}

// Titles gives what the kinds are called, in their order.
func Titles(say report.Say) []report.Pair {
	out := make([]report.Pair, len(Kinds))
	for i, k := range Kinds {
		out[i] = report.Pair{Label: string(k), Value: report.Cell{Text: say("draft.title." + string(k))}}
	}
	return out
}

// IsKind reports whether there is such a kind.
func IsKind(k Kind) bool { return slices.Contains(Kinds, k) }

// form is the shape of a draft: its fields in their order.
type form struct {
	where  string // key of where it is handed in
	mail   string // address, where it is a mail
	parts  []part
	letter func(*reader) (opening, closing []string)
}

type part struct {
	key   string
	mark  Mark
	items []item
}

type item struct {
	key  string
	mark Mark
	of   func(*reader) answer
}

// forms are the shapes. They are filled by the files of this package: one form, one place.
var forms = map[Kind]form{
	PPCPreliminary:      ppcForm(false),
	PPCFinal:            ppcForm(true),
	MyNumberPreliminary: myNumberForm(false),
	MyNumberFinal:       myNumberForm(true),
	Entruster:           entrusterLetter,
	Individuals:         individualsLetter,
	IPAVirus:            ipaVirusForm,
	IPAAccess:           ipaAccessForm,
	Police:              policeMemo,
	JPCERT:              jpcertForm,
	FormDDoS:            commonForm(FormDDoS),
	FormRansomware:      commonForm(FormRansomware),
	FormOther:           commonForm(FormOther),
	Customers:           customersLetter,
	Press:               pressText,
	Internal:            internalNotice,
	Interim:             interimReport,
}
