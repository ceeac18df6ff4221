package mail

import (
	"net"
	netmail "net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"hikeshi/bot/chat"
)

// Fault is what is wrong with a setting, as the key of a sentence and what is filled in. It
// never holds the address itself: a password may stand anywhere in one that cannot be read.
type Fault struct {
	Key   string
	Pairs []string
}

func (f *Fault) Error() string { return f.Key }

// The ports where mail is handed in: with STARTTLS (RFC 6409, section 3.1), and with TLS from
// the first byte (RFC 8314, section 3.3).
const (
	submission  = "587"
	submissions = "465"
)

// server is where mail is handed in.
type server struct {
	host, port     string
	implicit       bool   // TLS from the first byte
	user, password string // both empty: nobody signs in
	loopback       bool   // this machine itself: what is said to it passes no network
}

func (s server) address() string { return net.JoinHostPort(s.host, s.port) }

// hostName is what may stand for a host besides an IP address (RFC 1123, section 2.1).
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$`)

// readURL reads smtp://user:password@host:port or smtps://…; user and password are
// percent-decoded.
func readURL(s string) (server, *Fault) {
	u, err := url.Parse(s)
	if err != nil {
		return server{}, &Fault{Key: "cli.setting.mail.url"}
	}
	out := server{host: u.Hostname(), port: u.Port(), implicit: u.Scheme == "smtps"}
	switch {
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		return server{}, &Fault{Key: "cli.setting.mail.scheme"}
	case u.Opaque != "" || net.ParseIP(out.host) == nil && !hostName.MatchString(out.host):
		return server{}, &Fault{Key: "cli.setting.mail.url"}
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		// Most often the rest of a password with a letter in it that is not encoded.
		return server{}, &Fault{Key: "cli.setting.mail.url"}
	}
	switch {
	case out.port == "" && out.implicit:
		out.port = submissions
	case out.port == "":
		out.port = submission
	}
	if n, err := strconv.Atoi(out.port); err != nil || n < 1 || n > 65535 {
		return server{}, &Fault{Key: "cli.setting.mail.port"}
	}
	out.user = u.User.Username()
	out.password, _ = u.User.Password()
	if (out.user == "") != (out.password == "") {
		return server{}, &Fault{Key: "cli.setting.mail.password"}
	}
	// PLAIN separates what it sends by NUL (RFC 4616, section 2).
	if strings.ContainsFunc(out.user+out.password, unicode.IsControl) {
		return server{}, &Fault{Key: "cli.setting.mail.url"}
	}
	ip := net.ParseIP(out.host)
	out.loopback = strings.EqualFold(out.host, "localhost") || ip != nil && ip.IsLoopback()
	return out, nil
}

// readFrom reads the sender: hikeshi@example.co.jp, or 火消し <hikeshi@example.co.jp>.
func readFrom(s string) (netmail.Address, *Fault) {
	a, err := netmail.ParseAddress(s)
	if err != nil || strings.ContainsFunc(s, unicode.IsControl) || !usable(a.Address) {
		return netmail.Address{}, &Fault{Key: "cli.setting.mail.from"}
	}
	return *a, nil
}

// maxAddress is the longest address that a mail can be sent to (RFC 5321, section 4.5.3.1.3,
// less the angle brackets).
const maxAddress = 254

func usable(address string) bool {
	local, domain := parts(address)
	return local != "" && domain != "" && len(address) <= maxAddress && !strings.ContainsFunc(address, unfit)
}

// unfit are letters that would have to be quoted, or that hide what stands there.
func unfit(r rune) bool {
	return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>"(),;:\`, r)
}

func parts(address string) (local, domain string) {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return "", ""
	}
	return address[:i], address[i+1:]
}

// receiver is the address in a user of this means, such as mail:sato@example.co.jp; false:
// there is none that a mail could be sent to.
func receiver(u chat.UserID) (address string, ok bool) {
	address, ok = strings.CutPrefix(string(u), name+":")
	if !ok || !usable(address) {
		return "", false
	}
	a, err := netmail.ParseAddress(address)
	if err != nil || a.Name != "" || a.Address != address {
		return "", false
	}
	return address, true
}

// Faults are what is wrong with the two settings of mail, either of which may be empty.
func Faults(url, from string) []Fault {
	var found []Fault
	if url != "" {
		if _, f := readURL(url); f != nil {
			found = append(found, *f)
		}
	}
	if from != "" {
		if _, f := readFrom(from); f != nil {
			found = append(found, *f)
		}
	}
	return found
}
