package slack

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"hikeshi/templates"
)

// calls are the methods of Slack behind the library's functions, and needs what a bot's token
// must allow for each in private channels and direct messages (docs.slack.dev/reference/methods).
var (
	calls = map[string]string{
		"AuthTestContext": "auth.test", "StartSocketModeContext": "apps.connections.open",
		"OpenConversationContext": "conversations.open", "CreateConversationContext": "conversations.create",
		"InviteUsersToConversationContext": "conversations.invite", "KickUserFromConversationContext": "conversations.kick",
		"GetConversationInfoContext": "conversations.info", "GetUsersInConversationContext": "conversations.members",
		"SetTopicOfConversationContext": "conversations.setTopic", "ArchiveConversationContext": "conversations.archive",
		"UnArchiveConversationContext": "conversations.unarchive", "GetConversationHistoryContext": "conversations.history",
		"GetConversationRepliesContext": "conversations.replies", "GetConversationsForUserContext": "users.conversations",
		"GetConversationsContext": "conversations.list",
		"PostMessageContext":      "chat.postMessage", "UpdateMessageContext": "chat.update", "PostEphemeralContext": "chat.postEphemeral",
		"DeleteMessageContext": "chat.delete", "GetPermalinkContext": "chat.getPermalink",
		"AddPinContext": "pins.add", "RemovePinContext": "pins.remove", "ListPinsContext": "pins.list",
		"AddBookmarkContext": "bookmarks.add", "EditBookmarkContext": "bookmarks.edit", "RemoveBookmarkContext": "bookmarks.remove",
		"ListBookmarksContext": "bookmarks.list", "GetReactionsContext": "reactions.get", "AddReactionContext": "reactions.add",
		"GetUserInfoContext": "users.info", "GetUsersContext": "users.list", "GetUsersPaginated": "users.list", "GetUserByEmailContext": "users.lookupByEmail",
		"OpenViewContext": "views.open", "PushViewContext": "views.push", "UpdateViewContext": "views.update", "PublishViewContext": "views.publish",
		"GetUploadURLExternalContext": "files.getUploadURLExternal", "CompleteUploadExternalContext": "files.completeUploadExternal",
		"GetFileInfoContext": "files.info", "GetFilesContext": "files.list", "ListFilesContext": "files.list", "GetFileContext": "files.info",
	}
	needs = map[string][]string{
		"auth.test": nil, "apps.connections.open": nil, "views.open": nil, "views.push": nil, "views.update": nil, "views.publish": nil,
		"chat.getPermalink": nil, "conversations.open": {"im:write"},
		"conversations.create": {"groups:write"}, "conversations.invite": {"groups:write"}, "conversations.kick": {"groups:write"},
		"conversations.setTopic": {"groups:write"}, "conversations.archive": {"groups:write"}, "conversations.unarchive": {"groups:write"},
		"conversations.info": {"groups:read"}, "conversations.members": {"groups:read"}, "conversations.list": {"groups:read"}, "users.conversations": {"groups:read"},
		"conversations.history": {"groups:history", "im:history"}, "conversations.replies": {"groups:history", "im:history"},
		"chat.postMessage": {"chat:write"}, "chat.update": {"chat:write"}, "chat.postEphemeral": {"chat:write"}, "chat.delete": {"chat:write"},
		"pins.add": {"pins:write"}, "pins.remove": {"pins:write"}, "pins.list": {"pins:read"},
		"bookmarks.add": {"bookmarks:write"}, "bookmarks.edit": {"bookmarks:write"}, "bookmarks.remove": {"bookmarks:write"}, "bookmarks.list": {"bookmarks:read"},
		"reactions.get": {"reactions:read"}, "reactions.add": {"reactions:write"},
		"users.info": {"users:read"}, "users.list": {"users:read"}, "users.lookupByEmail": {"users:read.email"},
		"files.getUploadURLExternal": {"files:write"}, "files.completeUploadExternal": {"files:write"}, "files.info": {"files:read"}, "files.list": {"files:read"},
	}
	// What is sent without being asked for needs rights, too, and so does /incident.
	received = map[string]string{"message.im": "im:history", "reaction_added": "reactions:read", "member_joined_channel": "groups:read", "app_home_opened": ""}
)

