package slack

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	sl "github.com/slack-go/slack"

	"hikeshi/bot/chat"
)

// Finding is one thing that a check has found, as the key of a text with its arguments. A
// fault has to be mended; a note may be meant.
type Finding struct {
	Fault, Note bool
	Key         string
	Pairs       []string
}

// Listed is somebody of the contact list, as far as Slack matters.
type Listed struct{ Name, SlackID, Email string }

// checkWithin bounds one question to Slack.
const checkWithin = 10 * time.Second

// checkup is a look at what Slack says of our settings. It changes nothing there: it makes no
// channel and sends nothing to anybody.
type checkup struct {
	config Config
	client *sl.Client
	found  []Finding
}

// Check looks whether Slack takes the tokens, what they allow, and whom of the contact list
// Slack knows.
func Check(ctx context.Context, c Config, people []Listed) []Finding {
	options := []sl.Option{sl.OptionAppLevelToken(c.AppToken), sl.OptionHTTPClient(&http.Client{Timeout: checkWithin})}
	if c.APIURL != "" {
		options = append(options, sl.OptionAPIURL(c.APIURL))
	}
	k := &checkup{config: c, client: sl.New(c.BotToken, options...)}
	me, ok := k.token(ctx)
	k.way(ctx)
	if !ok {
		return k.found
	}
	k.fine("slack.check.events")
	k.channels(ctx)
	k.everybody(ctx, me, people)
	return k.found
}

func (k *checkup) fine(key string, pairs ...string) {
	k.found = append(k.found, Finding{Key: key, Pairs: pairs})
}

func (k *checkup) note(key string, pairs ...string) {
	k.found = append(k.found, Finding{Note: true, Key: key, Pairs: pairs})
}

func (k *checkup) fault(key string, pairs ...string) {
	k.found = append(k.found, Finding{Fault: true, Key: key, Pairs: pairs})
}

// answerCode is Slack's code of a refusal; "" where it was not Slack that refused.
func answerCode(err error) string {
	var answer sl.SlackErrorResponse
	if errors.As(err, &answer) && checkedCode(answer.Err) {
		return answer.Err
	}
	return ""
}

// checkedCode reports whether a code looks like one: it is printed.
func checkedCode(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' && (r < '0' || r > '9') })
}

// token checks the bot's token: that it is one, whose it is, and what it allows.
func (k *checkup) token(ctx context.Context) (me *sl.AuthTestResponse, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	me, err := k.client.AuthTestContext(ctx)
	switch answer := answerCode(err); {
	case err == nil:
	case answer != "":
		k.fault("slack.check.token_refused", "code", answer)
		return nil, false
	default:
		k.fault("slack.check.unreachable", "host", hostOf(k.config.APIURL))
		return nil, false
	}
	if me.BotID == "" {
		k.fault("slack.check.token_user")
		return nil, false
	}
	k.fine("slack.check.workspace", "team", me.Team, "bot", me.User, "url", me.URL)
	k.rights(me.Header)
	return me, true
}

// rights compares what the token allows with what is needed. Slack says it with every answer
// (Slack, "Permission scopes": X-OAuth-Scopes).
func (k *checkup) rights(answer http.Header) {
	if len(answer.Values("X-OAuth-Scopes")) == 0 {
		k.note("slack.check.scopes_unknown")
		return
	}
	var granted []string
	for _, name := range strings.Split(strings.Join(answer.Values("X-OAuth-Scopes"), ","), ",") {
		if name = strings.TrimSpace(name); name != "" {
			granted = append(granted, name)
		}
	}
	missing := false
	for _, s := range scopes {
		if !slices.Contains(granted, s.name) {
			missing = true
			k.fault("slack.check.scope_missing", "scope", s.name, "why", k.config.Say(k.config.Lang, s.why))
		}
	}
	var more []string
	for _, name := range granted {
		if !slices.Contains(Scopes(), name) {
			more = append(more, name)
		}
	}
	if len(more) > 0 {
		k.note("slack.check.scopes_more", "scopes", strings.Join(more, ", "))
	}
	if !missing {
		k.fine("slack.check.scopes")
	}
}

