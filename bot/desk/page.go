package desk

import (
	"io"
	"time"

	"hikeshi/bot/chat"
)

// The pages are what a reader with a browser is shown: every text is already in the
// reader's language, every instant already printed in JST, and nothing is in them that the
// reader may not see. A page is data; how it looks is the front end's business.

// Room is the frame around every view: who is looking, and where he can go.
type Room struct {
	Lang     string
	Practice bool
	Company  string
	Me       PersonLine
	Now      time.Time // the product's clock, UTC
	NowText  string    // 2026年11月22日（日） 02:07
	Direct   PlaceLine
	Channels []PlaceLine // incidents whose channel the reader belongs to, open ones first
	Reports  []PlaceLine // own reports of which the reader sees only the reporter's card
	More     bool        // there are more open ones than these: the list has them
	// Undelivered is the page of messages that were given up; empty where there are none, or
	// for who may not see them.
	Undelivered string
}

// PersonLine is one person to name or to choose.
type PersonLine struct {
	User       chat.UserID
	Name       string
	Department string
	Roles      string // 「システム管理者、教育責任者」, with 代理 where a deputy
	Phone      string
}

// PlaceLine is one place to go.
type PlaceLine struct {
	Channel string // empty: the own direct messages
	ID      string // the incident's number
	Title   string
	State   string // 「初動・レベル2（仮）」
	Ended   bool
	Waiting bool // a call or a question there waits for the reader's answer
}

// Feed is what stands in one place, oldest first.
type Feed struct {
	Channel string
	Title   string
	Sub     string // phase, level and lead in one line
	Pinned  *chat.Card
	Posts   []Post
	// Hint is shown in the empty input line.
	Hint string
	// Page is the path of the incident's page, if there is one.
	Page string
}

// Post is one message of a feed.
type Post struct {
	Key  string // stays the same while the message is refreshed
	At   time.Time
	Time string // 02:07, with the day when it is not today
	Card chat.Card
}

// ListPage is the list of incidents.
type ListPage struct {
	Room Room
	Rows []ListRow
	// Register is where the reader downloads the 台帳; empty for who may not.
	Register Link
	// Unreadable says which cannot be shown, and what to do; empty: none.
	Unreadable string
	// Empty is said when there is none.
	Empty string
	// First leads back to the newest, Next on to older ones; empty where there are none.
	First, Next string
}

// ListRow is one incident of the list.
type ListRow struct {
	ID, Title, Phase, Level, Category, Reporter, Lead, Reported, Page string
	Ended                                                             bool
}

// IncidentPage shows one incident: all of it to the circle and the auditor, the own report
// to its reporter (Full is false then, and only Card is set).
type IncidentPage struct {
	Room    Room
	Full    bool
	ID      string
	Title   string
	Channel string
	Card    chat.Card   // the current card with its buttons
	Phases  []PhaseMark // the phase line
	Level   []chat.Pair // level now, why, responsible person, floor
	History []LevelRow  // level history, oldest first
	Steps   []StepRow
	Fields  []FieldRow
	// Clocks are the notification duties, the nearest first and the settled ones last; Unsure
	// are those that the answers still decide, under UnsureTitle. Advice is said once beside
	// their dates.
	Clocks, Unsure []ClockRow
	UnsureTitle    string
	Advice         string
	Duties         []chat.Item // 届出の確認: the questions on which the clocks rest
	// Drafts leads to the drafts; nil: there are none.
	Drafts *Link
	// Texts are those for people outside, the unfinished first; Parties who is affected.
	Texts    []TextRow
	Parties  []PartyRow
	Outside  []chat.Button // to propose a text
	AddParty []chat.Button
	Missing  []chat.Item // what is missing to go on, each with the button that mends it
	Facts    []chat.Pair
	Actions  []chat.Item // 再発防止 with owner and date
	Log      []LogRow    // 対応経過, oldest first
	Messages []MessageRow
	People   []chat.Pair // circle: who, and why
	Reports  []Link      // downloads
	// Files are the attached files that the reader may have; Attach are the buttons that add
	// evidence. Both are set for a reporter, too.
	Files  []FileRow
	Attach []chat.Button
	More   []chat.Button
}

// FileRow is one attached file. Of an erased one Erased says so, and there is no Path.
type FileRow struct {
	Seq                 int64 // of the entry that names it
	Name, Size, Who, At string
	Where               string // of the original
	SHA256              string // in hex, whole
	Path                string
	Erased              string
}

// FileDownload is an attached file to save. Body must be closed.
type FileDownload struct {
	Name string // that a double click does not run
	Size int64  // bytes
	Body io.ReadCloser
}

// TextRow is one version of a text for people outside, with the whole of it.
type TextRow struct {
	Key                   string // of the page, such as press-2
	Name, Status, History string
	Body                  string
	Open                  bool // it waits: shown at once
	Buttons               []chat.Button
}

// PartyRow is one affected party; Told is what it was told, in the order of incident.Topics.
type PartyRow struct {
	Name, Count, Mark string
	Told              []ToldCell
	Buttons           []chat.Button
}

// ToldCell says under the name of a topic whether, when and how a party was told.
type ToldCell struct {
	Topic, Text string
	Gap         bool
}

// PhaseMark is one phase of the phase line.
type PhaseMark struct {
	Name  string
	State string // 済, 現在, 未 — in words, for those who do not see the colour
	Now   bool
	Done  bool
	Since string
}

// ClockRow is a notification duty on the page of its incident. Reasons say line by line why
// there is one, and where its days come from; Rule names it within the page.
type ClockRow struct {
	chat.Item
	Rule    string
	Reasons string
}

// LevelRow is one change of the level.
type LevelRow struct{ At, From, To, By, Reason string }

// StepRow is one step of the procedure.
type StepRow struct {
	N, Text, Role, Phase, State, Who, At, Reason string
	Settled, NotApplicable                       bool
	Buttons                                      []chat.Button
}

// FieldRow is one field of the report.
type FieldRow struct {
	Name, Value, By, At string
	Gap                 bool
	Buttons             []chat.Button
}

// LogRow is one entry of the record.
type LogRow struct {
	Seq                           int64
	Occurred, Recorded, Who, Text string
	Undone, Correction            string // 「取消済み」, the better wording
	Buttons                       []chat.Button
}

// MessageRow is one message that was sent about the incident.
type MessageRow struct{ At, To, What, State, Answer string }

// Link is something to open or download.
type Link struct{ Label, Path string }

// ContactsPage is whom to phone, by role.
type ContactsPage struct {
	Room Room
	Rows []ContactRow
}

// ContactRow is one role with its people.
type ContactRow struct{ Role, Name, Order, Department, Phone, Email string }

// Download is a document to save.
type Download struct {
	Name string // file name
	Type string // media type
	Body []byte
}
