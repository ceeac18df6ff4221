package mailtest

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/emersion/go-smtp"
)

// login is the mechanism LOGIN, which no RFC describes (draft-murchison-sasl-login).
type login struct {
	known func(user, password string) error
	asked int
	user  string
}

func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	l.asked++
	switch {
	case l.asked == 1 && response == nil:
		return []byte("Username:"), false, nil
	case l.asked == 1:
		l.asked++
		fallthrough
	case l.asked == 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.known(l.user, string(response))
}

// scram is the server's side of SCRAM-SHA-256 (RFC 5802, section 5; RFC 7677).
type scram struct {
	done         func()
	asked        int
	first, reply string
	nonce        string
	salt         []byte
}

const rounds = 4096 // RFC 7677, section 4: at least

func (a *scram) Next(response []byte) (challenge []byte, done bool, err error) {
	a.asked++
	refuse := func() ([]byte, bool, error) { return nil, true, smtp.ErrAuthFailed }
	switch a.asked {
	case 1:
		if response == nil { // the client sends no initial response: ask for it
			a.asked--
			return nil, false, nil
		}
		bare, ok := strings.CutPrefix(string(response), "n,,")
		user, nonce, both := strings.Cut(bare, ",")
		if !ok || !both || user != "n="+User || !strings.HasPrefix(nonce, "r=") {
			return refuse()
		}
		a.first, a.salt = bare, make([]byte, 16)
		_, _ = rand.Read(a.salt)
		a.nonce = nonce[2:] + rand.Text()
		a.reply = fmt.Sprintf("r=%s,s=%s,i=%d", a.nonce, base64.StdEncoding.EncodeToString(a.salt), rounds)
		return []byte(a.reply), false, nil
	case 2:
		without, proof, ok := strings.Cut(string(response), ",p=")
		if !ok || without != "c=biws,r="+a.nonce {
			return refuse()
		}
		given, err := base64.StdEncoding.DecodeString(proof)
		if err != nil || len(given) != sha256.Size {
			return refuse()
		}
		salted, err := pbkdf2.Key(sha256.New, Password, a.salt, rounds, sha256.Size)
		if err != nil {
			return nil, true, err
		}
		key := mac(salted, "Client Key")
		stored := sha256.Sum256(key)
		about := a.first + "," + a.reply + "," + without
		signature := mac(stored[:], about)
		for i := range given {
			given[i] ^= signature[i]
		}
		if !hmac.Equal(given, key) {
			return refuse()
		}
		return []byte("v=" + base64.StdEncoding.EncodeToString(mac(mac(salted, "Server Key"), about))), false, nil
	}
	a.done()
	return nil, true, nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
