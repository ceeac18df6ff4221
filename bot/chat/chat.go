// Package chat is the contract between a front end (Slack, Discord, the web room) or a
// one-way means (mail, phone hook) and the rest of the bot. It holds plain values only:
// what a person did (Request), what is shown in answer (Reply), what is delivered without
// being asked (Delivery), and how both look (Card, Form) as *what is said and asked*; a
// front end decides how to show it within its platform's limits.
//
// It must not import anything but the standard library, know no incident, and hold no text.
// IDs of users, places and messages are opaque: only the front end that made one may parse it.
package chat

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// UserID names a person on one front end, such as "web:p-01". Opaque.
type UserID string

// PlaceID names a channel or a direct conversation on one front end. Opaque.
type PlaceID string

// MessageID names a message that a front end has posted. Opaque.
type MessageID string

// RequestKind says what the person did.
type RequestKind string

// The things a person can do on any front end.
const (
	Said      RequestKind = "said"      // typed a line: Text
	Pressed   RequestKind = "pressed"   // pressed a button: Action
	Submitted RequestKind = "submitted" // sent a form: Draft and Values
	Quoted    RequestKind = "quoted"    // pointed at a message of the platform: Quote
)

// Request is one thing that one person did. ID is the key of what was done, not of its
// delivery: a redelivered request carries the same ID and is answered as the first was.
type Request struct {
	ID    string
	Kind  RequestKind
	From  UserID
	Name  string  // how the platform calls the person; shown where the contact list does not know him
	Place PlaceID // where it happened; empty when nowhere in particular
	// Channel is the incident channel it happened in, such as inc-2026-0001; empty elsewhere.
	Channel string
	Text    string    // Said: the whole line, with or without the leading /incident
	Action  Action    // Pressed
	Draft   string    // Submitted: the form's Draft
	Values  Values    // Submitted
	Files   Files     // Submitted: what was chosen in its Upload inputs, and the files of Quote; nil: nothing
	Quote   *Quote    // Quoted; Submitted: the message that the form was opened from; else nil
	At      time.Time // when the person did it, as the platform says
	// Claim says whether it is for this process to answer, where the platform brings the same to
	// several of ours: what must be made once only, such as a link that signs in, is made after it.
	// nil: nobody else was brought it.
	Claim func() bool
}

// QuoteFor says what a person wants with a message that somebody wrote on the platform.
type QuoteFor string

// A report of it, or an entry in the record of the incident whose channel it stands in.
const (
	ForReport QuoteFor = "report"
	ForNote   QuoteFor = "note"
)

// Quote is a message that somebody wrote on the platform, pointed at by a person who wants it
// reported or recorded. It is what somebody typed: data, never interpreted.
type Quote struct {
	For  QuoteFor
	Text string // whole, however long
	From UserID // who wrote it
	Name string // how the platform calls him
	At   time.Time
	Link string // leads to the message on the platform; empty: there is none
	// Files are the names of what hangs on it. The bytes come in Request.Files when the form
	// that the quote opened is submitted, with QuotedFile as their Input.
	Files []string
}

// QuotedFile is the Input of a file that hung on the quoted message.
const QuotedFile = "quoted"

// Files are the files of a submitted form, one after the other as they come in: each is read
// before the next is asked for, so that none has to be kept on the way. An error that wraps
// ErrGone is one file's alone, which has its Input and Name and no Body: it is not on the platform
// any more, and the next may follow. Any other ends them: ErrTooMuch, or the line broke. A
// redelivered request brings them again.
type Files = iter.Seq2[File, error]

// File is one file that a person sent. Name is as the platform gives it, fit for nothing but
// to be cleaned and shown; a type the sender claims is not in it.
type File struct {
	Input string // the input it was chosen in
	Name  string
	Body  io.Reader
}

// ErrTooMuch says that more was sent at once than the front end takes.
var ErrTooMuch = errors.New("more was sent than is taken at once")

