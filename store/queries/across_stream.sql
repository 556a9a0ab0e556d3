-- What package stream reads and the platform's targets. A school's target counts
-- in the numbers of the school's chain, the platform's in the positions of the
-- installation.

-- name: DueStreams :many
-- Targets that are behind and may be tried.
SELECT s.organization_id, s.id FROM streams s
JOIN audit_heads h ON h.home_id = CASE WHEN s.organization_id = CAST(sqlc.arg(operators) AS TEXT) THEN '' ELSE s.organization_id END
WHERE s.paused = FALSE AND s.next_us <= sqlc.arg(now_us)
    AND CASE WHEN h.home_id = '' THEN h.position ELSE h.number END > s.position;

-- name: StreamHead :one
-- The end of a chain; of no home: of the installation.
SELECT position, number FROM audit_heads WHERE home_id = sqlc.arg(home_id);

-- name: StreamRecordsOfHome :many
SELECT * FROM audit_records
WHERE home_id = sqlc.arg(home_id) AND number > 0 AND number > sqlc.arg(after_number) AND number <= sqlc.arg(through_number)
ORDER BY number LIMIT sqlc.arg(max_rows);

-- name: StreamRecordsOfAll :many
SELECT * FROM audit_records
WHERE position > 0 AND position > sqlc.arg(after_position) AND position <= sqlc.arg(through_position)
ORDER BY position LIMIT sqlc.arg(max_rows);

-- name: StreamWaitingOfHome :one
SELECT closed_us FROM audit_records
WHERE home_id = sqlc.arg(home_id) AND number > 0 AND number > sqlc.arg(after_number)
ORDER BY number LIMIT 1;

-- name: StreamWaitingOfAll :one
SELECT closed_us FROM audit_records
WHERE position > 0 AND position > sqlc.arg(after_position)
ORDER BY position LIMIT 1;
