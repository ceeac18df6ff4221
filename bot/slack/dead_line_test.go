package slack

import (
	"net/http"
	"testing"
	"time"
)

// HTTP/2 has one connection for everything: one that is dead is found out within seconds.
func TestADeadConnectionIsFoundOut(t *testing.T) {
	next, ok := newSender(Config{}, nil).http.Transport.(*listening).next.(*http.Transport)
	if !ok || next.HTTP2 == nil {
		t.Fatal("nobody asks whether the connection lives")
	}
	for _, d := range []time.Duration{next.HTTP2.SendPingTimeout, next.HTTP2.PingTimeout} {
		if d <= 0 || d > 5*time.Second {
			t.Errorf("it takes %v", d)
		}
	}
}
