-- +goose Up

-- School years and terms, and what happens between two of them.

CREATE TABLE terms (
    organization_id TEXT NOT NULL, -- the school
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    first_us        BIGINT NOT NULL,
    end_us          BIGINT NOT NULL, -- the first moment after the last day
    made_us         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX terms_by_time ON terms (organization_id, first_us, end_us);

-- Which term a classroom is of, and which year group it is for, where that was
-- said. Classrooms from before the first term have no row.
CREATE TABLE classroom_terms (
    organization_id TEXT PRIMARY KEY, -- the classroom
    school_id       TEXT NOT NULL,
    term_id         TEXT NOT NULL,
    year_group      BIGINT NOT NULL DEFAULT -1 -- -1: as its name says
);
CREATE INDEX classroom_terms_by_term ON classroom_terms (school_id, term_id);

-- Days on which no list is imported into the school by itself.
CREATE TABLE import_pauses (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    from_us         BIGINT NOT NULL,
    until_us        BIGINT NOT NULL, -- the first moment after it
    reason          TEXT NOT NULL,
    by_name         TEXT NOT NULL,
    made_us         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX import_pauses_by_end ON import_pauses (organization_id, until_us, from_us);

-- A rollover: the plan of what becomes of each classroom, and how far it has come.
CREATE TABLE rollovers (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    term_id         TEXT NOT NULL,   -- that it leads into
    term_name       TEXT NOT NULL,   -- as it was then
    leaving         BIGINT NOT NULL, -- the last year group of the school; -1: not said
    state           TEXT NOT NULL,   -- staging, planned, applying, paused, done, cancelled, undoing, undo-paused, undone
    version         BIGINT NOT NULL DEFAULT 0,  -- counts changes of the plan
    checked         BIGINT NOT NULL DEFAULT -1, -- the version whose figures are known
    figures         TEXT NOT NULL DEFAULT '',   -- what the plan comes to, as JSON
    staged_name     TEXT NOT NULL DEFAULT '',   -- the last classroom that is in the plan
    staged_id       TEXT NOT NULL DEFAULT '',
    actor_id        TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    request_id      TEXT NOT NULL DEFAULT '',
    client_address  TEXT NOT NULL DEFAULT '',
    device          TEXT NOT NULL DEFAULT '',
    total           BIGINT NOT NULL DEFAULT 0,
    done            BIGINT NOT NULL DEFAULT 0,
    refused         BIGINT NOT NULL DEFAULT 0,
    undone          BIGINT NOT NULL DEFAULT 0,
    trouble         TEXT NOT NULL DEFAULT '', -- why it waits: a message of the catalogue, as JSON
    begun_us        BIGINT NOT NULL,
    applied_us      BIGINT NOT NULL DEFAULT 0,
    finished_us     BIGINT NOT NULL DEFAULT 0,
    undone_us       BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX rollovers_by_time ON rollovers (organization_id, begun_us, id);

CREATE TABLE rollover_items (
    organization_id  TEXT NOT NULL,
    rollover_id      TEXT NOT NULL,
    position         BIGINT NOT NULL,
    classroom_id     TEXT NOT NULL,
    name             TEXT NOT NULL, -- as it was then
    sort_name        TEXT NOT NULL,
    year_group       BIGINT NOT NULL, -- -1: none
    action           TEXT NOT NULL,   -- promote, copy, archive, keep
    new_name         TEXT NOT NULL DEFAULT '',
    name_key         TEXT NOT NULL DEFAULT '', -- what it is called afterwards, as names are compared; empty: nothing is left in use
    edited           BOOLEAN NOT NULL DEFAULT FALSE, -- by a person
    students         BIGINT NOT NULL,
    teachers         BIGINT NOT NULL,
    state            TEXT NOT NULL DEFAULT 'waiting', -- waiting, begun, done, refused, left
    step             TEXT NOT NULL DEFAULT '',        -- opened, filled
    new_classroom_id TEXT NOT NULL DEFAULT '',
    new_records      BIGINT NOT NULL DEFAULT 0, -- on the log of the new class when it was done
    assigned         BIGINT NOT NULL DEFAULT 0, -- people in the new class
    missing          BIGINT NOT NULL DEFAULT 0, -- people who could not be taken along
    term_before      TEXT NOT NULL DEFAULT '',  -- of a class that goes on
    reason           TEXT NOT NULL DEFAULT '',  -- why it was refused: a message of the catalogue, as JSON
    undo             TEXT NOT NULL DEFAULT '',  -- removing, keeping, then removed, kept, restored, partly, refused
    undo_reason      TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id, rollover_id, position)
);
CREATE UNIQUE INDEX rollover_items_by_classroom ON rollover_items (organization_id, rollover_id, classroom_id);
CREATE INDEX rollover_items_by_key ON rollover_items (organization_id, rollover_id, name_key, position);
CREATE INDEX rollover_items_by_action ON rollover_items (organization_id, rollover_id, action, position);
CREATE INDEX rollover_items_by_year ON rollover_items (organization_id, rollover_id, year_group, position);
CREATE INDEX rollover_items_by_state ON rollover_items (organization_id, rollover_id, state, position);
CREATE INDEX rollover_items_by_undo ON rollover_items (organization_id, rollover_id, undo, position);

-- People of whom a rollover has something to say: teachers who do not go along
-- (stays), others who teach the new class (comes), students who end up without a
-- class (without), and who could not be taken along (refused).
CREATE TABLE rollover_people (
    organization_id TEXT NOT NULL,
    rollover_id     TEXT NOT NULL,
    kind            TEXT NOT NULL,
    position        BIGINT NOT NULL, -- of the class
    user_id         TEXT NOT NULL,
    reason          TEXT NOT NULL DEFAULT '', -- a message of the catalogue, as JSON
    PRIMARY KEY (organization_id, rollover_id, kind, position, user_id)
);
CREATE INDEX rollover_people_by_user ON rollover_people (user_id);
