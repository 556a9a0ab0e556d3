-- +goose Up

-- Projection: what people sign in with.

CREATE TABLE credentials (
    user_id  TEXT COLLATE "C" NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    id       TEXT COLLATE "C" NOT NULL, -- empty where there is one of a kind
    added_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind, id)
);

-- The set of kinds: bit n is kind n of identity.Credentials.
ALTER TABLE users ADD COLUMN credentials BIGINT NOT NULL DEFAULT 0;

-- What was known of the users so far leaves their credentials out: their events
-- are read again, a thousand users in each pass.
INSERT INTO stale_aggregates (aggregate, sequence, noted_us, due_us)
SELECT id, sequence, (EXTRACT(EPOCH FROM now()) * 1000000)::BIGINT, 0 FROM users
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
    row_id          BIGINT GENERATED ALWAYS AS IDENTITY,
    organization_id TEXT COLLATE "C" NOT NULL, -- the school
    user_id         TEXT COLLATE "C" NOT NULL,
    sort_name       TEXT COLLATE "C" NOT NULL,
    facets          BIGINT NOT NULL,
    classrooms      BIGINT NOT NULL, -- in use
    UNIQUE (user_id, organization_id)
);
-- With facets, so that a filter need not look at the rows it leaves out.
CREATE INDEX people_by_name ON people (organization_id, sort_name, user_id, facets);
CREATE INDEX people_by_facets ON people (organization_id, facets, sort_name, user_id);

-- How many there are of each kind, so that no page has to count a school.
CREATE TABLE people_counts (
    organization_id TEXT COLLATE "C" NOT NULL,
    facets          BIGINT NOT NULL,
    people          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, facets)
);

-- +goose StatementBegin
CREATE FUNCTION person_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE people_counts SET people = people - 1 WHERE organization_id = OLD.organization_id AND facets = OLD.facets;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO people_counts (organization_id, facets, people) VALUES (NEW.organization_id, NEW.facets, 1)
        ON CONFLICT (organization_id, facets) DO UPDATE SET people = people_counts.people + 1;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER person_counted AFTER INSERT OR DELETE OR UPDATE OF facets ON people
    FOR EACH ROW EXECUTE FUNCTION person_counted();

