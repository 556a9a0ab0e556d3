-- name: ForgetRolledOver :exec
-- Somebody whose account is gone.
DELETE FROM rollover_people WHERE user_id = sqlc.arg(user_id);

-- name: TermOfOpened :exec
-- A classroom that was opened is of the term that runs in its school.
INSERT INTO classroom_terms (organization_id, school_id, term_id)
SELECT CAST(sqlc.arg(classroom_id) AS TEXT), t.organization_id, t.id FROM terms t
WHERE t.organization_id = sqlc.arg(school_id) AND t.first_us <= sqlc.arg(now_us) AND t.end_us > sqlc.arg(now_us)
ORDER BY t.first_us LIMIT 1
ON CONFLICT (organization_id) DO NOTHING;

-- name: RolloverForJob :one
SELECT * FROM rollovers WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);
