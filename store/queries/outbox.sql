-- name: InsertMail :exec
INSERT INTO outbox (organization_id, id, invitation_id, setup_link_id, state, sealed, created_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(invitation_id), sqlc.arg(setup_link_id), 'queued',
    sqlc.arg(sealed), sqlc.arg(now_us));

-- name: CloseMail :execrows
-- The text goes: it holds the link.
UPDATE outbox SET state = sqlc.arg(state), sealed = '', closed_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state = 'queued';

-- name: WithdrawMailOf :exec
UPDATE outbox SET state = 'withdrawn', sealed = '', closed_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND invitation_id = sqlc.arg(invitation_id) AND state = 'queued';

-- name: LastMailOf :one
-- The newest mail of an invitation that was not withdrawn.
SELECT state, created_us FROM outbox
WHERE organization_id = sqlc.arg(organization_id) AND invitation_id = sqlc.arg(invitation_id) AND state <> 'withdrawn'
ORDER BY created_us DESC, id DESC
LIMIT 1;
