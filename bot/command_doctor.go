package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"hikeshi/templates"
	"hikeshi/workflows/company"
)

// healthWithin bounds the health check, which a container's runtime kills otherwise.
const healthWithin = 4 * time.Second

func (p *program) doctorCommand() *cobra.Command {
	var health bool
	c := &cobra.Command{
		Use: "doctor", Short: "設定とデータを点検します / check settings and data", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if health {
				return p.health(cmd.Context())
			}
			return p.doctor(cmd.Context())
		},
	}
	c.Flags().BoolVar(&health, "health", false, "動いているサーバーが応答するかだけ確かめます / only ask a running server")
	return c
}

// doctor checks one thing after the other and goes on after a fault, so that all are told.
func (p *program) doctor(ctx context.Context) error {
	failed := false
	// Its own faults must be told even where the company's messages are among them.
	t, err := templates.LoadTexts(nil)
	if err != nil {
		return err
	}
	lang := p.settings.Lang
	line := func(what string, err error) {
		mark := "cli.doctor.ok"
		if err != nil {
			mark, failed = "cli.doctor.failed", true
			what += "\n" + p.inWords(err)
		}
		fmt.Fprintln(p.out, t.Say(lang, mark)+" "+what)
	}
	line(t.Say(lang, "cli.doctor.settings", "mode", p.settings.Mode, "address", p.settings.Listen, "lang", lang), nil)
	set := p.doctorTemplates(t, line)
	var own company.Profile
	if set != nil {
		t, own = set.Texts, set.Company
	} else { // the rest is checked all the same, in the words of the defaults
		plain := *p
		plain.settings.Config = ""
		p = &plain
	}
	err = p.withService(ctx, func(o *opened) error {
		line(t.Say(lang, "cli.doctor.database", "database", p.settings.database()), nil)
		found := gaps(o.service.Contacts(), own)
		if p.printFindings(t, found) {
			failed = true
		}
		if len(found) == 0 {
			line(t.Say(lang, "cli.contacts.fine"), nil)
		}
		return nil
	})
	if err != nil {
		line(t.Say(lang, "cli.doctor.database", "database", p.settings.database()), err)
	}
	if failed {
		return errShown
	}
	return nil
}

// health asks the server of these settings whether it is well. A server that listens on all
// addresses is asked on this machine's own.
func (p *program) health(ctx context.Context) error {
	host, port, err := net.SplitHostPort(p.settings.Listen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return say("cli.health.silent", "address", req.URL.Host)
	}
	if res.Body.Close() != nil || res.StatusCode != http.StatusOK {
		return say("cli.health.unwell", "status", res.Status)
	}
	return nil
}
