// Command homeroom is the teacher's and the school's side of a Zitadel
// installation.
//
// demo shows it with people in it, bootstrap prepares a real Zitadel, serve
// runs the portal on it, open-school opens a school, sync brings the local
// database up to date, doctor says what is wrong, audit verifies the audit log.
// This package is the only one that knows all others: it reads the configuration
// and wires them. Start reading at [run].
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	var status exitStatus
	switch {
	case errors.As(err, &status):
		os.Exit(int(status)) // all is said
	case err != nil:
		fmt.Fprintln(os.Stderr, "homeroom:", err)
		os.Exit(1)
	}
}

// exitStatus ends the program with a status that scripts look at, after a command
// that has said all there is.
type exitStatus int

// Error is for tests: people read what the command wrote.
func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// commands is what can be typed after the program's name. Every setting is a
// flag, an environment variable HOMEROOM_…, and, for serve, sync and
// open-school, a key of the configuration file that bootstrap writes.
type commands struct {
	Demo       demoCommand       `cmd:"" help:"Show Homeroom with two schools in it, on a stand-in for Zitadel."`
	Bootstrap  bootstrapCommand  `cmd:"" help:"Prepare a Zitadel for Homeroom and write the configuration file. Repeating it changes nothing."`
	OpenSchool openSchoolCommand `cmd:"" name:"open-school" help:"Open a school and invite its first school admin."`
	Serve      serveCommand      `cmd:"" help:"Run the portal."`
	Sync       syncCommand       `cmd:"" help:"Bring the local database up to date with Zitadel, or build it anew."`
	Doctor     doctorCommand     `cmd:"" help:"Say what is wrong with the installation, and what mends it. Ends with 0 if all is fine, 1 with warnings, 2 if something fails."`
	Audit      auditCommand      `cmd:"" help:"Verify the audit log, and sign what it looks like."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// console is where a command writes: Out is its result, Err its log.
type console struct {
	Out, Err io.Writer
}

// run parses args and runs the command they name, until ctx ends.
func run(ctx context.Context, args []string, out, errout io.Writer) error {
	var c commands
	exited := errors.New("exited")
	parser, err := kong.New(&c,
		kong.Name("homeroom"),
		kong.Description("Rosters, invitations and sign-in for schools on Zitadel."),
		kong.Writers(out, errout),
		kong.DefaultEnvars("HOMEROOM"),
		kong.Configuration(readConfiguration),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(int) { panic(exited) }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(console{Out: out, Err: errout}),
	)
	if err != nil {
		return fmt.Errorf("read the commands: %w", err)
	}
	return parseAndRun(parser, args, exited)
}

// parseAndRun ends quietly where kong wants to exit, after --help.
func parseAndRun(parser *kong.Kong, args []string, exited error) (err error) {
	defer func() {
		if r := recover(); r != nil && r != any(exited) {
			panic(r)
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return command.Run()
}
