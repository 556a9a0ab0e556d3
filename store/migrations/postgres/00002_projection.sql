-- +goose Up

-- What the projection needs to fold events that come late, twice or in any
-- order into the same rows.

-- When the roles were last set as a whole. What a grant loses later, they lose.
ALTER TABLE role_assignments ADD COLUMN assigned_us BIGINT NOT NULL DEFAULT 0;

-- For each role missing in the grant at some time, when that was last: JSON.
ALTER TABLE grants ADD COLUMN lost TEXT NOT NULL DEFAULT '{}';
ALTER TABLE grants ADD COLUMN removed_us BIGINT NOT NULL DEFAULT 0;

-- Organizations, users and role assignments that are gone, so that an event
-- older than that does not bring them back. IDs alone.
CREATE TABLE removed (
    id         TEXT COLLATE "C" PRIMARY KEY,
    changed_us BIGINT NOT NULL,
    sequence   BIGINT NOT NULL
);

-- Aggregates whose row may lack an event: all of their events are read again.
CREATE TABLE stale_aggregates (
    aggregate TEXT COLLATE "C" PRIMARY KEY,
    sequence  BIGINT NOT NULL, -- an event known to exist
    noted_us  BIGINT NOT NULL,
    due_us    BIGINT NOT NULL,
    tries     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX stale_aggregates_due ON stale_aggregates (due_us);

ALTER TABLE drift ADD COLUMN name TEXT NOT NULL DEFAULT '';
