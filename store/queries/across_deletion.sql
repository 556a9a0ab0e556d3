-- Nobody is in a classroom that is gone: these stand behind no opened organization.

-- name: LeftBehind :many
-- Classrooms whose deletion began, with whether they are gone from the projection.
SELECT d.organization_id, d.begun_us, CAST(CASE WHEN o.id IS NULL THEN 1 ELSE 0 END AS BIGINT) AS gone
FROM deletions d
LEFT JOIN organizations o ON o.id = d.organization_id
ORDER BY d.organization_id;

-- name: ArchivedMemberships :many
SELECT o.id, o.name, o.school_id, COALESCE(school.name, '') AS school_name, a.roles
FROM role_assignments a
JOIN organizations o ON o.id = a.organization_id
LEFT JOIN organizations school ON school.id = o.school_id AND o.school_id <> ''
WHERE a.user_id = sqlc.arg(user_id) AND a.state = 'active' AND o.kind = 'classroom' AND o.state = 'inactive'
    AND COALESCE(school.state, 'active') = 'active'
ORDER BY o.sort_name, o.id;
