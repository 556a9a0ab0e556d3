-- name: DueSubstitutions :many
SELECT * FROM substitutions WHERE until_us <= sqlc.arg(now_us) ORDER BY until_us, organization_id, user_id LIMIT sqlc.arg(max_rows);
