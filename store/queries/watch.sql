-- name: MetadataFetched :execrows
UPDATE connection_metadata SET fetched_us = sqlc.arg(now_us), trouble = sqlc.arg(trouble)
WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id);

-- name: MetadataFetch :one
SELECT fetched_us, trouble FROM connection_metadata
WHERE organization_id = sqlc.arg(organization_id) AND connection_id = sqlc.arg(connection_id);

-- name: SchoolAdmins :many
-- Those who can be written to.
SELECT u.id, u.organization_id, u.user_name, u.given_name, u.family_name, u.address, u.language
FROM role_assignments a
JOIN users u ON u.id = a.user_id
WHERE a.organization_id = sqlc.arg(organization_id) AND a.role = 'school_admin' AND a.state = 'active'
    AND u.state = 'active' AND u.address <> ''
ORDER BY a.sort_name, a.user_id;
