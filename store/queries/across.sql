-- The statements that no opened organization stands behind: what concerns one
-- signed-in person everywhere, tokens that are the only key to a row, and the
-- store's own housekeeping. They and projection.sql are the only ones that need
-- not name organization_id.

-- name: OpenOrganization :one
-- All that identity.Open has to know about an organization and an actor.
SELECT o.id, o.kind, o.name, o.remote_name, o.school_id, o.state, o.created_us,
    COALESCE(school.name, '') AS school_name,
    COALESCE(school.state, '') AS school_state,
    COALESCE(rules.names, '') AS names,
    COALESCE(look.version, '') AS brand,
    COALESCE(own.students_see_names, FALSE) AS students_see_names,
    COALESCE(own.teachers_open_classrooms, FALSE) AS own_teachers_open,
    COALESCE(above.teachers_open_classrooms, FALSE) AS school_teachers_open,
    COALESCE(here.roles, '') AS roles_here,
    COALESCE(up.roles, '') AS roles_school,
    COALESCE(platform.roles, '') AS roles_platform,
    COALESCE(u.state, '') AS user_state
FROM organizations o
LEFT JOIN organizations school ON school.id = o.school_id AND o.school_id <> ''
LEFT JOIN settings own ON own.organization_id = o.id
LEFT JOIN settings above ON above.organization_id = o.school_id AND o.school_id <> ''
LEFT JOIN policies rules ON rules.organization_id = CASE o.school_id WHEN '' THEN o.id ELSE o.school_id END
LEFT JOIN branding look ON look.organization_id = CASE o.school_id WHEN '' THEN o.id ELSE o.school_id END
LEFT JOIN role_assignments here ON here.organization_id = o.id AND here.user_id = sqlc.arg(user_id) AND here.state = 'active'
LEFT JOIN role_assignments up ON up.organization_id = o.school_id AND o.school_id <> '' AND up.user_id = sqlc.arg(user_id) AND up.state = 'active'
LEFT JOIN role_assignments platform ON platform.organization_id = sqlc.arg(operators) AND platform.user_id = sqlc.arg(user_id) AND platform.state = 'active'
LEFT JOIN users u ON u.id = sqlc.arg(user_id)
WHERE o.id = sqlc.arg(organization_id) AND o.kind <> '';

-- name: InvitedOrganization :one
-- By the link that was mailed, or by the one that was copied.
SELECT i.organization_id, i.id, i.token_hash
FROM invitations i
WHERE i.token_hash = sqlc.arg(token_hash) OR i.handed_hash = sqlc.arg(token_hash);

-- name: OrganizationByID :one
SELECT o.id, o.kind, o.name, o.remote_name, o.school_id, o.state, o.created_us,
    COALESCE(school.name, '') AS school_name,
    COALESCE(school.state, '') AS school_state,
    COALESCE(rules.names, '') AS names,
    COALESCE(look.version, '') AS brand,
    COALESCE(own.students_see_names, FALSE) AS students_see_names,
    COALESCE(own.teachers_open_classrooms, FALSE) AS own_teachers_open,
    COALESCE(above.teachers_open_classrooms, FALSE) AS school_teachers_open
FROM organizations o
LEFT JOIN organizations school ON school.id = o.school_id AND o.school_id <> ''
LEFT JOIN settings own ON own.organization_id = o.id
LEFT JOIN settings above ON above.organization_id = o.school_id AND o.school_id <> ''
LEFT JOIN policies rules ON rules.organization_id = CASE o.school_id WHEN '' THEN o.id ELSE o.school_id END
LEFT JOIN branding look ON look.organization_id = CASE o.school_id WHEN '' THEN o.id ELSE o.school_id END
WHERE o.id = sqlc.arg(organization_id) AND o.kind <> '';

-- name: Memberships :many
SELECT o.id, o.kind, o.name, o.remote_name, o.school_id, o.state, o.created_us,
    COALESCE(school.name, '') AS school_name,
    a.roles, a.state AS assignment_state,
    CAST(COALESCE((SELECT SUM(c.people) FROM roster_counts c WHERE c.organization_id = o.id AND c.role = 'student'), 0) AS BIGINT) AS students,
    CAST(COALESCE((SELECT SUM(c.people) FROM roster_counts c WHERE c.organization_id = o.id AND c.role IN ('teacher', 'co_teacher')), 0) AS BIGINT) AS teachers,
    (SELECT COUNT(*) FROM invitations i WHERE i.organization_id = o.id AND i.state IN ('pending', 'opened') AND i.expires_us > sqlc.arg(now_us)) AS waiting
FROM role_assignments a
JOIN organizations o ON o.id = a.organization_id
LEFT JOIN organizations school ON school.id = o.school_id AND o.school_id <> ''
WHERE a.user_id = sqlc.arg(user_id) AND o.kind <> '' AND o.state = 'active'
ORDER BY o.kind DESC, o.sort_name, o.id;

