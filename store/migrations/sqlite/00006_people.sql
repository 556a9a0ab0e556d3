-- +goose Up

-- Projection: what people sign in with.

CREATE TABLE credentials (
    user_id  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL, -- empty where there is one of a kind
    added_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind, id)
);

-- The set of kinds: bit n is kind n of identity.Credentials.
ALTER TABLE users ADD COLUMN credentials BIGINT NOT NULL DEFAULT 0;

-- What was known of the users so far leaves their credentials out: their events
-- are read again, a thousand users in each pass.
INSERT INTO stale_aggregates (aggregate, sequence, noted_us, due_us)
SELECT id, sequence, CAST(strftime('%s', 'now') AS INTEGER) * 1000000, 0 FROM users WHERE TRUE
ON CONFLICT (aggregate) DO NOTHING;

-- The people of each school: everybody at home there, and everybody with a role
-- in it or in one of its classrooms. Kept by the triggers below alone. "facets"
-- is all that people are filtered by, as bits, see store/person_facets.go:
--     1 school_admin, 2 teacher, 4 co_teacher, 8 student, by the highest role
--       in the school and in each classroom in use
--    16 guest    32 has signed in
--    64 suspended in all of them    128 inactive    256 locked
--  1024 and up: users.credentials
CREATE TABLE people (
    row_id          INTEGER PRIMARY KEY, -- the row in people_search
    organization_id TEXT NOT NULL,       -- the school
    user_id         TEXT NOT NULL,
    sort_name       TEXT NOT NULL,
    facets          BIGINT NOT NULL,
    classrooms      BIGINT NOT NULL, -- in use
    UNIQUE (user_id, organization_id)
);
-- With facets, so that a filter need not look at the rows it leaves out.
CREATE INDEX people_by_name ON people (organization_id, sort_name, user_id, facets);
CREATE INDEX people_by_facets ON people (organization_id, facets, sort_name, user_id);

-- How many there are of each kind, so that no page has to count a school.
CREATE TABLE people_counts (
    organization_id TEXT NOT NULL,
    facets          BIGINT NOT NULL,
    people          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, facets)
);

