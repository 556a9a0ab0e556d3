-- An operator's look into an opened organization, and why it is suspended.

-- name: OpenLook :one
SELECT * FROM looks
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id) AND until_us > sqlc.arg(now_us)
ORDER BY until_us DESC
LIMIT 1;

-- name: InsertLook :exec
INSERT INTO looks (organization_id, id, user_id, reason, begun_us, until_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(user_id), sqlc.arg(reason), sqlc.arg(begun_us), sqlc.arg(until_us));

-- name: EndLooks :execrows
UPDATE looks SET until_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND user_id = sqlc.arg(user_id) AND until_us > sqlc.arg(now_us);

-- name: Suspension :one
SELECT * FROM suspensions WHERE organization_id = sqlc.arg(organization_id);

-- name: PutSuspension :exec
INSERT INTO suspensions (organization_id, reason, by_id, by_name, at_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(reason), sqlc.arg(by_id), sqlc.arg(by_name), sqlc.arg(now_us))
ON CONFLICT (organization_id) DO UPDATE SET reason = excluded.reason, by_id = excluded.by_id,
    by_name = excluded.by_name, at_us = excluded.at_us;

-- name: DeleteSuspension :exec
DELETE FROM suspensions WHERE organization_id = sqlc.arg(organization_id);
