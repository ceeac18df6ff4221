package discord

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/chat"
	"hikeshi/bot/discord/discordtest"
)

// Whatever comes: nothing panics, everything that can be answered is answered, and nobody but
// who did it is said to have done something.
func TestOddThingsAreAnsweredAndHarmNothing(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	g.Unlimited(true)
	log := &watched{}
	desk := &doorDesk{}
	f := openDoor(t, g, desk, func(f *Front) {
		f.log = log.logger()
		f.api.pace.guess = bucket{limit: 1e6, window: time.Nanosecond}
		f.api.pace.all.Limit, f.api.pace.all.Ordinary = 1e6, 1e6
	})
	for _, where := range []string{"general", ""} {
		odds := p.Odds(where)
		for some := range slices.Chunk(odds, 100) {
			for _, o := range some {
				o.Send()
			}
			taken(g, f, p)
		}
	}
	if s := log.String(); strings.Contains(s, "panic") {
		t.Errorf("something panicked:\n%s", s[max(0, strings.Index(s, "panic")-200):])
	}
	for _, r := range desk.requests() {
		if r.From != userID(p.ID) || r.ID == "" {
			t.Errorf("%+v", r)
		}
		if r.Kind == chat.Quoted {
			t.Errorf("what nobody wrote was quoted: %+v", r)
		}
	}
	for _, a := range g.Refused() {
		if strings.Contains(a, "50035") && !unheardOf.MatchString(a) {
			t.Errorf("an answer that Discord does not take: %s", a)
		}
	}
	desk.mu.Lock()
	desk.asked = nil
	desk.mu.Unlock()
	p.Command("general", "incident list", nil)
	idle(g, f)
	if r := desk.only(t); r.Text != "/incident 一覧" {
		t.Errorf("%+v", r)
	}
}

// What discordgo would fall over does not come to it, and everything after it does.
func TestWhatDiscordgoFallsOver(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	log, desk := &watched{}, &doorDesk{}
	f := openDoor(t, g, desk, func(f *Front) { f.log = log.logger() })
	var frames []string
	for _, d := range []string{
		`null`, `{}`, `[]`, `7`, `"x"`, `{"id":null,"channels":[null]}`, `{"id":"1","channels":[{"id":"2"},null]}`, `{"id":"1","members":[null]}`,
		`{"id":"1","voice_states":[null]}`, `{"id":7,"channels":7,"members":[null]}`, `{"CHANNELS":[null],"id":"1"}`,
	} {
		for _, event := range []string{"GUILD_CREATE", "GUILD_UPDATE"} {
			frames = append(frames, `{"op":0,"s":5,"t":"`+event+`","d":`+d+`}`)
		}
	}
	for _, event := range []string{"GUILD_CREATE", "GUILD_UPDATE", "VOICE_STATE_UPDATE", "VOICE_SERVER_UPDATE"} {
		frames = append(frames, `{"op":0,"s":5,"t":"`+event+`"}`, `{"t":"`+event+`"}`, `{"t":"`+event+`","d":null}`)
	}
	frames = append(frames, `null`, ` null`, `[]`, `7`, `"x"`, ``, ` `, `{`, `null{"op":0}`, `{"op":"x"}`, `{"op":0,"t":"READY","d":{"guilds":[null]}}`,
		`{"op":0,"t":"READY","d":{"guilds":[{"id":"1","members":[null]}]}}`)
	for _, text := range frames {
		g.Frame(text)
	}
	p.Command("general", "incident list", nil)
	idle(g, f)
	if r := desk.only(t); r.Text != "/incident 一覧" {
		t.Errorf("%+v", r)
	}
	if n := strings.Count(log.String(), "it is left out"); n != len(frames) {
		t.Errorf("%d of %d were left out", n, len(frames))
	}
	if strings.Contains(log.String(), "trying again") {
		t.Errorf("the connection was lost:\n%s", log.String())
	}
	blameless(t, g)
}

