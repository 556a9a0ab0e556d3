-- name: InsertAuditRecord :exec
INSERT INTO audit_records (
    organization_id, id, at_us, actor_id, actor_name, actor_role, action, target, target_name,
    before_values, after_values, request_id, client_address, source, outcome, closed_us
) VALUES (
    sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(at_us), sqlc.arg(actor_id), sqlc.arg(actor_name), sqlc.arg(actor_role),
    sqlc.arg(action), sqlc.arg(target), sqlc.arg(target_name), sqlc.arg(before_values), sqlc.arg(after_values),
    sqlc.arg(request_id), sqlc.arg(client_address), sqlc.arg(source), sqlc.arg(outcome), sqlc.arg(closed_us)
);

-- name: CloseAuditRecord :execrows
UPDATE audit_records SET outcome = sqlc.arg(outcome), closed_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND outcome = 'begun';

-- name: AuditRecords :many
-- Newest first, strictly before a record.
SELECT * FROM audit_records
WHERE organization_id = sqlc.arg(organization_id) AND (at_us, id) < (CAST(sqlc.arg(before_us) AS BIGINT), CAST(sqlc.arg(before_id) AS TEXT))
    AND (CAST(sqlc.arg(action) AS TEXT) = '' OR action = CAST(sqlc.arg(action) AS TEXT))
ORDER BY at_us DESC, id DESC
LIMIT sqlc.arg(max_rows);

-- name: AuditRecordsOfTarget :many
SELECT * FROM audit_records
WHERE organization_id = sqlc.arg(organization_id) AND target = sqlc.arg(target)
    AND (at_us, id) < (CAST(sqlc.arg(before_us) AS BIGINT), CAST(sqlc.arg(before_id) AS TEXT))
    AND (CAST(sqlc.arg(action) AS TEXT) = '' OR action = CAST(sqlc.arg(action) AS TEXT))
ORDER BY at_us DESC, id DESC
LIMIT sqlc.arg(max_rows);

-- name: BegunRecord :many
SELECT id FROM audit_records
WHERE organization_id = sqlc.arg(organization_id) AND target = sqlc.arg(target) AND action = sqlc.arg(action)
    AND outcome = 'begun';
