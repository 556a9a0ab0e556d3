-- What pages outside an organization and the portal's own chores know of
-- policies.

-- name: BrandingByVersion :one
-- The look of a school, for its style sheet and its logo.
SELECT * FROM branding WHERE organization_id = sqlc.arg(school) AND version = sqlc.arg(version);

-- name: MarkLoginPolicy :exec
-- A school's login policy has to be read, after those that already have to be.
INSERT INTO login_policies (organization_id, stale_us)
SELECT o.id, sqlc.arg(now_us) FROM organizations o WHERE o.id = sqlc.arg(school) AND o.kind = 'school'
ON CONFLICT (organization_id) DO UPDATE SET stale_us = excluded.stale_us;

-- name: MarkLoginPolicies :exec
-- The instance's own policy holds in every school that has none of its own.
UPDATE login_policies SET stale_us = sqlc.arg(now_us)
WHERE organization_id IN (SELECT o.id FROM organizations o WHERE o.school_id = '' AND o.kind = 'school') AND stale_us = 0;

-- name: StaleLoginPolicies :many
SELECT p.organization_id FROM login_policies p
JOIN organizations o ON o.id = p.organization_id
WHERE p.stale_us <> 0 AND o.kind = 'school' AND o.state = 'active'
ORDER BY p.stale_us, p.organization_id
LIMIT sqlc.arg(most);

-- name: StaffFactorFor :one
-- Whether the school a user is at home in asks its staff for a second factor, and
-- whether the user is staff of it: holds any role but student there or in one of
-- its classrooms.
SELECT CAST(COALESCE(p.staff_factor, FALSE) AS BOOLEAN) AS asked,
    EXISTS (
        SELECT 1 FROM role_assignments a JOIN organizations o ON o.id = a.organization_id
        WHERE a.user_id = u.id AND a.state = 'active' AND a.role <> 'student'
            AND (o.id = u.organization_id OR o.school_id = u.organization_id)
    ) AS staff
FROM users u
LEFT JOIN policies p ON p.organization_id = u.organization_id
WHERE u.id = sqlc.arg(user_id);

-- name: UnreadLoginPolicies :many
-- Schools whose login policy was never asked for.
SELECT o.id FROM organizations o
LEFT JOIN login_policies p ON p.organization_id = o.id
WHERE o.school_id = '' AND o.kind = 'school' AND o.state = 'active' AND p.organization_id IS NULL
ORDER BY o.sort_name, o.id
LIMIT sqlc.arg(most);
