package slack

import (
	"strconv"
	"strings"
)

// Where Slack sends to over HTTP, below the public address.
const (
	PathCommands     = "/slack/commands"
	PathInteractions = "/slack/interactions"
	PathEvents       = "/slack/events"
)

// scopes are what the bot may do, each with the key of the text that says what for. There is
// none for reading public channels, for posting where the bot was not invited, or for
// inviting itself.
var scopes = []struct{ name, why string }{
	{"commands", "slack.scope.commands"},
	{"chat:write", "slack.scope.chat_write"},
	{"im:write", "slack.scope.im_write"},
	{"im:history", "slack.scope.im_history"},
	{"groups:write", "slack.scope.groups_write"},
	{"groups:read", "slack.scope.groups_read"},
	{"groups:history", "slack.scope.groups_history"},
	{"users:read", "slack.scope.users_read"},
	{"users:read.email", "slack.scope.users_read_email"},
	{"files:read", "slack.scope.files_read"},
	{"files:write", "slack.scope.files_write"},
	{"pins:write", "slack.scope.pins_write"},
	{"bookmarks:read", "slack.scope.bookmarks_read"},
	{"bookmarks:write", "slack.scope.bookmarks_write"},
	{"reactions:read", "slack.scope.reactions_read"},
}

// botEvents are what Slack tells without being asked, each with its text.
var botEvents = []struct{ name, why string }{
	{"message.im", "slack.event.message_im"},
	{"reaction_added", "slack.event.reaction_added"},
	{"member_joined_channel", "slack.event.member_joined"},
	{"app_home_opened", "slack.event.app_home_opened"},
}

// shortcuts by their callback IDs. A name has at most 24
// characters, a description 150 (Slack, "App manifest reference").
var shortcuts = []struct{ callback, kind, name, about string }{
	{shortcutReport, "global", "slack.shortcut.report_incident", "slack.shortcut.report_incident.about"},
	{shortcutQuote, "message", "slack.shortcut.report_message", "slack.shortcut.report_message.about"},
	{shortcutNote, "message", "slack.shortcut.note_message", "slack.shortcut.note_message.about"},
}

// botName is what the bot is called until somebody renames it: of a manifest Slack takes none
// but lower-case letters, digits, "-", "_" and "." (Slack, "App manifest reference").
const botName = "hikeshi"

// Scopes are the names of what the bot may do, in the manifest's order.
func Scopes() []string {
	var names []string
	for _, s := range scopes {
		names = append(names, s.name)
	}
	return names
}

// Manifest is the app's manifest as YAML, in the language of say: what an administrator
// pastes into Slack to make the app. With an address of the pages the app speaks HTTP, with
// an empty one Socket Mode. Each right has its reason behind it.
func Manifest(say func(key string, pairs ...string) string, publicURL string) string {
	var b strings.Builder
	line := func(indent int, text string) { b.WriteString(strings.Repeat("  ", indent) + text + "\n") }
	text := func(key string) string { return strconv.Quote(say(key)) }
	base := strings.TrimRight(publicURL, "/")
	web := base != ""
	urlOf := func(path string) string { return strconv.Quote(base + path) }

	line(0, "display_information:")
	line(1, "name: "+text("slack.app.name"))
	line(1, "description: "+text("slack.app.description"))
	line(1, `background_color: "#8c1d18"`)
	line(0, "features:")
	line(1, "app_home:")
	line(2, "home_tab_enabled: true")
	line(2, "messages_tab_enabled: true")
	line(2, "messages_tab_read_only_enabled: false")
	line(1, "bot_user:")
	line(2, "display_name: "+botName)
	line(2, "always_online: true")
	line(1, "shortcuts:")
	for _, s := range shortcuts {
		line(2, "- name: "+text(s.name))
		line(2, "  type: "+s.kind)
		line(2, "  callback_id: "+s.callback)
		line(2, "  description: "+text(s.about))
	}
	line(1, "slash_commands:")
	line(2, "- command: "+slash)
	if web {
		line(2, "  url: "+urlOf(PathCommands))
	}
	line(2, "  description: "+text("slack.command.description"))
	line(2, "  usage_hint: "+text("slack.command.hint"))
	// Escaped, @name arrives as the user's ID (Slack, "Slash commands").
	line(2, "  should_escape: true")
	line(0, "oauth_config:")
	line(1, "scopes:")
	line(2, "bot:")
	for _, s := range scopes {
		line(3, "- "+s.name+" # "+say(s.why))
	}
	line(0, "settings:")
	line(1, "event_subscriptions:")
	if web {
		line(2, "request_url: "+urlOf(PathEvents))
	}
	line(2, "bot_events:")
	for _, e := range botEvents {
		line(3, "- "+e.name+" # "+say(e.why))
	}
	line(1, "interactivity:")
	line(2, "is_enabled: true")
	if web {
		line(2, "request_url: "+urlOf(PathInteractions))
		line(2, "message_menu_options_url: "+urlOf(PathInteractions))
	}
	line(1, "org_deploy_enabled: false")
	line(1, "socket_mode_enabled: "+strconv.FormatBool(!web))
	line(1, "token_rotation_enabled: false")
	return b.String()
}

// Reasons are one line for each right and event, with what it is for.
func Reasons(say func(key string, pairs ...string) string) []string {
	var lines []string
	for _, s := range scopes {
		lines = append(lines, s.name+"\t"+say(s.why))
	}
	for _, e := range botEvents {
		lines = append(lines, e.name+"\t"+say(e.why))
	}
	return lines
}
