-- Every edition of the rules (procedures and policies) that was in force, under the hash of
-- its content: an incident goes on by the one it began with. body is canonical JSON, and is
-- never changed; at is when it was first put in force.

-- +goose Up

CREATE TABLE editions (
    version TEXT   PRIMARY KEY,
    body    TEXT   NOT NULL,
    at      BIGINT NOT NULL
) WITHOUT ROWID;
