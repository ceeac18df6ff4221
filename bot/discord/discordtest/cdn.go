package discordtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

// linkFor is how long the address of a file is good: about a day (Discord, "Signed Attachment
// CDN URLs": ex is when it expires, is when it was issued, hm signs it, all in hexadecimal).
const linkFor = 24 * time.Hour

// fileURL is where an attachment lies on the CDN; mu is held.
func (g *Guild) fileURL(a *attachment) string {
	now := g.cdnNow()
	folder := "attachments"
	if a.ephemeral {
		folder = "ephemeral-attachments"
	}
	p := fmt.Sprintf("/%s/%s/%s/%s", folder, a.channel, a.id, url.PathEscape(a.name))
	ex, is := strconv.FormatInt(now.Add(linkFor).Unix(), 16), strconv.FormatInt(now.Unix(), 16)
	return "https://cdn.discordapp.com" + p + "?ex=" + ex + "&is=" + is + "&hm=" + g.signed(a.id, ex, is) + "&"
}

// cdnNow is the CDN's time; mu is held.
func (g *Guild) cdnNow() time.Time { return time.Now().Add(g.cdnAhead) }

// ExpireLinks lets every address of a file that was given out until now be over, as after a day.
func (g *Guild) ExpireLinks() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cdnAhead += linkFor + time.Minute
}

// Forget takes the files of a name off the CDN, as Discord does with those of a message that was
// deleted, and with ephemeral ones "after a set period of time" (Discord, "Attachment Object").
func (g *Guild) Forget(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, a := range g.files {
		if a.name == fileName(name) {
			delete(g.files, id)
			g.forgotten[id] = true
		}
	}
}

// maxRefreshed is how many addresses are renewed at once. The route is Discord's own client's;
// its documentation does not name it.
const maxRefreshed = 50

// linkPath is where a file lies on the CDN: channel, file and name.
var linkPath = regexp.MustCompile(`^/(ephemeral-)?attachments/(\d+)/(\d+)/([^/]+)$`)

// refreshURLs gives addresses anew; null where there is none to give.
func refreshURLs(g *Guild, in *request) (any, *problem) {
	for name := range in.body {
		if name != "attachment_urls" {
			return nil, invalid(name, "UNKNOWN_FIELD", "nobody knows this field")
		}
	}
	asked, ok := in.body["attachment_urls"].([]any)
	if !ok || len(asked) < 1 || len(asked) > maxRefreshed {
		return nil, invalid("attachment_urls", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and %d in length.", maxRefreshed)
	}
	fresh := []any{}
	for n, one := range asked {
		original, _ := one.(string)
		u, err := url.Parse(original)
		if err != nil || u.Scheme != "https" || u.Host != "cdn.discordapp.com" && u.Host != "media.discordapp.net" || !linkPath.MatchString(u.Path) {
			return nil, invalid("attachment_urls."+strconv.Itoa(n), "URL_TYPE_INVALID", "Not the address of a file: %q", original)
		}
		part := linkPath.FindStringSubmatch(u.Path)
		var refreshed any
		if a := g.files[part[3]]; a != nil && a.channel == part[2] {
			refreshed = g.fileURL(a)
		}
		fresh = append(fresh, obj{"original": original, "refreshed": refreshed})
	}
	return obj{"refreshed_urls": fresh}, nil
}

func (g *Guild) signed(id, ex, is string) string {
	mac := hmac.New(sha256.New, []byte(g.cdnSecret))
	fmt.Fprint(mac, id, ex, is)
	return hex.EncodeToString(mac.Sum(nil))
}

// serveFile is the CDN. Whoever has the address has the file; a token has no business here.
func (g *Guild) serveFile(out http.ResponseWriter, r *http.Request) {
	const where = "GET cdn.discordapp.com"
	g.mu.Lock()
	a := g.files[r.PathValue("file")]
	f, delay := g.faultHeld(where)
	q := r.URL.Query()
	ex, _ := strconv.ParseInt(q.Get("ex"), 16, 64)
	known := a != nil && a.channel == r.PathValue("channel") && a.name == r.PathValue("name") &&
		a.ephemeral == (r.PathValue("folder") == "ephemeral-attachments")
	switch {
	case r.Header.Get("Authorization") != "":
		g.blame(where, "the token was sent to the CDN")
	case !known && !g.forgotten[r.PathValue("file")]:
		g.blame(where, "no such file: %s", r.URL.Path)
	case known && q.Get("hm") != g.signed(a.id, q.Get("ex"), q.Get("is")):
		g.blame(where, "the address is not signed")
		known = false
	}
	over := ex < g.cdnNow().Unix()
	call := Call{Route: where, Path: r.URL.Path, At: time.Now(), Status: http.StatusOK}
	if !known || over {
		call.Status = http.StatusNotFound
	}
	g.calls = append(g.calls, call)
	g.mu.Unlock()
	if delay > 0 && !g.pause(r, delay) {
		return
	}
	switch {
	case f.kind == CutBefore, f.kind == CutAfter:
		cut(out)
	case f.kind != 0:
		http.Error(out, "error code: 502", http.StatusBadGateway)
	case !known, over:
		http.Error(out, "This content is no longer available.", http.StatusNotFound)
	default:
		out.Header().Set("Content-Type", a.kind)
		_, _ = out.Write(a.body)
	}
}
