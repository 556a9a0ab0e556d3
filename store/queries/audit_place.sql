-- name: PlaceName :one
-- The organization itself, or one of its classrooms.
SELECT name FROM organizations
WHERE id = sqlc.arg(id) AND (id = sqlc.arg(organization_id) OR school_id = sqlc.arg(organization_id));