// Values are a form's inputs by name.
type Values map[string]string

// Action is what a button means. It is opaque to a front end, at most 100 bytes
// (Discord's custom_id), and carries no secret: whoever presses is checked again.
type Action string

// Handler answers requests. It is the desk.
type Handler interface {
	Handle(ctx context.Context, r Request) Reply
}

// Reply is shown to the one who asked, and to nobody else.
type Reply struct {
	// Accepted says that what was asked is recorded. Without it nothing was.
	Accepted bool
	// Failed says that something of ours failed: the same request, delivered again, is to be
	// tried again although this was shown.
	Failed bool
	Cards  []Card
	Form   *Form // a form to open, or the refused form with what was typed and what is wrong
	// Channel is the incident channel to show next, empty to stay; Page is a path of the web pages.
	Channel string
	Page    string
	// Direct brings the cards to the direct messages of the one who asked, wherever he asked.
	Direct bool
	// Document is brought there after the cards; only with Direct. A front end that cannot hand
	// out files leaves it.
	Document *Document
}

// Tone says how a card is meant. A front end shows it by a word or a sign, never by colour alone.
type Tone string

// The tones of a card.
const (
	Plain   Tone = ""
	Good    Tone = "good"
	Notice  Tone = "notice"
	Urgent  Tone = "urgent"
	Refused Tone = "refused"
)

// Card is something said, with what can be done about it.
type Card struct {
	Key     string // the same key at the same place is the same card: update, do not repeat
	Tone    Tone
	Mark    string // 訓練 or 再送, shown before the title
	Title   string
	Blocks  []Block
	Buttons []Button
	// Whole asks for the whole card again, where a front end can show only a part of it at
	// once; empty: nothing does.
	Whole Action
}

// Block is one part of a card. Exactly one of Text, Fields, Items is set.
type Block struct {
	Heading string
	Text    string
	Fields  []Pair
	Items   []Item
	Small   bool // less important: shown small
}

// Pair is a label and its value; a zero At means Value alone.
type Pair struct {
	Label string
	Value string
	At    time.Time // an instant, for platforms that print times in the reader's zone
	Gap   bool      // nothing there yet: Value says so
}

// Item is a point of a list, with a mark that says its state in words and its own buttons.
type Item struct {
	Mark    string // such as 済 or 未
	Text    string
	Small   string
	Buttons []Button
}

// Style of a button.
type Style string

// Normal, Primary (the expected next thing), Danger (hard to take back).
const (
	Normal  Style = ""
	Primary Style = "primary"
	Danger  Style = "danger"
)

// Button is one thing that can be done from a card.
type Button struct {
	Label   string
	Action  Action
	Style   Style
	Confirm string // a question to ask before; empty: none
	Page    string // a path of the web pages instead of an action: a link
}

// InputKind says what an input takes.
type InputKind string

// The kinds of inputs. A date and time is typed and sent as 2006-01-02T15:04 in Asia/Tokyo.
const (
	Line     InputKind = "line"
	Lines    InputKind = "lines"
	Choice   InputKind = "choice"  // one of Options
	Choices  InputKind = "choices" // any of Options, values joined by commas
	DateTime InputKind = "datetime"
	Date     InputKind = "date"
	Number   InputKind = "number"
	Fixed    InputKind = "fixed"  // shown, sent back unchanged
	Upload   InputKind = "upload" // files, which come in Request.Files; there is no value
)

// Form asks for several things at once. Draft is its identity: a form submitted twice is
// one submission, and a refused form comes back under the same Draft with what was typed.
type Form struct {
	Draft  string
	Title  string // at most 24 characters (Slack's modal title)
	Intro  string
	Error  string // one sentence about the whole form
	Inputs []Input
	Submit string
	// Waits is how long what was typed into a part of the form may wait to be gone on with, where a
	// front end asks for it in parts, before it is sent as it stands. Zero: until its person sends
	// it.
	Waits time.Duration
	// Partial says that the form was opened from memory, because the database did not answer
	// in time: asked for by its Draft a little later, it is whole.
	Partial bool
}

