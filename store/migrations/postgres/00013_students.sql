-- +goose Up

-- Students without e-mail.

-- How their accounts are made. A classroom of a school has a row if its first
-- secrets are of another length; what is empty there is the school's.
CREATE TABLE student_rules (
    organization_id TEXT PRIMARY KEY,
    pattern         TEXT NOT NULL DEFAULT '',
    spelling        TEXT NOT NULL DEFAULT '',
    words           TEXT NOT NULL DEFAULT '',
    band            TEXT NOT NULL DEFAULT '',
    must_change     TEXT NOT NULL DEFAULT '', -- bands, separated by spaces
    changed_us      BIGINT NOT NULL
);

-- What Zitadel asks of passwords of people at home in an organization.
CREATE TABLE password_rules (
    organization_id TEXT PRIMARY KEY,
    rules           TEXT NOT NULL DEFAULT '', -- JSON; empty until they were read
    read_us         BIGINT NOT NULL DEFAULT 0,
    stale_us        BIGINT NOT NULL DEFAULT 0 -- when somebody changed them elsewhere, or they were asked for
);
CREATE INDEX password_rules_stale ON password_rules (stale_us) WHERE stale_us <> 0;

-- First secrets, for login cards, until the student has signed in.
CREATE TABLE first_secrets (
    organization_id TEXT NOT NULL, -- where the student is at home
    user_id         TEXT NOT NULL,
    sealed          TEXT NOT NULL,
    kept_us         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX first_secrets_by_user ON first_secrets (user_id);
CREATE INDEX first_secrets_by_time ON first_secrets (kept_us);

-- Sheets of login cards, for who made them.
CREATE TABLE card_sheets (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    actor_id        TEXT NOT NULL,
    made_us         BIGINT NOT NULL,
    expires_us      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
-- What a card's picture leads to is sealed: it may be a badge, which lets people
-- in. First secrets stay where they are and are read when the sheet is shown.
CREATE TABLE card_sheet_items (
    organization_id TEXT NOT NULL,
    sheet_id        TEXT NOT NULL,
    position        BIGINT NOT NULL,
    user_id         TEXT NOT NULL,
    classroom_id    TEXT NOT NULL, -- whose name is on the card; may be empty
    sealed          TEXT NOT NULL, -- empty: the sign-in page
    why             TEXT NOT NULL DEFAULT '', -- there is no card: the message that says why
    PRIMARY KEY (organization_id, sheet_id, position)
);
CREATE INDEX card_sheets_by_end ON card_sheets (expires_us);

-- A sign-in up to a minute before the secret was kept counts: clocks differ, and
-- a secret too few on a card is better than one too many.
-- +goose StatementBegin
CREATE FUNCTION first_secret_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM first_secrets WHERE user_id = OLD.id;
    ELSIF NEW.last_seen_us > OLD.last_seen_us THEN
        DELETE FROM first_secrets WHERE user_id = NEW.id AND kept_us <= NEW.last_seen_us + 60000000;
    END IF;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER first_secret_used AFTER DELETE OR UPDATE OF last_seen_us ON users
    FOR EACH ROW EXECUTE FUNCTION first_secret_used();
