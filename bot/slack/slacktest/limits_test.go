package slacktest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hikeshi/bot/slack/slacktest"
)

// call calls a method with a form, as any program could, and gives the answer.
func call(t *testing.T, w *slacktest.Workspace, method string, pairs ...string) map[string]any {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return post(t, w.URL()+method, "application/x-www-form-urlencoded", w.BotToken, form.Encode())
}

func post(t *testing.T, to, kind, token, body string) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	out := map[string]any{"status": resp.StatusCode}
	if err := json.Unmarshal(raw, &out); err != nil {
		out["body"] = string(bytes.TrimSpace(raw))
	}
	return out
}

func wants(t *testing.T, answer map[string]any, want string) {
	t.Helper()
	got, _ := answer["error"].(string)
	if answer["ok"] == true {
		got = "ok"
	}
	if got != want {
		t.Errorf("the answer is %q instead of %q: %v", got, want, answer)
	}
}

func s(n int) string { return strings.Repeat("火", n) }

func plain(n int) string { return fmt.Sprintf(`{"type":"plain_text","text":%q}`, s(n)) }

func mrkdwn(n int) string { return fmt.Sprintf(`{"type":"mrkdwn","text":%q}`, s(n)) }

func times(n int, item string) string {
	return strings.TrimSuffix(strings.Repeat(item+",", n), ",")
}

func numbered(n int, item string) string {
	var out []string
	for i := range n {
		out = append(out, strings.ReplaceAll(item, "#", fmt.Sprint(i)))
	}
	return strings.Join(out, ",")
}

func actions(elements string) string {
	return fmt.Sprintf(`{"type":"actions","elements":[%s]}`, elements)
}

func section(accessory string) string {
	return fmt.Sprintf(`{"type":"section","text":%s,"accessory":%s}`, plain(1), accessory)
}

func input(element string) string {
	return fmt.Sprintf(`{"type":"input","label":%s,"element":%s}`, plain(1), element)
}

func button(label int, more string) string {
	return fmt.Sprintf(`{"type":"button","text":%s%s}`, plain(label), more)
}

func confirm(title, text, yes int) string {
	return fmt.Sprintf(`,"confirm":{"title":%s,"text":%s,"confirm":%s,"deny":%s}`, plain(title), plain(text), plain(yes), plain(yes))
}

func option(label, value int) string {
	return fmt.Sprintf(`{"text":%s,"value":%q}`, plain(label), s(value))
}

func menu(kind string, n int, more string) string {
	return fmt.Sprintf(`{"type":%q,"options":[%s]%s}`, kind, numbered(n, `{"text":{"type":"plain_text","text":"o#"},"value":"v#"}`), more)
}

