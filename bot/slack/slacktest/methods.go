package slacktest

// methods are the ones of the Web API that a front end may call, with the scopes they need
// (docs.slack.dev/reference/methods). Every other is unknown_method and a mistake:
// files.sharedPublicURL and files.upload among them.
var methods map[string]method

func init() {
	methods = map[string]method{
		"auth.test":             {do: authTest},
		"apps.connections.open": {app: true, do: connectionsOpen},

		"conversations.create":     {do: conversationsCreate},
		"conversations.invite":     {do: conversationsInvite},
		"conversations.kick":       {do: conversationsKick},
		"conversations.open":       {scopes: []string{"im:write"}, do: conversationsOpen},
		"conversations.info":       {do: conversationsInfo},
		"conversations.members":    {do: conversationsMembers},
		"conversations.list":       {do: conversationsList},
		"users.conversations":      {do: usersConversations},
		"conversations.setTopic":   {do: conversationsSetTopic},
		"conversations.setPurpose": {do: conversationsSetPurpose},
		"conversations.archive":    {do: conversationsArchive},
		"conversations.unarchive":  {do: conversationsUnarchive},
		"conversations.history":    {do: conversationsHistory},
		"conversations.replies":    {do: conversationsReplies},

		"chat.postMessage":   {scopes: []string{"chat:write"}, do: chatPostMessage},
		"chat.postEphemeral": {scopes: []string{"chat:write"}, do: chatPostEphemeral},
		"chat.update":        {scopes: []string{"chat:write"}, do: chatUpdate},
		"chat.delete":        {scopes: []string{"chat:write"}, do: chatDelete},
		"chat.getPermalink":  {do: chatGetPermalink},

		"pins.add":         {scopes: []string{"pins:write"}, do: pinsAdd},
		"pins.list":        {scopes: []string{"pins:read"}, do: pinsList},
		"bookmarks.add":    {scopes: []string{"bookmarks:write"}, do: bookmarksAdd},
		"bookmarks.list":   {scopes: []string{"bookmarks:read"}, do: bookmarksList},
		"bookmarks.edit":   {scopes: []string{"bookmarks:write"}, do: bookmarksEdit},
		"bookmarks.remove": {scopes: []string{"bookmarks:write"}, do: bookmarksRemove},

		"users.info":          {scopes: []string{"users:read"}, do: usersInfo},
		"users.list":          {scopes: []string{"users:read"}, do: usersList},
		"users.lookupByEmail": {scopes: []string{"users:read.email"}, do: usersLookupByEmail},

		"views.open":    {do: viewsOpen},
		"views.push":    {do: viewsPush},
		"views.update":  {do: viewsUpdate},
		"views.publish": {do: viewsPublish},

		"files.getUploadURLExternal":   {scopes: []string{"files:write"}, do: filesGetUploadURL},
		"files.completeUploadExternal": {scopes: []string{"files:write"}, do: filesCompleteUpload},
		"files.info":                   {scopes: []string{"files:read"}, do: filesInfo},
		"files.list":                   {scopes: []string{"files:read"}, do: filesList},
	}
}
