-- Set-up links of an opened school.

-- name: InsertSetupLink :exec
INSERT INTO setup_links (organization_id, id, token_hash, intents, name, address, language, maker_id, maker_name, state,
    step, steps, created_us, expires_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(token_hash), sqlc.arg(intents), sqlc.arg(name), sqlc.arg(address),
    sqlc.arg(language), sqlc.arg(maker_id), sqlc.arg(maker_name), 'sent', 0, sqlc.arg(steps), sqlc.arg(created_us), sqlc.arg(expires_us));

-- name: SetupLinks :many
SELECT * FROM setup_links WHERE organization_id = sqlc.arg(organization_id)
ORDER BY created_us DESC, id DESC
LIMIT sqlc.arg(max_rows);

-- name: SetupLink :one
SELECT * FROM setup_links WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: RenewSetupLink :execrows
UPDATE setup_links SET token_hash = sqlc.arg(token_hash),
    expires_us = CASE WHEN expires_us < sqlc.arg(expires_us) THEN sqlc.arg(expires_us) ELSE expires_us END
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state IN ('sent', 'opened');

-- name: SetupLinkConfirmed :exec
UPDATE setup_links SET state = 'opened', seen_us = sqlc.arg(now_us),
    opened_us = CASE WHEN opened_us = 0 THEN sqlc.arg(now_us) ELSE opened_us END
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state IN ('sent', 'opened');

-- name: SetupLinkProgress :exec
-- The farthest step counts: going back to look at something undoes nothing.
UPDATE setup_links SET seen_us = sqlc.arg(now_us), step = CASE WHEN step < sqlc.arg(step) THEN sqlc.arg(step) ELSE step END
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state IN ('sent', 'opened');

-- name: EndSetupLink :execrows
UPDATE setup_links SET state = sqlc.arg(state)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state IN ('sent', 'opened');

-- name: SetupLinkActivates :execrows
-- It activates one connection: the one it began with, if it was cut off.
UPDATE setup_links SET activates = sqlc.arg(connection_id)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state IN ('sent', 'opened')
    AND (activates = '' OR activates = sqlc.arg(connection_id));

-- name: SetupLinkReleased :exec
UPDATE setup_links SET activates = '' WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: InsertSetupCode :exec
INSERT INTO setup_codes (organization_id, id, link_id, code_hash, created_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(link_id), sqlc.arg(code_hash), sqlc.arg(now_us));

-- name: CountSetupCodes :one
SELECT COUNT(*) FROM setup_codes
WHERE organization_id = sqlc.arg(organization_id) AND link_id = sqlc.arg(link_id) AND created_us > sqlc.arg(since_us);

-- name: LastSetupCode :one
SELECT * FROM setup_codes WHERE organization_id = sqlc.arg(organization_id) AND link_id = sqlc.arg(link_id)
ORDER BY created_us DESC, id DESC
LIMIT 1;

-- name: SetupCodeTried :exec
UPDATE setup_codes SET tries = tries + 1 WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: SetupCodeUsed :execrows
UPDATE setup_codes SET used_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND used_us = 0;

-- name: WithdrawMailOfSetupLink :exec
UPDATE outbox SET state = 'withdrawn', sealed = '', closed_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND setup_link_id = sqlc.arg(setup_link_id) AND setup_link_id <> '' AND state = 'queued';
