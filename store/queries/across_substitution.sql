-- name: DueSubstitutions :many
SELECT * FROM substitutions WHERE until_us <= sqlc.arg(now_us) ORDER BY until_us, organization_id, user_id LIMIT sqlc.arg(max_rows);

-- name: SubstitutionsOfUser :many
-- Until when somebody's own access to classrooms lasts.
SELECT s.organization_id, s.until_us
FROM substitutions s
JOIN role_assignments a ON a.organization_id = s.organization_id AND a.user_id = s.user_id AND (a.id = s.assignment_id
    OR s.assignment_id = '' AND a.created_us BETWEEN s.made_us - 600000000 AND s.made_us + 600000000)
WHERE s.user_id = sqlc.arg(user_id) AND a.role = 'co_teacher';
