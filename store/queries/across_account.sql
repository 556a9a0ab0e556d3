-- What hangs on an account, in whatever organization: who may touch it depends on
-- all of them.

-- name: PlacesOfUser :many
SELECT organization_id FROM role_assignments WHERE user_id = sqlc.arg(user_id);

-- name: LastIn :many
-- The classrooms in use of which somebody is the last teacher, and the schools of
-- which they are the last school_admin.
SELECT o.id, o.kind, o.name, o.school_id
FROM role_assignments a
JOIN organizations o ON o.id = a.organization_id
WHERE a.user_id = sqlc.arg(user_id) AND a.state = 'active'
    AND (a.role = 'teacher' AND o.kind = 'classroom' AND o.state = 'active' OR a.role = 'school_admin' AND o.kind = 'school')
    AND NOT EXISTS (
        SELECT 1 FROM role_assignments p
        LEFT JOIN users u ON u.id = p.user_id
        WHERE p.organization_id = a.organization_id AND p.role_order = a.role_order AND p.state = 'active'
            AND p.user_id <> a.user_id AND COALESCE(u.state, 'active') = 'active'
    );
