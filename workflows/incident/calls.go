package incident

import "slices"

// Calls gives the messages that the open pages stand on: one for each means that was used and
// has not failed. Nobody is among them whom nothing reaches, or who is left out.
func (in *Incident) Calls() []Notice {
	var out []Notice
	for _, p := range in.OpenPages() {
		if p.Uncalled || in.IsExcluded(p.Person) {
			continue
		}
		for _, m := range p.Used() {
			if !slices.Contains(p.Failed, m) {
				n := in.callNotice(p.Person, p.Seq, m)
				n.Incident = in.ID
				out = append(out, n)
			}
		}
	}
	return out
}

// callNotice is the message by which a page reaches a person by one means.
func (in *Incident) callNotice(to PersonID, seq int64, m Means) Notice {
	n := Notice{Kind: NoticePage, Key: pageKey(in.ID, seq, to), To: to, Seq: seq, Urgent: in.Chased()}
	if m != ByChat {
		n.Key, n.Means = n.Key+":"+string(m), m
	}
	return n
}