// Input is one question of a form.
type Input struct {
	Name     string
	Label    string
	Hint     string
	Kind     InputKind
	Required bool
	Value    string
	Options  []Option
	Max      int    // characters, of an Upload bytes of each file; 0: no limit of its own
	Error    string // what is wrong with Value and what to do
}

// Option is one answer to choose.
type Option struct {
	Value string
	Label string
}

// Completion is what a word of a command names, for platforms that complete words while they
// are typed.
type Completion string

// The kinds of words that can be completed.
const (
	CompleteIncident Completion = "incident" // the number of one that he may see
	CompletePerson   Completion = "person"   // somebody of the contact list
	CompleteStep     Completion = "step"     // of the incident whose channel it is
	CompleteWord     Completion = "word"     // what /incident understands
)

// Delivery is something to be brought to a person or a place without being asked for.
type Delivery struct {
	// Key is the same for every try: a front end that can tell a repeat uses it.
	Key    string
	To     Target
	Card   Card
	Urgent bool // a page: overtakes everything else
	Again  bool // an earlier try may have arrived: it is marked 再送, or found where the platform lets us look
	// Update is the message this delivery replaces, when it is known.
	Update MessageID
	// Document is brought with the card; nil: nothing.
	Document *Document
	// About names the incident that the delivery is about, such as INC-2026-0001, so that what is
	// about the same one stands together; empty: none, or several.
	About string
	// Parts are the pages of a delivery that shows those of several incidents: nothing of it may be
	// shown in the place of one of them, where the others are not known. Else nil.
	Parts []Part
	// Call is what a means says that shows no cards (mail, phone): set where the delivery is a
	// page, nil for everything else.
	Call *Call
}

// Part is one of several pages that one delivery brings: what would be its own Key and About.
type Part struct{ Key, About string }

// Call is all that mail and phone may say of a page: that somebody is called, and whom to
// phone. Both can be read and heard by others, and nothing of what happened is in it.
type Call struct {
	Incident string // its number, such as INC-2026-0001
	More     int    // how many calls to the same person wait beside it
	Level    string // the digit of the working level; empty where nothing is assessed
	Unsure   bool   // nobody has confirmed the level yet (仮)
	Practice bool   // 訓練
	Again    bool   // he was called before and has not answered
	Text     string // the sentences to be read out, in the receiver's language
	Lang     string // of Text: ja or en
	Phones   []Phone
	// Avoid is the chat platform that is not to be used just now, as people call it; empty: none.
	Avoid string
	// Down is the chat platform by which he could not be reached just now; empty: none.
	Down string
	// Answer is a signed token by which the receiver answers, and AnswerPage the path of the
	// web page on which he does; both empty where he cannot.
	Answer     string
	AnswerPage string
	Expires    time.Time // of both
}

// Phone is a person to call.
type Phone struct {
	Name   string
	Role   string // as it is said, such as 情報セキュリティ責任者
	Number string
}

// Document is a file that the bot made.
type Document struct {
	Name string // unique among the documents of an incident, such as INC-2026-0001-v2.docx
	Type string // media type
	Body []byte
}

// Target is a person's direct messages or an incident's channel; exactly one is set.
type Target struct {
	User    UserID
	Channel string // the incident's channel name, such as inc-2026-0001
}

// Frontend brings deliveries to people. What only some can do stands in the optional
// interfaces beside it.
type Frontend interface {
	// Name is the part of a UserID before the colon, such as "web".
	Name() string
	// Send delivers once and gives the message's ID. An error that wraps ErrGone will not
	// get better by repeating, a *Later was not tried; one that wraps ErrUnsure may have
	// arrived. Every other error is tried again. An ID beside an error is of those who have it
	// where several are written to, and the error of those who do not have it yet.
	Send(ctx context.Context, d Delivery) (MessageID, error)
}

