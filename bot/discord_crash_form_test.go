package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hikeshi/bot/discord/discordtest"
	"hikeshi/store"
	"hikeshi/workflows/incident"
)

// A report's form has pages. The program ends, or is killed, while some have sent the first and
// not the second: each goes on where he was, with everything that he had typed, at once or late,
// or sends what is there. Where his form says that it is not sent, it says so no longer.
func TestDiscordCrashUnderForms(t *testing.T) {
	binary := builtProgram(t)
	for name, c := range map[string]struct {
		end  syscall.Signal
		late time.Duration
	}{
		"killed": {end: syscall.SIGKILL}, "ended": {end: syscall.SIGTERM},
		// Discord edits an answer for 15 minutes ("Interactions Overview").
		"killed, late": {end: syscall.SIGKILL, late: 20 * time.Minute}, "ended, late": {end: syscall.SIGTERM, late: 20 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			discordFormsGoOn(t, binary, c.end, c.late)
		})
	}
}

// formsShown lets the answers that say that a form is not sent yet be older: on Discord, and in
// what the program that is away remembers of them.
func (c *discordCrash) formsShown(ago time.Duration) {
	c.t.Helper()
	c.g.AgeTokens(ago)
	db := c.open()
	defer db.Close()
	rows, err := db.Query(`SELECT name, value FROM memories WHERE frontend = 'discord' AND name LIKE 'form/%'`)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	older := map[string][]byte{}
	for rows.Next() {
		var name string
		var value []byte
		sheet := map[string]any{}
		if err := errors.Join(rows.Scan(&name, &value), json.Unmarshal(value, &sheet)); err != nil {
			c.t.Fatal(err)
		}
		cards, _ := sheet["cards"].([]any)
		for _, card := range cards {
			card, _ := card.(map[string]any)
			at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(card["at"]))
			if err != nil {
				c.t.Fatal(err)
			}
			card["at"] = at.Add(-ago)
		}
		if older[name], err = json.Marshal(sheet); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	for name, value := range older {
		if _, err := db.Exec(`UPDATE memories SET value = $1 WHERE frontend = 'discord' AND name = $2`, value, name); err != nil {
			c.t.Fatal(err)
		}
	}
}

func discordFormsGoOn(t *testing.T, binary string, end syscall.Signal, late time.Duration) {
	c := newDiscordCrash(t, binary, 60*time.Second)
	first := c.live()
	send, next := spoken("discord.form.send_now"), strings.TrimSpace(spoken("discord.form.next", "at", ""))
	unsent, _, _ := strings.Cut(spoken("discord.form.unsent.title", "form", "\x00"), "\x00")
	typed := func(p *discordtest.Person) string {
		return "お客様の名簿を別の会社に送りました（" + p.ID + "）"
	}
	begins := func() *discordtest.Person {
		p := c.g.AddMember("社員")
		c.crowd = append(c.crowd, p)
		p.Command(lobby, "incident 報告", nil)
		p.Wait("the form opens", func() bool { return p.Modal() != nil })
		p.Type("event", typed(p))
		return p
	}
	sendsPage := func(p *discordtest.Person) {
		p.Submit()
		p.Wait("the first page is taken", func() bool {
			return strings.Contains(discordtest.Texts(p.Whispers()), unsent) && p.CanPress(discordtest.Whisper, send, "")
		})
	}
	opens := func(p *discordtest.Person) {
		p.Press(discordtest.Whisper, "/^"+next+"/", "")
		p.Wait("the next page opens", func() bool { return p.Modal() != nil })
	}
	// On the second page they answer its first question.
	var fact incident.FactKey
	answers := func(p *discordtest.Person) {
		question := p.Modal().Inputs[0].ID
		_, key, _ := strings.Cut(question, ".")
		fact = incident.FactKey(key)
		p.Fill(question, string(incident.Yes))
	}
	// Where they are when the program goes.
	inFirst, inSecond, between, sends, gone := begins(), begins(), begins(), begins(), begins()
	for _, p := range []*discordtest.Person{inSecond, between, sends, gone} {
		sendsPage(p)
	}
	opens(inSecond)
	answers(inSecond)
	// A kill before it was written down where a form says so would leave that as it is.
	c.g.Wait("it is known where the forms say that they are not sent", func() bool {
		return c.counts(`SELECT count(*) FROM memories WHERE frontend = 'discord' AND name LIKE 'form/%' AND CAST(value AS TEXT) LIKE '%"cards"%'`) == 4
	})
	if err := first.cmd.Process.Signal(end); err != nil {
		t.Fatal(err)
	}
	<-first.ended
	gone.Press(discordtest.Whisper, send, "") // while nobody is there: his client says so
	if late > 0 {
		c.formsShown(late)
	}

	second := c.again()
	opens(between)
	sendsPage(inFirst)
	for _, p := range []*discordtest.Person{sends, gone, inFirst} {
		p.Press(discordtest.Whisper, send, "")
	}
	answers(between)
	for _, p := range []*discordtest.Person{between, inSecond} {
		p.Submit()
		if p.Wait("the second page is taken", func() bool { return len(c.told(p)) > 0 || p.CanPress(discordtest.Whisper, send, "") }); len(c.told(p)) == 0 {
			p.Press(discordtest.Whisper, send, "")
		}
	}
	for _, p := range c.crowd {
		p.Wait("he is told his number", func() bool { return len(c.told(p)) > 0 })
	}
	c.finish(second)
	s, err := store.Open(t.Context(), c.url, store.WithReadOnly())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ids, err := s.AllIDs(t.Context())
	if err != nil || len(ids) != len(c.crowd) {
		t.Fatalf("%d incidents of %d forms, %v", len(ids), len(c.crowd), err)
	}
	by := map[string]*incident.Incident{} // each reporter's
	for _, id := range ids {
		in, err := s.Incident(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		by[strings.TrimPrefix(string(in.Reporters[0].ID), "discord:")] = in
	}
	for _, p := range c.crowd {
		in := by[p.ID]
		if in == nil {
			t.Errorf("the report of %s is lost", p.ID)
			continue
		}
		if told := c.told(p); !slices.Equal(told, []string{string(in.ID)}) {
			t.Errorf("of %s he was told %q", in.ID, told)
		}
		// An answer that is too old is changed only where he presses its button.
		if older := late > 0 && (p == inSecond || p == between); !older && strings.Contains(discordtest.Texts(p.Whispers()), unsent) {
			t.Errorf("%s is still said not to be sent:\n%s", in.ID, discordtest.Texts(p.Whispers()))
		}
		if in.Title != typed(p) {
			t.Errorf("on the first page %q was typed, and there is %q", typed(p), in.Title)
		}
		if more := p == inSecond || p == between; in.Facts.Is(fact) != more {
			t.Errorf("the second page said so: %v, and the record %v", more, in.Facts)
		}
	}
	c.asLeft(len(c.crowd), discordMoment{})
}
