-- +goose Up

-- How the people of a school sign in: its connections, domains and set-up links.
-- Own tables, of which Zitadel knows a part; what it has to know is done there
-- before it is written here.

-- Connections without what makes them long, so that a sign-in reads little.
CREATE TABLE connections (
    organization_id TEXT COLLATE "C" NOT NULL,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    provider_id     TEXT NOT NULL DEFAULT '', -- at Zitadel; empty until it exists
    vendor          TEXT NOT NULL,
    protocol        TEXT NOT NULL,
    name            TEXT NOT NULL DEFAULT '',
    state           TEXT NOT NULL,
    entity_id       TEXT NOT NULL DEFAULT '',
    issuer          TEXT NOT NULL DEFAULT '',
    client_id       TEXT NOT NULL DEFAULT '', -- its secret is at Zitadel alone
    district        TEXT NOT NULL DEFAULT '',
    joining         TEXT NOT NULL DEFAULT '',
    role            TEXT NOT NULL DEFAULT '',
    classroom_id    TEXT NOT NULL DEFAULT '',
    created_us      BIGINT NOT NULL,
    changed_us      BIGINT NOT NULL, -- when what the identity provider is was changed last
    tested_us       BIGINT NOT NULL DEFAULT 0,
    activated_us    BIGINT NOT NULL DEFAULT 0,
    last_success_us BIGINT NOT NULL DEFAULT 0,
    last_failure_us BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX connections_by_time ON connections (organization_id, created_us, id);
CREATE INDEX connections_active ON connections (state) WHERE state = 'active';

CREATE TABLE connection_metadata (
    organization_id  TEXT COLLATE "C" NOT NULL,
    connection_id    TEXT COLLATE "C" NOT NULL,
    url              TEXT NOT NULL DEFAULT '', -- where it comes from; empty: a file, or by hand
    metadata         TEXT NOT NULL DEFAULT '',
    -- What a refetch brought and nobody has accepted yet; empty: nothing.
    proposal         TEXT NOT NULL DEFAULT '',
    proposed_us      BIGINT NOT NULL DEFAULT 0, -- first
    proposal_seen_us BIGINT NOT NULL DEFAULT 0, -- last
    fetched_us       BIGINT NOT NULL DEFAULT 0, -- the last refetch
    trouble          TEXT NOT NULL DEFAULT '',  -- why it brought nothing: a message of the catalogue, as JSON
    PRIMARY KEY (organization_id, connection_id)
);
CREATE INDEX connection_metadata_proposed ON connection_metadata (proposal_seen_us) WHERE proposal_seen_us <> 0;

CREATE TABLE connection_certificates (
    organization_id TEXT COLLATE "C" NOT NULL,
    connection_id   TEXT COLLATE "C" NOT NULL,
    side            TEXT COLLATE "C" NOT NULL, -- idp, sp
    fingerprint     TEXT COLLATE "C" NOT NULL,
    proposed        BOOLEAN NOT NULL DEFAULT FALSE,
    subject         TEXT NOT NULL DEFAULT '',
    not_before_us   BIGINT NOT NULL DEFAULT 0,
    not_after_us    BIGINT NOT NULL DEFAULT 0,
    warned_days     BIGINT NOT NULL DEFAULT 0, -- days that were left at the last warning; 0: none yet
    PRIMARY KEY (organization_id, connection_id, side, proposed, fingerprint)
);
CREATE INDEX connection_certificates_by_end ON connection_certificates (organization_id, not_after_us, connection_id, fingerprint);

CREATE TABLE connection_domains (
    organization_id TEXT COLLATE "C" NOT NULL,
    connection_id   TEXT COLLATE "C" NOT NULL,
    domain          TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, connection_id, domain)
);
CREATE INDEX connection_domains_by_domain ON connection_domains (organization_id, domain, connection_id);

-- Who has come through a connection once.
CREATE TABLE connected_people (
    organization_id TEXT COLLATE "C" NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    connection_id   TEXT COLLATE "C" NOT NULL,
    external_id     TEXT NOT NULL,
    first_us        BIGINT NOT NULL,
    last_us         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id, connection_id)
);
CREATE INDEX connected_people_by_connection ON connected_people (organization_id, connection_id, user_id);

CREATE TABLE attempts (
    organization_id TEXT COLLATE "C" NOT NULL,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    connection_id   TEXT COLLATE "C" NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    state           TEXT NOT NULL,
    findings        TEXT NOT NULL DEFAULT '', -- JSON, or empty
    received        TEXT NOT NULL DEFAULT '', -- JSON, or empty
    user_id         TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- How it goes on when it comes back; empty once it is finished.
    intent_id       TEXT NOT NULL DEFAULT '',
    browser_hash    TEXT NOT NULL DEFAULT '',
    next_path       TEXT NOT NULL DEFAULT '',
    return_path     TEXT NOT NULL DEFAULT '',
    started_us      BIGINT NOT NULL,
    finished_us     BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX attempts_by_time ON attempts (organization_id, started_us, id);
CREATE INDEX attempts_by_connection ON attempts (organization_id, connection_id, started_us, id);
CREATE INDEX attempts_failed ON attempts (organization_id, started_us, id) WHERE state = 'failed';
CREATE INDEX attempts_of_setup ON attempts (organization_id, started_us, id) WHERE kind <> 'sign-in';
CREATE INDEX attempts_by_age ON attempts (started_us);

-- How real sign-ins went, so that nobody has to count them.
CREATE TABLE connection_days (
    organization_id TEXT COLLATE "C" NOT NULL,
    connection_id   TEXT COLLATE "C" NOT NULL,
    day             BIGINT NOT NULL, -- days since 1970, UTC
    cause           TEXT COLLATE "C" NOT NULL,   -- the first bad finding's code; empty: they passed
    attempts        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, connection_id, day, cause)
);
CREATE INDEX connection_days_by_day ON connection_days (day);

