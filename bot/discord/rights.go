package discord

import (
	"context"
	"net/url"
	"strconv"

	"github.com/bwmarrin/discordgo"
)

// pinMessages is new among Discord's permissions ("Permissions": PIN_MESSAGES); discordgo has no
// name for it.
const pinMessages = 1 << 51

// rights are what the bot may do in the server, each with the key of the text that names it as
// Discord's settings do, and says what for. There is none for reading along, for messages of
// others, for inviting or removing people, and it is no administrator.
var rights = []struct {
	bit int64
	key string
}{
	{discordgo.PermissionViewChannel, "discord.right.view_channel"},
	{discordgo.PermissionManageChannels, "discord.right.manage_channels"},
	{discordgo.PermissionManageRoles, "discord.right.manage_roles"},
	{discordgo.PermissionSendMessages, "discord.right.send_messages"},
	{discordgo.PermissionEmbedLinks, "discord.right.embed_links"},
	{discordgo.PermissionAttachFiles, "discord.right.attach_files"},
	{discordgo.PermissionReadMessageHistory, "discord.right.read_history"},
	{pinMessages, "discord.right.pin_messages"},
	{discordgo.PermissionCreatePrivateThreads, "discord.right.private_threads"},
	{discordgo.PermissionSendMessagesInThreads, "discord.right.send_in_threads"},
	{discordgo.PermissionManageThreads, "discord.right.manage_threads"},
}

// Rights are what the bot needs, as Discord's set of permissions.
func Rights() int64 {
	var all int64
	for _, r := range rights {
		all |= r.bit
	}
	return all
}

// Invite is the address under which somebody who may manage the server lets the bot in with no
// more than it needs (Discord, "OAuth2", bot authorization flow). With "Public Bot" off, as it should
// be, that is the owner of the application alone. An empty guild lets him choose
// the server.
func Invite(application, guild string) string {
	q := url.Values{
		"client_id": {application}, "scope": {"bot applications.commands"}, "permissions": {strconv.FormatInt(Rights(), 10)},
	}
	if guild != "" {
		q.Set("guild_id", guild)
		q.Set("disable_guild_select", "true")
	}
	return "https://discord.com/oauth2/authorize?" + q.Encode()
}

// Invitation asks Discord which application the token is of, and gives the address that lets it
// into the server of the settings. What it finds otherwise is why there is none.
func Invitation(ctx context.Context, c Config) (address string, found []Finding) {
	k := newCheckup(c)
	defer k.api.http.CloseIdleConnections()
	if !k.token(ctx) {
		return "", k.faults()
	}
	return Invite(k.app.ID, c.Guild), nil
}
