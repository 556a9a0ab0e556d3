-- +goose Up

-- Where somebody is signed in, for themselves and their school.
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT ''; -- User-Agent
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN created_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN seen_us BIGINT NOT NULL DEFAULT 0;
DROP INDEX sessions_by_user;
CREATE INDEX sessions_by_user ON sessions (user_id, seen_us);

-- A form that waits until who sent it has signed in again.
CREATE TABLE stashes (
    token_hash TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL, -- who sent it; nobody else gets it back
    sealed     TEXT NOT NULL,
    expires_us BIGINT NOT NULL
);
CREATE INDEX stashes_by_user ON stashes (user_id);
CREATE INDEX stashes_by_expiry ON stashes (expires_us);