CREATE TABLE domains (
    organization_id TEXT COLLATE "C" NOT NULL,
    name            TEXT COLLATE "C" NOT NULL, -- in lower case, A-labels
    proof           TEXT NOT NULL DEFAULT '',
    token           TEXT NOT NULL DEFAULT '', -- is published
    place           TEXT NOT NULL DEFAULT '',
    joining         TEXT NOT NULL DEFAULT 'off',
    role            TEXT NOT NULL DEFAULT '',
    classroom_id    TEXT NOT NULL DEFAULT '',
    added_us        BIGINT NOT NULL,
    checked_us      BIGINT NOT NULL DEFAULT 0,
    proven_us       BIGINT NOT NULL DEFAULT 0, -- when the portal itself saw the proof of this challenge
    verified_us     BIGINT NOT NULL DEFAULT 0, -- when Zitadel did
    PRIMARY KEY (organization_id, name)
);
CREATE INDEX domains_verified ON domains (name) WHERE verified_us <> 0;

CREATE TABLE join_requests (
    organization_id TEXT COLLATE "C" NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    state           TEXT NOT NULL, -- asked, approved, declined
    name            TEXT NOT NULL DEFAULT '',
    address         TEXT NOT NULL DEFAULT '',
    domain          TEXT NOT NULL DEFAULT '',
    role            TEXT NOT NULL DEFAULT '',
    classroom_id    TEXT NOT NULL DEFAULT '',
    asked_us        BIGINT NOT NULL,
    decided_us      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX join_requests_asked ON join_requests (organization_id, asked_us, user_id) WHERE state = 'asked';
CREATE INDEX join_requests_decided ON join_requests (decided_us) WHERE decided_us <> 0;

CREATE TABLE enforcements (
    organization_id  TEXT COLLATE "C" PRIMARY KEY,
    enforced         BOOLEAN NOT NULL DEFAULT FALSE,
    since_us         BIGINT NOT NULL DEFAULT 0,
    recovery_hash    TEXT COLLATE "C" NOT NULL DEFAULT '', -- SHA-256, hexadecimal, of the recovery link
    recovery_made_us BIGINT NOT NULL DEFAULT 0,
    recovery_used_us BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX enforcements_by_recovery ON enforcements (recovery_hash) WHERE recovery_hash <> '';

CREATE TABLE enforcement_exceptions (
    organization_id TEXT COLLATE "C" NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    name            TEXT NOT NULL DEFAULT '',
    break_glass     BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (organization_id, user_id)
);

CREATE TABLE setup_links (
    organization_id TEXT COLLATE "C" NOT NULL,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    token_hash      TEXT COLLATE "C" NOT NULL UNIQUE, -- SHA-256, hexadecimal
    intents         TEXT NOT NULL,        -- comma-separated
    name            TEXT NOT NULL DEFAULT '',
    address         TEXT NOT NULL,
    language        TEXT NOT NULL DEFAULT '',
    maker_id        TEXT NOT NULL,
    maker_name      TEXT NOT NULL,
    state           TEXT NOT NULL, -- expired is not stored: see expires_us
    step            BIGINT NOT NULL DEFAULT 0,
    steps           BIGINT NOT NULL DEFAULT 0,
    activates       TEXT NOT NULL DEFAULT '', -- the one connection it activates, once that is begun
    created_us      BIGINT NOT NULL,
    opened_us       BIGINT NOT NULL DEFAULT 0,
    seen_us         BIGINT NOT NULL DEFAULT 0,
    expires_us      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX setup_links_by_time ON setup_links (organization_id, created_us, id);
CREATE INDEX setup_links_by_expiry ON setup_links (expires_us);

-- The codes that were sent to a link's address. The newest one counts.
CREATE TABLE setup_codes (
    organization_id TEXT COLLATE "C" NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    link_id         TEXT COLLATE "C" NOT NULL,
    code_hash       TEXT NOT NULL, -- SHA-256, hexadecimal, of the link's ID and the code
    tries           BIGINT NOT NULL DEFAULT 0, -- wrong ones
    created_us      BIGINT NOT NULL,
    used_us         BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX setup_codes_by_link ON setup_codes (organization_id, link_id, created_us, id);
CREATE INDEX setup_codes_by_time ON setup_codes (created_us);

-- Mails of a set-up link, so that they can be withdrawn with it.
ALTER TABLE outbox ADD COLUMN setup_link_id TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX outbox_by_setup_link ON outbox (organization_id, setup_link_id) WHERE setup_link_id <> '';

-- What stands behind the last @ of a user name and of an address, in lower case:
-- see domainOf. Whoever has a user name like an address is renamed by Zitadel
-- when another organization proves that domain. It is what is left of a text
-- when all that is no @ is cut from its right end.
ALTER TABLE users ADD COLUMN user_name_domain TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN address_domain TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE users SET user_name_domain = LOWER(substr(user_name, length(rtrim(user_name, replace(user_name, '@', ''))) + 1))
WHERE replace(user_name, '@', '') <> user_name;
UPDATE users SET address_domain = LOWER(substr(address, length(rtrim(address, replace(address, '@', ''))) + 1))
WHERE replace(address, '@', '') <> address;
CREATE INDEX users_by_user_name_domain ON users (user_name_domain, user_name, id) WHERE user_name_domain <> '';
-- A rehearsal goes through the people at home in a school by name.
CREATE INDEX users_by_home ON users (organization_id, sort_name, id, state, address_domain, address_verified);
