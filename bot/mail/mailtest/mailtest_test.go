package mailtest_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"

	"hikeshi/bot/mail/mailtest"
)

// told is a testing.TB that keeps what it is told.
type told struct {
	testing.TB
	errors []string
}

func (t *told) Errorf(format string, of ...any) {
	t.errors = append(t.errors, fmt.Sprintf(format, of...))
}

// What breaks a rule of mail is a failure of the test, whatever a kinder server would take.
func TestItTellsWhatIsWrongWithAMail(t *testing.T) {
	const good = "Date: Tue, 24 Nov 2026 02:00:00 +0900\r\nFrom: a@example.co.jp\r\nTo: b@example.co.jp\r\nMessage-ID: <1@example.co.jp>\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n"
	for name, c := range map[string]struct{ mail, says string }{
		"good":                {good + "\r\nhello\r\n", ""},
		"a bare LF":           {good + "\r\nhello\nyou\r\n", "bare"},
		"no date":             {strings.Replace(good, "Date:", "X-Date:", 1) + "\r\nhello\r\n", "Date"},
		"two subjects":        {good + "Subject: y\r\n\r\nhello\r\n", "Subject is there 2"},
		"a long line":         {good + "\r\n" + strings.Repeat("x", 1000) + "\r\n", "bytes"},
		"8 bits":              {good + "\r\n火\r\n", "8 bits"},
		"letters in a header": {strings.Replace(good, "Subject: x", "Subject: 火", 1) + "\r\nhello\r\n", "ASCII"},
		"no header":           {"hello\r\n", "no field"},
		"an unknown part":     {strings.Replace(good, "text/plain", "image/png", 1) + "\r\nhello\r\n", "image/png"},
	} {
		t.Run(name, func(t *testing.T) {
			watch := &told{TB: t}
			s := mailtest.Start(watch, mailtest.NoTLS, mailtest.NoAuth)
			conn, err := net.Dial("tcp", s.Address())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			answer := func(want string) {
				t.Helper()
				for {
					line, err := in.ReadString('\n')
					if err != nil || !strings.HasPrefix(line, want) {
						t.Fatalf("%q, %v; want %s", line, err, want)
					}
					if line[3] == ' ' {
						return
					}
				}
			}
			answer("220")
			for _, step := range [][2]string{
				{"EHLO x\r\n", "250"}, {"MAIL FROM:<a@example.co.jp>\r\n", "250"}, {"RCPT TO:<b@example.co.jp>\r\n", "250"},
				{"DATA\r\n", "354"}, {c.mail + ".\r\n", "250"}, {"QUIT\r\n", "221"},
			} {
				if _, err := conn.Write([]byte(step[0])); err != nil {
					t.Fatal(err)
				}
				answer(step[1])
			}
			if len(s.Messages()) != 1 {
				t.Fatal(len(s.Messages()), "mails")
			}
			switch {
			case c.says == "" && watch.errors != nil:
				t.Error(watch.errors)
			case c.says != "" && !strings.Contains(strings.Join(watch.errors, "\n"), c.says):
				t.Errorf("it does not say %q: %q", c.says, watch.errors)
			}
		})
	}
}