// way checks how Slack reaches us. A connection that is asked for and not used is forgotten
// by Slack within a minute.
func (k *checkup) way(ctx context.Context) {
	if k.config.AppToken == "" {
		u, err := url.Parse(k.config.PublicURL)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.Hostname() == "localhost" || strings.HasPrefix(u.Hostname(), "127.") {
			k.fault("slack.check.http_address")
			return
		}
		k.note("slack.check.http", "url", strings.TrimRight(k.config.PublicURL, "/"))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	_, _, err := k.client.StartSocketModeContext(ctx)
	switch answer := answerCode(err); {
	case err == nil:
		k.fine("slack.check.socket")
	case answer != "":
		k.fault(socketFault(answer), "code", answer)
	default:
		k.fault("slack.check.socket_unreachable", "host", hostOf(k.config.APIURL))
	}
}

// socketFault says by Slack's code why no socket can be opened.
func socketFault(code string) string {
	switch code {
	case "missing_scope", "not_allowed_token_type", "no_permission":
		return "slack.check.socket_scope"
	case "invalid_auth", "not_authed", "token_revoked", "account_inactive", "token_expired":
		return "slack.check.socket_token"
	}
	return "slack.check.socket_off"
}

// channels tells whether the workspace lets the bot make private channels. Slack does not say
// it to who asks, and to try it would leave a channel behind for ever: it is known from the
// last incident.
func (k *checkup) channels(ctx context.Context) {
	var last place
	if k.config.Memory != nil {
		remembered, err := k.config.Memory.All(ctx, placePrefix)
		if err != nil {
			k.note("slack.check.channels_unread")
			return
		}
		newest := ""
		for name, body := range remembered {
			var p place
			// Later incidents have higher numbers, which may have more digits.
			if (len(name) > len(newest) || len(name) == len(newest) && name > newest) && json.Unmarshal(body, &p) == nil {
				newest, last = name, p
			}
		}
	}
	switch {
	case last.Problem == chat.ProblemForbidden:
		k.fault("slack.check.channels_forbidden")
	case last.ID != "":
		k.fine("slack.check.channels")
	default:
		k.fine("slack.check.channels_unknown")
	}
}

// everybody looks for the people of the contact list in the workspace.
func (k *checkup) everybody(ctx context.Context, me *sl.AuthTestResponse, people []Listed) {
	if len(people) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	users, err := k.client.GetUsersContext(ctx, sl.GetUsersOptionLimit(200)) // as Slack recommends
	if err != nil {
		k.note("slack.check.people_unknown")
		return
	}
	byID, byEmail := map[string]person{}, map[string]person{}
	for _, u := range users {
		who := personOf(u, identity{Team: me.TeamID, Enterprise: me.EnterpriseID})
		byID[who.ID] = who
		if who.Email != "" && !who.Gone {
			byEmail[who.Email] = who
		}
	}
	found := 0
	for _, p := range people {
		who, ok := byID[p.SlackID]
		if p.SlackID == "" {
			who, ok = byEmail[strings.ToLower(strings.TrimSpace(p.Email))]
		}
		switch {
		case !ok && p.SlackID != "":
			k.note("slack.check.person_id", "name", p.Name, "id", p.SlackID)
		case !ok && p.Email != "":
			k.note("slack.check.person_email", "name", p.Name)
		case !ok:
			k.note("slack.check.person_nothing", "name", p.Name)
		case who.Gone:
			k.note("slack.check.person_gone", "name", p.Name)
		case who.Bot:
			k.note("slack.check.person_bot", "name", p.Name)
		case who.Outside:
			k.note("slack.check.person_outside", "name", p.Name)
		case who.Guest:
			k.note("slack.check.person_guest", "name", p.Name)
		default:
			found++
		}
	}
	if found == len(people) {
		k.fine("slack.check.people")
	}
}

func hostOf(apiURL string) string {
	if u, err := url.Parse(apiURL); err == nil && u.Host != "" {
		return u.Host
	}
	return "slack.com"
}
