package mail

import "time"

// Hasten lets a try end sooner than it does in earnest.
func (m *Mail) Hasten(d time.Duration) { m.within = d }
