-- name: InsertOpening :execrows
-- The same opening again changes nothing.
INSERT INTO openings (organization_id, kind, name, school_id, founder_id, founder_name, founder_role, begun_us)
VALUES (sqlc.arg(organization_id), sqlc.arg(kind), sqlc.arg(name), sqlc.arg(school_id), sqlc.arg(founder_id), sqlc.arg(founder_name),
    sqlc.arg(founder_role), sqlc.arg(now_us))
ON CONFLICT (organization_id) DO NOTHING;

-- name: Opening :one
SELECT * FROM openings WHERE organization_id = sqlc.arg(organization_id);

-- name: FinishOpening :execrows
UPDATE openings SET finished_us = sqlc.arg(now_us) WHERE organization_id = sqlc.arg(organization_id) AND finished_us = 0;
