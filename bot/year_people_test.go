package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hikeshi/bot/desk"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// The people of the simulated year.

// do has a person ask something of an incident. ok is false when it was refused; a person whose
// server died under his hands tries again a little later.
func (y *year) do(p incident.PersonID, id incident.ID, c incident.Command) (out workflows.Outcome, ok bool) {
	y.acts++
	return y.again(fmt.Sprintf("act-%d", y.acts), p, id, c)
}

func (y *year) again(key string, p incident.PersonID, id incident.ID, c incident.Command) (out workflows.Outcome, ok bool) {
	person, listed := y.house.service.Contacts().Person(p)
	if !listed || !person.Active {
		return out, false
	}
	out, err := y.house.service.Do(context.Background(), workflows.Command{
		Key: key, By: incident.Actor{ID: p, Name: person.Name, Department: person.Department}, Incident: id, Source: incident.FromPerson, Do: c, Anyway: true,
	})
	if !y.mayFail(err) {
		y.in(time.Minute, func() { y.again(key, p, id, c) })
		return out, false
	}
	if _, reports := c.(incident.Report); reports && out.Accepted() { // also one that had been written when the server died
		y.reports++
	}
	return out, out.Accepted()
}

func (y *year) somebody() incident.PersonID {
	people := y.house.service.Contacts().People()
	return people[y.rnd.IntN(len(people))].ID
}

func (y *year) report() {
	r := incident.Report{Text: fmt.Sprintf("画面がおかしい %d", y.acts), What: incident.Kinds[y.rnd.IntN(len(incident.Kinds))], Facts: y.facts()}
	by := y.somebody()
	if y.rnd.IntN(12) == 0 {
		if p := y.somebody(); p != by {
			r.Exclude = []incident.PersonID{p}
		}
	}
	y.do(by, "", r)
}

func (y *year) facts() incident.Facts {
	f := incident.Facts{}
	for range y.rnd.IntN(4) {
		k := incident.FactKeys[y.rnd.IntN(len(incident.FactKeys))]
		f[k] = []incident.Answer{incident.Yes, incident.No, incident.Unknown}[y.rnd.IntN(3)]
		if k.Numeric() {
			f[k] = incident.Answer(fmt.Sprint(y.rnd.IntN(3000)))
		}
	}
	return f
}

// asleep reports whether nobody at all hears of an incident for some hours after it was
// reported: a company outing, a typhoon.
func (y *year) asleep(id incident.ID, now time.Time) bool {
	f := y.known[id]
	if f == nil {
		return false
	}
	d := y.drawn(string(id), "asleep", 0)
	return d.IntN(6) == 0 && now.Before(f.in.ReportedAt.Add(time.Duration(30+d.IntN(240))*time.Minute))
}

// called is a call that has reached a person: he makes up his mind. It is called while a send
// is under way, and only plans.
func (y *year) called(m workflows.Message, means, token string, now time.Time) {
	d := y.drawn(m.Key, "answer", 0)
	wait := 10*time.Second + time.Duration(d.ExpFloat64()*float64(3*time.Minute))
	hour := now.In(incident.Tokyo).Hour()
	deaf := 20
	if hour >= 22 || hour < 7 {
		deaf = map[string]int{frontendSlack: 70, frontendDiscord: 70, "mail": 90, "phone": 35}[means]
	}
	switch roll := d.IntN(100); {
	case roll < deaf:
		return
	case roll < deaf+10:
		wait += time.Duration(d.IntN(120)) * time.Minute
	}
	decline, silent := d.IntN(6) == 0, d.IntN(8) == 0
	y.at(now.Add(wait), func() {
		if y.asleep(m.Incident, y.clock.Now()) {
			return
		}
		choice, c := desk.AnswerTake, incident.Command(incident.Take{})
		if decline {
			choice, c = desk.AnswerDecline, incident.Decline{Reason: "移動中です"}
		}
		if token != "" {
			if _, _, err := y.house.desk.AnswerByPhone(context.Background(), token, choice); err != nil && y.life.dead.Load() {
				y.mayFail(err)
				return // the gateway says that it has failed; he does not try again
			}
			y.acts++
		} else if _, ok := y.do(m.To, m.Incident, c); !ok {
			return
		}
		if !decline && !silent {
			y.in(time.Duration(2+y.rnd.IntN(20))*time.Minute, func() { y.labour(m.Incident, m.To) })
		}
	})
}

