-- Classrooms opened from a list.

-- name: InsertOpeningRun :execrows
-- The same form again changes nothing.
INSERT INTO opening_runs (organization_id, id, actor_id, actor_name, language, created_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(actor_id), sqlc.arg(actor_name), sqlc.arg(language), sqlc.arg(now_us))
ON CONFLICT (organization_id, id) DO NOTHING;

-- name: InsertOpeningItem :exec
INSERT INTO opening_items (organization_id, run_id, line, name, teacher_id, teacher_name, address, state)
VALUES (sqlc.arg(organization_id), sqlc.arg(run_id), sqlc.arg(line), sqlc.arg(name), sqlc.arg(teacher_id), sqlc.arg(teacher_name),
    sqlc.arg(address), 'waiting');

-- name: OpeningRun :one
SELECT * FROM opening_runs WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: OpeningItems :many
SELECT * FROM opening_items WHERE organization_id = sqlc.arg(organization_id) AND run_id = sqlc.arg(run_id)
ORDER BY line;

-- name: WaitingOpeningItems :many
SELECT * FROM opening_items
WHERE organization_id = sqlc.arg(organization_id) AND run_id = sqlc.arg(run_id) AND state = 'waiting'
ORDER BY line
LIMIT sqlc.arg(max_rows);

-- name: CloseOpeningItem :exec
UPDATE opening_items SET state = sqlc.arg(state), classroom_id = sqlc.arg(classroom_id), problem = sqlc.arg(problem), closed_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND run_id = sqlc.arg(run_id) AND line = sqlc.arg(line) AND state = 'waiting';

-- name: FinishOpeningRun :exec
UPDATE opening_runs SET finished_us = sqlc.arg(now_us), trouble = ''
WHERE opening_runs.organization_id = sqlc.arg(organization_id) AND opening_runs.id = sqlc.arg(id) AND finished_us = 0
    AND NOT EXISTS (SELECT 1 FROM opening_items i
        WHERE i.organization_id = sqlc.arg(organization_id) AND i.run_id = sqlc.arg(id) AND i.state = 'waiting');

-- name: TroubleOpeningRun :exec
UPDATE opening_runs SET trouble = sqlc.arg(trouble)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND finished_us = 0 AND trouble <> sqlc.arg(trouble);

-- name: RetryOpeningItems :execrows
UPDATE opening_items SET state = 'waiting', problem = '', closed_us = 0
WHERE organization_id = sqlc.arg(organization_id) AND run_id = sqlc.arg(run_id) AND state = 'failed';

-- name: ReopenOpeningRun :exec
UPDATE opening_runs SET finished_us = 0 WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: LeaveOpeningItems :execrows
-- Nobody is reminded of them any more.
UPDATE opening_items SET state = 'left'
WHERE organization_id = sqlc.arg(organization_id) AND run_id = sqlc.arg(run_id) AND state = 'failed';

-- name: UnfinishedOpeningsOf :many
-- Single ones and those of runs, begun and cut off.
SELECT * FROM openings
WHERE school_id = sqlc.arg(organization_id) AND finished_us = 0 AND begun_us < sqlc.arg(before_us)
ORDER BY begun_us
LIMIT sqlc.arg(max_rows);

-- name: ClassroomNames :many
-- Of those in use, to find that one of a name is there already.
SELECT o.id, o.name FROM organizations o
WHERE o.school_id = sqlc.arg(organization_id) AND o.kind = 'classroom' AND o.state = 'active'
ORDER BY o.sort_name, o.id;
