package desk

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// maxToken is what Discord allows a custom_id; actions and drafts travel in one.
const maxToken = 100

// maxArg keeps every action and draft below maxToken, with the longest number and word.
const maxArg = 40

// action is what a button means: word|INC-2026-0001|seen|argument. It holds no secret and
// no right: whoever presses is checked as if he had typed the word.
type action struct {
	word string
	id   incident.ID
	seen int64 // Seq of the incident when the button was shown; 0: unknown
	arg  string
}

// String is the action as a front end carries it.
func (a action) String() string {
	return strings.Join([]string{a.word, string(a.id), number36(a.seen), short(a.arg)}, "|")
}

func parseAction(s chat.Action) (a action, ok bool) {
	parts := strings.Split(string(s), "|")
	if len(s) > maxToken || len(parts) != 4 {
		return action{}, false
	}
	seen, ok := parse36(parts[2])
	a = action{word: parts[0], id: incident.ID(parts[1]), seen: seen, arg: parts[3]}
	return a, ok && a.word != "" && (a.id == "" || isID(a.id))
}

// draft is the identity of a form: form|INC-2026-0001|seen|argument|random. All that is
// needed to open the form and to read its answer stands in it, so that a form opens from
// memory, even while the database does not answer.
type draft struct {
	form  string
	id    incident.ID
	seen  int64
	arg   string
	nonce string
}

func newDraft(form string, id incident.ID, seen int64, arg string) draft {
	return draft{form: form, id: id, seen: seen, arg: arg, nonce: nonce()}
}

// String is the draft as a front end carries it.
func (d draft) String() string {
	return strings.Join([]string{d.form, string(d.id), number36(d.seen), short(d.arg), d.nonce}, "|")
}

func parseDraft(s string) (d draft, ok bool) {
	parts := strings.Split(s, "|")
	if len(s) > maxToken || len(parts) != 5 || len(parts[4]) < 16 {
		return draft{}, false
	}
	seen, ok := parse36(parts[2])
	d = draft{form: parts[0], id: incident.ID(parts[1]), seen: seen, arg: parts[3], nonce: parts[4]}
	return d, ok && d.form != "" && (d.id == "" || isID(d.id))
}

// nonce is 80 random bits: whoever does not know a draft cannot name it.
func nonce() string {
	var b [10]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

func number36(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 36)
}

func parse36(s string) (int64, bool) {
	if s == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(s, 36, 64)
	return n, err == nil && n > 0
}

// short keeps an argument that is too long for a token as a digest; whoever reads it
// compares the digests of what there is (a step's key is the operator's and may be long).
func short(arg string) string {
	if len(arg) <= maxArg && !strings.Contains(arg, "|") {
		return arg
	}
	sum := sha256.Sum256([]byte(arg))
	return "~" + hex.EncodeToString(sum[:8])
}

var idPattern = regexp.MustCompile(`^(INC|TRN)-[0-9]{4}-[0-9]{4,9}$`)

func isID(id incident.ID) bool { return idPattern.MatchString(string(id)) }

// Channel is the name of an incident's channel: INC-2026-0001 has inc-2026-0001.
func (d *Desk) Channel(id incident.ID) string { return strings.ToLower(string(id)) }

// OfChannel gives the incident of a channel; ok is false for any other channel.
func (d *Desk) OfChannel(channel string) (id incident.ID, ok bool) {
	id = incident.ID(strings.ToUpper(strings.TrimPrefix(channel, "#")))
	return id, isID(id)
}