-- Where people of an organization belong.
-- +goose StatementBegin
CREATE FUNCTION school_of(kind TEXT, id TEXT, school_id TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind WHEN 'school' THEN id WHEN 'classroom' THEN school_id ELSE '' END
$$;
-- +goose StatementEnd

-- Looks at somebody in a school again.
-- +goose StatementBegin
CREATE FUNCTION person_touched(school TEXT, who TEXT) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF school = '' THEN
        RETURN;
    END IF;
    INSERT INTO people (organization_id, user_id, sort_name, facets, classrooms)
    SELECT school, who, COALESCE(u.sort_name, ''),
        r.roles
        | CASE WHEN u.id IS NULL OR u.organization_id = school OR EXISTS (
            SELECT 1 FROM organizations h WHERE h.id = u.organization_id AND h.kind = 'classroom' AND h.school_id = school
          ) THEN 0 ELSE 16 END
        | CASE WHEN u.last_seen_us > 0 THEN 32 ELSE 0 END
        | CASE WHEN u.state = 'inactive' THEN 128 WHEN u.state = 'locked' THEN 256
            WHEN r.live > 0 AND r.live = r.suspended THEN 64 ELSE 0 END
        | (COALESCE(u.credentials, 0) << 10),
        r.classrooms
    FROM (
        SELECT COUNT(*) AS standings, COUNT(*) FILTER (WHERE s.live) AS live,
            COUNT(*) FILTER (WHERE s.live AND s.state = 'suspended') AS suspended,
            COUNT(*) FILTER (WHERE s.live AND s.kind = 'classroom') AS classrooms,
            COALESCE(bit_or(CASE WHEN s.live AND s.role_order BETWEEN 1 AND 4 THEN 1::BIGINT << (s.role_order - 1)::INT ELSE 0 END), 0) AS roles
        FROM (
            SELECT a.role_order, a.state, o.kind, o.kind = 'school' OR o.state = 'active' AS live
            FROM role_assignments a JOIN organizations o ON o.id = a.organization_id
            WHERE a.user_id = who
                AND (o.kind = 'school' AND o.id = school OR o.kind = 'classroom' AND o.school_id = school)
        ) s
    ) r
    LEFT JOIN users u ON u.id = who
    WHERE r.standings > 0 OR u.organization_id = school
        AND EXISTS (SELECT 1 FROM organizations h WHERE h.id = school AND h.kind = 'school')
    ON CONFLICT (user_id, organization_id) DO UPDATE SET
        sort_name = excluded.sort_name, facets = excluded.facets, classrooms = excluded.classrooms
    WHERE people.sort_name <> excluded.sort_name OR people.facets <> excluded.facets OR people.classrooms <> excluded.classrooms;
END $$;
-- +goose StatementEnd

-- The same for who may not be of that school any more.
-- +goose StatementBegin
CREATE FUNCTION person_left(school TEXT, who TEXT) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM people WHERE organization_id = school AND user_id = who
        AND NOT EXISTS (
            SELECT 1 FROM role_assignments a JOIN organizations o ON o.id = a.organization_id
            WHERE a.user_id = who
                AND (o.kind = 'school' AND o.id = school OR o.kind = 'classroom' AND o.school_id = school)
        )
        AND NOT EXISTS (
            SELECT 1 FROM users u JOIN organizations h ON h.id = u.organization_id
            WHERE u.id = who AND h.id = school AND h.kind = 'school'
        );
    PERFORM person_touched(school, who);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION person_assigned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM person_left(school_of(o.kind, o.id, o.school_id), OLD.user_id) FROM organizations o WHERE o.id = OLD.organization_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM person_touched(school_of(o.kind, o.id, o.school_id), NEW.user_id) FROM organizations o WHERE o.id = NEW.organization_id;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER person_assigned AFTER INSERT OR DELETE OR UPDATE OF organization_id, user_id, role, state ON role_assignments
    FOR EACH ROW EXECUTE FUNCTION person_assigned();

-- +goose StatementBegin
CREATE FUNCTION person_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM person_left(p.organization_id, p.user_id) FROM people p WHERE p.user_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM person_touched(p.organization_id, p.user_id) FROM people p WHERE p.user_id = NEW.id;
        PERFORM person_touched(NEW.organization_id, NEW.id);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER person_known AFTER INSERT OR DELETE OR UPDATE OF organization_id, sort_name, state, credentials, last_seen_us ON users
    FOR EACH ROW EXECUTE FUNCTION person_known();

-- +goose StatementBegin
CREATE FUNCTION people_of_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM person_left(p.organization_id, p.user_id) FROM people p WHERE p.organization_id = OLD.id;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM person_left(p.organization_id, p.user_id) FROM people p WHERE p.organization_id = OLD.id AND OLD.kind <> NEW.kind;
        PERFORM person_left(p.organization_id, p.user_id) FROM users u JOIN people p ON p.user_id = u.id
            WHERE u.organization_id = NEW.id AND (OLD.kind <> NEW.kind OR OLD.school_id <> NEW.school_id);
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM person_left(school_of(OLD.kind, OLD.id, OLD.school_id), a.user_id)
        FROM role_assignments a WHERE a.organization_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM person_touched(school_of(NEW.kind, NEW.id, NEW.school_id), a.user_id)
        FROM role_assignments a WHERE a.organization_id = NEW.id;
        PERFORM person_touched(NEW.id, u.id) FROM users u WHERE NEW.kind = 'school' AND u.organization_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER people_of_organization AFTER INSERT OR DELETE OR UPDATE OF kind, school_id, state ON organizations
    FOR EACH ROW EXECUTE FUNCTION people_of_organization();

SELECT person_touched(o.id, u.id) FROM organizations o JOIN users u ON u.organization_id = o.id WHERE o.kind = 'school';
SELECT person_touched(school_of(o.kind, o.id, o.school_id), a.user_id)
FROM organizations o JOIN role_assignments a ON a.organization_id = o.id WHERE o.kind <> '';

-- Own tables: changes to many, one at a time and in the background.

CREATE TABLE bulk_runs (
    organization_id TEXT COLLATE "C" NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
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
    organization_id TEXT COLLATE "C" NOT NULL,
    run_id          TEXT COLLATE "C" NOT NULL,
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
