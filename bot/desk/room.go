package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// Room is the frame around every view of one person.
func (d *Desk) Room(ctx context.Context, who chat.UserID) (Room, error) {
	v := d.visit(ctx, who, "")
	room, err := v.room()
	return shown(room), err
}

func (v *visit) room() (Room, error) {
	room := Room{
		Lang: v.lang, Practice: v.service.Practice(), Company: v.company,
		Now: v.now, NowText: v.nowText(), Me: PersonLine{User: v.user(), Name: v.who.Name},
		Direct: PlaceLine{Title: v.say("room.direct")},
	}
	if p, ok := v.service.Contacts().Person(v.who.ID); ok {
		room.Me = v.personLine(p)
	}
	open, more, err := v.service.Incidents(v.ctx, v.who.ID, workflows.Listing{OpenOnly: true, Limit: openPlaces})
	if err != nil {
		return Room{}, err
	}
	room.More = more
	ended, _, err := v.service.Incidents(v.ctx, v.who.ID, workflows.Listing{EndedOnly: true, Limit: endedPlaces})
	if err != nil {
		return Room{}, err
	}
	for _, l := range slices.Concat(open, ended) {
		line := v.place(l)
		if l.Access == workflows.AccessFull {
			room.Channels = append(room.Channels, line)
		} else {
			room.Reports = append(room.Reports, line)
		}
		room.Direct.Waiting = room.Direct.Waiting || line.Waiting
	}
	if v.service.MayResend(v.who.ID) {
		lost, _, err := v.service.Undelivered(v.ctx, v.who.ID, 0, 1)
		if err != nil {
			return Room{}, err
		}
		if len(lost) > 0 {
			room.Undelivered = PathUndelivered
		}
	}
	return room, nil
}

// The places beside every view: what is under way, and what has ended lately. The list has
// them all.
const (
	openPlaces  = 100
	endedPlaces = 20
)

func (v *visit) user() chat.UserID {
	if v.known {
		return User(v.who.ID)
	}
	return chat.UserID(v.who.ID)
}

func (v voice) nowText() string { return v.instant(v.now) }

// place is one incident as a place to go.
func (v *visit) place(l workflows.Listed) PlaceLine {
	return PlaceLine{
		Channel: v.Channel(l.ID), ID: string(l.ID), Title: called(l.Incident, l.Access, v.who.ID),
		State: v.stateLine(l.Incident), Ended: l.Phase.Ended(), Waiting: v.waits(l.Incident),
	}
}

// waits reports whether an incident waits for this person's answer.
func (v *visit) waits(in *incident.Incident) bool {
	if in.Phase.Ended() {
		return false
	}
	page, called := in.Page(v.who.ID)
	return called && page.Status == incident.PageOpen ||
		in.Handover != nil && in.Handover.To == v.who.ID ||
		in.ReportedBy(v.who.ID) && len(openQuestions(in)) > 0
}

// feedLength is how many messages a place shows; the record on the incident's page has all.
const feedLength = 200

