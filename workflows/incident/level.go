package incident

import (
	"github.com/looplab/fsm"
)

// levelMoves is the level machine: confirm from unassessed, raise and lower between 0 and 3.
func levelMoves() fsm.Events {
	var moves fsm.Events
	for _, to := range Levels {
		moves = append(moves, fsm.EventDesc{Name: "confirm_" + to.String(), Src: []string{Unassessed.String()}, Dst: to.String()})
		var below, above []string
		for _, from := range Levels {
			switch {
			case from < to:
				below = append(below, from.String())
			case from > to:
				above = append(above, from.String())
			}
		}
		if below != nil {
			moves = append(moves, fsm.EventDesc{Name: "raise_" + to.String(), Src: below, Dst: to.String()})
		}
		if above != nil {
			moves = append(moves, fsm.EventDesc{Name: "lower_" + to.String(), Src: above, Dst: to.String()})
		}
	}
	return moves
}

// levelMove says what going from one level to another is called: confirm, raise or lower;
// ok is false when there is no such move (to the same level, or back to unassessed).
func levelMove(from, to Level) (move string, ok bool) {
	switch {
	case !from.Confirmed():
		move = "confirm"
	case to > from:
		move = "raise"
	case to < from:
		move = "lower"
	default:
		return "", false
	}
	dst, err := transition(from.String(), levelMoves(), move+"_"+to.String())
	return move, err == nil && dst == to.String()
}

// LevelDiagram is the level machine as a Mermaid state diagram.
func LevelDiagram() (string, error) {
	return fsm.VisualizeForMermaidWithGraphType(fsm.NewFSM(Unassessed.String(), levelMoves(), nil), fsm.StateDiagram)
}

// Suggest gives the level that the reporter's plain answers point to (seed 001 §9.2), and
// the fact it rests on; Unassessed where no answer says anything.
func Suggest(f Facts) (Level, FactKey) {
	switch {
	case f.Is(FactPersonalData):
		return Level3, FactPersonalData
	case f.Is(FactOutsiders):
		return Level3, FactOutsiders
	case f.Is(FactMyNumber):
		return Level3, FactMyNumber // 個人番号 is personal information
	case f.Is(FactConfidential):
		return Level2, FactConfidential
	case f.Is(FactBusinessStopped):
		return Level2, FactBusinessStopped
	case f.Is(FactStaffWork):
		return Level1, FactStaffWork
	case f.Is(FactNearMiss):
		return Level0, FactNearMiss
	}
	return Unassessed, ""
}

// Floor is the level below which an incident cannot be set, and why: personal information
// leaked or outsiders touched is 3 (§9.2); a leak of 社外秘 or 極秘, and every leak, is at
// least 2 (§9.4, 漏えい・流出, 事故レベル1). The key is a fact, or "leak" for the category.
func (in *Incident) Floor() (Level, string) {
	switch {
	case in.Facts.Is(FactPersonalData):
		return Level3, string(FactPersonalData)
	case in.Facts.Is(FactMyNumber):
		return Level3, string(FactMyNumber)
	case in.Facts.Is(FactOutsiders):
		return Level3, string(FactOutsiders)
	case in.Facts.Is(FactConfidential):
		return Level2, string(FactConfidential)
	case in.Category == Leak, in.Category == Virus && in.Effect == Leak:
		return Level2, string(Leak)
	}
	return Level0, ""
}

// WorkingLevel drives pages and steps. Confirmed, it is the level, but never below the
// floor: a fact learned later counts before somebody has had the time to raise. Until
// confirmed it is max(suggested, 2), shown as 仮; an explicit ヒヤリハット is 0.
func (in *Incident) WorkingLevel() Level {
	floor, _ := in.Floor()
	if in.Level.Confirmed() {
		return max(in.Level, floor)
	}
	s, by := Suggest(in.Facts)
	if by == FactNearMiss {
		return max(Level0, floor)
	}
	return max(s, Level2, floor)
}

// Provisional reports whether the working level is 仮: not what somebody confirmed.
func (in *Incident) Provisional() bool { return in.Level != in.WorkingLevel() }
