package incident

import (
	"slices"
	"time"
)

// TextKind is a text for people outside that the representative approves before it goes out
// (seed 001 §9.4 ⑤: 代表取締役は社内外の関係者に…公表する). The names are those of the drafts
// that they are made from (package draft).
type TextKind string

// The kinds.
const (
	TextIndividuals TextKind = "individuals" // 本人への通知
	TextCustomers   TextKind = "customers"   // 顧客・取引先への通知
	TextEntruster   TextKind = "entruster"   // 委託元への通知
	TextPress       TextKind = "press"       // プレスリリース
)

// TextKinds lists every kind in the order in which they are offered.
var TextKinds = []TextKind{TextIndividuals, TextCustomers, TextEntruster, TextPress}

// TextStatus says how far a text has come.
type TextStatus string

// A text waits for approval until it is approved or refused; an approved one waits until it
// is published. A newer version of the same kind takes the place of one that is not out yet.
const (
	TextProposed   TextStatus = "proposed"
	TextApproved   TextStatus = "approved"
	TextRefused    TextStatus = "refused"    // 差し戻し
	TextPublished  TextStatus = "published"  // 公表・通知済み
	TextSuperseded TextStatus = "superseded" // 新しい版に替わった
	TextWithdrawn  TextStatus = "withdrawn"  // 取り下げ
)

// OutsideText is one version of a text for people outside. The text itself stands in the
// entry Seq of the record only, so that the row of an incident stays small.
type OutsideText struct {
	What    TextKind   `json:"what"`
	Version int        `json:"version"` // of its kind, from 1
	Status  TextStatus `json:"status"`
	Seq     int64      `json:"seq"` // of the entry that proposed it
	By      PersonID   `json:"by"`
	At      time.Time  `json:"at"`
	Length  int        `json:"length"` // characters
	// Asked are the entries that asked about it again, the newest last: each did so in a message
	// of its own, and only the last one can be answered.
	Asked []int64 `json:"asked,omitempty"`
	// What became of it; nil: that did not happen.
	Approval    *TextApproval    `json:"approval,omitempty"`
	Refusal     *TextRefusal     `json:"refusal,omitempty"`
	Publication *TextPublication `json:"publication,omitempty"`
	// Over is the version that took its place, and Was what it was until then.
	Over int        `json:"over,omitempty"`
	Was  TextStatus `json:"was,omitempty"`
}

// TextApproval is the yes of the representative, or of who stands in for him.
type TextApproval struct {
	By     PersonID `json:"by"`
	Role   Role     `json:"role"`
	Deputy bool     `json:"deputy,omitempty"` // 代行
	// Own says that he had proposed it himself, because nobody else could approve it.
	Own     bool      `json:"own,omitempty"`
	At      time.Time `json:"at"` // UTC
	Comment string    `json:"comment,omitempty"`
	Seq     int64     `json:"seq"`
}

// TextRefusal sends a text back, with a reason.
type TextRefusal struct {
	By     PersonID  `json:"by"`
	At     time.Time `json:"at"` // UTC
	Reason string    `json:"reason"`
	Seq    int64     `json:"seq"`
}

// TextPublication says when and where a text went out.
type TextPublication struct {
	By    PersonID  `json:"by"` // who recorded it
	At    time.Time `json:"at"` // when it went out; UTC
	Where string    `json:"where"`
	Seq   int64     `json:"seq"`
}

// Unfinished reports whether somebody still has to do something about the text.
func (t OutsideText) Unfinished() bool {
	return t.Status == TextProposed || t.Status == TextApproved
}

// AskedBy is the entry that asked last for its approval.
func (t OutsideText) AskedBy() int64 {
	if n := len(t.Asked); n > 0 {
		return t.Asked[n-1]
	}
	return t.Seq
}

// askedAgain notes the entry that asks anew. The list is a new one: snapshots share the old.
func (t *OutsideText) askedAgain(seq int64) { t.Asked = slices.Concat(t.Asked, []int64{seq}) }

// bare is the text without what somebody typed.
func (t OutsideText) bare() OutsideText {
	if t.Approval != nil {
		a := *t.Approval
		a.Comment, t.Approval = "", &a
	}
	if t.Refusal != nil {
		r := *t.Refusal
		r.Reason, t.Refusal = "", &r
	}
	if t.Publication != nil {
		p := *t.Publication
		p.Where, t.Publication = "", &p
	}
	return t
}

// Text gives a version of a kind of text; version 0 is the newest one that was not withdrawn.
func (in *Incident) Text(k TextKind, version int) (OutsideText, bool) {
	if i := in.textAt(k, version); i >= 0 {
		return in.Texts[i], true
	}
	return OutsideText{}, false
}

func (in *Incident) textAt(k TextKind, version int) int {
	for i, t := range slices.Backward(in.Texts) {
		if t.What == k && (t.Version == version || version == 0 && t.Status != TextWithdrawn) {
			return i
		}
	}
	return -1
}

// TextAsked gives the text whose approval an entry asked for, or asked for again.
func (in *Incident) TextAsked(seq int64) (OutsideText, bool) {
	for _, t := range in.Texts {
		if t.Seq == seq || slices.Contains(t.Asked, seq) {
			return t, true
		}
	}
	return OutsideText{}, false
}

// UnfinishedTexts lists the texts that are proposed and not decided, or approved and not
// published.
func (in *Incident) UnfinishedTexts() (out []OutsideText) {
	for _, t := range in.Texts {
		if t.Unfinished() {
			out = append(out, t)
		}
	}
	return out
}

// approvesTexts lists who may approve a text for people outside: the representative, and his
// deputies as far as they see the incident. Where that line is wholly left out, or there is
// none, it is who leads: a text that nobody may approve could never be sent.
func (in *Incident) approvesTexts(dir Directory) (out []PersonID) {
	chain := in.Chain(dir, Representative)
	if len(chain) == 0 {
		return in.Leads(dir)
	}
	for _, p := range chain {
		if in.InCircle(p) && dir.Known(p) {
			out = append(out, p)
		}
	}
	return out
}

// TextApprovers gives who is asked to approve a text: the representative who is there. While he
// is away it is his deputies who see the incident and are there, or else the one whom he has
// named, or the first of them who is there, who is let in for it (drawCircle). Who proposed it
// is asked only where he is the only one who may: nobody approves his own words while somebody
// else can. Where everybody is away, they are asked all the same: they read it when they are
// back.
func (in *Incident) TextApprovers(dir Directory, proposer PersonID, at time.Time) []PersonID {
	may := slices.DeleteFunc(in.approvesTexts(dir), func(p PersonID) bool { return p == proposer })
	if len(may) == 0 {
		return in.approvesTexts(dir)
	}
	away := func(p PersonID) bool { _, is := dir.Away(p, at); return is }
	office, chain := in.Office(dir, Representative), in.Chain(dir, Representative)
	present := slices.DeleteFunc(slices.Clone(may), away)
	first := slices.DeleteFunc(slices.Clone(present), func(p PersonID) bool { return !slices.Contains(office, p) })
	switch {
	case len(first) > 0:
		return first
	case len(present) > 0:
		return present
	}
	for _, p := range slices.Concat(in.there(dir, office, at), chain) {
		if slices.Contains(chain, p) && dir.Known(p) && !away(p) && p != proposer {
			return []PersonID{p}
		}
	}
	return may
}
