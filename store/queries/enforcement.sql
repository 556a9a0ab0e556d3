-- Whether the people of an opened school have to come through a connection, and
-- whom that would lock out.

-- name: Enforcement :one
SELECT * FROM enforcements WHERE organization_id = sqlc.arg(organization_id);

-- name: PutEnforcement :exec
INSERT INTO enforcements (organization_id, enforced, since_us, recovery_hash, recovery_made_us, recovery_used_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(enforced), sqlc.arg(since_us), sqlc.arg(recovery_hash),
    sqlc.arg(recovery_made_us), sqlc.arg(recovery_used_us))
ON CONFLICT (organization_id) DO UPDATE SET enforced = excluded.enforced,
    since_us = excluded.since_us, recovery_hash = excluded.recovery_hash, recovery_made_us = excluded.recovery_made_us,
    recovery_used_us = excluded.recovery_used_us;

-- name: UseRecovery :exec
UPDATE enforcements SET enforced = FALSE, since_us = sqlc.arg(now_us), recovery_used_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id);

-- name: EnforcementExceptions :many
SELECT * FROM enforcement_exceptions WHERE organization_id = sqlc.arg(organization_id) ORDER BY user_id;

-- name: DeleteEnforcementExceptions :exec
DELETE FROM enforcement_exceptions WHERE organization_id = sqlc.arg(organization_id);

-- name: InsertEnforcementException :exec
INSERT INTO enforcement_exceptions (organization_id, user_id, name, break_glass)
VALUES (sqlc.arg(organization_id), sqlc.arg(user_id), sqlc.arg(name), sqlc.arg(break_glass));

-- name: PeopleAtHome :many
-- Those at home here who have an address, which is given in lower case.
SELECT u.*, EXISTS (
        SELECT 1 FROM role_assignments a JOIN organizations o ON o.id = a.organization_id
        WHERE a.organization_id = o.id AND a.user_id = u.id AND a.state = 'active'
            AND (o.id = sqlc.arg(organization_id) OR o.school_id = sqlc.arg(organization_id))
    ) AS has_roles,
    COALESCE(platform.roles, '') AS roles_platform
FROM users u
LEFT JOIN role_assignments platform ON platform.organization_id = sqlc.arg(operators) AND platform.user_id = u.id AND platform.state = 'active'
WHERE u.organization_id = sqlc.arg(organization_id) AND LOWER(u.address) = sqlc.arg(address_key)
ORDER BY u.id;

-- name: PersonAtHome :one
SELECT u.*, EXISTS (
        SELECT 1 FROM role_assignments a JOIN organizations o ON o.id = a.organization_id
        WHERE a.organization_id = o.id AND a.user_id = u.id AND a.state = 'active'
            AND (o.id = sqlc.arg(organization_id) OR o.school_id = sqlc.arg(organization_id))
    ) AS has_roles,
    COALESCE(platform.roles, '') AS roles_platform
FROM users u
LEFT JOIN role_assignments platform ON platform.organization_id = sqlc.arg(operators) AND platform.user_id = u.id AND platform.state = 'active'
WHERE u.organization_id = sqlc.arg(organization_id) AND u.id = sqlc.arg(user_id);

-- name: ClassroomIn :one
SELECT o.id, o.kind, o.name, o.remote_name, o.school_id, o.state, o.created_us
FROM organizations o
WHERE o.school_id = sqlc.arg(organization_id) AND o.id = sqlc.arg(id) AND o.kind = 'classroom';

-- name: ManagesSchool :one
-- One if somebody is a school_admin of the school itself.
SELECT COUNT(*) FROM role_assignments a
WHERE a.organization_id = sqlc.arg(organization_id) AND a.user_id = sqlc.arg(user_id) AND a.state = 'active'
    AND ',' || a.roles || ',' LIKE '%,school_admin,%';

-- name: CountPeopleAtHome :one
-- Those who can sign in at all.
SELECT COUNT(*) FROM users u WHERE u.organization_id = sqlc.arg(organization_id) AND u.state = 'active';

