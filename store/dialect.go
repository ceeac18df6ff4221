package store

// dialect is what differs between the databases in SQL that is otherwise the same.
type dialect struct {
	// lockRow ends a SELECT of a row that is about to be changed.
	lockRow string
	// skipLocked ends the SELECT of rows to claim, so that two claimers do not wait for
	// each other.
	skipLocked string
}

// In SQLite a write transaction has the whole database to itself: there is nothing to lock.
var sqliteDialect = dialect{}

// queries holds the statements that depend on the dialect; the others are constants beside
// the code that uses them.
type queries struct {
	lockIncident  string
	lockMessage   string
	claimTimers   string
	claimMessages string
	claimUrgent   string
}

func newQueries(d dialect) *queries {
	return &queries{
		lockIncident:  selectIncident + d.lockRow,
		lockMessage:   selectMessage + ` WHERE id = $1` + d.lockRow,
		claimTimers:   claimTimers(d),
		claimMessages: claimMessages(d, 0),
		claimUrgent:   claimMessages(d, 1),
	}
}
