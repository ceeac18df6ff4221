package phone

import (
	"errors"
	"strings"
)

var (
	// ErrExtension says that a number rings inside of the company, or at an authority, only.
	ErrExtension = errors.New("phone: an extension or a short number cannot be rung from outside")
	// ErrNumber says that something is no phone number.
	ErrNumber = errors.New("phone: this is no phone number")
)

const (
	// longest and shortest are the digits of an international number with its country (ITU-T
	// E.164: 15 at most; no country's are shorter than 8).
	longest, shortest = 15, 8
	// shortNumber is the longest of those that are not dialled from outside (110, 9110, 4012).
	shortNumber = 6
	japan       = "81"
)

// Number gives a number of the contact list in the form of E.164, such as +819000000002: one
// from 0 is of Japan (10 digits, or 11 of mobiles, 050 and 0800). The error is ErrExtension or
// ErrNumber; neither quotes the number.
func Number(written string) (string, error) {
	s := strings.TrimSpace(written)
	s, international := strings.CutPrefix(s, "+")
	inside := strings.HasPrefix(s, "#") || strings.HasPrefix(s, "*")
	var b strings.Builder
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case i == 0 && inside, strings.ContainsRune(" -().", r):
		default:
			return "", ErrNumber
		}
	}
	digits := b.String()
	switch {
	case digits == "":
		return "", ErrNumber
	case international:
		return fromCountry(digits)
	case inside, len(digits) <= shortNumber:
		return "", ErrExtension
	}
	national, ok := strings.CutPrefix(digits, "0")
	if !ok {
		return "", ErrNumber
	}
	return inJapan(national)
}

// fromCountry takes the digits behind a +.
func fromCountry(digits string) (string, error) {
	if national, ok := strings.CutPrefix(digits, japan); ok {
		return inJapan(strings.TrimPrefix(national, "0")) // +81 (0)90 …
	}
	if digits[0] == '0' || len(digits) < shortest || len(digits) > longest {
		return "", ErrNumber
	}
	return "+" + digits, nil
}

// inJapan takes a number without its 0: 9 digits, or 10 where it is long.
func inJapan(national string) (string, error) {
	if n := len(national); n != 9 && n != 10 || national[0] == '0' {
		return "", ErrNumber
	}
	return "+" + japan + national, nil
}
