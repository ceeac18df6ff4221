package discordtest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// payload reads JSON in which «n×s» stands for s, n times.
func payload(t *testing.T, raw string) any {
	t.Helper()
	for {
		i, j := strings.Index(raw, "«"), strings.Index(raw, "»")
		if i < 0 {
			break
		}
		n, s := 0, ""
		if _, err := fmt.Sscanf(strings.Replace(raw[i+len("«"):j], "×", " ", 1), "%d %s", &n, &s); err != nil {
			t.Fatalf("%q: %v", raw[i:j], err)
		}
		raw = raw[:i] + strings.TrimSuffix(strings.Repeat(s, n), ",") + raw[j+len("»"):]
	}
	var v any
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatalf("%v: %.200s", err, raw)
	}
	return v
}

// refused compares what is refused with the place that is wrong; empty: it is taken.
func refused(t *testing.T, raw string, got *problem, want string) {
	t.Helper()
	switch {
	case want == "" && got != nil:
		t.Errorf("%.120s is refused: %v", raw, got)
	case want != "" && got == nil:
		t.Errorf("%.120s is taken, although: %s", raw, want)
	case want != "" && !strings.Contains(got.String(), want):
		t.Errorf("%.120s is refused as %q instead of %q", raw, got, want)
	}
}

// row is a message with one row of components.
func row(components string) string {
	return `{"components":[{"type":1,"components":[` + components + `]}]}`
}

func button(id string) string {
	return `{"type":2,"style":1,"label":"押す","custom_id":"` + id + `"}`
}

// menu is a select with more fields and options before its own.
func menu(more, options string) string {
	return row(`{"type":3,"custom_id":"m",` + more + `"options":[` + options + `]}`)
}

const (
	optionA = `{"label":"甲","value":"a","description":"","default":true}`
	optionB = `{"label":"乙","value":"b","default":true}`
)