// A connection that does not say how often a heartbeat is due is ended, and another made:
// discordgo's own goroutine would end the whole program over it.
func TestAConnectionWithoutAHeartbeatIsReplaced(t *testing.T) {
	t.Parallel()
	hellos := []string{
		`{"op":10}`, `{"op":10,"d":null}`, `{"op":10,"d":{}}`, `{"op":10,"d":{"heartbeat_interval":null}}`, `{"op":10,"d":{"heartbeat_interval":0}}`,
		`{"op":10,"d":{"heartbeat_interval":-41250}}`, `{"op":10,"d":{"heartbeat_interval":999}}`, `{"op":10,"d":{"heartbeat_interval":600001}}`,
		`{"op":10,"d":{"heartbeat_interval":9223372036854775807}}`, `{"op":10,"d":{"heartbeat_interval":18446744073709}}`,
		`{"op":0,"t":"READY","d":{"heartbeat_interval":41250}}`, `{"op":7,"d":null}`, `{"op":9,"d":false}`,
	}
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	log, desk := &watched{}, &doorDesk{}
	f := openDoor(t, g, desk, func(f *Front) { f.log = log.logger() })
	g.Greet(hellos...)
	g.DropSockets()
	g.Wait("a connection that can be gone by", func() bool {
		ok, _ := f.Live()
		return ok && strings.Count(log.String(), errAnswer.Error()) == len(hellos)
	})
	p.Command("general", "incident list", nil)
	idle(g, f)
	if r := desk.only(t); r.Text != "/incident 一覧" {
		t.Errorf("%+v", r)
	}
	blameless(t, g)
}

// What is left out and has a number comes again after a break, before Discord's answer: the session
// goes on all the same.
func TestWhatIsLeftOutComesAgainAfterABreak(t *testing.T) {
	g := discordtest.New(t)
	p := g.AddMember("山本")
	g.AddChannel("general")
	log, desk := &watched{}, &doorDesk{}
	f := openDoor(t, g, desk, func(f *Front) { f.log, f.patience.backoff = log.logger(), 50*time.Millisecond })
	idle(g, f)
	leftOut := func() int { return strings.Count(log.String(), "it is left out") }
	resumed := g.Resumes()
	g.Event("GUILD_UPDATE", map[string]any{})
	g.Wait("the event", func() bool { return leftOut() == 1 })
	g.DropSockets()
	g.Wait("the session to go on", func() bool { ok, _ := f.Live(); return ok && g.Resumes() == resumed+1 && leftOut() == 2 })
	p.Command("general", "incident list", nil)
	idle(g, f)
	desk.only(t)
	if strings.Contains(log.String(), errAnswer.Error()) {
		t.Errorf("it was taken for no answer:\n%s", log.String())
	}
	blameless(t, g)
}

// unheardOf is an answer to what Discord has no kind of.
var unheardOf = regexp.MustCompile(`an interaction of type (-1|0|1|6|99) cannot be answered with`)

