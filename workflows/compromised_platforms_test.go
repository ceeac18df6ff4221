package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// That a platform must not be used is told by another on which somebody is, where no mail reaches
// him; who is on that one alone has to be phoned.
func TestAMarkIsToldByTheOtherPlatform(t *testing.T) {
	c := newChannels(t, "slack", "discord")
	ctx := t.Context()
	rows, faults := contact.Parse(templates.SampleContacts())
	if faults != nil {
		t.Fatal(faults)
	}
	for i := range rows {
		if strings.HasPrefix(rows[i].Name, "佐藤") {
			rows[i].DiscordID = "12345678901234567"
		}
	}
	if _, err := c.service.ImportContacts(ctx, rows); err != nil {
		t.Fatal(err)
	}
	lead, admin := c.service.Contacts().Find("佐藤")[0], c.service.Contacts().Find("鈴木")[0]
	for platform, told := range map[string]bool{"slack": true, "discord": false} {
		if out, err := c.service.Compromise(ctx, "mark "+platform, "", platform, true, workflows.DoorConsole); err != nil || !out.Accepted() {
			t.Fatalf("%+v %v", out, err)
		}
		untold, err := c.service.Untold(ctx, platform)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(untold, lead) == told || !slices.Contains(untold, admin) {
			t.Errorf("of %s these have to be phoned: %q", platform, untold)
		}
		list, err := c.service.ClaimMessages(ctx, "a", time.Minute, 100, false)
		if err != nil {
			t.Fatal(err)
		}
		var to []incident.PersonID
		for _, m := range list {
			if m.Kind == incident.NoticeCompromised {
				to = append(to, m.To)
			}
			if m.By() != incident.ByChat {
				t.Errorf("%s goes by %s, which is not set up", m.Key, m.By())
			}
		}
		if slices.Contains(to, lead) != told {
			t.Errorf("of %s these are told: %q", platform, to)
		}
	}
}
