-- +goose Up

-- Lists of people: what was brought, what it is to do, and what became of it.

-- Own tables.

CREATE TABLE imports (
    organization_id TEXT NOT NULL, -- the classroom or the school it is made in
    id              TEXT NOT NULL,
    home_id         TEXT NOT NULL, -- where people who are made are at home
    source          TEXT NOT NULL,
    file_name       TEXT NOT NULL,
    bytes           BIGINT NOT NULL,
    format          TEXT NOT NULL,
    reading         TEXT NOT NULL, -- how the file is read: JSON
    options         TEXT NOT NULL, -- JSON
    state           TEXT NOT NULL, -- reading, planned, applying, paused, done, cancelled, undoing, undone, failed
    sealed          TEXT NOT NULL, -- the key that IDs and secrets come from
    actor_id        TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    request_id      TEXT NOT NULL DEFAULT '',
    client_address  TEXT NOT NULL DEFAULT '',
    device          TEXT NOT NULL DEFAULT '',
    read_rows       BIGINT NOT NULL DEFAULT 0,
    planned_rows    BIGINT NOT NULL DEFAULT 0,
    concerned       BIGINT NOT NULL DEFAULT 0, -- people the list speaks about as a whole
    counts          TEXT NOT NULL DEFAULT '{}', -- rows of each kind: JSON
    receipt         TEXT NOT NULL DEFAULT '{}', -- JSON
    undo_receipt    TEXT NOT NULL DEFAULT '{}', -- JSON
    trouble         TEXT NOT NULL DEFAULT '', -- why it waits: a message of the catalogue, as JSON
    begun_us        BIGINT NOT NULL,
    planned_us      BIGINT NOT NULL DEFAULT 0,
    applied_us      BIGINT NOT NULL DEFAULT 0, -- when applying began
    finished_us     BIGINT NOT NULL DEFAULT 0,
    paused_us       BIGINT NOT NULL DEFAULT 0,
    cancelled_us    BIGINT NOT NULL DEFAULT 0,
    undone_us       BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX imports_by_time ON imports (organization_id, begun_us, id);
CREATE INDEX imports_ended ON imports (finished_us) WHERE finished_us > 0;
CREATE INDEX imports_applying ON imports (organization_id, id) WHERE state = 'applying';

CREATE TABLE import_files (
    organization_id TEXT NOT NULL,
    import_id       TEXT NOT NULL,
    content         BLOB NOT NULL, -- sealed
    kept_us         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, import_id)
);
CREATE INDEX import_files_by_time ON import_files (kept_us);

CREATE TABLE import_rows (
    organization_id TEXT NOT NULL,
    import_id       TEXT NOT NULL,
    position        BIGINT NOT NULL,
    line            BIGINT NOT NULL,
    person          TEXT NOT NULL, -- JSON
    person_key      TEXT NOT NULL, -- rows with the same one are one person
    external_id     TEXT NOT NULL,
    address_key     TEXT NOT NULL,
    user_name_key   TEXT NOT NULL,
    name_key        TEXT NOT NULL, -- as users.sort_name
    print           TEXT NOT NULL DEFAULT '', -- of all that the row says
    kind            TEXT NOT NULL DEFAULT '', -- empty: not planned yet
    state           TEXT NOT NULL DEFAULT 'waiting', -- waiting, begun, done, left
    outcome         TEXT NOT NULL DEFAULT '',
    user_id         TEXT NOT NULL DEFAULT '',
    user_name       TEXT NOT NULL DEFAULT '', -- of who is made
    steps           TEXT NOT NULL DEFAULT '',
    reasons         TEXT NOT NULL DEFAULT '', -- messages of the catalogue: JSON
    candidates      TEXT NOT NULL DEFAULT '', -- who it may be: JSON
    decision        TEXT NOT NULL DEFAULT '',
    with_user       TEXT NOT NULL DEFAULT '',
    with_row        BIGINT NOT NULL DEFAULT 0,
    leaves          BOOLEAN NOT NULL DEFAULT FALSE,
    undo            TEXT NOT NULL DEFAULT '', -- begun, deleted, kept, back, refused
    PRIMARY KEY (organization_id, import_id, position)
);
CREATE INDEX import_rows_by_kind ON import_rows (organization_id, import_id, kind, position);
CREATE INDEX import_rows_by_state ON import_rows (organization_id, import_id, state, position);
CREATE INDEX import_rows_by_outcome ON import_rows (organization_id, import_id, outcome, position) WHERE outcome <> '';
CREATE INDEX import_rows_by_undo ON import_rows (organization_id, import_id, undo, position) WHERE undo <> '';
CREATE INDEX import_rows_by_external_id ON import_rows (organization_id, import_id, external_id, name_key) WHERE external_id <> '';
CREATE INDEX import_rows_by_address ON import_rows (organization_id, import_id, address_key, name_key) WHERE address_key <> '';
CREATE INDEX import_rows_by_user_name ON import_rows (organization_id, import_id, user_name_key, name_key) WHERE user_name_key <> '';
CREATE INDEX import_rows_by_name ON import_rows (organization_id, import_id, name_key, position) WHERE name_key <> '';
CREATE INDEX import_rows_by_user ON import_rows (user_id, import_id) WHERE user_id <> '';

