package discord

// What Discord refuses beyond. Where it counts characters we count UTF-16 units: Discord does
// not say what a character is, and there are never fewer units than code points.
const (
	maxContent    = 2_000 // "Create Message": content
	maxEmbeds     = 10    // "Create Message": embeds
	maxEmbedsText = 6_000 // "Embed Limits": title, description, field names and values, footer and author of all embeds
	maxTitle      = 256   // "Embed Limits": title
	maxText       = 4_096 // "Embed Limits": description
	maxFields     = 25    // "Embed Limits": fields
	maxFieldName  = 256   // "Embed Limits": field name
	maxField      = 1_024 // "Embed Limits": field value
	maxFooter     = 2_048 // "Embed Limits": footer text

	maxRows     = 5   // "Action Row": in a message
	maxARow     = 5   // "Action Row": buttons
	maxCustomID = 100 // "Component Object": custom_id
	maxLabel    = 80  // "Button": label
	maxURL      = 512 // "Button": url

	maxNonce = 25    // "Create Message": nonce
	maxTopic = 1_024 // "Channel Object": topic
	maxName  = 100   // "Channel Object": name

	maxInGuild    = 500 // "Create Guild Channel", code 30013: channels in a server
	maxInCategory = 50  // "Create Guild Channel": channels below a category
)

// What we choose ourselves.
const (
	maxLongID = 1_000  // a custom_id that is kept under a digest
	maxShort  = 10_000 // of them are known in the process

	maxButtons     = maxRows * maxARow
	maxShown       = 1_000    // of a title; the rest of it stands below
	maxRow         = 1_500    // of a text in one part, so that a page is well filled
	maxPairValue   = 200      // a longer value stands below its label
	numberRoom     = 10       // for the number of a point on its buttons
	maxItemButtons = 20       // of a point on one page; there is always room for the ways to others
	pageReserve    = 200      // for the line that says which page it is
	maxFile        = 10 << 20 // "Uploading Files": what a bot may attach, 10 MiB by default
)
