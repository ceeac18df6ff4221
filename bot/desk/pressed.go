package desk

import (
	"errors"
	"strconv"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// What buttons mean beside the words themselves.
const (
	actForm     = "form"     // open a form: arg is its name, and after a dot its argument
	actSend     = "send"     // send a kept line as a report
	actKeep     = "keep"     // write a kept line into the record
	actWord     = "word"     // take a kept line for the word it resembled
	actRun      = "run"      // carry out a kept line for this incident
	actAnyway   = "anyway"   // report a kept text although the same was reported just now
	actAgain    = "again"    // send a kept report form although the same was reported just now
	actMenu     = "menu"     // every word, grouped
	actCard     = "card"     // the incident's card, as it stands in its channel
	actOwn      = "own"      // what the reporter sees of his own report
	actTold     = "told"     // a message about the incident: arg is its kind, and after a dot its entry
	actCalls    = "calls"    // every call that waits for the answer of who presses
	actDigest   = "digest"   // the morning's overview: arg is the day
	actPin      = "pin"      // write a kept quote into the record
	actShare    = "share"    // bring the report to the channel: arg is the format
	actRefuse   = "refuse"   // the lead is not accepted
	actContinue = "continue" // after a false alarm: go on
)

func (v voice) act(word string, id incident.ID, seen int64, arg string) chat.Action {
	return chat.Action(action{word: word, id: id, seen: seen, arg: arg}.String())
}

// openAct opens a form. The argument's digest is taken before the form's name is put in
// front, so that it stays recognisable.
func (v voice) openAct(form string, id incident.ID, seen int64, arg string) chat.Action {
	if arg != "" {
		form += "." + short(arg)
	}
	return chat.Action(strings.Join([]string{actForm, string(id), number36(seen), form}, "|"))
}

// pressed answers a button.
func (v *visit) pressed() chat.Reply {
	a, ok := parseAction(v.r.Action)
	if !ok {
		return v.outdated()
	}
	switch a.word {
	case actForm:
		name, arg, _ := strings.Cut(a.arg, ".")
		if _, ok := specOf(name); !ok {
			return v.outdated()
		}
		return v.openForm(newDraft(name, a.id, a.seen, arg), nil)
	case actSend, actAnyway, actKeep, actWord, actRun, actPin:
		return v.pressedKept(a)
	case actAgain:
		return v.pressedAgain(a)
	case wordHelp:
		return v.showHelp()
	case wordList:
		return v.showList(a.id)
	case wordContacts:
		return v.showContacts()
	case wordUndelivered:
		before, _ := strconv.ParseInt(a.arg, 10, 64) // none: from the newest
		return v.showUndelivered(before)
	case actResend:
		return v.pressedResend(a.arg)
	case wordWeb:
		return v.showWeb()
	case wordAway:
		return v.showAway()
	case wordCompromised:
		return v.pressedMark(a)
	case wordLink:
		return v.showLink()
	case actLinkYes, actLinkNo, actUnlink:
		return v.pressedLink(a)
	case actAwayOff:
		return v.awayOff(a)
	case string(incident.WordClock):
		if a.id == "" {
			return v.showAllClocks()
		}
	case actCalls:
		return v.showCalls()
	case actDigest:
		return v.showDigest(a.arg)
	}
	if a.id == "" {
		return v.outdated()
	}
	if reply, ok := v.pressedLook(a); ok {
		return reply
	}
	do, ok := v.pressedCommand(a)
	if !ok {
		return v.outdated()
	}
	return v.carry(task{key: "press:" + string(v.r.Action) + ":" + string(v.who.ID), id: a.id, do: do, seen: a.seen})
}

// pressedKept answers the buttons of a question about a line.
func (v *visit) pressedKept(a action) chat.Reply {
	if a.word == actPin {
		return v.pressedPin(a)
	}
	nonce, extra, _ := strings.Cut(a.arg, ".")
	line, channel, reply := v.kept(nonce)
	if reply != nil {
		return *reply
	}
	key := "said:" + string(v.who.ID) + ":" + nonce + ":" + a.word + ":" + string(a.id) + ":" + extra
	v.r.Text, v.r.Channel = line, channel
	switch a.word {
	case actSend:
		return v.carry(task{key: key, do: incident.Report{Text: line}, typed: line})
	case actAnyway:
		return v.carry(task{key: key, do: incident.Report{Text: line}, typed: line, anyway: true})
	case actKeep:
		return v.carry(v.note(task{key: key, id: a.id, typed: line}, line))
	case actWord:
		meant := strings.TrimSpace(extra + " " + arguments(line))
		v.r.Text = slash + " " + meant
		return v.command(v.vocabulary.command(meant), key, "")
	}
	r := v.typedLine()
	if r.meaning != meansWord {
		return v.outdated()
	}
	v.forced = incident.PersonID(extra)
	return v.command(r, key, a.id)
}

// arguments are what follows the word of a typed line.
func arguments(line string) string {
	first, rest := cut(line)
	if fold(first) == slash {
		_, rest = cut(rest)
	}
	return rest
}

// pressedAgain sends a kept report form a second time, knowing that it is the second.
func (v *visit) pressedAgain(a action) chat.Reply {
	k := draft{form: formReport, nonce: a.arg}
	kept, err := v.service.Draft(v.ctx, v.who.ID, k.String())
	if errors.Is(err, workflows.ErrNotFound) {
		return v.outdated()
	}
	if err != nil {
		return v.fault(err, task{})
	}
	if q, ok := quoteOf(kept.Values); ok && v.r.Quote == nil {
		v.r.Quote = &q // its files are not here: the answer says so
	}
	return v.submit(k, reportSpec(), kept.Values, true)
}

// pressedLook answers the buttons that only show something.
func (v *visit) pressedLook(a action) (chat.Reply, bool) {
	switch a.word {
	case wordStatus, wordWho, actMenu, actCard, actOwn, actTold, string(incident.WordDoc), string(incident.WordClock),
		string(incident.WordText), string(incident.WordParty), wordDraft:
	case actShare:
		return v.share(a), true
	default:
		return chat.Reply{}, false
	}
	in, reply := v.read(a.id, "")
	if reply != nil {
		return *reply, true
	}
	switch a.word {
	case actCard:
		return v.showCard(in), true
	case actOwn:
		return v.showOwn(in), true
	case actTold:
		return v.showTold(in, a.arg), true
	case wordWho:
		return v.showWho(in), true
	case actMenu:
		return v.showMenu(in), true
	case string(incident.WordDoc):
		return v.showReports(in), true
	case wordDraft:
		return v.showDrafts(in, a.arg), true
	case string(incident.WordClock):
		return v.showClocks(in, a.arg), true
	case string(incident.WordText):
		return v.showTexts(in, a.arg), true
	case string(incident.WordParty):
		return v.showParties(in), true
	}
	return v.showStatus(in), true
}

// pressedCommand is the command of a button that acts at once.
func (v *visit) pressedCommand(a action) (incident.Command, bool) {
	switch incident.Word(a.word) {
	case incident.WordTake:
		return incident.Take{}, true
	case incident.WordDecline:
		return incident.Decline{}, true
	case incident.WordAccept:
		return incident.AcceptHandover{}, true
	case actRefuse:
		return incident.AcceptHandover{Refuse: true}, true
	case incident.WordAdvance:
		return incident.Advance{From: incident.Phase(a.arg)}, true
	case incident.WordLevel:
		n, err := strconv.Atoi(a.arg)
		return incident.SetLevel{Level: incident.Level(n)}, err == nil
	case incident.WordStep:
		return incident.DoStep{Step: a.arg}, true
	case incident.WordUndo:
		n, err := strconv.ParseInt(a.arg, 10, 64)
		return incident.Undo{Seq: n}, err == nil
	case incident.WordClose:
		return incident.Close{}, true
	case incident.WordSign:
		kind, version := textOf(a.arg)
		return incident.ApproveText{What: kind, Version: version}, true
	case actContinue:
		return incident.Note{Text: v.say("alarm.continued")}, true
	}
	return nil, false
}
