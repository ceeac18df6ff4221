package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"hikeshi/bot/slack"
)

func (p *program) slackCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "slack", Short: "Slackアプリの準備をします / prepare the Slack app", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(p.slackManifestCommand())
	return c
}

func (p *program) slackManifestCommand() *cobra.Command {
	var https string
	var reasons bool
	c := &cobra.Command{
		Use: "manifest", Short: "Slackアプリのマニフェストを表示します / print the app manifest", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return p.slackManifest(https, reasons) },
	}
	c.Flags().StringVar(&https, "https", "", "ソケットモードでなくHTTPで受け取るときの公開アドレス / public address, for HTTP instead of Socket Mode")
	c.Flags().BoolVar(&reasons, "reasons", false, "権限とイベントの一覧と理由だけを表示 / only list the rights and events with their reasons")
	return c
}

func (p *program) slackManifest(https string, reasons bool) error {
	t, err := p.texts()
	if err != nil {
		return err
	}
	say := func(key string, pairs ...string) string { return t.Say(p.settings.Lang, key, pairs...) }
	if reasons {
		_, err = fmt.Fprintln(p.out, strings.Join(slack.Reasons(say), "\n"))
		return err
	}
	if https != "" {
		// Slack takes no other address than one by https.
		if u, err := url.Parse(https); err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return usageError{sentence{"cli.slack.https", []string{"value", https}}}
		}
	}
	_, err = fmt.Fprint(p.out, slack.Manifest(say, https))
	return err
}
