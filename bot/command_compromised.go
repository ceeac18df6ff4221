package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/spf13/cobra"

	"hikeshi/workflows"
)

func (p *program) compromisedCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "compromised PLATFORM on|off",
		Short: "slack・discord・mail を使わないようにします、またはまた使います / stop using slack, discord or mail, or use it again",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 || args[1] != "on" && args[1] != "off" {
				return usageError{say("cli.usage.compromised")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.compromised(cmd.Context(), args[0], args[1])
		},
	}
}

// compromised marks a platform beside a running server, which goes by it at once. Whoever has a
// shell on the server needs no role.
func (p *program) compromised(ctx context.Context, platform, state string) error {
	return p.open(ctx, func(o *opened) error {
		out, err := o.service.Compromise(ctx, "console:compromised:"+rand.Text(), "", platform, state == "on", workflows.DoorConsole)
		if err != nil {
			return err
		}
		if out.Refusal != nil {
			return say(out.Refusal.Key)
		}
		key := "cli.compromised.off"
		if state == "on" {
			key = "cli.compromised.on"
		}
		_, err = fmt.Fprintln(p.out, o.texts.Say(p.settings.Lang, key, "platform", platform))
		return err
	})
}