-- What several rows of a list share. Made when it is read.
CREATE TABLE import_keys (
    organization_id TEXT NOT NULL,
    import_id       TEXT NOT NULL,
    by_what         TEXT NOT NULL, -- external-id, address, user-name, row
    value           TEXT NOT NULL,
    first           BIGINT NOT NULL, -- position of the first row, and of the last
    last            BIGINT NOT NULL,
    names           BIGINT NOT NULL, -- how many different ones
    PRIMARY KEY (organization_id, import_id, by_what, value)
);

-- Who a row may be, from what is known.
CREATE TABLE import_candidates (
    organization_id TEXT NOT NULL,
    import_id       TEXT NOT NULL,
    position        BIGINT NOT NULL,
    user_id         TEXT NOT NULL,
    by_what         TEXT NOT NULL,
    PRIMARY KEY (organization_id, import_id, position, user_id, by_what)
);
CREATE INDEX import_candidates_by_user ON import_candidates (user_id, organization_id, import_id, position);

CREATE TABLE import_classrooms (
    organization_id TEXT NOT NULL,
    import_id       TEXT NOT NULL,
    position        BIGINT NOT NULL,
    line            BIGINT NOT NULL,
    class_key       TEXT NOT NULL, -- x: and the external ID, or n: and the folded name
    external_id     TEXT NOT NULL,
    name            TEXT NOT NULL,
    gone            BOOLEAN NOT NULL DEFAULT FALSE,
    kind            TEXT NOT NULL DEFAULT '', -- create, rename, unchanged, conflict, error
    classroom_id    TEXT NOT NULL DEFAULT '', -- once it is known, or open
    before_name     TEXT NOT NULL DEFAULT '',
    state           TEXT NOT NULL DEFAULT 'waiting',
    reason          TEXT NOT NULL DEFAULT '', -- a message of the catalogue, as JSON
    undo            TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id, import_id, position),
    UNIQUE (organization_id, import_id, class_key)
);
CREATE INDEX import_classrooms_by_classroom ON import_classrooms (organization_id, import_id, classroom_id) WHERE classroom_id <> '';

CREATE TABLE import_enrolments (
    organization_id TEXT NOT NULL,
    import_id       TEXT NOT NULL,
    person_key      TEXT NOT NULL,
    class_key       TEXT NOT NULL,
    role            TEXT NOT NULL,
    gone            BOOLEAN NOT NULL,
    own_key         TEXT NOT NULL, -- of the row itself, before it was found to be part of another one
    PRIMARY KEY (organization_id, import_id, person_key, class_key, role, own_key)
);
CREATE INDEX import_enrolments_by_class ON import_enrolments (organization_id, import_id, class_key);
CREATE INDEX import_enrolments_by_own ON import_enrolments (organization_id, import_id, own_key);

-- The numbers that lists have of people and of classes.
CREATE TABLE external_ids (
    organization_id TEXT NOT NULL, -- home
    source          TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    set_us          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, source, external_id)
);
CREATE INDEX external_ids_by_user ON external_ids (user_id, organization_id, source);

CREATE TABLE external_classrooms (
    organization_id TEXT NOT NULL, -- the school
    source          TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    classroom_id    TEXT NOT NULL,
    set_us          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, source, external_id)
);
CREATE INDEX external_classrooms_by_classroom ON external_classrooms (classroom_id, organization_id, source);

CREATE INDEX users_by_user_name ON users (LOWER(user_name));
CREATE INDEX users_by_sort_name ON users (organization_id, sort_name);
