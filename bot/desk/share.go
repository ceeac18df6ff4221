package desk

import (
	"slices"
	"strconv"

	"hikeshi/bot/chat"
	"hikeshi/workflows/incident"
)

// shareButtons bring the report to the incident's channel. The auditor only reads.
func (v *visit) shareButtons(in *incident.Incident) []chat.Button {
	if !v.places || !in.InCircle(v.who.ID) {
		return nil
	}
	var buttons []chat.Button
	for _, f := range incident.ReportFormats {
		buttons = append(buttons, chat.Button{Label: v.say("share." + string(f)), Action: v.act(actShare, in.ID, in.Seq, string(f))})
	}
	return buttons
}

// share has the report brought to the incident's channel. The same card asks for one format
// once, however often its button is pressed.
func (v *visit) share(a action) chat.Reply {
	f := incident.ReportFormat(a.arg)
	if !v.places || !slices.Contains(incident.ReportFormats, f) {
		return v.outdated()
	}
	in, reply := v.read(a.id, "")
	if reply != nil {
		return *reply
	}
	if !in.InCircle(v.who.ID) {
		return v.showStatus(in)
	}
	key := "share:" + string(a.id) + ":" + strconv.FormatInt(a.seen, 10) + ":" + a.arg + ":" + string(v.who.ID)
	if err := v.service.Share(v.ctx, key, v.who.ID, a.id, f); err != nil {
		return v.fault(err, task{})
	}
	card := v.doneCard(a.id, v.say("share.done.title", "id", string(a.id)))
	card.Blocks = []chat.Block{{Text: v.say("share.done")}}
	return chat.Reply{Accepted: true, Cards: []chat.Card{card}}
}