func TestMessagesWithinTheLimits(t *testing.T) {
	g := &Guild{}
	for _, c := range []struct{ raw, wrong string }{
		{`{"content":"«2000×字»"}`, ""},
		{`{"content":"«2001×字»"}`, "content: Must be 2000 or fewer"},
		{`{"content":7}`, "content: Could not interpret"},
		{`{"content":"　 "}`, "Cannot send an empty message"},
		{`{}`, "Cannot send an empty message"},
		{`{"content":"a","contents":"b"}`, "contents: Discord knows no such field"},
		{`{"content":"a","nonce":"«25×n»","enforce_nonce":true}`, ""},
		{`{"content":"a","nonce":"«26×n»"}`, "nonce: "},
		{`{"content":"a","enforce_nonce":true}`, "nonce: This field is required"},
		{`{"content":"a","flags":4}`, ""},
		{`{"content":"a","flags":64}`, "flags: The flags 64"},
		{`{"content":"a","allowed_mentions":{"parse":[]}}`, ""},
		{`{"content":"a","allowed_mentions":{"parse":["users"],"users":["1"]}}`, "mutually exclusive"},
		{`{"content":"a","allowed_mentions":{"parse":["all"]}}`, "allowed_mentions.parse.0"},
		{`{"content":"a","allowed_mentions":{"users":["you"]}}`, "allowed_mentions.users.0"},
		{`{"content":"a","allowed_mentions":{"parse":[],"users":["1","1"]}}`, "already contains"},
		{`{"content":"a","attachments":[{"id":"0","filename":"a.txt"}]}`, "attachments.0.id: Attachment data not found"},

		{`{"embeds":[{"title":"«256×題»"}]}`, ""},
		{`{"embeds":[{"title":"«257×題»"}]}`, "embeds.0.title: Must be 256"},
		{`{"embeds":[{"description":"«4096×字»"}]}`, ""},
		{`{"embeds":[{"description":"«4097×字»"}]}`, "embeds.0.description: Must be 4096"},
		{`{"embeds":[{"description":"  "}]}`, "embeds.0.description: This field is required"},
		{`{"embeds":[{}]}`, "embeds.0.description: This field is required"},
		{`{"embeds":[«11×{"title":"題"},»]}`, "embeds: Must be 10 or fewer"},
		{`{"embeds":[{"fields":[«25×{"name":"名","value":"値","inline":true},»]}]}`, ""},
		{`{"embeds":[{"fields":[«26×{"name":"名","value":"値"},»]}]}`, "embeds.0.fields: Must be 25 or fewer"},
		{`{"embeds":[{"fields":[{"name":"","value":"値"}]}]}`, "embeds.0.fields.0.name: This field is required"},
		{`{"embeds":[{"fields":[{"name":"名","value":" "}]}]}`, "embeds.0.fields.0.value: This field is required"},
		{`{"embeds":[{"fields":[{"name":"«257×n»","value":"値"}]}]}`, "embeds.0.fields.0.name: Must be between 1 and 256"},
		{`{"embeds":[{"fields":[{"name":"名","value":"«1025×v»"}]}]}`, "embeds.0.fields.0.value: Must be between 1 and 1024"},
		{`{"embeds":[{"footer":{"text":"«2049×f»"}}]}`, "embeds.0.footer.text: "},
		{`{"embeds":[{"author":{"name":"«257×n»"}}]}`, "embeds.0.author.name: "},
		{`{"embeds":[{"title":"a","color":16777216}]}`, "embeds.0.color: "},
		{`{"embeds":[{"title":"a","timestamp":"昨日"}]}`, "embeds.0.timestamp: "},
		{`{"embeds":[{"title":"a","url":"nowhere"}]}`, "embeds.0.url: Not a well formed URL"},
		{`{"embeds":[{"title":"a","image":{"url":"ftp://a.example/"}}]}`, "embeds.0.image.url: Scheme"},
		{`{"embeds":[{"description":"«3000×字»"},{"description":"«3000×字»"}]}`, ""},
		{`{"embeds":[{"description":"«3000×字»"},{"description":"«3000×字»","footer":{"text":"字"}}]}`, "embeds: Embed size exceeds maximum size of 6000"},

		{row(button("a") + "," + button("b")), ""},
		{row(button("a") + "," + button("a")), "components.0.components.1.custom_id: Component custom id cannot be duplicated"},
		{row(button("«100×i»")), ""},
		{row(button("«101×i»")), "components.0.components.0.custom_id: Must be between 1 and 100"},
		{row(button("")), "components.0.components.0.custom_id: This field is required"},
		{row(""), "components.0.components: Must be between 1 and 5"},
		{row(strings.Join([]string{button("1"), button("2"), button("3"), button("4"), button("5"), button("6")}, ",")), "components.0.components: Must be between 1 and 5"},
		{`{"components":[«6×{"type":1,"components":[{"type":2,"style":5,"label":"l","url":"https://a.example/"}]},»]}`, "components: Must be 5 or fewer"},
		{row(`{"type":2,"style":1,"label":"«81×l»","custom_id":"i"}`), "label: Must be 80 or fewer"},
		{row(`{"type":2,"style":1,"label":"","custom_id":"i"}`), "A label or emoji is required"},
		{row(`{"type":2,"style":1,"emoji":{"name":"📌"},"custom_id":"i"}`), ""},
		{row(`{"type":2,"style":1,"emoji":{"name":"pin"},"custom_id":"i"}`), "emoji.name: Invalid emoji"},
		{row(`{"type":2,"style":7,"label":"l","custom_id":"i"}`), "style: Value must be one of"},
		{row(`{"type":2,"style":1,"label":"l"}`), "custom_id: This field is required"},
		{row(`{"type":2,"style":5,"label":"l","url":"https://a.example/x"}`), ""},
		{row(`{"type":2,"style":5,"label":"l"}`), "url: This field is required"},
		{row(`{"type":2,"style":5,"label":"l","url":"javascript:1"}`), "url: Not a well formed URL"},
		{row(`{"type":2,"style":5,"label":"l","url":"https://a.example/«512×x»"}`), "url: Must be 512 or fewer"},
		{row(`{"type":2,"style":5,"label":"l","url":"https://a.example/","custom_id":"i"}`), "cannot both be specified"},
		{row(`{"type":2,"style":1,"label":"l","url":"https://a.example/","custom_id":"i"}`), "cannot both be specified"},
		{row(`{"type":4,"style":1,"custom_id":"i"}`), "components.0.components.0.type: Value of field"},
		{row(`{"type":99}`), "components.0.components.0.type: Value of field"},
		{`{"components":[{"type":10,"content":"a"}]}`, "components.0.type: Value of field"},
		{`{"components":[` + button("a") + `]}`, "components.0.type: Value of field"},
		{`{"components":["a"]}`, "components.0: Only dictionaries"},

		{menu(`"placeholder":"",`, optionA), ""},
		{menu(``, optionA+","+optionB), "options: The number of defaults is more than 1"},
		{menu(`"max_values":2,`, optionA+","+optionB), ""},
		{menu(`"max_values":2,`, optionA), "max_values: Value should be less than"},
		{menu(`"min_values":2,`, optionA), "min_values: Value should be less than"},
		{menu(`"max_values":26,`, optionA), "max_values: int value should be less"},
		{menu(``, ""), "options: Must be between 1 and 25"},
		{menu(``, optionA+","+optionA), "options.1.value: The specified option value is already used"},
		{menu(``, `{"label":"«101×l»","value":"a"}`), "options.0.label: "},
		{menu(``, `{"label":"l","value":"«101×a»"}`), "options.0.value: "},
		{menu(``, `{"label":"","value":"a"}`), "options.0.label: This field is required"},
		{menu(``, `{"label":"l","value":"a","description":"«101×d»"}`), "options.0.description: "},
		{menu(`"placeholder":"«151×p»",`, optionA), "placeholder: Must be 150"},
		{row(button("a") + `,{"type":3,"custom_id":"m","options":[` + optionA + `]}`), "exceeds the maximum width"},
	} {
		refused(t, c.raw, g.checkMessage(payload(t, c.raw).(obj), nil, false, false), c.wrong)
	}
}

