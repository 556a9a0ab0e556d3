-- The classrooms of an opened school.

-- name: Classrooms :many
SELECT o.id, o.kind, o.name, o.remote_name, o.school_id, o.state, o.created_us, o.sort_name,
    CAST(COALESCE((SELECT SUM(c.people) FROM roster_counts c WHERE c.organization_id = o.id AND c.role = 'student'), 0) AS BIGINT) AS students,
    CAST(COALESCE((SELECT SUM(c.people) FROM roster_counts c WHERE c.organization_id = o.id AND c.role IN ('teacher', 'co_teacher')), 0) AS BIGINT) AS teachers,
    (SELECT COUNT(*) FROM invitations i WHERE i.organization_id = o.id AND i.state IN ('pending', 'opened') AND i.expires_us > sqlc.arg(now_us)) AS waiting
FROM organizations o
WHERE o.school_id = sqlc.arg(organization_id) AND o.kind = 'classroom'
    AND (o.sort_name, o.id) > (CAST(sqlc.arg(after_name) AS TEXT), CAST(sqlc.arg(after_id) AS TEXT))
    AND o.state = sqlc.arg(state) AND o.sort_name LIKE sqlc.arg(pattern)
    AND (NOT CAST(sqlc.arg(without_teacher) AS BOOLEAN) OR NOT EXISTS (SELECT 1 FROM roster_counts c
        WHERE c.organization_id = o.id AND c.role = 'teacher' AND c.state = 'active' AND c.people > 0))
    AND (NOT CAST(sqlc.arg(waited_for) AS BOOLEAN) OR EXISTS (SELECT 1 FROM invitations i
        WHERE i.organization_id = o.id AND i.state IN ('pending', 'opened') AND i.expires_us > sqlc.arg(now_us)))
ORDER BY o.sort_name, o.id
LIMIT sqlc.arg(max_rows);

-- name: CountClassrooms :one
SELECT COUNT(*) FROM organizations o
WHERE o.school_id = sqlc.arg(organization_id) AND o.kind = 'classroom'
    AND o.state = sqlc.arg(state) AND o.sort_name LIKE sqlc.arg(pattern)
    AND (NOT CAST(sqlc.arg(without_teacher) AS BOOLEAN) OR NOT EXISTS (SELECT 1 FROM roster_counts c
        WHERE c.organization_id = o.id AND c.role = 'teacher' AND c.state = 'active' AND c.people > 0))
    AND (NOT CAST(sqlc.arg(waited_for) AS BOOLEAN) OR EXISTS (SELECT 1 FROM invitations i
        WHERE i.organization_id = o.id AND i.state IN ('pending', 'opened') AND i.expires_us > sqlc.arg(now_us)));