// ErrGone says that the target does not exist or refuses messages for good.
var ErrGone = errors.New("the target cannot be reached")

// ErrUnsure says that the request went out and nobody knows whether it was carried out.
var ErrUnsure = errors.New("no answer came; it may have been done all the same")

// Later says that nothing was tried, and how long to wait: the platform asked for it, or
// would. It counts as no try.
type Later struct {
	Wait time.Duration
	// Turn says that the place in line is kept: whoever comes back on time is served, and in
	// the order of the first asking.
	Turn bool
}

func (l *Later) Error() string { return "the platform asks to wait " + l.Wait.String() }

// Joiner is a front end on which several pages to one person at once become one message. The
// platform bounds how often a person can be written to.
type Joiner interface {
	Frontend
	Joins() // marks it; does nothing
}

// Place is an incident's channel as it ought to be.
type Place struct {
	Channel string // its name, such as inc-2026-0001
	Topic   string // what the channel is about, in one line
	// Members are who belongs in it. Whoever the front end once brought in and who is not
	// among them is taken out.
	Members []UserID
	// Out are who may not see it, such as who was left out of the incident. Whoever of them sees it
	// whatever its settings are is one who stays: then nothing is said there.
	Out    []UserID
	Links  []Link
	Pinned MessageID // the card to pin, once it is known
	Ended  bool      // archived
}

// Link is a place of the web, under a name.
type Link struct {
	Label string
	URL   string
}

// Kept is an incident's channel as it is.
type Kept struct {
	ID   PlaceID // empty: there is no channel
	Link string
	// Problem is why there is no channel, or why it is not as it ought to be; "" for none.
	Problem Problem
	// Missing are the members who are not in it.
	Missing []Missing
	// NoCard says that all can be said in the channel, and that the card (Place.Pinned) went elsewhere
	// while that was not so: it is to be brought there, or brought up to date.
	NoCard bool
}

// Missing is a person who could not be brought into a channel.
type Missing struct {
	User UserID
	Why  Problem
}

// Problem is a reason of a platform that a person can do something about. The desk says it
// in words, with what to do.
type Problem string

// The problems.
const (
	ProblemForbidden Problem = "forbidden" // the workspace does not let the bot make channels, or lacks a scope
	ProblemGuest     Problem = "guest"     // a guest cannot be invited
	ProblemGone      Problem = "gone"      // the account is switched off, or there is none
	ProblemOutside   Problem = "outside"   // of another workspace
	ProblemRefused   Problem = "refused"   // refused for another reason
	ProblemSeesAll   Problem = "sees_all"  // who may not see it does, for he runs the whole place
	ProblemCategory  Problem = "category"  // it is as it ought to be, elsewhere: where channels belong the bot is kept out
	ProblemStays     Problem = "stays"     // who does not belong there any more could not be taken out
)

// Keeper is a front end that keeps a private channel for each incident.
type Keeper interface {
	Frontend
	// Keep makes the channel as p says. Each effect stands alone: what fails does not stop
	// what comes after it. Errors are as those of Send; with an error, Kept says what is known.
	// It never makes a public channel and never takes one that it has not made for p itself.
	Keep(ctx context.Context, p Place) (Kept, error)
}

// Memory is what a front end remembers over restarts, such as which channel is which
// incident's. It is shared by every process on the database.
type Memory interface {
	// Recall gives what was remembered under a name; nil: nothing was.
	Recall(ctx context.Context, name string) ([]byte, error)
	// Remember keeps a value under a name, in the place of the one before; nil forgets it.
	Remember(ctx context.Context, name string, value []byte) error
	// All gives everything whose name begins so.
	All(ctx context.Context, prefix string) (map[string][]byte, error)
}