func TestWhatDiffersForEditsAndAnswers(t *testing.T) {
	g := &Guild{}
	files := []upload{{id: "0", name: "a.txt"}}
	for _, c := range []struct {
		raw               string
		files             []upload
		edit, interaction bool
		wrong             string
	}{
		{`{"flags":64,"content":"a"}`, nil, false, true, ""},
		{`{"flags":64,"content":"a"}`, nil, true, true, "flags: "},
		{`{"content":"a","nonce":"n"}`, nil, false, true, "nonce: has no place"},
		{`{"content":"a","nonce":"n"}`, nil, true, false, "nonce: has no place"},
		{`{"content":"a","tts":false,"poll":null}`, nil, true, true, ""},
		{`{}`, nil, true, false, ""}, // what it does not name stays
		{`{}`, nil, false, true, "empty message"},
		{`{}`, files, false, true, ""},
		{`{"attachments":[{"id":"0","filename":"a.txt","description":"報告書"}]}`, files, false, true, ""},
		{`{"attachments":[{"id":0,"filename":"a.txt"}]}`, files, false, true, ""},
		{`{"attachments":[{"id":"1"}]}`, files, false, true, "attachments.0.id"},
		{`{"attachments":[{"id":"0"},{"id":"0"}]}`, files, false, true, "already contains"},
		{`{"attachments":[{"id":"0","description":"«1025×d»"}]}`, files, false, true, "attachments.0.description"},
		{`{"attachments":[{"id":"5555"}]}`, nil, true, false, ""},
		{`{}`, make([]upload, 11), false, false, "attachments: Must be 10 or fewer"},
	} {
		refused(t, c.raw, g.checkMessage(payload(t, c.raw).(obj), c.files, c.edit, c.interaction), c.wrong)
	}
}

