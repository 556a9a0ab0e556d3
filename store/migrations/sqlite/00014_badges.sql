-- +goose Up

-- Badges: QR codes on students' cards that sign them in.

CREATE TABLE badge_rules (
    organization_id TEXT PRIMARY KEY, -- the school
    state           TEXT NOT NULL,    -- on, ending (voided, not yet detached at Zitadel) or off
    kind            TEXT NOT NULL,    -- standing or once
    weekdays        TEXT NOT NULL,    -- digits, 0 is Sunday; empty: every day
    from_minute     BIGINT NOT NULL,
    until_minute    BIGINT NOT NULL,  -- 0: at any time of the day
    zone            TEXT NOT NULL,
    networks        TEXT NOT NULL,    -- CIDR, separated by spaces; empty: everywhere
    uses            BIGINT NOT NULL,  -- of one badge, 0: any number
    days            BIGINT NOT NULL,  -- a badge lasts
    provider_id     TEXT NOT NULL DEFAULT '', -- at Zitadel
    changed_us      BIGINT NOT NULL
);
CREATE INDEX badge_rules_ending ON badge_rules (changed_us) WHERE state = 'ending';

-- Who a student is at the school's badge connection at Zitadel.
CREATE TABLE badge_links (
    organization_id TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    provider_id     TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    linked_us       BIGINT NOT NULL DEFAULT 0, -- 0: not known to be there
    PRIMARY KEY (organization_id, user_id)
);

CREATE TABLE badges (
    organization_id  TEXT NOT NULL, -- the school
    id               TEXT NOT NULL UNIQUE,
    user_id          TEXT NOT NULL,
    token_hash       TEXT NOT NULL UNIQUE,
    kind             TEXT NOT NULL, -- as the school's rules were when it was made
    made_us          BIGINT NOT NULL,
    maker_id         TEXT NOT NULL,
    maker_name       TEXT NOT NULL,
    uses             BIGINT NOT NULL DEFAULT 0,
    used_us          BIGINT NOT NULL DEFAULT 0,
    used_address     TEXT NOT NULL DEFAULT '',
    used_device      TEXT NOT NULL DEFAULT '',
    void_us          BIGINT NOT NULL DEFAULT 0,
    void_why         TEXT NOT NULL DEFAULT '',
    reserved_by      TEXT NOT NULL DEFAULT '', -- the sign-in under way with one that may be used once more
    reserved_browser TEXT NOT NULL DEFAULT '', -- hash of what tells the browser of it
    reserved_us      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX badges_in_use ON badges (organization_id, user_id) WHERE void_us = 0;
CREATE INDEX badges_of_user ON badges (organization_id, user_id, made_us);
CREATE INDEX badges_voided ON badges (void_us) WHERE void_us <> 0;

-- Each way through Zitadel that a badge began, and each that was refused.
CREATE TABLE badge_sign_ins (
    organization_id TEXT NOT NULL, -- the school
    id              TEXT NOT NULL UNIQUE,
    badge_id        TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    state_hash      TEXT NOT NULL DEFAULT '', -- of the OpenID Connect request
    begun_us        BIGINT NOT NULL,
    answered_us     BIGINT NOT NULL DEFAULT 0, -- Zitadel was given a token
    finished_us     BIGINT NOT NULL DEFAULT 0,
    ends_us         BIGINT NOT NULL DEFAULT 0, -- when the session has to end
    refused         TEXT NOT NULL DEFAULT '',  -- why
    address         TEXT NOT NULL DEFAULT '',
    device          TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX badge_sign_ins_by_time ON badge_sign_ins (organization_id, begun_us);
CREATE INDEX badge_sign_ins_of_badge ON badge_sign_ins (organization_id, badge_id, begun_us);
CREATE INDEX badge_sign_ins_of_user ON badge_sign_ins (user_id, answered_us);
CREATE INDEX badge_sign_ins_old ON badge_sign_ins (begun_us);

-- The badge a session was begun with; empty for every other sign-in.
ALTER TABLE sessions ADD COLUMN badge_id TEXT NOT NULL DEFAULT '';
