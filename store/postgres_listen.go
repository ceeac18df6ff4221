package store

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// channel is where the processes on one database tell each other what they have changed:
// numbers of incidents only, nothing of what is in them.
const channel = "hikeshi_changed"

// listenAgain is the wait after a lost connection. What is due is found without being told,
// a little later.
const listenAgain = time.Second

// payload is "process work incident". It is the same for changes of one incident in one
// transaction, and is then sent once.
func payload(self string, c workflows.Changed) string {
	work := "0"
	if c.Work {
		work = "1"
	}
	return self + " " + work + " " + string(c.Incident)
}

// parsePayload reads a payload; what somebody else has sent may be anything.
func parsePayload(s string) (from string, c workflows.Changed, ok bool) {
	parts := strings.SplitN(s, " ", 3)
	if len(parts) != 3 {
		return "", workflows.Changed{}, false
	}
	return parts[0], workflows.Changed{Incident: incident.ID(parts[2]), Work: parts[1] == "1"}, true
}

// Listen calls f with what other processes have changed, until the context ends.
func (d *database) Listen(ctx context.Context, f func(workflows.Changed)) error {
	e, ok := d.engine.(*postgresEngine)
	if !ok {
		<-ctx.Done() // a SQLite file has one server
		return nil
	}
	for ctx.Err() == nil {
		// Whatever ended it, the wait for due work goes on beside, and listening begins anew.
		_ = e.listen(ctx, f)
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
	return nil
}

func (e *postgresEngine) listen(ctx context.Context, f func(workflows.Changed)) error {
	conn, err := pgx.ConnectConfig(ctx, e.config.Copy())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	f(workflows.Changed{Work: true}) // of what was said while nobody listened
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if from, c, ok := parsePayload(n.Payload); ok && from != e.name {
			f(c)
		}
	}
}
