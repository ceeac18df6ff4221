package incident

import (
	"slices"
	"testing"
)

func TestWhichReportsAreBrought(t *testing.T) {
	const id ID = "INC-2026-0001"
	at := func(seq int64, e Event) Record { return Record{Seq: seq, Event: e} }
	for name, c := range map[string]struct {
		records []Record
		want    []string
	}{
		"approved": {[]Record{at(7, Approved{})}, []string{"report:INC-2026-0001:a7:docx", "report:INC-2026-0001:a7:pdf"}},
		"closed":   {[]Record{at(8, IncidentClosed{}), at(9, ReportMade{Version: 2})}, []string{"report:INC-2026-0001:v2:docx", "report:INC-2026-0001:v2:pdf"}},
		"download": {[]Record{at(9, ReportMade{Version: 3})}, nil},
		"merged":   {[]Record{at(9, MergedIntoOther{})}, nil},
	} {
		var got []string
		for _, n := range AnnounceReport(&Incident{ID: id}, c.records) {
			got = append(got, n.Key)
			if f := n.ReportFormat(); !slices.Contains(ReportFormats, f) {
				t.Errorf("%s: %s has form %q", name, n.Key, f)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAReportIsOvertaken(t *testing.T) {
	approved := Notice{Kind: NoticeReport, Key: "report:INC-2026-0001:a7:pdf", Seq: 7}
	closed := Notice{Kind: NoticeReport, Key: "report:INC-2026-0001:v2:pdf", Seq: 9}
	in := &Incident{ID: "INC-2026-0001", Phase: FinalReport, Approval: &Approval{Seq: 7}}
	check := func(what string, wantApproved bool) {
		t.Helper()
		if in.ReportOutdated(approved) != wantApproved || in.ReportOutdated(closed) {
			t.Errorf("%s: approved %v, closed %v", what, in.ReportOutdated(approved), in.ReportOutdated(closed))
		}
	}
	check("in force", false)
	in.Approval = &Approval{Seq: 8}
	check("approved anew", true)
	in.Approval = nil
	check("voided", true)
	in.Approval, in.Phase = &Approval{Seq: 7}, Closed
	check("closed", true)
}