-- name: RehearsalCounts :many
-- Of those, who have not come through an active connection, by what decides why
-- they could not sign in any more. All of it is in indexes; the lists are made
-- once, and not for everybody.
SELECT u.address_domain, u.address_verified, COUNT(*) AS people
FROM users u
WHERE u.organization_id = sqlc.arg(organization_id) AND u.state = 'active'
    AND u.id NOT IN (SELECT p.user_id FROM connected_people p WHERE p.organization_id = sqlc.arg(organization_id)
        AND p.connection_id IN (SELECT c.id FROM connections c WHERE c.organization_id = sqlc.arg(organization_id) AND c.state = 'active'))
GROUP BY u.address_domain, u.address_verified;

-- name: ServedDomains :many
SELECT DISTINCT d.domain FROM connection_domains d JOIN connections c ON c.organization_id = sqlc.arg(organization_id) AND c.id = d.connection_id
WHERE d.organization_id = sqlc.arg(organization_id) AND c.state = 'active';

-- name: RehearsalGuests :one
-- Who holds a role in the school or one of its classrooms and is at home
-- elsewhere.
SELECT COUNT(DISTINCT a.user_id)
FROM organizations o
JOIN role_assignments a ON a.organization_id = o.id AND a.state = 'active'
JOIN users u ON u.id = a.user_id AND u.organization_id <> sqlc.arg(organization_id)
WHERE o.id = sqlc.arg(organization_id) OR o.school_id = sqlc.arg(organization_id);

-- name: RehearsalRows :many
-- By name, strictly after somebody. Each reason can be left out.
SELECT u.id, u.organization_id, u.user_name, u.given_name, u.family_name, u.sort_name, u.address, u.address_domain,
    u.address_verified, u.language, u.state, u.last_seen_us, u.created_us,
    EXISTS (SELECT 1 FROM enforcement_exceptions x WHERE x.organization_id = sqlc.arg(organization_id) AND x.user_id = u.id) AS excepted,
    CAST(COALESCE((SELECT MIN(a.role_order) FROM role_assignments a JOIN organizations o ON o.id = a.organization_id
        WHERE a.organization_id = o.id AND a.user_id = u.id AND a.state = 'active'
            AND (o.id = sqlc.arg(organization_id) OR o.school_id = sqlc.arg(organization_id))), 5) AS BIGINT) AS role_order
FROM users u
WHERE u.organization_id = sqlc.arg(organization_id) AND u.state = 'active'
    AND (u.sort_name, u.id) > (CAST(sqlc.arg(after_name) AS TEXT), CAST(sqlc.arg(after_id) AS TEXT))
    AND u.id NOT IN (SELECT p.user_id FROM connected_people p WHERE p.organization_id = sqlc.arg(organization_id)
        AND p.connection_id IN (SELECT c.id FROM connections c WHERE c.organization_id = sqlc.arg(organization_id) AND c.state = 'active'))
    AND (CAST(sqlc.arg(only_why) AS TEXT) = '' OR CAST(sqlc.arg(only_why) AS TEXT) = CASE
        WHEN u.address_domain = '' THEN 'no-address'
        WHEN u.address_domain NOT IN (SELECT d.domain FROM connection_domains d JOIN connections c ON c.organization_id = sqlc.arg(organization_id) AND c.id = d.connection_id
            WHERE d.organization_id = sqlc.arg(organization_id) AND c.state = 'active') THEN 'domain'
        WHEN u.address_verified = FALSE THEN 'unverified'
        ELSE 'never-tested' END)
ORDER BY u.sort_name, u.id
LIMIT sqlc.arg(max_rows);

-- name: ExceptedPeople :one
-- Of the exceptions, those who could not sign in otherwise.
SELECT COUNT(*) FROM enforcement_exceptions x
JOIN users u ON u.id = x.user_id AND u.organization_id = sqlc.arg(organization_id) AND u.state = 'active'
WHERE x.organization_id = sqlc.arg(organization_id)
    AND NOT EXISTS (SELECT 1 FROM connected_people p JOIN connections c ON c.organization_id = sqlc.arg(organization_id) AND c.id = p.connection_id
        WHERE p.organization_id = sqlc.arg(organization_id) AND p.user_id = u.id AND c.state = 'active');
