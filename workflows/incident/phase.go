package incident

import (
	"context"
	"errors"
	"fmt"

	"github.com/looplab/fsm"
)

// The moves of the phase machine.
const (
	moveAdvance = "advance"
	moveBack    = "back"
	moveClose   = "close"
	moveDismiss = "dismiss"
	moveMerge   = "merge"
	moveReopen  = "reopen"
)

// phaseMoves is the whole machine (seed 001 §9.4, §9.2). A dismissed incident goes back to
// the phase it left, which looplab/fsm can only say with one event per destination.
func phaseMoves() fsm.Events {
	return fsm.Events{
		{Name: moveAdvance, Src: []string{string(Reported)}, Dst: string(Containment)},
		{Name: moveAdvance, Src: []string{string(Containment)}, Dst: string(Investigation)},
		{Name: moveAdvance, Src: []string{string(Investigation)}, Dst: string(Recovery)},
		{Name: moveAdvance, Src: []string{string(Recovery)}, Dst: string(FinalReport)},
		{Name: moveBack, Src: []string{string(Investigation)}, Dst: string(Containment)},
		{Name: moveBack, Src: []string{string(Recovery)}, Dst: string(Investigation)},
		{Name: moveBack, Src: []string{string(FinalReport)}, Dst: string(Recovery)},
		// From reported at level 0 only; the guard says so.
		{Name: moveClose, Src: []string{string(FinalReport), string(Reported)}, Dst: string(Closed)},
		{Name: moveDismiss, Src: []string{string(Reported), string(Containment), string(Investigation)}, Dst: string(Dismissed)},
		{Name: moveMerge, Src: []string{string(Reported), string(Containment), string(Investigation), string(Recovery), string(FinalReport)}, Dst: string(Closed)},
		{Name: moveReopen, Src: []string{string(Closed)}, Dst: string(Investigation)},
		{Name: moveReopen + "_" + string(Reported), Src: []string{string(Dismissed)}, Dst: string(Reported)},
		{Name: moveReopen + "_" + string(Containment), Src: []string{string(Dismissed)}, Dst: string(Containment)},
		{Name: moveReopen + "_" + string(Investigation), Src: []string{string(Dismissed)}, Dst: string(Investigation)},
	}
}

// nextPhase asks the machine where a move leads. ok is false when there is no such move
// from here. A fresh machine each time: looplab/fsm keeps state, and a decision must not.
func nextPhase(from Phase, move string) (to Phase, ok bool) {
	dst, err := transition(string(from), phaseMoves(), move)
	return Phase(dst), err == nil
}

func transition(from string, moves fsm.Events, move string) (string, error) {
	m := fsm.NewFSM(from, moves, nil)
	if err := m.Event(context.Background(), move); err != nil {
		var none fsm.NoTransitionError
		if errors.As(err, &none) {
			return from, fmt.Errorf("%s leaves %s where it is", move, from)
		}
		return "", err
	}
	return m.Current(), nil
}

// PhaseDiagram is the phase machine as a Mermaid state diagram.
func PhaseDiagram() (string, error) {
	return fsm.VisualizeForMermaidWithGraphType(fsm.NewFSM(string(Reported), phaseMoves(), nil), fsm.StateDiagram)
}
