package main

import (
	"strings"
	"testing"

	"hikeshi/bot/mail/mailtest"
)

// doctor asks the mail server of the settings, sends nothing, and shows no password.
func TestDoctorAsksTheMailServer(t *testing.T) {
	s := mailtest.Start(t)
	p := newPatient(t)
	p.settings.SMTPURL, p.settings.SMTPFrom, p.settings.PublicURL = s.URL(), "hikeshi@example.co.jp", "https://hikeshi.example.co.jp"
	look := func() (grade, string) {
		t.Helper()
		g, text := one(t, checkMail(t.Context(), p))
		if strings.Contains(text, mailtest.Password) || strings.Contains(text, "p%40") || strings.Contains(text, "{") {
			t.Errorf("it shows %q", text)
		}
		return g, text
	}
	if g, text := look(); g != gradeOK || !strings.Contains(text, "practice") || s.Tried(mailtest.Connect) != 0 {
		t.Errorf("in practice: %s %q", g, text)
	}
	p.settings.Mode = modeLive
	if g, text := look(); g != gradeOK || !strings.Contains(text, s.Address()) || !strings.Contains(text, "hikeshi@example.co.jp") {
		t.Errorf("all is well: %s %q", g, text)
	}
	s.Set(mailtest.Auth, mailtest.Fault{Code: 535, Text: "5.7.8 no"})
	if g, text := look(); g != gradeFault || !strings.Contains(text, "535") || !strings.Contains(text, "app password") {
		t.Errorf("a wrong password: %s %q", g, text)
	}
	s.Clear()
	p.settings.PublicURL = ""
	if found := checkMail(t.Context(), p); len(found) != 2 || found[1].Grade != gradeWarning || !strings.Contains(found[1].Text, "HIKESHI_PUBLIC_URL") {
		t.Errorf("without web pages: %+v", found)
	}
	s.Down()
	if g, text := look(); g != gradeFault || !strings.Contains(text, "cannot be reached") {
		t.Errorf("down: %s %q", g, text)
	}
	if n := len(s.Messages()); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
	p.settings.SMTPURL, p.settings.SMTPFrom = "", ""
	if found := checkMail(t.Context(), p); found != nil {
		t.Errorf("without mail: %+v", found)
	}
}
