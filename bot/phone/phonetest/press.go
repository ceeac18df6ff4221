package phonetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Said is what came back for a pressed key.
type Said struct {
	Status  int
	Version int               `json:"version"`
	Choice  string            `json:"choice"`
	Error   string            `json:"error"`
	Said    string            `json:"said"`
	Keys    map[string]string `json:"keys"`
}

// Said is what was read out to those whose keys PressAlways has pressed.
func (g *Gateway) Said() []Said {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]Said(nil), g.said...)
}

// Press presses a key on a call that rang: it is brought to the call's callback, signed.
func (g *Gateway) Press(c Call, key string) (Said, error) {
	if c.Callback == nil {
		return Said{}, errors.New("the call has no callback: no key can be pressed")
	}
	body, err := json.Marshal(map[string]string{"answer": c.Callback.Answer, "key": key})
	if err != nil {
		return Said{}, err
	}
	return g.Bring(c.Callback.URL, body, time.Now())
}

// Bring posts a body to an address, signed at an instant. The same body, signed at the same
// second, is the same request.
func (g *Gateway) Bring(address string, body []byte, at time.Time) (Said, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Said{}, err
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Hikeshi-Timestamp", stamp)
	req.Header.Set("X-Hikeshi-Signature", mac(g.Secret, stamp, body))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return Said{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return Said{}, err
	}
	said := Said{Status: res.StatusCode}
	return said, json.Unmarshal(b, &said)
}