// labour is a person at work on an incident, again and again until it ends or he stops.
func (y *year) labour(id incident.ID, p incident.PersonID) {
	in, err := y.file.Incident(context.Background(), id)
	if err != nil {
		y.t.Fatal(err)
	}
	pg, called := in.Page(p)
	if in.Phase.Ended() || !(in.Lead == p || called && pg.Status == incident.PageAcknowledged) {
		return
	}
	next := time.Duration(3+y.rnd.IntN(60)) * time.Minute
	if y.drags(in) {
		y.do(p, id, incident.Note{Text: "鉄道会社に問い合わせています"})
		y.in(time.Duration(6+y.rnd.IntN(12))*time.Hour, func() { y.labour(id, p) })
		return
	}
	level := incident.Level(y.rnd.IntN(4))
	switch roll := y.rnd.IntN(100); {
	case roll < 4:
		return // something else came between, and nobody hears of him any more
	case roll < 8:
		next = time.Duration(2+y.rnd.IntN(10)) * time.Hour
	case roll < 16:
		y.do(p, id, incident.SetLevel{Level: level, Reason: "調べた結果です"})
	case roll < 19:
		y.do(p, id, incident.SetFacts{Facts: y.facts()})
	case roll < 22:
		y.do(p, id, incident.Decline{Reason: "交代します"})
	case roll < 27:
		y.handOver(in, p)
	case roll < 29:
		y.do(p, id, incident.Restrict{Exclude: []incident.PersonID{y.somebody()}, Reason: "本人に関わる"})
	case roll < 30:
		y.do(p, id, incident.Restrict{})
	case roll < 33:
		y.do(p, id, incident.Assign{Person: y.somebody()})
	case roll < 35:
		y.do(p, id, incident.Undo{})
	case roll < 37:
		y.do(p, id, incident.Ask{Text: "いつ気づきましたか"})
	case roll < 38:
		if open, err := y.file.Incidents(context.Background(), workflows.IncidentQuery{OpenOnly: true}); err == nil && len(open) > 1 {
			y.do(p, id, incident.Merge{Into: open[y.rnd.IntN(len(open))].ID})
		}
	case roll < 39:
		y.do(p, id, incident.Categorise{Category: incident.Categories[y.rnd.IntN(len(incident.Categories))], Reason: "見直し"})
	case roll < 48:
		y.ended(id, p, incident.Dismiss{Reason: "該当しない"})
	case roll < 53:
		if open := in.OpenClocks(); len(open) > 0 {
			y.duty(in, p, open[y.rnd.IntN(len(open))].Rule)
		}
	case roll < 65:
		y.do(p, id, incident.Note{Text: "確認しました"})
	default:
		y.onward(in, p)
	}
	y.in(next, func() { y.labour(id, p) })
}

// ended ends an incident; of those ended some are reopened.
func (y *year) ended(id incident.ID, p incident.PersonID, c incident.Command) {
	if _, ok := y.do(p, id, c); ok && y.rnd.IntN(6) == 0 {
		y.in(time.Duration(1+y.rnd.IntN(40))*time.Hour, func() { y.do(p, id, incident.Reopen{Reason: "まだ続いている"}) })
	}
}

func (y *year) handOver(in *incident.Incident, p incident.PersonID) {
	to := y.somebody()
	if _, ok := y.do(p, in.ID, incident.HandOver{To: to, Reason: "交代"}); !ok || to == p {
		return
	}
	switch y.rnd.IntN(4) {
	case 0:
		y.in(5*time.Minute, func() { y.do(to, in.ID, incident.AcceptHandover{Refuse: true}) })
	case 1: // he does not answer
	default:
		y.in(4*time.Minute, func() {
			if _, ok := y.do(to, in.ID, incident.AcceptHandover{}); ok {
				y.labour(in.ID, to)
			}
		})
	}
}

// onward does the next sensible thing that the incident lacks.
func (y *year) onward(in *incident.Incident, p incident.PersonID) {
	rules, dir := y.house.service.Rules(in), y.house.service.People()
	missing := in.MissingForAdvance(rules)
	if in.Phase == incident.FinalReport {
		missing = in.MissingForClose(rules)
	}
	if len(missing) == 0 {
		if in.Phase == incident.FinalReport {
			y.ended(in.ID, p, incident.Close{})
			return
		}
		y.do(p, in.ID, incident.Advance{From: in.Phase})
		return
	}
	m := missing[y.rnd.IntN(len(missing))]
	switch m.What {
	case incident.MissingLevel, incident.MissingFloor:
		y.do(p, in.ID, incident.SetLevel{Level: in.WorkingLevel()})
	case incident.MissingField:
		value := "記入"
		if incident.Field(m.Ref).IsTime() {
			value = in.ReportedAt.In(incident.Tokyo).Format("2006-01-02 15:04")
		}
		y.do(p, in.ID, incident.SetField{Field: incident.Field(m.Ref), Value: value})
	case incident.MissingStep:
		y.do(p, in.ID, incident.DoStep{Step: m.Ref})
	case incident.MissingFact:
		y.do(p, in.ID, incident.Waive{Step: m.Ref, Reason: "該当しない"})
	case incident.MissingActions:
		y.do(p, in.ID, incident.SetPrevention{Text: "研修", Owner: p, Due: "2027-12-24"})
	case incident.MissingApproval:
		for _, by := range y.house.service.Contacts().People() {
			if in.May(dir, by.ID, incident.WordApprove) {
				y.do(by.ID, in.ID, incident.Approve{Publication: incident.PublishNone})
				return
			}
		}
	case incident.MissingClock:
		y.duty(in, p, incident.Rule(m.Ref))
	default:
		y.do(p, in.ID, incident.SetPrevention{N: 1, Text: "研修", Owner: p, Due: "2027-12-24"})
	}
}

