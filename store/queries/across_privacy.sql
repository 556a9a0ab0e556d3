-- What the portal does about privacy by itself, and schools that are being
-- erased.

-- name: InvitationRetentions :many
SELECT r.organization_id, r.invitations FROM retention r WHERE r.invitations <> 0 AND r.organization_id > sqlc.arg(after)
ORDER BY r.organization_id
LIMIT sqlc.arg(most);

-- name: OldExports :many
SELECT organization_id, id FROM exports WHERE state = 'ready' AND finished_us < sqlc.arg(before_us)
ORDER BY finished_us
LIMIT sqlc.arg(most);

-- name: InsertErasure :exec
INSERT INTO erasures (school_id, name, operator_id, operator_name, request_id, client_address, device, export_id, export_sha256,
    classrooms, people, begun_us)
VALUES (sqlc.arg(school), sqlc.arg(name), sqlc.arg(operator_id), sqlc.arg(operator_name), sqlc.arg(request_id),
    sqlc.arg(client_address), sqlc.arg(device), sqlc.arg(export_id), sqlc.arg(export_sha256), sqlc.arg(classrooms),
    sqlc.arg(people), sqlc.arg(now_us))
ON CONFLICT (school_id) DO NOTHING;

-- name: Erasures :many
SELECT * FROM erasures ORDER BY school_id LIMIT 200;

-- name: ErasureOf :one
SELECT * FROM erasures WHERE school_id = sqlc.arg(school);

-- name: TroubleErasure :exec
UPDATE erasures SET trouble = sqlc.arg(trouble) WHERE school_id = sqlc.arg(school);

-- name: DeleteErasure :execrows
DELETE FROM erasures WHERE school_id = sqlc.arg(school);

-- name: CountOfSchool :one
SELECT (SELECT COUNT(*) FROM organizations o WHERE o.school_id = sqlc.arg(school) AND o.kind = 'classroom') AS classrooms,
    (SELECT COUNT(*) FROM users u WHERE u.organization_id = sqlc.arg(school)) AS people;

-- name: SessionsOfHome :execrows
-- Ends the sessions of everybody at home in a school.
UPDATE sessions SET ended_us = sqlc.arg(now_us), sealed = ''
WHERE ended_us = 0 AND user_id IN (SELECT u.id FROM users u WHERE u.organization_id = sqlc.arg(school));
