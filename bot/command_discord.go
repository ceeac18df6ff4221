package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hikeshi/bot/discord"
)

func (p *program) discordCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "discord", Short: "Discordのボットの準備をします / prepare the bot on Discord", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use: "invite", Short: "ボットをサーバーに招待するアドレスを表示します / print the address that lets the bot into the server", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.discordInvite(cmd.Context()) },
	})
	return c
}

// discordInvite prints the address under which the owner of the application, who has to manage the
// server as well, lets the bot in with no more than it needs. Of which application the token is, Discord is asked.
func (p *program) discordInvite(ctx context.Context) error {
	if !p.settings.discord() {
		return say("cli.discord.no_token")
	}
	t, err := p.texts()
	if err != nil {
		return err
	}
	address, found := discord.Invitation(ctx, p.discordConfig(t.Say))
	if address == "" {
		var faults []error
		for _, f := range found {
			faults = append(faults, say(f.Key, f.Pairs...))
		}
		return errors.Join(faults...)
	}
	_, err = fmt.Fprintf(p.out, "%s\n%s\n", address, t.Say(p.settings.Lang, "cli.discord.invite"))
	return err
}
