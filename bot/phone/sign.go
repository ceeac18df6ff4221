package phone

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// The headers of both directions.
const (
	headerStamp     = "X-Hikeshi-Timestamp"
	headerSignature = "X-Hikeshi-Signature"
	headerKey       = "Idempotency-Key"
)

const (
	// stampWindow is how far a timestamp may be from now: clocks differ, and a recorded request
	// must not be of use for long.
	stampWindow = 5 * time.Minute
	scheme      = "v1="
	// signatureLength is that of version 1: its name and 32 bytes in hex.
	signatureLength = len(scheme) + 2*sha256.Size
)

// sign gives the two headers of a body: HMAC-SHA256 over "v1:timestamp:body", the timestamp in
// Unix seconds.
func sign(secret string, at time.Time, body []byte) (stamp, signature string) {
	stamp = strconv.FormatInt(at.Unix(), 10)
	return stamp, scheme + hex.EncodeToString(digest(secret, stamp, body))
}

func digest(secret, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v1:" + stamp + ":"))
	mac.Write(body)
	return mac.Sum(nil)
}

// stamped reads a timestamp and reports whether it is of about now.
func stamped(stamp string, now time.Time) (time.Time, bool) {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	at := time.Unix(seconds, 0)
	return at, now.Sub(at).Abs() <= stampWindow
}

// seal is the signature itself: no two requests have the same.
type seal [sha256.Size]byte

// signed reports whether a body is signed with the secret, in a time that says nothing of how
// much of the signature is right.
func signed(secret, stamp, signature string, body []byte) (seal, bool) {
	hash, ok := strings.CutPrefix(signature, scheme)
	if !ok || len(secret) < MinSecret || len(signature) != signatureLength {
		return seal{}, false
	}
	got, err := hex.DecodeString(hash)
	if err != nil || !hmac.Equal(got, digest(secret, stamp, body)) {
		return seal{}, false
	}
	return seal(got), true
}
