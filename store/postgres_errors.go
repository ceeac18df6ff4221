package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATE codes and classes (PostgreSQL documentation, appendix A).
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	divisionByZero       = "22012"
	diskFullCode         = "53100"
	connectionException  = "08" // class
	operatorIntervention = "57" // class: 57P01 shutdown, 57P02 crash, 57P03 starting up
	insufficientResource = "53" // class
)

// repeatable reports whether a transaction that failed before its commit may just be tried
// again: the database asked for it, or the connection is gone.
func repeatable(err error) bool {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return pe.Code == serializationFailure || pe.Code == deadlockDetected || pe.Code[:2] == operatorIntervention
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	return pgconn.SafeToRetry(err) || lost(err)
}

// lost reports whether the connection is gone.
func lost(err error) bool {
	var ne *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &ne)
}

// explainPostgres turns what an operator can do something about into sentences. The address
// stands in none of them: it may hold a password.
func explainPostgres(err error) error {
	if err == nil {
		return nil
	}
	var pe *pgconn.PgError
	var ce *pgconn.ConnectError
	if errors.As(err, &ce) {
		err = unaddressed{errors.Unwrap(ce)}
	}
	if !errors.As(err, &pe) {
		if ce != nil || lost(err) {
			return fmt.Errorf("PostgreSQL cannot be reached: check that it runs, and the host, the port and the TLS setting in DATABASE_URL: %w", oneLine{err})
		}
		return err
	}
	err = oneLine{err} // one that came while connecting has a line for each address tried
	switch pe.Code {
	case "28P01", "28000":
		return fmt.Errorf("PostgreSQL refuses the user or the password in DATABASE_URL: correct them, or allow the user in pg_hba.conf: %w", err)
	case "3D000":
		return fmt.Errorf("PostgreSQL has no database of the name in DATABASE_URL: make it with createdb, or correct the name: %w", err)
	case "42501":
		return fmt.Errorf("PostgreSQL does not let this user do that: make it the owner of the database (ALTER DATABASE … OWNER TO …): %w", err)
	case "25006":
		return fmt.Errorf("PostgreSQL takes no writes there: give DATABASE_URL the address of the primary server: %w", err)
	case diskFullCode:
		return fmt.Errorf("the disk of PostgreSQL is full: make room: %w", err)
	case "53300":
		return fmt.Errorf("PostgreSQL has no connection left: raise max_connections, or end other programs on it: %w", err)
	case "57014", "55P03":
		return fmt.Errorf("PostgreSQL took too long: look for what keeps it busy or locks the tables: %w", err)
	}
	switch pe.Code[:2] {
	case operatorIntervention, connectionException:
		return fmt.Errorf("PostgreSQL is stopping or starting: try again in a moment: %w", err)
	case insufficientResource:
		return fmt.Errorf("PostgreSQL has no memory or disk left: make room: %w", err)
	}
	return err
}

// unaddressed is why a connection failed, without the user and the database that pgx names:
// of an address with a slip in it, they may be a part of the password.
type unaddressed struct{ error }

func (u unaddressed) Unwrap() error { return u.error }

func (u unaddressed) Error() string {
	var pe *pgconn.PgError
	if errors.As(u.error, &pe) {
		return "SQLSTATE " + pe.Code
	}
	return u.error.Error()
}

// oneLine prints an error of several lines on one, and an equal line once: an address is
// tried with TLS and without.
type oneLine struct{ error }

func (o oneLine) Error() string {
	var lines []string
	for line := range strings.Lines(o.error.Error()) {
		if line = strings.TrimSpace(line); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}

func (o oneLine) Unwrap() error { return o.error }
