-- By which means a message goes out, and who is away.

-- +goose Up

-- '' is the chat; mail and phone are the others. What was written before is chat.
ALTER TABLE messages ADD COLUMN means TEXT NOT NULL DEFAULT '';

-- The few that were given up, among the many that were sent.
CREATE INDEX messages_failed ON messages (id) WHERE state = 'failed';

-- Absences that people have told the bot themselves, beside those of the contact list, which an
-- import replaces as a whole. Days are of Asia/Tokyo, 2006-01-02, both included. deputy is empty
-- where nobody is named. A row that was taken back is removed.
CREATE TABLE absences (
    person TEXT   NOT NULL,
    begins TEXT   NOT NULL,
    ends   TEXT   NOT NULL,
    deputy TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (person, begins)
) WITHOUT ROWID;
