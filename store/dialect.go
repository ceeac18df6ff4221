package store

// dialect is what differs between the databases in SQL that is otherwise the same.
type dialect struct {
	// lockRow ends a SELECT of a row that is about to be changed.
	lockRow string
	// skipLocked ends the SELECT of rows to claim, so that two claimers do not wait for
	// each other.
	skipLocked string
	// among writes "is one of those that the query gives", the query run once.
	among func(query string) string
	// oneAtATime keeps two apart in time that name the same, such as two reports of the same
	// text by the same person, so that the second finds the first. Empty where a write transaction has the database to itself.
	oneAtATime string
	// kind is the name of the database program, and facts a query of its version and of the
	// size of our database in bytes.
	kind, facts string
}

// In SQLite a write transaction has the whole database to itself: there is nothing to lock.
var sqliteDialect = dialect{
	among: func(query string) string { return "IN (" + query + ")" },
	kind:  "SQLite",
	facts: `SELECT sqlite_version(), (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size())`,
}

// In PostgreSQL a subquery behind IN may be run again for each row, and would then lock, and
// so claim, more rows than its LIMIT; as an array it is run once, before.
var postgresDialect = dialect{
	lockRow: ` FOR UPDATE`, skipLocked: ` FOR UPDATE SKIP LOCKED`,
	among: func(query string) string { return "= ANY(ARRAY(" + query + "))" },
	// The lock is the transaction's. A collision of two hashes costs a wait, nothing else.
	oneAtATime: `SELECT pg_advisory_xact_lock(hashtextextended($1::text || ':' || $2::text, 0))`,
	kind:       "PostgreSQL",
	facts:      `SELECT split_part(current_setting('server_version'), ' ', 1), pg_database_size(current_database())`,
}

// queries holds the statements that depend on the dialect; the others are constants beside
// the code that uses them.
type queries struct {
	lockIncident  string
	lockIncidents string
	lockMessage   string
	claimTimers   string
	claimMessages string
	claimUrgent   string
	claimLast     string
	claimPages    string
	partPages     string
	claimGroup    string
	lockGroup     string
	oneAtATime    string
	kind, facts   string
}

func newQueries(d dialect) *queries {
	return &queries{
		lockIncident:  selectIncident + d.lockRow,
		lockIncidents: lockIncidents(d),
		lockMessage:   selectMessage + ` WHERE id = $1` + d.lockRow,
		claimTimers:   claimTimers(d),
		claimMessages: claimMessages(d, 0),
		claimUrgent:   claimMessages(d, 1),
		claimLast:     claimMessages(d, -1),
		claimPages:    claimPages(d),
		partPages:     partPages(d),
		claimGroup:    claimGroup(d),
		lockGroup:     selectMessage + ` WHERE joined > 0 AND joined = $1 ORDER BY id` + d.lockRow,
		oneAtATime:    d.oneAtATime,
		kind:          d.kind,
		facts:         d.facts,
	}
}
