-- Somebody on the roster of an opened organization.

-- name: Member :one
-- With the roles that count for them here, in the school and on the platform.
SELECT sqlc.embed(a),
    COALESCE(u.organization_id, '') AS home, COALESCE(u.user_name, '') AS user_name,
    COALESCE(u.given_name, '') AS given_name, COALESCE(u.family_name, '') AS family_name,
    COALESCE(u.address, '') AS address, COALESCE(u.address_verified, FALSE) AS address_verified,
    COALESCE(u.language, '') AS language, COALESCE(u.state, '') AS user_state,
    COALESCE(u.last_seen_us, 0) AS user_last_seen_us, COALESCE(u.created_us, 0) AS user_created_us,
    COALESCE(up.roles, '') AS roles_school,
    COALESCE(platform.roles, '') AS roles_platform
FROM role_assignments a
LEFT JOIN users u ON u.id = a.user_id
LEFT JOIN role_assignments up ON up.organization_id = sqlc.arg(school_id) AND up.user_id = a.user_id AND up.state = 'active'
LEFT JOIN role_assignments platform ON platform.organization_id = sqlc.arg(operators) AND platform.user_id = a.user_id AND platform.state = 'active'
WHERE a.organization_id = sqlc.arg(organization_id) AND a.user_id = sqlc.arg(user_id);

-- name: Peers :one
-- How many others with the same highest role can act here, counted up to 100.
SELECT COUNT(*) FROM (
    SELECT a.user_id FROM role_assignments a LEFT JOIN users u ON u.id = a.user_id
    WHERE a.organization_id = sqlc.arg(organization_id) AND a.role_order = sqlc.arg(role_order) AND a.state = 'active'
        AND a.user_id <> sqlc.arg(user_id) AND COALESCE(u.state, 'active') = 'active'
    LIMIT 100
) AS peers;

-- name: RosterCounts :many
SELECT role, state, people FROM roster_counts WHERE organization_id = sqlc.arg(organization_id) AND people > 0;

-- name: PeopleAtAddress :one
-- How many of the roster have an address, which is given in lower case.
SELECT COUNT(*) FROM users u JOIN role_assignments a ON a.user_id = u.id
WHERE LOWER(u.address) = sqlc.arg(address_key) AND a.organization_id = sqlc.arg(organization_id);
