-- Chains, checkpoints and retention of all homes: behind no page of an
-- organization.

-- name: LastAuditRow :one
-- The last row_id of a span of time, or 0.
SELECT CAST(COALESCE(MAX(row_id), 0) AS BIGINT) FROM audit_records
WHERE row_id >= sqlc.arg(first_row) AND row_id <= sqlc.arg(last_row);

-- name: NextAuditPosition :one
INSERT INTO audit_heads (home_id, position) VALUES ('', 1)
ON CONFLICT (home_id) DO UPDATE SET position = audit_heads.position + 1
RETURNING position;

-- name: AuditHead :one
SELECT * FROM audit_heads WHERE home_id = sqlc.arg(home_id);

-- name: PutAuditHead :exec
INSERT INTO audit_heads (home_id, position, number, hash)
VALUES (sqlc.arg(home_id), sqlc.arg(position), sqlc.arg(number), sqlc.arg(hash))
ON CONFLICT (home_id) DO UPDATE SET position = excluded.position, number = excluded.number, hash = excluded.hash;

-- name: PutAuditAnchor :exec
UPDATE audit_heads SET anchor_position = sqlc.arg(position), anchor_number = sqlc.arg(number), anchor_hash = sqlc.arg(hash)
WHERE home_id = sqlc.arg(home_id);

-- name: DeleteAuditHead :exec
DELETE FROM audit_heads WHERE home_id = sqlc.arg(home_id);

-- name: NextAuditHome :one
-- The next home with records, or empty.
SELECT CAST(COALESCE(MIN(home_id), '') AS TEXT) FROM audit_records WHERE home_id > sqlc.arg(after);

-- name: AuditHeadsAfter :many
-- Those that moved since a position.
SELECT * FROM audit_heads WHERE position > sqlc.arg(after) AND home_id <> '' ORDER BY position;

-- name: AuditUnchained :many
-- Those from before chains.
SELECT * FROM audit_records WHERE hash = '-' ORDER BY row_id LIMIT sqlc.arg(most);

-- name: AuditCaughtUp :exec
UPDATE audit_records SET hash = '' WHERE row_id = sqlc.arg(row_id) AND hash = '-';

-- name: AuditClosedUnchained :many
-- Closed ones without a place in a chain: there are none, unless somebody put
-- them there.
SELECT * FROM audit_records WHERE outcome <> 'begun' AND position = 0 LIMIT sqlc.arg(most);

-- name: BegunRecordsBefore :many
SELECT organization_id, id, action FROM audit_records
WHERE outcome = 'begun' AND at_us < sqlc.arg(before_us);

-- name: AuditRetentions :many
SELECT organization_id, months FROM audit_retention WHERE months > 0 ORDER BY organization_id;

-- name: LastAuditCheckpoint :one
SELECT * FROM audit_checkpoints ORDER BY number DESC LIMIT 1;

-- name: AuditCheckpointsAfter :many
SELECT * FROM audit_checkpoints WHERE number > sqlc.arg(after) ORDER BY number LIMIT sqlc.arg(most);

-- name: InsertAuditCheckpoint :exec
INSERT INTO audit_checkpoints (number, at_us, position, body, signature)
VALUES (sqlc.arg(number), sqlc.arg(at_us), sqlc.arg(position), sqlc.arg(body), sqlc.arg(signature));

-- name: ForgetSignInPeople :exec
DELETE FROM sign_in_people WHERE day < sqlc.arg(before);

-- name: AuditStreamFloor :one
-- The least that the targets of an organization have taken, or -1 where it has
-- none in use.
SELECT CAST(COALESCE(MIN(position), -1) AS BIGINT) FROM streams
WHERE organization_id = sqlc.arg(organization_id) AND paused = FALSE;

-- name: DeleteAuditWords :exec
DELETE FROM audit_words WHERE home_id = sqlc.arg(home_id);
