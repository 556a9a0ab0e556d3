-- name: Streams :many
SELECT * FROM streams
WHERE organization_id = sqlc.arg(organization_id)
ORDER BY created_us, id;

-- name: Stream :one
SELECT * FROM streams
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: InsertStream :execrows
-- A form that is sent twice adds one.
INSERT INTO streams (
    organization_id, id, kind, name, address, bucket, region, prefix, access_key, authorities, secret, position, created_us
) VALUES (
    sqlc.arg(organization_id), sqlc.arg(id), sqlc.arg(kind), sqlc.arg(name), sqlc.arg(address), sqlc.arg(bucket),
    sqlc.arg(region), sqlc.arg(prefix), sqlc.arg(access_key), sqlc.arg(authorities), sqlc.arg(secret),
    sqlc.arg(position), sqlc.arg(now_us)
) ON CONFLICT (organization_id, id) DO NOTHING;

-- name: SetStreamPaused :execrows
-- Whoever resumes one wants it tried at once.
UPDATE streams SET paused = sqlc.arg(paused), next_us = 0
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND paused <> sqlc.arg(paused);

-- name: DeleteStream :execrows
DELETE FROM streams
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: StreamBegun :execrows
-- Names the batch that is on its way, unless somebody else was faster.
UPDATE streams SET reaching = sqlc.arg(reaching)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id)
    AND position = sqlc.arg(position) AND reaching IN (0, sqlc.arg(reaching)) AND paused = FALSE;

-- name: StreamTook :execrows
UPDATE streams SET position = reaching, reaching = 0, delivered = delivered + sqlc.arg(records), failures = 0,
    trouble = '', succeeded_us = sqlc.arg(now_us), next_us = 0
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id)
    AND position = sqlc.arg(position) AND reaching = sqlc.arg(reaching);

-- name: StreamFailed :execrows
UPDATE streams SET failures = failures + 1, trouble = sqlc.arg(trouble), failed_us = sqlc.arg(now_us), next_us = sqlc.arg(next_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND position = sqlc.arg(position);

-- name: StreamTested :execrows
-- A test that passes ends the waiting after failures.
UPDATE streams SET succeeded_us = sqlc.arg(now_us), failures = 0, trouble = '', next_us = 0
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: StreamTestFailed :execrows
UPDATE streams SET trouble = sqlc.arg(trouble), failed_us = sqlc.arg(now_us)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id);

-- name: AmendBegunRecord :execrows
-- How many records were taken out is known at the end. What is begun is in no
-- chain yet.
UPDATE audit_records SET after_values = sqlc.arg(after_values)
WHERE organization_id = sqlc.arg(organization_id) AND id = sqlc.arg(id) AND outcome = 'begun';
