package desk

import (
	"strings"

	"hikeshi/workflows/incident"
	"hikeshi/workflows/report"
)

// againBeforeClosing are the duties that are asked about once more before an incident is closed.
// IPA takes a notification in parts, and whoever has notified it early knows more at the end; it
// is voluntary, so that nothing is held back (IPA, ウイルス・不正アクセス届出; seed 001 §9.6 has
// them considered after the response).
var againBeforeClosing = []incident.Rule{"ipa-virus", "ipa-access"}

// closingReason is how much of a reason is told again: two of them and the question itself fit into
// the 300 characters of a confirmation dialog (Slack, "Confirmation dialog object", text).
const closingReason = 30

// beforeClosing says what of those was done, and what to think of; empty where there is none.
func (v voice) beforeClosing(in *incident.Incident) string {
	if in == nil {
		return ""
	}
	var lines []string
	for _, rule := range againBeforeClosing {
		c, ok := in.Clock(rule)
		switch {
		case ok && c.Status == incident.ClockFiled && c.On != "":
			lines = append(lines, v.say("closing.filed", "clock", v.ruleTitle(rule), "day", report.Day(c.On, v.say)))
		case ok && c.Status == incident.ClockUnneeded && c.Reason != "":
			lines = append(lines, v.say("closing.unneeded", "clock", v.ruleTitle(rule), "reason", clip(c.Reason, closingReason)))
		case ok && (c.Status == incident.ClockUnneeded || c.Open()):
			lines = append(lines, v.say("closing.unfiled", "clock", v.ruleTitle(rule)))
		}
	}
	return strings.Join(lines, "\n")
}

// closingQuestion is asked before an incident is closed. What is still to be told outside comes
// first: of a long question a platform shows the beginning.
func (v voice) closingQuestion(in *incident.Incident) string {
	var lines []string
	if names := v.unfinishedTexts(in); names != "" {
		lines = append(lines, v.say("outside.confirm", "texts", names))
	}
	if again := v.beforeClosing(in); again != "" {
		lines = append(lines, again)
	}
	return strings.Join(append(lines, v.say("confirm.close")), "\n")
}
