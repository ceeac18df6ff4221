package main

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// killable is a program that is killed: the real one, in a process of its own, which keeps
// everything in a folder and a database.
type killable struct {
	t      *testing.T
	binary string
	data   string
	url    string // of its database

	ending, ended time.Time // when it was last asked to end, and when it had
}

// imports takes a contact list in.
func (k *killable) imports(people string, environ []string) {
	k.t.Helper()
	list := filepath.Join(k.data, "contacts.csv")
	if err := os.WriteFile(list, []byte(people), 0o600); err != nil {
		k.t.Fatal(err)
	}
	var out, errs written
	if code := run(k.t.Context(), []string{"contacts", "import", list}, environ, &out, &errs); code != 0 {
		k.t.Fatalf("import: %s%s", &out, &errs)
	}
}

// oneLife is one life of the program.
type oneLife struct {
	cmd       *exec.Cmd
	out, errs *written
	ended     chan struct{}
}

// begins starts the program; what the environment of the command says is added.
func (k *killable) begins(cmd *exec.Cmd, environ []string) *oneLife {
	k.t.Helper()
	l := &oneLife{cmd: cmd, out: &written{}, errs: &written{}, ended: make(chan struct{})}
	l.cmd.Env, l.cmd.Stdout, l.cmd.Stderr = append(environ, cmd.Env...), l.out, l.errs
	if err := l.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	go func() {
		_ = l.cmd.Wait() // how it ended is asked by whom it concerns
		close(l.ended)
	}()
	k.t.Cleanup(l.kill)
	return l
}

// kill ends it with SIGKILL, and returns when nothing of it is left.
func (l *oneLife) kill() {
	_ = l.cmd.Process.Kill()
	<-l.ended
}

func (l *oneLife) over() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

func (l *oneLife) killed() bool {
	s, ok := l.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && s.Signal() == syscall.SIGKILL
}

// ends ends it well.
func (k *killable) ends(l *oneLife) {
	k.t.Helper()
	k.ending = time.Now()
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		k.t.Errorf("it ended by itself: %v\n%s", err, l.errs)
	}
	<-l.ended
	k.ended = time.Now()
	if code := l.cmd.ProcessState.ExitCode(); code != 0 {
		k.t.Errorf("exit %d: %s", code, l.errs)
	}
}

// noDuties are lines behind /incident after which no duty to tell an authority holds back the
// closing, and what is answered to them.
var noDuties = [][2]string{
	{"事実 個人情報 いいえ", "「個人情報が漏れた"}, {"事実 不正アクセス いいえ", "「不正アクセスを受けた"}, {"事実 ウイルス いいえ", "「ウイルスに感染した"},
	{"事実 ランサムウェア いいえ", "「ランサムウェア"}, {"事実 不正の目的 いいえ", "「不正の目的"},
}

// leasesOver lets the minute of its leases be over.
func (k *killable) leasesOver() {
	k.t.Helper()
	db := k.open()
	defer db.Close()
	for _, table := range []string{"messages", "timers"} {
		if _, err := db.Exec(`UPDATE `+table+` SET next = next - $1 WHERE owner <> '' AND next IS NOT NULL`, time.Minute.Microseconds()); err != nil {
			k.t.Fatal(err)
		}
	}
}

// quiet reports whether nothing is left to be sent.
func (k *killable) quiet() bool { return k.count("next IS NOT NULL") == 0 }

// count counts messages.
func (k *killable) count(which string) int {
	return k.counts(`SELECT count(*) FROM messages WHERE ` + which)
}

// counts gives what a query counts.
func (k *killable) counts(query string) (n int) {
	db := k.open()
	defer db.Close()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		k.t.Fatal(err)
	}
	return n
}

// leftOver are the messages that fell due while the program ended, such as a call when nobody has
// answered for long: whoever comes next sends them. They were made then, or worded anew and not
// tried since. What was tried before and put off is stuck, however often it falls due again.
func (k *killable) leftOver() map[int64]bool {
	k.t.Helper()
	db := k.open()
	defer db.Close()
	rows, err := db.Query(`SELECT id FROM messages WHERE next IS NOT NULL AND (created >= $1 OR attempt = 0 AND due BETWEEN $1 AND $2)`, k.ending.UnixMicro(), k.ended.UnixMicro())
	if err != nil {
		k.t.Fatal(err)
	}
	defer rows.Close()
	left := map[int64]bool{}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			k.t.Fatal(err)
		}
		left[id] = true
	}
	if err := rows.Err(); err != nil {
		k.t.Fatal(err)
	}
	return left
}

// open opens the database beside the program.
func (k *killable) open() *sql.DB {
	k.t.Helper()
	driver, source := "pgx", k.url+"&search_path=hikeshi"
	if path, ok := strings.CutPrefix(k.url, "sqlite:"); ok {
		driver, source = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		k.t.Fatal(err)
	}
	return db
}

// reporters counts the incidents of each reporter.
func (k *killable) reporters() map[string]int {
	db := k.open()
	defer db.Close()
	rows, err := db.Query(`SELECT person FROM messages WHERE kind = 'reporter'`)
	if err != nil {
		k.t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var who string
		if err := rows.Scan(&who); err != nil {
			k.t.Fatal(err)
		}
		all[who]++
	}
	if err := rows.Err(); err != nil {
		k.t.Fatal(err)
	}
	return all
}
