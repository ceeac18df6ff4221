-- What front ends remember over restarts, who is signed in on the web pages, and which pages
-- to one person went out as one message.

-- +goose Up

-- Such as which channel is which incident's. A backup carries it.
CREATE TABLE memories (
    frontend TEXT NOT NULL,
    name     TEXT NOT NULL,
    value    BLOB NOT NULL,
    PRIMARY KEY (frontend, name)
) WITHOUT ROWID;

-- Links that sign in once, and sessions. digest is the SHA-256 of a random token, never the
-- token: who reads this table can sign in as nobody. A backup leaves it empty.
CREATE TABLE sign_ins (
    digest  TEXT   PRIMARY KEY,
    kind    TEXT   NOT NULL,
    person  TEXT   NOT NULL,
    expires BIGINT NOT NULL,
    created BIGINT NOT NULL
) WITHOUT ROWID;

-- The pages that were tried as one message have the same number there; 0 stands alone.
ALTER TABLE messages ADD COLUMN joined BIGINT NOT NULL DEFAULT 0;
CREATE INDEX messages_joined ON messages (joined) WHERE joined > 0;
