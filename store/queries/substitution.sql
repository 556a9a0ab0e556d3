-- Until when co-teachers of an opened classroom have access. A row without a role
-- assignment is about the one made within ten minutes of it: see
-- identity.Substitution.

-- name: BeginSubstitution :exec
-- Before the role assignment is made.
INSERT INTO substitutions (organization_id, user_id, assignment_id, until_us, by_id, by_name, made_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(user_id), '', sqlc.arg(until_us), sqlc.arg(by_id), sqlc.arg(by_name), sqlc.arg(now_us))
ON CONFLICT (organization_id, user_id) DO UPDATE SET assignment_id = excluded.assignment_id,
    until_us = excluded.until_us, by_id = excluded.by_id, by_name = excluded.by_name, made_us = excluded.made_us;

-- name: PutSubstitution :execrows
-- For the role assignment that is there now.
INSERT INTO substitutions (organization_id, user_id, assignment_id, until_us, by_id, by_name, made_us)
SELECT a.organization_id, a.user_id, a.id, CAST(sqlc.arg(until_us) AS BIGINT), CAST(sqlc.arg(by_id) AS TEXT),
    CAST(sqlc.arg(by_name) AS TEXT), CAST(sqlc.arg(now_us) AS BIGINT)
FROM role_assignments a
WHERE a.organization_id = sqlc.arg(organization_id) AND a.user_id = sqlc.arg(user_id)
ON CONFLICT (organization_id, user_id) DO UPDATE SET assignment_id = excluded.assignment_id,
    until_us = excluded.until_us, by_id = excluded.by_id, by_name = excluded.by_name, made_us = excluded.made_us;

-- name: DeleteSubstitution :exec
DELETE FROM substitutions WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id);

-- name: Substitutions :many
-- Those that are about a role assignment that is still there.
SELECT sqlc.embed(s), COALESCE(u.user_name, '') AS user_name, COALESCE(u.given_name, '') AS given_name,
    COALESCE(u.family_name, '') AS family_name
FROM substitutions s
JOIN role_assignments a ON a.organization_id = sqlc.arg(organization_id) AND a.user_id = s.user_id AND (a.id = s.assignment_id
    OR s.assignment_id = '' AND a.created_us BETWEEN s.made_us - 600000000 AND s.made_us + 600000000)
LEFT JOIN users u ON u.id = s.user_id
WHERE s.organization_id = sqlc.arg(organization_id) AND a.role = 'co_teacher'
ORDER BY s.user_id LIMIT 100;

-- name: Substitution :one
SELECT s.* FROM substitutions s
JOIN role_assignments a ON a.organization_id = sqlc.arg(organization_id) AND a.user_id = s.user_id AND (a.id = s.assignment_id
    OR s.assignment_id = '' AND a.created_us BETWEEN s.made_us - 600000000 AND s.made_us + 600000000)
WHERE s.organization_id = sqlc.arg(organization_id) AND s.user_id = sqlc.arg(user_id) AND a.role = 'co_teacher';
