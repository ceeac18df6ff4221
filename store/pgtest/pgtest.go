// Package pgtest gives tests a real PostgreSQL: a private server, made from the installed
// programs in a folder of its own, on a loopback port of its own, that ends with the test
// program, however that ends. Databases in it are made for one test each.
//
// Nothing else imports it. It must not touch a server that it has not started itself.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a private server.
type Server struct {
	Port int

	bin, dir string
	settings []string
	as       *syscall.Credential // the server refuses to run as root
	stdin    io.Closer           // the server ends when it is closed
	running  *exec.Cmd
	passing  bool // the folder goes with the server
	log      bytes.Buffer
	count    atomic.Int64
	once     sync.Once // the template of Database
	failed   error
}

// Durable are the settings of a server that loses nothing, as a real one runs.
var Durable = []string{"fsync=on", "synchronous_commit=on", "full_page_writes=on"}

// quick is for tests that ask what the program does, not what a power cut does.
var quick = []string{"fsync=off", "full_page_writes=off"}

var shared = sync.OnceValues(func() (*Server, error) { return start(&Server{settings: quick, passing: true}) })

// Shared gives the server that the tests of one program share. Without the installed
// programs the test is skipped, or fails where every test has to run.
func Shared(t testing.TB) *Server {
	t.Helper()
	s, err := shared()
	return required(t, s, err)
}

// Start starts a server for one test.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := start(&Server{settings: settings})
	s = required(t, s, err)
	t.Cleanup(s.remove)
	return s
}

// StartPassing starts a server that ends with the test program: for benchmarks, which the
// testing package calls several times each.
func StartPassing(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := start(&Server{settings: settings, passing: true})
	return required(t, s, err)
}

func required(t testing.TB, s *Server, err error) *Server {
	t.Helper()
	if errors.Is(err, errMissing) && os.Getenv("HIKESHI_TEST_REQUIRE") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var errMissing = errors.New("PostgreSQL is not installed here: make tools finds or installs it")

// programs finds the folder with initdb and postgres: on the path, or where Debian keeps
// them, the newest version first.
func programs() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errMissing
	}
	version := func(p string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(p)))) // another name is the oldest
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

func start(s *Server) (_ *Server, err error) {
	if s.bin, err = programs(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "hikeshi-postgres"); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		if s.as, err = unprivileged(); err != nil {
			return nil, err
		}
		if err := os.Chown(s.dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return nil, err
		}
	}
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "-D", filepath.Join(s.dir, "data"), "-U", "hikeshi", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	s.lower(initdb)
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.Port = listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return nil, err
	}
	return s, s.Up()
}

// unprivileged is a user that exists for this on a machine with PostgreSQL, or for nothing.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody here")
}

func (s *Server) lower(cmd *exec.Cmd) {
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.as != nil {
		cmd.SysProcAttr.Credential = s.as
	}
}

// Up starts a server that is down, and waits until it answers.
func (s *Server) Up() error {
	args := []string{"-D", filepath.Join(s.dir, "data"), "-p", strconv.Itoa(s.Port), "-k", s.dir, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	// The shell waits for the end of its input, which comes with the end of this program, too.
	script := `"$0" "$@" & server=$!; cat >/dev/null; kill -INT $server 2>/dev/null; wait $server`
	if s.passing {
		script += `; rm -rf "$PWD"`
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", script, filepath.Join(s.bin, "postgres")}, args...)...)
	s.lower(cmd)
	s.log.Reset()
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.stdin, s.running = stdin, cmd
	var last error
	for begun := time.Now(); time.Since(begun) < 30*time.Second; {
		if last = s.exec("postgres", "SELECT 1"); last == nil {
			return nil
		}
		<-time.After(20 * time.Millisecond) // the server says nowhere that it is ready
	}
	s.Down() //nolint:errcheck // it did not even start
	return fmt.Errorf("PostgreSQL does not answer: %w: %s", last, s.log.String())
}

// Down stops the server as its operator would who does not wait for its clients.
func (s *Server) Down() error {
	if s.running == nil {
		return nil
	}
	s.stdin.Close()
	err := s.running.Wait()
	s.running = nil
	return err
}

// Crash ends the server's processes at once, as a power cut would.
func (s *Server) Crash() error {
	group := -s.running.Process.Pid
	if err := syscall.Kill(group, syscall.SIGKILL); err != nil {
		return err
	}
	s.running.Wait() //nolint:errcheck // it was killed
	s.running = nil
	// The shell is gone; a server that starts while the old one is still listed refuses to.
	for begun := time.Now(); syscall.Kill(group, 0) == nil && time.Since(begun) < 10*time.Second; {
		<-time.After(5 * time.Millisecond)
	}
	return nil
}

func (s *Server) remove() {
	if s.running != nil {
		s.Crash() //nolint:errcheck // the folder goes anyway
	}
	os.RemoveAll(s.dir)
}

// SharedServer gives the server that Shared has started.
func SharedServer() *Server {
	s, _ := shared() // Shared has told the error
	return s
}

// URL is the address of a database.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://hikeshi@127.0.0.1:%d/%s?sslmode=disable", s.Port, database)
}

func (s *Server) exec(database, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// Database gives the address of an empty database for a test: a SQLite file at path, or,
// with HIKESHI_TEST_DATABASE=postgres, one on the shared server, whose tables migrate has
// made once for all. With it every test runs on either database.
func Database(t testing.TB, path string, migrate func(ctx context.Context, url string) (from, to int64, err error)) string {
	t.Helper()
	if os.Getenv("HIKESHI_TEST_DATABASE") != "postgres" {
		return "sqlite:" + path
	}
	s := Shared(t)
	s.once.Do(func() {
		s.failed = s.Template("template_migrated", func(url string) error {
			_, _, err := migrate(context.Background(), url)
			return err
		})
	})
	if s.failed != nil {
		t.Fatal(s.failed)
	}
	return s.Copy(t, "template_migrated")
}

// Empty makes an empty database and gives its address.
func (s *Server) Empty(t testing.TB) string {
	t.Helper()
	return s.copy(t, "template0")
}

// Copy makes a database like another, which nobody may be connected to, and gives its
// address. It goes at the end of the test.
func (s *Server) Copy(t testing.TB, of string) string {
	t.Helper()
	return s.copy(t, of)
}

func (s *Server) copy(t testing.TB, of string) string {
	t.Helper()
	name := fmt.Sprintf("t%d", s.count.Add(1))
	if err := s.exec("postgres", fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s`, name, of)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.running != nil {
			if err := s.exec("postgres", `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
				t.Error(err)
			}
		}
	})
	return s.URL(name)
}

// Template makes a database once, by f, for Copy. It gives its name.
func (s *Server) Template(name string, f func(url string) error) error {
	if !strings.HasPrefix(name, "template_") {
		return fmt.Errorf("a template is to be named template_…, not %q", name)
	}
	if err := s.exec("postgres", `CREATE DATABASE `+name+` TEMPLATE template0`); err != nil {
		return err
	}
	return f(s.URL(name))
}
