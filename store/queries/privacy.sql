-- On which basis accounts exist, how long things are kept, and exports of a
-- school.

-- name: Basis :one
SELECT * FROM bases WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id);

-- name: PutBasis :exec
INSERT INTO bases (organization_id, user_id, basis, age_band, recorder_id, recorder_name, recorded_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(user_id), sqlc.arg(basis), sqlc.arg(age_band), sqlc.arg(recorder_id),
    sqlc.arg(recorder_name), sqlc.arg(now_us))
ON CONFLICT (organization_id, user_id) DO UPDATE SET basis = excluded.basis, age_band = excluded.age_band,
    recorder_id = excluded.recorder_id, recorder_name = excluded.recorder_name, recorded_us = excluded.recorded_us;

-- name: CountBases :many
-- Of those who are students of the school now.
SELECT b.basis, COUNT(*) AS students
FROM bases b JOIN people p ON p.organization_id = b.organization_id AND p.user_id = b.user_id
WHERE b.organization_id = sqlc.arg(organization_id) AND p.organization_id = sqlc.arg(organization_id)
    AND (p.facets & 15) = 8
GROUP BY b.basis;

-- name: CountUnused :one
-- Students at home in the school to whose accounts nobody has signed in since a
-- time, and which are older.
SELECT COUNT(*) FROM people p JOIN users u ON u.id = p.user_id
WHERE p.organization_id = sqlc.arg(organization_id) AND (p.facets & 31) = 8
    AND u.last_seen_us < sqlc.arg(before_us) AND u.created_us < sqlc.arg(before_us);

-- name: UnusedAccounts :many
SELECT p.user_id, p.sort_name, u.given_name, u.family_name, u.user_name, u.last_seen_us
FROM people p JOIN users u ON u.id = p.user_id
WHERE p.organization_id = sqlc.arg(organization_id) AND (p.facets & 31) = 8
    AND u.last_seen_us < sqlc.arg(before_us) AND u.created_us < sqlc.arg(before_us)
    AND (p.sort_name, p.user_id) > (CAST(sqlc.arg(after_name) AS TEXT), CAST(sqlc.arg(after_id) AS TEXT))
ORDER BY p.sort_name, p.user_id
LIMIT sqlc.arg(most);

-- name: Retention :one
SELECT * FROM retention WHERE organization_id = sqlc.arg(organization_id);

-- name: PutRetention :exec
INSERT INTO retention (organization_id, inactive, invitations, changed_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(inactive), sqlc.arg(invitations), sqlc.arg(now_us))
ON CONFLICT (organization_id) DO UPDATE SET inactive = excluded.inactive, invitations = excluded.invitations,
    changed_us = excluded.changed_us;

-- name: DeleteEndedInvitations :execrows
-- Those of a school or a classroom that were over before a time.
DELETE FROM invitations WHERE organization_id = sqlc.arg(organization_id)
    AND (state IN ('accepted', 'revoked') AND created_us < sqlc.arg(before_us)
        AND accepted_us < sqlc.arg(before_us) AND revoked_us < sqlc.arg(before_us)
        OR state IN ('pending', 'opened') AND expires_us < sqlc.arg(before_us));

-- name: SchoolAndClassrooms :many
SELECT o.id FROM organizations o WHERE o.id = sqlc.arg(organization_id)
UNION ALL
SELECT o.id FROM organizations o WHERE o.school_id = sqlc.arg(organization_id);

-- name: InsertExport :exec
INSERT INTO exports (organization_id, id, state, asker_id, asker_name, asked_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), 'waiting', sqlc.arg(asker_id), sqlc.arg(asker_name), sqlc.arg(now_us));

-- name: ExportByID :one
SELECT * FROM exports WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: Exports :many
SELECT * FROM exports WHERE organization_id = sqlc.arg(organization_id)
ORDER BY asked_us DESC, id DESC
LIMIT sqlc.arg(most);

-- name: WaitingExports :one
SELECT COUNT(*) FROM exports WHERE organization_id = sqlc.arg(organization_id) AND state = 'waiting';

-- name: CloseExport :execrows
UPDATE exports SET state = sqlc.arg(state), finished_us = sqlc.arg(now_us), bytes = sqlc.arg(bytes), sha256 = sqlc.arg(sha256),
    records = sqlc.arg(records)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND state = 'waiting';

-- name: EndExport :exec
UPDATE exports SET state = 'over' WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: ExportedClassrooms :many
SELECT o.id, o.name, o.state, o.created_us FROM organizations o
WHERE o.school_id = sqlc.arg(organization_id) AND o.kind = 'classroom' AND o.id > sqlc.arg(after)
ORDER BY o.id
LIMIT sqlc.arg(most);

-- name: ExportedPeople :many
SELECT sqlc.embed(u) FROM people p JOIN users u ON u.id = p.user_id
WHERE p.organization_id = sqlc.arg(organization_id)
    AND (p.sort_name, p.user_id) > (CAST(sqlc.arg(after_name) AS TEXT), CAST(sqlc.arg(after_id) AS TEXT))
ORDER BY p.sort_name, p.user_id
LIMIT sqlc.arg(most);

-- name: ExportedAssignments :many
-- Of the school, or of one of its classrooms.
SELECT a.organization_id, a.user_id, a.id, a.roles, a.state, a.created_us, a.changed_us FROM role_assignments a
WHERE a.organization_id = sqlc.arg(organization_id) AND a.user_id > sqlc.arg(after)
ORDER BY a.user_id
LIMIT sqlc.arg(most);
