package discord

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"hikeshi/bot/chat"
)

// Finding is one thing that a check has found, as the key of a text with its arguments. A
// fault has to be mended; a note may be meant.
type Finding struct {
	Fault, Note bool
	Key         string
	Pairs       []string
}

// Listed is somebody of the contact list, as far as Discord matters: his ID there, which he may
// have linked himself.
type Listed struct{ Name, DiscordID string }

const (
	// checkWithin bounds one question to Discord.
	checkWithin = 10 * time.Second
	// checkPeople bounds the looking for everybody of the contact list.
	checkPeople = time.Minute
	// listed is how many members Discord gives at once ("List Guild Members").
	listed = 1000
)

// The flags of an application by which the portal allows privileged intents ("Application
// Flags": of a bot in a hundred servers and more, and in fewer).
const (
	flagMembers  = 1<<14 | 1<<15
	flagContents = 1<<18 | 1<<19
)

// checkup is a look at what Discord says of our settings. It changes nothing there: it makes no
// channel, registers no command and sends nothing to anybody.
type checkup struct {
	config Config
	api    *api
	found  []Finding
	app    struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Public   bool   `json:"bot_public"`
		Flags    int    `json:"flags"`
		Endpoint string `json:"interactions_endpoint_url"`
		Bot      struct {
			ID       string `json:"id"`
			Username string `json:"username"`
		} `json:"bot"`
	}
}

func newCheckup(c Config) *checkup { return &checkup{config: c, api: newAPI(c)} }

