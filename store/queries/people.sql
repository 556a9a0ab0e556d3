-- The people of an opened school. The list of them is put together in Go, see
-- people_search.go.

-- name: PeopleCounts :many
SELECT facets, people FROM people_counts WHERE organization_id = sqlc.arg(organization_id) AND people > 0;

-- name: PersonOfSchool :one
-- With the roles that count for them in the school and on the platform.
SELECT p.facets, p.classrooms,
    COALESCE(u.organization_id, '') AS home, COALESCE(u.user_name, '') AS user_name,
    COALESCE(u.given_name, '') AS given_name, COALESCE(u.family_name, '') AS family_name,
    COALESCE(u.address, '') AS address, COALESCE(u.address_verified, FALSE) AS address_verified,
    COALESCE(u.language, '') AS language, COALESCE(u.state, '') AS user_state,
    COALESCE(u.last_seen_us, 0) AS user_last_seen_us, COALESCE(u.created_us, 0) AS user_created_us,
    COALESCE(here.roles, '') AS roles_school, COALESCE(platform.roles, '') AS roles_platform
FROM people p
LEFT JOIN users u ON u.id = p.user_id
LEFT JOIN role_assignments here ON here.organization_id = sqlc.arg(organization_id) AND here.user_id = p.user_id AND here.state = 'active'
LEFT JOIN role_assignments platform ON platform.organization_id = sqlc.arg(operators) AND platform.user_id = p.user_id AND platform.state = 'active'
WHERE p.organization_id = sqlc.arg(organization_id) AND p.user_id = sqlc.arg(user_id);

-- name: StandingsInSchool :many
-- The roles of one person in the school and in its classrooms.
SELECT sqlc.embed(a), o.kind, o.name, o.school_id, o.state AS organization_state, o.remote_name, o.created_us AS organization_created_us
FROM role_assignments a CROSS JOIN organizations o
WHERE a.user_id = sqlc.arg(user_id) AND a.organization_id = o.id AND o.kind IN ('school', 'classroom')
    AND (o.id = sqlc.arg(organization_id) OR o.school_id = sqlc.arg(organization_id));

-- name: CredentialsOfPerson :many
SELECT c.kind, c.id, c.added_us
FROM people p JOIN credentials c ON c.user_id = p.user_id
WHERE p.organization_id = sqlc.arg(organization_id) AND p.user_id = sqlc.arg(user_id)
ORDER BY c.kind, c.id;
