-- +goose Up

-- Whom somebody has ticked on a list, until something is done with them: it goes
-- with them from page to page.
CREATE TABLE list_selections (
    organization_id TEXT NOT NULL, -- whose list it is
    actor_id        TEXT NOT NULL, -- who ticks
    user_id         TEXT NOT NULL,
    chosen_us       BIGINT NOT NULL,
    PRIMARY KEY (organization_id, actor_id, user_id)
);
CREATE INDEX list_selections_by_age ON list_selections (chosen_us);
CREATE INDEX list_selections_by_user ON list_selections (user_id);
CREATE INDEX list_selections_by_actor ON list_selections (actor_id);

-- Contacts of students: to be called, not to sign in. Nothing is mailed to them
-- by itself.
CREATE TABLE guardians (
    organization_id TEXT NOT NULL, -- where the student is at home
    user_id         TEXT NOT NULL, -- the student
    id              TEXT NOT NULL,
    source          TEXT NOT NULL, -- whose list brought them; empty: entered by hand
    position        BIGINT NOT NULL,
    name            TEXT NOT NULL,
    relation        TEXT NOT NULL,
    address         TEXT NOT NULL,
    phone           TEXT NOT NULL,
    language        TEXT NOT NULL,
    changed_us      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id, id)
);
CREATE INDEX guardians_by_user ON guardians (user_id);

-- +goose StatementBegin
CREATE FUNCTION listed_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM guardians WHERE user_id = OLD.id;
    DELETE FROM list_selections WHERE user_id = OLD.id;
    DELETE FROM list_selections WHERE actor_id = OLD.id;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER listed_removed AFTER DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION listed_removed();
