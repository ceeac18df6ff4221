package desk

import (
	"context"
	"slices"
	"strconv"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// shareFormats are the formats of a report that is brought to its channel, the one that can
// still be worked on first.
var shareFormats = []string{"docx", "pdf"}

// shareButtons bring the report to the incident's channel. The auditor only reads.
func (v *visit) shareButtons(in *incident.Incident) []chat.Button {
	if !v.places || !in.InCircle(v.who.ID) {
		return nil
	}
	var buttons []chat.Button
	for _, f := range shareFormats {
		buttons = append(buttons, chat.Button{Label: v.say("share." + f), Action: v.act(actShare, in.ID, in.Seq, f)})
	}
	return buttons
}

// share has the report brought to the incident's channel. The same card asks for one format
// once, however often its button is pressed.
func (v *visit) share(a action) chat.Reply {
	if !v.places || !slices.Contains(shareFormats, a.arg) {
		return v.outdated()
	}
	in, reply := v.read(a.id, "")
	if reply != nil {
		return *reply
	}
	if v.access(in, v.who.ID) != workflows.AccessFull {
		return v.showStatus(in)
	}
	key := "share:" + string(a.id) + ":" + strconv.FormatInt(a.seen, 10) + ":" + a.arg + ":" + string(v.who.ID)
	s, ok := any(v.service).(sharer)
	if !ok {
		return v.outdated()
	}
	out, err := s.Share(v.ctx, key, v.who, a.id, a.arg)
	switch {
	case err != nil:
		return v.fault(err, task{})
	case out.Refusal != nil:
		return v.refused(out, task{id: a.id, do: incident.MakeReport{}})
	}
	card := v.doneCard(a.id, v.say("share.done.title", "id", string(a.id)))
	card.Blocks = []chat.Block{{Text: v.say("share.done")}}
	return chat.Reply{Accepted: true, Cards: []chat.Card{card}}
}

type sharer interface {
	Share(ctx context.Context, key string, by incident.Actor, id incident.ID, format string) (workflows.Outcome, error)
}
