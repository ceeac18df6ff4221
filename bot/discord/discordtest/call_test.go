package discordtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"testing"

	"hikeshi/bot/discord/discordtest"
)

// reply is what came back of a call.
type reply struct {
	status int
	code   int
	body   map[string]any
	list   []any
	header http.Header
	raw    string
}

func (a reply) text(name string) string { s, _ := a.body[name].(string); return s }

// send calls the API as a plain HTTP client.
func send(t *testing.T, g *discordtest.Guild, r *http.Request) (a reply) {
	t.Helper()
	out, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	raw, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	a = reply{status: out.StatusCode, header: out.Header, raw: string(raw)}
	if json.Unmarshal(raw, &a.body) == nil {
		if n, ok := a.body["code"].(float64); ok {
			a.code = int(n)
		}
	} else {
		_ = json.Unmarshal(raw, &a.list)
	}
	return a
}

func request(t *testing.T, g *discordtest.Guild, method, path string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, g.URL()+"/api/v9"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bot "+g.Token())
	r.Header.Set("User-Agent", "DiscordBot (https://example.com, 1)")
	return r
}

// call calls the API with a JSON body, or with none.
func call(t *testing.T, g *discordtest.Guild, method, path, body string) reply {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := request(t, g, method, path, in)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return send(t, g, r)
}

// upload calls the API with files beside the JSON.
func upload(t *testing.T, g *discordtest.Guild, method, path, body string, files ...string) reply {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part := func(disposition, kind, body string) {
		w, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {kind}})
		if err == nil {
			_, err = io.WriteString(w, body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	part(`form-data; name="payload_json"`, "application/json", body)
	for i := 0; i+1 < len(files); i += 2 {
		part(`form-data; name="files[`+strconv.Itoa(i/2)+`]"; filename="`+files[i]+`"`, "application/octet-stream", files[i+1])
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r := request(t, g, method, path, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return send(t, g, r)
}

// wants compares the status and the code of an reply.
func answered(t *testing.T, a reply, status, code int) {
	t.Helper()
	if a.status != status || a.code != code {
		t.Errorf("answered %d/%d instead of %d/%d: %s", a.status, a.code, status, code, a.raw)
	}
}

// good is an reply that must be there.
func good(t *testing.T, a reply) reply {
	t.Helper()
	if a.status != http.StatusOK && a.status != http.StatusCreated && a.status != http.StatusNoContent {
		t.Fatalf("answered %d: %s", a.status, a.raw)
	}
	return a
}

// mistakes says how much was refused that no state of a server excuses.
func mistakes(t *testing.T, g *discordtest.Guild, n int) {
	t.Helper()
	if got := g.Mistakes(); len(got) != n {
		t.Errorf("%d mistakes instead of %d: %q", len(got), n, got)
	}
}
