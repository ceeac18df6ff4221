package mail

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/textproto"
	"regexp"
	"slices"

	"hikeshi/bot/chat"
)

// stage is how far a mail came.
type stage int

const (
	asSender   stage = iota // MAIL
	asReceiver              // RCPT
	asking                  // DATA
	handing                 // the mail itself, up to its last line
	handed                  // all of it: from here on it may have been taken
)

// hand hands a mail to the server on a line, kept or new.
func (m *Mail) hand(ctx context.Context, to string, raw []byte) error {
	done, err := m.lines.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	for {
		l, used, err := m.lines.take(ctx)
		if failed, ok := errors.AsType[*connectError](err); ok && failed.code == tooMany {
			return &chat.Later{Wait: lineWithin}
		}
		if err != nil {
			return fmt.Errorf("connect to the mail server: %w", err)
		}
		whole := bound(ctx, l.conn)
		at, err := l.hand(m.from.Address, to, raw)
		alive := whole()
		if err == nil {
			if alive {
				m.lines.keep(l)
			} else {
				_ = l.conn.Close()
			}
			return nil
		}
		_ = l.conn.Close()
		// A kept line may have been closed meanwhile, or have had its fill of mails: nothing of
		// this one has left yet.
		if used && alive && (at == asSender || at < handed && codeOf(err) == 0) {
			continue
		}
		if !alive {
			err = errSlow
		}
		return meaning(at, err)
	}
}

// hand carries one mail through the protocol and tells how far it came.
func (l *line) hand(from, to string, raw []byte) (stage, error) {
	// Only where an address needs it: a server behind that knows nothing of it would refuse
	// (RFC 6531, section 3.1).
	l.client.SkipSMTPUTF8(ascii(from + to))
	if err := l.client.Mail(bracketed(from)); err != nil {
		return asSender, err
	}
	if err := l.client.Rcpt(bracketed(to)); err != nil {
		return asReceiver, err
	}
	w, err := l.client.Data()
	if err != nil {
		return asking, err
	}
	// Closing it would end a mail that was cut short, and the server would take it.
	if _, err := w.Write(raw); err != nil {
		return handing, err
	}
	return handed, w.Close()
}

func bracketed(address string) string { return (&netmail.Address{Address: address}).String() }

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Codes that speak of the receiver: there is no such mailbox, not here, or not by that name
// (RFC 5321, section 4.2.3).
var ofReceiver = []int{501, 550, 551, 553}

// status is the enhanced code that begins an answer (RFC 3463, section 2). noSuch are those
// that speak of the receiver's address (RFC 3463, section 3.2, and RFC 7505), whenever they
// come; those with .7 and .8 speak of the sender's. noneThere are said in answer to the
// receiver alone: at the end of a mail, Microsoft 365 says 5.2.x of a sender who has sent
// enough for a day.
var (
	status    = regexp.MustCompile(`^5\.\d{1,3}\.\d{1,3}\b`)
	noSuch    = []string{"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10"}
	noneThere = []string{"5.1.0", "5.2.1"}
)

// tooMany is how Microsoft 365 refuses a fourth connection of one mailbox (Microsoft, "Message
// storage and concurrent connection throttling"): another server of ours has the others.
const tooMany = 432

// meaning says what an answer means for the delivery. An address that does not exist will not
// come to exist; a server that refuses us or our sender can be mended, and what is refused
// for now or cut short comes later.
func meaning(at stage, err error) error {
	answer, answered := errors.AsType[*textproto.Error](err)
	switch {
	case !answered && at == handed:
		return fmt.Errorf("hand in a mail: %w: %w", chat.ErrUnsure, err)
	case !answered:
		return fmt.Errorf("hand in a mail: %w", err)
	case answer.Code == tooMany:
		return &chat.Later{Wait: lineWithin}
	case answer.Code/100 == 5 && at != asSender && aboutReceiver(answer, at):
		return fmt.Errorf("the mail server knows no such receiver: %w: %w", chat.ErrGone, &refusal{at, answer.Code})
	}
	return fmt.Errorf("hand in a mail: %w", &refusal{at, answer.Code})
}

// aboutReceiver reports whether a refusal is about who is to receive the mail. Its enhanced
// code says so; without one, the code has to do, in answer to the receiver.
func aboutReceiver(answer *textproto.Error, at stage) bool {
	if of := status.FindString(answer.Msg); of != "" {
		return slices.Contains(noSuch, of) || at == asReceiver && slices.Contains(noneThere, of)
	}
	return at == asReceiver && slices.Contains(ofReceiver, answer.Code)
}

// refusal is a server's answer without its words: they quote addresses.
type refusal struct {
	at   stage
	code int
}

func (r *refusal) Error() string { return fmt.Sprintf("refused with %d at step %d", r.code, r.at) }
