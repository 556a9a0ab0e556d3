-- Changes to many, in the background.

-- name: AddBulkRun :execrows
INSERT INTO bulk_runs (organization_id, id, action, parameters, undo_of, actor_id, actor_name, request_id,
    client_address, device, total, begun_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(action), sqlc.arg(parameters), sqlc.arg(undo_of),
    sqlc.arg(actor_id), sqlc.arg(actor_name), sqlc.arg(request_id), sqlc.arg(client_address), sqlc.arg(device),
    sqlc.arg(total), sqlc.arg(now_us))
ON CONFLICT (organization_id, id) DO NOTHING;

-- name: AddBulkItem :exec
INSERT INTO bulk_items (organization_id, run_id, position, target, name, state)
VALUES (sqlc.arg(organization_id), sqlc.arg(run_id), sqlc.arg(position), sqlc.arg(target), sqlc.arg(name), 'waiting');

-- name: AddItemsToUndo :execrows
-- What a run changed, in the reverse order, with what is to be put back.
INSERT INTO bulk_items (organization_id, run_id, position, target, name, state, effects)
SELECT i.organization_id, sqlc.arg(id), -i.position, i.target, i.name, 'waiting', i.effects
FROM bulk_items i
WHERE i.organization_id = sqlc.arg(organization_id) AND i.run_id = sqlc.arg(undo_of) AND i.state = 'changed' AND i.effects <> '';

-- name: CountBulkItems :one
SELECT COUNT(*) FROM bulk_items WHERE organization_id = sqlc.arg(organization_id) AND run_id = sqlc.arg(run_id);

-- name: SetBulkTotal :exec
UPDATE bulk_runs SET total = sqlc.arg(total) WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: BulkRun :one
SELECT * FROM bulk_runs WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: BulkRuns :many
SELECT * FROM bulk_runs
WHERE organization_id = sqlc.arg(organization_id) AND (begun_us, id) < (CAST(sqlc.arg(before_us) AS BIGINT), CAST(sqlc.arg(before_id) AS TEXT))
ORDER BY begun_us DESC, id DESC LIMIT sqlc.arg(max_rows);

-- name: TroubledBulkRuns :one
-- Runs that left somebody out, or wait for something.
SELECT COUNT(*) FROM bulk_runs
WHERE organization_id = sqlc.arg(organization_id) AND begun_us > sqlc.arg(since_us) AND (refused > 0 OR trouble <> '');

-- name: RunUnderWay :one
SELECT COUNT(*) FROM bulk_runs
WHERE organization_id = sqlc.arg(organization_id) AND begun_us > sqlc.arg(since_us) AND finished_us = 0;

-- name: AddItemsToRestore :exec
-- Whom archiving a classroom suspended since it was restored last: by every run that
-- tried, because one that could not end may have been followed by another.
INSERT INTO bulk_items (organization_id, run_id, position, target, name, state, effects)
SELECT i.organization_id, sqlc.arg(id), -i.position, i.target, i.name, 'waiting', i.effects
FROM bulk_runs r JOIN bulk_items i ON i.organization_id = r.organization_id AND i.run_id = r.id
WHERE r.organization_id = sqlc.arg(organization_id) AND i.organization_id = sqlc.arg(organization_id)
    AND r.action = sqlc.arg(archive) AND r.undo_of = '' AND i.state = 'changed' AND i.effects <> ''
    AND r.begun_us >= (SELECT COALESCE(MAX(b.begun_us), 0) FROM bulk_runs b
        WHERE b.organization_id = sqlc.arg(organization_id) AND b.action = sqlc.arg(restore) AND b.changed > 0)
ON CONFLICT (organization_id, run_id, position) DO NOTHING;

-- name: MarkUndone :execrows
UPDATE bulk_runs SET undone_by = sqlc.arg(undone_by)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND undone_by = '' AND undo_of = ''
    AND finished_us > sqlc.arg(since_us);

-- name: NextBulkItems :many
-- What was cut off comes first.
SELECT * FROM bulk_items
WHERE organization_id = sqlc.arg(organization_id) AND run_id = sqlc.arg(run_id) AND state = sqlc.arg(state)
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: BulkItemsOf :many
SELECT * FROM bulk_items
WHERE organization_id = sqlc.arg(organization_id) AND run_id = sqlc.arg(run_id) AND state = sqlc.arg(state)
    AND position > sqlc.arg(after)
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: BeginBulkItem :exec
UPDATE bulk_items SET state = 'begun', effects = sqlc.arg(effects)
WHERE organization_id = sqlc.arg(organization_id) AND run_id = sqlc.arg(run_id) AND position = sqlc.arg(position)
    AND state = 'waiting';

-- name: CloseBulkItem :execrows
UPDATE bulk_items SET state = sqlc.arg(state), reason = sqlc.arg(reason), place = sqlc.arg(place), effects = sqlc.arg(effects)
WHERE organization_id = sqlc.arg(organization_id) AND run_id = sqlc.arg(run_id) AND position = sqlc.arg(position)
    AND state IN ('waiting', 'begun');

-- name: CountBulkItem :exec
UPDATE bulk_runs SET changed = changed + sqlc.arg(changed), unchanged = unchanged + sqlc.arg(unchanged),
    refused = refused + sqlc.arg(refused), trouble = ''
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: RefuseBulkItems :execrows
-- Everybody who is left, because nothing may go on.
UPDATE bulk_items SET state = 'refused', reason = sqlc.arg(reason)
WHERE organization_id = sqlc.arg(organization_id) AND run_id = sqlc.arg(run_id) AND state IN ('waiting', 'begun');

-- name: SetBulkTrouble :exec
UPDATE bulk_runs SET trouble = sqlc.arg(trouble)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: FinishBulkRun :execrows
UPDATE bulk_runs SET finished_us = sqlc.arg(now_us), trouble = ''
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND finished_us = 0;
