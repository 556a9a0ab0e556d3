-- +goose Up

-- Until when a co-teacher's access to a classroom lasts. The role assignment is
-- named, so that nothing ends which was made since; empty while it is made, and
-- for good if the portal did not get to hear its ID.
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
CREATE INDEX substitutions_user ON substitutions (user_id);

-- +goose StatementBegin
CREATE TRIGGER substitution_orphaned AFTER DELETE ON users BEGIN
    DELETE FROM substitutions WHERE user_id = old.id;
END;
-- +goose StatementEnd
