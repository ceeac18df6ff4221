package incident_test

import (
	"slices"

	"pgregory.net/rapid"

	"hikeshi/workflows/incident"
)

// checkTexts: nothing goes outside that was not approved word for word, by somebody else than
// who wrote it wherever there is somebody else; and no two versions wait at once.
func checkTexts(t *rapid.T, s *scene, before *incident.Incident, from int) {
	in := s.in
	waiting := map[incident.TextKind]int{}
	for i, text := range in.Texts {
		if text.Unfinished() {
			waiting[text.What]++
		}
		approved := text.Status == incident.TextApproved || text.Status == incident.TextPublished
		if approved != (text.Approval != nil) && text.Status != incident.TextRefused && text.Status != incident.TextSuperseded {
			t.Fatalf("%+v", text)
		}
		if (text.Status == incident.TextPublished) != (text.Publication != nil) || (text.Status == incident.TextRefused) != (text.Refusal != nil && text.Refusal.Reason != "") {
			t.Fatalf("%+v", text)
		}
		if e, ok := s.records[text.Seq-1].Event.(incident.OutsideProposed); !ok || e.What != text.What || e.Version != text.Version || e.Text.Body == "" {
			t.Fatalf("the entry of %+v is %+v", text, s.records[text.Seq-1].Event)
		}
		if slices.ContainsFunc(in.Texts[:i], func(o incident.OutsideText) bool { return o.What == text.What && o.Version == text.Version }) {
			t.Fatalf("two texts are version %d of %s", text.Version, text.What)
		}
	}
	for k, n := range waiting {
		if n > 1 {
			t.Fatalf("%d versions of %s wait", n, k)
		}
	}
	for _, r := range s.records[from:] {
		switch e := r.Event.(type) {
		case incident.OutsideApproved:
			was, there := before.Text(e.What, e.Version)
			if !there || was.Status != incident.TextProposed || !before.May(s.people, r.By, incident.WordSign) {
				t.Fatalf("%s approved %+v", r.By, was)
			}
			if others := before.TextApprovers(s.people, was.By, s.now); was.By == r.By && (!slices.Equal(others, []incident.PersonID{r.By}) || !e.Own) {
				t.Fatalf("%s approved his own text, %v could have", r.By, others)
			}
		case incident.OutsidePublished:
			was, _ := before.Text(e.What, e.Version)
			if was.Status != incident.TextApproved {
				t.Fatalf("published: %+v", was)
			}
		}
	}
	for _, n := range s.told {
		if n.Kind == incident.NoticeSign && n.Urgent && !in.May(s.people, n.To, incident.WordSign) {
			t.Fatalf("%s is asked for an approval that is not his", n.To)
		}
	}
}

// checkParties: what is said to have been told stands in the record.
func checkParties(t *rapid.T, s *scene) {
	for i, p := range s.in.Parties {
		if p.N != i+1 || p.Name == "" || p.Count < 0 || !slices.Contains(incident.PartyKinds, p.Kind) {
			t.Fatalf("%+v", p)
		}
		for _, told := range p.Told {
			e, ok := s.records[told.Seq-1].Event.(incident.PartyTold)
			if !ok || e.N != p.N || !slices.Equal(e.Topics, told.Topics) || slices.Contains(s.in.Undone, told.Seq) {
				t.Fatalf("%+v was told %+v, in the record stands %+v", p, told, e)
			}
		}
	}
}
