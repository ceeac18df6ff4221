-- The first schema. It is written once for both databases: SQLite takes it as it stands; for
-- PostgreSQL "INTEGER PRIMARY KEY" is an identity column and "WITHOUT ROWID" is left out.
-- Times are microseconds since 1970-01-01 UTC; 0 or NULL where there is none.
--
-- What one command changes should lie on few pages, for a commit writes each of them to the
-- disk: hence WITHOUT ROWID (no second tree for the key), and keys that begin with the
-- incident where they can.

-- +goose Up

-- What the program works from: one row for each incident. Whether it is open is not a column
-- of its own, so that no flag can disagree with the phase.
CREATE TABLE incidents (
    id          TEXT     PRIMARY KEY,
    seq         BIGINT   NOT NULL,
    phase       TEXT     NOT NULL,
    level       SMALLINT NOT NULL,
    reported_at BIGINT   NOT NULL,
    changed_at  BIGINT   NOT NULL,
    state       TEXT     NOT NULL
) WITHOUT ROWID;
CREATE INDEX incidents_newest ON incidents (reported_at, id);
CREATE INDEX incidents_open ON incidents (reported_at, id) WHERE phase NOT IN ('closed', 'dismissed');

-- Who finds which incident in his list: the circle and the reporters. Lists walk the
-- incidents, newest first, and look here for each: a company has some thousand incidents at
-- most, and with the person first every report would touch a page for each of its people.
CREATE TABLE members (
    incident TEXT NOT NULL,
    person   TEXT NOT NULL,
    PRIMARY KEY (incident, person)
) WITHOUT ROWID;

-- The evidence: only ever added to. The order of id is the order of writing. There is no
-- foreign key to the incident's row: an entry must outlive a row that somebody removed.
CREATE TABLE entries (
    id          INTEGER PRIMARY KEY,
    incident    TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    occurred    BIGINT NOT NULL,
    person      TEXT   NOT NULL,
    source      TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    name_digest TEXT   NOT NULL,
    prev        TEXT   NOT NULL,
    digest      TEXT   NOT NULL
);
CREATE UNIQUE INDEX entries_of_incident ON entries (incident, seq);

-- The free texts of the entries. Deleting a row erases the text; the chain holds without it.
CREATE TABLE texts (
    incident TEXT NOT NULL,
    digest   TEXT NOT NULL,
    salt     TEXT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (incident, digest)
) WITHOUT ROWID;

-- What was carried out already, and how it ended.
CREATE TABLE requests (
    key      TEXT   PRIMARY KEY,
    person   TEXT   NOT NULL,
    incident TEXT   NOT NULL,
    digest   TEXT   NOT NULL,
    outcome  TEXT   NOT NULL,
    at       BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX requests_of_reports ON requests (person, digest, at) WHERE digest <> '';

-- The highest number given out of each series.
CREATE TABLE counters (
    series TEXT   PRIMARY KEY,
    n      BIGINT NOT NULL
) WITHOUT ROWID;

-- next is when a timer may be claimed: its due time, or the end of the lease it is under.
CREATE TABLE timers (
    key      TEXT   PRIMARY KEY,
    kind     TEXT   NOT NULL,
    incident TEXT   NOT NULL,
    due      BIGINT NOT NULL,
    round    BIGINT NOT NULL,
    day      TEXT   NOT NULL,
    attempt  BIGINT NOT NULL,
    owner    TEXT   NOT NULL,
    next     BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX timers_next ON timers (next, key);

-- next as for timers, NULL where there is nothing to send. leased_revision and
-- leased_attempt say which try the owner of the lease is at: a refresh starts a new revision
-- while the try of the one before is still under way.
CREATE TABLE messages (
    id              INTEGER PRIMARY KEY,
    key             TEXT     NOT NULL,
    kind            TEXT     NOT NULL,
    incident        TEXT     NOT NULL,
    person          TEXT     NOT NULL,
    seq             BIGINT   NOT NULL,
    urgent          SMALLINT NOT NULL,
    day             TEXT     NOT NULL,
    created         BIGINT   NOT NULL,
    revision        BIGINT   NOT NULL DEFAULT 1,
    attempt         BIGINT   NOT NULL DEFAULT 0,
    state           TEXT     NOT NULL,
    due             BIGINT   NOT NULL,
    next            BIGINT,
    owner           TEXT     NOT NULL DEFAULT '',
    leased_revision BIGINT   NOT NULL DEFAULT 0,
    leased_attempt  BIGINT   NOT NULL DEFAULT 0,
    resent          SMALLINT NOT NULL DEFAULT 0,
    first_sent      BIGINT   NOT NULL DEFAULT 0,
    last_sent       BIGINT   NOT NULL DEFAULT 0,
    frontend        TEXT     NOT NULL DEFAULT '',
    sent            TEXT     NOT NULL DEFAULT '',
    error           TEXT     NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX messages_key ON messages (incident, key); -- a key is always about the same incident
CREATE INDEX messages_next ON messages (urgent, next, id) WHERE next IS NOT NULL;
CREATE INDEX messages_arrived ON messages (person, id) WHERE first_sent > 0; -- made on delivery, not while a reporter waits

-- What somebody typed into a form that was not accepted yet. The person is part of the key:
-- whoever comes by the name of another's draft begins one of his own.
CREATE TABLE drafts (
    id     TEXT     NOT NULL,
    person TEXT     NOT NULL,
    form   TEXT     NOT NULL,
    fields TEXT     NOT NULL,
    saved  BIGINT   NOT NULL,
    done   SMALLINT NOT NULL,
    PRIMARY KEY (id, person)
) WITHOUT ROWID;

-- The contact list, in its own order, and how often it was replaced.
CREATE TABLE contacts (
    position BIGINT PRIMARY KEY,
    person   TEXT   NOT NULL UNIQUE,
    entry    TEXT   NOT NULL
) WITHOUT ROWID;
CREATE TABLE versions (
    name TEXT   PRIMARY KEY,
    n    BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO versions (name, n) VALUES ('contacts', 0);

-- Small values of the program itself.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
