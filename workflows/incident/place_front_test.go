package incident

import "testing"

// A notice to a further platform is a message of its own, and still says what it is about.
func TestOnAFurtherPlatform(t *testing.T) {
	n := SharedReport("INC-2026-0001", "ab", ReportPDF)
	on := n.On("discord")
	if on.Key == n.Key || on.Front != "discord" || on.KeyAnywhere() != n.Key {
		t.Errorf("%+v", on)
	}
	if on.ReportFormat() != ReportPDF || n.ReportFormat() != ReportPDF {
		t.Errorf("%q, %q", on.ReportFormat(), n.ReportFormat())
	}
	if same := n.On(""); same != n {
		t.Errorf("%+v", same)
	}
	if !on.Known() {
		t.Error("this version can say it")
	}
	// What a version from before there were several finds in the row (store, carried).
	if (Notice{Kind: NoticeCard, Means: "@discord"}).Known() {
		t.Error("an earlier version would say it on the wrong platform")
	}
}