// asked is a modal with components.
func asked(components string) string {
	return `{"tts":false,"content":"","embeds":null,"custom_id":"~f","title":"報告","components":[` + components + `]}`
}

// labelled is one label of a modal with a component.
func labelled(component string) string {
	return `{"type":18,"label":"件名","description":"短く","component":` + component + `}`
}

func TestFormsWithinTheLimits(t *testing.T) {
	one := labelled(`{"type":4,"custom_id":"a","style":1,"required":false,"max_length":100,"value":"甲","placeholder":"例"}`)
	for _, c := range []struct{ raw, wrong string }{
		{asked(one), ""},
		{asked(""), "components: Must be between 1 and 5"},
		{asked(one + "," + one), "components.1.component.custom_id: Component custom id cannot be duplicated"},
		{strings.Replace(asked(one), "報告", "«46×題»", 1), "title: Must be between 1 and 45"},
		{strings.Replace(asked(one), "報告", "", 1), "title: This field is required"},
		{strings.Replace(asked(one), `"content":""`, `"content":"a"`, 1), "content: has no place"},
		{strings.Replace(asked(one), "~f", "", 1), "custom_id: This field is required"},
		{strings.Replace(asked(one), "件名", "«46×名»", 1), "components.0.label: "},
		{strings.Replace(asked(one), "短く", "«101×名»", 1), "components.0.description: "},
		{strings.Replace(asked(one), "例", "«101×例»", 1), "placeholder: "},
		{strings.Replace(asked(one), "甲", "«101×甲»", 1), "value: Must be 100 or fewer"},
		{strings.Replace(asked(one), `"max_length":100`, `"max_length":4001`, 1), "max_length: "},
		{strings.Replace(asked(one), `"max_length":100`, `"max_length":100,"min_length":101`, 1), "min_length: "},
		{strings.Replace(asked(one), `"max_length":100,"value":"甲"`, `"value":"«4000×甲»"`, 1), ""},
		{strings.Replace(asked(one), `"max_length":100,"value":"甲"`, `"value":"«4001×甲»"`, 1), "value: Must be 4000 or fewer"},
		{strings.Replace(asked(one), `"style":1`, `"style":3`, 1), "style: "},
		{strings.Replace(asked(one), `"style":1`, `"style":1,"label":"x"`, 1), "the label stands around the input"},
		{asked(`{"type":1,"components":[{"type":4,"custom_id":"a","label":"件名","style":2}]}`), ""},
		{asked(`{"type":1,"components":[{"type":4,"custom_id":"a","style":2}]}`), "label: This field is required"},
		{asked(`{"type":1,"components":[` + button("a") + `]}`), "components.0.components.0.type"},
		{asked(`{"type":10,"content":"説明"}`), ""},
		{asked(`{"type":18,"label":"件名"}`), "components.0.component: This field is required"},
		{asked(`{"type":17}`), "components.0.type"},
		{asked(labelled(button("a"))), "components.0.component.type"},
		{asked(labelled(`{"type":23,"custom_id":"a"}`)), "components.0.component.type"},
		{asked(labelled(`{"type":3,"custom_id":"a","disabled":false,"options":[` + optionA + `]}`)), ""},
		{asked(labelled(`{"type":3,"custom_id":"a","disabled":true,"options":[` + optionA + `]}`)), "disabled"},
		{asked(labelled(`{"type":3,"custom_id":"a","min_values":0,"options":[` + optionA + `]}`)), "min_values: must be at least 1"},
		{asked(labelled(`{"type":3,"custom_id":"a","min_values":0,"required":false,"options":[` + optionA + `]}`)), ""},
		{asked(labelled(`{"type":3,"custom_id":"a","options":[]}`)), "options: Must be between 1 and 25"},
		{asked(labelled(`{"type":19,"custom_id":"a","min_values":0,"max_values":10,"required":false}`)), ""},
		{asked(labelled(`{"type":19,"custom_id":"a","max_values":11}`)), "max_values: "},
		{asked(labelled(`{"type":19,"custom_id":"a","min_values":0}`)), "min_values: must be at least 1"},
	} {
		refused(t, c.raw, checkModal(payload(t, c.raw).(obj)), c.wrong)
	}
}

