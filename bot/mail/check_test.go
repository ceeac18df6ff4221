package mail_test

import (
	"strings"
	"testing"

	"hikeshi/bot/mail"
	"hikeshi/bot/mail/mailtest"
)

// Each fault of the mail server is told by a sentence of its own, and checking sends nothing.
func TestCheck(t *testing.T) {
	wrong := func(c *mail.Config, s *mailtest.Server) {
		c.URL = strings.Replace(s.URLAt(mailtest.Host), "@"+mailtest.Host, "geheim@"+mailtest.Host, 1)
	}
	for name, c := range map[string]struct {
		options []mailtest.Option
		change  func(*mail.Config, *mailtest.Server)
		want    string // the keys of what is found
		fault   bool
	}{
		"all is well":     {nil, nil, "mail.check.works", false},
		"TLS at once":     {[]mailtest.Option{mailtest.ImplicitTLS}, nil, "mail.check.works", false},
		"this machine":    {[]mailtest.Option{mailtest.NoTLS}, func(c *mail.Config, s *mailtest.Server) { c.URL = s.URL() }, "mail.check.works_open", false},
		"no web pages":    {nil, func(c *mail.Config, _ *mailtest.Server) { c.PublicURL = "" }, "mail.check.works mail.check.no_links", false},
		"down":            {nil, func(_ *mail.Config, s *mailtest.Server) { s.Down() }, "mail.check.unreachable", true},
		"hangs up":        {nil, func(_ *mail.Config, s *mailtest.Server) { s.Set(mailtest.Hello, mailtest.Fault{Drop: true}) }, "mail.check.no_greeting", true},
		"refuses us":      {nil, func(_ *mail.Config, s *mailtest.Server) { s.Set(mailtest.Connect, mailtest.Fault{Code: 554}) }, "mail.check.no_greeting", true},
		"no TLS":          {[]mailtest.Option{mailtest.NoTLS}, nil, "mail.check.no_tls", true},
		"a certificate":   {nil, func(c *mail.Config, _ *mailtest.Server) { c.Roots = nil }, "mail.check.untrusted", true},
		"the other port":  {nil, func(c *mail.Config, _ *mailtest.Server) { c.URL = strings.Replace(c.URL, "smtp:", "smtps:", 1) }, "mail.check.broken_tls", true},
		"no way":          {[]mailtest.Option{mailtest.Mechanisms("GSSAPI")}, nil, "mail.check.no_sign_in", true},
		"no AUTH":         {[]mailtest.Option{mailtest.Mechanisms()}, nil, "mail.check.no_sign_in", true},
		"password":        {nil, wrong, "mail.check.not_signed_in", true},
		"password, SCRAM": {[]mailtest.Option{mailtest.Mechanisms("SCRAM-SHA-256")}, wrong, "mail.check.not_signed_in", true},
		"not now":         {nil, func(_ *mail.Config, s *mailtest.Server) { s.Set(mailtest.Auth, mailtest.Fault{Code: 454}) }, "mail.check.not_now", true},
		"sender":          {nil, func(_ *mail.Config, s *mailtest.Server) { s.Set(mailtest.Sender, mailtest.Fault{Code: 553}) }, "mail.check.sender", true},
		"address":         {nil, func(c *mail.Config, _ *mailtest.Server) { c.URL = "geheim" }, "cli.setting.mail.scheme", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.Start(t, c.options...)
			config := config(t, s)
			if c.change != nil {
				c.change(&config, s)
			}
			var keys []string
			fault := false
			all := texts(t)
			for _, f := range mail.Check(t.Context(), config) {
				keys = append(keys, f.Key)
				fault = fault || f.Fault
				for _, lang := range []string{"ja", "en"} {
					said := all.Say(lang, f.Key, f.Pairs...)
					if said == f.Key || strings.ContainsAny(said, "{}") || strings.Contains(said, "geheim") || strings.Contains(said, mailtest.Password) {
						t.Errorf("it says %q", said)
					}
				}
			}
			if got := strings.Join(keys, " "); got != c.want || fault != c.fault {
				t.Errorf("found %q, a fault: %t; want %q", got, fault, c.want)
			}
			if n := len(s.Messages()); n != 0 {
				t.Errorf("%d mails were sent", n)
			}
		})
	}
}
