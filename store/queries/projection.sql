-- The projection's own statements. They work by ID across organizations,
-- because events name what they are about and nothing else; nothing opened
-- reaches them.

-- name: EventSeen :execrows
INSERT INTO events_seen (aggregate, sequence, at_us)
VALUES (sqlc.arg(aggregate), sqlc.arg(sequence), sqlc.arg(at_us))
ON CONFLICT (aggregate, sequence) DO NOTHING;

-- name: EventsSeenBetween :many
SELECT aggregate, sequence FROM events_seen WHERE at_us BETWEEN sqlc.arg(first_us) AND sqlc.arg(last_us);

-- name: UnseeEvent :exec
DELETE FROM events_seen WHERE aggregate = sqlc.arg(aggregate) AND sequence = sqlc.arg(sequence);

-- name: ForgetEvents :exec
DELETE FROM events_seen WHERE at_us < sqlc.arg(before_us);

-- name: EventsSeen :many
SELECT aggregate, sequence, at_us FROM events_seen ORDER BY aggregate, sequence;

-- name: EventCursor :one
SELECT CAST(COALESCE(MAX(at_us), 0) AS BIGINT) AS at_us FROM event_cursor WHERE name = 'events';

-- name: SetEventCursor :exec
INSERT INTO event_cursor (name, at_us) VALUES ('events', sqlc.arg(at_us))
ON CONFLICT (name) DO UPDATE SET at_us = excluded.at_us;

-- name: ProjectionState :many
SELECT name, at_us, value FROM projection_state;

-- name: SetProjectionState :exec
INSERT INTO projection_state (name, at_us) VALUES (sqlc.arg(name), sqlc.arg(at_us))
ON CONFLICT (name) DO UPDATE SET at_us = excluded.at_us;

-- name: SetReconciled :exec
INSERT INTO projection_state (name, at_us, value) VALUES ('reconciled', sqlc.arg(at_us), sqlc.arg(checked))
ON CONFLICT (name) DO UPDATE SET at_us = excluded.at_us, value = excluded.value;

-- name: ProjectedOrganization :one
SELECT id, kind, name, remote_name, school_id, state, created_us, changed_us, sequence
FROM organizations WHERE id = sqlc.arg(id);

-- name: ProjectedOrganizations :many
SELECT id, kind, name, remote_name, school_id, state, created_us, changed_us, sequence
FROM organizations WHERE id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most);

-- name: PutOrganization :exec
INSERT INTO organizations (id, kind, name, sort_name, remote_name, school_id, state, created_us, changed_us, sequence)
VALUES (sqlc.arg(id), sqlc.arg(kind), sqlc.arg(name), sqlc.arg(sort_name), sqlc.arg(remote_name), sqlc.arg(school_id),
    sqlc.arg(state), sqlc.arg(created_us), sqlc.arg(changed_us), sqlc.arg(sequence))
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, sort_name = excluded.sort_name,
    remote_name = excluded.remote_name, school_id = excluded.school_id, state = excluded.state,
    created_us = excluded.created_us, changed_us = excluded.changed_us, sequence = excluded.sequence;

-- name: RemoveOrganization :exec
DELETE FROM organizations WHERE id = sqlc.arg(id);

-- name: ProjectedUser :one
SELECT organization_id, id, user_name, given_name, family_name, address, address_verified, language, state,
    last_seen_us, created_us, changed_us, sequence, credentials
FROM users WHERE id = sqlc.arg(id);

-- name: ProjectedUsers :many
SELECT organization_id, id, user_name, given_name, family_name, address, address_verified, language, state,
    last_seen_us, created_us, changed_us, sequence, credentials
FROM users WHERE id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most);

-- name: ProjectedUsersAtHome :many
SELECT id FROM users WHERE organization_id = sqlc.arg(organization_id);

-- name: PutUser :exec
INSERT INTO users (organization_id, id, user_name, user_name_domain, given_name, family_name, sort_name, search_words, address,
    address_domain, address_verified, language, state, last_seen_us, created_us, changed_us, sequence, credentials)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(user_name), sqlc.arg(user_name_domain), sqlc.arg(given_name),
    sqlc.arg(family_name), sqlc.arg(sort_name), sqlc.arg(search_words), sqlc.arg(address), sqlc.arg(address_domain),
    sqlc.arg(address_verified), sqlc.arg(language), sqlc.arg(state), sqlc.arg(last_seen_us), sqlc.arg(created_us),
    sqlc.arg(changed_us), sqlc.arg(sequence), sqlc.arg(credentials))
