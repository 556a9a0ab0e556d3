-- +goose Up

-- Where audit logs are sent on to. organization_id is the school whose log it is,
-- or the operators' organization for the log of all.
CREATE TABLE streams (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    kind            TEXT NOT NULL, -- webhook, syslog, bucket, directory
    name            TEXT NOT NULL,
    address         TEXT NOT NULL,
    bucket          TEXT NOT NULL DEFAULT '',
    region          TEXT NOT NULL DEFAULT '',
    prefix          TEXT NOT NULL DEFAULT '',
    access_key      TEXT NOT NULL DEFAULT '',
    authorities     TEXT NOT NULL DEFAULT '', -- PEM of who may issue the server's certificate; empty: the system's
    secret          TEXT NOT NULL DEFAULT '', -- sealed
    paused          BOOLEAN NOT NULL DEFAULT FALSE,
    position        BIGINT NOT NULL,           -- of the last record the target took
    reaching        BIGINT NOT NULL DEFAULT 0, -- of the last record of the batch on its way; 0: none is
    delivered       BIGINT NOT NULL DEFAULT 0, -- records
    failures        BIGINT NOT NULL DEFAULT 0, -- in a row
    trouble         TEXT NOT NULL DEFAULT '',  -- why the last try failed: a message of the catalogue, as JSON
    failed_us       BIGINT NOT NULL DEFAULT 0,
    succeeded_us    BIGINT NOT NULL DEFAULT 0,
    next_us         BIGINT NOT NULL DEFAULT 0, -- not tried again before
    created_us      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX streams_by_time ON streams (organization_id, created_us, id);
CREATE INDEX streams_due ON streams (next_us) WHERE paused = FALSE;