-- name: InvitationsFor :many
SELECT sqlc.embed(i), o.kind, o.name AS organization_name, COALESCE(school.name, '') AS school_name
FROM invitations i
JOIN organizations o ON o.id = i.organization_id
LEFT JOIN organizations school ON school.id = o.school_id AND o.school_id <> ''
WHERE i.address_key = sqlc.arg(address_key) AND i.state IN ('pending', 'opened') AND i.expires_us > sqlc.arg(now_us)
ORDER BY i.created_us DESC, i.id DESC;

-- name: UserByID :one
SELECT * FROM users WHERE id = sqlc.arg(user_id);

-- name: PlatformRoles :one
SELECT a.roles FROM role_assignments a
WHERE a.organization_id = sqlc.arg(operators) AND a.user_id = sqlc.arg(user_id) AND a.state = 'active';

-- name: RolesAnywhere :many
-- The highest role somebody holds in each organization: who resets a sign-in
-- opens them all.
SELECT DISTINCT role FROM role_assignments WHERE user_id = sqlc.arg(user_id) AND state = 'active';

-- name: UnfinishedOpenings :many
SELECT * FROM openings WHERE finished_us = 0 ORDER BY begun_us, organization_id;

-- name: OutboxMail :one
SELECT m.organization_id, m.id, m.invitation_id, m.state, m.sealed FROM outbox m WHERE m.id = sqlc.arg(id);

-- name: DeleteOldSubmissions :execrows
DELETE FROM submissions WHERE at_us <= sqlc.arg(before_us);

-- name: SchoolConnections :many
-- The active connections of every school that has proven a domain and lets one
-- of them serve it.
SELECT sqlc.embed(c)
FROM domains d
JOIN connection_domains s ON s.organization_id = d.organization_id AND s.domain = d.name
JOIN connections c ON c.organization_id = s.organization_id AND c.id = s.connection_id
WHERE d.name = sqlc.arg(domain) AND d.verified_us <> 0 AND c.state = 'active'
ORDER BY c.created_us, c.id;

-- name: AnyConnection :one
-- Whether the sign-in page has anything to ask.
SELECT state FROM connections WHERE state = 'active' LIMIT 1;

-- name: EveryConnection :many
SELECT c.organization_id, c.id FROM connections c
JOIN organizations o ON o.id = c.organization_id
WHERE o.kind = 'school' AND o.state = 'active' AND c.id > sqlc.arg(after)
ORDER BY c.id
LIMIT sqlc.arg(most);

-- name: AttemptByID :one
SELECT * FROM attempts WHERE id = sqlc.arg(id);

-- name: SetupLinkByToken :one
SELECT * FROM setup_links WHERE token_hash = sqlc.arg(token_hash);

-- name: SetupLinkByID :one
SELECT * FROM setup_links WHERE id = sqlc.arg(id);

-- name: EnforcementByRecovery :one
SELECT * FROM enforcements WHERE recovery_hash = sqlc.arg(recovery_hash) AND recovery_hash <> '';

-- name: EnforcedFor :one
SELECT u.organization_id, COALESCE(e.enforced, FALSE) AS enforced,
    EXISTS (SELECT 1 FROM enforcement_exceptions x WHERE x.organization_id = u.organization_id AND x.user_id = u.id) AS excepted
FROM users u
LEFT JOIN enforcements e ON e.organization_id = u.organization_id
WHERE u.id = sqlc.arg(user_id);

-- name: UsersNamedAt :many
-- Those at home elsewhere whose user name ends with a domain. What gates it is
-- RenamedBy: the school has shown that the domain is its own.
SELECT u.id, u.user_name, COALESCE(o.name, '') AS home_name
FROM users u
LEFT JOIN organizations o ON o.id = u.organization_id
WHERE u.user_name_domain = sqlc.arg(domain) AND u.user_name_domain <> '' AND u.organization_id <> sqlc.arg(home)
ORDER BY u.user_name, u.id
LIMIT sqlc.arg(most);

-- name: CountUsersNamedAt :one
SELECT COUNT(*) FROM users u
WHERE u.user_name_domain = sqlc.arg(domain) AND u.user_name_domain <> '' AND u.organization_id <> sqlc.arg(home);

-- name: DeleteOldAttempts :execrows
DELETE FROM attempts WHERE started_us <= sqlc.arg(before_us);

-- name: DeleteOldSignInCounts :execrows
DELETE FROM connection_days WHERE day < sqlc.arg(before_day);

-- name: DeleteOldSetupCodes :execrows
DELETE FROM setup_codes WHERE created_us <= sqlc.arg(before_us);

-- name: DeleteOldSetupLinks :execrows
DELETE FROM setup_links WHERE expires_us <= sqlc.arg(before_us);

-- name: DeleteOldJoinRequests :execrows
DELETE FROM join_requests WHERE decided_us <> 0 AND decided_us <= sqlc.arg(before_us) AND state <> 'blocked';

-- name: OldProposals :many
SELECT organization_id, connection_id FROM connection_metadata
WHERE proposal_seen_us <> 0 AND proposal_seen_us <= sqlc.arg(before_us);
