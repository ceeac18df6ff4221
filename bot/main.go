// Command hikeshi (火消し) runs the information-security incidents of a company: it reads the
// settings, opens the database, wires the parts together and listens. It is the only place
// that knows all of them; nothing imports it, and no rule of an incident stands here.
//
// Each file beside this one is a subcommand or one piece of the wiring: config.go the
// settings from the environment, clock.go the time, serve.go the server, duty.go its beginning
// and end, probes.go and readiness.go what others may ask of it, doctor_….go one check each.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	_ "time/tzdata" // the container image has no zone files; the record counts days in Asia/Tokyo

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hikeshi/bot/discord"
	"hikeshi/bot/slack"
	"hikeshi/templates"
	faults "hikeshi/workflows/fault"
)

// exit codes: 0 done, 1 refused or failed, 2 the command line itself was wrong.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once: it finds what a signal does by default.
	context.AfterFunc(ctx, stop)
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
	fmt.Fprintln(stderr, "hikeshi: "+p.inWords(err))
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

func (e usageError) Unwrap() error { return e.error }

// sentence is a failure that is told in the operator's language, though it may happen before
// the settings and the messages have been read.
type sentence struct {
	key   string
	pairs []string
}

func say(key string, pairs ...string) error { return sentence{key, pairs} }

func (s sentence) Error() string { return s.key + " " + strings.Join(s.pairs, " ") }

// inWords words a failure, and each of several. What the embedded messages do not hold stays
// as it is.
func (p *program) inWords(err error) string {
	if joined, several := err.(interface{ Unwrap() []error }); several {
		var lines []string
		for _, e := range joined.Unwrap() {
			lines = append(lines, p.inWords(e))
		}
		return strings.Join(lines, "\n")
	}
	t, broken := templates.LoadTexts(nil)
	if broken != nil {
		return err.Error()
	}
	lang := p.settings.Lang
	if lang == "" {
		lang = env.ToMap(p.environ)["HIKESHI_LANG"]
	}
	var s sentence
	var fault templates.Fault
	var form templates.DocxFault
	switch {
	case errors.As(err, &s):
		return t.Say(lang, s.key, s.pairs...)
	case errors.As(err, &fault):
		return fault.Say(t, lang)
	case errors.As(err, &form):
		return form.Say(t, lang)
	}
	return err.Error()
}

// program is one run: its surroundings and, once read, its settings.
type program struct {
	environ   []string
	out, errs io.Writer
	settings  settings
	// slackLimits are how fast Slack is called; zero: as fast as Slack allows.
	slackLimits slack.Limits
	// discordLimits likewise.
	discordLimits discord.Limits
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
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError{wrongFlag(cmd, err)} })
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		&cobra.Command{
			Use: "serve", Short: "サーバーを動かします（既定） / run the server (default)", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context()) },
		},
		p.doctorCommand(), p.migrateCommand(), p.verifyCommand(), p.contactsCommand(),
		p.incidentsCommand(), p.messagesCommand(), p.reportCommand(), p.draftCommand(), p.registerCommand(), p.procedureCommand(), p.pagingCommand(), p.clocksCommand(), p.templatesCommand(),
		p.backupCommand(), p.restoreCommand(), p.slackCommand(), p.discordCommand(), p.compromisedCommand(),
	)
	return root
}

// noArgs refuses arguments. Behind a command that has others below it, it is a mistyped one.
func noArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasSubCommands():
		return usageError{say("cli.usage.arguments", "argument", args[0], "usage", cmd.UseLine())}
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	if meant := faults.Nearest(args[0], names); meant != "" {
		return usageError{say("cli.usage.command_near", "argument", args[0], "meant", cmd.CommandPath()+" "+meant)}
	}
	return usageError{say("cli.usage.command", "argument", args[0], "help", cmd.CommandPath()+" --help")}
}

// oneArg wants exactly one argument.
func oneArg(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{say("cli.usage.one_argument", "count", strconv.Itoa(len(args)), "usage", cmd.UseLine())}
	}
	return nil
}

func atMostOneArg(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return oneArg(cmd, args)
	}
	return nil
}

// wrongFlag words what cobra says about a flag in English only.
func wrongFlag(cmd *cobra.Command, err error) error {
	help := cmd.CommandPath() + " --help"
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var empty *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		return say("cli.usage.flag", "flag", dashed(unknown.GetSpecifiedName()), "help", help)
	case errors.As(err, &invalid):
		return say("cli.usage.flag_value", "flag", invalid.GetFlag().Name, "value", invalid.GetValue(), "help", help)
	case errors.As(err, &empty):
		return say("cli.usage.flag_empty", "flag", dashed(empty.GetSpecifiedName()), "help", help)
	}
	return say("cli.usage.flag", "flag", err.Error(), "help", help)
}

// dashed writes a flag as it is typed.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
