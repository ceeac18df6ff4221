package desk

import (
	"strconv"
	"strings"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// The whole of a card: a front end that shows only a part of a long one asks for it again by
// Card.Whole. What it then gets is the card as it is now, for who asks, under the rights he
// has now; only the name of the card travels in the action.

// showCard gives the incident's card again, as it stands in its channel.
func (v *visit) showCard(in *incident.Incident) chat.Reply {
	if v.access(in, v.who.ID) != workflows.AccessFull {
		return v.showStatus(in)
	}
	return chat.Reply{Cards: []chat.Card{v.incidentCard(in)}}
}

// showOwn gives a reporter's card again, also to one who has come to work on the incident.
func (v *visit) showOwn(in *incident.Incident) chat.Reply {
	if !in.ReportedBy(v.who.ID) {
		return v.showStatus(in)
	}
	return chat.Reply{Cards: []chat.Card{v.reporterCard(in, v.who.ID)}}
}

// toldKinds are the messages to one person whose card may be long. All of them are for those
// who see the whole incident.
var toldKinds = map[incident.NoticeKind]bool{
	incident.NoticePage: true, incident.NoticeHandover: true, incident.NoticeApprove: true, incident.NoticeClocks: true,
	incident.NoticeSign: true,
}

// wholeTold is the action that gives a message to one person again.
func (v voice) wholeTold(m workflows.Message) chat.Action {
	return v.act(actTold, m.Incident, 0, string(m.Kind)+"."+strconv.FormatInt(m.Seq, 10))
}

// showTold gives a message to the one who asks again.
func (v *visit) showTold(in *incident.Incident, arg string) chat.Reply {
	kind, entry, _ := strings.Cut(arg, ".")
	seq, err := strconv.ParseInt(entry, 10, 64)
	if err != nil || !toldKinds[incident.NoticeKind(kind)] {
		return v.outdated()
	}
	if v.access(in, v.who.ID) != workflows.AccessFull {
		return v.showStatus(in)
	}
	m := workflows.Message{Notice: incident.Notice{Kind: incident.NoticeKind(kind), Incident: in.ID, To: v.who.ID, Seq: seq}}
	m.FirstSent = v.now // he has it before him: one that is settled by now says so
	m.Key = kind + ":" + string(in.ID) + ":" + entry + ":" + string(v.who.ID)
	card, err := v.messageCard(v.ctx, in, workflows.AccessFull, m, func(seq int64) (incident.Record, error) {
		return v.service.Entry(v.ctx, in.ID, seq)
	})
	if err != nil {
		return v.fault(err, task{})
	}
	return chat.Reply{Cards: []chat.Card{card}}
}

// showDigest gives a morning's overview again.
func (v *visit) showDigest(day string) chat.Reply {
	if _, err := time.Parse(time.DateOnly, day); err != nil || !v.known {
		return v.outdated()
	}
	m := workflows.Message{Notice: incident.Notice{
		Key: "digest:" + day + ":" + string(v.who.ID), Kind: incident.NoticeDigest, To: v.who.ID, Day: day,
	}}
	card, err := v.digestCard(v.ctx, m)
	if err != nil {
		return v.fault(err, task{})
	}
	return chat.Reply{Cards: []chat.Card{card}}
}
