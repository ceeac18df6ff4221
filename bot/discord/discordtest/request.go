package discordtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// request is a call as it came.
type request struct {
	route  string // "POST /channels/{channel}/messages"
	method string
	path   string
	vars   func(string) string // of the route
	query  url.Values
	header http.Header
	body   obj   // a JSON object, or payload_json beside files
	list   []any // a JSON list
	files  []upload
	form   bool // it came as multipart/form-data
}

func (in *request) id(name string) string { return in.vars(name) }

// upload is a file of a request.
type upload struct {
	field, name, kind string
	id                string // n of files[n]; empty: not to be named by attachments
	body              []byte
}

// maxBody is what a whole request may be: ten files of 10 MiB (Discord, "Uploading Files") and
// what stands beside them.
const maxBody = 110 << 20

// read reads what a request carries and refuses what Discord cannot read.
func read(route string, r *http.Request) (*request, *problem) {
	in := &request{
		route: route, method: r.Method, path: r.URL.Path, vars: r.PathValue, query: r.URL.Query(), header: r.Header,
	}
	if ua := r.UserAgent(); !strings.HasPrefix(ua, "DiscordBot (") {
		// "Clients using the HTTP API must provide a valid User Agent" (Discord, "User Agent").
		return in, no(403, 40333, "internal network error").because("User-Agent %q", ua)
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return in, no(400, 0, "400: Bad Request").because("%v", err).excuse()
	case len(raw) > maxBody:
		return in, no(413, 40005, "Request entity too large. Try sending something smaller")
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Header.Get("Content-Type") == "" && len(raw) == 0:
		return in, nil
	case err != nil:
		return in, no(400, 50035, "Invalid Form Body").because("Content-Type %q", r.Header.Get("Content-Type"))
	case kind == "application/json" && len(raw) == 0 && r.Method != http.MethodGet && r.Method != http.MethodDelete && r.Method != http.MethodPut:
		// A body is announced, and there is none.
		return in, no(400, 50109, "The request body contains invalid JSON.")
	case kind == "application/json":
		return in, in.json(raw)
	case kind == "multipart/form-data":
		in.form = true
		return in, in.multipart(raw, params["boundary"])
	}
	// Discord, "Content Type": application/json, multipart/form-data or, for OAuth2, a form.
	return in, no(400, 50035, "Invalid Form Body").because("Content-Type %q", kind)
}

func (in *request) json(raw []byte) *problem {
	if len(raw) == 0 {
		return nil
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return no(400, 50109, "The request body contains invalid JSON.")
	}
	switch v := v.(type) {
	case obj:
		in.body = v
	case []any:
		in.list = v
	case nil:
	default:
		return no(400, 50035, "Invalid Form Body").because("neither an object nor a list")
	}
	return nil
}

// multipart reads files[n] and payload_json (Discord, "Uploading Files"). Other names of files
// are taken, as they are by Discord, but attachments cannot refer to them.
func (in *request) multipart(raw []byte, boundary string) *problem {
	parts := multipart.NewReader(strings.NewReader(string(raw)), boundary)
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return no(400, 50035, "Invalid Form Body").because("multipart: %v", err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			return no(400, 50035, "Invalid Form Body").because("multipart: %v", err)
		}
		_, params, _ := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
		name := params["filename"]
		switch {
		case p.FormName() == "payload_json":
			if bad := in.json(body); bad != nil {
				return bad
			}
		case name != "":
			u := upload{field: p.FormName(), name: path.Base(name), kind: p.Header.Get("Content-Type"), body: body}
			if n, ok := strings.CutPrefix(u.field, "files["); ok && strings.HasSuffix(n, "]") {
				u.id = strings.TrimSuffix(n, "]")
				if _, err := strconv.Atoi(u.id); err != nil {
					return invalid("files", "INVALID", "%q is no files[n]", u.field)
				}
			}
			in.files = append(in.files, u)
		default:
			return invalid(p.FormName(), "UNKNOWN", "no such part of a form")
		}
	}
}

// only refuses fields that Discord does not know. Discord passes them over in silence; a test
// wants to hear of them.
func (in *request) only(fields ...string) *problem { return only("", in.body, fields...) }

func only(at string, o obj, fields ...string) *problem {
	for name := range o {
		if !contains(fields, name) {
			return invalid(strings.TrimPrefix(at+"."+name, "."), "UNKNOWN_FIELD", "Discord knows no such field")
		}
	}
	return nil
}

// bare refuses a body where there is nothing to say.
func (in *request) bare() *problem {
	if len(in.body) > 0 || in.list != nil || len(in.files) > 0 {
		return invalid("body", "UNKNOWN_FIELD", "%s takes no body", in.route)
	}
	return nil
}

// number reads a number of the query.
func (in *request) number(name string, otherwise, least, most int) (int, *problem) {
	s := in.query.Get(name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, invalid(name, "NUMBER_TYPE_MAX", "int value should be %d to %d.", least, most)
	}
	return n, nil
}

func (in *request) String() string { return fmt.Sprintf("%s (%s)", in.route, in.path) }
