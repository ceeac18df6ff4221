package incident

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds that keep the row of one incident small.
const (
	maxParties  = 100
	maxTellings = 50 // of one party
	// What is said of a party in one line, in characters; the forms ask for no more.
	maxShort = 300
)

// shortText reads a text that has to be short.
func shortText(what, s string) (Text, *Refusal) {
	t, ref := freeText(what, s, true)
	if n := utf8.RuneCountInString(t.Body); ref == nil && n > maxShort {
		return Text{}, refuse("refuse.text_long", "what", what, "length", n, "max", maxShort)
	}
	return t, ref
}

// setParty adds an affected party, or changes what it is called and how many it is.
func (d *decision) setParty(c SetParty) *Refusal {
	in := d.in
	if !slices.Contains(PartyKinds, c.Kind) {
		return refuse("refuse.party_kind")
	}
	name, ref := shortText("party_name", c.Name)
	if ref != nil {
		return ref
	}
	count, ref := partyCount(c.Count)
	if ref != nil {
		return ref
	}
	e := PartySet{N: c.N, Who: c.Kind, Name: name, Count: count}
	if c.N == 0 {
		if len(in.Parties) >= maxParties {
			return refuse("refuse.too_many", "max", maxParties)
		}
		for _, p := range in.Parties {
			e.N = max(e.N, p.N)
		}
		e.N++
		d.emit(e)
		return nil
	}
	before, ref := d.party(c.N)
	if ref != nil {
		return ref
	}
	if before.Kind == e.Who && before.Name == name.Body && before.Count == count {
		return nil
	}
	e.Before, e.BeforeWho, e.BeforeCount = T(before.Name), before.Kind, before.Count
	d.emit(e)
	return nil
}

// partyCount reads how many there are as people type it: 1,200 or １２００; empty: not known.
func partyCount(typed string) (int, *Refusal) {
	digits := strings.ReplaceAll(strings.TrimSpace(narrow(typed)), ",", "")
	if digits == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > 2_000_000_000 {
		return 0, refuse("refuse.party_count", "value", typed)
	}
	return n, nil
}

func (d *decision) party(n int) (Party, *Refusal) {
	p, there := d.in.Party(n)
	if !there || p.Removed {
		return p, refuse("refuse.party_unknown")
	}
	return p, nil
}

// tellParty records that a party was told something.
func (d *decision) tellParty(c TellParty) *Refusal {
	p, ref := d.party(c.N)
	if ref != nil {
		return ref
	}
	e := PartyTold{N: p.N}
	for _, t := range Topics { // in their order, each once
		if slices.Contains(c.Topics, t) {
			e.Topics = append(e.Topics, t)
		}
	}
	if e.Topics == nil {
		return refuse("refuse.party_topics")
	}
	if len(p.Told) >= maxTellings {
		return refuse("refuse.too_many", "max", maxTellings)
	}
	if e.How, ref = shortText("party_how", c.How); ref != nil {
		return ref
	}
	if e.On, ref = d.dayTold(c.On); ref != nil {
		return ref
	}
	d.emit(e)
	return nil
}

// dayTold reads the day on which a party was told: not one to come, nor before the company
// itself knew.
func (d *decision) dayTold(typed string) (string, *Refusal) {
	day, ref := d.dayPassed(typed, d.in.Aware())
	if ref == nil {
		return day, nil
	}
	switch ref.Key {
	case "refuse.clock_day_future":
		ref.Key = "refuse.party_day_future"
	case "refuse.clock_day_early":
		ref.Key = "refuse.party_day_early"
	}
	return "", ref
}

func (d *decision) removeParty(c RemoveParty) *Refusal {
	p, ref := d.party(c.N)
	if ref != nil {
		return ref
	}
	reason, ref := needReason(c.Reason)
	if ref != nil {
		return ref
	}
	d.emit(PartyRemoved{N: p.N, Reason: reason})
	return nil
}

// setBackParty gives what takes an entry about a party back, and whether something newer
// stands on it. fixed says that what stood there before is gone for good.
func (in *Incident) setBackParty(r *Record) (restore Event, overtaken, fixed bool) {
	switch e := r.Event.(type) {
	case PartySet:
		p, _ := in.Party(e.N)
		if e.Before.Erased {
			return nil, false, true
		}
		if e.BeforeWho == "" { // it was new
			return PartyRemoved{N: e.N}, p.Seq != r.Seq || len(p.Told) > 0, false
		}
		return PartySet{
			N: e.N, Who: e.BeforeWho, Name: T(e.Before.Body), Count: e.BeforeCount,
			Before: T(p.Name), BeforeWho: p.Kind, BeforeCount: p.Count,
		}, p.Seq != r.Seq, false
	case PartyRemoved:
		p, _ := in.Party(e.N)
		return PartyRestored{N: e.N}, p.Seq != r.Seq, false
	case PartyTold:
		p, _ := in.Party(e.N)
		there := slices.ContainsFunc(p.Told, func(t Telling) bool { return t.Seq == r.Seq })
		return PartyUntold{N: e.N, Seq: r.Seq}, p.Removed || !there, false
	}
	return nil, true, false
}

// applyParties makes the next state of an entry about affected parties.
func (in *Incident) applyParties(r Record) {
	switch e := r.Event.(type) {
	case PartySet:
		i := in.partyAt(e.N)
		if i < 0 {
			in.Parties, i = append(in.Parties, Party{N: e.N}), len(in.Parties)
		}
		p := &in.Parties[i]
		p.Kind, p.Name, p.Count, p.By, p.At, p.Seq = e.Who, e.Name.Body, e.Count, r.By, r.At, r.Seq
	case PartyTold:
		in.onParty(e.N, func(p *Party) {
			p.Told = append(slices.Clip(p.Told), Telling{Topics: e.Topics, On: e.On, How: e.How.Body, By: r.By, Seq: r.Seq})
		})
	case PartyUntold:
		in.onParty(e.N, func(p *Party) {
			// Never in place: an earlier state may still hold the list.
			p.Told = slices.DeleteFunc(slices.Clone(p.Told), func(t Telling) bool { return t.Seq == e.Seq })
			if len(p.Told) == 0 {
				p.Told = nil
			}
		})
	case PartyRemoved:
		in.onParty(e.N, func(p *Party) { p.Removed, p.Reason, p.Seq = true, e.Reason.Body, r.Seq })
	case PartyRestored:
		in.onParty(e.N, func(p *Party) { p.Removed, p.Reason, p.Seq = false, "", r.Seq })
	}
}

func (in *Incident) onParty(n int, change func(*Party)) {
	if i := in.partyAt(n); i >= 0 {
		change(&in.Parties[i])
	}
}
