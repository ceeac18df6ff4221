package discord

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"hikeshi/bot/discord/discordtest"
)

// A session whose opening took too long is given up. What it opens afterwards is closed at once:
// nobody would read what Discord sends to it, nor end it.
func TestASessionThatWasGivenUpDoesNotOpenLater(t *testing.T) {
	t.Parallel()
	g := discordtest.New(t)
	f := newDoor(t, g, func(f *Front) { f.patience.open, f.patience.let = 200*time.Millisecond, 50*time.Millisecond })
	f.Use(&doorDesk{})
	l := f.newLine()
	l.session.Client.Timeout = 10 * time.Second
	l.session.Dialer.HandshakeTimeout = 10 * time.Second
	slow, dialled := make(chan struct{}), make(chan error, 1)
	dial := l.session.Dialer.NetDialContext
	l.session.Dialer.NetDialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		<-slow // the address is looked up slowly
		c, err := dial(ctx, network, address)
		dialled <- err
		return c, err
	}
	if _, err := f.hold(t.Context(), l); !errors.Is(err, errStuck) || !errors.Is(err, errOpen) {
		t.Fatalf("it was given up with %v", err)
	}
	close(slow)
	if err := <-dialled; !errors.Is(err, errGivenUp) {
		t.Errorf("the connection was made all the same: %v", err)
	}
	if n := g.Identifies(); n != 0 {
		t.Errorf("%d sessions were begun", n)
	}
}
