package incident

import (
	"slices"
	"time"
)

// PartyKind says of what an affected party consists.
type PartyKind string

// The kinds: persons are counted in heads, organisations by themselves.
const (
	PartyPersons PartyKind = "persons" // 本人 (個人)
	PartyOrgs    PartyKind = "orgs"    // 組織
)

// PartyKinds lists every kind in the order in which they are offered.
var PartyKinds = []PartyKind{PartyPersons, PartyOrgs}

// Topic is what an affected party is to be told (seed 000: 影響範囲の全ての組織及び本人に事実を報告、
// 対策案を通知、復旧策を実施後…報告).
type Topic string

// The topics.
const (
	TopicFact    Topic = "fact"    // 事実
	TopicMeasure Topic = "measure" // 対策
	TopicRestore Topic = "restore" // 復旧
)

// Topics lists every topic in the order in which they are told.
var Topics = []Topic{TopicFact, TopicMeasure, TopicRestore}

// Party is a group or an organisation that an incident touches.
type Party struct {
	N     int       `json:"n"`
	Kind  PartyKind `json:"kind"`
	Name  string    `json:"name"`
	Count int       `json:"count,omitempty"` // persons or organisations; 0: not known
	By    PersonID  `json:"by"`
	At    time.Time `json:"at"`
	Seq   int64     `json:"seq"`            // of the entry that last set or removed it
	Told  []Telling `json:"told,omitempty"` // in the order in which it was recorded
	// Removed says that it was taken out again, and Reason why.
	Removed bool   `json:"removed,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Telling is that a party was told something.
type Telling struct {
	Topics []Topic  `json:"topics"`
	On     string   `json:"on"` // a day in Tokyo, 2006-01-02
	How    string   `json:"how"`
	By     PersonID `json:"by"`
	Seq    int64    `json:"seq"`
}

// ToldOf gives the last telling of a topic.
func (p Party) ToldOf(t Topic) (Telling, bool) {
	for _, told := range slices.Backward(p.Told) {
		if slices.Contains(told.Topics, t) {
			return told, true
		}
	}
	return Telling{}, false
}

// AffectedParties lists the parties that were not removed.
func (in *Incident) AffectedParties() (out []Party) {
	for _, p := range in.Parties {
		if !p.Removed {
			out = append(out, p)
		}
	}
	return out
}

// Party gives a party by its number, also a removed one.
func (in *Incident) Party(n int) (Party, bool) {
	if i := in.partyAt(n); i >= 0 {
		return in.Parties[i], true
	}
	return Party{}, false
}

func (in *Incident) partyAt(n int) int {
	return slices.IndexFunc(in.Parties, func(p Party) bool { return p.N == n })
}
