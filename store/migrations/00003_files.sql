-- Files that were attached as evidence. Their names stand in the entries; here is which bytes
-- this database keeps, and since when, so that what no entry names after a crash can be
-- found and removed. Where the bytes lie in a folder beside a SQLite file, file_bodies
-- stays empty.

-- +goose Up

-- digest is empty while the bytes are still coming in. stored is in microseconds UTC.
CREATE TABLE files (
    body     TEXT   PRIMARY KEY,
    incident TEXT   NOT NULL,
    digest   TEXT   NOT NULL,
    size     BIGINT NOT NULL,
    stored   BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_of_incident ON files (incident, digest);

-- The bytes, in pieces that fit into memory.
CREATE TABLE file_bodies (
    body  TEXT   NOT NULL,
    n     BIGINT NOT NULL,
    piece BLOB   NOT NULL,
    PRIMARY KEY (body, n)
);

-- Files that were erased on purpose: their bytes are gone, and verify does not miss them.
CREATE TABLE file_erasures (
    incident TEXT   NOT NULL,
    digest   TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (incident, digest)
) WITHOUT ROWID;
