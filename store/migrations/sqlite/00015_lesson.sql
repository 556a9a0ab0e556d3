-- +goose Up

-- Codes by which students join a classroom. One of a classroom is live; those
-- before it stay for as long as somebody may wait who came by them.
CREATE TABLE join_codes (
    organization_id TEXT NOT NULL, -- the classroom
    id              TEXT NOT NULL,
    -- As it is: a class reads it off a wall, and what a hash of 34 bits hides is
    -- found within a minute.
    code            TEXT NOT NULL,
    approval        BOOLEAN NOT NULL DEFAULT TRUE,
    seats           BIGINT NOT NULL,
    taken           BIGINT NOT NULL DEFAULT 0,
    domains         TEXT NOT NULL DEFAULT '', -- separated by spaces; empty: all
    made_us         BIGINT NOT NULL,
    expires_us      BIGINT NOT NULL,
    ended_us        BIGINT NOT NULL DEFAULT 0, -- replaced or stopped
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX join_codes_by_code ON join_codes (code) WHERE ended_us = 0;
CREATE UNIQUE INDEX join_codes_live ON join_codes (organization_id) WHERE ended_us = 0;
CREATE INDEX join_codes_by_expiry ON join_codes (expires_us);

-- How often somebody tried a code that is none, in each hour. Nobody is in here.
CREATE TABLE join_tries (
    hour  BIGINT PRIMARY KEY, -- Unix time in hours
    wrong BIGINT NOT NULL
);

-- Requests to a classroom have it as their organization.
ALTER TABLE join_requests ADD COLUMN code_id TEXT NOT NULL DEFAULT ''; -- by which they came; empty: by a school's domain
ALTER TABLE join_requests ADD COLUMN verified BOOLEAN NOT NULL DEFAULT FALSE; -- the address
ALTER TABLE join_requests ADD COLUMN seated BOOLEAN NOT NULL DEFAULT FALSE; -- has one of the code's seats
CREATE INDEX join_requests_by_user ON join_requests (user_id, state);
CREATE INDEX join_requests_waiting ON join_requests (asked_us) WHERE state = 'asked' AND code_id <> '';
CREATE INDEX join_requests_blocked ON join_requests (organization_id, decided_us, user_id) WHERE state = 'blocked';

-- +goose StatementBegin
CREATE TRIGGER join_request_orphaned AFTER DELETE ON users BEGIN
    DELETE FROM join_requests WHERE user_id = old.id;
END;
-- +goose StatementEnd
