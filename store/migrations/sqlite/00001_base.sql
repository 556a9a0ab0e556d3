-- +goose Up

-- Times are Unix microseconds, Zitadel's precision. A zero means "never".

-- Projection: what Zitadel knows. Written from its answers and its events
-- alone, droppable, and without foreign keys, because events of different
-- aggregates arrive in any order. "sequence" is the aggregate's last event
-- folded into the row, "changed_us" the time of the last fact.

CREATE TABLE organizations (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL DEFAULT '', -- empty: not Homeroom's, nobody's page
    name        TEXT NOT NULL DEFAULT '',
    sort_name   TEXT NOT NULL DEFAULT '',
    remote_name TEXT NOT NULL DEFAULT '',
    school_id   TEXT NOT NULL DEFAULT '',
    state       TEXT NOT NULL DEFAULT 'active',
    created_us  BIGINT NOT NULL DEFAULT 0,
    changed_us  BIGINT NOT NULL DEFAULT 0,
    sequence    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX organizations_by_school ON organizations (school_id, sort_name, id);

CREATE TABLE users (
    organization_id  TEXT NOT NULL, -- home
    id               TEXT NOT NULL UNIQUE,
    user_name        TEXT NOT NULL DEFAULT '',
    given_name       TEXT NOT NULL DEFAULT '',
    family_name      TEXT NOT NULL DEFAULT '',
    sort_name        TEXT NOT NULL DEFAULT '', -- see sortName
    search_words     TEXT NOT NULL DEFAULT '', -- see searchWords
    address          TEXT NOT NULL DEFAULT '', -- empty: a user without e-mail
    address_verified BOOLEAN NOT NULL DEFAULT FALSE,
    language         TEXT NOT NULL DEFAULT '',
    state            TEXT NOT NULL DEFAULT 'active',
    last_seen_us     BIGINT NOT NULL DEFAULT 0,
    created_us       BIGINT NOT NULL DEFAULT 0,
    changed_us       BIGINT NOT NULL DEFAULT 0,
    sequence         BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX users_by_address ON users (LOWER(address));

CREATE TABLE role_assignments (
    row_id          INTEGER PRIMARY KEY, -- the row in roster_search; explicit, so that VACUUM keeps it
    organization_id TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    id              TEXT NOT NULL UNIQUE,
    role            TEXT NOT NULL, -- the highest of roles
    roles           TEXT NOT NULL, -- comma-separated, lowest first
    state           TEXT NOT NULL,
    created_us      BIGINT NOT NULL DEFAULT 0,
    changed_us      BIGINT NOT NULL DEFAULT 0,
    sequence        BIGINT NOT NULL DEFAULT 0,
    -- Copies of the user's, kept by the triggers below alone, so that a roster
    -- can be read in the order of one index.
    sort_name       TEXT NOT NULL DEFAULT '',
    last_seen_us    BIGINT NOT NULL DEFAULT 0,
    role_order      BIGINT NOT NULL GENERATED ALWAYS AS (CASE role
        WHEN 'operator' THEN 0 WHEN 'school_admin' THEN 1 WHEN 'teacher' THEN 2
        WHEN 'co_teacher' THEN 3 WHEN 'student' THEN 4 ELSE 5 END) STORED,
    UNIQUE (organization_id, user_id)
);
CREATE INDEX role_assignments_by_name ON role_assignments (organization_id, sort_name, user_id);
CREATE INDEX role_assignments_by_role ON role_assignments (organization_id, role_order, sort_name, user_id);
CREATE INDEX role_assignments_by_seen ON role_assignments (organization_id, last_seen_us, sort_name, user_id);
CREATE INDEX role_assignments_suspended ON role_assignments (organization_id, sort_name, user_id) WHERE state = 'suspended';
CREATE INDEX role_assignments_by_user ON role_assignments (user_id, organization_id);

-- How many there are, so that no page has to count a roster. Kept by triggers
-- alone.
CREATE TABLE roster_counts (
    organization_id TEXT NOT NULL,
    role            TEXT NOT NULL,
    state           TEXT NOT NULL,
    people          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, role, state)
);

CREATE TABLE grants (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL UNIQUE,
    roles           TEXT NOT NULL,
    changed_us      BIGINT NOT NULL DEFAULT 0,
    sequence        BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE event_cursor (
    name  TEXT PRIMARY KEY,
    at_us BIGINT NOT NULL
);

CREATE TABLE events_seen (
    aggregate TEXT NOT NULL,
    sequence  BIGINT NOT NULL,
    at_us     BIGINT NOT NULL,
    PRIMARY KEY (aggregate, sequence)
);
CREATE INDEX events_seen_by_time ON events_seen (at_us);

CREATE TABLE projection_state (
    name  TEXT PRIMARY KEY,
    at_us BIGINT NOT NULL,
    value TEXT NOT NULL DEFAULT ''
);

CREATE TABLE drift (
    id              INTEGER PRIMARY KEY,
    at_us           BIGINT NOT NULL,
    organization_id TEXT NOT NULL DEFAULT '',
    kind            TEXT NOT NULL,
    object_id       TEXT NOT NULL,
    detail          TEXT NOT NULL DEFAULT ''
);

-- Own tables: what Zitadel does not know.

CREATE TABLE settings (
    organization_id          TEXT PRIMARY KEY,
    students_see_names       BOOLEAN NOT NULL DEFAULT FALSE,
    teachers_open_classrooms BOOLEAN NOT NULL DEFAULT FALSE,
    changed_us               BIGINT NOT NULL
);

CREATE TABLE invitations (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL UNIQUE,
    token_hash      TEXT NOT NULL UNIQUE, -- SHA-256, hexadecimal: of the link that is mailed
    handed_hash     TEXT NOT NULL UNIQUE, -- of the link that is copied, see handedToken
    token_sealed    TEXT NOT NULL,        -- to send the link again
    address         TEXT NOT NULL,
    address_key     TEXT NOT NULL, -- the address in lower case
    given_name      TEXT NOT NULL DEFAULT '',
    family_name     TEXT NOT NULL DEFAULT '',
    search_words    TEXT NOT NULL DEFAULT '',
    role            TEXT NOT NULL,
    message         TEXT NOT NULL DEFAULT '',
    language        TEXT NOT NULL DEFAULT '',
    inviter_id      TEXT NOT NULL,
    inviter_name    TEXT NOT NULL,
    by_installation BOOLEAN NOT NULL DEFAULT FALSE, -- by a command, where nobody is signed in
    state           TEXT NOT NULL, -- expired is not stored: see expires_us
    mail            TEXT NOT NULL,
    mail_error      TEXT NOT NULL DEFAULT '', -- a message of the catalogue, as JSON
    accepted_by     TEXT NOT NULL DEFAULT '', -- set while being accepted, too
    created_us      BIGINT NOT NULL,
    sent_us         BIGINT NOT NULL DEFAULT 0,
    opened_us       BIGINT NOT NULL DEFAULT 0,
    accepted_us     BIGINT NOT NULL DEFAULT 0,
    revoked_us      BIGINT NOT NULL DEFAULT 0,
    expires_us      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX invitations_by_time ON invitations (organization_id, created_us, id);
CREATE INDEX invitations_by_address ON invitations (address_key, organization_id);

-- What a form was answered, so that sending it twice invites once.
CREATE TABLE submissions (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    answer          TEXT NOT NULL, -- JSON
    at_us           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE outbox (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL UNIQUE, -- becomes the Message-ID
    invitation_id   TEXT NOT NULL DEFAULT '',
    state           TEXT NOT NULL, -- queued, sent, failed, withdrawn
    sealed          TEXT NOT NULL, -- the mail as sealed JSON; empty once it is out
    created_us      BIGINT NOT NULL,
    closed_us       BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX outbox_by_invitation ON outbox (organization_id, invitation_id);

CREATE TABLE audit_records (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    at_us           BIGINT NOT NULL,
    actor_id        TEXT NOT NULL DEFAULT '',
    actor_name      TEXT NOT NULL DEFAULT '',
    actor_role      TEXT NOT NULL DEFAULT '',
    action          TEXT NOT NULL,
    target          TEXT NOT NULL DEFAULT '',
    target_name     TEXT NOT NULL DEFAULT '',
    before_values   TEXT NOT NULL DEFAULT '', -- JSON object of texts, or empty
    after_values    TEXT NOT NULL DEFAULT '',
    request_id      TEXT NOT NULL DEFAULT '',
    client_address  TEXT NOT NULL DEFAULT '',
    source          TEXT NOT NULL,
    outcome         TEXT NOT NULL,
    closed_us       BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX audit_records_by_time ON audit_records (organization_id, at_us, id);
CREATE INDEX audit_records_by_target ON audit_records (organization_id, target, at_us, id);
CREATE INDEX audit_records_begun ON audit_records (organization_id, target) WHERE outcome = 'begun';

CREATE TABLE openings (
    organization_id TEXT PRIMARY KEY,
    kind            TEXT NOT NULL,
    name            TEXT NOT NULL,
    school_id       TEXT NOT NULL DEFAULT '',
    founder_id      TEXT NOT NULL,
    founder_name    TEXT NOT NULL,
    founder_role    TEXT NOT NULL DEFAULT '', -- what the founder becomes; may be nothing
    begun_us        BIGINT NOT NULL,
    finished_us     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX openings_unfinished ON openings (begun_us) WHERE finished_us = 0;

CREATE TABLE sessions (
    token_hash  TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL DEFAULT '', -- empty before sign-in
    sid         TEXT NOT NULL DEFAULT '', -- session ID at the OpenID provider
    sealed      TEXT NOT NULL,
    expires_us  BIGINT NOT NULL,
    -- An ended session stays as a stone until it would have expired: a request
    -- that was under way when it ended must not bring it back.
    ended_us    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_sid ON sessions (sid);
CREATE INDEX sessions_by_expiry ON sessions (expires_us);

-- Search by words within an organization. Each word is written behind the code
-- of its organization, so that what a search reads is that organization's alone,
-- however many people the others have. "marks" are words without meaning for
-- people: role and state, so that FTS5 itself intersects them with the words.

CREATE TABLE search_codes (
    code            INTEGER PRIMARY KEY,
    organization_id TEXT NOT NULL UNIQUE
);

-- Codes have six places: the prefix indexes are for one and two letters.
CREATE VIRTUAL TABLE roster_search USING fts5 (
    marks, words,
    content = '', contentless_delete = 1, prefix = '7 8',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE VIEW roster_search_rows AS
SELECT a.row_id, a.user_id,
    printf('%06x', c.code) || 'r' || replace(a.role, '_', '') || ' ' || printf('%06x', c.code) || 's' || a.state AS marks,
    CASE COALESCE(u.search_words, '') WHEN '' THEN ''
        ELSE printf('%06x', c.code) || replace(u.search_words, ' ', printf(' %06x', c.code)) END AS words
FROM role_assignments a
JOIN search_codes c ON c.organization_id = a.organization_id
LEFT JOIN users u ON u.id = a.user_id;

-- +goose StatementBegin
CREATE TRIGGER role_assignment_inserted AFTER INSERT ON role_assignments BEGIN
    UPDATE role_assignments SET
        sort_name    = COALESCE((SELECT u.sort_name FROM users u WHERE u.id = new.user_id), ''),
        last_seen_us = COALESCE((SELECT u.last_seen_us FROM users u WHERE u.id = new.user_id), 0)
    WHERE row_id = new.row_id;
    INSERT INTO search_codes (organization_id) VALUES (new.organization_id) ON CONFLICT (organization_id) DO NOTHING;
    INSERT INTO roster_search (rowid, marks, words)
    SELECT row_id, marks, words FROM roster_search_rows WHERE row_id = new.row_id;
    INSERT INTO roster_counts (organization_id, role, state, people)
    VALUES (new.organization_id, new.role, new.state, 1)
    ON CONFLICT (organization_id, role, state) DO UPDATE SET people = people + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER role_assignment_deleted AFTER DELETE ON role_assignments BEGIN
    DELETE FROM roster_search WHERE rowid = old.row_id;
    UPDATE roster_counts SET people = people - 1
    WHERE organization_id = old.organization_id AND role = old.role AND state = old.state;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER role_assignment_updated AFTER UPDATE OF organization_id, user_id, role, state ON role_assignments
WHEN old.organization_id <> new.organization_id OR old.user_id <> new.user_id OR old.role <> new.role OR old.state <> new.state
BEGIN
    UPDATE role_assignments SET
        sort_name    = COALESCE((SELECT u.sort_name FROM users u WHERE u.id = new.user_id), ''),
        last_seen_us = COALESCE((SELECT u.last_seen_us FROM users u WHERE u.id = new.user_id), 0)
    WHERE row_id = new.row_id AND old.user_id <> new.user_id;
    INSERT INTO search_codes (organization_id) VALUES (new.organization_id) ON CONFLICT (organization_id) DO NOTHING;
    DELETE FROM roster_search WHERE rowid = new.row_id;
    INSERT INTO roster_search (rowid, marks, words)
    SELECT row_id, marks, words FROM roster_search_rows WHERE row_id = new.row_id;
    UPDATE roster_counts SET people = people - 1
    WHERE organization_id = old.organization_id AND role = old.role AND state = old.state;
    INSERT INTO roster_counts (organization_id, role, state, people)
    VALUES (new.organization_id, new.role, new.state, 1)
    ON CONFLICT (organization_id, role, state) DO UPDATE SET people = people + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER user_inserted AFTER INSERT ON users BEGIN
    UPDATE role_assignments SET sort_name = new.sort_name, last_seen_us = new.last_seen_us WHERE user_id = new.id;
    DELETE FROM roster_search WHERE rowid IN (SELECT a.row_id FROM role_assignments a WHERE a.user_id = new.id);
    INSERT INTO roster_search (rowid, marks, words)
    SELECT row_id, marks, words FROM roster_search_rows WHERE user_id = new.id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER user_seen AFTER UPDATE OF sort_name, last_seen_us ON users
WHEN old.sort_name <> new.sort_name OR old.last_seen_us <> new.last_seen_us
BEGIN
    UPDATE role_assignments SET sort_name = new.sort_name, last_seen_us = new.last_seen_us WHERE user_id = new.id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER user_renamed AFTER UPDATE OF search_words ON users
WHEN old.search_words <> new.search_words
BEGIN
    DELETE FROM roster_search WHERE rowid IN (SELECT a.row_id FROM role_assignments a WHERE a.user_id = new.id);
    INSERT INTO roster_search (rowid, marks, words)
    SELECT row_id, marks, words FROM roster_search_rows WHERE user_id = new.id;
END;
-- +goose StatementEnd
