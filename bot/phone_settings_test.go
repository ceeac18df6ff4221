package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"hikeshi/bot/phone/phonetest"
	"hikeshi/workflows/contact"
	"hikeshi/workflows/incident"
)

// A half of the phone hook, an open line or a secret that can be guessed stops the start, and
// none of the lines shows a value.
func TestWrongSettingsOfThePhoneStopTheStart(t *testing.T) {
	const url, secret = "PHONE_WEBHOOK_URL=https://gateway.example.co.jp/geheim", "PHONE_WEBHOOK_SECRET=geheim-0123456789"
	for name, c := range map[string]struct {
		settings []string
		says     []string
	}{
		"no secret":           {[]string{url}, []string{"PHONE_WEBHOOK_URL alone", "Set PHONE_WEBHOOK_SECRET"}},
		"no address":          {[]string{secret}, []string{"PHONE_WEBHOOK_SECRET alone", "Set PHONE_WEBHOOK_URL"}},
		"an open line":        {[]string{"PHONE_WEBHOOK_URL=http://gateway.example.co.jp/geheim", secret}, []string{"PHONE_WEBHOOK_URL", "https://"}},
		"no web address":      {[]string{"PHONE_WEBHOOK_URL=geheim", secret}, []string{"PHONE_WEBHOOK_URL", "https://"}},
		"a short secret":      {[]string{url, "PHONE_WEBHOOK_SECRET=geheim-01234567"}, []string{"PHONE_WEBHOOK_SECRET", "16", "openssl"}},
		"a secret with space": {[]string{url, "PHONE_WEBHOOK_SECRET=geheim 0123456789"}, []string{"PHONE_WEBHOOK_SECRET", "spaces"}},
		"a misspelt name":     {[]string{url, secret, "PHONE_WEBHOOK_TOKEN=geheim"}, []string{"PHONE_WEBHOOK_TOKEN", "spelling"}},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		var out, errs written
		environ := append([]string{"HIKESHI_LANG=en", "HIKESHI_DATA=" + t.TempDir(), "HIKESHI_LISTEN=127.0.0.1:0"}, c.settings...)
		code := run(ctx, nil, environ, &out, &errs)
		cancel()
		said := errs.String()
		if code != exitFailed || strings.Count(said, "\n") != 1 || strings.Contains(said, "geheim") {
			t.Errorf("%s: exit %d:\n%s", name, code, said)
		}
		for _, word := range c.says {
			if !strings.Contains(said, word) {
				t.Errorf("%s: it does not say %q:\n%s", name, word, said)
			}
		}
	}
}

// What the start says of the phone, and where a pressed key is brought to, follows from what is
// set.
func TestSettingsOfThePhone(t *testing.T) {
	gateway := []string{"PHONE_WEBHOOK_URL=http://127.0.0.1:9/calls", "PHONE_WEBHOOK_SECRET=0123456789abcdef"}
	live := []string{"SLACK_BOT_TOKEN=xoxb-1", "SLACK_APP_TOKEN=xapp-1"}
	public := []string{"HIKESHI_PUBLIC_URL=https://hikeshi.example.co.jp/"}
	for name, c := range map[string]struct {
		settings       [][]string
		phone, unused  bool
		callback, said string
	}{
		"nothing":           {[][]string{live}, false, false, "", ""},
		"no public address": {[][]string{live, gateway}, true, false, "", "cli.serve.phone.no_callback"},
		"all of it":         {[][]string{live, gateway, public}, true, false, "https://hikeshi.example.co.jp/phone/answer", "cli.serve.phone"},
		"practice":          {[][]string{gateway, public}, true, true, "https://hikeshi.example.co.jp/phone/answer", "cli.serve.phone.unused"},
	} {
		s, err := readSettings(slices.Concat(c.settings...))
		if err != nil || s.phone() != c.phone || s.phoneUnused() != c.unused || s.phoneCallback() != c.callback {
			t.Errorf("%s: %v; phone %v, unused %v, %q", name, err, s.phone(), s.phoneUnused(), s.phoneCallback())
		}
		said := ""
		for _, one := range s.phoneSaid() {
			said += one.key
		}
		if said != c.said {
			t.Errorf("%s: it says %q", name, said)
		}
		p := &program{settings: s}
		if config := p.phoneConfig(nil); config.URL != s.PhoneURL || config.Secret != s.PhoneSecret || config.CallbackURL != c.callback {
			t.Errorf("%s: %+v", name, config)
		}
		if s = s.withoutPhone(); s.phone() || s.PhoneURL != "" || s.PhoneSecret != "" {
			t.Errorf("%s: something of the phone is left", name)
		}
	}
}

// Neither the secret nor the address, in which there may be another, is shown or logged.
func TestTheGatewayIsNotShown(t *testing.T) {
	environ := []string{"PHONE_WEBHOOK_URL=https://gateway.example.co.jp/geheim", "PHONE_WEBHOOK_SECRET=geheim-0123456789"}
	s, err := readSettings(environ)
	if err != nil {
		t.Fatal(err)
	}
	p := &program{settings: s, environ: environ}
	hidden := 0
	for _, one := range p.shownSettings() {
		if strings.HasPrefix(one.name, "PHONE_") {
			if one.value != "" || !one.hidden || !one.given {
				t.Errorf("%+v", one)
			}
			hidden++
		}
	}
	if hidden != 2 {
		t.Errorf("%d settings of the phone", hidden)
	}
	var log bytes.Buffer
	p.errs = &log
	p.settings.Log = logJSON
	p.log().Info("started", "component", "server", "settings", p.logged())
	if strings.Contains(log.String(), "geheim") || strings.Count(log.String(), "(set, not shown)") != 2 {
		t.Error(log.String())
	}
}

func TestDoctorTriesThePhone(t *testing.T) {
	g := phonetest.Start(t)
	p := newPatient(t)
	if found := checkPhone(t.Context(), p); found != nil {
		t.Errorf("without a gateway: %+v", found)
	}
	p.settings.PhoneURL, p.settings.PhoneSecret = g.URL(), g.Secret
	if grade, text := one(t, checkPhone(t.Context(), p)); grade != gradeOK || !strings.Contains(text, "nobody is rung") || g.Tests() > 0 {
		t.Errorf("practice: %s %q, %d tests", grade, text, g.Tests())
	}
	p.settings.Mode = modeLive
	var grades []grade
	for _, f := range checkPhone(t.Context(), p) {
		grades = append(grades, f.Grade)
	}
	if want := []grade{gradeOK, gradeWarning, gradeOK}; !slices.Equal(grades, want) || g.Tests() != 1 {
		t.Errorf("%v, %d tests", grades, g.Tests())
	}
	p.settings.PhoneSecret = "another-0123456789"
	if found := checkPhone(t.Context(), p); found[0].Grade != gradeFault || !strings.Contains(found[0].Text, "PHONE_WEBHOOK_SECRET") {
		t.Errorf("%+v", found)
	}
	// Whoever only lends a hand from outside is not called by the bot.
	rung := byPhone([]contact.Person{
		{Name: "佐藤", Phone: "090-0000-0002", Active: true, Duties: []contact.Duty{{Role: incident.IncidentLead}}},
		{Name: "警察", Phone: "110", Active: true, Duties: []contact.Duty{{Role: incident.OutsideContact}}},
		{Name: "元社員", Phone: "#12"},
		{Name: "山本", Phone: "090-0000-0009", Active: true},
	})
	if len(rung) != 2 || rung[0].Name != "佐藤" || rung[1].Name != "山本" {
		t.Errorf("%+v", rung)
	}
}
