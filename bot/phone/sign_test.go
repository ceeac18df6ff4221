package phone

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// documented is the worked example in both READMEs.
var documented = regexp.MustCompile("(?s)<!-- phone-signature -->\n```\n(.*?)\n```\n<!-- /phone-signature -->")

// The worked example of the signature is right, and the same in both languages.
func TestTheDocumentedSignatureIsRight(t *testing.T) {
	var first string
	for _, file := range []string{"../../README.md", "../../README.ja.md"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		example := documented.FindSubmatch(b)
		if example == nil {
			t.Fatalf("%s has no worked example of the signature", file)
		}
		if first == "" {
			first = string(example[1])
		}
		if string(example[1]) != first {
			t.Errorf("the examples differ:\n%s\n%s", first, example[1])
		}
		says := map[string]string{}
		for line := range strings.Lines(string(example[1])) {
			name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), ": ")
			says[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
		body := says["body"]
		at, err := time.Parse(time.RFC3339, says["sent at"])
		if err != nil || !json.Valid([]byte(body)) || len(says["secret"]) < MinSecret {
			t.Fatalf("%s: %v %q", file, err, says)
		}
		stamp, signature := sign(says["secret"], at, []byte(body))
		if stamp != says[headerStamp] || signature != says[headerSignature] || says["signed text"] != "v1:"+stamp+":"+body {
			t.Errorf("%s: the example says\n%q\nand is\n%s\n%s", file, says, stamp, signature)
		}
	}
}

// Every field that goes out is documented in both languages.
func TestTheSchemaIsDocumented(t *testing.T) {
	body, err := encode(struct {
		request
		Callback callback `json:"callback"`
	}{})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil || len(fields) != 13 {
		t.Fatal(err, len(fields))
	}
	inner, ok := fields["callback"].(map[string]any)
	if !ok {
		t.Fatal("no callback")
	}
	names := []string{"callback.expires"}
	for n := range inner {
		names = append(names, "callback."+n)
	}
	for n := range fields {
		names = append(names, n)
	}
	for _, file := range []string{"../../README.md", "../../README.ja.md"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		example := documentedCall.FindSubmatch(b)
		var call map[string]any
		if example == nil || json.Unmarshal(example[1], &call) != nil || !sameFields(call, fields) {
			t.Errorf("%s: the example of a call is not one:\n%s", file, example)
		} else if c, ok := call["callback"].(map[string]any); !ok || len(c) != len(inner)+1 { // the empty one has no expires
			t.Errorf("%s: the example's callback has the fields %v", file, c)
		}
		for _, n := range names {
			if !strings.Contains(string(b), "`"+n+"`") {
				t.Errorf("%s does not say what %s is", file, n)
			}
		}
	}
}

// documentedCall is the example of a call in a README.
var documentedCall = regexp.MustCompile("(?s)```json\n(\\{\"version\":1,\"id\".*?)\n```")

func sameFields(a, b map[string]any) bool {
	return slices.Equal(slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)))
}

// FuzzSigned holds the check against the definition: exactly one text is right for a body.
func FuzzSigned(f *testing.F) {
	const secret = "0123456789abcdef"
	stamp, signature := sign(secret, time.Unix(1795712400, 0), []byte("{}"))
	f.Add(stamp, signature, []byte("{}"))
	f.Add(stamp, strings.ToUpper(signature), []byte("{}"))
	f.Add("", "v1=", []byte{})
	f.Fuzz(func(t *testing.T, stamp, signature string, body []byte) {
		_, ok := signed(secret, stamp, signature, body)
		right := scheme + strings.ToLower(strings.TrimPrefix(signature, scheme))
		want := scheme + hex.EncodeToString(digest(secret, stamp, body))
		if ok != (right == want && strings.HasPrefix(signature, scheme)) {
			t.Fatalf("%q over %q and %q: %v", signature, stamp, body, ok)
		}
		// What is signed for one is signed for no other.
		if ok {
			for _, other := range [][]byte{append([]byte(" "), body...), append(body[:len(body):len(body)], 0)} {
				if _, also := signed(secret, stamp, signature, other); also {
					t.Fatalf("%q is signed, too", other)
				}
			}
			if _, also := signed(secret+"x", stamp, signature, body); also {
				t.Fatal("another secret signs the same")
			}
		}
	})
}

// Only what still counts is kept, and only so much of it.
func TestReplaysAreForgotten(t *testing.T) {
	var r replays
	at := time.Unix(1795712400, 0)
	do := func() heard { return heard{status: 200} }
	for i := range mostReplays + 10 {
		if _, ok := r.once(t.Context(), seal{byte(i), byte(i >> 8), byte(i >> 16)}, at, at.Add(stampWindow), do); !ok {
			t.Fatal("not answered")
		}
	}
	if len(r.by) != mostReplays {
		t.Errorf("%d are kept", len(r.by))
	}
	r.once(t.Context(), seal{255, 255, 255}, at.Add(stampWindow+1), at.Add(2*stampWindow), do)
	if len(r.by) != 1 {
		t.Errorf("%d are kept after their time", len(r.by))
	}
}