// command is a slash command with options.
func command(options string) string {
	return `[{"type":1,"name":"incident","name_localizations":{"ja":"インシデント"},"description":"d","options":[` + options + `]}]`
}

func TestCommandsWithinTheLimits(t *testing.T) {
	g := &Guild{}
	text := `{"type":3,"name":"text","description":"d","required":false,"options":null,"choices":null,"channel_types":null}`
	needed := `{"type":3,"name":"needed","description":"d","required":true}`
	sub := `{"type":1,"name":"report","name_localizations":{"ja":"報告"},"description":"d","options":[` + text + `]}`
	group := func(in string) string {
		return `{"type":2,"name":"group","description":"d","options":[` + in + `]}`
	}
	for _, c := range []struct{ raw, wrong string }{
		{command(""), ""},
		{command(needed + "," + text), ""},
		{command(text + "," + needed), "options.1: Required options must be placed before"},
		{command(sub), ""},
		{command(sub + "," + text), "mutually exclusive to all other types"},
		{command(sub + "," + sub), "options.1.name: Option name already exists"},
		{command(sub + "," + strings.Replace(sub, "report", "other", 1)), `already exists in "ja"`},
		{command(group(sub)), ""},
		{command(group(group(sub))), "cannot be nested"},
		{command(group(text)), "A group holds only sub-commands"},
		{command(strings.Replace(sub, text, sub, 1)), "cannot be nested"},
		{strings.Replace(command(""), `"incident"`, `"Incident"`, 1), "0.name: Command name is invalid"},
		{strings.Replace(command(""), `"incident"`, `"in cident"`, 1), "0.name: Command name is invalid"},
		{strings.Replace(command(""), `"incident"`, `"«33×n»"`, 1), "0.name: Command name is invalid"},
		{strings.Replace(command(""), "インシデント", "インシ デント", 1), "name_localizations.ja: Command name is invalid"},
		{strings.Replace(command(""), `"ja"`, `"jp"`, 1), `"jp" is no locale`},
		{strings.Replace(command(""), `"d"`, `""`, 1), "0.description: This field is required"},
		{strings.Replace(command(""), `"d"`, `"«101×d»"`, 1), "0.description: Must be between 1 and 100"},
		{strings.Replace(command(""), `"type":1`, `"type":9`, 1), "0.type: "},
		{command("«26×" + text + ",»"), "options: Must be 25 or fewer"},
		{command(strings.Replace(text, `"choices":null`, `"choices":[{"name":"甲","value":"a"}]`, 1)), ""},
		{command(strings.Replace(text, `"choices":null`, `"choices":[{"name":"甲","value":"a"}],"autocomplete":true`, 1)), "autocomplete: "},
		{command(strings.Replace(text, `"choices":null`, `"choices":[{"name":"«101×甲»","value":"a"}]`, 1)), "choices.0.name"},
		{command(strings.Replace(text, `"choices":null`, `"choices":[{"name":"甲","value":5}]`, 1)), "choices.0.value"},
		{command(strings.Replace(text, `"type":3`, `"type":5,"autocomplete":true`, 1)), "autocomplete: "},
		{command(strings.Replace(text, `"type":3`, `"type":5,"max_length":5`, 1)), "Lengths are for texts"},
		{command(strings.Replace(text, `"type":3`, `"type":3,"max_length":6001`, 1)), "max_length"},
		{command(strings.Replace(text, `"type":3`, `"type":12`, 1)), "options.0.type"},
		{command(strings.Replace(text, `"type":3`, `"type":3,"require":true`, 1)), "options.0.require: Discord knows no such field"},
		{`[{"type":3,"name":"記録に追加","options":null},{"type":2,"name":"記録に追加"}]`, ""},
		{`[{"type":3,"name":"記録に追加"},{"type":3,"name":"記録に追加"}]`, "1.name: Application command names must be unique"},
		{`[{"type":3,"name":"記録に追加","description":"d"}]`, "cannot have description"},
		{`[{"type":3,"name":"«33×n»"}]`, "0.name: Must be between 1 and 32"},
		{`[{"type":1,"name":"a","description":"d","contexts":[0,1]}]`, "not available in direct messages"},
		{`["a"]`, "0: Only dictionaries"},
	} {
		refused(t, c.raw, g.checkCommands(payload(t, c.raw).([]any), false), c.wrong)
	}
	var many, big []any
	for i := range 16 {
		many = append(many, obj{"type": 3.0, "name": fmt.Sprint("n", i)})
	}
	refused(t, "16 message commands", g.checkCommands(many, false), "Maximum number of application commands")
	for i := range 25 {
		var options []any
		for j := range 4 {
			options = append(options, obj{"type": 3.0, "name": fmt.Sprint("o", j), "description": strings.Repeat("d", 50), "description_localizations": obj{"ja": strings.Repeat("字", 80)}})
		}
		big = append(big, obj{"type": 1.0, "name": fmt.Sprint("s", i), "description": "d", "options": options})
	}
	whole := []any{obj{"name": "big", "description": "d", "options": big}}
	refused(t, "8,000 characters and more", g.checkCommands(whole, false), "Command exceeds maximum size (8000)")
	refused(t, "fewer", g.checkCommands([]any{obj{"name": "big", "description": "d", "options": big[:20]}}, false), "")
}

