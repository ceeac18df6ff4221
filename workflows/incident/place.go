package incident

import (
	"fmt"
	"slices"
	"strings"
)

// On is a notice as it goes to the incident's channel on a further platform: a message of its own,
// which is tried, brought up to date and recorded alone.
func (n Notice) On(front string) Notice {
	if front != "" {
		n.Front, n.Key = front, n.Key+"@"+front
	}
	return n
}

// KeyAnywhere is the key without the name of a platform, the same on all of them.
func (n Notice) KeyAnywhere() string {
	if n.Front == "" {
		return n.Key
	}
	return strings.TrimSuffix(n.Key, "@"+n.Front)
}

// PlaceNotice has an incident's channel made as it ought to be. It is said to nobody. The end
// of a channel comes last: what is said in it before is to arrive.
func PlaceNotice(in *Incident) Notice {
	return Notice{Kind: NoticePlace, Key: "place:" + string(in.ID), Incident: in.ID, Last: in.Phase.Ended()}
}

// CardNotice has the card in an incident's channel show the incident as it is.
func CardNotice(in *Incident) Notice {
	return Notice{Kind: NoticeCard, Key: "card:" + string(in.ID), Incident: in.ID}
}

// MovesPlace reports whether something that an incident's channel depends on changed from
// before (nil for a new incident) to after: who belongs in it, its title, its end.
func MovesPlace(before, after *Incident) bool {
	return before == nil ||
		before.Title != after.Title ||
		before.Phase.Ended() != after.Phase.Ended() ||
		!slices.Equal(before.Excluded, after.Excluded) ||
		!slices.EqualFunc(before.Circle, after.Circle, func(a, b Member) bool { return a.Person == b.Person })
}

// ReportFormat is the form of a report's file.
type ReportFormat string

// The forms of a report that are brought into a channel.
const (
	ReportDocx ReportFormat = "docx"
	ReportPDF  ReportFormat = "pdf"
)

// ReportFormats are all of them.
var ReportFormats = []ReportFormat{ReportDocx, ReportPDF}

// AnnounceReport brings the final report into the channel: when it was approved, and as it is
// when the incident is closed. Each approval and each version has a key of its own, and so
// there is one file of each form.
func AnnounceReport(after *Incident, records []Record) (notices []Notice) {
	closed := false
	for _, r := range records {
		switch e := r.Event.(type) {
		case Approved:
			notices = append(notices, reportNotices(after.ID, fmt.Sprintf("a%d", r.Seq), r.Seq)...)
		case IncidentClosed:
			closed = true
		case ReportMade:
			if closed { // with the closing; one that somebody downloads is his own
				notices = append(notices, reportNotices(after.ID, fmt.Sprintf("v%d", e.Version), r.Seq)...)
			}
		}
	}
	return notices
}

func reportNotices(id ID, of string, seq int64) (notices []Notice) {
	for _, f := range ReportFormats {
		notices = append(notices, Notice{Kind: NoticeReport, Key: fmt.Sprintf("report:%s:%s:%s", id, of, f), Incident: id, Seq: seq})
	}
	return notices
}

// SharedReport brings the report as it is now into the channel, once for each request.
func SharedReport(id ID, request string, f ReportFormat) Notice {
	return Notice{Kind: NoticeReport, Key: fmt.Sprintf("report:%s:s%s:%s", id, request, f), Incident: id}
}

// ReportFormat is the form that a notice of a report asks for; "" for any other notice.
func (n Notice) ReportFormat() ReportFormat {
	if n.Kind != NoticeReport {
		return ""
	}
	key := n.KeyAnywhere()
	return ReportFormat(key[strings.LastIndexByte(key, ':')+1:])
}

// ReportOutdated reports whether a notice of an approved report has been overtaken: by the
// end of the approval, or by the closing, which brings a version of its own.
func (in *Incident) ReportOutdated(n Notice) bool {
	if !strings.HasPrefix(n.Key, "report:"+string(in.ID)+":a") {
		return false
	}
	return in.Phase.Ended() || in.Approval == nil || in.Approval.Seq != n.Seq
}