// Each limit with the biggest that passes and the smallest that does not.
func TestBlockLimits(t *testing.T) {
	type limit struct {
		name      string
		most      int
		block     func(n int) string // with n of what is limited
		onlyModal bool
	}
	limits := []limit{
		{"section text", 3000, func(n int) string { return fmt.Sprintf(`{"type":"section","text":%s}`, mrkdwn(n)) }, false},
		{"fields of a section", 10, func(n int) string { return fmt.Sprintf(`{"type":"section","fields":[%s]}`, times(n, plain(1))) }, false},
		{"field", 2000, func(n int) string { return fmt.Sprintf(`{"type":"section","fields":[%s]}`, mrkdwn(n)) }, false},
		{"header", 150, func(n int) string { return fmt.Sprintf(`{"type":"header","text":%s}`, plain(n)) }, false},
		{"context elements", 10, func(n int) string { return fmt.Sprintf(`{"type":"context","elements":[%s]}`, times(n, mrkdwn(1))) }, false},
		{"actions elements", 25, func(n int) string { return actions(times(n, button(1, ""))) }, false},
		{"block_id", 255, func(n int) string { return fmt.Sprintf(`{"type":"divider","block_id":%q}`, s(n)) }, false},
		{"button text", 75, func(n int) string { return actions(button(n, "")) }, false},
		{"button value", 2000, func(n int) string { return actions(button(1, fmt.Sprintf(`,"value":%q`, s(n)))) }, false},
		{"button url", 3000, func(n int) string {
			return actions(button(1, fmt.Sprintf(`,"url":%q`, "https://a.example/"+strings.Repeat("x", n-18))))
		}, false},
		{"action_id", 255, func(n int) string { return actions(button(1, fmt.Sprintf(`,"action_id":%q`, s(n)))) }, false},
		{"confirm title", 100, func(n int) string { return actions(button(1, confirm(n, 1, 1))) }, false},
		{"confirm text", 300, func(n int) string { return actions(button(1, confirm(1, n, 1))) }, false},
		{"confirm button", 30, func(n int) string { return actions(button(1, confirm(1, 1, n))) }, false},
		{"select options", 100, func(n int) string { return section(menu("static_select", n, "")) }, false},
		{"option text", 75, func(n int) string {
			return section(fmt.Sprintf(`{"type":"static_select","options":[%s]}`, option(n, 1)))
		}, false},
		{"option value", 150, func(n int) string {
			return section(fmt.Sprintf(`{"type":"static_select","options":[%s]}`, option(1, n)))
		}, false},
		{"overflow options", 5, func(n int) string { return section(menu("overflow", n, "")) }, false},
		{"radio options", 10, func(n int) string { return section(menu("radio_buttons", n, "")) }, false},
		{"checkbox options", 10, func(n int) string { return section(menu("checkboxes", n, "")) }, false},
		{"placeholder", 150, func(n int) string { return section(menu("static_select", 1, `,"placeholder":`+plain(n))) }, false},
		{"label", 2000, func(n int) string {
			return fmt.Sprintf(`{"type":"input","label":%s,"element":{"type":"plain_text_input"}}`, plain(n))
		}, true},
		{"hint", 2000, func(n int) string {
			return fmt.Sprintf(`{"type":"input","label":%s,"hint":%s,"element":{"type":"plain_text_input"}}`, plain(1), plain(n))
		}, true},
		{"initial value", 3000, func(n int) string {
			return input(fmt.Sprintf(`{"type":"plain_text_input","initial_value":%q}`, s(n)))
		}, true},
		{"initial value under max_length", 20, func(n int) string {
			return input(fmt.Sprintf(`{"type":"plain_text_input","max_length":20,"initial_value":%q}`, s(n)))
		}, true},
		{"max_length", 3000, func(n int) string { return input(fmt.Sprintf(`{"type":"plain_text_input","max_length":%d}`, n)) }, true},
		{"max_files", 10, func(n int) string { return input(fmt.Sprintf(`{"type":"file_input","max_files":%d}`, n)) }, true},
	}
	w := slacktest.New(t)
	w.AddUser(slacktest.User{ID: "U1"})
	for _, l := range limits {
		t.Run(l.name, func(t *testing.T) {
			for _, n := range []int{l.most, l.most + 1} {
				want, home := "ok", "ok"
				if n > l.most {
					want, home = "invalid_blocks", "invalid_arguments"
				}
				if !l.onlyModal {
					wants(t, call(t, w, "chat.postMessage", "channel", "U1", "text", "x", "blocks", "["+l.block(n)+"]"), want)
				}
				if l.name == "max_files" {
					home = "invalid_arguments" // a file cannot be chosen on a Home tab at all
				}
				wants(t, call(t, w, "views.publish", "user_id", "U1", "view", `{"type":"home","blocks":[`+l.block(n)+`]}`), home)
			}
		})
	}
}

func TestWhatBlocksMayNotBe(t *testing.T) {
	w := slacktest.New(t)
	w.AddUser(slacktest.User{ID: "U1"})
	for name, block := range map[string]string{
		"an empty section":           `{"type":"section"}`,
		"an empty text":              `{"type":"section","text":` + plain(0) + `}`,
		"an empty header":            `{"type":"header","text":` + plain(0) + `}`,
		"a header in mrkdwn":         `{"type":"header","text":` + mrkdwn(1) + `}`,
		"an empty field":             `{"type":"section","fields":[` + plain(0) + `]}`,
		"no fields":                  `{"type":"section","fields":[]}`,
		"no elements":                actions(""),
		"a button without label":     actions(button(0, "")),
		"a label in mrkdwn":          actions(`{"type":"button","text":` + mrkdwn(1) + `}`),
		"an unknown style":           actions(button(1, `,"style":"default"`)),
		"no URL":                     actions(button(1, `,"url":"/incidents"`)),
		"an empty action_id":         actions(button(1, `,"action_id":""`)),
		"one action_id twice":        actions(times(2, button(1, `,"action_id":"a"`))),
		"one block_id twice":         times(2, `{"type":"divider","block_id":"b"}`),
		"an unknown block":           `{"type":"table"}`,
		"an unknown property":        `{"type":"divider","text":"x"}`,
		"an input in a message":      input(`{"type":"plain_text_input"}`),
		"no options":                 section(menu("static_select", 0, "")),
		"an initial option of none":  section(menu("static_select", 2, `,"initial_option":{"text":{"type":"plain_text","text":"x"},"value":"x"}`)),
		"a relabelled initial one":   section(menu("static_select", 2, `,"initial_option":{"text":{"type":"plain_text","text":"x"},"value":"v1"}`)),
		"an option without value":    section(`{"type":"static_select","options":[` + option(1, 0) + `]}`),
		"a text input in actions":    actions(`{"type":"plain_text_input"}`),
		"a button in context":        `{"type":"context","elements":[` + button(1, "") + `]}`,
		"a picker beside a section":  section(`{"type":"datetimepicker"}`),
		"a time in milliseconds":     actions(`{"type":"datetimepicker","initial_date_time":1767290640000}`),
		"a day that is none":         actions(`{"type":"datepicker","initial_date":"2026/01/02"}`),
		"emoji in mrkdwn":            `{"type":"section","text":{"type":"mrkdwn","text":"x","emoji":true}}`,
		"an image without its words": `{"type":"image","image_url":"https://a.example/a.png"}`,
	} {
		t.Run(name, func(t *testing.T) {
			wants(t, call(t, w, "chat.postMessage", "channel", "U1", "text", "x", "blocks", "["+block+"]"), "invalid_blocks")
		})
	}
	// none of these is excused by the state of the workspace
	if all, mistakes := len(w.Refused()), len(w.Mistakes()); all == 0 || all != mistakes {
		t.Errorf("%d refusals, and only %d mistakes", all, mistakes)
	}
}

