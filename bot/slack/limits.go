package slack

// What Slack refuses beyond. Where it counts characters we count UTF-16 units: Slack does not
// say what a character is, and there are never fewer units than code points.
const (
	maxMessageBlocks = 50  // Block Kit, "Blocks": up to 50 blocks in each message
	maxViewBlocks    = 100 // Block Kit, "Blocks": 100 blocks in modals or Home tabs
	// maxMessage is how long the blocks of a message may be together. It is in no reference;
	// msg_blocks_too_long was reported from 11,341 characters of text on, and Slack speaks of
	// 12,000 with what is around them (slackapi/bolt-js issues 2509 and 2867). We count the
	// JSON, which is more than either.
	maxMessage  = 12_000
	maxView     = 250_000 // bytes; Block Kit, "Views": 250 kB
	maxFallback = 3_000   // ours: the text beside the blocks. Slack takes 4,000 (chat.update)

	maxSection  = 3_000 // "Section block": text
	maxFields   = 10    // "Section block": fields
	maxField    = 2_000 // "Section block": text of a field
	maxHeader   = 150   // "Header block": text
	maxContext  = 2_000 // "Context block" gives no number: that of a field
	maxElements = 25    // "Actions block": elements
	maxID       = 255   // block_id, action_id, callback_id
	maxLabel    = 2_000 // "Input block": label and hint

	maxButton       = 75    // "Button element": text
	maxButtonValue  = 2_000 // "Button element": value
	maxURL          = 3_000 // "Button element": url
	maxConfirmTitle = 100   // "Confirmation dialog object": title
	maxConfirm      = 300   // "Confirmation dialog object": text
	maxConfirmLabel = 30    // "Confirmation dialog object": confirm, deny

	maxTitle    = 24    // "Modal": title, submit, close
	maxMetadata = 3_000 // "Modal": private_metadata; we count bytes

	maxTyped       = 3_000 // "Plain-text input": max_length, and so initial_value
	maxRadios      = 10    // "Radio button group": options; "Checkboxes" likewise
	maxOptions     = 100   // "Select menu": options; of an answer to block_suggestion as well
	maxOption      = 75    // "Option object": text, description
	maxUploads     = 10    // "File input": max_files
	maxPlaceholder = 150   // "Select menu": placeholder
	minPickedTime  = 1_000_000_000
	maxPickedTime  = 9_999_999_999 // "Datetime picker": initial_date_time has ten digits
	// maxOptionValue: the reference of the "Option object" says 150, the types of Slack's own
	// libraries 75.
	maxOptionValue = 75
)

// What we choose ourselves.
const (
	maxPairValue = 200   // a longer value stands below its label in full width
	maxActions   = 6_000 // JSON of one row of buttons, so that a row always finds room
	maxCards     = 20    // on the Home tab: each has room for its beginning and its buttons
	fewOptions   = 5     // seen at once; more are folded into a list
	maxParts     = 8     // of a text too long for one input: 24,000, more than a record takes
	joinedFixed  = 5     // more that only stand there are shown as one text
	viewReserve  = 8_000 // bytes of a view beside its blocks: metadata, titles
	pairsARow    = maxFields / 2
)