func FuzzInteraction(f *testing.F) {
	for _, seed := range []string{
		`{"id":"1","token":"t","type":2,"member":{"user":{"id":"2"}},"guild_id":"3","data":{"name":"incident","type":1,"options":[{"name":"line","type":1,"options":[{"name":"text","type":3,"value":"進める"}]}]}}`,
		`{"id":"1","token":"t","type":5,"user":{"id":"2"},"data":{"custom_id":"~next:1:d","components":[{"type":18,"component":{"type":4,"custom_id":"l.text","value":"x"}},{"type":99},null,7]}}`,
		`{"id":"1","token":"t","type":3,"data":{"custom_id":"take|1","values":[null]},"message":{"id":"5"}}`,
		`{"id":"1","token":"t","type":2,"data":{"type":3,"target_id":"9","resolved":{"messages":{"9":{"content":"<@1> <:a:2> <t:1>","mentions":[null],"attachments":[{}],"embeds":[null],"message_snapshots":[null,{"message":{"content":"<@1>","attachments":[{}]}}]}}}}}`,
		`{"id":"1","token":"t","type":"4"}`,
		`null`,
	} {
		f.Add([]byte(seed))
	}
	front := &Front{sender: &sender{people: newPeople()}, draw: drawing{say: func(key string, _ ...string) string { return key }}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		i, ok, readable := readInteraction(raw)
		if !ok {
			if i != nil {
				t.Fatal("what cannot be answered was read")
			}
			return
		}
		if i.ID == "" || i.Token == "" {
			t.Fatal("it can be answered without an ID")
		}
		if readable && (i.user() == nil || !isID(i.user().ID)) {
			t.Fatal("nobody did it")
		}
		_ = i.named()
		_ = i.at()
		if text, ok := (drawing{say: func(key string, _ ...string) string { return key }}).spoken(i.Data.Options); !ok && text != "" {
			t.Fatalf("refused and read: %q", text)
		}
		of, _, _ := typing(i.Data.Options)
		if of != "" && !slices.Contains([]chat.Completion{chat.CompleteIncident, chat.CompletePerson, chat.CompleteStep, chat.CompleteWord}, of) {
			t.Fatalf("completes %q", of)
		}
		for _, c := range i.Data.answered() {
			if c.CustomID == "" {
				t.Fatal("an answer to nothing")
			}
		}
		for _, m := range i.Data.Resolved.Messages {
			if m != nil {
				_, q := front.quoteOf(chat.ForNote, i.GuildID, m)
				files := 0
				for _, part := range m.parts() {
					files += len(part.Attachments)
				}
				if len(q.Files) != files {
					t.Fatal("a file is missing")
				}
			}
		}
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add("l.event", "PCを落とした", "yes", "d.when", "11/26 1:05")
	f.Add("c.kind", "", "~digest", "s.person", "社員")
	f.Add("u.file", "7", "", "l.fixed", "変えた")
	f.Add(".", "", "", "x.event", "y")
	f.Add("0", "0", "0", "c.\xff\xff", "0")
	now := newClock()
	f.Fuzz(func(t *testing.T, id, value, option, other, text string) {
		front := &Front{patience: standard, clock: now}
		form := longForm(nil)
		form.Inputs = append(form.Inputs, chat.Input{Name: "fixed", Kind: chat.Fixed, Value: "変わらない"})
		at := &sheet{Draft: longDraft, By: "1", Values: chat.Values{}, form: &form}
		at.completed(form)
		raw, err := json.Marshal(map[string]any{
			"components": []any{
				map[string]any{"type": 18, "component": map[string]any{"type": 4, "custom_id": id, "value": value, "values": []string{option, value}}},
				map[string]any{"type": 18, "component": map[string]any{"type": 3, "custom_id": other, "value": text, "values": []string{option}}},
			},
			"resolved": map[string]any{"attachments": map[string]any{"7": map[string]any{"filename": "a", "url": text}}},
		})
		if err != nil {
			t.Skip()
		}
		var d data
		if json.Unmarshal(raw, &d) != nil {
			t.Skip()
		}
		front.takeAnswers(context.Background(), &doorDesk{}, at, &d, now())
		if at.Values["fixed"] != "変わらない" {
			t.Fatal("what nobody may change was changed")
		}
		if at.Draft != longDraft || at.By != "1" {
			t.Fatal("it became another form")
		}
		for name := range at.Wrong {
			if at.Values[name] == "" {
				t.Fatalf("%q cannot be read, and is gone", name)
			}
		}
		_, first, ok1 := readAsked(id)
		_, second, ok2 := readAsked(other)
		for name := range at.Values { // JSON brings U+FFFD for each byte that is no UTF-8, as []rune does
			known := slices.ContainsFunc(form.Inputs, func(i chat.Input) bool { return i.Name == name })
			if !known && !(ok1 && name == string([]rune(first))) && !(ok2 && name == string([]rune(second))) {
				t.Fatalf("an answer to %q", name)
			}
		}
	})
}

func FuzzButtonOfOurs(f *testing.F) {
	f.Add("~next:2:report|||abcdefghijklmnop")
	f.Add("~form:")
	f.Add("take|INC-2026-0001||")
	f.Fuzz(func(t *testing.T, id string) {
		b, ok := readID(id)
		if !ok {
			return
		}
		if b.id() != id {
			t.Fatalf("%q became %q", id, b.id())
		}
		if b.kind == press && string(b.action) != id {
			t.Fatalf("%q presses %q", id, b.action)
		}
	})
}
