-- Lists of an organization's people: whom somebody has ticked, and the contacts
-- of students.

-- name: Selection :many
SELECT user_id FROM list_selections
WHERE organization_id = sqlc.arg(organization_id) AND actor_id = sqlc.arg(actor_id) ORDER BY user_id LIMIT sqlc.arg(max_rows);

-- name: TickListed :exec
INSERT INTO list_selections (organization_id, actor_id, user_id, chosen_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(actor_id), sqlc.arg(user_id), sqlc.arg(now_us))
ON CONFLICT (organization_id, actor_id, user_id) DO NOTHING;

-- name: UntickListed :exec
DELETE FROM list_selections
WHERE organization_id = sqlc.arg(organization_id) AND actor_id = sqlc.arg(actor_id) AND user_id = sqlc.arg(user_id);

-- name: UntickAll :exec
DELETE FROM list_selections WHERE organization_id = sqlc.arg(organization_id) AND actor_id = sqlc.arg(actor_id);

-- name: CountSelection :one
SELECT COUNT(*) FROM list_selections WHERE organization_id = sqlc.arg(organization_id) AND actor_id = sqlc.arg(actor_id);

-- name: AddListedItem :execrows
-- One of a class who was ticked, if they are still in it.
INSERT INTO bulk_items (organization_id, run_id, position, target, name, state)
SELECT a.organization_id, sqlc.arg(run_id), a.row_id, a.user_id, sqlc.arg(name), 'waiting'
FROM role_assignments a
WHERE a.organization_id = sqlc.arg(organization_id) AND a.user_id = sqlc.arg(user_id)
ON CONFLICT DO NOTHING;

-- name: ListedPerson :one
-- Somebody whom a run of the organization is about, who may be in it no more.
SELECT sqlc.embed(u), COALESCE(s.roles, '') AS roles_school, COALESCE(s.state, '') AS state_school,
    COALESCE(p.roles, '') AS roles_platform, COALESCE(p.state, '') AS state_platform
FROM bulk_items i
JOIN users u ON u.id = i.target
LEFT JOIN role_assignments s ON s.organization_id = sqlc.arg(school_id) AND s.user_id = i.target
LEFT JOIN role_assignments p ON p.organization_id = sqlc.arg(operators) AND p.user_id = i.target
WHERE i.organization_id = sqlc.arg(organization_id) AND i.run_id = sqlc.arg(run_id) AND i.position = sqlc.arg(position);

-- name: Guardians :many
SELECT * FROM guardians
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id)
ORDER BY position, id LIMIT sqlc.arg(max_rows);

-- name: Guardian :one
SELECT * FROM guardians
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id) AND id = sqlc.arg(id);

-- name: CountGuardians :one
SELECT COUNT(*) FROM guardians WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id);

-- name: NextGuardianPosition :one
SELECT CAST(COALESCE(MAX(position), 0) + 1 AS BIGINT) FROM guardians
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id);

-- name: AddGuardian :execrows
-- Twice the same form adds one.
INSERT INTO guardians (organization_id, user_id, id, source, position, name, relation, address, phone, language, changed_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(user_id), sqlc.arg(id), sqlc.arg(source), sqlc.arg(position), sqlc.arg(name),
    sqlc.arg(relation), sqlc.arg(address), sqlc.arg(phone), sqlc.arg(language), sqlc.arg(now_us))
ON CONFLICT (organization_id, user_id, id) DO NOTHING;

-- name: ChangeGuardian :exec
UPDATE guardians SET source = sqlc.arg(source), position = sqlc.arg(position), name = sqlc.arg(name), relation = sqlc.arg(relation),
    address = sqlc.arg(address), phone = sqlc.arg(phone), language = sqlc.arg(language), changed_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id) AND id = sqlc.arg(id);

-- name: DeleteGuardian :execrows
DELETE FROM guardians
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id) AND id = sqlc.arg(id);
