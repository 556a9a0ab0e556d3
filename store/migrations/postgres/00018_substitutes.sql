-- +goose Up

-- Until when a co-teacher's access to a classroom lasts. The role assignment is
-- named, so that nothing ends which was made since.
CREATE TABLE substitutions (
    organization_id TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    assignment_id   TEXT NOT NULL,
    until_us        BIGINT NOT NULL,
    by_id           TEXT NOT NULL,
    by_name         TEXT NOT NULL,
    made_us         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX substitutions_due ON substitutions (until_us);
