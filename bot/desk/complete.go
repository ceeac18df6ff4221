package desk

import (
	"context"
	"errors"
	"slices"
	"strings"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// maxCompletion is how many characters a completed word is shown with (Discord, "Application
// Command Option Choice": name and value, 1–100 characters).
const maxCompletion = 100

// Complete finds what somebody may mean by a word of a command that he is typing: the best
// first, no more than limit. The value is what stands in the line then, the label what is
// shown. Incidents are those that he may see, the open ones first; steps are those of the
// channel's incident that are still to be done. A stranger, and somebody at a closed door,
// finds nothing but the words of /incident, which are no secret.
func (d *Desk) Complete(ctx context.Context, who chat.UserID, channel string, of chat.Completion, typed string, limit int) ([]chat.Option, error) {
	v := d.visit(ctx, who, "")
	if of == chat.CompleteWord {
		return shown(v.completeWord(typed, limit)), nil
	}
	if !v.known || v.closedDoor(who) {
		return nil, nil
	}
	var options []chat.Option
	var alike []incident.PersonID
	var err error
	switch of {
	case chat.CompleteIncident:
		options, err = v.incidentOptions()
	case chat.CompletePerson:
		options, alike = v.personOptions(channel), v.people(typed)
	case chat.CompleteStep:
		options, err = v.stepOptions(channel)
	}
	if err != nil {
		return nil, err
	}
	return shown(bestOptions(options, typed, alike, limit)), nil
}

// completeWord finds words by any of their spellings, in the order of the help.
func (v *visit) completeWord(typed string, limit int) []chat.Option {
	spelled := map[string]bool{}
	want := searched(typed)
	for spelling, word := range v.vocabulary.word {
		if strings.HasPrefix(searched(spelling), want) {
			spelled[word] = true
		}
	}
	var first, rest []chat.Option
	for _, w := range Words {
		says := v.help(w)
		o := chat.Option{Value: v.word(w), Label: clip(v.say("complete.word", "word", v.word(w), "says", says), maxCompletion)}
		switch {
		case spelled[w]:
			first = append(first, o)
		case strings.Contains(searched(says), want):
			rest = append(rest, o)
		}
	}
	found := append(first, rest...)
	return found[:max(0, min(limit, len(found)))]
}

func (v *visit) incidentOptions() ([]chat.Option, error) {
	list, _, err := v.service.Incidents(v.ctx, v.who.ID, workflows.Listing{Limit: homeRead})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b workflows.Listed) int {
		switch {
		case a.Phase.Ended() == b.Phase.Ended():
			return 0
		case b.Phase.Ended():
			return -1
		}
		return 1
	})
	var out []chat.Option
	for _, l := range list {
		out = append(out, chat.Option{Value: string(l.ID), Label: clip(titleFor(l.Incident, l.Access, v.who.ID), maxCompletion)})
	}
	return out, nil
}

// personOptions are the people who can take part in an incident, but for those whom the
// channel's incident leaves out.
func (v *visit) personOptions(channel string) []chat.Option {
	staff := v.staff()
	if in := v.fullyReadable(channel); in != nil {
		staff = slices.DeleteFunc(staff, func(p contact.Person) bool { return in.IsExcluded(p.ID) })
	}
	var out []chat.Option
	for _, p := range staff {
		value := string(p.ID)
		if strings.ContainsAny(value, " \u3000\t") {
			value = p.Name // an argument ends at a space
		}
		out = append(out, chat.Option{Value: value, Label: v.choiceName(p.ID)})
	}
	return out
}

func (v *visit) stepOptions(channel string) ([]chat.Option, error) {
	id, ok := v.OfChannel(channel)
	if !ok {
		return nil, nil
	}
	in, access, err := v.service.Incident(v.ctx, v.who.ID, id)
	if errors.Is(err, workflows.ErrNotFound) || err == nil && access != workflows.AccessFull {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []chat.Option
	for _, s := range in.Steps {
		if s.Settled() || s.Former || in.Applies(v.procedures(in), s) == incident.No {
			continue
		}
		value := short(s.Key)
		if s.N > 0 {
			value = number(s.N)
		}
		out = append(out, chat.Option{Value: value, Label: clip(v.stepName(s)+" "+s.Text.In(v.lang), maxCompletion)})
	}
	return out, nil
}

// fullyReadable is a channel's incident, where this person may read all of it and it can be
// read.
func (v *visit) fullyReadable(channel string) *incident.Incident {
	id, ok := v.OfChannel(channel)
	if !ok {
		return nil
	}
	in, access, err := v.service.Incident(v.ctx, v.who.ID, id)
	if err != nil || access != workflows.AccessFull {
		return nil
	}
	return in
}
