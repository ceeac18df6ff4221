// Command hikeshi (火消し) runs the information-security incidents of a company: it reads the
// settings, opens the database, wires the parts together and listens. It is the only place
// that knows all of them; nothing imports it, and no rule of an incident stands here.
//
// Each file beside this one is a subcommand or one piece of the wiring: config.go the
// settings from the environment, clock.go the time, serve.go the server.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the container image has no zone files; the record counts days in Asia/Tokyo

	"github.com/spf13/cobra"
)

// exit codes: 0 done, 1 refused or failed, 2 the command line itself was wrong.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program with its surroundings handed in, so that tests run the real thing.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	p := &program{environ: environ, out: stdout, errs: stderr}
	root := p.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if errors.Is(err, errShown) {
		return exitFailed
	}
	fmt.Fprintln(stderr, "hikeshi: "+err.Error())
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// errShown ends the program with a failure that has been told already.
var errShown = errors.New("told already")

// usageError is a wrong command line.
type usageError struct{ error }

// program is one run: its surroundings and, once read, its settings.
type program struct {
	environ   []string
	out, errs io.Writer
	settings  settings
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "hikeshi",
		Short:         "情報セキュリティ事故の対応を進めるボット / runs information-security incidents",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		PersistentPreRunE: func(*cobra.Command, []string) (err error) {
			p.settings, err = readSettings(p.environ)
			return err
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context()) },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		&cobra.Command{
			Use: "serve", Short: "サーバーを動かします（既定） / run the server (default)", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context()) },
		},
		p.doctorCommand(), p.migrateCommand(), p.verifyCommand(), p.contactsCommand(),
		p.incidentsCommand(), p.reportCommand(), p.procedureCommand(),
	)
	return root
}

func noArgs(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return usageError{fmt.Errorf("%w; 使い方は hikeshi --help / see hikeshi --help", err)}
	}
	return nil
}

func exactArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cobra.ExactArgs(n)(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w: %s", err, cmd.UseLine())}
		}
		return nil
	}
}
