package discordtest

import (
	"strings"
	"testing"
)

// What a client does not let people do is said before anything is sent.
func TestWhatAClientDoesNotSend(t *testing.T) {
	g := New(t)
	p := g.AddMember("佐藤")
	g.AddChannel("general")
	g.AddChannel("read only")
	g.Overwrite("read only", Overwrite{ID: g.ID(), Role: true, Deny: SendMessages})
	g.AddHidden("hidden")
	number := `{"type":4,"name":"n","description":"d","min_value":2,"max_value":5}`
	g.home.commands = []obj{object(payload(t, `{"id":"1","type":1,"name":"incident","description":"d","options":[
		{"type":1,"name":"report","description":"d","options":[
			{"type":3,"name":"title","description":"d","required":true,"max_length":5},
			{"type":3,"name":"level","description":"d","choices":[{"name":"高","value":"3"}]},
			`+number+`]}]}`))}
	for _, c := range []struct {
		channel, path string
		options       map[string]string
		wrong         string
	}{
		{"general", "report", map[string]string{"title": "停電", "level": "高", "n": "2"}, ""},
		{"general", "/incident report", map[string]string{"title": "停電"}, ""},
		{"general", "report", nil, "is required"},
		{"general", "report", map[string]string{"title": "123456"}, "6 characters"},
		{"general", "report", map[string]string{"title": "停電", "x": "y"}, `no options ["x"]`},
		{"general", "report", map[string]string{"title": "停電", "level": "9"}, "none of its choices"},
		{"general", "report", map[string]string{"title": "停電", "n": "1"}, "less than"},
		{"general", "report", map[string]string{"title": "停電", "n": "1.5"}, "no number"},
		{"general", "incident", nil, "cannot be sent without one of its subcommands"},
		{"general", "incident close", nil, `has no "close"`},
		{"general", "close", nil, "there is no command"},
		{"", "incident report", map[string]string{"title": "停電"}, "there is no command"},
		{"hidden", "incident report", map[string]string{"title": "停電"}, "does not see"},
		{"read only", "incident report", map[string]string{"title": "停電"}, "cannot write"},
	} {
		d, why := p.command(c.channel, c.path, c.options)
		if (d == nil) != (c.wrong != "") || !strings.Contains(why, c.wrong) {
			t.Errorf("%s %v in %q: %q instead of %q", c.path, c.options, c.channel, why, c.wrong)
		}
	}

	g.mu.Lock()
	c := g.find("general")
	for _, raw := range []string{
		row(`{"type":2,"style":1,"label":"押す","custom_id":"a"},{"type":2,"style":1,"label":"休み","custom_id":"b","disabled":true},{"type":2,"style":5,"label":"開く","url":"https://a.example/"}`),
		menu(`"max_values":2,`, optionA+","+optionB),
	} {
		m := &message{author: g.botID, channel: c.id}
		if bad := g.compose(m, object(payload(t, raw)), nil); bad != nil {
			t.Fatal(bad)
		}
		g.post(c, m)
	}
	g.mu.Unlock()
	for label, wrong := range map[string]string{"押す": "", "休み": "disabled", "開く": "a link", "無い": "there are only"} {
		if _, why := p.press("general", label, ""); !strings.Contains(why, wrong) || (why == "") != (wrong == "") {
			t.Errorf("[%s]: %q instead of %q", label, why, wrong)
		}
	}
	if _, why := p.press("", "押す", ""); why == "" {
		t.Error("a button of the channel was pressed in the direct messages")
	}
	if _, why := g.AddStranger("他人").press("general", "押す", ""); why == "" {
		t.Error("somebody who does not see the channel pressed a button in it")
	}
	for want, options := range map[string][]string{"": {"甲", "b"}, "to 2 can be chosen": {}, "there is no option": {"丙"}} {
		if _, why := p.pick("general", "", options); !strings.Contains(why, want) || (why == "") != (want == "") {
			t.Errorf("%q: %q instead of %q", options, why, want)
		}
	}
}
