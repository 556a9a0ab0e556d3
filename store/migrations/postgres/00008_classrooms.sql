-- +goose Up

-- Many classrooms of a school, opened from a list in the background. Own tables.
CREATE TABLE opening_runs (
    organization_id TEXT COLLATE "C" NOT NULL, -- the school
    id              TEXT COLLATE "C" NOT NULL, -- the key of the form: sent twice, it is one run
    actor_id        TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    language        TEXT NOT NULL DEFAULT '', -- of invitations
    created_us      BIGINT NOT NULL,
    finished_us     BIGINT NOT NULL DEFAULT 0, -- when nothing waited any more
    trouble         TEXT NOT NULL DEFAULT '', -- why it does not go on for now: a message of the catalogue, as JSON
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX opening_runs_by_time ON opening_runs (organization_id, created_us, id);

CREATE TABLE opening_items (
    organization_id TEXT COLLATE "C" NOT NULL,
    run_id          TEXT COLLATE "C" NOT NULL,
    line            BIGINT NOT NULL, -- of the list, from 1
    name            TEXT NOT NULL,
    teacher_id      TEXT NOT NULL DEFAULT '', -- somebody of the school
    teacher_name    TEXT NOT NULL DEFAULT '',
    address         TEXT NOT NULL DEFAULT '', -- to be invited, where it is nobody's of the school
    classroom_id    TEXT NOT NULL DEFAULT '', -- once it is open
    state           TEXT NOT NULL, -- waiting, done, failed, left
    problem         TEXT NOT NULL DEFAULT '', -- why it failed: a message of the catalogue, as JSON
    closed_us       BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, run_id, line)
);
CREATE INDEX opening_items_waiting ON opening_items (organization_id, run_id, line) WHERE state = 'waiting';
CREATE INDEX opening_items_failed ON opening_items (organization_id, run_id) WHERE state = 'failed';

-- Classrooms that are being deleted: what is left of them here goes when Zitadel
-- has let go of them.
CREATE TABLE deletions (
    organization_id TEXT COLLATE "C" PRIMARY KEY,
    begun_us        BIGINT NOT NULL
);

CREATE INDEX openings_of_school ON openings (school_id, begun_us) WHERE finished_us = 0;
CREATE INDEX invitations_waiting ON invitations (organization_id, expires_us, mail) WHERE state IN ('pending', 'opened');