ON CONFLICT (id) DO UPDATE SET organization_id = excluded.organization_id, user_name = excluded.user_name,
    user_name_domain = excluded.user_name_domain, address_domain = excluded.address_domain,
    given_name = excluded.given_name, family_name = excluded.family_name, sort_name = excluded.sort_name,
    search_words = excluded.search_words, address = excluded.address, address_verified = excluded.address_verified,
    language = excluded.language, state = excluded.state, last_seen_us = excluded.last_seen_us,
    created_us = excluded.created_us, changed_us = excluded.changed_us, sequence = excluded.sequence,
    credentials = excluded.credentials;

-- name: ProjectedCredentials :many
SELECT user_id, kind, id, added_us FROM credentials WHERE user_id = sqlc.arg(user_id) ORDER BY user_id, kind, id;

-- name: ProjectedCredentialsBetween :many
SELECT user_id, kind, id, added_us FROM credentials
WHERE user_id >= sqlc.arg(first_user) AND user_id <= sqlc.arg(last_user) ORDER BY user_id, kind, id;

-- name: PutCredential :exec
INSERT INTO credentials (user_id, kind, id, added_us)
VALUES (sqlc.arg(user_id), sqlc.arg(kind), sqlc.arg(id), sqlc.arg(added_us))
ON CONFLICT (user_id, kind, id) DO UPDATE SET added_us = excluded.added_us;

-- name: RemoveCredentials :exec
DELETE FROM credentials WHERE user_id = sqlc.arg(user_id);

-- name: RemoveUser :exec
DELETE FROM users WHERE id = sqlc.arg(id);

-- name: ProjectedRoleAssignment :one
SELECT id, organization_id, user_id, roles, state, created_us, assigned_us, changed_us, sequence
FROM role_assignments WHERE id = sqlc.arg(id);

-- name: ProjectedRoleAssignmentOf :one
SELECT id, organization_id, user_id, roles, state, created_us, assigned_us, changed_us, sequence
FROM role_assignments WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id);

-- name: ProjectedRoleAssignments :many
SELECT id, organization_id, user_id, roles, state, created_us, assigned_us, changed_us, sequence
FROM role_assignments WHERE id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most);

-- name: RoleAssignmentsOfOrganization :many
SELECT id FROM role_assignments WHERE organization_id = sqlc.arg(organization_id);

-- name: RoleAssignmentsOfUser :many
SELECT id FROM role_assignments WHERE user_id = sqlc.arg(user_id);

-- name: RoleAssignmentsToCompare :many
SELECT a.id, a.user_id, a.roles, a.state, COALESCE(u.user_name, '') AS user_name,
    COALESCE(u.given_name, '') AS given_name, COALESCE(u.family_name, '') AS family_name
FROM role_assignments a LEFT JOIN users u ON u.id = a.user_id
WHERE a.organization_id = sqlc.arg(organization_id) ORDER BY a.id;

-- name: PutRoleAssignment :exec
INSERT INTO role_assignments (organization_id, user_id, id, role, roles, state, created_us, assigned_us, changed_us, sequence)
VALUES (sqlc.arg(organization_id), sqlc.arg(user_id), sqlc.arg(id), sqlc.arg(role), sqlc.arg(roles), sqlc.arg(state),
    sqlc.arg(created_us), sqlc.arg(assigned_us), sqlc.arg(changed_us), sqlc.arg(sequence))
ON CONFLICT (id) DO UPDATE SET organization_id = excluded.organization_id, user_id = excluded.user_id,
    role = excluded.role, roles = excluded.roles, state = excluded.state, created_us = excluded.created_us,
    assigned_us = excluded.assigned_us, changed_us = excluded.changed_us, sequence = excluded.sequence;

-- name: RemoveRoleAssignment :exec
DELETE FROM role_assignments WHERE id = sqlc.arg(id);

-- name: CountProjected :one
SELECT CAST((SELECT COUNT(*) FROM organizations) + (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM role_assignments) AS BIGINT) AS rows_projected;

-- name: Removed :one
SELECT id, changed_us, sequence FROM removed WHERE id = sqlc.arg(id);

-- name: RemovedMany :many
SELECT id, changed_us, sequence FROM removed WHERE id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most);

-- name: PutRemoved :exec
INSERT INTO removed (id, changed_us, sequence)
VALUES (sqlc.arg(id), sqlc.arg(changed_us), sqlc.arg(sequence))
ON CONFLICT (id) DO UPDATE SET changed_us = excluded.changed_us, sequence = excluded.sequence;