-- Words are written behind the code of the school, as in roster_search.
CREATE VIRTUAL TABLE people_search USING fts5 (
    words,
    content = '', contentless_delete = 1, prefix = '7 8',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE VIEW people_search_rows AS
SELECT p.row_id, p.user_id,
    CASE COALESCE(u.search_words, '') WHEN '' THEN ''
        ELSE printf('%06x', c.code) || replace(u.search_words, ' ', printf(' %06x', c.code)) END AS words
FROM people p
JOIN search_codes c ON c.organization_id = p.organization_id
LEFT JOIN users u ON u.id = p.user_id;

-- +goose StatementBegin
CREATE TRIGGER person_inserted AFTER INSERT ON people BEGIN
    INSERT INTO search_codes (organization_id) VALUES (new.organization_id) ON CONFLICT (organization_id) DO NOTHING;
    INSERT INTO people_search (rowid, words) SELECT row_id, words FROM people_search_rows WHERE row_id = new.row_id;
    INSERT INTO people_counts (organization_id, facets, people) VALUES (new.organization_id, new.facets, 1)
    ON CONFLICT (organization_id, facets) DO UPDATE SET people = people + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_deleted AFTER DELETE ON people BEGIN
    DELETE FROM people_search WHERE rowid = old.row_id;
    UPDATE people_counts SET people = people - 1 WHERE organization_id = old.organization_id AND facets = old.facets;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_changed AFTER UPDATE OF facets ON people WHEN old.facets <> new.facets BEGIN
    UPDATE people_counts SET people = people - 1 WHERE organization_id = old.organization_id AND facets = old.facets;
    INSERT INTO people_counts (organization_id, facets, people) VALUES (new.organization_id, new.facets, 1)
    ON CONFLICT (organization_id, facets) DO UPDATE SET people = people + 1;
END;
-- +goose StatementEnd

-- Who is inserted here is looked at again in that school.
CREATE VIEW people_touched AS SELECT '' AS organization_id, '' AS user_id WHERE FALSE;

-- +goose StatementBegin
CREATE TRIGGER person_touched INSTEAD OF INSERT ON people_touched WHEN new.organization_id <> '' BEGIN
    INSERT INTO people (organization_id, user_id, sort_name, facets, classrooms)
    SELECT new.organization_id, new.user_id, COALESCE(u.sort_name, ''),
        r.roles
        | CASE WHEN u.id IS NULL OR u.organization_id = new.organization_id OR EXISTS (
            SELECT 1 FROM organizations h WHERE h.id = u.organization_id AND h.kind = 'classroom' AND h.school_id = new.organization_id
          ) THEN 0 ELSE 16 END
        | CASE WHEN u.last_seen_us > 0 THEN 32 ELSE 0 END
        | CASE WHEN u.state = 'inactive' THEN 128 WHEN u.state = 'locked' THEN 256
            WHEN r.live > 0 AND r.live = r.suspended THEN 64 ELSE 0 END
        | (COALESCE(u.credentials, 0) << 10),
        r.classrooms
    FROM (
        SELECT COUNT(*) AS standings, COALESCE(SUM(s.live), 0) AS live, COALESCE(SUM(s.live AND s.state = 'suspended'), 0) AS suspended,
            COALESCE(SUM(s.live AND s.kind = 'classroom'), 0) AS classrooms,
            COALESCE(MAX(s.live AND s.role_order = 1), 0) + COALESCE(MAX(s.live AND s.role_order = 2), 0) * 2
            + COALESCE(MAX(s.live AND s.role_order = 3), 0) * 4 + COALESCE(MAX(s.live AND s.role_order = 4), 0) * 8 AS roles
        FROM (
            SELECT a.role_order, a.state, o.kind, o.kind = 'school' OR o.state = 'active' AS live
            FROM role_assignments a JOIN organizations o ON o.id = a.organization_id
            WHERE a.user_id = new.user_id
                AND (o.kind = 'school' AND o.id = new.organization_id OR o.kind = 'classroom' AND o.school_id = new.organization_id)
        ) s
    ) r
    LEFT JOIN users u ON u.id = new.user_id
    WHERE r.standings > 0 OR u.organization_id = new.organization_id
        AND EXISTS (SELECT 1 FROM organizations h WHERE h.id = new.organization_id AND h.kind = 'school')
    ON CONFLICT (user_id, organization_id) DO UPDATE SET
        sort_name = excluded.sort_name, facets = excluded.facets, classrooms = excluded.classrooms
    WHERE people.sort_name <> excluded.sort_name OR people.facets <> excluded.facets OR people.classrooms <> excluded.classrooms;
END;
-- +goose StatementEnd

-- The same for who may not be of that school any more.
CREATE VIEW people_left AS SELECT '' AS organization_id, '' AS user_id WHERE FALSE;

-- +goose StatementBegin
CREATE TRIGGER person_left INSTEAD OF INSERT ON people_left WHEN new.organization_id <> '' BEGIN
    DELETE FROM people WHERE organization_id = new.organization_id AND user_id = new.user_id
        AND NOT EXISTS (
            SELECT 1 FROM role_assignments a JOIN organizations o ON o.id = a.organization_id
            WHERE a.user_id = new.user_id
                AND (o.kind = 'school' AND o.id = new.organization_id OR o.kind = 'classroom' AND o.school_id = new.organization_id)
        )
        AND NOT EXISTS (
            SELECT 1 FROM users u JOIN organizations h ON h.id = u.organization_id
            WHERE u.id = new.user_id AND h.id = new.organization_id AND h.kind = 'school'
        );
    INSERT INTO people_touched (organization_id, user_id) VALUES (new.organization_id, new.user_id);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_assigned AFTER INSERT ON role_assignments BEGIN
    INSERT INTO people_touched (organization_id, user_id)
    SELECT CASE o.kind WHEN 'school' THEN o.id WHEN 'classroom' THEN o.school_id ELSE '' END, new.user_id
    FROM organizations o WHERE o.id = new.organization_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_unassigned AFTER DELETE ON role_assignments BEGIN
    INSERT INTO people_left (organization_id, user_id)
    SELECT CASE o.kind WHEN 'school' THEN o.id WHEN 'classroom' THEN o.school_id ELSE '' END, old.user_id
    FROM organizations o WHERE o.id = old.organization_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_reassigned AFTER UPDATE OF organization_id, user_id, role, state ON role_assignments
WHEN old.organization_id <> new.organization_id OR old.user_id <> new.user_id OR old.role <> new.role OR old.state <> new.state
BEGIN
    INSERT INTO people_left (organization_id, user_id)
    SELECT CASE o.kind WHEN 'school' THEN o.id WHEN 'classroom' THEN o.school_id ELSE '' END, old.user_id
    FROM organizations o WHERE o.id = old.organization_id
        AND (old.organization_id <> new.organization_id OR old.user_id <> new.user_id);
    INSERT INTO people_touched (organization_id, user_id)
    SELECT CASE o.kind WHEN 'school' THEN o.id WHEN 'classroom' THEN o.school_id ELSE '' END, new.user_id
    FROM organizations o WHERE o.id = new.organization_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_known AFTER INSERT ON users BEGIN
    DELETE FROM people_search WHERE rowid IN (SELECT p.row_id FROM people p WHERE p.user_id = new.id);
    INSERT INTO people_search (rowid, words) SELECT row_id, words FROM people_search_rows WHERE user_id = new.id;
    INSERT INTO people_touched (organization_id, user_id) SELECT p.organization_id, p.user_id FROM people p WHERE p.user_id = new.id;
    INSERT INTO people_touched (organization_id, user_id) SELECT new.organization_id, new.id
    WHERE NOT EXISTS (SELECT 1 FROM people p WHERE p.user_id = new.id AND p.organization_id = new.organization_id);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_seen AFTER UPDATE OF organization_id, sort_name, state, credentials, last_seen_us ON users
WHEN old.organization_id <> new.organization_id OR old.sort_name <> new.sort_name OR old.state <> new.state
    OR old.credentials <> new.credentials OR (old.last_seen_us > 0) <> (new.last_seen_us > 0)
BEGIN
    INSERT INTO people_left (organization_id, user_id) SELECT old.organization_id, new.id
    WHERE old.organization_id <> new.organization_id;
    INSERT INTO people_touched (organization_id, user_id) SELECT new.organization_id, new.id
    WHERE old.organization_id <> new.organization_id;
    INSERT INTO people_touched (organization_id, user_id) SELECT p.organization_id, p.user_id FROM people p WHERE p.user_id = new.id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_renamed AFTER UPDATE OF search_words ON users WHEN old.search_words <> new.search_words BEGIN
    DELETE FROM people_search WHERE rowid IN (SELECT p.row_id FROM people p WHERE p.user_id = new.id);
    INSERT INTO people_search (rowid, words) SELECT row_id, words FROM people_search_rows WHERE user_id = new.id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_removed AFTER DELETE ON users BEGIN
    DELETE FROM people_search WHERE rowid IN (SELECT p.row_id FROM people p WHERE p.user_id = old.id);
    INSERT INTO people_left (organization_id, user_id) SELECT p.organization_id, p.user_id FROM people p WHERE p.user_id = old.id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER people_of_organization_inserted AFTER INSERT ON organizations WHEN new.kind <> '' BEGIN
    INSERT INTO people_touched (organization_id, user_id)
    SELECT CASE new.kind WHEN 'school' THEN new.id ELSE new.school_id END, a.user_id
    FROM role_assignments a WHERE a.organization_id = new.id;
    INSERT INTO people_touched (organization_id, user_id)
    SELECT new.id, u.id FROM users u WHERE new.kind = 'school' AND u.organization_id = new.id;
END;
-- +goose StatementEnd

-- Guests of a school may be at home in its new classroom, too.
-- +goose StatementBegin
CREATE TRIGGER people_of_organization_changed AFTER UPDATE OF kind, school_id, state ON organizations
WHEN old.kind <> new.kind OR old.school_id <> new.school_id OR old.state <> new.state
BEGIN
    INSERT INTO people_left (organization_id, user_id)
    SELECT CASE old.kind WHEN 'school' THEN old.id WHEN 'classroom' THEN old.school_id ELSE '' END, a.user_id
    FROM role_assignments a WHERE a.organization_id = new.id AND (old.kind <> new.kind OR old.school_id <> new.school_id);
    INSERT INTO people_left (organization_id, user_id)
    SELECT p.organization_id, p.user_id FROM people p WHERE old.kind = 'school' AND new.kind <> 'school' AND p.organization_id = old.id;
    INSERT INTO people_touched (organization_id, user_id)
    SELECT CASE new.kind WHEN 'school' THEN new.id WHEN 'classroom' THEN new.school_id ELSE '' END, a.user_id
    FROM role_assignments a WHERE a.organization_id = new.id AND NOT (old.kind = 'school' AND new.kind = 'school');
    INSERT INTO people_touched (organization_id, user_id)
    SELECT new.id, u.id FROM users u WHERE new.kind = 'school' AND old.kind <> 'school' AND u.organization_id = new.id;
    INSERT INTO people_touched (organization_id, user_id)
    SELECT p.organization_id, p.user_id FROM users u JOIN people p ON p.user_id = u.id
    WHERE u.organization_id = new.id AND (old.kind <> new.kind OR old.school_id <> new.school_id);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER people_of_organization_deleted AFTER DELETE ON organizations WHEN old.kind <> '' BEGIN
    INSERT INTO people_left (organization_id, user_id)
    SELECT p.organization_id, p.user_id FROM people p WHERE p.organization_id = old.id;
    INSERT INTO people_left (organization_id, user_id)
    SELECT old.school_id, a.user_id FROM role_assignments a WHERE old.kind = 'classroom' AND a.organization_id = old.id;
END;
-- +goose StatementEnd

INSERT INTO people_touched (organization_id, user_id)
SELECT u.organization_id, u.id FROM organizations o JOIN users u ON u.organization_id = o.id WHERE o.kind = 'school';
INSERT INTO people_touched (organization_id, user_id)
SELECT CASE o.kind WHEN 'school' THEN o.id ELSE o.school_id END, a.user_id
FROM organizations o JOIN role_assignments a ON a.organization_id = o.id WHERE o.kind <> '';

-- Own tables: changes to many, one at a time and in the background.

CREATE TABLE bulk_runs (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    action          TEXT NOT NULL,
    parameters      TEXT NOT NULL DEFAULT '', -- JSON
    undo_of         TEXT NOT NULL DEFAULT '', -- the run that this one undoes
    undone_by       TEXT NOT NULL DEFAULT '',
    actor_id        TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    request_id      TEXT NOT NULL DEFAULT '',
    client_address  TEXT NOT NULL DEFAULT '',
    device          TEXT NOT NULL DEFAULT '',
    total           BIGINT NOT NULL,
    changed         BIGINT NOT NULL DEFAULT 0,
    unchanged       BIGINT NOT NULL DEFAULT 0, -- were so already
    refused         BIGINT NOT NULL DEFAULT 0,
    trouble         TEXT NOT NULL DEFAULT '', -- why it waits: a message of the catalogue, as JSON
    begun_us        BIGINT NOT NULL,
    finished_us     BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX bulk_runs_by_time ON bulk_runs (organization_id, begun_us, id);

CREATE TABLE bulk_items (
    organization_id TEXT NOT NULL,
    run_id          TEXT NOT NULL,
    position        BIGINT NOT NULL,
    target          TEXT NOT NULL, -- a user, or an organization
    name            TEXT NOT NULL, -- as it was then
    state           TEXT NOT NULL, -- waiting, begun, changed, unchanged, refused
    reason          TEXT NOT NULL DEFAULT '', -- why it was refused: a message of the catalogue, as JSON
    place           TEXT NOT NULL DEFAULT '', -- where, if not in all of the school
    effects         TEXT NOT NULL DEFAULT '', -- what is changed, as JSON: to go on after a crash, and to undo
    PRIMARY KEY (organization_id, run_id, position)
);
CREATE INDEX bulk_items_by_state ON bulk_items (organization_id, run_id, state, position);
