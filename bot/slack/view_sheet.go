package slack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hikeshi/bot/fit"
)

// sheet is what a form carries with it, in its private_metadata: all that is needed to take
// its answers, whichever of our processes they come to.
type sheet struct {
	Draft   string            `json:"d"`
	Fixed   map[string]string `json:"f,omitempty"` // answers that cannot be changed
	Long    map[string]string `json:"l,omitempty"` // option values too long for Slack, by what stands for them
	Quote   *quoteRef         `json:"q,omitempty"`
	Round   int               `json:"r,omitempty"` // how often the form was shown again
	Channel string            `json:"c,omitempty"` // the incident channel it was opened in
}

// quoteRef is the message that a form was opened from.
type quoteRef struct {
	For     string    `json:"for"`
	Channel string    `json:"c"`
	TS      string    `json:"ts"`
	User    string    `json:"u,omitempty"`
	Name    string    `json:"n,omitempty"`
	Link    string    `json:"l,omitempty"`
	Files   []fileRef `json:"fs,omitempty"`
}

// fileRef is a file on Slack.
type fileRef struct {
	Input string `json:"i,omitempty"`
	ID    string `json:"id"`
	Name  string `json:"n,omitempty"`
}

var errSheet = errors.New("the form carries more than Slack keeps with it")

// encode gives the private_metadata. What is too much is left out, the least needed first:
// long option values (the desk knows their digests), how things are called, the longest fixed
// answers (their names stay, and come back empty). The draft is always there.
func (s sheet) encode() (string, error) {
	s = s.clone()
	for _, less := range []func() bool{
		func() bool { return dropLongest(s.Long) },
		func() bool { return s.Quote != nil && s.Quote.unname() },
		func() bool { return emptyLongest(s.Fixed) },
		func() bool { return dropLongest(s.Fixed) },
		func() bool { return s.Quote != nil && s.Quote.dropFile() },
		func() bool { return false },
	} {
		for again := true; again; again = less() {
			out, err := s.json()
			if err != nil {
				return "", fmt.Errorf("encode a form's sheet: %w", err)
			}
			if len(out) <= maxMetadata {
				return out, nil
			}
		}
	}
	return "", errSheet
}

func (s sheet) json() (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(s)
	return strings.TrimSuffix(b.String(), "\n"), err
}

func (s sheet) clone() sheet {
	copied := func(m map[string]string) map[string]string {
		out := make(map[string]string, len(m))
		for k, v := range m {
			out[k] = v
		}
		return out
	}
	s.Fixed, s.Long = copied(s.Fixed), copied(s.Long)
	if s.Quote != nil {
		q := *s.Quote
		q.Files = slices.Clone(q.Files)
		s.Quote = &q
	}
	return s
}

// longest gives the key of the longest value, the same one each time.
func longest(m map[string]string, size func(k, v string) int) (key string, most int) {
	for k, v := range m {
		if n := size(k, v); n > most || n == most && n > 0 && k < key {
			key, most = k, n
		}
	}
	return key, most
}

func dropLongest(m map[string]string) bool {
	key, n := longest(m, func(k, v string) int { return len(k) + len(v) + 1 })
	delete(m, key)
	return n > 0
}

func emptyLongest(m map[string]string) bool {
	key, n := longest(m, func(_, v string) int { return len(v) })
	if n > 0 {
		m[key] = ""
	}
	return n > 0
}

// unname leaves out what can be looked up again on Slack.
func (q *quoteRef) unname() bool {
	for i := len(q.Files) - 1; i >= 0; i-- {
		if q.Files[i].Name != "" {
			q.Files[i].Name = ""
			return true
		}
	}
	named := q.Link != "" || q.Name != ""
	q.Link, q.Name = "", ""
	return named
}

func (q *quoteRef) dropFile() bool {
	if len(q.Files) == 0 {
		return false
	}
	q.Files = q.Files[:len(q.Files)-1]
	return true
}

// readSheet reads private_metadata. It comes back from Slack as we gave it, signed or over our
// own socket; who may do what is decided by the desk all the same.
func readSheet(metadata string) (sheet, error) {
	var s sheet
	if len(metadata) > 4*maxMetadata {
		return sheet{}, errSheet
	}
	if err := json.Unmarshal([]byte(metadata), &s); err != nil {
		return sheet{}, fmt.Errorf("read a form's sheet: %w", err)
	}
	if s.Draft == "" || s.Round < 0 {
		return sheet{}, errors.New("read a form's sheet: there is no draft")
	}
	return s, nil
}

// Options. What Slack cannot carry as an option's value has something to stand for it.

// noValue stands for an empty value.
const noValue = "~"

// optionValue gives what carries an option's value: itself, or its digest as the desk writes
// arguments that are too long for a button, so that the desk knows a step by it.
func optionValue(value string) string {
	switch {
	case value == "":
		return noValue
	case value != noValue && fit.Units(value) <= maxOptionValue && fit.Clean(value) == value && !blank(value):
		return value
	}
	sum := sha256.Sum256([]byte(value))
	return "~" + hex.EncodeToString(sum[:8])
}

// valueOf is the value again. One that the sheet had no room for stays its digest.
func (s sheet) valueOf(carried string) string {
	if carried == noValue {
		return ""
	}
	if value, ok := s.Long[carried]; ok {
		return value
	}
	return carried
}

// Inputs. Slack keeps what was typed for a block_id it knows; a form shown again has new ones,
// so that what we put into it is what is seen.

const askedMark = "in"

// blockID names the block of an input: in.ROUND.PART.NAME, part 0 for one that is whole.
func blockID(name string, round, part int) string {
	return strings.Join([]string{askedMark, strconv.Itoa(round), strconv.Itoa(part), name}, ".")
}

// inputOf gives the input of a block; ok is false for any other block.
func inputOf(block string) (name string, part int, ok bool) {
	pieces := strings.SplitN(block, ".", 4)
	if len(pieces) != 4 || pieces[0] != askedMark || pieces[3] == "" {
		return "", 0, false
	}
	part, err := strconv.Atoi(pieces[2])
	return pieces[3], part, err == nil && part >= 0 && part <= maxParts
}
