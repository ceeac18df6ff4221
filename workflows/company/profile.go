// Package company is what a company says of itself once: its name, where it is, the number
// it is registered under, its departments, and the circumstances that decide which laws and
// contracts ask something of it after an incident.
//
// It owns what makes a profile sound (Check), among it the check digit of the corporate
// number. It is pure: the file is read in templates/, and the sentences about its faults are
// there, too. It decides nothing about an incident.
package company

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hikeshi/workflows/fault"
	"hikeshi/workflows/incident"
)

// Profile is one company. What it does not say is empty: nobody is asked to fill it in
// before an incident can be handled.
type Profile struct {
	Name    string // as it is registered, such as 株式会社みなと精工
	NameEN  string // in English; empty: Name stands there, too
	Address string // of the head office, on one line
	// CorporateNumber is the 法人番号: 13 digits, without spaces. Empty: not given.
	CorporateNumber string
	Industry        string // in the company's own words, as the form of the 個人情報保護委員会 asks for it
	// Departments are the company's own, as its contact list writes them. None: not checked.
	Departments []string
	// Flags holds only what the company has answered; see Flag.
	Flags map[Flag]bool
	// Sample marks the made-up company of practice, which is nobody's measure.
	Sample bool
}

// Flag is a circumstance of the company that does not change from incident to incident.
type Flag string

// The flags. Each says who asks for something when it is true.
const (
	// HandlesCards: takes payment cards. The acquirer wants to know of a leak of card data at once.
	HandlesCards Flag = "handles_cards"
	// PMark: holds the プライバシーマーク. JIPDEC's conditions ask for reports of accidents, first
	// within about 3 to 5 days.
	PMark Flag = "pmark"
	// EUCustomers: handles personal data of people in the EU or the EEA. GDPR Art. 33 gives 72 hours.
	EUCustomers Flag = "eu_customers"
	// MyNumberHolder: keeps 特定個人情報 (My Number), as whoever pays wages does. 番号法 29条の4.
	MyNumberHolder Flag = "my_number_holder"
	// Entrusted: handles personal data for others (委託先). 個人情報保護法 26条1項ただし書: telling
	// the 委託元 in time releases from the report.
	Entrusted Flag = "entrusted"
	// Telecom: a telecommunications business; 通信の秘密 has a report of its own within 30 days.
	Telecom Flag = "telecom"
	// Finance: financial business; customer data are reported to the supervisor within 3 to 5 days.
	Finance Flag = "finance"
	// Listed: listed on an exchange; timely disclosure, at once.
	Listed Flag = "listed"
	// Delegated: an industry whose ministry takes the reports in the place of the
	// 個人情報保護委員会 (権限委任業種).
	Delegated Flag = "delegated"
)

// Flags lists the flags in the order in which they are shown.
var Flags = []Flag{HandlesCards, PMark, EUCustomers, MyNumberHolder, Entrusted, Telecom, Finance, Listed, Delegated}

// Is answers whether a circumstance holds. What the company did not say is unknown, and
// unknown never shortens what the law may ask for.
func (p Profile) Is(f Flag) incident.Answer {
	switch holds, said := p.Flags[f]; {
	case !said:
		return incident.Unknown
	case holds:
		return incident.Yes
	default:
		return incident.No
	}
}

// In gives the company's name in a language ("en", or Japanese); empty when it has none.
func (p Profile) In(lang string) string {
	if lang == "en" && p.NameEN != "" {
		return p.NameEN
	}
	return p.Name
}

// maxText is how long a name or an address may be, in characters: it stands in the foot of
// every page.
const maxText = 200

// Check tells what is wrong with a profile. Paths are the keys of its file.
func (p Profile) Check() []fault.Problem {
	var out []fault.Problem
	tell := func(path string, what, remedy fault.Saying) {
		out = append(out, fault.Problem{Path: path, What: what, Remedy: remedy})
	}
	line := func(path, text string) {
		switch {
		case utf8.RuneCountInString(text) > maxText:
			tell(path, fault.Say("overlay.too_long", "max", strconv.Itoa(maxText)), fault.Say("mend.shorter"))
		case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }):
			tell(path, fault.Say("overlay.one_line"), fault.Say("mend.one_line"))
		}
	}
	if p.Name == "" {
		tell("name", fault.Say("overlay.name_empty"), fault.Say("mend.name"))
	}
	for _, t := range []struct{ path, text string }{{"name", p.Name}, {"name_en", p.NameEN}, {"address", p.Address}, {"industry", p.Industry}} {
		line(t.path, t.text)
	}
	if n := p.CorporateNumber; n != "" {
		switch digit, ok := CheckDigit(n); {
		case !ok:
			tell("corporate_number", fault.Say("overlay.number_shape", "value", n), fault.Say("mend.number_shape"))
		case n[0] != digit:
			tell("corporate_number", fault.Say("overlay.number_check", "value", n), fault.Say("mend.number_check"))
		}
	}
	seen := map[string]bool{}
	for i, d := range p.Departments {
		path := "departments[" + strconv.Itoa(i) + "]"
		switch key := fold(d); {
		case key == "":
			tell(path, fault.Say("overlay.department_empty"), fault.Say("mend.department"))
		case seen[key]:
			tell(path, fault.Say("overlay.department_twice", "value", d), fault.Say("mend.keep_one"))
		default:
			seen[key] = true
			line(path, d)
		}
	}
	return out
}

// CheckDigit computes the first digit of a corporate number from the twelve that follow it;
// ok is false when the number has not 13 digits. With P(n) the n-th digit of the twelve,
// counted from the lowest, and Q(n) 1 where n is odd and 2 where it is even, it is
// 9 - (the sum of P(n) times Q(n), modulo 9).
//
// Source: 法人番号の指定等に関する省令 (平成26年財務省令第70号) 第2条.
func CheckDigit(number string) (digit byte, ok bool) {
	if len(number) != 13 {
		return 0, false
	}
	sum := 0
	for i := range 13 {
		c := number[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		if i == 0 {
			continue
		}
		weight := 1 + i%2 // the twelfth from the lowest stands first: even, weight 2
		sum += int(c-'0') * weight
	}
	return byte('0' + 9 - sum%9), true
}

// Number makes a corporate number alike however it was typed: full-width digits, spaces
// and hyphens (a T before it belongs to the invoice number, and is left to Check).
func Number(typed string) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(norm.NFKC.String(typed))
}

// fold makes the names of departments comparable: width, case and spaces do not count.
func fold(department string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(department))
}
