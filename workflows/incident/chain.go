package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Text is a free text of the record. In the chain stands only its salted digest, so that the
// body can be erased later (a person's right, a court's order) and the chain still holds.
type Text struct {
	Body   string
	Salt   string // hex of 16 random bytes
	Digest string // hex of sha256(salt + 0x00 + body)
	Erased bool   // the body was erased; only the digest is left
}

// T makes a text that Seal will salt.
func T(body string) Text { return Text{Body: body} }

// String gives the body, empty when erased.
func (t Text) String() string { return t.Body }

// IsZero reports whether there is no text at all; encoding/json leaves it out then.
func (t Text) IsZero() bool { return t.Body == "" && t.Digest == "" }

// MarshalJSON writes the digest only: this is the canonical encoding that enters the chain.
func (t Text) MarshalJSON() ([]byte, error) {
	return []byte(`{"sha256":"` + t.Digest + `"}`), nil
}

// UnmarshalJSON reads the digest; Restore adds the body.
func (t *Text) UnmarshalJSON(b []byte) error {
	var d struct {
		Digest string `json:"sha256"`
	}
	if err := json.Unmarshal(b, &d); err != nil {
		return err
	}
	*t = Text{Digest: d.Digest}
	return nil
}

func textDigest(salt, body string) string {
	h := sha256.New()
	h.Write([]byte(salt))
	h.Write([]byte{0})
	h.Write([]byte(body))
	return hex.EncodeToString(h.Sum(nil))
}

// Seal puts a record at the end of a chain: it salts the texts, encodes the event and
// computes the digest over the one before. salt gives 32 hex characters at each call.
// It returns the canonical body to store, and the texts with their bodies.
func Seal(r *Record, prev string, salt func() string) (body []byte, texts []Text, err error) {
	r.Event = mapTexts(r.Event, func(t Text) Text {
		if t.Body == "" {
			return Text{}
		}
		t.Salt = salt()
		t.Digest = textDigest(t.Salt, t.Body)
		texts = append(texts, t)
		return t
	})
	if r.ByName.Body != "" && r.ByName.Digest == "" { // else sealed with an entry of the same command
		r.ByName.Salt = salt()
		r.ByName.Digest = textDigest(r.ByName.Salt, r.ByName.Body)
		texts = append(texts, r.ByName)
	}
	body, err = json.Marshal(r.Event)
	if err != nil {
		return nil, nil, fmt.Errorf("encode %s: %w", r.Event.Kind(), err)
	}
	r.Prev = prev
	r.Digest = r.digest(body)
	return body, texts, nil
}

// Digest computes what the record's digest should be, from its stored body.
func (r *Record) digest(body []byte) string {
	b := make([]byte, 0, 512+len(body))
	// Length-prefixed, so that no two different entries have the same encoding.
	part := func(s string) {
		b = strconv.AppendInt(b, int64(len(s)), 10)
		b = append(append(b, ':'), s...)
	}
	part("hikeshi-record-1")
	part(r.Prev)
	part(string(r.Incident))
	part(strconv.FormatInt(r.Seq, 10))
	part(r.At.UTC().Format(time.RFC3339Nano))
	part(r.Occurred.UTC().Format(time.RFC3339Nano))
	part(string(r.By))
	part(r.ByName.Digest)
	part(string(r.Source))
	part(string(r.Event.Kind()))
	part(string(body))
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Restore puts the bodies of texts back into a decoded record, by digest. A text that is
// not in the store any more is marked erased.
func Restore(r *Record, texts map[string]Text) {
	put := func(t Text) Text {
		if t.Digest == "" {
			return t
		}
		if s, ok := texts[t.Digest]; ok {
			return s
		}
		t.Erased = true
		return t
	}
	r.Event = mapTexts(r.Event, put)
	r.ByName = put(r.ByName)
}

// TextDigests lists the digests of the texts a record refers to, its author's name too.
func TextDigests(r *Record) []string {
	var ds []string
	mapTexts(r.Event, func(t Text) Text {
		if t.Digest != "" {
			ds = append(ds, t.Digest)
		}
		return t
	})
	if r.ByName.Digest != "" {
		ds = append(ds, r.ByName.Digest)
	}
	return ds
}

// Breach is a place where the stored record is not what was written.
type Breach struct {
	Incident ID
	Seq      int64
	Key      string // message key: verify.changed, verify.text_changed, verify.gap, verify.order, verify.link, verify.cut_off, verify.state, …
}

// CheckChain walks the entries of one incident in the order they are stored, with their
// stored bodies, and names what was changed, removed, reordered or inserted. seq and head
// are what the incident's row says the last entry is; a shorter record was cut off.
func CheckChain(id ID, records []Record, bodies [][]byte, seq int64, head string) []Breach {
	var out []Breach
	prev, want := "", int64(1)
	for i := range records {
		r := &records[i]
		switch {
		case r.Seq > want:
			out = append(out, Breach{id, want, "verify.gap"})
		case r.Seq < want:
			out = append(out, Breach{id, r.Seq, "verify.order"})
		}
		if r.Prev != prev {
			out = append(out, Breach{id, r.Seq, "verify.link"})
		}
		if r.digest(bodies[i]) != r.Digest || r.Incident != id {
			out = append(out, Breach{id, r.Seq, "verify.changed"})
		}
		mapTexts(r.Event, func(t Text) Text {
			if t.Digest != "" && !t.Erased && textDigest(t.Salt, t.Body) != t.Digest {
				out = append(out, Breach{id, r.Seq, "verify.text_changed"})
			}
			return t
		})
		if n := r.ByName; n.Digest != "" && !n.Erased && textDigest(n.Salt, n.Body) != n.Digest {
			out = append(out, Breach{id, r.Seq, "verify.text_changed"})
		}
		// After one that came too late, what follows is looked for where it belongs.
		prev, want = r.Digest, max(want, r.Seq+1)
	}
	switch {
	case want <= seq:
		out = append(out, Breach{id, want, "verify.cut_off"})
	case want-1 > seq:
		out = append(out, Breach{id, seq + 1, "verify.state"}) // the row knows less than the record
	case prev != head:
		out = append(out, Breach{id, seq, "verify.link"})
	}
	return out
}

var textType = reflect.TypeFor[Text]()

// mapTexts gives a copy of the event in which every Text went through f, in field order.
func mapTexts(e Event, f func(Text) Text) Event {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	v.Set(reflect.ValueOf(e))
	for i := range v.NumField() {
		fd := v.Field(i)
		switch {
		case fd.Type() == textType:
			fd.Set(reflect.ValueOf(f(fd.Interface().(Text))))
		case fd.Kind() == reflect.Slice && fd.Type().Elem() == textType:
			c := reflect.MakeSlice(fd.Type(), fd.Len(), fd.Len())
			for j := range fd.Len() {
				c.Index(j).Set(reflect.ValueOf(f(fd.Index(j).Interface().(Text))))
			}
			fd.Set(c)
		}
	}
	return v.Interface().(Event)
}

// ErasedTexts counts the texts of a restored record whose bodies were erased.
func ErasedTexts(r *Record) int {
	n := 0
	mapTexts(r.Event, func(t Text) Text {
		if t.Erased {
			n++
		}
		return t
	})
	if r.ByName.Erased {
		n++
	}
	return n
}