// The manifest asks for what the code does, and for nothing else.
func TestTheManifestAsksForWhatTheCodeDoes(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	needed := map[string]string{"commands": "/incident"}
	methods := 0
	look := func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		method, known := calls[f.Sel.Name]
		if !known {
			if asksSlack(f) {
				t.Errorf("what %s needs is not in the table of this test", f.Sel.Name)
			}
			return true
		}
		methods++
		scopes, ok := needs[method]
		if !ok {
			t.Errorf("what %s needs is not in the table of this test", method)
		}
		for _, s := range scopes {
			needed[s] = method
		}
		return true
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, look)
	}
	if methods < 15 {
		t.Fatalf("only %d calls of Slack were found", methods)
	}
	for _, e := range botEvents {
		scope, ok := received[e.name]
		if !ok {
			t.Errorf("what %s needs is not in the table of this test", e.name)
		}
		if scope != "" {
			needed[scope] = e.name
		}
	}
	for scope, what := range needed {
		if !slices.Contains(Scopes(), scope) {
			t.Errorf("%s needs %s, which the manifest does not ask for", what, scope)
		}
	}
	for _, scope := range Scopes() {
		if needed[scope] == "" {
			t.Errorf("the manifest asks for %s, which nothing needs", scope)
		}
	}
}

// asksSlack reports whether a call is one of the library's client.
func asksSlack(f *ast.SelectorExpr) bool {
	if !strings.HasSuffix(f.Sel.Name, "Context") {
		return false
	}
	switch x := f.X.(type) {
	case *ast.SelectorExpr:
		return x.Sel.Name == "client"
	case *ast.CallExpr:
		s, ok := x.Fun.(*ast.SelectorExpr)
		return ok && s.Sel.Name == "api"
	case *ast.Ident:
		return x.Name == "api"
	}
	return false
}

// Slack takes the manifest only within its lengths, and the front end knows the shortcuts by
// their callback IDs (docs.slack.dev/reference/app-manifest).
func TestTheManifestIsWithinSlacksLimits(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		texts, err := templates.LoadTexts(nil)
		if err != nil {
			t.Fatal(err)
		}
		say := func(key string, pairs ...string) string { return texts.Say(lang, key, pairs...) }
		for _, public := range []string{"", "https://hikeshi.example.co.jp/"} {
			var m struct {
				Display  struct{ Name, Description string } `yaml:"display_information"`
				Features struct {
					Home struct {
						Home     bool `yaml:"home_tab_enabled"`
						Messages bool `yaml:"messages_tab_enabled"`
						ReadOnly bool `yaml:"messages_tab_read_only_enabled"`
					} `yaml:"app_home"`
					Bot struct {
						Name string `yaml:"display_name"`
					} `yaml:"bot_user"`
					Shortcuts []struct {
						Name, Type, Description string
						Callback                string `yaml:"callback_id"`
					}
					Commands []struct {
						Command, URL, Description string
						Hint                      string `yaml:"usage_hint"`
					} `yaml:"slash_commands"`
				}
				OAuth    struct{ Scopes struct{ Bot []string } } `yaml:"oauth_config"`
				Settings struct {
					Events struct {
						URL string   `yaml:"request_url"`
						Bot []string `yaml:"bot_events"`
					} `yaml:"event_subscriptions"`
					Interactivity struct {
						Enabled bool   `yaml:"is_enabled"`
						URL     string `yaml:"request_url"`
						Options string `yaml:"message_menu_options_url"`
					}
					Socket bool `yaml:"socket_mode_enabled"`
				}
			}
			if err := yaml.Unmarshal([]byte(Manifest(say, public)), &m); err != nil {
				t.Fatal(err)
			}
			within := func(what, text string, most int) {
				if n := len([]rune(text)); n == 0 || n > most {
					t.Errorf("%s %s: %q has %d characters, %d are allowed", lang, what, text, n, most)
				}
			}
			within("name", m.Display.Name, 35)
			within("description", m.Display.Description, 140)
			within("bot", m.Features.Bot.Name, 80)
			if strings.Trim(m.Features.Bot.Name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
				t.Errorf("%s: Slack takes no bot called %q", lang, m.Features.Bot.Name)
			}
			for _, s := range m.Features.Shortcuts {
				within("shortcut", s.Name, 24)
				within("shortcut's description", s.Description, 150)
			}
			within("command", m.Features.Commands[0].Description, 2000)
			within("hint", m.Features.Commands[0].Hint, 1000)
			if !m.Features.Home.Home || !m.Features.Home.Messages || m.Features.Home.ReadOnly || !m.Settings.Interactivity.Enabled || !slices.Equal(m.OAuth.Scopes.Bot, Scopes()) {
				t.Errorf("%+v", m)
			}
			if len(m.Features.Shortcuts) != 3 || len(m.Settings.Events.Bot) != len(botEvents) {
				t.Errorf("%+v", m)
			}
			urls := []string{m.Features.Commands[0].URL, m.Settings.Interactivity.URL, m.Settings.Interactivity.Options, m.Settings.Events.URL}
			want := []string{"", "", "", ""}
			if public != "" {
				want = []string{public + "slack/commands", public + "slack/interactions", public + "slack/interactions", public + "slack/events"}
			}
			if !slices.Equal(urls, want) || m.Settings.Socket != (public == "") {
				t.Errorf("%v, Socket Mode %v", urls, m.Settings.Socket)
			}
		}
	}
}
