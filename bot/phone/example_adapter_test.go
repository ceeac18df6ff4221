package phone_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/phone"
)

// adapter stands between hikeshi and a vendor of telephony whose API is like Twilio's: POST
// …/Calls.json with To, From and Twiml, and a signed form for the key that was pressed. It
// keeps what it has rung in memory; where it may restart, put that into a file.
type adapter struct {
	secret               string // PHONE_WEBHOOK_SECRET
	account, token, from string // of the vendor
	api, own             string // https://api.twilio.com/2010-04-01, and where this is reached
	mu                   sync.Mutex
	rung                 map[string]call
}

type call struct {
	Test               bool
	ID, To, Lang, Text string
	Callback           struct{ URL, Answer, Ask string }
}

func (a *adapter) sign(stamp string, body []byte) string {
	h := hmac.New(sha256.New, []byte(a.secret))
	fmt.Fprintf(h, "v1:%s:%s", stamp, body)
	return "v1=" + hex.EncodeToString(h.Sum(nil))
}

// ring takes a call of hikeshi's: PHONE_WEBHOOK_URL leads here.
func (a *adapter) ring(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	stamp := r.Header.Get("X-Hikeshi-Timestamp")
	seconds, _ := strconv.ParseInt(stamp, 10, 64)
	if time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute || !hmac.Equal([]byte(a.sign(stamp, body)), []byte(r.Header.Get("X-Hikeshi-Signature"))) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var c call
	if json.Unmarshal(body, &c) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	a.mu.Lock() // one after the other: a repeat waits for the first and does not ring
	defer a.mu.Unlock()
	if _, again := a.rung[c.ID]; again || c.Test {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	form := url.Values{"To": {c.To}, "From": {a.from}, "Twiml": {a.say(c, c.Text+" "+c.Callback.Ask, c.Callback.URL != "")}}
	req, _ := http.NewRequestWithContext(r.Context(), http.MethodPost, a.api+"/Accounts/"+a.account+"/Calls.json", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(a.account, a.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway) // hikeshi tries again, and takes other means meanwhile
		return
	}
	defer res.Body.Close()
	var refused struct{ Code int }
	_ = json.NewDecoder(res.Body).Decode(&refused)
	switch {
	case res.StatusCode == http.StatusCreated:
		a.rung[c.ID] = c
		w.WriteHeader(http.StatusAccepted)
	case refused.Code == 21211: // Twilio: "Invalid 'To' Phone Number"
		w.WriteHeader(http.StatusUnprocessableEntity)
	default:
		w.WriteHeader(http.StatusBadGateway)
	}
}

// say is TwiML that says something, and asks for a key.
func (a *adapter) say(c call, text string, ask bool) string {
	var plain bytes.Buffer
	_ = xml.EscapeText(&plain, []byte(text))
	said := `<Say language="` + map[string]string{"ja": "ja-JP", "en": "en-US"}[c.Lang] + `">` + plain.String() + `</Say>`
	if ask {
		said = `<Gather numDigits="1" timeout="10" action="` + a.own + `/key?id=` + c.ID + `">` + said + `</Gather>`
	}
	return `<Response>` + said + `</Response>`
}

// key takes what was pressed from the vendor, brings it to hikeshi and reads the answer out.
func (a *adapter) key(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	text := a.own + r.URL.RequestURI() // Twilio: the address, then each field and its value by name
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		text += name + r.PostForm.Get(name)
	}
	h := hmac.New(sha1.New, []byte(a.token))
	h.Write([]byte(text))
	a.mu.Lock()
	c, known := a.rung[r.URL.Query().Get("id")]
	a.mu.Unlock()
	if !known || !hmac.Equal([]byte(base64.StdEncoding.EncodeToString(h.Sum(nil))), []byte(r.Header.Get("X-Twilio-Signature"))) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	body, _ := json.Marshal(map[string]string{"answer": c.Callback.Answer, "key": r.PostForm.Get("Digits")})
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	req, _ := http.NewRequestWithContext(r.Context(), http.MethodPost, c.Callback.URL, bytes.NewReader(body))
	req.Header.Set("X-Hikeshi-Timestamp", stamp)
	req.Header.Set("X-Hikeshi-Signature", a.sign(stamp, body))
	var heard struct{ Said string }
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	_ = json.NewDecoder(res.Body).Decode(&heard)
	w.Header().Set("Content-Type", "text/xml")
	// Another key than 1 and 2, or a failure: what is said asks to try again.
	fmt.Fprint(w, a.say(c, heard.Said, res.StatusCode == http.StatusUnprocessableEntity || res.StatusCode == http.StatusServiceUnavailable))
}

// A small adapter to a vendor, from the request to the answer that is read out. The vendor
// here is a stand-in that is asked as Twilio is, and answers like it.
func Example_adapter() {
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		fmt.Println(r.Method, r.URL.Path, user, password)
		fmt.Println("To", r.FormValue("To"), "From", r.FormValue("From"))
		w.WriteHeader(http.StatusCreated)
	}))
	defer vendor.Close()
	const shared = "an agreed secret of 2026"
	a := &adapter{secret: shared, account: "AC1", token: "token", from: "+815000000000", api: vendor.URL, rung: map[string]call{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /calls", a.ring)
	mux.HandleFunc("POST /key", a.key)
	server := httptest.NewServer(mux)
	defer server.Close()
	a.own = server.URL

	words := map[string]string{"phone.ask": "Press 1 if you respond, or 2 if you cannot."}
	say := func(_, key string, _ ...string) string { return words[key] }
	taken, err := phone.Answers(phone.AnswersConfig{Secret: shared, Say: say, Answer: func(_ context.Context, token, choice string) (string, error) {
		fmt.Println(token, choice)
		return "You are responding to INC-2026-0001.", nil
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	hikeshi := httptest.NewServer(taken)
	defer hikeshi.Close()
	p, err := phone.New(phone.Config{URL: server.URL + "/calls", Secret: shared, CallbackURL: hikeshi.URL + phone.AnswerPath, Say: say})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	d := chat.Delivery{Key: "1", To: chat.Target{User: "phone:090-0000-0002"}, Call: &chat.Call{
		Incident: "INC-2026-0001", Level: "2", Lang: "en", Text: "Hikeshi calls you: INC-2026-0001.", Answer: "answer-token",
	}}
	id, err := p.Send(context.Background(), d)
	fmt.Println("rung:", err)
	_, err = p.Send(context.Background(), d)
	fmt.Println("not again:", err)

	// He presses 1: the vendor brings it.
	pressed := url.Values{"CallSid": {"CA1"}, "Digits": {"1"}}
	address := server.URL + "/key?id=" + string(id)
	h := hmac.New(sha1.New, []byte("token"))
	h.Write([]byte(address + "CallSidCA1Digits1"))
	req, _ := http.NewRequest(http.MethodPost, address, strings.NewReader(pressed.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(h.Sum(nil)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(res.Body)
	fmt.Println(string(said))
	// Output:
	// POST /Accounts/AC1/Calls.json AC1 token
	// To +819000000002 From +815000000000
	// rung: <nil>
	// not again: <nil>
	// answer-token take
	// <Response><Say language="en-US">You are responding to INC-2026-0001.</Say></Response>
}