-- name: PutOlderStone :exec
INSERT INTO removed (id, changed_us, sequence)
SELECT sqlc.arg(id), sqlc.arg(changed_us), sqlc.arg(sequence)
WHERE NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = sqlc.arg(id))
    AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = sqlc.arg(id))
    AND NOT EXISTS (SELECT 1 FROM role_assignments a WHERE a.id = sqlc.arg(id))
ON CONFLICT (id) DO UPDATE SET changed_us = excluded.changed_us, sequence = excluded.sequence
WHERE excluded.changed_us > removed.changed_us;

-- name: UnRemove :exec
DELETE FROM removed WHERE id = sqlc.arg(id);

-- name: ProjectedGrant :one
SELECT organization_id, id, roles, changed_us, sequence, lost, removed_us FROM grants WHERE id = sqlc.arg(id);

-- name: ProjectedGrantsOf :many
SELECT organization_id, id, roles, changed_us, sequence, lost, removed_us FROM grants
WHERE organization_id = sqlc.arg(organization_id) ORDER BY id;

-- name: ProjectedGrants :many
-- But for those of organizations that are gone, which hold nothing back any more.
SELECT g.organization_id, g.id, g.roles, g.changed_us, g.sequence, g.lost, g.removed_us FROM grants g
WHERE g.id > sqlc.arg(after) AND NOT EXISTS (SELECT 1 FROM removed r WHERE r.id = g.organization_id)
ORDER BY g.id LIMIT sqlc.arg(most);

-- name: PutGrant :exec
INSERT INTO grants (organization_id, id, roles, changed_us, sequence, lost, removed_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(roles), sqlc.arg(changed_us), sqlc.arg(sequence),
    sqlc.arg(lost), sqlc.arg(removed_us))
ON CONFLICT (id) DO UPDATE SET organization_id = excluded.organization_id, roles = excluded.roles,
    changed_us = excluded.changed_us, sequence = excluded.sequence, lost = excluded.lost,
    removed_us = excluded.removed_us;

-- name: NoteStale :exec
INSERT INTO stale_aggregates (aggregate, sequence, noted_us, due_us)
VALUES (sqlc.arg(aggregate), sqlc.arg(sequence), sqlc.arg(now_us), sqlc.arg(now_us))
ON CONFLICT (aggregate) DO UPDATE SET due_us = excluded.due_us,
    sequence = CASE WHEN excluded.sequence > stale_aggregates.sequence THEN excluded.sequence ELSE stale_aggregates.sequence END;

-- name: StaleAggregate :one
SELECT aggregate, sequence, noted_us, due_us, tries FROM stale_aggregates WHERE aggregate = sqlc.arg(aggregate);

-- name: StaleAggregates :many
SELECT aggregate FROM stale_aggregates WHERE due_us <= sqlc.arg(due_us) ORDER BY due_us, aggregate LIMIT sqlc.arg(most);

-- name: PutOffStale :exec
UPDATE stale_aggregates SET due_us = sqlc.arg(due_us), tries = tries + 1 WHERE aggregate = sqlc.arg(aggregate);

-- name: FoldedAnew :exec
DELETE FROM stale_aggregates WHERE aggregate = sqlc.arg(aggregate);

-- name: FoldedAnewUpTo :exec
DELETE FROM stale_aggregates WHERE aggregate = sqlc.arg(aggregate) AND sequence <= sqlc.arg(sequence);

-- name: ClearDrift :exec
DELETE FROM drift;

-- name: AddDrift :exec
INSERT INTO drift (at_us, organization_id, kind, object_id, name, detail)
VALUES (sqlc.arg(at_us), sqlc.arg(organization_id), sqlc.arg(kind), sqlc.arg(object_id), sqlc.arg(name), sqlc.arg(detail));

-- name: DriftRows :many
SELECT organization_id, kind, object_id, name, detail FROM drift ORDER BY kind, organization_id, object_id;

-- name: RosterExport :many
SELECT a.organization_id, o.kind, o.name AS organization_name, o.school_id, o.state AS organization_state,
    a.user_id, a.id, a.roles, a.state, a.created_us,
    u.organization_id AS home_id, u.user_name, u.given_name, u.family_name, u.address, u.address_verified,
    u.language, u.state AS user_state, u.last_seen_us, u.credentials
FROM role_assignments a
JOIN organizations o ON o.id = a.organization_id
JOIN users u ON u.id = a.user_id
WHERE (a.organization_id, a.user_id) > (sqlc.arg(after_organization_id), sqlc.arg(after_user_id))
ORDER BY a.organization_id, a.user_id LIMIT sqlc.arg(most);
