-- name: InsertAuditRecord :exec
INSERT INTO audit_records (
    row_id, organization_id, home_id, id, at_us, actor_id, actor_name, actor_role, action, target, target_name,
    before_values, after_values, request_id, client_address, device, source, outcome, closed_us,
    event_type, event_aggregate, event_sequence, position, number, hash
) VALUES (
    sqlc.arg(row_id), sqlc.arg(organization_id), sqlc.arg(home_id), sqlc.arg(id), sqlc.arg(at_us), sqlc.arg(actor_id),
    sqlc.arg(actor_name), sqlc.arg(actor_role), sqlc.arg(action), sqlc.arg(target), sqlc.arg(target_name),
    sqlc.arg(before_values), sqlc.arg(after_values), sqlc.arg(request_id), sqlc.arg(client_address), sqlc.arg(device),
    sqlc.arg(source), sqlc.arg(outcome), sqlc.arg(closed_us), sqlc.arg(event_type), sqlc.arg(event_aggregate),
    sqlc.arg(event_sequence), sqlc.arg(position), sqlc.arg(number), sqlc.arg(hash)
);

-- name: AuditRecordIn :one
SELECT * FROM audit_records WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: AuditRecordOfHome :one
-- IDs are unique but for the openings of a time when both logs had one.
SELECT * FROM audit_records WHERE home_id = sqlc.arg(organization_id) AND id = sqlc.arg(id)
ORDER BY organization_id LIMIT 1;

-- name: CloseAuditRecord :execrows
UPDATE audit_records SET outcome = sqlc.arg(outcome), closed_us = sqlc.arg(now_us), home_id = sqlc.arg(home_id),
    position = sqlc.arg(position), number = sqlc.arg(number), hash = sqlc.arg(hash)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND position = 0;

-- name: BegunRecord :many
SELECT id FROM audit_records
WHERE organization_id = sqlc.arg(organization_id) AND target = sqlc.arg(target) AND action = sqlc.arg(action)
    AND outcome = 'begun';

-- name: BegunRecordsBetween :many
SELECT id FROM audit_records
WHERE organization_id = sqlc.arg(organization_id) AND target = sqlc.arg(target) AND action = sqlc.arg(action)
    AND outcome = 'begun' AND at_us >= sqlc.arg(earliest_us) AND at_us <= sqlc.arg(latest_us);

-- name: AuditHome :one
-- Whose chain the records of an organization are part of, and what people call it.
SELECT school_id, name FROM organizations WHERE id = sqlc.arg(organization_id);

-- name: AuditOfHomeAfter :many
-- A chain in its own order.
SELECT * FROM audit_records
WHERE home_id = sqlc.arg(organization_id) AND number > sqlc.arg(after) AND number > 0
ORDER BY number LIMIT sqlc.arg(most);

-- name: AuditPrefix :many
-- The beginning of what is left of a chain.
SELECT number, position, hash, closed_us FROM audit_records
WHERE home_id = sqlc.arg(organization_id) AND number > 0 ORDER BY number LIMIT sqlc.arg(most);

-- name: DeleteAuditUpTo :execrows
DELETE FROM audit_records
WHERE home_id = sqlc.arg(organization_id) AND number > 0 AND number <= sqlc.arg(number);

-- name: DeleteAuditBegun :execrows
DELETE FROM audit_records WHERE home_id = sqlc.arg(organization_id) AND outcome <> 'done' AND outcome = 'begun';

-- name: AuditRetention :one
SELECT months FROM audit_retention WHERE organization_id = sqlc.arg(organization_id);

-- name: PutAuditRetention :exec
INSERT INTO audit_retention (organization_id, months, changed_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(months), sqlc.arg(now_us))
ON CONFLICT (organization_id) DO UPDATE SET months = excluded.months, changed_us = excluded.changed_us;

-- name: DeleteAuditRetention :exec
DELETE FROM audit_retention WHERE organization_id = sqlc.arg(organization_id);

-- name: SignInDays :many
SELECT day, people, sign_ins FROM sign_in_days
WHERE organization_id = sqlc.arg(organization_id) AND day >= sqlc.arg(since) ORDER BY day;

-- name: DeleteSignInDays :exec
DELETE FROM sign_in_days WHERE organization_id = sqlc.arg(organization_id);

-- name: DeleteSignInPeople :exec
DELETE FROM sign_in_people WHERE organization_id = sqlc.arg(organization_id);
