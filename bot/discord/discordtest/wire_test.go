package discordtest_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/coder/websocket"

	"hikeshi/bot/discord/discordtest"
)

// payload is what comes over the gateway.
type payload struct {
	Op int            `json:"op"`
	T  string         `json:"t"`
	S  int            `json:"s"`
	D  any            `json:"d"`
	d  map[string]any // D when it is an object
}

func (p payload) text(name string) string { s, _ := p.d[name].(string); return s }

// wire is a plain client of the gateway.
type wire struct {
	t    *testing.T
	g    *discordtest.Guild
	conn *websocket.Conn
	zip  int // payloads that came compressed
}

func dial(t *testing.T, g *discordtest.Guild, path string) *wire {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws"+g.URL()[len("http"):]+path, nil) //nolint:bodyclose // of a connection that was taken over there is none
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 22)
	t.Cleanup(func() { _ = conn.CloseNow() })
	w := &wire{t: t, g: g, conn: conn}
	if hello := w.read(); hello.Op != 10 || hello.d["heartbeat_interval"] == nil {
		t.Fatalf("%+v came instead of HELLO", hello)
	}
	return w
}

func (w *wire) next() (payload, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	kind, raw, err := w.conn.Read(ctx)
	if err != nil {
		return payload{}, err
	}
	if kind == websocket.MessageBinary {
		w.zip++
		z, err := zlib.NewReader(bytes.NewReader(raw))
		if err == nil {
			raw, err = io.ReadAll(z)
		}
		if err != nil {
			return payload{}, err
		}
	}
	var p payload
	if err := json.Unmarshal(raw, &p); err != nil {
		return payload{}, err
	}
	p.d, _ = p.D.(map[string]any)
	return p, nil
}

func (w *wire) read() payload {
	w.t.Helper()
	p, err := w.next()
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// event waits for an event and passes over the others.
func (w *wire) event(name string) payload {
	w.t.Helper()
	for {
		if p := w.read(); p.T == name {
			return p
		}
	}
}

func (w *wire) send(format string, args ...any) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	if err := w.conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) identify(intents discordtest.Intent, more string) {
	w.t.Helper()
	w.send(`{"op":2,"d":{"token":%q,"intents":%d,"properties":{"os":"linux","browser":"x","device":"x"}%s}}`, w.g.Token(), intents, more)
}

// begin identifies and waits for READY.
func begin(t *testing.T, g *discordtest.Guild, intents discordtest.Intent) (*wire, payload) {
	t.Helper()
	w := dial(t, g, "/gw/?v=9&encoding=json")
	w.identify(intents, "")
	return w, w.event("READY")
}

func (w *wire) resume(ready payload, seq int) {
	w.t.Helper()
	w.send(`{"op":6,"d":{"token":%q,"session_id":%q,"seq":%d}}`, "Bot "+w.g.Token(), ready.text("session_id"), seq)
}

// ends waits for the connection to be closed, and compares the code.
func (w *wire) ends(code int) {
	w.t.Helper()
	for {
		_, err := w.next()
		if err == nil {
			continue
		}
		if got := websocket.CloseStatus(err); int(got) != code {
			w.t.Errorf("closed with %d instead of %d: %v", got, code, err)
		}
		return
	}
}