func TestMessageLimits(t *testing.T) {
	w := slacktest.New(t)
	w.AddUser(slacktest.User{ID: "U1"})
	divider := `{"type":"divider"}`
	say := func(more ...string) map[string]any {
		return call(t, w, "chat.postMessage", append([]string{"channel", "U1"}, more...)...)
	}
	wants(t, say("blocks", "["+times(50, divider)+"]"), "ok")
	wants(t, say("blocks", "["+times(51, divider)+"]"), "invalid_blocks")
	wants(t, say("blocks", "["+times(4, `{"type":"section","text":`+plain(3000)+`}`)+"]"), "ok")
	wants(t, say("blocks", "["+times(5, `{"type":"section","text":`+plain(3000)+`}`)+"]"), "msg_blocks_too_long")
	wants(t, say("text", s(40000)), "ok")
	wants(t, say("text", s(40001)), "msg_too_long")
	wants(t, say("text", " "), "no_text")
	wants(t, say(), "no_text")
	wants(t, say("text", "x", "blocks", `{}`), "invalid_blocks_format")
	wants(t, say("text", "x", "blocks", `[`), "invalid_blocks_format")
	wants(t, say("text", "x", "metadata", `{"event_type":"e","event_payload":{"key":"`+s(4000)+`"}}`), "metadata_too_large")
	wants(t, say("text", "x", "metadata", `{"event_payload":{}}`), "invalid_metadata_schema")
	wants(t, say("text", "x", "metadata", `[]`), "invalid_metadata_format")
	wants(t, say("text", "x", "attachments", `[{"text":"x"}]`), "invalid_attachments")
}

func TestViewLimits(t *testing.T) {
	divider := `{"type":"divider"}`
	big := `{"type":"section","fields":[` + times(10, plain(2000)) + `]}` // 60 kB in UTF-8
	for _, tt := range []struct{ name, view, want string }{
		{"no blocks too many", `"title":` + plain(24) + `,"blocks":[` + times(100, divider) + `]`, "ok"},
		{"101 blocks", `"title":` + plain(1) + `,"blocks":[` + times(101, divider) + `]`, "invalid_arguments"},
		{"title of 25", `"title":` + plain(25) + `,"blocks":[]`, "invalid_arguments"},
		{"no title", `"blocks":[]`, "invalid_arguments"},
		{"submit of 24", `"title":` + plain(1) + `,"submit":` + plain(24) + `,"blocks":[]`, "ok"},
		{"submit of 25", `"title":` + plain(1) + `,"submit":` + plain(25) + `,"blocks":[]`, "invalid_arguments"},
		{"close of 25", `"title":` + plain(1) + `,"close":` + plain(25) + `,"blocks":[]`, "invalid_arguments"},
		{"metadata of 3000", `"title":` + plain(1) + `,"blocks":[],"private_metadata":"` + s(3000) + `"`, "ok"},
		{"metadata of 3001", `"title":` + plain(1) + `,"blocks":[],"private_metadata":"` + s(3001) + `"`, "invalid_arguments"},
		{"callback_id of 256", `"title":` + plain(1) + `,"blocks":[],"callback_id":"` + s(256) + `"`, "invalid_arguments"},
		{"250 kB", `"title":` + plain(1) + `,"blocks":[` + times(5, big) + `]`, "view_too_large"},
		{"input without submit", `"title":` + plain(1) + `,"blocks":[` + input(`{"type":"plain_text_input"}`) + `]`, "invalid_arguments"},
		{"an unknown property", `"title":` + plain(1) + `,"blocks":[],"colour":"red"`, "invalid_arguments"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := slacktest.New(t)
			trigger := w.Trigger(w.AddUser(slacktest.User{ID: "U1"}).ID)
			wants(t, call(t, w, "views.open", "trigger_id", trigger, "view", `{"type":"modal",`+tt.view+`}`), tt.want)
		})
	}
}
