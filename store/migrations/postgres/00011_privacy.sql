-- +goose Up

-- On which basis accounts exist, how long things are kept, and how a school
-- leaves.

CREATE TABLE bases (
    organization_id TEXT NOT NULL, -- the school
    user_id         TEXT NOT NULL,
    basis           TEXT NOT NULL,
    age_band        TEXT NOT NULL DEFAULT '',
    recorder_id     TEXT NOT NULL,
    recorder_name   TEXT NOT NULL,
    recorded_us     BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);

CREATE TABLE retention (
    organization_id TEXT PRIMARY KEY,
    inactive        BIGINT NOT NULL, -- months, 0: for good
    invitations     BIGINT NOT NULL,
    changed_us      BIGINT NOT NULL
);

CREATE TABLE exports (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL UNIQUE,
    state           TEXT NOT NULL,
    asker_id        TEXT NOT NULL,
    asker_name      TEXT NOT NULL,
    asked_us        BIGINT NOT NULL,
    finished_us     BIGINT NOT NULL DEFAULT 0,
    bytes           BIGINT NOT NULL DEFAULT 0,
    sha256          TEXT NOT NULL DEFAULT '',
    records         BIGINT NOT NULL DEFAULT 0, -- in all files
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX exports_by_time ON exports (organization_id, asked_us, id);
CREATE INDEX exports_ready ON exports (finished_us) WHERE state = 'ready';

-- Schools that are being erased. The row goes with the last of the school; what
-- stays is the receipt on the platform's log.
CREATE TABLE erasures (
    school_id      TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    operator_id    TEXT NOT NULL,
    operator_name  TEXT NOT NULL,
    request_id     TEXT NOT NULL DEFAULT '',
    client_address TEXT NOT NULL DEFAULT '',
    device         TEXT NOT NULL DEFAULT '',
    export_id      TEXT NOT NULL DEFAULT '',
    export_sha256  TEXT NOT NULL DEFAULT '',
    classrooms     BIGINT NOT NULL,
    people         BIGINT NOT NULL,
    begun_us       BIGINT NOT NULL,
    trouble        TEXT NOT NULL DEFAULT '' -- a message of the catalogue, as JSON
);
