package web

import "time"

// Beat sets the time between heartbeats, for tests.
func (s *Server) Beat(d time.Duration) { s.live.beat = d }
