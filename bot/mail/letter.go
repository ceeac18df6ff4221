package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"hikeshi/bot/chat"
)

// tokyo is the zone of everything that is written out; Japan has no summer time.
var tokyo = time.FixedZone("JST", 9*60*60)

// letter is what a mail says, before it is drawn as text and as HTML. Both are drawn from it
// alone, so that they say the same.
type letter struct {
	Lang    string
	Subject string
	Title   string
	Parts   []part
	Foot    []string // less important, at the end
	urgent  bool
}

// part is one part of a letter, in the order in which it is read.
type part struct {
	Heading string
	Text    []string // paragraphs; a line end in one is a line end
	Fields  []field
	Items   []item
	Links   []link
	Small   bool
}

type field struct{ Label, Value string }

// item is a point of a list. Phone is a number to call, with nothing in it but what is dialled.
type item struct {
	Mark, Text, Small, Phone string
	Links                    []link
}

type link struct{ Label, URL string }

// compose makes the whole mail and its Message-ID.
func (m *Mail) compose(d chat.Delivery, to string) (id string, raw []byte, err error) {
	l := m.letter(d)
	html, err := drawHTML(l)
	if err != nil {
		return "", nil, err
	}
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingB64), gomail.WithNoDefaultUserAgent())
	from := m.from
	msg.FromMailAddress(&from)
	msg.ToMailAddress(&netmail.Address{Address: to})
	msg.Subject(l.Subject)
	msg.SetDateWithValue(m.config.Clock().In(tokyo))
	_, domain := parts(m.from.Address)
	id = identity(domain, "mail", d.Key, string(d.Update), fmt.Sprint(more(d)))
	msg.SetMessageIDWithValue(id)
	if of := thread(d); of != "" {
		// The first mail of the thread is never sent: nobody would know which it was. Readers
		// join what refers to the same one, whether they have it or not.
		first := "<" + identity(domain, "incident", of) + ">"
		msg.SetGenHeader(gomail.HeaderInReplyTo, first)
		msg.SetGenHeader(gomail.HeaderReferences, first)
	}
	// No answer of a machine is to come back (RFC 3834, section 5; [MS-OXCMAIL], for Exchange).
	// What says that a mail could not be brought may.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "OOF, AutoReply")
	if l.urgent {
		// What readers go by: Outlook and Gmail by Importance (RFC 4021, section 2.1.54), Apple
		// Mail and Thunderbird by X-Priority. X-MSMail-Priority is left out: it makes a mail look
		// like one of a forger who takes himself for Outlook (SpamAssassin, MISSING_MIMEOLE).
		msg.SetGenHeader(gomail.HeaderImportance, "high")
		msg.SetGenHeader(gomail.HeaderPriority, "urgent")
		msg.SetGenHeader(gomail.HeaderXPriority, "1 (Highest)")
	}
	msg.SetBodyString(gomail.TypeTextPlain, drawText(l, m.say(l.Lang)))
	msg.AddAlternativeString(gomail.TypeTextHTML, html)
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return "", nil, err
	}
	return id, out.Bytes(), nil
}

// identity is a Message-ID that is the same for every try of a delivery: readers and servers
// show a mail once that they have already. It is a digest: keys name people.
func identity(domain string, of ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(of, "\x00")))
	if !ascii(domain) {
		domain = "hikeshi.invalid" // a Message-ID knows no other letters (RFC 5322, section 3.6.4)
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20])) + "@" + domain
}

// more is how many calls a page speaks of beside the first. Pages that are joined go by the
// key of the first, and one that speaks of more is another mail.
func more(d chat.Delivery) int {
	if d.Call == nil {
		return 0
	}
	return d.Call.More
}

// thread names the incident that a mail is about; empty: none is known.
func thread(d chat.Delivery) string {
	if d.About == "" && d.Call != nil {
		return d.Call.Incident
	}
	return d.About
}

// letter is what a delivery says. Of a page nothing but the call reaches what words it.
func (m *Mail) letter(d chat.Delivery) letter {
	if d.Call != nil {
		return m.callLetter(*d.Call, d.Again)
	}
	return m.cardLetter(d.Card, d.Urgent)
}

// say gives the texts of one language.
func (m *Mail) say(lang string) func(key string, pairs ...string) string {
	return func(key string, pairs ...string) string { return m.config.Say(lang, key, pairs...) }
}

// url is the address of a web page; empty: it cannot be reached.
func (m *Mail) url(page string) string {
	if m.config.PublicURL == "" || !strings.HasPrefix(page, "/") {
		return ""
	}
	return strings.TrimRight(m.config.PublicURL, "/") + page
}
