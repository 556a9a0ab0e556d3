-- +goose Up

-- The operators' side: looks into schools, suspended schools, and what the
-- doctor found last.

-- Schools and classrooms that stand alone, each by name.
CREATE INDEX organizations_by_kind ON organizations (school_id, kind, sort_name, id);

-- An operator looks into a school, or into a classroom that stands alone: until
-- then, or until they end it.
CREATE TABLE looks (
    organization_id TEXT NOT NULL, -- the school, or the classroom that stands alone
    id              TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    reason          TEXT NOT NULL,
    begun_us        BIGINT NOT NULL,
    until_us        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX looks_by_user ON looks (user_id, organization_id, until_us);
CREATE INDEX looks_by_end ON looks (until_us);

-- Why a school is closed for the time being. That it is, its state at Zitadel
-- says.
CREATE TABLE suspensions (
    organization_id TEXT PRIMARY KEY,
    reason          TEXT NOT NULL,
    by_id           TEXT NOT NULL,
    by_name         TEXT NOT NULL,
    at_us           BIGINT NOT NULL
);

-- What the doctor found when it last looked.
CREATE TABLE checkups (
    name  TEXT PRIMARY KEY,
    at_us BIGINT NOT NULL,
    found TEXT NOT NULL -- JSON: settings, versions and figures, nothing secret and nothing about people
);
