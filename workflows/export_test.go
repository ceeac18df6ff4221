package workflows

import "hikeshi/workflows/incident"

// KeyOfTimer is the key of what is told of a timer that is missing.
func KeyOfTimer(id incident.ID, timer TimerKind, day string) string {
	return auditKey(Finding{Kind: FindingTimer, Incident: id, timer: timer}, day)
}
