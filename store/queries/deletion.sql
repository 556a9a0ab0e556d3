-- Classrooms that are deleted.

-- name: BeginDeletion :exec
INSERT INTO deletions (organization_id, begun_us) VALUES (sqlc.arg(organization_id), sqlc.arg(now_us))
ON CONFLICT (organization_id) DO UPDATE SET begun_us = excluded.begun_us;

-- name: EndDeletion :exec
DELETE FROM deletions WHERE organization_id = sqlc.arg(organization_id);

-- name: JoiningRules :many
-- What of the school leads people into the classroom by itself.
SELECT CAST('domain' AS TEXT) AS kind, d.name FROM domains d
WHERE d.organization_id = sqlc.arg(organization_id) AND d.classroom_id = sqlc.arg(classroom_id) AND d.joining <> 'off'
UNION ALL
SELECT CAST('connection' AS TEXT) AS kind, c.name FROM connections c
WHERE c.organization_id = sqlc.arg(organization_id) AND c.classroom_id = sqlc.arg(classroom_id);

-- name: PeopleAtHomeCount :one
SELECT COUNT(*) FROM users WHERE organization_id = sqlc.arg(organization_id);

-- name: DeleteJoinRequestsFor :exec
-- Who asked to join the classroom may ask again for another one.
DELETE FROM join_requests
WHERE organization_id = sqlc.arg(organization_id) AND classroom_id = sqlc.arg(classroom_id) AND state = 'asked';