// tidy is the morning's look: what has been open for days is brought to its end by who leads.
func (y *year) tidy() {
	ctx := context.Background()
	open, err := y.file.Incidents(ctx, workflows.IncidentQuery{OpenOnly: true})
	if err != nil {
		y.t.Fatal(err)
	}
	for _, in := range open {
		if y.clock.Now().Sub(in.ReportedAt) < y.ripe(in) {
			continue
		}
		leads := in.Leads(y.house.service.People())
		if len(leads) == 0 {
			y.wrong("%s: nobody has the lead's rights", in.ID)
			continue
		}
		y.do(leads[0], in.ID, incident.Take{})
		if _, ok := y.do(leads[0], in.ID, incident.Dismiss{Reason: "完了"}); ok {
			continue
		}
		for range 60 {
			if in, err = y.file.Incident(ctx, in.ID); err != nil {
				y.t.Fatal(err)
			}
			if in.Phase.Ended() {
				break
			}
			y.onward(in, leads[0])
		}
	}
}

// away has somebody tell of an absence; some are taken back.
func (y *year) away() {
	ctx := context.Background()
	p, deputy := y.somebody(), incident.PersonID("")
	if y.rnd.IntN(2) == 0 {
		deputy = y.somebody()
	}
	from := y.clock.Now().AddDate(0, 0, y.rnd.IntN(5))
	a := contact.Absence{From: contact.Day(from), To: contact.Day(from.AddDate(0, 0, y.rnd.IntN(8))), Deputy: deputy}
	y.acts++
	done, err := y.house.service.SetAbsence(ctx, fmt.Sprintf("act-%d", y.acts), p, p, a)
	if !y.mayFail(err) || done.Refusal != nil {
		return
	}
	y.absences++
	y.imported = y.clock.Now()
	if y.rnd.IntN(3) == 0 {
		y.in(time.Duration(y.rnd.IntN(72))*time.Hour, func() {
			y.acts++
			_, err := y.house.service.DropAbsence(ctx, fmt.Sprintf("act-%d", y.acts), p, p, a.From)
			y.mayFail(err)
			y.imported = y.clock.Now()
		})
	}
}

// compromise has somebody mark a means as read by others; some hours later that is over.
func (y *year) compromise() {
	means := []string{"mail", frontendSlack, frontendDiscord}[y.rnd.IntN(3)]
	for _, p := range y.house.service.Contacts().People() {
		if y.house.service.MayMark(p.ID) {
			y.acts++
			_, err := y.house.service.Compromise(context.Background(), fmt.Sprintf("act-%d", y.acts), p.ID, means, true, "web")
			y.mayFail(err)
			y.in(time.Duration(30+y.rnd.IntN(300))*time.Minute, y.lift)
			return
		}
	}
}

// lift says that no means is read by others any more.
func (y *year) lift() {
	ctx := context.Background()
	marked, err := y.house.service.Compromised(ctx)
	for _, means := range []string{"mail", frontendSlack, frontendDiscord} {
		if err == nil && marked[means].On {
			y.acts++
			_, err = y.house.service.Compromise(ctx, fmt.Sprintf("act-%d", y.acts), "", means, false, workflows.DoorConsole)
		}
	}
	if !y.mayFail(err) {
		y.in(time.Minute, y.lift)
	}
}

// reorganise imports a list in which people are missing, a role is nobody's, or somebody has no
// number or address; some days later the whole list again.
func (y *year) reorganise() {
	rows := slices.Clone(y.rows)
	leave := func(name string) {
		rows = slices.DeleteFunc(rows, func(r contact.Row) bool { return r.Name == name })
	}
	names := []string{}
	for _, r := range rows {
		if !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	switch y.rnd.IntN(5) {
	case 0:
		leave(names[y.rnd.IntN(len(names))])
	case 1:
		for range 3 {
			leave(names[y.rnd.IntN(len(names))])
		}
	case 2, 3:
		role := []incident.Role{incident.IncidentLead, incident.SystemAdmin, incident.Representative, incident.PrivacyManager}[y.rnd.IntN(4)]
		rows = slices.DeleteFunc(rows, func(r contact.Row) bool { return r.Role == role })
	case 4:
		name := names[y.rnd.IntN(len(names))]
		for i := range rows {
			if rows[i].Name != name {
				continue
			}
			if rows[i].Phone = ""; y.rnd.IntN(2) == 0 {
				rows[i].Absence = y.clock.Now().In(incident.Tokyo).Format("1/2") + "-" + y.clock.Now().In(incident.Tokyo).AddDate(0, 0, 3).Format("1/2")
			}
		}
	}
	if len(rows) == 0 || !slices.ContainsFunc(rows, func(r contact.Row) bool { return strings.TrimSpace(r.Name) != "" }) {
		return
	}
	y.mayFail(y.importContacts(rows))
	y.in(time.Duration(2+y.rnd.IntN(100))*time.Hour, func() { y.mayFail(y.importContacts(y.rows)) })
}

func (y *year) importContacts(rows []contact.Row) error {
	_, err := y.house.service.ImportContacts(context.Background(), rows)
	y.imports++
	y.imported = y.clock.Now()
	return err
}
