-- +goose Up

-- Records become one log: found by when they happened, chained when they are
-- closed. row_id is the time a record was begun, in microseconds, times 1024,
-- and counts up within one: the order of row_id is that of the pages, and search
-- is read in it as well.
ALTER TABLE audit_records RENAME TO audit_records_before;
CREATE TABLE audit_records (
    row_id          BIGINT PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL,
    home_id         TEXT COLLATE "C" NOT NULL DEFAULT '', -- whose chain it is; empty until known
    id              TEXT COLLATE "C" NOT NULL,
    at_us           BIGINT NOT NULL,
    actor_id        TEXT COLLATE "C" NOT NULL DEFAULT '',
    actor_name      TEXT NOT NULL DEFAULT '',
    actor_role      TEXT NOT NULL DEFAULT '',
    action          TEXT NOT NULL,
    target          TEXT COLLATE "C" NOT NULL DEFAULT '',
    target_name     TEXT NOT NULL DEFAULT '',
    before_values   TEXT NOT NULL DEFAULT '', -- JSON object of texts, or empty
    after_values    TEXT NOT NULL DEFAULT '',
    request_id      TEXT NOT NULL DEFAULT '',
    client_address  TEXT NOT NULL DEFAULT '',
    device          TEXT NOT NULL DEFAULT '', -- User-Agent
    source          TEXT NOT NULL,
    outcome         TEXT NOT NULL,
    closed_us       BIGINT NOT NULL DEFAULT 0,
    event_type      TEXT NOT NULL DEFAULT '',
    event_aggregate TEXT NOT NULL DEFAULT '',
    event_sequence  BIGINT NOT NULL DEFAULT 0,
    -- Where it stands, once it is closed; until then 0.
    position        BIGINT NOT NULL DEFAULT 0, -- in the log of the installation
    number          BIGINT NOT NULL DEFAULT 0, -- in the chain of home_id
    hash            TEXT NOT NULL DEFAULT ''   -- hexadecimal; "-": from before chains, see catchUpAudit
);

-- An opening that is still begun stands in the log of the classroom from now on,
-- which the school's is made of. Equal times count up.
INSERT INTO audit_records (row_id, organization_id, home_id, id, at_us, actor_id, actor_name, actor_role, action, target,
    target_name, before_values, after_values, request_id, client_address, source, outcome, closed_us, hash)
SELECT n.place + MAX(r.at_us * 1024 - n.place) OVER (ORDER BY n.place),
    CASE WHEN r.outcome = 'begun' AND r.id = 'opening-' || r.target THEN r.target ELSE r.organization_id END,
    COALESCE(NULLIF(s.school_id, ''), r.organization_id), r.id, r.at_us, r.actor_id, r.actor_name, r.actor_role, r.action, r.target,
    r.target_name, r.before_values, r.after_values, r.request_id, r.client_address, r.source, r.outcome, r.closed_us, '-'
FROM audit_records_before r
JOIN (SELECT organization_id, id, ROW_NUMBER() OVER (ORDER BY at_us, organization_id, id) AS place
    FROM audit_records_before) n ON n.organization_id = r.organization_id AND n.id = r.id
LEFT JOIN organizations s ON s.id = r.organization_id;

DROP TABLE audit_records_before;

CREATE UNIQUE INDEX audit_records_by_id ON audit_records (id, organization_id);
CREATE INDEX audit_records_by_organization ON audit_records (organization_id, row_id);
CREATE INDEX audit_records_by_home ON audit_records (home_id, row_id);
CREATE INDEX audit_records_undone ON audit_records (home_id, outcome, row_id) WHERE outcome <> 'done';
CREATE INDEX audit_records_begun ON audit_records (organization_id, target) WHERE outcome = 'begun';
CREATE UNIQUE INDEX audit_records_by_position ON audit_records (position) WHERE position > 0;
CREATE UNIQUE INDEX audit_records_by_number ON audit_records (home_id, number) WHERE number > 0;
CREATE INDEX audit_records_unchained ON audit_records (hash) WHERE hash = '-';
CREATE INDEX audit_records_loose ON audit_records (source) WHERE outcome <> 'begun' AND position = 0; -- nobody's doing but somebody's at the database

-- The end of each chain, and what was removed from its beginning. The row with
-- no home is the installation's: its position is the last one given out.
CREATE TABLE audit_heads (
    home_id         TEXT COLLATE "C" PRIMARY KEY,
    position        BIGINT NOT NULL DEFAULT 0,
    number          BIGINT NOT NULL DEFAULT 0,
    hash            TEXT NOT NULL DEFAULT '',
    anchor_position BIGINT NOT NULL DEFAULT 0, -- of the last record that was removed
    anchor_number   BIGINT NOT NULL DEFAULT 0,
    anchor_hash     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_heads_by_position ON audit_heads (position);

-- How long a school keeps its log. Without a row: for good.
CREATE TABLE audit_retention (
    organization_id TEXT COLLATE "C" PRIMARY KEY,
    months          BIGINT NOT NULL,
    changed_us      BIGINT NOT NULL
);

CREATE TABLE audit_checkpoints (
    number    BIGINT PRIMARY KEY,
    at_us     BIGINT NOT NULL,
    position  BIGINT NOT NULL,
    body      TEXT NOT NULL, -- what is signed
    signature TEXT NOT NULL
);

-- The words that are found by their beginning, of every home. FTS5 would gather
-- all that any of them matches before it answers the first.
CREATE TABLE audit_words (
    home_id TEXT COLLATE "C" NOT NULL,
    word    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (home_id, word)
);

-- Sign-ins of a day (UTC, days since 1970), and who they were of while the day
-- may still grow. Kept by the trigger alone.
CREATE TABLE sign_in_days (
    organization_id TEXT COLLATE "C" NOT NULL, -- home of the people
    day             BIGINT NOT NULL,
    people          BIGINT NOT NULL,
    sign_ins        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, day)
);
CREATE TABLE sign_in_people (
    organization_id TEXT COLLATE "C" NOT NULL,
    day             BIGINT NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, day, user_id)
);
CREATE INDEX sign_in_people_by_day ON sign_in_people (day);

-- +goose StatementBegin
CREATE FUNCTION audit_record_sign_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sign_in_days (organization_id, day, people, sign_ins)
    VALUES (NEW.organization_id, NEW.at_us / 86400000000, CASE WHEN EXISTS (
        SELECT 1 FROM sign_in_people p WHERE p.organization_id = NEW.organization_id
            AND p.day = NEW.at_us / 86400000000 AND p.user_id = NEW.target) THEN 0 ELSE 1 END, 1)
    ON CONFLICT (organization_id, day) DO UPDATE SET people = sign_in_days.people + excluded.people, sign_ins = sign_in_days.sign_ins + 1;
    INSERT INTO sign_in_people (organization_id, day, user_id)
    VALUES (NEW.organization_id, NEW.at_us / 86400000000, NEW.target)
    ON CONFLICT (organization_id, day, user_id) DO NOTHING;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_record_sign_in AFTER INSERT ON audit_records
    FOR EACH ROW WHEN (NEW.action = 'sign-in.done') EXECUTE FUNCTION audit_record_sign_in();
