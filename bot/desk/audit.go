package desk

import (
	"context"
	"slices"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// auditCard tells who looks after the installation what the auditor could not mend: in plain
// words what is wrong, which incident, and what to do. Who may not read the incident is told
// its number alone, and so is a mail, which others may read.
func (v voice) auditCard(ctx context.Context, m workflows.Message) (chat.Card, error) {
	in, err := v.service.ForAudit(ctx, m.Notice)
	if err != nil {
		return chat.Card{}, err
	}
	f := workflows.FindingOf(m.Notice)
	if !slices.Contains(workflows.FindingKinds, f.Kind) {
		return chat.Card{}, workflows.ErrNotFound // of a later version
	}
	key := f.Words()
	card := chat.Card{Key: m.Key, Tone: chat.Urgent, Mark: v.mark(), Title: v.say(key + ".title")}
	fields := []chat.Pair{{Label: v.say("audit.found_at"), Value: v.when(m.Created)}}
	byChat := m.Means == "" || m.Means == incident.ByChat
	if f.Incident != "" {
		which := string(f.Incident)
		if in != nil && byChat {
			which = title(in)
		}
		fields = append([]chat.Pair{{Label: v.say("audit.incident"), Value: which}}, fields...)
	}
	card.Blocks = []chat.Block{
		{Text: v.say(key)},
		{Fields: fields},
		{Heading: v.say("audit.to_do"), Text: v.say(key + ".to_do")},
	}
	switch {
	case in == nil:
	case byChat:
		card.Buttons = []chat.Button{{Label: v.say("button.open"), Action: v.act(wordStatus, in.ID, 0, "")}, v.pageLink(in)}
	default:
		card.Buttons = []chat.Button{v.pageLink(in)}
	}
	return card, nil
}