// Feed is what stands in one place: the channel of an incident, the own report of somebody
// who does not belong to its circle, or the own direct messages when channel is empty.
// ErrNotFound for a place that is not shown to this person.
func (d *Desk) Feed(ctx context.Context, who chat.UserID, channel string) (Feed, error) {
	v := d.visit(ctx, who, "")
	if channel == "" {
		messages, err := d.service.Direct(ctx, v.who.ID, feedLength)
		if err != nil {
			return Feed{}, err
		}
		feed := Feed{Title: v.say("room.direct"), Sub: v.say("room.direct.sub"), Hint: v.say("room.direct.hint")}
		if v.known {
			feed.Pinned = v.homeAway()
		}
		feed.Posts, err = v.posts(messages, nil)
		return shown(feed), err
	}
	id, ok := d.OfChannel(channel)
	if !ok {
		return Feed{}, workflows.ErrNotFound
	}
	in, access, err := d.service.Incident(ctx, v.who.ID, id)
	if err != nil {
		return Feed{}, err
	}
	feed := Feed{Channel: v.Channel(id), Title: titleFor(in, access, v.who.ID), Page: PathIncident(id)}
	if access != workflows.AccessFull {
		card := v.reporterCard(in, v.who.ID)
		feed.Pinned, feed.Sub, feed.Hint = &card, v.stateLine(in), v.say("room.report.hint")
		messages, err := d.service.Direct(ctx, v.who.ID, feedLength)
		if err != nil {
			return Feed{}, err
		}
		messages = slices.DeleteFunc(messages, func(m workflows.Message) bool { return m.Incident != id || m.Kind == incident.NoticeReporter })
		feed.Posts, err = v.posts(messages, nil)
		return shown(feed), err
	}
	card := v.incidentCard(in)
	feed.Pinned, feed.Sub, feed.Hint = &card, v.subLine(in), v.say("room.channel.hint")
	messages, err := d.service.Channel(ctx, v.who.ID, id, feedLength)
	if err != nil {
		return Feed{}, err
	}
	records, err := d.service.Record(ctx, v.who.ID, id, 1)
	if err != nil {
		return Feed{}, err
	}
	messages = slices.DeleteFunc(messages, func(m workflows.Message) bool { return m.Kind == incident.NoticeCard })
	feed.Posts, err = v.posts(messages, records)
	return shown(feed), err
}

// posts renders messages; those that their receiver may not see any more are left out.
// records are the entries of the one incident they are about, from the first, where known.
func (v *visit) posts(messages []workflows.Message, records []incident.Record) ([]Post, error) {
	type seen struct {
		in     *incident.Incident
		access workflows.Access
		err    error
	}
	incidents := map[string]seen{}
	var posts []Post
	for _, m := range messages {
		var card chat.Card
		var err error
		switch m.Kind {
		case incident.NoticeDigest:
			card, err = v.digestCard(v.ctx, m)
		case incident.NoticeAudit:
			card, err = v.auditCard(v.ctx, m)
		default:
			key := string(m.Incident) + ":" + string(m.To)
			s, ok := incidents[key]
			if !ok {
				s.in, s.access, s.err = v.service.ForMessage(v.ctx, m)
				incidents[key] = s
			}
			if err = s.err; err == nil {
				card, err = v.messageCard(v.ctx, s.in, s.access, m, func(seq int64) (incident.Record, error) {
					if i := int(seq) - 1; i >= 0 && i < len(records) && records[i].Seq == seq {
						return records[i], nil
					}
					return v.service.Entry(v.ctx, m.Incident, seq)
				})
			}
		}
		if errors.Is(err, workflows.ErrNotFound) || errors.Is(err, workflows.ErrSettled) {
			continue
		}
		if err != nil {
			return nil, err
		}
		at := arrived(m)
		posts = append(posts, Post{Key: m.Key, At: at, Time: v.when(at), Card: v.resent(card, m)})
	}
	slices.SortStableFunc(posts, func(a, b Post) int { return a.At.Compare(b.At) })
	return posts, nil
}

// contactRows lists every role with its people, deputies in their order.
func (v voice) contactRows() []ContactRow {
	dir := v.service.Contacts()
	var rows []ContactRow
	for _, r := range incident.Roles {
		departments := []string{""}
		if r == incident.DepartmentLead {
			departments = dir.Departments()
		}
		for _, dept := range departments {
			holders := len(dir.Holders(r, dept))
			for i, id := range dir.Chain(r, dept) {
				p, _ := dir.Person(id)
				row := ContactRow{Role: v.role(r), Name: v.withAbsence(id, p.Name), Department: p.Department, Phone: p.Phone, Email: p.Email}
				if dept != "" {
					row.Role = v.say("person.of", "name", row.Role, "of", dept)
				}
				if i >= holders {
					row.Order = v.say("phonebook.deputy", "n", strconv.Itoa(i-holders+1))
				}
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// Contacts is whom to phone, by role. Whoever is not on the list sees none of it.
func (d *Desk) Contacts(ctx context.Context, who chat.UserID) (ContactsPage, error) {
	v := d.visit(ctx, who, "")
	if !v.known {
		return ContactsPage{}, workflows.ErrNotFound
	}
	room, err := v.room()
	return shown(ContactsPage{Room: room, Rows: v.contactRows()}), err
}