func TestSuggestionsWithinTheLimits(t *testing.T) {
	for _, c := range []struct {
		raw   string
		kind  int
		wrong string
	}{
		{`{"choices":[]}`, optionString, ""},
		{`{"tts":false,"content":"","components":null,"embeds":null,"choices":[{"name":"甲","value":"a"}]}`, optionString, ""},
		{`{"choices":[{"name":"甲","value":5}]}`, optionInteger, ""},
		{`{}`, optionString, "choices: This field is required"},
		{`{"content":"a","choices":[]}`, optionString, "content: has no place"},
		{`{"choices":[{"name":"","value":"a"}]}`, optionString, "choices.0.name"},
		{`{"choices":[{"name":"«101×甲»","value":"a"}]}`, optionString, "choices.0.name"},
		{`{"choices":[{"name":"甲","value":"«101×a»"}]}`, optionString, "choices.0.value"},
		{`{"choices":[{"name":"甲","value":""}]}`, optionString, "choices.0.value"},
		{`{"choices":[«26×{"name":"甲","value":"a"},»]}`, optionString, "choices: Must be 25 or fewer"},
	} {
		refused(t, c.raw, checkSuggestions(payload(t, c.raw).(obj), c.kind), c.wrong)
	}
}

func TestAFormErrorIsNestedAsDiscordNestsIt(t *testing.T) {
	g := &Guild{}
	p := g.checkMessage(obj{"embeds": []any{obj{"title": strings.Repeat("a", 257)}}}, nil, false, false)
	got := asJSON(p.body())
	want := `{"code":50035,"errors":{"embeds":{"0":{"title":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"Must be 256 or fewer in length."}]}}}},"message":"Invalid Form Body"}`
	if string(got) != want || p.status != 400 {
		t.Errorf("the answer is %d %s", p.status, got)
	}
}
