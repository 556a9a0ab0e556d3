-- +goose Up

-- What a school sets about itself: rules the portal keeps, what Zitadel was last
-- known to keep, and how its pages look.

CREATE TABLE policies (
    organization_id    TEXT PRIMARY KEY,
    staff_factor       BOOLEAN NOT NULL,
    names              TEXT NOT NULL,
    invitation_days    BIGINT NOT NULL,
    invitation_domains TEXT NOT NULL, -- separated by spaces; empty: any
    changed_us         BIGINT NOT NULL
);

CREATE TABLE login_policies (
    organization_id TEXT PRIMARY KEY,
    policy          TEXT NOT NULL DEFAULT '', -- JSON; empty until it was read
    read_us         BIGINT NOT NULL DEFAULT 0,
    stale_us        BIGINT NOT NULL DEFAULT 0 -- when somebody changed it elsewhere, or it was asked for
);
CREATE INDEX login_policies_stale ON login_policies (stale_us) WHERE stale_us <> 0;

CREATE TABLE branding (
    organization_id TEXT PRIMARY KEY,
    colour          TEXT NOT NULL,
    on_light        TEXT NOT NULL,
    on_dark         TEXT NOT NULL,
    logo            BLOB NOT NULL, -- PNG; empty for none
    version         TEXT NOT NULL,
    changed_us      BIGINT NOT NULL
);
