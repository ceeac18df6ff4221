package desk

import (
	"context"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// maxTopic is how many characters say what a channel is about (Slack, conversations.setTopic:
// 250).
const maxTopic = 250

// Place is the channel of a message's incident as it ought to be, and the people who belong in
// it; who they are on a platform, and what is pinned, the caller knows. The links are paths of
// the web pages.
func (d *Desk) Place(ctx context.Context, m workflows.Message) (chat.Place, []incident.PersonID, error) {
	m.To = "" // it is the incident's, whoever is told of it
	in, _, err := d.service.ForMessage(ctx, m)
	if err != nil {
		return chat.Place{}, nil, err
	}
	place, members := d.PlaceOf(in)
	return place, members, nil
}

// PlaceOf is the channel of an incident as it ought to be. In it belongs who works on the
// incident and may still read all of it: an auditor reads without being there, and whoever is
// left out, or has left the company, is not there either.
func (d *Desk) PlaceOf(in *incident.Incident) (chat.Place, []incident.PersonID) {
	v := d.voice()
	topic := strings.Join(strings.Fields(in.Title), " ")
	if mark := v.mark(); mark != "" {
		topic = v.say("place.marked", "mark", mark, "title", topic)
	}
	place := shown(chat.Place{
		Channel: v.Channel(in.ID), Topic: topic, Ended: in.Phase.Ended(),
		Links: []chat.Link{
			{Label: v.say("place.link.page"), URL: PathIncident(in.ID)},
			{Label: v.say("place.link.report"), URL: PathDocument(in.ID, KindReport, Formats[0])},
			{Label: v.say("place.link.contacts"), URL: PathContacts},
		},
	})
	place.Topic = clip(place.Topic, maxTopic)
	var members []incident.PersonID
	for _, m := range in.Circle {
		if in.InCircle(m.Person) && in.CanRead(v.service.People(), m.Person) {
			members = append(members, m.Person)
		}
	}
	return place, members
}
