package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hikeshi/bot/chat"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// The register is the auditor's: who works on an incident sees that one and no register, and
// a restricted incident that leaves the auditor out is not in it.
func TestTheRegisterIsTheAuditors(t *testing.T) {
	b := newBench(t, "ja")
	open := b.report("山本", "社用PCを電車に置き忘れた")
	kept := b.report("中村", "名簿を持ち出した人がいます")
	b.must(b.press("佐藤", chat.Action("take|"+string(kept)+"||")))
	b.do("佐藤", kept, incident.Restrict{Exclude: []incident.PersonID{b.person("小林")}, Reason: "本人に関わる"})

	d, err := b.desk.Register(ctx, b.user("小林"))
	if err != nil || d.Name != "register.xlsx" {
		t.Fatalf("%+v, %v", d, err)
	}
	if got, want := string(d.Body), "小林 恵さんが閲覧できるインシデント\n"+string(open)+" from 1\n"; got != want {
		t.Errorf("listed %q, want %q", got, want)
	}
	list, err := b.desk.List(ctx, b.user("小林"), "")
	if err != nil || list.Register.Path != "/register.xlsx" || list.Register.Label != "台帳（Excel）" {
		t.Errorf("the auditor's button: %+v, %v", list.Register, err)
	}
	for _, name := range []string{"佐藤", "田中", "山本"} {
		if _, err := b.desk.Register(ctx, b.user(name)); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("%s gets the register: %v", name, err)
		}
		if list, err := b.desk.List(ctx, b.user(name), ""); err != nil || list.Register.Path != "" {
			t.Errorf("%s is offered the register: %+v, %v", name, list.Register, err)
		}
	}
	if _, err := b.desk.Register(ctx, "web:nobody"); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("a stranger gets the register: %v", err)
	}

	// Whatever somebody may see in full is what Readable gives, and nothing else.
	for name, want := range map[string]string{"小林": string(open), "佐藤": string(kept) + " " + string(open), "山本": ""} {
		var got []string
		for in, err := range b.service.Readable(ctx, b.person(name)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(in.ID))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s reads %v, want %s", name, got, want)
		}
	}
}

// A history longer than what is read at a time comes whole, newest first, each once.
func TestTheRegisterGoesThroughEveryPage(t *testing.T) {
	b := newBench(t, "ja")
	const reports = 203
	for n := range reports {
		b.report("山本", fmt.Sprintf("画面が固まった %d", n))
	}
	var seen []incident.ID
	for in, err := range b.service.Readable(ctx, b.person("小林")) {
		if err != nil || int64(len(in.Records)) != in.Seq {
			t.Fatalf("%s has %d of %d entries, %v", in.ID, len(in.Records), in.Seq, err)
		}
		seen = append(seen, in.ID)
	}
	if len(seen) != reports || !slices.IsSortedFunc(seen, func(a, b incident.ID) int { return strings.Compare(string(b), string(a)) }) {
		t.Errorf("%d incidents: %v", len(seen), seen)
	}
	for _, err := range b.service.Readable(ctx, b.person("小林")) {
		if err != nil {
			t.Error(err)
		}
		break // whoever has seen enough may stop
	}
}
