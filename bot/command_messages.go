package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hikeshi/bot/desk"
	"hikeshi/templates"
	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

func (p *program) messagesCommand() *cobra.Command {
	var asJSON, all bool
	c := &cobra.Command{
		Use: "messages [--json]", Short: "届けられなかった連絡の一覧と再送 / messages that could not be delivered", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withService(cmd.Context(), func(o *opened) error { return p.messages(cmd.Context(), o, asJSON) })
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "JSONで表示 / print JSON")
	again := &cobra.Command{
		Use: "resend ID…|--all", Short: "送り直します / send again",
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := messageNumbers(args, all)
			if err != nil {
				return err
			}
			return p.open(cmd.Context(), func(o *opened) error { return p.resend(cmd.Context(), o, ids) })
		},
	}
	again.Flags().BoolVar(&all, "all", false, "すべて / all of them")
	c.AddCommand(again)
	return c
}

// messageNumbers reads which messages are meant: the numbers, or none of them for all.
func messageNumbers(args []string, all bool) (ids []int64, err error) {
	if all == (len(args) > 0) {
		return nil, usageError{say("cli.messages.which")}
	}
	for _, a := range args {
		id, err := strconv.ParseInt(a, 10, 64)
		if err != nil || id <= 0 {
			return nil, usageError{say("cli.messages.number", "value", a)}
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// lostMessage is a message as it is printed for a program.
type lostMessage struct {
	ID       int64     `json:"id"`
	Kind     string    `json:"kind"`
	Means    string    `json:"means"`
	Receiver string    `json:"receiver,omitempty"` // empty: the channel of the incident
	Incident string    `json:"incident,omitempty"`
	Since    time.Time `json:"since"` // UTC
	Reason   string    `json:"reason"`
}

// messages prints what could not be delivered. Of an incident it shows the number alone.
func (p *program) messages(ctx context.Context, o *opened, asJSON bool) error {
	list, err := o.service.AllUndelivered(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		printed := make([]lostMessage, 0, len(list))
		for _, m := range list {
			means := m.Means
			if means == "" {
				means = incident.ByChat
			}
			x := lostMessage{ID: m.ID, Kind: string(m.Kind), Means: string(means), Incident: string(m.Incident), Since: m.Created, Reason: m.Error}
			if m.To != "" {
				x.Receiver = o.service.Name(nil, m.To)
			}
			printed = append(printed, x)
		}
		enc := json.NewEncoder(p.out)
		enc.SetEscapeHTML(false)
		return enc.Encode(printed)
	}
	if len(list) == 0 {
		fmt.Fprintln(p.out, o.texts.Say(p.settings.Lang, "cli.messages.none"))
		return nil
	}
	w := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
	var reasons []string
	for _, m := range list {
		fmt.Fprintln(w, p.lostLine(o, m))
		if line := m.Error + "\t" + o.texts.Say(p.settings.Lang, desk.LostReason(m)); !slices.Contains(reasons, line) {
			reasons = append(reasons, line)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(p.out)
	for _, line := range reasons {
		fmt.Fprintln(w, line)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(p.out, o.texts.Say(p.settings.Lang, "cli.messages.hint"))
	return nil
}

func (p *program) lostLine(o *opened, m workflows.Message) string {
	t, lang := o.texts, p.settings.Lang
	what := t.Say(lang, "notice."+string(m.Kind))
	if m.Means == incident.ByMail || m.Means == incident.ByPhone {
		what = t.Say(lang, "undelivered.by", "what", what, "means", t.Say(lang, "undelivered.means."+string(m.Means)))
	}
	to := t.Say(lang, "message.channel")
	if m.To != "" {
		to = oneLine.Replace(templates.Printable(o.service.Name(nil, m.To)))
	}
	about := string(m.Incident)
	if about == "" {
		about = "-"
	}
	return fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s", m.ID, m.Created.In(incident.Tokyo).Format("2006-01-02 15:04"), about, what, to, m.Error)
}

// resend makes messages due at once; the running server finds them when it next looks.
func (p *program) resend(ctx context.Context, o *opened, ids []int64) error {
	n, err := o.service.SendAllAgain(ctx, "console:"+rand.Text(), ids)
	if err != nil {
		return err
	}
	if n == 0 {
		fmt.Fprintln(p.out, o.texts.Say(p.settings.Lang, "cli.messages.nothing"))
		return nil
	}
	fmt.Fprintln(p.out, o.texts.Say(p.settings.Lang, "cli.messages.resent", "count", strconv.Itoa(n)))
	return nil
}