// Check looks whether Discord takes the token, whether the bot is in the server and may do there
// what it needs, and whom of the contact list the server knows.
func Check(ctx context.Context, c Config, people []Listed) []Finding {
	k := newCheckup(c)
	defer k.api.http.CloseIdleConnections()
	if !k.token(ctx) {
		return k.found
	}
	k.application()
	server, ok := k.server(ctx)
	if !ok {
		return k.found
	}
	k.others(ctx)
	k.permissions(ctx, server)
	k.commands(ctx)
	k.channels(ctx)
	k.everybody(ctx, people)
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

func (k *checkup) faults() []Finding {
	return slices.DeleteFunc(slices.Clone(k.found), func(f Finding) bool { return !f.Fault })
}

// get asks one thing of Discord.
func (k *checkup) get(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	return k.api.do(ctx, turn{patience: -1}, "GET", path, nil, into)
}

func (k *checkup) guild(path string) string { return "guilds/" + url.PathEscape(k.config.Guild) + path }

// token checks the bot's token: that it is one, and whose it is.
func (k *checkup) token(ctx context.Context) bool {
	err := k.get(ctx, "applications/@me", &k.app)
	switch {
	case err == nil && k.app.ID != "":
		return true
	case denied(err):
		k.fault("discord.check.token_refused", "code", codeOf(err))
	default:
		k.fault("discord.check.unreachable", "host", hostOf(k.config.APIURL))
	}
	return false
}

// codeOf is how Discord refused, as its documentation numbers it.
func codeOf(err error) string {
	var r *refusal
	if !errors.As(err, &r) {
		return ""
	}
	if r.code != 0 {
		return strconv.Itoa(r.code)
	}
	return strconv.Itoa(r.status)
}

// application checks what the owner of the application has set in Discord's portal.
func (k *checkup) application() {
	k.fine("discord.check.application", "name", k.app.Name)
	if k.app.Endpoint != "" {
		// Then Discord sends what people do there, and nothing of it over the gateway.
		k.fault("discord.check.endpoint")
	}
	if k.app.Public {
		k.note("discord.check.public")
	}
	if k.app.Flags&flagContents == 0 {
		k.note("discord.check.contents")
	}
}

// server checks that the bot is in the server of the settings.
func (k *checkup) server(ctx context.Context) (*discordgo.Guild, bool) {
	var g discordgo.Guild
	err := k.get(ctx, k.guild(""), &g)
	switch {
	case err == nil:
		k.fine("discord.check.server", "name", g.Name, "bot", k.app.Bot.Username)
		return &g, true
	case denied(err):
		k.fault("discord.check.not_joined", "id", k.config.Guild, "url", Invite(k.app.ID, k.config.Guild))
	default:
		k.fault("discord.check.unreachable", "host", hostOf(k.config.APIURL))
	}
	return nil, false
}

// others checks that the bot is in no other server: nothing is taken in from there.
func (k *checkup) others(ctx context.Context) {
	var all []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if err := k.get(ctx, "users/@me/guilds", &all); err != nil {
		return // the next question tells why
	}
	var names []string
	for _, g := range all {
		if g.ID != k.config.Guild {
			names = append(names, g.Name)
		}
	}
	if len(names) > 0 {
		k.note("discord.check.others", "names", strings.Join(names, ", "))
	}
}

// permissions checks what the bot may do in the server, and who reads along whatever it does.
func (k *checkup) permissions(ctx context.Context, g *discordgo.Guild) {
	var me discordgo.Member
	if err := k.get(ctx, k.guild("/members/"+k.app.Bot.ID), &me); err != nil {
		k.note("discord.check.rights_unknown")
		return
	}
	var has int64
	var administrators []string
	for _, r := range g.Roles {
		mine := r.ID == k.config.Guild || slices.Contains(me.Roles, r.ID)
		if mine {
			has |= r.Permissions
		}
		if r.Permissions&discordgo.PermissionAdministrator != 0 && !(mine && r.Managed) {
			administrators = append(administrators, r.Name)
		}
	}
	missing := false
	for _, r := range rights {
		if has&r.bit == 0 && has&discordgo.PermissionAdministrator == 0 {
			missing = true
			k.fault("discord.check.right_missing", "right", k.config.Say(k.config.Lang, r.key))
		}
	}
	if has&discordgo.PermissionAdministrator != 0 {
		k.note("discord.check.administrator")
	}
	if !missing {
		k.fine("discord.check.rights")
	}
	if owner, err := (&sender{config: k.config, api: k.api, people: newPeople()}).ask(ctx, g.OwnerID); err == nil && owner.Name != "" {
		k.note("discord.check.owner", "name", owner.Name)
	}
	if len(administrators) > 0 {
		k.note("discord.check.administrators", "roles", strings.Join(administrators, ", "))
	}
}

// commands checks that the bot may have commands in the server, and whether it has them.
func (k *checkup) commands(ctx context.Context) {
	var have []registered
	err := k.get(ctx, "applications/"+k.app.ID+"/guilds/"+url.PathEscape(k.config.Guild)+"/commands?with_localizations=true", &have)
	switch {
	case refused(err, codeMissingAccess):
		k.fault("discord.check.commands_forbidden", "url", Invite(k.app.ID, k.config.Guild))
	case err != nil:
		k.note("discord.check.commands_unknown")
	case !same(have, tongues{k.config.Say, k.config.Lang}.commands()):
		k.note("discord.check.commands_none")
	default:
		k.fine("discord.check.commands")
	}
}

// channels tells how much room there is, and whether the last incident got its channel.
func (k *checkup) channels(ctx context.Context) {
	var all []channel
	if err := k.get(ctx, k.guild("/channels"), &all); err == nil && len(all) >= nearFull {
		k.note("discord.check.channels_full", "count", strconv.Itoa(len(all)), "limit", strconv.Itoa(maxInGuild))
	}
	k.shared(ctx)
	last, err := k.last(ctx)
	switch {
	case err != nil:
		k.note("discord.check.channels_unread")
	case last.Problem == chat.ProblemForbidden:
		k.fault("discord.check.channels_forbidden")
	case last.ID != "":
		k.fine("discord.check.channels")
	default:
		k.fine("discord.check.channels_unknown")
	}
}

// last is the channel of the newest incident.
func (k *checkup) last(ctx context.Context) (last place, err error) {
	if k.config.Memory == nil {
		return last, nil
	}
	remembered, err := k.config.Memory.All(ctx, "place/")
	if err != nil {
		return last, err
	}
	newest := ""
	for name, body := range remembered {
		var p place
		// Later incidents have higher numbers, which may have more digits.
		if (len(name) > len(newest) || len(name) == len(newest) && name > newest) && json.Unmarshal(body, &p) == nil {
			newest, last = name, p
		}
	}
	return last, nil
}

// everybody looks for the people of the contact list in the server.
func (k *checkup) everybody(ctx context.Context, people []Listed) {
	if len(people) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkPeople)
	defer cancel()
	find := k.finding(ctx)
	found := 0
	for _, p := range people {
		if p.DiscordID == "" {
			k.note("discord.check.person_nothing", "name", p.Name)
			continue
		}
		who, err := find(p.DiscordID)
		switch {
		case errors.Is(err, chat.ErrGone), err == nil && who.Gone:
			k.note("discord.check.person_gone", "name", p.Name, "id", p.DiscordID)
		case err != nil:
			k.note("discord.check.people_unknown")
			return
		case who.Outside:
			k.note("discord.check.person_outside", "name", p.Name)
		case who.Bot:
			k.note("discord.check.person_bot", "name", p.Name)
		default:
			found++
		}
	}
	if found == len(people) {
		k.fine("discord.check.people")
	}
}

// finding finds members: among all of them, where the portal lets us have the list, else each
// by a question of its own.
func (k *checkup) finding(ctx context.Context) func(id string) (person, error) {
	s := &sender{config: k.config, api: k.api, people: newPeople()}
	all, after := map[string]person{}, "0"
	for k.app.Flags&flagMembers != 0 {
		var page []*discordgo.Member
		query := url.Values{"limit": {strconv.Itoa(listed)}, "after": {after}}
		if err := k.get(ctx, k.guild("/members?"+query.Encode()), &page); err != nil {
			break
		}
		for _, m := range page {
			if m != nil && m.User != nil {
				all[m.User.ID] = personOf(m.User, m.Nick)
				if later(m.User.ID, after) {
					after = m.User.ID
				}
			}
		}
		if len(page) < listed {
			break
		}
	}
	return func(id string) (person, error) {
		if who, ok := all[id]; ok {
			return who, nil
		}
		return s.ask(ctx, id)
	}
}

func hostOf(apiURL string) string {
	if u, err := url.Parse(apiURL); err == nil && u.Host != "" {
		return u.Host
	}
	return "discord.com"
}
